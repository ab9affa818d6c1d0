//! Times and parts of dates in a query: a mean of `3:45:10` and `4:02:55` is worked out in seconds, and what is
//! grouped by month is grouped by a part of the date.

use super::clause::{bare, clause, pieces};
use super::columns::with_words;
use super::grammar::{Kind, is_time, kind};
use crate::guide::plan::{said, words};
use polymath_chat::{Cell, Table};
use polymath_tools::in_sql;

/// Words for the shortest time, and for the longest.
const FAST: &[&str] = &[
    "fastest",
    "quickest",
    "fast",
    "quick",
    "shortest",
    "best",
    "first",
    "winner",
    "schnellste",
    "schnellsten",
    "rapide",
    "rapides",
    "rápido",
    "rápidos",
    "rápidas",
    "最快",
];
const SLOW: &[&str] =
    &["slowest", "longest", "last", "langsamste", "langsamsten", "lent", "lents", "lento", "lentos", "最慢"];
/// Parts of a date, with what a query may call them.
const PARTS: &[(&[&str], &str)] = &[
    (&["month", "yearmonth", "year_month", "monat", "mois", "mes", "月"], "1, 7"),
    (&["year", "jahr", "annee", "année", "año", "ano", "年"], "1, 4"),
];

/// The tables that a query uses.
fn used<'a>(query: &str, tables: &'a [Table]) -> Vec<&'a Table> {
    let named = |i: &usize| words(query).any(|word| word.eq_ignore_ascii_case(&format!("t{}", i + 1)));
    (0..tables.len()).filter(named).map(|i| &tables[i]).collect()
}

fn columns_of<'a>(table: &'a Table, of: Kind) -> impl Iterator<Item = usize> + 'a {
    let cells = |i: usize| table.rows.iter().take(2_000).filter_map(move |row| row.get(i)).filter(|c| c.text.is_some());
    (0..table.columns.len()).filter(move |i| kind(cells(*i)) == of)
}

/// A query that reckons with times, and puts them in order, by their seconds.
pub fn timed(query: &str, request: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    for table in used(&query, tables) {
        for i in columns_of(table, Kind::Time) {
            let column = &table.columns[i];
            let cells: Vec<&Cell> = table.rows.iter().filter_map(|row| row.get(i)).collect();
            let texts = || cells.iter().filter_map(|cell| cell.text.as_deref());
            let parts = texts().find(|text| is_time(text)).map_or(3, |text| text.split(':').count());
            let quoted = format!("\"{column}\"");
            for written in [quoted.as_str(), column.as_str()] {
                for function in ["AVG", "SUM", "MEDIAN", "MIN", "MAX"] {
                    let new = format!("hms({function}(seconds({written})), {parts})");
                    query = query.replace(&format!("{function}({written})"), &new);
                }
            }
            query = in_order(&query, request, column, texts().any(|text| !is_time(text)));
        }
    }
    query
}

/// The order of a column of times.
fn in_order(query: &str, request: &str, column: &str, others: bool) -> String {
    let Some(order) = clause(query, " ORDER BY ") else { return query.to_owned() };
    let key = query[order.clone()].trim();
    let (name, down) = match key.strip_suffix(" DESC") {
        Some(name) => (name, true),
        None => (key.trim_end_matches(" ASC"), false),
    };
    if name.contains(',') || !bare(name).eq_ignore_ascii_case(column) {
        return query.to_owned();
    }
    let small = request.to_lowercase();
    let down = match (said(&small, FAST), said(&small, SLOW)) {
        (true, false) => false,
        (false, true) => true,
        _ => down,
    };
    let sorted =
        format!("{}seconds({name}){}{}", &query[..order.start], if down { " DESC" } else { "" }, &query[order.end..]);
    // Who gave up has no time.
    match others {
        true => with_condition(&sorted, &format!("seconds({name}) IS NOT NULL")),
        false => sorted,
    }
}

/// The query with a condition more, where its own are all to hold.
pub fn with_condition(query: &str, condition: &str) -> String {
    match clause(query, " WHERE ") {
        Some(place) if query[place.clone()].contains(" OR ") => query.to_owned(),
        Some(place) => format!("{}{condition} AND {}", &query[..place.start], &query[place.start..]),
        None => {
            let ends = [" GROUP BY ", " ORDER BY ", " LIMIT "].iter().filter_map(|next| query.find(next)).min();
            let at = ends.unwrap_or(query.len());
            format!("{} WHERE {condition}{}", &query[..at], &query[at..])
        }
    }
}

/// A query that groups by `Month`, or sorts by it, and has no such column: by that part of its only date.
pub fn by_parts(query: &str, tables: &[Table]) -> String {
    let used = used(query, tables);
    if query.matches("SELECT").count() != 1 {
        return query.to_owned();
    }
    let known = |name: &str| {
        used.iter().any(|table| table.columns.iter().any(|c| c.eq_ignore_ascii_case(name)))
            || query.contains(&format!(" AS {name}"))
    };
    let mut dates = used.iter().flat_map(|table| columns_of(table, Kind::Date).map(|i| &table.columns[i]));
    let (Some(date), None) = (dates.next(), dates.next()) else { return query.to_owned() };
    let part = |name: &str| {
        let small = name.to_lowercase();
        let (_, part) = PARTS.iter().find(|(names, _)| names.contains(&small.as_str()))?;
        Some(format!("substr({}, {part})", in_sql(date)))
    };
    let keys = |keyword: &str| {
        let place = clause(query, keyword)?;
        let key = |key: &&str| key.trim_end_matches(" DESC").trim_end_matches(" ASC").trim().to_owned();
        Some(pieces(&query[place]).iter().map(key).collect::<Vec<_>>())
    };
    let grouped = keys(" GROUP BY ").unwrap_or_default();
    let mut all = grouped.clone();
    all.extend(keys(" ORDER BY ").unwrap_or_default());
    let Some((name, part)) = all.iter().filter(|name| !known(name)).find_map(|name| Some((name, part(name)?))) else {
        return query.to_owned();
    };
    let (front, behind) = query.split_once(" FROM ").unwrap_or((query, ""));
    let behind = with_words(behind, name, &part);
    match grouped.contains(name) {
        true => {
            let shown = front.trim_start_matches("SELECT ");
            format!("SELECT {part} AS {name}, {shown} FROM {behind}")
        }
        false => format!("{front} FROM {behind}"),
    }
}

