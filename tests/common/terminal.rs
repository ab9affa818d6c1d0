//! The program at a terminal, as a person sees it: a pseudo-terminal with a screen behind it.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long something may take to be shown; only a failure waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    /// The window is open as long as this is.
    _master: Box<dyn MasterPty + Send>,
    input: Arc<Mutex<Box<dyn Write + Send>>>,
    pub child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Terminal {
    /// Starts the program in a home of its own.
    pub fn start(home: &Path, (columns, rows): (u16, u16), args: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_polymath"));
        command.args(args);
        command.cwd(home);
        command.env("POLYMATH_HOME", home);
        command.env("TERM", "xterm-256color");
        for name in ["POLYMATH_MODEL", "NO_COLOR", "RUST_LOG"] {
            command.env_remove(name);
        }
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 1000);
        let seen = Arc::new(Mutex::new(Seen { screen, raw: Vec::new() }));
        let input = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let reader = pair.master.try_clone_reader().unwrap();
        let (watched, answers) = (seen.clone(), input.clone());
        std::thread::spawn(move || watch(reader, &watched, &answers));
        Terminal { _master: pair.master, input, child, seen }
    }

    pub fn write(&self, text: &str) {
        let mut input = self.input.lock().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// What the screen shows, without spaces at the ends of lines.
    pub fn screen(&self) -> String {
        self.seen.lock().unwrap().screen.screen().contents()
    }

    /// Everything that was written to it.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().raw).into_owned()
    }

    /// Waits until the screen shows this; returns the screen.
    #[track_caller]
    pub fn wait(&self, what: &str) -> String {
        self.wait_until(what, |screen| screen.contains(what))
    }

    /// Waits until the last line is an empty prompt below this.
    #[track_caller]
    pub fn prompt_after(&self, what: &str) -> String {
        self.wait_until(what, |screen| {
            let place = screen.rfind(what).map(|at| &screen[at..]);
            place.is_some_and(|rest| rest.lines().last().is_some_and(|line| line.trim() == ">"))
        })
    }

    #[track_caller]
    fn wait_until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let screen = self.screen();
            if is(&screen) {
                return screen;
            }
            assert!(begin.elapsed() < PATIENCE, "`{what}` is not shown:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Exit status.
    #[track_caller]
    pub fn ended(&mut self) -> u32 {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Shows what comes, and answers where the cursor is, which line editors ask.
fn watch(mut reader: Box<dyn Read + Send>, seen: &Mutex<Seen>, answers: &Mutex<Box<dyn Write + Send>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        let (row, column) = {
            let mut seen = seen.lock().unwrap();
            seen.screen.process(&buffer[..count]);
            seen.raw.extend_from_slice(&buffer[..count]);
            seen.screen.screen().cursor_position()
        };
        if buffer[..count].windows(4).any(|bytes| bytes == b"\x1b[6n") {
            let answer = format!("\x1b[{};{}R", row + 1, column + 1);
            let _ = answers.lock().unwrap().write_all(answer.as_bytes());
        }
    }
}
