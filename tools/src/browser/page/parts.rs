//! What stands around a page's content, and what it is: comments, teasers of other pages, navigation.
//!
//! Signs are the elements and roles, the words in names (`words.rs`), the heading above a block, and its
//! structure: teasers repeat a form and are mostly links. Each has a guard, because losing content is worse
//! than keeping a menu.

use super::block::Part::{self, Comments, Navigation, Related};
use super::outline::Outline;
use super::words;
use dom_query::{NodeId, NodeRef};
use std::collections::HashMap;

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
/// An aside that belongs to the text.
const ASIDES: &[&str] =
    &["note", "tip", "warning", "caution", "admonition", "callout", "infobox", "footnote", "sidenote"];
/// Attributes with names of parts.
const NAMING: &[&str] = &["class", "id", "aria-label", "data-component", "data-testid"];
/// Words in the names of `<html>` and `<body>`, kinds of items and programs by which a page is a forum's.
const FORUMS: &[&str] = &["forum", "forums", "phpbb", "viewtopic", "showthread", "thread", "questions"];
const FORUM_ITEMS: &[&str] = &["DiscussionForumPosting", "QAPage", "schema.org/Question"];
const FORUM_PROGRAMS: &[&str] =
    &["discourse", "phpbb", "vbulletin", "xenforo", "flarum", "mybb", "simple machines", "nodebb", "lemmy"];

/// A block with more of the page's text than this (percent) is no advertisement, whatever it is called.
const LARGEST_SHARE: usize = 40;
/// Comments are comments on something: so much prose, in characters or percent of the page's.
const LEAST_ARTICLE: usize = 250;
const LEAST_SHARE: usize = 20;
/// Prose from which a page has an article, beside which teasers are teasers.
const ARTICLE: usize = 400;
/// Characters of a teaser, a banner, a line of small print, a label.
const TEASER: usize = 400;
const BANNER: usize = 900;
const SMALL_PRINT: usize = 400;
const LABEL: usize = 40;

/// Elements that say they are the content, at most; and nodes of a line that is read for what it says.
const MOST_HEARTS: usize = 20;
const LINE_NODES: usize = 200;

/// The topmost nodes of each part.
pub type Parts = HashMap<NodeId, Part>;

struct Sorter<'o, 'a> {
    outline: &'o Outline<'a>,
    /// The heading that names the page's content.
    headline: Option<usize>,
    /// What is the content by the page's own word: `<main>` and large articles.
    hearts: Vec<usize>,
    /// What people wrote below each other is the page's text.
    is_forum: bool,
    /// Prose that is in no block called comments.
    article: usize,
    parts: Vec<Option<Part>>,
}

/// Finds the parts of a page; `title` is what its `<title>` says.
pub fn sort_out(outline: &Outline, title: &str) -> Parts {
    let headline = headline(outline, title);
    let parts = vec![None; outline.nodes.len()];
    let large = |i: usize| outline.prose[i] * 10 > outline.prose[0] * 3;
    let is_heart = |i: &usize| outline.names[*i] == "main" || outline.names[*i] == "article" && large(*i);
    let hearts = (0..outline.nodes.len()).filter(is_heart).take(MOST_HEARTS).collect();
    let mut sorter =
        Sorter { outline, headline, hearts, is_forum: is_forum(outline), article: outline.prose[0], parts };
    let mut i = 1;
    while i < outline.nodes.len() {
        let is_program = outline.names[i] == "pre";
        let are_comments =
            !is_program && !sorter.holds_heart(i) && sorter.name(i).is_some_and(|(part, _)| part == Comments);
        sorter.article -= if are_comments { outline.prose[i] } else { 0 };
        i = if are_comments || is_program { outline.end[i] } else { i + 1 };
    }
    let mut i = 1;
    while i < outline.nodes.len() {
        if outline.names[i] == "pre" {
            i = outline.end[i]; // names in a program are those of its words
            continue;
        }
        if sorter.parts[i].is_none() && outline.nodes[i].is_element() {
            sorter.parts[i] = sorter.part(i);
            if sorter.parts[i].is_none() {
                sorter.under_heading(i);
            }
        }
        i = if sorter.parts[i].is_some() { outline.end[i] } else { i + 1 };
    }
    let found = sorter.parts.iter().enumerate().filter_map(|(i, part)| Some((outline.nodes[i].id, (*part)?)));
    found.collect()
}

