//! Follow-ups about the rows of the table that was just shown: which is the largest, by how many percent
//! the second is above the first, how much that is per head. The query is plain from the table's columns.

use super::Step;
use super::check::draw_again;
use super::kinds::kind_of;
use super::signs::{COMPARED, LEAST, MORE, MOST, PERCENT, TIMES, is_drawn, says, words, years};
use super::spanned;
use crate::evidence::terms;
use crate::guide::named;
use crate::notebook::Chat;
use polymath_chat::{Cell, Provenance, Role, Table};
use polymath_quantity::figures;
use polymath_tools::in_sql;

/// Words of such a follow-up, at most.
const SHORT: usize = 14;
/// Words that say nothing of another column or of other rows.
const EMPTY: &[&str] = &[
    "which", "who", "whose", "what", "name", "tell", "show", "give", "one", "these", "those", "them", "all", "ha",
    "have", "wa", "is", "are", "were", "so", "then", "now", "total", "sum", "value", "row", "entry", "in", "of",
    "come", "first", "last", "by", "far", "about", "how", "change", "did", "much", "many", "between", "two", "both",
    "than", "more", "less", "welche", "welcher", "welches", "wer", "quel", "quelle", "cuál", "quién", "year", "that",
    "it", "over", "from", "to", "rise", "fall", "fell", "grow", "differ", "file", "large", "big", "great", "when",
    "wann", "quand",
];

/// The plan of such a follow-up.
pub fn plan(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let shown = chat.messages.iter().rev().find(|m| m.role == Role::Assistant && !m.content.is_empty());
    let has = |mark: &str| shown.is_some_and(|m| m.content.contains(mark));
    // A value of the table's is about it too.
    let last = chat.asked.last().and_then(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()).ok());
    let queried = last.is_some_and(|plan| plan.iter().any(|step| matches!(step, Step::Sql { .. })));
    let is_shown = has("| ---") || queried;
    let said = says(&small, &["table", "list", "tabelle", "tableau", "tabla"]) || small.contains('表');
    if let Some(steps) = other_years(request, chat, is_shown || said, has(".png")) {
        return Some(steps);
    }
    if !is_shown || words(&small).count() > SHORT || is_drawn(&small) {
        return None;
    }
    let at = chat.tables.iter().rposition(|t| t.rows.len() > 1)?;
    let query = (0..=at)
        .rev()
        .filter(|i| chat.tables[*i].rows.len() > 1)
        .find_map(|i| outermost(request, chat, i))
        .or_else(|| of_two_rows(request, &chat.tables[at], at))
        .or_else(|| per_column(&small, chat, at))?;
    Some(vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }])
}

/// The table of years that was just shown or drawn, with one year more ("and 2025, which had 90,900"), or
/// from a year on or up to one ("leave out everything before 2019").
fn other_years(request: &str, chat: &Chat, shown: bool, drawn: bool) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let at = match (drawn, shown) {
        (true, _) => chat.charts.last()?.table.strip_prefix('t')?.parse::<usize>().ok()?.checked_sub(1)?,
        (false, true) => chat.tables.iter().rposition(|t| t.rows.len() > 1)?,
        _ => return None,
    };
    let table = chat.tables.get(at)?;
    let of_year = |row: &Vec<Cell>| years(row[0].date.as_deref().unwrap_or(row[0].display())).into_iter().next();
    let own: Vec<String> = table.rows.iter().map(of_year).collect::<Option<_>>()?;
    let year = <[String; 1]>::try_from(years(request)).ok().map(|[year]| year)?;
    let asks = small.contains(['?', '？']) || words(&small).count() > SHORT;
    if asks || !named::names_said(request).is_empty() {
        return None;
    }
    let query = match own.contains(&year) {
        false => with_another(&small, table, at, &year),
        true => within(&small, table, at, &year, drawn),
    }?;
    let mut steps = vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }];
    // That it asks nothing is seen above: "which had" is no question.
    draw_again(&mut steps, "", chat);
    if let (Some(Step::Chart { kind, .. }), Some(other)) = (steps.last_mut(), kind_of(&small)) {
        *kind = other.to_owned();
    }
    Some(steps)
}

