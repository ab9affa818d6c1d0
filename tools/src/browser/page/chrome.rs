//! What of a page is not its content: scripts, navigation, advertisements, banners, footers.
//!
//! Rules of thumb, each with a guard, because losing content is worse than keeping a menu: a block
//! is only dropped for its name when it is a small part of the page and holds no main heading, and
//! when almost nothing would be left, nothing is dropped but what no reader sees.

use dom_query::{Document, NodeId, NodeRef};
use std::collections::HashSet;

/// Never text for a reader.
const UNSEEN: &[&str] = &[
    "head", "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "embed", "input", "select",
    "textarea", "button", "datalist", "audio", "video",
];
/// Around the content, by the page's own word.
const AROUND: &[&str] = &["nav", "footer", "aside", "dialog"];
const ROLES: &[&str] = &[
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "search",
    "dialog",
    "alertdialog",
    "menu",
    "menubar",
    "toolbar",
    "tablist",
];
/// Around the content, by words in `class` and `id`.
const WORDS: &[&str] = &[
    "ad",
    "ads",
    "adsense",
    "adslot",
    "advert",
    "advertisement",
    "advertising",
    "banner",
    "breadcrumb",
    "breadcrumbs",
    "comments",
    "consent",
    "cookie",
    "cookies",
    "disqus",
    "editsection",
    "footer",
    "gdpr",
    "masthead",
    "menu",
    "modal",
    "nav",
    "navbar",
    "navbox",
    "navigation",
    "newsletter",
    "noprint",
    "overlay",
    "pagination",
    "paywall",
    "popup",
    "promo",
    "promoted",
    "recommendations",
    "recommended",
    "related",
    "share",
    "sharing",
    "sidebar",
    "signup",
    "skip",
    "social",
    "sponsor",
    "sponsored",
    "subscribe",
    "toolbar",
];
/// A block with more of the page's text than this is no advertisement, whatever it is called.
const LARGEST_SHARE: f64 = 0.4;
/// Fewer characters than this left, and less than a fifth of the page: the rules were wrong.
const LEAST_LEFT: usize = 200;

/// The page's nodes in order, with what is below each.
pub struct Outline<'a> {
    nodes: Vec<NodeRef<'a>>,
    parents: Vec<usize>,
    /// Characters of text below, without unseen parts.
    text: Vec<usize>,
    /// Of these, those in links; and the links.
    link_text: Vec<usize>,
    links: Vec<usize>,
    /// There is a `<main>`, `<article>` or `<h1>` below.
    central: Vec<bool>,
    /// It is in a `<main>` or `<article>`.
    inside: Vec<bool>,
    /// How deep the deepest node is.
    pub depth: usize,
}

/// What to leave out, and how much text is left.
pub struct Kept {
    pub skip: HashSet<NodeId>,
    pub text: usize,
}

/// Decides what of `document` is content.
pub fn sort_out(document: &Document) -> Kept {
    let mut unseen = HashSet::new();
    let mut outline = Outline::of(document, &unseen);
    for node in &outline.nodes {
        if is_unseen(node) {
            unseen.insert(node.id);
        }
    }
    outline = Outline::of(document, &unseen);
    let total = outline.text.first().copied().unwrap_or(0);
    let mut skip = unseen.clone();
    for (i, node) in outline.nodes.iter().enumerate().skip(1) {
        if !unseen.contains(&node.id) && is_around(&outline, i, node, total) {
            skip.insert(node.id);
        }
    }
    outline = Outline::of(document, &skip);
    let left = outline.text.first().copied().unwrap_or(0);
    if left < LEAST_LEFT && left * 5 < total {
        return Kept { skip: unseen, text: total };
    }
    for (i, node) in outline.nodes.iter().enumerate().skip(1) {
        if is_menu(&outline, i, node, left) {
            skip.insert(node.id);
        }
    }
    let text = Outline::of(document, &skip).text.first().copied().unwrap_or(0);
    Kept { skip, text }
}

impl<'a> Outline<'a> {
    pub fn of(document: &'a Document, skip: &HashSet<NodeId>) -> Self {
        let mut outline = Outline {
            nodes: Vec::new(),
            parents: Vec::new(),
            text: Vec::new(),
            link_text: Vec::new(),
            links: Vec::new(),
            central: Vec::new(),
            inside: Vec::new(),
            depth: 0,
        };
        let mut to_see = vec![(document.root(), 0, 0)];
        while let Some((node, parent, depth)) = to_see.pop() {
            if !skip.contains(&node.id) {
                let at = outline.add(node, parent);
                outline.depth = outline.depth.max(depth);
                to_see.extend(node.children_it(true).map(|child| (child, at, depth + 1)));
            }
        }
        for i in (1..outline.nodes.len()).rev() {
            let parent = outline.parents[i];
            let link = outline.nodes[i].has_name("a");
            outline.text[parent] += outline.text[i];
            outline.link_text[parent] += if link { outline.text[i] } else { outline.link_text[i] };
            outline.links[parent] += outline.links[i] + usize::from(link);
            outline.central[parent] |= outline.central[i];
        }
        outline
    }

