//! Tables as a Python program sees them, and back.

use polymath_chat::{Cell, Provenance, SharedProvenance, Table};
use polymath_quantity::{Column, Unit, figures, read, short};

/// Pairs of rows that are compared at most: two tables of 2,000 rows each, in about a second.
const PAIRS: usize = 4_000_000;
/// Tables that programs find: the latest of the conversation.
pub const FRAMES: usize = 8;

/// The conversation's tables as variables of the interpreter: `t1`, `t2`, … in the order in which
/// they came, and again from the latest on as `df`, `df2`, `df3`.
pub fn frames(tables: &[Table]) -> Vec<(String, &Table)> {
    let short = |i: usize| if i == 0 { "df".to_owned() } else { format!("df{}", i + 1) };
    let latest = tables.iter().rev().take(3).enumerate().map(|(i, table)| (short(i), table));
    let first = tables.len().saturating_sub(FRAMES);
    latest.chain(tables.iter().enumerate().skip(first).map(|(i, table)| (format!("t{}", i + 1), table))).collect()
}

/// What a program's author has to know of a table: its columns with their types, and its rows.
pub fn describe(table: &Table) -> String {
    let kinds: Vec<String> =
        (0..table.columns.len()).map(|i| format!("{} ({})", table.columns[i], kind(table, i))).collect();
    let rows: Vec<String> =
        table.rows.iter().take(8).map(|row| row.iter().map(value).collect::<Vec<_>>().join(" | ")).collect();
    format!("columns: {}\n{}", kinds.join(", "), rows.join("\n"))
}

fn kind(table: &Table, column: usize) -> &'static str {
    let mut cells = table.rows.iter().filter_map(|row| row.get(column)).filter(|c| c.text.is_some()).peekable();
    if cells.peek().is_none() {
        return "empty";
    }
    let cells: Vec<&Cell> = cells.collect();
    if cells.iter().all(|c| c.number.is_some()) {
        "float"
    } else if cells.iter().all(|c| c.date.is_some()) {
        "datetime"
    } else {
        "text"
    }
}

fn value(cell: &Cell) -> String {
    match (cell.number, &cell.date, &cell.text) {
        (Some(number), _, _) => format!("{number}"),
        (_, Some(date), _) => date.clone(),
        (_, _, Some(text)) => text.to_string(),
        _ => "NaN".to_owned(),
    }
}

/// `new` (as a program left it) with the provenance of the cells that it took over from `old`: what
/// it filled in was imputed, what it added or changed was computed.
///
/// Programs sort, filter and renumber rows, so a row is found again by its values and never by its
/// place. One that could be two rows of `old` is nobody's: its cells are computed. So are all of a large
/// table that comes back as large.
pub fn inherit(old: &Table, new: Table) -> Table {
    if old.rows.len().saturating_mul(new.rows.len()) > PAIRS {
        return Table { title: old.title.clone(), ..new };
    }
    let columns: Vec<Option<usize>> = new.columns.iter().map(|c| old.columns.iter().position(|o| o == c)).collect();
    let rows = new.rows.into_iter().map(|row| {
        let Some(known) = same_row(old, &columns, &row) else { return row };
        let cells = row.into_iter().enumerate().map(|(i, cell)| match columns.get(i).copied().flatten() {
            Some(at) if known[at].text.is_none() && cell.text.is_some() => imputed(cell, old, at),
            Some(at) if is_equal(&known[at], &cell) => known[at].clone(),
            _ => cell,
        });
        cells.collect()
    });
    let rows = rows.collect();
    Table { title: old.title.clone(), columns: new.columns, rows }
}

/// The unit that a header names: `Weight (kg)`, `weight_kg`.
pub fn unit_of_header(header: &str) -> Option<Unit> {
    let suffix = || header.rsplit_once('_').and_then(|(_, unit)| read(&format!("1 {unit}")).unit);
    Column::of(header).unit.or_else(suffix)
}

