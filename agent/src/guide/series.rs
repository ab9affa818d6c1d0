//! Values by years that a sentence lists: "9.5 GWh in 2018, 11 GWh in 2019 and 12 GWh in 2020". A small
//! model takes the value beside the one that is meant; which belongs to which year can be read off.

use super::state::with_unit;
use polymath_chat::{Cell, Provenance, Source, Table};
use polymath_quantity::{Column, Figure, figures, text::sentences};
use polymath_tools::browser::number_style;

/// Points of a series, at least, that is a table.
const TABLE: usize = 3;

/// What a sentence lists.
#[derive(Debug, PartialEq)]
pub struct Series<'a> {
    /// What stands before its first figure.
    pub head: &'a str,
    pub points: Vec<Point<'a>>,
}

/// A year and its value, as they stand in a piece of the sentence.
#[derive(Debug, PartialEq)]
pub struct Point<'a> {
    pub year: String,
    pub value: &'a str,
    pub clause: &'a str,
}

/// The longest run of clauses that each have one year and one other figure; `None` where there are not two.
pub fn series(sentence: &str) -> Option<Series<'_>> {
    if sentence.contains(" | ") {
        return None;
    }
    let mut best: Vec<Point<'_>> = Vec::new();
    let mut run: Vec<Point<'_>> = Vec::new();
    for clause in clauses(sentence) {
        match point(clause) {
            Some(point) if run.iter().all(|p| p.year != point.year) => run.push(point),
            other => run = other.into_iter().collect(),
        }
        if run.len() > best.len() {
            best = std::mem::take(&mut run);
            run = best.iter().map(|p| Point { year: p.year.clone(), ..*p }).collect();
        }
    }
    if best.len() < 2 {
        return None;
    }
    let first = best[0].clause.as_ptr() as usize - sentence.as_ptr() as usize;
    let figure = figures(best[0].clause).first().map_or(0, |f| f.span.start);
    let head = sentence[..first + figure].rsplit(['.', '!', '?']).next().unwrap_or_default();
    Some(Series { head: head.trim_matches(|c: char| !c.is_alphanumeric()), points: best })
}

/// The series of a page as tables of years and values.
pub fn tables(source: &Source) -> Vec<Table> {
    let mut found = lists(source);
    for line in source.text.lines().filter(|line| !line.contains(" | ")) {
        for sentence in sentences(line) {
            let Some(series) = series(sentence).filter(|s| s.points.len() >= TABLE && !s.head.is_empty()) else {
                continue;
            };
            let rows = series.points.iter().map(|p| row(source, series.head, &p.year, p.value, sentence)).collect();
            found.push(table(source, series.head, rows));
        }
    }
    found
}

fn table(source: &Source, head: &str, rows: Vec<Vec<Cell>>) -> Table {
    Table { title: source.title.clone(), columns: vec!["Year".to_owned(), head.to_owned()], rows }
}

fn row(source: &Source, head: &str, year: &str, value: &str, quote: &str) -> Vec<Cell> {
    let (url, title, quote) = (source.url.clone(), source.title.clone(), quote.trim().to_owned());
    let provenance = Provenance::Sourced { url, title, quote };
    let style = number_style(&source.text);
    let cell = |column: &str, text: &str| {
        let (number, date) = Column::of(column).in_style(style).read(text).values();
        Cell { number, date, ..Cell::new(text, provenance.clone()) }
    };
    vec![cell("Year", year), cell(head, value)]
}

/// Lists of years and values, an item a line (`- 2018: 612,400`), as tables under their heading.
fn lists(source: &Source) -> Vec<Table> {
    let mut found = Vec::new();
    let mut head = source.title.as_str();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for line in source.text.lines().map(str::trim).chain([""]) {
        if let Some((year, value)) = item(line) {
            rows.push(row(source, head, year, value, line));
            continue;
        }
        let own = std::mem::take(&mut rows);
        if own.len() >= TABLE {
            found.push(table(source, head, own));
        }
        if line.starts_with('#') {
            head = line.trim_start_matches('#').trim();
        }
    }
    found
}

/// The year and the value of a list's item that has nothing else.
fn item(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(['-', '*', '•', ' ']);
    let (year, value) = line.split_once([':', '：']).or_else(|| line.split_once(" – "))?;
    let is_year = year.len() == 4 && is_year_alone(year);
    let value = value.trim();
    let only = matches!(figures(value).as_slice(), [only] if only.number.is_some() && with_unit(only, value) == value);
    (is_year && only).then_some((year, value))
}

