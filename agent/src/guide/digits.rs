//! Numbers in words: "eight hundred euros" are 800 euros, "drei Wände" 3.

use crate::language::Language;
use std::borrow::Cow;
use text2num::{Token, find_numbers};

/// A word of a text, and where it stands.
struct Word<'a> {
    text: &'a str,
    small: String,
    start: usize,
    /// Signs stand between it and the word before: "six, seven" are two numbers.
    apart: bool,
}

impl Token for &Word<'_> {
    fn text(&self) -> Cow<'_, str> {
        self.text.into()
    }

    fn text_lowercase(&self) -> Cow<'_, str> {
        self.small.as_str().into()
    }

    fn nt_separated(&self, _previous: &Self) -> bool {
        self.apart
    }
}

/// A text with digits for its numbers in words, by the rules of the language that it is in (Chinese figures are read as
/// they are). "One" and "a" count nothing, and neither does "the second".
pub fn in_digits(text: &str) -> String {
    let language = match Language::of(text) {
        Language::German => text2num::Language::german(),
        Language::French => text2num::Language::french(),
        Language::Spanish => text2num::Language::spanish(),
        Language::English => text2num::Language::english(),
        _ => return text.to_owned(),
    };
    let words = words(text);
    let mut out = text.to_owned();
    for found in find_numbers(words.iter(), &language, 0.0).iter().rev() {
        let (Some(first), Some(last)) = (words.get(found.start), words.get(found.end.wrapping_sub(1))) else {
            continue;
        };
        // "Treinta por ciento".
        let percent = |before: &Word<'_>| ["por", "pour"].contains(&before.small.as_str());
        let of_percent =
            found.value == 100.0 && found.start.checked_sub(1).and_then(|i| words.get(i)).is_some_and(percent);
        let in_words =
            words[found.start..found.end].iter().all(|word| !word.text.contains(|c: char| c.is_ascii_digit()));
        if !found.is_ordinal && found.value != 1.0 && !of_percent && in_words {
            out.replace_range(first.start..last.start + last.text.len(), &found.text);
        }
    }
    out
}

fn words(text: &str) -> Vec<Word<'_>> {
    let part = |c: char| c.is_alphanumeric() || c == '-';
    let (mut words, mut start, mut apart) = (Vec::new(), 0, false);
    for piece in text.split_inclusive(|c: char| !part(c)) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        if !word.is_empty() {
            words.push(Word { text: word, small: word.to_lowercase(), start, apart });
            apart = false;
        }
        apart |= !piece[word.len()..].trim().is_empty();
        start += piece.len();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_are_read() {
        let check = |text: &str, want: &str| assert_eq!(in_digits(text), want);
        check("I've got eight hundred euros and save twenty-five a week.", "I've got 800 euros and save 25 a week.");
        check("Between six, seven and one of the first three.", "Between 6, 7 and one of the first 3.");
        check("No one of the 12 knows what 2 and 3 make.", "No one of the 12 knows what 2 and 3 make.");
        check(
            "Ich will drei Wände streichen und habe zweihundertfünfzig Euro und einen Liter.",
            "Ich will 3 Wände streichen und habe 250 Euro und einen Liter.",
        );
        check("Nous sommes vingt et un élèves dans une classe.", "Nous sommes 21 élèves dans une classe.");
        check(
            "Tengo mil doscientos euros y gasto el treinta por ciento en comida.",
            "Tengo 1200 euros y gasto el 30 por ciento en comida.",
        );
        check("我有八百欧元", "我有八百欧元");
    }
}
