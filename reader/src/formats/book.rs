//! Workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods. The first sheet that has anything in it is the
//! table; macros are never run, and of formulas the stored results are read.

use crate::Format;
use crate::grid::{CELLS, Grid, ROWS, Raw, Row, SLACK, number_text, too_large};
use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, SheetVisible, Xls, Xlsb, Xlsx, open_workbook_from_rs};
use std::collections::HashMap;
use std::io::Cursor;

/// The first sheet's rows.
pub fn read(bytes: &[u8], format: Format) -> Result<Grid, String> {
    let bytes = Cursor::new(bytes);
    match format {
        Format::Xlsb => {
            let mut book: Xlsb<_> = open_workbook_from_rs(bytes).map_err(damaged)?;
            first_sheet(&mut book, ranged)
        }
        Format::Xls => {
            let mut book: Xls<_> = open_workbook_from_rs(bytes).map_err(damaged)?;
            first_sheet(&mut book, ranged)
        }
        Format::Ods => {
            let mut book: Ods<_> = open_workbook_from_rs(bytes).map_err(damaged)?;
            first_sheet(&mut book, ranged)
        }
        _ => {
            let mut book: Xlsx<_> = open_workbook_from_rs(bytes).map_err(damaged)?;
            first_sheet(&mut book, streamed)
        }
    }
}

fn damaged(error: impl std::fmt::Display) -> String {
    let error = error.to_string();
    match error.to_lowercase().contains("password") || error.to_lowercase().contains("encrypt") {
        true => "the workbook is protected by a password; save it without one".to_owned(),
        false => format!("it cannot be read as a workbook ({error}); save it again as .xlsx or as CSV"),
    }
}

/// The first sheet with anything in it, hidden ones last; the others are told.
fn first_sheet<'a, R: Reader<Cursor<&'a [u8]>>>(
    book: &mut R,
    read: impl Fn(&mut R, &str) -> Result<Vec<Row>, String>,
) -> Result<Grid, String> {
    let hidden = |s: &calamine::Sheet| s.visible != SheetVisible::Visible;
    let mut sheets: Vec<(bool, String)> = book.sheets_metadata().iter().map(|s| (hidden(s), s.name.clone())).collect();
    sheets.sort_by_key(|(hidden, _)| *hidden);
    let names: Vec<String> = sheets.into_iter().map(|(_, name)| name).collect();
    for name in &names {
        let rows = read(book, name)?;
        if rows.iter().any(|row| row.filled() > 0) {
            let others: Vec<String> = names.iter().filter(|n| *n != name).map(|n| format!("\"{n}\"")).collect();
            let told = format!(
                "the table is the sheet \"{name}\"; not loaded: {} (a program can read them, or save one as a file of its own)",
                others.join(", ")
            );
            let notices = if others.is_empty() { Vec::new() } else { vec![told] };
            return Ok(Grid { rows, notices, ..Grid::default() });
        }
    }
    Err("no sheet of the workbook has anything in it".to_owned())
}

/// Cell by cell: a stray cell in the last row of a sheet costs nothing.
fn streamed(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, String> {
    let mut cells = book.worksheet_cells_reader(name).map_err(damaged)?;
    let percent: Vec<bool> = cells.styles().iter().map(is_percent).collect();
    let mut rows = Rows::default();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(damaged)? {
        let raw = match cell.get_value() {
            DataRef::Float(number) if percent.get(style).copied().unwrap_or(false) => Raw::exact(percents(*number)),
            value => raw(&Data::from(value.clone())),
        };
        rows.put(cell.get_position(), raw)?;
    }
    Ok(rows.finish())
}

fn is_percent(style: &calamine::Style) -> bool {
    style.number_format.as_ref().is_some_and(|format| format.format_code.contains('%'))
}

/// 0.125 as `12.5%`.
fn percents(number: f64) -> String {
    format!("{}%", number_text(rounded(number * 100.0)))
}

/// To the 15 digits that a workbook shows and calculates with: 0.3, not 0.30000000000000004.
fn rounded(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

fn ranged<'a, R: Reader<Cursor<&'a [u8]>>>(book: &mut R, name: &str) -> Result<Vec<Row>, String>
where
    R::Error: std::fmt::Display,
{
    let range = book.worksheet_range(name).map_err(damaged)?;
    let (top, left) = range.start().unwrap_or_default();
    let mut rows = Rows::default();
    for (row, column, value) in range.used_cells() {
        rows.put((top + row as u32, left + column as u32), raw(value))?;
    }
    Ok(rows.finish())
}

/// Rows that grow as cells come in.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// Where a sheet's row stands in `rows`.
    places: HashMap<u32, usize>,
    cells: usize,
}

impl Rows {
    fn put(&mut self, (row, column): (u32, u32), raw: Raw) -> Result<(), String> {
        if raw.is_empty() {
            return Ok(());
        }
        let at = *self.places.entry(row).or_insert_with(|| {
            self.rows.push(Row { line: row as usize + 1, cells: Vec::new() });
            self.rows.len() - 1
        });
        let cells = &mut self.rows[at].cells;
        let column = column as usize;
        if cells.len() <= column {
            self.cells += column + 1 - cells.len();
            if self.cells > CELLS || self.places.len() > ROWS + SLACK {
                return Err(too_large());
            }
            cells.resize(column + 1, Raw::default());
        }
        cells[column] = raw;
        Ok(())
    }

    /// In the sheet's order, with an empty row where the sheet has some, without the empty columns
    /// on its left.
    fn finish(self) -> Vec<Row> {
        let mut rows = self.rows;
        rows.sort_by_key(|row| row.line);
        let left = |row: &Row| row.cells.iter().position(|c| !c.is_empty()).unwrap_or(0);
        let margin = rows.iter().map(left).min().unwrap_or(0);
        let mut all: Vec<Row> = Vec::with_capacity(rows.len());
        for mut row in rows {
            row.cells.drain(..margin);
            if all.last().is_some_and(|before| before.line + 1 < row.line) {
                all.push(Row { line: row.line - 1, cells: Vec::new() });
            }
            all.push(row);
        }
        all
    }
}

fn raw(value: &Data) -> Raw {
    match value {
        Data::Int(number) => Raw::exact(number.to_string()),
        Data::Float(number) => Raw::exact(number_text(rounded(*number))),
        Data::String(text) => Raw::written(text),
        Data::Bool(value) => Raw::exact(value.to_string()),
        Data::DateTime(date) => Raw::exact(moment(date)),
        Data::DateTimeIso(text) | Data::DurationIso(text) => Raw::exact(text.clone()),
        Data::Error(_) | Data::Empty => Raw::default(),
    }
}

/// A date cell as ISO date, with the time of day if it has one; a bare time of day or a duration as
/// `H:MM:SS`.
fn moment(date: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let value = date.as_f64();
    if date.is_duration() || (0.0..1.0).contains(&value) {
        let seconds = (value * 86_400.0).round() as i64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    if value.fract() == 0.0 { day } else { format!("{day} {hour:02}:{minute:02}:{second:02}") }
}
