//! Texts of steps filled in: `{{ company }}`, `{{ total.number }}`; conditions such as
//! `total.number > 5`. The language is Jinja's, by minijinja.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Variables, files and steps by their names.
pub type Context = BTreeMap<String, Value>;

/// Steps of the template's machine: a script's mistake ends, too.
const FUEL: u64 = 1_000_000;
/// Macros within macros; each is a call in a call.
const DEPTH: usize = 50;

/// How values stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Text,
    /// As literals: a quote in a value ends nothing.
    Sql,
    /// What was left out is `n/a`, and no error.
    Report,
}

fn environment(style: Style) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(match style {
        Style::Report => UndefinedBehavior::Chainable,
        Style::Text | Style::Sql => UndefinedBehavior::Strict,
    });
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    environment.add_filter("number", number);
    environment.add_global("range", Value::UNDEFINED);
    match style {
        Style::Sql => environment.set_formatter(|out, _, value| Ok(write!(out, "{}", literal(value))?)),
        Style::Text | Style::Report => environment.set_formatter(plain),
    }
    environment
}

fn plain(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => out.write_str("n/a")?,
        ValueKind::Seq => {
            let items: Vec<String> = value.try_iter()?.map(|item| item.to_string()).collect();
            out.write_str(&items.join(", "))?;
        }
        _ => write!(out, "{value}")?,
    }
    Ok(())
}

/// A value as SQLite writes it; a list as what stands between the brackets of `IN (…)`.
fn literal(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => "NULL".to_owned(),
        ValueKind::Bool => u8::from(value.is_true()).to_string(),
        ValueKind::Number => value.to_string(),
        ValueKind::Seq => {
            let items = value.try_iter().into_iter().flatten().map(|item| literal(&item));
            items.collect::<Vec<_>>().join(", ")
        }
        ValueKind::Plain if value.get_attr("number").is_ok_and(|n| n.kind() == ValueKind::Number) => {
            value.get_attr("number").map_or_else(|_| "NULL".to_owned(), |n| n.to_string())
        }
        _ => format!("'{}'", value.to_string().replace('\'', "''")),
    }
}

/// The first figure of a text, in plain units.
fn number(value: &Value) -> Result<f64, Error> {
    if let Ok(number) = f64::try_from(value.clone()) {
        return Ok(number);
    }
    let text = value.to_string();
    let found = polymath_quantity::figures(&text).into_iter().find_map(|figure| figure.number);
    found.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("there is no number in {text:?}")))
}

/// Fills a text in.
///
/// # Errors
/// It is no template, or something that it names is not there.
pub fn render(text: &str, context: &Context, style: Style) -> Result<String, String> {
    environment(style).render_str(text, context).map_err(|e| told(&e))
}

/// What an expression says.
pub fn evaluate(expression: &str, context: &Context) -> Result<Value, String> {
    let environment = environment(Style::Text);
    let compiled = environment.compile_expression(expression).map_err(|e| told(&e))?;
    compiled.eval(context).map_err(|e| told(&e))
}

/// What a text names: `total.number` is `total`.
pub fn names(text: &str) -> Result<BTreeSet<String>, String> {
    let environment = environment(Style::Text);
    let template = environment.template_from_str(text).map_err(|e| told(&e))?;
    Ok(template.undeclared_variables(false).into_iter().collect())
}

/// What an expression names.
pub fn names_of_expression(text: &str) -> Result<BTreeSet<String>, String> {
    let environment = environment(Style::Text);
    let expression = environment.compile_expression(text).map_err(|e| told(&e))?;
    Ok(expression.undeclared_variables(false).into_iter().collect())
}

fn told(error: &Error) -> String {
    let mut text = error.detail().map_or_else(|| error.kind().to_string(), |why| format!("{}: {why}", error.kind()));
    if let Some(line) = error.line().filter(|line| *line > 1) {
        let _ = write!(text, " (line {line} of the text)");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn context() -> Context {
        [("who", Value::from("O'Neil")), ("n", Value::from(3)), ("list", Value::from(vec!["a", "b"]))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    #[track_caller]
    fn check(text: &str, style: Style, want: &str) {
        assert_eq!(render(text, &context(), style).unwrap_or_else(|e| e), want);
    }

    #[test]
    fn texts_are_filled_in_as_their_place_needs_it() {
        check("{{ who }} and {{ list }}", Style::Text, "O'Neil and a, b");
        check(
            "x = {{ who }} OR y IN ({{ list }}) LIMIT {{ n }}",
            Style::Sql,
            "x = 'O''Neil' OR y IN ('a', 'b') LIMIT 3",
        );
        check("{{ nothing.at.all }}", Style::Report, "n/a");
        assert!(render("{{ nothing }}", &context(), Style::Text).is_err());
        check("{{ '$1.2 billion' | number }}", Style::Text, "1200000000.0");
    }

    #[test]
    fn names_are_seen_and_loops_end() {
        assert_eq!(
            names("{{ a.b }} {% for x in c %}{{ x }}{% endfor %}").unwrap(),
            ["a", "c"].map(str::to_owned).into()
        );
        assert_eq!(names_of_expression("a.rows > 3 and b").unwrap(), ["a", "b"].map(str::to_owned).into());
        assert!(names("{{ a").is_err());
        assert!(evaluate("n > 2", &context()).unwrap().is_true());
    }
}
