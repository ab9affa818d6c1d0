//! Where a page's content is: by its own word, or where its prose stands together.

use super::block::Part::Navigation;
use super::outline::Outline;
use super::parts::{Parts, headline};

/// A child with this share of the prose (percent) is where the content is: of a page that does not say, and of
/// the element that is the content by the page's own word.
const SHARE: usize = 75;
const OWN_SHARE: usize = 92;
/// Less than this (percent) of a page's prose in what calls itself its content: it is something else.
const LEAST: usize = 25;
/// Characters in each row of a table from which it lays out a page.
const LAYOUT_ROW: usize = 300;
/// Characters of a date above a headline.
const LONGEST_DATE: usize = 40;

/// Adds to `parts` what stands around the content of `outline`, the nodes that are in no part yet.
pub fn narrow(outline: &Outline, title: &str, parts: &mut Parts) {
    let told = told(outline);
    let start = told.unwrap_or(0);
    if outline.prose[start] == 0 {
        return;
    }
    let named = headline(outline, title);
    let mut root = start;
    while let Some(next) = outline.children(root).find(|child| {
        let share = if told.is_some() { OWN_SHARE } else { SHARE };
        outline.prose[*child] * 100 >= outline.prose[root] * share && is_room(outline, *child)
    }) {
        let beside = outline.children(root).filter(|child| *child != next);
        if beside.into_iter().any(|at| is_text_block(outline, at) && Some(at) != named) {
            break;
        }
        root = next;
    }
    let within = |i: &usize| outline.is_within(*i, start);
    let headline = named.filter(|h| within(h) || !(start..outline.end[start]).any(|i| outline.names[i] == "h1"));
    let mut frame = Frame { outline, root, headline, data: vec![0] };
    for i in 0..outline.nodes.len() {
        frame.data.push(frame.data[i] + usize::from(frame.is_data(i)));
    }
    frame.trim(parts);
}

struct Frame<'o, 'a> {
    outline: &'o Outline<'a>,
    root: usize,
    headline: Option<usize>,
    /// Tables of data before node `i`.
    data: Vec<usize>,
}

impl Frame<'_, '_> {
    /// Drops all but the root, the headline, what stands between them, and tables.
    fn trim(&self, parts: &mut Parts) {
        let outline = self.outline;
        let mut to_see: Vec<usize> = outline.children(0).collect();
        while let Some(i) = to_see.pop() {
            let is_kept = i == self.root || Some(i) == self.headline || self.is_data(i) || self.is_introduction(i);
            if is_kept || outline.text[i] == 0 {
                continue;
            }
            let holds_center =
                outline.is_within(self.root, i) || self.headline.is_some_and(|h| outline.is_within(h, i));
            if holds_center || self.data[outline.end[i]] > self.data[i] {
                to_see.extend(outline.children(i));
            } else {
                parts.insert(outline.nodes[i].id, Navigation);
            }
        }
    }

    /// Stands between the headline and the content and is no menu, or is a date above the headline.
    fn is_introduction(&self, i: usize) -> bool {
        let outline = self.outline;
        let before = outline.end[i] <= self.root && !outline.is_linked(i, 50);
        let dated =
            || outline.text[i] <= LONGEST_DATE && polymath_quantity::read(&outline.words(i, 100)).date.is_some();
        before && self.headline.is_some_and(|headline| i > headline || dated())
    }

    /// A table of figures and words, not of links.
    fn is_data(&self, i: usize) -> bool {
        let outline = self.outline;
        let is_nested = || outline.children(i).any(|child| outline.holds_table(child));
        outline.names[i] == "table" && !is_nested() && outline.rows(i) > 2 && !outline.is_linked(i, 60)
    }
}

/// The element that holds the content by the page's own word, if it holds enough of it.
fn told(outline: &Outline) -> Option<usize> {
    let find = |what: &dyn Fn(usize) -> bool, least: usize| {
        let mut found = (0..outline.nodes.len()).filter(|i| what(*i));
        let first = found.next()?;
        let enough = outline.prose[first] * 100 >= outline.prose[0] * least && outline.text[first] > 0;
        (found.next().is_none() && enough).then_some(first)
    };
    let id =
        |i: usize| outline.nodes[i].id_attr().is_some_and(|id| matches!(&*id, "content" | "main" | "main-content"));
    find(&|i| outline.names[i] == "main" || outline.nodes[i].attr("role").is_some_and(|r| &*r == "main"), LEAST)
        .or_else(|| find(&|i| outline.names[i] == "article", 2 * LEAST))
        .or_else(|| find(&id, 2 * LEAST))
}

/// Can hold a page's content, with other things beside it.
fn is_room(outline: &Outline, i: usize) -> bool {
    match &*outline.names[i] {
        "html" | "body" | "div" | "section" | "article" | "main" | "center" | "form" => true,
        "table" | "tbody" | "tr" | "td" => outline.prose[i] > outline.rows(i) * LAYOUT_ROW,
        _ => false,
    }
}

/// Text of its own or a heading over some, not a room with text in it.
fn is_text_block(outline: &Outline, i: usize) -> bool {
    outline.is_heading(i) || !is_room(outline, i) && outline.prose[i] > 0
}
