//! Puts rows from several pages together: the same thing is one row, the first page's word stands.

use super::shape::Row;
use polymath_chat::{Cell, Provenance};
use polymath_quantity::{Unit, figures};
use std::collections::HashSet;

/// Adds `new` rows to `rows`; a row that is there already only fills its empty cells.
pub fn merge(rows: &mut Vec<Row>, new: Vec<Row>) {
    // Rows of one page are different things, however alike they look.
    let before = rows.len();
    for row in new {
        if row.first().is_none_or(|c| c.text.is_none()) {
            continue;
        }
        match rows[..before].iter_mut().find(|known| is_same(known, &row)) {
            Some(known) => {
                for (mine, theirs) in known.iter_mut().zip(row) {
                    if mine.text.is_none() {
                        *mine = theirs;
                    }
                }
            }
            None => rows.push(row),
        }
    }
}

/// Takes out values in another unit than all others of their column, where the lines of other rows have a figure in
/// that unit too: how far a light is seen, of the one whose height nobody knows.
pub fn without_other_units(rows: &mut [Row]) {
    const OTHERS: usize = 3;
    let unit = |text: &str| figures(text).into_iter().next().and_then(|f| f.unit).map(|unit| unit.name.to_string());
    for i in 1..rows.first().map_or(0, Vec::len) {
        let units: Vec<Option<String>> = rows.iter().map(|row| unit(row[i].display())).collect();
        for at in 0..rows.len() {
            let Some(own) = &units[at] else { continue };
            let others: Vec<(usize, &String)> = units
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != at)
                .filter_map(|(j, u)| Some((j, u.as_ref()?)))
                .collect();
            let alike = others.len() >= OTHERS && others.iter().all(|(_, u)| u == &others[0].1 && *u != own);
            let has_it =
                |line: &str| figures(line).iter().any(|f| f.unit.as_ref().is_some_and(|u| u.name == own.as_str()));
            let told = |j: &usize| match &*rows[*j][i].provenance {
                Provenance::Sourced { quote, .. } => has_it(quote),
                _ => false,
            };
            if alike && others.iter().filter(|(j, _)| told(j)).count() * 2 >= others.len() {
                rows[at][i] = Cell::missing();
            }
        }
    }
}

/// Numbers of a column in the unit that most of its cells have, where some are told in another: 1,400 for `1.4 km` among
/// metres. What cells say stays as it is written.
pub fn in_one_unit(rows: &mut [Row]) {
    let unit = |cell: &Cell| figures(cell.display()).into_iter().next().and_then(|f| f.unit);
    for i in 1..rows.first().map_or(0, Vec::len) {
        let units: Vec<Unit> = rows.iter().filter_map(|row| unit(&row[i])).collect();
        let often = |own: &Unit| units.iter().filter(|other| other.name == own.name).count();
        let Some(most) = units.iter().rev().max_by_key(|own| often(own)).map(|unit| unit.name.to_string()) else {
            continue;
        };
        for row in rows.iter_mut() {
            let (Some(own), Some(number)) = (unit(&row[i]), row[i].number) else { continue };
            if own.name == most {
                continue;
            }
            let told = polymath_tools::calculate(&format!("{number} {} in {most}", own.name)).ok();
            let there = told.and_then(|text| figures(text.trim_start_matches("approx. ")).into_iter().next());
            if let Some(number) = there.and_then(|figure| figure.number) {
                row[i].number = Some(number);
            }
        }
    }
}

/// The same name, or two equal figures or dates and none that differ.
fn is_same(a: &Row, b: &Row) -> bool {
    let name = |row: &Row| row.first().and_then(|c| c.text.as_deref()).map(words);
    if let (Some(x), Some(y)) = (name(a), name(b))
        && !x.is_empty()
        && !y.is_empty()
        && (x.is_subset(&y) || y.is_subset(&x))
    {
        return true;
    }
    let pairs: Vec<bool> = a.iter().zip(b).skip(1).filter_map(|(x, y)| equal(x, y)).collect();
    pairs.len() > 1 && pairs.iter().all(|same| *same)
}

