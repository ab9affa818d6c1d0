//! Leaves the cores to other programs while it waits.
//!
//! llama.cpp's threads meet at an OpenMP barrier many times a token, and GNU's OpenMP lets them spin
//! there. With another busy process on the same cores they spin for a thread that is not running:
//! on two cores, two processes that decode at once took 93 s each for what one alone does in 8 s,
//! and 10.7 s each when the threads sleep instead. Alone it costs little or nothing.
//!
//! OpenMP reads its environment when it is loaded, which is before `main`, so that the program has to
//! begin anew for it to be heard. What the user has set is left alone.

use std::ffi::OsStr;

/// Who waits sleeps (the standard's word for it), and does not spin before that (GNU's own).
const ENVIRONMENT: [(&str, &str); 2] = [("OMP_WAIT_POLICY", "passive"), ("GOMP_SPINCOUNT", "0")];

/// Set in the program's second beginning, so that there is no third.
const BEGUN: &str = "POLYMATH_BEGUN_AGAIN";

/// Begins the program anew with an environment in which waiting threads sleep, if that is not settled
/// already. Has to be called before any thread is started.
#[cfg(unix)]
pub fn be_kind() {
    use std::os::unix::process::CommandExt;
    if is_settled(|name| std::env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // It only returns when it fails; then everything works, less kindly.
    let error = command.args(arguments).envs(ENVIRONMENT).env(BEGUN, "1").exec();
    tracing::debug!("cannot begin anew with {ENVIRONMENT:?}: {error}");
}

/// Elsewhere programs cannot be replaced by others.
#[cfg(not(unix))]
pub fn be_kind() {}

#[cfg_attr(not(unix), allow(dead_code))]
fn is_settled(is_set: impl Fn(&OsStr) -> bool) -> bool {
    ENVIRONMENT.iter().map(|(name, _)| *name).chain([BEGUN]).any(|name| is_set(name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_has_set_is_left_alone() {
        assert!(!is_settled(|_| false));
        for name in ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", BEGUN] {
            assert!(is_settled(|set| set == name), "{name}");
        }
    }
}
