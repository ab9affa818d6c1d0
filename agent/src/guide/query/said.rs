//! Rows as the request names them: a small model picks a value that only begins with the word that was said, and forgets
//! the year.

use super::clause::{bare, clause};
use super::grammar::{Kind, kind};
use super::groups::table_of;
use super::times::with_condition;
use crate::evidence::terms;
use crate::guide::plan::{said, words, years};
use polymath_chat::Table;
use polymath_tools::in_sql;
use std::collections::{BTreeSet, HashSet};

/// The query with the values and the year that the request says, for those that it does not.
pub fn as_said(query: &str, request: &str, tables: &[Table]) -> String {
    let Some(table) = table_of(query, tables).filter(|_| query.matches("SELECT").count() == 1) else {
        return query.to_owned();
    };
    of_its_year(&of_said_values(query, request, table), request, table)
}

/// Values that have words nobody said: for drinks in all, those of the May feast. What is meant is the cell whose words
/// were all said, in whichever column, or all cells of the column that have the words.
fn of_said_values(query: &str, request: &str, table: &Table) -> String {
    let Some(place) = clause(query, " WHERE ") else { return query.to_owned() };
    let asked: HashSet<String> = terms(request).into_iter().collect();
    let parts = query[place.clone()].split(" AND ").map(|part| {
        let bracketed = part.contains(" OR ") || part.contains('(') || part.matches('\'').count() != 2;
        let Some((column, rest)) = part.split_once(" = '").or_else(|| part.split_once(" LIKE '")) else {
            return part.to_owned();
        };
        let value = rest.split('\'').next().unwrap_or_default().trim_matches('%');
        let own = terms(value);
        let common: Vec<&String> = own.iter().filter(|term| asked.contains(*term)).collect();
        if bracketed || common.is_empty() || common.len() == own.len() {
            return part.to_owned();
        }
        match cell_said(table, &asked, &common) {
            Some((at, text)) => format!("{} = '{}'", in_sql(&table.columns[at]), text.replace('\'', "''")),
            None => match word_said(table, column, value, &asked) {
                Some(word) => format!("{} LIKE '%{}%'", column.trim(), word.replace('\'', "''")),
                None => part.to_owned(),
            },
        }
    });
    let parts = parts.collect::<Vec<_>>().join(" AND ");
    format!("{}{parts}{}", &query[..place.start], &query[place.end..])
}

/// The one value of a column of words whose terms were all said and that has these.
fn cell_said(table: &Table, asked: &HashSet<String>, common: &[&String]) -> Option<(usize, String)> {
    let mut found: BTreeSet<(usize, &str)> = BTreeSet::new();
    for row in &table.rows {
        for (at, cell) in row.iter().enumerate() {
            let Some(text) = cell.text.as_deref().filter(|_| cell.number.is_none() && cell.date.is_none()) else {
                continue;
            };
            let own = terms(text);
            if !own.is_empty()
                && own.iter().all(|term| asked.contains(term))
                && common.iter().any(|term| own.contains(term))
            {
                found.insert((at, text));
            }
        }
    }
    match found.into_iter().collect::<Vec<_>>().as_slice() {
        [(at, text)] => Some((*at, (*text).to_owned())),
        _ => None,
    }
}

/// The word of a value that was said, where several values of its column have it.
fn word_said<'a>(table: &Table, column: &str, value: &'a str, asked: &HashSet<String>) -> Option<&'a str> {
    let at = table.columns.iter().position(|own| own.eq_ignore_ascii_case(bare(column)))?;
    let mut said = value.split(' ').filter(|word| {
        let own = terms(word);
        !own.is_empty() && own.iter().all(|term| asked.contains(term))
    });
    let (word, None) = (said.next()?, said.next()) else { return None };
    let small = word.to_lowercase();
    let texts = table.rows.iter().filter_map(|row| row.get(at)?.text.as_deref());
    let having: HashSet<&str> = texts.filter(|text| text.to_lowercase().contains(&small)).collect();
    (having.len() > 1).then_some(word)
}

