//! What a request wants changed of the chart that was just drawn, said by the model in a few fixed forms ("leave out: Ost",
//! "since: 2031-08", "stack: yes", "y title: guests a night") with the chart's own names, times and columns: people say the same change in many words.

#[cfg(test)]
mod examples;
mod said;
mod scaled;

use super::Step;
use super::colors::names as colors;
use super::columns::{is_numeric, of_across, of_beside, of_column, of_series};
use super::redrawn::{is_of_chart, like, of_other_values, untitled};
use super::spanned::{days_said, is_part};
use crate::evidence::clip;
use crate::guide::digits::in_digits;
use crate::guide::state::{piece_of, quoted};
use crate::lead::Turn;
use crate::notebook::{Chart, Chat};
use crate::prompts::EDITS;
use polymath_chat::{Cell, CompletionError, Constraint, Table};
use polymath_quantity::figures;
use polymath_tools::chart::KINDS;
use polymath_tools::in_sql;
use std::collections::BTreeSet;

/// Tokens of the changes.
const LONGEST: usize = 90;
/// Names of a column that can be left out, and changes of one request, at most.
const NAMES: usize = 40;
const EDITS_AT_MOST: usize = 4;
/// What is said of a request that changes nothing.
const NONE: &str = "none";

/// The plan of a request that changes the chart that was just drawn; `None` where it changes nothing of it.
pub async fn edited(turn: &mut Turn<'_>) -> anyhow::Result<Option<Vec<Step>>> {
    let request = turn.question.clone();
    let Some(chart) = is_of_chart(&request, turn.chat).then(|| turn.chat.charts.last().cloned()).flatten() else {
        return Ok(None);
    };
    let Some(table) = turn.chat.table_named(&chart.table).cloned() else { return Ok(None) };
    let there = There::of(&chart, &table, turn.chat, &request);
    let task =
        EDITS.ask(there.prompt(&chart, &request), LONGEST).constrained(Constraint::Lark(there.grammar(&request)));
    let text = match turn.complete(task).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("changes of {}: {text}", chart.name);
    let text = said::as_said(&text, &request, &chart);
    Ok(steps(&text, &chart, &table, turn.chat).filter(|_| !EDITS.leaks(&text, &request)))
}

/// What a chart's changes can be made of.
struct There {
    /// Columns of names, each with its own.
    names: Vec<(String, Vec<String>)>,
    /// Days, months, years and quarters that go across.
    times: Vec<String>,
    /// What goes across from and to, where it has no names.
    span: Option<String>,
    /// Columns of numbers that are not drawn, and columns of names by which lines can be told apart.
    numbers: Vec<String>,
    series: Vec<String>,
    /// Columns that can go across, and those of numbers that can stand side by side.
    others: Vec<String>,
    measures: Vec<String>,
    columns: Vec<String>,
    /// Units that the request names and values can be told in.
    units: Vec<String>,
    /// Whether bars stand for spans of values.
    distribution: bool,
}

