//! What the cells of a column mean. Decimal marks and the order of day and month are decided over all
//! of a column's cells: what no cell settles is told and not read, for no value is better than a wrong
//! one.

use super::dates::{self, Order, Written};
use super::figure::{Mark, figure, simple};
use polymath_chat::{Cell, CompactString, Provenance};
use polymath_quantity::Column;
use polymath_reader::grid::Raw;
use std::borrow::Cow;
use std::collections::HashMap;

/// Words for "no value" in any column.
const MISSING: [&str; 20] = [
    "na", "n/a", "n.a.", "#n/a", "#na", "nan", "null", "-", "--", "–", "—", ".", "..", "…", "\\n", "#nv", "#value!",
    "#ref!", "#div/0!", "<na>",
];
/// Words for "no value" in a column of numbers or dates; elsewhere they may mean themselves.
const MISSING_NUMBER: [&str; 5] = ["none", "nil", "?", "unknown", "missing"];
/// A cell of more bytes than this is prose.
const LONGEST: usize = 200;
/// Cells that tell whether a long column is text.
const SAMPLE: usize = 1_000;
/// Texts whose reading is remembered: a column of a million different ones would keep all of them.
const KNOWN: usize = 10_000;
/// Digits that a number of the machine holds.
const DIGITS: usize = 15;

/// What the cells of a column say together.
#[derive(Debug, Default)]
pub struct Survey {
    filled: usize,
    /// Cells that are figures, dates in figures, ISO dates.
    figures: usize,
    dated: usize,
    /// Figures that can only have a decimal point, a decimal comma, either.
    points: usize,
    commas: usize,
    either: usize,
    /// Dates with the day first, the month first, either.
    day_first: usize,
    month_first: usize,
    undecided: usize,
    /// All are digits, and some begin with a zero or are longer than a number holds.
    codes: bool,
    /// All are two capitals, as countries are, so that NA is Namibia.
    capitals: bool,
}

impl Survey {
    pub fn new(cells: &[Raw]) -> Survey {
        let mut survey = Survey { capitals: true, ..Survey::default() };
        let (mut digits_only, mut long) = (true, false);
        for cell in cells.iter().filter(|cell| !cell.is_empty()) {
            let text = cell.text.as_str();
            survey.capitals &= text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
            if is_missing(text, false) {
                continue;
            }
            survey.filled += 1;
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            digits_only &= digits && !cell.exact;
            long |= digits && (text.len() > DIGITS || (text.len() > 1 && text.starts_with('0')));
            if !cell.exact {
                survey.count(text);
            } else if dates::iso(text).is_some() {
                survey.dated += 1;
            } else {
                survey.figures += usize::from(plain(text).is_some());
            }
        }
        survey.codes = digits_only && long;
        survey
    }

    fn count(&mut self, text: &str) {
        if !text.bytes().any(|b| b.is_ascii_digit()) || text.len() > LONGEST {
            return;
        }
        if let Some((point, either)) = simple(text) {
            self.figures += 1;
            self.points += usize::from(point && !either);
            self.either += usize::from(either);
        } else if let Some(date) = dates::written(text) {
            self.dated += 1;
            match date.order() {
                Some(Order::DayFirst) => self.day_first += 1,
                Some(Order::MonthFirst) => self.month_first += 1,
                None if date.is_even() => {}
                None => self.undecided += 1,
            }
        } else if dates::iso(text).is_some() {
            self.dated += 1;
        } else if let Some(figure) = figure(text) {
            self.figures += 1;
            match figure.mark() {
                Some(Mark::Point) => self.points += 1,
                Some(Mark::Comma) => self.commas += 1,
                None => self.either += usize::from(figure.is_ambiguous()),
            }
        }
    }

    /// Figures or dates, all but for a few.
    pub fn is_of_values(&self) -> bool {
        (self.figures + self.dated) * 5 >= self.filled * 3
    }

    /// The decimal mark that all of the column's figures can have.
    fn mark(&self) -> Option<Mark> {
        match (self.points, self.commas) {
            (0, 0) => None,
            (_, 0) => Some(Mark::Point),
            (0, _) => Some(Mark::Comma),
            _ => None,
        }
    }

    fn order(&self) -> Option<Order> {
        match (self.day_first, self.month_first) {
            (0, 0) => None,
            (_, 0) => Some(Order::DayFirst),
            (0, _) => Some(Order::MonthFirst),
            _ => None,
        }
    }
}

