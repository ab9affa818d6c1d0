//! Arithmetic over names: the plan's expression with the notebook's values put in.

use super::state::Guide;
use crate::lead::Turn;
use crate::notebook::Fact;
use polymath_quantity::{UnitKind, figures, read, short, text::is_cjk};
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

/// The expression with the values of what its names stand for. The error names what there is no value of.
pub fn fill<'a>(expression: &str, find: &dyn Fn(&str) -> Option<&'a Fact>) -> Result<Filled, String> {
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
        let unit = Some(fact.unit()).filter(|unit| !unit.is_empty()).unwrap_or_else(|| {
            // What was worked out of grams is grams.
            let own = figures(&fact.about).into_iter().filter_map(|f| f.unit).map(|unit| unit.name.to_string());
            let mut own = own
                .filter(|unit| polymath_tools::calculate(&format!("1 {unit} to {}", goal.unwrap_or_default())).is_ok());
            own.next().unwrap_or_default()
        });
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
    let difference = body.matches('-').count() == 1 && !body.contains(['*', '/', '+', '^']);
    if let Some(expression) = with_units(body, goal, &used, find) {
        return Ok(Filled { expression, unit: String::new(), size: difference });
    }
    let goal = goal.filter(|unit| dates || *unit == "percent");
    let expression = goal.map_or(filled.to_string(), |unit| format!("({filled}) in {unit}"));
    let years = used.len() > 1 && used.iter().all(|f| f.date.as_deref().is_some_and(|d| d.len() == 4));
    let unit = match goal.is_some() || dates {
        true => String::new(),
        false if years && difference => "years".to_owned(),
        false => unit_of(body, &used),
    };
    Ok(Filled { expression, unit, size: difference })
}

