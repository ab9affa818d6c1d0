//! The lines of pages that a question is worked out of, and which of them tells a value.

use crate::evidence::{Passage, clip, head_of, labelled, passages, section_of, select, terms};
use crate::guide::find::{in_sentences, relevant};
use crate::guide::named::{names, names_among, names_said};
use crate::guide::plan::years;
use crate::guide::speaking::{speaking_of, without_longer};
use crate::notebook::Chat;
use polymath_chat::{Provenance, Source};
use polymath_quantity::{Style, figures_in};
use polymath_tools::browser::number_style;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Characters of the lines.
const LINES: usize = 2400;
/// Facts at hand that are shown with them, the latest.
const FACTS: usize = 4;

/// A line, with what it tells.
pub struct Line {
    pub passage: Passage,
    /// How a row is shown: with the names of its columns.
    told: Option<String>,
    /// The place of the fact at hand that it is.
    pub known: Option<usize>,
    /// How its page writes numbers.
    pub style: Style,
}

impl Line {
    /// A line as its page has it.
    #[cfg(test)]
    pub fn of(passage: Passage) -> Line {
        Line { passage, told: None, known: None, style: Style::Unknown }
    }

    /// The line as the model reads it.
    pub fn text(&self) -> &str {
        self.told.as_deref().unwrap_or(&self.passage.text)
    }
}

/// The lines that bear on the question, in reading order, the heads of their tables with them; before them what the
/// conversation has found or worked out already.
pub fn lines(asked: &str, chat: &Chat) -> Vec<Line> {
    let sources = of_the_named(&chat.sources, asked);
    let passages = select(&sources, asked, LINES);
    lines_of(passages, &sources, chat)
}

/// The same of the pages as they are, where they are short.
pub fn whole(asked: &str, chat: &Chat) -> Vec<Line> {
    let sources = of_the_named(&chat.sources, asked);
    let all = passages(&sources);
    let short = all.iter().map(|passage| passage.text.chars().count()).sum::<usize>() <= LINES;
    lines_of(if short { all } else { select(&sources, asked, LINES) }, &sources, chat)
}

fn lines_of(passages: Vec<Passage>, sources: &[Source], chat: &Chat) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let first = chat.facts.len().saturating_sub(FACTS);
    let mut told: Vec<Passage> = Vec::new();
    for (place, fact) in chat.facts.iter().enumerate().skip(first) {
        let origins = [&fact.provenance].into_iter().chain(fact.others.iter().map(|(_, provenance)| provenance));
        told.extend(origins.filter_map(|provenance| line_of(provenance, &chat.sources)));
        if !matches!(fact.provenance, Provenance::Sourced { .. }) {
            let text = format!("{}: {}", fact.about, fact.text).replace(['"', '\\'], " ");
            lines.push(Line {
                passage: Passage { n: 0, line: place, text },
                told: None,
                known: Some(place),
                style: Style::Unknown,
            });
        }
    }
    let mut passages: Vec<Passage> = passages;
    passages.extend(
        told.into_iter().filter(|own| !passages.iter().any(|p| p.n == own.n && p.line == own.line)).collect::<Vec<_>>(),
    );
    passages.sort_by_key(|passage| (passage.n, passage.line));
    let mut styles: HashMap<usize, Style> = HashMap::new();
    let mut style = |n: usize| *styles.entry(n).or_insert_with(|| number_style(&chat.sources[n - 1].text));
    for passage in &passages {
        if labelled(passage, sources).is_none()
            && let Some(head) = head_of(passage, sources).filter(|head| !lines.iter().any(|l| l.passage == *head))
        {
            lines.push(Line { passage: head, told: None, known: None, style: style(passage.n) });
        }
        let style = style(passage.n);
        let told = |passage: Passage| Line { told: labelled(&passage, sources), passage, known: None, style };
        let own = in_sentences(passage).into_iter().map(told);
        lines.extend(own.filter(|line| !lines_has(&lines, &line.passage)).collect::<Vec<_>>());
    }
    lines
}

