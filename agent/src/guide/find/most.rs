//! The thing of a page's table that has most or least of something: "the ferry with the most passengers",
//! "length of the longest ferry". A small model takes the first row; the figures say which it is.

use crate::evidence::{is_of_people, terms};
use crate::guide::named::names;
use crate::guide::plan::{compared_property, words, years};
use crate::notebook::{Chat, Fact};
use polymath_chat::{Cell, Provenance, Source, Table};
use polymath_quantity::{Column, read};
use std::collections::HashSet;

/// Rows of a table in which one is the most.
const ROWS: usize = 3;
/// Words behind "most" that may say of what.
const NEAR: usize = 4;
/// Words for the most of what follows, and for the least of it.
const MOST: &[&str] = &["most", "highest", "largest", "greatest", "biggest", "maximum"];
const LEAST: &[&str] = &["fewest", "least", "lowest", "smallest", "minimum"];
/// Words for the greatest and the smallest of one property.
const GREATEST: &[&str] =
    &["tallest", "highest", "longest", "deepest", "largest", "biggest", "heaviest", "fastest", "youngest", "newest"];
const SMALLEST: &[&str] = &["lowest", "shortest", "smallest", "lightest", "slowest", "cheapest", "oldest", "earliest"];
/// Headers of the year in which something began.
const BEGAN: &[&str] =
    &["built", "opened", "founded", "year", "opening", "completed", "established", "since", "launched"];

/// What is asked for of which row.
struct Asked {
    /// Terms of the column that says which row.
    by: Vec<String>,
    greatest: bool,
    /// Whether the column's value is asked for, and not whose it is.
    value: bool,
}

/// The fact, where one table of the pages tells it and it is asked for without further conditions.
pub fn most(what: &str, sources: &[Source], chat: &Chat) -> Option<Fact> {
    let asked = asked(what)?;
    let alike = Asked { by: by_itself(what), ..asked };
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    let named = names(what);
    let mut found = chat.page_tables.iter().filter_map(|table| {
        let source = source_of(table, sources)?;
        let about = format!("{} {} {}", source.title, table.title, table.columns.join(" "));
        let own: HashSet<String> = terms(&about).into_iter().collect();
        let speaks = wanted.iter().filter(|term| !asked.by.contains(term)).any(|term| own.contains(term));
        let of_all = named.iter().all(|name| about.contains(name.as_str()));
        (speaks && of_all).then(|| row_of(what, table, &asked).or_else(|| row_of(what, table, &alike))).flatten()
    });
    let first = found.next()?;
    found.all(|other| other.text == first.text).then_some(first)
}

/// Which row is asked for; `None` where it is no most of all, or only of those of some kind or year.
fn asked(what: &str) -> Option<Asked> {
    let small = what.to_lowercase();
    if !years(what).is_empty() || small.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let all: Vec<&str> = words(&small).collect();
    let at = all.iter().position(|w| [MOST, LEAST, GREATEST, SMALLEST].iter().any(|list| list.contains(w)))?;
    let word = all[at];
    let greatest = MOST.contains(&word) || GREATEST.contains(&word);
    let behind: Vec<&str> = all[at + 1..].iter().take(NEAR).copied().collect();
    // "The highest number of passengers", "the most expensive": of what stands behind it.
    let of = behind.iter().position(|w| *w == "of").map_or(&behind[..], |at| match behind.first() {
        Some(&"number" | &"count" | &"amount") => &behind[at + 1..],
        _ => &behind[..at],
    });
    let mut by: Vec<String> = of.iter().take(2).flat_map(|word| terms(word)).collect();
    if word == "most" && behind.first() == Some(&"expensive") {
        by = vec!["cost".into(), "price".into()];
    }
    // "The longest boat" is so by its length.
    if let Some((property, _)) = compared_property(word).filter(|_| !MOST.contains(&word) && !LEAST.contains(&word)) {
        by.clear();
        match property {
            "year of opening" => by.extend(BEGAN.iter().flat_map(|word| terms(word))),
            property => by.extend(terms(property)),
        }
    }
    let asks_how = all.first().is_some_and(|w| *w == "how");
    let value = asks_how || all[..at].iter().any(|w| terms(w).iter().any(|term| by.contains(term)));
    (!by.is_empty()).then_some(Asked { by, greatest, value })
}

/// Terms of the columns that "the largest lake" or "the highest peak" may be so by.
fn by_itself(what: &str) -> Vec<String> {
    const SIZES: &[(&str, &[&str])] = &[
        ("area", &["area", "size", "surface", "population", "inhabitants"]),
        ("height", &["height", "elevation", "altitude"]),
    ];
    let small = what.to_lowercase();
    let property = words(&small).find_map(compared_property).map(|(property, _)| property);
    let known = SIZES.iter().find(|(name, _)| Some(*name) == property);
    known.iter().flat_map(|(_, columns)| columns.iter().flat_map(|column| terms(column))).collect()
}

/// The page that a table is of.
pub fn source_of<'a>(table: &Table, sources: &'a [Source]) -> Option<&'a Source> {
    let url = table.rows.iter().flatten().find_map(|cell| match &*cell.provenance {
        Provenance::Sourced { url, .. } => Some(url),
        _ => None,
    })?;
    sources.iter().find(|source| source.url == *url && !source.text.is_empty())
}

/// The column of years, seasons or days, where it is asked in which of them something was most.
fn time_of(what: &str, table: &Table) -> Option<usize> {
    const TIMES: [&str; 5] = ["year", "season", "month", "day", "date"];
    let asked = terms(what);
    let is_time = |header: &String| terms(header).iter().any(|term| TIMES.contains(&term.as_str()));
    let asks = TIMES.iter().any(|time| asked.iter().any(|term| term == time))
        || words(what).any(|w| w == "when" || w == "When");
    asks.then(|| table.columns.iter().position(is_time)).flatten()
}