impl There {
    fn of(chart: &Chart, table: &Table, chat: &Chat, request: &str) -> Self {
        let at = |column: &str| table.columns.iter().position(|own| own == column);
        let cells = |i: usize| table.rows.iter().filter_map(move |row| row.get(i)).filter(|cell| cell.text.is_some());
        let worded = |cell: &Cell| cell.number.is_none() && (cell.date.is_none() || is_part(cell));
        let names = [Some(chart.x.as_str()), chart.series.as_deref()].into_iter().flatten().filter_map(|column| {
            let i = at(column)?;
            let mut own: Vec<String> = Vec::new();
            for cell in cells(i).filter(|cell| worded(cell) || chart.series.as_deref() == Some(column)) {
                let text = cell.display().to_owned();
                if !own.contains(&text) && own.len() < NAMES && !text.contains(['"', '\n', '\\']) {
                    own.push(text);
                }
            }
            (!own.is_empty()).then(|| (column.to_owned(), own))
        });
        let names: Vec<(String, Vec<String>)> = names.collect();
        let across: Vec<&Cell> = at(&chart.x).into_iter().flat_map(cells).collect();
        let mut times: BTreeSet<String> = BTreeSet::new();
        for cell in &across {
            let parts = is_part(cell).then(|| cell.display().to_owned());
            times.extend(parts);
            let year =
                cell.number.filter(|n| n.fract() == 0.0 && (1500.0..2200.0).contains(n) && chart.kind != "scatter");
            times.extend(year.map(|year| year.to_string()));
            if let Some(date) = cell.date.as_deref().filter(|_| !is_part(cell)) {
                times.extend([4, 7].into_iter().filter_map(|length| date.get(..length)).map(str::to_owned));
            }
        }
        let year = times.iter().next().and_then(|first| first.get(..4)).unwrap_or_default().to_owned();
        // Since the only year there is, there is all.
        let years: BTreeSet<String> = times.iter().filter_map(|time| time.get(..4)).map(str::to_owned).collect();
        if let (1, true) = (years.len(), times.len() > 1) {
            times.retain(|time| time.len() > 4);
        }
        if !times.is_empty() && !across.iter().any(|cell| is_part(cell)) {
            let days = days_said(request, &year);
            // Who says a day means no month.
            times.retain(|time| !days.iter().any(|day| day.starts_with(time.as_str())));
            times.extend(days);
        }
        let text =
            |cell: Option<&&Cell>| cell.map(|cell| cell.date.clone().unwrap_or_else(|| cell.display().to_owned()));
        let span = text(across.first()).zip(text(across.last())).map(|(from, to)| format!("{from} to {to}"));
        let mut columns = table.columns.clone();
        columns.extend(chat.tables.iter().flat_map(|table| table.columns.clone()).filter(|c| !c.starts_with("Total ")));
        let mut seen = BTreeSet::new();
        columns.retain(|column| seen.insert(column.to_lowercase()) && !column.contains(['"', '\n', '\\']));
        let is = |numeric: bool, column: &&String| {
            chat.tables.iter().any(|table| {
                let at = table.columns.iter().position(|own| own == *column);
                at.is_some_and(|at| is_numeric(table, at) == numeric)
            })
        };
        let side_by_side = chart.series.is_none() && ["bar", "barh", "line", "area"].contains(&chart.kind.as_str());
        let measures: Vec<String> = match side_by_side {
            true => columns.iter().filter(|c| **c != chart.x).filter(|c| is(true, c)).cloned().collect(),
            false => Vec::new(),
        };
        let others = columns.iter().filter(|c| **c != chart.x && **c != chart.y).cloned().collect();
        let numbers =
            columns.iter().filter(|c| **c != chart.y && **c != chart.x).filter(|c| is(true, c)).cloned().collect();
        let series = columns.iter().filter(|c| **c != chart.x).filter(|c| is(false, c)).cloned().collect();
        There {
            span: span.filter(|_| !names.iter().any(|(column, _)| *column == chart.x)),
            names,
            times: times.into_iter().collect(),
            numbers,
            series,
            others,
            measures,
            columns,
            units: scaled::units(request, table, chat),
            distribution: chart.kind == "hist",
        }
    }

    fn prompt(&self, chart: &Chart, request: &str) -> String {
        let mut names: Vec<String> = self.span.iter().cloned().collect();
        names.extend(self.names.iter().map(|(_, own)| own.join(", ")));
        let series = chart.series.as_ref().map(|series| format!(", series {series}")).unwrap_or_default();
        let by = if chart.x.is_empty() { String::new() } else { format!(" by {}", chart.x) };
        format!(
            "Chart: {} of {}{by}{series}\nNames: {}\nColumns: {}\nRequest: {}",
            chart.kind,
            chart.y,
            clip(&names.join("; "), 400),
            clip(&self.columns.join(", "), 200),
            clip(request, 200)
        )
    }

