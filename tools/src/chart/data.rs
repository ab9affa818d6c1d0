//! A table's rows as points: what is across, to which series they belong, and what had to be left out.

use super::columns::{labelled, place};
use super::request::start_of;
use super::ticks::{date, number};
use polymath_chat::{Cell, Chart, Provenance, Table};
use std::collections::{HashMap, HashSet};

/// Bars that are drawn at most, points of lines likewise.
const MOST_NAMES: usize = 400;
const MOST_POINTS: usize = 50_000;
/// Lines, or groups of bars, that can be told apart.
const MOST_SERIES: usize = 12;
/// Share of a column's cells that have to be dates, or numbers, for the axis to be one.
const MOST_CELLS: f64 = 0.75;

/// What goes across.
#[derive(Debug, Clone, PartialEq)]
pub enum Across {
    Numbers,
    /// Days; `years`: those of the data, which are nothing but years.
    Dates {
        years: Option<Vec<f64>>,
    },
    /// Places of these names.
    Names(Vec<String>),
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// A number, a day, or the place of a name.
    pub x: f64,
    pub y: f64,
    /// Imputed or extrapolated: nobody has said so.
    pub estimated: bool,
}

/// Rows that belong together; one without a name where there is one only.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    pub points: Vec<Point>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    pub across: Across,
    pub series: Vec<Series>,
    /// What the axes say.
    pub labels: (String, String),
    /// Rows that could not be drawn, by why.
    pub dropped: Vec<(usize, String)>,
}

impl Data {
    /// The rows of a settled chart's table. The error says why nothing can be drawn of them.
    pub fn of(chart: &Chart, table: &Table) -> Result<Data, String> {
        let at = |name: &str| place(table, name);
        let (x, series) = (at(&chart.x), chart.series.as_deref().and_then(at));
        let y = at(&chart.y).ok_or_else(|| format!("there is no column `{}`", chart.y))?;
        let (up, factor) = labelled(table, &chart.y);
        let (x_label, x_factor) = labelled(table, &chart.x);
        let scale = scale_of(chart, table, x);
        let mut rows: Vec<Row> = Vec::new();
        let mut lost = Lost::default();
        for row in &table.rows {
            let Some(value) = row[y].number.filter(|n| n.is_finite()) else {
                lost.count(&format!("without a number in {}", chart.y));
                continue;
            };
            if chart.log && value <= 0.0 {
                lost.count("not above zero, which a logarithmic axis cannot show");
                continue;
            }
            let Some((place, name)) = scale.place(x.map(|x| &row[x]), x_factor) else {
                lost.count(&format!("without {} in {}", scale.what(), chart.x));
                continue;
            };
            let estimated = matches!(row[y].provenance, Provenance::Imputed { .. } | Provenance::Extrapolated { .. });
            let series = series.map_or("", |s| row[s].display());
            rows.push(Row { name, series: series.to_owned(), point: Point { x: place, y: value * factor, estimated } });
        }
        if rows.is_empty() {
            return Err(format!("{} has no row that can be drawn: {}", chart.table, lost.told()));
        }
        let across = scale.across(&rows);
        if !matches!(scale, Scale::Names) {
            rows.sort_by(|a, b| a.point.x.total_cmp(&b.point.x));
        }
        let named = matches!(across, Across::Names(_));
        let (across, series) = match named {
            true => group(chart, rows)?,
            false => (across, split(rows)),
        };
        let data = Data { across, series, labels: (x_label, up), dropped: lost.0 };
        data.check(chart)?;
        Ok(data)
    }

    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }

    fn check(&self, chart: &Chart) -> Result<(), String> {
        if self.series.len() > MOST_SERIES {
            let (count, series) = (self.series.len(), chart.series.as_deref().unwrap_or_default());
            return Err(format!(
                "{series} has {count} values, and {MOST_SERIES} can be told apart; choose some with sql"
            ));
        }
        let points = self.points().count();
        match &self.across {
            Across::Names(names) if names.len() > MOST_NAMES && chart.kind != "pie" => Err(format!(
                "{} would be {} bars, and {MOST_NAMES} can be seen; group or choose rows with sql",
                chart.table,
                names.len()
            )),
            _ if points > MOST_POINTS && chart.kind != "hist" => {
                Err(format!("{} has {points} rows and {MOST_POINTS} can be drawn; group them with sql", chart.table))
            }
            _ => Ok(()),
        }
    }
}

struct Row {
    name: String,
    series: String,
    point: Point,
}

/// Rows that could not be drawn.
#[derive(Default)]
struct Lost(Vec<(usize, String)>);

impl Lost {
    fn count(&mut self, why: &str) {
        match self.0.iter_mut().find(|(_, known)| known == why) {
            Some((count, _)) => *count += 1,
            None => self.0.push((1, why.to_owned())),
        }
    }

    fn told(&self) -> String {
        told(&self.0)
    }
}

/// Dropped rows in words; empty without any.
pub fn told(dropped: &[(usize, String)]) -> String {
    dropped.iter().map(|(count, why)| format!("{count} {why}")).collect::<Vec<_>>().join(", ")
}

