//! The numbers of the calculator: exact fractions for as long as the mathematics allows, then
//! decimal floats of a chosen precision, every operation on them correctly rounded (dashu).

use super::error::CalcError;
use dashu_base::{BitTest, Sign, Signed, UnsignedAbs};
use dashu_float::{Context, DBig, FpError, FpResult, Repr, round::mode::HalfAway};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// Beyond this many bits a fraction is no longer kept exactly (30,000 decimal digits).
const MAX_EXACT_BITS: usize = 100_000;

/// The largest power of ten of a result: far beyond use, and still quick.
const MAX_EXPONENT: f64 = 1e9;

/// Trigonometric functions of larger arguments would need π to as many digits.
const MAX_ANGLE_DIGITS: isize = 60;

#[derive(Debug, Clone)]
pub enum Number {
    Exact(RBig),
    Approximate(DBig),
}

/// Arithmetic at one precision, in decimal digits.
#[derive(Debug, Clone, Copy)]
pub struct Arithmetic {
    digits: usize,
    context: Context<HalfAway>,
}

fn whole(n: IBig) -> RBig {
    RBig::from_parts(n, UBig::ONE)
}

/// Turns dashu's refusals into what the writer of the expression can act on.
fn finite(what: &str, result: FpResult<DBig>) -> Result<Number, CalcError> {
    let domain = |why: &str| Err(CalcError::Arguments(format!("{what} {why}")));
    match result {
        Ok(value) if value.value_ref().repr().is_infinite() => domain("is infinite"),
        Ok(value) => Ok(Number::Approximate(value.value())),
        Err(FpError::OutOfDomain | FpError::Indeterminate) => {
            domain("has no real value there; check the argument's sign and range")
        }
        Err(FpError::Overflow(_) | FpError::InfiniteInput) => domain("is too large to compute"),
        Err(FpError::Underflow(_)) => domain("is too close to zero to compute"),
        Err(FpError::ZivRetryLimitExceeded) => domain("can't be computed to that many digits; ask for fewer"),
    }
}

impl Arithmetic {
    pub fn new(digits: usize) -> Self {
        Arithmetic { digits, context: Context::new(digits) }
    }

    /// The value as a float of this precision.
    pub fn float(&self, x: &Number) -> Result<DBig, CalcError> {
        let value = match x {
            Number::Approximate(value) => return Ok(value.clone()),
            Number::Exact(value) => value,
        };
        let numerator = Repr::new(value.numerator().clone(), 0);
        let denominator = Repr::new(value.denominator().clone().into(), 0);
        match self.context.div(&numerator, &denominator) {
            Ok(quotient) => Ok(quotient.value()),
            Err(e) => Err(CalcError::Arguments(format!("can't compute with that number: {e}"))),
        }
    }

    /// Keeps fractions from growing without end.
    fn exact(&self, value: RBig) -> Result<Number, CalcError> {
        if value.numerator().bit_len() + value.denominator().bit_len() > MAX_EXACT_BITS {
            return Ok(Number::Approximate(self.float(&Number::Exact(value))?));
        }
        Ok(Number::Exact(value))
    }

    pub fn add(&self, a: &Number, b: &Number) -> Result<Number, CalcError> {
        match (a, b) {
            (Number::Exact(a), Number::Exact(b)) => self.exact(a + b),
            _ => finite("the sum", self.context.add(self.float(a)?.repr(), self.float(b)?.repr())),
        }
    }

    pub fn negate(&self, x: &Number) -> Number {
        match x {
            Number::Exact(x) => Number::Exact(-x.clone()),
            Number::Approximate(x) => Number::Approximate(-x.clone()),
        }
    }

    pub fn multiply(&self, a: &Number, b: &Number) -> Result<Number, CalcError> {
        match (a, b) {
            (Number::Exact(a), Number::Exact(b)) => self.exact(a * b),
            _ => finite("the product", self.context.mul(self.float(a)?.repr(), self.float(b)?.repr())),
        }
    }

