//! Tables of a printed page: rows of pieces that stand below each other in columns, with room between them.
//!
//! A printed table has no cells, only words at places. Lines that follow each other and have several pieces are looked
//! at together; where strips without a letter part all of them, these part the columns, and a place in a row where
//! nothing stands is an empty cell. Prose is too long for cells, and stays text.

use super::columns::{Run, lay_out};
use crate::wire::Piece;

/// Rows of a table, at least, and at most.
const LEAST_ROWS: usize = 3;
const MOST_ROWS: usize = 400;
const MOST_COLUMNS: usize = 24;
/// Letters of a cell on average, and of one.
const MEAN_CELL: usize = 28;
const LONGEST_CELL: usize = 120;
/// Lines of a page that a table is looked for at.
const MOST_TRIES: usize = 1000;
/// In sizes of letters: how far rows are apart, and the lines of one cell.
const FAR: f64 = 3.2;
const NEAR: f64 = 1.6;
/// A strip between columns is as wide (points).
const STRIP: f64 = 3.0;

/// The page's text and tables in their order; `None` for a page without a table.
pub fn read(runs: Vec<Run>) -> Option<Vec<Piece>> {
    let lines = lines(runs);
    let (mut pieces, mut text, mut found, mut next) = (Vec::new(), Vec::new(), false, 0);
    let mut tries = MOST_TRIES;
    while let Some(line) = lines.get(next) {
        tries = tries.saturating_sub(1);
        let begun = if tries > 0 { table(&lines[next..]) } else { None };
        match begun {
            Some((rows, taken)) => {
                flush(&mut text, &mut pieces);
                pieces.push(Piece::Table(rows));
                (found, next) = (true, next + taken);
            }
            None => {
                text.extend(line.iter().cloned());
                next += 1;
            }
        }
    }
    flush(&mut text, &mut pieces);
    found.then_some(pieces)
}

fn flush(text: &mut Vec<Run>, pieces: &mut Vec<Piece>) {
    let mut paragraphs = Vec::new();
    lay_out(std::mem::take(text), &mut paragraphs);
    pieces.extend(paragraphs.into_iter().map(Piece::Lines));
}

/// Lines from the top down, each from the left.
fn lines(mut runs: Vec<Run>) -> Vec<Vec<Run>> {
    runs.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut lines: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        match lines.last_mut() {
            Some(line) if run.y - line[0].y < 0.4 * line[0].size.max(run.size) => line.push(run),
            _ => lines.push(vec![run]),
        }
    }
    lines.iter_mut().for_each(|line| line.sort_by(|a, b| a.left.total_cmp(&b.left)));
    lines
}

/// The table that begins with the first of these lines, and how many of them it takes.
fn table(lines: &[Vec<Run>]) -> Option<(Vec<Vec<String>>, usize)> {
    let lines = &lines[..extent(lines)];
    if lines.iter().filter(|line| line.len() > 1).count() < LEAST_ROWS {
        return None;
    }
    let columns = columns(lines)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let cells = cells(line, &columns);
        let near = at > 0 && line[0].y - lines[at - 1][0].y < NEAR * line[0].size;
        let goes_on = cells[0].is_empty() && !cells.concat().chars().any(char::is_numeric);
        match rows.last_mut().filter(|_| near && goes_on) {
            Some(row) => row.iter_mut().zip(cells).for_each(|(cell, more)| add(cell, &more)),
            None => rows.push(cells),
        }
    }
    is_data(&rows).then_some((rows, lines.len()))
}

/// How many lines follow each other as rows do: of several pieces, or of one short one between such.
fn extent(lines: &[Vec<Run>]) -> usize {
    let mut end = 0;
    for (at, line) in lines.iter().enumerate().take(MOST_ROWS) {
        let far = at > 0 && line[0].y - lines[at - 1][0].y > FAR * line[0].size.max(lines[at - 1][0].size);
        let short = line.len() == 1 && line[0].text.chars().count() <= 2 * MEAN_CELL;
        if far || !(line.len() > 1 || short && at > 0) {
            break;
        }
        if line.len() > 1 {
            end = at + 1;
        }
    }
    end
}

/// Where the columns are, from left to right. A head that is wider than its column parts nothing.
fn columns(lines: &[Vec<Run>]) -> Option<Vec<(f64, f64)>> {
    let of = |lines: &[Vec<Run>]| {
        let several = lines.iter().filter(|line| line.len() > 1).flatten();
        let mut spans: Vec<(f64, f64)> = several.map(|run| (run.left, run.right)).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut columns: Vec<(f64, f64)> = Vec::new();
        for (left, right) in spans {
            match columns.last_mut() {
                Some(last) if left < last.1 + STRIP => last.1 = last.1.max(right),
                _ => columns.push((left, right)),
            }
        }
        columns
    };
    let (all, body) = (of(lines), of(&lines[1..]));
    let columns = if body.len() > all.len() { body } else { all };
    (2..=MOST_COLUMNS).contains(&columns.len()).then_some(columns)
}

