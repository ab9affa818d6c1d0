//! A plan as values, and the reader of what a model wrote under the plan's grammar.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// One call of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    Find {
        name: String,
        what: String,
    },
    Collect {
        name: String,
        things: String,
        columns: Vec<String>,
    },
    Calc {
        name: String,
        expression: String,
    },
    Table {
        name: String,
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    Sql {
        name: String,
        query: String,
    },
    Describe {
        table: String,
    },
    Chart {
        kind: String,
        table: String,
        options: Vec<(String, String)>,
    },
    Change {
        chart: String,
        options: Vec<(String, String)>,
    },
    Program,
    Picture {
        what: String,
    },
    /// Values that are at hand, by their names; never planned by a model.
    Recall {
        facts: Vec<String>,
    },
    /// What stands behind it is of this part of the request; never planned by a model.
    Part {
        of: String,
    },
    /// A part of the request that is planned once what stands before it is done; never planned by a model.
    Later {
        question: String,
    },
    Reply,
}

impl Step {
    /// What names of earlier results stand in.
    pub fn operands(&self) -> Option<&str> {
        match self {
            Step::Calc { expression, .. } => Some(expression),
            Step::Find { what, .. } if what.contains('{') => Some(what),
            _ => None,
        }
    }
}

impl Step {
    /// The step with `new` for `old` wherever it stands as a whole word; `None` where it does not.
    pub fn with(&self, old: &str, new: &str) -> Option<Step> {
        let text = match self {
            Step::Find { what, .. } => what,
            Step::Collect { things, .. } => things,
            Step::Calc { expression, .. } => expression,
            Step::Sql { query, .. } => query,
            _ => return None,
        };
        let whole = |at: usize| {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '.';
            let behind = text[at + old.len()..].strip_prefix('.').unwrap_or(&text[at + old.len()..]);
            !text[..at].ends_with(part) && !behind.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let places: Vec<usize> = text.match_indices(old).map(|(at, _)| at).filter(|at| whole(*at)).collect();
        let mut changed = text.clone();
        places.iter().rev().for_each(|at| changed.replace_range(*at..at + old.len(), new));
        let mut step = self.clone();
        match &mut step {
            Step::Find { what, .. } => *what = changed,
            Step::Collect { things, .. } => *things = changed,
            Step::Calc { expression, .. } => *expression = changed,
            Step::Sql { query, .. } => *query = changed,
            _ => {}
        }
        (!places.is_empty()).then_some(step)
    }
}

/// As the model wrote it, shortened.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |options: &[(String, String)]| {
            options.iter().map(|(name, value)| format!(", {name}={value}")).collect::<String>()
        };
        match self {
            Step::Find { name, what } => write!(f, "{name} = find({what})"),
            Step::Collect { name, things, columns } => write!(f, "{name} = collect({things}: {})", columns.join(", ")),
            Step::Calc { name, expression } => write!(f, "{name} = calc({expression})"),
            Step::Table { name, columns, rows } => {
                write!(f, "{name} = table({}; {} rows)", columns.join(", "), rows.len())
            }
            Step::Sql { name, query } => write!(f, "{name} = sql({query})"),
            Step::Describe { table } => write!(f, "describe({table})"),
            Step::Chart { kind, table, options } => write!(f, "chart({kind}, {table}{})", list(options)),
            Step::Change { chart, options } => write!(f, "change({chart}{})", list(options)),
            Step::Program => write!(f, "program()"),
            Step::Picture { what } => write!(f, "picture({what})"),
            Step::Recall { facts } => write!(f, "recall({})", facts.join(", ")),
            Step::Part { of } => write!(f, "{of}?"),
            Step::Later { question } => write!(f, "then: {question}?"),
            Step::Reply => write!(f, "reply()"),
        }
    }
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    List(Vec<Value>),
}

impl Value {
    fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    fn texts(&self) -> Option<Vec<String>> {
        let Value::List(items) = self else { return None };
        items.iter().map(|item| item.text().map(str::to_owned)).collect()
    }
}

