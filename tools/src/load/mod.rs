//! Tables out of the user's files: text with separators and JSON; workbooks and Parquet through a process
//! of their own.
//!
//! Files come from anywhere, so nothing is taken on trust that a file can say itself: its kind is told
//! from its first bytes before its name, and what could be read in two ways is decided over a whole
//! column or told. What a conversation does with a table, and where notices are shown, is not decided
//! here.

mod column;
mod csv;
mod dates;
mod figure;
mod json;
mod layout;
mod names;
mod open;
mod text;

pub use open::LoadError;
pub use text::first_lines;

use column::Survey;
use open::open_regular;
use polymath_chat::Table;
use polymath_reader::grid::{self, BYTES, Found, Grid, thousands, too_large};
use polymath_reader::{Contents, Format, Reader};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Most notices of a file, and the most characters of one.
const NOTICES: usize = 10;
const LINE: usize = 400;
/// Largest JSON that is read, in bytes: its values take ten times as much while they become cells.
const JSON_BYTES: u64 = 32 << 20;
/// A table has at most so many cells for each that is filled; a small one may have more.
const SPARSE: usize = 50;
const FEW_CELLS: usize = 20_000;

/// A file that was looked at.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The file as a table, if it is one.
    pub table: Option<Table>,
    /// What the user should know: why a table was not taken, what was left out or could be read in two
    /// ways. One line each.
    pub notices: Vec<String>,
}

/// The name by which programs and models know a file: its own, with `_` for what is no text or breaks
/// lines.
pub fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.chars().map(|c| if c.is_control() || c == '\u{fffd}' { '_' } else { c }).collect()
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Text with separators; `named` if the file's name says so.
    Text {
        named: bool,
    },
    Json {
        lines: bool,
    },
    /// A workbook or a Parquet file.
    Foreign(Format),
    /// A table in a format that is not read here.
    Other(&'static str),
    /// Nothing that is meant as a table.
    None,
}

/// Looks at a regular file, and reads it if it is a table of moderate size (2,000,000 rows, 10,000,000
/// cells, 256 MiB; 32 MiB of JSON). A file that is no table is no error, and has no notice.
///
/// # Errors
/// It is no regular file or cannot be read. A damaged table is a notice: a program may know better.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let mut file = open_regular(path)?;
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let mut start = Vec::new();
    (&mut file).take(8).read_to_end(&mut start).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let name = name_of(path);
    let kind = kind(&start, &name.to_lowercase());
    let found = match kind {
        Kind::None => return Ok(Loaded::default()),
        Kind::Text { named: false } if size > BYTES => return Ok(Loaded::default()),
        Kind::Other(what) => Err(format!("{what} are not read here; a program can")),
        _ if size > most(kind) => {
            Err(format!("it has {} bytes, and {} are the most", thousands(size), thousands(most(kind))))
        }
        kind => {
            let mut bytes = Vec::new();
            // A file that grows meanwhile is read no further.
            file.take(most(kind) + 1).read_to_end(&mut bytes).map_err(unreadable)?;
            read(&bytes, kind)
        }
    };
    Ok(loaded(found, &name, kind))
}

/// Bytes that a file of this kind may have.
fn most(kind: Kind) -> u64 {
    if matches!(kind, Kind::Json { .. }) { JSON_BYTES } else { BYTES }
}

/// A table that stands in a text, as a file of it would be read.
pub fn table_in(text: &str, name: &str) -> Option<Table> {
    let kind = Kind::Text { named: true };
    loaded(read(text.as_bytes(), kind), name, kind).table
}

/// The table of a workbook of this name: of its first sheet that has one.
pub fn table_of_book(bytes: &[u8], name: &str) -> Option<Table> {
    let kind = kind(&bytes[..bytes.len().min(8)], name);
    let is_book = matches!(kind, Kind::Foreign(_)) && bytes.len() as u64 <= BYTES;
    if is_book { loaded(read(bytes, kind), name, kind).table } else { None }
}

fn read(bytes: &[u8], kind: Kind) -> Found {
    if let Kind::Foreign(format) = kind {
        return match Reader::locate().read(format, bytes) {
            Ok(Contents::Grid(grid)) => Ok(Some(grid)),
            Ok(Contents::Document(_) | Contents::Prose(_)) => Err("its reader found no table in it".to_owned()),
            Err(error) => Err(error.to_string()),
        };
    }
    let named = kind != Kind::Text { named: false };
    let Some(decoded) = text::decode(bytes, true) else {
        return if named { Err("it is neither text nor a table in another known format".to_owned()) } else { Ok(None) };
    };
    let found = match kind {
        Kind::Json { lines } => json::read(&decoded.text, lines),
        _ => csv::read(&decoded.text, named),
    };
    let guess = decoded.guessed.then(|| {
        let encoding = decoded.encoding.name();
        format!("it is not UTF-8 and was read as {encoding}; if letters look wrong, save it as UTF-8")
    });
    found.map(|grid| grid.map(|grid| Grid { notices: guess.into_iter().chain(grid.notices).collect(), ..grid }))
}

