//! Arithmetic over names: the plan's expression with the notebook's values put in.

use super::state::Guide;
use crate::lead::Turn;
use crate::notebook::Fact;
use polymath_quantity::{UnitKind, read, short};
use regex::Regex;
use std::sync::LazyLock;

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[a-z]\d?\b").ok());

/// Units that requests name after "in".
const UNITS: &[&str] = &[
    "m",
    "km",
    "cm",
    "mm",
    "metres",
    "meters",
    "metern",
    "mètres",
    "metros",
    "kilometres",
    "kilometers",
    "feet",
    "foot",
    "miles",
    "inches",
    "yards",
    "kg",
    "kilograms",
    "pounds",
    "tonnes",
    "tons",
    "litres",
    "liters",
    "gallons",
    "hectares",
    "acres",
    "km/h",
    "mph",
    "kw",
    "mw",
    "gw",
    "kwh",
    "mwh",
    "gwh",
    "celsius",
    "fahrenheit",
    "minutes",
    "hours",
    "seconds",
];

/// An expression for the calculator, and the unit of its result where the calculator does not say.
#[derive(Debug, PartialEq)]
pub struct Filled {
    pub expression: String,
    pub unit: String,
    /// Whether only the size of the difference matters: two things were compared.
    pub size: bool,
}

impl Guide {
    /// The expression with values for names. The error names what there is no value of.
    pub(super) fn fill(&self, turn: &Turn<'_>, expression: &str) -> Result<Filled, String> {
        let find = |name: &str| self.fact(turn.chat, name);
        fill(expression, &find)
    }
}

fn fill<'a>(expression: &str, find: &dyn Fn(&str) -> Option<&'a Fact>) -> Result<Filled, String> {
    let Some(pattern) = NAME.as_ref() else { return Err(expression.to_owned()) };
    let (body, goal) = match expression.rsplit_once(" in ") {
        Some((body, unit)) => (body.trim(), Some(unit.trim())),
        None => (expression.trim(), None),
    };
    let names: Vec<&str> = pattern.find_iter(body).map(|m| m.as_str()).collect();
    let mut used: Vec<&Fact> = Vec::new();
    for name in &names {
        let fact = find(name).ok_or_else(|| (*name).to_owned())?;
        used.push(fact);
    }
    if used.is_empty() {
        return Ok(Filled { expression: expression.to_owned(), unit: String::new(), size: false });
    }
    // A conversion keeps the unit that the page gives.
    if body == names[0] && goal.is_some_and(|unit| unit != "percent") {
        let fact = used[0];
        let number = fact.number.map(plain).ok_or_else(|| fact.about.clone())?;
        let unit = fact.unit();
        let expression = format!("{number} {unit} to {}", goal.unwrap_or_default());
        return Ok(Filled { expression, unit: String::new(), size: false });
    }
    let dates = used.iter().all(|f| f.date.as_deref().is_some_and(|d| d.len() == 10));
    let mut failed = None;
    let filled = pattern.replace_all(body, |found: &regex::Captures<'_>| {
        let fact = find(&found[0]);
        let value = match fact {
            Some(fact) if dates => fact.date.clone(),
            Some(fact) => fact.number.map(plain),
            None => None,
        };
        value.unwrap_or_else(|| {
            failed = fact.map(|f| f.about.clone());
            String::new()
        })
    });
    if let Some(about) = failed {
        return Err(about);
    }
    let goal = goal.filter(|unit| dates || *unit == "percent");
    let expression = goal.map_or(filled.to_string(), |unit| format!("({filled}) in {unit}"));
    let difference = body.matches('-').count() == 1 && !body.contains(['*', '/', '+', '^']);
    let years = used.len() > 1 && used.iter().all(|f| f.date.as_deref().is_some_and(|d| d.len() == 4));
    let unit = match goal.is_some() || dates {
        true => String::new(),
        false if years && difference => "years".to_owned(),
        false => unit_of(body, &used),
    };
    Ok(Filled { expression, unit, size: difference })
}

/// The unit that a request wants its answer in: `How long is it in metres?`
pub fn asked_unit(request: &str) -> Option<String> {
    let words: Vec<&str> = request.split(|c: char| c.is_whitespace() || ",;?!".contains(c)).collect();
    let pairs = words.windows(2).rev();
    let measure = |word: &str| read(&format!("1 {word}")).unit.is_some_and(|unit| unit.kind == UnitKind::Measure);
    let unit = |word: &str| {
        let word = word.trim_end_matches('.').to_lowercase();
        UNITS.contains(&word.as_str()) || word.len() > 2 && measure(&word)
    };
    pairs
        .filter(|pair| ["in", "into", "to", "en"].contains(&pair[0].to_lowercase().as_str()) && unit(pair[1]))
        .map(|pair| pair[1].trim_end_matches('.').to_owned())
        .next()
}