    fn add(&mut self, node: NodeRef<'a>, parent: usize) -> usize {
        let name = node.node_name();
        let name = name.as_deref().unwrap_or("");
        let text = if node.is_text() { node.text().chars().filter(|c| !c.is_whitespace()).count() } else { 0 };
        let inside = self.inside.get(parent).copied().unwrap_or(false) || matches!(name, "main" | "article");
        self.nodes.push(node);
        self.parents.push(parent);
        self.text.push(text);
        self.link_text.push(0);
        self.links.push(0);
        self.central.push(matches!(name, "main" | "article" | "h1"));
        self.inside.push(inside);
        self.nodes.len() - 1
    }

    /// The node that holds the content by the page's own word, if it holds enough of it.
    pub fn main(&self) -> Option<NodeRef<'a>> {
        let total = self.text.first().copied().unwrap_or(0);
        let find = |what: &dyn Fn(&NodeRef) -> bool, share: f64| {
            let mut found = (0..self.nodes.len()).filter(|i| what(&self.nodes[*i]));
            let first = found.next()?;
            let enough = self.text[first] as f64 >= total as f64 * share && self.text[first] > 0;
            (found.next().is_none() && enough).then_some(self.nodes[first])
        };
        find(&|n| n.has_name("main") || n.attr("role").is_some_and(|r| &*r == "main"), 0.25)
            .or_else(|| find(&|n| n.has_name("article"), 0.4))
            .or_else(|| {
                find(&|n| n.id_attr().is_some_and(|id| matches!(&*id, "content" | "main" | "main-content")), 0.5)
            })
    }

    /// How many elements have this name.
    pub fn count(&self, name: &str) -> usize {
        self.nodes.iter().filter(|n| n.has_name(name)).count()
    }
}

fn is_unseen(node: &NodeRef) -> bool {
    let Some(element) = node.element_ref() else { return false };
    if UNSEEN.contains(&&*element.name.local) {
        return true;
    }
    drop(element);
    let style = node.attr("style").map(|s| s.replace(' ', "").to_lowercase()).unwrap_or_default();
    let reference = node.has_name("sup") && node.has_class("reference"); // Wikipedia's [1]
    node.has_attr("hidden")
        || node.attr("aria-hidden").is_some_and(|v| &*v == "true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
        || reference
}

fn is_around(outline: &Outline, i: usize, node: &NodeRef, total: usize) -> bool {
    let Some(name) = node.node_name() else { return false };
    if matches!(&*name, "html" | "body" | "main" | "article" | "h1") || outline.central[i] {
        return false;
    }
    let role = node.attr("role").map(|r| r.to_lowercase()).unwrap_or_default();
    let header = &*name == "header" && !outline.inside[i];
    if &*name == "aside" && holds_table(node) {
        return false; // infoboxes
    }
    if header || AROUND.contains(&&*name) || ROLES.contains(&role.as_str()) {
        return true;
    }
    let small = outline.text[i] as f64 <= total as f64 * LARGEST_SHARE;
    small && named_around(node)
}

fn named_around(node: &NodeRef) -> bool {
    let names = [node.class(), node.id_attr()];
    names.iter().flatten().any(|names| {
        let words = names.split(|c: char| !c.is_alphanumeric()).flat_map(camel_words);
        words.into_iter().any(|w| WORDS.contains(&w.to_lowercase().as_str()))
    })
}

/// `cookieBanner` is two words.
fn camel_words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, pair) in name.char_indices().zip(name.chars().skip(1)).map(|((at, a), b)| (at + a.len_utf8(), (a, b))) {
        if pair.0.is_lowercase() && pair.1.is_uppercase() {
            words.push(&name[start..at]);
            start = at;
        }
    }
    words.push(&name[start..]);
    words
}

fn holds_table(node: &NodeRef) -> bool {
    node.descendants_it().any(|d| d.has_name("table"))
}

/// Many short links and hardly anything else, outside the content.
fn is_menu(outline: &Outline, i: usize, node: &NodeRef, total: usize) -> bool {
    let list = node.node_name().is_some_and(|n| matches!(&*n, "ul" | "ol" | "div" | "section" | "p"));
    let (text, links) = (outline.text[i], outline.links[i]);
    list && !outline.inside[i]
        && !outline.central[i]
        && links >= 4
        && outline.link_text[i] * 10 >= text * 8
        && text / links <= 25
        && text * 10 <= total * 3
}

/// A copy of the document without the nodes of `skip`.
pub fn without(document: &Document, skip: &HashSet<NodeId>) -> Document {
    let copy = document.clone();
    for id in skip {
        copy.tree.remove_from_parent(id);
    }
    copy
}
