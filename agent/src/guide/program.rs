//! Programs with gaps: for the common things people ask of a table, the model only says which
//! columns and dates are meant (under a schema made of that table), and the program is written
//! here. What fits none of them the model writes itself.

use super::state::object;
use crate::evidence::clip;
use crate::guide::plan::{begins, is_line_alone};
use crate::lead::Turn;
use crate::prompts::{KINDS, TREND};
use polymath_chat::{Completion, Constraint, Table};
use serde::Deserialize;
use serde_json::{Value, json};

/// Beginnings of words without which no missing values are to be estimated, and no trend is wanted.
const FILLING: &[&str] = &[
    "estim", "guess", "missing", "fill", "imput", "unknown", "gap", "schätz", "fehl", "manqu", "estima", "falt", "估",
    "缺", "补", "補", "推算", "推定",
];
const TRENDS: &[&str] = &[
    "trend", "extrapol", "predict", "forecast", "project", "fit", "regress", "will", "future", "expect", "prognos",
    "vorher", "tendenc", "tendance", "prév", "pronost", "趋势", "趨勢", "预测", "予測", "傾向", "线性", "回归",
];

/// What a request turns out to need.
pub enum Need {
    /// This program.
    Program(String),
    /// One that the model has to write.
    Other,
}

/// The program for a request, if it is one of the common ones. `name` is the table's variable.
pub async fn write(turn: &mut Turn<'_>, name: &str, table: &Table) -> anyhow::Result<Need> {
    let columns = Columns::of(table);
    let mut kinds = Vec::new();
    if !columns.incomplete.is_empty() && columns.numbers.len() > 1 {
        kinds.push("fill");
    }
    if !columns.numbers.is_empty() && (!columns.dates.is_empty() || columns.numbers.len() > 1) {
        kinds.push("trend");
    }
    kinds.retain(|kind| {
        let words = if *kind == "fill" { FILLING } else { TRENDS };
        // A line through what is drawn is the chart's own affair.
        let drawn = *kind == "trend" && is_line_alone(&turn.asked);
        !drawn && words.iter().any(|word| begins(&turn.asked.to_lowercase(), word))
    });
    if kinds.is_empty() {
        return Ok(Need::Other);
    }
    kinds.push("other");
    let task = KINDS.ask(clip(&turn.asked, 1500), 5);
    let choices = Constraint::Choice(kinds.iter().map(|k| (*k).to_owned()).collect());
    match turn.complete(task.constrained(choices)).await?.as_str() {
        "fill" => estimate(turn, name, table, &columns).await.map(Need::Program),
        "trend" => trend(turn, name, &columns).await.map(Need::Program),
        _ => Ok(Need::Other),
    }
}

/// A table's columns by what they hold.
struct Columns {
    numbers: Vec<String>,
    dates: Vec<String>,
    /// Numbers with gaps.
    incomplete: Vec<String>,
}

