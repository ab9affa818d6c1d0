//! The words that stand beside numbers, from `lexicon.txt`, in tables for looking up.

use crate::{Qualifier, Style, Unit, UnitKind};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const WORDS: &str = include_str!("lexicon.txt");

/// The longest name that is looked up, in bytes.
pub const LONGEST: usize = 48;

/// What a word says about the numbers beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Any,
    /// The word is of a language with decimal commas.
    Comma,
    /// A group of three digits is thousands, whatever stands before it.
    Groups,
}

/// What a header or a noun makes of a letter behind a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Money,
    Counted,
    Physical,
}

#[derive(Default)]
pub struct Lexicon {
    /// Units as they are written.
    symbols: HashMap<&'static str, (usize, Habit)>,
    /// Units in lower case.
    words: HashMap<String, (usize, Habit)>,
    units: Vec<(&'static str, UnitKind)>,
    scales: HashMap<String, (i32, Habit)>,
    months: HashMap<String, u8>,
    before: HashMap<String, Qualifier>,
    /// The last words of those.
    closers: HashSet<String>,
    after: HashMap<String, Qualifier>,
    topics: HashMap<String, (Topic, Habit)>,
    /// First words of units in several words.
    openers: HashSet<String>,
    /// First characters of qualifiers that stand behind a number.
    tails: HashSet<char>,
    /// First characters of the units that are written in Chinese, Japanese or Korean.
    cjk: HashSet<char>,
}

pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::default();
    WORDS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).for_each(|l| lexicon.add(l));
    lexicon
});

impl Lexicon {
    fn add(&mut self, line: &'static str) {
        let Some((head, names)) = line.split_once('=') else { return };
        let (kind, name) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        let name = name.trim();
        if let Some(kind) = unit_kind(kind) {
            return self.add_unit(kind, name, names);
        }
        for word in names.split_whitespace() {
            let (word, habit) = spelled(word);
            self.closers.extend(Some(last_word(&word).to_owned()).filter(|_| kind == "before"));
            self.tails.extend(word.chars().next().filter(|_| kind == "after"));
            match kind {
                "scale" => drop(self.scales.insert(word, (name.parse().unwrap_or(0), habit))),
                "month" => drop(self.months.insert(word, name.parse().unwrap_or(0))),
                "before" => drop(self.before.insert(word, qualifier(name))),
                "after" => drop(self.after.insert(word, qualifier(name))),
                _ => drop(self.topics.entry(word).or_insert((topic(name), habit))),
            }
        }
    }

    fn add_unit(&mut self, kind: UnitKind, name: &'static str, names: &'static str) {
        let at = self.units.len();
        self.units.push((name, kind));
        let (symbols, words) = names.split_once(" |").unwrap_or((names, ""));
        for symbol in symbols.split_whitespace() {
            self.symbols.insert(symbol, (at, Habit::Any));
        }
        for word in words.split_whitespace() {
            let (word, habit) = spelled(word);
            self.cjk.extend(word.chars().next().filter(|c| crate::text::is_cjk(*c)));
            self.openers.extend(word.split_once([' ', '-', '.', '/']).map(|(first, _)| first.to_owned()));
            self.words.entry(word).or_insert((at, habit));
        }
    }

    /// The unit of this name: a symbol, or a word in any case.
    pub fn unit(&self, name: &str) -> Option<(Unit, Habit)> {
        if name.len() > LONGEST {
            return None;
        }
        let found = self.symbols.get(name).or_else(|| self.words.get(&*lower(name)));
        found.map(|(at, habit)| {
            let (name, kind) = self.units[*at];
            (Unit { name: Cow::Borrowed(name), kind }, *habit)
        })
    }

    /// Whether a unit begins with this character of a script without spaces.
    pub fn begins_unit(&self, c: char) -> bool {
        self.cjk.contains(&c)
    }

    /// Whether a qualifier before a number may end in the last word of `text`.
    pub fn closes_before(&self, text: &str) -> bool {
        let word = last_word(text);
        word.len() <= LONGEST && self.closers.contains(&*lower(word))
    }

    /// Whether more words may follow this one in a unit's name.
    pub fn opens_unit(&self, word: &str) -> bool {
        word.len() <= LONGEST && self.openers.contains(&*lower(word))
    }

    /// Whether a qualifier behind a number may begin so.
    pub fn begins_after(&self, c: char) -> bool {
        self.tails.contains(&c)
    }

    pub fn scale(&self, word: &str) -> Option<(i32, Habit)> {
        (word.len() <= LONGEST).then(|| self.scales.get(&*lower(word)).copied())?
    }

    pub fn month(&self, word: &str) -> Option<u8> {
        (word.len() <= LONGEST).then(|| self.months.get(&*lower(word)).copied())?
    }

    pub fn before(&self, word: &str) -> Option<Qualifier> {
        self.before.get(&*lower(word)).copied()
    }

    pub fn after(&self, word: &str) -> Option<Qualifier> {
        self.after.get(&*lower(word)).copied()
    }

    pub fn topic(&self, word: &str) -> Option<(Topic, Habit)> {
        (word.len() <= LONGEST).then(|| self.topics.get(&*lower(word)).copied())?
    }
}

/// The letters that a text ends in, or the one sign.
fn last_word(text: &str) -> &str {
    let letter = |c: char| c.is_alphabetic() && !crate::text::is_cjk(c);
    let Some(last) = text.chars().next_back() else { return text };
    let letters: usize = text.chars().rev().take(LONGEST).take_while(|c| letter(*c)).map(char::len_utf8).sum();
    &text[text.len() - if letters == 0 { last.len_utf8() } else { letters }..]
}

fn lower(word: &str) -> Cow<'_, str> {
    let is_lower = word.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

fn spelled(word: &str) -> (String, Habit) {
    let (word, habit) = match (word.strip_prefix('~'), word.strip_prefix('^')) {
        (Some(word), _) if !word.is_empty() => (word, Habit::Comma),
        (_, Some(word)) => (word, Habit::Groups),
        _ => (word, Habit::Any),
    };
    (word.replace('_', " ").to_lowercase(), habit)
}

fn unit_kind(kind: &str) -> Option<UnitKind> {
    Some(match kind {
        "money" => UnitKind::Money,
        "percent" | "permille" => UnitKind::Share,
        "count" => UnitKind::Count,
        "time" => UnitKind::Time,
        "measure" => UnitKind::Measure,
        _ => return None,
    })
}

fn qualifier(name: &str) -> Qualifier {
    match name {
        "about" => Qualifier::About,
        "over" => Qualifier::Over,
        "under" => Qualifier::Under,
        "least" => Qualifier::AtLeast,
        "most" => Qualifier::AtMost,
        _ => Qualifier::Exact,
    }
}

fn topic(name: &str) -> Topic {
    match name {
        "money" => Topic::Money,
        "physical" => Topic::Physical,
        _ => Topic::Counted,
    }
}

impl Habit {
    /// The style of a number beside such a word, where `known` says nothing.
    pub fn style(self, known: Style) -> Style {
        if known == Style::Unknown && self == Habit::Comma { Style::Comma } else { known }
    }
}
