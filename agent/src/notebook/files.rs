//! Files that the user gives to a conversation: programs find them, read-only, in their working
//! directory, and models are told what is in them. A table of moderate size is a typed table of the
//! conversation from the start, so that no model has to write the code that loads it.

use super::Chat;
use super::stack::stacked;
use crate::evidence::clip;
use anyhow::{Context, bail};
use polymath_chat::plain::escaped;
use polymath_tools::UserFile;
use polymath_tools::load::{first_lines, load, name_of};
use std::path::{Path, PathBuf};

/// What a model reads of a file that is text.
const LINES: usize = 4;
const LINE: usize = 160;

impl Chat {
    /// Takes in a file that was not given before. Returns what the user should know about the reading:
    /// why a table was not taken as one, what in it was left out.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or has the name of another one.
    pub fn give(&mut self, path: &Path) -> anyhow::Result<Vec<String>> {
        let full = path.canonicalize().with_context(|| format!("cannot read the file {}", path.display()))?;
        // Under the name that the user wrote, though it may be a link.
        let path = match (full.parent(), path.file_name()) {
            (Some(folder), Some(name)) if folder.join(name).exists() => folder.join(name),
            _ => full.clone(),
        };
        if self.files.contains(&path) {
            return Ok(Vec::new());
        }
        if full.is_dir() {
            bail!("{} is not a file; folders can be searched: --search local:FOLDER", path.display());
        }
        let name = name_of(&path);
        if name.starts_with('.') || self.files.iter().any(|other| name_of(other) == name) {
            bail!("a program cannot have two files named {name}, nor one whose name begins with a dot: rename it");
        }
        let loaded = load(&path)?;
        let own = path.file_name().unwrap_or_default().as_encoded_bytes();
        let renamed = (own != name.as_bytes()).then(|| {
            let own = escaped(&path.file_name().unwrap_or_default().to_string_lossy());
            format!("{own} is called {name} here: its own name has line breaks, or is no text")
        });
        self.targets = self.user_files().into_iter().map(|file| file.path).collect();
        self.targets.push(full);
        self.files.push(path);
        if let Some(table) = loaded.table {
            self.tables.push(table);
            self.tables.extend(stacked(self));
        }
        Ok(renamed.into_iter().chain(loaded.notices).collect())
    }

    /// The files, each where it was when it was given. Of sessions that did not keep that: where it is.
    pub fn user_files(&self) -> Vec<UserFile> {
        let target = |at: usize, path: &PathBuf| match self.targets.get(at) {
            Some(target) => target.clone(),
            None => path.canonicalize().unwrap_or_else(|_| path.clone()),
        };
        self.files
            .iter()
            .enumerate()
            .map(|(at, file)| UserFile { name: name_of(file), path: target(at, file) })
            .collect()
    }
}

