//! What a session ran, so that its variables can be rebuilt after its interpreter was lost: every
//! cell with its tables, written down before it runs, and how it ended. In memory, and in a file
//! where the sandbox has a folder for them, so that a session outlives the program.
//!
//! One JSON object a line: first the session's seed, then `cell` and `done` in turn. A cell without
//! its `done` was cut off by the program's end.

use polymath_chat::Table;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs::{DirBuilder, File, TryLockError},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Longest journal, in bytes: what is longer is not run again.
const LONGEST: u64 = 64 << 20;

/// One run of code and what went into it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cell {
    pub code: String,
    /// Tables that were not there before in just this form.
    #[serde(default)]
    pub tables: Vec<(String, Table)>,
    /// Names of the user's files that it had; nothing is known of cells of earlier versions, which get all.
    #[serde(default)]
    pub files: Option<Vec<String>>,
    /// How long it was allowed to take, in seconds; 0 for cells of earlier versions.
    #[serde(default)]
    pub limit: f64,
    /// When it began, in seconds of Unix time; 0 for cells of earlier versions.
    #[serde(default)]
    pub at: f64,
    /// Which of the session's cells it is, from 1.
    #[serde(skip)]
    pub number: usize,
}

/// A cell that is not run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    number: usize,
    /// Its first line.
    line: String,
    why: &'static str,
}

/// Cells left out that are named, the latest ones; of more, only how many.
const NAMED: usize = 4;
/// Characters of a cell's first line that are shown.
const LINE: usize = 50;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Seed(u64),
    Cell(Cell),
    Done { ok: bool },
}

/// The journal of one session.
#[derive(Debug)]
pub struct Journal {
    /// What random numbers begin with, in the first interpreter and in each that is rebuilt.
    pub seed: u64,
    cells: Vec<Cell>,
    /// Tables as they were last given.
    given: HashMap<String, Table>,
    file: Option<File>,
    written: u64,
    /// The cell that is running.
    open: Option<Cell>,
    /// Cells so far, whatever became of them.
    count: usize,
    left: Vec<Left>,
}

