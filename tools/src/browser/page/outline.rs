//! A page's nodes in the order of reading, with how much text and how many links each holds.

use super::text::BLOCKS;
use dom_query::{Document, NodeId, NodeRef};
use std::collections::HashSet;

/// Characters (without white space) from which a block's own text is a paragraph.
const PARAGRAPH: usize = 65;
/// And those from which an item of a list, a cell or a definition says something.
const ITEM: usize = 20;
/// A sign of Chinese, Japanese or Korean says about as much as this many letters.
const CJK: usize = 3;

/// The page's nodes in order; those below node `i` are `i + 1..end[i]`. Lengths are in characters without
/// white space.
pub struct Outline<'a> {
    pub nodes: Vec<NodeRef<'a>>,
    /// Names of elements, empty for other nodes.
    pub names: Vec<String>,
    pub parents: Vec<usize>,
    pub end: Vec<usize>,
    /// Length of the text below.
    pub text: Vec<usize>,
    /// Of this, what stands in links; and the links.
    pub link_text: Vec<usize>,
    pub links: Vec<usize>,
    /// Of the text below, what stands in paragraphs, items and rows that are not mostly links: what
    /// somebody wrote to be read.
    pub prose: Vec<usize>,
    /// Of that, what is a block's own.
    own: Vec<usize>,
    /// A block's own text, and what of it stands in links.
    lines: Vec<(usize, usize)>,
    /// Before node `i`: headings, headings that are links, tables, links within the page, characters.
    headings: Vec<usize>,
    linked_headings: Vec<usize>,
    tables: Vec<usize>,
    fragments: Vec<usize>,
    before: Vec<usize>,
    /// It is in a `<main>` or `<article>`.
    pub inside: Vec<bool>,
    /// By node: the nearest element that begins a line of its own.
    blocks: Vec<usize>,
}

impl<'a> Outline<'a> {
    /// Of the nodes of `document` without those of `skip` and what is below them.
    pub fn of(document: &'a Document, skip: &HashSet<NodeId>) -> Self {
        let mut outline = Outline {
            nodes: Vec::new(),
            names: Vec::new(),
            parents: Vec::new(),
            end: Vec::new(),
            text: Vec::new(),
            link_text: Vec::new(),
            links: Vec::new(),
            prose: Vec::new(),
            own: Vec::new(),
            lines: Vec::new(),
            headings: vec![0],
            linked_headings: vec![0],
            tables: vec![0],
            fragments: vec![0],
            before: vec![0],
            inside: Vec::new(),
            blocks: Vec::new(),
        };
        let mut to_see = vec![(document.root(), 0)];
        while let Some((node, parent)) = to_see.pop() {
            if !skip.contains(&node.id) {
                let at = outline.add(node, parent);
                to_see.extend(node.children_it(true).map(|child| (child, at)));
            }
        }
        outline.weigh();
        outline.own.clone_from(&outline.prose);
        for i in (1..outline.nodes.len()).rev() {
            let parent = outline.parents[i];
            let link = outline.names[i] == "a";
            outline.text[parent] += outline.text[i];
            outline.link_text[parent] += if link { outline.text[i] } else { outline.link_text[i] };
            outline.links[parent] += outline.links[i] + usize::from(link);
            outline.prose[parent] += outline.prose[i];
            outline.end[parent] = outline.end[parent].max(outline.end[i]);
        }
        outline
    }

    fn add(&mut self, node: NodeRef<'a>, parent: usize) -> usize {
        let at = self.nodes.len();
        let name = node.node_name().map(|name| name.to_string()).unwrap_or_default();
        let inside = self.inside.get(parent).copied().unwrap_or(false) || matches!(&*name, "main" | "article");
        let block =
            if BLOCKS.contains(&&*name) && name != "br" { at } else { self.blocks.get(parent).copied().unwrap_or(at) };
        self.text.push(if node.is_text() { length(&node.text()) } else { 0 });
        self.nodes.push(node);
        self.parents.push(parent);
        self.end.push(at + 1);
        self.link_text.push(0);
        self.links.push(0);
        self.prose.push(0);
        self.inside.push(inside);
        self.blocks.push(block);
        self.names.push(name);
        at
    }

