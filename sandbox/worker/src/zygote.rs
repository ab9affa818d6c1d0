//! The zygote: one warm interpreter that all sessions are forked from. It reads plans from the
//! control socket and answers with the pidfd of the new session's PID 1. It never runs user code,
//! has a single thread (so that a fork is whole), and ends when the host does.

use crate::{
    init,
    newborn::Newborn,
    python::Interpreter,
    walls::{Lowered, namespaces},
};
use polymath_sandbox::{
    packet,
    wire::{Ground, SessionPlan, ZygotePlan, ZygoteReply},
};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// The descriptor the host leaves the control socket on.
const CONTROL: i32 = 3;

/// Serves the control socket until the host closes it. Returns the exit status. `lowered`: walls
/// that are not raised, for tests alone.
pub fn main(lowered: Lowered) -> i32 {
    // SAFETY: the host passes its end of a socket pair as descriptor 3; nothing else owns it.
    let control = unsafe { OwnedFd::from_raw_fd(CONTROL) };
    // Out of the host's terminal session: Ctrl-C there is the host's to handle. (The host's death
    // closes the socket; a parent-death signal would be bound to one of its threads.)
    let _ = nix::unistd::setsid();
    // The host's files are its user's alone; a session's own are as programs expect them.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    let plan = match packet::receive::<ZygotePlan>(control.as_fd()) {
        Ok(Some((plan, _))) => plan,
        _ => return 1,
    };
    let interpreter = match Interpreter::start(&plan) {
        Ok(interpreter) => interpreter,
        Err(message) => {
            let _ = packet::send(control.as_fd(), &ZygoteReply::Failed { wall: None, message }, &[]);
            return 1;
        }
    };
    if let Err(message) = settle() {
        let _ = packet::send(control.as_fd(), &ZygoteReply::Failed { wall: None, message }, &[]);
        return 1;
    }
    let ready = ZygoteReply::Ready { python: interpreter.version.clone() };
    if packet::send(control.as_fd(), &ready, &[]).is_err() {
        return 1;
    }
    loop {
        match packet::receive::<SessionPlan>(control.as_fd()) {
            Ok(Some((plan, fds))) => {
                if answer(control.as_fd(), &interpreter, &lowered, plan, fds).is_err() {
                    return 1;
                }
            }
            Ok(None) => return 0,
            Err(error) => {
                eprintln!("control socket: {error}");
                return 1;
            }
        }
    }
}

/// What must hold before the first fork.
fn settle() -> Result<(), String> {
    // Dead sessions are reaped by the kernel.
    // SAFETY: SIG_IGN is a valid disposition for SIGCHLD.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    let threads = std::fs::read_dir("/proc/self/task").map_err(|e| format!("/proc/self/task: {e}"))?.count();
    if threads != 1 {
        return Err(format!("the warm interpreter has {threads} threads where one is needed to fork safely"));
    }
    Ok(())
}

/// Forks one session and tells the host.
fn answer(
    control: BorrowedFd,
    python: &Interpreter,
    lowered: &Lowered,
    plan: SessionPlan,
    fds: Vec<OwnedFd>,
) -> std::io::Result<()> {
    let refuse = |message: String| packet::send(control, &ZygoteReply::Failed { wall: None, message }, &[]);
    let Some(ends) = init::Ends::sort(fds) else {
        return refuse("a session plan came without its four descriptors".to_owned());
    };
    let wanted = namespaces::Wanted { own: plan.ground == Ground::Namespaces, user: plan.uid.is_none(), lowered };
    let before = match namespaces::Before::record() {
        Ok(before) => before,
        Err(error) => return refuse(error.message),
    };
    python.before_fork();
    match namespaces::fork_into(&wanted) {
        Ok(None) => init::main(Newborn { python, plan, lowered }, before, ends),
        Ok(Some(pidfd)) => {
            python.after_fork_in_parent();
            drop(ends);
            packet::send(control, &ZygoteReply::Born, &[pidfd.as_raw_fd()])
        }
        Err(error) => {
            python.after_fork_in_parent();
            let reply = ZygoteReply::Failed { wall: Some(error.wall.to_owned()), message: error.message };
            packet::send(control, &reply, &[])
        }
    }
}
