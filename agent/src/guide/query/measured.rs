//! What a query adds up: the column that the request names, by its words or by its unit.

use super::rates::is_alike;
use crate::evidence::terms;
use crate::guide::plan::words;
use crate::notebook::unit_of_header;
use polymath_chat::Table;
use polymath_quantity::{Unit, read};
use polymath_tools::in_sql;

/// A sum of the column that the request names, where the query sums another one of the same table that it
/// does not name.
pub fn measured(query: &str, request: &str, tables: &[Table]) -> String {
    // A file's name is no column's.
    let bare = tables.iter().fold(request.to_owned(), |text, table| text.replace(&table.title, " "));
    let asked = terms(&bare);
    // Kilos are a column of kg.
    let units: Vec<Unit> = words(&bare).filter_map(|word| read(&format!("1 {}", word.to_lowercase())).unit).collect();
    let in_unit = |column: &str| {
        let own = unit_of_header(column).or_else(|| read(&format!("1 {column}")).unit);
        own.is_some_and(|own| units.iter().any(|unit| unit.name == own.name))
    };
    // The trips of a year are trips.
    let is_named = |column: &str| {
        let own = terms(&column.replace('_', " "));
        let mut words = own.iter().filter(|term| !term.chars().all(|c| c.is_ascii_digit())).peekable();
        words.peek().is_some() && words.all(|term| asked.iter().any(|own| is_alike(term, own))) || in_unit(column)
    };
    let mut query = query.to_owned();
    for table in tables {
        let numeric = |i: usize| {
            table.rows.iter().filter_map(|row| row.get(i)).any(|cell| cell.number.is_some() && cell.date.is_none())
        };
        let columns: Vec<&str> =
            (0..table.columns.len()).filter(|i| numeric(*i)).map(|i| table.columns[i].as_str()).collect();
        let mut named = columns.iter().copied().filter(|column| is_named(column));
        let (Some(meant), None) = (named.next(), named.next()) else { continue };
        for function in ["SUM(", "AVG("] {
            for other in columns.iter().filter(|column| **column != meant && !is_named(column)) {
                query = with_column(&query, function, other, meant);
            }
        }
    }
    query
}

/// A query with this function of one column for that of another, however the columns are written: `SUM(t1."Water")`.
fn with_column(query: &str, function: &str, other: &str, meant: &str) -> String {
    let forms = |column: &str| [column.to_owned(), in_sql(column)];
    let plain = meant.chars().all(|c| c.is_alphanumeric() || c == '_');
    let meant = if plain { meant.to_owned() } else { in_sql(meant) };
    let mut out = String::new();
    let mut rest = query;
    while let Some(at) = rest.find(function) {
        let (front, behind) = rest.split_at(at + function.len());
        out.push_str(front);
        // The table's name in front of a column stays.
        let dot = behind.find('.').filter(|dot| behind[..*dot].chars().all(|c| c.is_ascii_alphanumeric()));
        let (table, column) = behind.split_at(dot.map_or(0, |dot| dot + 1));
        let own = forms(other)
            .into_iter()
            .find(|form| column.strip_prefix(form.as_str()).is_some_and(|r| r.starts_with(')')));
        out.push_str(table);
        rest = match own {
            Some(form) => {
                out.push_str(&meant);
                &column[form.len()..]
            }
            None => column,
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn what_is_summed_is_what_was_asked_for() {
        let number = |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), Provenance::Given) };
        let table = Table {
            title: "tickets.csv".into(),
            columns: ["Tickets", "Income"].map(str::to_owned).to_vec(),
            rows: vec![vec![number(1.0), number(2.0)]],
        };
        let query =
            |request: &str| measured("SELECT SUM(Tickets) AS Total FROM t1", request, std::slice::from_ref(&table));
        assert_eq!(query("How much income is there?"), "SELECT SUM(Income) AS Total FROM t1");
        assert_eq!(query("How many tickets for that income?"), "SELECT SUM(Tickets) AS Total FROM t1");
        assert_eq!(query("How much income is in tickets.csv?"), "SELECT SUM(Income) AS Total FROM t1");
        assert_eq!(query("How much is it?"), "SELECT SUM(Tickets) AS Total FROM t1");
        let columns = ["trees", "kg"].map(str::to_owned).to_vec();
        let table = Table { title: "harvest.csv".into(), columns, ..table.clone() };
        let query = "SELECT orchard, SUM(trees) AS Total FROM t1 GROUP BY orchard";
        assert_eq!(
            measured(query, "Which orchard brought in the most, and how many kilos?", &[table]),
            "SELECT orchard, SUM(kg) AS Total FROM t1 GROUP BY orchard"
        );
    }

    #[test]
    fn a_column_is_exchanged_however_it_is_written() {
        let with = |query: &str| with_column(query, "SUM(", "Water (l)", "Loads");
        assert_eq!(
            with("SELECT SUM(t1.\"Water (l)\") AS T, SUM(x) FROM t1"),
            "SELECT SUM(t1.Loads) AS T, SUM(x) FROM t1"
        );
        assert_eq!(with("SELECT SUM(\"Water (l)\" * 2) FROM t1"), "SELECT SUM(\"Water (l)\" * 2) FROM t1");
        assert_eq!(with_column("AVG(a)", "AVG(", "a", "b c"), "AVG(\"b c\")");
    }
}
