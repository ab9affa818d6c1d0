//! Rows that another table tells apart: the hours of the people from Aldham, where one file has the hours and another one where
//! they live.

use super::clause::{bare, clause};
use super::groups::table_of;
use super::joins::key;
use super::times::with_condition;
use crate::evidence::stands_in;
use crate::notebook::query_of;
use polymath_chat::{Cell, Table};
use polymath_tools::in_sql;

/// A query of one table with the condition that only another one can tell: a value that the request names and no row of the
/// first one has, or that the query looks for in a column that never has it.
pub fn of_another(query: &str, request: &str, tables: &[Table]) -> String {
    let same = || query.to_owned();
    let Some(table) = table_of(query, tables).filter(|_| query.matches("SELECT").count() == 1) else { return same() };
    if query.contains(" JOIN ") || query.contains(" OR ") {
        return same();
    }
    let own = |value: &str| table.rows.iter().flatten().any(|cell| is_called(cell, value));
    // A result of a query has its values from these.
    let others =
        || tables.iter().enumerate().filter(|(_, other)| !std::ptr::eq(*other, table) && query_of(other).is_none());
    // Where each value is looked for in vain, and what is said beside the query.
    let parts: Vec<&str> = clause(query, " WHERE ").map_or(Vec::new(), |place| query[place].split(" AND ").collect());
    let sought = parts.iter().filter_map(|part| {
        let (column, rest) = part.split_once(" = '").or_else(|| part.split_once(" LIKE '"))?;
        let value = rest.split('\'').next()?.trim_matches('%');
        let worded = !bare(column).contains('(');
        (worded && !own(value)).then(|| (Some(*part), value.to_owned()))
    });
    let said = others().flat_map(|(_, other)| other.rows.iter().flatten()).filter_map(|cell| {
        let text = cell.text.as_deref().filter(|_| cell.number.is_none() && cell.date.is_none())?;
        (is_said(text, request) && !query.contains(text) && !own(text)).then(|| (None, text.to_owned()))
    });
    let mut found: Vec<(Option<&str>, String, usize, usize)> = Vec::new();
    for (part, value) in sought.chain(said) {
        for (i, other) in others() {
            let at = (0..other.columns.len())
                .find(|at| other.rows.iter().filter_map(|row| row.get(*at)).any(|cell| is_called(cell, &value)));
            if let Some(at) =
                at.filter(|_| !found.iter().any(|known| known.1.eq_ignore_ascii_case(&value) && known.2 == i))
            {
                found.push((part, value.clone(), i, at));
            }
        }
    }
    let [(part, value, i, at)] = found.as_slice() else { return same() };
    let other = &tables[*i];
    let Some((own, its)) = key(table, other).filter(|(_, its)| *its != other.columns[*at]) else { return same() };
    let condition = format!(
        "{} IN (SELECT {} FROM t{} WHERE {} = '{}' COLLATE NOCASE)",
        in_sql(own),
        in_sql(its),
        i + 1,
        in_sql(&other.columns[*at]),
        value.replace('\'', "''")
    );
    match part {
        Some(part) => query.replacen(part.trim(), &condition, 1),
        None => with_condition(query, &condition),
    }
}

/// Whether a cell of words is this value.
fn is_called(cell: &Cell, value: &str) -> bool {
    cell.number.is_none()
        && cell.date.is_none()
        && cell.text.as_ref().is_some_and(|text| text.trim().eq_ignore_ascii_case(value.trim()))
}

/// Whether a request names this value, as it is written.
fn is_said(value: &str, request: &str) -> bool {
    const SHORTEST: usize = 3;
    value.chars().count() >= SHORTEST && value.starts_with(char::is_uppercase) && stands_in(request, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    fn table(title: &str, columns: &[&str], rows: &[&[&str]]) -> Table {
        let cell = |text: &&str| Cell { number: text.parse().ok(), ..Cell::new(*text, Provenance::Given) };
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Table { title: title.into(), columns, rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect() }
    }

    #[test]
    fn rows_are_told_apart_by_another_table() {
        let shifts = table("shifts", &["name", "hours"], &[&["Ann", "2"], &["Bo", "3"], &["Ann", "1"]]);
        let people = table("people", &["name", "town"], &[&["Ann", "Ost"], &["Bo", "Vell"], &["Cy", "Ost"]]);
        let all = [shifts, people];
        let asked = "how many hours came from the Ost people?";
        let condition = "\"name\" IN (SELECT \"name\" FROM t2 WHERE \"town\" = 'Ost' COLLATE NOCASE)";
        let want = format!("SELECT SUM(hours) AS Total FROM t1 WHERE {condition}");
        assert_eq!(of_another("SELECT SUM(hours) AS Total FROM t1 WHERE name = 'Ost'", asked, &all), want);
        assert_eq!(of_another("SELECT SUM(hours) AS Total FROM t1 WHERE town = 'Ost'", asked, &all), want);
        assert_eq!(of_another("SELECT SUM(hours) AS Total FROM t1", asked, &all), want);
        for (query, request) in [
            ("SELECT SUM(hours) FROM t1 WHERE name = 'Ann'", "how many hours did Ann work?"),
            ("SELECT SUM(hours) FROM t1", "how many hours in all?"),
            ("SELECT COUNT(*) FROM t2 WHERE town = 'Ost'", "how many live in Ost?"),
        ] {
            assert_eq!(of_another(query, request, &all), query);
        }
    }
}
