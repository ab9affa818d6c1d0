//! A value that the user corrects: "oops, on Friday it was 8". The table and its chart are made again with it.

use super::Step;
use super::check::draw_again;
use super::signs::{says, words};
use crate::evidence::terms;
use crate::notebook::Chat;
use polymath_chat::{Cell, Provenance, Role, Table};
use polymath_quantity::figures;
use polymath_tools::in_sql;

/// Words of such a request, at most.
const SHORT: usize = 16;
/// Words that take back what was said.
const CORRECTING: &[&str] = &[
    "oops",
    "sorry",
    "actually",
    "correct",
    "correction",
    "wrong",
    "mistake",
    "should",
    "really",
    "meant",
    "typo",
    "fix",
    "change",
    "eigentlich",
    "falsch",
    "korrigiere",
    "korrektur",
    "sondern",
    "ups",
    "sollte",
    "en fait",
    "pardon",
    "corrige",
    "erreur",
    "perdón",
    "en realidad",
    "corrige",
    "debería",
    "应该",
    "改成",
    "更正",
    "错了",
];
/// Words that say what it is; of what the user gave they are enough.
const SAYING: &[&str] = &[
    "was", "were", "is", "had", "has", "not", "war", "waren", "ist", "hatte", "était", "est", "era", "fue", "es", "是",
];

/// The plan of a request that gives one value of the table at hand anew.
pub fn corrected(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    if small.contains(['?', '？']) || words(&small).count() > SHORT {
        return None;
    }
    let shown = chat.messages.iter().rev().find(|m| m.role == Role::Assistant && !m.content.is_empty())?;
    let at = match chat.charts.last().filter(|_| shown.content.contains(".png")) {
        Some(chart) => chart.table.strip_prefix('t')?.parse::<usize>().ok()?.checked_sub(1)?,
        None => chat.tables.iter().rposition(|table| table.rows.len() > 1)?,
    };
    let table = chat.tables.get(at)?;
    let (key, row) = named_row(&small, table)?;
    let label = row[key].display();
    let rest = small.replacen(&label.to_lowercase(), " ", 1);
    let column = measure(&rest, table, key)?;
    let old = row[column].number;
    let said: Vec<f64> = figures(&rest).into_iter().filter(|f| f.date.is_none()).filter_map(|f| f.number).collect();
    let new = match said.as_slice() {
        [new] => *new,
        // "8, not 6".
        [one, other] if old == Some(*other) => *one,
        [one, other] if old == Some(*one) => *other,
        _ => return None,
    };
    let given = matches!(&*row[column].provenance, Provenance::Given);
    let corrects = says(&small, CORRECTING) || given && says(&small, SAYING);
    if !corrects || old.is_none() || old == Some(new) {
        return None;
    }
    let (key, value) = (in_sql(&table.columns[key]), literal(&row[key]));
    let columns = (0..table.columns.len()).map(|i| match (in_sql(&table.columns[i]), i == column) {
        (name, true) => format!("CASE WHEN {key} = {value} THEN {new} ELSE {name} END AS {name}"),
        (name, false) => name,
    });
    let query = format!("SELECT {} FROM t{}", columns.collect::<Vec<_>>().join(", "), at + 1);
    let mut steps = vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }];
    draw_again(&mut steps, "", chat);
    Some(steps)
}

/// The one row that the request names, with the column that it names it by.
fn named_row<'a>(small: &str, table: &'a Table) -> Option<(usize, &'a [Cell])> {
    let part = |c: char| c.is_alphanumeric();
    let is_named = |cell: &Cell| {
        let text = cell.display().to_lowercase();
        let whole = |at: usize| !small[..at].ends_with(part) && !small[at + text.len()..].starts_with(part);
        text.chars().count() > 1 && small.match_indices(&text).any(|(at, _)| whole(at))
    };
    let is_key = |at: usize| table.rows.iter().filter_map(|row| row.get(at)).any(|cell| cell.number.is_none());
    let mut found = (0..table.columns.len()).filter(|at| is_key(*at)).flat_map(|at| {
        let rows = table.rows.iter().filter(move |row| row.get(at).is_some_and(|cell| cell.text.is_some()));
        rows.filter(move |row| is_named(&row[at])).map(move |row| (at, row.as_slice()))
    });
    found.next().filter(|_| found.next().is_none())
}

/// The only column of numbers, or the one that the request names.
fn measure(small: &str, table: &Table, key: usize) -> Option<usize> {
    let measured = |at: &usize| {
        let cells = || table.rows.iter().filter_map(|row| row.get(*at)).filter(|cell| cell.text.is_some());
        *at != key && cells().count() > 0 && cells().all(|cell| cell.number.is_some() && cell.date.is_none())
    };
    let all: Vec<usize> = (0..table.columns.len()).filter(measured).collect();
    if let [only] = all.as_slice() {
        return Some(*only);
    }
    let asked = terms(small);
    let mut named = all.into_iter().filter(|at| terms(&table.columns[*at]).iter().any(|term| asked.contains(term)));
    named.next().filter(|_| named.next().is_none())
}

/// A cell as a query compares with it.
fn literal(cell: &Cell) -> String {
    match (&cell.date, cell.number) {
        (Some(date), _) if date.parse::<u32>().is_ok() => date.clone(),
        (Some(date), _) => format!("'{date}'"),
        (None, Some(number)) => number.to_string(),
        (None, None) => format!("'{}'", cell.display().replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Message;

    #[test]
    fn a_value_is_given_anew() {
        let mut chat = Chat::new("c");
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["Thursday", "4"], ["Friday", "6"]].map(|row| row.map(cell).to_vec()).to_vec();
        let columns = ["Day", "Cups"].map(str::to_owned).to_vec();
        chat.tables.push(Table { title: "cups".into(), columns, rows });
        chat.messages.push(Message::assistant("| Day | Cups |"));
        let told = |request: &str, chat: &Chat| {
            corrected(request, chat).map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let with = |n: u32| {
            Some(format!(
                "t2 = sql(SELECT \"Day\", CASE WHEN \"Day\" = 'Friday' THEN {n} ELSE \"Cups\" END AS \"Cups\" FROM t1)"
            ))
        };
        assert_eq!(told("oops, on Friday it was 8", &chat), with(8));
        assert_eq!(told("Friday was 9, not 6", &chat), with(9));
        for other in ["was it 8 on Friday?", "on Friday it was 6", "only Friday", "oops, it was 8", "Friday and 7 more"]
        {
            assert_eq!(told(other, &chat), None, "{other}");
        }
        // What a page says is no slip of the user's.
        let of_page = Provenance::Sourced { url: "u".into(), title: String::new(), quote: String::new() };
        chat.tables[0].rows[1][1].provenance = of_page.into();
        assert_eq!(told("on Friday it was 8", &chat), None);
        assert_eq!(told("sorry, Friday should be 8", &chat), with(8));
    }
}
