//! Computes a parsed expression at a precision, and raises the precision until the digits that
//! were asked for no longer change.

use super::{
    error::CalcError,
    number::{Arithmetic, Number, is_negative, is_zero, small_integer},
    parse::{Constant, Node, Operator},
};
use dashu_base::Gcd;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use std::{cmp::Ordering, time::Instant};

/// Digits beyond those shown, at the first try.
const GUARD_DIGITS: usize = 20;
/// Where raising the precision ends.
const MAX_WORKING_DIGITS: usize = 8_000;
/// The largest `n` of `n!`.
const MAX_FACTORIAL: i64 = 5_000;

/// What an expression comes to.
#[derive(Debug, Clone)]
pub struct Value {
    pub number: Number,
    /// It was written as a percentage and still is one: 8% rather than 0.08.
    pub percent: bool,
    /// `200 + 10%` was read as 10% of 200 more.
    pub relative_percent: bool,
}

/// Computes `node` so that `digits` significant digits of the result are right.
///
/// Two computations at different precisions must agree; otherwise (cancellation, say in
/// `sqrt(2) - 1.414213562373095`) the precision is doubled.
pub fn evaluate(node: &Node, digits: usize, deadline: Instant) -> Result<Value, CalcError> {
    let mut working = digits + GUARD_DIGITS;
    let mut previous = compute(node, working, deadline)?;
    loop {
        let Number::Approximate(before) = &previous.number else { return Ok(previous) };
        working *= 2;
        if working > MAX_WORKING_DIGITS {
            return Err(CalcError::Arguments(
                "the result is so close to zero that its digits can't be told; simplify the expression".into(),
            ));
        }
        let next = compute(node, working, deadline)?;
        let Number::Approximate(after) = &next.number else { return Ok(next) };
        let check = digits + 2;
        if before.clone().with_precision(check).value() == after.clone().with_precision(check).value() {
            return Ok(next);
        }
        previous = next;
    }
}

fn compute(node: &Node, digits: usize, deadline: Instant) -> Result<Value, CalcError> {
    Evaluator { arithmetic: Arithmetic::new(digits), deadline, relative_percent: false }.run(node)
}

struct Evaluator {
    arithmetic: Arithmetic,
    deadline: Instant,
    relative_percent: bool,
}

/// A value inside the expression: the number, and whether it is a percentage.
type Part = (Number, bool);

impl Evaluator {
    fn run(mut self, node: &Node) -> Result<Value, CalcError> {
        let (number, percent) = self.part(node)?;
        Ok(Value { number, percent, relative_percent: self.relative_percent })
    }

    fn part(&mut self, node: &Node) -> Result<Part, CalcError> {
        if Instant::now() > self.deadline {
            return Err(CalcError::TimedOut);
        }
        let hundredth = || Number::Exact(RBig::from_parts(1.into(), 100u8.into()));
        let number = match node {
            Node::Number(value) => Number::Exact(value.clone()),
            Node::Constant(constant) => self.constant(*constant)?,
            Node::Negative(x) => {
                let (x, percent) = self.part(x)?;
                return Ok((self.arithmetic.negate(&x), percent));
            }
            Node::Percent(x) => {
                let x = self.part(x)?.0;
                return Ok((self.arithmetic.multiply(&x, &hundredth())?, true));
            }
            Node::Degrees(x) => {
                let x = self.part(x)?.0;
                let half_turn = Number::Exact(RBig::from(180u8));
                self.arithmetic.divide(&self.arithmetic.multiply(&x, &self.arithmetic.pi()?)?, &half_turn)?
            }
            Node::Factorial(x) => factorial(&self.part(x)?.0)?,
            Node::Binary(operator, a, b) => {
                let (a, b) = (self.part(a)?, self.part(b)?);
                return self.binary(*operator, a, b);
            }
            Node::Call(name, arguments) => {
                let arguments: Vec<Number> =
                    arguments.iter().map(|a| Ok(self.part(a)?.0)).collect::<Result<_, CalcError>>()?;
                self.call(name, &arguments)?
            }
        };
        Ok((number, false))
    }

    fn constant(&self, constant: Constant) -> Result<Number, CalcError> {
        let one = Number::Exact(RBig::ONE);
        match constant {
            Constant::Pi => self.arithmetic.pi(),
            Constant::E => self.arithmetic.elementary("exp", &one),
            Constant::Phi => {
                let two = Number::Exact(RBig::from(2u8));
                let five = self.arithmetic.root(&Number::Exact(RBig::from(5u8)), &two)?;
                self.arithmetic.divide(&self.arithmetic.add(&one, &five)?, &two)
            }
        }
    }

    fn binary(&mut self, operator: Operator, a: Part, b: Part) -> Result<Part, CalcError> {
        let ((a, a_percent), (b, b_percent)) = (a, b);
        let arithmetic = self.arithmetic;
        let both = a_percent && b_percent;
        let number = match operator {
            Operator::Add | Operator::Subtract => {
                let b = if operator == Operator::Subtract { arithmetic.negate(&b) } else { b };
                // As on every pocket calculator: 200 + 10% is 220.
                let b = if b_percent && !a_percent {
                    self.relative_percent = true;
                    arithmetic.multiply(&a, &b)?
                } else {
                    b
                };
                return Ok((arithmetic.add(&a, &b)?, both));
            }
            Operator::Multiply => arithmetic.multiply(&a, &b)?,
            Operator::Of => return Ok((arithmetic.multiply(&a, &b)?, both)),
            Operator::Divide => return Ok((arithmetic.divide(&a, &b)?, a_percent && !b_percent)),
            Operator::FloorDivide => arithmetic.floor(&arithmetic.divide(&a, &b)?)?,
            Operator::Modulo => self.modulo(&a, &b)?,
            Operator::Power => arithmetic.power(&a, &b)?,
        };
        Ok((number, false))
    }

