//! Mount, pid, net, ipc and uts namespaces, and a user namespace when the program does not run as
//! root. One `clone` makes them all, so that the child is PID 1 of its own and a direct child of the
//! zygote.

use super::WallError;
use polymath_sandbox::wire::Wall;
use std::{
    fs,
    os::fd::{FromRawFd, OwnedFd},
};

const NAMES: [(&str, &str); 6] = [
    ("mnt", "mount namespace"),
    ("pid", "pid namespace"),
    ("net", "network namespace"),
    ("ipc", "ipc namespace"),
    ("uts", "uts namespace"),
    ("user", "user namespace"),
];

/// The user and group a session has inside its user namespace.
pub const INSIDE_ID: u32 = 1000;

/// The zygote's namespaces and ids, to compare and map with in the child.
pub struct Before {
    links: Vec<String>,
    user_namespace: bool,
    uid: u32,
    gid: u32,
}

impl Before {
    /// Reads them while /proc is there and the ids mean what they mean to the host.
    pub fn record(user_namespace: bool) -> Result<Self, WallError> {
        let links = NAMES.iter().map(|(short, name)| link(short, name)).collect::<Result<_, _>>()?;
        let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
        Ok(Before { links, user_namespace, uid, gid })
    }
}

fn link(short: &str, name: &'static str) -> Result<String, WallError> {
    let path = format!("/proc/self/ns/{short}");
    let target = fs::read_link(&path).map_err(|e| WallError::new(name, format!("{path}: {e}")))?;
    Ok(target.to_string_lossy().into_owned())
}

/// Forks into fresh namespaces: `None` in the child, its pidfd in the parent.
pub fn fork_into(user_namespace: bool) -> Result<Option<OwnedFd>, WallError> {
    let mut flags = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWNET | libc::CLONE_NEWIPC;
    flags |= libc::CLONE_NEWUTS | libc::CLONE_PIDFD | libc::SIGCHLD;
    if user_namespace {
        flags |= libc::CLONE_NEWUSER;
    }
    let mut pidfd: libc::c_int = -1;
    // SAFETY: without CLONE_VM this is a fork: the child has a copy of the memory and of this stack
    // (a null stack pointer keeps it). The zygote has one thread, so no lock is held by another.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags as libc::c_long, 0, &raw mut pidfd, 0, 0) };
    match pid {
        0 => Ok(None),
        // SAFETY: the kernel wrote a fresh descriptor there.
        1.. => Ok(Some(unsafe { OwnedFd::from_raw_fd(pidfd) })),
        _ => Err(WallError::new(
            if user_namespace { "user namespace" } else { "mount, pid and network namespaces" },
            format!("clone: {}; {}", std::io::Error::last_os_error(), hint(user_namespace)),
        )),
    }
}

/// What usually stands in the way.
fn hint(user_namespace: bool) -> &'static str {
    if user_namespace {
        "unprivileged user namespaces must be allowed (sysctl kernel.unprivileged_userns_clone, \
         user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)"
    } else {
        "root needs CAP_SYS_ADMIN, which containers often take away"
    }
}

/// In the child, first of all: maps the ids and makes sure every namespace really is a new one.
pub fn settle(before: &Before) -> Result<Vec<Wall>, WallError> {
    if before.user_namespace {
        let write = |path: &str, text: String| {
            fs::write(path, text).map_err(|e| WallError::new("user namespace", format!("{path}: {e}")))
        };
        write("/proc/self/setgroups", "deny".to_owned())?;
        write("/proc/self/uid_map", format!("{INSIDE_ID} {} 1", before.uid))?;
        write("/proc/self/gid_map", format!("{INSIDE_ID} {} 1", before.gid))?;
    }
    let _ = nix::unistd::sethostname("sandbox");
    // When memory runs out, this goes first and not the program that holds the model.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let mut walls = Vec::new();
    for ((short, name), old) in NAMES.iter().zip(&before.links) {
        if *short == "user" && !before.user_namespace {
            walls.push(Wall::up(name, "not needed: the program runs as root and drops to another user"));
        } else if link(short, name)? == *old {
            return Err(WallError::new(name, "the session is still in the host's"));
        } else {
            walls.push(Wall::up(name, "its own"));
        }
    }
    Ok(walls)
}
