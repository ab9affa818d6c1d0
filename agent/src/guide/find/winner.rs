//! Who or what was first, of a page's table of results: "the winning time of the race". The row with place 1 says it.

use super::most::{fact_of_cell, source_of};
use crate::evidence::terms;
use crate::guide::named::names;
use crate::guide::plan::{compared_property, words, years};
use crate::notebook::{Chat, Fact};
use polymath_chat::{Cell, Source, Table};
use polymath_quantity::{Column, UnitKind, read};
use std::collections::HashSet;

/// Words that ask for the first of a competition.
const WINNING: &[&str] = &[
    "winning",
    "winner",
    "won",
    "wins",
    "win",
    "victorious",
    "sieger",
    "siegerin",
    "gewann",
    "gewonnen",
    "gewinner",
    "vainqueur",
    "gagnant",
    "gagné",
    "gagna",
    "ganador",
    "ganadora",
    "ganó",
    "冠军",
    "第一名",
];
/// Words by which another place is asked for, or a count of wins.
const OTHERS: &[&str] = &[
    "second",
    "third",
    "last",
    "runner",
    "runners",
    "often",
    "many",
    "times",
    "zweite",
    "zweiter",
    "dritte",
    "letzte",
    "deuxième",
    "dernier",
    "segundo",
    "último",
    "年",
];
/// Headers of the place that somebody took.
const PLACES: &[&str] =
    &["place", "rank", "position", "pos", "pl", "platz", "rang", "rank.", "classement", "puesto", "名次", "排名", "#"];

/// The fact, where one table of results tells it.
pub fn winner(what: &str, sources: &[Source], chat: &Chat) -> Option<Fact> {
    let small = what.to_lowercase();
    let says = |known: &[&str]| words(&small).any(|word| known.contains(&word));
    if !says(WINNING) && !["冠军", "第一名"].iter().any(|sign| small.contains(sign)) || says(OTHERS) {
        return None;
    }
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    let (named, asked_years) = (names(what), years(what));
    let fits = chat.page_tables.iter().filter_map(|table| {
        let source = source_of(table, sources)?;
        let about = format!("{} {} {}", source.title, table.title, table.columns.join(" "));
        let of_year =
            asked_years.iter().all(|year| about.contains(year.as_str()) || source.text.contains(year.as_str()));
        let own: HashSet<String> = terms(&about).into_iter().collect();
        let of_all = named.iter().all(|name| terms(name).iter().all(|term| own.contains(term)));
        // What tells the tables of one page apart stands in them.
        let near: HashSet<String> =
            terms(&format!("{} {}", table.title, table.columns.join(" "))).into_iter().collect();
        let shared = near.intersection(&wanted).count();
        (of_year && of_all).then(|| first_row(table).map(|row| (shared, table, row)))?
    });
    let mut fits: Vec<(usize, &Table, &Vec<Cell>)> = fits.collect();
    fits.sort_by_key(|(shared, _, _)| std::cmp::Reverse(*shared));
    let (shared, table, row) = fits.first()?;
    if fits.get(1).is_some_and(|(other, _, _)| other == shared) {
        return None;
    }
    let at = asked_column(&small, table, row)?;
    Some(fact_of_cell(what, table, row, at))
}

/// The row of place 1, of a table with a column of places.
fn first_row(table: &Table) -> Option<&Vec<Cell>> {
    let place = |cell: &Cell| cell.display().trim_end_matches(['.', 's', 't']).trim().parse::<u32>().ok();
    let at = table.columns.iter().position(|column| PLACES.contains(&column.trim().to_lowercase().as_str()))?;
    let places: Vec<Option<u32>> = table.rows.iter().map(|row| row.get(at).and_then(place)).collect();
    let mut first = table.rows.iter().zip(&places).filter(|(_, place)| **place == Some(1)).map(|(row, _)| row);
    (places.contains(&Some(2))).then(|| first.next().filter(|_| first.next().is_none())).flatten()
}

