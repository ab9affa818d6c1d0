//! Puts rows from several pages together: the same thing is one row, the first page's word stands.

use super::shape::Row;
use polymath_chat::Cell;
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
    use polymath_chat::Provenance;

    fn row(name: &str, date: &str, number: Option<f64>) -> Row {
        let given = |t: &str| Cell::new(t, Provenance::Given);
        let amount = number.map_or(Cell::missing(), |n| Cell { number: Some(n), ..given(&n.to_string()) });
        vec![given(name), Cell { date: Some(date.into()), ..given(date) }, amount]
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
