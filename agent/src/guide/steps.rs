//! The plan's steps, one after the other: each begins, waits for its calls where it makes any, and is
//! gone on with when their results are there.

use super::calc::{Filled, shown};
use super::plan::{self, Step, words};
use super::search::add_hits;
use super::state::{Guide, Outcome, Running, Want, calling};
use super::{calc, chart, describe, dimension, given, named, query};
use crate::evidence::terms;
use crate::lead::{Lead, Turn};
use crate::notebook::{Chart, Fact, inherit, query_of};
use async_trait::async_trait;
use polymath_chat::{Cell, Event, Message, Provenance, Table};
use serde_json::json;
use std::collections::VecDeque;

/// Attempts at mending a query or a program.
const REPAIRS: usize = 2;

#[async_trait]
impl Lead for Guide {
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        if self.plan.is_none() {
            if let Some(table) = given::pasted(&turn.asked)
                && !turn.chat.tables.contains(&table)
            {
                turn.chat.tables.push(table);
            }
            if let Some(calls) = self.own_functions(turn).await? {
                self.plan = Some(VecDeque::new());
                return Ok(calls);
            }
            if let Some(calls) = self.common_program(turn).await? {
                self.plan = Some(VecDeque::new());
                return Ok(calls);
            }
            self.before = (turn.chat.facts.len(), turn.chat.tables.len());
            let steps = plan::ask(turn).await?;
            // A reply about tables that no plan was found for would be made up.
            if steps.is_empty() && !turn.chat.tables.is_empty() {
                self.results.push(Outcome::Failed(turn.asked.clone()));
            }
            let talk = steps.is_empty() && self.results.is_empty();
            self.plan = Some(if talk { VecDeque::from([Step::Reply]) } else { steps.into() });
        }
        loop {
            let calls = match self.running.take() {
                Some(running) => self.go_on(turn, running).await?,
                None => match self.plan.as_mut().and_then(VecDeque::pop_front) {
                    Some(step) => self.begin(turn, step).await?,
                    None if let Some(step) = self.times_the_amount(turn) => self.begin(turn, step).await?,
                    None if self.read_in_tables(turn).await? => None,
                    None if self.is_unanswered(turn) && self.reckon(turn, &[]).await? => None,
                    None if self.read_otherwise(turn).await? => None,
                    None if self.look_again(turn).await? => None,
                    None if self.note(turn).await? => None,
                    None => return self.answer(turn).await,
                },
            };
            if let Some(calls) = calls {
                return Ok(calls);
            }
        }
    }

    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        self.answer(turn).await
    }

    /// Another plan, as for a follow-up: what was found so far is in the notebook.
    fn steered(&mut self, outcomes: usize) {
        *self = Guide { observed: outcomes, ..Guide::default() };
    }
}

/// Whether two tables have the same columns and rows, whatever the order of the columns.
fn is_same(table: &Table, other: &Table) -> bool {
    let place = |column: &String| other.columns.iter().position(|known| known == column);
    let Some(places) = table.columns.iter().map(place).collect::<Option<Vec<_>>>() else { return false };
    let same = |(row, own): (&Vec<Cell>, &Vec<Cell>)| {
        row.iter().zip(&places).all(|(cell, i)| own.get(*i).is_some_and(|own| own.display() == cell.display()))
    };
    table.columns.len() == other.columns.len()
        && table.rows.len() == other.rows.len()
        && table.rows.iter().zip(&other.rows).all(same)
}

/// Whether a word is what plans call a table.
fn is_table_name(word: &str) -> bool {
    word.strip_prefix('t').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

/// The second of two facts that are one and the same piece of a page.
fn is_of_one_value<'a>(facts: &[&'a Fact]) -> Option<&'a Fact> {
    let same = |a: &Fact, b: &Fact| {
        let sourced = matches!(a.provenance, Provenance::Sourced { .. });
        sourced && a.name != b.name && a.about != b.about && a.text == b.text && a.provenance == b.provenance
    };
    facts.iter().enumerate().find_map(|(i, fact)| facts[..i].iter().any(|other| same(other, fact)).then_some(*fact))
}

