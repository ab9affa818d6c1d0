//! Tables as a workbook: a sheet a table, whose cells are numbers, days and texts in their own formats, and a last
//! sheet that tells of each value where it comes from.

use super::origin::{Origin, is_told, origin, status};
use super::types::{Range, Value, column_types, value};
use polymath_chat::{Cell, ColumnKind, ColumnType, Precision, Table};
use polymath_quantity::Column;
use rust_xlsxwriter::utility::row_col_to_cell;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// Rows of a sheet, its head included, and characters of a cell, as Excel's specification has them.
const ROWS: usize = 1_048_576;
const CHARACTERS: usize = 32_767;
/// The widest column, in characters.
const WIDEST: usize = 60;

pub fn xlsx(tables: &[(String, &Table)]) -> Result<Vec<u8>, String> {
    if let Some((name, table)) = tables.iter().find(|(_, table)| table.rows.len() >= ROWS) {
        return Err(format!("{name} has {} rows, and a sheet holds {}; write it as CSV", table.rows.len(), ROWS - 1));
    }
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let mut taken: Vec<String> = Vec::new();
        for (name, table) in tables {
            let sheet = sheet_name(name, &table.title, &taken);
            one(book.add_worksheet().set_name(&sheet)?, table)?;
            taken.push(sheet);
        }
        let told = |(_, table): &(String, &Table)| table.rows.iter().flatten().any(is_told);
        if tables.iter().any(told) {
            let name = sheet_name("Provenance", "", &taken);
            provenance(book.add_worksheet().set_name(&name)?, tables, &taken)?;
        }
        if tables.is_empty() {
            book.add_worksheet();
        }
        book.save_to_buffer()
    };
    write().map_err(|e| format!("the workbook can't be written: {e}"))
}

/// A name that Excel takes: 31 characters at most, none of `[]:*?/\`, each once.
fn sheet_name(name: &str, title: &str, taken: &[String]) -> String {
    let all = if title.is_empty() { name.to_owned() } else { format!("{name} {title}") };
    let clean: String = all.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let base: String = clean.chars().take(27).collect();
    let known = |name: &String| taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    let first = base.trim().to_owned();
    let mut all = std::iter::once(first.clone()).chain((2..).map(|n| format!("{first} {n}")));
    all.find(|name| !known(name)).unwrap_or(first)
}

