//! Queries of groups and of rows: which house used more in all, how many of the rentals were so, each of the two.

use super::super::plan::{FUNCTIONS, LEAST, said, words};
use super::clause::{bare, clause, pieces};
use super::grammar::{Kind, kind};
use crate::evidence::terms;
use polymath_chat::Table;
use polymath_tools::in_sql;
use std::collections::HashSet;

/// The one table that a query is of.
pub fn table_of<'a>(query: &str, tables: &'a [Table]) -> Option<&'a Table> {
    let mut used = (0..tables.len()).filter(|i| words(query).any(|word| word == format!("t{}", i + 1)));
    match (used.next(), used.next()) {
        (Some(i), None) => tables.get(i),
        _ => None,
    }
}

fn kind_of(table: &Table, column: &str) -> Option<(usize, Kind)> {
    let at = table.columns.iter().position(|own| own == column)?;
    Some((at, kind(table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.text.is_some()))))
}

fn texts(table: &Table, at: usize) -> Vec<&str> {
    table.rows.iter().filter_map(|row| row.get(at)?.text.as_deref()).collect()
}

/// Words for all rows of each together.
const IN_ALL: &[&str] =
    &["in all", "in total", "altogether", "all together", "overall", "insgesamt", "au total", "en total"];

/// Which house used more, where it has many rows, is asked of the sums of its rows; by how much, of two of these.
pub fn totals(query: &str, request: &str, tables: &[Table]) -> String {
    const ADDED: &[&str] = &[
        "more",
        "most",
        "less",
        "least",
        "fewer",
        "fewest",
        "total",
        "in all",
        "altogether",
        "mehr",
        "meisten",
        "weniger",
        "plus",
        "moins",
        "más",
        "menos",
    ];
    const BY: &[&str] =
        &["by how", "how much more", "how many more", "difference", "um wie", "de combien", "por cuánto"];
    let same = || query.to_owned();
    let whole =
        [" GROUP BY ", "SUM(", "AVG(", "COUNT(", "MAX(", "MIN(", "OVER"].iter().all(|word| !query.contains(word));
    let (Some(table), Some(select), Some(order), Some(_)) =
        (table_of(query, tables), clause(query, "SELECT "), clause(query, " ORDER BY "), clause(query, " LIMIT "))
    else {
        return same();
    };
    let mut shown = pieces(&query[select.clone()]);
    let in_all = said(request, IN_ALL);
    let ordering = bare(query[order.clone()].trim().trim_end_matches(" DESC").trim_end_matches(" ASC"));
    if in_all && shown.len() > 2 {
        let first = shown.first().copied();
        shown.retain(|piece| Some(*piece) == first || bare(piece) == ordering);
    }
    let ([key, value], true) = (shown.as_slice(), whole && (in_all || said(request, ADDED))) else { return same() };
    let measure = bare(value);
    let ordered = &query[order.clone()];
    let descends = ordered.trim_end().ends_with(" DESC");
    let by_it = bare(ordered.trim().trim_end_matches(" DESC").trim_end_matches(" ASC")) == measure;
    let (Some((at, Kind::Words)), Some((_, Kind::Number | Kind::Time))) =
        (kind_of(table, bare(key)), kind_of(table, measure))
    else {
        return same();
    };
    let all = texts(table, at);
    let repeated = all.iter().collect::<HashSet<_>>().len() < all.len();
    let name = bare(key).to_lowercase();
    let named = words(request).any(|word| word.trim_end_matches('s') == name.trim_end_matches('s'));
    if !by_it || !repeated || !named && !in_all {
        return same();
    }
    let sum = format!("SUM({})", value.split(" AS ").next().unwrap_or(value).trim());
    let way = if descends && !said(request, LEAST) { " DESC" } else { "" };
    let middle = &query[select.end..order.start - " ORDER BY ".len()];
    let difference = match said(request, BY) {
        true => format!(", ABS({sum} - LEAD({sum}) OVER (ORDER BY {sum}{way})) AS Difference"),
        false => String::new(),
    };
    let rows = if difference.is_empty() { &query[order.end..] } else { " LIMIT 2" };
    format!("SELECT {key}, {sum} AS Total{difference}{middle} GROUP BY {key} ORDER BY {sum}{way}{rows}")
}

