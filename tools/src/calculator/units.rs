//! What units are to each other: fend knows, and is asked with small numbers alone.
//!
//! Amounts never go there: fend is right to some sixteen digits of a root and reads `300 MW / 5 MW` as 60 MW^2.
//! A unit here is fend's text for it (`km / h`), empty for a plain number.

use super::{error::CalcError, number::Number};
use dashu_float::DBig;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use regex::Regex;
use std::{collections::HashMap, sync::LazyLock, time::Instant};

/// What a currency sign has become, once it is known that there is only one.
pub const MONEY: &str = "currency";

/// The longest name of a unit that is looked up, in bytes.
const MAX_UNIT: usize = 200;

/// The longest power of a unit, in digits: fend does not look at its deadline while it takes a power.
const MAX_POWER_DIGITS: usize = 3;

/// Units with more than one size, and which is meant here.
const READINGS: &[(&str, &str)] = &[
    ("gallon|gallons|gal|quart|quarts|qt|pint|pints|pt|cup|cups|floz|mpg|tbsp|tsp", "US measure"),
    ("ton|tons", "US tons of 2,000 pounds; a tonne has 1,000 kg"),
    ("hp|horsepower", "mechanical horsepower"),
    ("month|months|year|years", "a year has 365.2422 days and a month a twelfth of that"),
    ("KB|MB|GB|TB", "1 kB is 1,000 bytes; 1 KiB has 1,024"),
];

/// What is to be said of a unit's word with more than one reading.
pub fn reading(word: &str) -> Option<String> {
    let (_, reading) = READINGS.iter().find(|(words, _)| words.split('|').any(|w| w == word))?;
    Some(format!("`{word}`: {reading}."))
}

/// fend's word for a unit's.
pub fn known_as(word: &str) -> String {
    match word {
        "in" => "inches".into(),
        "ton" | "tons" => "short_tons".into(),
        "percent" => "%".into(),
        // Its bits have long prefixes only.
        _ => match word.strip_suffix("bits").or_else(|| word.strip_suffix("bit")) {
            Some(prefix @ ("k" | "K" | "M" | "G" | "T")) => format!("{}b", prefix.replace('K', "k")),
            _ => word.to_owned(),
        },
    }
}

/// fend asks this now and then whether to go on.
struct Deadline(Instant);

impl fend_core::Interrupt for Deadline {
    fn should_interrupt(&self) -> bool {
        Instant::now() > self.0
    }
}

/// Asks fend, once for each question. It knows no exchange rates, has no dice and reads no files.
pub struct Units {
    deadline: Instant,
    asked: HashMap<String, (Number, String)>,
}

impl Units {
    pub fn new(deadline: Instant) -> Self {
        Units { deadline, asked: HashMap::new() }
    }

    /// fend's own text for an expression.
    pub fn text(&self, expression: &str) -> Result<String, CalcError> {
        let mut context = fend_core::Context::new();
        context.define_custom_unit_v1(MONEY, MONEY, "!", &fend_core::CustomUnitAttribute::None);
        match fend_core::evaluate_with_interrupt(expression, &mut context, &Deadline(self.deadline)) {
            Ok(result) => Ok(result.get_main_result().to_owned()),
            Err(_) if Instant::now() > self.deadline => Err(CalcError::TimedOut),
            Err(error) => match error.strip_prefix("unknown identifier '").and_then(|e| e.strip_suffix('\'')) {
                Some(word) => Err(CalcError::Unknown(word.to_owned())),
                None => Err(CalcError::Arguments(error)),
            },
        }
    }

    /// A number and a unit. fend writes numbers as fractions here, and says where they are not exact.
    fn ask(&mut self, expression: &str) -> Result<(Number, String), CalcError> {
        static ANSWER: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"^(approx\. )?(-?\d+)(?:/(\d+))?(?: ?([^\d\s].*))?$").ok());
        if let Some(answer) = self.asked.get(expression) {
            return Ok(answer.clone());
        }
        let digits = expression.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        if expression.len() > MAX_UNIT || digits > Some(MAX_POWER_DIGITS) {
            return Err(CalcError::Arguments("the units are too large to reckon with; take some away".into()));
        }
        let text = self.text(&format!("{expression} to fraction"))?;
        let read = || {
            let parts = ANSWER.as_ref()?.captures(&text)?;
            let denominator: UBig = parts.get(3).map_or(Some(UBig::ONE), |d| d.as_str().parse().ok())?;
            let value = RBig::from_parts(parts[2].parse::<IBig>().ok()?, denominator);
            let unit = parts.get(4).map_or("", |unit| unit.as_str()).to_owned();
            Some((if parts.get(1).is_some() { approximate(&value) } else { Number::Exact(value) }, unit))
        };
        let answer =
            read().ok_or_else(|| CalcError::Arguments(format!("can't reckon with units as in `{expression}`")))?;
        self.asked.insert(expression.to_owned(), answer.clone());
        Ok(answer)
    }

    /// Twice a unit's word, in fend's spelling: of `sqft`, 2 and `ft^2`. Two, for the plural.
    pub fn two(&mut self, word: &str) -> Result<(Number, String), CalcError> {
        let known = known_as(word);
        let found = match self.ask(&format!("2 {known}")) {
            Err(CalcError::Unknown(_)) => self.ask(&format!("2 {}", known.to_lowercase())),
            found => found,
        };
        // A letter in the other case is another unit, or a variable.
        match found {
            Ok((_, unit)) if word.chars().count() == 1 && unit.eq_ignore_ascii_case(word) && unit != word => {
                Err(CalcError::Unknown(word.to_owned()))
            }
            // What it has besides units: dice, dates, commands.
            Err(CalcError::Unknown(_) | CalcError::Arguments(_)) => Err(CalcError::Unknown(word.to_owned())),
            found => found,
        }
    }

    /// Twice the product or quotient (`sign`) of two units, as a number and the unit that they make.
    pub fn joined(&mut self, a: &str, sign: char, b: &str) -> Result<(Number, String), CalcError> {
        self.ask(&format!("(2 {}){sign}(1 {})", grouped(a), grouped(b)))
    }

    /// A unit to a power that is a fraction.
    pub fn power(&mut self, unit: &str, exponent: &RBig) -> Result<(Number, String), CalcError> {
        self.ask(&format!("(1 {})^({exponent})", grouped(unit)))
    }

    /// What twice a unit, and nothing of it, are in another: nothing of °C is 32 °F.
    pub fn converted(&mut self, from: &str, to: &str) -> Result<[(Number, String); 2], CalcError> {
        let mut one = |n: u8| self.ask(&format!("({n} {}) to {to}", grouped(from)));
        Ok([one(2)?, one(0)?])
    }

    /// The unit beside a one: `mile`, of `miles`.
    pub fn singular(&mut self, unit: &str) -> String {
        self.ask(&format!("1 {}", grouped(unit))).map_or_else(|_| unit.to_owned(), |(_, unit)| unit)
    }
}

fn grouped(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!("({unit})") }
}

/// A fraction that is near a factor with π in it.
fn approximate(value: &RBig) -> Number {
    let numerator = DBig::from(value.numerator().clone()).with_precision(FACTOR_DIGITS).value();
    let denominator = DBig::from(IBig::from(value.denominator().clone())).with_precision(FACTOR_DIGITS).value();
    Number::Approximate(numerator / denominator)
}

/// How many digits of a factor that is no fraction are right.
pub const FACTOR_DIGITS: usize = 30;
