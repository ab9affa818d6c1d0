//! What on a page is about the thing that a look-up names: its row of a table, its section, and of these the cell of the
//! year that is named.

use crate::evidence::{Passage, terms};
use crate::guide::named::names_said;
use crate::guide::plan::{words, years};
use crate::guide::state::with_unit;
use crate::notebook::{Chat, unit_of_header};
use polymath_chat::{Cell, Provenance, Source};
use polymath_quantity::{UnitKind, figures, read};
use std::collections::{HashMap, HashSet};

/// Rows and sections of each page that are of what is named, in small letters.
#[derive(Default)]
pub struct Own {
    rows: HashMap<usize, Vec<String>>,
    sections: HashMap<usize, Vec<String>>,
}

impl Own {
    pub fn of(what: &str, passages: &[Passage], sources: &[Source]) -> Self {
        let mut own = Own::default();
        for n in passages.iter().map(|p| p.n) {
            let Some(source) = sources.get(n - 1).filter(|_| !own.rows.contains_key(&n)) else { continue };
            // A table's first line is its head: "Season", and no season.
            let lines = source.text.lines();
            let below = lines.clone().zip(lines.skip(1)).filter(|(above, _)| first_cell(above).is_some());
            let rows = below.filter_map(|(_, line)| first_cell(line)).map(str::to_lowercase);
            own.rows.insert(n, rows.filter(|cell| is_named(cell, what)).collect());
            let headings = source.text.lines().filter_map(heading).map(str::to_lowercase);
            let title = source.title.to_lowercase();
            own.sections.insert(n, headings.filter(|text| *text != title && is_named(text, what)).collect());
        }
        own
    }

    /// Whether a line is of another row, or of another section of its page, than the named ones that there are.
    pub fn excludes(&self, line: &Passage, sources: &[Source]) -> bool {
        let Some(source) = sources.get(line.n - 1) else { return false };
        let named = |of: &HashMap<usize, Vec<String>>| of.get(&line.n).cloned().unwrap_or_default();
        let (rows, sections) = (named(&self.rows), named(&self.sections));
        let raw = source.text.lines().nth(line.line).unwrap_or_default();
        let other_row = first_cell(raw).is_some_and(|cell| !rows.is_empty() && !rows.contains(&cell.to_lowercase()));
        let above = source.text.lines().take(line.line + 1).filter_map(heading).last().map(str::to_lowercase);
        let other_section = !sections.is_empty()
            && above.is_some_and(|above| !sections.contains(&above))
            && !sections.iter().any(|name| raw.to_lowercase().contains(name));
        other_row || other_section
    }
}

