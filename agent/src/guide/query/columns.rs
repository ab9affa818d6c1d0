//! The columns of a query, as its tables have them: with their own spelling, and of the table that has them.

use super::grammar::identifier;
use crate::guide::plan::words;
use polymath_chat::Table;
use polymath_tools::in_sql;
use std::fmt::Write;

/// A query whose columns are spelled as its tables spell them, and taken from the table that has them.
pub fn settled(query: &str, tables: &[Table]) -> String {
    placed(&spelled(query, tables), tables)
}

/// A query with `"Year of opening"` for `Year_of_opening`, where a table has such a column.
fn spelled(query: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    for column in tables.iter().flat_map(|table| &table.columns) {
        // `Price_per_watt-hour` would be a difference.
        for joined in [identifier(column), column.replace(' ', "_")] {
            if joined != *column {
                query = with_words(&query, &joined, &in_sql(column));
            }
        }
    }
    accented(&named_in_full(&query, tables), tables)
}

/// A query with a word replaced wherever it stands as one, outside quotes.
pub fn with_words(query: &str, word: &str, new: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, behind)) = rest.split_once(word) {
        out.push_str(before);
        let quoted = out.matches('"').count() % 2 == 1 || out.matches('\'').count() % 2 == 1;
        let whole = !out.ends_with(part) && !behind.starts_with(part);
        out.push_str(if whole && !quoted { new } else { word });
        rest = behind;
    }
    out + rest
}

/// `"Year of opening"` for a bare `Year`, where no column is called so and one alone begins so.
fn named_in_full(query: &str, tables: &[Table]) -> String {
    let used = |i: usize| words(query).any(|word| word.eq_ignore_ascii_case(&format!("t{}", i + 1)));
    let columns: Vec<&String> =
        tables.iter().enumerate().filter(|(i, _)| used(*i)).flat_map(|(_, t)| &t.columns).collect();
    let mut query = query.to_owned();
    for column in &columns {
        let Some((first, _)) = column.split_once(' ') else { continue };
        let known = columns.iter().any(|other| other.eq_ignore_ascii_case(first));
        let several = columns.iter().any(|other| other != column && other.starts_with(&format!("{first} ")));
        if known || several || query.contains(column.as_str()) || query.contains(&format!(" AS {first}")) {
            continue;
        }
        let places: Vec<usize> = query.match_indices(first).map(|(at, _)| at).collect();
        for at in places.into_iter().rev() {
            let quoted = query[..at].matches(['"', '\'']).count() % 2 == 1;
            let part = |c: char| c.is_alphanumeric() || c == '_';
            if !quoted && !query[..at].ends_with(part) && !query[at + first.len()..].starts_with(part) {
                query.replace_range(at..at + first.len(), &format!("\"{column}\""));
            }
        }
    }
    query
}

/// A column that another table writes with other accents, as its own table writes it.
fn accented(query: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    for (i, table) in tables.iter().enumerate() {
        let name = format!("t{}", i + 1);
        for column in taken_from(&query, &name) {
            let has = table.columns.iter().any(|own| own.eq_ignore_ascii_case(&column));
            if let Some(own) = table.columns.iter().find(|own| !has && is_alike(own, &column)) {
                query = query.replace(&format!("{name}.{column}"), &format!("{name}.{own}"));
            }
        }
    }
    query
}

/// Whether two names differ at most where one of them has a letter beyond ASCII.
fn is_alike(a: &str, b: &str) -> bool {
    let same = |(x, y): (char, char)| x.eq_ignore_ascii_case(&y) || x.is_ascii() != y.is_ascii();
    a.chars().count() == b.chars().count() && a.chars().zip(b.chars()).all(same)
}

