//! Columns whose values are written now in small letters and now in capitals: B2 and b2 are one.

use super::clause::{bare, clause, pieces};
use super::groups::table_of;
use polymath_chat::Table;
use std::collections::HashSet;

const NOCASE: &str = " COLLATE NOCASE";
/// Of the tool `sql`: letters and digits alone.
const ALIKE: &str = " COLLATE alike";

/// A query that takes such values for one, where it groups by them or picks rows by one.
pub fn in_any_case(query: &str, tables: &[Table]) -> String {
    let Some(table) = table_of(query, tables) else { return query.to_owned() };
    let of_both = |column: &str| -> Option<&'static str> {
        let at = table.columns.iter().position(|own| own.eq_ignore_ascii_case(bare(column)))?;
        let cells = table.rows.iter().filter_map(|row| row.get(at)).filter(|c| c.number.is_none() && c.date.is_none());
        let texts: HashSet<&str> = cells.filter_map(|cell| cell.text.as_deref()).collect();
        let small: HashSet<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        // "Sweet pea" and "sweet-pea" are one as well, where a text has letters at all.
        let bare: HashSet<String> =
            small.iter().map(|text| text.chars().filter(|c| c.is_alphanumeric()).collect()).collect();
        let worded = texts.iter().all(|text| text.chars().filter(|c| c.is_alphabetic()).count() > 2);
        match (bare.len() < small.len() && worded, small.len() < texts.len()) {
            (true, _) => Some(ALIKE),
            (false, true) => Some(NOCASE),
            (false, false) => None,
        }
    };
    let mut query = query.to_owned();
    if let Some(group) = clause(&query, " GROUP BY ") {
        let keys = pieces(&query[group.clone()]).into_iter().map(|key| match of_both(key) {
            Some(collation) => format!("{key}{collation}"),
            None => key.to_owned(),
        });
        let keys = keys.collect::<Vec<_>>().join(", ");
        query.replace_range(group, &keys);
    }
    if let Some(place) = clause(&query, " WHERE ") {
        let parts = query[place.clone()].split(" AND ").map(|part| match part.split_once(" = '") {
            Some((column, value)) if value.trim_end().ends_with('\'') && !part.contains(" OR ") => {
                format!("{}{}", part.trim_end(), of_both(column).unwrap_or_default())
            }
            _ => part.to_owned(),
        });
        let parts = parts.collect::<Vec<_>>().join(" AND ");
        query.replace_range(place, &parts);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn small_letters_and_capitals_are_one_group() {
        let rows = [["B2", "Ost"], ["b2", "Vell"], ["B1", "Ost"]];
        let table = Table {
            title: "t".into(),
            columns: ["Branch", "Town"].map(str::to_owned).to_vec(),
            rows: rows.iter().map(|row| row.iter().map(|t| Cell::new(*t, Provenance::Given)).collect()).collect(),
        };
        let any = |query: &str| in_any_case(query, std::slice::from_ref(&table));
        let count = "SELECT COUNT(*) AS Count FROM t1";
        assert_eq!(
            any(&format!("{count} GROUP BY Branch ORDER BY Count")),
            format!("{count} GROUP BY Branch{NOCASE} ORDER BY Count")
        );
        assert_eq!(
            any(&format!("{count} WHERE Branch = 'B2' AND Town = 'Ost'")),
            format!("{count} WHERE Branch = 'B2'{NOCASE} AND Town = 'Ost'")
        );
        let town = format!("{count} GROUP BY Town");
        assert_eq!(any(&town), town);
    }
}