fn with_another(request: &str, table: &Table, at: usize, year: &str) -> Option<String> {
    const ADDING: &[&str] = &[
        "add", "append", "insert", "include", "with", "had", "has", "and", "plus", "füge", "hinzu", "ergänze", "mit",
        "ajoute", "ajoutez", "avec", "añade", "agrega", "con", "加", "追加",
    ];
    let all = figures(&request.replacen(year, " ", 1));
    let [amount] = all.as_slice() else { return None };
    let fits = table.columns.len() == 2 && is_measured(table, 1) && says(request, ADDING) && amount.date.is_none();
    let number = amount.number.filter(|_| fits)?;
    Some(format!("SELECT * FROM t{} UNION ALL SELECT {year}, {number}", at + 1))
}

fn within(request: &str, table: &Table, at: usize, year: &str, drawn: bool) -> Option<String> {
    const FROM: &[&str] = &[
        "from", "since", "starting", "onwards", "onward", "after", "ab", "seit", "von", "depuis", "desde", "以来",
        "以后", "から", "以降",
    ];
    const UNTIL: &[&str] =
        &["until", "till", "up to", "before", "to", "through", "bis", "jusqu", "hasta", "以前", "之前", "まで"];
    const WITHOUT: &[&str] = &["leave out", "without", "drop", "remove", "omit", "exclude", "ohne", "sans", "sin"];
    const SHOWING: &[&str] = &["only", "just", "show", "nur", "seulement", "solo", "sólo", "只"];
    let (from, until, without) = (says(request, FROM), says(request, UNTIL), says(request, WITHOUT));
    let kept = without || drawn || says(request, SHOWING);
    let sign = match (from, until, without) {
        (true, false, false) if says(request, &["after"]) => ">",
        (true, false, false) | (false, true, true) => ">=",
        (false, true, false) if says(request, &["before"]) => "<",
        (false, true, false) | (true, false, true) => "<=",
        (false, false, true) => "<>",
        _ => return None,
    };
    let (column, cells) = (in_sql(&table.columns[0]), || table.rows.iter().filter_map(|row| row.first()));
    let condition = match sign {
        // Of quarters a year has a first and a last.
        "<>" if cells().any(spanned::is_part) => format!("{column} NOT LIKE '%{year}%'"),
        ">=" | "<" if cells().any(spanned::is_part) => format!("{column} {sign} 'Q1 {year}'"),
        _ if cells().any(spanned::is_part) => format!("{column} {sign} 'Q4 {year}'"),
        // Months and days are texts, which a number is always less than.
        _ if cells().any(|cell| cell.date.as_ref().is_some_and(|date| date.len() > year.len())) => {
            format!("substr({column}, 1, 4) {sign} '{year}'")
        }
        _ => format!("{column} {sign} {year}"),
    };
    kept.then(|| format!("SELECT * FROM t{} WHERE {condition}", at + 1))
}

/// The row with most or least of a column.
fn outermost(request: &str, chat: &Chat, at: usize) -> Option<String> {
    let (table, small) = (&chat.tables[at], request.to_lowercase());
    let (most, least) = (says(&small, MOST), says(&small, LEAST));
    let counted = small.contains(|c: char| c.is_ascii_digit()) || says(&small, &["each", "every", "per"]);
    if most == least || counted || !says_no_more(request, table, &[MOST, LEAST]) {
        return None;
    }
    let column = measured(request, table)?;
    // A row is of one thing, and of no more than one column's things is anything asked.
    let asked = terms(request);
    let is_named = |i: &usize| terms(&split(&table.columns[*i])).iter().any(|term| asked.contains(term));
    let repeated = |i: &usize| *i != column && (*i == 0 || is_named(i)) && !is_distinct(table, *i);
    if (0..table.columns.len()).any(|i| repeated(&i)) {
        return None;
    }
    let (column, order) = (in_sql(&table.columns[column]), if most { " DESC" } else { "" });
    let name = in_sql(table.columns.first()?);
    let shown = if name == column { name } else { format!("{name}, {column}") };
    Some(format!("SELECT {shown} FROM t{} ORDER BY {column}{order} LIMIT 1", at + 1))
}

