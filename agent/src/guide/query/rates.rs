//! What share of one column another one is, of each group: the part of the pieces that broke.

use super::super::plan::{PERCENT, said, words};
use super::clause::{bare, clause, pieces};
use super::groups::table_of;
use crate::evidence::terms;
use polymath_chat::Table;

/// Letters that a word of the request and a column's have in common at their beginning: broke, broken.
const STEM: usize = 4;

/// A sum by groups as a share in percent, where the request asks for one of two columns that it names.
pub fn of_the_whole(query: &str, request: &str, tables: &[Table]) -> String {
    let same = || query.to_owned();
    let (Some(table), Some(select), Some(group)) =
        (table_of(query, tables), clause(query, "SELECT "), clause(query, " GROUP BY "))
    else {
        return same();
    };
    let asks = said(request, PERCENT) || said(request, &["what share", "proportion", "anteil"]);
    if !asks || query.contains(['/', '%']) || query.contains(" OVER ") {
        return same();
    }
    let without_title = request.replace(&table.title.to_lowercase(), " ");
    let asked: Vec<&str> = words(&without_title).collect();
    let is_named = |column: &str| {
        let name = column.split(['(', '[']).next().unwrap_or(column).replace('_', " ").to_lowercase();
        let own: Vec<&str> = words(&name).collect();
        !own.is_empty() && own.iter().all(|word| asked.iter().any(|other| is_alike(word, other)))
    };
    let sum = |at: usize| -> f64 {
        table.rows.iter().filter_map(|row| row.get(at)).filter(|c| c.date.is_none()).filter_map(|c| c.number).sum()
    };
    let columns = (0..table.columns.len()).filter(|at| sum(*at) > 0.0 && is_named(&table.columns[*at]));
    let Ok([one, other]) = <[usize; 2]>::try_from(columns.collect::<Vec<_>>()) else { return same() };
    let (part, whole) = if sum(one) <= sum(other) { (one, other) } else { (other, one) };
    let (part, whole) = (&table.columns[part], &table.columns[whole]);
    let keys: Vec<&str> = pieces(&query[group.clone()]);
    let shown: Vec<&str> = pieces(&query[select]).into_iter().filter(|piece| !piece.contains('(')).collect();
    let list = if shown.iter().any(|piece| keys.iter().any(|key| bare(key) == bare(piece))) { shown } else { keys };
    let from = clause(query, " FROM ").map_or("", |from| &query[from]);
    let condition = clause(query, " WHERE ").map_or(String::new(), |place| format!(" WHERE {}", &query[place]));
    let share = format!("ROUND(100.0 * SUM(\"{part}\") / SUM(\"{whole}\"), 2)");
    format!(
        "SELECT {}, {share} AS \"{part} in %\" FROM {from}{condition} GROUP BY {} ORDER BY {share} DESC",
        list.join(", "),
        &query[group]
    )
}

/// Whether two words are one in other forms.
pub fn is_alike(word: &str, other: &str) -> bool {
    let common = word.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let short = word.chars().count().min(other.chars().count());
    word == other || terms(word) == terms(other) || common >= STEM && common + 1 >= short
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn a_share_of_each_group_is_one_sum_by_the_other() {
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["Elm", "90", "9"], ["Oak", "30", "2"], ["Elm", "40", "3"]];
        let table = Table {
            title: "jars.csv".into(),
            columns: ["shed", "jars", "cracked"].map(str::to_owned).to_vec(),
            rows: rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect(),
        };
        let query = "SELECT shed, SUM(cracked) AS Cracked FROM t1 GROUP BY shed ORDER BY Cracked DESC LIMIT 1";
        let share = "ROUND(100.0 * SUM(\"cracked\") / SUM(\"jars\"), 2)";
        assert_eq!(
            of_the_whole(query, "for each shed, what percentage of the jars cracks?", std::slice::from_ref(&table)),
            format!("SELECT shed, {share} AS \"cracked in %\" FROM t1 GROUP BY shed ORDER BY {share} DESC")
        );
        assert_eq!(of_the_whole(query, "how many jars cracked in each shed?", std::slice::from_ref(&table)), query);
        assert_eq!(of_the_whole(query, "what percentage of all did each shed have?", &[table]), query);
    }
}
