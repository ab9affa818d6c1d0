//! Another column for the one that a chart has, or a colour for each name of one: in the table that is drawn, or in the one that
//! its table came of.

use super::Step;
use super::signs::says;
use crate::evidence::terms;
use crate::notebook::{Chart, Chat};
use polymath_chat::Table;
use polymath_tools::in_sql;

pub const INSTEAD: &[&str] = &[
    "instead",
    "rather",
    "instead of",
    "replace",
    "switch to",
    "statt",
    "stattdessen",
    "anstatt",
    "plutôt",
    "au lieu",
    "à la place",
    "en vez",
    "en lugar",
    "改成",
    "换成",
    "改为",
];
pub const BY: &[&str] = &["by", "per", "each", "nach", "je", "pro", "par", "por", "según", "selon", "按"];
pub const TELLING_APART: &[&str] = &[
    "colour",
    "color",
    "coloured",
    "colored",
    "colours",
    "colors",
    "split",
    "separate",
    "series",
    "line",
    "lines",
    "farbe",
    "farben",
    "einfärben",
    "färbe",
    "linie",
    "couleur",
    "colore",
    "colorie",
    "ligne",
    "color",
    "colorea",
    "línea",
    "serie",
];

pub fn named<'a>(name: &str, chat: &'a Chat) -> Option<&'a Table> {
    chat.tables.get(name.strip_prefix('t')?.parse::<usize>().ok()?.checked_sub(1)?)
}

/// The query that a table came of, over the tables that came of none.
fn query_of(name: &str, chat: &Chat) -> Option<String> {
    let plans =
        chat.asked.iter().rev().filter_map(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()).ok());
    let query = plans.flatten().find_map(|step| match step {
        Step::Sql { name: own, query } if own == name => Some(query),
        _ => None,
    })?;
    let (front, behind) = query.split_once(" FROM ")?;
    let from = behind.split(' ').next()?;
    if query.matches(" FROM ").count() > 1 || behind.contains(" JOIN ") || from == name {
        return None;
    }
    Some(match query_of(from, chat) {
        Some(inner) => format!("{front} FROM ({inner}) AS {from}{}", &behind[from.len()..]),
        None => query,
    })
}

/// The table at the bottom of a query.
fn source_of<'a>(query: &str, chat: &'a Chat) -> Option<&'a Table> {
    named(query.rsplit(" FROM ").next()?.split([' ', ')']).next()?, chat)
}

/// The one column of a table that a request names, of those that fit.
pub fn column_named(small: &str, table: &Table, fits: impl Fn(usize) -> bool) -> Option<usize> {
    let asked = terms(small);
    let score = |at: usize| {
        let bare = table.columns[at].split(['(', '[']).next().unwrap_or_default().replace('_', " ");
        terms(&bare).iter().filter(|term| asked.contains(term)).count()
    };
    let scored: Vec<(usize, usize)> =
        (0..table.columns.len()).filter(|at| fits(*at)).map(|at| (score(at), at)).collect();
    let best = scored.iter().map(|(score, _)| *score).max().filter(|best| *best > 0)?;
    let mut found = scored.iter().filter(|(score, _)| *score == best);
    found.next().filter(|_| found.next().is_none()).map(|(_, at)| *at)
}

pub fn is_numeric(table: &Table, at: usize) -> bool {
    let cells = || table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.text.is_some());
    cells().count() > 0 && cells().filter(|c| c.number.is_some() && c.date.is_none()).count() * 2 > cells().count()
}

/// Another column of numbers than the one that is drawn.
pub fn of_another_column(small: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    let y = |name: &str| Chart { y: name.to_owned(), ..chart.clone() };
    if !says(small, INSTEAD) {
        return None;
    }
    let own = |table: &Table, old: &str| {
        column_named(small, table, |at| {
            is_numeric(table, at) && table.columns[at] != old && table.columns[at] != chart.x
        })
    };
    if let Some(at) = own(table, &chart.y) {
        return Some((format!("SELECT * FROM {}", chart.table), y(&table.columns[at])));
    }
    let query = query_of(&chart.table, chat)?;
    let source = source_of(&query, chat)?;
    // What the query calls the column that it works out is not the column's name.
    let called = [format!(" AS {}", chart.y), format!(" AS {}", in_sql(&chart.y))];
    let alias = called.iter().find_map(|name| query.find(name.as_str()));
    let alias = alias.map(|at| query[..at].rsplit('(').next().unwrap_or_default());
    let old = alias.map_or(chart.y.as_str(), |inner| inner.split([')', ',']).next().unwrap_or_default());
    let old = old.trim().trim_matches('"');
    let same =
        |column: &&String| column.eq_ignore_ascii_case(old) || column.replace(' ', "_").eq_ignore_ascii_case(old);
    let column = source.columns.iter().find(same)?;
    let new = &source.columns[own(source, column)?];
    let forms = [in_sql(column), column.replace(' ', "_"), column.clone()];
    let form = forms.iter().find(|form| words_with(&query, form))?;
    if alias.is_none() {
        return Some((query.replace(form.as_str(), &in_sql(new)), y(new)));
    }
    // What was called by the other column gets its name anew.
    let bare = if query.contains("AVG(") { "Average" } else { "Total" };
    let bare = if query.contains(&called[1]) { bare } else { &chart.y };
    let query = query.replace(&called[1], &format!(" AS {bare}")).replace(&in_sql(&chart.y), bare);
    Some((query.replace(form.as_str(), &in_sql(new)), y(bare)))
}