/// How many of the rentals were so is a number of rows, and no sum of a column that the request does not name.
pub fn rows(query: &str, request: &str, tables: &[Table]) -> String {
    const HOW_MANY: [&str; 4] = ["how many ", "wie viele ", "combien de ", "cuántos "];
    let same = || query.to_owned();
    let (Some(table), Some(select)) = (table_of(query, tables), clause(query, "SELECT ")) else { return same() };
    let shown = query[select.clone()].trim();
    let (sum, name) = shown.split_once(" AS ").unwrap_or((shown, "Total"));
    let column = sum.strip_prefix("SUM(").and_then(|rest| rest.strip_suffix(')')).map(bare);
    let behind = HOW_MANY.iter().find_map(|how| request.split_once(how)).map(|(_, behind)| behind);
    let (Some(column), Some(behind)) = (column, behind) else { return same() };
    let counted = terms(behind).into_iter().next().unwrap_or_default();
    let asked = terms(request);
    let own = terms(&column.replace('_', " "));
    let title = terms(&table.title.replace(['_', '.', '-'], " "));
    let is_rows = title.contains(&counted) && !own.iter().any(|term| asked.contains(term));
    if is_rows { format!("{}COUNT(*) AS {name}{}", &query[..select.start], &query[select.end..]) } else { same() }
}

/// A number beside what a query groups by, which SQLite takes from any row of the group, as the sum of the group's: the
/// kilometres of each month; or as the mean, the most or the least of them, where that is asked for.
pub fn of_groups(query: &str, request: &str, tables: &[Table]) -> String {
    const HIGHEST: &[&str] = &[
        "longest",
        "highest",
        "maximum",
        "max",
        "peak",
        "längste",
        "längsten",
        "höchste",
        "höchsten",
        "maximal",
        "maximale",
        "máximo",
        "máxima",
    ];
    const LOWEST: &[&str] = &[
        "shortest",
        "lowest",
        "minimum",
        "min",
        "kürzeste",
        "kürzesten",
        "niedrigste",
        "niedrigsten",
        "minimale",
        "mínimo",
        "mínima",
    ];
    let same = || query.to_owned();
    let (Some(table), Some(select), Some(group)) =
        (table_of(query, tables), clause(query, "SELECT "), clause(query, " GROUP BY "))
    else {
        return same();
    };
    let keys: Vec<&str> = pieces(&query[group]).into_iter().map(bare).collect();
    let is_year =
        |cell: &polymath_chat::Cell| cell.number.is_some_and(|n| n.fract() == 0.0 && (1000.0..2200.0).contains(&n));
    let measured = |piece: &str| {
        let Some((at, Kind::Number)) = kind_of(table, bare(piece)) else { return false };
        let mut cells = table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.number.is_some());
        !piece.contains('(') && !keys.contains(&bare(piece)) && !cells.all(is_year)
    };
    // What is worked out of each row, nights times their price, is added up like a column.
    let measured = |piece: &str| {
        let own = piece.split_once(" AS ").map_or(piece, |(own, _)| own);
        let parts: Vec<&str> = own.split(" * ").flat_map(|part| part.split(" - ")).collect();
        measured(piece) || parts.len() > 1 && parts.iter().all(|part| measured(part))
    };
    // Beside a group's most or least SQLite takes the row that has it.
    if query.contains("MAX(") || query.contains("MIN(") {
        return same();
    }
    let asked = FUNCTIONS.iter().find(|(_, _, known)| said(request, known)).map(|(function, _, _)| *function);
    let function = match (asked, said(request, HIGHEST), said(request, LOWEST)) {
        (Some(function), _, _) => function,
        (None, true, false) => "MAX",
        (None, false, true) => "MIN",
        _ => "SUM",
    };
    let shown: Vec<String> = pieces(&query[select.clone()])
        .into_iter()
        .map(|piece| match measured(piece) {
            true => {
                let (column, name) = piece.split_once(" AS ").unwrap_or((piece, bare(piece)));
                format!("{function}({}) AS {}", column.trim(), in_sql(name.trim().trim_matches('"')))
            }
            false => piece.to_owned(),
        })
        .collect();
    format!("{}{}{}", &query[..select.start], shown.join(", "), &query[select.end..])
}

