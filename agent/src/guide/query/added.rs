//! How much there is in all of what a query lists.

use super::super::plan::{said, words};
use super::clause::{bare, clause};
use polymath_chat::Table;

/// Words for what was taken or spent: of a column of amounts their sum is asked for.
const TAKEN: &[&str] = &[
    "took",
    "take",
    "taken",
    "earn",
    "earned",
    "spend",
    "spent",
    "paid",
    "pay",
    "cost",
    "make",
    "made",
    "eingenommen",
    "einnehmen",
    "ausgegeben",
    "verdient",
    "bezahlt",
    "gekostet",
    "dépensé",
    "gagné",
    "payé",
    "encaissé",
    "gastado",
    "gastamos",
    "ganado",
    "pagado",
    "ingresado",
];
/// Words that ask for the rows themselves.
const LISTED: &[&str] = &[
    "list", "each", "every", "which", "who", "when", "show", "all", "rows", "entries", "welche", "welcher", "wann",
    "wer", "alle", "liste", "zeig", "jeweils", "quels", "quelles", "chaque", "cuáles", "cada",
];

/// How much of a column there is, of its rows that a query lists: their sum.
pub fn added_up(query: &str, request: &str, tables: &[Table]) -> String {
    const HOW_MUCH: &[&str] = &["how much", "how many", "wie viel", "wieviel", "combien", "cuánto", "cuánta", "多少"];
    let small = request.to_lowercase();
    let Some(select) = clause(query, "SELECT ") else { return query.to_owned() };
    let column = bare(&query[select.clone()]);
    let measured = tables.iter().any(|table| {
        let at = table.columns.iter().position(|own| own.eq_ignore_ascii_case(column));
        let cells = |at: usize| table.rows.iter().filter_map(move |row| row.get(at)).filter(|c| c.text.is_some());
        at.is_some_and(|at| cells(at).count() > 1 && cells(at).all(|c| c.number.is_some() && c.date.is_none()))
    });
    let says = |known: &[&str]| words(&small).any(|word| known.contains(&word));
    let taken = says(TAKEN) && says(&["what", "was", "que", "qué"]) && !says(LISTED);
    let lists = [" LIMIT ", " GROUP BY ", " ORDER BY "].iter().all(|keyword| !query.contains(keyword));
    match measured && lists && (said(&small, HOW_MUCH) || taken) {
        true => format!("{}SUM({}){}", &query[..select.start], &query[select.clone()].trim(), &query[select.end..]),
        false => query.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn how_much_is_a_sum() {
        let number = |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), Provenance::Given) };
        let columns = ["Part", "Cost"].map(str::to_owned).to_vec();
        let row = |n: f64| vec![Cell::new("Brake", Provenance::Given), number(n)];
        let table = Table { title: "t".into(), columns, rows: vec![row(1.0), row(2.0)] };
        let query = |query: &str, request: &str| added_up(query, request, std::slice::from_ref(&table));
        let listed = "SELECT Cost FROM t1 WHERE Part = 'Brake'";
        assert_eq!(query(listed, "How much cost comes from brakes?"), "SELECT SUM(Cost) FROM t1 WHERE Part = 'Brake'");
        assert_eq!(query(listed, "Was haben Bremsen gekostet?"), "SELECT SUM(Cost) FROM t1 WHERE Part = 'Brake'");
        assert_eq!(query(listed, "list the costs of brakes"), listed);
        assert_eq!(query(listed, "what did we pay for each brake?"), listed);
    }
}
