//! Numbers in words: "eight hundred euros" are 800 euros, "drei Wände" 3.

use crate::language::Language;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
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

/// A text with digits for its numbers in words, and `19.90 euros` for "19 euros 90", by the rules of the language that it is in, or of
/// another one where that has none (a short text may be of any; Chinese figures are read as they are). "One" and "a" count
/// nothing, and neither does "the second".
pub fn in_digits(text: &str) -> String {
    let all = [
        text2num::Language::english,
        text2num::Language::german,
        text2num::Language::french,
        text2num::Language::spanish,
    ];
    let own = match Language::of(text) {
        Language::English => 0,
        Language::German => 1,
        Language::French => 2,
        Language::Spanish => 3,
        _ => return text.to_owned(),
    };
    let others = (0..all.len()).filter(|i| *i != own);
    let read = |i: usize| replaced(text, &all[i](), i == own).filter(|out| out != text);
    let out = read(own).or_else(|| others.into_iter().find_map(read)).unwrap_or_else(|| text.to_owned());
    AMOUNT.as_ref().map_or(out.clone(), |amount| amount.replace_all(&out, "$1.$3 $2").into_owned())
}

/// The text with digits for the numbers of a language; where it is not surely in that language without words that mean something
/// else in others.
fn replaced(text: &str, language: &text2num::Language, sure: bool) -> Option<String> {
    const OTHERWISE: &[&str] =
        &["once", "elf", "cent", "mil", "sept", "dos", "dix", "neuf", "tres", "six", "million", "on", "null"];
    let words = words(text);
    let mut out = text.to_owned();
    for found in find_numbers(words.iter(), language, 0.0).iter().rev() {
        let (first, last) = (words.get(found.start)?, words.get(found.end.checked_sub(1)?)?);
        // "Treinta por ciento".
        let before = found.start.checked_sub(1).and_then(|i| words.get(i));
        let of_percent =
            found.value == 100.0 && before.is_some_and(|word| ["por", "pour"].contains(&word.small.as_str()));
        let mut all = words[found.start..found.end].iter();
        let in_words = all.clone().all(|word| !word.text.contains(|c: char| c.is_ascii_digit()));
        let doubtful = !sure && all.all(|word| OTHERWISE.contains(&word.small.as_str()));
        if !found.is_ordinal && found.value != 1.0 && !of_percent && in_words && !doubtful {
            out.replace_range(first.start..last.start + last.text.len(), &found.text);
        }
    }
    Some(out)
}

/// `19 euros 90`.
static AMOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(\d+) (euros?|dollars?|pounds?|francs?|francos?|franken|crowns?|kronen|pesos?) (?:and |und |et |y |con )?(\d\d)\b(?: (?:cents?|centimes?|céntimos|pence))?",
    )
    .ok()
});

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
        check("The phone is nineteen euros ninety a month.", "The phone is 19.90 euros a month.");
        check("Es kostet 12 Euro 50 und dauert zwei Stunden.", "Es kostet 12.50 Euro und dauert 2 Stunden.");
        check("I went there once, with the elf of the mil.", "I went there once, with the elf of the mil.");
        check("我有八百欧元", "我有八百欧元");
    }
}
