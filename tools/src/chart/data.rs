//! A table's rows as points: what is across, to which series they belong, and what had to be left out.

use super::across::{Across, Scale, scale_of};
use super::axis::Axis;
use super::columns::{labelled, place};
use super::ticks::Style;
use polymath_chat::{Chart, Provenance, Table};
use std::collections::{HashMap, HashSet};

/// Bars that are drawn at most, points of lines likewise.
const MOST_NAMES: usize = 400;
const MOST_POINTS: usize = 200_000;
/// Lines, or groups of bars, that can be told apart.
const MOST_SERIES: usize = 12;
/// Small charts of one picture.
const MOST_FACETS: usize = 24;

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// A number, a day, or the place of a name.
    pub x: f64,
    /// What is drawn: the value, or its share in percent.
    pub y: f64,
    /// The value itself.
    pub amount: f64,
    /// Imputed or extrapolated: nobody has said so.
    pub estimated: bool,
    /// How far y may be off, both ways; 0 where that is not known.
    pub error: f64,
}

/// Rows that belong together; one without a name where there is one only.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    /// The small chart that it belongs to; empty where there is one only.
    pub facet: String,
    pub points: Vec<Point>,
    /// Places between them where there is no value: a line is broken there.
    pub gaps: Vec<f64>,
}

/// What the small charts of one picture have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shared {
    /// The axes across and up.
    pub axes: Option<(Axis, Axis)>,
    /// All values.
    pub values: Vec<f64>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    pub across: Across,
    pub series: Vec<Series>,
    /// What the axes say; nothing where no title is wanted.
    pub labels: (String, String),
    /// What the column of the values is called, with its unit.
    pub measure: String,
    /// How the numbers across and up are written.
    pub styles: (Style, Style),
    /// Rows that could not be drawn, by why.
    pub dropped: Vec<(usize, String)>,
    /// Of one small chart of several.
    pub shared: Option<Shared>,
}

impl Data {
    /// The rows of a settled chart's table. The error says why nothing can be drawn of them.
    pub fn of(chart: &Chart, table: &Table) -> Result<Data, String> {
        let at = |name: &str| place(table, name);
        let (x, series) = (at(&chart.x), chart.series.as_deref().and_then(at));
        let facet = chart.facet.as_deref().and_then(at);
        let y = at(&chart.y).ok_or_else(|| format!("there is no column `{}`", chart.y))?;
        let up = labelled(table, &chart.y);
        let across = labelled(table, &chart.x);
        let error = chart.error.as_deref().and_then(at);
        let scale = scale_of(chart, table, x);
        let mut rows: Vec<Row> = Vec::new();
        let mut lost = Lost::default();
        for row in &table.rows {
            let value = row[y].number.filter(|n| n.is_finite());
            if value.is_none() {
                lost.count(&format!("without a number in {}", chart.y));
            }
            if chart.log && value.is_some_and(|value| value <= 0.0) {
                lost.count("not above zero, which a logarithmic axis cannot show (`symlog` instead of `log` can)");
                continue;
            }
            let Some((place, name)) = scale.place(x.map(|x| &row[x]), across.factor) else {
                lost.count(&format!("without {} in {}", scale.what(), chart.x));
                continue;
            };
            let estimated = matches!(*row[y].provenance, Provenance::Imputed { .. } | Provenance::Extrapolated { .. });
            let error = error.and_then(|e| row[e].number).filter(|e| e.is_finite()).unwrap_or(0.0).abs() * up.factor;
            let series = series.map_or("", |s| row[s].display()).to_owned();
            let facet = facet.map_or("", |f| row[f].display()).to_owned();
            // A row without a value keeps its place.
            let y = value.map_or(f64::NAN, |value| value * up.factor);
            let point = Point { x: place, y, amount: y, estimated, error };
            rows.push(Row { name, series, facet, point });
        }
        if rows.iter().all(|row| row.point.y.is_nan()) {
            return Err(format!("{} has no row that can be drawn: {}", chart.table, lost.told()));
        }
        let axis = scale.across(rows.iter().map(|row| (row.point.x, row.name.as_str())));
        if !matches!(scale, Scale::Names) {
            rows.sort_by(|a, b| a.point.x.total_cmp(&b.point.x));
        }
        let (axis, mut series) = match axis {
            Across::Names(_) => group(chart, rows)?,
            axis => (axis, split(rows)),
        };
        let (mut measure, mut style) = (up.label, up.style);
        if chart.share {
            share_out(chart, &mut series)?;
            measure = format!("{} (%)", measure.split(" (").next().unwrap_or_default());
            style = Style { after: "%".to_owned(), ..Style::default() };
        }
        // A histogram has its values across, and counts up.
        let titles = if chart.kind == "hist" { (&None, &chart.x_title) } else { (&chart.x_title, &chart.y_title) };
        let titled = |title: &Option<String>, own: &String| title.as_ref().unwrap_or(own).clone();
        let labels = (titled(titles.0, &across.label), titled(titles.1, &measure));
        let styles = (across.style, style);
        let data = Data { across: axis, series, labels, measure, styles, dropped: lost.0, shared: None };
        data.check(chart)?;
        Ok(data)
    }

    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }

    /// What is drawn, as the axis has it, or the column where the axis has no title.
    pub fn called(&self) -> &str {
        if self.labels.1.is_empty() { &self.measure } else { &self.labels.1 }
    }

    /// The small charts that these data are, each with its name: all of them have all series, which may have no
    /// points in one, so that a series has one colour.
    pub fn panels(&self) -> Vec<(String, Data)> {
        let names = distinct(self.series.iter().map(|s| s.name.as_str()));
        let values: Vec<f64> = self.points().map(|p| p.y).collect();
        let one = |facet: &str| {
            let of_name = |name: &&str| {
                let found = self.series.iter().find(|s| s.facet == facet && s.name == **name);
                let none = || Series {
                    name: (*name).to_owned(),
                    facet: facet.to_owned(),
                    points: Vec::new(),
                    gaps: Vec::new(),
                };
                found.cloned().unwrap_or_else(none)
            };
            let series = names.iter().map(of_name).collect();
            let shared = Some(Shared { axes: None, values: values.clone() });
            (facet.to_owned(), Data { series, shared, dropped: Vec::new(), ..self.clone() })
        };
        distinct(self.series.iter().map(|s| s.facet.as_str())).into_iter().map(one).collect()
    }

    fn check(&self, chart: &Chart) -> Result<(), String> {
        let facets = distinct(self.series.iter().map(|s| s.facet.as_str())).len();
        if let Some(facet) = chart.facet.as_deref().filter(|_| facets > MOST_FACETS) {
            return Err(format!(
                "`facet` is {facet}, which has {facets} values, and {MOST_FACETS} small charts can be seen; choose some \
                 with sql"
            ));
        }
        let count = distinct(self.series.iter().map(|s| s.name.as_str())).len();
        if count > MOST_SERIES && chart.kind != "heat" {
            let series = chart.series.as_deref().unwrap_or_default();
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
            _ if points > MOST_POINTS && !matches!(chart.kind.as_str(), "hist" | "box") => {
                Err(format!("{} has {points} rows and {MOST_POINTS} can be drawn; group them with sql", chart.table))
            }
            _ => Ok(()),
        }
    }
}

