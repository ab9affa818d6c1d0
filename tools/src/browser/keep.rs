//! A page as it came, for the record: its bytes' hash, and the bytes packed until somebody keeps them.

use chrono::{SecondsFormat, Utc};
use polymath_chat::{Packed, Retrieval};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use url::Url;

/// zstd's own choice.
const LEVEL: i32 = 0;
/// Of one page, unpacked.
const MOST_BYTES: u64 = 64 << 20;
/// Bytes of a header's value that is kept.
const LONGEST_VALUE: usize = 500;
/// What a server says of a page. None of these tells who asked.
const HEADERS: [&str; 5] = ["content-language", "content-type", "date", "etag", "last-modified"];

/// Those of a server's headers that are kept.
pub fn headers(told: &reqwest::header::HeaderMap) -> BTreeMap<String, String> {
    let value = |name: &str| told.get(name)?.to_str().ok().filter(|value| value.len() <= LONGEST_VALUE);
    HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?.to_owned()))).collect()
}

/// What `url` gives just now, where `asked` led; its bytes are still to be said.
pub fn came(asked: &str, url: &Url, headers: BTreeMap<String, String>) -> Retrieval {
    // A place on the page is no other page.
    let same = Url::parse(asked).is_ok_and(|mut asked| {
        asked.set_fragment(None);
        asked == *url
    });
    let asked = (!same).then(|| asked.to_owned());
    Retrieval { asked, headers, ..here(url.as_str()) }
}

fn here(url: &str) -> Retrieval {
    let at = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    Retrieval { url: url.to_owned(), at, ..Retrieval::default() }
}

/// With its bytes. Works on the calling thread: use a blocking one.
pub fn kept(came: Retrieval, body: &[u8]) -> Retrieval {
    // Nothing fails that writes to memory; a page whose bytes are not there is still told by its hash.
    let packed = zstd::encode_all(body, LEVEL).ok();
    Retrieval { page: hash(body), bytes: body.len() as u64, body: packed.map(|packed| Packed(packed.into())), ..came }
}

/// A page that stands on this machine, of which the text is kept: the user has its file.
pub fn text(url: &str, text: &str) -> Retrieval {
    let headers = [("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())].into();
    kept(Retrieval { headers, ..here(url) }, text.as_bytes())
}

/// The bytes of a page; `None` where they are not those that it names.
pub fn unpacked(page: &str, packed: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    zstd::Decoder::new(packed).ok()?.take(MOST_BYTES).read_to_end(&mut body).ok()?;
    (hash(&body) == page).then_some(body)
}

fn hash(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    digest.iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_is_named_by_its_bytes_and_comes_back_as_they_were() {
        let abc = kept(here("http://h/"), b"abc");
        // FIPS 180-2, appendix B.1.
        assert_eq!(abc.page, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let packed = abc.body.unwrap().0;
        assert_eq!((unpacked(&abc.page, &packed).unwrap(), abc.bytes), (b"abc".to_vec(), 3));
        let other = kept(here("http://h/"), b"abd");
        assert_ne!(other.page, abc.page);
        assert_eq!(unpacked(&other.page, &packed), None);
        assert_eq!(unpacked(&abc.page, &packed[1..]), None);
    }

    #[test]
    fn what_was_asked_is_told_where_it_led_elsewhere() {
        let asked = |asked: &str| came(asked, &Url::parse("http://h/a").unwrap(), BTreeMap::new()).asked;
        assert_eq!((asked("http://h/a"), asked("HTTP://H:80/a#b")), (None, None));
        assert_eq!(asked("http://h/old").as_deref(), Some("http://h/old"));
    }

    #[test]
    fn what_tells_who_asked_is_not_kept() {
        let mut told = reqwest::header::HeaderMap::new();
        let long = "x".repeat(LONGEST_VALUE + 1);
        for (name, value) in [("etag", "\"a\""), ("set-cookie", "id=1"), ("x-user", "me"), ("date", long.as_str())] {
            told.insert(name, value.parse().unwrap());
        }
        assert_eq!(headers(&told), [("etag".to_owned(), "\"a\"".to_owned())].into());
    }
}