/// What the second of two rows is above the first, in percent or in figures.
fn of_two_rows(request: &str, table: &Table, at: usize) -> Option<String> {
    const DIFFERENCE: &[&str] = &["difference", "unterschied", "différence", "diferencia", "差"];
    const CHANGED: &[&str] = &["change", "changed", "verändert", "veränderung", "variation", "cambio", "cambiado"];
    let (small, [first, second]) = (request.to_lowercase(), table.rows.as_slice()) else { return None };
    let percent = says(&small, PERCENT) || small.contains('%');
    let asks = percent || [DIFFERENCE, CHANGED, MORE].iter().any(|list| says(&small, list));
    let known = [PERCENT, COMPARED, DIFFERENCE, CHANGED, MORE, TIMES];
    if !asks || !says_no_more(request, table, &known) {
        return None;
    }
    let column = measured(request, table)?;
    let [a, b] = [first, second].map(|row| row.first().map(|c| c.display().to_lowercase()).unwrap_or_default());
    // "2020 more than 2019" and "from 2020 to 2019" say which one is the base; else it is the earlier one.
    let at_than = ["than ", "als ", "que ", "from ", "von ", "de "].iter().find_map(|word| {
        let behind = &small[small.find(word)? + word.len()..];
        behind.starts_with(&a).then_some(false).or_else(|| behind.starts_with(&b).then_some(true))
    });
    let later = !years(&a).is_empty() && !years(&b).is_empty() && a > b;
    let (base, other) = if at_than.unwrap_or(later) { (1, 0) } else { (0, 1) };
    let value =
        |row: usize| format!("(SELECT {} FROM t{} LIMIT 1 OFFSET {row})", in_sql(&table.columns[column]), at + 1);
    Some(match percent {
        true => format!(
            "SELECT ROUND(100.0 * ({} - {}) / {}, 4) AS \"Change in percent\"",
            value(other),
            value(base),
            value(base)
        ),
        false => format!("SELECT {} - {} AS \"Change\"", value(other), value(base)),
    })
}

/// The table's values divided by those of another column, which the same table has, or another one with a
/// column of the same names: weight per head.
fn per_column(request: &str, chat: &Chat, at: usize) -> Option<String> {
    const PER: &[&str] = &["per", "each", "every", "pro", "par", "por", "je"];
    let table = &chat.tables[at];
    let all: Vec<&str> = words(request).collect();
    let by = all.windows(2).find(|w| PER.contains(&w[0])).map(|w| w[1].trim_end_matches('s'))?;
    let is_it = |column: &String| {
        let own: Vec<String> = words(&column.to_lowercase()).map(|w| w.trim_end_matches('s').to_owned()).collect();
        by.len() > 2 && own.iter().any(|w| w.starts_with(by) || by.starts_with(w.as_str()) && w.len() > 3)
    };
    let numeric = |table: &Table, i: usize| is_measured(table, i);
    let key = (0..table.columns.len()).find(|i| !numeric(table, *i))?;
    let mut values = (0..table.columns.len()).filter(|i| numeric(table, *i) && !is_it(&table.columns[*i]));
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (own, name) = (format!("t{}", at + 1), in_sql(&table.columns[key]));
    let (value, title) = (in_sql(&table.columns[value]), in_sql(&format!("{} per {by}", table.columns[value])));
    if let Some(divisor) = (0..table.columns.len()).find(|i| numeric(table, *i) && is_it(&table.columns[*i])) {
        let divisor = in_sql(&table.columns[divisor]);
        return Some(format!("SELECT {name}, {value}, {divisor}, {value} * 1.0 / {divisor} AS {title} FROM {own}"));
    }
    let (other, divisor) = chat.tables.iter().enumerate().find_map(|(i, other)| {
        let shares = other.columns.iter().any(|c| c.eq_ignore_ascii_case(&table.columns[key]));
        let divisor = (0..other.columns.len()).find(|j| numeric(other, *j) && is_it(&other.columns[*j]))?;
        (shares && i != at).then_some((i + 1, in_sql(&other.columns[divisor])))
    })?;
    Some(format!(
        "SELECT {own}.{name}, {own}.{value}, s.{divisor}, {own}.{value} * 1.0 / s.{divisor} AS {title} FROM {own} JOIN \
         (SELECT {name}, SUM({divisor}) AS {divisor} FROM t{other} GROUP BY {name}) s ON s.{name} = {own}.{name}"
    ))
}

