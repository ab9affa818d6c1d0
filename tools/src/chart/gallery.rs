//! The charts of `examples/charts`: each is drawn as its SVG there has it. With `CHARTS_OUT=DIR` the pictures,
//! specifications and scripts are written into DIR, for eyes, for `compare.py`, and to be copied where a
//! difference is meant.

#![allow(clippy::unwrap_used)]
use super::testing::table;
use super::*;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Deserialize)]
struct Case {
    name: String,
    chart: Value,
    /// A line a row, as `testing::table` reads them.
    table: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../examples/charts")
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join("charts.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn made(chart: &Value, rows: &str) -> Made {
    let tables = [("t1".to_owned(), Arc::new(Table { title: "Example".into(), ..table(rows) }))];
    let mut args = chart.clone();
    args["data"] = json!("t1");
    let (chart, table) = request::settle(request::read(&args, NaiveDate::default()).unwrap(), &tables).unwrap();
    Made::of(chart, table).unwrap()
}

#[test]
fn charts_are_drawn_as_they_were() {
    let out = std::env::var_os("CHARTS_OUT").map(PathBuf::from);
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40);
    for case in cases {
        let made = made(&case.chart, &case.table.join("\n"));
        let Drawing { svg, width, height, .. } = &made.drawing;
        if let Some(out) = &out {
            std::fs::write(out.join(format!("{}.svg", case.name)), svg).unwrap();
            let scale = made.chart.scale.unwrap_or(1);
            made.save(out, &case.name, &raster::render(svg, width * scale, height * scale).unwrap()).unwrap();
            std::fs::write(out.join(format!("{}.txt", case.name)), made.words()).unwrap();
        }
        // How wide other scripts are depends on the machine's fonts.
        let foreign = svg.chars().any(polymath_quantity::text::is_cjk);
        let kept = std::fs::read_to_string(folder().join("svg").join(format!("{}.svg", case.name)));
        if !foreign && kept.unwrap_or_default() != *svg {
            wrong.push(case.name);
        }
    }
    assert!(
        wrong.is_empty(),
        "drawn otherwise than in examples/charts/svg: {wrong:?}; look at them with CHARTS_OUT=DIR"
    );
}

/// Every label of a drawing, as a box in pixels.
fn boxes(svg: &str) -> Vec<(f64, f64, f64, f64)> {
    let value = |tag: &str, name: &str| {
        let from = tag.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        tag[from..].split('"').next().unwrap().to_owned()
    };
    let texts =
        svg.split("<text ").skip(1).filter(|tag| !tag.contains("rotate(") && tag.contains("font-weight=\"normal\""));
    let one = |tag: &str| {
        let tag = format!(" {tag}");
        let inner = tag[tag.find('>').unwrap() + 1..].split("</text>").next().unwrap().replace("&lt;", "<");
        let size: f64 = value(&tag, "font-size").parse().unwrap();
        let (x, y): (f64, f64) = (value(&tag, "x").parse().unwrap(), value(&tag, "y").parse().unwrap());
        let wide = raster::widths([inner.as_str()], size)[0];
        let left = match value(&tag, "text-anchor").as_str() {
            "middle" => x - wide / 2.0,
            "end" => x - wide,
            _ => x,
        };
        (left, y - size * 0.72, left + wide, y)
    };
    texts.map(one).collect()
}

/// What a drawing is measured in.
fn size(svg: &str) -> (f64, f64) {
    let numbers = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
    let (width, height) = numbers.split_once(' ').unwrap();
    (width.parse().unwrap(), height.parse().unwrap())
}

#[test]
fn labels_stay_in_the_picture_and_apart() {
    for case in cases() {
        let made = made(&case.chart, &case.table.join("\n"));
        let (width, height) = size(&made.drawing.svg);
        let all = boxes(&made.drawing.svg);
        for (i, a) in all.iter().enumerate() {
            assert!(
                a.0 >= 0.0 && a.1 >= 0.0 && a.2 <= width && a.3 <= height,
                "{}: {a:?} leaves the picture",
                case.name
            );
            let over = all[..i].iter().find(|b| a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3);
            assert!(over.is_none(), "{}: {a:?} is over {over:?}", case.name);
        }
    }
}

#[test]
fn many_points_are_few_marks() {
    // Numerical Recipes' generator: points without a pattern.
    let noise = |i: u32| i.wrapping_mul(1_664_525).wrapping_add(1_013_904_223).wrapping_mul(22_695_477) >> 12;
    let rows = |n: u32| (0..n).map(|i| format!("\n{i} | {}", noise(i))).collect::<String>();
    let text = format!("x | y{}", rows(100_000));
    let line = made(&json!({"kind": "line", "x": "x", "y": "y"}), &text);
    assert!(line.drawing.svg.len() < 200_000, "{}", line.drawing.svg.len());
    let dots = made(&json!({"kind": "scatter", "x": "x", "y": "y"}), &text);
    let count = dots.drawing.svg.matches("<circle").count();
    assert!((10_000..90_000).contains(&count), "{count} dots");
}
