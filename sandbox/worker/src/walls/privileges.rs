//! Giving up every privilege: no_new_privs, an unprivileged user, no capability, not dumpable.

use super::WallError;
use caps::CapSet;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use polymath_sandbox::wire::Wall;

/// From here on no exec and no file can add privileges.
pub fn no_new() -> Result<Wall, WallError> {
    nix::sys::prctl::set_no_new_privs().map_err(|e| WallError::new("no_new_privs", e))?;
    Ok(Wall::up("no_new_privs", "set"))
}

/// Becomes `uid` (when the program runs as root) and drops all capabilities.
pub fn drop_to(uid: Option<u32>) -> Result<Wall, WallError> {
    const WALL: &str = "user";
    let fail = |what: &str, e: &dyn std::fmt::Display| WallError::new(WALL, format!("{what}: {e}"));
    empty_bounding_set().map_err(|e| fail("emptying the capability bounding set", &e))?;
    if let Some(id) = uid {
        let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
        setgroups(&[]).map_err(|e| fail("leaving all groups", &e))?;
        setresgid(group, group, group).map_err(|e| fail(&format!("becoming group {id}"), &e))?;
        setresuid(user, user, user).map_err(|e| fail(&format!("becoming user {id}"), &e))?;
    }
    for set in [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        caps::clear(None, set).map_err(|e| fail(&format!("dropping {set:?} capabilities"), &e))?;
    }
    nix::sys::prctl::set_dumpable(false).map_err(|e| fail("becoming undumpable", &e))?;
    Ok(match uid {
        Some(id) => Wall::up(WALL, format!("host user {id}, no capabilities")),
        None => Wall::up(WALL, "this user, in a user namespace without capabilities"),
    })
}

fn empty_bounding_set() -> std::io::Result<()> {
    for capability in 0.. {
        // SAFETY: plain integers; a number past the last capability gives EINVAL.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
            let error = std::io::Error::last_os_error();
            return if error.raw_os_error() == Some(libc::EINVAL) && capability > 0 { Ok(()) } else { Err(error) };
        }
    }
    Ok(())
}
