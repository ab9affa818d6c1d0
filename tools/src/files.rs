//! The files that tools leave for people: their names, and that none is written over.

use polymath_chat::Artifact;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Longest name that is made, in characters.
const NAME: usize = 60;
/// Longest name made of a description's first words.
const WORDS: usize = 40;

/// A new file; an older one of that name is left alone and this one numbered.
pub fn write_new(folder: &Path, stem: &str, extension: &str, bytes: &[u8]) -> io::Result<Artifact> {
    for number in 1.. {
        let mut name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
        if !extension.is_empty() {
            name = format!("{name}.{extension}");
        }
        let path: PathBuf = folder.join(&name);
        match File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                let mime = mime_guess::from_path(&path).first_or_octet_stream().to_string();
                return Ok(Artifact { name, mime, path, bytes: bytes.len() as u64 });
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A file name out of a title or a path: letters of any script, digits, and single separators.
pub fn clean(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let keep = c.is_alphanumeric() || matches!(c, '_' | '.');
        match if keep { c } else { '-' } {
            '-' if name.is_empty() || name.ends_with('-') => {}
            '.' if name.is_empty() || name.ends_with('.') => {}
            c => name.push(c),
        }
    }
    let count = name.chars().count();
    // The end of a long name is kept, where a file's extension is.
    let name: String = if text.contains('/') || count <= NAME {
        name.chars().skip(count.saturating_sub(NAME)).collect()
    } else {
        name.chars().take(NAME).collect()
    };
    name.trim_matches(['-', '.']).to_owned()
}

/// A file name that tells a picture: the description's first words, `picture` where it has none.
pub fn first_words(text: &str) -> String {
    let mut name = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        if name.chars().count() + word.chars().count() > WORDS {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word.to_lowercase());
    }
    if name.is_empty() { "picture".into() } else { name }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(clean(text), want);
    }

    #[test]
    fn names_are_safe_and_readable() {
        check("Scale AI: post-money valuation ($)", "Scale-AI-post-money-valuation");
        check("../../etc/passwd", "etc-passwd");
        check("收入 2024", "收入-2024");
        check("a/b/data.csv", "a-b-data.csv");
        check(".hidden", "hidden");
        check("…", "");
    }
}
