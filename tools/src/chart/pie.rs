//! Pies: slices, and a legend beside them with the name and the share of each, so that no two names
//! can collide.

use super::across::Across;
use super::data::Data;
use super::draw::insert;
use super::layout::title;
use super::palette::{SERIES, Theme, hex, on};
use super::plot::{Canvas, Drawing};
use super::text::{Anchor, Label, TICK, shorten, svg};
use crate::raster::widths;
use plotters::prelude::*;
use polymath_chat::Chart;
use std::f64::consts::TAU;

/// Slices that can be told apart; the smallest ones are one from here on.
const MOST: usize = SERIES;
/// A slice of this share has it written inside.
const SEEN: f64 = 0.04;
/// From one row of the legend to the next, in pixels.
const ROW: f64 = 40.0;
/// Points along a whole circle.
const STEPS: f64 = 200.0;

struct Slice {
    name: String,
    value: f64,
    color: RGBColor,
    estimated: bool,
}

/// Draws a pie. The error says why these numbers are no shares of a whole.
pub fn draw(chart: &Chart, data: &Data, caption: &str) -> Result<Drawing, String> {
    let theme = Theme::of(chart);
    let slices = slices(chart, data, &theme)?;
    let total: f64 = slices.iter().map(|slice| slice.value).sum();
    let mut canvas = Canvas::of(chart);
    let mut labels = Vec::new();
    let top = title(caption, canvas.width, &mut labels) + 10.0;
    let place = Place::of(&mut canvas, top, slices.len());
    let mut out = String::new();
    {
        let root = SVGBackend::with_string(&mut out, (canvas.width, canvas.height)).into_drawing_area();
        let failed = |e: DrawingAreaErrorKind<std::io::Error>| e.to_string();
        root.fill(&theme.background).map_err(failed)?;
        let mut begun = 0.0;
        // Values that were asked for; what a slice has as a share is said unless nothing is wanted.
        let values: Vec<String> = match chart.values {
            Some(true) => slices.iter().map(|slice| data.styles.1.full(slice.value)).collect(),
            _ => vec![String::new(); slices.len()],
        };
        let bare = chart.values == Some(false);
        let wide =
            if bare { 0.0 } else { widths(values.iter().map(String::as_str), TICK).into_iter().fold(0.0, f64::max) };
        for (i, slice) in slices.iter().enumerate() {
            let share = slice.value / total;
            let edge = edge(place.centre, place.radius, begun, share);
            let fill = if slice.estimated { theme.pale(slice.color) } else { slice.color };
            root.draw(&Polygon::new(edge.clone(), fill.filled())).map_err(failed)?;
            root.draw(&PathElement::new(edge, theme.background.stroke_width(2))).map_err(failed)?;
            let (x, y) = (place.legend.0, place.legend.1 + place.row * i as f64);
            let corners = [(x as i32, y as i32 - 10), (x as i32 + 24, y as i32 + 10)];
            root.draw(&Rectangle::new(corners, fill.filled())).map_err(failed)?;
            root.draw(&Rectangle::new(corners, slice.color.stroke_width(2))).map_err(failed)?;
            let percent = format!("{:.1}%", share * 100.0);
            let said = if slice.estimated { format!("{percent} (estimated)") } else { percent.clone() };
            let shares = if slices.iter().any(|s| s.estimated) { 240.0 } else { 96.0 };
            let mut at = x + 36.0;
            if !bare {
                labels.push(Label::new(said, (at, y), TICK, Anchor::Start));
                at += shares;
            }
            if wide > 0.0 {
                labels.push(Label::new(&values[i], (at + wide, y), TICK, Anchor::End));
                at += wide + TICK;
            }
            let name = shorten(&slice.name, TICK, f64::from(canvas.width) - 20.0 - at);
            labels.push(Label::new(name, (at, y), TICK, Anchor::Start));
            if share >= SEEN && !bare {
                let (sin, cos) = ((begun + share / 2.0) * TAU).sin_cos();
                let from = place.radius * if share > 0.9999 { 0.0 } else { 0.72 };
                let at = (place.centre.0 + sin * from, place.centre.1 - cos * from);
                let color = on(fill).to_owned();
                // Beside each other they would leave a small slice.
                let two = if share >= 2.0 * SEEN && !values[i].is_empty() { TICK * 0.6 } else { 0.0 };
                let percent = Label::new(percent, (at.0, at.1 - two), TICK, Anchor::Middle);
                labels.push(Label { color: color.clone(), bold: true, ..percent });
                if two > 0.0 {
                    let value = Label::new(&values[i], (at.0, at.1 + two), TICK, Anchor::Middle);
                    labels.push(Label { color, ..value });
                }
            }
            begun += share;
        }
        root.present().map_err(failed)?;
    }
    insert(&mut out, &svg(&labels, &hex(theme.text)));
    Ok(canvas.drawing(out))
}

/// Where the circle and the rows of the legend are: beside it, in a narrow picture below it.
struct Place {
    centre: (f64, f64),
    radius: f64,
    legend: (f64, f64),
    row: f64,
}