/// The one unit that a column's numbers are in, by their cells or by its header.
pub fn unit_of_column(table: &Table, column: usize) -> Option<Unit> {
    /// Of a large table some say it for all.
    const ROWS: usize = 2_000;
    let cells = table.rows.iter().take(ROWS).filter_map(|row| row.get(column)).filter(|cell| cell.number.is_some());
    let units: Vec<Option<Unit>> = cells.map(|cell| figures(cell.display()).into_iter().find_map(|f| f.unit)).collect();
    let first = units.first()?.clone().or_else(|| unit_of_header(&table.columns[column]))?;
    units.iter().all(|unit| unit.as_ref().is_none_or(|unit| unit.name == first.name)).then_some(first)
}

/// The query that a table is the result of.
pub fn query_of(table: &Table) -> Option<&str> {
    table.rows.iter().flatten().find_map(|cell| match &*cell.provenance {
        Provenance::Computed { how } => how.strip_prefix("sql: "),
        _ => None,
    })
}

/// The one row of `old` that `row` was: of those with the same texts in all columns that both have,
/// the one that shares most of the other values.
fn same_row<'a>(old: &'a Table, columns: &[Option<usize>], row: &[Cell]) -> Option<&'a Vec<Cell>> {
    let shared = |known: &Vec<Cell>| {
        let pairs = columns.iter().zip(row).filter_map(|(at, cell)| Some((known.get((*at)?)?, cell)));
        let mut equal = 0;
        for (was, is) in pairs {
            let text = was.number.is_none() && was.date.is_none() && was.text.is_some();
            match is_equal(was, is) {
                true if was.text.is_some() => equal += 1,
                false if text => return None,
                _ => {}
            }
        }
        Some(equal)
    };
    let scored: Vec<(usize, &Vec<Cell>)> =
        old.rows.iter().filter_map(|known| Some((shared(known)?, known))).filter(|(n, _)| *n > 0).collect();
    let best = scored.iter().map(|(n, _)| *n).max()?;
    let mut first = scored.into_iter().filter(|(n, _)| *n == best);
    let found = first.next()?;
    first.next().is_none().then_some(found.1)
}

fn is_equal(a: &Cell, b: &Cell) -> bool {
    match ((a.number, b.number), (&a.date, &b.date)) {
        ((Some(x), Some(y)), _) => (x - y).abs() <= 1e-9 * x.abs(),
        // A program knows days only: a month is its first day there.
        (_, (Some(x), Some(y))) => y.starts_with(x.as_str()) && y[x.len()..].replace("-01", "").is_empty(),
        // A bare year comes back as a number.
        ((None, Some(y)), (Some(x), None)) => x.parse() == Ok(y),
        ((None, None), (None, None)) => a.text == b.text,
        _ => false,
    }
}

