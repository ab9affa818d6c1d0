//! The words of what is kept: the SQL functions by which `search.sql` takes them in, and a query in
//! FTS5's syntax.

use super::packed::packed_at;
use polymath_chat::{Source, Table};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use std::borrow::Cow;

/// Rows of a table whose words can be found: a file of a million rows is no text.
const ROWS: usize = 2_000;
/// Bytes of a table as it is kept whose rows are read at all.
const LONGEST: usize = 4 << 20;
/// Characters from which on a word also finds longer ones: few begin with as many.
const STEM: usize = 4;

/// Gives a connection the functions that the triggers call.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("spaced", 1, flags, |call| Ok(spaced(&text(call))))?;
    connection.create_scalar_function("readable", 1, flags, |call| Ok(readable(&text(call))))
}

/// The argument, which in a damaged file may be anything.
fn text(call: &Context) -> String {
    call.get_raw(0).as_bytes_or_null().ok().flatten().map_or(String::new(), |b| String::from_utf8_lossy(b).into_owned())
}

/// A text whose every character that is a word by itself, as in Chinese, stands alone: FTS5 takes
/// whatever has no spaces for one word.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_word(c) {
            true => out.extend([' ', c, ' ']),
            false => out.push(c),
        }
    }
    out
}

/// Chinese characters, kana, and Thai letters: no spaces are written between their words.
fn is_word(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What a reader sees of a page or a table as it is kept; nothing of other JSON.
pub(super) fn readable(json: &str) -> String {
    // Of a large table only what stands before its rows is read. Within a text the marks would be escaped.
    let rows = || if json.len() > LONGEST { json.find(",\"rows\":") } else { None };
    let head = packed_at(json).or_else(rows);
    let json = head.map_or(Cow::Borrowed(json), |at| Cow::Owned(format!("{},\"rows\":[]}}", &json[..at])));
    if let Ok(page) = serde_json::from_str::<Source>(&json) {
        return format!("{}\n{}\n{}", page.title, page.url, page.text);
    }
    let Ok(table) = serde_json::from_str::<Table>(&json) else { return String::new() };
    let rows = table.rows.iter().take(ROWS);
    let rows = rows.map(|row| row.iter().filter_map(|c| c.text.as_deref()).collect::<Vec<_>>().join(" | "));
    let head = [table.title.clone(), table.columns.join(" | ")];
    head.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The query for texts that have all these words, or longer ones that begin so. `None` without a word.
pub(super) fn query(words: &str) -> Option<String> {
    let phrase = |word: &str| {
        let stem = if word.chars().count() < STEM || word.contains(is_word) { "" } else { " *" };
        let word = spaced(word).split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "\"\"");
        format!("\"{word}\"{stem}")
    };
    let phrases: Vec<String> =
        words.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).map(phrase).collect();
    (!phrases.is_empty()).then(|| phrases.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_are_quoted_and_characters_stand_alone() {
        assert_eq!(query("how HIGH").unwrap(), "\"how\" \"HIGH\" *");
        assert_eq!(query("a\"bcd OR c*").unwrap(), "\"a\"\"bcd\" * \"OR\" \"c*\"");
        assert_eq!(query("東京都区x -- ?").unwrap(), "\"東 京 都 区 x\"");
        assert_eq!(query(" -- "), None);
    }

    #[test]
    fn pages_and_tables_are_read() {
        assert_eq!(readable(r#"{"url":"u","title":"T","text":"body"}"#), "T\nu\nbody");
        let table = r#"{"title":"t","columns":["a","b"],"rows":[[{"text":"x","provenance":{"status":"given"}},{"text":null,"provenance":{"status":"missing"}}]]}"#;
        assert_eq!(readable(table), "t\na | b\nx");
        assert_eq!(readable("[1]"), "");
        let row = r#"[{"text":"x","provenance":{"status":"given"}}]"#;
        let rows = vec![row; LONGEST / row.len() + 1].join(",");
        let large = format!(r#"{{"title":"All, \",\"rows\":","columns":["a"],"rows":[{rows}]}}"#);
        assert_eq!(readable(&large), "All, \",\"rows\":\na");
    }
}
