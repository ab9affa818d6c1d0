//! How long something lasted, of a table with two days a row: out and back.

use super::super::plan::{LEAST, MOST, said};
use super::clause::{bare, clause, pieces};
use super::grammar::{Kind, kind};
use super::groups::table_of;
use polymath_chat::Table;

/// A query of the row with most or fewest days between its two dates, where that is asked for and the query orders by one of
/// the dates.
pub fn lasting(query: &str, request: &str, tables: &[Table]) -> String {
    const DAYS: &[&str] = &[
        "how many days",
        "how long",
        "number of days",
        "wie viele tage",
        "wie lange",
        "combien de jours",
        "cuántos días",
    ];
    let same = || query.to_owned();
    let (Some(table), Some(select), Some(order)) =
        (table_of(query, tables), clause(query, "SELECT "), clause(query, " ORDER BY "))
    else {
        return same();
    };
    let longest = said(request, MOST) || said(request, &["longest"]);
    let shortest = said(request, LEAST) || said(request, &["shortest"]);
    if !said(request, DAYS) || longest == shortest || query.contains("julianday") || query.contains(" GROUP BY ") {
        return same();
    }
    let dated = |at: &usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(*at)).filter(|cell| cell.text.is_some());
        kind(cells) == Kind::Date
    };
    let Ok([one, other]) = <[usize; 2]>::try_from((0..table.columns.len()).filter(dated).collect::<Vec<_>>()) else {
        return same();
    };
    let key = query[order.clone()].trim().trim_end_matches(" DESC").trim_end_matches(" ASC");
    if ![one, other].iter().any(|at| table.columns[*at].eq_ignore_ascii_case(bare(key))) {
        return same();
    }
    // The later one is that which most rows have later.
    let day = |row: &[polymath_chat::Cell], at: usize| row.get(at).and_then(|cell| cell.date.clone());
    let later = table.rows.iter().filter_map(|row| Some(day(row, other)? > day(row, one)?));
    let (after, all) = later.fold((0, 0), |(after, all), is| (after + usize::from(is), all + 1));
    let (from, to) = if after * 2 >= all { (one, other) } else { (other, one) };
    let days =
        format!("CAST(julianday(\"{}\") - julianday(\"{}\") AS INTEGER)", table.columns[to], table.columns[from]);
    let shown = pieces(&query[select.clone()]);
    let first = format!("\"{}\"", table.columns[0]);
    let named = shown.contains(&"*") || shown.iter().any(|piece| bare(piece).eq_ignore_ascii_case(&table.columns[0]));
    let list = if named { shown.join(", ") } else { format!("{first}, {}", shown.join(", ")) };
    let way = if longest { " DESC" } else { "" };
    let rest = &query[order.end..];
    format!(
        "SELECT {list}, {days} AS Days{} ORDER BY {days}{way}{rest}",
        &query[select.end..order.start - " ORDER BY ".len()]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn what_was_away_longest_is_told_by_both_days() {
        let cell = |text: &str| Cell {
            date: text.starts_with("20").then(|| text.to_owned()),
            ..Cell::new(text, Provenance::Given)
        };
        let rows = [["saw", "Pim", "2024-05-02", "2024-05-09"], ["drill", "Ann", "2024-05-01", "2024-05-03"]];
        let table = Table {
            title: "loans.csv".into(),
            columns: ["tool", "who", "out", "back"].map(str::to_owned).to_vec(),
            rows: rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect(),
        };
        let query = "SELECT who, out, back FROM t1 WHERE back IS NOT NULL ORDER BY back DESC LIMIT 1";
        let days = "CAST(julianday(\"back\") - julianday(\"out\") AS INTEGER)";
        let lasting = |request: &str| lasting(query, request, std::slice::from_ref(&table));
        assert_eq!(
            lasting("which was away longest and for how many days?"),
            format!(
                "SELECT \"tool\", who, out, back, {days} AS Days FROM t1 WHERE back IS NOT NULL ORDER BY {days} DESC LIMIT 1"
            )
        );
        assert_eq!(lasting("which came back last?"), query);
    }
}