/// The decimal mark of figures that could have either, in a column where no cell tells: that of the
/// file's other columns, else the point; where semicolons stand between the cells, as they do where
/// commas are decimal, nobody knows.
pub fn usual_mark(surveys: &[Survey], separator: Option<u8>) -> Option<Mark> {
    let has = |mark: Mark| surveys.iter().any(|s| s.is_of_values() && s.mark() == Some(mark));
    match (has(Mark::Point), has(Mark::Comma)) {
        (true, false) => Some(Mark::Point),
        (false, true) => Some(Mark::Comma),
        _ if separator == Some(b';') => None,
        _ => Some(Mark::Point),
    }
}

/// Reads a column's cells. `header` is its name in the file, with its unit; `usual` the decimal mark
/// where no cell of the column tells.
pub fn read(
    header: &str,
    cells: Vec<Raw>,
    survey: &Survey,
    usual: Option<Mark>,
    notices: &mut Vec<String>,
) -> Vec<Cell> {
    let mixed = survey.points > 0 && survey.commas > 0;
    let mark = if mixed { None } else { survey.mark().or(usual) };
    if survey.is_of_values() {
        tell(header, &cells, survey, mark, notices);
    }
    let column = Column::of(header);
    let mut reader = Reader { column, mark, survey, is_text: survey.codes, scale: None, known: HashMap::new() };
    // Reading names as quantities takes most of the time that a large table takes. Names like order-00123 look like
    // figures until they are read.
    if cells.len() > 2 * SAMPLE {
        let sample = cells.iter().filter(|raw| !raw.is_empty()).step_by(cells.len() / SAMPLE);
        reader.is_text |= sample.map(|raw| reader.value(raw)).all(|value| value == (None, None));
    }
    let mut cells: Vec<Cell> = cells.into_iter().map(|raw| reader.cell(raw)).collect();
    if let Some((code, count)) = missing_code(&cells) {
        cells.iter_mut().filter(|cell| cell.number == Some(code)).for_each(|cell| *cell = Cell::missing());
        notices
            .push(format!("column \"{header}\": {count} cells are {code}, a code for no value: they were left empty"));
    }
    cells
}

/// The code that stands for no value in a column of numbers, and how often: nines with a minus (two of them more than
/// once) where all other numbers are none below zero, three and more far below all others (temperatures); or four and
/// more without it, far above all others.
fn missing_code(cells: &[Cell]) -> Option<(f64, usize)> {
    const CODES: [f64; 4] = [-99.0, -999.0, -9999.0, -99999.0];
    /// So many times the largest other number.
    const FAR: f64 = 10.0;
    let numbers: Vec<f64> = cells.iter().filter_map(|cell| cell.number).collect();
    let below: Vec<f64> = numbers.iter().copied().filter(|n| *n < 0.0).collect();
    let least = below.iter().copied().fold(0.0, f64::min);
    if CODES.contains(&least) {
        let count = numbers.iter().filter(|n| **n == least).count();
        let largest = numbers.iter().filter(|n| **n != least).fold(0.0, |most: f64, n| most.max(n.abs()));
        let fits = match below.len() == count {
            true => count > 1 || least < -99.0,
            // Not where one code stands beside another.
            false => least < -99.0 && largest * FAR < -least && !below.iter().any(|n| *n != least && CODES.contains(n)),
        };
        return (fits && numbers.len() - count > count).then_some((least, count));
    }
    let code = numbers.iter().copied().fold(0.0, f64::max);
    let count = numbers.iter().filter(|n| **n == code).count();
    let rest = numbers.iter().copied().filter(|n| *n != code).fold(0.0, f64::max);
    let is_code = code >= 9999.0 && CODES.contains(&-code) && rest > 0.0 && rest * FAR < code;
    (is_code && count < numbers.len() - count).then_some((code, count))
}

/// What could not be decided, with one of the cells that it is about.
fn tell(header: &str, cells: &[Raw], survey: &Survey, mark: Option<Mark>, notices: &mut Vec<String>) {
    let first = |test: &dyn Fn(&str) -> bool| {
        cells.iter().find(|c| !c.exact && test(&c.text)).map_or(String::new(), |c| c.text.to_string())
    };
    let undecided = || first(&|text| dates::written(text).is_some_and(|d| d.order().is_none() && !d.is_even()));
    if survey.undecided > 0 && survey.order().is_none() {
        let why = if survey.day_first > 0 { "its cells have both orders" } else { "no cell says which" };
        let text = undecided();
        notices.push(format!(
            "column \"{header}\": {text} can be two dates, day or month first, and {why}; only years were read (write dates as YYYY-MM-DD)"
        ));
    }
    if survey.codes {
        notices.push(format!("column \"{header}\" has codes with leading zeros or too many digits: they are text"));
        return;
    }
    if survey.points > 0 && survey.commas > 0 {
        let (point, comma) = (Some(Mark::Point), Some(Mark::Comma));
        let one =
            |mark| first(&|text| figure(text).is_some_and(|f| f.mark() == mark) && dates::written(text).is_none());
        notices.push(format!(
            "column \"{header}\" has decimal points and decimal commas ({}, {}): each cell was read by its own mark{}",
            one(point),
            one(comma),
            match first(&|text| figure(text).is_some_and(|f| f.is_ambiguous())) {
                text if text.is_empty() => String::new(),
                text => format!("; {text} can be two numbers and was not read"),
            }
        ));
    } else if survey.either > 0 && mark.is_none() {
        let text = first(&|text| figure(text).is_some_and(|f| f.is_ambiguous()));
        notices.push(format!(
            "column \"{header}\": {text} can be two numbers, and no cell says whether the mark is a decimal one; such cells were not read as numbers"
        ));
    }
}

