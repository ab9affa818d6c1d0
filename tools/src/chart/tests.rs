#![allow(clippy::unwrap_used)]
use super::testing::table;
use super::*;
use serde_json::json;

use tokio_util::sync::CancellationToken;

const DAYS: &str = "Date | Valuation\n2016-08-23 | $40 million\n2018-08 | $1 billion\n2019-08-05 | $2 billion\n\
                    2021-04-13 | $7.3 billion\n2024-05-21 | ~$13.8 billion\n2025 | $29 billion";
const TOWNS: &str =
    "Town | Year | Output\nOslo | 2019 | 412.5\nOslo | 2020 | 436\nBergen | 2019 | 98\nBergen | 2020 | -40";

fn cx(out: &std::path::Path, text: &str) -> CallCx {
    CallCx {
        today: chrono::NaiveDate::default(),
        session: "t".into(),
        out: out.to_owned(),
        model: None,
        tables: vec![("t1".to_owned(), std::sync::Arc::new(table(text)))],
        files: Vec::new(),
        approve: None,
        cancel: CancellationToken::new(),
    }
}

/// Calls the tool on a table as text; the picture's own pixels are looked at.
async fn try_draw(text: &str, args: Value) -> Result<(ToolOutput, resvg::tiny_skia::Pixmap), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut all = json!({"data": "t1"});
    all.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    let output = Charts::default().call(all, &cx(folder.path(), text)).await.map_err(|e| e.to_string())?;
    let png = std::fs::read(&output.artifacts[0].path).unwrap();
    Ok((output, resvg::tiny_skia::Pixmap::decode_png(&png).unwrap()))
}

fn series_color(i: usize) -> plotters::style::RGBColor {
    palette::THEMES[0].1.color(i)
}

/// Pixels of a colour.
fn count(picture: &resvg::tiny_skia::Pixmap, color: plotters::style::RGBColor) -> usize {
    let same =
        |p: &&resvg::tiny_skia::PremultipliedColorU8| (p.red(), p.green(), p.blue()) == (color.0, color.1, color.2);
    picture.pixels().iter().filter(same).count()
}

/// Draws; the picture is large enough, has text, and at least `pixels` of the first series' colour.
#[track_caller]
fn draw(text: &str, args: Value, pixels: usize) -> (ToolOutput, resvg::tiny_skia::Pixmap) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (output, picture) = runtime.block_on(try_draw(text, args)).unwrap();
    assert!(picture.width() >= 900 && picture.height() >= 560);
    let got = count(&picture, series_color(0));
    assert!(got >= pixels, "{got} pixels of the first series: {}", output.content);
    assert!(count(&picture, plotters::style::RGBColor(34, 34, 34)) > 200, "no text");
    (output, picture)
}

#[test]
fn bars_are_drawn_of_each_kind() {
    let towns = "Town | Output\nOslo | 412.5\nBergen | 98\nBodø | -40\nVardø | ";
    let (output, _) = draw(towns, json!({"kind": "bar", "x": "town", "y": "output"}), 20_000);
    assert!(
        output
            .content
            .starts_with("figure saved: data-Output-by-Town.png\nbar chart of t1: Output by Town, 3 rows drawn")
    );
    assert!(output.content.contains("rows left out: 1 without a number in Output"), "{}", output.content);
    let kept = &output.charts[0];
    assert_eq!((kept.table.as_str(), kept.x.as_str(), kept.y.as_str()), ("t1", "Town", "Output"));
    draw(towns, json!({"kind": "barh", "x": "Town", "y": "Output", "sort": true, "log": true}), 20_000);
    let args = json!({"kind": "bar", "x": "Year", "y": "Output", "series": "Town", "grid": true, "title": "两个城市"});
    let (output, picture) = draw(TOWNS, args, 10_000);
    assert!(count(&picture, series_color(1)) > 2000 && output.content.contains("2 series by Town, grid"));
    assert_eq!(output.artifacts[0].name, "两个城市.png");
}

#[test]
fn slices_bins_lines_and_dots_are_drawn() {
    let towns = "Town | Output\nOslo | 60\nBergen | 30\nBodø | ~10";
    let (_, picture) = draw(towns, json!({"kind": "pie", "x": "Town", "y": "Output"}), 50_000);
    let (first, second) = (count(&picture, series_color(0)), count(&picture, series_color(1)));
    assert!((1.8..2.2).contains(&(first as f64 / second as f64)), "{first} and {second} pixels");
    let ages: String = (0..100).map(|i| format!("\n{}", i * i % 97)).collect();
    let (output, _) = draw(&format!("Age{ages}"), json!({"kind": "hist", "y": "Age"}), 50_000);
    assert!(output.content.contains("hist chart of t1: Age, 100 rows drawn"), "{}", output.content);
    let (output, _) = draw(TOWNS, json!({"kind": "scatter", "x": "Year", "y": "Output"}), 300);
    assert!(output.content.contains("Output over Year (dates), 4 rows"), "{}", output.content);
    draw("x | y\n3 | 5", json!({"kind": "line", "x": "x", "y": "y"}), 80);
}

