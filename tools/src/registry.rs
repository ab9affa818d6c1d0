//! The table of tools: one row each, and what they are made from.

use crate::browser::{Browser, BrowserConfig, BrowserError, BrowserFind, BrowserOpen, BrowserSearch};
use crate::image::{Painter, Surroundings, painter};
use crate::mcp::Approve;
use crate::{Calculator, Charts, Image, Python, Sql, Tool};
use polymath_chat::ToolSpec;
use std::{collections::BTreeMap, sync::Arc};

/// What tools are made from.
#[derive(Debug, Clone)]
pub struct ToolsConfig {
    pub browser: BrowserConfig,
    pub python: polymath_sandbox::Config,
    /// What makes pictures: `sketch`, `openai[:URL][#MODEL]` or `a1111[:URL]`; empty is the first.
    pub image: String,
}

/// A row of the table: the tool's name and how to make it.
struct Row {
    name: &'static str,
    build: fn(&Parts) -> Arc<dyn Tool>,
}

/// What rows build from: settings, and what several tools share.
struct Parts {
    browser: Arc<Browser>,
    python: polymath_sandbox::Config,
    painter: Arc<dyn Painter>,
}

const TOOLS: &[Row] = &[
    Row { name: "browser_find", build: |parts| Arc::new(BrowserFind::new(parts.browser.clone())) },
    Row { name: "browser_open", build: |parts| Arc::new(BrowserOpen::new(parts.browser.clone())) },
    Row { name: "browser_search", build: |parts| Arc::new(BrowserSearch::new(parts.browser.clone())) },
    Row { name: "calculator", build: |_| Arc::new(Calculator::new()) },
    Row { name: "chart", build: |_| Arc::new(Charts::default()) },
    Row { name: "image", build: |parts| Arc::new(Image::new(parts.painter.clone())) },
    Row { name: "python", build: |parts| Arc::new(Python::new(parts.python.clone())) },
    Row { name: "sql", build: |_| Arc::new(Sql::default()) },
];

/// Why the tools can't be had: one line that says which setting is wrong.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("there is no tool `{name}`; the tools are {}", names().collect::<Vec<_>>().join(", "))]
    Unknown { name: String },
    #[error("there is a tool `{name}` already; call the function otherwise")]
    Taken { name: String },
    #[error("{0}")]
    Image(String),
    #[error(transparent)]
    Browser(#[from] BrowserError),
}

fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|row| row.name)
}

/// The tools of a run, by name; iteration is in the order of their names, so that the prompt that
/// describes them is the same in every run.
#[derive(Clone, Default)]
pub struct Registry {
    tools: BTreeMap<String, Arc<dyn Tool>>,
    /// Names of those that the user brought.
    own: Vec<String>,
    /// Who is asked where a run has nobody of its own to ask.
    asks: Option<Arc<dyn Approve>>,
}

impl Registry {
    pub fn new(tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        let tools = tools.into_iter().map(|t| (t.spec().name.clone(), t)).collect();
        Registry { tools, ..Registry::default() }
    }

    /// The same, with somebody who is asked before what could carry words away, where a run has nobody of its own.
    pub fn asking(self, asks: Arc<dyn Approve>) -> Self {
        Registry { asks: Some(asks), ..self }
    }

    /// Who that is.
    pub fn asks(&self) -> Option<Arc<dyn Approve>> {
        self.asks.clone()
    }

    /// The same with tools of the user's.
    ///
    /// # Errors
    /// One of them has the name of another tool.
    pub fn with_own(mut self, tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Result<Self, RegistryError> {
        for tool in tools {
            let name = tool.spec().name.clone();
            if self.tools.insert(name.clone(), tool).is_some() {
                return Err(RegistryError::Taken { name });
            }
            self.own.push(name);
        }
        Ok(self)
    }

    /// Those of these names, and those that the user brought.
    pub fn only(&self, names: &[String]) -> Registry {
        let wanted = |name: &String| names.contains(name) || self.own.contains(name);
        let tools = self.tools.iter().filter(|(name, _)| wanted(name));
        let tools = tools.map(|(name, tool)| (name.clone(), tool.clone())).collect();
        Registry { tools, own: self.own.clone(), asks: self.asks.clone() }
    }

    /// Those of these names and no others.
    pub fn just(&self, names: &[String]) -> Registry {
        let tools = Registry::new(names.iter().filter_map(|name| self.tools.get(name).cloned()));
        Registry { asks: self.asks.clone(), ..tools }
    }

    /// The tools that the user brought.
    pub fn own_specs(&self) -> Vec<ToolSpec> {
        self.own.iter().filter_map(|name| Some(self.tools.get(name)?.spec().clone())).collect()
    }

    /// All tools of the table, or those of the names in `only`.
    ///
    /// # Errors
    /// A name that no tool has, or a setting of the browser's that it can't be set up with.
    pub fn build(config: ToolsConfig, only: Option<&[String]>) -> Result<Self, RegistryError> {
        if let Some(name) = only.unwrap_or_default().iter().find(|name| !names().any(|known| known == *name)) {
            return Err(RegistryError::Unknown { name: name.clone() });
        }
        let painter = painter(&config.image, &Surroundings::of_process()).map_err(RegistryError::Image)?;
        let (browser, painter) = (Browser::new(config.browser)?, painter.into());
        let parts = Parts { browser, python: config.python, painter };
        let wanted = |row: &&Row| only.is_none_or(|only| only.iter().any(|name| name == row.name));
        Ok(Registry::new(TOOLS.iter().filter(wanted).map(|row| (row.build)(&parts))))
    }

    /// Names of the table's tools, whether they are wanted or not.
    pub fn rows() -> impl Iterator<Item = &'static str> {
        names()
    }

    pub fn has_row(name: &str) -> bool {
        names().any(|row| row == name)
    }

    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.get(name)
    }

    /// Makes all tools ready ahead of their first calls.
    pub async fn warm(&self) {
        for tool in self.tools.values() {
            tool.warm().await;
        }
    }

    /// Ends a session in all tools.
    pub async fn end(&self, session: &str) {
        for tool in self.tools.values() {
            tool.end(session).await;
        }
    }

    pub fn specs(&self) -> Vec<ToolSpec> {
        self.tools.values().map(|t| t.spec().clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::browser::SearchSpec;

    fn config(home: &std::path::Path) -> ToolsConfig {
        ToolsConfig {
            browser: BrowserConfig::new(SearchSpec::auto(), home),
            python: polymath_sandbox::Config::locate(home),
            image: String::new(),
        }
    }

    #[test]
    fn every_row_makes_the_tool_of_its_name() {
        let home = tempfile::tempdir().unwrap();
        let all = Registry::build(config(home.path()), None).unwrap();
        let made: Vec<String> = all.specs().into_iter().map(|spec| spec.name).collect();
        assert_eq!(made, names().collect::<Vec<_>>());
    }

    #[test]
    fn only_what_was_asked_for_is_made() {
        let home = tempfile::tempdir().unwrap();
        let build = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(|n| (*n).to_owned()).collect();
            Registry::build(config(home.path()), Some(&only)).map(|r| r.specs().len()).map_err(|e| e.to_string())
        };
        assert_eq!(build(&["sql", "calculator"]), Ok(2));
        assert_eq!(build(&[]), Ok(0));
        let error = build(&["sql", "sqk"]).unwrap_err();
        assert!(error.starts_with("there is no tool `sqk`; the tools are browser_find, "), "{error}");
    }
}
