//! HTML pages: parsing within bounds, and finding the content.

use super::block::{Block, Document as Read};
use super::{chrome, text, walk};
use dom_query::{Document, NodeRef};
use html5ever::{
    ParseOpts, parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::TreeBuilderOpts,
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Pages can be built to blow up in a parser (thousands of open tags repeated in every paragraph),
/// so it is fed bit by bit and stopped at these bounds.
const MOST_NODES: usize = 250_000;
const LONGEST_PARSE: Duration = Duration::from_secs(5);
/// Bytes fed at a time: small, since the tree is looked at in between only.
const BITE: usize = 512;
/// Nodes and depth up to which dom_smoothie is asked; its work grows faster than the page.
const SMOOTHABLE: usize = 10_000;
const SMOOTHABLE_DEPTH: usize = 150;

/// Reads a page's content, title and published address.
pub fn read(html: &str) -> Read {
    let (document, partial) = parse(html);
    let kept = chrome::sort_out(&document);
    let outline = chrome::Outline::of(&document, &kept.skip);
    let blocks = match outline.main() {
        Some(main) => walk::blocks(main, &kept.skip),
        None => smoothed(&document, &kept, &outline).unwrap_or_else(|| walk::blocks(document.root(), &kept.skip)),
    };
    Read { title: title(&document), canonical: canonical(&document), blocks, partial }
}

/// The tree, and whether the page was not read to its end.
fn parse(html: &str) -> (Document, bool) {
    // without scripting the contents of <noscript> are elements, to be dropped like any other
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let mut parser = parse_document(Document::default(), ParseOpts { tree_builder, ..ParseOpts::default() });
    let begun = Instant::now();
    let mut rest = html;
    while !rest.is_empty() {
        let mut end = rest.len().min(BITE);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (bite, more) = rest.split_at(end);
        parser.process(StrTendril::from_slice(bite));
        rest = more;
        if parser.tokenizer.sink.sink.tree.len() > MOST_NODES || begun.elapsed() > LONGEST_PARSE {
            break;
        }
    }
    (parser.finish(), !rest.is_empty())
}

/// The content as dom_smoothie (Mozilla's Readability) sees it, for pages that don't say
/// themselves; only if it left out no table, no list item and not more than half of the text.
fn smoothed(document: &Document, kept: &chrome::Kept, outline: &chrome::Outline) -> Option<Vec<Block>> {
    if document.tree.len() > SMOOTHABLE || outline.depth > SMOOTHABLE_DEPTH {
        return None;
    }
    let config = dom_smoothie::Config { disable_json_ld: true, ..dom_smoothie::Config::default() };
    let copy = chrome::without(document, &kept.skip);
    let article = dom_smoothie::Readability::with_document(copy, None, Some(config)).ok()?.parse().ok()?;
    let content = Document::fragment(article.content);
    let found = chrome::Outline::of(&content, &HashSet::new());
    let same = |name| found.count(name) == outline.count(name);
    let text = content.text().chars().filter(|c| !c.is_whitespace()).count();
    let enough = text * 2 >= kept.text && ["td", "th", "li", "dd", "h1", "h2", "h3", "pre"].into_iter().all(same);
    enough.then(|| walk::blocks(content.root(), &HashSet::new()))
}

fn title(document: &Document) -> Option<String> {
    let line = |node: &NodeRef| text::inline_text(node, &HashSet::new());
    let first = |selector: &str| document.select_single(selector).nodes().first().copied();
    let meta = || first("meta[property='og:title']").and_then(|n| n.attr("content")).map(|t| t.to_string());
    let found = [first("head > title").map(|n| line(&n)), meta(), first("h1").map(|n| line(&n))];
    found.into_iter().flatten().find(|t| !t.trim().is_empty())
}

fn canonical(document: &Document) -> Option<String> {
    let link = document.select_single("link[rel~='canonical']");
    link.attr("href").map(|href| href.trim().to_owned()).filter(|href| !href.is_empty())
}
