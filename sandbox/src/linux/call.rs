//! One call: sends the code, reads what comes back on four roads under all limits, and looks at the
//! stopped worker afterwards. Everything a session sends is hostile until shown otherwise.

use super::live::Live;
use crate::{
    packet,
    wire::{InitMessage, MAX_FRAME},
};
use std::{os::fd::AsFd, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long an interrupted call has before it is killed.
const GRACE: Duration = Duration::from_millis(150);
/// How long a worker that answered may take until it waits for its next call.
const RETURN: Duration = Duration::from_secs(1);
/// How long a dead worker's status is waited for.
const OBITUARY: Duration = Duration::from_millis(1000);

/// Why a call was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    Timeout,
    Cancelled,
    Output,
}

/// How the worker came out of the call.
#[derive(Debug)]
pub enum Ending {
    /// It answered and is stopped, as it should be.
    Replied(Vec<u8>),
    /// It answered, but left threads running, which could speak in a later call's name.
    Threads(Vec<u8>),
    /// It broke the protocol.
    Violation(String),
    /// It died by itself; the wait status when there is one.
    Died { status: Option<i32>, out_of_memory: bool },
    /// It did not stop when asked, and was killed.
    Killed,
}

/// What a call left on all roads.
#[derive(Debug)]
pub struct Call {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub stopped: Option<Stopped>,
    pub ending: Ending,
}

/// A call's limits.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub timeout: Duration,
    /// Bytes of each stream.
    pub output: usize,
}

/// Output of one stream, up to a limit.
struct Stream {
    bytes: Vec<u8>,
    limit: usize,
    open: bool,
}

impl Stream {
    fn new(limit: usize) -> Self {
        Stream { bytes: Vec::new(), limit, open: true }
    }

    /// Keeps what fits; whether the limit was passed.
    fn push(&mut self, data: &[u8]) -> bool {
        let room = self.limit - self.bytes.len();
        self.bytes.extend_from_slice(&data[..data.len().min(room)]);
        data.len() > room
    }

    /// Takes what a read brought; whether the limit was passed.
    fn arrived(&mut self, read: std::io::Result<usize>, data: &[u8]) -> bool {
        match read {
            Ok(n) if n > 0 => self.push(&data[..n]),
            _ => {
                self.open = false;
                false
            }
        }
    }

    /// Takes what a stopped worker left in the pipe; whether the limit was passed.
    fn drain(&mut self, pipe: &pipe::Receiver) -> bool {
        let mut over = false;
        let mut data = [0; 16 * 1024];
        // A pipe holds 64 KiB, or what a hostile worker made of it; the rest is dropped.
        for _ in 0..256 {
            match pipe.try_read(&mut data) {
                Ok(n) if n > 0 => over |= self.push(&data[..n]),
                _ => break,
            };
        }
        over
    }
}

/// Reads one frame, in pieces, without losing any when a wait is given up.
#[derive(Default)]
struct Frame {
    bytes: Vec<u8>,
}

impl Frame {
    /// Waits for more; the whole frame when it is there.
    async fn more(&mut self, from: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>, FrameError> {
        let mut piece = [0; 16 * 1024];
        let n = from.read(&mut piece).await.map_err(|_| FrameError::Closed)?;
        if n == 0 {
            return Err(FrameError::Closed);
        }
        self.bytes.extend_from_slice(&piece[..n]);
        let Some(head) = self.bytes.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*head) as usize;
        if length > MAX_FRAME {
            return Err(FrameError::Violation(format!("a frame of {length} bytes")));
        }
        match self.bytes.len() - 4 {
            have if have < length => Ok(None),
            have if have == length => Ok(Some(self.bytes.split_off(4))),
            _ => Err(FrameError::Violation("more than one frame".to_owned())),
        }
    }
}

enum FrameError {
    Closed,
    Violation(String),
}

/// Runs one request (a JSON frame) on a session, and stops it again.
pub async fn run(live: &mut Live, request: &[u8], bounds: Bounds, cancel: &CancellationToken) -> Call {
    let (mut out, mut err) = (Stream::new(bounds.output), Stream::new(bounds.output));
    let mut stopped = None;
    let ending = match silent(live) {
        Ok(()) => converse(live, request, bounds, cancel, &mut (&mut out, &mut err, &mut stopped)).await,
        Err(what) => Ending::Violation(what),
    };
    let ending = match ending {
        Ending::Replied(reply) => {
            let (ending, over) = settle(live, reply, &mut out, &mut err).await;
            // A pipe that the code made larger may hold more than the reply waited for.
            stopped = stopped.or(over.then_some(Stopped::Output));
            ending
        }
        other => {
            if matches!(other, Ending::Violation(_)) {
                live.kill();
            }
            out.drain(&live.stdout);
            err.drain(&live.stderr);
            other
        }
    };
    Call { stdout: out.bytes, stderr: err.bytes, stopped, ending }
}

