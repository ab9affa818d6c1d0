//! What can be seen to be wrong with a query without running it: columns with underscores for spaces,
//! groups by more than was asked for, the smallest where the largest is wanted.

mod added;
mod both;
mod cases;
mod change;
mod clause;
mod columns;
mod counted;
mod extreme;
mod grammar;
mod groups;
mod joins;
mod keys;
mod measured;
mod months;
mod nested;
mod rates;
mod related;
mod said;
mod shape;
mod spans;
mod spread;
mod times;
mod units;

use super::plan::{LEAST, MOST, said, words};
use crate::evidence::{stands_in, terms};
use crate::notebook::query_of;
use added::added_up;
use clause::{bare, clause, pieces};
use columns::settled;
use polymath_chat::{Cell, Table};
use polymath_tools::in_sql;
use shape::shaped;
use times::{by_months, by_parts, timed};

pub use grammar::rules;
pub use shape::divides_by_itself;
pub use units::with_units;

/// A query with `t1` for the `T1` of a model.
fn with_small_names(query: &str) -> String {
    let named = |piece: &str| {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        word.strip_prefix('T').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    let pieces = query.split_inclusive(|c: char| !c.is_alphanumeric());
    pieces.map(|piece| if named(piece) { piece.to_lowercase() } else { piece.to_owned() }).collect()
}

/// The query as the request means it.
pub fn mended(query: &str, request: &str, tables: &[Table]) -> String {
    if let Some(query) = change::between(query, request, tables) {
        return query;
    }
    let query = with_small_names(query);
    let query = nested::of_all(&nested::flattened(&query), &request.to_lowercase());
    let query = measured::measured(&united(&by_parts(&settled(&query, tables), tables), tables), request, tables);
    if query.matches("SELECT").count() != 1 {
        return timed(&query, request, tables);
    }
    let query = said::as_said(&query, request, tables);
    let query = spans::lasting(&query, &request.to_lowercase(), tables);
    let query = both::lacking(&query, &request.to_lowercase(), tables);
    let query = counted::in_pieces(&nested::of_named(&query, request, tables), &request.to_lowercase());
    let query = added_up(&joins::joined(&unjoined(&query), request, tables), request, tables);
    let query = extreme::extreme(&query, request, tables);
    let query = by_file(&restricted(&query, request, tables), request, tables);
    let small = request.to_lowercase();
    let query = months::in_month(&ordered(&grouped(&shaped(&query, &small, tables), request), &small), &small);
    let query = timed(&of_those(&by_months(&query, request, tables), request, tables), request, tables);
    let query = spread::between_the_ends(&query, request, tables);
    let query = related::of_another(&query, request, tables);
    cases::in_any_case(&keys::with_keys(&with_missing_last(&query, tables)), tables)
}

/// A query that orders from the smallest with rows without a value behind the others: SQLite has them first.
fn with_missing_last(query: &str, tables: &[Table]) -> String {
    let Some(order) = clause(query, " ORDER BY ") else { return query.to_owned() };
    let key = query[order.clone()].trim().trim_end_matches(" ASC");
    let lacks = |table: &Table| {
        let at = table.columns.iter().position(|own| own.eq_ignore_ascii_case(bare(key)));
        at.is_some_and(|at| table.rows.iter().filter_map(|row| row.get(at)).any(|cell| cell.text.is_none()))
    };
    match key.ends_with(" DESC") || key.contains(',') || key.ends_with(" LAST") || !tables.iter().any(lacks) {
        true => query.to_owned(),
        false => format!("{}{} NULLS LAST{}", &query[..order.start], key, &query[order.end..]),
    }
}

/// A union of whole tables without those of other columns, and without those whose rows the first one has.
fn united(query: &str, tables: &[Table]) -> String {
    const ALL: &str = "SELECT * FROM ";
    let (body, order) = query.find(" ORDER BY ").map_or((query, ""), |at| query.split_at(at));
    let parts: Vec<&str> = body.split(" UNION ALL ").flat_map(|part| part.split(" UNION ")).collect();
    let table = |part: &str| {
        let number: usize = part.trim().strip_prefix(ALL)?.trim().strip_prefix('t')?.parse().ok()?;
        tables.get(number.checked_sub(1)?)
    };
    let Some(first) = table(parts[0]).filter(|_| parts.len() > 1 && parts.iter().all(|part| table(part).is_some()))
    else {
        return query.to_owned();
    };
    let shown = |row: &Vec<Cell>| row.iter().map(|cell| cell.display().to_owned()).collect::<Vec<_>>();
    let known: Vec<Vec<String>> = first.rows.iter().map(shown).collect();
    let adds = |part: &&&str| {
        table(part).is_some_and(|other| {
            other.columns == first.columns && other.rows.iter().any(|row| !known.contains(&shown(row)))
        })
    };
    let kept: Vec<&str> = parts[..1].iter().copied().chain(parts[1..].iter().filter(adds).copied()).collect();
    format!("{}{order}", kept.join(" UNION ALL "))
}

/// A query without a table that it joins and takes nothing from: rows that only the other one lacks would go.
fn unjoined(query: &str) -> String {
    const ENDS: [&str; 5] = [" JOIN ", " WHERE ", " GROUP BY ", " ORDER BY ", " LIMIT "];
    if query.matches(" JOIN ").count() != 1 || query.contains("SELECT *") {
        return query.to_owned();
    }
    let Some((front, behind)) = query.split_once(" JOIN ") else { return query.to_owned() };
    let end = ENDS.iter().filter_map(|next| behind.find(next)).min().unwrap_or(behind.len());
    let (join, rest) = behind.split_at(end);
    let name = join.split(' ').next().unwrap_or_default();
    let front = front.trim_end_matches(" LEFT").trim_end_matches(" INNER");
    let dotted = format!("{name}.");
    let dots = |text: &str| text.contains('.');
    let bare = pieces(&front[clause(front, "SELECT ").unwrap_or(0..0)]).iter().any(|piece| !dots(piece));
    if bare || front.contains(&dotted) || rest.contains(&dotted) { query.to_owned() } else { format!("{front}{rest}") }
}

/// How many "of those" are so: of the rows that the query before was of.
fn of_those(query: &str, request: &str, tables: &[Table]) -> String {
    const THOSE: &[&str] =
        &["of those", "of these", "of them", "davon", "d'entre eux", "d'entre elles", "de ellos", "de ellas", "其中"];
    let last = tables.last().and_then(query_of);
    let before = last.and_then(|last| Some((clause(last, " FROM ")?, clause(last, " WHERE ")?, last)));
    let (Some((from, condition, last)), Some(own)) = (before, clause(query, " FROM ")) else { return query.to_owned() };
    let (condition, same) = (&last[condition], last[from].trim() == query[own.clone()].trim());
    if !same || !said(&request.to_lowercase(), THOSE) || query.contains(condition) || condition.contains(" OR ") {
        return query.to_owned();
    }
    match clause(query, " WHERE ") {
        Some(place) => format!("{}{condition} AND {}", &query[..place.start], &query[place.start..]),
        None => format!("{} WHERE {condition}{}", &query[..own.end], &query[own.end..]),
    }
}

/// A sum of several files that are one table as one sum a file, where that is asked for.
fn by_file(query: &str, request: &str, tables: &[Table]) -> String {
    const EACH: &[&str] = &[
        "each",
        "every",
        "separately",
        "respectively",
        "by itself",
        "per file",
        "a file",
        "per year",
        "a year",
        "jeweils",
        "je datei",
        "einzeln",
        "chaque",
        "chacun",
        "cada",
        "分别",
        "各",
    ];
    const TOGETHER: &[&str] = &[
        "together",
        "both",
        "altogether",
        "combined",
        "in all",
        "over the two",
        "zusammen",
        "ensemble",
        "juntos",
        "一共",
    ];
    let small = request.to_lowercase();
    let stack = |i: usize| tables[i].title.contains(" + ") && words(query).any(|word| word == format!("t{}", i + 1));
    let Some(table) = (0..tables.len()).find(|i| stack(*i)).map(|i| &tables[i]) else { return query.to_owned() };
    let all_named = table.title.split(" + ").all(|title| small.contains(&title.to_lowercase()));
    let meant = said(&small, EACH) || all_named && !said(&small, TOGETHER);
    let sums = ["SUM(", "AVG(", "COUNT(", "MEDIAN("].iter().any(|function| query.contains(function));
    let key = format!("\"{}\"", table.columns[0]);
    let (Some(select), true) = (clause(query, "SELECT "), meant && sums && !query.contains(" GROUP BY ")) else {
        return query.to_owned();
    };
    let ends = [" ORDER BY ", " LIMIT "].iter().filter_map(|next| query.find(next)).min().unwrap_or(query.len());
    format!("{}{key}, {} GROUP BY {key}{}", &query[..select.start], &query[select.start..ends], &query[ends..])
}

/// A query of one table with the condition that it forgets: the request names a value of a column of words,
/// which stands nowhere in the query.
fn restricted(query: &str, request: &str, tables: &[Table]) -> String {
    const VALUES: usize = 60;
    let mut used = (0..tables.len()).filter(|i| words(query).any(|word| word == format!("t{}", i + 1)));
    let (Some(table), None) = (used.next().map(|i| &tables[i]), used.next()) else { return query.to_owned() };
    let titles = tables.iter().flat_map(|table| table.title.split(" + "));
    let asked = titles.fold(request.to_owned(), |text, title| text.replace(title, " "));
    let is_named = |value: &str| value.starts_with(char::is_uppercase) && stands_in(&asked, value);
    let mut found: Vec<(usize, Vec<&str>)> = Vec::new();
    for i in 0..table.columns.len() {
        let worded = |cell: &&Cell| cell.number.is_none() && cell.date.is_none();
        let mut values: Vec<&str> =
            table.rows.iter().filter_map(|row| row.get(i)).filter(worded).filter_map(|c| c.text.as_deref()).collect();
        values.sort_unstable();
        values.dedup();
        let named: Vec<&str> = values.iter().copied().filter(|value| is_named(value)).collect();
        if values.len() <= VALUES && !named.is_empty() && named.len() < values.len() {
            found.push((i, named));
        }
    }
    let [(i, named)] = found.as_slice() else { return query.to_owned() };
    let column = in_sql(&table.columns[*i]);
    if named.iter().any(|value| query.contains(value)) || query.contains(" WHERE ") && query.contains(" OR ") {
        return query.to_owned();
    }
    let listed: Vec<String> = named.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
    let condition = format!("{column} IN ({})", listed.join(", "));
    match clause(query, " WHERE ") {
        Some(place) => format!("{}{condition} AND {}", &query[..place.start], &query[place.start..]),
        None => {
            let ends = [" GROUP BY ", " ORDER BY ", " LIMIT "].iter().filter_map(|next| query.find(next)).min();
            let at = ends.unwrap_or(query.len());
            format!("{} WHERE {condition}{}", &query[..at], &query[at..])
        }
    }
}

/// A sum by manager is one row a manager: of several columns that a query groups by, those stay that the
/// request names, and of the plain columns that it shows.
fn grouped(query: &str, request: &str) -> String {
    let (Some(group), Some(select)) = (clause(query, " GROUP BY "), clause(query, "SELECT ")) else {
        return query.to_owned();
    };
    let asked = terms(request);
    let is_named = |column: &&str| {
        let own = terms(bare(column));
        !own.is_empty() && own.iter().all(|term| asked.contains(term))
    };
    let columns = pieces(&query[group.clone()]);
    let kept: Vec<&str> = columns.iter().copied().filter(is_named).collect();
    if kept.is_empty() || kept.len() == columns.len() {
        return query.to_owned();
    }
    let stays = |piece: &&str| piece.contains('(') || kept.iter().any(|column| bare(column) == bare(piece));
    let shown: Vec<&str> = pieces(&query[select.clone()]).into_iter().filter(stays).collect();
    format!(
        "{}{}{}{}{}",
        &query[..select.start],
        shown.join(", "),
        &query[select.end..group.start],
        kept.join(", "),
        &query[group.end..]
    )
}

/// The first rows of an order are those with most where most is asked for.
fn ordered(query: &str, request: &str) -> String {
    const UP: &[&str] = &[
        "oldest first",
        "from the oldest",
        "earliest first",
        "earliest on top",
        "oldest on top",
        "ascending",
        "smallest first",
        "from the smallest",
        "lowest first",
        "from the lowest",
        "shortest first",
    ];
    const DOWN: &[&str] = &[
        "newest first",
        "from the newest",
        "latest first",
        "newest on top",
        "descending",
        "largest first",
        "from the largest",
        "highest first",
        "from the highest",
        "longest first",
        "biggest first",
        "largest on top",
    ];
    let Some(order) = clause(query, " ORDER BY ") else { return query.to_owned() };
    let (most, least) = (said(request, MOST), said(request, LEAST));
    let first = query.contains("SUM(") && said(request, &["first"]);
    let (key, down) = match query[order.clone()].trim() {
        keys if keys.contains(',') => return query.to_owned(),
        key if key.ends_with(" DESC") => (key.trim_end_matches(" DESC"), true),
        key => (key.trim_end_matches(" ASC"), false),
    };
    let (up, falling) = (said(request, UP), said(request, DOWN));
    let down = match (most || first, least) {
        _ if up != falling => falling,
        _ if !query.contains(" LIMIT ") => down,
        (true, false) => true,
        (false, true) => false,
        _ => down,
    };
    format!("{}{key}{}{}", &query[..order.start], if down { " DESC" } else { "" }, &query[order.end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    #[track_caller]
    fn check(query: &str, request: &str, want: &str) {
        let table = Table { title: "t".into(), columns: vec!["Year of opening".into()], rows: Vec::new() };
        assert_eq!(mended(query, request, &[table]), want);
    }

    #[test]
    fn columns_are_spelled_as_the_table_has_them() {
        let query = "SELECT Name FROM t1 WHERE Year_of_opening > 1920";
        check(query, "which opened after 1920?", "SELECT Name FROM t1 WHERE \"Year of opening\" > 1920");
        check("SELECT * FROM t1 ORDER BY Year", "sort by year", "SELECT * FROM t1 ORDER BY \"Year of opening\"");
    }

    #[test]
    fn rows_without_a_value_are_not_the_least() {
        let row = |text: &str| vec![Cell::new(text, Provenance::Given)];
        let rows = vec![row("3"), vec![Cell::missing()], row("1")];
        let table = Table { title: "t".into(), columns: vec!["Depth".into()], rows };
        let last = |query: &str| with_missing_last(query, std::slice::from_ref(&table));
        assert_eq!(
            last("SELECT * FROM t1 ORDER BY Depth ASC LIMIT 1"),
            "SELECT * FROM t1 ORDER BY Depth NULLS LAST LIMIT 1"
        );
        assert_eq!(
            last("SELECT * FROM t1 ORDER BY Depth DESC LIMIT 1"),
            "SELECT * FROM t1 ORDER BY Depth DESC LIMIT 1"
        );
    }

    #[test]
    fn tables_that_add_nothing_are_not_united() {
        let table = |columns: &[&str], rows: &[&str]| Table {
            title: "t".into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: rows.iter().map(|row| vec![Cell::new(*row, Provenance::Given)]).collect(),
        };
        let tables =
            [table(&["A"], &["1", "2"]), table(&["Sum"], &["3"]), table(&["A"], &["2"]), table(&["A"], &["4"])];
        let united = |query: &str| mended(query, "sort it", &tables);
        assert_eq!(united("SELECT * FROM t1 UNION ALL SELECT * FROM t2 ORDER BY A"), "SELECT * FROM t1 ORDER BY A");
        assert_eq!(united("SELECT * FROM t1 UNION ALL SELECT * FROM t3"), "SELECT * FROM t1");
        assert_eq!(
            united("SELECT * FROM t1 UNION ALL SELECT * FROM t4"),
            "SELECT * FROM t1 UNION ALL SELECT * FROM t4"
        );
    }

    #[test]
    fn a_value_that_the_request_names_is_a_condition() {
        let row = |shop: &str, n: f64| {
            vec![Cell::new(shop, Provenance::Given), Cell { number: Some(n), ..Cell::new("n", Provenance::Given) }]
        };
        let table = Table {
            title: "sales_Sund.csv".into(),
            columns: ["Shop", "Cost"].map(str::to_owned).to_vec(),
            rows: vec![row("Sund", 1.0), row("Ardun", 2.0), row("Varn", 3.0)],
        };
        let query = |query: &str, request: &str| mended(query, request, std::slice::from_ref(&table));
        let sum = "SELECT SUM(Cost) FROM t1";
        assert_eq!(query(sum, "the cost of Sund in all?"), format!("{sum} WHERE \"Shop\" IN ('Sund')"));
        assert_eq!(query(sum, "the cost in sales_Sund.csv?"), sum);
        let grouped = "SELECT Shop, SUM(Cost) FROM t1 WHERE Cost > 1 GROUP BY Shop";
        let want = "SELECT Shop, SUM(Cost) FROM t1 WHERE \"Shop\" IN ('Ardun', 'Sund') AND Cost > 1 GROUP BY Shop";
        assert_eq!(query(grouped, "the cost over 1 of Sund and Ardun, by shop"), want);
    }

    #[test]
    fn a_table_that_nothing_is_taken_from_is_not_joined() {
        let query = "SELECT t1.A, t1.B FROM t1 JOIN t2 ON t1.A = t2.A ORDER BY t1.B";
        assert_eq!(unjoined(query), "SELECT t1.A, t1.B FROM t1 ORDER BY t1.B");
        for query in ["SELECT t1.A, t2.B FROM t1 JOIN t2 ON t1.A = t2.A", "SELECT A FROM t1 JOIN t2 ON t1.A = t2.A"] {
            assert_eq!(unjoined(query), query);
        }
    }

    #[test]
    fn a_sum_of_several_files_is_one_a_file() {
        let columns = ["Year", "Cost"].map(str::to_owned).to_vec();
        let table = Table { title: "a_2021.csv + a_2022.csv".into(), columns, rows: Vec::new() };
        let query = |request: &str| mended("SELECT SUM(Cost) FROM t1", request, std::slice::from_ref(&table));
        let want = "SELECT \"Year\", SUM(Cost) FROM t1 GROUP BY \"Year\"";
        assert_eq!(query("How much cost is in a_2021.csv and a_2022.csv?"), want);
        assert_eq!(query("the cost of each file"), want);
        assert_eq!(query("the cost of a_2021.csv and a_2022.csv together"), "SELECT SUM(Cost) FROM t1");
    }

    #[test]
    fn groups_are_those_that_were_asked_for() {
        check(
            "SELECT t1.Day, t1.Shop, t2.Head, SUM(t1.Cost) AS Total FROM t1 JOIN t2 ON t1.Shop = t2.Shop GROUP BY t1.Day, t1.Shop, t2.Head ORDER BY Total",
            "Add the head and sum cost by head",
            "SELECT t2.Head, SUM(t1.Cost) AS Total FROM t1 JOIN t2 ON t1.Shop = t2.Shop GROUP BY t2.Head ORDER BY Total",
        );
        let query = "SELECT Shop, Day, SUM(Cost) FROM t1 GROUP BY Shop, Day";
        check(query, "the cost by shop and day", query);
        check(query, "the cost, please", query);
    }

    #[test]
    fn a_month_is_one_of_every_year() {
        check(
            "SELECT SUM(Cost) FROM t1 WHERE Day LIKE '2010-%'",
            "the cost in October?",
            "SELECT SUM(Cost) FROM t1 WHERE Day LIKE '%-10-%'",
        );
        let query = "SELECT SUM(Cost) FROM t1 WHERE Day LIKE '2010-10-%'";
        check(query, "the cost in October 2010?", query);
    }

    #[test]
    fn the_first_rows_have_most_where_most_is_asked_for() {
        let query = "SELECT Shop, SUM(Cost) AS Total FROM t1 GROUP BY Shop ORDER BY Total LIMIT 1";
        let most = "SELECT Shop, SUM(Cost) AS Total FROM t1 GROUP BY Shop ORDER BY Total DESC LIMIT 1";
        check(query, "Which shop comes first in total cost?", most);
        check(most, "The shop with the lowest cost", query);
        check(
            "SELECT * FROM t1 ORDER BY Age DESC",
            "now from the oldest to the newest",
            "SELECT * FROM t1 ORDER BY Age",
        );
        check("SELECT * FROM t1 ORDER BY Age DESC", "sort the largest by year", "SELECT * FROM t1 ORDER BY Age DESC");
        check(
            "SELECT Name FROM t1 ORDER BY Age LIMIT 1",
            "which is the oldest?",
            "SELECT Name FROM t1 ORDER BY Age LIMIT 1",
        );
    }
}
