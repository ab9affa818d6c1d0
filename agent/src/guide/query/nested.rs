//! Queries of queries, and conditions that nobody named.

use super::super::plan::said;
use super::clause::{clause, pieces};
use crate::evidence::terms;
use crate::notebook::query_of;
use polymath_chat::Table;

/// A function of a query of its own: of that query's one column where there is only one, and in any case of a column that it
/// has.
pub fn flattened(query: &str) -> String {
    parts(query).unwrap_or_else(|| query.to_owned())
}

fn parts(query: &str) -> Option<String> {
    let (outer, inner) = query.split_once(" FROM (SELECT ")?;
    let (function, rest) = outer.strip_prefix("SELECT ")?.split_once('(')?;
    let (wanted, name) = rest.split_once(')')?;
    let (list, behind) = inner.strip_suffix(')')?.split_once(" FROM ")?;
    let items = pieces(list);
    let plain = function.chars().all(|c| c.is_ascii_uppercase()) && !wanted.contains(['(', ' ', '*']);
    if !plain || inner.contains("SELECT ") {
        return None;
    }
    // The same of a query that has it as a window over all its rows.
    let over_all = items.iter().find_map(|item| {
        let (own, _) = item.split_once(" OVER ()")?;
        own.trim().strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')
    });
    if let Some(column) = over_all {
        let source = behind.split(" GROUP BY ").next()?;
        return Some(format!("SELECT {function}({column}){name} FROM {source}"));
    }
    let called = |item: &str| item.rsplit_once(" AS ").map_or(item, |(_, name)| name).trim().to_owned();
    match items.as_slice() {
        [column] if !column.contains('(') && !column.contains("DISTINCT") => {
            let column = column.split(" AS ").next()?.trim();
            let source = behind.split(" GROUP BY ").next()?;
            Some(format!("SELECT {function}({column}){name} FROM {source}"))
        }
        items if items.iter().all(|item| !called(item).trim_matches('"').eq_ignore_ascii_case(wanted)) => {
            let last = items.iter().rev().find(|item| item.contains('(') && item.contains(" AS "))?;
            Some(format!("SELECT {function}({}){name} FROM (SELECT {inner}", called(last)))
        }
        _ => None,
    }
}

/// A query of all rows where the request speaks of all of them and names none of the texts that it picks rows by.
pub fn of_all(query: &str, request: &str) -> String {
    const ALL: &[&str] = &[
        "all",
        "both",
        "altogether",
        "together",
        "in total",
        "every",
        "each",
        "alle",
        "beide",
        "insgesamt",
        "zusammen",
        "tous",
        "toutes",
        "ensemble",
        "todos",
        "todas",
        "juntos",
        "en total",
        "一共",
        "总共",
        "所有",
    ];
    const YES_OR_NO: &[&str] = &[
        "yes", "no", "y", "n", "true", "false", "ja", "nein", "oui", "non", "sí", "si", "done", "open", "x", "是", "否",
    ];
    let same = || query.to_owned();
    let Some(place) = clause(query, " WHERE ") else { return same() };
    let condition = &query[place.clone()];
    let texts: Vec<&str> = condition.split('\'').skip(1).step_by(2).collect();
    let without: String = condition.split('\'').step_by(2).collect();
    let picks =
        !texts.is_empty() && !without.contains(['<', '>']) && (!without.contains('(') || without.contains(" IN ("));
    let asked = terms(request);
    // "Who hasn't paid, and how much is that in total": a yes or no in a column that is spoken of.
    let no_name = |text: &&str| YES_OR_NO.contains(&text.to_lowercase().as_str());
    let answers = texts.iter().all(no_name) && terms(&without).iter().any(|term| asked.contains(term));
    // A name of one letter, or in signs of its own, is told by itself.
    let is_named = |text: &&str| {
        let own = terms(text);
        own.is_empty() || own.iter().any(|term| asked.contains(term)) || request.contains(&text.to_lowercase())
    };
    let dated = texts.iter().any(|text| text.starts_with(|c: char| c.is_ascii_digit() || c == '%'));
    if !picks
        || answers
        || dated
        || texts.iter().any(is_named)
        || !said(request, ALL)
        || query.matches("SELECT").count() != 1
    {
        return same();
    }
    format!("{}{}", &query[..place.start - " WHERE ".len()], &query[place.end..])
}