/// A query that groups by days where months or years are asked for: by that part of its date.
pub fn by_months(query: &str, request: &str, tables: &[Table]) -> String {
    const MONTHLY: &[&str] = &[
        "month by month",
        "monthly",
        "per month",
        "by month",
        "each month",
        "every month",
        "pro monat",
        "monatlich",
        "je monat",
        "par mois",
        "por mes",
        "mensual",
        "每月",
        "按月",
    ];
    const YEARLY: &[&str] = &[
        "year by year",
        "yearly",
        "per year",
        "by year",
        "each year",
        "every year",
        "pro jahr",
        "par an",
        "por año",
        "每年",
    ];
    let small = request.to_lowercase();
    let (name, part) = match (said(&small, MONTHLY), said(&small, YEARLY)) {
        (true, false) => ("Month", "1, 7"),
        (false, true) => ("Year", "1, 4"),
        _ => return query.to_owned(),
    };
    let dates =
        used(query, tables).into_iter().flat_map(|table| columns_of(table, Kind::Date).map(|i| &table.columns[i]));
    let Some(group) = clause(query, " GROUP BY ") else { return query.to_owned() };
    let keys = pieces(&query[group]);
    let Some(date) = dates.into_iter().find(|date| keys.iter().any(|key| bare(key) == date.as_str())) else {
        return query.to_owned();
    };
    let part = format!("substr({}, {part})", in_sql(date));
    let Some((front, behind)) = query.split_once(" FROM ") else { return query.to_owned() };
    let shown: Vec<String> = pieces(front.trim_start_matches("SELECT "))
        .iter()
        .map(|piece| if bare(piece) == date { format!("{part} AS {name}") } else { (*piece).to_owned() })
        .collect();
    let behind = with_words(&behind.replace(&format!("\"{date}\""), date), date, &part);
    format!("SELECT {} FROM {behind}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
        let cell = |text: &&str| {
            let date = (text.len() == 10 && text.contains('-')).then(|| (*text).to_owned());
            Cell { number: text.parse().ok(), date, ..Cell::new(*text, Provenance::Given) }
        };
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        Table { title: "t".into(), columns, rows: rows.iter().map(|r| r.iter().map(cell).collect()).collect() }
    }

    #[test]
    fn times_are_reckoned_in_seconds() {
        let times = ["2:44:35", "3:05:00", "2:59:59", "4:10:10", "gave up"];
        let rows: Vec<Vec<&str>> = times.iter().map(|time| vec!["Ann", *time]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let tables = [table(&["Name", "Time"], &rows)];
        let check = |query: &str, request: &str, want: &str| assert_eq!(timed(query, request, &tables), want);
        check(
            "SELECT AVG(Time) AS Mean FROM t1",
            "the mean time?",
            "SELECT hms(AVG(seconds(Time)), 3) AS Mean FROM t1",
        );
        check(
            "SELECT Name FROM t1 ORDER BY Time DESC LIMIT 3",
            "the three fastest?",
            "SELECT Name FROM t1 WHERE seconds(Time) IS NOT NULL ORDER BY seconds(Time) LIMIT 3",
        );
        check("SELECT Name FROM t1 ORDER BY Name", "by name", "SELECT Name FROM t1 ORDER BY Name");
    }

    #[test]
    fn months_are_parts_of_a_date() {
        let tables = [table(&["Day", "Takings"], &[&["2023-04-01", "5"], &["2023-05-01", "6"]])];
        assert_eq!(
            by_parts("SELECT SUM(Takings) AS Total FROM t1 GROUP BY Month ORDER BY Month", &tables),
            "SELECT substr(\"Day\", 1, 7) AS Month, SUM(Takings) AS Total FROM t1 GROUP BY substr(\"Day\", 1, 7) ORDER BY \
             substr(\"Day\", 1, 7)"
        );
        assert_eq!(
            by_parts("SELECT Takings FROM t1 ORDER BY Month", &tables),
            "SELECT Takings FROM t1 ORDER BY substr(\"Day\", 1, 7)"
        );
        assert_eq!(
            by_months("SELECT Day, SUM(Takings) AS Total FROM t1 GROUP BY Day ORDER BY Day", "month by month", &tables),
            "SELECT substr(\"Day\", 1, 7) AS Month, SUM(Takings) AS Total FROM t1 GROUP BY substr(\"Day\", 1, 7) ORDER BY \
             substr(\"Day\", 1, 7)"
        );
        let known = "SELECT substr(Day, 1, 7) AS Month, SUM(Takings) AS Total FROM t1 GROUP BY Month";
        assert_eq!(by_parts(known, &tables), known);
    }
}