/// How a column is laid out across.
enum Scale {
    Numbers,
    Dates,
    Names,
    /// Bars over days or numbers, in their order.
    NamesOf(bool),
    /// Nothing goes across: a histogram.
    None,
}

fn scale_of(chart: &Chart, table: &Table, x: Option<usize>) -> Scale {
    let Some(x) = x else { return Scale::None };
    let cells: Vec<&Cell> = table.rows.iter().map(|row| &row[x]).filter(|cell| cell.text.is_some()).collect();
    let share =
        |has: &dyn Fn(&Cell) -> bool| cells.iter().filter(|cell| has(cell)).count() as f64 / cells.len().max(1) as f64;
    let dates = if are_apart(&cells) { share(&|cell| cell.date.is_some()) } else { 0.0 };
    let numbers = share(&|cell| cell.number.is_some());
    let bars = matches!(chart.kind.as_str(), "bar" | "barh" | "pie");
    match () {
        // A row that is drawn by its name needs no date.
        () if dates >= if bars { 1.0 } else { MOST_CELLS } => {
            if bars {
                Scale::NamesOf(true)
            } else {
                Scale::Dates
            }
        }
        () if numbers >= if bars { 1.0 } else { MOST_CELLS } => {
            if bars {
                Scale::NamesOf(false)
            } else {
                Scale::Numbers
            }
        }
        () => Scale::Names,
    }
}

/// Whether cells that are written differently are different days: "Q1 2023" and "Q2 2023" are one year and
/// no days.
fn are_apart(cells: &[&Cell]) -> bool {
    let mut written: HashMap<&str, &str> = HashMap::new();
    let mut apart = 0;
    for cell in cells {
        let text = cell.text.as_deref().unwrap_or_default();
        let same = cell.date.as_deref().is_none_or(|date| *written.entry(date).or_insert(text) == text);
        apart += usize::from(same);
    }
    apart as f64 >= MOST_CELLS * cells.len() as f64
}

impl Scale {
    /// Where a cell is, and what it is called.
    fn place(&self, cell: Option<&Cell>, factor: f64) -> Option<(f64, String)> {
        let Some(cell) = cell else { return Some((0.0, String::new())) };
        let day = || cell.date.as_deref().and_then(start_of).zip(cell.date.clone());
        let number = || cell.number.filter(|n| n.is_finite()).map(|n| (n * factor, plain(n * factor)));
        match self {
            Scale::Dates | Scale::NamesOf(true) => day(),
            Scale::Numbers | Scale::NamesOf(false) => number(),
            Scale::Names | Scale::None => cell.text.clone().map(|text| (0.0, text)),
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Scale::Dates | Scale::NamesOf(true) => "a date",
            Scale::Numbers | Scale::NamesOf(false) => "a number",
            Scale::Names | Scale::None => "a name",
        }
    }

    fn across(&self, rows: &[Row]) -> Across {
        match self {
            Scale::None | Scale::Numbers => Across::Numbers,
            Scale::Dates => {
                let mut years: Vec<f64> = rows.iter().map(|row| row.point.x).collect();
                years.sort_by(f64::total_cmp);
                years.dedup();
                let only = rows.iter().all(|row| row.name.len() == 4);
                Across::Dates { years: only.then_some(years) }
            }
            Scale::Names | Scale::NamesOf(_) => Across::Names(Vec::new()),
        }
    }
}

/// A number as a name: a year stays a year.
fn plain(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e9 { format!("{value}") } else { number(value, 0.0) }
}

/// A day as a name.
pub fn day_name(day: f64) -> String {
    date(day).map_or(String::new(), |date| date.to_string())
}

/// Rows by their series, in the order in which these come.
fn split(rows: Vec<Row>) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for row in rows {
        match all.iter_mut().find(|series| series.name == row.series) {
            Some(series) => series.points.push(row.point),
            None => all.push(Series { name: row.series, points: vec![row.point] }),
        }
    }
    all
}