/// The page's main heading: an `<h1>`, of several the one that the title names; else any heading that it names.
pub fn headline(outline: &Outline, title: &str) -> Option<usize> {
    let title = title.to_lowercase();
    let is_named = |i: &usize| {
        let text = outline.words(*i, 300).to_lowercase();
        text.chars().count() > 3 && title.contains(&text)
    };
    let first =
        (0..outline.nodes.len()).filter(|i| outline.names[*i] == "h1" && outline.text[*i] > 0).collect::<Vec<_>>();
    let named = first.iter().copied().filter(is_named).max_by_key(|i| outline.text[*i]);
    named
        .or(first.first().copied())
        .or_else(|| (0..outline.nodes.len()).filter(|i| outline.is_heading(*i)).find(is_named))
}

fn is_forum(outline: &Outline) -> bool {
    let says = |node: &NodeRef, name: &str, marks: &[&str]| {
        node.attr(name)
            .is_some_and(|value| marks.iter().any(|mark| value.to_lowercase().contains(&mark.to_lowercase())))
    };
    let word = |node: &NodeRef, name: &str| {
        let value = node.attr(name).map(|v| v.to_lowercase()).unwrap_or_default();
        value.split(|c: char| !c.is_alphanumeric()).any(|word| FORUMS.contains(&word))
    };
    outline.nodes.iter().enumerate().any(|(i, node)| match &*outline.names[i] {
        "html" | "body" => word(node, "class") || word(node, "id"),
        "" => false,
        _ => says(node, "itemtype", FORUM_ITEMS),
    }) || outline.nodes[0].descendants_it().any(|node| {
        node.has_name("meta")
            && node.attr("name").is_some_and(|name| name.eq_ignore_ascii_case("generator"))
            && says(&node, "content", FORUM_PROGRAMS)
    })
}

impl Sorter<'_, '_> {
    fn part(&self, i: usize) -> Option<Part> {
        let (outline, name) = (self.outline, &*self.outline.names[i]);
        if matches!(name, "html" | "body" | "main" | "h1" | "table" | "tbody" | "tr") || self.holds_heart(i) {
            return self.named(i).filter(|_| name == "table" || name == "tr").filter(|_| !self.holds_heart(i));
        }
        let named = self.named(i);
        if self.is_around(i) {
            return named.filter(|part| *part != Comments || !self.is_forum).or(Some(Navigation));
        }
        let found = named.or_else(|| self.teasers(i)).or_else(|| self.menu(i)).or_else(|| self.line(i));
        found.filter(|part| *part != Comments || self.are_comments(i)).filter(|_| outline.text[i] > 0)
    }

    /// Holds what the page is about.
    fn holds_heart(&self, i: usize) -> bool {
        let outline = self.outline;
        self.headline.is_some_and(|headline| outline.is_within(headline, i))
            || self.hearts.iter().any(|heart| outline.is_within(*heart, i))
    }

    fn is_around(&self, i: usize) -> bool {
        let (outline, node, name) = (self.outline, &self.outline.nodes[i], &*self.outline.names[i]);
        let role = node.attr("role").map(|r| r.to_lowercase()).unwrap_or_default();
        let above = &*outline.names[outline.parents[i]];
        match name {
            "aside" => {
                let holds_data = outline.holds_table(i) && !outline.is_linked(i, 60);
                !holds_data && !self.is_called(i, ASIDES)
            }
            "footer" if above == "blockquote" || above == "figure" => false,
            "footer" if outline.inside[i] && self.is_forum => false,
            "header" => !outline.inside[i],
            _ => AROUND.contains(&name) || ROLES.contains(&role.as_str()),
        }
    }

