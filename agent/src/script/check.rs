//! From a script's file to a script: every mistake that can be seen without running it, with its place.

use super::error::{Place, ScriptError, nearest};
use super::file::{self, File, ForEach, StepFile};
use super::kinds::{self, Known, Texts};
use super::names::is_name;
use super::plan::{Each, Kind, Script, Step, Var, VarKind};
use super::{graph, template};
use chrono::NaiveDate;
use polymath_chat::ToolSpec;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Spanned;

/// Reads a script and checks it. `tools` are those that its steps may call.
///
/// # Errors
/// All that is wrong with it, in the order of its lines.
pub fn read(path: &Path, text: &str, tools: &[ToolSpec]) -> Result<Script, Vec<ScriptError>> {
    let place = Place { file: path, text };
    let file = file::read(&place).map_err(|error| vec![error])?;
    let mut checker = Checker { place, tools, errors: Vec::new() };
    let script = checker.script(&file);
    checker.errors.sort_by_key(|error| error.line);
    if checker.errors.is_empty() { Ok(script) } else { Err(checker.errors) }
}

struct Checker<'a> {
    place: Place<'a>,
    tools: &'a [ToolSpec],
    errors: Vec<ScriptError>,
}

impl Checker<'_> {
    fn script(&mut self, file: &File) -> Script {
        let known = self.known(file);
        let vars: Vec<Var> = file.vars.iter().filter_map(|(name, value)| self.var(name, value)).collect();
        for (name, path) in &file.files {
            self.text(path, &format!("files.{}", name.get_ref()), &known.vars_only());
        }
        if let Some(title) = &file.title {
            self.text(title, "title", &known.vars_only());
        }
        let mut written: Vec<_> = file.steps.iter().collect();
        written.sort_by_key(|(name, _)| name.span().start);
        let steps: Vec<Step> = written.iter().map(|(name, step)| self.step(name, step.get_ref(), &known)).collect();
        if steps.is_empty() {
            self.errors.push(self.place.error(0..0, "steps", "the script has no step").hint("write [steps.NAME]"));
        }
        let mode = file.mode.as_ref().map(|mode| {
            if !["auto", "native", "guided"].contains(&mode.get_ref().as_str()) {
                self.wrong(mode, "mode", format!("{:?} is none of auto, native, guided", mode.get_ref()), None);
            }
            mode.get_ref().clone()
        });
        let time = file.time.as_ref().and_then(|time| match humantime::parse_duration(time.get_ref()) {
            Ok(time) => Some(time),
            Err(e) => {
                let why = format!("{:?} is no time: {e}", time.get_ref());
                self.wrong(time, "time", why, Some("write it as 20m, 1h or 90s"));
                None
            }
        });
        let script = Script {
            file: self.place.file.to_owned(),
            title: file.title.as_ref().map_or_else(|| stem(self.place.file), |title| title.get_ref().clone()),
            model: file.model.clone(),
            mode,
            search: file.search.clone(),
            tools: file.tools.as_ref().map(|tools| self.tool_names(tools)),
            today: file.today.as_ref().and_then(|today| self.day(today)),
            time,
            tokens: file.tokens,
            vars,
            files: file.files.iter().map(|(name, path)| (name.get_ref().clone(), path.get_ref().clone())).collect(),
            steps,
        };
        self.follow_ups(&script, &written);
        self.circle(&script, &written);
        script
    }

    /// Tools that there are.
    fn tool_names(&mut self, tools: &[Spanned<String>]) -> Vec<String> {
        let known: Vec<&str> = self.tools.iter().map(|spec| spec.name.as_str()).collect();
        for tool in tools.iter().filter(|tool| !known.contains(&tool.get_ref().as_str())) {
            let hint = nearest(tool.get_ref(), known.iter().copied()).map(|near| format!("write \"{near}\""));
            let why = format!("there is no tool `{}`; the tools are {}", tool.get_ref(), known.join(", "));
            self.wrong(tool, "tools", why, hint.as_deref());
        }
        tools.iter().map(|tool| tool.get_ref().clone()).collect()
    }

    /// Questions go on with questions.
    fn follow_ups(&mut self, script: &Script, written: &[(&Spanned<String>, &Spanned<StepFile>)]) {
        for (name, step) in written {
            let Some(follows) = &step.get_ref().follows else { continue };
            let of = script.step(follows.get_ref());
            if of.is_some_and(|of| !matches!(of.kind, Kind::Ask { .. }) || of.each.is_some()) {
                let key = format!("steps.{}.follows", name.get_ref());
                let hint = "name its results in the text, or give its table: tables = [\"…\"]";
                self.wrong(follows, &key, format!("`{}` is no single question", follows.get_ref()), Some(hint));
            }
        }
    }

    /// The names that there are, each for one thing.
    fn known(&mut self, file: &File) -> Known {
        let names = |keys: Vec<&Spanned<String>>| keys.into_iter().map(|n| n.get_ref().clone()).collect();
        let known = Known {
            vars: names(file.vars.keys().collect()),
            lists: file.vars.iter().filter(|(_, v)| is_list(v.get_ref())).map(|(n, _)| n.get_ref().clone()).collect(),
            files: names(file.files.keys().collect()),
            steps: names(file.steps.keys().collect()),
        };
        let mut seen = BTreeSet::new();
        let keys = file.vars.keys().map(|n| ("vars", n)).chain(file.files.keys().map(|n| ("files", n)));
        for (section, name) in keys.chain(file.steps.keys().map(|n| ("steps", n))) {
            let key = format!("{section}.{}", name.get_ref());
            if !is_name(name.get_ref()) {
                let hint = "small letters, digits and _, a letter first: SQL, Python and texts know it by this name";
                self.wrong(name, &key, "it cannot be called so".into(), Some(hint));
            } else if name.get_ref() == "item" {
                self.wrong(name, &key, "`item` is what a step is done for, each".into(), Some("call it otherwise"));
            } else if !seen.insert(name.get_ref()) {
                self.wrong(name, &key, "another thing of this script has this name".into(), Some("call one otherwise"));
            }
        }
        known
    }

    fn var(&mut self, name: &Spanned<String>, value: &Spanned<toml::Value>) -> Option<Var> {
        let key = format!("vars.{}", name.get_ref());
        let (kind, default) = match value.get_ref() {
            toml::Value::Table(table) => {
                let known = ["type", "default"];
                if let Some(other) = table.keys().find(|k| !known.contains(&k.as_str())) {
                    let why = format!("`{other}` is none of a variable's keys, type and default");
                    self.wrong(value, &key, why, None);
                    return None;
                }
                let wanted = table.get("type").and_then(toml::Value::as_str).unwrap_or("text");
                let Some((_, kind)) = VarKind::ALL.iter().find(|(name, _)| *name == wanted) else {
                    let kinds: Vec<&str> = VarKind::ALL.iter().map(|(name, _)| *name).collect();
                    let hint = nearest(wanted, kinds.iter().copied()).map(|near| format!("write \"{near}\""));
                    let why = format!("there is no type {wanted:?}; the types are {}", kinds.join(", "));
                    self.wrong(value, &key, why, hint.as_deref());
                    return None;
                };
                (*kind, table.get("default"))
            }
            plain => (kind_of(plain), Some(plain)),
        };
        let default = default.map(kinds::json);
        if default.as_ref().is_some_and(|default| !fits(kind, default)) {
            self.wrong(value, &key, format!("its default is no {}", kind.name()), None);
            return None;
        }
        Some(Var { name: name.get_ref().clone(), kind, default })
    }

    fn step(&mut self, name: &Spanned<String>, step: &StepFile, known: &Known) -> Step {
        let own = name.get_ref().clone();
        let key = format!("steps.{own}");
        let mut texts = Texts::new(&self.place, known, &key, step.for_each.is_some());
        let kind = kinds::kind(name, step, self.tools, &mut texts);
        if let Some(title) = &step.title {
            texts.template(title, "title");
        }
        if let Some(condition) = &step.condition {
            texts.expression(condition, "if");
        }
        for after in &step.after {
            texts.name(after, "after", &known.steps);
        }
        let each = step.for_each.as_ref().map(|each| match each.get_ref() {
            ForEach::Name(list) => {
                let kinds: Vec<String> =
                    [&known.lists, &known.files, &known.steps].into_iter().flatten().cloned().collect();
                let named = Spanned::new(each.span(), list.clone());
                texts.name(&named, "for-each", &kinds);
                Each::Name(list.clone())
            }
            ForEach::List(list) => Each::List(list.iter().map(kinds::json).collect()),
        });
        let (mut mentions, errors) = texts.end();
        self.errors.extend(errors);
        mentions.remove(&own);
        Step {
            line: self.place.line(name.span().start),
            title: step.title.as_ref().map(|t| t.get_ref().clone()),
            kind: kind.unwrap_or(Kind::Report { text: String::new(), show: Vec::new() }),
            needs: mentions.iter().filter(|n| known.steps.contains(n)).cloned().collect(),
            mentions,
            condition: step.condition.as_ref().map(|c| c.get_ref().clone()),
            each,
            columns: step.columns.as_ref().map(|c| c.get_ref().clone()).unwrap_or_default(),
            retries: step.retries,
            name: own,
        }
    }

    /// Steps that wait for each other.
    fn circle(&mut self, script: &Script, written: &[(&Spanned<String>, &Spanned<StepFile>)]) {
        let Some(circle) = graph::circle(script) else { return };
        let told = circle.iter().chain(circle.first()).cloned().collect::<Vec<_>>().join(" needs ");
        if let Some((name, _)) = written.iter().find(|(name, _)| Some(name.get_ref()) == circle.first()) {
            let key = format!("steps.{}", name.get_ref());
            self.wrong(name, &key, format!("the steps wait for each other: {told}"), Some("break it at one of them"));
        }
    }

    fn day(&mut self, today: &Spanned<toml::value::Datetime>) -> Option<NaiveDate> {
        let day = today.get_ref().to_string().get(..10).and_then(|day| day.parse().ok());
        if day.is_none() {
            self.wrong(today, "today", "it is no day".into(), Some("write it as 2025-12-31, without quotes"));
        }
        day
    }

    fn text(&mut self, text: &Spanned<String>, key: &str, known: &BTreeSet<String>) {
        let wrong = match template::names(text.get_ref()) {
            Ok(names) => match names.into_iter().find(|name| !known.contains(name)) {
                None => return,
                Some(name) => format!("there is no variable `{name}`"),
            },
            Err(why) => why,
        };
        self.wrong(text, key, wrong, Some("here stand names of [vars] only"));
    }

    fn wrong<S>(&mut self, at: &Spanned<S>, key: &str, message: String, hint: Option<&str>) {
        let error = self.place.error(at.span(), key, message);
        self.errors.push(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_list(value: &toml::Value) -> bool {
    let typed = |t: &toml::Table| t.get("type").and_then(toml::Value::as_str) == Some("list");
    matches!(value, toml::Value::Array(_)) || value.as_table().is_some_and(typed)
}

fn kind_of(value: &toml::Value) -> VarKind {
    match value {
        toml::Value::Integer(_) | toml::Value::Float(_) => VarKind::Number,
        toml::Value::Boolean(_) => VarKind::Flag,
        toml::Value::Datetime(_) => VarKind::Date,
        toml::Value::Array(_) => VarKind::List,
        toml::Value::String(_) | toml::Value::Table(_) => VarKind::Text,
    }
}

fn fits(kind: VarKind, value: &Value) -> bool {
    match kind {
        VarKind::Text => value.is_string(),
        VarKind::Number => value.is_number(),
        VarKind::Flag => value.is_boolean(),
        VarKind::Date => value.as_str().is_some_and(|text| text.parse::<NaiveDate>().is_ok()),
        VarKind::List => value.is_array(),
    }
}
