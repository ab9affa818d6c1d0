//! Mount, pid, net, ipc and uts namespaces, and a user namespace when the program does not run as
//! root. One `clone` makes them all, so that the child is PID 1 of its own and a direct child of the
//! zygote.

use super::{Lowered, WallError};
use polymath_sandbox::wire::{NAMESPACES, Wall};
use std::{
    fs,
    os::fd::{FromRawFd, OwnedFd},
};

/// Each namespace as /proc names it, as a wall is named, and as clone(2) takes it.
const NAMES: [(&str, &str, libc::c_int); 6] = [
    ("mnt", "mount namespace", libc::CLONE_NEWNS),
    ("pid", "pid namespace", libc::CLONE_NEWPID),
    ("net", "network namespace", libc::CLONE_NEWNET),
    ("ipc", "ipc namespace", libc::CLONE_NEWIPC),
    ("uts", "uts namespace", libc::CLONE_NEWUTS),
    ("user", "user namespace", libc::CLONE_NEWUSER),
];

/// The user and group a session has inside its user namespace.
pub const INSIDE_ID: u32 = 1000;

/// Which namespaces a session gets.
pub struct Wanted<'a> {
    /// Any at all.
    pub own: bool,
    /// One of users, too.
    pub user: bool,
    pub lowered: &'a Lowered,
}

impl Wanted<'_> {
    fn has(&self, short: &str) -> bool {
        self.own && (short != "user" || self.user) && !self.lowered.has(short)
    }
}

/// The zygote's namespaces and ids, to compare and map with in the child.
pub struct Before {
    links: Vec<String>,
    uid: u32,
    gid: u32,
}

impl Before {
    /// Reads them while /proc is there and the ids mean what they mean to the host.
    pub fn record() -> Result<Self, WallError> {
        let links = NAMES.iter().map(|(short, name, _)| link(short, name)).collect::<Result<_, _>>()?;
        let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
        Ok(Before { links, uid, gid })
    }
}

fn link(short: &str, name: &'static str) -> Result<String, WallError> {
    let path = format!("/proc/self/ns/{short}");
    let target = fs::read_link(&path).map_err(|e| WallError::new(name, format!("{path}: {e}")))?;
    Ok(target.to_string_lossy().into_owned())
}

/// Forks into the namespaces that are wanted: `None` in the child, its pidfd in the parent.
pub fn fork_into(wanted: &Wanted<'_>) -> Result<Option<OwnedFd>, WallError> {
    let made = NAMES.iter().filter(|(short, _, _)| wanted.has(short)).fold(0, |flags, (_, _, flag)| flags | flag);
    let flags = made | libc::CLONE_PIDFD | libc::SIGCHLD;
    let mut pidfd: libc::c_int = -1;
    // SAFETY: without CLONE_VM this is a fork: the child has a copy of the memory and of this stack
    // (a null stack pointer keeps it). The zygote has one thread, so no lock is held by another.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags as libc::c_long, 0, &raw mut pidfd, 0, 0) };
    match pid {
        0 => Ok(None),
        // SAFETY: the kernel wrote a fresh descriptor there.
        1.. => Ok(Some(unsafe { OwnedFd::from_raw_fd(pidfd) })),
        _ => Err(WallError::new(
            if wanted.user { "user namespace" } else { NAMESPACES },
            format!("clone: {}; {}", std::io::Error::last_os_error(), hint(wanted.user)),
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

/// In the child, first of all, whatever namespaces there are.
pub fn before_the_rest() {
    // When memory runs out, this goes first and not the program that holds the model.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}

/// In the child: maps the ids and makes sure every namespace really is a new one.
pub fn settle(before: &Before, wanted: &Wanted<'_>) -> Result<Vec<Wall>, WallError> {
    if wanted.user {
        let write = |path: &str, text: String| {
            fs::write(path, text).map_err(|e| WallError::new("user namespace", format!("{path}: {e}")))
        };
        write("/proc/self/setgroups", "deny".to_owned())?;
        write("/proc/self/uid_map", format!("{INSIDE_ID} {} 1", before.uid))?;
        write("/proc/self/gid_map", format!("{INSIDE_ID} {} 1", before.gid))?;
    }
    if wanted.has("uts") {
        let _ = nix::unistd::sethostname("sandbox");
    }
    let mut walls = Vec::new();
    for ((short, name, _), old) in NAMES.iter().zip(&before.links) {
        if wanted.lowered.has(short) {
            walls.push(Wall::down(name, "left down for a test"));
        } else if !wanted.has(short) {
            walls.push(Wall::up(name, "not needed: the program runs as root and drops to another user"));
        } else if link(short, name)? == *old {
            return Err(WallError::new(name, "the session is still in the host's"));
        } else {
            walls.push(Wall::up(name, "its own"));
        }
    }
    Ok(walls)
}
