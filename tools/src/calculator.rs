//! `calculator`: arithmetic that a language model must not do in its head.
//!
//! One reader and one arithmetic: the text is made plain (`normalise.rs`), parsed, and computed on dashu's exact
//! fractions and correctly rounded floats. fend is asked what units are and how they join (`units.rs`). It knows no
//! exchange rates, has no variables between calls, and reads no files. Where an expression has two readings, the
//! result says in a line of its own which was taken.
//!
//! Why fend does not do all of it (fend-core 1.5.9 on the 465 expressions of `tests/calculator`): it
//! gives 163 of them as they stand and 273 behind the same `normalise.rs`. It has no functions of several arguments,
//! takes `10 km / 2 h` as 5 km h and `C(10,3)` as 103 °C, adds a percentage as a hundredth, and a root or logarithm
//! is right to 16 digits. Half of its calls take under 0.03 ms, but it looks at its interrupt too seldom: a large power of a unit ran
//! for 44 s under a limit of 2 s. So it gets no numbers but 0, 1 and 2, and no power of four digits.

mod counting;
mod dates;
mod error;
mod evaluate;
mod normalise;
mod number;
mod parse;
mod pattern;
mod precision;
mod print;
mod token;
mod units;

use crate::{CallCx, Tool, ToolError};
use async_trait::async_trait;
use error::{CalcError, TIME_LIMIT};
use evaluate::Value;
use normalise::Normalised;
use number::Number;
use parse::Node;
use polymath_chat::{ToolOutput, ToolSpec};
use precision::Precision;
use serde_json::json;
use std::time::Instant;
use units::{MONEY, Units};

/// The longest expression, in bytes.
const MAX_EXPRESSION: usize = 2_000;
/// The longest result, in characters.
const MAX_RESULT: usize = 1_200;
/// How much of an expression an error repeats, in characters.
const MAX_QUOTED: usize = 200;
/// Ways to write a number that are fend's.
const FORMS: &[&str] = &["fraction", "hex", "hexadecimal", "binary", "octal", "roman"];
/// The longest number that is written in one of them, in characters.
const MAX_WRITTEN: usize = 60;

/// The `calculator` tool.
pub struct Calculator {
    spec: ToolSpec,
}

impl Default for Calculator {
    fn default() -> Self {
        Self::new()
    }
}

impl Calculator {
    pub fn new() -> Self {
        Calculator {
            spec: ToolSpec {
                name: "calculator".into(),
                description: "Computes an arithmetic expression exactly or to as many digits as asked for. \
                              Knows percentages, powers, roots, logarithms, trigonometry, units and dates. \
                              Examples: `17.5% of 2340 + sqrt(2) to 20 digits`, `$7.3 billion / $325 million`, \
                              `(7.3/3.5)^(1/2) - 1`, `5 km to miles`, `2021-04-01 - 2018-08-07`."
                    .into(),
                parameters: json!({
                    "type": "object",
                    "properties": {"expression": {"type": "string", "description": "the expression, numbers included"}},
                    "required": ["expression"],
                    "additionalProperties": false
                }),
                raw_argument: None,
                stateful: false,
            },
        }
    }
}

#[async_trait]
impl Tool for Calculator {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: serde_json::Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let Some(expression) = args.get("expression").and_then(serde_json::Value::as_str).map(str::to_owned) else {
            return Err(ToolError::tell("arguments", "the call has no `expression`; pass it as a string"));
        };
        let work = tokio::task::spawn_blocking(move || calculate(&expression));
        let result = tokio::select! {
            result = work => result.map_err(|e| ToolError::tell("crash", format!("the calculation failed: {e}")))?,
            () = cx.cancel.cancelled() => return Err(ToolError::tell("cancelled", "the calculation was cancelled")),
        };
        match result {
            Ok(text) => Ok(ToolOutput::text(text)),
            Err(e @ CalcError::TimedOut) => Err(ToolError::tell("timeout", e.to_string())),
            Err(e) => Err(ToolError::tell("arguments", e.to_string())),
        }
    }
}

/// Computes one expression as people write it; the result is text that begins with the number.
///
/// # Errors
/// What can't be read, has no value, or takes too long.
pub fn calculate(text: &str) -> Result<String, CalcError> {
    if text.len() > MAX_EXPRESSION {
        return Err(CalcError::Arguments(format!(
            "the expression has {} bytes and the limit is {MAX_EXPRESSION}; use the python tool for long data",
            text.len()
        )));
    }
    if let Some(result) = dates::dates(text) {
        return result;
    }
    let Normalised { expression, precision, note, currency } = normalise::normalise(text)?;
    let sign = currency.unwrap_or_default();
    let result = compute(&expression, precision, note, &sign);
    result.map(shorten).map_err(|error| match error {
        CalcError::Unknown(word) => CalcError::Arguments(format!(
            "`{word}` in `{}` is neither a number, an operator, a function nor a unit; write plain arithmetic \
             with its numbers filled in, such as `17.5% of 2340 + sqrt(2)`",
            text.chars().take(MAX_QUOTED).collect::<String>()
        )),
        CalcError::Arguments(text) => CalcError::Arguments(text.replace(MONEY, &sign)),
        other => other,
    })
}

