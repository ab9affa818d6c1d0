//! What was just shown in another way: "sort it by cars, most first", "and per customer?".

use super::Step;
use super::signs::{MOST, is_drawn, says, words};
use crate::evidence::terms;
use crate::guide::named;
use crate::notebook::{Chat, query_of};
use polymath_tools::in_sql;

/// Words of such a request, at most.
const SHORT: usize = 12;
/// Words in front of the one that asks for an order: in "which order was the largest" none is asked for.
const POLITE: &[&str] = &[
    "please",
    "can",
    "could",
    "you",
    "now",
    "then",
    "and",
    "also",
    "just",
    "ok",
    "bitte",
    "kannst",
    "du",
    "jetzt",
    "und",
    "maintenant",
    "et",
    "peux",
    "tu",
    "ahora",
    "y",
    "por",
    "favor",
];

/// The query, where a request asks for nothing but an order by a column at hand.
pub fn sorted(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const SORT: &[&str] = &[
        "sort",
        "sorted",
        "order",
        "ordered",
        "rank",
        "sortiere",
        "sortier",
        "sortiert",
        "ordne",
        "trie",
        "triez",
        "classe",
        "classez",
        "ordena",
        "ordénalo",
        "ordénala",
        "clasifica",
    ];
    const DOWN: &[&str] = &["descending", "absteigend", "décroissant", "descendente", "first"];
    const UP: &[&str] =
        &["ascending", "smallest", "lowest", "least", "oldest", "shortest", "aufsteigend", "croissant", "ascendente"];
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let asked = all.iter().find(|word| !POLITE.contains(word));
    let asks = asked.is_some_and(|word| SORT.contains(word)) || small.contains("排序");
    let at = chat.tables.iter().rposition(|table| table.rows.len() > 1)?;
    if !asks || all.len() > SHORT || is_drawn(&small) {
        return None;
    }
    let table = &chat.tables[at];
    // The word behind "by" is the column's; one that two columns have tells none.
    let of_word = |word: &str| {
        let own = terms(word);
        let has = |i: &usize| {
            let name = terms(&table.columns[*i].replace('_', " "));
            !own.is_empty() && own.iter().all(|term| name.contains(term))
        };
        let mut fitting = (0..table.columns.len()).filter(has);
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let mut named: Vec<usize> = all.iter().filter_map(|word| of_word(word)).collect();
    named.sort_unstable();
    named.dedup();
    let [column] = named.as_slice() else { return None };
    let down = (says(&small, DOWN) || says(&small, MOST)) && !says(&small, UP);
    let column = in_sql(&table.columns[*column]);
    let query = format!("SELECT * FROM t{} ORDER BY {column}{}", at + 1, if down { " DESC" } else { "" });
    Some(vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }])
}

/// The sum or mean just told, for each of a kind: "and per customer?"
pub fn by_groups(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const EACH: &[&str] =
        &["each", "every", "per", "by", "pro", "je", "jede", "jeden", "jedes", "nach", "chaque", "cada", "par", "por"];
    const FEW: usize = 6;
    const KEYWORDS: [&str; 4] = [" GROUP BY ", " ORDER BY ", " LIMIT ", " UNION "];
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let query = query_of(chat.tables.last()?)?;
    let (select, from) = query.strip_prefix("SELECT ")?.split_once(" FROM ")?;
    let name = from.split(' ').next()?;
    let at: usize = name.strip_prefix('t')?.parse().ok()?;
    let table = chat.tables.get(at.checked_sub(1)?)?;
    let sums = ["SUM(", "AVG(", "COUNT(", "MEDIAN("].iter().any(|function| select.contains(function));
    let plain = query.matches("SELECT").count() == 1 && !KEYWORDS.iter().any(|keyword| query.contains(keyword));
    if all.len() > FEW
        || !sums
        || !plain
        || is_drawn(&small)
        || !named::names(request).iter().all(|name| !name.contains(' '))
    {
        return None;
    }
    let of_words = |i: &usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(*i)).filter(|cell| cell.text.is_some());
        cells.clone().count() > 0 && cells.filter(|cell| cell.number.is_some()).count() == 0
    };
    let column = |word: &str| {
        let own = terms(word);
        let is_it = |i: &usize| {
            let name = terms(&table.columns[*i].replace('_', " "));
            !own.is_empty() && own.iter().all(|term| name.contains(term))
        };
        (0..table.columns.len()).filter(of_words).find(is_it)
    };
    let each = all.windows(2).filter(|pair| EACH.contains(&pair[0])).find_map(|pair| column(pair[1]))?;
    let key = in_sql(&table.columns[each]);
    let query = format!("SELECT {key}, {select} FROM {from} GROUP BY {key}");
    Some(vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance, Table};

    #[test]
    fn a_table_in_another_order_needs_no_model() {
        let row = |name: &str| vec![Cell::new(name, Provenance::Given), Cell::new("3", Provenance::Given)];
        let columns = vec!["Name".to_owned(), "Number of boats".to_owned()];
        let table = Table { title: "lakes".into(), columns, rows: vec![row("Ost"), row("Vell")] };
        let chat = Chat { tables: vec![table], ..Chat::new("c") };
        let plan = |request: &str| sorted(request, &chat).map(|steps| steps[0].to_string());
        let want = |order: &str| Some(format!("t2 = sql(SELECT * FROM t1 ORDER BY {order})"));
        assert_eq!(plan("sort it by boats, most first"), want("\"Number of boats\" DESC"));
        assert_eq!(plan("please order them by name"), want("\"Name\""));
        assert_eq!(plan("can you sort by boats, smallest first"), want("\"Number of boats\""));
        assert_eq!(plan("sort the planets by mass"), None);
        assert_eq!(plan("in which order were they built?"), None);
        assert_eq!(plan("which order has most boats?"), None);
    }

    #[test]
    fn a_sum_by_groups_is_the_same_sum() {
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let columns = ["Kunde", "Menge", "Preis"].map(str::to_owned).to_vec();
        let rows = [["Trull", "2", "3"], ["Siem", "4", "5"]].map(|row| row.map(cell).to_vec()).to_vec();
        let file = Table { title: "l.csv".into(), columns, rows };
        let how = "sql: SELECT SUM(Menge * Preis) AS Total FROM t1".to_owned();
        let total = Cell { number: Some(26.0), ..Cell::new("26", Provenance::Computed { how }) };
        let total = Table { title: "l.csv".into(), columns: vec!["Total".into()], rows: vec![vec![total]] };
        let chat = Chat { tables: vec![file, total], ..Chat::new("c") };
        let plan = |request: &str| by_groups(request, &chat).map(|steps| steps[0].to_string());
        let want = "t3 = sql(SELECT \"Kunde\", SUM(Menge * Preis) AS Total FROM t1 GROUP BY \"Kunde\")";
        assert_eq!(plan("Und pro Kunde?").as_deref(), Some(want));
        assert_eq!(plan("and per month?"), None);
        assert_eq!(plan("what is the price per kunde and per month of the last of them?"), None);
    }
}
