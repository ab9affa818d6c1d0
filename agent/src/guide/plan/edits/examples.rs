//! The worked examples of the prompt: each reply can be said of its chart under the grammar, and makes steps.

use super::{NONE, There, steps};
use crate::notebook::{Chart, Chat};
use crate::prompts::EDITS;
use polymath_chat::{Cell, Constraint, Provenance, Table};
use polymath_model::constrain::Compiler;

/// What lies from one time to another, where these are months or years; else the two.
fn span(from: &str, to: &str) -> Vec<String> {
    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
    match (from.len(), from.split_once('-').zip(to.split_once('-'))) {
        (7, Some(((year, month), (last, end)))) => {
            let months = number(year) * 12 + number(month) - 1..number(last) * 12 + number(end);
            months.map(|month| format!("{}-{:02}", month / 12, month % 12 + 1)).collect()
        }
        (4, None) => (number(from)..=number(to)).map(|year| year.to_string()).collect(),
        _ => vec![from.to_owned(), to.to_owned()],
    }
}

/// The conversation that an example's first lines tell of, with its request.
fn told(asked: &str, reply: &str) -> Option<(Chat, String)> {
    let line = |head: &str| asked.lines().find_map(|line| line.strip_prefix(head));
    let (kind, rest) = line("Chart: ")?.split_once(" of ")?;
    let (rest, series) = rest.split_once(", series ").map_or((rest, None), |(rest, series)| (rest, Some(series)));
    let (y, x) = rest.split_once(" by ").unwrap_or((rest, ""));
    let columns: Vec<String> = line("Columns: ")?.split(", ").map(str::to_owned).collect();
    let (mut across, mut by) = (Vec::new(), Vec::new());
    let parts: Vec<&str> = line("Names: ")?.split("; ").collect();
    for part in &parts {
        match part.split_once(" to ") {
            Some((from, to)) => across = span(from, to),
            None if across.is_empty() && (series.is_none() || parts.iter().all(|part| !part.contains(" to "))) => {
                across = part.split(", ").map(str::to_owned).collect();
            }
            None => by = part.split(", ").map(str::to_owned).collect(),
        }
    }
    let worded = reply.lines().find_map(|line| line.strip_prefix("series: "));
    let row = |i: usize| {
        let cell = |column: &String| {
            let text = match column.as_str() {
                own if own == x || x.is_empty() && own == y => across[i % across.len()].clone(),
                own if Some(own) == series => by[i % by.len()].clone(),
                own if Some(own) == worded => "Ost".to_owned(),
                _ => format!("{}", 40 + i),
            };
            let (number, date) = polymath_quantity::read(&text).values();
            Cell { number, date, ..Cell::new(text.as_str(), Provenance::Given) }
        };
        columns.iter().map(cell).collect()
    };
    let rows = (0..across.len().max(by.len())).map(row).collect();
    let mut chat = Chat::new("c");
    chat.tables.push(Table { title: "a.csv".into(), columns: columns.clone(), rows });
    let [kind, x, y] = [kind, x, y].map(str::to_owned);
    let series = series.map(str::to_owned);
    chat.charts.push(Chart { name: "c1".into(), table: "t1".into(), kind, x, y, series, ..Chart::default() });
    Some((chat, line("Request: ")?.to_owned()))
}

#[test]
fn worked_examples_can_be_said_and_done() {
    let compiler = Compiler::of_bytes().unwrap_or_else(|why| panic!("{why}"));
    for (asked, reply) in EDITS.examples() {
        let Some((chat, request)) = told(&asked, &reply) else { panic!("{asked}") };
        let (chart, table) = (&chat.charts[0], &chat.tables[0]);
        let there = There::of(chart, table, &chat, &request);
        let said = compiler.check(&Constraint::Lark(there.grammar(&request)), &reply);
        assert!(said.is_ok(), "{asked}\n{reply}\n{said:?}");
        assert_eq!(steps(&reply, chart, table, &chat).is_some(), reply != NONE, "{asked}\n{reply}");
    }
}