/// Rows with a name a place, in their order or by size.
fn group(chart: &Chart, mut rows: Vec<Row>) -> Result<(Across, Vec<Series>), String> {
    let distinct: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let several = |name: &str| {
        format!(
            "{} has several rows for {name}; put them together first: SELECT \"{}\", SUM(\"{}\") … GROUP BY",
            chart.table, chart.x, chart.y
        )
    };
    // Things of the same name stand beside each other; rows of a few things are to be added up, or not.
    let apart = chart.series.is_none() && distinct.len() * 2 > rows.len();
    let lines = matches!(chart.kind.as_str(), "line" | "scatter");
    let mut names: Vec<String> = Vec::new();
    let mut places: Vec<(f64, f64)> = Vec::new();
    let mut sizes: Vec<f64> = Vec::new();
    for row in &mut rows {
        let known = names.iter().position(|name| !apart && *name == row.name);
        let place = known.unwrap_or(names.len());
        if known.is_none() {
            names.push(row.name.clone());
            places.push((row.point.x, place as f64));
            sizes.push(0.0);
        }
        sizes[place] += row.point.y;
        row.point.x = place as f64;
    }
    if !lines {
        let mut seen = HashSet::new();
        if let Some(twice) = rows.iter().find(|row| !seen.insert((row.series.as_str(), row.point.x as usize))) {
            return Err(several(&twice.name));
        }
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    match chart.sort && !lines {
        true => order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a])),
        // Names have no order of their own, and all places are zero there.
        false => order.sort_by(|a, b| places[*a].0.total_cmp(&places[*b].0)),
    }
    let mut new = vec![0.0; names.len()];
    order.iter().enumerate().for_each(|(to, from)| new[*from] = to as f64);
    rows.iter_mut().for_each(|row| row.point.x = new[row.point.x as usize]);
    let names = order.into_iter().map(|i| std::mem::take(&mut names[i])).collect();
    let mut series = split(rows);
    series.iter_mut().for_each(|s| s.points.sort_by(|a, b| a.x.total_cmp(&b.x)));
    Ok((Across::Names(names), series))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{chart, table};
    use super::*;

    fn points(data: &Data) -> Vec<(f64, f64)> {
        data.points().map(|p| (p.x, p.y)).collect()
    }

    #[test]
    fn rows_without_values_are_dropped_and_told() {
        let t = table("Year | Output\n2018 | 4\n2019 | \n2020 | -2\n | 5");
        let data = Data::of(&chart("line", "Year", "Output"), &t).unwrap();
        assert_eq!(data.points().count(), 2);
        assert_eq!(told(&data.dropped), "1 without a number in Output, 1 without a date in Year");
        let log = Chart { log: true, ..chart("line", "Year", "Output") };
        assert!(told(&Data::of(&log, &t).unwrap().dropped).contains("1 not above zero"));
        let none = Data::of(&chart("line", "Year", "Output"), &table("Year | Output\n | 5")).unwrap_err();
        assert!(none.contains("no row that can be drawn: 1 without"), "{none}");
    }

    #[test]
    fn dates_are_days_and_years_alone_are_known() {
        let years = Data::of(&chart("line", "Year", "Output"), &table("Year | Output\n2019 | 2\n2018 | 1")).unwrap();
        assert_eq!(years.across, Across::Dates { years: Some(vec![736695.0, 737060.0]) });
        assert_eq!(points(&years), [(736695.0, 1.0), (737060.0, 2.0)]);
        let t = table("Day | Output\n2016-08 | 2\n2016-08-23 | 1");
        assert_eq!(Data::of(&chart("line", "Day", "Output"), &t).unwrap().across, Across::Dates { years: None });
    }

    #[test]
    fn bars_of_years_stand_in_their_order_and_others_as_they_come() {
        let names = |kind: &str, sort: bool, text: &str| {
            let t = table(text);
            let spec = Chart { sort, ..chart(kind, &t.columns[0], &t.columns[1]) };
            match Data::of(&spec, &t).unwrap().across {
                Across::Names(names) => names.join(" "),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(names("bar", false, "Year | N\n2020 | 1\n2018 | 3\n2019 | 2"), "2018 2019 2020");
        assert_eq!(names("bar", false, "Name | N\nz | 1\na | 3\nm | 2"), "z a m");
        assert_eq!(names("bar", false, "Quarter | N\nQ1 2023 | 1\nQ2 2023 | 3"), "Q1 2023 Q2 2023");
        assert_eq!(names("barh", true, "Name | N\nz | 1\na | 3\nm | 2"), "a m z");
    }

    #[test]
    fn series_share_their_places() {
        let t = table("Year | Town | N\n2018 | A | 1\n2019 | A | 2\n2019 | B | 3\n2018 | B | 4");
        let spec = Chart { series: Some("Town".into()), ..chart("bar", "Year", "N") };
        let data = Data::of(&spec, &t).unwrap();
        assert_eq!(data.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(points(&data), [(0.0, 1.0), (1.0, 2.0), (0.0, 4.0), (1.0, 3.0)]);
    }

    #[test]
    fn rows_of_one_thing_are_not_stacked_over_each_other() {
        let t = table("Town | N\nA | 1\nA | 2\nB | 3\nB | 4\nA | 4");
        let error = Data::of(&chart("bar", "Town", "N"), &t).unwrap_err();
        assert!(error.contains("several rows for A"), "{error}");
        let t = table("Town | N\nSpringfield | 1\nSpringfield | 2\nOslo | 3");
        assert_eq!(points(&Data::of(&chart("bar", "Town", "N"), &t).unwrap()), [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]);
    }

    #[test]
    fn per_cent_are_drawn_as_per_cent() {
        let data = Data::of(&chart("bar", "Town", "Share"), &table("Town | Share\nA | 17.5%")).unwrap();
        assert!((points(&data)[0].1 - 17.5).abs() < 1e-9);
        assert_eq!(data.labels.1, "Share (%)");
    }
}
