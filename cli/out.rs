//! Standard output. `println!` panics where it cannot be written; here that is an error: quiet for a
//! closed pipe (`| head`), one line and exit status 1 for a full disk.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Standard output with errors that say what could not be written.
pub struct Stdout;

impl Write for Stdout {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        io::stdout().write(data).map_err(told)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush().map_err(told)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
struct Unwritable(io::Error);

/// The kind stays: a closed pipe is known by it.
fn told(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), Unwritable(error))
}

/// Whether it is standard output that failed.
pub fn is_unwritable(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).is_some_and(|inner| inner.is::<Unwritable>())
}

/// Writes a line, on its way when this returns.
pub fn line(text: Arguments) -> io::Result<()> {
    let mut out = Stdout;
    out.write_fmt(format_args!("{text}\n"))?;
    out.flush()
}

/// `println!` that returns its error.
macro_rules! say {
    ($($text:tt)*) => { $crate::out::line(format_args!($($text)*)) };
}
pub(crate) use say;
