//! Bytes to text: byte order marks, UTF-16 with and without one, UTF-8, and otherwise the encoding
//! that the bytes look most like.

use super::open::open_regular;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

/// A file's text, and the encoding it was read with.
pub struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub encoding: &'static Encoding,
    /// The encoding is a guess: no mark says so, and it is not UTF-8.
    pub guessed: bool,
}

/// The bytes as text; `None` if they are none. `whole` is false for the beginning of a file, which
/// may end within a character.
pub fn decode(bytes: &[u8], whole: bool) -> Option<Decoded<'_>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return Some(Decoded { text, encoding, guessed: false });
    }
    if let Some(text) = utf8(bytes, whole) {
        return (!is_binary(text)).then_some(Decoded { text: Cow::Borrowed(text), encoding: UTF_8, guessed: false });
    }
    let encoding = match utf16(bytes) {
        Some(encoding) => encoding,
        None if bytes.contains(&0) => return None,
        None => guess(bytes),
    };
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    (!is_binary(&text)).then_some(Decoded { text, encoding, guessed: true })
}

fn utf8(bytes: &[u8], whole: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        // UTF-16 of plain letters is valid UTF-8, too, with a NUL in each.
        Ok(text) => (!text.contains('\0')).then_some(text),
        Err(error) if !whole && error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

/// Digits, separators and line ends have a zero byte in UTF-16, always on the same side.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(1 << 16) & !1];
    let zeros = |side: usize| sample.chunks_exact(2).filter(|pair| pair[side] == 0).count();
    let (first, second, enough) = (zeros(0), zeros(1), (sample.len() / 2).div_ceil(10).max(1));
    match () {
        _ if second >= enough && first == 0 => Some(UTF_16LE),
        _ if first >= enough && second == 0 => Some(UTF_16BE),
        _ => None,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Control characters that no text has, beyond a stray one.
fn is_binary(text: &str) -> bool {
    let sample = text.chars().take(4_096);
    let strange = sample.filter(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1a}')).count();
    strange * 100 > text.len().min(4_096)
}

/// The first lines of a text file, whatever its encoding; none of anything else.
pub fn first_lines(path: &Path, count: usize) -> Vec<String> {
    let mut start = Vec::new();
    let read = |file: std::fs::File, start: &mut Vec<u8>| file.take(1 << 16).read_to_end(start).is_ok();
    if !open_regular(path).is_ok_and(|file| read(file, &mut start)) {
        return Vec::new();
    }
    let decoded = decode(&start, start.len() < 1 << 16);
    decoded.map_or(Vec::new(), |d| d.text.lines().take(count).map(|line| line.trim_end().to_owned()).collect())
}
