//! What a page's own style sheets and `style` attributes say, as far as it can hide text.
//!
//! Parsed with `cssparser`, matched with dom_query's selectors, cascaded by importance, specificity and
//! order. Sheets that lie elsewhere are not fetched.

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, StyleSheetParser,
};
use dom_query::{Document, Matcher, NodeId, NodeRef};
use std::collections::HashMap;

/// A property and its value, lower case.
pub type Declaration = (String, String);

/// Properties that can hide text, or show it again.
const PROPERTIES: &[&str] = &[
    "background",
    "background-color",
    "background-image",
    "bottom",
    "clip",
    "clip-path",
    "color",
    "content-visibility",
    "display",
    "filter",
    "font",
    "font-size",
    "height",
    "left",
    "margin-left",
    "margin-top",
    "max-height",
    "max-width",
    "opacity",
    "overflow",
    "overflow-x",
    "overflow-y",
    "position",
    "right",
    "text-indent",
    "top",
    "transform",
    "visibility",
    "width",
];
/// Nodes looked at for declarations, at most: a page may have many of both.
const MOST_MATCHES: usize = 20_000_000;
/// Groups of rules in groups; what is deeper is left out, for each is a call in a call.
const DEEPEST: usize = 8;
/// Selectors that are longer (bytes), or have more brackets, are left out: `:not(:not(…))` is a call in a call too.
const LONGEST_SELECTOR: usize = 400;
const MOST_BRACKETS: usize = 8;

struct Rule {
    selector: String,
    declarations: Vec<(Declaration, bool)>,
}

/// By element, the declarations that hold, weakest first; and whether the page's looks are decided by sheets
/// that are not in it as well.
pub struct Styles {
    rules: HashMap<NodeId, Vec<Declaration>>,
    strong: HashMap<NodeId, Vec<Declaration>>,
    pub elsewhere: bool,
}

impl Styles {
    /// Of a tree of `nodes` nodes.
    pub fn of(document: &Document, nodes: usize) -> Self {
        let mut rules = Vec::new();
        for sheet in document.select("style").nodes() {
            rules.extend(sheet_rules(&sheet.text()));
        }
        let mut left = MOST_MATCHES / nodes.max(1);
        let mut fits = |rule: &Rule| {
            left = left.saturating_sub(rule.declarations.len());
            left > 0
        };
        let most = rules.iter().map_while(|rule| fits(rule).then_some(())).count();
        rules.truncate(most);
        rules.sort_by_key(|rule| specificity(&rule.selector)); // stable: later ones stay behind
        let mut styles = Styles {
            rules: HashMap::new(),
            strong: HashMap::new(),
            elsewhere: document.select_single("link[rel~='stylesheet']").exists(),
        };
        for rule in rules {
            let Ok(matcher) = Matcher::new(&rule.selector) else { continue };
            for node in document.select_matcher(&matcher).nodes() {
                for (declaration, important) in &rule.declarations {
                    let kept = if *important { &mut styles.strong } else { &mut styles.rules };
                    kept.entry(node.id).or_default().push(declaration.clone());
                }
            }
        }
        styles
    }

    /// What holds for an element: the value of each property.
    pub fn at(&self, node: &NodeRef) -> HashMap<String, String> {
        let inline = node.attr("style").map(|style| declarations(&style)).unwrap_or_default();
        let (strong, weak): (Vec<_>, Vec<_>) = inline.into_iter().partition(|(_, important)| *important);
        let of = |map: &HashMap<NodeId, Vec<Declaration>>| map.get(&node.id).cloned().unwrap_or_default();
        let plain = |list: Vec<(Declaration, bool)>| list.into_iter().map(|(declaration, _)| declaration);
        of(&self.rules).into_iter().chain(plain(weak)).chain(of(&self.strong)).chain(plain(strong)).collect()
    }
}

/// The declarations of a block that matter here, and whether each is important.
fn declarations(block: &str) -> Vec<(Declaration, bool)> {
    RuleBodyParser::new(&mut Parser::new(block), &mut Block).flatten().filter(|(d, _)| is_told(d)).collect()
}