/// What a model has to know of the files: names, sizes, first lines. Empty without files.
pub fn describe(files: &[PathBuf]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut text = "Files of the user's, in the working directory of python:\n".to_owned();
    for path in files {
        let bytes = path.metadata().map_or(0, |m| m.len());
        text.push_str(&format!("- {} ({bytes} bytes)\n", name_of(path)));
        for line in first_lines(path, LINES) {
            text.push_str(&format!("    {}\n", clip(&line, LINE)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Cell;
    use std::fs;

    #[test]
    fn a_small_table_is_typed_and_any_file_is_described() {
        let folder = tempfile::tempdir().unwrap();
        let sales = folder.path().join("sales.csv");
        fs::write(&sales, "\u{feff}Month;Sales (USD m);Note\n2024-01;4.5;\"a; b\"\n2024-02;;c\n").unwrap();
        let picture = folder.path().join("p.bin");
        fs::write(&picture, [0xff, 0xfe, 0]).unwrap();
        let mut chat = Chat::new("c");
        for file in [&sales, &picture, &sales] {
            assert!(chat.give(file).unwrap().is_empty());
        }
        assert_eq!((chat.files.len(), chat.tables.len()), (2, 1));
        let table = &chat.tables[0];
        assert_eq!(table.columns, ["Month", "Sales", "Note"]);
        assert_eq!((table.rows[0][1].number, table.rows[0][0].date.as_deref()), (Some(4.5e6), Some("2024-01")));
        assert_eq!(table.rows[1][1], Cell::missing());
        let told = describe(&chat.files);
        assert!(told.contains("- sales.csv (") && told.contains("\n    2024-01;4.5;") && told.contains("- p.bin (3"));
        assert_eq!(describe(&[]), "");
    }

    #[test]
    fn what_is_no_file_or_has_the_name_of_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        let (one, two) = (folder.path().join("a.txt"), folder.path().join("sub/a.txt"));
        fs::write(&one, "1").unwrap();
        fs::write(&two, "2").unwrap();
        let mut chat = Chat::new("c");
        chat.give(&one).unwrap();
        assert!(chat.give(&two).unwrap_err().to_string().contains("two files named a.txt"));
        assert!(chat.give(&folder.path().join("sub")).unwrap_err().to_string().contains("not a file"));
        assert!(format!("{:#}", chat.give(&folder.path().join("none")).unwrap_err()).contains("cannot read"));
        assert_eq!(chat.files.len(), 1);
    }

    #[test]
    fn what_the_user_should_know_is_returned_and_models_read_any_encoding() {
        let folder = tempfile::tempdir().unwrap();
        let (latin, damaged) = (folder.path().join("l.csv"), folder.path().join("d.parquet"));
        fs::write(&latin, b"Stadt;Preis\nK\xf6ln;1.234,50\nM\xfcnchen;2.500\n").unwrap();
        fs::write(&damaged, "PAR1").unwrap();
        let mut chat = Chat::new("c");
        assert!(chat.give(&latin).unwrap()[0].contains("it is not UTF-8"));
        let told = chat.give(&damaged).unwrap();
        assert!(told[0].starts_with("d.parquet: not taken as a table: ") && told[0].contains("still find the file"));
        assert_eq!((chat.files.len(), chat.tables.len()), (2, 1));
        assert_eq!(chat.tables[0].rows[1][1].number, Some(2500.0));
        assert!(describe(&chat.files).contains("\n    Köln;1.234,50\n"));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_or_have_line_breaks_work() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let mut chat = Chat::new("c");
        for (name, want) in [(&b"a\nb\x1b.txt"[..], "a_b_.txt"), (b"\xff.txt", "_.txt")] {
            let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
            fs::write(&path, "x").unwrap();
            let told = chat.give(&path).unwrap();
            assert!(
                told[0].contains(&format!("is called {want} here")) && !told[0].contains(['\n', '\x1b']),
                "{told:?}"
            );
            let given = chat.user_files().pop().unwrap();
            assert_eq!((given.name.as_str(), given.path), (want, path.canonicalize().unwrap()));
        }
        assert_eq!(describe(&chat.files).lines().count(), 5);
        let back: Chat = serde_json::from_str(&serde_json::to_string(&chat).unwrap()).unwrap();
        assert_eq!((back.files, back.targets), (chat.files, chat.targets));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_where_it_led_when_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let (real, secret, link) =
            (folder.path().join("real.txt"), folder.path().join("secret.txt"), folder.path().join("latest.txt"));
        fs::write(&real, "r").unwrap();
        fs::write(&secret, "s").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut chat = Chat::new("c");
        chat.give(&link).unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        let given = chat.user_files().pop().unwrap();
        assert_eq!((given.name.as_str(), given.path), ("latest.txt", real.canonicalize().unwrap()));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("p.csv");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut chat = Chat::new("c");
        assert!(chat.give(&pipe).unwrap_err().to_string().contains("not a file but a named pipe"));
        assert!(chat.files.is_empty());
    }
}
