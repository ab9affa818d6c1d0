//! The side that starts the program, gives it a file and believes it nothing but its answer's form.

use crate::walls::Limits;
use crate::wire::{Contents, Format, Reply};
use std::env;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use thiserror::Error;

/// The program's file name.
const PROGRAM: &str = "polymath-reader";
/// Milliseconds that it may take to end once its answer is out.
const LINGER: u32 = 2_000;

/// Why a file was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// What the reader says of the file.
    #[error("{0}")]
    Unreadable(String),
    /// What became of the reader.
    #[error("{0}")]
    Stopped(String),
    #[error(
        "the program {program} that reads such files cannot be used ({source}); build it \
         (cargo build --release -p polymath-reader) or set POLYMATH_READER"
    )]
    Unavailable { program: PathBuf, source: io::Error },
}

/// Reads files of strangers, each in a process of its own.
#[derive(Debug, Clone)]
pub struct Reader {
    pub program: PathBuf,
    pub limits: Limits,
}

impl Reader {
    /// The program beside the running one (for tests, which lie in `deps`, one folder up), or what
    /// `POLYMATH_READER` names.
    pub fn locate() -> Reader {
        let here = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned())).unwrap_or_default();
        let name = format!("{PROGRAM}{}", env::consts::EXE_SUFFIX);
        let near = [here.join(&name), here.join("..").join(&name)];
        let named = env::var_os("POLYMATH_READER").map(PathBuf::from);
        let program = named.or_else(|| near.iter().find(|path| path.is_file()).cloned()).unwrap_or(near[0].clone());
        Reader { program, limits: Limits::default() }
    }

    /// What stands in the file. Blocks, for `limits.wall` seconds at most.
    ///
    /// # Errors
    /// Why it was not read, in words that fit behind the file's name and a colon.
    pub fn read(&self, format: Format, bytes: &[u8]) -> Result<Contents, ReadError> {
        let unavailable = |source| ReadError::Unavailable { program: self.program.clone(), source };
        let mut command = Command::new(&self.program);
        command.arg(format.name()).args(self.limits.arguments()).env_clear();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let (answer, status) = self.converse(child.map_err(unavailable)?, bytes).map_err(unavailable)?;
        let Some(answer) = answer else {
            return Err(ReadError::Stopped(format!("reading it took more than {} s", self.limits.wall)));
        };
        if answer.len() as u64 > self.limits.answer {
            let most = self.limits.answer >> 20;
            return Err(ReadError::Stopped(format!("more than {most} MiB come out of it")));
        }
        if !status.success() {
            return Err(self.ended(status));
        }
        match postcard::from_bytes::<Reply>(&answer) {
            Ok(reply) => reply.map_err(ReadError::Unreadable),
            Err(_) => Err(ReadError::Stopped("its reader answered with something else than its contents".into())),
        }
    }

    /// The answer, `None` if it did not come in time, and how the process ended. It has ended in any case.
    fn converse(&self, mut child: Child, bytes: &[u8]) -> io::Result<(Option<Vec<u8>>, ExitStatus)> {
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let most = self.limits.answer + 1;
        thread::scope(|scope| {
            // A reader that has seen enough reads no further: what cannot be written is no error.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(bytes)));
            let (sender, receiver) = mpsc::channel();
            scope.spawn(move || {
                let mut answer = Vec::new();
                let _ = stdout.map(|stdout| stdout.take(most).read_to_end(&mut answer));
                let _ = sender.send(answer);
            });
            let answer = receiver.recv_timeout(Duration::from_secs(self.limits.wall)).ok();
            let over = answer.as_ref().is_none_or(|answer| answer.len() as u64 == most);
            let status = if over { None } else { exit(&mut child)? };
            let status = match status {
                Some(status) => status,
                None => child.kill().and_then(|()| child.wait())?,
            };
            Ok((answer, status))
        })
    }

    pub(crate) fn ended(&self, status: ExitStatus) -> ReadError {
        let Limits { memory, cpu, .. } = self.limits;
        if exceeded_time(status) {
            return ReadError::Stopped(format!("reading it took more than {cpu} s of processor time"));
        }
        match status.code() {
            Some(3) => {
                let source = io::Error::other("it could not shut itself in");
                ReadError::Unavailable { program: self.program.clone(), source }
            }
            _ => ReadError::Stopped(format!(
                "its reader broke off ({status}): it is damaged, or takes more than {} MiB to read",
                memory >> 20
            )),
        }
    }
}

/// How a process ended that has said all it had to say; `None` if it goes on.
pub(crate) fn exit(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    for _ in 0..LINGER {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(None)
}

#[cfg(unix)]
fn exceeded_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(nix::sys::signal::Signal::SIGXCPU as i32)
}

#[cfg(not(unix))]
fn exceeded_time(_status: ExitStatus) -> bool {
    false
}
