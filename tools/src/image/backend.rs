//! The table of what makes pictures: one row each. Which one is used is the user's to say, in the environment.

use super::painter::Painter;
use super::{a1111, openai, sketch::Sketch};

/// What backends are made with: keys, which are in the environment and nowhere else.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// `POLYMATH_IMAGE_KEY`.
    pub key: Option<String>,
    /// `OPENAI_API_KEY`: for OpenAI's own server alone.
    pub openai_key: Option<String>,
}

impl Surroundings {
    /// The process's environment.
    pub fn of_process() -> Surroundings {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Surroundings { key: set("POLYMATH_IMAGE_KEY"), openai_key: set("OPENAI_API_KEY") }
    }
}

/// Makes a backend of its argument.
type Build = fn(&str, &Surroundings) -> Result<Box<dyn Painter>, String>;

struct Row {
    name: &'static str,
    build: Build,
}

const BACKENDS: &[Row] = &[
    Row { name: "sketch", build: |_, _| Ok(Box::new(Sketch::default())) },
    Row { name: "openai", build: openai::build },
    Row { name: "a1111", build: a1111::build },
];

/// The backend that a setting names: `sketch`, `openai[:URL][#MODEL]` or `a1111[:URL]`; the first where it is empty.
///
/// # Errors
/// There is no such backend, its address is none, or it needs a key.
pub fn painter(setting: &str, around: &Surroundings) -> Result<Box<dyn Painter>, String> {
    let setting = setting.trim();
    let end = setting.find([':', '#']).unwrap_or(setting.len());
    let (name, argument) = (&setting[..end], setting[end..].strip_prefix(':').unwrap_or(&setting[end..]));
    let name = if name.is_empty() { BACKENDS[0].name } else { name };
    let row = BACKENDS.iter().find(|row| row.name == name).ok_or_else(|| {
        let names: Vec<&str> = BACKENDS.iter().map(|row| row.name).collect();
        format!("there is no image backend `{name}`; there are {}", names.join(", "))
    })?;
    (row.build)(argument, around)
}
