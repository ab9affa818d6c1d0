//! Queries whose shape is not what was asked for: one row where all are to be sorted, a count for each of what is
//! counted, a sum of words.

use super::super::plan::{said, words};
use super::clause::{bare, clause, pieces};
use super::grammar::{Kind, kind};
use super::{both, groups, rates};
use polymath_chat::Table;

/// Words that ask for an order of all rows.
const SORTED: &[&str] = &[
    "on top",
    "first",
    "sort",
    "sorted",
    "order",
    "ordered",
    "rank",
    "ranked",
    "descending",
    "ascending",
    "oben",
    "zuerst",
    "sortiert",
    "sortiere",
    "en haut",
    "trié",
    "triée",
    "arriba",
    "ordenado",
    "ordenada",
    "ordena",
    "排序",
];
/// Words that ask for one row.
const ONE: &[&str] = &["which", "who", "what", "only", "just", "welche", "welcher", "quel", "quelle", "cuál", "top"];
/// Words for one value of each.
const EACH: &[&str] =
    &["each", "every", "per", "by", "times", "often", "pro", "je", "jede", "jeder", "jedes", "chaque", "cada", "每"];

/// The query in the shape that the request asks for.
pub fn shaped(query: &str, request: &str, tables: &[Table]) -> String {
    let query = groups::of_groups(query, request, tables);
    let query = in_all(&counted(&of_numbers(&unlimited(&query, request), tables), request), request);
    let query = groups::rows(&groups::totals(&both::both(&query, request, tables), request, tables), request, tables);
    rates::of_the_whole(&groups::of_two(&of_each(&query, request, tables), request, tables), request, tables)
}

/// Whether a query divides a column by itself, of one table or of two: what was to be measured by is in neither.
pub fn divides_by_itself(query: &str) -> bool {
    query.match_indices('/').any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || "_\".".contains(c);
        let left = query[..at].trim_end().rsplit(|c: char| !part(c)).next().unwrap_or_default();
        let right = query[at + 1..].trim_start().split(|c: char| !part(c)).next().unwrap_or_default();
        !bare(left).is_empty() && bare(left).eq_ignore_ascii_case(bare(right))
    })
}

/// "The heaviest on top" are all of them, in that order.
fn unlimited(query: &str, request: &str) -> String {
    let rest = SORTED.iter().fold(request.to_owned(), |text, phrase| text.replace(phrase, " "));
    match query.strip_suffix(" LIMIT 1") {
        Some(all) if said(request, SORTED) && !said(&rest, ONE) && query.contains(" ORDER BY ") => all.to_owned(),
        _ => query.to_owned(),
    }
}

/// How many guests came is one number, and not a one for each guest.
fn counted(query: &str, request: &str) -> String {
    let (Some(group), Some(select)) = (clause(query, " GROUP BY "), clause(query, "SELECT ")) else {
        return query.to_owned();
    };
    let of = bare(&query[group.clone()]).to_owned();
    let counts = [format!("COUNT({of})"), format!("COUNT(\"{of}\")"), format!("COUNT(DISTINCT {of})")];
    let shown = &query[select];
    let alone = shown.split(", ").all(|piece| piece.contains('('));
    if !counts.iter().any(|count| shown.contains(count.as_str())) || !alone || said(request, EACH) {
        return query.to_owned();
    }
    let start = group.start - " GROUP BY ".len();
    format!("{}{}", &query[..start], &query[group.end..])
}

/// How many left in April, and what they weigh in all, is one row, and not a row for each of April's days.
fn in_all(query: &str, request: &str) -> String {
    const IN_ALL: &[&str] = &[
        "altogether",
        "in all",
        "in total",
        "total",
        "all together",
        "insgesamt",
        "zusammen",
        "im ganzen",
        "au total",
        "en tout",
        "en total",
        "en todo",
        "一共",
        "总共",
    ];
    let (Some(group), Some(select)) = (clause(query, " GROUP BY "), clause(query, "SELECT ")) else {
        return query.to_owned();
    };
    let by = bare(&query[group.clone()]);
    let restricted = query.find(" WHERE ").is_some_and(|at| query[at..group.start].contains(by));
    if !restricted || by.contains(',') || !said(request, IN_ALL) || said(request, EACH) {
        return query.to_owned();
    }
    let mut shown: Vec<&str> = pieces(&query[select.clone()]).into_iter().filter(|piece| piece.contains('(')).collect();
    if shown.is_empty() {
        return query.to_owned();
    }
    if said(request, &["how many", "wie viele", "combien de", "cuántos", "cuántas", "多少"])
        && !shown.iter().any(|piece| piece.starts_with("COUNT("))
    {
        shown.insert(0, "COUNT(*) AS Count");
    }
    let start = group.start - " GROUP BY ".len();
    format!("SELECT {}{}", shown.join(", "), &query[select.end..start])
}

