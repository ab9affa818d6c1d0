//! What is put back or put in at a chart: the chart as it was before, or a value that was forgotten.

use super::Step;
use super::plain::{PLEASE, is_known};
use super::redrawn::like;
use super::signs::{says, words};
use crate::notebook::{Chart, Chat};
use polymath_chat::{Provenance, Role, Table};
use polymath_quantity::figures;
use polymath_tools::in_sql;

/// Words of such a request, at most.
const SHORT: usize = 14;
/// Words that go back to what was.
const BACK: &[&str] = &[
    "back",
    "undo",
    "revert",
    "restore",
    "zurück",
    "rückgängig",
    "vuelve",
    "volver",
    "vuelva",
    "regresa",
    "deshaz",
    "reviens",
    "revenir",
    "annule",
    "retourne",
    "回到",
    "恢复",
    "撤销",
];
const FIRST: &[&str] = &[
    "first",
    "original",
    "beginning",
    "start",
    "ersten",
    "erste",
    "anfang",
    "ursprünglich",
    "primero",
    "primera",
    "inicial",
    "premier",
    "première",
    "début",
    "最初",
    "第一",
];
/// Words for what is not there yet.
const MISSING: &[&str] = &[
    "add",
    "include",
    "forgot",
    "forgotten",
    "missing",
    "missed",
    "left out",
    "also had",
    "fehlt",
    "fehlen",
    "vergessen",
    "ergänze",
    "füge",
    "hinzu",
    "dazu",
    "ajoute",
    "ajoutez",
    "oublié",
    "manque",
    "añade",
    "agrega",
    "agregar",
    "añadir",
    "falta",
    "olvidé",
    "olvidado",
    "加上",
    "添加",
    "漏了",
    "忘了",
];
/// Words that say nothing of what is forgotten.
const FILLING: &[&str] = &[
    "was", "were", "is", "are", "had", "has", "oh", "sorry", "and", "it", "too", "there", "at", "war", "waren",
    "warens", "sind", "noch", "da", "auch", "und", "hatte", "hatten", "ist", "était", "étaient", "est", "aussi",
    "encore", "oui", "fue", "fueron", "era", "eran", "es", "también", "y", "se", "me", "que", "on", "value", "number",
    "row", "bar", "wert", "zahl",
];

/// The chart that was just drawn, where a request asks nothing.
fn of_last<'a>(request: &str, small: &str, chat: &'a Chat) -> Option<&'a Chart> {
    let shown = chat.messages.iter().rev().find(|m| m.role == Role::Assistant && !m.content.is_empty())?;
    let short = words(small).count() <= SHORT && !request.contains(['?', '？']);
    chat.charts.last().filter(|_| short && shown.content.contains(".png"))
}

/// The chart before the changes, or before the last one.
pub fn before(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let last = of_last(request, &small, chat)?;
    let said = |list: &[&str]| says(&small, list) || list.iter().any(|word| !word.is_ascii() && small.contains(word));
    // "Back to bars" is a change, and a number is not what was.
    let more = small.contains(|c: char| c.is_ascii_digit()) || super::kinds::kind_of(&small).is_some();
    if !said(BACK) || more {
        return None;
    }
    let first = said(FIRST);
    let chart = match first {
        true => chat.charts.first()?,
        false => chat.charts.get(chat.charts.len().checked_sub(2)?)?,
    };
    (chart.name != last.name).then(|| vec![like(chart, &chart.table)])
}

/// The chart with a value more: "June was 31, add it"; of a column of numbers alone, with all numbers that are said.
pub fn with_more(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let chart = of_last(request, &small, chat).filter(|chart| chart.series.is_none())?;
    let table = chat.table_named(&chart.table)?;
    let says_it = says(&small, MISSING) || MISSING.iter().any(|word| !word.is_ascii() && small.contains(word));
    if !says_it || is_of_pages(table) {
        return None;
    }
    let said: Vec<f64> = figures(&small).into_iter().filter_map(|figure| figure.number).collect();
    let rows: Vec<Vec<String>> = match table.columns.as_slice() {
        [_] => said.iter().map(|number| vec![number.to_string()]).collect(),
        columns => {
            let [number] = said.as_slice() else { return None };
            let name = named_newly(request, table, &chart.x)?;
            let cell = |column: &String| match column {
                own if *own == chart.x => format!("'{}'", name.replace('\'', "''")),
                own if *own == chart.y => number.to_string(),
                _ => "NULL".to_owned(),
            };
            vec![columns.iter().map(cell).collect()]
        }
    };
    if rows.is_empty() {
        return None;
    }
    let all = table.columns.iter().map(|column| in_sql(column)).collect::<Vec<_>>().join(", ");
    let more: String = rows.iter().map(|row| format!(" UNION ALL SELECT {}", row.join(", "))).collect();
    let name = format!("t{}", chat.tables.len() + 1);
    let query = format!("SELECT {all} FROM {}{more}", chart.table);
    let drawn = like(chart, &name);
    Some(vec![Step::Sql { name, query }, drawn])
}