    /// Finds the blocks whose own text is prose.
    fn weigh(&mut self) {
        let mut own = vec![(0, 0); self.nodes.len()];
        let mut in_link = vec![false; self.nodes.len()];
        for i in 0..self.nodes.len() {
            in_link[i] = in_link[self.parents[i]] || self.names[i] == "a";
            let (text, links) = &mut own[self.blocks[i]];
            *text += self.text[i];
            *links += if in_link[i] { self.text[i] } else { 0 };
        }
        for i in 0..self.nodes.len() {
            let heading = self.is_heading(i);
            self.headings.push(self.headings[i] + usize::from(heading));
            self.tables.push(self.tables[i] + usize::from(self.names[i] == "table"));
            let within = self.names[i] == "a" && self.nodes[i].attr("href").is_some_and(|href| href.starts_with('#'));
            self.fragments.push(self.fragments[i] + usize::from(within));
            self.before.push(self.before[i] + self.text[i]);
            self.linked_headings.push(self.linked_headings[i] + usize::from(heading && (in_link[i] || own[i].1 > 0)));
        }
        self.lines.clone_from(&own);
        for (i, (text, links)) in own.into_iter().enumerate() {
            let (least, most_links) = match &*self.names[i] {
                "td" | "th" => (1, text),
                "li" | "dd" => (ITEM, text / 2),
                "pre" => (1, text / 2),
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt" | "caption" | "legend" | "summary" => continue,
                _ => (PARAGRAPH, text / 2),
            };
            if text >= least && links <= most_links {
                self.prose[i] = text - links;
            }
        }
    }

    /// Children of node `i`, by index.
    pub fn children(&self, i: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = i + 1;
        std::iter::from_fn(move || {
            let child = (next < self.end[i]).then_some(next)?;
            next = self.end[child];
            Some(child)
        })
    }

    /// Node `i` is below node `above`, or is it.
    pub fn is_within(&self, i: usize, above: usize) -> bool {
        (above..self.end[above]).contains(&i)
    }

    /// The line that node `i` stands in is prose.
    pub fn is_in_prose(&self, i: usize) -> bool {
        self.own[self.blocks[i]] > 0
    }

    /// Node `i` is a line of its own, or all of the line it stands in.
    pub fn is_line(&self, i: usize) -> bool {
        self.blocks[i] == i || self.lines[self.blocks[i]].0 == self.text[i]
    }

    /// The line that node `i` stands in is mostly links.
    pub fn is_in_links(&self, i: usize) -> bool {
        let (text, links) = self.lines[self.blocks[i]];
        links * 100 >= text * 60
    }

    pub fn is_heading(&self, i: usize) -> bool {
        matches!(&*self.names[i], "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
    }

    /// There is a heading at or below node `i`.
    pub fn holds_heading(&self, i: usize) -> bool {
        self.headings[self.end[i]] > self.headings[i]
    }

    /// There is a heading at or below node `i` that is a link.
    pub fn holds_linked_heading(&self, i: usize) -> bool {
        self.linked_headings[self.end[i]] > self.linked_headings[i]
    }

    /// There is a link to a place on this page at or below node `i`.
    pub fn holds_fragment(&self, i: usize) -> bool {
        self.fragments[self.end[i]] > self.fragments[i]
    }

    /// There is a table at or below node `i`.
    pub fn holds_table(&self, i: usize) -> bool {
        self.tables[self.end[i]] > self.tables[i]
    }

    /// Rows of tables at or below node `i`.
    pub fn rows(&self, i: usize) -> usize {
        (i..self.end[i]).filter(|at| self.names[*at] == "tr").count()
    }

    /// Length of the text before node `i`.
    pub fn text_before(&self, i: usize) -> usize {
        self.before[i]
    }

    /// At least `percent` of the text below is links.
    pub fn is_linked(&self, i: usize, percent: usize) -> bool {
        self.text[i] > 0 && self.link_text_of(i) * 100 >= self.text[i] * percent
    }

    /// Characters in links, also where the node is one.
    fn link_text_of(&self, i: usize) -> usize {
        if self.names[i] == "a" { self.text[i] } else { self.link_text[i] }
    }

    /// The text below node `i`, one space for every run of white space, at most about `most` bytes.
    pub fn words(&self, i: usize, most: usize) -> String {
        let mut text = String::new();
        for at in i..self.end[i] {
            if BLOCKS.contains(&&*self.names[at]) {
                super::text::push_collapsed(&mut text, " ");
            }
            if self.nodes[at].is_text() {
                super::text::push_collapsed(&mut text, &self.nodes[at].text());
            }
            if text.len() > most {
                break;
            }
        }
        text.trim().to_owned()
    }
}

fn length(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| if polymath_quantity::text::is_cjk(c) { CJK } else { 1 }).sum()
}
