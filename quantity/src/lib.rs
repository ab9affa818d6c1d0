//! The one reader (and printer) of numbers, dates, money, units, percents and scales.
//!
//! People write one amount as `3.5 billion`, `35亿`, `3,5 Mrd.`, `3.5e9` or `$3.5bn`; small models
//! that retype it get the power of ten wrong. Read once, here, it travels as a number with its unit.
//! What could be read in two ways is not read at all: no value is better than a wrong one.
//!
//! - [`figures`]: all figures of running text, with their places.
//! - [`read`], [`Column::read`]: a whole cell, alone or under its column's header.
//! - [`same`]: whether two figures say the same, to the digits shown.
//! - [`print`], [`human`]: a number for people; what is printed is read back as the same number.
//!   [`short`] rounds it to the digits that count.
//! - [`plainly`]: an arithmetic text with its amounts as bare digits, for the calculator.
//! - [`part_of_year`]: quarters and halves of years.
//! - [`seconds`]: times and durations.
//! - [`text`]: what a reader of text needs besides: sentences, stop words, scripts without spaces.
//!
//! One scanner (`scan.rs`) finds a run of digits and looks a bounded way around it, so that time is
//! linear in the text; all words are in `lexicon.txt`. A letter behind a number is a scale only
//! beside money or a counted thing, and never where the header or the cell names a unit
//! (`scale.rs` holds that rule). Nothing is converted: no currencies, no units, no calendars but
//! the Gregorian (and the Japanese eras that name its years).

mod cell;
mod column;
mod date;
mod duration;
mod exponent;
mod figure;
mod follow;
mod formula;
mod lexicon;
mod measure;
mod numeral;
mod period;
mod preceding;
mod print;
mod same;
mod scale;
mod scan;
pub mod text;
mod unit;
mod words;

pub use cell::{Reading, is_blank};
pub use column::{Column, read};
pub use date::Date;
pub use duration::{seconds, tells_hours};
pub use figure::Figure;
pub use follow::topic_of;
pub use formula::{currencies, plainly};
pub use lexicon::Topic;
pub use period::part_of_year;
pub use print::{human, print, short};
pub use same::same;
pub use scan::{figures, figures_in};
pub use unit::{Qualifier, Style, Unit, UnitKind};