/// The column of numbers that the request names, or the only one.
fn measured(request: &str, table: &Table) -> Option<usize> {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|i| is_measured(table, *i)).collect();
    let asked = terms(request);
    let is_named = |i: &&usize| terms(&split(&table.columns[**i])).iter().any(|term| asked.contains(term));
    let is_whole = |i: &&usize| terms(&split(&table.columns[**i])).iter().all(|term| asked.contains(term));
    let only = |fits: &dyn Fn(&&usize) -> bool| {
        let mut found = columns.iter().filter(|i| fits(i));
        found.next().filter(|_| found.next().is_none()).copied()
    };
    let none_named = !columns.iter().any(|i| is_named(&i));
    let alone = <[usize; 1]>::try_from(columns.clone()).ok().map(|[one]| one).filter(|_| none_named);
    only(&is_named).or_else(|| only(&is_whole)).or(alone)
}

fn is_distinct(table: &Table, i: usize) -> bool {
    let mut seen = std::collections::HashSet::new();
    table.rows.iter().filter_map(|row| row.get(i)).all(|cell| seen.insert(cell.display()))
}

fn is_measured(table: &Table, i: usize) -> bool {
    let mut cells = table.rows.iter().filter_map(|row| row.get(i)).filter(|c: &&Cell| c.text.is_some()).peekable();
    let year = |c: &Cell| c.number.is_some_and(|n| n.fract() == 0.0 && (1000.0..2200.0).contains(&n));
    let label = i == 0 && cells.clone().all(year);
    cells.peek().is_some() && !label && cells.all(|c| c.number.is_some() && c.date.is_none())
}

/// Whether a request has no words but empty ones, these, and those of the table's columns and names.
fn says_no_more(request: &str, table: &Table, known: &[&[&str]]) -> bool {
    let names = named::names(request);
    let cells: Vec<String> =
        table.rows.iter().take(50).filter_map(|row| row.first()?.text.clone()).map(Into::into).collect();
    let mut own: Vec<String> = table.columns.iter().flat_map(|column| terms(&split(column))).collect();
    own.extend(cells.iter().flat_map(|cell| terms(cell)));
    // What a total is of, its query says.
    own.extend(table.rows.iter().take(1).flatten().flat_map(|cell| match &*cell.provenance {
        Provenance::Computed { how } => terms(&split(how)),
        _ => Vec::new(),
    }));
    let empty = |term: &String| EMPTY.contains(&term.as_str()) || EMPTY.iter().any(|w| terms(w).contains(term));
    let listed =
        |term: &String| known.iter().flat_map(|list| list.iter()).any(|w| w == term || terms(w).contains(term));
    names.iter().all(|name| terms(name).iter().all(|term| own.contains(term)))
        && terms(request).iter().all(|term| empty(term) || listed(term) || own.contains(term))
}