/// Whether a table has what a page says: what the user adds to it would look like the page's.
fn is_of_pages(table: &Table) -> bool {
    table.rows.iter().flatten().any(|cell| matches!(*cell.provenance, Provenance::Sourced { .. }))
}

/// The name that a request brings in beside its number: a time like those that go across, or the only words that say nothing else.
fn named_newly(request: &str, table: &Table, across: &str) -> Option<String> {
    let at = table.columns.iter().position(|column| column == across)?;
    let known = |name: &str| table.rows.iter().any(|row| row[at].display().eq_ignore_ascii_case(name));
    if table.rows.iter().any(|row| row[at].number.is_some()) {
        return None;
    }
    let listed = |word: &str| {
        MISSING.iter().chain(FILLING).any(|own| words(own).any(|part| part == word)) || PLEASE.contains(&word)
    };
    let all: Vec<&str> = words(request).collect();
    let is_time =
        |word: &str| figures(&format!("{word} 2001")).iter().any(|f| f.date.is_some_and(|d| d.to_string().len() > 4));
    if let Some(time) = all.iter().find(|word| word.chars().all(char::is_alphabetic) && is_time(word)) {
        return (!known(time)).then(|| (*time).to_owned());
    }
    let unknown = |word: &&str| {
        let small = word.to_lowercase();
        word.chars().all(char::is_alphabetic) && !listed(&small) && !is_known(&small)
    };
    let first = all.iter().position(unknown)?;
    let name: Vec<&str> = all[first..].iter().copied().take_while(unknown).collect();
    let other = all[first + name.len()..].iter().any(unknown);
    let name = name.join(" ");
    (!other && !known(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Message};

    fn chat(columns: &[&str], rows: &[&[&str]]) -> Chat {
        let mut chat = Chat::new("c");
        let cell = |text: &&str| Cell { number: text.parse().ok(), ..Cell::new(*text, Provenance::Given) };
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let (x, y) = (columns[0].clone(), columns[columns.len() - 1].clone());
        chat.tables.push(Table { title: "t".into(), columns, rows });
        chat.messages.push(Message::assistant("Made: a.png"));
        for (name, kind) in [("c1", "pie"), ("c2", "bar"), ("c3", "barh")] {
            let (table, x, y) = ("t1".into(), x.clone(), y.clone());
            chat.charts.push(Chart { name: name.into(), table, kind: kind.into(), x, y, ..Chart::default() });
        }
        chat
    }

    fn told(steps: Option<Vec<Step>>) -> Option<String> {
        steps.map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn a_chart_comes_back() {
        let chat = chat(&["Month", "Guests"], &[&["May", "23"]]);
        let drawn = |kind: &str| Some(format!("chart({kind}, t1, x=Month, y=Guests)"));
        assert_eq!(told(before("no, vuelve al primero que hiciste", &chat)), drawn("pie"));
        assert_eq!(told(before("go back to the first one please", &chat)), drawn("pie"));
        assert_eq!(told(before("undo that", &chat)), drawn("bar"));
        assert_eq!(told(before("zurück zum ersten Diagramm", &chat)), drawn("pie"));
        assert_eq!(told(before("back to bars", &chat)), None);
        assert_eq!(told(before("when does she come back?", &chat)), None);
    }

    #[test]
    fn what_was_forgotten_is_drawn_too() {
        let months = chat(&["Monat", "Gäste"], &[&["Juli", "23"], &["August", "24"]]);
        let more = |name: &str, n: u32| {
            Some(format!(
                "t2 = sql(SELECT \"Monat\", \"Gäste\" FROM t1 UNION ALL SELECT '{name}', {n}); chart(barh, t2, x=Monat, y=Gäste)"
            ))
        };
        assert_eq!(told(with_more("September fehlt noch, da warens 1960", &months)), more("September", 1960));
        assert_eq!(told(with_more("June was 31, add it", &months)), more("June", 31));
        assert_eq!(told(with_more("ergänze bitte den Zoo mit 12", &months)), more("Zoo", 12));
        assert_eq!(told(with_more("August fehlt, da warens 12", &months)), None);
        assert_eq!(told(with_more("add a trend line", &months)), None);
        let list = chat(&["Value (min)"], &[&["4"], &["7"]]);
        assert!(told(with_more("I forgot three: 22, 31 and 8. Add them", &list)).is_some_and(|made| {
            made.starts_with(
                "t2 = sql(SELECT \"Value (min)\" FROM t1 UNION ALL SELECT 22 UNION ALL SELECT 31 UNION ALL SELECT 8);",
            )
        }));
    }
}