/// Every notice with the file's name in front, as one line of moderate length; the first of them where
/// there are many.
fn loaded(found: Found, name: &str, kind: Kind) -> Loaded {
    let line = |text: String| {
        let text = format!("{name}: {text}");
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(LINE).collect()
    };
    let named = |mut notices: Vec<String>| {
        let more = notices.len().saturating_sub(NOTICES);
        if more > 1 {
            notices.truncate(NOTICES);
            notices.push(format!("and {more} more things of these kinds"));
        }
        notices.into_iter().map(line).collect()
    };
    let result = found.and_then(|grid| match grid {
        Some(grid) => table(grid, name, kind),
        None => Ok((None, Vec::new())),
    });
    match result {
        Ok((table, notices)) => Loaded { table, notices: named(notices) },
        Err(why) => {
            let text = format!("not taken as a table: {why}. Python programs still find the file");
            Loaded { table: None, notices: named(vec![text]) }
        }
    }
}

fn table(grid: Grid, name: &str, kind: Kind) -> Result<(Option<Table>, Vec<String>), String> {
    let separator = grid.separator;
    // Every row is made as wide as the widest: one line of a million commas must not make a million such lines.
    let filled: usize = grid.rows.iter().map(grid::Row::width).sum();
    let widest = grid.rows.iter().map(grid::Row::width).max().unwrap_or(0);
    if widest * grid.rows.len() > (SPARSE * filled).clamp(FEW_CELLS, grid::CELLS) {
        return Err("its rows are of too different lengths".to_owned());
    }
    let Some(layout) = layout::lay_out(grid) else {
        let empty = "it has no rows below its header".to_owned();
        return if kind == (Kind::Text { named: false }) { Ok((None, Vec::new())) } else { Err(empty) };
    };
    let (header, rows, mut notices) = (layout.header, layout.rows, layout.notices);
    if rows.len() > grid::ROWS || rows.len() * header.len() > grid::CELLS {
        return Err(too_large());
    }
    let height = rows.len();
    let mut columns: Vec<Vec<grid::Raw>> = header.iter().map(|_| Vec::with_capacity(height)).collect();
    for row in rows {
        row.into_iter().zip(&mut columns).for_each(|(cell, column)| column.push(cell));
    }
    let surveys: Vec<Survey> = columns.iter().map(|cells| Survey::new(cells)).collect();
    if let ([survey], Some(_)) = (surveys.as_slice(), separator)
        && !survey.is_of_values()
    {
        return Err("no separator (comma, semicolon, tab or |) stands in it".to_owned());
    }
    let usual = column::usual_mark(&surveys, separator);
    let mut rows: Vec<Vec<polymath_chat::Cell>> = (0..height).map(|_| Vec::with_capacity(header.len())).collect();
    for ((cells, survey), header) in columns.into_iter().zip(&surveys).zip(&header) {
        let cells = column::read(header, cells, survey, usual, &mut notices);
        cells.into_iter().zip(&mut rows).for_each(|(cell, row)| row.push(cell));
    }
    let columns = names::names(&header, &mut notices);
    Ok((Some(Table { title: name.to_owned(), columns, rows }), notices))
}

/// The kind of a file by its first bytes, and by its name (in small letters) where these don't tell.
fn kind(start: &[u8], name: &str) -> Kind {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if start.starts_with(b"PAR1") {
        return Kind::Foreign(Format::Parquet);
    }
    match (start, extension) {
        ([b'P', b'K', 3, 4, ..], "ods") => Kind::Foreign(Format::Ods),
        ([b'P', b'K', 3, 4, ..], "xlsb") => Kind::Foreign(Format::Xlsb),
        // Some workbooks are called .xls or .csv whatever they are.
        ([b'P', b'K', 3, 4, ..], "xlsx" | "xlsm" | "xltx" | "xls" | "csv" | "tsv") => Kind::Foreign(Format::Xlsx),
        ([0xd0, 0xcf, 0x11, 0xe0, ..], "xls" | "xlsx" | "xlsm" | "csv") => Kind::Foreign(Format::Xls),
        ([b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..], _) => Kind::None,
        (_, "csv" | "tsv" | "tab" | "psv" | "xls") => Kind::Text { named: true },
        (_, "" | "txt" | "dat" | "asc") => Kind::Text { named: false },
        (_, "json") => Kind::Json { lines: false },
        (_, "jsonl" | "ndjson") => Kind::Json { lines: true },
        (_, "xlsx" | "xlsm") => Kind::Foreign(Format::Xlsx),
        (_, "xlsb") => Kind::Foreign(Format::Xlsb),
        (_, "ods") => Kind::Foreign(Format::Ods),
        (_, "parquet") => Kind::Foreign(Format::Parquet),
        _ => other(name),
    }
}

/// Formats that hold tables and are left to programs.
fn other(name: &str) -> Kind {
    let known = [
        (".feather", "Feather files"),
        (".arrow", "Arrow files"),
        (".orc", "ORC files"),
        (".avro", "Avro files"),
        (".dta", "Stata files"),
        (".sav", "SPSS files"),
        (".sas7bdat", "SAS files"),
        (".numbers", "Numbers documents"),
        (".sqlite", "SQLite databases"),
        (".duckdb", "DuckDB databases"),
        (".csv.gz", "compressed tables"),
        (".tsv.gz", "compressed tables"),
        (".jsonl.gz", "compressed tables"),
        (".csv.zst", "compressed tables"),
        (".csv.bz2", "compressed tables"),
        (".csv.xz", "compressed tables"),
    ];
    known.iter().find(|(end, _)| name.ends_with(end)).map_or(Kind::None, |(_, what)| Kind::Other(what))
}
