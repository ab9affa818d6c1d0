//! From a tree of elements to blocks of text, without recursion: pages may nest as deep as they like.

use super::block::Block;
use super::table;
use super::text::{BLOCKS, push_collapsed};
use dom_query::{NodeId, NodeRef};
use std::collections::HashSet;

/// What the text that is being collected will be.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Plain,
    Heading(usize),
    /// An item gets its mark once, however many paragraphs it has.
    Item {
        marked: bool,
    },
    Term,
    Definition,
    Verbatim,
}

enum Step<'a> {
    Enter(NodeRef<'a>),
    /// Leave a block element; whether it had a form of its own.
    Leave {
        formed: bool,
    },
}

#[derive(Default)]
struct Walker {
    blocks: Vec<Block>,
    text: String,
    forms: Vec<Form>,
    /// The `<dt>` that the next `<dd>`s explain.
    term: Option<String>,
    term_used: bool,
}

/// The blocks below `root`, leaving out the nodes of `skip` and what is below them.
pub fn blocks(root: NodeRef, skip: &HashSet<NodeId>) -> Vec<Block> {
    let mut walker = Walker::default();
    let mut steps = vec![Step::Enter(root)];
    while let Some(step) = steps.pop() {
        let node = match step {
            Step::Enter(node) => node,
            Step::Leave { formed } => {
                walker.flush();
                if formed {
                    walker.forms.pop();
                }
                continue;
            }
        };
        if node.is_text() {
            walker.push(&node.text());
            continue;
        }
        if skip.contains(&node.id) || node.is_comment() {
            continue;
        }
        let name = node.node_name().map(|n| n.to_string()).unwrap_or_default();
        if name == "table"
            && let Some(table) = table::read(&node, skip)
        {
            walker.flush();
            walker.blocks.push(Block::Table(table));
            continue;
        }
        if BLOCKS.contains(&name.as_str()) {
            walker.flush();
            let form = form(&name);
            walker.forms.extend(form);
            steps.push(Step::Leave { formed: form.is_some() });
        }
        steps.extend(node.children_it(true).map(Step::Enter));
    }
    walker.flush();
    walker.forget_term();
    walker.blocks
}

fn form(name: &str) -> Option<Form> {
    Some(match name {
        "li" => Form::Item { marked: false },
        "dt" => Form::Term,
        "dd" => Form::Definition,
        "pre" => Form::Verbatim,
        "td" | "th" => Form::Plain,
        _ => Form::Heading(name.strip_prefix('h')?.parse().ok().filter(|n| (1..=6).contains(n))?),
    })
}

impl Walker {
    fn push(&mut self, text: &str) {
        if self.forms.contains(&Form::Verbatim) {
            for (i, line) in text.split('\n').enumerate() {
                if i > 0 {
                    self.flush();
                }
                self.text.push_str(line);
            }
        } else {
            push_collapsed(&mut self.text, text);
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim_end();
        if text.trim().is_empty() {
            return;
        }
        let words = || text.trim().to_owned();
        match self.forms.last_mut().copied().unwrap_or(Form::Plain) {
            Form::Verbatim => self.blocks.push(Block::Verbatim(text.to_owned())),
            Form::Heading(level) => self.blocks.push(Block::Heading(level, words())),
            Form::Item { marked: false } => {
                if let Some(form) = self.forms.last_mut() {
                    *form = Form::Item { marked: true };
                }
                self.blocks.push(Block::Item(words()));
            }
            Form::Term => {
                self.forget_term();
                self.term = Some(words());
            }
            Form::Definition if self.term.is_some() => {
                self.term_used = true;
                let term = self.term.as_deref().unwrap_or_default().trim_end_matches([':', '：']);
                self.blocks.push(Block::Item(format!("{term}: {}", text.trim())));
            }
            _ => {
                self.forget_term();
                self.blocks.push(Block::Paragraph(words()));
            }
        }
    }

    /// A term that nothing explained is a line of its own.
    fn forget_term(&mut self) {
        if let Some(term) = self.term.take()
            && !std::mem::take(&mut self.term_used)
        {
            self.blocks.push(Block::Paragraph(term));
        }
        self.term_used = false;
    }
}