/// Values in different units with their units: a way by a speed is a time, and 3 km less 900 m are 2.1 km. `None` where the
/// calculator makes no unit of them that people use.
fn with_units<'a>(
    body: &str,
    goal: Option<&str>,
    used: &[&Fact],
    find: &dyn Fn(&str) -> Option<&'a Fact>,
) -> Option<String> {
    let measured = |fact: &&Fact| {
        let figure = figures(&fact.text).into_iter().find(|f| f.number.is_some())?;
        let kinds = [UnitKind::Measure, UnitKind::Time];
        figure.unit.filter(|unit| kinds.contains(&unit.kind) && !unit.is("%")).map(|_| known_unit(fact))
    };
    let units = used.iter().map(measured).collect::<Option<Vec<String>>>()?;
    let differ = units.iter().any(|unit| *unit != units[0]);
    let adds = body.contains(['+', '-']);
    let is_alike = |unit: &String| polymath_tools::calculate(&format!("1 {unit} to {}", units[0])).is_ok();
    if !differ || body.contains('^') || (adds || goal == Some("percent")) && !units.iter().all(is_alike) {
        return None;
    }
    let value = |name: &str| find(name).and_then(|f| Some(format!("({} {})", plain(f.number?), known_unit(f))));
    let own = NAME.as_ref()?.replace_all(body, |found: &regex::Captures<'_>| value(&found[0]).unwrap_or_default());
    if goal == Some("percent") {
        return Some(format!("({own}) in percent")).filter(|e| polymath_tools::calculate(e).is_ok());
    }
    let goal = goal.or(adds.then_some(units[0].as_str()).filter(|_| !body.contains(['*', '/'])));
    let result = polymath_tools::calculate(&own).ok()?;
    let first = result.lines().next().unwrap_or_default();
    let number: String = first.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let has_unit = first.ends_with(char::is_alphabetic) && !first.contains('^');
    // A voyage takes hours, and no thousands of seconds.
    let seconds = number.parse::<f64>().ok().filter(|_| first.ends_with(" seconds") || first.ends_with(" s"));
    let goal = goal.or(match seconds {
        Some(n) if n >= 7200.0 => Some("hours"),
        Some(n) if n >= 120.0 => Some("minutes"),
        _ => None,
    });
    let wanted = goal.map(|unit| format!("{own} in {unit}")).filter(|e| polymath_tools::calculate(e).is_ok());
    has_unit.then(|| wanted.unwrap_or_else(|| own.to_string()))
}

/// A value's unit as the calculator knows it: as it is written, or by its symbol (`m³` of `立方米`).
pub fn known_unit(fact: &Fact) -> String {
    let own = fact.unit();
    if polymath_tools::calculate(&format!("1 {own} to {own}")).is_ok() {
        return own;
    }
    let named = figures(&fact.text).into_iter().find(|f| f.number.is_some()).and_then(|f| f.unit);
    named.map_or(own, |unit| unit.name.to_string())
}

/// The unit that a request wants its answer in: `How long is it in metres?`
pub fn asked_unit(request: &str) -> Option<String> {
    /// Characters of a Chinese unit.
    const LONGEST: usize = 5;
    let words: Vec<&str> = request.split(|c: char| c.is_whitespace() || ",;?!".contains(c)).collect();
    let pairs = words.windows(2).rev();
    let measure = |word: &str| read(&format!("1 {word}")).unit.is_some_and(|unit| unit.kind == UnitKind::Measure);
    let unit = |word: &str| {
        let word = word.trim_end_matches('.');
        let small = word.to_lowercase();
        // Degrees Celsius have a capital.
        UNITS.contains(&small.as_str()) || word.len() > 2 && (measure(&small) || measure(word))
    };
    // "多少米": a unit of a few characters.
    let counted = ["多少", "几", "何"].iter().find_map(|how| request.split_once(how)).and_then(|(_, behind)| {
        let all: Vec<char> = behind.chars().take_while(|c| is_cjk(*c)).take(LONGEST).collect();
        let unit = |n: usize| read(&format!("1{}", all[..n].iter().collect::<String>())).unit;
        (1..=all.len())
            .rev()
            .find_map(unit)
            .filter(|unit| unit.kind == UnitKind::Measure)
            .map(|unit| unit.name.to_string())
    });
    pairs
        .filter(|pair| ["in", "into", "to", "en"].contains(&pair[0].to_lowercase().as_str()) && unit(pair[1]))
        .map(|pair| pair[1].trim_end_matches('.').to_owned())
        .next()
        .or(counted)
}

/// Whether a value that was worked out of measured ones is not in the unit that a request names, and cannot be told in it:
/// a share of two lengths, where metres per year are asked for.
pub fn misses_the_unit(request: &str, value: &str, operands: &[&Fact]) -> bool {
    let Some(goal) = asked_unit(request) else { return false };
    let unit = figures(value).into_iter().find_map(|f| f.unit).map(|unit| unit.name.to_string());
    let told = unit.is_some_and(|unit| polymath_tools::calculate(&format!("1 {unit} to {goal}")).is_ok());
    !told && operands.iter().any(|fact| measured(&fact.text))
}

/// Whether a text gives an amount in a unit of measure.
pub fn measured(text: &str) -> bool {
    figures(text).iter().any(|f| f.date.is_none() && f.unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Measure))
}

/// Whether a value cannot be in the rate or the unit that a look-up names: passengers, where km/h are asked for.
pub fn is_of_another_rate(what: &str, fact: &Fact) -> bool {
    let goal = named_unit(what);
    goal.is_some_and(|goal| polymath_tools::calculate(&format!("1 {} to {goal}", fact.unit())).is_err())
        || counted_unit(what).is_some_and(|goal| is_of_another_unit(fact, &goal))
}

/// The unit that a question asks for a number of: `gigawatt hours`, of "how many gigawatt hours".
pub fn counted_unit(request: &str) -> Option<String> {
    const HOW_MANY: [&str; 8] =
        ["how many ", "wie viele ", "wie viel ", "combien de ", "combien d'", "cuántos ", "cuántas ", "how much in "];
    let small = request.to_lowercase();
    let behind = HOW_MANY.iter().find_map(|how| small.split_once(how)).map(|(_, behind)| behind)?;
    let words: Vec<&str> = behind.split(|c: char| c.is_whitespace() || ",;?!".contains(c)).take(2).collect();
    let is_unit = |unit: &String| {
        let read = read(&format!("1 {unit}")).unit.is_some_and(|own| own.kind == UnitKind::Measure);
        read && polymath_tools::calculate(&format!("1 {unit} to {unit}")).is_ok()
    };
    (1..=words.len()).rev().map(|n| words[..n].join(" ")).find(is_unit)
}

