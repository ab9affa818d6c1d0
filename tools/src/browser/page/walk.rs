//! From a tree of elements to blocks of text, without recursion: pages may nest as deep as they like.

use super::block::{Anchor, Block};
use super::table;
use super::text::{self, BLOCKS, push_collapsed};
use dom_query::{NodeId, NodeRef};
use std::collections::HashSet;

/// Lists in lists that are shown as such.
const DEEPEST: usize = 20;

/// What the text that is being collected will be.
#[derive(Clone, PartialEq)]
enum Form {
    Plain,
    Heading(usize),
    /// With its mark, which it gets once, however many paragraphs it has.
    Item(Option<String>),
    Term,
    Definition,
    Verbatim,
}

enum Step<'a> {
    Enter(NodeRef<'a>),
    /// Leave a block element; whether it had a form of its own, and was a list.
    Leave {
        formed: bool,
        list: bool,
    },
}

/// How a list marks its items.
enum List {
    Dots,
    /// The next number, what is added for the one behind it, and how they are written (`<ol type>`).
    Numbers {
        next: i64,
        step: i64,
        letters: char,
    },
}

#[derive(Default)]
struct Walker {
    blocks: Vec<Block>,
    anchors: Vec<Anchor>,
    text: String,
    forms: Vec<Form>,
    /// How many of these show text as it is.
    verbatim: usize,
    lists: Vec<List>,
    /// The `<dt>`s that the next `<dd>`s explain.
    term: Option<String>,
    term_used: bool,
}

/// The blocks below `root`, leaving out the nodes of `skip` and what is below them.
pub fn blocks(root: NodeRef, skip: &HashSet<NodeId>) -> Vec<Block> {
    content(root, skip).0
}

/// The blocks, and the links in them.
pub fn content(root: NodeRef, skip: &HashSet<NodeId>) -> (Vec<Block>, Vec<Anchor>) {
    let mut walker = Walker::default();
    let mut steps = vec![Step::Enter(root)];
    while let Some(step) = steps.pop() {
        let node = match step {
            Step::Enter(node) => node,
            Step::Leave { formed, list } => {
                walker.flush();
                if formed && walker.forms.pop() == Some(Form::Verbatim) {
                    walker.verbatim -= 1;
                }
                if list {
                    walker.lists.pop();
                }
                continue;
            }
        };
        if skip.contains(&node.id) || node.is_comment() {
            continue;
        }
        if node.is_text() {
            walker.push(&node.text());
            continue;
        }
        let name = node.node_name().map(|n| n.to_string()).unwrap_or_default();
        if name == "table"
            && let Some(table) = table::read(&node, skip)
        {
            walker.flush();
            walker.forget_term();
            let links = node.descendants_it().filter(|inner| inner.has_name("a"));
            links.for_each(|link| walker.link(&link, skip));
            walker.blocks.push(Block::Table(table));
            continue;
        }
        if let Some(text) = text::reading(&node, &walker.text, skip) {
            walker.push(&text);
            continue;
        }
        if name == "a" {
            walker.link(&node, skip);
        }
        if BLOCKS.contains(&name.as_str()) {
            walker.flush();
            if name == "dl" {
                walker.forget_term();
            }
            let form = walker.form(&name, &node);
            let list = matches!(&*name, "ol" | "ul" | "menu");
            if list {
                walker.lists.push(List::of(&node));
            }
            steps.push(Step::Leave { formed: form.is_some(), list });
            walker.verbatim += usize::from(form == Some(Form::Verbatim));
            walker.forms.extend(form);
        }
        steps.extend(node.children_it(true).map(Step::Enter));
    }
    walker.flush();
    walker.forget_term();
    (walker.blocks, walker.anchors)
}

