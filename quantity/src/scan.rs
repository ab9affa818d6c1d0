//! The scanner: finds a run of digits, and reads what it is from a bounded stretch around it.

use crate::exponent::{clock, exponent};
use crate::follow::{After, after, counted_noun};
use crate::lexicon::Habit;
use crate::numeral::{Decimal, Hints, Numeral, Run, digit};
use crate::preceding::{Before, before, is_dash, qualifier};
use crate::scale::Letters;
use crate::{Date, Figure, Qualifier, Style, Unit, UnitKind, date};

/// Years that are taken for years where four digits stand alone.
const YEARS: std::ops::RangeInclusive<u16> = 1500..=2199;

/// How a text is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub style: Style,
    pub letters: Letters,
    /// A column names a unit or a scale, so that its cells hold one number each.
    pub marked: bool,
}

/// All figures and dates of running text, in order. Where the text's other figures show decimal
/// commas and none a decimal point, it is read in that style throughout.
pub fn figures(text: &str) -> Vec<Figure> {
    figures_in(text, Style::Unknown)
}

/// The same for a text whose style is known.
pub fn figures_in(text: &str, style: Style) -> Vec<Figure> {
    scan(text, Manner { style, letters: Letters::Text, marked: false }).figures
}

/// What a text holds.
#[derive(Debug, Default)]
pub struct Scanned {
    pub figures: Vec<Figure>,
    /// Whether there are digits that are no figure: in words, versions, times.
    pub others: bool,
}

pub fn scan(text: &str, manner: Manner) -> Scanned {
    let mut scanner = Scanner::new(text, manner);
    scanner.run();
    if manner.style == Style::Unknown && scanner.doubts > 0 && scanner.commas > 0 && scanner.points == 0 {
        let manner = Manner { style: Style::Comma, ..manner };
        scanner = Scanner::new(text, manner);
        scanner.run();
    }
    scanner.out
}

struct Scanner<'a> {
    text: &'a str,
    manner: Manner,
    out: Scanned,
    /// Where the last figure ends, its unit included.
    end: usize,
    /// Figures with a decimal comma, with a decimal point, and those that may have either.
    commas: usize,
    points: usize,
    doubts: usize,
    /// The last figure's digits, if another's scale may be meant for them too.
    low: Option<Decimal>,
}

