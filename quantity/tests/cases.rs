//! The cases of `cases.txt`: what people write in six languages, and what it says.

#![allow(clippy::unwrap_used)]

use polymath_quantity::{
    Column, Figure, Qualifier, Reading, Unit, UnitKind, figures, plainly, print, read, same, text,
};

const CASES: &str = include_str!("cases.txt");

/// The lines of a section with their numbers.
fn section(name: &str) -> Vec<(usize, &'static str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (at, line) in CASES.lines().enumerate() {
        if line.starts_with('[') && line.ends_with(']') {
            inside = line == format!("[{name}]");
        } else if inside && !line.is_empty() {
            found.push((at + 1, line));
        }
    }
    assert!(found.len() > 10, "[{name}] has {} cases", found.len());
    found
}

/// Runs all cases of a section and tells every one that fails.
#[track_caller]
fn check(name: &str, run: impl Fn(&str) -> Result<(), String>) {
    let cases = section(name);
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|(line, case)| run(case).err().map(|why| format!("cases.txt:{line}: {case}\n    {why}")))
        .collect();
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

fn name(qualifier: Qualifier) -> &'static str {
    match qualifier {
        Qualifier::Exact => "",
        Qualifier::About => "~about",
        Qualifier::Over => "~over",
        Qualifier::Under => "~under",
        Qualifier::AtLeast => "~least",
        Qualifier::AtMost => "~most",
        Qualifier::From => "~from",
        Qualifier::To => "~to",
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= b.abs() * 1e-12
}

fn fits(got: &Reading, want: &str) -> Result<(), String> {
    let mut wanted = Reading::default();
    for token in want.split_whitespace().filter(|t| *t != "-") {
        if let Some(date) = token.strip_prefix('@') {
            wanted.date = polymath_quantity::Date::parse(date);
        } else if let Some((low, high)) = token.split_once("..") {
            wanted.range = Some((low.parse().unwrap(), high.parse().unwrap()));
        } else if token.starts_with('~') && token.len() > 1 {
            wanted.qualifier = [
                Qualifier::About,
                Qualifier::Over,
                Qualifier::Under,
                Qualifier::AtLeast,
                Qualifier::AtMost,
                Qualifier::From,
                Qualifier::To,
            ]
            .into_iter()
            .find(|q| name(*q) == token)
            .unwrap();
        } else if let Ok(number) = token.parse() {
            wanted.number = Some(number);
        } else {
            wanted.unit = Some(Unit { name: token.to_owned().into(), kind: UnitKind::Measure });
        }
    }
    let number = match (got.number, wanted.number) {
        (Some(a), Some(b)) => close(a, b),
        (a, b) => a == b,
    };
    let range = match (got.range, wanted.range) {
        (Some(a), Some(b)) => close(a.0, b.0) && close(a.1, b.1),
        (a, b) => a == b,
    };
    let unit = got.unit.as_ref().map(|u| &u.name) == wanted.unit.as_ref().map(|u| &u.name);
    let all = number && range && unit && got.date == wanted.date && got.qualifier == wanted.qualifier;
    if all { Ok(()) } else { Err(format!("{got:?}")) }
}

#[test]
fn cells() {
    check("cells", |case| {
        let (text, want) = case.rsplit_once(" => ").unwrap();
        fits(&read(text), want)
    });
}

#[test]
fn columns() {
    check("columns", |case| {
        let (cell, want) = case.rsplit_once(" => ").unwrap();
        let (header, text) = cell.split_once(" :: ").unwrap();
        let column = Column::of(header);
        fits(&column.read(text), want).map_err(|why| format!("{why}\n    {column:?}"))
    });
}

fn reading(figure: &Figure) -> Reading {
    Reading {
        number: figure.number,
        date: figure.date,
        unit: figure.unit.clone(),
        qualifier: figure.qualifier,
        ..Reading::default()
    }
}

