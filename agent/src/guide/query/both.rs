//! Two questions at once, of which a query answers one: how many there are and what they come to, the sum and how many rows
//! have none.

use super::super::plan::{said, words};
use super::clause::{bare, clause, pieces};
use polymath_chat::Table;
use polymath_tools::in_sql;
use std::ops::Range;

/// Words by which what rows come to is asked for.
const TOGETHER: &[&str] = &[
    "together",
    "worth",
    "altogether",
    "in total",
    "in all",
    "come to",
    "add up",
    "zusammen",
    "insgesamt",
    "au total",
    "en total",
];

/// Words by which rows without a value are asked for.
const LACKING: &[&str] = &[
    "no figure",
    "no usable",
    "no value",
    "no number",
    "no data",
    "no entry",
    "missing",
    "blank",
    "empty",
    "without a",
    "keinen wert",
    "keine angabe",
    "ohne wert",
    "fehlen",
    "sans valeur",
    "manque",
    "sin valor",
    "sin dato",
    "faltan",
    "缺",
];

/// The column that a request names behind a word for its being empty ("how many have no glaze"), if some row has none.
fn named_empty(request: &str, tables: &[Table]) -> Option<String> {
    const NO: &[&str] = &[
        "no",
        "without",
        "without a",
        "without any",
        "lack",
        "lacks",
        "lacking",
        "missing",
        "ohne",
        "kein",
        "keine",
        "keinen",
        "sans",
        "sin",
    ];
    let is_named = |column: &str| {
        let name = column.split(['(', '[']).next().unwrap_or_default().replace('_', " ").trim().to_lowercase();
        name.chars().count() > 2 && NO.iter().any(|no| said(request, &[format!("{no} {name}").as_str()]))
    };
    tables.iter().find_map(|table| {
        let lacks = |at: &usize| table.rows.iter().any(|row| row.get(*at).is_some_and(|cell| cell.text.is_none()));
        let at = (0..table.columns.len()).filter(lacks).find(|at| is_named(&table.columns[*at]))?;
        Some(in_sql(&table.columns[at]))
    })
}

/// A count of all rows that is called one of those without a value as what it is called, where that is asked for: beside a sum
/// it is of the column that the request names, else of the one that is summed.
pub fn lacking(query: &str, request: &str, tables: &[Table]) -> String {
    const CALLED: &[&str] = &["No", "Missing", "Without", "Lacking", "Empty", "Blank", "Unusable"];
    let named = named_empty(request, tables);
    let lacks = named.is_some() || said(request, LACKING);
    let Some(select) = clause(query, "SELECT ").filter(|_| lacks) else { return query.to_owned() };
    let shown = pieces(&query[select.clone()]);
    let summed = shown.iter().find_map(|piece| {
        let rest = ["SUM(", "AVG(", "MIN(", "MAX("].iter().find_map(|function| piece.strip_prefix(function))?;
        rest.split_once(')').map(|(column, _)| column).filter(|column| !column.contains(['(', '*', '/', '+']))
    });
    let Some(column) = named.as_deref().or(summed) else { return query.to_owned() };
    let count = |piece: &&str| match piece.strip_prefix("COUNT(*) AS ") {
        Some(name) if CALLED.iter().any(|called| name.starts_with(called)) => {
            format!("COUNT(*) - COUNT({column}) AS {name}")
        }
        _ => (*piece).to_owned(),
    };
    let list: Vec<String> = shown.iter().map(count).collect();
    format!("{}{}{}", &query[..select.start], list.join(", "), &query[select.end..])
}

/// The rows without a value of the one column that a count has a condition on, if that condition names no value of the
/// request. With the column's sum, if that is asked for.
fn without_value(query: &str, select: &Range<usize>, request: &str) -> Option<String> {
    let place = clause(query, " WHERE ")?;
    let condition = &query[place.clone()];
    let mut texts = condition.split('\'').skip(1).step_by(2).map(|text| text.trim_matches('%').to_lowercase());
    if [" AND ", " OR "].iter().any(|more| condition.contains(more))
        || texts.any(|text| !text.is_empty() && request.contains(&text))
    {
        return None;
    }
    let condition = condition.trim_start();
    let column = match condition.strip_prefix('"') {
        Some(rest) => &condition[..rest.find('"')? + 2],
        None => condition.split(|c: char| !c.is_alphanumeric() && c != '_').next()?,
    };
    let sum = if said(request, TOGETHER) { format!(", SUM({column}) AS Total") } else { String::new() };
    let rest = format!("{}{}", &query[select.end..place.start - " WHERE ".len()], &query[place.end..]);
    Some(format!("SELECT COUNT(*) - COUNT({column}) AS \"Without a value\"{sum}{rest}"))
}