    pub fn divide(&self, a: &Number, b: &Number) -> Result<Number, CalcError> {
        if is_zero(b) {
            return Err(CalcError::Arguments("division by zero; check the divisor".into()));
        }
        match (a, b) {
            (Number::Exact(a), Number::Exact(b)) => self.exact(a / b),
            _ => finite("the quotient", self.context.div(self.float(a)?.repr(), self.float(b)?.repr())),
        }
    }

    /// The largest integer not above `x`.
    pub fn floor(&self, x: &Number) -> Result<Number, CalcError> {
        match x {
            Number::Exact(x) => Ok(Number::Exact(whole(x.floor()))),
            Number::Approximate(x) if decimal_magnitude(x) > self.digits as isize => {
                Err(CalcError::Arguments("the number is too large to be rounded to an integer".into()))
            }
            Number::Approximate(x) => integer(x.floor()),
        }
    }

    /// The smallest integer not below `x`.
    pub fn ceil(&self, x: &Number) -> Result<Number, CalcError> {
        Ok(self.negate(&self.floor(&self.negate(x))?))
    }

    /// `x` rounded to `places` decimal places, halves away from zero, as people do.
    pub fn round(&self, x: &Number, places: &Number) -> Result<Number, CalcError> {
        let places = small_integer(places, "the number of decimal places", -1_000, 1_000)?;
        let scale = Number::Exact(RBig::from(10u8).pow(places as isize));
        let scaled = self.multiply(x, &scale)?;
        let half = Number::Exact(RBig::from_parts(1.into(), 2u8.into()));
        let negative = is_negative(&scaled);
        let magnitude = if negative { self.negate(&scaled) } else { scaled };
        let rounded = self.floor(&self.add(&magnitude, &half)?)?;
        let rounded = self.divide(&rounded, &scale)?;
        Ok(if negative { self.negate(&rounded) } else { rounded })
    }

    /// `base` to the power of `exponent`; exact where the result is a fraction of a sensible size.
    pub fn power(&self, base: &Number, exponent: &Number) -> Result<Number, CalcError> {
        if let Number::Exact(e) = exponent {
            if e.denominator().is_one() {
                return self.integer_power(base, e.numerator());
            }
            let (numerator, denominator) = (Number::Exact(whole(e.numerator().clone())), e.denominator());
            if let (Number::Exact(b), Ok(degree)) = (base, u32::try_from(denominator))
                && let Some(root) = exact_root(b, degree)
            {
                return self.power(&Number::Exact(root), &numerator);
            }
        }
        if is_zero(base) && is_negative(exponent) {
            return Err(CalcError::Arguments("zero to a negative power is a division by zero".into()));
        }
        let (b, e) = (self.float(base)?, self.float(exponent)?);
        bounded_exponent(&b, &e)?;
        finite("the power", self.context.powf(b.repr(), e.repr(), None))
    }

    fn integer_power(&self, base: &Number, exponent: &IBig) -> Result<Number, CalcError> {
        if is_zero(base) && exponent.is_negative() {
            return Err(CalcError::Arguments("zero to a negative power is a division by zero".into()));
        }
        if let (Number::Exact(b), Ok(n)) = (base, isize::try_from(exponent)) {
            let bits = (b.numerator().bit_len() + b.denominator().bit_len()).saturating_sub(1);
            if bits.saturating_mul(n.unsigned_abs()) <= MAX_EXACT_BITS {
                return self.exact(b.pow(n));
            }
        }
        let b = self.float(base)?;
        bounded_exponent(&b, &DBig::from(exponent.clone()))?;
        finite("the power", self.context.powi(b.repr(), exponent.clone()))
    }