/// The table at hand that has the columns that are to be collected of the same things, where the request names none.
fn collected(turn: &Turn<'_>, things: &str, columns: &[String]) -> Option<usize> {
    let nameless = named::names(&turn.question).is_empty() && named::names_said(things).is_empty();
    let has = |table: &Table| {
        let own = terms(&table.title);
        table.rows.len() > 1
            && columns.iter().all(|column| table.columns.contains(column))
            && terms(things).iter().any(|term| own.contains(term))
    };
    turn.chat.tables.iter().rposition(has).filter(|_| nameless)
}

/// The last call that this step made, and what came of it.
fn last<'a>(turn: &'a Turn<'_>) -> Option<&'a crate::dispatch::Outcome> {
    turn.outcomes.last()
}

impl Guide {
    /// Begins a step; `None` when it needs no calls.
    async fn begin(&mut self, turn: &mut Turn<'_>, step: Step) -> anyhow::Result<Option<Message>> {
        match step {
            Step::Find { .. } | Step::Collect { .. } => Ok(self.begin_looking_up(turn, step)),
            Step::Calc { name, expression } => Ok(self.begin_calculating(turn, name, expression)),
            Step::Table { name, columns, rows } => {
                let title = given::title(&turn.asked);
                match given::table(&title, columns, rows) {
                    Some(table) => self.add_table(turn, &name, table),
                    None => self.results.push(Outcome::Failed("table".into())),
                }
                Ok(None)
            }
            Step::Sql { name, query } => {
                let lacks = |word: &str| is_table_name(word) && self.table(word).is_none();
                // That nothing was found for a table is told already.
                if words(&query).any(lacks) && self.lacks() {
                    return Ok(None);
                }
                let request = self.part.as_ref().unwrap_or(&turn.asked);
                let query = query::mended(&self.renamed(&query), request, &turn.chat.tables);
                // What two queries came to be one is asked once.
                let asked =
                    |o: &crate::dispatch::Outcome| o.call.name == "sql" && o.call.arguments["query"] == query.as_str();
                if turn.outcomes.iter().any(asked) {
                    let made = turn.chat.tables.iter().rposition(|table| query_of(table) == Some(query.as_str()));
                    self.names.extend(made.map(|at| (name, format!("t{}", at + 1))));
                    return Ok(None);
                }
                Ok(Some(self.ask_sql(turn, name, query, 0)))
            }
            Step::Describe { table } => {
                let found = self.table(&table).and_then(|name| Some((turn.chat.table_named(&name)?, name)));
                let query = found.map(|(table, name)| describe::query(&name, table));
                Ok(query.map(|query| self.ask_sql(turn, String::new(), query, REPAIRS)))
            }
            Step::Chart { kind, table, options } => {
                let Some(table) = self.table(&table) else {
                    if self.lacks() {
                        return Ok(None);
                    }
                    self.results.push(Outcome::Failed(format!("chart of {table}")));
                    return Ok(None);
                };
                let mut chart = Chart { table, kind, ..Chart::default() };
                options.iter().for_each(|(option, value)| chart::set(&mut chart, option, value));
                Ok(self.draw(turn, chart))
            }
            Step::Change { chart, options } => {
                let Some(mut chart) = turn.chat.charts.iter().find(|c| c.name == chart).cloned() else {
                    return Ok(None);
                };
                let drawn = (chart.y.clone(), chart.series.clone());
                options.iter().for_each(|(option, value)| chart::set(&mut chart, option, value));
                let entitled = options.iter().any(|(option, _)| option == "title");
                if !entitled && drawn != (chart.y.clone(), chart.series.clone()) {
                    chart = plan::untitled(chart, turn.chat);
                }
                chart.name.clear();
                Ok(self.draw(turn, chart))
            }
            Step::Program => self.program(turn, 0).await,
            Step::Picture { what } => {
                self.running = Some(Running::Picturing);
                Ok(Some(calling(turn, vec![("image", json!({"prompt": what}))])))
            }
            Step::Part { of } => {
                self.part = Some(of);
                Ok(None)
            }
            Step::Later { question } => {
                let steps = plan::of_part(turn, &question).await?;
                // It names tables as the notebook does.
                self.before.1 = turn.chat.tables.len();
                self.names.retain(|_, name| !name.starts_with('t'));
                self.part = Some(question);
                self.plan = Some(steps.into_iter().chain(self.plan.take().into_iter().flatten()).collect());
                Ok(None)
            }
            Step::Recall { facts } => {
                let place = |name: &String| turn.chat.facts.iter().position(|f| f.name == *name);
                self.results.extend(facts.iter().filter_map(place).map(Outcome::Fact));
                Ok(None)
            }
            Step::Reply => {
                self.results.push(Outcome::Reply);
                Ok(None)
            }
        }
    }

