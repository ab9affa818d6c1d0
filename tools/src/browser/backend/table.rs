//! The table of search backends: one row each.

use super::service::{SearchBackend, Surroundings};
use super::{
    arxiv, brave, duckduckgo, duckduckgo_js, kagi, kiwix, local, pubmed, searxng, stackexchange, wikidata, wikipedia,
    zim,
};

type Build = fn(&str, &Surroundings) -> Result<Box<dyn SearchBackend>, String>;

/// A row of the table: the name before the colon, what may stand behind it, how to make one.
pub struct Row {
    pub name: &'static str,
    pub argument: Argument,
    /// The environment variable with the key that it needs; one with a key is part of `auto`.
    pub key: Option<&'static str>,
    /// Whether `auto` asks it without a key.
    pub auto: bool,
    pub build: Build,
}

pub enum Argument {
    None,
    Optional(&'static str),
    Required(&'static str),
}

use Argument::{None as Nothing, Optional, Required};

/// In the order in which `auto` asks them.
#[rustfmt::skip]
pub const BACKENDS: &[Row] = &[
    Row { name: "local", argument: Required("NAME_OR_FOLDER"), key: None, auto: false, build: local::build },
    Row { name: "zim", argument: Required("FILE"), key: None, auto: false, build: zim::build },
    Row { name: kiwix::NAME, argument: Required("URL"), key: None, auto: false, build: kiwix::build },
    Row { name: "searxng", argument: Required("URL"), key: None, auto: false, build: searxng::build },
    Row { name: "brave", argument: Nothing, key: Some("BRAVE_API_KEY"), auto: false, build: brave::build },
    Row { name: "kagi", argument: Nothing, key: Some("KAGI_API_KEY"), auto: false, build: kagi::build },
    Row { name: "duckduckgo", argument: Nothing, key: None, auto: true, build: duckduckgo::build },
    Row { name: duckduckgo_js::NAME, argument: Nothing, key: None, auto: true, build: duckduckgo_js::build },
    Row { name: "wikipedia", argument: Optional("LANG"), key: None, auto: true, build: wikipedia::build },
    Row { name: "wikidata", argument: Nothing, key: None, auto: false, build: wikidata::build },
    Row { name: "arxiv", argument: Nothing, key: None, auto: false, build: arxiv::build },
    Row { name: "pubmed", argument: Nothing, key: None, auto: false, build: pubmed::build },
    Row { name: stackexchange::NAME, argument: Optional("SITE"), key: None, auto: false, build: stackexchange::build },
];