fn one(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (at, (name, kind)) in table.columns.iter().zip(column_types(table)).enumerate() {
        let column = u16::try_from(at).unwrap_or(u16::MAX);
        let header = Column::of(name);
        sheet.write_string_with_format(0, column, short(name), &bold)?;
        let formats =
            Formats::of(&kind, &table.rows.iter().filter_map(|row| row.get(at)?.number).collect::<Vec<f64>>());
        let mut widest = name.chars().count();
        for (n, row) in table.rows.iter().enumerate() {
            let Some(cell) = row.get(at) else { continue };
            widest = widest.max(cell.display().chars().count());
            write_cell(sheet, (n as u32 + 1, column), (cell, &kind.kind, &header), &formats)?;
        }
        sheet.set_column_width(column, (widest.min(WIDEST) + 2) as f64)?;
    }
    let (rows, columns) = (table.rows.len() as u32, table.columns.len().clamp(1, 16_384) as u16 - 1);
    sheet.autofilter(0, 0, rows, columns)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// How a column's values are shown; `guessed` of those that nobody said.
struct Formats {
    plain: Format,
    guessed: Format,
}

impl Formats {
    fn of(kind: &ColumnType, numbers: &[f64]) -> Formats {
        // A format with decimals that may be missing leaves their point behind.
        let whole = |by: f64| numbers.iter().all(|n| ((n * by).round() - n * by).abs() < 1e-9 * n.abs().max(1.0));
        let amount = if whole(1.0) { "#,##0" } else { "#,##0.00" };
        let code = match &kind.kind {
            ColumnKind::Integer => "#,##0".to_owned(),
            ColumnKind::Money { currency } => match currency.as_deref() {
                Some("USD") => format!("[$$-409]{amount}"),
                Some("EUR") => format!("[$€-1]{amount}"),
                Some("GBP") => format!("[$£-809]{amount}"),
                Some(code) => format!("{amount} \"{}\"", code.replace('"', "")),
                None => amount.to_owned(),
            },
            ColumnKind::Percent => if whole(100.0) { "0%" } else { "0.0%" }.to_owned(),
            ColumnKind::Date { precision: Precision::Month } => "yyyy-mm".to_owned(),
            ColumnKind::Date { .. } => "yyyy-mm-dd".to_owned(),
            _ => "General".to_owned(),
        };
        let plain = Format::new().set_num_format(code);
        Formats { guessed: plain.clone().set_italic(), plain }
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    (cell, kind, header): (&Cell, &ColumnKind, &Column),
    formats: &Formats,
) -> Result<(), XlsxError> {
    let guessed = matches!(status(cell), "imputed" | "extrapolated" | "unverified");
    let format = if guessed { &formats.guessed } else { &formats.plain };
    let written = match value(cell, kind, header).0 {
        Value::Missing => return Ok(()),
        Value::Number(number) if number.is_finite() => sheet.write_number_with_format(row, column, number, format),
        Value::Number(_) => sheet.write_string(row, column, short(cell.display())),
        Value::Boolean(value) => sheet.write_boolean_with_format(row, column, value, format),
        Value::Date(date) => match (day(&date), date.parse::<f64>()) {
            (Some(day), _) => sheet.write_datetime_with_format(row, column, day, format),
            // A year is a number; days before 1900 are no days there.
            (None, Ok(year)) => sheet.write_number(row, column, year),
            (None, Err(_)) => sheet.write_string(row, column, &date),
        },
        Value::Text(text) => sheet.write_string(row, column, short(&text)),
    };
    written.map(|_| ())
}

/// A day that a workbook can hold, of a date that is finer than a year.
fn day(date: &str) -> Option<ExcelDateTime> {
    match date.len() {
        7 => ExcelDateTime::parse_from_str(&format!("{date}-01")).ok(),
        10 => ExcelDateTime::parse_from_str(date).ok(),
        _ => None,
    }
}

fn short(text: &str) -> String {
    text.chars().take(CHARACTERS).collect()
}

/// A row for each value that has an origin.
fn provenance(sheet: &mut Worksheet, tables: &[(String, &Table)], sheets: &[String]) -> Result<(), XlsxError> {
    let head = ["sheet", "cell", "column", "as written", "status", "meant as", "page", "address", "passage or how"];
    let bold = Format::new().set_bold();
    for (at, name) in head.into_iter().enumerate() {
        sheet.write_string_with_format(0, at as u16, name, &bold)?;
    }
    let mut line = 1;
    for ((_, table), name) in tables.iter().zip(sheets) {
        let types = column_types(table);
        let headers: Vec<Column> = table.columns.iter().map(|name| Column::of(name)).collect();
        for (n, row) in table.rows.iter().enumerate() {
            for (at, cell) in row.iter().enumerate() {
                let range = value(cell, &types[at].kind, &headers[at]).1;
                if !is_told(cell) && range.is_none() || line as usize >= ROWS {
                    continue;
                }
                let Origin { url, title, how } = origin(cell);
                let place = row_col_to_cell(n as u32 + 1, at as u16);
                let meant = range.map(meant).unwrap_or_default();
                let all = [name, &*place, &table.columns[at], cell.display(), status(cell), &meant, title, url, how];
                for (column, text) in all.into_iter().enumerate() {
                    sheet.write_string(line, column as u16, short(text))?;
                }
                line += 1;
            }
        }
    }
    for (column, width) in [20, 8, 20, 20, 12, 14, 30, 40, 60].into_iter().enumerate() {
        sheet.set_column_width(column as u16, f64::from(width))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn meant(range: Range) -> String {
    match range {
        Range::Between(low, high) => format!("{low} to {high}"),
        Range::About => "about".into(),
        Range::Over => "over".into(),
        Range::Under => "under".into(),
        Range::AtLeast => "at least".into(),
        Range::AtMost => "at most".into(),
    }
}