/// An estimate, shown to three digits and in the way of its column's other cells.
fn imputed(cell: Cell, table: &Table, column: usize) -> Cell {
    let how = "python: filled in for a value that was not found".into();
    let provenance = SharedProvenance::from(Provenance::Imputed { how });
    let Some(number) = cell.number.filter(|n| *n != 0.0) else { return Cell { provenance, ..cell } };
    let digits = 10f64.powf(2.0 - number.abs().log10().floor());
    let currency = table.rows.iter().find_map(|row| row[column].text.as_deref()?.chars().find(|c| "$€£¥".contains(*c)));
    let text = format!("{}{}", currency.map_or(String::new(), String::from), short((number * digits).round() / digits));
    Cell { text: Some(text.into()), provenance, ..cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Provenance {
        Provenance::Sourced { url: "http://a".into(), title: "A".into(), quote: "q".into() }
    }

    fn text(text: &str) -> Cell {
        Cell::new(text, page())
    }

    fn number(value: f64) -> Cell {
        Cell { number: Some(value), ..text(&format!("{value} m")) }
    }

    fn computed(value: f64) -> Cell {
        let how = Provenance::Computed { how: "python".into() };
        Cell { number: Some(value), ..Cell::new(format!("{value}"), how) }
    }

    fn plain(text: &str) -> Cell {
        Cell::new(text, Provenance::Computed { how: "python".into() })
    }

    fn table(columns: &[&str], rows: Vec<Vec<Cell>>) -> Table {
        Table { title: "t".into(), columns: columns.iter().map(|c| (*c).to_owned()).collect(), rows }
    }

    /// A letter a cell: `s`ourced, `i`mputed, `c`omputed.
    #[track_caller]
    fn check(old: &Table, new: Table, want: &str) {
        let got = inherit(old, new);
        let status = |cell: &Cell| match &*cell.provenance {
            Provenance::Sourced { .. } => 's',
            Provenance::Imputed { .. } => 'i',
            Provenance::Computed { .. } => 'c',
            _ => '?',
        };
        let rows: Vec<String> = got.rows.iter().map(|row| row.iter().map(status).collect()).collect();
        assert_eq!(rows.join(" "), want);
    }

    #[test]
    fn provenance_follows_the_row_and_not_its_place() {
        let old = table(&["Name", "Height"], vec![vec![text("Ost"), number(5.0)], vec![text("West"), number(3.0)]]);
        let sorted = vec![vec![plain("West"), computed(3.0)], vec![plain("Ost"), computed(5.0)]];
        check(&old, table(&["Name", "Height"], sorted), "ss ss");
        // Names that stand in names, and one value changed.
        let filtered = vec![vec![plain("West"), computed(30.0)]];
        check(&old, table(&["Name", "Height"], filtered), "sc");
        let renamed = vec![vec![plain("Westen"), computed(3.0)]];
        check(&old, table(&["Name", "Height"], renamed), "cc");
        let added = vec![vec![plain("Ost"), computed(5.0), computed(0.625)]];
        check(&old, table(&["Name", "Height", "Share"], added), "ssc");
    }

    #[test]
    fn a_row_that_could_be_two_is_nobodys() {
        let twins = table(&["Name", "Height"], vec![vec![text("Ost"), number(5.0)], vec![text("Ost"), number(5.0)]]);
        check(&twins, table(&["Name", "Height"], vec![vec![plain("Ost"), computed(5.0)]]), "cc");
        let alike = table(&["Name", "Height"], vec![vec![text("Ost"), number(5.0)], vec![text("Ost"), number(7.0)]]);
        check(&alike, table(&["Name", "Height"], vec![vec![plain("Ost"), computed(7.0)]]), "ss");
    }

    #[test]
    fn equal_cells_in_a_row_and_gaps_that_were_filled() {
        let missing = Cell::missing();
        let old = table(
            &["Name", "Low", "High"],
            vec![vec![text("Ost"), number(5.0), number(5.0)], vec![text("West"), missing, number(5.0)]],
        );
        let new =
            vec![vec![plain("West"), computed(4.0), computed(5.0)], vec![plain("Ost"), computed(5.0), computed(5.0)]];
        check(&old, table(&["Name", "Low", "High"], new), "sis sss");
    }

    #[test]
    fn large_tables_that_come_back_as_large_are_not_compared() {
        let rows = |cell: fn(f64) -> Cell| (0..50_000).map(|n| vec![cell(f64::from(n))]).collect::<Vec<_>>();
        let old = table(&["n"], rows(number));
        let begin = std::time::Instant::now();
        let whole = inherit(&old, table(&["n"], rows(computed)));
        assert!(matches!(*whole.rows[7][0].provenance, Provenance::Computed { .. }));
        // What a program took out of it is found again.
        check(&old, table(&["n"], vec![vec![computed(49_999.0)], vec![computed(7.0)]]), "s s");
        assert!(begin.elapsed().as_secs() < 10);
    }
}