    /// The changes that there can be, each once or more.
    fn grammar(&self, request: &str) -> String {
        let any = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" | ");
        let names: Vec<String> = self.names.iter().flat_map(|(_, own)| own.clone()).collect();
        let said = in_digits(request);
        let numbers: BTreeSet<String> = figures(&said)
            .into_iter()
            .filter(|figure| figure.date.is_none())
            .filter_map(|figure| figure.number)
            .map(|number| number.to_string())
            .collect();
        let numbers: Vec<String> = numbers.into_iter().collect();
        let counts: Vec<String> =
            numbers.iter().filter(|n| n.parse::<u32>().is_ok_and(|n| n < 1000)).cloned().collect();
        let kinds = KINDS.map(str::to_owned);
        let sizes: Vec<String> =
            scaled::SIZES.iter().map(|(size, _)| (*size).to_owned()).chain(self.units.iter().cloned()).collect();
        let mut edits = vec![
            format!("\"kind: \" ({})", any(&kinds)),
            "\"sort: \" (\"largest first\" | \"smallest first\" | \"no\")".to_owned(),
            "(\"log: \" | \"grid: \" | \"trend: \" | \"stack: \" | \"values: \" | \"zero: \" | \"shares: \") (\"yes\" | \"no\")"
                .to_owned(),
            "\"title: \" PIECE".to_owned(),
            "(\"x title: \" | \"y title: \") (PIECE | \"no\")".to_owned(),
            format!("\"color: \" ({})", any(&colors())),
            format!("\"in: \" ({})", any(&sizes)),
        ];
        let mut add = |texts: &[String], rule: &str| {
            if !texts.is_empty() {
                edits.push(rule.replace("{}", &any(texts)));
            }
        };
        add(&names, "(\"leave out: \" | \"only: \") name (\", \" name){0,7}");
        add(&self.times, "(\"since: \" | \"until: \") ({})");
        add(&counts, "\"top: \" ({})");
        add(&numbers, "(\"at least: \" | \"at most: \") ({})");
        if self.distribution {
            add(&numbers, "\"bin: \" ({})");
        }
        add(&self.numbers, "\"column: \" ({})");
        add(&self.others, "\"across: \" ({})");
        if self.measures.len() > 1 {
            add(&self.measures, "\"beside: \" ({}) (\", \" ({0})){1,5}".replace("{0}", &any(&self.measures)).as_str());
        }
        add(&self.series, "\"series: \" ({})");
        let name = if names.is_empty() { String::new() } else { format!("name: {}\n", any(&names)) };
        format!(
            "start: \"{NONE}\" | edit (\"\\n\" edit){{0,{}}}\nedit: {}\n{name}PIECE: {}\n",
            EDITS_AT_MOST - 1,
            edits.join(" | "),
            piece_of(&said::unquoted(request))
        )
    }
}