    /// The remainder with the divisor's sign, as in Python.
    fn modulo(&self, a: &Number, b: &Number) -> Result<Number, CalcError> {
        let quotient = self.arithmetic.floor(&self.arithmetic.divide(a, b)?)?;
        let product = self.arithmetic.multiply(&quotient, b)?;
        self.arithmetic.add(a, &self.arithmetic.negate(&product))
    }

    fn call(&self, name: &str, x: &[Number]) -> Result<Number, CalcError> {
        let arithmetic = &self.arithmetic;
        let integer = |n: u32| Number::Exact(RBig::from(n));
        match name {
            "sqrt" => arithmetic.root(&x[0], &integer(2)),
            "cbrt" => arithmetic.root(&x[0], &integer(3)),
            "root" => arithmetic.root(&x[0], &x[1]),
            "abs" => Ok(if is_negative(&x[0]) { arithmetic.negate(&x[0]) } else { x[0].clone() }),
            "ln" => arithmetic.log(&x[0], None),
            "log" => arithmetic.log(&x[0], Some(x.get(1).unwrap_or(&integer(10)))),
            "log2" => arithmetic.log(&x[0], Some(&integer(2))),
            "log10" => arithmetic.log(&x[0], Some(&integer(10))),
            "floor" => arithmetic.floor(&x[0]),
            "ceil" => Ok(arithmetic.negate(&arithmetic.floor(&arithmetic.negate(&x[0]))?)),
            "trunc" if is_negative(&x[0]) => self.call("ceil", x),
            "trunc" => arithmetic.floor(&x[0]),
            "round" => arithmetic.round(&x[0], x.get(1).unwrap_or(&integer(0))),
            "pow" => arithmetic.power(&x[0], &x[1]),
            "mod" => self.modulo(&x[0], &x[1]),
            "factorial" => factorial(&x[0]),
            "comb" | "perm" => counting(name, &x[0], &x[1]),
            "gcd" | "lcm" => divisors(name, x),
            "sum" => self.sum(x),
            "mean" => arithmetic.divide(&self.sum(x)?, &integer(x.len() as u32)),
            "min" | "max" | "median" => self.ordered(name, x),
            _ => arithmetic.elementary(name, &x[0]),
        }
    }

    fn sum(&self, x: &[Number]) -> Result<Number, CalcError> {
        x.iter().try_fold(Number::Exact(RBig::ZERO), |sum, n| self.arithmetic.add(&sum, n))
    }

    fn ordered(&self, name: &str, x: &[Number]) -> Result<Number, CalcError> {
        let mut sorted: Vec<&Number> = Vec::with_capacity(x.len());
        for n in x {
            let mut place = sorted.len();
            for (i, other) in sorted.iter().enumerate() {
                if self.compare(n, other)? == Ordering::Less {
                    place = i;
                    break;
                }
            }
            sorted.insert(place, n);
        }
        let middle = sorted.len() / 2;
        match name {
            "min" => Ok(sorted[0].clone()),
            "max" => Ok(sorted[sorted.len() - 1].clone()),
            _ if sorted.len() % 2 == 1 => Ok(sorted[middle].clone()),
            _ => {
                let sum = self.arithmetic.add(sorted[middle - 1], sorted[middle])?;
                self.arithmetic.divide(&sum, &Number::Exact(RBig::from(2u8)))
            }
        }
    }

    fn compare(&self, a: &Number, b: &Number) -> Result<Ordering, CalcError> {
        let difference = self.arithmetic.add(a, &self.arithmetic.negate(b))?;
        Ok(match (is_zero(&difference), is_negative(&difference)) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        })
    }
}

fn factorial(x: &Number) -> Result<Number, CalcError> {
    let n = small_integer(x, "the number before `!`", 0, MAX_FACTORIAL)?;
    let product = (1..=n as u32).fold(UBig::ONE, |product, i| product * i);
    Ok(Number::Exact(RBig::from_parts(product.into(), UBig::ONE)))
}

/// Ways to choose (`comb`) or to arrange (`perm`) k out of n.
fn counting(name: &str, n: &Number, k: &Number) -> Result<Number, CalcError> {
    let n = small_integer(n, &format!("the first argument of {name}"), 0, MAX_FACTORIAL)? as u32;
    let k = small_integer(k, &format!("the second argument of {name}"), 0, n.into())? as u32;
    let mut count = (n - k + 1..=n).fold(UBig::ONE, |product, i| product * i);
    if name == "comb" {
        count /= (1..=k).fold(UBig::ONE, |product, i| product * i);
    }
    Ok(Number::Exact(RBig::from_parts(count.into(), UBig::ONE)))
}

fn divisors(name: &str, x: &[Number]) -> Result<Number, CalcError> {
    let mut result: Option<IBig> = None;
    for n in x {
        let n = IBig::from(small_integer(n, &format!("an argument of {name}"), 1, i64::MAX)?);
        result = Some(match result {
            None => n,
            Some(so_far) => {
                let common = IBig::from((&so_far).gcd(&n));
                if name == "gcd" { common } else { so_far * n / common }
            }
        });
    }
    Ok(Number::Exact(RBig::from_parts(result.unwrap_or_default(), UBig::ONE)))
}
