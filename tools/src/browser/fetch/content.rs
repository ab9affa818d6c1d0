//! What a reply's body is, and its text in Unicode.
//!
//! Servers mislabel; what the bytes plainly are goes before what the header says only where the
//! header says nothing useful.

use encoding_rs::Encoding;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// The kinds of content that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Html,
    Text,
    Markdown,
    Json,
    Pdf,
    Csv,
    /// RSS, Atom.
    Feed,
    Epub,
    Docx,
    Xlsx,
}

impl Kind {
    const NAMES: [(Kind, &str); 10] = [
        (Kind::Html, "html"),
        (Kind::Text, "text"),
        (Kind::Markdown, "markdown"),
        (Kind::Json, "json"),
        (Kind::Pdf, "pdf"),
        (Kind::Csv, "csv"),
        (Kind::Feed, "feed"),
        (Kind::Epub, "epub"),
        (Kind::Docx, "docx"),
        (Kind::Xlsx, "xlsx"),
    ];

    /// For a record.
    pub fn name(self) -> &'static str {
        Kind::NAMES.iter().find(|(kind, _)| *kind == self).map_or("text", |(_, name)| name)
    }

    pub fn of_name(name: &str) -> Option<Kind> {
        Kind::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// The kind a file name promises.
    pub fn of_path(path: &str) -> Option<Kind> {
        let (_, extension) = path.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "html" | "htm" | "xhtml" => Some(Kind::Html),
            "txt" | "text" => Some(Kind::Text),
            "csv" | "tsv" => Some(Kind::Csv),
            "md" | "markdown" => Some(Kind::Markdown),
            "json" | "jsonl" | "ndjson" => Some(Kind::Json),
            "pdf" => Some(Kind::Pdf),
            "rss" | "atom" => Some(Kind::Feed),
            "epub" => Some(Kind::Epub),
            "docx" => Some(Kind::Docx),
            "xlsx" | "xlsm" => Some(Kind::Xlsx),
            _ => None,
        }
    }

    /// The kind of a reply: by its `Content-Type` (`header`), else by its bytes, else by its path.
    ///
    /// # Errors
    /// The content type that can't be read, in words.
    pub fn of_reply(header: Option<&str>, path: &str, body: &[u8]) -> Result<Kind, String> {
        let mime = header.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match mime.as_str() {
            "application/pdf" | "application/x-pdf" => return Ok(Kind::Pdf),
            "application/epub+zip" => return Ok(Kind::Epub),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => return Ok(Kind::Docx),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => return Ok(Kind::Xlsx),
            "application/rss+xml" | "application/atom+xml" | "application/feed+json" => return Ok(Kind::Feed),
            "text/csv" | "text/tab-separated-values" => return Ok(Kind::Csv),
            "" | "application/octet-stream" | "binary/octet-stream" | "application/zip" => {}
            "text/html" | "application/xhtml+xml" => return Ok(if is_pdf(body) { Kind::Pdf } else { Kind::Html }),
            "text/markdown" | "text/x-markdown" => return Ok(Kind::Markdown),
            "text/plain" => return Ok(Kind::of_path(path).filter(|k| *k == Kind::Markdown).unwrap_or(Kind::Text)),
            "text/css" | "text/javascript" => return Err(mime),
            m if m == "application/json" || m.ends_with("+json") => return Ok(Kind::Json),
            m if m.ends_with("json-seq") || m.ends_with("ndjson") || m.ends_with("jsonl") => return Ok(Kind::Json),
            m if m.starts_with("text/") || m.ends_with("xml") => {
                return Ok(if is_feed(body) { Kind::Feed } else { Kind::Text });
            }
            _ => return Err(mime),
        }
        if is_pdf(body) {
            return Ok(Kind::Pdf);
        }
        if body.starts_with(b"PK\x03\x04") {
            let has = |name: &[u8]| body.windows(name.len()).any(|part| part == name);
            return match () {
                () if has(b"mimetypeapplication/epub+zip") => Ok(Kind::Epub),
                () if has(b"word/document.xml") => Ok(Kind::Docx),
                () if has(b"xl/workbook.xml") => Ok(Kind::Xlsx),
                () => Err(if mime.is_empty() { "a ZIP file".to_owned() } else { mime }),
            };
        }
        let start = String::from_utf8_lossy(&body[..body.len().min(512)]).trim_start().to_ascii_lowercase();
        if start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Ok(Kind::Html);
        }
        if body.contains(&0) {
            return Err(if mime.is_empty() { "unlabelled binary data".to_owned() } else { mime });
        }
        let binary = |kind: &Kind| matches!(kind, Kind::Pdf | Kind::Epub | Kind::Docx | Kind::Xlsx);
        Ok(Kind::of_path(path).filter(|kind| !binary(kind)).unwrap_or(Kind::Text))
    }
}

/// Whether XML that is labelled as nothing else begins as a feed does.
fn is_feed(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&body[..body.len().min(1024)]).to_ascii_lowercase();
    start.trim_start_matches('\u{feff}').starts_with("<?xml")
        && ["<rss", "<feed", "<rdf:rdf"].iter().any(|root| start.contains(root))
}