/// The line of a page that a value was found in.
fn line_of(provenance: &Provenance, sources: &[Source]) -> Option<Passage> {
    let Provenance::Sourced { url, quote, .. } = provenance else { return None };
    let n = sources.iter().position(|source| source.url == *url)?;
    let holds = |line: &str| {
        let line = line.trim();
        !line.is_empty() && (line.contains(quote.trim()) || quote.ends_with(line))
    };
    let line = sources[n].text.lines().position(holds)?;
    Some(Passage { n: n + 1, line, text: quote.clone() })
}

fn lines_has(lines: &[Line], passage: &Passage) -> bool {
    lines.iter().any(|line| line.passage == *passage)
}

/// The pages that speak of one of the things that the question names, or most of its words where it names none.
fn of_the_named(sources: &[Source], asked: &str) -> Vec<Source> {
    let named = names_among(asked, sources);
    let [_, _, ..] = named.as_slice() else {
        let own = relevant(&speaking_of(sources, asked), asked);
        let any = own.iter().any(|source| !source.text.is_empty());
        return if any { own } else { relevant(sources, asked) };
    };
    let words: Vec<String> = named.iter().map(|name| name.to_lowercase()).collect();
    let speaks = |source: &Source| {
        let text = format!("{} {}", source.title, source.text).to_lowercase();
        words.iter().any(|name| text.contains(name.as_str()))
    };
    let own = sources.iter().map(|s| if speaks(s) { s.clone() } else { Source { text: String::new(), ..s.clone() } });
    without_longer(&own.collect::<Vec<_>>(), asked)
}

/// Lines as the model reads them, under the title of their page.
pub fn shown(lines: &[Line], sources: &[Source]) -> String {
    let mut out = String::new();
    let mut page = usize::MAX;
    for line in lines {
        if line.passage.n != page {
            page = line.passage.n;
            let title = page.checked_sub(1).and_then(|i| sources.get(i)).map_or("known already", |s| s.title.as_str());
            let _ = writeln!(out, "Page: {}", clip(title, 80));
        }
        let _ = writeln!(out, "- {}", line.text());
    }
    out
}

/// A value's name as people write it: with the question's own names in place of their words.
pub fn label(name: &str, asked: &str) -> String {
    let mut words: Vec<String> = name.split('_').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let all = names(asked);
    for named in &all {
        let (own, telling) = (parts(named), distinctive(named, &all));
        let is_own = |word: &String| own.contains(&word.to_lowercase());
        let Some(start) = words.iter().position(|word| telling.contains(&word.to_lowercase())) else { continue };
        let end = start + words[start..].iter().take_while(|word| is_own(word)).count();
        words.splice(start..end, [named.clone()]);
    }
    words.join(" ")
}

fn parts(name: &str) -> Vec<String> {
    name.split(' ').map(str::to_lowercase).collect()
}

/// The words of a name that no other of these has: `vand` of Vand Mill, beside Orm Mill.
fn distinctive(name: &str, all: &[String]) -> Vec<String> {
    let others: Vec<String> = all.iter().filter(|other| *other != name).flat_map(|other| parts(other)).collect();
    parts(name).into_iter().filter(|word| word.chars().count() > 2 && !others.contains(word)).collect()
}

