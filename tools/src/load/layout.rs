//! Where in a file's rows the table is: notes above it, its header, its rows, notes below it.

use super::dates;
use super::figure::figure;
use polymath_reader::grid::{Grid, Raw, Row, SLACK};
use std::collections::BTreeMap;

/// The parts of a table, all rows of one width.
pub struct Layout {
    /// As the file has them; empty where the file has none.
    pub header: Vec<String>,
    pub rows: Vec<Vec<Raw>>,
    pub notices: Vec<String>,
}

/// Finds the table in a file's rows; `None` if there are no rows or no columns.
pub fn lay_out(grid: Grid) -> Option<Layout> {
    let Grid { header, mut rows, mut notices, separator } = grid;
    let header = match header {
        Some(names) => names,
        None => {
            let skipped = take_notes(&mut rows, &mut notices);
            take_header(&mut rows, skipped, &mut notices)?
        }
    };
    rows.retain(|row| row.filled() > 0);
    if separator.is_some() {
        tell_short(header.len(), &rows, &mut notices);
    }
    let (header, rows) = even(header, rows, &mut notices);
    (!rows.is_empty() && !header.is_empty()).then_some(Layout { header, rows, notices })
}

/// The number of cells that most rows have.
fn usual_width(rows: &[Row]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    rows.iter().map(Row::width).filter(|w| *w > 0).for_each(|width| *counts.entry(width).or_default() += 1);
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

/// Takes away what stands above the header and, behind an empty row, below the last row. Says whether
/// anything stood above.
fn take_notes(rows: &mut Vec<Row>, notices: &mut Vec<String>) -> bool {
    let usual = usual_width(rows);
    if usual >= 3 {
        take_footer(rows, notices);
    }
    let above = header_at(rows, usual);
    let lines: Vec<String> = rows.drain(..above).filter(|row| row.filled() > 0).map(|row| quoted(&row)).collect();
    if !lines.is_empty() {
        notices.push(format!("left out above the table: {}", lines.join(", ")));
    }
    !lines.is_empty()
}

/// The first row that fills the table's width, or nearly so, and is no note.
fn header_at(rows: &[Row], usual: usize) -> usize {
    let enough = if usual <= 2 { usual } else { usual / 2 + 1 };
    let Some(found) = rows.iter().take(SLACK).position(|row| row.filled() >= enough) else { return 0 };
    if let Some(behind) = header_behind_gap(rows, found, enough) {
        return behind;
    }
    // A header that names only some of its columns stands right above the first row of data.
    match found.checked_sub(1) {
        Some(before) if names(&rows[before]) && is_data(&rows[found], &rows[found + 1..]) => before,
        _ => found,
    }
}

/// Names without a value among them.
fn names(row: &Row) -> bool {
    row.filled() >= 2 && row.cells.iter().all(|c| c.is_empty() || !is_value(c))
}

/// Notes can be as wide as a narrow table (`Made by, J. Miller`). Then an empty row parts them from
/// names, with values below.
fn header_behind_gap(rows: &[Row], found: usize, enough: usize) -> Option<usize> {
    let end = rows.len().min(SLACK);
    let gap = (found + 1..end).find(|at| rows[*at].filled() == 0)?;
    let behind = (gap..end).find(|at| rows[*at].filled() > 0)?;
    let longer = rows.len() - behind > gap - found;
    let is_header = rows[behind].filled() >= enough && names(&rows[behind]);
    let values = rows.get(behind + 1).is_some_and(|row| row.cells.iter().any(is_value));
    (longer && is_header && values).then_some(behind)
}

fn take_footer(rows: &mut Vec<Row>, notices: &mut Vec<String>) {
    while rows.last().is_some_and(|row| row.filled() == 0) {
        rows.pop();
    }
    let Some(at) = rows.iter().rposition(|row| row.filled() == 0).map(|at| at + 1) else { return };
    if at > 1 && rows[at..].iter().all(|row| row.filled() <= 1 && row.width() <= 1) {
        let lines: Vec<String> = rows.drain(at..).map(|row| quoted(&row)).collect();
        notices.push(format!("left out below the table: {}", lines.join(", ")));
    }
}

fn quoted(row: &Row) -> String {
    let text: Vec<&str> = row.cells.iter().filter(|c| !c.is_empty()).map(|c| c.text.as_str()).collect();
    let text = text.join(" ");
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("\"{short}…\"") } else { format!("\"{short}\"") }
}

fn is_value(raw: &Raw) -> bool {
    !raw.is_empty()
        && (figure(&raw.text).is_some() || dates::written(&raw.text).is_some() || dates::iso(&raw.text).is_some())
}

/// The first row as header, unless it is data itself.
fn take_header(rows: &mut Vec<Row>, skipped: bool, notices: &mut Vec<String>) -> Option<Vec<String>> {
    let first = rows.first()?;
    if !skipped && is_data(first, &rows[1..]) {
        notices.push(
            "its first row is data and no header: columns have the names \"column 1\", \"column 2\", …".to_owned(),
        );
        return Some(vec![String::new(); usual_width(rows)]);
    }
    let mut first = rows.remove(0);
    first.cells.truncate(first.width());
    Some(first.cells.into_iter().map(|cell| cell.text.into()).collect())
}

