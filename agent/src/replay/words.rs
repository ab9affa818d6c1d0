//! What came of a refresh, in words: Markdown.

use super::compare::{Before, Change, PageChange, Refreshed};
use std::fmt::Write;

/// The report of a refresh, the conclusions first.
pub fn in_words(refreshed: &Refreshed) -> String {
    let Refreshed { pages, changes, checked } = refreshed;
    let mut text = String::new();
    let _ = match changes.len() {
        0 => writeln!(text, "Nothing that was concluded has changed: {checked} values of pages were looked at."),
        1 => writeln!(text, "One conclusion has changed; {checked} values of pages were looked at.\n"),
        n => writeln!(text, "{n} conclusions have changed; {checked} values of pages were looked at.\n"),
    };
    for change in changes {
        let _ = match change {
            Change::Value { what, before, now, url } => writeln!(text, "- {what}: {before} to {now} <{url}>"),
            Change::RowAdded { table, row, url } => writeln!(text, "- {table}: added: {row} <{url}>"),
            Change::RowGone { table, row, url } => writeln!(text, "- {table}: gone: {row} <{url}>"),
            Change::Unsupported { what, value, quote, url } => {
                writeln!(text, "- {what}: {value} stands there no more: \"{quote}\" <{url}>")
            }
            Change::Rests { what, value, on } => {
                writeln!(text, "- {what}: {value} rests on {on}, which is another now")
            }
        };
    }
    let of = |wanted: fn(&PageChange) -> bool| pages.iter().filter(|page| wanted(page)).count();
    let same = of(|page| matches!(page, PageChange::Same { .. }));
    let changed = of(|page| matches!(page, PageChange::Changed { .. }));
    let gone = of(|page| matches!(page, PageChange::Gone { .. }));
    let _ = writeln!(text, "\nPages: {same} say the same, {changed} have another text, {gone} cannot be had.");
    for page in pages {
        let _ = match page {
            PageChange::Gone { url, why, before } => {
                writeln!(text, "- <{url}>: {}{}", why.lines().next().unwrap_or_default(), kept(before))
            }
            PageChange::Changed { url, before } => writeln!(text, "- <{url}>: another text{}", kept(before)),
            PageChange::Same { .. } => Ok(()),
        };
    }
    text
}

/// Which page the run had.
fn kept(before: &Before) -> String {
    match (&before.page, &before.at) {
        (Some(page), Some(at)) => format!("; the run had {page} of {at}"),
        _ => String::new(),
    }
}
