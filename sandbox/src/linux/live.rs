//! A running session: its processes, its pipes, and what can be done to it from outside.

use super::{cgroups::Group, pidfd::signal, reduced::Work, uids::Uid, zygote::Zygote};
use crate::{
    SandboxError, packet,
    wire::{GivenFile, Hello, InitMessage, LATER, SessionPlan, Wall},
};
use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::Signal,
        socket::{setsockopt, sockopt::ReceiveTimeout},
        time::TimeVal,
    },
    unistd::{UnlinkatFlags, pipe2, symlinkat, unlinkat},
};
use std::{
    fs,
    io::{self, Read},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd, RawFd},
        unix::net::UnixStream as BlockingStream,
    },
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::unix::AsyncFd,
    net::{UnixStream, unix::pipe},
};

/// Longest that the birth of a session may take.
const BIRTH: Duration = Duration::from_secs(10);
/// How long a worker may take to stop, and how much of that is spent looking without a pause.
const STOP: Duration = Duration::from_secs(1);
const SPIN: Duration = Duration::from_micros(300);
/// How long a killed process may take to end, in milliseconds.
const END: u16 = 1_000;
/// Most bytes of the first frame.
const HELLO: usize = 64 * 1024;

/// A session's processes and descriptors. Dropping it kills them all.
#[derive(Debug)]
pub struct Live {
    /// pidfd of PID 1: its death takes the whole pid namespace along.
    init: OwnedFd,
    worker: OwnedFd,
    /// The worker's number in the host's /proc.
    pid: u32,
    pub status: AsyncFd<OwnedFd>,
    pub channel: UnixStream,
    pub stdout: pipe::Receiver,
    pub stderr: pipe::Receiver,
    /// The working directory, whatever the session does to its name.
    pub work: OwnedFd,
    pub walls: Vec<Wall>,
    kept: Kept,
}

/// What a session holds on to while it lives, and gives back when it is dropped.
#[derive(Debug)]
pub struct Kept {
    pub _uid: Option<Uid>,
    pub group: Group,
    /// Its folder on the host, where it has no file system of its own.
    pub _work: Option<Work>,
    /// Keeps the process alive that this one was forked from.
    pub zygote: Arc<Zygote>,
}

/// The host's ends of a session that is being made.
pub struct Ends {
    status: OwnedFd,
    channel: BlockingStream,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

/// A session that stands, not yet tied to the async runtime.
pub struct Newborn {
    ends: Ends,
    init: Guard,
    worker: OwnedFd,
    work: OwnedFd,
    walls: Vec<Wall>,
}

/// Kills what a failed birth leaves.
struct Guard(Option<OwnedFd>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(init) = &self.0 {
            signal(init.as_fd(), Signal::SIGKILL);
        }
    }
}

/// Forks a session and waits until its walls stand. Blocks for some milliseconds.
pub fn birth(plan: &SessionPlan, kept: &Kept) -> Result<Newborn, SandboxError> {
    let failed = |e: io::Error| SandboxError::unavailable(None, format!("starting a session: {e}"));
    let (status, their_status) = packet::pair().map_err(failed)?;
    let (channel, their_channel) = BlockingStream::pair().map_err(failed)?;
    let (stdout, their_stdout) = pipe2(OFlag::O_CLOEXEC).map_err(|e| failed(e.into()))?;
    let (stderr, their_stderr) = pipe2(OFlag::O_CLOEXEC).map_err(|e| failed(e.into()))?;
    let wait = TimeVal::new(BIRTH.as_secs() as i64, 0);
    setsockopt(&status, ReceiveTimeout, &wait).map_err(|e| failed(e.into()))?;
    channel.set_read_timeout(Some(BIRTH)).map_err(failed)?;
    let theirs = [&their_channel as &dyn AsRawFd, &their_stdout, &their_stderr, &their_status];
    let groups = kept.group.procs.iter().map(|file| file as &dyn AsRawFd);
    let fds: Vec<RawFd> = theirs.into_iter().chain(groups).map(|end| end.as_raw_fd()).collect();
    let init = Guard(Some(kept.zygote.session(plan, &fds)?));
    drop((their_channel, their_stdout, their_stderr, their_status));
    let (mut walls, worker, work) = match packet::receive::<InitMessage>(status.as_fd()).map_err(failed)? {
        Some((InitMessage::Forked { walls }, fds)) => match <[OwnedFd; 2]>::try_from(fds) {
            Ok([worker, work]) => (walls, worker, work),
            Err(_) => return Err(failed(io::Error::other("descriptors are missing"))),
        },
        Some((InitMessage::Failed { wall, message }, _)) => return Err(SandboxError::unavailable(Some(wall), message)),
        _ => return Err(failed(io::Error::other("its first process died"))),
    };
    let ends = Ends { status, channel, stdout, stderr };
    walls.extend(hello(&ends)?);
    Ok(Newborn { ends, init, worker, work, walls })
}

