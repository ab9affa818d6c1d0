//! How much a column changed from one year to another, where a query takes a column from itself: one row has one year.

use super::clause::{bare, clause, pieces};
use crate::guide::plan::{PERCENT, said, words, years};
use crate::notebook::unit_of_column;
use polymath_chat::{Cell, Table};
use polymath_tools::in_sql;

/// The query of the two years' values, what lies between them and, where it is asked for, that in percent; `None` where
/// no column is taken from itself, or the request names no two years.
pub fn between(query: &str, request: &str, tables: &[Table]) -> Option<String> {
    let items = clause(query, "SELECT ")?;
    let column = pieces(&query[items]).into_iter().find_map(taken_from_itself)?;
    let [first, last] = years(request).try_into().ok()?;
    let named = |i: &usize| words(query).any(|word| word.eq_ignore_ascii_case(&format!("t{}", i + 1)));
    let place = |table: &Table| table.columns.iter().position(|own| own.eq_ignore_ascii_case(column));
    let (i, at) = (0..tables.len()).filter(named).find_map(|i| Some((i, place(&tables[i])?)))?;
    let table = &tables[i];
    let is_year = |row: &Vec<Cell>, i: usize| row.get(i).is_some_and(|cell| years(cell.display()) == [cell.display()]);
    let year = (0..table.columns.len()).find(|i| *i != at && table.rows.iter().all(|row| is_year(row, *i)))?;
    let unit = unit_of_column(table, at).map_or(String::new(), |unit| format!(" ({})", unit.name));
    let quoted = |at: usize| in_sql(&table.columns[at]);
    let value = |of: &str| format!("(SELECT {} FROM t{} WHERE {} = '{of}')", quoted(at), i + 1, quoted(year));
    let (old, new) = (value(&first), value(&last));
    let small = request.to_lowercase();
    let share = said(&small, PERCENT) || small.contains(['%', '％']);
    let share = if share { format!(", ({new} - {old}) * 100.0 / {old} AS Percent") } else { String::new() };
    Some(format!("SELECT {old} AS \"{first}\", {new} AS \"{last}\", {new} - {old} AS \"Difference{unit}\"{share}"))
}

/// The column that an item takes from itself: `a - a`, `(a - a) / a * 100`.
fn taken_from_itself(item: &str) -> Option<&str> {
    let item = item.split(" AS ").next()?;
    let (before, behind) = item.split_once(" - ")?;
    let before = before.trim().trim_start_matches(['(', ' ']);
    let behind = behind.split([')', '/', '*']).next()?;
    (!before.contains('(') && bare(before).eq_ignore_ascii_case(bare(behind))).then(|| bare(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[test]
    fn a_change_is_between_two_rows() {
        let year = |y: &str| Cell { date: Some(y.into()), ..Cell::new(y, Provenance::Given) };
        let km = |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), Provenance::Given) };
        let tables = [Table {
            title: "Glacier".into(),
            columns: vec!["Year".into(), "Length".into()],
            rows: vec![vec![year("1950"), km(10.1)], vec![year("2020"), km(7.28)]],
        }];
        let query = "SELECT Length AS L, Length - Length AS D FROM t1 WHERE Year BETWEEN 1950 AND 2020";
        let made = |request: &str| between(query, request, &tables);
        assert_eq!(
            made("how much did it shrink from 1950 to 2020?").as_deref(),
            Some(
                "SELECT (SELECT \"Length\" FROM t1 WHERE \"Year\" = '1950') AS \"1950\", \
                 (SELECT \"Length\" FROM t1 WHERE \"Year\" = '2020') AS \"2020\", \
                 (SELECT \"Length\" FROM t1 WHERE \"Year\" = '2020') - (SELECT \"Length\" FROM t1 WHERE \"Year\" = '1950') AS \"Difference\""
            )
        );
        assert!(made("by how many percent, from 1950 to 2020?").is_some_and(|query| query.ends_with("AS Percent")));
        assert_eq!(made("how much did it shrink?"), None);
        assert_eq!(between("SELECT Length - Width AS D FROM t1", "from 1950 to 2020?", &tables), None);
    }
}
