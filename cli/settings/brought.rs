//! What the folder one works in brings along in `.polymath`: files of functions.
//!
//! Like its `polymath.toml` they may be somebody else's, and the sandbox is no reason to run them or to tell the
//! model of them: only what the user has let (`polymath trust`) is taken, each file as it was then.

use super::trusted::Trusted;
use polymath_chat::plain::escaped;
use polymath_tools::functions::{LONGEST, Source};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The folder's folder.
pub const DOT: &str = ".polymath";
/// Files of functions that a folder may bring.
const MOST: usize = 64;
/// Names that are told in a line.
const TOLD: usize = 4;

/// What is taken of the folder one works in.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// Files whose functions are tools.
    pub functions: Vec<Source>,
}

impl Brought {
    /// What the current folder brings and the user has let. The rest is told, once a process, with what to do.
    pub fn here(home: &Path) -> Brought {
        let found = Found::below(Path::new(""));
        let trusted = Trusted::read(home);
        let is_trusted = |piece: &Piece| piece.path.canonicalize().is_ok_and(|path| trusted.has(&path, &piece.text));
        let (kept, left): (Vec<Piece>, Vec<Piece>) = found.functions.into_iter().partition(is_trusted);
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            found.unreadable.iter().for_each(|why| eprintln!("note: left out: {}", escaped(why)));
            if !left.is_empty() {
                let names = named(&left);
                eprintln!("note: left out, not trusted: {names}; `polymath trust .` shows what that is and lets it");
            }
        });
        Brought { functions: kept.into_iter().map(|piece| Source::new(piece.path, &piece.text)).collect() }
    }
}

/// The first few names, and how many more there are.
fn named(pieces: &[Piece]) -> String {
    let names: Vec<String> = pieces.iter().take(TOLD).map(|piece| escaped(&piece.path.display().to_string())).collect();
    match pieces.len().saturating_sub(TOLD) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A file that a folder brings, read once: what is shown, hashed and run is the same text.
pub struct Piece {
    pub path: PathBuf,
    pub text: String,
}

/// What there is in a folder's `.polymath`, trusted or not.
#[derive(Default)]
pub struct Found {
    /// `functions/*.py`, by name. What begins with `_` or `.` is for other files of theirs.
    pub functions: Vec<Piece>,
    /// What cannot be taken, and why, a line each.
    pub unreadable: Vec<String>,
}

impl Found {
    /// What `folder` brings. That there is nothing is no error, nor is what cannot be read.
    pub fn below(folder: &Path) -> Found {
        let mut found = Found::default();
        let paths = entries(&folder.join(DOT).join("functions"));
        let paths = paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "py"));
        for path in found.at_most(paths.collect(), folder) {
            match read(&path) {
                Ok(text) => found.functions.push(Piece { path, text }),
                Err(why) => found.unreadable.push(format!("{}: {why}", path.display())),
            }
        }
        found
    }

    fn at_most(&mut self, mut paths: Vec<PathBuf>, folder: &Path) -> Vec<PathBuf> {
        if paths.len() > MOST {
            let dot = folder.join(DOT);
            self.unreadable.push(format!("{} has {} such files, and {MOST} is the most", dot.display(), paths.len()));
            paths.truncate(MOST);
        }
        paths
    }
}

/// What a folder has under names that begin with a letter or a digit, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(char::is_alphanumeric)).collect();
    names.sort();
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// A file's text. A link would lead to what the folder's author wants read, a pipe would be waited for.
fn read(path: &Path) -> Result<String, String> {
    let about = std::fs::symlink_metadata(path).map_err(|e| e.to_string())?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(format!("it is no file of at most {LONGEST} bytes (links are not followed)"));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(LONGEST).read_to_string(&mut text).map_err(|e| e.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_of_functions_are_found_by_their_names_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let functions = folder.path().join(DOT).join("functions");
        std::fs::create_dir_all(functions.join("z.py")).unwrap();
        for name in ["b.py", "a.py", "_helpers.py", ".hidden.py", "notes.txt"] {
            std::fs::write(functions.join(name), name).unwrap();
        }
        std::fs::write(functions.join("bytes.py"), [0xff, 0xfe]).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", functions.join("link.py")).unwrap();
        let found = Found::below(folder.path());
        let texts: Vec<&str> = found.functions.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["a.py", "b.py"]);
        let left: Vec<bool> =
            ["bytes.py", "link.py", "z.py"].map(|n| found.unreadable.iter().any(|l| l.contains(n))).into();
        assert_eq!(left, [true, cfg!(unix), true], "{:?}", found.unreadable);
        assert!(Found::below(&folder.path().join("nowhere")).functions.is_empty());
    }

    #[test]
    fn a_flood_of_files_is_cut_and_told_in_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let functions = folder.path().join(DOT).join("functions");
        std::fs::create_dir_all(&functions).unwrap();
        (0..MOST + 6).for_each(|n| std::fs::write(functions.join(format!("f{n}.py")), "").unwrap());
        let found = Found::below(folder.path());
        assert_eq!((found.functions.len(), found.unreadable.len()), (MOST, 1));
        assert!(named(&found.functions).ends_with(&format!(" and {} more", MOST - TOLD)));
    }
}