/// The line that tells this figure of what its name says: the one that shares most words with it and with the question.
/// A line of another year or of another of the named things does not.
pub fn telling<'a>(about: &str, figure: &str, lines: &'a [Line], asked: &str, sources: &[Source]) -> Option<&'a Line> {
    let has = |line: &&Line| {
        figures_in(&line.passage.text, line.style)
            .iter()
            .any(|f| figure.starts_with(&line.passage.text[f.span.clone()]))
    };
    let (wanted, question): (HashSet<String>, HashSet<String>) =
        (terms(about).into_iter().collect(), terms(asked).into_iter().collect());
    let named = names_said(asked);
    let own: Vec<&String> = named.iter().filter(|name| about.contains(name.as_str())).collect();
    let (of_year, asked_years) = (years(about), years(asked));
    let fits = |line: &&Line| {
        let head = head_of(&line.passage, sources).map_or(String::new(), |head| head.text);
        let title = line.passage.n.checked_sub(1).and_then(|i| sources.get(i)).map_or("", |s| s.title.as_str());
        let around = format!("{title} {head} {}", line.passage.text);
        let years = |text: &str| years(text);
        let told = years(&line.passage.text);
        // A row's year has to be said of its value, where the question is of other years too.
        let row = line.passage.text.split_once(" | ").and_then(|(first, _)| years(first).into_iter().next());
        let unsaid = of_year.is_empty() && row.is_some_and(|year| asked_years.iter().any(|asked| *asked != year));
        let of_years = of_year.is_empty()
            || of_year.iter().any(|year| told.contains(year))
            || told.is_empty() && of_year.iter().any(|year| years(&around).contains(year))
            || told.is_empty() && years(&around).is_empty();
        let section = section_of(&line.passage, sources);
        let spoken = format!("{around} {section}").to_lowercase();
        let of_own = own.iter().all(|name| {
            let telling = distinctive(name, &named);
            telling.is_empty() || telling.iter().any(|word| spoken.contains(word.as_str()))
        });
        of_years
            && !unsaid
            && of_own
            && is_of_year(&line.passage.text, figure, &of_year)
            && in_column(&line.passage.text, &head, figure, &of_year)
    };
    let shared = |line: &&Line| {
        let words: HashSet<String> = terms(&line.passage.text).into_iter().collect();
        let title = line.passage.n.checked_sub(1).and_then(|i| sources.get(i)).map_or("", |s| s.title.as_str());
        let titled = own.iter().filter(|name| title.contains(name.as_str())).count();
        (
            titled,
            words.intersection(&wanted).count(),
            words.intersection(&question).count(),
            std::cmp::Reverse(line.passage.n),
        )
    };
    lines.iter().filter(has).filter(fits).max_by_key(shared)
}

/// Whether a row's value stands in the column of the year that is meant, where columns are years.
fn in_column(row: &str, head: &str, figure: &str, wanted: &[String]) -> bool {
    let heads: Vec<Vec<String>> = head.split(" | ").map(years).collect();
    let [year] = wanted else { return true };
    if !heads.iter().any(|own| own.contains(year)) {
        return true;
    }
    let mut cells = row.split(" | ").zip(&heads);
    cells.any(|(cell, own)| own.contains(year) && cell.trim().starts_with(figure.split(' ').next().unwrap_or(figure)))
}

/// Whether a line that lists values by years tells this one of the year that is meant.
fn is_of_year(line: &str, figure: &str, wanted: &[String]) -> bool {
    let ([year], Some(series)) = (wanted, crate::guide::series::series(line)) else { return true };
    let points: Vec<_> = series.points.iter().filter(|p| p.year == *year).collect();
    let number = figure.split(' ').next().unwrap_or(figure);
    points.is_empty() || points.iter().any(|p| p.clause.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_said_as_the_question_says_them() {
        let asked = "Which has more looms, the Vand Mill or the Orm Mill?";
        assert_eq!(label("looms_of_vand", asked), "looms of Vand Mill");
        assert_eq!(label("looms_of_orm_mill", asked), "looms of Orm Mill");
        assert_eq!(label("产量2020年", "2020年的产量"), "产量2020年");
    }

    #[test]
    fn rows_say_what_their_cells_are() {
        let mut chat = Chat::new("c");
        let text = "# Orm\nYear | Cloth | Workers\n2019 | 120 | 36\n2020 | 98 | 31\nOrm lies on a river.";
        chat.sources.push(Source { url: "u".into(), title: "Orm".into(), text: text.into() });
        let lines = lines("How much cloth did each worker of Orm weave in 2020?", &chat);
        let texts: Vec<&str> = lines.iter().map(Line::text).collect();
        assert!(texts.contains(&"Orm: 2020; Cloth: 98; Workers: 31"), "{texts:?}");
    }
}