    /// Whether something was not found.
    fn lacks(&self) -> bool {
        self.results.iter().any(|result| matches!(result, Outcome::NotFound(_)))
    }

    fn ask_sql(&mut self, turn: &Turn<'_>, name: String, query: String, tries: usize) -> Message {
        let call = calling(turn, vec![("sql", json!({"query": query}))]);
        self.running = Some(Running::Querying { name, query, tries });
        call
    }

    /// This look-up and those that come with it: side by side, unless one needs another's result.
    fn begin_looking_up(&mut self, turn: &Turn<'_>, first: Step) -> Option<Message> {
        let mut wants = Vec::new();
        let mut next = Some(first);
        while let Some(step) = next.take() {
            if let Step::Collect { name, things, columns } = &step
                && let Some(at) = collected(turn, things, columns)
            {
                self.names.insert(name.clone(), format!("t{}", at + 1));
                next = self.plan.as_mut().and_then(VecDeque::pop_front);
                continue;
            }
            let want = match &step {
                Step::Find { name, what } if wants.is_empty() || !what.contains('{') => {
                    self.filled(turn, what).map(|what| Want::Fact { name: name.clone(), what })
                }
                Step::Collect { name, things, columns } => self.filled(turn, things).map(|title| {
                    let (name, columns) = (name.clone(), columns.clone());
                    match named::list(&turn.asked) {
                        rows if rows.len() > 1 => Want::Rows { name, title, things: rows, columns },
                        _ => Want::Table { name, things: title, columns },
                    }
                }),
                _ => {
                    self.plan.iter_mut().for_each(|plan| plan.push_front(step.clone()));
                    break;
                }
            };
            match want {
                Ok(want) => wants.push(want),
                // What it waited for is told as not found already.
                Err(missing) if missing.contains('{') && self.lacks() => {}
                Err(missing) => self.results.push(Outcome::NotFound(missing)),
            }
            next = self.plan.as_mut().and_then(VecDeque::pop_front);
        }
        if wants.is_empty() {
            return None;
        }
        let message = self.search(turn, &wants);
        self.running = Some(Running::Searching(wants));
        Some(message)
    }

