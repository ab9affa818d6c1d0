//! A chart as a Python program: matplotlib draws it, numpy works out the same numbers again.

use super::across::Across;
use super::axis::{Axis, Law};
use super::data::Data;
use super::dates::moment_name;
use super::fit::Method;
use super::labels::{step, texts};
use super::palette::{Theme, hex};
use super::shapes::binned;
use super::sides::names_of;
use super::ticks::full;
use super::trend::Trend;
use super::vega::Parts;
use polymath_chat::Chart;
use serde_json::json;
use std::fmt::Write;

/// The program of a chart, or of small charts in a grid. It prints the trends' values, and writes the picture
/// beside itself.
pub fn script(chart: &Chart, title: &str, all: &[Parts<'_>], columns: usize) -> String {
    let Some(first) = all.first() else { return String::new() };
    let mut out = String::from(
        "import matplotlib\nmatplotlib.use(\"Agg\")\nimport matplotlib.pyplot as plt\nimport numpy as np\n",
    );
    if matches!(first.data.across, Across::Dates { .. }) {
        out.push_str("from datetime import datetime\n");
    }
    if chart.theme.as_deref() == Some("dark") {
        out.push_str("\nplt.style.use(\"dark_background\")\n");
    }
    out.push_str(
        "\nplt.rcParams[\"font.sans-serif\"] = [\"DejaVu Sans\", \"Noto Sans CJK SC\", \"Noto Serif CJK SC\"]\n",
    );
    if chart.values == Some(true) && chart.kind != "pie" {
        out.push_str(WRITE);
    }
    if all.len() == 1 {
        out.push_str("fig, ax = plt.subplots(figsize=(9.6, 6))\n");
        axes(first, &mut out);
        let _ = writeln!(out, "ax.set_title({})", text(title));
        out.push_str(LEGEND);
    } else {
        let rows = all.len().div_ceil(columns);
        let _ = writeln!(
            out,
            "fig, grid = plt.subplots({rows}, {columns}, figsize=({}, {}), sharex=True, sharey=True, squeeze=False)",
            3.2 * columns as f64,
            2.6 * rows as f64
        );
        for (i, one) in all.iter().enumerate() {
            let _ = writeln!(out, "\nax = grid.flat[{i}]");
            axes(one, &mut out);
            let _ = writeln!(out, "ax.set_title({})", text(one.title));
            out.push_str(LEGEND);
        }
        let _ = writeln!(
            out,
            "for ax in grid.flat[{}:]:\n    ax.set_visible(False)\nfig.suptitle({})",
            all.len(),
            text(title)
        );
    }
    out.push_str("fig.tight_layout()\nfig.savefig(\"chart.png\", dpi=150)\n");
    out
}

/// What is written and turned where there is something to it.
const LEGEND: &str = "if ax.get_legend_handles_labels()[1]:\n    ax.legend()\nif ax.name == \"rectilinear\":\n    \
                      plt.setp(ax.get_xticklabels(), rotation=30, ha=\"right\")\n";

/// Writes values at marks: beyond the ends of bars and above points, or in the middle of what they are of.
const WRITE: &str = r#"

def write(xs, ys, texts, lying=False, within=False):
    for x, y, said in zip(xs, ys, texts):
        below = not within and y < 0
        off = 0 if within else -5 if below else 5
        places = dict(ha="center", va="center") if within else dict(ha="center", va="top" if below else "bottom")
        if lying and not within:
            places = dict(ha="right" if below else "left", va="center")
        at, off = ((y, x), (off, 0)) if lying else ((x, y), (0, off))
        ax.annotate(said, at, xytext=off, textcoords="offset points", fontsize=8, **places)


"#;

/// What is drawn into the axes `ax`.
fn axes(parts: &Parts<'_>, out: &mut String) {
    let Parts { chart, data, .. } = parts;
    match chart.kind.as_str() {
        "pie" => pie(chart, data, out),
        "hist" => bins(parts, out),
        "heat" => heat(parts, out),
        _ => series(parts, out),
    }
    for trend in parts.trends {
        fit(trend, parts, out);
    }
    if let Some(plot) = parts.plot.filter(|_| chart.kind != "heat") {
        let lying = chart.kind == "barh";
        scale("y", if lying { None } else { Some(&plot.up.axis) }, out);
        scale("x", if lying || chart.kind == "hist" { Some(&plot.across.axis) } else { None }, out);
        for at in &plot.lines {
            let line = if lying { "axvline" } else { "axhline" };
            let _ = writeln!(out, "ax.{line}({at}, color=\"{}\", linestyle=\"dotted\")", hex(plot.theme.muted));
        }
        let _ = writeln!(out, "ax.set_xlabel({})\nax.set_ylabel({})", text(&plot.across.name), text(&plot.up.name));
    }
    if let Some(day) = parts.today {
        let _ = writeln!(
            out,
            "ax.axvline(datetime.fromisoformat({}), color=\"grey\", linestyle=\"dashed\", label=\"today\")",
            text(&moment_name(day))
        );
    }
    if chart.grid {
        out.push_str("ax.grid(alpha=0.3)\n");
    }
}

/// Text as Python reads it: JSON's strings are Python's.
fn text(value: &str) -> String {
    json!(value).to_string()
}

fn numbers(values: impl Iterator<Item = f64>) -> String {
    let all: Vec<String> =
        values.map(|v| if v.is_nan() { "np.nan".to_owned() } else { json!(v).to_string() }).collect();
    format!("np.array([{}], dtype=float)", all.join(", "))
}

/// Places across, as matplotlib takes them.
fn places(values: impl Iterator<Item = f64>, data: &Data) -> String {
    match &data.across {
        Across::Dates { .. } => {
            let all: Vec<String> = values.map(|x| text(&moment_name(x))).collect();
            format!("[datetime.fromisoformat(day) for day in [{}]]", all.join(", "))
        }
        _ => numbers(values),
    }
}

fn series(parts: &Parts<'_>, out: &mut String) {
    let Parts { chart, data, .. } = parts;
    let lying = chart.kind == "barh";
    let theme = Theme::of(chart);
    let names = names_of(data);
    let groups = if chart.stack { 1 } else { data.series.len() };
    if chart.stack {
        let _ = writeln!(
            out,
            "above, below = {{}}, {{}}\n\n\ndef reached(xs, ys):\n    ends = []\n    for x, y in zip(xs, ys):\n        side = above if y >= 0 else below\n        ends.append(side.get(x, 0.0))\n        side[x] = ends[-1] + y\n    return np.array(ends)\n\n"
        );
    }
    if chart.share {
        shares(data, out);
    }
    let written = if chart.values == Some(true) { texts(chart, data) } else { Vec::new() };
    for (i, one) in data.series.iter().enumerate() {
        let gaps = one.gaps.iter().map(|x| (*x, f64::NAN, 0.0));
        let broken = matches!(chart.kind.as_str(), "line" | "area") && !chart.stack;
        let mut points: Vec<(f64, f64, f64)> =
            one.points.iter().map(|p| (p.x, p.y, p.error)).chain(gaps.filter(|_| broken)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if !chart.share {
            let (xs, ys) = (points.iter().map(|p| p.0), points.iter().map(|p| p.1));
            let _ = writeln!(out, "x{i} = {}\ny{i} = {}", places(xs, data), numbers(ys));
        }
        let paint = hex(theme.color(i));
        let label = if data.series.len() > 1 { text(&one.name) } else { text(data.called()) };
        let width = 0.8 / groups as f64;
        let off = if chart.stack { 0.0 } else { (i as f64 - (groups as f64 - 1.0) / 2.0) * width };
        let _ = match chart.kind.as_str() {
            "bar" if chart.stack => writeln!(
                out,
                "from{i} = reached(x{i}, y{i})\nax.bar(x{i}, y{i}, {width}, bottom=from{i}, color=\"{paint}\", label={label})"
            ),
            "barh" if chart.stack => writeln!(
                out,
                "from{i} = reached(x{i}, y{i})\nax.barh(x{i}, y{i}, {width}, left=from{i}, color=\"{paint}\", label={label})"
            ),
            "bar" => writeln!(out, "ax.bar(x{i} + {off}, y{i}, {width}, color=\"{paint}\", label={label})"),
            "barh" => writeln!(out, "ax.barh(x{i} + {off}, y{i}, {width}, color=\"{paint}\", label={label})"),
            "area" if chart.stack => writeln!(
                out,
                "from{i} = reached(x{i}, y{i})\nax.fill_between(x{i}, from{i}, from{i} + y{i}, color=\"{paint}\", alpha=0.85, label={label})"
            ),
            "area" => writeln!(out, "ax.fill_between(x{i}, y{i}, color=\"{paint}\", alpha=0.5, label={label})"),
            "box" => writeln!(
                out,
                "groups = [y{i}[x{i} == at] for at in range({})]\nax.boxplot(groups, positions=np.arange({}) + {off}, widths={}, manage_ticks=False, boxprops=dict(color=\"{paint}\"))\nprint({label}, [np.percentile(group, [25, 50, 75]).tolist() for group in groups if len(group)])",
                names.len(),
                names.len(),
                width * 0.7
            ),
            "line" => writeln!(
                out,
                "ax.plot(x{i}, y{i}, color=\"{paint}\", marker={}, label={label})",
                if one.points.len() <= 60 { "\"o\"" } else { "None" }
            ),
            _ => writeln!(out, "ax.scatter(x{i}, y{i}, color=\"{paint}\", label={label})"),
        };
        if points.iter().any(|p| p.2 > 0.0) {
            let (places, way) = if lying {
                (format!("y{i}, x{i} + {off}"), "xerr")
            } else if chart.kind == "bar" {
                (format!("x{i} + {off}, y{i}"), "yerr")
            } else {
                (format!("x{i}, y{i}"), "yerr")
            };
            let _ = writeln!(
                out,
                "ax.errorbar({places}, {way}={}, fmt=\"none\", ecolor=\"#3c3c3c\", capsize=4)",
                numbers(points.iter().map(|p| p.2))
            );
        }
        if let Some(texts) = written.get(i) {
            let kept: Vec<(usize, &String)> =
                texts.iter().enumerate().filter_map(|(n, text)| Some((n, text.as_ref()?))).collect();
            let (at, said): (Vec<usize>, Vec<&String>) = kept.into_iter().unzip();
            let xs = places(at.iter().map(|n| one.points[*n].x), data);
            let grouped = off != 0.0 && matches!(chart.kind.as_str(), "bar" | "barh");
            let xs = if grouped { format!("{xs} + {off}") } else { xs };
            let (lying, said) = (if lying { ", lying=True" } else { "" }, json!(said));
            let _ = match chart.stack {
                true => writeln!(out, "write({xs}, (from{i} + y{i} / 2)[{at:?}], {said}{lying}, within=True)"),
                false => writeln!(out, "write({xs}, {}, {said}{lying})", numbers(at.iter().map(|n| one.points[*n].y))),
            };
        }
        let guessed: Vec<_> = one.points.iter().filter(|p| p.estimated).collect();
        if !guessed.is_empty() && matches!(chart.kind.as_str(), "line" | "scatter") {
            let _ = writeln!(
                out,
                "ax.scatter({}, {}, facecolor=\"{}\", edgecolor=\"{paint}\", zorder=3, label=\"estimated\")",
                places(guessed.iter().map(|p| p.x), data),
                numbers(guessed.iter().map(|p| p.y)),
                hex(theme.background)
            );
        }
        if !guessed.is_empty() && matches!(chart.kind.as_str(), "bar" | "barh") {
            let at: Vec<usize> = one.points.iter().enumerate().filter(|(_, p)| p.estimated).map(|(n, _)| n).collect();
            let _ = writeln!(
                out,
                "for at in {at:?}:\n    ax.containers[-1][at].set(facecolor=\"{}\", edgecolor=\"{paint}\")",
                hex(theme.pale(theme.color(i)))
            );
        }
    }
    if !names.is_empty() {
        let side = if lying { "y" } else { "x" };
        let _ = writeln!(out, "ax.set_{side}ticks(range({}), {})", names.len(), json!(names));
        if lying {
            out.push_str("ax.yaxis.set_inverted(True)\n");
        }
    }
}

/// The points of all series, and each as its share of what stands at its place.
fn shares(data: &Data, out: &mut String) {
    for (i, one) in data.series.iter().enumerate() {
        let xs = places(one.points.iter().map(|p| p.x), data);
        let _ = writeln!(out, "x{i} = {xs}\ny{i} = {}", numbers(one.points.iter().map(|p| p.amount)));
    }
    out.push_str("whole = {}\n");
    let all: Vec<String> = (0..data.series.len()).map(|i| format!("(x{i}, y{i})")).collect();
    let _ = writeln!(
        out,
        "for xs, ys in [{}]:\n    for x, y in zip(xs, ys):\n        whole[x] = whole.get(x, 0.0) + y",
        all.join(", ")
    );
    for (i, one) in data.series.iter().enumerate() {
        let _ = writeln!(
            out,
            "y{i} = np.array([100 * y / whole[x] if whole[x] else 0.0 for x, y in zip(x{i}, y{i})])\nprint({}, y{i}.tolist())",
            text(&one.name)
        );
    }
}

fn pie(chart: &Chart, data: &Data, out: &mut String) {
    let mut names: Vec<String> = data.points().filter_map(|p| names_of(data).get(p.x as usize)).cloned().collect();
    if chart.values == Some(true) {
        let texts = texts(chart, data).concat().into_iter().map(Option::unwrap_or_default);
        names.iter_mut().zip(texts).for_each(|(name, text)| *name = format!("{name}\n{text}"));
    }
    let shares = if chart.values == Some(false) { "None" } else { "\"%.1f%%\"" };
    let sizes = numbers(data.points().map(|p| p.y));
    let _ =
        writeln!(out, "ax.pie({sizes}, labels={}, autopct={shares}, startangle=90, counterclock=False)", json!(names));
}

fn bins(parts: &Parts<'_>, out: &mut String) {
    let (edges, counts) = binned(parts.chart, parts.data);
    let values = numbers(parts.data.points().map(|p| p.y));
    let _ = writeln!(
        out,
        "counts, _, _ = ax.hist({values}, bins={}, color=\"{}\", edgecolor=\"white\")\nprint(counts)",
        numbers(edges.iter().copied()),
        hex(Theme::of(parts.chart).color(0))
    );
    if parts.chart.values == Some(true) {
        let every = step(counts.len());
        let kept = |(n, count): &(usize, &usize)| **count > 0 && n % every == 0;
        let (at, said): (Vec<usize>, Vec<String>) =
            counts.iter().enumerate().filter(kept).map(|(n, count)| (n, full(*count as f64))).unzip();
        let middles = numbers(at.iter().map(|n| (edges[*n] + edges[n + 1]) / 2.0));
        let _ = writeln!(out, "write({middles}, counts[{at:?}], {})", json!(said));
    }
}

fn heat(parts: &Parts<'_>, out: &mut String) {
    let data = parts.data;
    let names = names_of(data);
    let mut rows = Vec::new();
    for series in &data.series {
        let mut row = vec![f64::NAN; names.len()];
        series.points.iter().for_each(|p| row[p.x as usize] = p.y);
        rows.push(numbers(row.into_iter()));
    }
    let series: Vec<&str> = data.series.iter().map(|s| s.name.as_str()).collect();
    // Small charts have one scale of colours.
    let shared = data.shared.as_ref().map(|shared| shared.values.iter().copied());
    let limits = shared.map_or(String::new(), |values| {
        let (least, most) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        format!(", vmin={least}, vmax={most}")
    });
    let _ = writeln!(
        out,
        "image = ax.imshow([{}], cmap=\"Blues\", aspect=\"auto\"{limits})\nfig.colorbar(image, label={})",
        rows.join(", "),
        text(&data.labels.1)
    );
    if parts.chart.values == Some(true) {
        let said = texts(parts.chart, data);
        for (row, (series, said)) in data.series.iter().zip(said).enumerate() {
            let xs = numbers(series.points.iter().map(|p| p.x));
            let _ = writeln!(out, "write({xs}, [{row}] * {}, {}, within=True)", series.points.len(), json!(said));
        }
    }
    let _ = writeln!(
        out,
        "ax.set_xticks(range({}), {})\nax.set_yticks(range({}), {})",
        names.len(),
        json!(names),
        series.len(),
        json!(series)
    );
}

fn scale(side: &str, axis: Option<&Axis>, out: &mut String) {
    let Some(axis) = axis else { return };
    let _ = match axis.law {
        Law::Linear => Ok(()),
        Law::Log => writeln!(out, "ax.set_{side}scale(\"log\")"),
        Law::Symlog(c) => writeln!(out, "ax.set_{side}scale(\"symlog\", linthresh={c})"),
    };
    let _ = writeln!(out, "ax.set_{side}lim({}, {})", axis.min, axis.max);
}

/// The trend again, by numpy where it is an equation; a curve without one is drawn as it was worked out.
fn fit(trend: &Trend, parts: &Parts<'_>, out: &mut String) {
    let Parts { data, chart, .. } = parts;
    let Some(i) = data.series.iter().position(|s| s.name == trend.series) else { return };
    let theme = Theme::of(chart);
    let paint = hex(if data.series.len() > 1 { theme.color(i) } else { theme.trend() });
    let dated = matches!(data.across, Across::Dates { .. });
    if !trend.fit.method.is_equation() {
        let curve = trend.fit.places(trend.from, trend.to);
        let values = numbers(curve.iter().map(|x| trend.fit.at(*x)));
        let _ = writeln!(
            out,
            "ax.plot({}, {values}, color=\"{paint}\", label=\"trend\")",
            places(curve.iter().copied(), data)
        );
        return;
    }
    let (degree, logged, power) = match trend.fit.method {
        Method::Polynomial(degree) => (degree, false, false),
        Method::Exponential => (1, true, false),
        Method::Power => (1, true, true),
        _ => (1, false, false),
    };
    let days = if dated {
        format!("np.array([at.toordinal() + (at.hour * 60 + at.minute) / 1440 for at in x{i}])")
    } else {
        format!("np.array(x{i}, dtype=float)")
    };
    let across = if power { "np.log10(days)" } else { "days" };
    let up = if logged { format!("np.log10(y{i})") } else { format!("y{i}") };
    let value = if logged { "10 ** np.polyval(fit, FOR)" } else { "np.polyval(fit, FOR)" };
    // Centred, so that days lose no digits.
    let _ = writeln!(
        out,
        "days = {days}\nkept = np.isfinite(y{i})\ncentre = {across}[kept].mean()\nfit = np.polyfit({across}[kept] - centre, {up}[kept], {degree})"
    );
    let at = |place: &str| {
        value.replace("FOR", &if power { format!("np.log10({place}) - centre") } else { format!("{place} - centre") })
    };
    let last = trend.to;
    let _ = writeln!(out, "curve = np.linspace({}, {last}, 101)", trend.from);
    let drawn = if dated { "[datetime.fromordinal(int(day)) for day in curve]" } else { "curve" };
    let _ =
        writeln!(out, "ax.plot({drawn}, {}, color=\"{paint}\", linestyle=\"dashed\", label=\"trend\")", at("curve"));
    let wanted: Vec<f64> = trend.wanted().to_vec();
    for place in wanted.iter().chain(std::iter::once(&trend.last)) {
        let name = if dated { moment_name(*place) } else { place.to_string() };
        let label = format!(
            "trend{} of {} at {name}:",
            if trend.series.is_empty() { String::new() } else { format!(" ({})", trend.series) },
            chart.y
        );
        let _ = writeln!(out, "print({}, {})", text(&label), at(&format!("{place}")));
    }
}