impl List {
    fn of(node: &NodeRef) -> List {
        if !node.has_name("ol") {
            return List::Dots;
        }
        let start = node.attr("start").and_then(|start| start.trim().parse().ok());
        let step = if node.has_attr("reversed") { -1 } else { 1 };
        let items = || node.children_it(false).filter(|item| item.has_name("li")).count();
        let next = start.unwrap_or_else(|| if step < 0 { i64::try_from(items()).unwrap_or(1) } else { 1 });
        let letters = node.attr("type").and_then(|t| t.chars().next()).unwrap_or('1');
        List::Numbers { next, step, letters }
    }

    /// The mark of its next item; `value` is what the item itself says.
    fn mark(&mut self, value: Option<i64>) -> String {
        match self {
            List::Dots => "-".to_owned(),
            List::Numbers { next, step, letters } => {
                let number = value.unwrap_or(*next);
                *next = number.saturating_add(*step);
                format!("{}.", written(number, *letters))
            }
        }
    }
}

/// A number as `<ol type>` has it: `1`, `a`, `A`, `i`, `I`; figures where there is no such sign for it.
fn written(number: i64, letters: char) -> String {
    const ROMAN: [(i64, &str); 9] =
        [(100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")];
    let text = match letters {
        'a' | 'A' if (1..=26).contains(&number) => {
            u8::try_from(number - 1).map(|n| char::from(b'a' + n).to_string()).unwrap_or_default()
        }
        'i' | 'I' if (1..400).contains(&number) => {
            let mut left = number;
            let mut text = String::new();
            for (value, sign) in ROMAN {
                while left >= value {
                    text.push_str(sign);
                    left -= value;
                }
            }
            text
        }
        _ => number.to_string(),
    };
    if letters.is_uppercase() { text.to_uppercase() } else { text }
}

impl Walker {
    fn form(&mut self, name: &str, node: &NodeRef) -> Option<Form> {
        Some(match name {
            "li" => {
                let depth = self.lists.len().saturating_sub(1).min(DEEPEST);
                let value = node.attr("value").and_then(|value| value.trim().parse().ok());
                let mark = self.lists.last_mut().map_or_else(|| "-".to_owned(), |list| list.mark(value));
                Form::Item(Some(format!("{}{mark}", "  ".repeat(depth))))
            }
            "dt" => Form::Term,
            "dd" => Form::Definition,
            "pre" => Form::Verbatim,
            "td" | "th" => Form::Plain,
            _ => Form::Heading(name.strip_prefix('h')?.parse().ok().filter(|n| (1..=6).contains(n))?),
        })
    }

    fn link(&mut self, node: &NodeRef, skip: &HashSet<NodeId>) {
        let Some(href) = node.attr("href").filter(|_| !skip.contains(&node.id)) else { return };
        let text = text::inline_text(node, skip);
        if !text.is_empty() {
            self.anchors.push(Anchor { block: self.blocks.len(), href: href.to_string(), text });
        }
    }

    fn push(&mut self, text: &str) {
        if self.verbatim > 0 {
            for (i, line) in text.split('\n').enumerate() {
                if i > 0 {
                    self.flush();
                }
                self.text.extend(line.chars().filter(|c| !text::is_invisible(*c)));
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
        let words = text.trim().to_owned();
        match self.forms.last_mut() {
            Some(Form::Verbatim) => self.blocks.push(Block::Verbatim(text.to_owned())),
            Some(Form::Heading(level)) => self.blocks.push(Block::Heading(*level, words)),
            Some(Form::Item(mark @ Some(_))) => {
                let mark = mark.take().unwrap_or_default();
                self.forget_term();
                self.blocks.push(Block::Item(mark, words));
            }
            Some(Form::Term) => {
                let above = self.term.take().filter(|_| !self.term_used).map(|above| format!("{above}, "));
                self.term = Some(format!("{}{words}", above.unwrap_or_default()));
                self.term_used = false;
            }
            Some(Form::Definition) if self.term.is_some() => {
                self.term_used = true;
                let term = self.term.as_deref().unwrap_or_default().trim_end_matches([':', '：']);
                self.blocks.push(Block::Item("-".to_owned(), format!("{term}: {words}")));
            }
            _ => {
                self.forget_term();
                self.blocks.push(Block::Paragraph(words));
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
