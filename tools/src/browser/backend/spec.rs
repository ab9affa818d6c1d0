//! `--search` as people write it: `auto`, or backends with commas between them.

use super::kiwix;
use super::service::Surroundings;
use super::table::{Argument, BACKENDS};
use std::str::FromStr;

/// Which backends to ask, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSpec {
    /// Name and what stood behind the colon (empty when nothing did).
    parts: Vec<(String, String)>,
}

/// Why a `--search` value was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchSpecError {
    #[error("no search backend given; use auto, {}", known())]
    Empty,
    #[error("unknown search backend {0:?}; use auto, {known}", known = known())]
    Unknown(String),
    #[error("search backend {name} needs {what}: write {name}:{what}")]
    Needs { name: &'static str, what: &'static str },
    #[error("search backend {name} takes nothing behind it, but got {got:?}")]
    TakesNothing { name: &'static str, got: String },
}

/// `local:NAME_OR_FOLDER, searxng:URL, brave, …`
fn known() -> String {
    let rows = BACKENDS.iter().map(|row| match row.argument {
        Argument::None => row.name.to_owned(),
        Argument::Optional(what) => format!("{}[:{what}]", row.name),
        Argument::Required(what) => format!("{}:{what}", row.name),
    });
    rows.collect::<Vec<_>>().join(", ")
}

impl SearchSpec {
    /// # Errors
    /// One line that says what is wrong and what could be written instead.
    pub fn parse(text: &str) -> Result<Self, SearchSpecError> {
        let parts: Vec<&str> = text.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
        if parts.is_empty() {
            return Err(SearchSpecError::Empty);
        }
        let parts = parts.into_iter().map(parse_one).collect::<Result<_, _>>()?;
        Ok(SearchSpec { parts })
    }

    pub fn auto() -> Self {
        SearchSpec { parts: vec![("auto".into(), String::new())] }
    }

    /// Hosts whose pages may be opened wherever they are, since the user named them: `host:port` each.
    pub fn own_hosts(&self) -> Vec<String> {
        let servers = self.parts.iter().filter(|(name, _)| name == kiwix::NAME);
        let host = |(_, address): &(String, String)| {
            let url = url::Url::parse(address).ok()?;
            Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
        };
        servers.filter_map(host).collect()
    }

    /// Whether the backends are polymath's to choose.
    pub(super) fn is_auto(&self) -> bool {
        self.parts.iter().any(|(name, _)| name == "auto")
    }

    /// The backends meant, `auto` replaced by what there is: the configured SearXNG, those that the
    /// user has keys for, and those that need none.
    pub(super) fn resolve(&self, around: &Surroundings) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for part in &self.parts {
            if part.0 != "auto" {
                all.push(part.clone());
                continue;
            }
            if let Some(url) = &around.searxng {
                all.push(("searxng".into(), url.clone()));
            }
            let there = BACKENDS.iter().filter(|row| row.auto || around.keys.contains_key(row.name));
            all.extend(there.map(|row| (row.name.to_owned(), String::new())));
        }
        all
    }
}

impl FromStr for SearchSpec {
    type Err = SearchSpecError;

    fn from_str(text: &str) -> Result<Self, SearchSpecError> {
        SearchSpec::parse(text)
    }
}

fn parse_one(text: &str) -> Result<(String, String), SearchSpecError> {
    let (name, argument) = text.split_once(':').unwrap_or((text, ""));
    let lower = name.trim().to_lowercase();
    let argument = argument.trim();
    if lower == "auto" && argument.is_empty() {
        return Ok((lower, String::new()));
    }
    let row = BACKENDS.iter().find(|row| row.name == lower);
    let row = row.ok_or_else(|| SearchSpecError::Unknown(name.to_owned()))?;
    match row.argument {
        Argument::Required(what) if argument.is_empty() => Err(SearchSpecError::Needs { name: row.name, what }),
        Argument::None if !argument.is_empty() => {
            Err(SearchSpecError::TakesNothing { name: row.name, got: argument.to_owned() })
        }
        _ => Ok((lower, argument.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[(&str, &str)]) {
        let got = SearchSpec::parse(text).unwrap();
        let want: Vec<_> = want.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(got.parts, want, "{text}");
    }

    #[test]
    fn what_people_write() {
        check("auto", &[("auto", "")]);
        check("local:examples/pages", &[("local", "examples/pages")]);
        check("searxng:http://127.0.0.1:8888", &[("searxng", "http://127.0.0.1:8888")]);
        check(" DuckDuckGo , wikipedia:zh,brave", &[("duckduckgo", ""), ("wikipedia", "zh"), ("brave", "")]);
        check("wikipedia", &[("wikipedia", "")]);
    }

    #[test]
    fn errors_say_what_to_write() {
        let message = |text: &str| SearchSpec::parse(text).unwrap_err().to_string();
        assert!(
            message("").starts_with(
                "no search backend given; use auto, local:NAME_OR_FOLDER, zim:FILE, kiwix:URL, searxng:URL"
            )
        );
        assert!(message("gogle").contains("unknown search backend \"gogle\""));
        assert_eq!(message("local"), "search backend local needs NAME_OR_FOLDER: write local:NAME_OR_FOLDER");
        assert_eq!(message("brave:key"), "search backend brave takes nothing behind it, but got \"key\"");
        assert!(message("auto:x").contains("unknown"));
    }
}
