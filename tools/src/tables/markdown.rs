//! Tables as Markdown, each value with a footnote that says where it comes from.

use super::origin::{is_told, told};
use polymath_chat::Table;
use std::cell::RefCell;
use std::fmt::Write;

pub fn markdown(tables: &[(String, &Table)]) -> String {
    let mut out = String::new();
    for (name, table) in tables {
        let title = if table.title.is_empty() { name.clone() } else { format!("{name}: {}", line(&table.title)) };
        let notes: RefCell<Vec<String>> = RefCell::default();
        let mark = |cell: &polymath_chat::Cell| {
            if !is_told(cell) {
                return String::new();
            }
            let mut notes = notes.borrow_mut();
            let note = told(cell);
            let at = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
                notes.push(note);
                notes.len() - 1
            });
            format!("[^{name}-{}]", at + 1)
        };
        let body = table.markdown_with(mark);
        let _ = write!(out, "{}## {title}\n\n{body}", if out.is_empty() { "" } else { "\n" });
        for (at, note) in notes.borrow().iter().enumerate() {
            let before = if at == 0 { "\n" } else { "" };
            let _ = writeln!(out, "{before}[^{name}-{}]: {}", at + 1, line(note));
        }
    }
    out
}

/// One line, without what Markdown would take for an element of HTML.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "\\<")
}