/// Pieces between commas, semicolons and words for "and", in several languages.
fn clauses(sentence: &str) -> Vec<&str> {
    const AND: [&str; 6] = [" and ", " und ", " et ", " y ", ", ", "; "];
    let mut pieces = vec![sentence];
    for mark in AND {
        pieces = pieces.into_iter().flat_map(|piece| piece.split(mark)).collect();
    }
    let pieces = pieces.into_iter().flat_map(|piece| piece.split(['，', '；', '、'])).filter(|p| !p.trim().is_empty());
    let mut whole: Vec<&str> = Vec::new();
    let mut year: Option<&str> = None;
    for piece in pieces {
        // "In 2019, 400 came": the comma behind a year alone ends nothing.
        let joined = year.take().filter(|_| has_one(piece)).and_then(|year| between(sentence, year, piece));
        if let Some(joined) = joined {
            whole.pop();
            whole.push(joined);
            continue;
        }
        year = Some(piece).filter(|p| is_year_alone(p));
        whole.push(piece);
    }
    whole
}

/// Whether a piece has a year and no other figure.
fn is_year_alone(piece: &str) -> bool {
    matches!(figures(piece).as_slice(), [only] if only.date.as_ref().is_some_and(|d| d.is_year()))
}

/// Whether a piece has a number, and no year.
fn has_one(piece: &str) -> bool {
    matches!(figures(piece).as_slice(), [only] if only.number.is_some() && only.date.is_none())
}

/// From the beginning of one piece of a text to the end of another.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let place = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
    text.get(place(from)..place(to) + to.len())
}

fn point(clause: &str) -> Option<Point<'_>> {
    let all = figures(clause);
    let is_year = |f: &&Figure| f.date.as_ref().is_some_and(|d| d.is_year());
    let (years, others): (Vec<&Figure>, Vec<&Figure>) = all.iter().partition(is_year);
    let ([year], [value]) = (years.as_slice(), others.as_slice()) else { return None };
    let measured = value.number.is_some() && value.date.is_none();
    measured.then(|| Point {
        year: year.date.map(|d| d.to_string()).unwrap_or_default(),
        value: with_unit(value, clause),
        clause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, head: &str, want: &[(&str, &str)]) {
        let Some(series) = series(sentence) else { panic!("{sentence}: none") };
        let got: Vec<(&str, &str)> = series.points.iter().map(|p| (p.year.as_str(), p.value)).collect();
        assert_eq!((series.head, got.as_slice()), (head, want));
    }

    #[test]
    fn values_belong_to_their_years() {
        check(
            "The output by year: 60.3 GWh in 2018, 1,092.5 GWh in 2019 and 63 GWh in 2020.",
            "The output by year",
            &[("2018", "60.3 GWh"), ("2019", "1,092.5 GWh"), ("2020", "63 GWh")],
        );
        check(
            "In 2018 it had 49,100 visitors, in 2019 90,600.",
            "In",
            &[("2018", "49,100 visitors"), ("2019", "90,600")],
        );
        check(
            "In 2019, 12,400 people came, in 2020 only 3,100, and in 2021 8,900.",
            "In",
            &[("2019", "12,400 people"), ("2020", "3,100"), ("2021", "8,900")],
        );
        check("2018 waren es 7.480 Hektoliter, 2019 9.120 Hektoliter.", "", &[("2018", "7.480"), ("2019", "9.120")]);
        check("访客人数：2018年4.9万人，2019年5.1万人。", "访客人数", &[("2018", "4.9万人"), ("2019", "5.1万人")]);
    }

    #[test]
    fn a_list_of_years_is_a_table() {
        let text =
            "# Guests of the Chib Inn\nBy year:\n- 2018: 1,240\n- 2019: 1,320\n- 2020: 410\nDogs apart (2020: 12).";
        let source = Source { url: "u".into(), title: "Chib".into(), text: text.into() };
        let tables = tables(&source);
        let [table] = tables.as_slice() else { panic!("{tables:?}") };
        assert_eq!(table.columns, ["Year", "Guests of the Chib Inn"]);
        let cells: Vec<&str> = table.rows.iter().flatten().map(Cell::display).collect();
        assert_eq!(cells, ["2018", "1,240", "2019", "1,320", "2020", "410"]);
    }

    #[test]
    fn other_sentences_are_no_series() {
        assert_eq!(series("It opened in 1918 and has 45 rooms on 3 floors."), None);
        assert_eq!(series("2018 | 45 MW, 2019 | 46 MW"), None);
        assert_eq!(series("In 1990 it was sold for 5 crowns."), None);
    }
}
