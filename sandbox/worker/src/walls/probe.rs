//! The self-test of every session: tries, from behind the walls and before any user code, a few
//! things that must not work. A wall that does not hold refuses the session.

use super::WallError;
use std::{fs, io};

/// Fails with the name of the first wall that is not where it should be. `alone`: Landlock stands
/// without namespaces, so that the host's files have names but cannot be opened.
pub fn check(alone: bool) -> Result<(), WallError> {
    let refused = |wall, what: &str, error: io::Error, wanted: i32| match error.raw_os_error() {
        Some(code) if code == wanted => Ok(()),
        _ => Err(WallError::new(wall, format!("{what} should have been refused but said: {error}"))),
    };
    // SAFETY: each call has plain integer arguments and is expected to fail.
    let fails = |wall, what: &str, call: &dyn Fn() -> i64, wanted| match call() {
        -1 => refused(wall, what, io::Error::last_os_error(), wanted),
        _ => Err(WallError::new(wall, format!("{what} went through"))),
    };
    unsafe {
        fails(
            "system call filter",
            "personality",
            &|| libc::syscall(libc::SYS_personality, 0xffff_ffffu64),
            libc::EPERM,
        )?;
        fails(
            "system call filter",
            "socket",
            &|| i64::from(libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0)),
            libc::EPERM,
        )?;
        fails("system call filter", "clone3", &|| libc::syscall(libc::SYS_clone3, 0, 0), libc::ENOSYS)?;
        fails("system call filter", "execve", &|| libc::syscall(libc::SYS_execve, 0, 0, 0), libc::EPERM)?;
        fails("system call filter", "unshare", &|| i64::from(libc::unshare(libc::CLONE_NEWUSER)), libc::EPERM)?;
        if libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 {
            return Err(WallError::new("no_new_privs", "not set"));
        }
        if !alone && libc::getpid() != 2 {
            return Err(WallError::new(
                "pid namespace",
                format!("the worker is process {} instead of 2", libc::getpid()),
            ));
        }
        if libc::getuid() == 0 || libc::geteuid() == 0 {
            return Err(WallError::new("user", "the worker is root"));
        }
    }
    let capabilities = caps::read(None, caps::CapSet::Permitted).map_err(|e| WallError::new("user", e))?;
    if !capabilities.is_empty() {
        return Err(WallError::new("user", format!("capabilities are left: {capabilities:?}")));
    }
    let wall = if alone { "Landlock" } else { "mount namespace" };
    for path in ["/proc/self/environ", "/proc/1/stat", "/sys/kernel/uevent_seqnum", "/etc/passwd", "/host"] {
        let reached = if alone { fs::File::open(path).is_ok() } else { fs::symlink_metadata(path).is_ok() };
        if reached {
            return Err(WallError::new(wall, format!("{path} is there")));
        }
    }
    if ["/written", "/dev/shm/written"].into_iter().any(|path| fs::write(path, "").is_ok()) {
        return Err(WallError::new(wall, "files can be written outside the work directory"));
    }
    if alone { signals_stay_inside() } else { Ok(()) }
}

/// Landlock's scope: no signal, not even the empty one, reaches a process outside.
fn signals_stay_inside() -> Result<(), WallError> {
    // SAFETY: plain integers; signal 0 only asks.
    match unsafe { libc::kill(libc::getppid(), 0) } {
        -1 if io::Error::last_os_error().raw_os_error() == Some(libc::EPERM) => Ok(()),
        _ => Err(WallError::new("Landlock", "a signal reaches a process outside")),
    }
}