    /// One of `words` stands in the class or id.
    fn is_called(&self, i: usize, words: &[&str]) -> bool {
        let node = &self.outline.nodes[i];
        [node.class(), node.id_attr()]
            .into_iter()
            .flatten()
            .any(|names| names.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word)))
    }

    /// By its names.
    fn named(&self, i: usize) -> Option<Part> {
        let outline = self.outline;
        let (part, strong) = self.name(i)?;
        let small = outline.text[i] * 100 <= outline.text[0] * LARGEST_SHARE;
        let says_something = outline.prose[i] > 0 || outline.holds_heading(i) || outline.holds_table(i);
        match part {
            Comments => self.are_comments(i).then_some(Comments),
            _ if !small => None,
            _ if strong || outline.is_linked(i, 50) || !says_something && outline.names[i] != "span" => Some(part),
            _ => None,
        }
    }

    /// The part that the names of node `i` say, and whether they say it of whatever the block holds.
    fn name(&self, i: usize) -> Option<(Part, bool)> {
        let node = &self.outline.nodes[i];
        let values: Vec<String> = NAMING.iter().filter_map(|name| Some(node.attr(name)?.to_string())).collect();
        words::named(values.iter().flat_map(|value| value.split_whitespace()))
    }

    /// There is something to comment on outside of node `i`, and of whatever else is called comments.
    fn are_comments(&self, i: usize) -> bool {
        let article = self.article.min(self.outline.prose[0] - self.outline.prose[i]);
        let enough = article >= 3 * LEAST_ARTICLE || article * 100 >= self.outline.prose[0] * LEAST_SHARE;
        !self.is_forum && enough && article >= LEAST_ARTICLE
    }

    /// Things of one form, each little more than a link, on a page that has an article.
    fn teasers(&self, i: usize) -> Option<Part> {
        let outline = self.outline;
        let article = outline.prose[0] - outline.prose[i];
        if article < ARTICLE.max(outline.text[i]) || self.headline.is_some_and(|headline| i < headline) {
            return None;
        }
        let form = |at: usize| (outline.names[at].clone(), outline.nodes[at].class().map(|class| class.to_string()));
        let items: Vec<usize> = outline.children(i).filter(|at| outline.text[*at] > 0).collect();
        let first = items.iter().copied().find(|at| outline.nodes[*at].is_element())?;
        let alike: Vec<usize> = items.iter().copied().filter(|at| form(*at) == form(first)).collect();
        let heading_link = |at: usize| outline.holds_linked_heading(at);
        let is_teaser = |at: &usize| {
            let at = *at;
            // what has a place on this page is part of it
            outline.text[at] <= TEASER
                && !outline.holds_fragment(at)
                && (outline.links[at] > 0 || outline.names[at] == "a")
                && (heading_link(at)
                    || outline.is_linked(at, 70) && !matches!(&*outline.names[at], "li" | "tr" | "td" | "p"))
        };
        let text: usize = alike.iter().map(|at| outline.text[*at]).sum();
        let enough = alike.len() >= 3 || alike.len() == 2 && alike.iter().all(|at| heading_link(*at));
        (enough && text * 10 >= outline.text[i] * 7 && alike.iter().all(is_teaser)).then_some(Related)
    }

    /// Many short links and hardly anything else, outside the content.
    fn menu(&self, i: usize) -> Option<Part> {
        let outline = self.outline;
        let list = matches!(&*outline.names[i], "ul" | "ol" | "div" | "section" | "p");
        let (text, links) = (outline.text[i], outline.links[i]);
        let before = self.headline.is_some_and(|headline| outline.end[i] <= headline);
        let headed = outline.holds_linked_heading(i);
        let many = links >= 4 && !headed && text / links <= 25 || before && links >= 2;
        (list && !outline.inside[i] && many && outline.is_linked(i, 80) && text * 10 <= outline.text[0] * 3)
            .then_some(Navigation)
    }

    /// Labels, leads to other pages, banners and small print, by their text.
    fn line(&self, i: usize) -> Option<Part> {
        let (outline, name) = (self.outline, &*self.outline.names[i]);
        let length = outline.text[i];
        let long = length > BANNER || outline.end[i] - i > LINE_NODES;
        if length == 0 || long || matches!(name, "pre" | "code" | "td" | "th" | "dt" | "dd") {
            return None;
        }
        let text = outline.words(i, 4 * BANNER);
        let alone = !outline.is_in_prose(i);
        let line = outline.is_line(i) || outline.is_in_links(i);
        if length <= LABEL && alone && line && !outline.is_heading(i) && words::is_label(&text) {
            return Some(Navigation);
        }
        let headed = outline.holds_heading(i);
        if length <= TEASER && words::is_lead(&text) && outline.is_linked(i, 50) && alone && !headed {
            return Some(Related);
        }
        let is_block = matches!(name, "div" | "section" | "p" | "form" | "ul" | "center" | "span");
        let small = length * 100 <= outline.text[0] * LARGEST_SHARE;
        if is_block && small && !outline.inside[i] && words::is_about_cookies(&text) {
            return Some(Navigation);
        }
        let at_end = outline.text_before(i) * 100 >= outline.text[0] * 80;
        (is_block && small && at_end && !outline.inside[i] && length <= SMALL_PRINT && words::is_small_print(&text))
            .then_some(Navigation)
    }

    /// Marks what stands under a heading that says what it is: the block that it begins, or what follows up to
    /// the next heading.
    fn under_heading(&mut self, i: usize) {
        let outline = self.outline;
        let short = outline.text[i] > 0 && outline.text[i] <= 2 * LABEL && outline.end[i] - i <= LINE_NODES / 10;
        let could = outline.is_heading(i)
            || outline.is_line(i) && matches!(&*outline.names[i], "div" | "p" | "strong" | "b" | "span" | "legend");
        if !short || !could || self.headline == Some(i) {
            return;
        }
        let Some(part) = words::headed(&outline.words(i, 400)) else { return };
        let mut top = i;
        while outline.text[outline.parents[top]] == outline.text[top] && outline.parents[top] > 0 {
            top = outline.parents[top];
        }
        let block = outline.parents[top];
        let begins = outline.text_before(block) == outline.text_before(top);
        if begins && self.is_part(&[block], part, i) && !self.is_body(block) {
            self.parts[block] = Some(part);
            return;
        }
        let ends = |at: usize| {
            outline.holds_heading(at)
                && (at..outline.end[at]).any(|h| outline.is_heading(h) && outline.names[h] <= outline.names[i])
        };
        let behind = outline.children(block).skip_while(|at| *at <= top).take_while(|at| !ends(*at));
        let region: Vec<usize> = std::iter::once(top).chain(behind).collect();
        if outline.is_heading(i) && self.is_part(&region, part, i) {
            region.into_iter().for_each(|at| self.parts[at] = Some(part));
        }
    }

    fn is_body(&self, i: usize) -> bool {
        matches!(&*self.outline.names[i], "" | "html" | "body" | "main" | "article")
    }

    /// The nodes of `region`, under heading `heading`, can be this part.
    fn is_part(&self, region: &[usize], part: Part, heading: usize) -> bool {
        let outline = self.outline;
        let sum = |of: &[usize]| region.iter().map(|at| of[*at]).sum::<usize>();
        let text = sum(&outline.text).saturating_sub(outline.text[heading]);
        let (links, prose) = (sum(&outline.link_text), sum(&outline.prose));
        let small = sum(&outline.text) * 100 <= outline.text[0] * LARGEST_SHARE;
        if region.iter().any(|at| self.holds_heart(*at)) {
            return false;
        }
        match part {
            Comments => region.iter().all(|at| self.are_comments(*at)) && self.repeats(region),
            Related => small && sum(&outline.links) > 0 && links * 100 >= text * 25,
            Navigation => {
                small
                    && (links * 2 >= text
                        || prose <= LEAST_ARTICLE
                            && text <= TEASER
                            && outline.is_heading(heading)
                            && !outline.inside[heading])
            }
        }
    }

    /// Things of one form stand in it: people answer one another.
    fn repeats(&self, region: &[usize]) -> bool {
        let outline = self.outline;
        let mut forms: HashMap<(usize, &str, Option<String>), usize> = HashMap::new();
        for at in region.iter().flat_map(|at| *at..outline.end[*at]).filter(|at| outline.nodes[*at].is_element()) {
            let class = outline.nodes[at].class().map(|class| class.to_string());
            *forms.entry((outline.parents[at], &outline.names[at], class)).or_default() += 1;
        }
        forms.values().any(|count| *count > 1)
    }
}
