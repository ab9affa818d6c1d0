//! How much comes out of a PDF's packed streams, before a reader that has no limit unpacks them: a few
//! kilobytes packed twice are gigabytes.

use super::content::Kind;
use flate2::read::ZlibDecoder;
use polymath_chat::ToolFailure;
use std::io::Read;

/// Bytes that one stream may unpack to, after all its filters.
const STREAM: usize = 64 << 20;
/// Bytes that all of them may.
const ALL: usize = 256 << 20;
/// Filters one behind the other; honest files have two.
const FILTERS: usize = 8;
/// Bytes before a stream in which its dictionary is looked for.
const DICTIONARY: usize = 4 << 10;
const BEGIN: &[u8] = b"stream";
const ASCII85: &[u8] = b"ASCII85Decode";
const LZW: &[u8] = b"LZWDecode";

/// Whether a document may be read.
///
/// # Errors
/// `unsupported`: it is a PDF that unpacks to too much.
pub fn check(kind: Kind, body: &[u8], url: &str) -> Result<(), ToolFailure> {
    let refused = |why: String| ToolFailure::new("unsupported", format!("{url} cannot be read: {why}"));
    if kind == Kind::Pdf { check_pdf(body).map_err(refused) } else { Ok(()) }
}

fn check_pdf(body: &[u8]) -> Result<(), String> {
    let mut all = 0;
    let mut at = 0;
    while let Some(found) = find(&body[at..], BEGIN) {
        let begin = at + found;
        at = begin + BEGIN.len();
        if body[..begin].ends_with(b"end") {
            continue;
        }
        let data = body[at..].strip_prefix(b"\r\n").or(body[at..].strip_prefix(b"\n")).unwrap_or(&body[at..]);
        let dictionary = &body[begin.saturating_sub(DICTIONARY)..begin];
        let dictionary = &dictionary[rfind(dictionary, b"obj").unwrap_or(0)..];
        let (size, packed) = unpacked(dictionary, data)?;
        all += size;
        if all > ALL {
            return Err(format!("the PDF unpacks to more than {} MiB", ALL >> 20));
        }
        // What is packed may well spell the beginning of a stream.
        at += packed;
    }
    Ok(())
}

/// How much a stream unpacks to, and how many bytes of the file it certainly takes.
fn unpacked(dictionary: &[u8], data: &[u8]) -> Result<(usize, usize), String> {
    let mut layer = match () {
        () if find(dictionary, ASCII85).is_some() => ascii85(data),
        () if find(dictionary, LZW).is_some() => lzw(data)?,
        () => Vec::new(),
    };
    let (mut size, mut packed) = (layer.len(), 0);
    for level in 0..FILTERS {
        // By the bytes and not by the names, which may stand elsewhere in the file.
        let source = if level == 0 && layer.is_empty() { data } else { &layer };
        if !is_zlib(source) {
            return Ok((size, packed));
        }
        let mut decoder = ZlibDecoder::new(source);
        let mut out = Vec::new();
        // A damaged end is the reader's to judge.
        let _ = decoder.by_ref().take(STREAM as u64 + 1).read_to_end(&mut out);
        if out.len() > STREAM {
            return Err(format!("a part of the PDF unpacks to more than {} MiB", STREAM >> 20));
        }
        if level == 0 && layer.is_empty() {
            packed = usize::try_from(decoder.total_in()).unwrap_or(0);
        }
        size = size.max(out.len());
        layer = out;
    }
    Err(format!("a part of the PDF is packed more than {FILTERS} times"))
}

/// The two bytes that such data begin with (RFC 1950).
fn is_zlib(data: &[u8]) -> bool {
    matches!(data, [cmf, flags, ..] if cmf & 0x0f == 8 && cmf >> 4 <= 7
        && (u16::from(*cmf) << 8 | u16::from(*flags)) % 31 == 0)
}

fn lzw(data: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Bounded(Vec::new());
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let _ = decoder.into_stream(&mut out).decode(data);
    match out.0.len() > STREAM {
        true => Err(format!("a part of the PDF unpacks to more than {} MiB", STREAM >> 20)),
        false => Ok(out.0),
    }
}

/// Takes a little more than a stream may have.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() > STREAM {
            return Err(std::io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Five characters are four bytes; the data end at `~` (ISO 32000, 7.4.3).
fn ascii85(data: &[u8]) -> Vec<u8> {
    let (mut out, mut group) = (Vec::new(), Vec::with_capacity(5));
    for &c in data.iter().take_while(|c| **c != b'~').filter(|c| !c.is_ascii_whitespace()) {
        match c {
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(c - b'!')),
            _ => break,
        }
        if group.len() == 5 {
            let value = group.drain(..).fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(digit));
            out.extend(value.to_be_bytes());
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        let value = group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit));
        out.extend(&value.to_be_bytes()[..kept]);
    }
    out
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn rfind(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write;

    fn packed(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn pdf(filter: &str, streams: &[&[u8]]) -> Vec<u8> {
        let mut file = b"%PDF-1.4\n".to_vec();
        for (number, data) in streams.iter().enumerate() {
            write!(file, "{} 0 obj\n<</Filter {filter} /Length {}>>\nstream\n", number + 1, data.len()).unwrap();
            file.extend_from_slice(data);
            file.extend_from_slice(b"\nendstream\nendobj\n");
        }
        file
    }

    #[test]
    fn a_few_kilobytes_that_are_gigabytes_are_refused() {
        let large = vec![b' '; STREAM + 1];
        let twice = packed(&packed(&large));
        assert!(twice.len() < 4096);
        for (filter, data) in
            [("/FlateDecode", packed(&large)), ("[/FlateDecode /FlateDecode]", twice), ("99 0 R", packed(&large))]
        {
            assert!(check_pdf(&pdf(filter, &[&data])).unwrap_err().contains("64 MiB"), "{filter}");
        }
        let half = packed(&large[..STREAM / 2]);
        assert!(check_pdf(&pdf("/FlateDecode", &[&half[..]; 9])).unwrap_err().contains("256 MiB"));
        let deep = (0..FILTERS + 1).fold(vec![1, 2, 3], |data, _| packed(&data));
        assert!(check_pdf(&pdf("/FlateDecode", &[&deep])).unwrap_err().contains("times"));
        let mut lzw = Vec::new();
        let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
        encoder.into_stream(&mut lzw).encode_all(&large[..]).status.unwrap();
        assert!(check_pdf(&pdf("/LZWDecode", &[&lzw])).is_err());
    }

    #[test]
    fn ordinary_files_pass() {
        assert_eq!(check_pdf(b"%PDF-1.4 no stream"), Ok(()));
        let page = packed(b"BT (stream endstream) Tj ET");
        assert_eq!(check_pdf(&pdf("/FlateDecode", &[&page, &page[..5], b"x"])), Ok(()));
        assert_eq!(ascii85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
    }
}
