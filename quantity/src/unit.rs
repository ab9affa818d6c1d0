//! Units, and the small words that say how a number is meant.

use std::borrow::Cow;

/// What a number is a number of: `m`, `km/h`, `USD`, `%`, `month`, `people`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// One name whatever the language: the symbol where there is one, the ISO code of a currency.
    /// `¥` alone is `¥`, since it is written for two currencies.
    pub name: Cow<'static, str>,
    pub kind: UnitKind,
}

/// What sort of thing a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    Money,
    /// Per cent and per mille.
    Share,
    /// People, pieces, times: whole numbers.
    Count,
    Time,
    /// Length, mass, power, data, …
    Measure,
}

impl Unit {
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The power of ten by which a number in plain units differs from the one that is written:
    /// -2 for per cent, -3 for per mille.
    pub(crate) fn share(&self) -> i32 {
        match &*self.name {
            "%" => -2,
            "‰" => -3,
            _ => 0,
        }
    }

    /// Whether the two can be the same unit.
    pub fn agrees(&self, other: &Unit) -> bool {
        let yuan_or_yen = |a: &Unit, b: &Unit| a.is("¥") && (b.is("CNY") || b.is("JPY"));
        self.name == other.name || yuan_or_yen(self, other) || yuan_or_yen(other, self)
    }
}

/// What stands around a figure and changes what it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Qualifier {
    #[default]
    Exact,
    About,
    Over,
    Under,
    AtLeast,
    AtMost,
    /// The lower end of a range.
    From,
    /// The upper end of a range.
    To,
}

/// Which character stands before a number's fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Not known: a comma before the fraction is only read where nothing else can be meant.
    #[default]
    Unknown,
    Point,
    Comma,
}
