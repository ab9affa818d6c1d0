//! How far the first of rows in order is from the last: "which is the oldest, and by how many years is it older than the
//! newest?" is answered by a query in order only by half.

use super::clause::{bare, clause};
use crate::guide::plan::{LEAST, MOST, said, years};
use polymath_chat::{Cell, Table};
use polymath_tools::in_sql;

/// Words that ask how much lies between two, and how many times as much one is as the other.
const BETWEEN: &[&str] = &[
    "by how",
    "how much",
    "how many",
    "difference",
    "gap",
    "um wie viel",
    "um wie viele",
    "unterschied",
    "de combien",
    "combien",
    "différence",
    "cuánto",
    "cuántos",
    "cuántas",
    "diferencia",
    "相差",
    "差多少",
];
/// Those of them that ask for nothing else.
const BY_HOW: &[&str] = &[
    "by how",
    "difference",
    "um wie viel",
    "um wie viele",
    "unterschied",
    "de combien",
    "différence",
    "diferencia",
    "相差",
    "差多少",
];
/// Ends of what lies in time.
const NEWEST: &[&str] =
    &["newest", "latest", "youngest", "most recent", "neueste", "jüngste", "plus récent", "más reciente"];
const OLDEST: &[&str] = &["oldest", "earliest", "älteste", "früheste", "plus ancien", "más antiguo"];
const TIMES: &[&str] = &["how many times", "wie oft so", "wie viel mal", "combien de fois", "cuántas veces", "几倍"];

/// A query of one table in order of a column, where the request names both its ends and asks what lies between them: its
/// first row, with that.
pub fn between_the_ends(query: &str, request: &str, tables: &[Table]) -> String {
    let same = || query.to_owned();
    let small = request.to_lowercase();
    let ends = [[MOST, NEWEST], [LEAST, OLDEST]].iter().all(|end| end.iter().any(|words| said(&small, words)));
    let (Some(from), Some(order)) = (clause(query, " FROM "), clause(query, " ORDER BY ")) else { return same() };
    if query.matches("SELECT").count() != 1 || query.contains(" GROUP BY ") {
        return same();
    }
    let key = query[order.clone()].trim();
    let column = bare(
        key.trim_end_matches(" LAST").trim_end_matches(" NULLS").trim_end_matches(" DESC").trim_end_matches(" ASC"),
    );
    let number = query[from.clone()].trim().strip_prefix('t').and_then(|n| n.parse::<usize>().ok());
    let Some(table) = number.and_then(|n| tables.get(n.checked_sub(1)?)) else { return same() };
    // Two rows are the ends, whatever they are called: "which is dearer, and by how much?"
    let two = table.rows.len() == 2 && said(&small, BY_HOW);
    if !(two || ends && (said(&small, BETWEEN) || said(&small, TIMES))) {
        return same();
    }
    let place = |name: &str| table.columns.iter().position(|own| own.eq_ignore_ascii_case(name));
    let Some(at) = place(column).filter(|at| *at > 0 && is_number(table, *at)) else { return same() };
    let [name, value] = [0, at].map(|at| in_sql(&table.columns[at]));
    let rest = &query[from.start - " FROM ".len()..order.start - " ORDER BY ".len()];
    let end = |function: &str| format!("(SELECT {function}({value}){rest})");
    let (what, sign) = match said(&small, TIMES) {
        true => ("Times", " * 1.0 / "),
        false => ("Difference", " - "),
    };
    let between = format!("{}{sign}{} AS {what}", end("MAX"), end("MIN"));
    format!("SELECT {name}, {value}, {between}{rest} ORDER BY {key} LIMIT 1")
}

/// Whether a column has only numbers, or only years.
fn is_number(table: &Table, at: usize) -> bool {
    let mut cells = table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.text.is_some());
    let is_year = |cell: &Cell| cell.date.as_ref().is_some_and(|date| years(date) == [date.to_string()]);
    cells.all(|cell| is_year(cell) || cell.date.is_none() && cell.number.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[test]
    fn the_first_row_is_told_with_its_distance_from_the_last() {
        let year = |y: &str| Cell { date: Some(y.into()), ..Cell::new(y, Provenance::Given) };
        let row = |name: &str, y: &str| vec![Cell::new(name, Provenance::Given), year(y)];
        let columns = ["Name", "Year of dam"].map(str::to_owned).to_vec();
        let dams = [Table { title: "dams".into(), columns, rows: vec![row("Ost", "1954"), row("Vell", "1983")] }];
        let made = |query: &str, request: &str| between_the_ends(query, request, &dams);
        let sorted = "SELECT * FROM t1 ORDER BY \"Year of dam\"";
        assert_eq!(
            made(sorted, "Which is the oldest, and by how many years is it older than the newest?"),
            "SELECT \"Name\", \"Year of dam\", (SELECT MAX(\"Year of dam\") FROM t1) - (SELECT MIN(\"Year of dam\") FROM t1) AS \
             Difference FROM t1 ORDER BY \"Year of dam\" LIMIT 1"
        );
        assert_eq!(made(sorted, "Which is the oldest, and how many are there?"), sorted);
        // Of two rows neither end needs its name.
        assert!(made(sorted, "which of them was built earlier, and by how much?").contains(" AS Difference"));
        assert_eq!(
            made("SELECT Name FROM t1", "By how many years is the oldest older than the newest?"),
            "SELECT Name FROM t1"
        );
    }
}
