//! A program of tests once more as an ordinary user, when it runs as root: such a user gets the walls
//! by other means (a user namespace, no control groups). The user is made up. What they must be able
//! to read may lie where they cannot go (`/root`), so it is bound to a place where they can, in a
//! mount namespace of this copy alone.

use nix::unistd::{Gid, Uid, chown, geteuid};
use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Nobody's number on any system, and no need of an entry in `/etc/passwd`.
const USER: u32 = 54321;

/// Mounts `$1`/NAME for each pair of NAME and folder up to `--`, then becomes user `$2` for the rest.
const SCRIPT: &str = r#"
set -eu
stage=$1 user=$2
shift 2
while [ "$1" != -- ]; do
    mkdir "$stage/$1"
    mount --bind "$2" "$stage/$1"
    shift 2
done
shift
exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all -- "$@"
"#;

/// Runs all tests of this program as another user; they must pass. Nothing to do for those who are
/// ordinary users already.
pub fn run_again() {
    if !geteuid().is_root() {
        return;
    }
    let config = super::config();
    let stage = tempfile::Builder::new().prefix("polymath-ordinary-").tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let home = stage.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(Uid::from_raw(USER)), Some(Gid::from_raw(USER))).unwrap();
    let program = env::current_exe().unwrap();
    let (programs, tests) = (folder_of(&config.worker), folder_of(&program));
    let below = |folder: &str, path: &Path| stage.path().join(folder).join(path.file_name().unwrap());

    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh"]).arg(stage.path());
    command.arg(USER.to_string()).arg("environment").arg(&config.environment);
    command.arg("programs").arg(&programs).arg("tests").arg(&tests).arg("--");
    command.arg(below("tests", &program)).current_dir("/").env_clear();
    command.env("PATH", env::var_os("PATH").unwrap_or_default()).env("HOME", &home).env("POLYMATH_HOME", &home);
    command.env("POLYMATH_PYTHON", stage.path().join("environment"));
    command.env("POLYMATH_PYTHON_WORKER", below("programs", &config.worker));
    let output = command.stderr(Stdio::inherit()).output();
    let output =
        output.unwrap_or_else(|e| panic!("the tests cannot run as an ordinary user: unshare (util-linux): {e}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let passed = said.lines().any(|line| line.starts_with("test result: ok. "));
    assert!(output.status.success() && passed, "the tests fail as user {USER} ({}): {said}", output.status);
}

fn folder_of(path: &Path) -> PathBuf {
    path.canonicalize().unwrap().parent().unwrap().to_owned()
}