#[test]
fn texts() {
    check("texts", |case| {
        let (text, want) = case.rsplit_once(" => ").unwrap();
        let got = figures(text);
        let wanted: Vec<&str> = want.split(" ; ").filter(|w| *w != "-").collect();
        let shown: Vec<&str> = got.iter().map(|f| f.text.as_str()).collect();
        let texts: Vec<&str> = wanted.iter().map(|w| w.split(" = ").next().unwrap().trim()).collect();
        if shown != texts {
            return Err(format!("{shown:?}"));
        }
        for (figure, want) in got.iter().zip(wanted) {
            assert_eq!(&text[figure.at.clone()], figure.text, "{case}");
            if let Some((_, says)) = want.split_once(" = ") {
                fits(&reading(figure), says).map_err(|why| format!("{want}: {why}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn sameness() {
    check("same", |case| {
        let equal = case.contains(" == ");
        let (a, b) = case.split_once(if equal { " == " } else { " != " }).unwrap();
        let first = |text: &str| figures(text).into_iter().next().ok_or(format!("nothing in {text}"));
        let (a, b) = (first(a)?, first(b)?);
        if same(&a, &b) == equal { Ok(()) } else { Err(format!("{a:?}\n    {b:?}")) }
    });
}

#[test]
fn prints() {
    check("prints", |case| {
        let (value, want) = case.split_once(" => ").unwrap();
        let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
        let number: f64 = number.parse().unwrap();
        let unit = figures(&format!("1 {unit}")).into_iter().next().and_then(|f| f.unit);
        let got = print(number, unit.as_ref());
        if got == want { Ok(()) } else { Err(got) }
    });
}

#[test]
fn sentence_ends() {
    check("sentences", |case| {
        let whole = case.replace('¦', "");
        let got = text::sentences(&whole).join("¦");
        if got == case { Ok(()) } else { Err(got) }
    });
}

#[test]
fn formulas() {
    check("formulas", |case| {
        let (text, want) = case.rsplit_once(" => ").unwrap();
        let got = plainly(text, |_| false);
        if got == want { Ok(()) } else { Err(format!("{got:?}")) }
    });
}

#[test]
fn nouns_are_told() {
    let noun = |text: &str| figures(text).into_iter().next().and_then(|f| f.noun);
    assert_eq!(noun("11 new metro stations").as_deref(), Some("stations"));
    assert_eq!(noun("11 of them"), None);
    assert_eq!(noun("11 months"), None);
    assert_eq!(noun("11 Stationen").as_deref(), Some("stationen"));
}

#[test]
fn a_column_learns_from_its_cells() {
    assert_eq!(Column::of("Value").read("196 m").number, Some(196.0), "metres, beside any other values");
    assert_eq!(Column::of("Revenue").read("196 m").number, Some(196e6));
    let column = Column::of("Wert").learn(["4,5", "1.234", "12"]);
    assert_eq!(column.read("4,5").number, Some(4.5));
    assert_eq!(column.read("1.234").number, Some(1234.0));
    let column = Column::of("Value").learn(["4.5", "1,234"]);
    assert_eq!(column.read("1,234").number, Some(1234.0));
    assert_eq!(Column::of("Value").learn(["4,5", "4.5"]).read("4,5").number, None);
}

#[test]
fn headers_reach_the_cells() {
    let restated = |header: &str, text: &str| Column::of(header).restate(text);
    assert_eq!(restated("Amount raised (USD m)", "4.5").as_deref(), Some("$4.5 million"));
    assert_eq!(restated("Valuation (USD m)", "> 1,000").as_deref(), Some("> $1 billion"));
    assert_eq!(restated("Amount", "$325M"), None);
    assert_eq!(restated("Length in km", "12").as_deref(), Some("12 km"));
    assert_eq!(restated("Length (m)", "1,268").as_deref(), Some("1,268 m"));
    assert_eq!(restated("Share (%)", "4.5").as_deref(), Some("4.5%"));
    assert_eq!(restated("Age in years", "12").as_deref(), Some("12 years"));
    assert_eq!(restated("Built (year)", "1931"), None);
    assert_eq!(restated("Length (m)", "98 km"), None);
    assert_eq!(restated("Group B", "7"), None);
}
