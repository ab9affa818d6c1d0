//! What a model is told of an answer before it is given: which of its figures stand in nothing that
//! was found, computed or said by the user, and which known ones come nearest, with their places.

use crate::evidence::{clip, terms};
use crate::ground::{Evidence, spotted, without_markers};
use crate::lead::Turn;
use polymath_chat::FigureStatus;
use polymath_quantity::text::sentences;
use polymath_quantity::{Figure as Spotted, UnitKind, same};
use std::collections::HashSet;

/// Figures that are told of, and known ones that are told for each.
const FIGURES: usize = 8;
const NEAREST: usize = 2;
/// How far a number may be from one that shares no word with it, in proportion to the larger.
const NEAR: f64 = 0.2;

/// What is wrong with an answer.
pub struct Objection {
    /// The figures that stand nowhere.
    pub figures: Vec<String>,
    /// What the model is told.
    pub told: String,
}

/// A known figure with its words, and where it stands.
struct Known {
    figure: Spotted,
    place: usize,
}

/// Looks an answer's figures up; `None` where all of them stand somewhere. Programs in it are not
/// looked at, nor counts of one digit ("three of them"), which readers check at a glance.
pub fn review(answer: &str, turn: &Turn<'_>) -> Option<Objection> {
    let bare = without_markers(&prose(answer));
    let evidence = Evidence::new(&turn.given(), turn.chat, &turn.outcomes, &turn.tables);
    let mut wrong = spotted(&bare);
    wrong.retain(|f| !is_small_count(f) && evidence.judge(f).status == FigureStatus::Unverified);
    if wrong.is_empty() {
        return None;
    }
    let lines = evidence.known();
    let said: Vec<HashSet<String>> = lines.iter().map(|(_, line, _)| words(line)).collect();
    let places = lines.iter().enumerate();
    let known: Vec<Known> = places
        .flat_map(|(place, (_, _, found))| found.iter().map(move |f| Known { figure: f.clone(), place }))
        .collect();
    let mut told =
        "These figures of your answer stand in no page, table or result, and the user did not give them:\n".to_owned();
    for figure in wrong.iter().take(FIGURES) {
        let about = words(sentence(&bare, figure));
        let near: Vec<String> = nearest(figure, &about, &known, &said)
            .into_iter()
            .map(|k| {
                let (place, line, _) = &lines[k.place];
                let shown = line.get(k.figure.span.clone()).unwrap_or(&k.figure.text);
                format!("{} ({place}: \"{}\")", shown.trim(), clip(line.trim(), 160))
            })
            .collect();
        let near = if near.is_empty() {
            "nothing near it was found".to_owned()
        } else {
            format!("nearest: {}", near.join("; "))
        };
        told.push_str(&format!("- {}: {near}\n", figure.text));
    }
    told.push_str(
        "Look them up or compute them, or write the whole answer again with figures that were found or computed, and n/a for \
         what was not. What stays as it is will be marked as unverified. Do not mention this check.",
    );
    Some(Objection { figures: wrong.into_iter().map(|f| f.text).collect(), told })
}

/// A text without its fenced blocks.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let kept = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// What a text is found by, but for its numbers.
fn words(text: &str) -> HashSet<String> {
    terms(text).into_iter().filter(|term| term.contains(char::is_alphabetic)).collect()
}

fn is_small_count(figure: &Spotted) -> bool {
    let measured = figure.unit.as_ref().is_some_and(|unit| unit.kind != UnitKind::Count);
    figure.digits <= 1 && figure.number.is_some_and(|n| n.abs() < 10.0) && !figure.is_marked && !measured
}

fn sentence<'t>(text: &'t str, figure: &Spotted) -> &'t str {
    let mut end = 0;
    let over = |part: &&str| {
        end += part.len();
        end > figure.at.start
    };
    sentences(text).into_iter().find(over).unwrap_or(text)
}

/// The known figures of the same kind whose lines share most words with `about`, and of those the
/// nearest; ones that share no word only where they are close.
fn nearest<'k>(
    figure: &Spotted,
    about: &HashSet<String>,
    known: &'k [Known],
    said: &[HashSet<String>],
) -> Vec<&'k Known> {
    let mut scored: Vec<(usize, f64, &Known)> = known
        .iter()
        .filter(|k| is_alike(figure, &k.figure))
        .map(|k| (said[k.place].intersection(about).count(), distance(figure, &k.figure), k))
        .filter(|(shared, far, _)| *shared > 0 || *far <= NEAR)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)));
    let mut best: Vec<&Known> = Vec::new();
    for (_, _, candidate) in scored {
        if best.len() < NEAREST && best.iter().all(|b| !same(&b.figure, &candidate.figure)) {
            best.push(candidate);
        }
    }
    best
}

fn is_alike(a: &Spotted, b: &Spotted) -> bool {
    let units = match (&a.unit, &b.unit) {
        (Some(x), Some(y)) => x.agrees(y),
        _ => true,
    };
    let money = |f: &Spotted| f.unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Money);
    a.date.is_some() == b.date.is_some() && money(a) == money(b) && units
}

/// How far apart two numbers are, in proportion to the larger; of dates only years count.
fn distance(a: &Spotted, b: &Spotted) -> f64 {
    let value = |f: &Spotted| f.date.as_ref().map(|d| f64::from(d.year)).or(f.number);
    match (value(a), value(b)) {
        (Some(x), Some(y)) if x != y => (x - y).abs() / x.abs().max(y.abs()),
        (Some(_), Some(_)) => 0.0,
        _ => f64::INFINITY,
    }
}