/// The unit of a sum or difference is its parts'; a quotient of two units has both.
fn unit_of(body: &str, used: &[&Fact]) -> String {
    let units: Vec<String> = used.iter().map(|f| currency(f).unwrap_or_else(|| f.unit())).collect();
    let first = units.first().cloned().unwrap_or_default();
    let same = units.iter().all(|u| *u == first);
    match (body.contains('/'), same) {
        (false, true) => first,
        (true, false) if units.len() == 2 => match (units[0].as_str(), units[1].as_str()) {
            (a, "") => a.to_owned(),
            ("", b) => format!("per {}", one(b)),
            (a, b) => format!("{a} per {}", one(b)),
        },
        (true, true) if used.len() == 1 => first,
        _ => String::new(),
    }
}

/// A unit or what is counted, of one of it: a seat, of seats.
fn one(unit: &str) -> &str {
    let plural = unit.len() > 3 && unit.chars().all(|c| c.is_ascii_lowercase()) && !unit.ends_with("ss");
    unit.strip_suffix('s').filter(|_| plural).unwrap_or(unit)
}

fn currency(fact: &Fact) -> Option<String> {
    fact.text.chars().find(|c| "$€£¥₹₩".contains(*c)).map(String::from)
}

/// A number as the calculator reads it.
fn plain(number: f64) -> String {
    format!("{number}")
}

/// A result as people read it: `approx. 18.6909090909%` is `18.69%`, `2828125` with the unit `£ per
/// MW` is `£2.8281 million per MW`. `size`: a minus is left out.
pub fn shown(result: &str, unit: &str, size: bool) -> String {
    let result = result.lines().next().unwrap_or_default().trim();
    let rounded = result.contains("approx.");
    let result = result.strip_prefix("approx. ").unwrap_or(result);
    let digits: String = result.chars().take_while(|c| c.is_ascii_digit() || "-.".contains(*c)).collect();
    let rest = result[digits.len()..].trim_end();
    // What the calculator adds in brackets (the same in words, approximately) is said by the number.
    let rest = rest.split(" (").next().unwrap_or_default();
    let Ok(number) = digits.parse::<f64>() else { return result.to_owned() };
    let number = if size { number.abs() } else { number };
    // So many digits were asked for, or it is a whole number; an exact fraction has more than anybody reads.
    if digits.trim_start_matches('-').len() > 16 && (rounded || !digits.contains('.')) {
        return format!("{digits}{rest}");
    }
    let text = short(number);
    let (sign, unit) = match unit.chars().next().filter(|c| "$€£¥₹₩".contains(*c)) {
        Some(sign) => (sign.to_string(), unit[sign.len_utf8()..].trim()),
        None => (String::new(), unit),
    };
    let space = if unit.is_empty() { "" } else { " " };
    format!("{sign}{text}{rest}{space}{unit}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Provenance;

    fn fact(name: &str, text: &str) -> Fact {
        let figure = polymath_quantity::figures(text).remove(0);
        let (number, date) = (figure.number, figure.date.map(|d| d.to_string()));
        let (name, about, others) = (name.to_owned(), format!("about {name}"), Vec::new());
        Fact { name, about, text: text.to_owned(), number, date, provenance: Provenance::Given, others }
    }

    #[track_caller]
    fn check(expression: &str, facts: &[Fact], want: &str, unit: &str) {
        let got = fill(expression, &|name| facts.iter().find(|f| f.name == name)).unwrap();
        assert_eq!((got.expression.as_str(), got.unit.as_str()), (want, unit), "{expression}");
    }

    #[test]
    fn names_become_values() {
        let powers = [fact("a", "320 MW"), fact("b", "174 MW")];
        check("a - b", &powers, "320 - 174", "MW");
        check("(a - b) / b in percent", &powers, "((320 - 174) / 174) in percent", "");
        check("a / b", &powers, "320 / 174", "");
        let cost = [fact("a", "£905 million"), fact("b", "320 MW")];
        check("a / b", &cost, "905000000 / 320", "£ per MW");
        check("a in metres", &[fact("a", "243 feet")], "243 feet to metres", "");
        let days = [fact("a", "3 May 1902"), fact("b", "21 September 1905")];
        check("b - a in days", &days, "(1905-09-21 - 1902-05-03) in days", "");
        check("12.5% of 3480 + 26", &[], "12.5% of 3480 + 26", "");
        let missing = fill("a - c", &|name| powers.iter().find(|f| f.name == name));
        assert_eq!(missing.unwrap_err(), "c");
    }

    #[test]
    fn the_unit_that_is_asked_for() {
        for (request, want) in [
            ("How long is it in metres?", Some("metres")),
            ("How long is the bridge?", None),
            ("Who lives in Bern?", None),
            ("Its height in feet, please", Some("feet")),
        ] {
            assert_eq!(asked_unit(request).as_deref(), want, "{request}");
        }
    }

    #[test]
    fn results_are_shown_as_people_write_them() {
        for (result, unit, size, want) in [
            ("approx. 18.6909090909%", "", false, "18.69%"),
            ("2828125", "£ per MW", false, "£2.8281 million per MW"),
            ("-146", "MW", true, "146 MW"),
            ("1237 days (approx. 3.3868 years)", "", false, "1,237 days"),
            ("74.0664 metres", "", false, "74.07 metres"),
            ("410.91421356237309504880 (approx.: rounded to 20 decimal places)", "", false, "410.91421356237309504880"),
            ("0.0001234567", "", false, "0.0001235"),
        ] {
            assert_eq!(shown(result, unit, size), want, "{result}");
        }
    }
}
