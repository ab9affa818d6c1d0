//! What can be seen to be wrong with a query without running it: columns with underscores for spaces,
//! groups by more than was asked for, the smallest where the largest is wanted.

use super::plan::{said, words};
use crate::evidence::terms;
use polymath_chat::{Cell, Table};
use std::ops::Range;

/// Words that ask for the end of an order that has most, and for the other one.
const MOST: &[&str] = &[
    "largest",
    "highest",
    "biggest",
    "greatest",
    "longest",
    "tallest",
    "deepest",
    "heaviest",
    "most",
    "top",
    "best",
    "maximum",
    "größte",
    "höchste",
    "längste",
    "meisten",
    "plus grand",
    "plus haut",
    "mayor",
    "más alto",
    "最大",
    "最高",
    "最多",
    "最长",
];
const LEAST: &[&str] = &[
    "smallest",
    "lowest",
    "least",
    "shortest",
    "fewest",
    "lightest",
    "cheapest",
    "minimum",
    "kleinste",
    "niedrigste",
    "kürzeste",
    "wenigsten",
    "plus petit",
    "menor",
    "más bajo",
    "最小",
    "最低",
    "最少",
    "最短",
];

/// The query as the request means it.
pub fn mended(query: &str, request: &str, tables: &[Table]) -> String {
    let query = measured(&united(&placed(&spelled(query, tables), tables), tables), request, tables);
    if query.matches("SELECT").count() != 1 {
        return query;
    }
    let small = request.to_lowercase();
    in_month(&ordered(&grouped(&query, request), &small), &small)
}

/// A query with `"Year of opening"` for `Year_of_opening`, where a table has such a column.
fn spelled(query: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    for column in tables.iter().flat_map(|table| &table.columns) {
        let joined: String = column.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        if joined != *column && joined.contains('_') {
            query = query.replace(&joined, &format!("\"{}\"", column.replace('"', "\"\"")));
        }
    }
    accented(&named_in_full(&query, tables), tables)
}

/// `"Year of opening"` for a bare `Year`, where no column is called so and one alone begins so.
fn named_in_full(query: &str, tables: &[Table]) -> String {
    let used = |i: usize| words(query).any(|word| word.eq_ignore_ascii_case(&format!("t{}", i + 1)));
    let columns: Vec<&String> =
        tables.iter().enumerate().filter(|(i, _)| used(*i)).flat_map(|(_, t)| &t.columns).collect();
    let mut query = query.to_owned();
    for column in &columns {
        let Some((first, _)) = column.split_once(' ') else { continue };
        let known = columns.iter().any(|other| other.eq_ignore_ascii_case(first));
        let several = columns.iter().any(|other| other != column && other.starts_with(&format!("{first} ")));
        if known || several || query.contains(column.as_str()) || query.contains(&format!(" AS {first}")) {
            continue;
        }
        let places: Vec<usize> = query.match_indices(first).map(|(at, _)| at).collect();
        for at in places.into_iter().rev() {
            let quoted = query[..at].matches(['"', '\'']).count() % 2 == 1;
            let part = |c: char| c.is_alphanumeric() || c == '_';
            if !quoted && !query[..at].ends_with(part) && !query[at + first.len()..].starts_with(part) {
                query.replace_range(at..at + first.len(), &format!("\"{column}\""));
            }
        }
    }
    query
}

/// A column that another table writes with other accents, as its own table writes it.
fn accented(query: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    for (i, table) in tables.iter().enumerate() {
        let name = format!("t{}", i + 1);
        for column in taken_from(&query, &name) {
            let has = table.columns.iter().any(|own| own.eq_ignore_ascii_case(&column));
            if let Some(own) = table.columns.iter().find(|own| !has && is_alike(own, &column)) {
                query = query.replace(&format!("{name}.{column}"), &format!("{name}.{own}"));
            }
        }
    }
    query
}

/// Whether two names differ at most where one of them has a letter beyond ASCII.
fn is_alike(a: &str, b: &str) -> bool {
    let same = |(x, y): (char, char)| x.eq_ignore_ascii_case(&y) || x.is_ascii() != y.is_ascii();
    a.chars().count() == b.chars().count() && a.chars().zip(b.chars()).all(same)
}

/// A query whose table lacks a column that it takes from it, of the one table that has all of them.
fn placed(query: &str, tables: &[Table]) -> String {
    let mut query = query.to_owned();
    for (i, table) in tables.iter().enumerate() {
        let name = format!("t{}", i + 1);
        let columns = taken_from(&query, &name);
        let has = |table: &Table| columns.iter().all(|own| table.columns.iter().any(|c| c.eq_ignore_ascii_case(own)));
        if columns.is_empty() || has(table) {
            continue;
        }
        let mut others = tables.iter().enumerate().filter(|(j, other)| *j != i && has(other));
        if let (Some((j, _)), None) = (others.next(), others.next()) {
            let new = format!("t{}", j + 1);
            query = query.replace(&format!("{name}."), &format!("{new}."));
            for keyword in ["FROM", "JOIN"] {
                query = query.replace(&format!("{keyword} {name} "), &format!("{keyword} {new} "));
            }
        }
    }
    query
}

/// The columns that a query takes from a table by name.
fn taken_from(query: &str, table: &str) -> Vec<String> {
    let mut found = Vec::new();
    let dotted = format!("{table}.");
    for (at, _) in query.match_indices(&dotted) {
        if query[..at].ends_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let behind = &query[at + dotted.len()..];
        found.push(match behind.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default().to_owned(),
            None => behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
        });
    }
    found.retain(|column| !column.is_empty());
    found
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

