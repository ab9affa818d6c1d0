//! Computes a parsed expression at a precision, and raises the precision until the digits that
//! were asked for no longer change.

use super::{
    counting,
    error::CalcError,
    number::{Arithmetic, Number, is_negative, is_zero},
    parse::{Constant, Node, Operator},
    units::{self, MONEY, Units},
};
use dashu_ratio::RBig;
use std::{cmp::Ordering, collections::BTreeSet, time::Instant};

/// Digits beyond those shown, at the first try.
const GUARD_DIGITS: usize = 20;
/// Where raising the precision ends.
const MAX_WORKING_DIGITS: usize = 8_000;

/// What an expression, or a part of it, comes to.
#[derive(Debug, Clone)]
pub struct Value {
    pub number: Number,
    /// It was written as a percentage and still is one: 8% rather than 0.08.
    pub percent: bool,
    /// As fend writes it; empty for a plain number.
    pub unit: String,
}

/// A result, and what is to be said of how the expression was read.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub value: Value,
    pub notes: BTreeSet<String>,
}

/// Computes `node` so that `digits` significant digits of the result are right.
///
/// Two computations at different precisions must agree; otherwise (cancellation, say in
/// `sqrt(2) - 1.414213562373095`) the precision is doubled.
pub fn evaluate(node: &Node, digits: usize, units: &mut Units, deadline: Instant) -> Result<Outcome, CalcError> {
    let mut compute = |digits| {
        let arithmetic = Arithmetic::new(digits);
        let mut evaluator = Evaluator { arithmetic, deadline, units, notes: BTreeSet::new() };
        let value = evaluator.value(node)?;
        Ok(Outcome { value, notes: evaluator.notes })
    };
    let mut working = digits + GUARD_DIGITS;
    let mut previous: Outcome = compute(working)?;
    loop {
        let Number::Approximate(before) = &previous.value.number else { return Ok(previous) };
        working *= 2;
        if working > MAX_WORKING_DIGITS {
            return Err(CalcError::Arguments(
                "the result is so close to zero that its digits can't be told; simplify the expression".into(),
            ));
        }
        let next = compute(working)?;
        let Number::Approximate(after) = &next.value.number else { return Ok(next) };
        let check = digits + 2;
        if before.clone().with_precision(check).value() == after.clone().with_precision(check).value() {
            return Ok(next);
        }
        previous = next;
    }
}

struct Evaluator<'a> {
    arithmetic: Arithmetic,
    deadline: Instant,
    units: &'a mut Units,
    notes: BTreeSet<String>,
}

fn plain(number: Number) -> Value {
    Value { number, percent: false, unit: String::new() }
}

fn integer(n: u32) -> Number {
    Number::Exact(RBig::from(n))
}

impl Value {
    /// The number of a value without a unit; money may stand for its number.
    fn bare(&self, what: &str) -> Result<&Number, CalcError> {
        match self.unit.as_str() {
            "" | MONEY => Ok(&self.number),
            unit => Err(CalcError::Arguments(format!(
                "{what} needs a plain number and not one of {unit}; divide by a unit first"
            ))),
        }
    }
}

