//! Tells readers whose work grows faster than their text. One short page of repeated letters must not keep
//! a processor busy for a minute.
//!
//! Work is the processor time of the reading thread, so other programs do not count, and it is only ever compared
//! with that of the same reader for a quarter of the text: four times for a reader that is linear, sixteen for one
//! that looks at everything again for each of its parts.

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What texts are made of that get readers into corners: the openings of everything that is closed somewhere, the
/// beginnings of numbers, quotations, words.
pub const PIECES: &[&str] = &[
    "€ 5 ",
    "5 € ",
    "$5",
    "1,",
    "1 ",
    "12 345 ",
    "1.",
    "1'",
    "2017-",
    "3亿5000万",
    "万",
    "1e",
    ". ",
    ".\"",
    "A. ",
    "a",
    "a ",
    "a, ",
    "中",
    "{\"a\":",
    "{\"a\":1},",
    "[",
    "[1](",
    "![",
    "((((",
    "(",
    "<b>",
    "<",
    "</b>",
    "<!--",
    "&amp;",
    "| a ",
    "|",
    "|-",
    "```",
    "`",
    "*",
    "_",
    "# ",
    "- ",
    "> ",
    "\"",
    "“",
    "'",
    "\\",
    "\\frac{",
    "^",
    "-",
    "=",
    "/",
    ":",
    ";",
    "%",
    "\t",
    " ",
    "\r",
    "\u{301}",
    "<tool_call>",
    "https://a.b/",
];

/// Most that four times the text may take of the work.
const MOST: f64 = 8.0;
/// Shorter measurements say nothing.
const FLOOR: Duration = Duration::from_millis(2);
/// Bytes of the shortest and of the longest text that is multiplied.
pub const SHORTEST: usize = 4 << 10;
const LONGEST: usize = 64 << 10;
/// How often what seems to grow too fast is measured again.
const TRIES: usize = 4;

/// A way of making a text of a piece.
type Shape = fn(&str, usize) -> String;

/// One long line, one that ends in a word, many short ones, and a long line over many short ones.
const SHAPES: [(&str, Shape); 4] = [
    ("in a row", |piece, bytes| piece.repeat(bytes / piece.len())),
    ("before a word", |piece, bytes| format!("{}a", piece.repeat(bytes / piece.len()))),
    ("a line", |piece, bytes| format!("{piece}\n").repeat(bytes / (piece.len() + 1))),
    ("over lines", |piece, bytes| format!("{}\n{}", piece.repeat(bytes / 2 / piece.len()), "1,2\n".repeat(bytes / 8))),
];

/// Holds `read` to work in proportion to its text, for texts made of each of `pieces`.
///
/// # Panics
/// It is not, and for which texts.
#[track_caller]
pub fn check(pieces: &[&str], read: impl Fn(&str)) {
    check_from(SHORTEST, pieces, read);
}

/// The same for texts from a length on (bytes), where up to then a reader may take more for each.
///
/// # Panics
/// As [`check`].
#[track_caller]
pub fn check_from(shortest: usize, pieces: &[&str], read: impl Fn(&str)) {
    let mut steep = Vec::new();
    for (piece, (shape, make)) in pieces.iter().flat_map(|piece| SHAPES.iter().map(move |shape| (piece, shape))) {
        if let Some((bytes, times)) = growth(&read, shortest, |bytes| make(piece, bytes)) {
            steep.push(format!("{piece:?} {shape}, {bytes} bytes: {times:.0} times the work for four times the text"));
        }
    }
    assert!(steep.is_empty(), "{}", steep.join("\n"));
}

/// From what length on, and how much, the work grows faster than the text.
fn growth(read: &impl Fn(&str), shortest: usize, text: impl Fn(usize) -> String) -> Option<(usize, f64)> {
    let least = |text: &str| (0..2).map(|_| work(read, text)).min().unwrap_or_default();
    let fixed = least("");
    let of = |text: &str| least(text).saturating_sub(fixed);
    let mut bytes = shortest;
    while bytes < LONGEST && of(&text(bytes)) < FLOOR {
        bytes *= 2;
    }
    let times = (0..TRIES).map(|_| {
        let short = of(&text(bytes)).max(FLOOR);
        work(read, &text(4 * bytes)).saturating_sub(fixed).as_secs_f64() / short.as_secs_f64()
    });
    let mut smallest = f64::INFINITY;
    for times in times {
        smallest = smallest.min(times);
        if smallest <= MOST {
            return None;
        }
    }
    Some((bytes, smallest))
}

fn work(read: &impl Fn(&str), text: &str) -> Duration {
    let begun = clock();
    read(text);
    clock().saturating_sub(begun)
}

/// Processor time of this thread.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn what_is_linear_passes() {
        check(&["a", "€ 5 "], |text| {
            black_box((0..30).map(|_| black_box(text).chars().filter(|c| c.is_alphanumeric()).count()).sum::<usize>());
        });
    }

    /// Looks at the rest of the text from each of its words.
    #[test]
    #[should_panic(expected = "times the work for four times the text")]
    fn what_is_not_is_told() {
        check(&["a b "], |text| {
            let steps = text.split(' ').map(|_| black_box(text).bytes().filter(|b| *b == b'b').count() as u64);
            black_box(steps.sum::<u64>());
        });
    }
}