/// The steps that make these changes; `None` where there are none.
fn steps(text: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<Vec<Step>> {
    let edits: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(": ")).collect();
    if edits.is_empty() {
        return None;
    }
    let said = |edit: &str| edits.iter().find(|(own, _)| *own == edit).map(|(_, value)| *value);
    let (mut chart, mut queries) = (chart.clone(), Vec::new());
    let next = |queries: &Vec<(String, String)>| format!("t{}", chat.tables.len() + 1 + queries.len());
    let beside = |columns: &str, chart: &Chart, table: &Table, chat: &Chat| {
        of_beside(&columns.split(", ").collect::<Vec<_>>(), chart, table, chat)
    };
    type Of = fn(&str, &Chart, &Table, &Chat) -> Option<(String, Chart)>;
    let columns: [(&str, Of); 4] =
        [("column", of_column), ("across", of_across), ("series", of_series), ("beside", beside)];
    for (edit, of) in columns {
        let Some(column) = said(edit) else { continue };
        let (query, mut drawn) = of(column, &chart, table, chat)?;
        if edit == "across" {
            drawn.x_title = None;
        }
        let (query, drawn) = match edit {
            "column" | "beside" => of_other_values((query, drawn), &chart, chat),
            _ => (query, untitled(drawn, chat)),
        };
        let name = next(&queries);
        queries.push((name.clone(), query));
        chart = Chart { table: name, ..drawn };
    }
    let own = |name: &str| {
        let holds = |column: &&String| {
            let at = table.columns.iter().position(|own| own == *column);
            at.is_some_and(|at| table.rows.iter().any(|row| row.get(at).is_some_and(|cell| cell.display() == name)))
        };
        [Some(&chart.x), chart.series.as_ref()].into_iter().flatten().find(holds).cloned()
    };
    let mut conditions = Vec::new();
    for (edit, value) in &edits {
        match *edit {
            "leave out" | "only" => {
                let names: Vec<&str> = value.split(", ").collect();
                let column = own(names[0])?;
                let list: Vec<String> = names.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
                let not = if *edit == "leave out" { "NOT " } else { "" };
                conditions.push(format!("{} {not}IN ({})", in_sql(&column), list.join(", ")));
            }
            "since" | "until" => {
                let (column, sign) = (in_sql(&chart.x), if *edit == "since" { ">=" } else { "<=" });
                let at = table.columns.iter().position(|own| *own == chart.x)?;
                let year = table.rows.iter().filter_map(|row| row.get(at)).all(|cell| cell.number.is_some());
                conditions.push(match (table.rows.first()?.get(at).is_some_and(is_part), year) {
                    (true, _) => format!("{column} {sign} '{value}'"),
                    (false, true) => format!("{column} {sign} {value}"),
                    _ => format!("substr({column}, 1, {}) {sign} '{value}'", value.len()),
                });
            }
            "at least" => conditions.push(format!("{} >= {value}", in_sql(&chart.y))),
            "at most" => conditions.push(format!("{} <= {value}", in_sql(&chart.y))),
            _ => {}
        }
    }
    let mut options = options(&edits);
    let down = match said("sort") {
        Some("smallest first") => Some(""),
        Some("largest first") => Some(" DESC"),
        _ => None,
    };
    let upwards = down == Some("");
    let top = said("top").filter(|_| chart.series.is_none());
    if !conditions.is_empty() || top.is_some() || upwards {
        let condition =
            if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let order = down.or(top.map(|_| " DESC")).map(|down| format!(" ORDER BY {}{down}", in_sql(&chart.y)));
        let limit = top.map(|n| format!(" LIMIT {n}")).unwrap_or_default();
        let name = next(&queries);
        queries.push((
            name.clone(),
            format!("SELECT * FROM {}{condition}{}{limit}", chart.table, order.unwrap_or_default()),
        ));
        chart.table = name;
    }
    if let Some(goal) = said("in") {
        let (query, drawn) = scaled::scaled(goal, &chart, table, chat)?;
        let name = next(&queries);
        queries.push((name.clone(), query));
        chart = Chart { table: name, ..untitled(drawn, chat) };
    }
    match said("shares") {
        Some("yes") if chart.series.is_some() => {
            // What the axis is called now is said behind it.
            options.splice(0..0, scaled::stacked(said("kind").unwrap_or(&chart.kind))?);
            if chart.title.is_some() && untitled(chart.clone(), chat).title.is_none() && said("title").is_none() {
                options.push(("title".to_owned(), String::new()));
            }
        }
        Some("yes") => {
            let (query, drawn) = scaled::shared(&chart)?;
            let name = next(&queries);
            queries.push((name.clone(), query));
            chart = Chart { table: name, ..untitled(drawn, chat) };
        }
        // Values that a query has made shares of are in the table before.
        Some(_) if chart.share => options.push(("share".to_owned(), "no".to_owned())),
        Some(_) => return None,
        None => {}
    }
    chart.sort = chart.sort && !upwards;
    if queries.is_empty() {
        return (!options.is_empty()).then(|| vec![Step::Change { chart: chart.name.clone(), options }]);
    }
    let mut drawn = like(&chart, &chart.table);
    if let Step::Chart { kind, options: own, .. } = &mut drawn {
        for (option, value) in options {
            match option.as_str() {
                "kind" => *kind = value,
                _ => {
                    own.retain(|(known, _)| *known != option);
                    own.push((option, value));
                }
            }
        }
    }
    let steps = queries.into_iter().map(|(name, query)| Step::Sql { name, query });
    Some(steps.chain([drawn]).collect())
}