/// The chart with the column of numbers of this name.
pub fn of_column(column: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    of_another_column(&format!("{column} instead").to_lowercase(), chart, table, chat)
}

/// The chart with another column across, of its table or of the one that its table came of.
pub fn of_across(column: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    let x = |name: &str| Chart { x: name.to_owned(), ..chart.clone() };
    if table.columns.iter().any(|own| own == column) {
        return Some((format!("SELECT * FROM {}", chart.table), x(column)));
    }
    let query = query_of(&chart.table, chat).filter(|query| query.matches("SELECT").count() == 1)?;
    let source = source_of(&query, chat)?;
    let new = source.columns.iter().find(|own| *own == column)?;
    let forms = [in_sql(&chart.x), chart.x.replace(' ', "_"), chart.x.clone()];
    let form = forms.iter().find(|form| words_with(&query, form))?;
    // What goes across is worked out there: a month of a day.
    let worked_out = query.contains(&format!(" AS {form}")) || query.contains(&format!("({form}"));
    (!worked_out).then(|| (query.replace(form.as_str(), &in_sql(new)), x(new)))
}

/// The chart with several columns of numbers side by side, each under its name.
pub fn of_beside(columns: &[&str], chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    let one = |column: &&str| {
        let (query, drawn) = match *column == chart.y {
            true => (format!("SELECT * FROM {}", chart.table), chart.clone()),
            false => of_column(column, chart, table, chat)?,
        };
        let (x, y, title) = (in_sql(&chart.x), in_sql(&drawn.y), column.replace('\'', "''"));
        Some(format!("SELECT {x}, '{title}' AS \"Series\", {y} AS \"Value\" FROM ({query})"))
    };
    let queries = columns.iter().map(one).collect::<Option<Vec<String>>>()?;
    let [y, series] = ["Value", "Series"].map(str::to_owned);
    Some((queries.join(" UNION ALL "), Chart { y, series: Some(series), color: None, ..chart.clone() }))
}

/// The chart with a colour, or a line, for each name of the column of this name.
pub fn of_series(column: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    told_apart(&format!("a line by {column}").to_lowercase(), chart, table, chat)
}

/// Whether a column stands in a query by itself.
fn words_with(query: &str, column: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    query
        .match_indices(column)
        .any(|(at, _)| !query[..at].ends_with(part) && !query[at + column.len()..].starts_with(part))
}

/// Whether a request asks for a colour, or a line, for each of some things.
pub fn tells_apart(small: &str) -> bool {
    says(small, BY) && says(small, TELLING_APART)
}

/// A colour for each name of a column.
pub fn told_apart(small: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    if !tells_apart(small) {
        return None;
    }
    let text = |table: &Table| column_named(small, table, |at| !is_numeric(table, at) && table.columns[at] != chart.x);
    let series = |name: &str| Chart { series: Some(name.to_owned()), color: None, ..chart.clone() };
    if let Some(at) = text(table) {
        return Some((format!("SELECT * FROM {}", chart.table), series(&table.columns[at])));
    }
    let query = query_of(&chart.table, chat).filter(|query| query.matches("SELECT").count() == 1)?;
    let source = source_of(&query, chat)?;
    let column = &source.columns[text(source)?];
    let (front, behind) = query.split_once(" FROM ")?;
    let query = format!("{front}, {} FROM {behind}", in_sql(column));
    let query = query.replacen(" GROUP BY ", &format!(" GROUP BY {}, ", in_sql(column)), 1);
    Some((query, series(column)))
}
