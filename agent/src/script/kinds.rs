//! What a step does: its kind with its arguments, and the names that its texts mention.

use super::error::{Place, ScriptError, nearest};
use super::file::{AssertFile, OneOrMore, Rows, StepFile};
use super::names::{Language, PYTHON, SQL, words};
use super::plan::{Assertion, Kind};
use super::template;
use crate::dispatch::check_arguments;
use polymath_chat::ToolSpec;
use serde_json::Value;
use std::collections::BTreeSet;
use toml::Spanned;

/// The kinds of step, by their keys.
pub const KINDS: [&str; 8] = ["ask", "tool", "sql", "python", "chart", "picture", "assert", "report"];
const STATUS: [&str; 6] = ["sourced", "computed", "imputed", "extrapolated", "given", "unverified"];

/// The names of a script.
pub struct Known {
    pub vars: Vec<String>,
    /// Variables that are lists.
    pub lists: Vec<String>,
    pub files: Vec<String>,
    pub steps: Vec<String>,
}

impl Known {
    pub fn vars_only(&self) -> BTreeSet<String> {
        self.vars.iter().cloned().collect()
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.vars.iter().chain(&self.files).chain(&self.steps)
    }

    fn tables(&self) -> Vec<String> {
        self.files.iter().chain(&self.steps).cloned().collect()
    }
}

/// Reads the texts of one step: what they name, and what is wrong with them.
pub struct Texts<'a> {
    place: &'a Place<'a>,
    known: &'a Known,
    key: &'a str,
    /// Whether `item` is known.
    each: bool,
    mentions: BTreeSet<String>,
    errors: Vec<ScriptError>,
}

impl<'a> Texts<'a> {
    pub fn new(place: &'a Place<'a>, known: &'a Known, key: &'a str, each: bool) -> Self {
        Texts { place, known, key, each, mentions: BTreeSet::new(), errors: Vec::new() }
    }

    pub fn end(self) -> (BTreeSet<String>, Vec<ScriptError>) {
        (self.mentions, self.errors)
    }

    pub fn template(&mut self, text: &Spanned<String>, key: &str) {
        self.read(text, key, template::names(text.get_ref()));
    }

    pub fn expression(&mut self, text: &Spanned<String>, key: &str) {
        self.read(text, key, template::names_of_expression(text.get_ref()));
    }

    /// All texts within a value.
    fn value<S>(&mut self, at: &Spanned<S>, value: &Value, key: &str) {
        match value {
            Value::String(text) => self.template(&Spanned::new(at.span(), text.clone()), key),
            Value::Array(list) => list.iter().for_each(|item| self.value(at, item, key)),
            Value::Object(map) => map.values().for_each(|item| self.value(at, item, key)),
            _ => {}
        }
    }

    fn read(&mut self, text: &Spanned<String>, key: &str, names: Result<BTreeSet<String>, String>) {
        match names {
            Err(why) => self.wrong(text, key, why, None),
            Ok(names) => {
                let (known, each) = (self.known, self.each);
                for name in names.into_iter().filter(|name| !(each && name == "item")) {
                    if known.all().any(|known| *known == name) {
                        self.mentions.insert(name);
                        continue;
                    }
                    let near = nearest(&name, known.all().map(String::as_str)).map(|near| format!("write {near}"));
                    let hint = match name.as_str() {
                        "item" => Some("`item` is known in steps with for-each".to_owned()),
                        _ => near,
                    };
                    self.wrong(text, key, format!("there is no variable, file or step `{name}`"), hint);
                }
            }
        }
    }

    /// A name that stands alone, of one of `kinds`.
    pub fn name(&mut self, name: &Spanned<String>, key: &str, kinds: &[String]) {
        if kinds.contains(name.get_ref()) {
            self.mentions.insert(name.get_ref().clone());
            return;
        }
        let near = nearest(name.get_ref(), kinds.iter().map(String::as_str)).map(|near| format!("write \"{near}\""));
        let hint = near.or_else(|| (!kinds.is_empty()).then(|| format!("there are {}", kinds.join(", "))));
        self.wrong(name, key, format!("there is no `{}`", name.get_ref()), hint);
    }

    /// Names that a program's words are.
    fn program(&mut self, code: &str, language: Language) {
        let words = words(code, language);
        let known = self.known;
        self.mentions.extend(known.all().filter(|name| words.contains(name)).cloned());
    }

