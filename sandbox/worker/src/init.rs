//! PID 1 of a session: builds the file system, forks the worker, passes its descriptors to the host,
//! waits for it and tells how it ended. Trusted: user code cannot reach this process.

use crate::{
    python::Interpreter,
    session,
    walls::{WallError, mounts, namespaces},
};
use nix::unistd::{ForkResult, fork};
use polymath_sandbox::{
    packet,
    wire::{InitMessage, SessionPlan, Wall},
};
use std::{
    fs::File,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
};

/// Runs in the child of the zygote, and ends with it. `ends`: channel, stdout, stderr, status.
pub fn main(python: &Interpreter, plan: SessionPlan, before: namespaces::Before, ends: [OwnedFd; 4]) -> ! {
    let [channel, stdout, stderr, status] = ends;
    // The zygote's death, and so the host's, ends the namespace with all in it.
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
    // SAFETY: the default disposition is valid; waiting for the worker needs it.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    // A new session, so that no terminal and no signal to the program's group reaches this one.
    let _ = nix::unistd::setsid();
    let walls = match raise(python, &plan, &before) {
        Ok(walls) => walls,
        Err(error) => refuse(status.as_fd(), error),
    };
    // SAFETY: this process has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            drop(status);
            session::main(python, plan, [channel, stdout, stderr])
        }
        Ok(ForkResult::Parent { child }) => {
            drop((channel, stdout, stderr));
            watch(status.as_fd(), child.as_raw(), walls)
        }
        Err(error) => refuse(status.as_fd(), WallError::new("process", format!("forking the worker: {error}"))),
    }
}

fn raise(python: &Interpreter, plan: &SessionPlan, before: &namespaces::Before) -> Result<Vec<Wall>, WallError> {
    let mut walls = namespaces::settle(before)?;
    let owner = plan.uid.unwrap_or(namespaces::INSIDE_ID);
    walls.push(mounts::enter(&python.runtime, &plan.limits, owner)?);
    Ok(walls)
}

fn refuse(status: BorrowedFd, error: WallError) -> ! {
    let _ = packet::send(status, &InitMessage::Failed { wall: error.wall.to_owned(), message: error.message }, &[]);
    crate::leave(1)
}

/// Hands the host the worker's pidfd and the work directory, then waits.
fn watch(status: BorrowedFd, worker: libc::pid_t, walls: Vec<Wall>) -> ! {
    // SAFETY: plain integers; the child has not been waited for, so its number is its own.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, worker, 0) } as i32;
    let work = File::open(mounts::WORK);
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