/// A sum or a mean of a column of words is one of the only column of numbers, where there is only one.
fn of_numbers(query: &str, tables: &[Table]) -> String {
    let mut used = (0..tables.len()).filter(|i| words(query).any(|word| word == format!("t{}", i + 1)));
    let (Some(table), None) = (used.next().map(|i| &tables[i]), used.next()) else { return query.to_owned() };
    let numeric = |i: usize| {
        let cells = || table.rows.iter().filter_map(|row| row.get(i)).filter(|cell| cell.text.is_some());
        cells().any(|cell| cell.number.is_some() && cell.date.is_none()) || kind(cells()) == Kind::Time
    };
    let of_words: Vec<&String> = (0..table.columns.len()).filter(|i| !numeric(*i)).map(|i| &table.columns[i]).collect();
    let numbers: Vec<&String> = (0..table.columns.len()).filter(|i| numeric(*i)).map(|i| &table.columns[i]).collect();
    let [number] = numbers.as_slice() else { return query.to_owned() };
    let mut query = query.to_owned();
    for function in ["SUM(", "AVG("] {
        for column in &of_words {
            for written in [column.to_string(), format!("\"{column}\"")] {
                query = query.replace(&format!("{function}{written})"), &format!("{function}\"{number}\")"));
            }
        }
    }
    query
}

/// Each shop's takings are one row a shop: what a query works out of every row is added up by the column that the request
/// names, where that has a value more than once.
fn of_each(query: &str, request: &str, tables: &[Table]) -> String {
    const OF_EACH: &[&str] =
        &["each", "every", "per", "by", "jede", "jeder", "jedes", "pro", "je", "chaque", "par", "cada", "por", "每"];
    let mut used = (0..tables.len()).filter(|i| words(query).any(|word| word == format!("t{}", i + 1)));
    let (Some(table), None) = (used.next().map(|i| &tables[i]), used.next()) else { return query.to_owned() };
    let Some(select) = clause(query, "SELECT ") else { return query.to_owned() };
    let shown = pieces(&query[select.clone()]);
    let plain =
        [" GROUP BY ", " LIMIT ", "SUM(", "AVG(", "COUNT(", "MIN(", "MAX(", "OVER"].iter().all(|k| !query.contains(k));
    let [key, value] = shown.as_slice() else { return query.to_owned() };
    let Some(at) = table.columns.iter().position(|column| column == bare(key)) else { return query.to_owned() };
    let Some((expression, name)) = value.split_once(" AS ").filter(|(e, _)| e.contains(['*', '/', '+', '-'])) else {
        return query.to_owned();
    };
    let texts: Vec<&str> = table.rows.iter().filter_map(|row| row.get(at)?.text.as_deref()).collect();
    let distinct: std::collections::HashSet<&str> = texts.iter().copied().collect();
    let named =
        words(request).any(|word| word.trim_end_matches('s') == table.columns[at].to_lowercase().trim_end_matches('s'));
    if !plain || !named || !said(request, OF_EACH) || distinct.len() == texts.len() {
        return query.to_owned();
    }
    let ends = [" ORDER BY "].iter().filter_map(|next| query.find(next)).min().unwrap_or(query.len());
    format!("SELECT {key}, SUM({expression}) AS {name}{} GROUP BY {key}{}", &query[select.end..ends], &query[ends..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[track_caller]
    fn check(query: &str, request: &str, want: &str) {
        let number = Cell { number: Some(2.0), ..Cell::new("2", Provenance::Given) };
        let columns = ["Shop", "Takings"].map(str::to_owned).to_vec();
        let rows = vec![vec![Cell::new("Ost", Provenance::Given), number]];
        let table = Table { title: "t.csv".into(), columns, rows };
        assert_eq!(shaped(query, request, &[table]), want);
    }

    #[test]
    fn all_rows_are_sorted() {
        let sorted = "SELECT * FROM t1 ORDER BY Takings DESC";
        check(&format!("{sorted} LIMIT 1"), "the largest on top please", sorted);
        let one = format!("{sorted} LIMIT 1");
        check(&one, "which is the largest?", &one);
        check(&one, "just the first", &one);
    }

    #[test]
    fn a_count_is_one_number() {
        let query = "SELECT COUNT(Shop) AS n FROM t1 WHERE Takings > 1 GROUP BY Shop";
        check(query, "how many shops took more than 1?", "SELECT COUNT(Shop) AS n FROM t1 WHERE Takings > 1");
        check(query, "how many times is each shop there?", query);
        let named = "SELECT Shop, COUNT(Shop) AS n FROM t1 GROUP BY Shop";
        check(named, "how many shops are there?", named);
    }

    #[test]
    fn a_column_by_itself_says_nothing() {
        assert!(divides_by_itself("SELECT t1.Takings / t2.Takings FROM t1 JOIN t2 ON t1.Shop = t2.Shop"));
        assert!(!divides_by_itself("SELECT t1.Takings / t2.People FROM t1 JOIN t2 ON t1.Shop = t2.Shop"));
    }

    #[test]
    fn each_has_one_sum() {
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["Ost", "2", "3"], ["Ost", "1", "4"], ["West", "1", "1"]];
        let rows = rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect();
        let columns = ["shop", "jars", "price"].map(str::to_owned).to_vec();
        let tables = [Table { title: "t.csv".into(), columns, rows }];
        let query = "SELECT shop, jars * price AS Revenue FROM t1";
        let want = "SELECT shop, SUM(jars * price) AS Revenue FROM t1 GROUP BY shop";
        assert_eq!(of_each(query, "work out each shop's revenue", &tables), want);
        assert_eq!(of_each(query, "the revenue of the rows", &tables), query);
    }

    #[test]
    fn words_are_not_added() {
        check("SELECT SUM(Shop) AS Total FROM t1", "all of them together", "SELECT SUM(\"Takings\") AS Total FROM t1");
        check("SELECT SUM(Takings) FROM t1", "all of them together", "SELECT SUM(Takings) FROM t1");
    }
}
