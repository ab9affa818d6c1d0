//! Groups by a column of another table: sales by region, where the sales have a customer and the customers a region.

use super::super::plan::words;
use super::clause::{bare, clause, pieces};
use super::groups::table_of;
use crate::evidence::terms;
use polymath_chat::Table;
use std::collections::HashSet;

/// A query of groups of one table as one of the groups that the request names and only another table has, by the column
/// through which the two belong together.
pub fn joined(query: &str, request: &str, tables: &[Table]) -> String {
    let same = || query.to_owned();
    let (Some(table), Some(select), Some(group)) =
        (table_of(query, tables), clause(query, "SELECT "), clause(query, " GROUP BY "))
    else {
        return same();
    };
    let titles = tables.iter().fold(request.to_owned(), |text, table| text.replace(&table.title, " "));
    let asked: HashSet<String> = terms(&titles).into_iter().collect();
    let is_named = |column: &str| {
        let own = terms(&column.replace('_', " "));
        !own.is_empty() && own.iter().all(|term| asked.contains(term))
    };
    let keys = pieces(&query[group.clone()]);
    if query.contains(" JOIN ") || keys.iter().any(|key| is_named(bare(key))) || query.matches("SELECT").count() != 1 {
        return same();
    }
    let of_words = |table: &Table, at: usize| {
        table.rows.iter().filter_map(|row| row.get(at)).all(|c| c.number.is_none() && c.date.is_none())
    };
    let others = tables.iter().enumerate().filter(|(_, other)| !std::ptr::eq(*other, table));
    let mut found = others.filter_map(|(i, other)| {
        let at = (0..other.columns.len()).find(|at| is_named(&other.columns[*at]) && of_words(other, *at))?;
        Some((i, &other.columns[at], key(table, other)?))
    });
    let (Some((i, column, (own, its))), None) = (found.next(), found.next()) else { return same() };
    let other = &tables[i];
    let name = |table: &Table| tables.iter().position(|known| std::ptr::eq(known, table)).map_or(0, |at| at + 1);
    let measures: Vec<&str> = pieces(&query[select]).into_iter().filter(|piece| piece.contains('(')).collect();
    // A column that both have would have to be told apart.
    let mut used = words(query).filter(|word| table.columns.iter().any(|own| own.eq_ignore_ascii_case(word)));
    let doubled = used.any(|word| {
        other.columns.iter().any(|own| own.eq_ignore_ascii_case(word)) && !keys.iter().any(|key| bare(key) == word)
    });
    if doubled || measures.is_empty() {
        return same();
    }
    let (a, b) = (name(table), i + 1);
    let collate = if is_exact(table, other, (own, its)) { "" } else { " COLLATE NOCASE" };
    let condition = clause(query, " WHERE ").map_or(String::new(), |place| format!(" WHERE {}", &query[place]));
    let rest = &query[group.end..];
    let rest = if keys.iter().any(|key| rest.contains(bare(key))) { "" } else { rest };
    format!(
        "SELECT t{b}.\"{column}\", {} FROM t{a} JOIN t{b} ON t{a}.\"{own}\" = t{b}.\"{its}\"{collate}{condition} GROUP BY t{b}.\"{column}\"{rest}",
        measures.join(", ")
    )
}

/// The columns by which rows of one table belong to rows of another: each of its values stands there once.
pub fn key<'a>(table: &'a Table, other: &'a Table) -> Option<(&'a str, &'a str)> {
    let texts = |table: &'a Table, at: usize| -> Vec<&'a str> {
        table.rows.iter().filter_map(|row| row.get(at)?.text.as_deref()).collect()
    };
    let small = |texts: Vec<&str>| -> Vec<String> { texts.into_iter().map(str::to_lowercase).collect() };
    let pairs = (0..table.columns.len()).flat_map(|own| (0..other.columns.len()).map(move |its| (own, its)));
    let mut fits = pairs.filter(|(own, its)| {
        let (own, its) = (small(texts(table, *own)), small(texts(other, *its)));
        let known: HashSet<&str> = its.iter().map(String::as_str).collect();
        const MOST: (usize, usize) = (4, 5);
        let there = own.iter().filter(|text| known.contains(text.as_str())).count();
        known.len() == its.len() && known.len() > 1 && !own.is_empty() && there * MOST.1 >= own.len() * MOST.0
    });
    fits.next().map(|(own, its)| (table.columns[own].as_str(), other.columns[its].as_str()))
}

/// Whether each value of a column stands in the other table's as it is.
fn is_exact(table: &Table, other: &Table, (own, its): (&str, &str)) -> bool {
    let texts = |table: &Table, column: &str| -> HashSet<String> {
        let at = table.columns.iter().position(|name| name == column);
        let cells = table.rows.iter().filter_map(|row| row.get(at?)?.text.as_deref());
        cells.map(str::to_owned).collect()
    };
    let (own, its) = (texts(table, own), texts(other, its));
    own.is_subset(&its)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn table(title: &str, columns: &[&str], rows: &[&[&str]]) -> Table {
        let cell = |text: &&str| Cell { number: text.parse().ok(), ..Cell::new(*text, Provenance::Given) };
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Table { title: title.into(), columns, rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect() }
    }

    #[test]
    fn a_group_of_another_table_is_joined() {
        let sales =
            table("sales.csv", &["day", "client", "sum"], &[&["1", "A1", "9"], &["2", "B2", "3"], &["3", "A1", "4"]]);
        let clients = table("clients.csv", &["no", "name", "county"], &[&["A1", "Elm", "Ost"], &["B2", "Oak", "West"]]);
        let all = [sales, clients];
        let query = "SELECT client, SUM(sum) AS Total FROM t1 WHERE sum > 0 GROUP BY client ORDER BY Total DESC";
        assert_eq!(
            joined(query, "how much did we sell in each county?", &all),
            "SELECT t2.\"county\", SUM(sum) AS Total FROM t1 JOIN t2 ON t1.\"client\" = t2.\"no\" WHERE sum > 0 \
             GROUP BY t2.\"county\" ORDER BY Total DESC"
        );
        assert_eq!(joined(query, "how much did each client buy?", &all), query);
        let mixed =
            [table("sales.csv", &["day", "client", "sum"], &[&["1", "a1", "9"], &["2", "B2", "3"]]), all[1].clone()];
        assert_eq!(
            joined("SELECT client, SUM(sum) AS Total FROM t1 GROUP BY client", "how much in each county?", &mixed),
            "SELECT t2.\"county\", SUM(sum) AS Total FROM t1 JOIN t2 ON t1.\"client\" = t2.\"no\" COLLATE NOCASE GROUP BY t2.\"county\""
        );
        assert_eq!(joined(query, "how much in each month?", &all), query);
    }
}
