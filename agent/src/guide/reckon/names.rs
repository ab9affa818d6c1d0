//! The names of values in a calculation: what each stands for, and which were given no value.

use crate::guide::state::with_unit;
use polymath_quantity::{Style, figures_in};

/// Names without a value that are asked for, at most.
const LACKING: usize = 3;

/// An expression with what its names stand for; `None` where one stands for nothing.
pub fn with_known(expression: &str, known: &[(String, String)]) -> Option<String> {
    let (body, unit) = match expression.rsplit_once(" in ") {
        Some((body, unit)) => (body, format!(" in {unit}")),
        None => (expression, String::new()),
    };
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    for piece in body.split_inclusive(|c: char| !part(c)) {
        let word = piece.trim_end_matches(|c: char| !part(c));
        match known.iter().rev().find(|(name, _)| name == word).or_else(|| alike(word, known)) {
            Some((_, own)) if own.contains(" in ") => return None,
            Some((_, own)) if own.contains(' ') => out.push_str(&format!("({own})")),
            Some((_, own)) => out.push_str(own),
            None if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => return None,
            None => out.push_str(word),
        }
        out.push_str(&piece[word.len()..]);
    }
    Some(out + &unit)
}

/// The one name that differs from this one by its spelling only: `spectators_2023` for `spectateurs_2023`.
fn alike<'a>(word: &str, known: &'a [(String, String)]) -> Option<&'a (String, String)> {
    const SAME: usize = 3;
    let parts = |name: &str| -> Vec<String> {
        let part = |part: &str| match part.chars().all(char::is_alphabetic) {
            true => part.to_lowercase().chars().take(SAME).collect(),
            false => part.to_owned(),
        };
        name.split('_').map(part).collect()
    };
    let own = parts(word);
    let mut found = known.iter().filter(|(name, _)| parts(name) == own && own.iter().any(|part| part.len() >= SAME));
    found.next().filter(|_| found.next().is_none())
}

/// Whether what stands behind a name is a value, and no calculation with others.
pub fn is_figure(text: &str) -> bool {
    let whole = |style: Style| figures_in(text, style).first().is_some_and(|f| with_unit(f, text) == text);
    whole(Style::Unknown) || whole(Style::Comma)
}

/// Names that a try calculates with and gives no value; none where it has no answer.
pub fn undefined(text: &str) -> Vec<String> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut known: Vec<(String, String)> = Vec::new();
    let mut lacking: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some((name, said)) = line.split_once(" = ") else { return Vec::new() };
        let body = said.rsplit_once(" in ").map_or(said, |(body, _)| body);
        let is_name = |word: &&str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        // A figure has its unit behind it.
        let works_out = name == "answer" || !is_figure(said);
        for word in body.split(|c: char| !part(c)).filter(is_name).filter(|_| works_out) {
            let is_known = known.iter().any(|(own, _)| own == word) || alike(word, &known).is_some();
            if !is_known && !lacking.iter().any(|own| own == word) {
                lacking.push(word.to_owned());
            }
        }
        known.push((name.to_owned(), String::new()));
    }
    match lacking.len() <= LACKING && !lacking.iter().any(|name| name == "none") {
        true => lacking,
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_another_spelling_is_the_same() {
        let known = |name: &str| vec![(name.to_owned(), "v0".to_owned())];
        let told = |word: &str, name: &str| with_known(&format!("{word} / 2"), &known(name));
        assert_eq!(told("spectators_2023", "spectateurs_2023").as_deref(), Some("v0 / 2"));
        assert_eq!(told("spectators_2022", "spectateurs_2023"), None);
        assert_eq!(told("cost_of_march", "cost_of_pellworth"), None);
    }

    #[test]
    fn names_without_a_value_are_seen() {
        assert_eq!(undefined("guests_2023 = 43 120\nanswer = guests_2023 / concerts_2023"), ["concerts_2023"]);
        assert_eq!(undefined("guests = 43 people\nanswer = guests / 2 in percent"), Vec::<String>::new());
        assert_eq!(undefined("guests = 43\nanswer = none"), Vec::<String>::new());
        assert_eq!(undefined("cost = £905 million\nanswer = cost / 2"), Vec::<String>::new());
    }
}
