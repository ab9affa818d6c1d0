//! The text of a piece of a page on one line, as readers see it.

use dom_query::{NodeId, NodeRef};
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

/// Appends `text`, every run of white space as one space.
pub fn push_collapsed(out: &mut String, text: &str) {
    for c in text.chars() {
        if !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{ad}' | '\u{feff}') {
            out.push(c);
        } else if c.is_whitespace() && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

/// All text below `node` on one line: what a table's cell says.
pub fn inline_text(node: &NodeRef, skip: &HashSet<NodeId>) -> String {
    let mut out = String::new();
    let mut nodes = vec![*node];
    while let Some(node) = nodes.pop() {
        if node.is_text() {
            push_collapsed(&mut out, &node.text());
        } else if !skip.contains(&node.id) && !node.is_comment() {
            if node.node_name().is_some_and(|name| BLOCKS.contains(&&*name)) {
                push_collapsed(&mut out, " ");
            }
            nodes.extend(node.children_it(true));
        }
    }
    out.trim().to_owned()
}