/// A sum of the column that the request names, where the query sums another one of the same table that it
/// does not name.
fn measured(query: &str, request: &str, tables: &[Table]) -> String {
    // A file's name is no column's.
    let bare = tables.iter().fold(request.to_owned(), |text, table| text.replace(&table.title, " "));
    let asked = terms(&bare);
    let is_named = |column: &str| {
        let own = terms(column);
        !own.is_empty() && own.iter().all(|term| asked.contains(term))
    };
    let mut query = query.to_owned();
    for table in tables {
        let numeric = |i: usize| {
            table.rows.iter().filter_map(|row| row.get(i)).any(|cell| cell.number.is_some() && cell.date.is_none())
        };
        let columns: Vec<&str> =
            (0..table.columns.len()).filter(|i| numeric(*i)).map(|i| table.columns[i].as_str()).collect();
        let mut named = columns.iter().copied().filter(|column| is_named(column));
        let (Some(meant), None) = (named.next(), named.next()) else { continue };
        for function in ["SUM(", "AVG("] {
            for other in columns.iter().filter(|column| **column != meant && !is_named(column)) {
                query = query.replace(&format!("{function}{other})"), &format!("{function}{meant})"));
            }
        }
    }
    query
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

/// Where what stands behind a keyword is, up to the next one.
fn clause(query: &str, keyword: &str) -> Option<Range<usize>> {
    const KEYWORDS: [&str; 6] = [" FROM ", " WHERE ", " GROUP BY ", " HAVING ", " ORDER BY ", " LIMIT "];
    let start = query.find(keyword)? + keyword.len();
    let ends = KEYWORDS.iter().filter_map(|next| query[start..].find(next));
    Some(start..start + ends.min().unwrap_or(query.len() - start))
}

/// Pieces between commas that stand in no brackets.
fn pieces(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (i, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(list[from..i].trim());
                from = i + 1;
            }
            _ => {}
        }
    }
    found.push(list[from..].trim());
    found
}

/// A month of no year is one of every year: `LIKE '%-10-%'` for the `LIKE '2010-%'` of a model that has
/// taken October's number for a year's.
fn in_month(query: &str, request: &str) -> String {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let mut named = MONTHS.iter().enumerate().filter(|(_, month)| said(request, &[**month]));
    let (Some((i, _)), None) = (named.next(), named.next()) else { return query.to_owned() };
    let Some(at) = query.find("LIKE '").map(|at| at + 6) else { return query.to_owned() };
    let pattern = query[at..].split('\'').next().unwrap_or_default();
    let year = pattern.get(..4).filter(|year| year.chars().all(|c| c.is_ascii_digit()));
    match year.filter(|year| !request.contains(*year)) {
        Some(_) => format!("{}%-{:02}-%{}", &query[..at], i + 1, &query[at + pattern.len()..]),
        None => query.to_owned(),
    }
}

/// A column without its table, quotes and new name.
fn bare(column: &str) -> &str {
    let column = column.split(" AS ").next().unwrap_or(column).trim();
    let own = match column.split_once('.') {
        Some((table, own)) if table.chars().all(|c| c.is_ascii_alphanumeric()) => own,
        _ => column,
    };
    own.trim_matches('"')
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
    fn columns_are_taken_from_the_table_that_has_them() {
        let table = |columns: &[&str]| Table {
            title: "t".into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: Vec::new(),
        };
        let tables = [table(&["Day", "Shop"]), table(&["Shop", "Head", "Staff"]), table(&["Head", "Total"])];
        let query = "SELECT t1.Head, t1.Total / t2.Staff FROM t1 JOIN t2 ON t1.Head = t2.Head";
        let want = "SELECT t3.Head, t3.Total / t2.Staff FROM t3 JOIN t2 ON t3.Head = t2.Head";
        assert_eq!(mended(query, "the total per head of staff", &tables), want);
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
    fn accents_are_the_tables_own() {
        let table = |column: &str| Table { title: "t".into(), columns: vec![column.into()], rows: Vec::new() };
        let query = "SELECT t1.Almacén FROM t1 JOIN t2 ON t1.Almacén = t2.Almacén";
        let want = "SELECT t1.Almacén FROM t1 JOIN t2 ON t1.Almacén = t2.Almacen";
        assert_eq!(mended(query, "by Almacén", &[table("Almacén"), table("Almacen")]), want);
    }

    #[test]
    fn what_is_summed_is_what_was_asked_for() {
        let number = |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), Provenance::Given) };
        let table = Table {
            title: "tickets.csv".into(),
            columns: ["Tickets", "Income"].map(str::to_owned).to_vec(),
            rows: vec![vec![number(1.0), number(2.0)]],
        };
        let query =
            |request: &str| mended("SELECT SUM(Tickets) AS Total FROM t1", request, std::slice::from_ref(&table));
        assert_eq!(query("How much income is there?"), "SELECT SUM(Income) AS Total FROM t1");
        assert_eq!(query("How many tickets for that income?"), "SELECT SUM(Tickets) AS Total FROM t1");
        assert_eq!(query("How much income is in tickets.csv?"), "SELECT SUM(Income) AS Total FROM t1");
        assert_eq!(query("How much is it?"), "SELECT SUM(Tickets) AS Total FROM t1");
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
