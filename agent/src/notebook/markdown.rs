//! Tables that a model wrote into its answer, read back as typed tables: later turns and programs
//! find them like any other. Their cells carry what grounding found out about their figures.

use polymath_chat::{Cell, Figure, FigureStatus, Provenance, Source, Table};
use polymath_quantity::{Column, is_blank};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::sync::LazyLock;

static MARKER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\s*\[(\d{1,3})\]").ok());

/// The tables of an answer in GitHub-flavoured Markdown, in order. `figures` is what grounding says
/// of the answer's figures, `sources` the pages that `[n]` points to.
pub fn tables_of(answer: &str, figures: &[Figure], sources: &[Source]) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut heading = String::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let (mut in_cell, mut in_heading) = (false, false);
    for event in Parser::new_ext(answer, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => (in_heading, heading) = (true, String::new()),
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::Table(_)) => rows.clear(),
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                in_cell = true;
                rows.iter_mut().last().into_iter().for_each(|row| row.push(String::new()));
            }
            Event::End(TagEnd::TableCell) => in_cell = false,
            Event::End(TagEnd::Table) => tables.extend(typed(&heading, &rows, figures, sources)),
            Event::Text(text) | Event::Code(text) if in_cell => {
                rows.last_mut().and_then(|row| row.last_mut()).into_iter().for_each(|cell| cell.push_str(&text));
            }
            Event::Text(text) if in_heading => heading.push_str(&text),
            _ => {}
        }
    }
    tables
}

fn typed(title: &str, rows: &[Vec<String>], figures: &[Figure], sources: &[Source]) -> Option<Table> {
    let (head, body) = rows.split_first()?;
    let bare = |text: &str| MARKER.as_ref().map_or(text.to_owned(), |m| m.replace_all(text, "").into_owned());
    let columns: Vec<String> = head.iter().map(|c| bare(c).trim().to_owned()).collect();
    let read: Vec<Column> = columns.iter().map(|column| Column::of(column)).collect();
    let cell = |(i, text): (usize, &String)| {
        let shown = bare(text).trim().to_owned();
        if is_blank(&shown) {
            return Cell::missing();
        }
        let (number, date) = read[i].read(&shown).values();
        Cell { number, date, ..Cell::new(&shown, provenance(text, &shown, figures, sources)) }
    };
    let rows: Vec<Vec<Cell>> =
        body.iter().map(|row| row.iter().take(columns.len()).enumerate().map(cell).collect()).collect();
    (columns.len() > 1 && !rows.is_empty()).then(|| Table { title: title.to_owned(), columns, rows })
}

/// What is known of a cell: the page that it cites, if that page says so; else what grounding found.
fn provenance(text: &str, shown: &str, figures: &[Figure], sources: &[Source]) -> Provenance {
    let cited = MARKER.as_ref().and_then(|m| m.captures(text)).and_then(|c| c[1].parse::<usize>().ok());
    let source = cited.and_then(|n| sources.get(n.checked_sub(1)?));
    let sourced = |source: &Source, line: &str| Provenance::Sourced {
        url: source.url.clone(),
        title: source.title.clone(),
        quote: line.trim().to_owned(),
    };
    if let Some((source, line)) = source.and_then(|s| Some((s, s.text.lines().find(|l| l.contains(shown))?))) {
        return sourced(source, line);
    }
    let known = figures.iter().find(|f| shown.contains(f.text.as_str()));
    let how = || known.map_or(String::new(), |f| f.evidence.clone());
    match known.map(|f| f.status) {
        Some(FigureStatus::Sourced) => {
            let said = |s: &&Source| s.text.lines().any(|l| how().contains(l.trim()) && !l.trim().is_empty());
            source.or_else(|| sources.iter().find(said)).map_or(Provenance::Unverified, |s| sourced(s, &how()))
        }
        Some(FigureStatus::Computed) => Provenance::Computed { how: how() },
        Some(FigureStatus::Imputed) => Provenance::Imputed { how: how() },
        Some(FigureStatus::Extrapolated) => Provenance::Extrapolated { how: how() },
        Some(FigureStatus::Given) => Provenance::Given,
        Some(FigureStatus::Unverified) | None => Provenance::Unverified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_table_is_typed_and_knows_what_is_known_of_it() {
        let source =
            Source { url: "http://a".into(), title: "A".into(), text: "Ost is 5 km long.\nWest: opened 1931".into() };
        let figure = |text: &str, status| Figure { text: text.into(), status, evidence: "9 - 2".into() };
        let figures = [figure("7 km", FigureStatus::Computed), figure("99 km", FigureStatus::Unverified)];
        let answer = "## Tunnels\n\n| Name | Length |\n|---|---|\n| Ost [1] | 5 km [1] |\n| West | 7 km |\n| Süd | 99 km |\n| Nord | n/a |\n";
        let tables = tables_of(answer, &figures, &[source]);
        let [table] = tables.as_slice() else { panic!("{tables:?}") };
        assert_eq!((table.title.as_str(), table.columns.join(",").as_str()), ("Tunnels", "Name,Length"));
        let column: Vec<&Provenance> = table.rows.iter().map(|row| &*row[1].provenance).collect();
        assert!(matches!(column[0], Provenance::Sourced { quote, .. } if quote == "Ost is 5 km long."), "{column:?}");
        assert!(matches!(column[1], Provenance::Computed { how } if how == "9 - 2"), "{column:?}");
        assert_eq!(column[2..], [&Provenance::Unverified, &Provenance::Missing]);
        assert_eq!(table.rows[0][0].display(), "Ost");
    }
}