/// A value "for each of the two" is one for each of the only two values of a column of words.
pub fn of_two(query: &str, request: &str, tables: &[Table]) -> String {
    const TWO: &[&str] =
        &["each of the two", "both", "of the two", "the two", "beiden", "des deux", "de los dos", "de las dos"];
    let same = || query.to_owned();
    let (Some(table), Some(select), Some(group)) =
        (table_of(query, tables), clause(query, "SELECT "), clause(query, " GROUP BY "))
    else {
        return same();
    };
    let pairs: Vec<usize> = (0..table.columns.len())
        .filter(|i| matches!(kind_of(table, &table.columns[*i]), Some((_, Kind::Words))))
        .filter(|i| texts(table, *i).into_iter().collect::<HashSet<_>>().len() == 2)
        .collect();
    let ([pair], true) = (pairs.as_slice(), said(request, TWO)) else { return same() };
    let (own, shown) = (query[group.clone()].trim(), pieces(&query[select.clone()]));
    let key = format!("\"{}\"", table.columns[*pair]);
    if bare(own) == table.columns[*pair]
        || own.contains(',')
        || shown.iter().any(|piece| bare(piece) == table.columns[*pair])
    {
        return same();
    }
    let kept = shown.iter().filter(|piece| bare(piece) != bare(own) && piece.contains('('));
    let list: Vec<&str> = [key.as_str()].into_iter().chain(kept.copied()).collect();
    let end = clause(query, " ORDER BY ").map_or(query.len(), |order| order.start - " ORDER BY ".len());
    format!("SELECT {}{}{key}{}", list.join(", "), &query[select.end..group.start], &query[group.end.min(end)..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn table() -> Table {
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["Elm", "9"], ["Oak", "3"], ["Elm", "4"], ["Oak", "5"]];
        let rows = rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect();
        Table { title: "water_readings.csv".into(), columns: ["house", "litres"].map(str::to_owned).to_vec(), rows }
    }

    #[test]
    fn which_group_has_more_is_told_by_sums() {
        let query = "SELECT house, litres FROM t1 WHERE litres > 1 ORDER BY litres DESC LIMIT 1";
        let more = totals(query, "which house used more and by how many litres?", &[table()]);
        let want = "SELECT house, SUM(litres) AS Total, ABS(SUM(litres) - LEAD(SUM(litres)) OVER (ORDER BY SUM(litres) DESC)) \
                    AS Difference FROM t1 WHERE litres > 1 GROUP BY house ORDER BY SUM(litres) DESC LIMIT 2";
        assert_eq!(more, want);
        let most = totals(query, "which house used most?", &[table()]);
        assert_eq!(
            most,
            "SELECT house, SUM(litres) AS Total FROM t1 WHERE litres > 1 GROUP BY house ORDER BY SUM(litres) DESC LIMIT 1"
        );
        assert_eq!(totals(query, "what was the highest reading?", &[table()]), query);
        let three = "SELECT house, day, litres FROM t1 ORDER BY litres DESC LIMIT 3";
        assert_eq!(
            totals(three, "which three used most in all?", &[table()]),
            "SELECT house, SUM(litres) AS Total FROM t1 GROUP BY house ORDER BY SUM(litres) DESC LIMIT 3"
        );
    }

    #[test]
    fn rows_are_counted() {
        let query = "SELECT SUM(litres) AS Total FROM t1 WHERE litres > 4";
        assert_eq!(
            rows(query, "how many of the readings were above four?", &[table()]),
            "SELECT COUNT(*) AS Total FROM t1 WHERE litres > 4"
        );
        assert_eq!(rows(query, "how many litres were used?", &[table()]), query);
    }

    #[test]
    fn a_number_of_a_group_is_of_all_its_rows() {
        let query = "SELECT house, litres FROM t1 GROUP BY house";
        let told = |request: &str| of_groups(query, request, &[table()]);
        assert_eq!(
            told("how many litres did each house use?"),
            "SELECT house, SUM(litres) AS \"litres\" FROM t1 GROUP BY house"
        );
        assert_eq!(told("the average of each house"), "SELECT house, AVG(litres) AS \"litres\" FROM t1 GROUP BY house");
        assert_eq!(
            told("the highest reading of each house"),
            "SELECT house, MAX(litres) AS \"litres\" FROM t1 GROUP BY house"
        );
        let product = "SELECT house, litres * litres AS Total FROM t1 GROUP BY house";
        assert_eq!(
            of_groups(product, "which house is most?", &[table()]),
            "SELECT house, SUM(litres * litres) AS \"Total\" FROM t1 GROUP BY house"
        );
        let whole = "SELECT house, COUNT(*) AS Count FROM t1 GROUP BY house";
        assert_eq!(of_groups(whole, "how many readings of each house?", &[table()]), whole);
    }

    #[test]
    fn each_of_the_two_is_a_group() {
        let query = "SELECT \"month\", AVG(litres) AS Average FROM t1 GROUP BY \"month\"";
        let want = "SELECT \"house\", AVG(litres) AS Average FROM t1 GROUP BY \"house\"";
        assert_eq!(of_two(query, "the average per month for each of the two?", &[table()]), want);
        assert_eq!(of_two(query, "the average per month?", &[table()]), query);
    }
}