/// The column of what is asked of the winner: who it is, or the measure that the question names by its word or its unit.
fn asked_column(small: &str, table: &Table, row: &[Cell]) -> Option<usize> {
    let is_place = |at: &usize| PLACES.contains(&table.columns[*at].trim().to_lowercase().as_str());
    let measured = |at: &usize| read(row[*at].display()).values() != (None, None);
    let all: Vec<usize> = (0..table.columns.len()).filter(|at| !is_place(at) && *at < row.len()).collect();
    let first = words(small).next().unwrap_or_default();
    let who = ["who", "which", "wer", "welche", "welcher", "qui", "quel", "quién", "quien", "cuál"].contains(&first)
        || small.starts_with("winner")
        || small.starts_with("name ");
    let property = words(small).find_map(compared_property).map(|(property, _)| property);
    const HEAVY: &[&str] =
        &["weight", "weigh", "weighs", "weighed", "heavy", "gewicht", "schwer", "wog", "poids", "peso", "pesó"];
    const FAST: &[&str] = &["time", "fast", "zeit", "schnell", "temps", "tiempo", "long"];
    let numbers: Vec<usize> = all.iter().copied().filter(measured).collect();
    if who || numbers.is_empty() {
        return all.into_iter().find(|at| !measured(at)).filter(|_| who);
    }
    let unit = |at: usize| {
        let column = Column::of(&table.columns[at]);
        column.unit.or_else(|| read(row[at].display()).unit)
    };
    let says = |known: &[&str]| words(small).any(|word| known.contains(&word));
    let of_unit = |at: &usize| {
        unit(*at).is_some_and(|unit| match unit.kind {
            UnitKind::Time => says(FAST) || property == Some("speed"),
            _ => {
                (says(HEAVY) || property == Some("weight"))
                    && ["kg", "g", "t", "lb", "oz"].iter().any(|own| unit.is(own))
            }
        })
    };
    let asked = terms(small);
    let named = |at: &usize| terms(&table.columns[*at]).iter().any(|term| asked.contains(term));
    let only = |fits: &dyn Fn(&usize) -> bool| {
        let mut found = numbers.iter().copied().filter(|at| fits(at));
        found.next().filter(|_| found.next().is_none())
    };
    only(&of_unit).or_else(|| only(&named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

    fn show() -> (Chat, Vec<Source>) {
        let mut chat = Chat::new("c");
        let cell = |text: &str| {
            let provenance =
                Provenance::Sourced { url: "u".into(), title: "Sund Show 2023".into(), quote: text.into() };
            Cell::new(text, provenance)
        };
        let table = |columns: [&str; 3], rows: [[&str; 3]; 2]| Table {
            title: String::new(),
            columns: columns.map(str::to_owned).to_vec(),
            rows: rows.map(|row| row.map(cell).to_vec()).to_vec(),
        };
        chat.page_tables = vec![
            table(["Place", "Grower", "Pumpkin (kg)"], [["1", "Pim Vos", "812.5"], ["2", "Ann Bo", "771"]]),
            table(["Place", "Grower", "Marrow (kg)"], [["1", "Ann Bo", "68.4"], ["2", "Pim Vos", "61.9"]]),
        ];
        let source = Source { url: "u".into(), title: "Sund Show 2023".into(), text: "Results".into() };
        (chat, vec![source])
    }

    #[test]
    fn the_first_of_a_table_of_results_is_the_winner() {
        let (chat, sources) = show();
        let won = |what: &str| winner(what, &sources, &chat).map(|fact| fact.text);
        assert_eq!(won("weight of the winning pumpkin at the Sund Show in 2023").as_deref(), Some("812.5 kg"));
        assert_eq!(won("who won with a marrow at the Sund Show").as_deref(), Some("Ann Bo"));
        assert_eq!(won("weight of the winner at the Sund Show"), None, "of which table nothing is said");
        assert_eq!(won("weight of the winning pumpkin at the Sund Show in 2022"), None);
        assert_eq!(won("weight of the second pumpkin at the Sund Show"), None);
        assert_eq!(won("weight of the winning pumpkin at the Varn Show"), None);
    }
}
