//! HTML pages: parsing within bounds, and finding the content.

use super::block::{Block, Document as Read, Part};
use super::{about, hidden, outline::Outline, parts, root, text, walk};
use dom_query::{Document, NodeId, NodeRef, Tree};
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
/// Elements within elements: five times what browsers allow. The parser looks through all that are open for each
/// that begins, so fifty thousand of them would take it minutes.
const DEEPEST: usize = 2500;
/// Bytes fed at a time: small, since the tree is looked at in between only.
const BITE: usize = 512;
/// Never text for a reader.
const UNSEEN: &[&str] = &[
    "head", "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "embed", "input", "select",
    "textarea", "button", "datalist", "audio", "video",
];
/// Fewer characters than this left, and less than a fifth of the page: what was left out is the page.
const LEAST_LEFT: usize = 200;

/// Characters of a page that says something: less is a frame for what its scripts put there.
const LEAST_READ: usize = 250;

/// Reads a page's content, title and published address, and what stands beside the content.
pub fn read(html: &str) -> Read {
    let (document, partial) = parse(html);
    let title = title(&document);
    let mut skip: HashSet<NodeId> = document.root().descendants_it().filter(is_unseen).map(|node| node.id).collect();
    let hidden = hidden::find(&document, &Outline::of(&document, &skip));
    skip.extend(&hidden.nodes);
    let whole = Outline::of(&document, &skip);
    let words = title.clone().unwrap_or_default();
    let mut parts = parts::sort_out(&whole, &words);
    let mut kept = skip.clone();
    kept.extend(parts.keys());
    root::narrow(&Outline::of(&document, &kept), &words, &mut parts);
    kept.extend(parts.keys());
    let left = Outline::of(&document, &kept).text[0];
    if left < LEAST_LEFT && left * 5 < whole.text[0] {
        parts.clear();
        kept.clone_from(&skip);
    }
    let beside = Part::ALL.into_iter().filter_map(|part| {
        let of_part = whole.nodes.iter().filter(|node| parts.get(&node.id) == Some(&part));
        let blocks: Vec<Block> = of_part.flat_map(|node| walk::blocks(*node, &skip)).collect();
        (!blocks.is_empty()).then_some((part, blocks))
    });
    let beside = beside.collect();
    let (blocks, anchors) = walk::content(document.root(), &kept);
    let canonical = canonical(&document);
    let (about, base) = (about::of(&document), attribute(&document, "base[href]", "href"));
    Read { title, canonical, about, blocks, anchors, base, beside, hidden: hidden.characters, partial }
}

/// Whether a page says next to nothing by itself and has scripts that might.
pub fn is_built_by_scripts(html: &str) -> bool {
    let (document, _) = parse(html);
    let is_program = |node: &NodeRef| {
        let told = node.attr("type").map(|kind| kind.to_lowercase()).unwrap_or_default();
        let data = told.contains("json") || told.contains("template");
        node.has_name("script") && !data && (node.has_attr("src") || !node.text().trim().is_empty())
    };
    if !document.root().descendants_it().any(|node| is_program(&node)) {
        return false;
    }
    let skip: HashSet<NodeId> = document.root().descendants_it().filter(is_unseen).map(|node| node.id).collect();
    Outline::of(&document, &skip).text[0] < LEAST_READ
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
        let tree = &parser.tokenizer.sink.sink.tree;
        if tree.len() > MOST_NODES || is_too_deep(tree) || begun.elapsed() > LONGEST_PARSE {
            break;
        }
    }
    (parser.finish(), !rest.is_empty())
}

/// Whether the last node, within which the page goes on, is in too many others.
fn is_too_deep(tree: &Tree) -> bool {
    let last = |node: &NodeRef<'_>| tree.last_child_of(&node.id);
    std::iter::successors(tree.root().last_child(), |node| last(node)).take(DEEPEST + 1).count() > DEEPEST
}

fn is_unseen(node: &NodeRef) -> bool {
    node.is_element() && UNSEEN.iter().any(|name| node.has_name(name))
}

fn title(document: &Document) -> Option<String> {
    let line = |node: &NodeRef| text::inline_text(node, &HashSet::new());
    let first = |selector: &str| document.select_single(selector).nodes().first().copied();
    let meta = || first("meta[property='og:title']").and_then(|n| n.attr("content")).map(|t| t.to_string());
    let found = [first("head > title").map(|n| line(&n)), meta(), first("h1").map(|n| line(&n))];
    found.into_iter().flatten().find(|t| !t.trim().is_empty())
}

fn attribute(document: &Document, selector: &str, name: &str) -> Option<String> {
    document.select_single(selector).attr(name).map(|value| value.trim().to_owned())
}

/// Where the page says it is published, joined with its `<base>`.
fn canonical(document: &Document) -> Option<String> {
    let href = attribute(document, "link[rel~='canonical']", "href").filter(|href| !href.is_empty())?;
    let base = attribute(document, "base[href]", "href").and_then(|base| url::Url::parse(&base).ok());
    Some(base.and_then(|base| base.join(&href).ok()).map_or(href, String::from))
}
