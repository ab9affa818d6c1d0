//! The row that has most or least of something, and not the group that has it on average: "what was the coldest one
//! measured, and on what day?"

use super::clause::{bare, clause, pieces};
use crate::guide::plan::{FUNCTIONS, LEAST, MOST, said, years};
use polymath_chat::{Cell, Table};

/// Words that ask for the day of it, which no group has.
const WHEN: &[&str] = &[
    "when",
    "what day",
    "which day",
    "what date",
    "which date",
    "what time",
    "wann",
    "welchem tag",
    "welchem datum",
    "quand",
    "quel jour",
    "quelle date",
    "cuándo",
    "qué día",
    "qué fecha",
    "什么时候",
    "哪一天",
    "哪天",
];

/// The one row by its own value where a query takes the group with the greatest or least mean or sum, for a request that
/// asks for no mean or sum, but when it was.
pub fn extreme(query: &str, request: &str, tables: &[Table]) -> String {
    row(query, &request.to_lowercase(), tables).unwrap_or_else(|| query.to_owned())
}

fn row(query: &str, small: &str, tables: &[Table]) -> Option<String> {
    let (select, from) = (clause(query, "SELECT ")?, clause(query, " FROM ")?);
    clause(query, " GROUP BY ")?;
    let order = clause(query, " ORDER BY ")?;
    let one = clause(query, " LIMIT ").is_some_and(|limit| query[limit].trim() == "1");
    let asks = said(small, WHEN) && (said(small, MOST) || said(small, LEAST));
    if !one || !asks || FUNCTIONS.iter().any(|(_, _, known)| said(small, known)) {
        return None;
    }
    let functions = ["AVG(", "SUM(", "MIN(", "MAX("];
    let inner = |piece: &str| {
        let value = piece.split(" AS ").next()?.trim();
        functions.iter().find_map(|function| value.strip_prefix(function)?.strip_suffix(')')).map(str::to_owned)
    };
    let mut measured = pieces(&query[select]).into_iter().filter_map(inner);
    let (column, None) = (measured.next()?, measured.next()) else { return None };
    let from = query[from].trim();
    let at: usize = from.strip_prefix('t')?.parse().ok()?;
    let table = tables.get(at.checked_sub(1)?)?;
    table.columns.iter().find(|own| own.eq_ignore_ascii_case(bare(&column)))?;
    // A query in which no day stands tells none.
    let is_day = |cell: &Cell| cell.date.is_some() || cell.text.as_deref().is_some_and(|text| !years(text).is_empty());
    let dated = table.rows.first()?.iter().any(is_day);
    let condition = clause(query, " WHERE ").map_or(String::new(), |place| format!("{} AND ", query[place].trim()));
    let down = if query[order].trim().ends_with(" DESC") { " DESC" } else { "" };
    dated.then(|| format!("SELECT * FROM {from} WHERE {condition}{column} IS NOT NULL ORDER BY {column}{down} LIMIT 1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[test]
    fn the_coldest_day_is_a_row() {
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let day = Cell { date: Some("2024-01-08".into()), ..cell("2024-01-08") };
        let columns = ["day", "station", "Temp (°C)"].map(str::to_owned).to_vec();
        let table = Table { title: "r.csv".into(), columns, rows: vec![vec![day, cell("Ost"), cell("-2.7")]] };
        let query = "SELECT station, AVG(\"Temp (°C)\") AS T FROM t1 GROUP BY station ORDER BY T LIMIT 1";
        let row = |request: &str| extreme(query, request, std::slice::from_ref(&table));
        assert_eq!(
            row("what was the coldest one measured, where and on what day?"),
            "SELECT * FROM t1 WHERE \"Temp (°C)\" IS NOT NULL ORDER BY \"Temp (°C)\" LIMIT 1"
        );
        assert_eq!(row("which station is the coldest on average, and since when?"), query);
        assert_eq!(row("which station is the coldest?"), query);
    }
}
