//! Functions of whole numbers: factorials, ways to choose, divisors.

use super::{
    error::CalcError,
    number::{Number, small_integer},
};
use dashu_base::Gcd;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// The largest `n` of `n!`.
const MAX_FACTORIAL: i64 = 5_000;

fn whole(n: impl Into<IBig>) -> Number {
    Number::Exact(RBig::from_parts(n.into(), UBig::ONE))
}

/// `least` × … × `most`.
fn product(least: u32, most: u32) -> UBig {
    (least..=most).fold(UBig::ONE, |product, i| product * i)
}

/// Errors: no whole number from 0 to 5,000.
pub fn factorial(x: &Number) -> Result<Number, CalcError> {
    Ok(whole(product(1, small_integer(x, "the number before `!`", 0, MAX_FACTORIAL)? as u32)))
}

/// Ways to choose (`comb`) or to arrange (`perm`) k out of n.
pub fn arrangements(name: &str, n: &Number, k: &Number) -> Result<Number, CalcError> {
    let n = small_integer(n, &format!("the first argument of {name}"), 0, MAX_FACTORIAL)? as u32;
    let k = small_integer(k, &format!("the second argument of {name}"), 0, n.into())? as u32;
    let count = product(n - k + 1, n);
    Ok(whole(if name == "comb" { count / product(1, k) } else { count }))
}

/// The greatest common divisor (`gcd`) or the least common multiple (`lcm`).
pub fn divisors(name: &str, x: &[Number]) -> Result<Number, CalcError> {
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
    Ok(whole(result.unwrap_or_default()))
}
