//! Values at marks where they were asked for: which ones of many, how they are written, and where there is room. What
//! has none is left out and counted.

use super::data::{Data, Point};
use super::palette::{hex, on};
use super::plot::{Away, Plot, Scale, Spot, Written};
use super::text::{Anchor, Label};
use super::ticks::Style;
use crate::raster::widths;
use plotters::style::RGBColor;
use polymath_chat::Chart;

/// Marks that all have their values; of more every second, third, … of a series.
pub const MOST: usize = 60;
/// Size of the letters, in pixels.
pub const SIZE: f64 = 19.0;
/// Characters of a value, from where on it is written shorter.
const LONG: usize = 8;
/// Between two values, in pixels.
const GAP: f64 = 6.0;

/// Of how many marks one has its value; a heat map's values stand in their own fields.
pub fn every(chart: &Chart, data: &Data) -> usize {
    if chart.kind == "heat" { 1 } else { step(data.points().count()) }
}

/// The same of so many.
pub fn step(count: usize) -> usize {
    count.div_ceil(MOST).max(1)
}

/// A value as far as it is told: shares to a tenth of a percent.
pub fn told(chart: &Chart, value: f64) -> f64 {
    if chart.share { (value * 10.0).round() / 10.0 } else { value }
}

/// The ways of writing values, the fullest first: the axis says the unit too.
fn ways(values: &[f64], style: &Style) -> Vec<Vec<String>> {
    let written = |write: &dyn Fn(f64) -> String| values.iter().map(|value| write(*value)).collect::<Vec<_>>();
    let mut all = vec![written(&|value| style.full(value)), written(&|value| style.number(value, 0.0))];
    if let Some(bare) = style.unitless() {
        all.extend([written(&|value| bare.full(value)), written(&|value| bare.number(value, 0.0))]);
    }
    all.dedup();
    all
}

/// What is written at each point of each series, for those who draw it elsewhere; nothing at those that are left out, and
/// where a stack has nothing.
pub fn texts(chart: &Chart, data: &Data) -> Vec<Vec<Option<String>>> {
    let values: Vec<f64> = data.points().map(|point| told(chart, point.y)).collect();
    let mut ways = ways(&values, &data.styles.1);
    let short = |texts: &Vec<String>| texts.iter().all(|text| text.chars().count() <= LONG);
    let chosen = ways.iter().position(short).unwrap_or(ways.len() - 1);
    let mut texts = ways.swap_remove(chosen).into_iter();
    let every = every(chart, data);
    let of_series = |points: &[Point]| {
        let all: Vec<String> = texts.by_ref().take(points.len()).collect();
        let one = |(n, (text, point)): (usize, (String, &Point))| {
            (n % every == 0 && !(chart.stack && point.y == 0.0)).then_some(text)
        };
        all.into_iter().zip(points).enumerate().map(one).collect()
    };
    data.series.iter().map(|series| series.points.as_slice()).map(of_series).collect()
}

/// The value of a bar between two corners: beyond its end, else inside.
pub fn of_bar(value: f64, end: (f64, f64), corners: [(f64, f64); 2], lying: bool, color: RGBColor) -> Written {
    let (beyond, inside) = match (lying, value < 0.0) {
        (true, false) => (Away::Right, Away::Left),
        (true, true) => (Away::Left, Away::Right),
        (false, false) => (Away::Above, Away::Below),
        (false, true) => (Away::Below, Away::Above),
    };
    let tip = if lying { (corners[1].0, end.1) } else { (end.0, corners[1].1) };
    let inner = Spot { at: tip, side: inside, within: Some((corners, on(color))) };
    Written { value, spots: vec![Spot { at: end, side: beyond, within: None }, inner] }
}

/// The value of what lies between two corners, in its middle.
pub fn of_field(value: f64, corners: [(f64, f64); 2], color: RGBColor) -> Written {
    let [from, to] = corners;
    let at = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    Written { value, spots: vec![Spot { at, side: Away::None, within: Some((corners, on(color))) }] }
}

/// The value of a layer of an area at one of its points, in its middle; at its ends it stands inside too.
pub fn of_band(value: f64, points: &[Point], n: usize, (from, to): (f64, f64), color: RGBColor) -> Written {
    /// Wider than any axis.
    const FAR: f64 = 1e12;
    let x = points[n].x;
    let mut written = of_field(value, [(x - FAR, from), (x + FAR, to)], color);
    let side = match n {
        0 if points.len() > 1 => Away::Right,
        n if n > 0 && n + 1 == points.len() => Away::Left,
        _ => Away::None,
    };
    written.spots.iter_mut().for_each(|spot| spot.side = side);
    written
}

/// The value of a point, on the side where its line does not go.
pub fn of_point(value: f64, points: &[Point], n: usize) -> Written {
    let beside = [n.checked_sub(1), Some(n + 1)].into_iter().flatten().filter_map(|i| points.get(i));
    let valley = points.len() > 1 && beside.clone().count() > 0 && beside.clone().all(|other| other.y > points[n].y);
    let at = (points[n].x, points[n].y);
    let spot = |side| Spot { at, side, within: None };
    let sides = if valley { [Away::Below, Away::Above] } else { [Away::Above, Away::Below] };
    Written { value, spots: sides.map(spot).to_vec() }
}

/// Left, top, right and bottom, in pixels.
type Frame = (f64, f64, f64, f64);

fn meets(a: &Frame, b: &Frame) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