fn row_of(what: &str, table: &Table, asked: &Asked) -> Option<Fact> {
    let value = |row: &Vec<Cell>, at: usize| -> Option<f64> {
        let cell = row.get(at)?;
        let (number, date) = Column::of(&table.columns[at]).read(cell.text.as_deref()?).values();
        number.or_else(|| date?.get(..4)?.parse().ok())
    };
    let filled = |at: usize| table.rows.iter().filter(|row| value(row, at).is_some()).count();
    let speaks = |at: &usize| {
        let own = terms(&table.columns[*at]);
        let alike = own.iter().any(|t| is_of_people(t)) && asked.by.iter().any(|t| is_of_people(t));
        own.iter().any(|term| asked.by.contains(term)) || alike
    };
    let mut columns = (0..table.columns.len()).filter(speaks).filter(|at| filled(*at) * 4 >= table.rows.len() * 3);
    let (Some(at), None) = (columns.next(), columns.next()) else { return None };
    if table.rows.len() < ROWS {
        return None;
    }
    let mut rows: Vec<(f64, &Vec<Cell>)> = table.rows.iter().filter_map(|row| Some((value(row, at)?, row))).collect();
    rows.sort_by(|a, b| if asked.greatest { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
    let [(best, row), (next, _), ..] = rows.as_slice() else { return None };
    let is_name = |cell: &Cell| cell.text.as_deref().is_some_and(|t| read(t).values() == (None, None));
    // Where a row has a name, "a year" and "per day" belong to what is counted.
    let name = row.iter().position(is_name).or_else(|| time_of(what, table))?;
    // Of two that have as many neither is it.
    (best != next).then(|| fact_of_cell(what, table, row, if asked.value { at } else { name }))
}

/// What a cell of a page's table says, with the unit that its header has.
pub fn fact_of_cell(what: &str, table: &Table, row: &[Cell], at: usize) -> Fact {
    let (cell, column) = (&row[at], Column::of(&table.columns[at]));
    let text = column.restate(cell.display()).unwrap_or_else(|| cell.display().to_owned());
    let is_value = read(cell.display()).values() != (None, None);
    let (number, date) = if is_value { column.read(cell.display()).values() } else { (None, None) };
    let provenance = match &*cell.provenance {
        Provenance::Sourced { url, title, .. } => {
            Provenance::Sourced { url: url.clone(), title: title.clone(), quote: line_of(row) }
        }
        other => other.clone(),
    };
    let (name, about, others) = (String::new(), what.to_owned(), Vec::new());
    Fact { name, about, text, number, date, provenance, others }
}

/// A row as the page's text has it.
fn line_of(row: &[Cell]) -> String {
    row.iter().map(Cell::display).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat() -> (Chat, Vec<Source>) {
        let mut chat = Chat::new("c");
        let provenance =
            |quote: &str| Provenance::Sourced { url: "u".into(), title: "Boats of Sund".into(), quote: quote.into() };
        let cell = |text: &str| Cell::new(text, provenance(text));
        let rows = [["Alk", "1996", "64.2", "299"], ["Tern", "2008", "87.0", "390"], ["Skua", "1983", "48.5", "180"]];
        let columns = ["Boat", "Built", "Length (m)", "Passengers"].map(str::to_owned).to_vec();
        let rows = rows.map(|row| row.map(cell).to_vec()).to_vec();
        chat.page_tables.push(Table { title: String::new(), columns, rows });
        let source = Source { url: "u".into(), title: "Boats of Sund".into(), text: "Boats".into() };
        (chat, vec![source])
    }

    #[test]
    fn the_largest_is_so_by_its_only_size() {
        let (mut chat, sources) = chat();
        chat.page_tables[0].columns[2] = "Area (km2)".into();
        let most = |what: &str, chat: &Chat| most(what, &sources, chat).map(|fact| fact.text);
        assert_eq!(most("largest boat of Sund", &chat).as_deref(), Some("Tern"));
        chat.page_tables[0].columns[3] = "Population".into();
        assert_eq!(most("largest boat of Sund", &chat), None);
    }

    #[test]
    fn a_table_says_who_has_most() {
        let (chat, sources) = chat();
        let most = |what: &str| most(what, &sources, &chat).map(|fact| fact.text);
        assert_eq!(most("boat of Sund with the most passengers").as_deref(), Some("Tern"));
        assert_eq!(most("Which boat carries the fewest passengers").as_deref(), Some("Skua"));
        assert_eq!(most("oldest boat of Sund").as_deref(), Some("Skua"));
        assert_eq!(most("length of the longest boat").as_deref(), Some("87.0 m"));
        assert_eq!(most("largest boat of Sund"), None);
        assert_eq!(most("longest boat built after 1990"), None);
        assert_eq!(most("longest boat of Varn"), None);
        assert_eq!(most("most beautiful boat of Sund"), None);
    }

    #[test]
    fn a_table_says_when_there_was_most() {
        let (mut chat, sources) = chat();
        let table = &mut chat.page_tables[0];
        table.columns = ["Year", "Trips", "Days in dock"].map(str::to_owned).to_vec();
        table.rows.iter_mut().zip(["2021", "2022", "2023"]).for_each(|(row, year)| {
            row.remove(2);
            row[0].text = Some(year.into());
        });
        for (row, trips) in table.rows.iter_mut().zip(["41", "38", "66"]) {
            row[1].text = Some(trips.into());
        }
        let most = |what: &str| most(what, &sources, &chat).map(|fact| fact.text);
        assert_eq!(most("In which year did the boat make most trips").as_deref(), Some("2023"));
        assert_eq!(most("how many year did the boat make most trips").as_deref(), Some("66"));
    }
}
