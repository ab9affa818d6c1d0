//! `./polymath.toml`: what a folder may choose.
//!
//! A folder may be somebody else's: cloned, unpacked, shared. Its file chooses only what can do no harm;
//! the rest counts once the user has said `polymath trust DIR`, and only for the file as it was then.

use super::file::{self, File, NAME};
use super::trusted::Trusted;
use anyhow::Context;
use polymath_chat::plain::escaped;
use polymath_model::store::catalog;
use std::path::Path;
use std::sync::Once;
use toml::{Table, Value};

/// Whether any folder may choose this. What is not named here is not harmless, new settings included.
fn is_harmless(key: &str, value: &Value, own: &File) -> bool {
    match key {
        "mode" | "temperature" | "seed" => true,
        // A path or an address would run or reach what the folder's author made.
        "model" => value.as_str().is_some_and(|name| catalog().iter().any(|m| m.name.eq_ignore_ascii_case(name))),
        // An argument is an address that would get the questions, or a folder that would be read.
        "search" => value.as_str().is_some_and(|spec| spec.split(',').all(is_public_search)),
        // All of them are there without a choice, so that a choice takes away.
        "tools" => own.tools.is_none(),
        _ => false,
    }
}

fn is_public_search(part: &str) -> bool {
    let (name, argument) = part.trim().split_once(':').unwrap_or((part.trim(), ""));
    argument.is_empty() || (name == "wikipedia" && argument.chars().all(|c| c.is_ascii_alphabetic() || c == '-'))
}

/// A file's settings without those that a folder may not choose, and the names and values of these.
fn split(table: Table, own: &File) -> (Table, Vec<String>) {
    let (kept, refused): (Table, Table) = table.into_iter().partition(|(key, value)| is_harmless(key, value, own));
    let mut asked = Vec::new();
    for (key, value) in &refused {
        match value {
            Value::Table(inner) => asked.extend(inner.iter().map(|(name, value)| format!("{key}.{name} = {value}"))),
            value => asked.push(format!("{key} = {value}")),
        }
    }
    (kept, asked)
}

/// What the current folder's file may set. The rest is told, once a process, with the hint.
///
/// # Errors
/// The file is none, or names what there is not.
pub fn settings(home: &Path, own: &File) -> anyhow::Result<File> {
    let path = Path::new(NAME);
    let Some(text) = file::text(path)? else { return Ok(File::default()) };
    let whole = file::parse(path, &text)?;
    let here = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let own_file = || file::own_paths(home).iter().any(|own| own.canonicalize().is_ok_and(|own| own == here));
    if own_file() || Trusted::read(home).has(&here, &text) {
        return Ok(whole);
    }
    let (kept, asked) = split(toml::from_str(&text)?, own);
    if !asked.is_empty() {
        static TOLD: Once = Once::new();
        let names: Vec<&str> = asked.iter().filter_map(|line| line.split(' ').next()).collect();
        TOLD.call_once(|| {
            eprintln!("note: left out of ./{NAME}, which is not trusted: {}", escaped(&names.join(", ")));
            eprintln!("hint: polymath trust . shows what it asks for and lets it");
        });
    }
    Ok(kept.try_into()?)
}

/// What the text of a folder's file asks for beyond what any folder may choose: names and values, a line each.
///
/// # Errors
/// The text is no settings file, or the user's own is wrong.
pub fn asked(home: &Path, path: &Path, text: &str) -> anyhow::Result<Vec<String>> {
    file::parse(path, text)?;
    Ok(split(toml::from_str(text)?, &file::of_the_user(home)?).1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What an untrusted file's line comes to: kept or not.
    #[track_caller]
    fn check(line: &str, kept: bool) {
        let (left, asked) = split(toml::from_str(line).unwrap(), &File::default());
        assert_eq!((left.is_empty(), asked.is_empty()), (!kept, kept), "{line}");
    }

    #[test]
    fn only_what_is_harmless_is_kept() {
        let name = &catalog()[0].name;
        for line in [&format!("model = '{name}'"), "mode = 'guided'", "seed = 3", "search = 'duckduckgo, wikipedia:de'"]
        {
            check(line, true);
        }
        check("tools = 'calculator'", true);
        for line in [
            "model = 'http://192.0.2.1/v1#m'",
            "model = './model.gguf'",
            "model = 'hf:a/b/c.gguf'",
            "search = 'searxng:http://192.0.2.1'",
            "search = 'local:/'",
            "search = 'wikipedia, local:.'",
            "search = 'wikipedia:x.example/'",
            "deadline = '9h'",
            "max_steps = 9",
            "context = 999999",
            "rpc = ['192.0.2.1:1']",
            "approve = 'auto'",
            "browser.allow = ['127.0.0.1:80']",
            "browser.searxng = 'http://192.0.2.1'",
            "python.memory_mib = 99999",
            "mcp.helper.command = 'sh'",
            "mcp.helper.url = 'http://192.0.2.1/mcp'",
            "invented = 1",
        ] {
            check(line, false);
        }
    }

    #[test]
    fn tools_that_the_user_took_away_stay_away() {
        let own = File { tools: Some("calculator".into()), ..File::default() };
        assert!(!is_harmless("tools", &Value::String("all".into()), &own));
    }
}
