//! The worker of a session: raises the remaining walls in their order, checks them, says hello, and
//! serves calls. From the first call on this process belongs to the code it runs.

use crate::{
    newborn::Newborn,
    python::Interpreter,
    same, traces,
    walls::{WallError, landlock, limits, privileges, probe, seccomp},
};
use polymath_sandbox::wire::{BROKEN, Ground, Hello, LATER, MAX_FRAME, Wall};
use std::{
    fs::File,
    io::{Read, Write},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    path::{Path, PathBuf},
};

/// The channel's place in the worker.
const CHANNEL: i32 = 3;

/// Never returns; the host sees how it ends by the wait status. `ends`: channel, stdout, stderr.
pub fn main(newborn: &Newborn<'_>, ends: [OwnedFd; 3]) -> ! {
    let python = newborn.python;
    python.after_fork_in_child();
    let mut channel = settle_descriptors(ends);
    match raise(newborn) {
        Ok(walls) => {
            if send(&mut channel, &Hello::Walls(walls)).is_err() {
                crate::leave(1)
            }
        }
        Err(error) => {
            let _ = send(&mut channel, &Hello::Failed { wall: error.wall.to_owned(), message: error.message });
            crate::leave(1)
        }
    }
    while let Ok(request) = receive(&mut channel) {
        // Of no length: the host asks whether the last call is over, and this is the answer.
        let reply = if request.is_empty() { Ok(Vec::new()) } else { run(python, &request) };
        match reply {
            Ok(reply) if write(&mut channel, &reply).is_ok() => {}
            Ok(_) => break,
            Err(message) => {
                eprintln!("the runner was broken by the code it ran: {message}");
                crate::leave(BROKEN)
            }
        }
    }
    crate::leave(0)
}

/// One call, and what it left behind: the next one must find the runner able to go on.
fn run(python: &Interpreter, request: &[u8]) -> Result<Vec<u8>, String> {
    same::begin(request);
    let reply = python.run(request)?;
    traces::clear(python);
    python.check()?;
    Ok(reply)
}

/// stdin closed for good, stdout and stderr the two pipes, the channel 3, and nothing else.
fn settle_descriptors(ends: [OwnedFd; 3]) -> File {
    let [channel, stdout, stderr] = ends.map(|end| {
        // Out of the way of 0 to 3 first.
        // SAFETY: duplicates an open descriptor.
        unsafe { libc::fcntl(end.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 10) }
    });
    // SAFETY: plain descriptor numbers; all of this process's are replaced or closed here, once.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY);
        libc::dup2(null, 0);
        libc::dup2(stdout, 1);
        libc::dup2(stderr, 2);
        libc::dup2(channel, CHANNEL);
        libc::close_range(4, u32::MAX, 0);
        File::from_raw_fd(CHANNEL)
    }
}

fn raise(newborn: &Newborn<'_>) -> Result<Vec<Wall>, WallError> {
    let Newborn { python, plan, lowered } = newborn;
    let (work, temporary) = (newborn.work(), newborn.temporary());
    let fail = |e: &dyn std::fmt::Display| WallError::new("work directory", e);
    let alone = plan.ground != Ground::Namespaces;
    let mut walls = vec![limits::apply(&plan.limits, python.footprint)?, privileges::no_new()?];
    if !lowered.has("landlock") {
        let later = Path::new(LATER).is_dir().then(|| PathBuf::from(LATER)).filter(|_| !alone);
        let readable: Vec<PathBuf> = python.runtime.iter().cloned().chain(later).collect();
        walls.push(landlock::apply(&readable, [work, &temporary], alone)?);
    }
    if !lowered.has("privileges") {
        walls.push(privileges::drop_to(plan.uid)?);
    }
    // Becoming another user clears what PID 1 asked for; where there is a pid namespace, its end is enough.
    if alone || lowered.has("pid") {
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).map_err(|e| fail(&e))?;
    }
    // As in any Python, a file over the limit is an exception and not the end.
    // SAFETY: ignoring is a valid disposition.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    std::env::set_current_dir(work).map_err(|e| fail(&e))?;
    python.begin(work, &temporary, alone).map_err(|e| fail(&e))?;
    if !lowered.has("seccomp") {
        walls.push(seccomp::apply(alone)?);
    }
    if !lowered.any() {
        probe::check(alone)?;
    }
    Ok(walls)
}

fn send(channel: &mut File, hello: &Hello) -> std::io::Result<()> {
    write(channel, &serde_json::to_vec(hello)?)
}

fn write(channel: &mut File, data: &[u8]) -> std::io::Result<()> {
    channel.write_all(&(data.len() as u32).to_le_bytes())?;
    channel.write_all(data)
}

fn receive(channel: &mut File) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    channel.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(std::io::Error::other("a request over the limit"));
    }
    let mut data = vec![0; length];
    channel.read_exact(&mut data)?;
    Ok(data)
}
