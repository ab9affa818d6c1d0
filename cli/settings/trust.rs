//! `polymath trust DIR`: shows what a folder asks for and lets it, as it is now.

use super::brought::{DOT, Found};
use super::file::{self, NAME};
use super::folder;
use super::trusted::Trusted;
use anyhow::{Context, bail};
use polymath_chat::plain::escaped;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A file of the folder's that needs trust.
struct Ask {
    path: PathBuf,
    text: String,
    /// What it asks for, a line each.
    lines: Vec<String>,
}

/// Shows what the folder asks for and lets it. Where there is somebody to ask, they are asked.
///
/// # Errors
/// There is nothing of that kind, a file cannot be read or is wrong, or the answer was no.
pub fn trust(home: &Path, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(NAME);
    let settings = file::text(&path)?;
    let mut found = Found::at(&folder.join(DOT));
    if settings.is_none() && found.functions.is_empty() && found.skills.is_empty() {
        let brought = folder.join(DOT);
        bail!("there is neither {} nor a function or skill in {}: nothing to trust", path.display(), brought.display());
    }
    let mut asks = Vec::new();
    if let Some(text) = settings {
        let lines = folder::asked(home, &path, &text)?;
        asks.extend((!lines.is_empty()).then_some(Ask { path: path.clone(), text, lines }));
    }
    asks.extend(found.functions.into_iter().map(|piece| {
        let lines = vec![format!("tools of these functions: {}", functions_in(&piece.text))];
        Ask { path: piece.path, text: piece.text, lines }
    }));
    for piece in found.skills {
        match piece.skill() {
            Ok(skill) => {
                let size = skill.instructions.chars().count();
                let lines = vec![
                    format!("{size} characters of instructions, which the model will follow; read them first"),
                    format!("for requests of this kind: {}", skill.description),
                ];
                asks.push(Ask { path: piece.path, text: piece.text, lines });
            }
            Err(why) => found.unreadable.push(format!("{}: {why}", piece.path.display())),
        }
    }
    found.unreadable.iter().for_each(|why| eprintln!("note: left out: {}", escaped(why)));
    if asks.is_empty() {
        eprintln!("{} asks for nothing that needs trust", folder.display());
        return Ok(());
    }
    for Ask { path, lines, .. } in &asks {
        eprintln!("{} asks for:", escaped(&path.display().to_string()));
        lines.iter().for_each(|line| eprintln!("  {}", escaped(line)));
    }
    if !is_let()? {
        bail!("{} is not trusted", folder.display());
    }
    let mut trusted = Trusted::read(home);
    for Ask { path, text, .. } in &asks {
        let canonical = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        trusted.add(canonical, text);
    }
    trusted.keep(home)?;
    eprintln!("trusted, each file until it changes");
    Ok(())
}

/// What the user says, where there is one.
fn is_let() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(true);
    }
    eprint!("Let it? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The names of the functions that a file defines for others, as its text says: nothing is run for that.
fn functions_in(text: &str) -> String {
    let defined = text.lines().filter_map(|line| line.strip_prefix("def ")?.split('(').next());
    let names: Vec<&str> = defined.map(str::trim).filter(|name| !name.starts_with('_')).collect();
    if names.is_empty() { "none that stands there plainly".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_by_what_stands_there() {
        let text = "import os\ndef rate(x: int) -> int:\n    def inner(): ...\ndef _own(): ...\ndef  other (y):\n";
        assert_eq!(functions_in(text), "rate, other");
        assert_eq!(functions_in("exec('…')"), "none that stands there plainly");
    }
}