/// A query whose table lacks a column that it takes from it, of the table that has it: of the one that has all
/// columns that it takes, or else of the other one that it uses.
fn placed(query: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    let name = |i: usize| format!("t{}", i + 1);
    let has_one = |table: &Table, column: &str| table.columns.iter().any(|c| c.eq_ignore_ascii_case(column));
    for (i, table) in tables.iter().enumerate() {
        let name = name(i);
        let columns = taken_from(&query, &name);
        let has = |table: &Table| columns.iter().all(|own| table.columns.iter().any(|c| c.eq_ignore_ascii_case(own)));
        if columns.is_empty() || has(table) {
            continue;
        }
        let mut others = tables.iter().enumerate().filter(|(j, other)| *j != i && has(other));
        if let (Some((j, _)), None) = (others.next(), others.next()) {
            let new = format!("t{}", j + 1);
            query = query.replace(&format!("{name}."), &format!("{new}."));
            for keyword in ["FROM", "JOIN"] {
                query = query.replace(&format!("{keyword} {name} "), &format!("{keyword} {new} "));
            }
        }
    }
    let used: Vec<usize> =
        (0..tables.len()).filter(|i| words(&query).any(|word| word.eq_ignore_ascii_case(&name(*i)))).collect();
    for &i in &used {
        for column in taken_from(&query, &name(i)).into_iter().filter(|column| !has_one(&tables[i], column)) {
            let mut others = used.iter().filter(|j| has_one(&tables[**j], &column));
            if let (Some(j), None) = (others.next(), others.next()) {
                query = moved(&query, &column, &name(i), &name(*j));
            }
        }
    }
    query
}

/// A query that takes a column from another table.
fn moved(query: &str, column: &str, old: &str, new: &str) -> String {
    let quoted = query.replace(&format!("{old}.\"{column}\""), &format!("{new}.\"{column}\""));
    let (from, mut out) = (format!("{old}.{column}"), String::new());
    let mut rest = quoted.as_str();
    while let Some((before, behind)) = rest.split_once(from.as_str()) {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = !before.ends_with(part) && !behind.starts_with(part);
        out.push_str(before);
        out.push_str(if whole { new } else { old });
        let _ = write!(out, ".{column}");
        rest = behind;
    }
    out + rest
}

/// The columns that a query takes from a table by name.
fn taken_from(query: &str, table: &str) -> Vec<String> {
    let mut found = Vec::new();
    let dotted = format!("{table}.");
    for (at, _) in query.match_indices(&dotted) {
        if query[..at].ends_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let behind = &query[at + dotted.len()..];
        found.push(match behind.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default().to_owned(),
            None => behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
        });
    }
    found.retain(|column| !column.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_taken_from_the_table_that_has_them() {
        let table = |columns: &[&str]| Table {
            title: "t".into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: Vec::new(),
        };
        let tables = [table(&["Day", "Shop"]), table(&["Shop", "Head", "Staff"]), table(&["Head", "Total"])];
        let query = "SELECT t1.Head, t1.Total / t2.Staff FROM t1 JOIN t2 ON t1.Head = t2.Head";
        let want = "SELECT t3.Head, t3.Total / t2.Staff FROM t3 JOIN t2 ON t3.Head = t2.Head";
        assert_eq!(settled(query, &tables), want);
        let query = "SELECT t1.Head, COUNT(t1.Day) FROM t1 JOIN t2 ON t1.Shop = t2.Shop GROUP BY t1.Head";
        let want = "SELECT t2.Head, COUNT(t1.Day) FROM t1 JOIN t2 ON t1.Shop = t2.Shop GROUP BY t2.Head";
        assert_eq!(settled(query, &tables), want);
    }

    #[test]
    fn accents_are_the_tables_own() {
        let table = |column: &str| Table { title: "t".into(), columns: vec![column.into()], rows: Vec::new() };
        let query = "SELECT t1.Almacén FROM t1 JOIN t2 ON t1.Almacén = t2.Almacén";
        let want = "SELECT t1.Almacén FROM t1 JOIN t2 ON t1.Almacén = t2.Almacen";
        assert_eq!(settled(query, &[table("Almacén"), table("Almacen")]), want);
    }
}
