//! What the folder one works in brings along in `.polymath`: files of functions, and skills, of which the user
//! may have own ones as well.
//!
//! Like its `polymath.toml` they may be somebody else's. The sandbox is no reason to run its functions, and a model
//! obeys what a skill says: only what the user has let (`polymath trust`) is taken, each file as it was then.

use super::trusted::Trusted;
use polymath_agent::{Skill, SkillError};
use polymath_chat::plain::escaped;
use polymath_tools::functions::{LONGEST, Source};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The folder's folder.
pub const DOT: &str = ".polymath";
/// Files of functions that a folder may bring, and skills.
const MOST: usize = 64;
/// Bytes of a skill, at most.
const LONGEST_SKILL: u64 = 64 << 10;
/// Names that are told in a line.
const TOLD: usize = 4;

/// What is taken of the folder one works in.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// Files whose functions are tools.
    pub functions: Vec<Source>,
    /// The folder's, then the user's own of other names.
    pub skills: Vec<Skill>,
}

impl Brought {
    /// What the current folder brings and the user has let. The rest is told, once a process, with what to do.
    pub fn here(home: &Path) -> Brought {
        let dot = Path::new(DOT);
        let own = own(home);
        let is_own = own.as_ref().is_some_and(|own| is_same(own, dot));
        let mut found = Found::at(dot);
        let trusted = Trusted::read(home);
        let is_trusted =
            |piece: &Piece| is_own || piece.path.canonicalize().is_ok_and(|path| trusted.has(&path, &piece.text));
        let (functions, mut left): (Vec<Piece>, Vec<Piece>) = found.functions.into_iter().partition(is_trusted);
        let (mut skills, unknown): (Vec<Piece>, Vec<Piece>) = found.skills.into_iter().partition(is_trusted);
        left.extend(unknown);
        if let Some(own) = own.filter(|_| !is_own) {
            let more = Found::at(&own);
            skills.extend(more.skills);
            found.unreadable.extend(more.unreadable);
        }
        let mut brought = Brought::default();
        for piece in skills {
            match piece.skill() {
                // The folder's is nearer.
                Ok(skill) if brought.skills.iter().any(|known| known.name == skill.name) => {}
                Ok(skill) => brought.skills.push(skill),
                Err(why) => found.unreadable.push(format!("{}: {why}", piece.path.display())),
            }
        }
        brought.functions = functions.into_iter().map(|piece| Source::new(piece.path, &piece.text)).collect();
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            found.unreadable.iter().for_each(|why| eprintln!("note: left out: {}", escaped(why)));
            if !left.is_empty() {
                let names = named(&left);
                eprintln!("note: left out, not trusted: {names}; `polymath trust .` shows what that is and lets it");
            }
        });
        brought
    }
}

