//! Units of what a query works out: the sum of lengths is a length, and where another unit is asked for, it is told in
//! that one.

use super::clause::{bare, clause, pieces};
use crate::guide::calc;
use crate::notebook::unit_of_column;
use polymath_chat::{Cell, Provenance, Table};
use polymath_quantity::{Unit, UnitKind, figures, human, short};

/// Functions whose value has the unit of their column.
const KEEPING: [&str; 6] = ["SUM", "AVG", "MIN", "MAX", "MEDIAN", "TOTAL"];

/// The unit of what a query works out.
struct Worked {
    name: String,
    /// What its numbers are multiplied by to be in it.
    factor: f64,
    /// Whether it is told in every row: it is no column's.
    own: bool,
}

/// A result with the units of the columns that it was worked out of, in the unit that is asked for; of several rows only
/// what has to be told in another unit than its column's.
pub fn with_units(query: &str, mut result: Table, tables: &[Table], asked: &str) -> Table {
    let Some(list) = clause(query, "SELECT ") else { return result };
    let items = pieces(&query[list]);
    let goal = calc::asked_unit(asked);
    // All columns of a table, and more.
    let all = |item: &str| item == "*" || item.ends_with(".*");
    let rest = (result.columns.len() + 1)
        .checked_sub(items.len())
        .filter(|_| items.iter().filter(|item| all(item)).count() == 1);
    if items.len() != result.columns.len() && rest.is_none() {
        return result;
    }
    let mut units: Vec<Option<Worked>> = Vec::new();
    for item in &items {
        match rest.filter(|_| all(item)) {
            Some(rest) => units.extend((0..rest).map(|_| None)),
            None => units.push(unit_of(item, tables)),
        }
    }
    let single = result.rows.len() == 1;
    for row in &mut result.rows {
        for (unit, cell) in units.iter().zip(row) {
            let (Some(number), Some(unit), Provenance::Computed { .. }) = (cell.number, unit, &*cell.provenance) else {
                continue;
            };
            let number = number * unit.factor;
            let own = format!("{number} {}", unit.name);
            let wanted = goal.as_ref().and_then(|goal| in_unit(&own, goal));
            let Some((number, unit)) = wanted.or_else(|| (single || unit.own).then(|| (number, unit.name.clone())))
            else {
                continue;
            };
            *cell =
                Cell { number: Some(number), text: Some(format!("{} {unit}", written(number)).into()), ..cell.clone() };
        }
    }
    result
}

/// A number as people write it: with three digits behind the point where these are all it has.
fn written(number: f64) -> String {
    let rounded = (number * 1e3).round() / 1e3;
    if (number - rounded).abs() < 1e-9 * number.abs() { human(rounded) } else { short(number) }
}

/// The unit of measure that a selected value has from the one column, or the quotient, that it is worked out of.
fn unit_of(item: &str, tables: &[Table]) -> Option<Worked> {
    let item = item.split(" AS ").next()?.trim();
    let item = item
        .strip_prefix("ROUND(")
        .and_then(|rest| rest.strip_suffix(')'))
        .map_or(item, |inner| pieces(inner).first().copied().unwrap_or(inner));
    if let Some((over, under)) = item.split_once(" / ") {
        return quotient(&of_column(over, tables)?, &of_column(under, tables)?);
    }
    let (function, column) = item.strip_suffix(')')?.split_once('(')?;
    let keeps = KEEPING.contains(&function.trim().to_uppercase().as_str());
    let unit = keeps.then(|| of_column(column, tables)).flatten().filter(|unit| unit.kind == UnitKind::Measure)?;
    Some(Worked { name: unit.name.to_string(), factor: 1.0, own: false })
}

/// The unit of a column that stands there alone.
fn of_column(column: &str, tables: &[Table]) -> Option<Unit> {
    let column = column.trim();
    if column.contains(['(', '*', '/', '+', ' ']) && !(column.starts_with('"') && column.matches('"').count() == 2) {
        return None;
    }
    let column = bare(column);
    let place = |table: &Table| table.columns.iter().position(|own| own.eq_ignore_ascii_case(column));
    let (table, at) = tables.iter().rev().find_map(|table| Some((table, place(table)?)))?;
    unit_of_column(table, at)
}

/// The unit of a volume by an area, which is a length; `None` where the units of the two make no third one.
fn quotient(over: &Unit, under: &Unit) -> Option<Worked> {
    let text = polymath_tools::calculate(&format!("1 {} / 1 {}", over.name, under.name)).ok()?;
    let figure = figures(text.trim_start_matches("approx. ")).into_iter().next()?;
    let unit = figure.unit.filter(|unit| unit.kind == UnitKind::Measure)?;
    // Tons a hectare are told by the column's name.
    let whole = text.ends_with(&*unit.name) && !text.contains('/');
    whole.then_some(Worked { name: unit.name.to_string(), factor: figure.number?, own: true })
}