/// The words of a name, short ones included: the "A" of "Series A" is what matters.
fn words(name: &str) -> HashSet<String> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Whether two cells hold the same value; `None` when they can't be compared.
fn equal(a: &Cell, b: &Cell) -> Option<bool> {
    match ((a.number, b.number), (&a.date, &b.date)) {
        ((Some(x), Some(y)), _) => Some((x - y).abs() <= 1e-9 * x.abs()),
        (_, (Some(x), Some(y))) => Some(x.starts_with(y.as_str()) || y.starts_with(x.as_str())),
        _ => None,
    }
}

/// By the first column of dates, where there is one; otherwise as found.
pub fn sort(rows: &mut [Row]) {
    let dated = |at: &usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(*at)).filter(|c| c.text.is_some()).peekable();
        cells.peek().is_some() && cells.all(|c| c.date.is_some())
    };
    let width = rows.first().map_or(0, Vec::len);
    if let Some(at) = (0..width).find(dated) {
        rows.sort_by_key(|row| row[at].date.clone().unwrap_or_else(|| "9999".into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, date: &str, number: Option<f64>) -> Row {
        let given = |t: &str| Cell::new(t, Provenance::Given);
        let amount = number.map_or(Cell::missing(), |n| Cell { number: Some(n), ..given(&n.to_string()) });
        vec![given(name), Cell { date: Some(date.into()), ..given(date) }, amount]
    }

    #[test]
    fn what_nobody_knows_is_no_other_measure() {
        let row = |name: &str, height: &str, line: &str| -> Row {
            let sourced = |text: &str| {
                let (url, title) = (String::new(), String::new());
                Cell::new(text, Provenance::Sourced { url, title, quote: line.to_owned() })
            };
            vec![sourced(name), sourced(height)]
        };
        let mut rows = vec![
            row("Ost", "38 m", "Ost: tower of 38 m; seen for 22 nautical miles"),
            row("West", "24 m", "West: tower of 24 m; seen for 17 nautical miles"),
            row("Nord", "41 m", "Nord: tower of 41 m; seen for 20 nautical miles"),
            row("Sund", "6 nautical miles", "Sund: height not known; seen for 6 nautical miles"),
        ];
        without_other_units(&mut rows);
        assert_eq!(rows.iter().map(|row| row[1].display()).collect::<Vec<_>>(), ["38 m", "24 m", "41 m", "n/a"]);
    }

    #[test]
    fn numbers_of_a_column_have_one_unit() {
        let length = |text: &str, number: f64| Cell { number: Some(number), ..Cell::new(text, Provenance::Given) };
        let name = || Cell::new("x", Provenance::Given);
        let mut rows = vec![
            vec![name(), length("1.4 km", 1.4)],
            vec![name(), length("4,915 m", 4915.0)],
            vec![name(), length("7842 m", 7842.0)],
            vec![name(), length("12 people", 12.0)],
        ];
        in_one_unit(&mut rows);
        assert_eq!(rows.iter().filter_map(|row| row[1].number).collect::<Vec<_>>(), [1400.0, 4915.0, 7842.0, 12.0]);
        assert_eq!(rows[0][1].display(), "1.4 km");
    }

    #[test]
    fn same_rows_fill_each_other() {
        let mut rows = vec![row("Series A", "2017-07", None), row("Series B", "2018", Some(5.0))];
        merge(
            &mut rows,
            vec![
                row("Series A round", "2017", Some(4.5)),
                row("B轮", "2018-08", Some(5.0)),
                row("Series C", "2019", Some(9.0)),
            ],
        );
        let got: Vec<(&str, Option<f64>)> = rows.iter().map(|r| (r[0].display(), r[2].number)).collect();
        assert_eq!(got, [("Series A", Some(4.5)), ("Series B", Some(5.0)), ("Series C", Some(9.0))]);
    }
}