struct Reader<'a> {
    column: Column,
    mark: Option<Mark>,
    survey: &'a Survey,
    /// Nothing in this column is a number or a date.
    is_text: bool,
    /// What a plain number of this column is to be multiplied with.
    scale: Option<f64>,
    /// Texts that were read before.
    known: HashMap<CompactString, (Option<f64>, Option<String>)>,
}

impl Reader<'_> {
    fn cell(&mut self, raw: Raw) -> Cell {
        let namibia = self.survey.capitals && raw.text == "NA" && self.survey.filled > 0;
        if raw.is_empty() || (!namibia && is_missing(&raw.text, self.survey.is_of_values())) {
            return Cell::missing();
        }
        let (number, date) = self.value(&raw);
        Cell { number, date, ..Cell::new(raw.text, Provenance::Given) }
    }

    fn value(&mut self, raw: &Raw) -> (Option<f64>, Option<String>) {
        let text = raw.text.as_str();
        if text.len() > LONGEST || self.is_text || !text.contains(|c: char| c.is_numeric()) {
            return (None, None);
        }
        if let Some(number) = self.simple(text) {
            return (Some(self.scaled(number)), None);
        }
        if let Some(day) = dates::iso(text) {
            return (None, Some(day.to_owned()));
        }
        if let Some(date) = dates::written(text).filter(|_| !raw.exact) {
            return (None, self.date(date));
        }
        let text = match figure(text).filter(|_| !raw.exact) {
            Some(figure) => match (self.mark, figure.mark().is_some() || figure.is_ambiguous()) {
                (Some(mark), true) => Cow::Owned(figure.plain(mark)),
                // Where a column has both marks, a figure that can only have one of them is read by its own.
                (None, true) => match figure.mark() {
                    Some(own) => Cow::Owned(figure.plain(own)),
                    None => return (None, None),
                },
                // Spaces and apostrophes between thousands
                (_, false) => Cow::Owned(figure.plain(Mark::Point)),
            },
            None => Cow::Borrowed(text),
        };
        match plain(&text) {
            Some(number) => (Some(self.scaled(number)), None),
            None => self.quantity(&text),
        }
    }

    /// A number that is written as numbers of programs are, where the column lets it be read so.
    fn simple(&self, text: &str) -> Option<f64> {
        let (point, _) = simple(text)?;
        if point && self.mark != Some(Mark::Point) { None } else { plain(text) }
    }

    fn date(&self, date: Written) -> Option<String> {
        let order = date.order().or(self.survey.order()).or(date.is_even().then_some(Order::DayFirst));
        match order {
            Some(order) => date.iso(order),
            None => date.full_year.then(|| format!("{:04}", date.year())),
        }
    }

    /// A bare number in plain units.
    fn scaled(&mut self, number: f64) -> f64 {
        let scale = self.scale.unwrap_or_else(|| self.quantity("1").0.unwrap_or(1.0));
        self.scale = Some(scale);
        // 29 / 100, not 29 * 0.01, which is 0.29000000000000004
        if scale < 1.0 { number / (1.0 / scale).round() } else { number * scale }
    }

    /// The one place where a cell's text is read with its column's unit.
    fn quantity(&mut self, text: &str) -> (Option<f64>, Option<String>) {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let value = self.column.read(text).values();
        if self.known.len() < KNOWN {
            self.known.insert(text.into(), value.clone());
        }
        value
    }
}

/// A bare number with a decimal point; no year, which is a date as well.
fn plain(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let shape = bytes.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b));
    let year = bytes.len() == 4 && matches!(bytes[0], b'1' | b'2') && bytes.iter().all(u8::is_ascii_digit);
    if !shape || year || bytes.len() > 32 { None } else { text.parse().ok().filter(|n: &f64| n.is_finite()) }
}

fn is_missing(text: &str, of_values: bool) -> bool {
    if text.len() > 8 {
        return false;
    }
    let is = |word: &&str| word.eq_ignore_ascii_case(text);
    MISSING.iter().any(&is) || (of_values && MISSING_NUMBER.iter().any(is))
}
