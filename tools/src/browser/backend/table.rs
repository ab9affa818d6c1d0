//! The table of search backends: one row each.

use super::service::{SearchBackend, Surroundings};
use super::{brave, duckduckgo, local, searxng, wikipedia};

type Build = fn(&str, &Surroundings) -> Result<Box<dyn SearchBackend>, String>;

/// A row of the table: the name before the colon, what may stand behind it, how to make one.
pub struct Row {
    pub name: &'static str,
    pub argument: Argument,
    pub build: Build,
}

pub enum Argument {
    None,
    Optional(&'static str),
    Required(&'static str),
}

pub const BACKENDS: &[Row] = &[
    Row { name: "local", argument: Argument::Required("NAME_OR_FOLDER"), build: local::build },
    Row { name: "searxng", argument: Argument::Required("URL"), build: searxng::build },
    Row { name: "brave", argument: Argument::None, build: brave::build },
    Row { name: "duckduckgo", argument: Argument::None, build: duckduckgo::build },
    Row { name: "wikipedia", argument: Argument::Optional("LANG"), build: wikipedia::build },
];
