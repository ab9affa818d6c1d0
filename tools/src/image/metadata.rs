//! What a PNG says of how it was made: text chunks that any program can read (PNG specification, `iTXt`).

use flate2::Crc;

/// The signature, and the header with its length, name and checksum.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const HEADER: usize = 8 + 4 + 4 + 13 + 4;

/// Whether these bytes are a PNG file.
pub fn is_png(bytes: &[u8]) -> bool {
    bytes.len() > HEADER && bytes.starts_with(SIGNATURE) && &bytes[12..16] == b"IHDR"
}

/// Width and height, in pixels.
pub fn size(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    is_png(png).then(|| number(16).zip(number(20))).flatten()
}

/// The file with these texts, by their names, behind its header. What is no PNG stays as it is.
pub fn with(png: Vec<u8>, texts: &[(&str, &str)]) -> Vec<u8> {
    if !is_png(&png) {
        return png;
    }
    let chunks: Vec<u8> = texts.iter().filter(|(_, text)| !text.is_empty()).flat_map(|(k, v)| chunk(k, v)).collect();
    let mut out = Vec::with_capacity(png.len() + chunks.len());
    out.extend_from_slice(&png[..HEADER]);
    out.extend_from_slice(&chunks);
    out.extend_from_slice(&png[HEADER..]);
    out
}

/// A chunk of text: its name in Latin-1, not compressed, in no language, and the text in UTF-8.
fn chunk(name: &str, text: &str) -> Vec<u8> {
    let body = [b"iTXt", name.as_bytes(), &[0, 0, 0, 0, 0], text.as_bytes()].concat();
    let mut sum = Crc::new();
    sum.update(&body);
    let length = u32::try_from(body.len() - 4).unwrap_or_default();
    [&length.to_be_bytes()[..], &body, &sum.sum().to_be_bytes()].concat()
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use resvg::tiny_skia::Pixmap;

    /// The texts of a PNG file, each chunk's checksum looked at.
    pub fn texts(png: &[u8]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut at = SIGNATURE.len();
        while at < png.len() {
            let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
            let body = &png[at + 4..at + 8 + length];
            let mut sum = Crc::new();
            sum.update(body);
            assert_eq!(sum.sum().to_be_bytes(), png[at + 8 + length..at + 12 + length]);
            if let Some(text) = body.strip_prefix(b"iTXt") {
                let end = text.iter().position(|b| *b == 0).unwrap();
                let value = String::from_utf8(text[end + 5..].to_vec()).unwrap();
                found.push((String::from_utf8(text[..end].to_vec()).unwrap(), value));
            }
            at += 12 + length;
        }
        found
    }

    #[test]
    fn texts_are_put_in_and_the_picture_stays() {
        let png = Pixmap::new(5, 3).unwrap().encode_png().unwrap();
        let got = with(png.clone(), &[("prompt", "a fox — 狐"), ("seed", ""), ("model", "m")]);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(texts(&got), [pair("prompt", "a fox — 狐"), pair("model", "m")]);
        assert_eq!((size(&got), Pixmap::decode_png(&got).unwrap().width()), (Some((5, 3)), 5));
        assert_eq!((with(b"GIF89a".to_vec(), &[("a", "b")]), size(b"\x89PNG")), (b"GIF89a".to_vec(), None));
    }
}