impl Columns {
    fn of(table: &Table) -> Columns {
        let cells = |i: usize| table.rows.iter().filter_map(move |row| row.get(i));
        let names = |wanted: &dyn Fn(usize) -> bool| {
            let columns = table.columns.iter().enumerate();
            columns.filter(|(i, _)| wanted(*i)).map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        let numeric =
            |i: usize| cells(i).any(|c| c.number.is_some()) && cells(i).all(|c| c.number.is_some() || c.text.is_none());
        let gaps = |i: usize| cells(i).any(|c| c.text.is_none());
        Columns {
            numbers: names(&numeric),
            dates: names(&|i| cells(i).any(|c| c.date.is_some()) && !numeric(i)),
            incomplete: names(&|i| numeric(i) && gaps(i)),
        }
    }
}

/// Asks for the gaps of a program.
async fn fill<T: for<'a> Deserialize<'a>>(turn: &mut Turn<'_>, what: &str, gaps: Value) -> anyhow::Result<T> {
    let prompt = format!("{what}\nToday is {}.\nRequest: {}", turn.agent.settings.today(), clip(&turn.asked, 1500));
    let text = turn.complete(Completion::new(prompt, 120).constrained(Constraint::JsonSchema(gaps))).await?;
    Ok(serde_json::from_str(&text)?)
}

#[derive(Deserialize)]
struct Estimate {
    fill: String,
    from: String,
}

/// Missing values from the usual ratio to another column, worked out both ways round: the mean of the
/// ratios, and one over the mean of their inverses. The two are the ends of a range, their geometric mean
/// is its middle.
async fn estimate(turn: &mut Turn<'_>, df: &str, table: &Table, columns: &Columns) -> anyhow::Result<String> {
    let gaps = object(&[("fill", json!({"enum": columns.incomplete})), ("from", json!({"enum": columns.numbers}))]);
    let what = "Values that are missing in a column of a table are to be estimated from their ratio to another column. Which column \
                is to be filled, and from which?";
    let mut chosen: Estimate = fill(turn, what, gaps).await?;
    if chosen.from == chosen.fill {
        let other = columns.numbers.iter().find(|n| **n != chosen.fill && !columns.incomplete.contains(n));
        chosen.from = other.or(columns.numbers.iter().find(|n| **n != chosen.fill)).cloned().unwrap_or(chosen.from);
    }
    let (fill, from, key) = (json!(chosen.fill), json!(chosen.from), json!(table.columns[0]));
    Ok(format!(
        "KEY, FILL, FROM = {key}, {fill}, {from}\n\
         known = {df}.dropna(subset=[FILL, FROM])\n\
         ratios = known[FILL] / known[FROM]\n\
         for name, ratio in zip(known[KEY], ratios):\n    print(f\"{{name}}: ratio of {{FILL}} to {{FROM}} is {{ratio:.4g}}\")\n\
         ways = sorted([ratios.mean(), 1 / (1 / ratios).mean()])\n\
         ratio = (ways[0] * ways[1]) ** 0.5\n\
         print(f\"mean ratio: {{ratios.mean():.4g}}; one over the mean of {{FROM}} to {{FILL}}: {{1 / (1 / ratios).mean():.4g}}\")\n\
         missing = {df}[FILL].isna() & {df}[FROM].notna()\n\
         {df}[FILL] = {df}[FILL].fillna({df}[FROM] * ratio)\n\
         for name, base, value in zip({df}.loc[missing, KEY], {df}.loc[missing, FROM], {df}.loc[missing, FILL]):\n    \
             print(f\"{{name}}: estimated {{FILL}} {{value:,.0f}} (from {{base * ways[0]:,.0f}} to {{base * ways[1]:,.0f}})\")\n"
    ))
}

#[derive(Deserialize)]
struct Trend {
    across: String,
    up: String,
    until: String,
    days: Vec<String>,
    logarithmic: bool,
}

/// A straight line through the data, drawn and read off at the days asked for.
async fn trend(turn: &mut Turn<'_>, df: &str, columns: &Columns) -> anyhow::Result<String> {
    let across = if columns.dates.is_empty() { &columns.numbers } else { &columns.dates };
    let place = match columns.dates.is_empty() {
        true => json!({"type": "string", "pattern": "^-?[0-9]{1,9}(\\.[0-9]{1,4})?$"}),
        false => {
            json!({"type": "string", "pattern": "^(today|end of [0-9]{4}|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"})
        }
    };
    let gaps = object(&[
        ("across", json!({"enum": across})),
        ("up", json!({"enum": columns.numbers})),
        ("until", place.clone()),
        ("days", json!({"type": "array", "items": place, "minItems": 1, "maxItems": 4})),
        ("logarithmic", json!({"type": "boolean"})),
    ]);
    let today = turn.agent.settings.today();
    let prompt = format!("Request: {}", clip(&turn.asked, 1500));
    let task = TREND.ask(prompt, 120).constrained(Constraint::JsonSchema(gaps));
    let text = turn.complete(task).await?;
    let mut chosen: Trend = serde_json::from_str(&text)?;
    // On the axis of the chart that is there a straight line is one.
    chosen.logarithmic |= turn.chat.charts.last().is_some_and(|chart| chart.log && chart.y == chosen.up);
    for place in chosen.days.iter_mut().chain([&mut chosen.until]) {
        if place == "today" {
            *place = today.to_string();
        } else if let Some(year) = place.strip_prefix("end of ") {
            *place = format!("{year}-12-31");
        }
    }
    let (x, y, until, days) = (json!(chosen.across), json!(chosen.up), json!(chosen.until), json!(chosen.days));
    let dates = !columns.dates.is_empty();
    let (number, read, line) = match dates {
        true => (
            "known[X].map(pd.Timestamp.toordinal)",
            "pd.Timestamp(place)",
            "pd.date_range(known[X].min(), max([last] + places), periods=200)",
        ),
        false => ("known[X]", "float(place)", "np.linspace(known[X].min(), max([last] + places), 200)"),
    };
    let at = if dates { "place.toordinal()" } else { "place" };
    let shown = if dates { "place.date()" } else { "place" };
    // A line that is straight on a logarithmic axis is the fit of the logarithm.
    let (scale, from, to, named) = match chosen.logarithmic {
        true => ("plt.yscale(\"log\")\n", "np.log(known[Y])", "np.exp", "linear trend on the logarithmic axis"),
        false => ("", "known[Y]", "", "linear trend"),
    };
    let positive = if chosen.logarithmic { "known = known[known[Y] > 0]\n" } else { "" };
    let program = format!(
        "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n\n\
         X, Y = {x}, {y}\n\
         known = {df}.dropna(subset=[X, Y]).sort_values(X)\n\
         {positive}slope, start = np.polyfit({number}, {from}, 1)\n\n\
         def trend(place):\n    return {to}(slope * {at} + start)\n\n\
         def short(value, _=None):\n    \
             for size, letter in ((1e12, \"T\"), (1e9, \"B\"), (1e6, \"M\")):\n        \
                 if abs(value) >= size:\n            return f\"{{value / size:.4g}}{{letter}}\"\n    \
             return f\"{{value:,.4g}}\"\n\n\
         place = {until}\nlast = {read}\n\
         places = [{read} for place in {days}]\n\
         line = {line}\n\
         plt.plot(line, [trend(place) for place in line], label=\"{named}\")\n\
         plt.scatter(known[X], known[Y], color=\"black\", zorder=3, label=Y)\n\
         for place in places:\n    \
             plt.axvline(place, linestyle=\"--\", color=\"grey\")\n    \
             plt.annotate(f\"{{{shown}}}\\n{{short(trend(place))}}\", (place, trend(place)), textcoords=\"offset points\", xytext=(-8, 0), ha=\"right\")\n    \
             print(f\"{{Y}}, {named} at {{{shown}}}: {{trend(place):,.0f}}\")\n\
         {scale}plt.margins(y=0.15)\nplt.gca().yaxis.set_major_formatter(short)\n\
         plt.title(f\"{{Y}} and its {named}\")\nplt.xlabel(X)\nplt.ylabel(Y)\nplt.grid(True)\nplt.legend()\nplt.show()\n"
    );
    Ok(program)
}