/// A value in another unit; `None` where it cannot be told in it.
fn in_unit(value: &str, goal: &str) -> Option<(f64, String)> {
    let text = polymath_tools::calculate(&format!("{value} in {goal}")).ok()?;
    let figure = figures(text.trim_start_matches("approx. ")).into_iter().next()?;
    Some((figure.number?, goal.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, number: f64) -> Cell {
        Cell { number: Some(number), ..Cell::new(text, Provenance::Given) }
    }

    #[track_caller]
    fn check(query: &str, asked: &str, want: &str) {
        let caves = Table {
            title: "caves".into(),
            columns: vec!["Name".into(), "Length".into(), "Mass (kg)".into()],
            rows: [("A", "4,915 m", 4915.0, 4.0), ("B", "12,360 m", 12360.0, 2.5)]
                .map(|(name, text, number, mass)| {
                    vec![Cell::new(name, Provenance::Given), cell(text, number), cell(&mass.to_string(), mass)]
                })
                .into(),
        };
        let computed = Provenance::Computed { how: String::new() };
        let number = if query.contains("Mass") { 6.5 } else { 17275.0 };
        let result = Table {
            title: String::new(),
            columns: vec!["Total".into()],
            rows: vec![vec![Cell { number: Some(number), ..Cell::new(number.to_string(), computed) }]],
        };
        let told = with_units(query, result, &[caves], asked);
        assert_eq!(told.rows[0][0].display(), want, "{query}; {asked}");
    }

    #[test]
    fn a_sum_has_its_column_s_unit() {
        let sum = "SELECT SUM(Length) AS Total FROM t1";
        check(sum, "what do they add up to?", "17,275 m");
        check(sum, "what do they add up to, in kilometres?", "17.275 kilometres");
        check("SELECT ROUND(AVG(\"Length\"), 2) FROM t1", "the mean?", "17,275 m");
        check("SELECT SUM(\"Mass (kg)\") FROM t1", "the total mass?", "6.5 kg");
        // What is worked out further is no length any more, or one in another unit.
        check("SELECT SUM(Length * 0.001) AS Total FROM t1", "in kilometres?", "17275");
        check("SELECT COUNT(*) FROM t1", "how many?", "17275");
    }

    #[test]
    fn a_volume_by_an_area_is_a_length() {
        let row = |name: &str, volume: (&str, f64), area: (&str, f64)| {
            vec![Cell::new(name, Provenance::Given), cell(volume.0, volume.1), cell(area.0, area.1)]
        };
        let lakes = Table {
            title: "lakes".into(),
            columns: vec!["Name".into(), "Volume".into(), "Surface area".into()],
            rows: vec![
                row("Orla", ("612 million m³", 612e6), ("18.4 km²", 18.4)),
                row("Penn", ("438 million m³", 438e6), ("23.7 km²", 23.7)),
            ],
        };
        let mut result = lakes.clone();
        result.columns.push("Depth".into());
        for (row, depth) in result.rows.iter_mut().zip([612e6 / 18.4, 438e6 / 23.7]) {
            let computed = Provenance::Computed { how: String::new() };
            row.push(Cell { number: Some(depth), ..Cell::new(depth.to_string(), computed) });
        }
        let query = "SELECT *, ROUND(\"Volume\" / \"Surface area\", 2) AS Depth FROM t1";
        let told = with_units(query, result, &[lakes], "the mean depth of each?");
        assert_eq!(told.rows[0][3].display(), "33.26 m");
        assert_eq!(told.rows[1][1].display(), "438 million m³");
    }

    #[test]
    fn sums_by_groups_are_told_in_the_unit_that_is_asked_for() {
        let rows = vec![vec![Cell::new("Ost", Provenance::Given), cell("3.5", 3.5)]];
        let columns = vec!["depot".into(), "weight_lb".into()];
        let parcels = Table { title: "parcels.csv".into(), columns, rows };
        let computed =
            |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), Provenance::Computed { how: String::new() }) };
        let result = Table {
            title: String::new(),
            columns: vec!["depot".into(), "Total".into()],
            rows: [("Ost", 100.0), ("Vell", 10.0)]
                .map(|(name, n)| vec![Cell::new(name, Provenance::Given), computed(n)])
                .into(),
        };
        let query = "SELECT \"depot\", SUM(\"weight_lb\") AS Total FROM t1 GROUP BY \"depot\"";
        let told =
            |asked: &str| with_units(query, result.clone(), std::slice::from_ref(&parcels), asked).rows[0][1].clone();
        assert_eq!(told("total weight per depot, in kg not pounds").display(), "45.36 kg");
        assert_eq!(told("total weight per depot").display(), "100");
    }
}