/// With the one year that the request names, of a table of several years.
fn of_its_year(query: &str, request: &str, table: &Table) -> String {
    /// Words of a span, or of another year that is compared with it.
    const SPANS: &[&str] = &[
        "since", "from", "until", "till", "before", "after", "between", "than", "to", "seit", "ab", "bis", "vor",
        "nach", "zwischen", "als", "depuis", "jusqu", "avant", "après", "entre", "que", "desde", "hasta", "antes",
        "después",
    ];
    let same = || query.to_owned();
    let small = request.to_lowercase();
    let Ok([year]) = <[String; 1]>::try_from(years(request)) else { return same() };
    let beside = words(&small).zip(words(&small).skip(1)).any(|(word, next)| next == year && SPANS.contains(&word));
    if query.contains(&year) || beside || said(&small, &["than", "compared", "als", "que"]) {
        return same();
    }
    // Nothing else is called or counted so.
    let is_cell = |text: &str| text.contains(year.as_str()) && text.len() > year.len();
    let worded = table.rows.iter().flatten().filter(|cell| cell.number.is_none() && cell.date.is_none());
    if worded.filter_map(|cell| cell.text.as_deref()).any(is_cell)
        || table.columns.iter().any(|c| c.contains(year.as_str()))
        || table.title.contains(year.as_str())
    {
        return same();
    }
    let of = |at: usize| -> Option<BTreeSet<&str>> {
        let cells = || table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.text.is_some());
        (kind(cells()) == Kind::Date).then(|| cells().filter_map(|cell| cell.date.as_deref()?.get(..4)).collect())
    };
    let mut dated = (0..table.columns.len()).filter_map(|at| Some((at, of(at)?)));
    let (Some((at, known)), None) = (dated.next(), dated.next()) else { return same() };
    match known.len() > 1 && known.contains(year.as_str()) {
        true => with_condition(query, &format!("substr({}, 1, 4) = '{year}'", in_sql(&table.columns[at]))),
        false => same(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn accounts() -> Table {
        let rows = [
            ["2022-11-14", "Drinks May feast", "Drinks", "188.4"],
            ["2023-01-09", "Rent January", "Rent", "240"],
            ["2023-02-11", "Drinks carnival", "Drinks", "231.75"],
            ["2023-04-30", "Rent boat", "Trips", "46"],
        ];
        let cell = |at: usize, text: &str| Cell {
            date: (at == 0).then(|| text.to_owned()),
            number: (at == 3).then(|| text.parse().unwrap_or_default()),
            ..Cell::new(text, Provenance::Given)
        };
        Table {
            title: "accounts.csv".into(),
            columns: ["Day", "What for", "Kind", "Amount"].map(str::to_owned).to_vec(),
            rows: rows.iter().map(|row| row.iter().enumerate().map(|(at, text)| cell(at, text)).collect()).collect(),
        }
    }

    #[test]
    fn rows_are_those_that_the_request_names() {
        let query = |query: &str, request: &str| as_said(query, request, &[accounts()]);
        let of_feast = "SELECT SUM(Amount) FROM t1 WHERE \"What for\" = 'Drinks May feast'";
        assert_eq!(
            query(of_feast, "What did we spend on drinks in 2023?"),
            "SELECT SUM(Amount) FROM t1 WHERE substr(\"Day\", 1, 4) = '2023' AND \"Kind\" = 'Drinks'"
        );
        assert_eq!(query(of_feast, "What did we spend on drinks for the May feast?"), of_feast);
        let of_rent = "SELECT SUM(Amount) FROM t1 WHERE Kind = 'Rent'";
        assert_eq!(query(of_rent, "our rent since 2023"), of_rent);
        assert_eq!(query(of_rent, "our rent in 2021"), of_rent);
        assert_eq!(
            query("SELECT SUM(Amount) FROM t1", "all of 2022?"),
            "SELECT SUM(Amount) FROM t1 WHERE substr(\"Day\", 1, 4) = '2022'"
        );
    }

    #[test]
    fn a_word_of_several_values_is_one_of_all_of_them() {
        let mut table = accounts();
        table.rows.iter_mut().for_each(|row| drop(row.remove(2)));
        table.columns.remove(2);
        assert_eq!(
            as_said("SELECT SUM(Amount) FROM t1 WHERE \"What for\" = 'Drinks carnival'", "all drinks?", &[table]),
            "SELECT SUM(Amount) FROM t1 WHERE \"What for\" LIKE '%Drinks%'"
        );
    }
}
