//! What a figure is: a number or a date as it stands in a text, with all that it says.

use crate::{Date, Qualifier, Unit};
use std::ops::Range;

/// A number or date that stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// As written, with currency, scale and per cent sign, without its unit and qualifiers.
    pub text: String,
    /// Where `text` stands, in bytes.
    pub at: Range<usize>,
    /// Where it stands together with its unit, in bytes.
    pub span: Range<usize>,
    /// In plain units: `$1.2 billion` is 1.2e9, `17.5%` is 0.175. A bare year is a number too.
    pub number: Option<f64>,
    pub date: Option<Date>,
    pub unit: Option<Unit>,
    /// What is counted, where no unit stands behind the number: `stations` in "11 new stations".
    pub noun: Option<String>,
    pub qualifier: Qualifier,
    /// What one more in the last digit shown would add to the number: 0.1e9 for `3.5 billion`.
    pub step: f64,
    /// How many digits are shown from the first that is not zero.
    pub digits: u32,
    /// Whether a currency, a scale or a per cent sign makes plain that this is an amount.
    pub is_marked: bool,
}