/// The changes that are options of a chart.
fn options(edits: &[(&str, &str)]) -> Vec<(String, String)> {
    let option = |(edit, value): &(&str, &str)| {
        // Quotation marks, and the end of a sentence, are no part of a title.
        let value = value.trim_matches(|c: char| "\"“”„«»".contains(c)).trim();
        let value = value.strip_suffix('.').filter(|own| own.contains(' ') && !own.ends_with('.')).unwrap_or(value);
        let value = match (*edit, value) {
            ("sort", "largest first") => "yes",
            ("sort", "smallest first") => return None,
            ("x title" | "y title", "no") => "",
            ("kind" | "sort" | "log" | "grid" | "trend" | "stack" | "title" | "color" | "bin", value) => value,
            ("x title" | "y title" | "values" | "zero", value) => value,
            _ => return None,
        };
        Some((edit.replace(' ', "_"), value.to_owned()))
    };
    edits.iter().filter_map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;
    use polymath_model::constrain::Compiler;

    fn conversation(rows: &[[&str; 3]], x: &str, y: &str) -> Chat {
        let mut chat = Chat::new("c");
        let cell = |text: &&str| {
            let (number, date) = polymath_quantity::read(text).values();
            Cell { number, date, ..Cell::new(*text, Provenance::Given) }
        };
        let columns = ["when", "branch", "cups"].map(str::to_owned).to_vec();
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        chat.tables.push(Table { title: "sales.csv".into(), columns, rows });
        let (kind, x, y) = ("bar".to_owned(), x.to_owned(), y.to_owned());
        chat.charts.push(Chart { name: "c1".into(), table: "t1".into(), kind, x, y, ..Chart::default() });
        chat
    }

    #[track_caller]
    fn check(chat: &Chat, text: &str, want: &str) {
        let made = steps(text, &chat.charts[0], &chat.tables[0], chat);
        let told: Vec<String> = made.into_iter().flatten().map(|step| step.to_string()).collect();
        assert_eq!(told.join("; "), want, "{text}");
    }

    const ROWS: [[&str; 3]; 2] = [["2031-03", "harbour", "40"], ["2031-04", "airport", "12"]];

    #[test]
    fn changes_are_queries_and_options() {
        let chat = conversation(&ROWS, "branch", "cups");
        check(&chat, "kind: pie\ntitle: Cups", "change(c1, kind=pie, title=Cups)");
        check(&chat, "title: Cups of the week.", "change(c1, title=Cups of the week)");
        check(&chat, "none", "");
        let drawn = |query: &str| format!("t2 = sql(SELECT * FROM t1{query}); chart(bar, t2, x=branch, y=cups)");
        check(&chat, "leave out: airport", &drawn(" WHERE \"branch\" NOT IN ('airport')"));
        let sized = "t2 = sql(SELECT \"branch\", \"cups\" / 1000.0 AS \"cups (thousands)\" FROM t1); chart(bar, t2, x=branch, \
                     y=cups (thousands))";
        check(&chat, "in: thousands", sized);
        check(&chat, "top: 1", &drawn(" ORDER BY \"cups\" DESC LIMIT 1"));
        check(&chat, "sort: smallest first", &drawn(" ORDER BY \"cups\""));
        check(&chat, "across: when", "t2 = sql(SELECT * FROM t1); chart(bar, t2, x=when, y=cups)");
        let beside = "t2 = sql(SELECT \"branch\", 'cups' AS \"Series\", \"cups\" AS \"Value\" FROM (SELECT * FROM t1) UNION ALL \
                      SELECT \"branch\", 'mugs' AS \"Series\", \"mugs\" AS \"Value\" FROM (SELECT * FROM t1)); chart(bar, t2, \
                      x=branch, y=Value, series=Series, stack=yes)";
        let mut wide = chat.clone();
        wide.tables[0].columns.push("mugs".into());
        wide.tables[0].rows.iter_mut().for_each(|row| row.push(row[2].clone()));
        check(&wide, "beside: cups, mugs\nstack: yes", beside);
        let most = " WHERE \"branch\" IN ('harbour', 'airport') AND \"cups\" >= 20";
        let want = drawn(most).replace("y=cups)", "y=cups, log=yes)");
        check(&chat, "only: harbour, airport\nat least: 20\nlog: yes", &want);
        let chat = conversation(&ROWS, "when", "cups");
        let since =
            "t2 = sql(SELECT * FROM t1 WHERE substr(\"when\", 1, 7) >= '2031-04'); chart(bar, t2, x=when, y=cups)";
        check(&chat, "since: 2031-04", since);
    }

    #[test]
    fn axes_values_and_shares_are_options_where_they_can_be() {
        let mut chat = conversation(&ROWS, "branch", "cups");
        let said = "x title: no\ny title: cups a week\nvalues: yes\nzero: yes";
        check(&chat, said, "change(c1, x_title=, y_title=cups a week, values=yes, zero=yes)");
        let shared = "t2 = sql(SELECT \"branch\", 100.0 * \"cups\" / (SELECT SUM(\"cups\") FROM t1) AS \"cups (%)\" FROM t1); \
                      chart(bar, t2, x=branch, y=cups (%), values=yes)";
        check(&chat, "shares: yes\nvalues: yes", shared);
        check(&chat, "shares: no", "");
        chat.charts[0] = Chart { x: "when".into(), series: Some("branch".into()), ..chat.charts[0].clone() };
        check(&chat, "shares: yes", "change(c1, share=yes)");
        chat.charts[0].kind = "line".into();
        check(&chat, "shares: yes", "change(c1, kind=area, share=yes)");
        chat.charts[0].title = Some("Cups of the branches".into());
        let anew = "change(c1, share=yes, kind=bar, y_title=of all, title=)";
        check(&chat, "shares: yes\nkind: bar\ny title: of all", anew);
        chat.charts[0].title = None;
        chat.charts[0] = Chart { stack: true, share: true, values: Some(true), ..chat.charts[0].clone() };
        check(&chat, "shares: no", "change(c1, share=no)");
        let kept = "t2 = sql(SELECT * FROM t1 WHERE \"branch\" NOT IN ('airport')); \
                    chart(line, t2, x=when, y=cups, stack=yes, share=yes, values=yes, series=branch)";
        check(&chat, "leave out: airport", kept);
    }

    #[test]
    fn another_unit_has_a_title_of_its_own() {
        let mut chat = conversation(&ROWS, "branch", "wait (min)");
        chat.tables[0].columns[2] = "wait (min)".into();
        let (title, y_title) = (Some("Waiting in minutes".to_owned()), Some("minutes".to_owned()));
        chat.charts[0] = Chart { title, y_title, ..chat.charts[0].clone() };
        let drawn = "t2 = sql(SELECT \"branch\", \"wait (min)\" / 60.0 AS \"wait (hours)\" FROM t1); \
                     chart(bar, t2, x=branch, y=wait (hours)";
        check(&chat, "in: hours", &format!("{drawn})"));
        check(&chat, "in: hours\ny title: time", &format!("{drawn}, y_title=time)"));
        let compiler = Compiler::of_bytes().unwrap_or_else(|why| panic!("{why}"));
        let fits = |request: &str, text: &str| {
            let grammar = There::of(&chat.charts[0], &chat.tables[0], &chat, request).grammar(request);
            compiler.check(&Constraint::Lark(grammar), text).is_ok()
        };
        assert!(fits("in hours please", "in: hours") && !fits("in metres please", "in: metres"));
        assert!(
            fits("call the y axis 'time spent'", "y title: time spent")
                && fits("title: my dogs' time", "title: my dogs'")
        );
        let request = "call the y axis time spent, no other title";
        assert!(fits(request, "y title: time spent\nx title: no\nvalues: no\nzero: yes"));
        assert!(fits(request, "shares: yes") && !fits(request, "y title: waiting") && !fits(request, "values: time"));
    }

    #[test]
    fn changes_are_made_of_what_is_there() {
        let compiler = Compiler::of_bytes().unwrap_or_else(|why| panic!("{why}"));
        let chat = conversation(&ROWS, "branch", "cups");
        let request = "the two biggest, at most 40 cups, titled Best of Ost";
        let lark = |chat: &Chat| {
            let there = There::of(&chat.charts[0], &chat.tables[0], chat, request);
            Constraint::Lark(there.grammar(request))
        };
        let fits = |chat: &Chat, text: &str| compiler.check(&lark(chat), text).is_ok();
        assert!(fits(&chat, "none") && fits(&chat, "top: 2\nat most: 40\ntitle: Best of Ost"));
        assert!(fits(&chat, "leave out: airport, harbour") && !fits(&chat, "leave out: museum"));
        assert!(!fits(&chat, "top: 3") && !fits(&chat, "since: 2031-03") && !fits(&chat, "title: Cups"));
        let chat = conversation(&ROWS, "when", "cups");
        assert!(fits(&chat, "since: 2031-03\nseries: branch") && !fits(&chat, "until: 2032-03"));
    }
}
