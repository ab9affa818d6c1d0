//! What `browser_open` was asked to open: models write numbers, addresses, titles and fragments of these.

use super::page::Page;
use polymath_chat::{Hit, ToolFailure};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// How the addresses of pages on this machine begin.
const KEPT: &[&str] = &["local:", "zim:"];

/// Where a page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Web(String),
    /// On this machine: `local:PATH`, `zim:FILE/PATH`.
    Kept(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Address::Web(address) | Address::Kept(address) => f.write_str(address),
        }
    }
}

impl Address {
    /// Of an address as results show it.
    fn of(url: &str) -> Address {
        let kept = KEPT.iter().any(|scheme| url.starts_with(scheme));
        if kept { Address::Kept(url.to_owned()) } else { Address::Web(url.to_owned()) }
    }
}

/// Finds out what `target` means: the number of a result, a link of the `last` page that was opened, an address, a
/// result's title, the path of a page on this machine (which `is_kept` knows), or an address without its `https://`.
///
/// # Errors
/// `not_found` for a number without a result, `arguments` for what can mean nothing.
pub fn resolve(
    target: &Value,
    hits: &BTreeMap<usize, Hit>,
    last: Option<&Page>,
    is_kept: impl Fn(&str) -> bool,
) -> Result<Address, ToolFailure> {
    let text = match target {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let text = text.trim_matches(['<', '>', '"', '\'', '`']).trim();
    if text.is_empty() {
        return Err(wrong("target is empty"));
    }
    if let Some(number) = result_number(text) {
        return hits.get(&number).map(|hit| Address::of(&hit.url)).ok_or_else(|| {
            let message = match hits.last_key_value() {
                None => format!("there is no result {number}: nothing was searched for yet"),
                Some((last, _)) => format!("there is no result {number}: the last search's last result is {last}"),
            };
            ToolFailure::new("not_found", message)
        });
    }
    if let Some(number) = link_number(text) {
        let link = last.and_then(|page| page.links.get(number.checked_sub(1)?));
        return link.map(|link| Address::of(&link.url)).ok_or_else(|| {
            let message = match last {
                None => format!("there is no link {number}: no page is open"),
                Some(page) => format!("there is no link {number}: {} has {} links", page.url, page.links.len()),
            };
            ToolFailure::new("not_found", message)
        });
    }
    if KEPT.iter().any(|scheme| text.starts_with(scheme)) || text.contains("://") {
        return Ok(Address::of(text));
    }
    if let Some(hit) = hits.values().rev().find(|hit| same_title(&hit.title, text)) {
        return Ok(Address::of(&hit.url));
    }
    if let Some(address) = KEPT.iter().map(|scheme| format!("{scheme}{text}")).find(|address| is_kept(address)) {
        return Ok(Address::Kept(address));
    }
    if text.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('.') && !scheme.contains(' ')) {
        return Ok(Address::Web(text.to_owned())); // javascript:, data:, file: … are refused where all are
    }
    let host = text.split(['/', '?', '#']).next().unwrap_or(text);
    if host.contains('.') && !text.contains(char::is_whitespace) && !host.starts_with('.') && !host.ends_with('.') {
        return Ok(Address::Web(format!("https://{text}")));
    }
    Err(wrong(&format!("{text:?} is neither a result's number nor an address")))
}

fn wrong(what: &str) -> ToolFailure {
    ToolFailure::new("arguments", format!("{what}; give the number of a search result, or a page's URL"))
}

/// `1`, `#1`, `[1]`, `1.`, `result 1`.
fn result_number(text: &str) -> Option<usize> {
    let lower = text.to_lowercase();
    let rest = lower.strip_prefix("result").unwrap_or(&lower);
    rest.trim().trim_start_matches(['#', '[', '(']).trim_end_matches(['.', ']', ')', ':']).trim().parse().ok()
}

/// `link 3`, `Link #3`, `[link 3]`.
fn link_number(text: &str) -> Option<usize> {
    let lower = text.to_lowercase();
    let rest = lower.trim_matches(['[', ']', '(', ')']).strip_prefix("link")?;
    rest.trim().trim_start_matches('#').parse().ok()
}

fn same_title(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_numbers_as_models_write_them() {
        for text in ["1", "#1", "[1]", "1.", "Result 1", "result #1", "(1)"] {
            assert_eq!(result_number(text), Some(1), "{text}");
        }
        for text in ["", "one", "1a", "-1", "example.com", "1.5"] {
            assert_eq!(result_number(text), None, "{text}");
        }
    }
}