/// The cell of the row that is named and of the one column whose head has the year that is named, with its line; no text
/// where the cell is empty or says that there is none.
pub fn cell(what: &str, passages: &[Passage], chat: &Chat) -> Option<(Option<String>, Passage)> {
    let [year] = <[String; 1]>::try_from(years(what)).ok()?;
    let mut found = passages.iter().filter_map(|passage| {
        let source = chat.sources.get(passage.n - 1)?;
        let raw = source.text.lines().nth(passage.line)?;
        first_cell(raw).filter(|cell| is_named(&cell.to_lowercase(), what))?;
        let cells: Vec<&str> = raw.split(" | ").map(str::trim).collect();
        let from_here =
            |provenance: &Provenance| matches!(provenance, Provenance::Sourced { url, .. } if *url == source.url);
        let table = chat.page_tables.iter().find(|table| {
            table.columns.len() >= cells.len()
                && table.rows.iter().flatten().any(|cell| from_here(&cell.provenance))
                && table.rows.iter().any(|row| row.first().is_some_and(|c| c.display() == cells[0]))
        })?;
        let mut columns = (1..table.columns.len()).filter(|i| years(&table.columns[*i]).contains(&year));
        let (column, None) = (columns.next()?, columns.next()) else { return None };
        let text = cells.get(column).filter(|text| text.contains(|c: char| c.is_ascii_digit()));
        Some((text.map(|text| (*text).to_owned()), passage.clone()))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The cell of the row that is the year's that is named, in the one column whose head has a word of the look-up or a unit
/// that it names (hectolitres, of `Ausstoß (hl)`), with its line.
pub fn of_year(what: &str, passages: &[Passage], chat: &Chat) -> Option<(String, Passage)> {
    let [year] = <[String; 1]>::try_from(years(what)).ok()?;
    let names: Vec<String> = names_said(what).iter().flat_map(|name| terms(name)).collect();
    let wanted: HashSet<String> =
        terms(what).into_iter().filter(|term| *term != year && !names.contains(term)).collect();
    let unit_of = |word: &str| read(&format!("1 {word}")).unit.filter(|unit| unit.kind != UnitKind::Time);
    let units: Vec<String> =
        words(what).filter_map(|word| unit_of(&word.to_lowercase())).map(|unit| unit.name.to_string()).collect();
    let mut found = passages.iter().filter_map(|passage| {
        let source = chat.sources.get(passage.n - 1)?;
        let raw = source.text.lines().nth(passage.line)?;
        let cells: Vec<&str> = raw.split(" | ").map(str::trim).collect();
        let from_here =
            |provenance: &Provenance| matches!(provenance, Provenance::Sourced { url, .. } if *url == source.url);
        let table = chat.page_tables.iter().find(|table| {
            table.columns.len() == cells.len()
                && table.rows.len() > 1
                && table.rows.iter().flatten().any(|cell| from_here(&cell.provenance))
                && table.rows.iter().any(|row| row.first().is_some_and(|c| c.display() == cells[0]))
                && table.rows.iter().all(|row| row.first().is_some_and(|c| is_year(c.display())))
        })?;
        let is_named = |i: &usize| {
            let head = &table.columns[*i];
            let unit = unit_of_header(head).is_some_and(|unit| units.contains(&unit.name.to_string()));
            let bracket = head.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(unit, _)| unit.trim());
            let short = bracket.is_some_and(|unit| words(what).any(|word| is_short_for(unit, word)));
            unit || short || terms(head).iter().any(|term| wanted.contains(term))
        };
        let mut columns = (1..cells.len()).filter(is_named);
        let (column, None) = (columns.next()?, columns.next()) else { return None };
        let value = cells[column].contains(|c: char| c.is_ascii_digit());
        (cells[0] == year && value).then(|| (cells[column].to_owned(), passage.clone()))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Whether a unit is the sign of what a word spells out, in whatever language: hl of Hektoliter, km of kilómetros.
fn is_short_for(unit: &str, word: &str) -> bool {
    const LEAST: usize = 6;
    let (unit, word) = (unit.to_lowercase(), word.to_lowercase());
    let mut letters = word.chars();
    let within = unit.chars().all(|c| c.is_alphabetic() && letters.any(|own| own == c));
    (2..=3).contains(&unit.chars().count())
        && word.chars().count() >= LEAST
        && within
        && unit.chars().next() == word.chars().next()
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|c| c.is_ascii_digit())
}

/// The cell of the same row whose column says what is wanted, where the one that was taken is in a column that says less
/// of it: the oil of a season, and not its olives.
pub fn of_its_column(what: &str, text: &str, passage: &Passage, chat: &Chat) -> Option<String> {
    let source = chat.sources.get(passage.n - 1)?;
    let raw = source.text.lines().nth(passage.line)?;
    let cells: Vec<&str> = raw.split(" | ").map(str::trim).collect();
    let taken = cells
        .iter()
        .position(|cell| *cell == text || text.strip_prefix(cell).is_some_and(|unit| unit.starts_with(' ')))?;
    let is_row = |row: &Vec<Cell>| {
        let own = row.iter().any(|c| matches!(&*c.provenance, Provenance::Sourced { url, .. } if *url == source.url));
        own && row.len() == cells.len() && row.iter().zip(&cells).all(|(c, text)| text.ends_with(c.display().trim()))
    };
    let table = chat.page_tables.iter().find(|table| table.rows.iter().any(is_row))?;
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    let heads: Vec<HashSet<String>> = table.columns.iter().map(|column| terms(column).into_iter().collect()).collect();
    let everywhere = |term: &String| heads[1..].iter().all(|head| head.contains(term));
    let score = |i: usize| heads[i].iter().filter(|term| wanted.contains(*term) && !everywhere(term)).count();
    let best = (1..cells.len()).max_by_key(|i| (score(*i), *i == taken))?;
    let alone = (1..cells.len()).filter(|i| score(*i) == score(best)).count() == 1;
    let number = cells[best].contains(|c: char| c.is_ascii_digit());
    (best != taken && taken > 0 && alone && number).then(|| cells[best].to_owned())
}

/// The value of the clause that says what is wanted, where the one that was taken stands in a clause that says less of it:
/// "billies 74 cm, nannies 66 cm", for the nannies.
pub fn of_its_clause(what: &str, text: &str, line: &str) -> Option<String> {
    let cell = line.rsplit(" | ").next().unwrap_or(line);
    let clauses: Vec<&str> =
        cell.split([';', '；']).flat_map(|piece| piece.split(", ")).flat_map(|p| p.split(" and ")).collect();
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    let own: Vec<HashSet<String>> = clauses.iter().map(|clause| terms(clause).into_iter().collect()).collect();
    let score = |i: usize| own[i].iter().filter(|term| wanted.contains(*term)).count();
    let taken = clauses.iter().position(|clause| clause.contains(text))?;
    let unit = |text: &str| figures(text).into_iter().find_map(|f| f.unit).map(|unit| unit.name.to_string());
    let best = (0..clauses.len()).max_by_key(|i| (score(*i), *i == taken))?;
    let alone = (0..clauses.len()).filter(|i| score(*i) == score(best)).count() == 1;
    let found = figures(clauses[best]);
    let [only] = found.as_slice() else { return None };
    let alike = unit(text).is_some() && unit(text) == unit(clauses[best]);
    (best != taken && alone && alike && figures(clauses[taken]).len() == 1)
        .then(|| with_unit(only, clauses[best]).to_owned())
}

fn first_cell(row: &str) -> Option<&str> {
    row.split_once(" | ").map(|(first, _)| first.trim()).filter(|first| !first.is_empty())
}

fn heading(line: &str) -> Option<&str> {
    line.trim().strip_prefix('#').map(|text| text.trim_start_matches('#').trim())
}

/// Whether a look-up names this, as whole words.
fn is_named(name: &str, what: &str) -> bool {
    let small = what.to_lowercase();
    let part = |c: char| c.is_alphanumeric();
    let mut places = small.match_indices(name).map(|(at, _)| (&small[..at], &small[at + name.len()..]));
    name.chars().filter(|c| c.is_alphabetic()).count() > 2
        && places.any(|(before, behind)| !before.ends_with(part) && !behind.starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Table;

    fn page(text: &str) -> (Chat, Vec<Passage>) {
        let mut chat = Chat::new("c");
        let passages = text.lines().enumerate().filter(|(_, text)| !text.starts_with('#'));
        let passages = passages.map(|(line, text)| Passage { n: 1, line, text: format!("Resorts: {text}") }).collect();
        chat.sources.push(Source { url: "u".into(), title: "Resorts".into(), text: text.to_owned() });
        (chat, passages)
    }

    fn kept(what: &str, text: &str) -> Vec<usize> {
        let (chat, passages) = page(text);
        let own = Own::of(what, &passages, &chat.sources);
        passages.iter().filter(|p| !own.excludes(p, &chat.sources)).map(|p| p.line).collect()
    }

    #[test]
    fn a_thing_has_its_row_and_its_section() {
        let sections = "# Resorts\nFour of them.\n## Ost\n52 km of pistes.\n## West\nWest has 71 km.\nMore than Ost.";
        assert_eq!(kept("pistes of Ost", sections), [3, 6]);
        assert_eq!(kept("pistes of Sund", sections), [1, 3, 5, 6]);
        let rows =
            "# Resorts\nName | High | Low\nOst | 33.1 | \nWest | 35.6 | -19.2\nThe thermometer at Ost was faulty.";
        assert_eq!(kept("lowest temperature at Ost", rows), [2, 4]);
        let seasons = "# Oil\nSeason | Oil (t)\n2021/22 | 1.432\n2022/23 | 978";
        assert_eq!(kept("oil of the season 2022/23", seasons), [1, 2, 3]);
    }

    #[test]
    fn a_row_and_a_year_are_one_cell() {
        let (mut chat, passages) =
            page("# Resorts\nName | 2021 (t) | 2022 (t)\nOst | 12.4 | 14.9\nWest | 9 | not told");
        let provenance = Provenance::Sourced { url: "u".into(), title: String::new(), quote: String::new() };
        let row = |texts: [&str; 3]| texts.map(|text| Cell::new(text, provenance.clone())).to_vec();
        let columns = ["Name", "2021 (t)", "2022 (t)"].map(str::to_owned).to_vec();
        let rows = vec![row(["Ost", "12.4", "14.9"]), row(["West", "9", "not told"])];
        chat.page_tables.push(Table { title: "Resorts".into(), columns, rows });
        let text = |what: &str| cell(what, &passages, &chat).map(|(text, _)| text);
        assert_eq!(text("output of Ost in 2022"), Some(Some("14.9".to_owned())));
        assert_eq!(text("output of West in 2022"), Some(None));
        assert_eq!(text("output of Ost"), None);
        assert_eq!(text("output of Ost in 2020"), None);
    }

    #[test]
    fn a_year_has_a_row() {
        let (mut chat, passages) =
            page("# Brewery Ost\nJahr | Ausstoß (hl) | Umsatz (Mio. €)\n2021 | 14.800 | 3,6\n2022 | 16.650 | 4,4");
        let provenance = Provenance::Sourced { url: "u".into(), title: String::new(), quote: String::new() };
        let row = |texts: [&str; 3]| texts.map(|text| Cell::new(text, provenance.clone())).to_vec();
        let columns = ["Jahr", "Ausstoß (hl)", "Umsatz (Mio. €)"].map(str::to_owned).to_vec();
        chat.page_tables.push(Table {
            title: "Ausstoß".into(),
            columns,
            rows: vec![row(["2021", "14.800", "3,6"]), row(["2022", "16.650", "4,4"])],
        });
        let text = |what: &str| of_year(what, &passages, &chat).map(|(text, _)| text);
        assert_eq!(text("Wie viele Hektoliter braute die Brauerei Ost im Jahr 2022").as_deref(), Some("16.650"));
        assert!(is_short_for("km", "kilómetros") && !is_short_for("m", "Menschen") && !is_short_for("hl", "Umsatz"));
        assert_eq!(text("Umsatz der Brauerei Ost 2021").as_deref(), Some("3,6"));
        assert_eq!(text("Wie viele Menschen arbeiteten 2022 in der Brauerei Ost"), None);
        assert_eq!(text("Ausstoß der Brauerei Ost 2020"), None);
    }

    #[test]
    fn a_cell_is_of_the_column_that_is_asked_for() {
        let (mut chat, passages) =
            page("# Resorts\nSeason | Olives (tonnes) | Oil (tonnes)\n2021/22 | 6,990 | 1,432\n2022/23 | 4,713 | 978");
        let provenance = Provenance::Sourced { url: "u".into(), title: String::new(), quote: String::new() };
        let row = |texts: [&str; 3]| texts.map(|text| Cell::new(text, provenance.clone())).to_vec();
        let columns = ["Season", "Olives (tonnes)", "Oil (tonnes)"].map(str::to_owned).to_vec();
        let rows = vec![row(["2021/22", "6,990", "1,432"]), row(["2022/23", "4,713", "978"])];
        chat.page_tables.push(Table { title: "Resorts".into(), columns, rows });
        let cell = |what: &str, text: &str| of_its_column(what, text, &passages[2], &chat);
        assert_eq!(cell("how many tonnes of oil in 2022/23", "4,713").as_deref(), Some("978"));
        assert_eq!(cell("how many tonnes of oil in 2022/23", "978"), None);
        assert_eq!(cell("how many tonnes in 2022/23", "4,713"), None);
    }

    #[test]
    fn a_value_is_of_the_clause_that_is_asked_for() {
        let line = "Sund goat: Height at the withers | billies 74 cm, nannies 66 cm";
        let clause = |what: &str, text: &str| of_its_clause(what, text, line);
        assert_eq!(clause("height of the nannies of the Sund goat", "74 cm").as_deref(), Some("66 cm"));
        assert_eq!(clause("height of the nannies of the Sund goat", "66 cm"), None);
        assert_eq!(clause("height of the Sund goat", "74 cm"), None);
        assert_eq!(of_its_clause("width of the mill", "3 m", "The mill is 3 m wide, and cost 4 million crowns."), None);
    }
}