/// A line's pieces in their columns: each in that which it covers most of, or which is nearest.
fn cells(line: &[Run], columns: &[(f64, f64)]) -> Vec<String> {
    let mut cells = vec![String::new(); columns.len()];
    for run in line {
        let shared = |(left, right): &(f64, f64)| run.right.min(*right) - run.left.max(*left);
        let best = (0..columns.len()).max_by(|a, b| shared(&columns[*a]).total_cmp(&shared(&columns[*b])));
        if let Some(cell) = best.and_then(|at| cells.get_mut(at)) {
            add(cell, run.text.trim());
        }
    }
    cells
}

fn add(cell: &mut String, more: &str) {
    if !cell.is_empty() && !more.is_empty() {
        cell.push(' ');
    }
    cell.push_str(more);
}

/// Short cells, behind the first column mostly figures, or of three columns and more mostly filled.
fn is_data(rows: &[Vec<String>]) -> bool {
    let lengths = || rows.iter().flatten().filter(|cell| !cell.is_empty()).map(|cell| cell.chars().count());
    let (filled, letters) = (lengths().count(), lengths().sum::<usize>());
    let behind = || rows.iter().flat_map(|row| &row[1..]);
    let figures = behind().filter(|cell| cell.chars().any(char::is_numeric)).count();
    let said = behind().filter(|cell| !cell.is_empty()).count();
    let width = rows.first().map_or(0, Vec::len);
    let fits = filled > 0 && letters <= MEAN_CELL * filled && lengths().all(|length| length <= LONGEST_CELL);
    // a mark before each item of a list is no column
    let marks = rows.iter().all(|row| row[0].chars().count() <= 3 && !row[0].chars().any(char::is_numeric));
    let words = width > 2 && filled * 10 >= rows.len() * width * 6;
    rows.len() >= LEAST_ROWS && fits && !(width == 2 && marks) && (figures * 5 >= said * 2 || words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(left: f64, y: f64, text: &str) -> Run {
        Run { left, right: left + 5.0 * text.chars().count() as f64, y, size: 10.0, text: text.into() }
    }

    /// Pieces at places, a line a slice.
    fn page(lines: &[&[(f64, &str)]]) -> Option<Vec<Piece>> {
        let line = |(at, pieces): (usize, &&[(f64, &str)])| {
            pieces.iter().map(move |(left, text)| run(*left, 12.0 * (at + 1) as f64, text)).collect::<Vec<_>>()
        };
        read(lines.iter().enumerate().flat_map(line).collect())
    }

    #[test]
    fn empty_cells_stay_empty_and_text_around_stays_text() {
        let pieces = page(&[
            &[(50.0, "The harbour's trade is shown in the table below, in tonnes, for three of its quays.")],
            &[(50.0, "Quay"), (150.0, "2019"), (220.0, "2020"), (290.0, "2021")],
            &[(50.0, "North"), (150.0, "1,204"), (290.0, "1,377")],
            &[(50.0, "South"), (220.0, "880"), (290.0, "912")],
            &[(50.0, "Old quay"), (150.0, "71")],
            &[(50.0, "Source: the harbour master's own count, which is made once in each year in May.")],
        ])
        .unwrap();
        let rows = [
            ["Quay", "2019", "2020", "2021"],
            ["North", "1,204", "", "1,377"],
            ["South", "", "880", "912"],
            ["Old quay", "71", "", ""],
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        assert_eq!(pieces.len(), 3, "{pieces:?}");
        assert_eq!(pieces[1], Piece::Table(rows));
        assert!(matches!(&pieces[0], Piece::Lines(lines) if lines[0].starts_with("The harbour's")));
    }

    #[test]
    fn heads_may_be_wider_than_their_columns_and_have_two_lines() {
        let pieces = page(&[
            &[(50.0, "Town"), (120.0, "Inhabitants"), (180.0, "Dwellings, all")],
            &[(120.0, "(thousands)")],
            &[(50.0, "Ostby"), (140.0, "12"), (220.0, "4,100")],
            &[(50.0, "Harrow"), (140.0, "31"), (220.0, "9,820")],
        ])
        .unwrap();
        let Piece::Table(rows) = &pieces[0] else { panic!("{pieces:?}") };
        assert_eq!(rows[0], ["Town", "Inhabitants (thousands)", "Dwellings, all"]);
        assert_eq!(rows[2], ["Harrow", "31", "9,820"]);
    }

    #[test]
    fn lists_and_prose_are_no_tables() {
        let item = "an item of the list that goes on for a while";
        assert_eq!(page(&[&[(50.0, "•"), (80.0, item)][..]; 5]), None);
        assert_eq!(page(&[&[(50.0, "1."), (80.0, item)][..]; 5]), None);
        assert_eq!(page(&[&[(50.0, "Ann"), (150.0, "Baker")], &[(50.0, "Cy"), (150.0, "Dee")]]), None);
        assert_eq!(page(&[&[(50.0, "One line of text, and hardly more than that.")][..]; 6]), None);
        assert_eq!(read(Vec::new()), None);
    }
}