/// `sign`: the currency, as it was written.
fn compute(text: &str, precision: Option<Precision>, note: Option<String>, sign: &str) -> Result<String, CalcError> {
    let deadline = Instant::now() + TIME_LIMIT;
    let mut units = Units::new(deadline);
    let (node, notes) = parse::parse(text)?;
    if let Node::Convert(x, form) = &node
        && FORMS.contains(&form.as_str())
    {
        return match evaluate::evaluate(x, print::DEFAULT_DIGITS, &mut units, deadline)?.value {
            Value { number: Number::Exact(x), unit, .. } if unit.is_empty() && x.to_string().len() < MAX_WRITTEN => {
                units.text(&format!("({x}) to {form}"))
            }
            _ => Err(CalcError::Arguments(format!("only a short exact number can be written as {form}"))),
        };
    }
    let mut outcome = evaluate::evaluate(&node, print::DEFAULT_DIGITS, &mut units, deadline)?;
    if let Number::Approximate(x) = &outcome.value.number {
        let digits = print::digits_needed(precision, number::decimal_magnitude(x));
        if digits > 2_100 {
            return Err(CalcError::Arguments("the result has too many digits before the decimal point".into()));
        }
        if digits > print::DEFAULT_DIGITS {
            outcome = evaluate::evaluate(&node, digits, &mut units, deadline)?;
        }
    }
    outcome.notes.extend(notes.into_iter().chain(note));
    let unit = outcome.value.unit.as_str();
    let one = matches!(&outcome.value.number, Number::Exact(n) if n.is_one());
    let unit = match unit.strip_prefix(MONEY) {
        // An amount of money alone is its number.
        Some(power) if !power.contains([' ', '/']) => String::new(),
        _ if one && !unit.is_empty() => units.singular(unit),
        _ => unit.to_owned(),
    };
    print::print(&outcome, precision, &unit.replace(" / ", "/").replace(MONEY, sign))
}