/// A query without a condition on a name of several words of which the request, and the query before, say none: a weir's
/// name, where the day is asked on which most water flowed. What has one word may be meant by another: open, for not paid.
pub fn of_named(query: &str, request: &str, tables: &[Table]) -> String {
    let same = || query.to_owned();
    let Some(place) = clause(query, " WHERE ") else { return same() };
    let condition = &query[place.clone()];
    if condition.contains(" OR ") || condition.contains(" BETWEEN ") || query.matches("SELECT").count() != 1 {
        return same();
    }
    let before = tables.last().and_then(query_of).unwrap_or_default();
    let asked = terms(request);
    let unsaid = |part: &&str| {
        let value = part.trim().split_once(" = '").and_then(|(_, value)| value.strip_suffix('\''));
        value.is_some_and(|value| {
            let big = |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
            let name = value.split(' ').count() > 1 && value.split(' ').all(big);
            name && !before.contains(value) && !terms(value).iter().any(|term| asked.contains(term))
        })
    };
    let kept: Vec<&str> = condition.split(" AND ").filter(|part| !unsaid(part)).collect();
    match kept.len() {
        0 => format!("{}{}", &query[..place.start - " WHERE ".len()], &query[place.end..]),
        n if n < condition.split(" AND ").count() => {
            format!("{}{}{}", &query[..place.start], kept.join(" AND "), &query[place.end..])
        }
        _ => same(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_of_a_column_that_there_is() {
        assert_eq!(
            flattened(
                "SELECT SUM(Cost) AS Total FROM (SELECT \"Cost to build\" FROM t1 WHERE Name = 'Ost' GROUP BY Name)"
            ),
            "SELECT SUM(\"Cost to build\") AS Total FROM t1 WHERE Name = 'Ost'"
        );
        assert_eq!(
            flattened("SELECT AVG(Cost) AS Mean FROM (SELECT Shop, SUM(Cost_paid) AS Total FROM t1 GROUP BY Shop)"),
            "SELECT AVG(Total) AS Mean FROM (SELECT Shop, SUM(Cost_paid) AS Total FROM t1 GROUP BY Shop)"
        );
        assert_eq!(
            flattened(
                "SELECT SUM(Cost) AS Total FROM (SELECT Day, Cost_paid, SUM(Cost_paid) OVER () AS Total FROM t1 WHERE Name = 'Ost' GROUP BY Day)"
            ),
            "SELECT SUM(Cost_paid) AS Total FROM t1 WHERE Name = 'Ost'"
        );
        for query in [
            "SELECT AVG(Total) AS Mean FROM (SELECT Shop, SUM(Cost) AS Total FROM t1 GROUP BY Shop)",
            "SELECT SUM(Cost) FROM t1 WHERE Cost > (SELECT AVG(Cost) FROM t1)",
            "SELECT COUNT(*) FROM (SELECT DISTINCT Shop FROM t1)",
        ] {
            assert_eq!(flattened(query), query);
        }
    }

    #[test]
    fn a_name_that_nobody_said_is_no_condition() {
        let most = "SELECT Day, Flow FROM t1 WHERE Weir = 'Weir Nord' ORDER BY Flow DESC LIMIT 1";
        let named = |request: &str| of_named(most, request, &[]);
        assert_eq!(named("on which day was there most flow?"), "SELECT Day, Flow FROM t1 ORDER BY Flow DESC LIMIT 1");
        assert_eq!(named("on which day did most flow at the Nord one?"), most);
        let two = "SELECT COUNT(*) AS Count FROM t1 WHERE Weir = 'Weir Nord' AND State = 'Open'";
        assert_eq!(
            of_named(two, "how many are not closed?", &[]),
            "SELECT COUNT(*) AS Count FROM t1 WHERE State = 'Open'"
        );
    }

    #[test]
    fn all_are_all() {
        let sum = "SELECT SUM(Cost) AS Total FROM t1";
        let some = format!("{sum} WHERE Name = 'Ost Mill' OR Name = 'Vell'");
        assert_eq!(of_all(&some, "what did all three cost together"), sum);
        assert_eq!(of_all(&format!("{sum} WHERE Name IN ('Ost Mill', 'Vell')"), "what did they cost altogether"), sum);
        assert_eq!(of_all(&some, "what did vell and the ost mill cost together"), some);
        assert_eq!(of_all(&some, "what did it cost"), some);
        for kept in ["WHERE Cost > 3", "WHERE Day LIKE '2020-%'", "WHERE Name = 'Vell' AND Cost > 3"] {
            let query = format!("{sum} {kept}");
            assert_eq!(of_all(&query, "all of them together"), query);
        }
    }
}