/// The user's own `.polymath`: that of the home directory, or `POLYMATH_HOME` where it is set.
fn own(home: &Path) -> Option<PathBuf> {
    match std::env::var_os("POLYMATH_HOME") {
        Some(_) => Some(home.to_owned()),
        None => directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(DOT)),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
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

impl Piece {
    /// The skill that it is.
    ///
    /// # Errors
    /// It is none.
    pub fn skill(&self) -> Result<Skill, SkillError> {
        let folder = self.path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        Skill::read(&folder, &self.path.display().to_string(), &self.text)
    }
}

/// What there is in a folder's `.polymath`, trusted or not.
#[derive(Default)]
pub struct Found {
    /// `functions/*.py`, by name. What begins with `_` or `.` is for other files of theirs.
    pub functions: Vec<Piece>,
    /// `skills/NAME/SKILL.md`, by name.
    pub skills: Vec<Piece>,
    /// What cannot be taken, and why, a line each.
    pub unreadable: Vec<String>,
}

impl Found {
    /// What a folder brings in its `.polymath`, which is `dot`. That there is nothing is no error, nor is what
    /// cannot be read.
    pub fn at(dot: &Path) -> Found {
        let mut found = Found::default();
        let functions = entries(&dot.join("functions"));
        let functions = functions.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "py"));
        found.functions = found.read(&dot.join("functions"), functions.collect(), LONGEST);
        let skills = entries(&dot.join("skills")).into_iter().map(|folder| folder.join("SKILL.md"));
        // A link in the skill's own place leads as far away as one in the file's.
        let is_there = |path: &PathBuf| {
            let folder = path.parent().and_then(|folder| std::fs::symlink_metadata(folder).ok());
            folder.is_some_and(|about| about.is_dir()) && std::fs::symlink_metadata(path).is_ok()
        };
        found.skills = found.read(&dot.join("skills"), skills.filter(is_there).collect(), LONGEST_SKILL);
        found
    }

    fn read(&mut self, folder: &Path, mut paths: Vec<PathBuf>, longest: u64) -> Vec<Piece> {
        if paths.len() > MOST {
            let why = format!("{} has {}, and the first {MOST} are taken", folder.display(), paths.len());
            self.unreadable.push(why);
            paths.truncate(MOST);
        }
        let mut pieces = Vec::new();
        for path in paths {
            match read(&path, longest) {
                Ok(text) => pieces.push(Piece { path, text }),
                Err(why) => self.unreadable.push(format!("{}: {why}", path.display())),
            }
        }
        pieces
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
fn read(path: &Path, longest: u64) -> Result<String, String> {
    let about = std::fs::symlink_metadata(path).map_err(|e| e.to_string())?;
    if !about.is_file() || about.len() > longest {
        return Err(format!("it is no file of at most {longest} bytes (links are not followed)"));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(longest).read_to_string(&mut text).map_err(|e| e.to_string())?;
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
        let found = Found::at(&folder.path().join(DOT));
        let texts: Vec<&str> = found.functions.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["a.py", "b.py"]);
        let left: Vec<bool> =
            ["bytes.py", "link.py", "z.py"].map(|n| found.unreadable.iter().any(|l| l.contains(n))).into();
        assert_eq!(left, [true, cfg!(unix), true], "{:?}", found.unreadable);
        assert!(Found::at(&folder.path().join("nowhere")).functions.is_empty());
    }

    #[test]
    fn skills_are_found_in_their_folders_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let skills = folder.path().join("skills");
        let text = |name: &str| format!("---\nname: {name}\ndescription: d\n---\nDo.");
        for name in ["b", "a", ".hidden", "wrong"] {
            std::fs::create_dir_all(skills.join(name)).unwrap();
            let said = if name == "wrong" { "other" } else { name };
            std::fs::write(skills.join(name).join("SKILL.md"), text(said)).unwrap();
        }
        std::fs::create_dir_all(skills.join("empty")).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(skills.join("a"), skills.join("linked")).unwrap();
            std::fs::create_dir_all(skills.join("leads")).unwrap();
            std::os::unix::fs::symlink(skills.join("a/SKILL.md"), skills.join("leads/SKILL.md")).unwrap();
        }
        let found = Found::at(folder.path());
        let read: Vec<Option<String>> = found.skills.iter().map(|piece| piece.skill().ok().map(|s| s.name)).collect();
        assert_eq!(read, [Some("a".into()), Some("b".into()), None]);
        assert_eq!(
            found.unreadable.iter().filter(|why| why.contains("leads/SKILL.md")).count(),
            usize::from(cfg!(unix))
        );
    }

    #[test]
    fn a_flood_of_files_is_cut_and_told_in_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let functions = folder.path().join(DOT).join("functions");
        std::fs::create_dir_all(&functions).unwrap();
        (0..MOST + 6).for_each(|n| std::fs::write(functions.join(format!("f{n}.py")), "").unwrap());
        let found = Found::at(&folder.path().join(DOT));
        assert_eq!((found.functions.len(), found.unreadable.len()), (MOST, 1));
        assert!(named(&found.functions).ends_with(&format!(" and {} more", MOST - TOLD)));
    }
}