/// Whether a value has a unit of measure that cannot be converted into this one.
pub fn is_of_another_unit(fact: &Fact, goal: &str) -> bool {
    let unit = fact.unit();
    let known = |unit: &str| !unit.is_empty() && polymath_tools::calculate(&format!("1 {unit} to {unit}")).is_ok();
    known(&unit) && polymath_tools::calculate(&format!("1 {unit} to {goal}")).is_err()
}

/// The unit of a rate that a request names: `How many km/h does that make?`
pub fn named_unit(request: &str) -> Option<String> {
    let mut words = request.split(|c: char| c.is_whitespace() || ",;?!()".contains(c));
    let rate = |word: &&str| word.contains('/') && !word.contains(|c: char| c.is_ascii_digit());
    words.find(|word| rate(word) && read(&format!("1 {word}")).unit.is_some()).map(str::to_owned)
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
        // Money by money is no money.
        (true, true) if is_divided(body) => first,
        _ => String::new(),
    }
}

/// Whether a quotient's divisor is a number: `(a - b) / 12`, and not `40000 / a`.
fn is_divided(body: &str) -> bool {
    let divisor = body.split_once('/').map_or("", |(_, behind)| behind);
    !NAME.as_ref().is_some_and(|name| name.is_match(divisor))
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
        check("floor(40000 / a)", &cost, "floor(40000 / 905000000)", "");
        check("(a - b) / 25", &powers, "(320 - 174) / 25", "MW");
        check("a / 12", &cost, "905000000 / 12", "£");
        check("a in metres", &[fact("a", "243 feet")], "243 feet to metres", "");
        let days = [fact("a", "3 May 1902"), fact("b", "21 September 1905")];
        check("b - a in days", &days, "(1905-09-21 - 1902-05-03) in days", "");
        check("12.5% of 3480 + 26", &[], "12.5% of 3480 + 26", "");
        let voyage = [fact("a", "42 km"), fact("b", "17.5 km/h"), fact("c", "8 minutes")];
        check("a / b", &voyage, "(42 km) / (17.5 km/h)", "");
        check("a / c in km/h", &voyage, "(42 km) / (8 minutes) in km/h", "");
        check("a / c", &[fact("a", "100 km"), fact("c", "31 km")], "100 / 31", "");
        let ways = [fact("a", "3 km"), fact("b", "900 m")];
        check("a - b", &ways, "(3 km) - (900 m) in km", "");
        check("(a - b) / b in percent", &ways, "(((3 km) - (900 m)) / (900 m)) in percent", "");
        check("a - b", &[fact("a", "3 km"), fact("b", "900 people")], "3 - 900", "");
        let lake = [fact("a", "3.46亿立方米"), fact("b", "24.8平方公里")];
        check("a / b", &lake, "(346000000 m³) / (24.8 km²)", "");
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
            ("平均水深大约是多少米？", Some("m")),
            ("那里住着多少人？", None),
        ] {
            assert_eq!(asked_unit(request).as_deref(), want, "{request}");
        }
    }

    #[test]
    fn a_share_is_not_in_metres() {
        let (a, b) = (fact("a", "8.31 km"), fact("b", "6.87 km"));
        let misses = |request: &str, value: &str| misses_the_unit(request, value, &[&a, &b]);
        assert!(misses("what's that in metres per year?", "-9.486"));
        assert!(!misses("what's that in metres per year?", "57.6 metres") && !misses("and in metres?", "1.44 km"));
        assert!(!misses("what's that per year?", "-9.486"));
        assert!(!misses_the_unit("and in metres?", "12", &[]));
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
