//! Tables in text: cells between separators, with or without quotation marks.

use csv::{Reader, ReaderBuilder, StringRecord};
use polymath_reader::grid::{CELLS, Found, Grid, ROWS, Raw, Row, SLACK, too_large};
use std::collections::BTreeMap;

const SEPARATORS: [u8; 4] = [b'\t', b';', b'|', b','];
/// Rows that the separator is told from.
const SAMPLE: usize = 200;

/// The rows of `text`. `named` says that the file's name promises a table; any other text has to look
/// like one in every line.
pub fn read(text: &str, named: bool) -> Found {
    let (hint, text) = separator_hint(text);
    if text.trim().is_empty() {
        return if named { Err("it is empty".to_owned()) } else { Ok(None) };
    }
    if is_markup(text) {
        let why = "it is HTML or XML and no table; save it as CSV or as a workbook".to_owned();
        return if named { Err(why) } else { Ok(None) };
    }
    let mut separator = hint.or_else(|| most_even(text, true));
    let (quoting, mut notices) = (!has_open_quote(text, separator.unwrap_or(b',')), Vec::new());
    if !quoting {
        notices.push("a quotation mark in it is never closed: quotation marks were read as letters".to_owned());
        separator = hint.or_else(|| most_even(text, false));
    }
    let separator = match separator {
        Some(separator) if named || is_even(text, separator, quoting) => separator,
        // A column of its own has none.
        None if named => b',',
        _ => return Ok(None),
    };
    let mut grid = Grid { separator: Some(separator), notices, ..Grid::default() };
    let (mut cells, mut lines) = (0, Lines { text, at: 0, line: 1 });
    let (mut reader, mut record) = (reader(text, separator, quoting), StringRecord::new());
    // Text that is UTF-8 with rows of any length has no error.
    while reader.read_record(&mut record).unwrap_or(false) {
        let (line, gap) = lines.begin(record.position().map_or(0, |at| at.byte() as usize));
        if gap {
            grid.rows.push(Row { line: line - 1, cells: Vec::new() });
        }
        let row = Row { line, cells: record.iter().map(Raw::written).collect() };
        cells += row.cells.len();
        grid.rows.push(row);
        if grid.rows.len() > ROWS + SLACK || cells > CELLS {
            return Err(too_large());
        }
    }
    Ok(Some(grid))
}

fn reader(text: &str, separator: u8, quoting: bool) -> Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(separator).quoting(quoting).flexible(true).has_headers(false);
    builder.from_reader(text.as_bytes())
}

fn records(text: &str, separator: u8, quoting: bool) -> impl Iterator<Item = StringRecord> + '_ {
    reader(text, separator, quoting).into_records().filter_map(Result::ok)
}

/// Counts lines, which the reader does not where they are empty.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the record that the reader began to look for at byte `from`, and whether an empty
    /// line is before it.
    fn begin(&mut self, from: usize) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let empty = bytes[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        // The second half of the line end behind the record before
        let half = usize::from(from > 0 && bytes[from - 1] == b'\r' && bytes.get(from) == Some(&b'\n'));
        let gap = line_ends(&bytes[from + half..from + empty]) > 0 && from > 0;
        self.line += line_ends(&bytes[self.at..from + empty]);
        self.at = from + empty;
        (self.line, gap)
    }
}

fn line_ends(bytes: &[u8]) -> usize {
    let ends = bytes.iter().enumerate().filter(|(at, b)| match b {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count()
}

fn is_markup(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(9).collect::<String>().to_lowercase();
    ["<!doctype", "<html", "<head", "<body", "<table", "<?xml"].iter().any(|tag| start.starts_with(tag))
}

/// `sep=;` in the first line, which Excel writes and reads; and the text behind it.
fn separator_hint(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim().trim_matches('"').to_ascii_lowercase();
    // Trimmed, a tab is gone.
    match first.strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) => (Some(*separator), rest),
        Some([]) => (Some(b'\t'), rest),
        _ => (None, text),
    }
}

/// A quotation mark that swallows the rest of the text: lines in the last cell of all, and no quotation
/// mark behind them.
fn has_open_quote(text: &str, separator: u8) -> bool {
    let swallows = |record: StringRecord| record.iter().next_back().is_some_and(|cell| cell.contains('\n'));
    text.contains('"') && !text.trim_end().ends_with('"') && records(text, separator, true).last().is_some_and(swallows)
}

/// The separator that cuts most of the rows into the same number of cells.
fn most_even(text: &str, quoting: bool) -> Option<u8> {
    let scored = SEPARATORS.iter().filter_map(|s| Some((score(text, *s, quoting)?, *s)));
    scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, separator)| separator)
}

fn score(text: &str, separator: u8, quoting: bool) -> Option<f64> {
    let widths: Vec<usize> = records(text, separator, quoting).take(SAMPLE).map(|r| r.len()).collect();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    widths.iter().for_each(|width| *counts.entry(*width).or_default() += 1);
    let (usual, count) = counts.into_iter().filter(|(width, _)| *width > 1).max_by_key(|(_, count)| *count)?;
    let mut score = count as f64 / widths.len() as f64;
    // Commas stand in numbers and sentences as well.
    if separator == b',' {
        score *= 0.85;
    }
    // A table's first line is its header more often than not.
    if widths.first() != Some(&usual) {
        score *= 0.8;
    }
    Some(score)
}

/// Whether every row has the same number of cells, three rows at least.
fn is_even(text: &str, separator: u8, quoting: bool) -> bool {
    let widths: Vec<usize> = records(text, separator, quoting).map(|r| r.len()).collect();
    let enough = if separator == b',' { 3 } else { 2 };
    widths.len() >= 3 && widths[0] >= enough && widths.iter().all(|width| *width == widths[0])
}