/// Nothing may have been said between calls; what was printed then is nobody's output.
fn silent(live: &Live) -> Result<(), String> {
    let mut byte = [0];
    if matches!(live.channel.try_read(&mut byte), Ok(n) if n > 0) {
        return Err("something before the call".to_owned());
    }
    for pipe in [&live.stdout, &live.stderr] {
        Stream::new(0).drain(pipe);
    }
    Ok(())
}

/// Until the reply is there, or the worker's end.
async fn converse(
    live: &mut Live,
    request: &[u8],
    bounds: Bounds,
    cancel: &CancellationToken,
    kept: &mut (&mut Stream, &mut Stream, &mut Option<Stopped>),
) -> Ending {
    let (out, err, stopped) = kept;
    live.resume();
    let mut message = (request.len() as u32).to_le_bytes().to_vec();
    message.extend_from_slice(request);
    let mut until = Instant::now() + bounds.timeout;
    let (mut written, mut frame) = (0, Frame::default());
    let (mut data, mut more) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        let (mut reader, mut writer) = live.channel.split();
        let mut stop = None;
        tokio::select! {
            n = writer.write(&message[written..]), if written < message.len() => match n {
                Ok(n) if n > 0 => written += n,
                _ => return obituary(live).await,
            },
            part = frame.more(&mut reader) => match part {
                Ok(None) => {}
                Ok(Some(reply)) => return Ending::Replied(reply),
                Err(FrameError::Closed) => return obituary(live).await,
                Err(FrameError::Violation(what)) => return Ending::Violation(what),
            },
            n = live.stdout.read(&mut data), if out.open => {
                stop = out.arrived(n, &data).then_some(Stopped::Output);
            }
            n = live.stderr.read(&mut more), if err.open => {
                stop = err.arrived(n, &more).then_some(Stopped::Output);
            }
            () = tokio::time::sleep_until(until) => {
                if stopped.is_some() {
                    live.kill();
                    return Ending::Killed;
                }
                stop = Some(Stopped::Timeout);
            }
            () = cancel.cancelled(), if stopped.is_none() => stop = Some(Stopped::Cancelled),
        }
        if let (Some(why), None) = (stop, &stopped) {
            **stopped = Some(why);
            live.interrupt();
            until = Instant::now() + GRACE;
        }
    }
}

/// Whether the worker waits for its next call: it answers an empty frame with an empty one. Code that
/// replies in the runner's place while it still runs does not, if it knows no better.
async fn is_over(live: &mut Live) -> Result<(), Ending> {
    let mut answer = [0; 4];
    let ask = async {
        live.channel.write_all(&[0; 4]).await?;
        live.channel.read_exact(&mut answer).await
    };
    match tokio::time::timeout(RETURN, ask).await {
        Ok(Ok(_)) if answer == [0; 4] => Ok(()),
        Ok(Err(_)) => Err(obituary(live).await),
        Ok(Ok(_)) => Err(Ending::Violation("more than one reply".to_owned())),
        Err(_) => Err(Ending::Violation("a reply before its end".to_owned())),
    }
}

/// Stops the worker that answered and looks for what it should not have left. Beside the ending,
/// whether it printed too much.
async fn settle(live: &mut Live, reply: Vec<u8>, out: &mut Stream, err: &mut Stream) -> (Ending, bool) {
    if let Err(ending) = is_over(live).await {
        live.kill();
        return (ending, false);
    }
    let threads = live.stop().await;
    let over = out.drain(&live.stdout) | err.drain(&live.stderr);
    (look(live, reply, threads).await, over)
}

/// What a stopped worker, which has that many threads, comes out of the call as.
async fn look(live: &mut Live, reply: Vec<u8>, threads: Option<u32>) -> Ending {
    let mut byte = [0];
    if matches!(live.channel.try_read(&mut byte), Ok(n) if n > 0) {
        live.kill();
        return Ending::Violation("something after the reply".to_owned());
    }
    match threads {
        Some(1) => Ending::Replied(reply),
        Some(_) => {
            live.kill();
            Ending::Threads(reply)
        }
        None => {
            live.kill();
            obituary(live).await
        }
    }
}

/// The wait status of a worker that is gone or going.
async fn obituary(live: &mut Live) -> Ending {
    let read = async {
        loop {
            let Ok(mut ready) = live.status.readable().await else { return None };
            match ready.try_io(|fd| packet::receive::<InitMessage>(fd.get_ref().as_fd())) {
                Ok(Ok(Some((InitMessage::Ended { status }, _)))) => return Some(status),
                Ok(_) => return None,
                Err(_) => {}
            }
        }
    };
    let status = tokio::time::timeout(OBITUARY, read).await.ok().flatten();
    live.kill();
    Ending::Died { status, out_of_memory: live.ran_out_of_memory() }
}