/// `Total Weight` of the `TotalWeight` of a query.
fn split(column: &str) -> String {
    let mut out = String::new();
    let mut small = false;
    for c in column.chars() {
        if c.is_uppercase() && small {
            out.push(' ');
        }
        small = c.is_lowercase();
        out.push(if c == '_' { ' ' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Message;

    fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
        let day = |t: &str| Some(t).filter(|t| t.contains('-') && !t.starts_with('-')).map(str::to_owned);
        let cell = |t: &&str| Cell { number: t.parse().ok(), date: day(t), ..Cell::new(*t, Provenance::Given) };
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        Table { title: "t".into(), columns, rows: rows.iter().map(|r| r.iter().map(cell).collect()).collect() }
    }

    #[track_caller]
    fn check(request: &str, want: Option<&str>) {
        let mut chat = Chat::new("c");
        chat.tables = vec![
            table(&["Shop", "Head", "Headcount"], &[&["x", "Ann", "3"], &["y", "Bo", "4"]]),
            table(&["Head", "TotalCost"], &[&["Ann", "12.5"], &["Bo", "8"]]),
        ];
        chat.messages = vec![Message::user("?"), Message::assistant("| a |\n| --- |"), Message::user("?")];
        let got = plan(request, &chat).map(|steps| steps[0].to_string());
        assert_eq!(got.as_deref(), want.map(|query| format!("t3 = sql({query})")).as_deref(), "{request}");
    }

    #[test]
    fn rows_are_taken_by_the_table_at_hand() {
        check(
            "and whose total cost is the highest?",
            Some("SELECT \"Head\", \"TotalCost\" FROM t2 ORDER BY \"TotalCost\" DESC LIMIT 1"),
        );
        check("what about the minimum?", Some("SELECT \"Head\", \"TotalCost\" FROM t2 ORDER BY \"TotalCost\" LIMIT 1"));
        check("which shop sold the most?", None);
        check("the highest mountain?", None);
        check("the top 3?", None);
    }

    #[test]
    fn a_year_is_added() {
        let mut chat = Chat::new("c");
        chat.tables = vec![table(&["Year", "Guests"], &[&["2018", "49100"], &["2019", "90600"]])];
        chat.messages = vec![Message::user("?"), Message::assistant("| a |\n| --- |"), Message::user("?")];
        let plan = |request: &str| plan(request, &chat).map(|steps| steps[0].to_string());
        let want = Some("t2 = sql(SELECT * FROM t1 UNION ALL SELECT 2025, 90900)".to_owned());
        assert_eq!(plan("and 2025, which had 90,900"), want);
        assert_eq!(plan("please add 2025 = 90900 to the table"), want);
        assert_eq!(plan("The value for 2025 is 90,900. Add it to the table."), want);
        assert_eq!(plan("Add 2019 with 90,900"), None);
        let within = |sign: &str| Some(format!("t2 = sql(SELECT * FROM t1 WHERE \"Year\" {sign} 2019)"));
        assert_eq!(plan("leave out everything before 2019"), within(">="));
        assert_eq!(plan("show only the years from 2019 on"), within(">="));
        assert_eq!(plan("just up to 2019, please"), within("<="));
        assert_eq!(plan("now as columns instead, and without 2019"), within("<>"));
        assert_eq!(plan("the guests before 2019?"), None);
        let mut since = |rows: &[&[&str]]| {
            chat.tables = vec![table(&["Time", "Guests"], rows)];
            super::plan("only since 2019", &chat).map(|steps| steps[0].to_string())
        };
        let want = |condition: &str| Some(format!("t2 = sql(SELECT * FROM t1 WHERE {condition})"));
        assert_eq!(since(&[&["Q4 2018", "5"], &["Q1 2019", "7"]]), want("\"Time\" >= 'Q1 2019'"));
        assert_eq!(since(&[&["2018-12", "5"], &["2019-01", "7"]]), want("substr(\"Time\", 1, 4) >= '2019'"));
    }

    #[test]
    fn two_rows_are_compared() {
        let value = |row: usize| format!("(SELECT \"TotalCost\" FROM t2 LIMIT 1 OFFSET {row})");
        let change = |to: usize, from: usize| {
            let (a, b) = (value(to), value(from));
            format!("SELECT ROUND(100.0 * ({a} - {b}) / {b}, 4) AS \"Change in percent\"")
        };
        check("By how many percent did it change?", Some(&change(1, 0)));
        check("how many percent more is Ann than Bo?", Some(&change(0, 1)));
        check("and the difference?", Some(&format!("SELECT {} - {} AS \"Change\"", value(1), value(0))));
        check("By how many percent did the rain change?", None);
    }

    #[test]
    fn values_are_divided_by_a_column_of_another_table() {
        check(
            "and the cost per head?",
            Some(
                "SELECT t2.\"Head\", t2.\"TotalCost\", s.\"Headcount\", t2.\"TotalCost\" * 1.0 / s.\"Headcount\" AS \"TotalCost per \
                 head\" FROM t2 JOIN (SELECT \"Head\", SUM(\"Headcount\") AS \"Headcount\" FROM t1 GROUP BY \"Head\") s ON s.\"Head\" = \
                 t2.\"Head\"",
            ),
        );
        check("and the cost per day?", None);
    }
}
