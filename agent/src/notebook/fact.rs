//! Facts: single values with a name, what they are about, and where they come from.

use polymath_chat::Provenance;
use serde::{Deserialize, Serialize};

/// A value that was found, worked out or given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// `a`, `b`, …: how plans and expressions speak of it.
    pub name: String,
    /// What it is the value of, in the request's words.
    pub about: String,
    /// The value as its origin writes it, with its unit.
    pub text: String,
    /// Its magnitude in plain units, when it is a number.
    pub number: Option<f64>,
    /// ISO date, when it is one.
    pub date: Option<String>,
    pub provenance: Provenance,
    /// Other values that other pages give for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(String, Provenance)>,
}

impl Fact {
    pub fn is_money(&self) -> bool {
        let figures = polymath_quantity::figures(&self.text);
        figures.iter().any(|f| f.unit.as_ref().is_some_and(|unit| unit.kind == polymath_quantity::UnitKind::Money))
    }

    /// Whether two values have one unit, however it is written: `41 m` and `33 metres`.
    pub fn is_alike(&self, other: &Fact) -> bool {
        let unit = |fact: &Fact| {
            let all = polymath_quantity::figures(&fact.text);
            all.into_iter().find(|f| f.number.is_some()).and_then(|f| f.unit)
        };
        self.unit() == other.unit() || matches!((unit(self), unit(other)), (Some(a), Some(b)) if a.name == b.name)
    }

    /// The unit or counted noun behind the number: `m` of `5,199 m`; empty where there is none.
    pub fn unit(&self) -> String {
        let Some(figure) = polymath_quantity::figures(&self.text).into_iter().find(|f| f.number.is_some()) else {
            return String::new();
        };
        let behind = &self.text[figure.at.end..];
        let measured = self.text.get(figure.at.end..figure.span.end).map(str::trim).filter(|unit| !unit.is_empty());
        let word = |c: &char| c.is_alphabetic() || "%°/²³µ".contains(*c);
        measured.map_or_else(|| behind.trim_start().chars().take_while(word).collect(), str::to_owned)
    }
}

/// The names of facts in their order: `a` to `z`, then `a1`, `b1`, ….
pub fn fact_name(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
}