    /// The `degree`th root: exact where it is a fraction.
    pub fn root(&self, x: &Number, degree: &Number) -> Result<Number, CalcError> {
        let degree = small_integer(degree, "the degree of the root", 1, 1_000)? as usize;
        if is_negative(x) && degree.is_multiple_of(2) {
            return Err(CalcError::Arguments(
                "an even root of a negative number is not real; check the sign of what stands under it".into(),
            ));
        }
        if let Number::Exact(exact) = x
            && let Some(root) = exact_root(exact, degree as u32)
        {
            return Ok(Number::Exact(root));
        }
        let x = self.float(x)?;
        let root = if degree == 2 { self.context.sqrt(x.repr()) } else { self.context.nth_root(degree, x.repr()) };
        finite("the root", root)
    }

    /// The logarithm of `x` to `base` (e when none is given): exact where it is an integer.
    pub fn log(&self, x: &Number, base: Option<&Number>) -> Result<Number, CalcError> {
        if is_zero(x) || is_negative(x) {
            return Err(CalcError::Arguments("a logarithm needs a number above zero".into()));
        }
        let ln = finite("the logarithm", self.context.ln(self.float(x)?.repr(), None))?;
        let Some(base) = base else { return Ok(if is_one(x) { Number::Exact(RBig::ZERO) } else { ln }) };
        if is_zero(base) || is_negative(base) || is_one(base) {
            return Err(CalcError::Arguments("a logarithm's base is a number above zero and not one".into()));
        }
        let quotient = self.divide(&ln, &self.log(base, None)?)?;
        let nearest = self.round(&quotient, &Number::Exact(RBig::ZERO))?;
        if let (Number::Exact(x), Ok(Number::Exact(power))) = (x, self.power(base, &nearest))
            && *x == power
        {
            return Ok(nearest);
        }
        Ok(quotient)
    }

    /// A function of one real argument with no exact results worth keeping but at zero.
    pub fn elementary(&self, name: &str, x: &Number) -> Result<Number, CalcError> {
        let zero = is_zero(x);
        if zero && matches!(name, "sin" | "tan" | "asin" | "atan" | "sinh" | "tanh" | "asinh" | "atanh") {
            return Ok(Number::Exact(RBig::ZERO));
        }
        if zero && matches!(name, "exp" | "cos" | "cosh") {
            return Ok(Number::Exact(RBig::ONE));
        }
        let x = self.float(x)?;
        let magnitude = decimal_magnitude(&x);
        if matches!(name, "sin" | "cos" | "tan") && magnitude > MAX_ANGLE_DIGITS {
            return Err(CalcError::Arguments(format!(
                "the argument of {name} is too large; take it modulo 2 pi first"
            )));
        }
        if matches!(name, "exp" | "sinh" | "cosh" | "tanh") && magnitude > 9 {
            return Err(CalcError::Arguments(format!("{name} of a number beyond 10^9 is too large to compute")));
        }
        let (c, r) = (self.context, x.repr());
        let result = match name {
            "sin" => c.sin(r, None),
            "cos" => c.cos(r, None),
            "tan" => c.tan(r, None),
            "asin" => c.asin(r, None),
            "acos" => c.acos(r, None),
            "atan" => c.atan(r, None),
            "sinh" => c.sinh(r, None),
            "cosh" => c.cosh(r, None),
            "tanh" => c.tanh(r, None),
            "asinh" => c.asinh(r, None),
            "acosh" => c.acosh(r, None),
            "atanh" => c.atanh(r, None),
            _ => c.exp(r, None),
        };
        finite(name, result)
    }

    pub fn pi(&self) -> Result<Number, CalcError> {
        finite("pi", Ok(self.context.pi::<10>(None)))
    }

    /// Degrees as radians (`to_radians`), or radians as degrees.
    pub fn turned(&self, x: &Number, to_radians: bool) -> Result<Number, CalcError> {
        let half_turn = Number::Exact(RBig::from(180u8));
        let (by, over) = if to_radians { (self.pi()?, half_turn) } else { (half_turn, self.pi()?) };
        self.divide(&self.multiply(x, &by)?, &over)
    }