/// The file of a session's journal.
pub fn path(folder: &Path, session: &str) -> PathBuf {
    let name: String = Sha256::digest(session.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    folder.join(format!("{name}.jsonl"))
}

impl Journal {
    /// A journal without a file.
    pub fn in_memory() -> Self {
        let seed = rand::random();
        let (cells, left) = (Vec::new(), Vec::new());
        Journal { seed, cells, given: HashMap::new(), file: None, written: 0, open: None, count: 0, left }
    }

    /// The session's journal of before, or a new one, held by this process alone.
    ///
    /// # Errors
    /// The file cannot be written, or another process holds it (`WouldBlock`).
    pub fn open(folder: &Path, session: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut options = File::options();
        // Programs and their data are their user's alone; a link there is nobody's journal.
        options.create(true).read(true).append(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        let file = options.open(path(folder, session))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(e)) => return Err(e),
        }
        let mut journal = Journal::in_memory();
        journal.written = file.metadata()?.len();
        let mut whole = journal.written;
        if journal.written <= LONGEST {
            whole = journal.read(&file);
        }
        if whole < journal.written {
            // The last line was cut off.
            file.set_len(whole)?;
        }
        let fresh = whole == 0;
        journal.file = Some(file);
        if fresh {
            journal.write(&Line::Seed(journal.seed));
        }
        Ok(journal)
    }

    /// Takes in what the file says; returns the length of its whole lines.
    fn read(&mut self, file: &File) -> u64 {
        let mut reader = BufReader::new(file);
        let (mut whole, mut line) = (0, String::new());
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(n) if n > 0 && line.ends_with('\n') => {}
                _ => {
                    // The program ended while this one ran.
                    self.leave_out_open("was cut off by the program's end");
                    return whole;
                }
            }
            match serde_json::from_str(&line) {
                Ok(Line::Seed(seed)) => self.seed = seed,
                Ok(Line::Cell(cell)) => {
                    self.leave_out_open("was cut off by the program's end");
                    self.note_tables(&cell.tables);
                    self.count += 1;
                    self.open = Some(Cell { number: self.count, ..cell });
                }
                Ok(Line::Done { ok }) => self.close(ok),
                Err(_) => return whole,
            }
            whole += line.len() as u64;
        }
    }

    /// Writes down a cell that is about to run, of its tables those that are new; returns which of the session's it is.
    pub fn begin(&mut self, mut cell: Cell) -> usize {
        self.leave_out_open("was given up");
        cell.tables.retain(|(name, table)| self.given.get(name) != Some(table));
        self.count += 1;
        cell.number = self.count;
        self.note_tables(&cell.tables);
        self.write(&Line::Cell(cell.clone()));
        self.open = Some(cell);
        self.count
    }

    /// Writes down how it ended. Only a cell that went well is run again.
    pub fn end(&mut self, ok: bool) {
        self.write(&Line::Done { ok });
        self.close(ok);
    }

    fn close(&mut self, ok: bool) {
        match self.open.take() {
            Some(cell) if ok => self.cells.push(cell),
            Some(cell) => self.leave_out(&cell, "failed"),
            None => {}
        }
    }

    fn leave_out(&mut self, cell: &Cell, why: &'static str) {
        let first = cell.code.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let mut line: String = first.chars().take(LINE).collect();
        if line.len() < first.len() {
            line.push('…');
        }
        self.left.push(Left { number: cell.number, line, why });
    }

    fn leave_out_open(&mut self, why: &'static str) {
        if let Some(cell) = self.open.take() {
            self.leave_out(&cell, why);
        }
    }

    /// Which cells are not run again, and why; nothing where all are.
    pub fn left_out(&self) -> Option<String> {
        let more = self.left.len().saturating_sub(NAMED);
        let one = |left: &Left| format!("cell {} (`{}`) {}", left.number, left.line, left.why);
        let named: Vec<String> = self.left[more..].iter().map(one).collect();
        let before = if more > 0 { format!("{more} earlier ones and ") } else { String::new() };
        (!named.is_empty()).then(|| format!("left out, so that what they set is gone: {before}{}", named.join(", ")))
    }

    fn note_tables(&mut self, tables: &[(String, Table)]) {
        self.given.extend(tables.iter().cloned());
    }

    /// Where a cell's random bytes come from.
    pub fn entropy(&self, cell: usize) -> u64 {
        // An odd number with no pattern, so that cells' differ in all bits (Knuth's, for 64 bits).
        self.seed.wrapping_add((cell as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The cells to run again, oldest first; none of a journal that grew too long.
    pub fn cells(&self) -> &[Cell] {
        if self.is_too_long() { &[] } else { &self.cells }
    }

    /// Whether it grew so long that nothing of it is run again.
    pub fn is_too_long(&self) -> bool {
        self.written > LONGEST
    }

    /// Whether there is anything to rebuild, or was before the journal grew too long.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.left.is_empty() && self.written <= LONGEST
    }

    /// Forgets a cell that is not run again or did not go well this time, and why; `index` counts in `cells`.
    pub fn forget(&mut self, index: usize, why: &'static str) {
        let cell = self.cells.remove(index);
        self.leave_out(&cell, why);
    }

    /// A full disk must not stop the work: the journal then ends here.
    fn write(&mut self, line: &Line) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        self.written += text.len() as u64;
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(text.as_bytes())
        {
            tracing::warn!("the journal of a Python session cannot be kept: {error}");
            self.file = None;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn begin(journal: &mut Journal, code: &str) -> usize {
        journal.begin(Cell { code: code.into(), ..Cell::default() })
    }

    fn codes(journal: &Journal) -> Vec<&str> {
        journal.cells().iter().map(|cell| cell.code.as_str()).collect()
    }

    #[test]
    fn what_went_well_is_read_back_and_a_cut_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path(), "a/b").unwrap();
        let seed = journal.seed;
        for (code, ok) in [("x = 1", true), ("1/0", false), ("y = 2", true)] {
            begin(&mut journal, code);
            journal.end(ok);
        }
        begin(&mut journal, "cut off");
        assert_eq!(codes(&journal), ["x = 1", "y = 2"]);
        let held = Journal::open(folder.path(), "a/b").unwrap_err();
        assert_eq!(held.kind(), io::ErrorKind::WouldBlock);
        drop(journal);
        let file = path(folder.path(), "a/b");
        File::options().append(true).open(&file).unwrap().write_all(b"{\"done\":{\"ok\":tr").unwrap();
        let mut journal = Journal::open(folder.path(), "a/b").unwrap();
        assert_eq!((codes(&journal), journal.seed), (vec!["x = 1", "y = 2"], seed));
        begin(&mut journal, "z = 3");
        journal.end(true);
        drop(journal);
        assert_eq!(codes(&Journal::open(folder.path(), "a/b").unwrap()), ["x = 1", "y = 2", "z = 3"]);
    }

    #[test]
    fn cells_that_are_not_run_again_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path(), "s").unwrap();
        for (code, ok) in [("x = 1", true), ("\nx = 2; 1/0", false), ("y = 2", true)] {
            begin(&mut journal, code);
            journal.end(ok);
        }
        let failed = "cell 2 (`x = 2; 1/0`) failed";
        assert!(journal.left_out().unwrap().ends_with(failed));
        assert_eq!(begin(&mut journal, "z = 3"), 4);
        drop(journal);
        let mut journal = Journal::open(folder.path(), "s").unwrap();
        let cut = "cell 4 (`z = 3`) was cut off by the program's end";
        assert!(journal.left_out().unwrap().ends_with(&format!("{failed}, {cut}")));
        journal.forget(0, "did not work this time");
        assert!(journal.left_out().unwrap().ends_with("cell 1 (`x = 1`) did not work this time"));
        for _ in 0..3 {
            begin(&mut journal, "1/0");
            journal.end(false);
        }
        assert!(journal.left_out().unwrap().contains("2 earlier ones and cell 1"));
        assert_eq!(Journal::in_memory().left_out(), None);
    }

    #[test]
    fn a_table_is_kept_once_while_it_stays_the_same() {
        let mut journal = Journal::in_memory();
        let table = |title: &str| ("df".to_owned(), Table { title: title.into(), columns: vec![], rows: vec![] });
        for title in ["a", "a", "b"] {
            journal.begin(Cell { code: "df".into(), tables: vec![table(title)], ..Cell::default() });
            journal.end(true);
        }
        let given: Vec<usize> = journal.cells().iter().map(|cell| cell.tables.len()).collect();
        assert_eq!(given, [1, 0, 1]);
    }
    /// Lines of earlier versions tell how long a cell took, and neither its files nor its limit.
    #[test]
    fn journals_of_earlier_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let lines = "{\"seed\":7}\n{\"cell\":{\"code\":\"x = 1\",\"tables\":[],\"seconds\":0.0}}\n{\"done\":{\"ok\":true,\"seconds\":0.5}}\n";
        std::fs::write(path(folder.path(), "s"), lines).unwrap();
        let journal = Journal::open(folder.path(), "s").unwrap();
        assert_eq!((codes(&journal), journal.seed, &journal.cells()[0].files), (vec!["x = 1"], 7, &None));
    }
}
