//! Dates in figures (`3/4/2024`, `31.12.23`), whose day and month only a whole column can tell apart.

use chrono::NaiveDate;

/// Which of day and month comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    DayFirst,
    MonthFirst,
}

/// Two figures and a year behind them, in one of two orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    first: u32,
    second: u32,
    year: i32,
    /// With points between them, which nobody writes with the month first.
    points: bool,
    /// The year has four digits.
    pub full_year: bool,
}

/// Reads `D/M/Y` in either order, with `/`, `-` or `.`, a year of four digits or of two, and a time of
/// day behind it or not.
pub fn written(text: &str) -> Option<Written> {
    let date = text.split([' ', 'T', ',']).next()?;
    let time = text[date.len()..].trim_start_matches([' ', 'T', ',']);
    if !time.chars().all(|c| c.is_ascii_digit() || ":. +-AMPampZ".contains(c))
        || (!time.is_empty() && !time.contains(':'))
    {
        return None;
    }
    let sign = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| "/-.".contains(*c))?;
    let mut parts = date.split(sign);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let short = |part: &str| (1..=2).contains(&part.len()) && digits(part);
    if parts.next().is_some() || !short(first) || !short(second) || !matches!(year.len(), 2 | 4) || !digits(year) {
        return None;
    }
    let full_year = year.len() == 4;
    let number: i32 = year.parse().ok()?;
    // As POSIX reads them: 69 to 99 are of the last century.
    let year = if full_year { number } else { number + if number < 69 { 2000 } else { 1900 } };
    let found =
        Written { first: first.parse().ok()?, second: second.parse().ok()?, year, points: sign == '.', full_year };
    (found.iso(Order::DayFirst).is_some() || found.iso(Order::MonthFirst).is_some()).then_some(found)
}

impl Written {
    /// The order that this date can only have.
    pub fn order(&self) -> Option<Order> {
        match (self.iso(Order::DayFirst), self.iso(Order::MonthFirst)) {
            (Some(_), None) => Some(Order::DayFirst),
            (None, Some(_)) => Some(Order::MonthFirst),
            _ if self.points => Some(Order::DayFirst),
            _ => None,
        }
    }

    /// Day and month are the same: any order will do.
    pub fn is_even(&self) -> bool {
        self.first == self.second
    }

    pub fn year(&self) -> i32 {
        self.year
    }

    /// `YYYY-MM-DD`, if there is such a day.
    pub fn iso(&self, order: Order) -> Option<String> {
        let (day, month) = match order {
            Order::DayFirst => (self.first, self.second),
            Order::MonthFirst => (self.second, self.first),
        };
        NaiveDate::from_ymd_opt(self.year, month, day).map(|date| date.format("%Y-%m-%d").to_string())
    }
}

/// The day of an ISO date, with a time of day behind it or not.
pub fn iso(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let bytes = day.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' || text.as_bytes().get(10).is_some_and(|b| !matches!(b, b'T' | b' ')) {
        return None;
    }
    let number = |part: &str| if part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<u32>().ok() } else { None };
    let (year, month, of_month) = (number(&day[..4])?, number(&day[5..7])?, number(&day[8..])?);
    let time = text[10..].chars().all(|c| c.is_ascii_digit() || ":.,+-TZ ".contains(c));
    (time && NaiveDate::from_ymd_opt(year as i32, month, of_month).is_some()).then_some(day)
}
