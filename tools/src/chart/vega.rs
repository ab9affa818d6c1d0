//! A chart as a Vega-Lite specification with its data in it. What Vega-Lite has no word for (trends, their bands,
//! today, reference lines, estimated points) becomes layers.

use super::across::Across;
use super::axis::{Axis, Law};
use super::data::Data;
use super::dates::moment_name;
use super::labels::{step, texts};
use super::palette::{Theme, hex};
use super::plot::Plot;
use super::shapes::binned;
use super::sides::names_of;
use super::ticks::full;
use super::trend::Trend;
use polymath_chat::Chart;
use serde_json::{Map, Value, json};

const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v5.json";

/// What a specification is made of: a chart, or one small chart of it.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    pub chart: &'a Chart,
    pub data: &'a Data,
    pub trends: &'a [Trend],
    pub today: Option<f64>,
    pub title: &'a str,
    /// The axes, where there are two.
    pub plot: Option<&'a Plot>,
}

/// The specification; that of small charts has one for each, side by side, with the same axes.
pub fn spec(chart: &Chart, title: &str, all: &[Parts<'_>], columns: usize) -> Value {
    let mut spec = json!({"$schema": SCHEMA, "title": title});
    match all {
        [one] => own(one, (600, 375)).into_iter().for_each(|(name, value)| spec[name] = value),
        _ => {
            let views: Vec<Value> = all
                .iter()
                .map(|one| {
                    let mut view = json!({"title": one.title});
                    own(one, (260, 170)).into_iter().for_each(|(name, value)| view[name] = value);
                    view
                })
                .collect();
            (spec["columns"], spec["concat"]) = (json!(columns), Value::Array(views));
        }
    }
    spec["config"] = config(chart);
    spec
}

/// Colours, and those of a dark background.
fn config(chart: &Chart) -> Value {
    let theme = Theme::of(chart);
    let mut config = json!({"range": {"category": theme.hexes()}, "mark": {"color": hex(theme.color(0))}});
    if chart.theme.as_deref() == Some("dark") {
        let (text, axis) = (hex(theme.text), hex(theme.axis));
        config["background"] = json!(hex(theme.background));
        config["title"] = json!({"color": text});
        config["view"] = json!({"stroke": hex(theme.grid[0])});
        config["style"] = json!({"guide-label": {"fill": text}, "guide-title": {"fill": text}});
        config["axis"] = json!({"domainColor": axis, "tickColor": axis, "gridColor": hex(theme.grid[0])});
    }
    config
}

/// The data and marks of one chart.
fn own(parts: &Parts<'_>, (width, height): (u32, u32)) -> Map<String, Value> {
    let mut layers = vec![main_layer(parts)];
    layers.extend(extensions(parts));
    layers.extend(value_layer(parts));
    let values = if parts.chart.kind == "hist" { bins(parts) } else { rows(parts.chart, parts.data) };
    let mut view = Map::new();
    view.insert("width".into(), json!(width));
    view.insert("height".into(), json!(height));
    view.insert("data".into(), json!({"values": values}));
    match (layers.len(), layers.pop()) {
        (1, Some(Value::Object(only))) => view.extend(only),
        (_, last) => {
            layers.extend(last);
            view.insert("layer".into(), Value::Array(layers));
        }
    }
    view
}

/// A place across as Vega-Lite reads it.
pub fn place(x: f64, data: &Data) -> Value {
    match &data.across {
        Across::Dates { .. } => json!(moment_name(x).replace(' ', "T")),
        Across::Names(names) => json!(names.get(x as usize)),
        Across::Numbers => json!(x),
    }
}

/// The points, and an empty one for each gap. Of shares these are the amounts: Vega-Lite makes shares of them again.
fn rows(chart: &Chart, data: &Data) -> Vec<Value> {
    let (mut all, whole) = (Vec::new(), data.points().map(|p| p.amount).sum::<f64>());
    let written = if chart.values == Some(true) { texts(chart, data) } else { Vec::new() };
    for (i, series) in data.series.iter().enumerate() {
        let gaps = series.gaps.iter().map(|x| (*x, None));
        let mut points: Vec<_> = series.points.iter().enumerate().map(|(n, p)| (p.x, Some((n, p)))).collect();
        points.extend(gaps);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (x, point) in points {
            let label = point.and_then(|(n, _)| written.get(i)?.get(n)?.clone());
            let point = point.map(|(_, point)| point);
            let mut row = json!({"x": place(x, data), "y": point.map(|p| p.amount)});
            if let Some((label, point)) = label.zip(point) {
                let share = format!(" ({:.1}%)", 100.0 * point.amount / whole);
                row["label"] = json!(label + if chart.kind == "pie" { &share } else { "" });
            }
            // What lies on what; else Vega-Lite goes by the names.
            if chart.stack {
                row["order"] = json!(i);
            } else if chart.kind == "pie" {
                row["order"] = json!(all.len());
            }
            if data.series.len() > 1 || !series.name.is_empty() {
                row["series"] = json!(series.name);
            }
            if let Some(point) = point.filter(|p| p.estimated) {
                row["estimated"] = json!(point.estimated);
            }
            if let Some(point) = point.filter(|p| p.error > 0.0) {
                (row["low"], row["high"]) = (json!(point.y - point.error), json!(point.y + point.error));
            }
            all.push(row);
        }
    }
    all
}

fn bins(parts: &Parts<'_>) -> Vec<Value> {
    let (edges, counts) = binned(parts.chart, parts.data);
    let every = step(counts.len());
    let bin = |(n, (edge, y)): (usize, (&[f64], usize))| {
        let mut row = json!({"x": edge[0], "x2": edge[1], "y": y});
        if parts.chart.values == Some(true) && y > 0 && n % every == 0 {
            (row["middle"], row["label"]) = (json!((edge[0] + edge[1]) / 2.0), json!(full(y as f64)));
        }
        row
    };
    edges.windows(2).zip(counts).enumerate().map(bin).collect()
}

/// A title; `null` where there is to be none.
fn titled(title: &str) -> Value {
    if title.is_empty() { Value::Null } else { json!(title) }
}

/// In which order series are stacked, and slices go around.
fn order() -> Value {
    json!({"field": "order", "type": "quantitative"})
}

/// The values that were asked for, as text at the marks.
fn value_layer(parts: &Parts<'_>) -> Option<Value> {
    let Parts { chart, data, .. } = parts;
    if chart.values != Some(true) {
        return None;
    }
    let text = json!({"field": "label", "type": "nominal"});
    // A row without one still has its place in a stack.
    let written = json!([{"calculate": "isValid(datum.label) ? datum.label : ''", "as": "label"}]);
    let (mut x, mut y) = (across(parts), up(parts));
    let by_series = json!({"field": "series", "type": "nominal", "sort": Value::Null});
    let (mut mark, mut encoding) = (json!({"type": "text", "dy": -9}), json!({}));
    match chart.kind.as_str() {
        "pie" => {
            let by_name = json!({"field": "x", "type": "nominal"});
            let theta = json!({"field": "y", "type": "quantitative", "stack": true});
            let encoding = json!({"theta": theta, "detail": by_name, "order": order(), "text": text});
            let mark = json!({"type": "text", "radius": 120});
            return Some(json!({"transform": written, "mark": mark, "encoding": encoding}));
        }
        "heat" => {
            let rows: Vec<&str> = data.series.iter().map(|s| s.name.as_str()).collect();
            mark = json!({"type": "text"});
            y = json!({"field": "series", "type": "nominal", "title": chart.series, "sort": rows});
        }
        "hist" => {
            x = json!({"field": "middle", "type": "quantitative", "title": titled(&data.labels.1)});
            x["scale"] = parts.plot.map_or(Value::Null, |plot| scale(&plot.across.axis));
            y["title"] = chart.y_title.as_deref().map_or(json!("count"), titled);
        }
        _ if chart.stack => {
            mark = json!({"type": "text"});
            y["bandPosition"] = json!(0.5);
            (encoding["detail"], encoding["order"]) = (by_series, order());
        }
        "bar" | "barh" if data.series.len() > 1 => encoding["xOffset"] = by_series,
        _ => {}
    }
    if chart.kind == "barh" && !chart.stack {
        mark = json!({"type": "text", "align": "left", "dx": 4});
    }
    (encoding["x"], encoding["y"], encoding["text"]) = (x, y, text);
    if chart.kind == "barh" {
        encoding = turned(&encoding);
    }
    Some(json!({"transform": written, "mark": mark, "encoding": encoding}))
}

fn scale(axis: &Axis) -> Value {
    let domain = json!([axis.min, axis.max]);
    match axis.law {
        Law::Linear => json!({"domain": domain, "nice": false}),
        Law::Log => json!({"domain": domain, "nice": false, "type": "log"}),
        Law::Symlog(c) => json!({"domain": domain, "nice": false, "type": "symlog", "constant": c}),
    }
}

/// The encoding of what goes across.
fn across(parts: &Parts<'_>) -> Value {
    let (data, title) = (parts.data, titled(&parts.data.labels.0));
    match &data.across {
        Across::Names(names) => json!({"field": "x", "type": "nominal", "sort": names, "title": title}),
        kind => {
            let dated = matches!(kind, Across::Dates { .. });
            let mut x = json!({"field": "x", "type": if dated { "temporal" } else { "quantitative" }, "title": title});
            if let (false, Some(plot)) = (dated, parts.plot) {
                x["scale"] = scale(&plot.across.axis);
            }
            x
        }
    }
}

/// The encoding of the values.
fn up(parts: &Parts<'_>) -> Value {
    let lying = parts.chart.kind == "barh";
    let mut y = json!({"field": "y", "type": "quantitative", "title": titled(&parts.data.labels.1), "axis": {"grid": parts.chart.grid}});
    if let Some(plot) = parts.plot {
        y["scale"] = scale(if lying { &plot.across.axis } else { &plot.up.axis });
    }
    // A bar with both ends given cannot be stacked; an area stacks unless it is told not to.
    match (parts.chart.stack, parts.chart.kind.as_str()) {
        (true, _) if parts.chart.share => {
            y["stack"] = json!("normalize");
            y["scale"] = json!({"domain": [0, 1], "nice": false});
            y["axis"]["format"] = json!(".0%");
        }
        (true, _) => y["stack"] = json!("zero"),
        (false, "area") => y["stack"] = Value::Null,
        _ => {}
    }
    y
}

fn main_layer(parts: &Parts<'_>) -> Value {
    let Parts { chart, data, .. } = parts;
    let (x, mut y) = (across(parts), up(parts));
    let several = data.series.len() > 1;
    let named = json!({"field": "series", "type": "nominal", "title": chart.series, "sort": Value::Null});
    let base = parts.plot.map(|plot| if chart.kind == "barh" { plot.across.axis.base() } else { plot.up.axis.base() });
    let (mark, mut encoding) = match chart.kind.as_str() {
        "pie" => {
            let color =
                json!({"field": "x", "type": "nominal", "title": titled(&data.labels.0), "sort": names_of(data)});
            let theta = json!({"field": "y", "type": "quantitative"});
            return json!({"mark": "arc", "encoding": {"theta": theta, "color": color, "order": order()}});
        }
        "heat" => {
            let rows: Vec<&str> = data.series.iter().map(|s| s.name.as_str()).collect();
            let up = json!({"field": "series", "type": "nominal", "title": chart.series, "sort": rows});
            let color = json!({"field": "y", "type": "quantitative", "title": titled(&data.labels.1), "scale": {"scheme": "blues"}});
            return json!({"mark": "rect", "encoding": {"x": x, "y": up, "color": color}});
        }
        "hist" => {
            let mut x = json!({"field": "x", "bin": "binned", "type": "quantitative", "title": titled(&data.labels.1)});
            x["scale"] = parts.plot.map_or(Value::Null, |plot| scale(&plot.across.axis));
            y["title"] = chart.y_title.as_deref().map_or(json!("count"), titled);
            return json!({"mark": "bar", "encoding": {"x": x, "x2": {"field": "x2"}, "y": y}});
        }
        "bar" | "barh" if chart.stack => (json!("bar"), json!({"x": x, "y": y})),
        "bar" | "barh" => {
            // Without a value of its own a bar of a logarithmic axis stands nowhere.
            (json!("bar"), json!({"x": x, "y": y, "y2": {"datum": base}}))
        }
        "box" => (json!({"type": "boxplot", "extent": 1.5}), json!({"x": x, "y": y})),
        "area" => {
            let opacity = if chart.stack || !several { 0.85 } else { 0.4 };
            (json!({"type": "area", "opacity": opacity, "line": true}), json!({"x": x, "y": y}))
        }
        "line" => (json!({"type": "line", "point": data.points().count() <= 60}), json!({"x": x, "y": y})),
        _ => (json!({"type": "point", "filled": true}), json!({"x": x, "y": y})),
    };
    if several {
        encoding["color"] = named;
        if chart.stack {
            encoding["order"] = order();
        }
        if matches!(chart.kind.as_str(), "bar" | "barh" | "box") && !chart.stack {
            encoding["xOffset"] = json!({"field": "series", "type": "nominal", "sort": Value::Null});
        }
    }
    if chart.kind == "barh" {
        encoding = turned(&encoding);
    }
    json!({"mark": mark, "encoding": encoding})
}

/// The encoding of a lying chart.
fn turned(encoding: &Value) -> Value {
    let names = [("x", "y"), ("y", "x"), ("x2", "y2"), ("y2", "x2"), ("xOffset", "yOffset")];
    let other = |name: &str| names.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| *to).to_owned();
    encoding.as_object().into_iter().flatten().map(|(name, value)| (other(name), value.clone())).collect()
}

