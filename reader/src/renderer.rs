//! Templates of strangers' files, each run by a process of its own for as long as its model is there: the program
//! `polymath-reader` behind the walls that it reads files behind. A template that takes too much time or memory ends its
//! process, and with the next prompt comes another.
//!
//! Both ways go frames: four bytes of length, little end first, then JSON to the program and postcard back.

use crate::host::{ReadError, Reader, exit};
use crate::template::{Asked, Source, Template};
use crate::walls;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// What the program is told as its format to be this.
pub const NAME: &str = "template";
/// Stack of the thread that compiles and renders, where both are calls in calls: a template is nested, or makes lists in
/// lists. Only what is used takes memory. What takes more ends the process.
const STACK: usize = 256 << 20;
/// Longest frame to the program, in bytes: a conversation and its tools.
const LONGEST: usize = 512 << 20;

/// What the program is asked for: first a template, then its prompts.
#[derive(Serialize, Deserialize)]
enum Request {
    Compile(Source),
    Render(Asked),
}

/// The prompt (empty for a template that was compiled), or what the template does wrong.
type Answer = Result<String, String>;

/// A template and the process that runs it, while there is one.
pub struct Renderer {
    reader: Reader,
    source: Source,
    running: Mutex<Option<Running>>,
}

/// A process that has compiled the template. Dropping it ends it.
struct Running {
    child: Child,
    to: mpsc::Sender<Vec<u8>>,
    /// Frames; `None` for one that is too long. Closed when the process is gone.
    from: mpsc::Receiver<Option<Vec<u8>>>,
}

impl Renderer {
    /// Compiles a template. Blocks, as all here, for `limits.wall` seconds at most.
    ///
    /// # Errors
    /// It is none, or cannot be compiled within the limits.
    pub fn start(reader: Reader, source: Source) -> Result<Self, ReadError> {
        let renderer = Renderer { reader, source, running: Mutex::default() };
        let running = renderer.run()?;
        *renderer.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(renderer)
    }

    /// The prompt.
    ///
    /// # Errors
    /// What the template says is wrong, or what became of its process.
    pub fn render(&self, asked: Asked) -> Result<String, ReadError> {
        let mut place = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // One that something else has ended meanwhile is no fault of the template's.
        let before = place.take().filter(|running| !running.has_ended());
        let mut running = before.map_or_else(|| self.run(), Ok)?;
        let answer = self.ask(&mut running, &Request::Render(asked))?;
        *place = Some(running);
        answer.map_err(ReadError::Unreadable)
    }

    /// A process with the template.
    fn run(&self) -> Result<Running, ReadError> {
        let unavailable = |source| ReadError::Unavailable { program: self.reader.program.clone(), source };
        let mut command = Command::new(&self.reader.program);
        command.arg(NAME).args(self.reader.limits.arguments()).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Out of the terminal's group: Ctrl-C there ends a turn, and not this.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut running = Running::new(command.spawn().map_err(unavailable)?, self.reader.limits.answer);
        self.ask(&mut running, &Request::Compile(self.source.clone()))?.map_err(ReadError::Unreadable)?;
        Ok(running)
    }

    fn ask(&self, running: &mut Running, request: &Request) -> Result<Answer, ReadError> {
        let limits = self.reader.limits;
        let request = serde_json::to_vec(request).map_err(|e| ReadError::Stopped(e.to_string()))?;
        // Where the process is gone, that is told below.
        let _ = running.to.send(request);
        match running.from.recv_timeout(Duration::from_secs(limits.wall)) {
            Ok(Some(answer)) => postcard::from_bytes(&answer)
                .map_err(|_| ReadError::Stopped("its reader answered with something else than a prompt".into())),
            Ok(None) => Err(ReadError::Stopped(format!("it writes more than {} MiB", limits.answer >> 20))),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(ReadError::Stopped(format!("running it took more than {} s", limits.wall)))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(match exit(&mut running.child) {
                Ok(Some(status)) => self.reader.ended(status),
                _ => ReadError::Stopped("its reader broke off".into()),
            }),
        }
    }
}

impl Running {
    fn new(mut child: Child, most: u64) -> Running {
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (to, requests) = mpsc::channel::<Vec<u8>>();
        let (answers, from) = mpsc::channel();
        // Each ends with its end of the process.
        thread::spawn(move || {
            let Some(mut stdin) = stdin else { return };
            while requests.recv().is_ok_and(|request| write_frame(&mut stdin, &request).is_ok()) {}
        });
        thread::spawn(move || {
            let Some(mut stdout) = stdout else { return };
            while let Ok(frame) = read_frame(&mut stdout, most) {
                if answers.send(frame).is_err() {
                    return;
                }
            }
        });
        Running { child, to, from }
    }

    fn has_ended(&self) -> bool {
        // Nothing was asked, so nothing but its end can have come.
        matches!(self.from.try_recv(), Err(mpsc::TryRecvError::Disconnected))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_frame(to: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(frame)?;
    to.flush()
}

/// The next frame, `None` if it is longer than `most`; an error at the end.
fn read_frame(from: &mut impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if u64::from(length) > most {
        return Ok(None);
    }
    let mut frame = Vec::new();
    // Memory is taken as it comes: a length alone is cheap to write.
    match from.by_ref().take(length.into()).read_to_end(&mut frame)? == length as usize {
        true => Ok(Some(frame)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The program's side: shuts itself in, and answers until nobody asks any more. Returns the exit status.
pub fn serve(limits: &walls::Limits) -> u8 {
    let limits = *limits;
    let answers = move || {
        let Ok(mut answer) = walls::raise_for_long(&limits) else { return 3 };
        let mut input = io::stdin().lock();
        let mut template = None;
        while let Ok(Some(frame)) = read_frame(&mut input, LONGEST as u64) {
            if walls::begin(&limits).is_err() {
                return 3;
            }
            let answer_to = serde_json::from_slice(&frame).map_err(said).and_then(|request| match request {
                Request::Compile(source) => Template::compile(source).map(|compiled| {
                    template = Some(compiled);
                    String::new()
                }),
                Request::Render(asked) => template.as_ref().map_or_else(|| Err(String::new()), |t| t.render(asked)),
            });
            let sent = postcard::to_stdvec::<Answer>(&answer_to).map_err(io::Error::other);
            if sent.and_then(|sent| write_frame(&mut answer, &sent)).is_err() {
                return 5;
            }
        }
        0
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(answers);
    // A panic ends it as anything else does.
    thread.map_or(4, |thread| thread.join().unwrap_or(101))
}

fn said(error: impl Display) -> String {
    error.to_string()
}