impl Evaluator<'_> {
    fn value(&mut self, node: &Node) -> Result<Value, CalcError> {
        if Instant::now() > self.deadline {
            return Err(CalcError::TimedOut);
        }
        let arithmetic = self.arithmetic;
        Ok(match node {
            Node::Number(value) => plain(Number::Exact(value.clone())),
            Node::Constant(constant) => plain(self.constant(*constant)?),
            Node::Unit(word) => {
                self.notes.extend(units::reading(word));
                let twice = self.units.two(word)?;
                self.halved(integer(1), twice)?
            }
            Node::Negative(x) => {
                let x = self.value(x)?;
                Value { number: arithmetic.negate(&x.number), ..x }
            }
            Node::Percent(x) => {
                let number = arithmetic.divide(self.value(x)?.bare("%")?, &integer(100))?;
                Value { percent: true, ..plain(number) }
            }
            Node::Degrees(x) => plain(arithmetic.turned(self.value(x)?.bare("°")?, true)?),
            Node::Factorial(x) => plain(counting::factorial(self.value(x)?.bare("!")?)?),
            Node::Convert(x, unit) => {
                let x = self.value(x)?;
                self.convert(x, unit)?
            }
            // A long sum is a deep tree to the left, and the stack is not.
            Node::Binary(..) => {
                let (mut first, mut rest) = (node, Vec::new());
                while let Node::Binary(operator, a, b) = first {
                    rest.push((*operator, b));
                    first = a;
                }
                let mut left = self.value(first)?;
                for (operator, b) in rest.into_iter().rev() {
                    let right = self.value(b)?;
                    left = self.binary(operator, left, right)?;
                }
                left
            }
            Node::Call(function, arguments) => {
                self.say_which(function.name, arguments);
                let arguments = arguments.iter().map(|a| self.value(a)).collect::<Result<Vec<_>, _>>()?;
                self.call(function.name, &arguments)?
            }
        })
    }

    fn constant(&self, constant: Constant) -> Result<Number, CalcError> {
        match constant {
            Constant::Pi => self.arithmetic.pi(),
            Constant::Tau => self.arithmetic.multiply(&integer(2), &self.arithmetic.pi()?),
            Constant::E => self.arithmetic.elementary("exp", &integer(1)),
            Constant::Phi => {
                let root = self.arithmetic.root(&integer(5), &integer(2))?;
                self.arithmetic.divide(&self.arithmetic.add(&integer(1), &root)?, &integer(2))
            }
        }
    }

    /// Notes which of two readings a function's argument was taken in.
    fn say_which(&mut self, name: &str, arguments: &[Node]) {
        let is_whole = |node: &Node| matches!(node, Node::Number(n) if !n.is_zero());
        match (name, arguments) {
            ("log", [_]) => self.notes.insert("`log` was taken to base 10; the natural logarithm is `ln`.".into()),
            ("sin" | "cos" | "tan", [x]) if is_whole(x) => {
                self.notes.insert(format!("`{name}` took radians; for degrees write °."))
            }
            _ => false,
        };
    }

    /// So many of a unit that fend has told two of.
    fn halved(&mut self, number: Number, (two, unit): (Number, String)) -> Result<Value, CalcError> {
        if matches!(two, Number::Approximate(_)) {
            self.notes.insert(format!("The unit's size is known to {} digits.", units::FACTOR_DIGITS));
        }
        let factor = self.arithmetic.divide(&two, &integer(2))?;
        Ok(Value { unit, ..plain(self.arithmetic.multiply(&number, &factor)?) })
    }

    fn convert(&mut self, x: Value, unit: &str) -> Result<Value, CalcError> {
        if unit == "%" {
            return Ok(Value { percent: true, ..plain(x.bare("a percentage")?.clone()) });
        }
        self.notes.extend(units::reading(unit));
        let [(two, unit), (zero, _)] = self.units.converted(&x.unit, unit)?;
        let twice = self.arithmetic.add(&two, &self.arithmetic.negate(&zero))?;
        let scaled = self.halved(x.number, (twice, unit))?;
        Ok(Value { number: self.arithmetic.add(&scaled.number, &zero)?, ..scaled })
    }

    fn binary(&mut self, operator: Operator, a: Value, b: Value) -> Result<Value, CalcError> {
        let arithmetic = self.arithmetic;
        match operator {
            Operator::Add => self.sum(a, b),
            Operator::Subtract => self.sum(a, Value { number: arithmetic.negate(&b.number), ..b }),
            Operator::Multiply | Operator::Of => {
                let percent = operator == Operator::Of && a.percent && b.percent;
                let number = arithmetic.multiply(&a.number, &b.number)?;
                Ok(Value { percent, ..self.joined(number, &a.unit, '*', &b.unit)? })
            }
            Operator::Divide => {
                let number = arithmetic.divide(&a.number, &b.number)?;
                Ok(Value { percent: a.percent && !b.percent, ..self.joined(number, &a.unit, '/', &b.unit)? })
            }
            Operator::FloorDivide => {
                let quotient = self.binary(Operator::Divide, a, b)?;
                Ok(Value { number: arithmetic.floor(&quotient.number)?, percent: false, ..quotient })
            }
            Operator::Modulo => {
                let b = self.alike(&a, b)?;
                Ok(Value { number: arithmetic.modulo(&a.number, &b.number)?, percent: false, ..a })
            }
            Operator::Power => {
                let exponent = b.bare("an exponent")?;
                let number = arithmetic.power(&a.number, exponent)?;
                match exponent {
                    _ if a.unit.is_empty() => Ok(plain(number)),
                    Number::Exact(exponent) => {
                        let (factor, unit) = self.units.power(&a.unit, exponent)?;
                        Ok(Value { unit, ..plain(arithmetic.multiply(&number, &factor)?) })
                    }
                    Number::Approximate(_) => {
                        Err(CalcError::Arguments("a unit's power is a fraction; check the exponent".into()))
                    }
                }
            }
        }
    }

    fn joined(&mut self, number: Number, a: &str, sign: char, b: &str) -> Result<Value, CalcError> {
        if b.is_empty() || (a.is_empty() && sign == '*') {
            return Ok(Value { unit: format!("{a}{b}"), ..plain(number) });
        }
        let twice = self.units.joined(a, sign, b)?;
        self.halved(number, twice)
    }

    fn sum(&mut self, a: Value, b: Value) -> Result<Value, CalcError> {
        // As on every pocket calculator: 200 + 10% is 220.
        if b.percent && !a.percent {
            self.notes.insert("A percentage after + or - was taken of the value before it.".into());
            let part = self.arithmetic.multiply(&a.number, &b.number)?;
            return Ok(Value { number: self.arithmetic.add(&a.number, &part)?, ..a });
        }
        let percent = a.percent && b.percent;
        let unit = if a.unit.is_empty() && b.unit == MONEY { b.unit.clone() } else { a.unit.clone() };
        let b = self.alike(&a, b)?;
        Ok(Value { number: self.arithmetic.add(&a.number, &b.number)?, percent, unit })
    }

    /// `b` in `a`'s unit. Beside money a plain number is money.
    fn alike(&mut self, a: &Value, b: Value) -> Result<Value, CalcError> {
        let money = |unit: &str| unit.is_empty() || unit == MONEY;
        match a.unit == b.unit || money(&a.unit) && money(&b.unit) {
            true => Ok(b),
            false if a.unit.is_empty() || b.unit.is_empty() => Err(CalcError::Arguments(format!(
                "{} and a plain number can't be put together; give both the same unit",
                if a.unit.is_empty() { &b.unit } else { &a.unit }
            ))),
            false => self.convert(b, &a.unit),
        }
    }

    fn call(&mut self, name: &str, x: &[Value]) -> Result<Value, CalcError> {
        let arithmetic = self.arithmetic;
        let with_unit = |number: Number| Value { number, percent: false, unit: x[0].unit.clone() };
        let reciprocal = |n: &Number| arithmetic.divide(&integer(1), n);
        let negative = is_negative(&x[0].number);
        match name {
            "sqrt" | "cbrt" | "root" => {
                let degree = match name {
                    "sqrt" => integer(2),
                    "cbrt" => integer(3),
                    _ => x[1].bare("the degree of the root")?.clone(),
                };
                let number = arithmetic.root(&x[0].number, &degree)?;
                let unit = self.binary(
                    Operator::Power,
                    Value { number: integer(1), ..x[0].clone() },
                    plain(reciprocal(&degree)?),
                )?;
                Ok(Value { number: arithmetic.multiply(&number, &unit.number)?, ..unit })
            }
            "abs" => Ok(with_unit(if negative { arithmetic.negate(&x[0].number) } else { x[0].number.clone() })),
            "floor" => Ok(with_unit(arithmetic.floor(&x[0].number)?)),
            "ceil" => Ok(with_unit(arithmetic.ceil(&x[0].number)?)),
            "trunc" if negative => self.call("ceil", x),
            "trunc" => self.call("floor", x),
            "round" => {
                let places = x.get(1).map_or(Ok(integer(0)), |places| places.bare("round").cloned())?;
                let rounded = arithmetic.round(&x[0].number, &places)?;
                if let (Number::Exact(x), Number::Exact(r)) = (&x[0].number, &rounded)
                    && *(x - r).denominator() == 2u8.into()
                {
                    self.notes.insert("A half was rounded away from zero.".into());
                }
                Ok(with_unit(rounded))
            }
            "sum" => self.total(x),
            "mean" => {
                let total = self.total(x)?;
                Ok(Value { number: arithmetic.divide(&total.number, &integer(x.len() as u32))?, ..total })
            }
            "min" | "max" | "median" => self.ordered(name, x),
            "pow" => self.binary(Operator::Power, x[0].clone(), x[1].clone()),
            "mod" => self.binary(Operator::Modulo, x[0].clone(), x[1].clone()),
            "count" => Ok(plain(integer(x.len() as u32))),
            _ => {
                let numbers = x.iter().map(|x| x.bare(name).cloned()).collect::<Result<Vec<_>, _>>()?;
                Ok(plain(self.function(name, &numbers)?))
            }
        }
    }

    /// The functions of plain numbers.
    fn function(&self, name: &str, x: &[Number]) -> Result<Number, CalcError> {
        let arithmetic = &self.arithmetic;
        match name {
            "ln" => arithmetic.log(&x[0], x.get(1)),
            "log" => arithmetic.log(&x[0], Some(x.get(1).unwrap_or(&integer(10)))),
            "log2" => arithmetic.log(&x[0], Some(&integer(2))),
            "log10" => arithmetic.log(&x[0], Some(&integer(10))),
            "factorial" => counting::factorial(&x[0]),
            "comb" | "perm" => counting::arrangements(name, &x[0], &x[1]),
            "gcd" | "lcm" => counting::divisors(name, x),
            "sign" if is_zero(&x[0]) => Ok(integer(0)),
            "sign" => Ok(if is_negative(&x[0]) { arithmetic.negate(&integer(1)) } else { integer(1) }),
            "float" => Ok(x[0].clone()),
            "degrees" => arithmetic.turned(&x[0], false),
            "radians" => arithmetic.turned(&x[0], true),
            "product" => x.iter().try_fold(integer(1), |product, n| arithmetic.multiply(&product, n)),
            "hypot" => arithmetic.hypot(&x[0], &x[1]),
            "variance" => arithmetic.divide(&self.deviations(x)?, &integer(x.len() as u32 - 1)),
            "pvariance" => arithmetic.divide(&self.deviations(x)?, &integer(x.len() as u32)),
            "stdev" => arithmetic.root(&self.function("variance", x)?, &integer(2)),
            "pstdev" => arithmetic.root(&self.function("pvariance", x)?, &integer(2)),
            "atan2" => arithmetic.atan2(&x[0], &x[1]),
            _ => arithmetic.elementary(name, &x[0]),
        }
    }

    /// The squares of the deviations from the mean, summed.
    fn deviations(&self, x: &[Number]) -> Result<Number, CalcError> {
        let arithmetic = &self.arithmetic;
        let sum = x.iter().try_fold(integer(0), |sum, n| arithmetic.add(&sum, n))?;
        let mean = arithmetic.negate(&arithmetic.divide(&sum, &integer(x.len() as u32))?);
        x.iter().try_fold(integer(0), |sum, n| {
            let deviation = arithmetic.add(n, &mean)?;
            arithmetic.add(&sum, &arithmetic.multiply(&deviation, &deviation)?)
        })
    }

    fn total(&mut self, x: &[Value]) -> Result<Value, CalcError> {
        let alike = |this: &mut Self, n: &Value| this.alike(&x[0], n.clone());
        let mut total = x[0].clone();
        for n in &x[1..] {
            let n = alike(self, n)?;
            total.number = self.arithmetic.add(&total.number, &n.number)?;
            total.percent &= n.percent;
        }
        Ok(total)
    }

    fn ordered(&mut self, name: &str, x: &[Value]) -> Result<Value, CalcError> {
        let mut sorted: Vec<Value> = Vec::with_capacity(x.len());
        for n in x {
            let mut place = sorted.len();
            for (i, other) in sorted.iter().enumerate() {
                if self.compare(n, other)? == Ordering::Less {
                    place = i;
                    break;
                }
            }
            sorted.insert(place, n.clone());
        }
        let middle = sorted.len() / 2;
        match name {
            "min" => Ok(sorted.swap_remove(0)),
            "max" => Ok(sorted.swap_remove(x.len() - 1)),
            _ if sorted.len() % 2 == 1 => Ok(sorted.swap_remove(middle)),
            _ => self.call("mean", &sorted[middle - 1..=middle]),
        }
    }

    fn compare(&mut self, a: &Value, b: &Value) -> Result<Ordering, CalcError> {
        let b = self.alike(a, b.clone())?;
        let difference = self.arithmetic.add(&a.number, &self.arithmetic.negate(&b.number))?;
        Ok(match (is_zero(&difference), is_negative(&difference)) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        })
    }
}