/// The layers for what Vega-Lite has no word for.
fn extensions(parts: &Parts<'_>) -> Vec<Value> {
    let Parts { chart, data, trends, .. } = parts;
    if matches!(chart.kind.as_str(), "pie" | "heat") {
        return Vec::new();
    }
    let (theme, mut layers) = (Theme::of(chart), Vec::new());
    let (x, y) = (across(parts), json!({"field": "y", "type": "quantitative", "title": titled(&data.labels.1)}));
    let lying = chart.kind == "barh";
    let turn = |encoding: Value| if lying { turned(&encoding) } else { encoding };
    if data.points().any(|p| p.error > 0.0) {
        let y = json!({"field": "low", "type": "quantitative", "title": titled(&data.labels.1)});
        let mut encoding = json!({"x": x, "y": y, "y2": {"field": "high"}});
        if data.series.len() > 1 && matches!(chart.kind.as_str(), "bar" | "barh") {
            encoding["xOffset"] = json!({"field": "series", "type": "nominal", "sort": Value::Null});
        }
        layers
            .push(json!({"transform": [{"filter": "isValid(datum.low)"}], "mark": "rule", "encoding": turn(encoding)}));
    }
    if data.points().any(|p| p.estimated) && matches!(chart.kind.as_str(), "line" | "scatter") {
        let mark = json!({"type": "point", "filled": true, "fill": hex(theme.background), "stroke": hex(theme.color(0)), "size": 80, "opacity": 1});
        layers.push(json!({"transform": [{"filter": "datum.estimated"}], "mark": mark, "encoding": {"x": x, "y": y}}));
    }
    for trend in *trends {
        let curve = |from: f64, to: f64| -> Vec<Value> {
            let one = |x: f64| {
                let band = trend.fit.band(x);
                json!({"x": place(x, data), "y": trend.fit.at(x), "low": band.map(|b| b.0), "high": band.map(|b| b.1)})
            };
            let mut places = trend.fit.places(from, to);
            places.extend(trend.wanted().iter().filter(|x| (from..=to).contains(*x)));
            places.sort_by(f64::total_cmp);
            places.into_iter().map(one).collect()
        };
        if chart.band && trend.fit.band(trend.to).is_some() {
            let y = json!({"field": "low", "type": "quantitative", "title": titled(&data.labels.1)});
            layers.push(json!({"data": {"values": curve(trend.from, trend.to)},
                "mark": {"type": "area", "opacity": 0.15, "color": hex(theme.trend())},
                "encoding": {"x": x, "y": y, "y2": {"field": "high"}}}));
        }
        let mut line = |from: f64, to: f64, dash: [u8; 2]| {
            layers.push(json!({"data": {"values": curve(from, to)}, "encoding": {"x": x, "y": y},
                "mark": {"type": "line", "color": hex(theme.trend()), "strokeDash": dash}}));
        };
        line(trend.from, trend.last, [1, 0]);
        if trend.to > trend.last {
            line(trend.last, trend.to, [8, 6]);
        }
    }
    for at in &chart.lines {
        let at = if chart.share { at / 100.0 } else { *at };
        layers.push(
            json!({"mark": {"type": "rule", "strokeDash": [4, 4], "color": hex(theme.muted)}, "encoding": turn(json!({"y": {"datum": at}}))}),
        );
    }
    if let Some(day) = parts.today {
        let x = json!({"datum": place(day, data), "type": "temporal"});
        layers.push(json!({"mark": {"type": "rule", "strokeDash": [6, 6], "color": "grey"}, "encoding": {"x": x}}));
    }
    layers
}