impl Place {
    fn of(canvas: &mut Canvas, top: f64, rows: usize) -> Place {
        let (width, height, rows) = (f64::from(canvas.width), f64::from(canvas.height), rows as f64);
        if width < 1000.0 {
            let radius = (width / 2.0 - 60.0).min(260.0);
            let legend = top + 2.0 * radius + 70.0;
            canvas.grow(legend + rows * ROW + 20.0, u32::MAX);
            return Place { centre: (width / 2.0, top + radius + 20.0), radius, legend: (40.0, legend), row: ROW };
        }
        let radius = (height - top) / 2.0 - 30.0;
        let row = ((height - top - 60.0) / rows).min(ROW);
        let first = (top + height - row * rows) / 2.0 + row / 2.0;
        let centre = (60.0 + radius, (top + height) / 2.0);
        Place { centre, radius, legend: (centre.0 + radius + 70.0, first), row }
    }
}

/// Corners of a slice, clockwise from the top.
fn edge(centre: (f64, f64), radius: f64, begun: f64, share: f64) -> Vec<(i32, i32)> {
    let steps = (share * STEPS).ceil().max(1.0) as usize;
    let at = |i: usize| {
        let (sin, cos) = ((begun + share * i as f64 / steps as f64) * TAU).sin_cos();
        ((centre.0 + sin * radius).round() as i32, (centre.1 - cos * radius).round() as i32)
    };
    let middle = (centre.0.round() as i32, centre.1.round() as i32);
    let around = (0..=steps).map(at);
    // A whole circle has no corner in its middle.
    if share > 0.9999 { around.collect() } else { [middle].into_iter().chain(around).chain([middle]).collect() }
}

/// The rows as slices; of too many, the small ones together.
fn slices(chart: &Chart, data: &Data, theme: &Theme) -> Result<Vec<Slice>, String> {
    let Across::Names(names) = &data.across else { return Err("a pie needs names".to_owned()) };
    if data.series.len() > 1 {
        return Err("a pie shows one series; choose one with sql, or draw bars".to_owned());
    }
    let points: Vec<_> = data.points().collect();
    if let Some(below) = points.iter().find(|p| p.y < 0.0) {
        return Err(format!("a pie shows shares of a whole, and {} has {}; draw bars", chart.y, below.y));
    }
    if points.iter().all(|p| p.y == 0.0) {
        return Err(format!("a pie shows shares of a whole, and all of {} is 0", chart.y));
    }
    let mut sizes: Vec<f64> = points.iter().map(|p| p.y).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let least = sizes.get(MOST - 2).copied().filter(|_| sizes.len() > MOST);
    let mut slices: Vec<Slice> = Vec::new();
    let mut rest: Vec<&&super::data::Point> = Vec::new();
    for point in &points {
        if slices.len() + 1 >= MOST && least.is_some() || least.is_some_and(|least| point.y < least) {
            rest.push(point);
            continue;
        }
        let name = names.get(point.x as usize).cloned().unwrap_or_default();
        slices.push(Slice { name, value: point.y, color: theme.color(slices.len()), estimated: point.estimated });
    }
    if !rest.is_empty() {
        let value = rest.iter().map(|p| p.y).sum();
        let estimated = rest.iter().any(|p| p.estimated);
        slices.push(Slice { name: format!("{} others", rest.len()), value, color: theme.grey, estimated });
    }
    Ok(slices)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{chart, table};
    use super::*;

    #[track_caller]
    fn check(rows: &str) -> Result<Vec<(String, f64)>, String> {
        let data = Data::of(&chart("pie", "Name", "N"), &table(&format!("Name | N\n{rows}"))).unwrap();
        let slices = slices(&chart("pie", "Name", "N"), &data, &Theme::of(&chart("pie", "Name", "N")))?;
        Ok(slices.into_iter().map(|slice| (slice.name, slice.value)).collect())
    }

    #[test]
    fn small_slices_are_put_together() {
        let rows: Vec<String> = (1..=20).map(|i| format!("n{i} | {i}")).collect();
        let got = check(&rows.join("\n")).unwrap();
        assert_eq!(got.len(), MOST);
        assert_eq!(got[0], ("n10".to_owned(), 10.0));
        assert_eq!(got[MOST - 1], ("9 others".to_owned(), 45.0));
        assert_eq!(check("a | 1\nb | 3").unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        assert!(check("a | 1\nb | -3").unwrap_err().contains("N has -3; draw bars"));
        assert!(check("a | 0\nb | 0").unwrap_err().contains("all of N is 0"));
    }

    #[test]
    fn slices_go_around_once() {
        let centre = (100.0, 100.0);
        assert_eq!(edge(centre, 50.0, 0.0, 0.25)[1], (100, 50));
        assert_eq!(edge(centre, 50.0, 0.0, 0.25).iter().rev().nth(1), Some(&(150, 100)));
        assert!(!edge(centre, 50.0, 0.0, 1.0).contains(&(100, 100)));
    }
}