#[test]
fn a_trend_is_drawn_told_and_given_as_data() {
    let args = json!({"kind": "line", "x": "Date", "y": "Valuation", "trend": true, "until": "2026-12-31",
        "today": "2025-11-28", "log": true});
    let (output, picture) = draw(DAYS, args, 1000);
    assert!(count(&picture, series_color(3)) > 300, "no dashed line");
    let told = &output.content;
    for part in [
        "Valuation (USD) over Date (dates), 6 rows",
        "estimated values, marked so: 1",
        "log10(Valuation) = ",
        "a year",
        "least squares over 6 rows, 1 of them estimated",
        "today is marked: 2025-11-28",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let values = &output.tables[0];
    assert_eq!(values.columns, ["Date", "trend of Valuation (USD)"]);
    let days: Vec<_> = values.rows.iter().map(|row| row[0].date.as_deref().unwrap()).collect();
    assert_eq!(days, ["2025-11-28", "2026-12-31"]);
    let cell = &values.rows[1][1];
    assert!(matches!(*cell.provenance, Provenance::Extrapolated { .. }));
    // numpy.polyfit of log10 over the ordinals of the six days
    assert!((cell.number.unwrap() / 146_815_614_709.570 - 1.0).abs() < 1e-9, "{cell:?}");
}

#[test]
fn what_cannot_be_drawn_is_an_error_that_says_why() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fails = |text: &str, args: Value, why: &str| {
        let error = runtime.block_on(try_draw(text, args)).map(|(output, _)| output.content).unwrap_err();
        assert!(error.contains(why), "{error}");
    };
    fails(TOWNS, json!({"kind": "bar", "x": "Town", "y": "Height"}), "no column of numbers `Height`");
    fails(TOWNS, json!({"kind": "bar", "x": "Town", "y": "Output", "trend": true}), "several rows for Oslo");
    fails(
        TOWNS,
        json!({"kind": "line", "x": "Town", "y": "Output", "trend": true}),
        "a trend needs kind line, area or scatter, and dates",
    );
    fails("Year | N\n2020 | 1", json!({"kind": "line", "x": "Year", "y": "N", "trend": true}), "two different Year");
    fails("Town | N\nA | 1\nB | -2", json!({"kind": "pie", "x": "Town", "y": "N"}), "N has -2");
    let many: String = (0..13).map(|i| format!("\n{i} | {i} | 1")).collect();
    fails(&format!("a | b | c{many}"), json!({"kind": "line", "x": "a", "y": "c", "series": "b"}), "b has 13 values");
}

#[test]
fn small_charts_have_words_values_and_files_of_their_own() {
    let rows: String = ["A", "B", "C"]
        .iter()
        .flat_map(|town| {
            (2018..2023).map(move |year| format!("\n{town} | {year} | {}", (year - 2000) * town.len() as i32))
        })
        .collect();
    let text = format!("Town | Year | Output{rows}");
    let args = json!({"kind": "scatter", "x": "Year", "y": "Output", "facet": "town", "trend": true, "until": "2025", "lines": [20]});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (output, _) = runtime.block_on(try_draw(&text, args)).unwrap();
    for part in [
        "scatter chart of t1: Output over Year (dates), 15 rows drawn, a small chart for each Town",
        "Year from 2018 to 2022",
        "A: Output: 18 (2018) to 22 (2022), last 22 (2022)",
        "lines are drawn at 20",
        "trend of B: Output = 18",
    ] {
        assert!(output.content.contains(part), "{part} is not in {}", output.content);
    }
    let values = &output.tables[0];
    assert_eq!((values.columns.join(","), values.rows.len()), ("Town,Year,trend of Output".to_owned(), 3));
    assert_eq!(values.rows[2][0].display(), "C");
    let unfit = json!({"kind": "bar", "x": "Year", "y": "Output", "facet": "Town", "trend": true});
    let error = runtime.block_on(try_draw(&text, unfit)).map(|_| ()).unwrap_err();
    assert!(error.contains("a trend needs kind line, area or scatter"), "{error}");
}

