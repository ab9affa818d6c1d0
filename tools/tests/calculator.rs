//! What people and models write to a calculator, and what it comes to: `tests/calculator/*.tsv`, whose
//! head says how a line is read. A new case is a new line.
//!
//! `cases.tsv` was written before the mechanism and what it lacked was mended; `later.tsv` after it, to see
//! whether it holds for what it was not made for.

#![allow(clippy::unwrap_used)]

use polymath_tools::calculate;
use std::{collections::BTreeMap, fs, path::PathBuf};

#[test]
fn every_expression_comes_to_what_it_should() {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/calculator");
    let mut wrong = Vec::new();
    for name in ["cases.tsv", "later.tsv"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut kind = "";
        for line in text.lines().filter(|line| !line.is_empty()) {
            if line.starts_with('#') {
                kind = line.strip_prefix("## ").unwrap_or(kind);
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            let [expression, want, says @ ..] = fields.as_slice() else { panic!("{name}: {line}") };
            let result = calculate(expression).map_err(|error| error.to_string());
            let right = want.split(" | ").any(|want| is(&result, want))
                && says.iter().all(|said| result.as_ref().is_ok_and(|text| text.contains(said)));
            let count = kinds.entry(kind).or_default();
            *count = (count.0 + usize::from(right), count.1 + 1);
            if !right {
                wrong.push(format!("{kind}: `{expression}` is {want} {says:?}, not {result:?}"));
            }
        }
        for (kind, (right, all)) in &kinds {
            println!("{name}: {kind}: {right} of {all}");
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether a result is what a line wants of it.
fn is(result: &Result<String, String>, want: &str) -> bool {
    match (result, want.strip_prefix("! ")) {
        (Err(error), Some(word)) => error.contains(word),
        (Ok(text), None) => {
            let ((number, unit), (want, want_unit)) = (parts(text), parts(want));
            let same = match want.strip_suffix('…') {
                Some(start) => number.starts_with(start),
                None => plain(&number) == plain(&want),
            };
            same && unit == want_unit
        }
        _ => false,
    }
}

/// A result's number, and its unit without spaces about the stroke; notes in brackets are neither.
fn parts(text: &str) -> (String, String) {
    let line = text.lines().next().unwrap_or_default().trim_start_matches("approx. ");
    let line = line.split(" (").next().unwrap_or_default();
    let numeral = |c: char| c.is_ascii_digit() || ".-+…".contains(c);
    let mut end = line.find(|c| !numeral(c)).unwrap_or(line.len());
    if let Some(power) = line[end..].strip_prefix('e').filter(|power| power.starts_with(numeral)) {
        end = line.len() - power.len() + power.find(|c| !numeral(c)).unwrap_or(power.len());
    }
    (line[..end].to_owned(), line[end..].trim().replace(" / ", "/"))
}

/// A number in one spelling: 2, of 2.0 and 2e0.
fn plain(number: &str) -> String {
    let (mantissa, power) = number.split_once('e').unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut power: i64 = power.parse().unwrap_or_default();
    power -= fraction.len() as i64;
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let bare = digits.trim_end_matches('0');
    power += (digits.len() - bare.len()) as i64;
    let sign = if whole.starts_with('-') { "-" } else { "" };
    format!("{sign}{}e{power}", bare.trim_start_matches('0'))
}
