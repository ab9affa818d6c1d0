//! Groups with what they are of: a sum by orchard without the orchards says nothing.

use super::clause::{bare, clause, pieces};

/// A query of groups that shows what each of them is of.
pub fn with_keys(query: &str) -> String {
    let (Some(select), Some(group)) = (clause(query, "SELECT "), clause(query, " GROUP BY ")) else {
        return query.to_owned();
    };
    let ordered =
        clause(query, " ORDER BY ").is_some_and(|order| query[order].starts_with(|c: char| c.is_ascii_digit()));
    let (shown, keys) = (pieces(&query[select.clone()]), pieces(&query[group]));
    let is_shown = |key: &&str| {
        shown.iter().any(|piece| {
            let (own, name) = piece.split_once(" AS ").unwrap_or((piece, piece));
            own.trim() == *key
                || bare(own).eq_ignore_ascii_case(bare(key))
                || name.trim().trim_matches('"') == bare(key)
        })
    };
    if ordered || query.matches("SELECT").count() != 1 || shown.contains(&"*") || keys.iter().any(is_shown) {
        return query.to_owned();
    }
    let named = keys.iter().map(|key| match key.starts_with("substr(") {
        true if key.ends_with(", 1, 7)") || key.ends_with(", 6, 2)") => format!("{key} AS Month"),
        true if key.ends_with(", 1, 4)") => format!("{key} AS Year"),
        _ => (*key).to_owned(),
    });
    let list = named.collect::<Vec<_>>().join(", ");
    format!("{}{list}, {}", &query[..select.start], &query[select.start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_shown_with_their_names() {
        assert_eq!(
            with_keys("SELECT SUM(Weight) AS Total FROM t1 GROUP BY Orchard"),
            "SELECT Orchard, SUM(Weight) AS Total FROM t1 GROUP BY Orchard"
        );
        assert_eq!(
            with_keys("SELECT SUM(Weight) AS Total FROM t1 GROUP BY substr(\"Picked on\", 1, 7)"),
            "SELECT substr(\"Picked on\", 1, 7) AS Month, SUM(Weight) AS Total FROM t1 GROUP BY substr(\"Picked on\", 1, 7)"
        );
        for query in [
            "SELECT Orchard, SUM(Weight) AS Total FROM t1 GROUP BY Orchard",
            "SELECT \"Orchard\", SUM(Weight) AS Total FROM t1 GROUP BY Orchard",
            "SELECT substr(Day, 1, 7) AS Month, SUM(Weight) AS Total FROM t1 GROUP BY Month",
            "SELECT SUM(Weight) AS Total FROM t1",
        ] {
            assert_eq!(with_keys(query), query);
        }
    }
}