#[test]
fn pictures_are_as_large_as_they_are_asked_for_and_in_their_theme() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let size = |args: Value| {
        let (_, picture) = runtime.block_on(try_draw(TOWNS, args)).unwrap();
        let corner = picture.pixels()[0];
        (picture.width(), picture.height(), (corner.red(), corner.green(), corner.blue()))
    };
    let args = json!({"kind": "scatter", "x": "Year", "y": "Output", "width": 400, "scale": 2, "theme": "dark"});
    let (width, height, corner) = size(args);
    assert!(width == 800 && height > 500 && corner == (24, 27, 32), "{width} {height} {corner:?}");
    let narrow = size(json!({"kind": "scatter", "x": "Year", "y": "Output", "width": 320}));
    assert!(narrow.0 == 320 && narrow.1 > 240 && narrow.2 == (255, 255, 255), "{narrow:?}");
    assert_eq!(size(json!({"kind": "scatter", "x": "Year", "y": "Output"})).0, 1440);
}

#[test]
fn what_a_logarithm_or_a_font_lacks_is_told() {
    let text = "Day | Profit\n2020-01-01 | 5\n2020-01-02 | 0\n2020-01-03 | -3\n2020-01-04 | 50";
    let (output, _) = draw(text, json!({"kind": "line", "x": "Day", "y": "Profit", "log": true}), 80);
    let told = "rows left out: 2 not above zero, which a logarithmic axis cannot show (`symlog` instead of `log` can)";
    assert!(output.content.contains(told), "{}", output.content);
    let title = json!({"kind": "line", "x": "Day", "y": "Profit", "title": "a\u{50005}b"});
    let (output, _) = draw(text, title, 80);
    assert!(output.content.contains("which are boxes in the picture: \u{50005};"), "{}", output.content);
}

#[test]
fn a_chart_that_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let args = json!({"data": "t1", "kind": "line", "x": "Year", "y": "Output", "series": "Town", "title": "a/b"});
    let name = || {
        let call = Charts::default();
        runtime.block_on(call.call(args.clone(), &cx(folder.path(), TOWNS))).unwrap().artifacts.remove(0).name
    };
    assert_eq!([name(), name()], ["a-b.png", "a-b-2.png"]);
}

/// A chart's drawing, its specification, its script, and its words.
fn all_of(text: &str, args: Value) -> (Drawing, Value, String, String) {
    let tables = [("t1".to_owned(), std::sync::Arc::new(table(text)))];
    let mut all = json!({"data": "t1"});
    all.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    let (chart, table) = request::settle(request::read(&all, chrono::NaiveDate::default()).unwrap(), &tables).unwrap();
    let made = Made::of(chart, table).unwrap();
    let parts: Vec<vega::Parts<'_>> = made.panels.iter().map(|panel| made.part(panel)).collect();
    let spec = vega::spec(&made.chart, &made.title, &parts, 1);
    let script = script::script(&made.chart, &made.title, &parts, 1);
    let words = made.words();
    (made.drawing, spec, script, words)
}

#[test]
fn axes_are_called_so_everywhere() {
    let towns = "Town | Output\nOslo | 60\nBergen | 30";
    let args = json!({"kind": "barh", "x": "Town", "y": "Output", "x_title": "places", "y_title": "GWh a year"});
    let (drawing, spec, script, words) = all_of(towns, args);
    assert!(drawing.svg.contains(">places</text>") && drawing.svg.contains(">GWh a year</text>"));
    assert!(!drawing.svg.contains(">Output</text>") && !drawing.svg.contains(">Town</text>"));
    // What is below where bars lie are the values.
    assert_eq!(
        (&spec["encoding"]["x"]["title"], &spec["encoding"]["y"]["title"]),
        (&json!("GWh a year"), &json!("places"))
    );
    assert!(script.contains("ax.set_xlabel(\"GWh a year\")\nax.set_ylabel(\"places\")"), "{script}");
    assert!(words.starts_with("barh chart of t1: GWh a year by places, 2 rows"), "{words}");
    let bare = json!({"kind": "bar", "x": "Town", "y": "Output", "x_title": "", "y_title": ""});
    let (drawing, spec, script, words) = all_of(towns, bare);
    assert!(!drawing.svg.contains(">Output</text>") && spec["encoding"]["y"]["title"].is_null());
    assert!(script.contains("ax.set_xlabel(\"\")\nax.set_ylabel(\"\")"), "{script}");
    assert!(words.starts_with("bar chart of t1: Output by Town, 2 rows"), "{words}");
    let hist = json!({"kind": "hist", "y": "Output", "x_title": "GWh", "y_title": "towns"});
    let (_, spec, script, _) = all_of(towns, hist);
    assert_eq!((&spec["encoding"]["x"]["title"], &spec["encoding"]["y"]["title"]), (&json!("GWh"), &json!("towns")));
    assert!(script.contains("ax.set_xlabel(\"GWh\")\nax.set_ylabel(\"towns\")"), "{script}");
}