struct Row {
    name: String,
    series: String,
    facet: String,
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

/// Names in the order in which they come, each once.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

/// Rows by their small chart and series, in the order in which these come.
fn split(rows: Vec<Row>) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for row in rows {
        match all.iter_mut().find(|series| series.name == row.series && series.facet == row.facet) {
            Some(series) => series.points.push(row.point),
            None => {
                all.push(Series { name: row.series, facet: row.facet, points: vec![row.point], gaps: Vec::new() });
            }
        }
    }
    for series in &mut all {
        series.gaps.extend(series.points.iter().filter(|p| p.y.is_nan()).map(|p| p.x));
        series.points.retain(|p| !p.y.is_nan());
    }
    all.retain(|series| !series.points.is_empty());
    all
}

/// Rows with a name a place, in their order or by size.
fn group(chart: &Chart, mut rows: Vec<Row>) -> Result<(Across, Vec<Series>), String> {
    let known: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let several = |name: &str| {
        format!(
            "{} has several rows for {name}; put them together first: SELECT \"{}\", SUM(\"{}\") … GROUP BY",
            chart.table, chart.x, chart.y
        )
    };
    // Things of the same name stand beside each other; rows of a few things are to be added up, or not.
    let lines = matches!(chart.kind.as_str(), "line" | "area" | "scatter" | "box");
    let single = chart.series.is_none() && chart.facet.is_none() && chart.kind != "box";
    let apart = single && known.len() * 2 > rows.len();
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
        sizes[place] += if row.point.y.is_nan() { 0.0 } else { row.point.y };
        row.point.x = place as f64;
    }
    if !lines {
        let mut seen = HashSet::new();
        let key = |row: &Row| (row.facet.clone(), row.series.clone(), row.point.x as usize);
        if let Some(twice) = rows.iter().find(|row| !seen.insert(key(row))) {
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

/// Makes each value its share, in percent, of what all series have at its place in its small chart.
fn share_out(chart: &Chart, series: &mut [Series]) -> Result<(), String> {
    let mut whole: HashMap<(String, u64), f64> = HashMap::new();
    for one in series.iter() {
        for point in &one.points {
            if point.y < 0.0 {
                return Err(format!(
                    "shares are of a whole, and {} has {}; leave `share` out, or choose rows with sql",
                    chart.y, point.y
                ));
            }
            *whole.entry((one.facet.clone(), point.x.to_bits())).or_default() += point.y;
        }
    }
    for one in series {
        for point in &mut one.points {
            let whole = whole.get(&(one.facet.clone(), point.x.to_bits())).copied().unwrap_or_default();
            point.y = if whole > 0.0 { 100.0 * point.y / whole } else { 0.0 };
        }
    }
    Ok(())
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
    fn places_without_values_stay() {
        let t = table("Year | Output\n2018 | 4\n2019 | \n2020 | 2");
        let line = Data::of(&chart("line", "Year", "Output"), &t).unwrap();
        assert_eq!((line.series[0].gaps.len(), line.series[0].points.len()), (1, 2));
        let bars = Data::of(&chart("bar", "Year", "Output"), &t).unwrap();
        assert_eq!(
            (bars.across.clone(), points(&bars)),
            (Across::Names(vec!["2018".into(), "2019".into(), "2020".into()]), vec![(0.0, 4.0), (2.0, 2.0)])
        );
    }

    #[test]
    fn hours_are_parts_of_days() {
        let t = table("At | Load | Off\n2024-05-01 06:00 | 3 | 1\n2024-05-01 18:00 | 5 | 2");
        let spec = Chart { error: Some("Off".into()), ..chart("line", "At", "Load") };
        let data = Data::of(&spec, &t).unwrap();
        assert_eq!(
            (points(&data), data.across.clone()),
            (vec![(739007.25, 3.0), (739007.75, 5.0)], Across::Dates { years: None })
        );
        assert_eq!(data.series[0].points[1].error, 2.0);
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
        assert_eq!(names("line", false, "Quarter | N\nQ4 2022 | 1\nQ1 2023 | 3"), "Q4 2022 Q1 2023");
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
    fn small_charts_have_the_same_series_and_names() {
        let t = table("Year | Town | Kind | N\n2018 | A | x | 1\n2019 | A | x | 2\n2019 | B | y | 3\n2018 | B | x | 4");
        let spec = Chart { series: Some("Kind".into()), facet: Some("Town".into()), ..chart("bar", "Year", "N") };
        let panels = Data::of(&spec, &t).unwrap().panels();
        assert_eq!(panels.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let counts = |data: &Data| data.series.iter().map(|s| (s.name.clone(), s.points.len())).collect::<Vec<_>>();
        assert_eq!(counts(&panels[0].1), [("x".to_owned(), 2), ("y".to_owned(), 0)]);
        assert_eq!(counts(&panels[1].1), [("x".to_owned(), 1), ("y".to_owned(), 1)]);
        assert!(panels.iter().all(|(_, data)| data.across == panels[0].1.across));
        let rows: String = (0..30).map(|i| format!("\n2018 | t{i} | x | 1")).collect();
        let many = Data::of(&spec, &table(&format!("Year | Town | Kind | N{rows}"))).unwrap_err();
        assert!(many.contains("Town, which has 30 values, and 24 small charts"), "{many}");
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

    #[test]
    fn shares_are_of_what_stands_at_one_place() {
        let t = table("Year | Town | N (t)\n2018 | A | 1\n2019 | A | 2\n2019 | B | 6\n2018 | B | 0\n2020 | A | 0");
        let spec = Chart { series: Some("Town".into()), stack: true, share: true, ..chart("bar", "Year", "N (t)") };
        let data = Data::of(&spec, &t).unwrap();
        assert_eq!(points(&data), [(0.0, 100.0), (1.0, 25.0), (2.0, 0.0), (0.0, 0.0), (1.0, 75.0)]);
        assert_eq!(data.points().map(|p| p.amount).collect::<Vec<_>>(), [1.0, 2.0, 0.0, 0.0, 6.0]);
        assert_eq!((data.labels.1.as_str(), data.styles.1.full(25.0).as_str()), ("N (%)", "25%"));
        let facet = Chart { facet: Some("Town".into()), series: Some("Year".into()), x: "Year".into(), ..spec.clone() };
        assert!(Data::of(&facet, &t).unwrap().points().all(|p| p.y == 100.0 || p.y == 0.0));
        let below = Data::of(&spec, &table("Year | Town | N (t)\n2018 | A | -1\n2018 | B | 3")).unwrap_err();
        assert!(below.contains("N (t) has -1; leave `share` out"), "{below}");
    }

    #[test]
    fn axes_are_called_as_is_wanted() {
        let labels = |kind: &str, x: Option<&str>, y: Option<&str>| {
            let spec = Chart { x_title: x.map(Into::into), y_title: y.map(Into::into), ..chart(kind, "Town", "N") };
            let data = Data::of(&spec, &table("Town | N\nA | 1\nB | 3")).unwrap();
            format!("{}|{}|{}", data.labels.0, data.labels.1, data.called())
        };
        assert_eq!(labels("bar", None, None), "Town|N|N");
        assert_eq!(labels("barh", Some("towns"), Some("number of them")), "towns|number of them|number of them");
        assert_eq!(labels("bar", Some(""), Some("")), "||N");
        assert_eq!(labels("hist", Some("how many"), Some("towns")).split('|').nth(1), Some("how many"));
    }
}