/// Reads the worker's first frame, written before any user code.
fn hello(ends: &Ends) -> Result<Vec<Wall>, SandboxError> {
    let mut channel = &ends.channel;
    let mut frame = || {
        let mut length = [0; 4];
        channel.read_exact(&mut length)?;
        let mut data = vec![0; (u32::from_le_bytes(length) as usize).min(HELLO)];
        channel.read_exact(&mut data)?;
        Ok::<Hello, io::Error>(serde_json::from_slice(&data)?)
    };
    match frame() {
        Ok(Hello::Walls(walls)) => Ok(walls),
        Ok(Hello::Failed { wall, message }) => Err(SandboxError::unavailable(Some(wall), message)),
        Err(e) => {
            let mut text = Vec::new();
            let _ =
                fs::File::from(ends.stderr.try_clone().map_err(|_| died(&e, ""))?).take(4096).read_to_end(&mut text);
            Err(died(&e, &String::from_utf8_lossy(&text)))
        }
    }
}

fn died(error: &io::Error, text: &str) -> SandboxError {
    SandboxError::unavailable(None, format!("the session's worker died while its walls were raised: {error} {text}"))
}

impl Live {
    /// Ties a newborn session to the current async runtime.
    pub fn adopt(newborn: Newborn, kept: Kept) -> Result<Self, SandboxError> {
        let failed = |e: io::Error| SandboxError::unavailable(None, format!("starting a session: {e}"));
        let Newborn { ends, mut init, worker, work, walls } = newborn;
        let pid =
            pid_of(&worker).ok_or_else(|| failed(io::Error::other("no process number of the worker in /proc")))?;
        ends.channel.set_nonblocking(true).map_err(failed)?;
        fcntl(&ends.status, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|e| failed(e.into()))?;
        // SAFETY: an owned descriptor is the same open one for as long as it lives.
        #[allow(unsafe_code)]
        let status = unsafe { AsyncFd::register(ends.status) }.map_err(|e| failed(e.into()))?;
        Ok(Live {
            status,
            channel: UnixStream::from_std(ends.channel).map_err(failed)?,
            stdout: pipe::Receiver::from_owned_fd(ends.stdout).map_err(failed)?,
            stderr: pipe::Receiver::from_owned_fd(ends.stderr).map_err(failed)?,
            init: init.0.take().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?,
            worker,
            pid,
            work,
            walls,
            kept,
        })
    }

    /// Puts a given file where the code, which is stopped, finds it from now on, in the place of what it may have written
    /// under that name.
    pub fn reveal(&self, file: &GivenFile) -> io::Result<()> {
        if let Some(work) = &self.kept._work {
            return work.add(file);
        }
        let target = Path::new(LATER).join(&file.name);
        match symlinkat(&target, &self.work, file.name.as_str()) {
            Err(Errno::EEXIST) => {
                unlinkat(&self.work, file.name.as_str(), UnlinkatFlags::NoRemoveDir)?;
                Ok(symlinkat(&target, &self.work, file.name.as_str())?)
            }
            done => Ok(done?),
        }
    }

    /// Asks the running code to stop, as Ctrl-C does.
    pub fn interrupt(&self) {
        signal(self.worker.as_fd(), Signal::SIGINT);
    }

    /// Ends all processes of the session: those of its pid namespace with PID 1, and where there is
    /// none, the two there are.
    pub fn kill(&self) {
        signal(self.worker.as_fd(), Signal::SIGKILL);
        signal(self.init.as_fd(), Signal::SIGKILL);
    }

    /// Whether the kernel ended a process of it for want of memory.
    pub fn ran_out_of_memory(&self) -> bool {
        self.kept.group.ran_out_of_memory()
    }

    pub fn resume(&self) {
        signal(self.worker.as_fd(), Signal::SIGCONT);
    }

    /// Stops the worker and counts its threads; `None` when it is not there to be stopped.
    pub async fn stop(&self) -> Option<u32> {
        signal(self.worker.as_fd(), Signal::SIGSTOP);
        let sent = Instant::now();
        while sent.elapsed() < STOP {
            let (state, threads) = self.look()?;
            match state {
                'T' | 't' => return Some(threads),
                'Z' | 'X' => return None,
                // Mostly a matter of microseconds, which a timer of the runtime cannot wait for.
                _ if sent.elapsed() < SPIN => std::thread::yield_now(),
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
        None
    }

    /// State and number of threads, from /proc/PID/stat (fields 3 and 20, proc(5)).
    fn look(&self) -> Option<(char, u32)> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        // The name in parentheses is the process's own choice and may hold anything.
        let rest = &text[text.rfind(')')? + 1..];
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Some((fields.first()?.chars().next()?, fields.get(17)?.parse().ok()?))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.kill();
        // A folder on the host's file system can be removed once nobody writes to it.
        if self.kept._work.is_some() {
            [&self.worker, &self.init].into_iter().for_each(ended);
        }
    }
}

/// Waits a moment for the end of a process that was killed.
fn ended(process: &OwnedFd) {
    let mut ends = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    let _ = poll(&mut ends, PollTimeout::from(END));
}

/// The process number of a pidfd, as this process's /proc counts.
fn pid_of(pidfd: &OwnedFd) -> Option<u32> {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())).ok()?;
    info.lines().find_map(|line| line.strip_prefix("Pid:"))?.trim().parse().ok()
}
