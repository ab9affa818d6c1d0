//! Tables of numbers that stand in the request itself.

use crate::evidence::clip;
use polymath_chat::{Cell, Provenance, Table};
use polymath_quantity::{Column, Figure, figures};
use polymath_tools::load::table_in;

/// What a table is called that was pasted into a request.
const PASTED: &str = "data of the request";
/// Characters of a pasted cell, at most: longer ones are prose with commas.
const CELL: usize = 60;

/// A table of what the user gave; `None` when it is none.
pub fn table(title: &str, columns: Vec<String>, rows: Vec<Vec<String>>) -> Option<Table> {
    let cell = |(i, text): (usize, &String)| {
        let (number, date) = Column::of(&columns[i]).read(text).values();
        Cell { number, date, ..Cell::new(text.as_str(), Provenance::Given) }
    };
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .filter(|r| r.len() == columns.len())
        .map(|row| row.iter().enumerate().map(cell).collect())
        .collect();
    (columns.len() > 1 && !rows.is_empty()).then(|| Table { title: title.to_owned(), columns, rows })
}

/// The longest block of lines of the request that has the form of a table: two lines at least, each with
/// as many separators, and numbers in all of them but the first.
pub fn pasted(request: &str) -> Option<Table> {
    let Some((_, block)) = block(request) else { return listed(request) };
    let mut table = table_in(&block.join("\n"), PASTED)?;
    table.rows.iter_mut().flatten().filter(|c| c.text.is_some()).for_each(|c| c.provenance = Provenance::Given.into());
    Some(table)
}

/// Lines of one number each from which on they are a column of values.
const LISTED: usize = 5;

/// The numbers of a request that stand in lines of their own, as a table of one column that is called by their unit.
fn listed(request: &str) -> Option<Table> {
    let lines = numbered(request)?;
    let cell = |line: &&str| {
        let number = line.parse().ok().or_else(|| figures(line).first()?.number);
        Cell { number, ..Cell::new(*line, Provenance::Given) }
    };
    // "In minutes", of all of them.
    let before = request.split(lines[0]).next().unwrap_or_default();
    let units = before.split_whitespace().collect::<Vec<_>>();
    let unit = units.windows(2).filter(|pair| ["in", "en"].contains(&pair[0])).find_map(|pair| {
        let word = pair[1].trim_matches(|c: char| !c.is_alphanumeric());
        figures(&format!("1 {word}")).first().is_some_and(|figure| figure.unit.is_some()).then(|| word.to_owned())
    });
    let columns = vec![unit.map_or_else(|| "Value".to_owned(), |unit| format!("Value ({unit})"))];
    let rows = lines.iter().map(|line| vec![cell(line)]).collect();
    Some(Table { title: PASTED.to_owned(), columns, rows })
}

/// The longest run of lines that are a number and nothing else; empty lines part nothing.
fn numbered(request: &str) -> Option<Vec<&str>> {
    let lines: Vec<&str> = request.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_number = |line: &&str| {
        let whole =
            |f: &Figure| f.number.is_some() && f.date.is_none() && f.span.start == 0 && f.span.end >= line.len();
        line.chars().all(|c| c.is_ascii_digit()) || matches!(figures(line).as_slice(), [one] if whole(one))
    };
    let runs = lines.chunk_by(|a, b| is_number(a) == is_number(b)).filter(|run| is_number(&run[0]));
    runs.max_by_key(|run| run.len()).filter(|run| run.len() >= LISTED).map(<[&str]>::to_vec)
}

/// What a request says beside the table, or the column of numbers, that it brings.
pub fn beside(request: &str) -> String {
    let found = block(request).map(|(_, block)| block).or_else(|| numbered(request));
    let Some(block) = found else { return request.to_owned() };
    let own = |line: &&str| !block.contains(&line.trim());
    request.lines().filter(own).collect::<Vec<_>>().join("\n")
}