/// Whether `between` makes a range of the figure before it and the one behind.
fn joins(text: &str, low: &Figure, between: &str) -> bool {
    let ahead = || text[..low.at.start].trim_end();
    low.number.is_some()
        && match between {
            "—" | "~" | "～" | "〜" | "to" | "bis" | "à" | "a" | "至" | "到" | "から" => true,
            "and" | "und" | "et" | "y" => ["between", "zwischen", "entre"].iter().any(|word| ahead().ends_with(word)),
            dashes => !dashes.is_empty() && dashes.chars().all(is_dash),
        }
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, manner: Manner) -> Self {
        Scanner { text, manner, out: Scanned::default(), end: 0, commas: 0, points: 0, doubts: 0, low: None }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if digit(self.text, at).is_some() {
                at = self.step(at).max(at + 1);
                while !self.text.is_char_boundary(at) {
                    at += 1;
                }
            } else {
                at += 1;
            }
        }
    }

    /// Reads what begins with the digit at `at`; where to go on.
    fn step(&mut self, at: usize) -> usize {
        if let Some(found) = date::at(self.text, at).filter(|d| d.start >= self.end) {
            let named =
                self.text[..found.start].chars().next_back().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
            match found.date.filter(|_| !named) {
                Some(date) => self.push_date(found.start, found.end, date),
                None => self.out.others = true,
            }
            return found.end;
        }
        if let Some(end) = clock(self.text, at) {
            self.out.others = true;
            return end;
        }
        let around = before(self.text, at, self.end);
        if around.in_name && !self.is_year_in_name(at) {
            return self.skip(at);
        }
        self.number(at, &around)
    }

    /// `pre-2019` has a year; `GPT-4` has no number.
    fn is_year_in_name(&self, at: usize) -> bool {
        let run = Run::at(self.text, at, false);
        let dashed = self.text[..at].chars().next_back().is_some_and(is_dash);
        dashed && run.is_bare(4) && self.year(at, &run).is_some()
    }

    /// Behind the word, version or address whose digits are at `at`.
    fn skip(&mut self, at: usize) -> usize {
        self.out.others = true;
        let mut end = at;
        let mut chars = self.text[at..].chars().peekable();
        while let Some(c) = chars.next() {
            let inner = matches!(c, '.' | '-' | '_') && chars.peek().is_some_and(char::is_ascii_digit);
            if !(c.is_alphanumeric() && !crate::text::is_cjk(c) || inner || digit(self.text, end).is_some()) {
                break;
            }
            end += c.len_utf8();
        }
        end
    }

    fn number(&mut self, at: usize, around: &Before) -> usize {
        let run = Run::at(self.text, at, true);
        let Some((numeral, behind)) = self.resolve(&run, around) else {
            self.out.others = true;
            return run.end();
        };
        let (exponent, end) = exponent(self.text, at, numeral.end);
        let behind =
            if end > numeral.end { after(self.text, end, around.money.is_some(), self.manner.letters) } else { behind };
        let is_decade = run.is_bare(4) && self.year(at, &run).is_some() && self.text[end..].starts_with('s');
        if behind.in_word || is_decade {
            return self.skip(at);
        }
        match numeral.style {
            Style::Comma => self.commas += 1,
            Style::Point => self.points += 1,
            // `1.234` and `1,234` are what another style would read otherwise.
            Style::Unknown => self.doubts += usize::from(numeral.end == run.end() && run.end() > run.first_end()),
        }
        self.doubts += usize::from(numeral.end < run.end());
        self.commas += usize::from(behind.habit == Habit::Comma);
        let amount = Decimal::of(&self.text[at..numeral.end], numeral.places).shift(exponent.unwrap_or(0));
        let year = (end == run.end() && run.is_bare(4) && !around.negative).then(|| self.year(at, &run)).flatten();
        self.push_number(around, &behind, &amount, year);
        self.end
    }

    /// What the run means, by what stands around it.
    fn resolve(&self, run: &Run, around: &Before) -> Option<(Numeral, After)> {
        let money = around.money.is_some();
        let behind = after(self.text, run.end(), money, self.manner.letters);
        let counted = behind.unit.as_ref().is_some_and(|u| u.kind == UnitKind::Count);
        let hints = Hints {
            style: behind.habit.style(self.manner.style),
            habit: behind.habit,
            marked: self.manner.marked || money || around.percent || behind.is_marked() || behind.unit.is_some(),
            whole: (counted
                || self.manner.letters == Letters::Counted
                || behind.noun.as_deref().is_some_and(counted_noun))
                && !behind.is_scaled(),
        };
        let numeral = run.resolve(hints)?;
        if numeral.end == run.end() {
            return Some((numeral, behind));
        }
        Some((numeral, after(self.text, numeral.end, money, self.manner.letters)))
    }

    fn year(&self, at: usize, run: &Run) -> Option<u16> {
        let year = Decimal::of(&self.text[at..run.end()], 0).digits.parse().ok()?;
        YEARS.contains(&year).then_some(year)
    }

    fn push_date(&mut self, start: usize, end: usize, date: Date) {
        let mut figure = self.figure(start, end, end);
        figure.date = Some(date);
        self.low = None;
        self.push(figure);
    }

    fn figure(&self, start: usize, end: usize, span: usize) -> Figure {
        Figure {
            text: self.text[start..end].trim().to_owned(),
            at: start..end,
            span: start..span,
            number: None,
            date: None,
            unit: None,
            noun: None,
            qualifier: qualifier(self.text, start).1,
            step: 0.0,
            digits: 0,
            is_marked: false,
        }
    }

    fn push_number(&mut self, around: &Before, behind: &After, amount: &Decimal, year: Option<u16>) {
        let mut figure = self.figure(around.start, behind.end, behind.span);
        let hundred = Unit { name: "%".into(), kind: UnitKind::Share };
        let unit = match (&around.money, &behind.unit) {
            (Some(money), _) => Some(money_per(money, behind)),
            (None, unit) => unit.clone().or(around.percent.then_some(hundred)),
        };
        let share = unit.as_ref().map_or(0, Unit::share);
        let scaled = amount.clone().shift(behind.power + share);
        let total = behind.more.iter().fold(scaled.value(), |sum, more| sum + more.value());
        if !total.is_finite() {
            // Beyond what a double holds.
            (self.out.others, self.end) = (true, behind.span);
            return;
        }
        let least = behind.more.last().unwrap_or(&scaled);
        let sign = if around.negative { -1.0 } else { 1.0 };
        figure.number = Some(total * sign);
        figure.step = 10f64.powi(least.power.clamp(-400, 400));
        figure.digits = amount.shown().max(u32::from(behind.is_scaled() && !behind.more.is_empty()) * 9);
        figure.is_marked = around.money.is_some() || around.percent || behind.is_marked();
        let bare = unit.is_none() && !behind.is_scaled() && around.money.is_none();
        figure.date = year.filter(|_| bare).map(Date::year);
        figure.unit = unit;
        figure.noun.clone_from(&behind.noun);
        if behind.qualifier != Qualifier::Exact {
            figure.qualifier = behind.qualifier;
        }
        self.span_range(&mut figure, behind.power + share);
        let lends = !behind.is_scaled() && share == 0 && !around.negative && (bare || around.money.is_some());
        self.low = lends.then(|| amount.clone());
        self.push(figure);
    }

    /// Where `figure` is the upper end of a range, tells the lower end, and lends it scale and unit:
    /// the 5 of "$5–10 million" is five million.
    fn span_range(&mut self, figure: &mut Figure, power: i32) {
        let between = self.text[self.end..figure.at.start].trim();
        let amount = self.low.take();
        let Some(low) = self.out.figures.last_mut().filter(|low| joins(self.text, low, between)) else { return };
        // "up 17.5% to 2,340" is no range.
        let fits = match (&low.unit, &figure.unit) {
            (Some(a), Some(b)) => a.agrees(b),
            (Some(a), None) => a.kind == UnitKind::Money,
            _ => true,
        };
        if !fits {
            return;
        }
        (low.qualifier, figure.qualifier) = (Qualifier::From, Qualifier::To);
        if low.date.is_some() || figure.date.is_some() {
            return;
        }
        if let Some(amount) = amount.map(|amount| amount.shift(power))
            && power != 0
            && Some(amount.value()) <= figure.number
        {
            (low.number, low.step, low.is_marked) = (Some(amount.value()), 10f64.powi(amount.power), true);
        }
        if low.unit.is_none() {
            (low.unit, low.noun) = (figure.unit.clone(), None);
        } else if figure.unit.is_none() {
            figure.unit.clone_from(&low.unit);
        }
    }

    fn push(&mut self, figure: Figure) {
        self.end = figure.span.end;
        self.out.figures.push(figure);
    }
}

/// Money before the number, and what it is counted by behind.
fn money_per(money: &Unit, behind: &After) -> Unit {
    let whole =
        behind.unit.as_ref().filter(|unit| unit.kind == UnitKind::Money && (money.is("¥") || unit.name.contains('/')));
    match (whole, &behind.per) {
        (Some(unit), _) => unit.clone(),
        (None, Some(per)) => Unit { name: format!("{}/{}", money.name, per.name).into(), kind: UnitKind::Money },
        (None, None) => money.clone(),
    }
}
