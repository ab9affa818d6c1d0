//! `polymath-reader`: a file on standard input, what stands in it on standard output; or a template and what is to be
//! written with it, one prompt after another. See `lib.rs`.

use polymath_reader::{Format, Limits, formats, renderer, walls};
use std::io::{BufWriter, Read, Write};
use std::process::ExitCode;

/// Bytes of the answer that are written at a time.
const PIECE: usize = 1 << 16;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let limits = Limits::from_arguments(arguments);
    if let (renderer::NAME, Some(limits)) = (name.as_str(), &limits) {
        return ExitCode::from(renderer::serve(limits));
    }
    let (Some(format), Some(limits)) = (Format::of_name(&name), limits) else {
        eprintln!("polymath-reader is started by polymath; it has no use of its own");
        return ExitCode::from(2);
    };
    // From here on nothing but the answer can be written, so that what went wrong is the exit status.
    let Ok(answer) = walls::raise(&limits) else { return ExitCode::from(3) };
    let mut bytes = Vec::new();
    if std::io::stdin().read_to_end(&mut bytes).is_err() {
        return ExitCode::from(4);
    }
    let reply = formats::read(format, bytes);
    // Piece by piece: a copy of a million rows would take the room that is left for them.
    let sent =
        postcard::to_io(&reply, BufWriter::with_capacity(PIECE, answer)).is_ok_and(|mut out| out.flush().is_ok());
    if sent { ExitCode::SUCCESS } else { ExitCode::from(5) }
}