/// Cuts a result that no context window should carry, and says so.
fn shorten(text: String) -> String {
    if text.chars().count() <= MAX_RESULT {
        return text;
    }
    let head: String = text.chars().take(MAX_RESULT).collect();
    format!("{head}… (cut: the result has {} characters)", text.chars().count())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(expression: &str, want: &str) {
        assert_eq!(calculate(expression).as_deref(), Ok(want), "{expression}");
    }

    #[track_caller]
    fn check_error(expression: &str, part: &str) {
        let error = calculate(expression).unwrap_err().to_string();
        assert!(error.contains(part), "{expression}: {error}");
        assert!(!error.ends_with('.'), "{error}");
    }

    #[test]
    fn exact_results_are_told_from_rounded_ones() {
        check("10!", "3628800 (3.6288 million)");
        check("1/3", "approx. 0.333333333333");
        check("2^100", "1267650600228229401496703205376");
        check("round(-2.5)", "-3\nA half was rounded away from zero.");
    }

    #[test]
    fn percentages_mean_what_people_mean() {
        check("17.5% of 2,340", "409.5");
        check("17.5% * 2340", "409.5");
        check("200 + 10%", "220\nA percentage after + or - was taken of the value before it.");
        check("5% + 3%", "8% (= 0.08)");
        check("10% of 50%", "5% (= 0.05)");
        check("50 / 20%", "250");
        check("20% of $1.5 billion", "300000000 (300 million)");
        check("100 * (1 + 5%)^2", "110.25\nA percentage after + or - was taken of the value before it.");
    }

    #[test]
    fn magnitudes_survive() {
        check("$1.5 billion / $300 million", "5");
        check("1.5 billion * 2", "3000000000 (3 billion)");
        check("3.5B - 1B", "2500000000 (2.5 billion)");
        check("5k + 2M", "2005000 (2.005 million)");
    }

    #[test]
    fn roots_and_logarithms_are_exact_where_they_can_be() {
        check("sqrt(16)", "4");
        check("sqrt(0.25)", "0.5");
        check("27^(1/3)", "3");
        check("8^(-2/3)", "0.25");
        check("cbrt(-27)", "-3");
        check("log(1000)", "3\n`log` was taken to base 10; the natural logarithm is `ln`.");
        check("log2(1/8)", "-3");
        check("log(81, 3)", "4");
        check("ln(1)", "0");
        check("sin(0) + cos(0)", "1");
        check("sin(30°)", "approx. 0.5");
        check("sin(30 degrees)", "approx. 0.5");
        check("√2", "approx. 1.41421356237");
        check("ln 10", "approx. 2.30258509299");
        check("2 pi", "approx. 6.28318530718");
        check("(7.3e9/3.5e9)^(1/2) - 1", "approx. 0.444200223554");
    }

    // Reference digits: OEIS A002193 (sqrt 2), A000796 (pi), A001113 (e), A002162 (ln 2).
    #[test]
    fn digits_are_right_to_the_last() {
        check(
            "sqrt(2) to 50 decimal places",
            "1.41421356237309504880168872420969807856967187537695 (approx.: rounded to 50 decimal places)",
        );
        check("sqrt(2) to 20 significant digits", "1.4142135623730950488 (approx.: rounded to 20 significant digits)");
        check("pi to 30 dp", "3.141592653589793238462643383280 (approx.: rounded to 30 decimal places)");
        check("e to 40 sf", "2.718281828459045235360287471352662497757 (approx.: rounded to 40 significant digits)");
        check("ln(2) to 30 dp", "0.693147180559945309417232121458 (approx.: rounded to 30 decimal places)");
        check(
            "17.5% of 2,340 plus the square root of 2 to 20 digits",
            "410.91421356237309504880 (approx.: rounded to 20 decimal places; to 20 significant digits it is 410.91421356237309505)",
        );
        check("1/3 to 5 digits", "0.33333 (approx.: rounded to 5 digits)");
        check("0.5 to 3 dp", "0.500 (exact)");
        check("2/3 to 0 dp", "1 (approx.: rounded to 0 decimal places)");
        check("sqrt(2)/2 to 0 dp", "1 (approx.: rounded to 0 decimal places)");
        check("sqrt(2)/200 to 1 dp", "0.0 (approx.: rounded to 1 decimal places)");
        check("10/4 to 20 digits", "2.5 (exact)");
        // Cancellation: the first 30 digits of the two are the same.
        check("sqrt(2) - 1.41421356237309504880168872420", "approx. 9.69807856967e-30");
        check("sqrt(2)^2 - 2 + 1 to 5 dp", "1.00000 (approx.: rounded to 5 decimal places)");
    }

    #[test]
    fn units_and_dates_work() {
        check("5 km to miles", "approx. 3.10685596119 miles");
        check("3 GW to W", "3000000000 W (3 billion W)");
        check("12 € / 3 kg", "4 €/kg");
        check("2 km - 1 km", "1 km");
        check("1/7 km to 3 dp", "0.143 km (approx.: rounded to 3 decimal places)\nRead as (1/7) km.");
        check(
            "45 degrees to radians to 40 dp",
            "0.7853981633974483096156608458198757210493 radians (approx.: rounded to 40 decimal places)",
        );
        check("255 to hex", "ff");
        check("2021-04-01 - 2018-08-07", "968 days (approx. 2.6503 years)");
        check("2024-12-25 - 2024-11-28 in weeks", "approx. 3.8571 weeks (27 days)");
    }

    #[test]
    fn errors_say_what_to_change() {
        check_error("", "empty");
        check_error("1 +", "ends where a number should follow");
        check_error("(1 + 2", "parenthesis");
        check_error("revenue * 2", "`revenue`");
        check_error("1/0", "division by zero");
        check_error("sqrt(-1)", "negative");
        check_error("ln(-1)", "above zero");
        check_error("asin(2)", "no real value");
        check_error("5 USD to EUR", "exchange rates");
        check_error("log(1, 2, 3)", "1 to 2 arguments");
        check_error("5 km to kg", "unit");
    }

    #[test]
    fn giants_end_quickly() {
        check_error("9^9^9^9", "too large");
        check_error("1e999999", "out of range");
        check_error("100000!", "from 0 to 5000");
        check_error("sin(1e100)", "too large");
        check_error("exp(1e12)", "too large");
        check_error(&"(".repeat(1000), "nested");
        check_error(&"(".repeat(100_000), "2000");
        check_error("mile^99999 to m^99999", "units");
        check_error(&format!("5{}", "!".repeat(1000)), "nested");
        check(&format!("{}1", "1+".repeat(990)), "991");
        check_error(&"1+".repeat(1500), "2000");
        check("9^9^9 km", "approx. 4.28124773176e369693099 km");
        check("9^9^9", "approx. 4.28124773176e369693099");
        assert!(calculate("3000!").unwrap().starts_with("approx. 4.14935960344e9130"));
        assert!(calculate("10^9000 km to m").is_ok_and(|r| r.chars().count() < 1_300));
    }

    #[tokio::test]
    async fn the_tool_answers_and_refuses() {
        let cx = CallCx {
            today: chrono::NaiveDate::default(),
            session: "t".into(),
            out: std::env::temp_dir(),
            model: None,
            tables: Vec::new(),
            files: Vec::new(),
            approve: None,
            cancel: tokio_util::sync::CancellationToken::new(),
        };
        let tool = Calculator::new();
        assert_eq!(tool.call(json!({"expression": "2+2"}), &cx).await.unwrap().content, "4");
        let refused = tool.call(json!({"expression": "2+"}), &cx).await;
        assert!(matches!(refused, Err(ToolError::TellModel(f)) if f.kind == "arguments"));
    }
}