    /// The angle of the point (x, y), from -π to π.
    pub fn atan2(&self, y: &Number, x: &Number) -> Result<Number, CalcError> {
        finite("atan2", self.context.atan2(self.float(y)?.repr(), self.float(x)?.repr(), None))
    }

    /// The length of the hypotenuse.
    pub fn hypot(&self, a: &Number, b: &Number) -> Result<Number, CalcError> {
        let square = |n| self.multiply(n, n);
        self.root(&self.add(&square(a)?, &square(b)?)?, &Number::Exact(RBig::from(2u8)))
    }

    /// The remainder with the divisor's sign, as in Python.
    pub fn modulo(&self, a: &Number, b: &Number) -> Result<Number, CalcError> {
        let product = self.multiply(&self.floor(&self.divide(a, b)?)?, b)?;
        self.add(a, &self.negate(&product))
    }
}

/// Refuses powers whose result has more than 10^9 digits before or after the point.
fn bounded_exponent(base: &DBig, exponent: &DBig) -> Result<(), CalcError> {
    if base.repr().is_pos_zero() || base.repr().is_neg_zero() {
        return Ok(());
    }
    let magnitude = decimal_magnitude(base);
    let log10 = if magnitude.abs() < 300 { base.to_f64().value().abs().log10() } else { magnitude as f64 };
    // The exponent's own size first: turning 10^(10^8) into a float of the machine takes for ever.
    if decimal_magnitude(exponent) > 20 || (exponent.to_f64().value() * log10).abs() > MAX_EXPONENT {
        return Err(CalcError::Arguments("the power is too large to compute".into()));
    }
    Ok(())
}

/// The number of digits before the decimal point; zero or less for numbers below one.
pub fn decimal_magnitude(x: &DBig) -> isize {
    x.repr().exponent() + x.repr().digits() as isize
}

fn integer(x: DBig) -> Result<Number, CalcError> {
    match IBig::try_from(x) {
        Ok(n) => Ok(Number::Exact(whole(n))),
        Err(e) => Err(CalcError::Arguments(format!("can't round that number: {e}"))),
    }
}

/// The root of a fraction when it is a fraction itself.
fn exact_root(x: &RBig, degree: u32) -> Option<RBig> {
    let negative = x.numerator().is_negative();
    if degree == 0 || degree > 1_000 || (negative && degree.is_multiple_of(2)) {
        return None;
    }
    let root = |n: &UBig| {
        let candidate = n.nth_root(degree as usize);
        (candidate.pow(degree as usize) == *n).then_some(candidate)
    };
    let numerator = root(&x.numerator().unsigned_abs())?;
    let sign = if negative { Sign::Negative } else { Sign::Positive };
    Some(RBig::from_parts(IBig::from_parts(sign, numerator), root(x.denominator())?))
}

/// `x` as an integer between two bounds; `what` names it in the error.
pub fn small_integer(x: &Number, what: &str, least: i64, most: i64) -> Result<i64, CalcError> {
    let value = match x {
        Number::Exact(x) if x.denominator().is_one() => i64::try_from(x.numerator()).ok(),
        _ => None,
    };
    match value {
        Some(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(CalcError::Arguments(format!("{what} must be an integer from {least} to {most}"))),
    }
}

pub fn is_zero(x: &Number) -> bool {
    match x {
        Number::Exact(x) => x.is_zero(),
        Number::Approximate(x) => x.repr().is_pos_zero() || x.repr().is_neg_zero(),
    }
}

fn is_one(x: &Number) -> bool {
    matches!(x, Number::Exact(x) if x.is_one())
}

pub fn is_negative(x: &Number) -> bool {
    match x {
        Number::Exact(x) => x.numerator().is_negative(),
        Number::Approximate(x) => x.repr().sign() == Sign::Negative && !is_zero(&Number::Approximate(x.clone())),
    }
}