fn is_pdf(body: &[u8]) -> bool {
    body.starts_with(b"%PDF-")
}

/// The charset named in a `Content-Type` header.
pub fn header_charset(header: Option<&str>) -> Option<&'static Encoding> {
    let parameters = header?.split(';').skip(1);
    let charset = parameters.filter_map(|p| p.split_once('=')).find(|(k, _)| k.trim().eq_ignore_ascii_case("charset"));
    Encoding::for_label(charset?.1.trim().trim_matches(['"', '\'']).as_bytes())
}

static META: LazyLock<Regex> = LazyLock::new(|| {
    let text = r#"(?i)<meta[^>]{0,300}charset\s*=\s*["']?\s*([a-z0-9_.:-]{2,40})"#;
    Regex::new(text).unwrap_or_else(|e| unreachable!("constant pattern: {e}"))
});

/// The body as text: by its byte order mark, the header, a `<meta>` tag near its start, or a guess
/// from its bytes, in this order (the HTML standard's). Bytes that are not text in that encoding
/// become U+FFFD.
pub fn decode(body: &[u8], header: Option<&'static Encoding>) -> String {
    let meta = || {
        let found = META.captures(&body[..body.len().min(4096)])?;
        // UTF-16 in a <meta> that was read as ASCII can't be true; the standard says to take UTF-8.
        Encoding::for_label(&found[1]).map(|e| if e.is_ascii_compatible() { e } else { encoding_rs::UTF_8 })
    };
    let encoding = Encoding::for_bom(body).map(|(e, _)| e).or(header).or_else(meta).unwrap_or_else(|| guess(body));
    encoding.decode(body).0.into_owned()
}

fn guess(body: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(body).is_ok() {
        return encoding_rs::UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(body, true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

/// Whether decoded text is no text at all but bytes of something else.
pub fn is_garbage(text: &str) -> bool {
    let (mut bad, mut all) = (0usize, 0usize);
    for c in text.chars().take(100_000) {
        all += 1;
        bad += usize::from(c == '\u{fffd}' || (c.is_control() && !c.is_whitespace()));
    }
    bad * 10 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_header_bytes_and_path() {
        let check = |header: Option<&str>, path: &str, body: &[u8], want: Result<Kind, &str>| {
            assert_eq!(Kind::of_reply(header, path, body), want.map_err(str::to_owned), "{header:?} {path}");
        };
        check(Some("text/html; charset=utf-8"), "/x", b"<p>", Ok(Kind::Html));
        check(Some("text/html"), "/x", b"%PDF-1.4", Ok(Kind::Pdf));
        check(Some("application/ld+json"), "/x", b"{}", Ok(Kind::Json));
        check(Some("text/plain"), "/notes.md", b"# a", Ok(Kind::Markdown));
        check(Some("text/csv"), "/x", b"a,b", Ok(Kind::Csv));
        check(Some("text/xml"), "/x", b"<?xml version='1.0'?><rss>", Ok(Kind::Feed));
        check(Some("text/xml"), "/x", b"<?xml version='1.0'?><other>", Ok(Kind::Text));
        check(None, "/x", b"PK\x03\x04\x14mimetypeapplication/epub+zip", Ok(Kind::Epub));
        check(Some("application/zip"), "/x.docx", b"PK\x03\x04 word/document.xml", Ok(Kind::Docx));
        check(None, "/x", b" <!DOCTYPE html><p>", Ok(Kind::Html));
        check(Some("application/octet-stream"), "/x.md", b"# a", Ok(Kind::Markdown));
        check(None, "/x", b"\x00\x01", Err("unlabelled binary data"));
        check(Some("image/png"), "/x", b"\x89PNG", Err("image/png"));
        check(Some("application/zip"), "/x", b"PK\x03\x04\x00", Err("application/zip"));
    }

    #[test]
    fn charsets() {
        let (gbk, _, _) = encoding_rs::GBK.encode("融资总额为三亿两千五百万美元，估值大幅上升");
        let (cyrillic, _, _) = encoding_rs::WINDOWS_1251.encode("Раунд финансирования");
        assert!(decode(&gbk, Some(encoding_rs::GBK)).contains("三亿"));
        let with_meta = [b"<meta http-equiv=content-type content='text/html; charset=gb2312'>", &*gbk].concat();
        assert!(decode(&with_meta, None).contains("三亿"), "by meta");
        assert!(decode(&gbk, None).contains("三亿"), "by guess");
        assert!(decode(&cyrillic, header_charset(Some("text/html; charset=\"windows-1251\""))).contains("Раунд"));
        assert_eq!(decode("\u{feff}é".as_bytes(), Some(encoding_rs::WINDOWS_1252)), "é", "the mark wins");
        assert_eq!(header_charset(Some("text/html; charset=nonsense")), None);
    }

    #[test]
    fn garbage_is_told_from_text() {
        assert!(is_garbage(&decode(&(0u8..=31).cycle().take(500).collect::<Vec<_>>(), Some(encoding_rs::UTF_8))));
        assert!(!is_garbage("plain text\twith a tab\n"));
        assert!(!is_garbage(""));
    }
}
