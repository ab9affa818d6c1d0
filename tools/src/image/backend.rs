//! The table of what makes pictures: one row each. Which one is used is the user's to say, in the environment.

use super::painter::{Painter, Surroundings};
use super::{a1111, openai, sketch::Sketch};

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
