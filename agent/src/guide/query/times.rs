//! Times and parts of dates in a query: a mean of `3:45:10` and `4:02:55` is worked out in seconds, and what is
//! grouped by month is grouped by a part of the date.

use super::clause::{bare, clause, pieces};
use super::columns::with_words;
use super::grammar::{Kind, is_time, kind};
use crate::evidence::terms;
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
            // "3h 45m" has hours and minutes.
            let parts_of = |text: &str| if text.contains(':') { text.split(':').count() } else { 2 };
            let parts = texts().find(|text| is_time(text)).map_or(3, parts_of);
            let quoted = format!("\"{column}\"");
            for written in [quoted.as_str(), column.as_str()] {
                for function in ["AVG", "SUM", "MEDIAN", "MIN", "MAX"] {
                    let new = format!("hms({function}(seconds({written})), {parts})");
                    query = query.replace(&format!("{function}({written})"), &new);
                }
            }
            query = in_order(&query, request, column, texts().any(|text| !is_time(text)));
            query = by_their_seconds(&query, parts);
        }
    }
    query
}

/// A query that orders by times that are worked out: by their seconds, since `10:00` stands before `7:30` as a text.
fn by_their_seconds(query: &str, parts: usize) -> String {
    let Some(order) = clause(query, " ORDER BY ") else { return query.to_owned() };
    let shown = clause(query, "SELECT ").map_or_else(Vec::new, |select| pieces(&query[select]));
    let inner = |text: &str| -> Option<String> {
        let inner = text.trim().strip_prefix("hms(")?.strip_suffix(&format!(", {parts})"))?;
        Some(inner.to_owned())
    };
    let keys = pieces(&query[order.clone()]).into_iter().map(|key| {
        let (name, way) = match key.strip_suffix(" DESC") {
            Some(name) => (name, " DESC"),
            None => (key.trim_end_matches(" ASC"), ""),
        };
        let of_name = shown.iter().find_map(|piece| {
            let (own, called) = piece.rsplit_once(" AS ")?;
            called.trim_matches('"').eq_ignore_ascii_case(bare(name)).then(|| inner(own))?
        });
        format!("{}{way}", inner(name).or(of_name).unwrap_or_else(|| name.to_owned()))
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    format!("{}{keys}{}", &query[..order.start], &query[order.end..])
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

/// The month with most or least in all, of a query that puts days, or rows, in order.
fn best_month(query: &str, request: &str, tables: &[Table]) -> Option<String> {
    let used = used(query, tables);
    let [table] = used.as_slice() else { return None };
    let mut dates = columns_of(table, Kind::Date).map(|i| &table.columns[i]);
    let (date, None) = (dates.next()?, dates.next()) else { return None };
    let order = clause(query, " ORDER BY ")?;
    let key = query[order.clone()].trim();
    let (name, way) = key.strip_suffix(" DESC").map_or((key.trim_end_matches(" ASC"), ""), |name| (name, " DESC"));
    let shown = pieces(&query[clause(query, "SELECT ")?]);
    // What the query orders by: a sum under its name, or a column of numbers.
    let sum = shown.iter().find_map(|piece| {
        let (own, called) = piece.rsplit_once(" AS ")?;
        (called.trim_matches('"').eq_ignore_ascii_case(bare(name)) && own.contains('(')).then(|| own.trim().to_owned())
    });
    let numbers: Vec<usize> = columns_of(table, Kind::Number).chain(columns_of(table, Kind::Time)).collect();
    let measured = |i: &usize| table.columns[*i].eq_ignore_ascii_case(bare(name));
    let sum = sum.or_else(|| numbers.iter().any(measured).then(|| format!("SUM({})", name.trim())))?;
    let asked = terms(request);
    let grouped = clause(query, " GROUP BY ").map_or_else(Vec::new, |group| pieces(&query[group]));
    let others = grouped.iter().map(|key| bare(key)).filter(|key| !key.eq_ignore_ascii_case(date));
    if others.into_iter().any(|key| terms(key).iter().any(|term| asked.contains(term))) || !query.contains(" LIMIT 1") {
        return None;
    }
    let month = format!("substr({}, 1, 7)", in_sql(date));
    let from = &query[clause(query, " FROM ")?];
    let condition = clause(query, " WHERE ").map_or(String::new(), |place| format!(" WHERE {}", query[place].trim()));
    Some(format!(
        "SELECT {month} AS Month, {sum} AS Total FROM {}{condition} GROUP BY {month} ORDER BY {sum}{way} LIMIT 1",
        from.trim()
    ))
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
    const WHICH_MONTH: &[&str] =
        &["which month", "what month", "welchem monat", "welcher monat", "quel mois", "qué mes", "哪个月"];
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
    let which = said(&small, WHICH_MONTH);
    if which && let Some(best) = best_month(query, request, tables) {
        return best;
    }
    let (name, part) = match (said(&small, MONTHLY) || which, said(&small, YEARLY)) {
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
        check(
            "SELECT Name, SUM(Time) AS Total FROM t1 GROUP BY Name ORDER BY Total DESC LIMIT 3",
            "who ran most in all?",
            "SELECT Name, hms(SUM(seconds(Time)), 3) AS Total FROM t1 GROUP BY Name ORDER BY SUM(seconds(Time)) DESC LIMIT 3",
        );
        let rows: [&[&str]; 3] = [&["Ann", "3h 45m"], &["Bo", "10h"], &["Ann", "45m"]];
        let shifts = [table(&["Name", "How long"], &rows)];
        assert_eq!(
            timed("SELECT SUM(\"How long\") FROM t1", "in all?", &shifts),
            "SELECT hms(SUM(seconds(\"How long\")), 2) FROM t1"
        );
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
        let best = "SELECT substr(\"Day\", 1, 7) AS Month, SUM(Takings) AS Total FROM t1 GROUP BY substr(\"Day\", 1, 7) ORDER BY \
                    SUM(Takings) DESC LIMIT 1";
        for query in [
            "SELECT Day, SUM(Takings) AS Total FROM t1 GROUP BY Day ORDER BY Total DESC LIMIT 1",
            "SELECT Day, Takings FROM t1 ORDER BY Takings DESC LIMIT 1",
        ] {
            assert_eq!(by_months(query, "in which month did we take most?", &tables), best);
        }
        let known = "SELECT substr(Day, 1, 7) AS Month, SUM(Takings) AS Total FROM t1 GROUP BY Month";
        assert_eq!(by_parts(known, &tables), known);
    }
}