fn sheet_rules(sheet: &str) -> Vec<Rule> {
    StyleSheetParser::new(&mut Parser::new(sheet), &mut Sheet { depth: 0 }).flatten().flatten().collect()
}

/// Ids, then classes and attributes, then elements (CSS Selectors 3, section 9), of the whole list.
fn specificity(selector: &str) -> (usize, usize, usize) {
    let count = |marks: &[char]| selector.matches(marks).count();
    let elements = selector.split([' ', '>', '+', '~', ',']).filter(|s| s.starts_with(char::is_alphabetic)).count();
    (count(&['#']), count(&['.', '[', ':']), elements)
}

/// Rules for screens of an ordinary size hold: neither those for paper nor those for telephones.
fn holds(media: &str) -> bool {
    let media = media.to_lowercase();
    !["print", "speech", "max-width", "prefers-", "not screen", "not all"].iter().any(|word| media.contains(word))
}

/// What stands in `input` up to its end, as it is written.
fn rest<'i>(input: &mut Parser<'i>) -> &'i str {
    let start = input.position();
    while input.next_including_whitespace_and_comments().is_ok() {}
    input.slice_from(start)
}

/// Reads a style sheet's rules, those in groups included.
struct Sheet {
    depth: usize,
}

impl<'i> AtRuleParser<'i> for Sheet {
    type Prelude = ();
    type AtRule = Vec<Rule>;
    type Error = ();

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Result<(), ParseError<()>> {
        let is_group = ["media", "supports", "layer"].contains(&&*name.to_lowercase());
        if is_group && self.depth < DEEPEST && holds(rest(input)) {
            Ok(())
        } else {
            Err(ParseError::unexpected_token())
        }
    }

    fn parse_block(&mut self, (): (), _: &ParserState, input: &mut Parser<'i>) -> Result<Vec<Rule>, ParseError<()>> {
        let mut inner = Sheet { depth: self.depth + 1 };
        Ok(StyleSheetParser::new(input, &mut inner).flatten().flatten().collect())
    }
}

impl<'i> QualifiedRuleParser<'i> for Sheet {
    type Prelude = &'i str;
    type QualifiedRule = Vec<Rule>;
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<&'i str, ParseError<()>> {
        Ok(rest(input))
    }

    fn parse_block(
        &mut self,
        selector: &'i str,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<Vec<Rule>, ParseError<()>> {
        // Of one property the last word holds.
        let mut told: HashMap<(String, bool), String> = HashMap::new();
        for ((name, value), important) in RuleBodyParser::new(input, &mut Block).flatten().filter(|(d, _)| is_told(d)) {
            told.insert((name, important), value);
        }
        let declarations = told.into_iter().map(|((name, important), value)| ((name, value), important)).collect();
        let rule = Rule { selector: selector.trim().to_owned(), declarations };
        Ok(if rule.declarations.is_empty() || !is_plain(&rule.selector) { Vec::new() } else { vec![rule] })
    }
}

/// Reads a rule's declarations; rules nested in it are left out.
struct Block;

impl<'i> DeclarationParser<'i> for Block {
    type Declaration = (Declaration, bool);
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<(Declaration, bool), ParseError<()>> {
        let value = rest(input).trim().to_lowercase();
        let (value, important) = match value.strip_suffix("important") {
            Some(value) => (value.trim_end().trim_end_matches('!').trim_end().to_owned(), true),
            None => (value, false),
        };
        Ok(((name.to_lowercase(), value), important))
    }
}

impl<'i> AtRuleParser<'i> for Block {
    type Prelude = ();
    type AtRule = (Declaration, bool);
    type Error = ();
}

impl<'i> QualifiedRuleParser<'i> for Block {
    type Prelude = ();
    type QualifiedRule = (Declaration, bool);
    type Error = ();
}

impl RuleBodyItemParser<'_, (Declaration, bool), ()> for Block {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

fn is_plain(selector: &str) -> bool {
    selector.len() <= LONGEST_SELECTOR && selector.matches(['(', '[']).count() <= MOST_BRACKETS
}

fn is_told((name, _): &Declaration) -> bool {
    PROPERTIES.contains(&name.as_str())
}
