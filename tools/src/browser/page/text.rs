//! The text of a piece of a page on one line, as readers see it.

use dom_query::{NodeId, NodeRef};
use polymath_quantity::text::is_cjk;
use std::collections::HashSet;

/// Elements that begin a line of their own.
pub const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Raised or struck out within such: deeper ones are text like any other, for each is a call in a call.
const DEEPEST: usize = 4;

/// No reader sees it: tags (U+E0000 on), zero widths, variants of signs, marks of direction, fillers. Joiners are
/// kept: Persian is not written without them, nor are some emoji.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Appends `text`, every run of white space as one space.
pub fn push_collapsed(out: &mut String, text: &str) {
    for c in text.chars() {
        // a joiner between letters of ASCII joins nothing: it only hides a word from a search
        let idle = matches!(c, '\u{200c}' | '\u{200d}') && out.chars().next_back().is_none_or(|c| c.is_ascii());
        if !c.is_whitespace() && !is_invisible(c) && !idle {
            out.push(c);
        } else if c.is_whitespace() && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

/// What a person reads where `node` stands behind the text `before`, for elements whose letters alone say
/// something else: powers and other raised signs, marks of footnotes, text that is struck out. `None` for all
/// other elements.
pub fn reading(node: &NodeRef, before: &str, skip: &HashSet<NodeId>) -> Option<String> {
    reading_in(node, before, skip, 0)
}

/// `depth`: how many such elements are around it.
fn reading_in(node: &NodeRef, before: &str, skip: &HashSet<NodeId>, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let name = node.node_name()?;
    match &*name {
        "sup" => {
            let mark = text_in(node, skip, depth + 1);
            let points = node.descendants_it().any(|d| d.attr("href").is_some_and(|href| href.starts_with('#')));
            let called = node.class().is_some_and(|c| c.contains("reference") || c.contains("footnote"));
            Some(if points || called || mark.starts_with('[') { String::new() } else { raised(&mark, before) })
        }
        "del" | "s" | "strike" => {
            let text = text_in(node, skip, depth + 1);
            Some(if text.is_empty() { text } else { format!(" [struck out: {text}] ") })
        }
        _ => None,
    }
}

/// A raised `mark` behind `before`: `10⁶`, `km²`, `¹⁴C`, `1st`; none for what marks a footnote.
fn raised(mark: &str, before: &str) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let small = |c: char| match c {
        '+' => Some('⁺'),
        '-' | '−' | '–' => Some('⁻'),
        _ => c.to_digit(10).map(|digit| DIGITS[digit as usize]),
    };
    let number = before.rsplit(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.'))).next().unwrap_or("");
    let behind_figure = before.ends_with(|c: char| c.is_ascii_digit() || c == '%');
    if let Some(digits) = mark.chars().map(small).collect::<Option<String>>() {
        // no power is taken of 1,234
        return if behind_figure && number.len() > 2 { String::new() } else { digits };
    }
    let note = mark.chars().count() == 1
        && (mark.starts_with(['*', '†', '‡', '§']) || behind_figure && mark.starts_with(['a', 'b', 'c', 'd']));
    match mark {
        _ if note => String::new(),
        "n" | "x" | "k" | "m" | "i" | "t" | "y" => format!("^{mark}"),
        _ => mark.to_owned(),
    }
}

/// All text below `node` on one line: what a table's cell says. Lines of a cell are parted by commas where they
/// are things of their own.
pub fn inline_text(node: &NodeRef, skip: &HashSet<NodeId>) -> String {
    text_in(node, skip, 0)
}

fn text_in(node: &NodeRef, skip: &HashSet<NodeId>, depth: usize) -> String {
    let mut out = String::new();
    let mut struck = String::new();
    let is_cell = node.has_name("td");
    let mut broken = false;
    let mut nodes = vec![*node];
    while let Some(inner) = nodes.pop() {
        if skip.contains(&inner.id) || inner.is_comment() {
            continue;
        }
        if inner.is_text() {
            let text = inner.text();
            let Some(first) = text.trim_start().chars().next() else {
                push_collapsed(&mut out, &text);
                continue;
            };
            let own = first.is_uppercase() || first.is_ascii_digit() || is_cjk(first);
            let ended = out.trim_end().ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '%' | '"' | '”'));
            if std::mem::take(&mut broken) && is_cell && own && ended {
                out.truncate(out.trim_end().len());
                out.push_str(", ");
            }
            push_collapsed(&mut out, &text);
            continue;
        }
        if inner.id != node.id
            && let Some(text) = reading_in(&inner, &out, skip, depth)
        {
            let is_struck = text.contains("[struck");
            push_collapsed(if is_struck { &mut struck } else { &mut out }, &text);
            continue;
        }
        if inner.id != node.id && inner.node_name().is_some_and(|name| BLOCKS.contains(&&*name)) {
            push_collapsed(&mut out, " ");
            broken = true;
        }
        nodes.extend(inner.children_it(true));
    }
    // what holds is what is not struck out
    let text = if out.trim().is_empty() { struck } else { out };
    text.trim().to_owned()
}