fn is_in(own: &Frame, room: &Frame) -> bool {
    own.0 >= room.0 && own.1 >= room.1 && own.2 <= room.2 && own.3 <= room.3
}

/// Where letters stand.
fn frame(label: &Label, wide: f64) -> Frame {
    let (x, y) = label.at;
    let left = match label.anchor {
        Anchor::Start => x,
        Anchor::Middle => x - wide / 2.0,
        Anchor::End => x - wide,
    };
    // As high as capital letters.
    (left, y - label.size * 0.36, left + wide, y + label.size * 0.36)
}

/// Writes the values that were asked for within `bounds`, none over another label; returns how many had no room.
pub fn write(plot: &Plot, pixels: impl Fn(&(f64, f64)) -> (i32, i32), bounds: Frame, labels: &mut Vec<Label>) -> usize {
    if plot.written.is_empty() {
        return 0;
    }
    let wide = widths(labels.iter().map(|label| label.text.as_str()), SIZE);
    let taken: Vec<Frame> = labels
        .iter()
        .zip(wide)
        .filter(|(label, _)| label.turned == 0.0)
        .map(|(label, wide)| frame(label, wide * label.size / SIZE))
        .collect();
    let named = |scale: &Scale| matches!(scale, Scale::Names(_));
    let lying = named(&plot.up.scale) && !named(&plot.across.scale);
    let style = if lying { &plot.across.style } else { &plot.up.style };
    let values: Vec<f64> = plot.written.iter().map(|written| written.value).collect();
    let at = |place: &(f64, f64)| {
        let (x, y) = pixels(place);
        (f64::from(x), f64::from(y))
    };
    let placed = |texts: &Vec<String>| {
        let wide = widths(texts.iter().map(String::as_str), SIZE);
        let (mut taken, mut found) = (taken.clone(), Vec::new());
        for ((written, text), wide) in plot.written.iter().zip(texts).zip(wide) {
            let free = written.spots.iter().find_map(|spot| {
                let label = label(spot, text, at(&spot.at), &hex(plot.theme.background));
                let own = frame(&label, wide);
                let room = match spot.within {
                    Some(([a, b], _)) => {
                        let (a, b) = (at(&a), at(&b));
                        (a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1))
                    }
                    None => bounds,
                };
                let inside = is_in(&own, &room) && is_in(&own, &bounds);
                let roomy = (own.0 - GAP / 2.0, own.1, own.2 + GAP / 2.0, own.3);
                (inside && !taken.iter().any(|other| meets(&roomy, other))).then_some((label, roomy))
            });
            if let Some((label, own)) = free {
                taken.push(own);
                found.push(label);
            }
        }
        found
    };
    let mut best: Vec<Label> = Vec::new();
    for texts in ways(&values, style) {
        let found = placed(&texts);
        if found.len() > best.len() {
            best = found;
        }
        if best.len() == values.len() {
            break;
        }
    }
    let unwritten = values.len() - best.len();
    labels.extend(best);
    unwritten
}

/// A value at one of its places.
fn label(spot: &Spot, text: &str, (x, y): (f64, f64), halo: &str) -> Label {
    let off = SIZE * 0.5 + 6.0;
    let (at, anchor) = match spot.side {
        Away::Above => ((x, y - off), Anchor::Middle),
        Away::Below => ((x, y + off), Anchor::Middle),
        Away::Left => ((x - 6.0, y), Anchor::End),
        Away::Right => ((x + 6.0, y), Anchor::Start),
        Away::None => ((x, y), Anchor::Middle),
    };
    let label = Label::new(text, at, SIZE, anchor);
    match spot.within {
        Some((_, color)) => Label { color: color.to_owned(), ..label },
        None => Label { halo: Some(halo.to_owned()), ..label },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{chart, table};
    use super::*;

    #[test]
    fn many_marks_have_every_so_many_th_value() {
        let rows: String = (0..150).map(|i| format!("\n{i} | {}", i * 1000)).collect();
        let spec = chart("line", "x", "y");
        let data = Data::of(&spec, &table(&format!("x | y{rows}"))).unwrap();
        let texts = texts(&spec, &data).concat();
        assert_eq!((every(&spec, &data), texts.len(), texts.iter().flatten().count()), (3, 150, 50));
        assert_eq!((texts[3].as_deref(), texts[4].as_deref()), (Some("3,000"), None));
    }

    #[test]
    fn values_are_as_long_as_there_is_room() {
        let text = |spec: Chart, rows: &str| {
            let data = Data::of(&spec, &table(rows)).unwrap();
            texts(&spec, &data).concat().into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(chart("bar", "a", "b"), "a | b\nx | $12\ny | $3,400"), "$12 $3,400");
        assert_eq!(text(chart("bar", "a", "b"), "a | b\nx | $123,456.70\ny | -$123456.70"), "$123.5k -$123.5k");
        let shares = Chart { series: Some("s".into()), stack: true, share: true, ..chart("bar", "a", "b") };
        assert_eq!(text(shares, "a | s | b\nx | p | 1\nx | q | 2"), "33.3% 66.7%");
    }

    #[test]
    fn a_point_in_a_valley_has_its_value_below() {
        let point = |y: f64| Point { x: 0.0, y, amount: y, estimated: false, error: 0.0 };
        let line = [3.0, 1.0, 2.0].map(point);
        let below = |n: usize| of_point(0.0, &line, n).spots[0].side == Away::Below;
        assert_eq!([below(0), below(1), below(2)], [false, true, false]);
        assert!(of_point(0.0, &line[..1], 0).spots[0].side == Away::Above);
    }
}
