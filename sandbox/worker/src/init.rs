//! PID 1 of a session: builds the file system, forks the worker, passes its descriptors to the host,
//! waits for it and tells how it ended. Trusted: user code cannot reach this process.

use crate::{
    newborn::Newborn,
    session,
    walls::{WallError, mounts, namespaces},
};
use nix::unistd::{ForkResult, fork};
use polymath_sandbox::{
    packet,
    wire::{Ground, InitMessage, Wall},
};
use std::{
    fs::File,
    io::Write,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    path::Path,
};

/// What `doctor` says where there are none.
const REDUCED: &str = "not to be had here; \"reduced\": Landlock keeps programs from opening the host's files and from its \
    processes, but not from seeing which files there are, how large and from when; what they write shares one small file \
    system; memory and processes are limited for each, and not hidden";

/// What came with a session's plan.
pub struct Ends {
    channel: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
    status: OwnedFd,
    /// `cgroup.procs` of each control group to join.
    groups: Vec<OwnedFd>,
}

impl Ends {
    /// By their place in the packet.
    pub fn sort(fds: Vec<OwnedFd>) -> Option<Ends> {
        let mut fds = fds.into_iter();
        let mut next = || fds.next();
        let (channel, stdout, stderr, status) = (next()?, next()?, next()?, next()?);
        Some(Ends { channel, stdout, stderr, status, groups: fds.collect() })
    }
}

/// Runs in the child of the zygote, and ends with it.
pub fn main(newborn: Newborn<'_>, before: namespaces::Before, ends: Ends) -> ! {
    let Ends { channel, stdout, stderr, status, groups } = ends;
    // The zygote's death, and so the host's, ends the namespace with all in it.
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
    // SAFETY: the default disposition is valid; waiting for the worker needs it.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    // A new session, so that no terminal and no signal to the program's group reaches this one.
    let _ = nix::unistd::setsid();
    let walls = match join(groups).and_then(|()| raise(&newborn, &before)) {
        Ok(walls) => walls,
        Err(error) => refuse(status.as_fd(), error),
    };
    // SAFETY: this process has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            drop(status);
            session::main(&newborn, [channel, stdout, stderr])
        }
        Ok(ForkResult::Parent { child }) => {
            drop((channel, stdout, stderr));
            watch(status.as_fd(), child.as_raw(), (newborn.work(), walls))
        }
        Err(error) => refuse(status.as_fd(), WallError::new("process", format!("forking the worker: {error}"))),
    }
}

/// Moves this process, and with it all that will come of it, into its control groups.
fn join(groups: Vec<OwnedFd>) -> Result<(), WallError> {
    for group in groups {
        File::from(group).write_all(b"0").map_err(|e| WallError::new("control groups", format!("joining one: {e}")))?;
    }
    Ok(())
}

fn raise(newborn: &Newborn<'_>, before: &namespaces::Before) -> Result<Vec<Wall>, WallError> {
    let Newborn { python, plan, lowered } = newborn;
    namespaces::before_the_rest();
    if plan.ground != Ground::Namespaces {
        return Ok(vec![Wall::down("namespaces", REDUCED)]);
    }
    let wanted = namespaces::Wanted { own: true, user: plan.uid.is_none(), lowered };
    let mut walls = namespaces::settle(before, &wanted)?;
    let owner = plan.uid.unwrap_or(namespaces::INSIDE_ID);
    let view = mounts::View { runtime: &python.runtime, files: &plan.files, keep_host: lowered.has("mounts") };
    walls.push(mounts::enter(&view, &plan.limits, owner)?);
    Ok(walls)
}

fn refuse(status: BorrowedFd, error: WallError) -> ! {
    let _ = packet::send(status, &InitMessage::Failed { wall: error.wall.to_owned(), message: error.message }, &[]);
    crate::leave(1)
}

/// Hands the host the worker's pidfd and the work directory, then waits.
fn watch(status: BorrowedFd, worker: libc::pid_t, (work, walls): (&Path, Vec<Wall>)) -> ! {
    // SAFETY: plain integers; the child has not been waited for, so its number is its own.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, worker, 0) } as i32;
    let work = File::open(work);
    let (true, Ok(work)) = (pidfd >= 0, work) else {
        refuse(status, WallError::new("pid namespace", "no pidfd of the worker, or no work directory"))
    };
    // SAFETY: the kernel just made this descriptor.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    let _ = packet::send(status, &InitMessage::Forked { walls }, &[pidfd.as_raw_fd(), work.as_raw_fd()]);
    drop((pidfd, work));
    let mut code = 0;
    // Orphans cannot arise, so this waits for the worker alone.
    // SAFETY: `code` outlives the call.
    while unsafe { libc::waitpid(worker, &raw mut code, 0) } < 0 && nix::errno::Errno::last_raw() == libc::EINTR {}
    let _ = packet::send(status, &InitMessage::Ended { status: code }, &[]);
    crate::leave(0)
}