    fn wrong<S>(&mut self, at: &Spanned<S>, key: &str, message: String, hint: Option<String>) {
        let key = if key.is_empty() { self.key.to_owned() } else { format!("{}.{key}", self.key) };
        let error = self.place.error(at.span(), key, message);
        self.errors.push(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
}

/// The step's kind; `None` where it has none, which is told.
pub fn kind(name: &Spanned<String>, step: &StepFile, tools: &[ToolSpec], texts: &mut Texts) -> Option<Kind> {
    let given: Vec<&str> = KINDS.into_iter().zip(written(step)).filter(|(_, is)| *is).map(|(key, _)| key).collect();
    let [kind] = given.as_slice() else {
        let message = match given.is_empty() {
            true => "the step does not say what it does".to_owned(),
            false => format!("the step does several things: {}", given.join(", ")),
        };
        texts.wrong(name, "", message, Some(format!("a step has one of the keys {}", KINDS.join(", "))));
        return None;
    };
    misplaced(kind, name, step, texts);
    let tables = texts.known.tables();
    if let Some(question) = &step.ask {
        texts.template(question, "ask");
        step.tables.iter().for_each(|table| texts.name(table, "tables", &tables));
        let steps = texts.known.steps.clone();
        step.follows.iter().for_each(|other| texts.name(other, "follows", &steps));
        let (tables, follows) = (list(&step.tables), step.follows.as_ref().map(|f| f.get_ref().clone()));
        return Some(Kind::Ask { question: question.get_ref().clone(), tables, follows });
    }
    if let Some(tool) = &step.tool {
        return Some(tool_call(tool, step, tools, texts));
    }
    if let Some(query) = &step.sql {
        texts.template(query, "sql");
        texts.program(query.get_ref(), SQL);
        return Some(Kind::Sql(query.get_ref().clone()));
    }
    if let Some(code) = &step.python {
        texts.program(code.get_ref(), PYTHON);
        return Some(Kind::Python(code.get_ref().clone()));
    }
    if let Some(chart) = &step.chart {
        return Some(Kind::Chart(chart_arguments(chart, tools, &tables, texts)));
    }
    if let Some(what) = &step.picture {
        texts.template(what, "picture");
        return Some(Kind::Picture(what.get_ref().clone()));
    }
    if let Some(assert) = &step.assert {
        return Some(Kind::Assert(Box::new(assertion(assert, &tables, texts))));
    }
    let report = step.report.as_ref()?;
    texts.template(report, "report");
    let steps = texts.known.steps.clone();
    step.show.iter().for_each(|shown| texts.name(shown, "show", &steps));
    Some(Kind::Report { text: report.get_ref().clone(), show: list(&step.show) })
}

/// Which of `KINDS` are written.
fn written(step: &StepFile) -> [bool; 8] {
    [
        step.ask.is_some(),
        step.tool.is_some(),
        step.sql.is_some(),
        step.python.is_some(),
        step.chart.is_some(),
        step.picture.is_some(),
        step.assert.is_some(),
        step.report.is_some(),
    ]
}

/// Keys that belong to other kinds.
fn misplaced(kind: &str, name: &Spanned<String>, step: &StepFile, texts: &mut Texts) {
    let rules: [(&str, bool, &[&str]); 6] = [
        ("args", step.args.is_some(), &["tool"]),
        ("tables", !step.tables.is_empty(), &["ask"]),
        ("follows", step.follows.is_some(), &["ask"]),
        ("show", !step.show.is_empty(), &["report"]),
        ("columns", step.columns.is_some(), &["ask", "tool", "sql", "python"]),
        ("for-each", step.for_each.is_some(), &["ask", "tool", "sql", "python", "chart", "picture"]),
    ];
    for (key, given, kinds) in rules {
        if given && !kinds.contains(&kind) {
            let hint = Some(format!("take it away, or make this a step with {}", kinds.join(" or ")));
            texts.wrong(name, key, format!("a step with `{kind}` has no `{key}`"), hint);
        }
    }
    if step.follows.is_some() && step.for_each.is_some() {
        let hint = Some("ask the follow-up in a step of its own".to_owned());
        texts.wrong(name, "follows", "a question for each of several things goes on with none".into(), hint);
    }
}

fn tool_call(tool: &Spanned<String>, step: &StepFile, tools: &[ToolSpec], texts: &mut Texts) -> Kind {
    let args = step.args.as_ref().map_or(Value::Object(Default::default()), |args| json_table(args.get_ref()));
    let at = Spanned::new(step.args.as_ref().map_or_else(|| tool.span(), Spanned::span), ());
    texts.value(&at, &args, "args");
    match tools.iter().find(|spec| spec.name == *tool.get_ref()) {
        Some(spec) => arguments(spec, &args, &at, "args", texts),
        None => {
            let names: Vec<String> = tools.iter().map(|spec| spec.name.clone()).collect();
            let hint =
                nearest(tool.get_ref(), names.iter().map(String::as_str)).map(|near| format!("write \"{near}\""));
            let message = format!("there is no tool `{}`; the tools are {}", tool.get_ref(), names.join(", "));
            texts.wrong(tool, "tool", message, hint);
        }
    }
    Kind::Tool { name: tool.get_ref().clone(), args }
}

fn chart_arguments(chart: &Spanned<toml::Table>, tools: &[ToolSpec], tables: &[String], texts: &mut Texts) -> Value {
    let args = json_table(chart.get_ref());
    texts.value(chart, &args, "chart");
    match args["data"].as_str() {
        Some(data) => texts.name(&Spanned::new(chart.span(), data.to_owned()), "chart.data", tables),
        None => {
            let hint = Some(format!("there are {}", tables.join(", ")));
            texts.wrong(chart, "chart.data", "the chart does not say of which table it is".into(), hint);
        }
    }
    if let Some(spec) = tools.iter().find(|spec| spec.name == "chart") {
        arguments(spec, &args, chart, "chart", texts);
    }
    args
}

/// Arguments that are not filled in later are held against the tool's schema.
fn arguments<S>(spec: &ToolSpec, args: &Value, at: &Spanned<S>, key: &str, texts: &mut Texts) {
    if args.to_string().contains("{{") {
        return;
    }
    if let Err(failure) = check_arguments(&spec.parameters, args) {
        texts.wrong(at, key, failure.message, None);
    }
}

fn assertion(assert: &Spanned<AssertFile>, tables: &[String], texts: &mut Texts) -> Assertion {
    let file = assert.get_ref();
    file.of.iter().for_each(|of| texts.name(of, "assert.of", tables));
    file.that.iter().for_each(|that| texts.expression(that, "assert.that"));
    let mut value = |value: &Option<Spanned<toml::Value>>, key: &str| {
        value.as_ref().map(|value| {
            let read = json(value.get_ref());
            texts.value(value, &read, &format!("assert.{key}"));
            read
        })
    };
    let (equals, tolerance) = (value(&file.equals, "equals"), value(&file.tolerance, "tolerance"));
    let (min, max) = (value(&file.min, "min"), value(&file.max, "max"));
    let status = match file.status.as_ref().map(Spanned::get_ref) {
        None => Vec::new(),
        Some(OneOrMore::One(status)) => vec![status.clone()],
        Some(OneOrMore::More(list)) => list.clone(),
    };
    if let (Some(at), Some(wrong)) = (&file.status, status.iter().find(|s| !STATUS.contains(&s.as_str()))) {
        let near = nearest(wrong, STATUS).map(|near| format!("write \"{near}\""));
        let message = format!("there is no status {wrong:?}; they are {}", STATUS.join(", "));
        texts.wrong(at, "assert.status", message, near);
    }
    let rows = file.rows.as_ref().map(|rows| match *rows.get_ref() {
        Rows::Exactly(n) => (n, n),
        Rows::Between([least, most]) => (least, most),
    });
    let about = equals.is_some() || min.is_some() || max.is_some() || rows.is_some() || !status.is_empty();
    if file.that.is_none() && !(file.of.is_some() && about) {
        let hint = "write `of` with equals, min, max, rows or status; or `that` with an expression";
        texts.wrong(assert, "assert", "it does not say what must hold".into(), Some(hint.into()));
    }
    Assertion {
        of: file.of.as_ref().map(|of| of.get_ref().clone()),
        that: file.that.as_ref().map(|that| that.get_ref().clone()),
        column: file.column.clone(),
        rows_where: file.rows_where.iter().map(|(column, value)| (column.clone(), json(value))).collect(),
        rows,
        equals,
        tolerance,
        min,
        max,
        status,
    }
}

fn list(names: &[Spanned<String>]) -> Vec<String> {
    names.iter().map(|name| name.get_ref().clone()).collect()
}

fn json_table(table: &toml::Table) -> Value {
    json(&toml::Value::Table(table.clone()))
}

/// A value as JSON; dates are ISO texts.
pub fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(n) => (*n).into(),
        toml::Value::Float(n) => (*n).into(),
        toml::Value::Boolean(is) => (*is).into(),
        toml::Value::Datetime(when) => when.to_string().into(),
        toml::Value::Array(list) => list.iter().map(json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}