/// Reads a plan, a call a line; lines that are no calls are left out.
pub fn read(text: &str) -> Vec<Step> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Step> {
    let (head, rest) = line.split_once('(')?;
    let (name, verb) = match head.split_once('=') {
        Some((name, verb)) => (name.trim().to_owned(), verb.trim()),
        None => (String::new(), head.trim()),
    };
    let (values, options) = arguments(rest.trim_end().strip_suffix(')')?)?;
    let text = |i: usize| values.get(i).and_then(Value::text).map(str::to_owned);
    Some(match verb {
        "find" => Step::Find { name, what: text(0)? },
        "collect" => Step::Collect { name, things: text(0)?, columns: values.get(1)?.texts()? },
        "calc" => Step::Calc { name, expression: text(0)? },
        "table" => {
            let Value::List(rows) = values.get(1)? else { return None };
            let rows = rows.iter().map(Value::texts).collect::<Option<Vec<_>>>()?;
            Step::Table { name, columns: values.first()?.texts()?, rows }
        }
        "sql" => Step::Sql { name, query: text(0)? },
        "describe" => Step::Describe { table: text(0)? },
        "chart" => Step::Chart { kind: text(0)?, table: text(1)?, options },
        "change" => Step::Change { chart: text(0)?, options },
        "program" => Step::Program,
        "picture" => Step::Picture { what: text(0)? },
        "reply" => Step::Reply,
        _ => return None,
    })
}

type Arguments = (Vec<Value>, Vec<(String, String)>);

fn arguments(text: &str) -> Option<Arguments> {
    let mut chars = text.chars().peekable();
    let (mut values, mut options) = (Vec::new(), Vec::new());
    while skip(&mut chars).is_some() {
        let value = value(&mut chars)?;
        skip(&mut chars);
        if chars.next_if_eq(&'=').is_some() {
            options.push((value.text()?.to_owned(), self::value(&mut chars)?.text()?.to_owned()));
        } else {
            values.push(value);
        }
        skip(&mut chars);
        chars.next_if_eq(&',');
    }
    Some((values, options))
}

/// The next character that is no space.
fn skip(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    while chars.next_if_eq(&' ').is_some() {}
    chars.peek().copied()
}

fn value(chars: &mut Peekable<Chars<'_>>) -> Option<Value> {
    match skip(chars)? {
        '"' => {
            chars.next();
            let mut text = String::new();
            loop {
                match chars.next()? {
                    '"' => return Some(Value::Text(text)),
                    c => text.push(c),
                }
            }
        }
        '[' => {
            chars.next();
            let mut items = Vec::new();
            while skip(chars)? != ']' {
                items.push(value(chars)?);
                skip(chars);
                chars.next_if_eq(&',');
            }
            chars.next();
            Some(Value::List(items))
        }
        _ => {
            let mut word = String::new();
            while let Some(c) = chars.next_if(|c| !" ,=()[]\"".contains(*c)) {
                word.push(c);
            }
            (!word.is_empty()).then_some(Value::Text(word))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<Step>) {
        assert_eq!(line(text), want, "{text}");
    }

    fn own(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn calls_are_read() {
        check(
            "a = find(\"height of the (old) tower\")",
            Some(Step::Find { name: own("a"), what: own("height of the (old) tower") }),
        );
        check(
            "t1 = collect(\"moons\", [\"Name\", \"Year of discovery\"])",
            Some(Step::Collect {
                name: own("t1"),
                things: own("moons"),
                columns: vec![own("Name"), own("Year of discovery")],
            }),
        );
        check(
            "t1 = table([\"A\", \"B\"], [[\"x\", 1.5], [\"y\", 2]])",
            Some(Step::Table {
                name: own("t1"),
                columns: vec![own("A"), own("B")],
                rows: vec![vec![own("x"), own("1.5")], vec![own("y"), own("2")]],
            }),
        );
        check(
            "chart(\"bar\", t2, x=\"A b\", y=\"C\", log=\"true\")",
            Some(Step::Chart {
                kind: own("bar"),
                table: own("t2"),
                options: vec![(own("x"), own("A b")), (own("y"), own("C")), (own("log"), own("true"))],
            }),
        );
        check("program()", Some(Step::Program));
        check("nothing(\"x\")", None);
        check("a = find(\"x", None);
        check("", None);
    }
}