/// The lines of a request that are a table, with the mark between their cells.
fn block(request: &str) -> Option<(char, Vec<&str>)> {
    let lines: Vec<&str> = request.lines().map(str::trim).collect();
    let blocks = ['\t', ';', '|', ','].into_iter().flat_map(|mark| {
        let width = move |line: &&str| line.matches(mark).count();
        lines
            .chunk_by(move |a, b| width(a) == width(b))
            .filter(move |block| width(&block[0]) > 0)
            .map(move |b| (mark, b))
    });
    let (mark, block) = blocks.filter(|(mark, block)| is_table(block, *mark)).max_by_key(|(_, block)| block.len())?;
    Some((mark, block.to_vec()))
}

fn is_table(block: &[&str], mark: char) -> bool {
    let number = |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit() || "-+$€£¥".contains(c));
    let row = |line: &&str| line.split(mark).any(|cell| number(cell.trim()));
    block.len() > 1
        && block.iter().all(|line| line.split(mark).all(|cell| cell.chars().count() <= CELL))
        && block[1..].iter().all(row)
}

/// What such a table is called: how the request begins, without the order to draw it.
pub fn title(request: &str) -> String {
    const ORDERS: &[&str] = &[
        "draw", "plot", "make", "show", "chart", "graph", "create", "give", "please", "can", "could", "zeichne",
        "zeichnet", "mach", "mache", "erstelle", "zeig", "zeige", "bitte", "dessine", "trace", "fais", "dibuja", "haz",
        "muestra",
    ];
    const OF: &[&str] =
        &[" of the ", " of my ", " of our ", " of ", " for ", " von ", " mit ", " de ", " con ", " avec "];
    let line = request.lines().next().unwrap_or_default().split(':').next().unwrap_or_default().trim();
    let ordered = line.split(' ').next().is_some_and(|first| ORDERS.contains(&first.to_lowercase().as_str()));
    // The first of them, and the longest that begins there.
    let of =
        OF.iter().filter_map(|of| Some((line.find(of)?, of.len()))).min_by_key(|(at, len)| (*at, usize::MAX - len));
    let rest = of.filter(|_| ordered).map_or(line, |(at, len)| &line[at + len..]);
    let mut letters = rest.chars();
    let big: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    clip(if ordered { &big } else { line }, 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shape(request: &str) -> Option<(Vec<String>, usize)> {
        pasted(request).map(|t| (t.columns.clone(), t.rows.len()))
    }

    #[test]
    fn a_title_is_no_order() {
        assert_eq!(title("Draw me bars of the coffees I drank: Monday 3, Tuesday 5"), "Coffees I drank");
        assert_eq!(title("plot this as a line: 3, 5"), "Plot this as a line");
        assert_eq!(title("our takings, kg: 3, 5"), "our takings, kg");
    }

    #[test]
    fn pasted_tables_are_taken_in() {
        let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let got = pasted("Sum this:\nday;kg\nMon;1,5\nTue;2,25\nThanks").unwrap();
        assert_eq!((got.columns, got.rows[1][1].number), (own(&["day", "kg"]), Some(2.25)));
        assert_eq!(shape("What is the sum?\na,1\nb,2\nc,3").unwrap().1, 3);
        assert_eq!(shape("Dear all, it is 5 o'clock,\nso let us go, please, now"), None);
        assert_eq!(shape("Plot 3, 5 and 8"), None);
        let times = "Waiting times, in minutes. How are they spread?\n\n4\n7\n\n12.5\n9\n2031";
        let got = pasted(times).unwrap();
        assert_eq!((got.columns, got.rows.len()), (own(&["Value (minutes)"]), 5));
        assert_eq!(got.rows[4][0].number, Some(2031.0));
        assert_eq!(beside(times).trim(), "Waiting times, in minutes. How are they spread?");
        assert_eq!(shape("Add these:\n4\n7\nthanks"), None);
    }
}