/// A first row with values where the other rows have values, that is not a header of years or numbers
/// in steps (`Country, 2019, 2020`).
fn is_data(first: &Row, others: &[Row]) -> bool {
    let sample = &others[..others.len().min(SLACK)];
    let column_is = |at: usize, test: &dyn Fn(&Raw) -> bool| {
        let cells: Vec<&Raw> = sample.iter().filter_map(|row| row.cells.get(at)).filter(|c| !c.is_empty()).collect();
        !cells.is_empty() && cells.iter().filter(|c| test(c)).count() * 5 >= cells.len() * 4
    };
    let (mut data, mut numbers) = (0, Vec::new());
    for (at, cell) in first.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let in_values = column_is(at, &is_value);
        match is_value(cell) {
            false if in_values => return false,
            // `honey 2022 [kg]` above `28,6`.
            true if in_values && is_worded(cell) && !column_is(at, &is_worded) => return false,
            true if in_values => {
                data += 1;
                let year = year(cell).filter(|_| !column_is(at, &|c| year(c).is_some()));
                numbers.push(year.or_else(|| cell.text.parse::<i64>().ok().filter(|n| *n < 100)));
            }
            _ => {}
        }
    }
    let label = first.cells.iter().any(|cell| !cell.is_empty() && !is_value(cell))
        || first.cells.first().is_some_and(Raw::is_empty);
    let steps = numbers
        .windows(2)
        .all(|pair| matches!(pair, [Some(a), Some(b)] if b - a == 1 || b - a == -1 || (*a > 1000 && b != a)));
    let names = label
        && numbers.iter().all(Option::is_some)
        && steps
        && (numbers.len() > 1 || numbers.iter().flatten().all(|n| *n > 1000));
    data > 0 && !names
}

/// A value, and no date, that begins with a word.
fn is_worded(cell: &Raw) -> bool {
    let first = cell.text.split_whitespace().next().unwrap_or_default();
    first.chars().count() > 2 && first.chars().all(char::is_alphabetic) && dates::written(&cell.text).is_none()
}

fn year(cell: &Raw) -> Option<i64> {
    cell.text.parse().ok().filter(|year| (1500..2200).contains(year) && cell.text.len() == 4)
}

/// All rows as wide as the table: what is missing is empty, what is too much gets columns of its own.
fn even(mut header: Vec<String>, rows: Vec<Row>, notices: &mut Vec<String>) -> (Vec<String>, Vec<Vec<Raw>>) {
    let width = header.len();
    let all_longer = !rows.is_empty() && rows.iter().all(|row| row.width() == width + 1);
    if all_longer && rows.iter().all(|row| row.cells.first().is_some_and(|c| !c.is_empty())) {
        notices.push("every row has one cell more than the header: the first is taken for the row's name".to_owned());
        header.insert(0, "row".to_owned());
    } else {
        tell_long(width, &rows, notices);
    }
    let widest = rows.iter().map(Row::width).max().unwrap_or(0).max(header.len());
    header.resize(widest, String::new());
    // Columns without a name and without anything in them are separators at the ends of lines.
    let used: Vec<bool> = (0..widest)
        .map(|at| {
            !header[at].trim().is_empty() || rows.iter().any(|row| row.cells.get(at).is_some_and(|c| !c.is_empty()))
        })
        .collect();
    let keep = |at: &usize| used[*at];
    let all = used.iter().all(|used| *used);
    let rows = rows.into_iter().map(|mut row| {
        row.cells.resize(widest, Raw::default());
        let cells = row.cells.into_iter();
        if all { cells.collect() } else { cells.enumerate().filter(|(at, _)| keep(at)).map(|(_, cell)| cell).collect() }
    });
    let rows = rows.collect();
    (header.into_iter().enumerate().filter(|(at, _)| keep(at)).map(|(_, name)| name).collect(), rows)
}

fn tell_short(width: usize, rows: &[Row], notices: &mut Vec<String>) {
    tell(
        "fewer cells than the header has names",
        "what is missing is empty",
        notices,
        rows.iter().filter(|row| row.cells.len() < width),
    );
}

fn tell_long(width: usize, rows: &[Row], notices: &mut Vec<String>) {
    tell(
        "more cells than the header has names",
        "they are in columns of their own",
        notices,
        rows.iter().filter(|row| row.width() > width),
    );
}

fn tell<'a>(what: &str, then: &str, notices: &mut Vec<String>, rows: impl Iterator<Item = &'a Row>) {
    let lines: Vec<usize> = rows.map(|row| row.line).collect();
    if let [first, rest @ ..] = lines.as_slice() {
        let rows = if rest.is_empty() { "1 row has".to_owned() } else { format!("{} rows have", lines.len()) };
        notices.push(format!("{rows} {what} (first: line {first}): {then}"));
    }
}