#[test]
fn values_stand_at_marks_where_they_are_wanted() {
    let towns = "Town | Output\nOslo | 60\nBergen | 30\nBodø | -10";
    let written = |values: Value, kind: &str| {
        let (drawing, spec, script, words) =
            all_of(towns, json!({"kind": kind, "x": "Town", "y": "Output", "values": values}));
        let is_value = |text: &&&str| {
            let ends = format!(">{text}</text>");
            drawing.svg.lines().any(|line| line.contains("font-size=\"19\"") && line.ends_with(&ends))
        };
        let labels = ["60", "30", "-10"].iter().filter(is_value);
        let layer = spec["layer"].as_array().is_some_and(|all| all.iter().any(|one| one["mark"]["type"] == "text"));
        (
            labels.count(),
            layer,
            script.contains("write(np.array([0.0, 1.0, 2.0], dtype=float)"),
            words.contains("values at the marks"),
        )
    };
    assert_eq!(written(json!(null), "bar"), (3, false, false, false));
    assert_eq!(written(json!(false), "bar"), (0, false, false, true));
    assert_eq!(written(json!(true), "bar").0, 3);
    assert_eq!(written(json!(null), "line"), (0, false, false, false));
    assert_eq!(written(json!(true), "line"), (3, true, true, true));
    let (_, spec, _, _) = all_of(towns, json!({"kind": "bar", "x": "Town", "y": "Output", "values": true}));
    assert_eq!(spec["data"]["values"][2], json!({"x": "Bodø", "y": -10.0, "label": "-10"}));
    let rows: String = (0..200).map(|i| format!("\n{i} | {}", i % 7)).collect();
    let many = json!({"kind": "line", "x": "x", "y": "y", "values": true});
    let (drawing, _, _, words) = all_of(&format!("x | y{rows}"), many);
    let count = drawing.svg.matches("font-size=\"19\"").count();
    assert!(count > 20 && count + drawing.unwritten == 50, "{count}, {} left out", drawing.unwritten);
    assert!(words.contains("values at one of 4 marks: there are too many"), "{words}");
}

#[test]
fn a_line_starts_at_zero_where_it_is_wanted() {
    let days = "Year | Output\n2018 | 410\n2019 | 436\n2020 | 431";
    let domain = |args: Value| {
        let (_, spec, script, words) = all_of(days, args);
        let from = spec["encoding"]["y"]["scale"]["domain"][0].as_f64().unwrap();
        assert_eq!(script.contains("ax.set_ylim(0, "), from == 0.0, "{script}");
        assert_eq!(words.contains("axis from zero"), from == 0.0, "{words}");
        from
    };
    assert_eq!(domain(json!({"kind": "line", "x": "Year", "y": "Output", "zero": true})), 0.0);
    assert_eq!(domain(json!({"kind": "scatter", "x": "Year", "y": "Output", "zero": true})), 0.0);
    assert!(domain(json!({"kind": "line", "x": "Year", "y": "Output", "zero": false})) > 400.0);
    let bars = |zero: bool| {
        let args = json!({"kind": "bar", "x": "Year", "y": "Output", "zero": zero});
        all_of(days, args).1["encoding"]["y"]["scale"]["domain"].clone()
    };
    assert_eq!(bars(false), bars(true));
}

#[test]
fn shares_are_stacks_of_a_hundred_percent() {
    let text = "Year | Town | Output\n2019 | Oslo | 60\n2019 | Bergen | 20\n2020 | Oslo | 30\n2020 | Bergen | 30";
    let args = json!({"kind": "bar", "x": "Year", "y": "Output", "series": "Town", "stack": true, "share": true});
    let (drawing, spec, script, words) = all_of(text, args);
    let y = &spec["encoding"]["y"];
    assert_eq!(
        (&y["stack"], &y["axis"]["format"], &y["scale"]["domain"]),
        (&json!("normalize"), &json!(".0%"), &json!([0, 1]))
    );
    assert_eq!(spec["data"]["values"][2], json!({"x": "2019", "y": 20.0, "series": "Bergen", "order": 1}));
    assert!(drawing.svg.contains(">100%</text>") && drawing.svg.contains(">Output (%)</text>"), "{}", drawing.svg);
    assert!(script.contains("y1 = np.array([20.0, 30.0], dtype=float)\nwhole = {}"), "{script}");
    assert!(
        script.contains("y1 = np.array([100 * y / whole[x] if whole[x] else 0.0 for x, y in zip(x1, y1)])"),
        "{script}"
    );
    assert!(words.contains("stacked to 100%") && words.contains("Oslo: 50% (2020) to 75% (2019)"), "{words}");
}
