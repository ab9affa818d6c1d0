//! Words by which pages name what stands around their content, and what they write above it: `words.txt`.

use super::block::Part;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A name's words and what it says: the part, and whether it says it of whatever the block holds.
type Name = (Vec<&'static str>, Part, bool);

struct Words {
    /// By their first word.
    names: HashMap<&'static str, Vec<Name>>,
    headings: Vec<(&'static str, Part)>,
    /// The rest, by what they are.
    lists: HashMap<&'static str, Vec<&'static str>>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words { names: HashMap::new(), headings: Vec::new(), lists: HashMap::new() };
    let lines = include_str!("words.txt").lines().filter(|line| !line.starts_with('#'));
    for (kind, listed) in lines.filter_map(|line| line.split_once(": ")) {
        let (kind, part) = kind.split_once(' ').unwrap_or((kind, ""));
        let part = Part::ALL.into_iter().find(|known| known.name() == part);
        for word in listed.split(", ") {
            match (kind, part) {
                ("heading", Some(part)) => words.headings.push((word, part)),
                (_, Some(part)) => {
                    let name: Vec<&str> = word.split('-').collect();
                    words.names.entry(name[0]).or_default().push((name, part, kind == "name"));
                }
                _ => words.lists.entry(kind).or_default().push(word),
            }
        }
    }
    words
});

/// The words of `words.txt` that are of this kind.
fn listed(kind: &str) -> &'static [&'static str] {
    WORDS.lists.get(kind).map_or(&[], Vec::as_slice)
}

/// The part that a block's names say it is, and whether they say it of whatever the block holds.
pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> Option<(Part, bool)> {
    let mut weak = None;
    for name in names {
        let words: Vec<String> = name
            .split(|c: char| !c.is_alphanumeric())
            .flat_map(camel_words)
            .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase())
            .filter(|word| !word.is_empty())
            .collect();
        if words.first().is_some_and(|word| matches!(word.as_str(), "has" | "no" | "with" | "without" | "is")) {
            continue; // `has-sidebar` says what else there is
        }
        for (at, word) in words.iter().enumerate() {
            let known = WORDS.names.get(word.as_str()).into_iter().flatten();
            let follows =
                |name: &[&str]| words[at..].iter().map(String::as_str).take(name.len()).eq(name.iter().copied());
            for (_, part, strong) in known.filter(|(name, ..)| follows(name)) {
                if *strong {
                    return Some((*part, true));
                }
                weak = weak.or(Some((*part, false)));
            }
        }
    }
    weak
}

/// `cookieBanner` is two words.
fn camel_words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, pair) in name.char_indices().zip(name.chars().skip(1)).map(|((at, a), b)| (at + a.len_utf8(), (a, b))) {
        if pair.0.is_lowercase() && pair.1.is_uppercase() {
            words.push(&name[start..at]);
            start = at;
        }
    }
    words.push(&name[start..]);
    words
}

/// The part that stands under this heading.
pub fn headed(heading: &str) -> Option<Part> {
    let heading = plain(heading);
    // `3 Comments`, `Comments (12)`
    let heading = heading.trim_matches(|c: char| c.is_numeric() || matches!(c, '(' | ')' | ' ' | ':' | '…' | ','));
    let starts = |known: &str| {
        heading.strip_prefix(known).is_some_and(|rest| {
            rest.is_empty() || known.contains(' ') && rest.starts_with([' ', ':', ',', '…', '.', '?', '-'])
        })
    };
    WORDS.headings.iter().find(|(known, _)| starts(known)).map(|(_, part)| *part)
}

/// A control's or an advertisement's label.
pub fn is_label(text: &str) -> bool {
    let text = plain(text);
    listed("label").contains(&text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' '))
        || listed("label").contains(&text.as_str())
}

/// Leads to another page, if what follows is a link.
pub fn is_lead(text: &str) -> bool {
    let text = plain(text);
    listed("lead").iter().any(|lead| {
        text.strip_prefix(lead).is_some_and(|rest| rest.is_empty() || !rest.starts_with(char::is_alphanumeric))
    })
}

/// Owners, terms, and who made the site.
pub fn is_small_print(text: &str) -> bool {
    let text = plain(text);
    listed("print").iter().any(|mark| text.contains(mark))
}

/// A banner that asks about cookies.
pub fn is_about_cookies(text: &str) -> bool {
    let text = plain(text);
    ["cookie", "asking"].iter().all(|kind| listed(kind).iter().any(|mark| text.contains(mark)))
}

fn plain(text: &str) -> String {
    text.trim().trim_end_matches([':', '：']).trim().to_lowercase().replace('’', "'")
}