/// A sum with the number of rows, where a request asks for both; with the number of rows that have no value, where it asks
/// for that.
pub fn both(query: &str, request: &str, tables: &[Table]) -> String {
    const HOW_MANY: &[&str] = &["how many", "wie viele", "combien de", "combien d'", "cuántos", "cuántas", "多少"];
    let same = || query.to_owned();
    let (Some(select), None) = (clause(query, "SELECT "), clause(query, " GROUP BY ")) else { return same() };
    let shown = query[select.clone()].trim().to_owned();
    let (value, name) = shown.split_once(" AS ").unwrap_or((shown.as_str(), "Total"));
    let functions = ["SUM(", "AVG(", "MIN(", "MAX(", "MEDIAN("];
    let column = functions.iter().find_map(|function| value.strip_prefix(function)?.strip_suffix(')'));
    if !said(request, HOW_MANY) {
        return same();
    }
    let named = named_empty(request, tables);
    if value.starts_with("COUNT(") && said(request, LACKING) {
        return without_value(query, &select, request).unwrap_or_else(same);
    }
    let Some(column) = column.filter(|column| !column.contains(['(', '+', '-', '*', '/'])) else { return same() };
    if named.is_some() || said(request, LACKING) {
        let empty = named.as_deref().unwrap_or(column);
        // Rows without a value fulfil no condition on it.
        let rest = match clause(query, " WHERE ") {
            Some(place)
                if words(&query[place.clone()]).next() == words(bare(column)).next()
                    && !query[place.clone()].contains(" AND ") =>
            {
                format!("{}{}", &query[select.end..place.start - " WHERE ".len()], &query[place.end..])
            }
            _ => query[select.end..].to_owned(),
        };
        return format!("SELECT {value} AS {name}, COUNT(*) - COUNT({empty}) AS \"Without a value\"{rest}");
    }
    let sums = value.starts_with("SUM(") && said(request, TOGETHER);
    let counted = bare(column).replace('_', " ").to_lowercase();
    // "How many litres in all" is the sum.
    let of_it = HOW_MANY
        .iter()
        .any(|how| request.contains(&format!("{how} {}", counted.split(' ').next().unwrap_or_default())));
    let second = [" and ", " und ", " et ", " y "].iter().any(|and| request.contains(and));
    match sums && second && !of_it {
        true => format!("SELECT COUNT(*) AS Count, {value} AS {name}{}", &query[select.end..]),
        false => same(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn how_many_and_what_they_come_to_are_two() {
        let query = "SELECT SUM(amount) AS Total FROM t1 WHERE day LIKE '%-03-%'";
        let both = |request: &str| super::both(query, request, &[]);
        assert_eq!(
            both("how many sales were there in march, and what were they worth together?"),
            "SELECT COUNT(*) AS Count, SUM(amount) AS Total FROM t1 WHERE day LIKE '%-03-%'"
        );
        assert_eq!(both("what were the sales of march worth together?"), query);
    }

    #[test]
    fn a_count_of_what_has_no_value_is_of_that() {
        let query = "SELECT Orchard, SUM(Weight) AS Total, COUNT(*) AS NoWeight FROM t1 GROUP BY Orchard";
        let want =
            "SELECT Orchard, SUM(Weight) AS Total, COUNT(*) - COUNT(Weight) AS NoWeight FROM t1 GROUP BY Orchard";
        let lacking = |request: &str| super::lacking(query, request, &[]);
        assert_eq!(lacking("how many kilos has each orchard, and how many rows have no usable weight?"), want);
        assert_eq!(lacking("how many kilos has each orchard?"), query);
    }

    #[test]
    fn rows_without_a_value_are_counted_beside_the_sum() {
        let both = |query: &str, request: &str| super::both(query, request, &[]);
        let query = "SELECT SUM(\"wax 2023\") AS Total FROM t1 WHERE \"wax 2023\" > 0";
        assert_eq!(
            both(query, "total wax of 2023 and how many hives have no figure?"),
            "SELECT SUM(\"wax 2023\") AS Total, COUNT(*) - COUNT(\"wax 2023\") AS \"Without a value\" FROM t1"
        );
        assert_eq!(both(query, "total wax of 2023?"), query);
        let counted = "SELECT COUNT(*) AS NoFigure FROM t1 WHERE wax = '1'";
        assert_eq!(
            both(counted, "how many rows have no figure for wax, and what does it come to?"),
            "SELECT COUNT(*) - COUNT(wax) AS \"Without a value\", SUM(wax) AS Total FROM t1"
        );
        assert_eq!(both(counted, "how many hives gave 1 kg of wax?"), counted);
        let named = "SELECT COUNT(*) AS Count FROM t1 WHERE apiary = 'Heath'";
        assert_eq!(both(named, "how many hives of the heath have no figure?"), named);
    }

    #[test]
    fn what_is_empty_is_what_is_named_so() {
        let cell = |text: &str| match text {
            "" => Cell::missing(),
            text => Cell::new(text, Provenance::Given),
        };
        let rows = [["12", "ash"], ["9", ""]].map(|row| row.map(cell).to_vec()).to_vec();
        let table = |glaze: &str| Table {
            title: "pots".into(),
            columns: vec!["pots".into(), glaze.into()],
            rows: rows.clone(),
        };
        let query = "SELECT SUM(pots) AS Total FROM t1";
        let of = |column: &str| {
            super::both(query, "how many pots in all, and how many rows have no glaze?", &[table(column)])
        };
        assert_eq!(
            of("glaze"),
            "SELECT SUM(pots) AS Total, COUNT(*) - COUNT(\"glaze\") AS \"Without a value\" FROM t1"
        );
        assert_eq!(of("kiln"), query);
    }
}