    /// `{a}` with the value of `a`; the error is what has no value.
    fn filled(&self, turn: &Turn<'_>, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let fact = self.fact(turn.chat, name).map(|fact| &fact.text);
            out.push_str(before);
            out.push_str(fact.or_else(|| self.described.get(name)).ok_or_else(|| text.to_owned())?);
            rest = after;
        }
        Ok(out + rest)
    }

    /// A query with the notebook's names of tables for the plan's.
    fn renamed(&self, query: &str) -> String {
        let mut out = String::new();
        for piece in query.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            let name = self.names.get(word).filter(|name| name.starts_with('t')).map_or(word, String::as_str);
            out.push_str(name);
            out.push_str(&piece[word.len()..]);
        }
        out
    }

    fn begin_calculating(&mut self, turn: &Turn<'_>, name: String, expression: String) -> Option<Message> {
        // What lies between a value and itself says that only one of two was found.
        let operands: Vec<&Fact> = words(&expression).filter_map(|word| self.fact(turn.chat, word)).collect();
        if let Some(fact) = is_of_one_value(&operands).filter(|_| expression.contains(" - ")) {
            let (about, place) = (fact.about.clone(), turn.chat.facts.iter().position(|f| f.name == fact.name));
            self.results.retain(|result| !matches!(result, Outcome::Fact(own) if Some(*own) == place));
            self.results.push(Outcome::NotFound(about));
            return None;
        }
        match self.fill(turn, &expression) {
            Ok(Filled { expression: filled, unit, size }) => {
                let call = calling(turn, vec![("calculator", json!({"expression": filled}))]);
                let expression = if size { format!("|{expression}|") } else { expression };
                self.running = Some(Running::Calculating { name, expression, unit });
                Some(call)
            }
            Err(_) => {
                // That an operand was not found is told already.
                if !self.lacks() {
                    self.results.push(Outcome::Failed(expression));
                }
                None
            }
        }
    }

    fn draw(&mut self, turn: &Turn<'_>, chart: Chart) -> Option<Message> {
        let table = turn.chat.table_named(&chart.table).cloned();
        let Some(table) = table else {
            self.results.push(Outcome::Failed(format!("chart of {}", chart.table)));
            return None;
        };
        match chart::settle(chart, &table) {
            Ok(chart) => {
                self.running = Some(Running::Drawing);
                Some(calling(turn, vec![("chart", json!(chart))]))
            }
            Err(why) => {
                self.results.push(Outcome::Failed(why));
                None
            }
        }
    }

    /// Goes on with the step whose results are there.
    async fn go_on(&mut self, turn: &mut Turn<'_>, running: Running) -> anyhow::Result<Option<Message>> {
        match running {
            Running::Searching(wants) => {
                for outcome in &turn.outcomes[self.observed..] {
                    if let (Ok(output), "browser_search") = (&outcome.result, outcome.call.name.as_str()) {
                        add_hits(&mut self.hits, &output.hits);
                    }
                }
                self.observed = turn.outcomes.len();
                let calls = self.open(turn, &wants);
                self.running = Some(Running::Opening(wants));
                Ok(calls)
            }
            Running::Opening(wants) => self.read(turn, wants).await.map(|()| None),
            Running::Calculating { name, expression, unit } => {
                self.calculated(turn, &name, &expression, &unit);
                Ok(None)
            }
            Running::Querying { name, query, tries } => self.queried(turn, name, query, tries).await,
            Running::Drawing => {
                self.files(turn);
                // A trend's values.
                let tables = last(turn).and_then(|o| o.result.as_ref().ok()).map(|output| output.tables.clone());
                tables.into_iter().flatten().for_each(|table| self.add_table(turn, "", table));
                Ok(None)
            }
            Running::Programming { tries, own } => self.programmed(turn, tries, own).await,
            Running::Picturing => {
                self.files(turn);
                Ok(None)
            }
            Running::Functions(calls) => {
                self.functions_done(turn, calls);
                Ok(None)
            }
        }
    }

    pub(super) fn add_fact(&mut self, turn: &mut Turn<'_>, name: &str, fact: Fact) {
        self.results.push(Outcome::Fact(turn.chat.facts.len()));
        let known = turn.chat.add_fact(fact);
        self.names.insert(name.to_owned(), known);
    }

    /// Takes a table into the notebook; one that this turn made before, with its columns in another order, is
    /// that one.
    pub(super) fn add_table(&mut self, turn: &mut Turn<'_>, name: &str, table: Table) {
        let known = turn.chat.tables.iter().skip(self.before.1).position(|old| is_same(old, &table));
        if let Some(place) = known.map(|place| place + self.before.1) {
            self.results.push(Outcome::Table(place));
            self.names.insert(name.to_owned(), format!("t{}", place + 1));
            return;
        }
        let _ = turn.events.send(Event::Table { table: table.clone() });
        self.results.push(Outcome::Table(turn.chat.tables.len()));
        self.names.insert(name.to_owned(), format!("t{}", turn.chat.tables.len() + 1));
        turn.chat.tables.push(table);
    }

    fn calculated(&mut self, turn: &mut Turn<'_>, name: &str, expression: &str, unit: &str) {
        let Some(Ok(output)) = last(turn).map(|o| &o.result) else {
            // A conversion that was only guessed to be wanted.
            if name.ends_with('0') {
                return;
            }
            self.results.push(Outcome::Failed(expression.trim_matches('|').to_owned()));
            return;
        };
        let text = shown(&output.content, unit, expression.starts_with('|'));
        let operands: Vec<&Fact> = words(expression).filter_map(|word| self.fact(turn.chat, word)).collect();
        if calc::misses_the_unit(&turn.asked, &text, &operands) || dimension::is_of_another(&turn.asked, &text) {
            self.results.push(Outcome::Failed(turn.asked.trim_end_matches(['?', '？', ' ']).to_owned()));
            return;
        }
        let asked = last(turn).and_then(|o| o.call.arguments["expression"].as_str()).unwrap_or_default().to_owned();
        let how = format!("{asked} = {}", output.content.lines().next().unwrap_or_default());
        let figure = polymath_quantity::figures(&text).into_iter().next();
        let fact = Fact {
            name: String::new(),
            about: expression.trim_matches('|').to_owned(),
            number: figure.as_ref().and_then(|f| f.number),
            date: figure.and_then(|f| f.date).map(|d| d.to_string()),
            text,
            provenance: Provenance::Computed { how },
            others: Vec::new(),
        };
        self.add_fact(turn, name, fact);
    }

    async fn queried(
        &mut self,
        turn: &mut Turn<'_>,
        name: String,
        query: String,
        tries: usize,
    ) -> anyhow::Result<Option<Message>> {
        let result = last(turn).map(|o| o.result.clone());
        let failed = Outcome::Failed(turn.asked.trim_end_matches(['?', '？', ' ']).to_owned());
        match result {
            Some(Ok(_)) if query::divides_by_itself(&query) => {
                self.results.push(failed);
                Ok(None)
            }
            // No rows, or the sum of none.
            Some(Ok(output))
                if output.tables.iter().flat_map(|t| t.rows.iter().flatten()).all(|c| c.text.is_none()) =>
            {
                let asked = turn.asked.trim_end_matches(['?', '？', ' ']).to_owned();
                self.results.push(Outcome::NotFound(asked));
                Ok(None)
            }
            Some(Ok(output)) => {
                if let Some(table) = output.tables.into_iter().next() {
                    let sources: Vec<&Table> = turn.chat.tables.iter().rev().collect();
                    let table = sources.iter().fold(table, |table, old| {
                        let title = table.title.clone();
                        Table { title, ..inherit(old, table) }
                    });
                    let table = query::with_units(&query, table, &turn.chat.tables, &turn.asked);
                    self.add_table(turn, &name, table);
                }
                Ok(None)
            }
            Some(Err(failure)) if tries < REPAIRS => {
                let mended = self.mend_query(turn, &query, &failure.message).await?;
                if mended == query {
                    self.results.push(failed);
                    return Ok(None);
                }
                Ok(Some(self.ask_sql(turn, name, mended, tries + 1)))
            }
            _ => {
                self.results.push(failed);
                Ok(None)
            }
        }
    }

    /// Takes the pictures that the last call made; what stands beside a chart is in the list of files.
    fn files(&mut self, turn: &Turn<'_>) {
        match last(turn).map(|o| &o.result) {
            Some(Ok(output)) => {
                let pictures = output.artifacts.iter().filter(|a| a.mime.starts_with("image/"));
                self.results.push(Outcome::Files(pictures.map(|a| a.name.clone()).collect()));
            }
            Some(Err(failure)) => {
                self.results.push(Outcome::Failed(failure.message.lines().last().unwrap_or_default().to_owned()));
            }
            None => {}
        }
    }
}
