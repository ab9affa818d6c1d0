//! The line that says a fact, and the piece of the line that is the answer: both are chosen under a grammar, so what is
//! found stands on a page to the letter.

use super::kinds::{NUMBER, YEAR};
use super::measures::{is_of_other_cost, is_of_other_property, is_of_other_turn};
use super::own::Own;
use crate::evidence::{Passage, clip, labelled, section_of, terms};
use crate::guide::named::names;
use crate::guide::plan::{words, years};
use crate::guide::roles::{asks_who, is_of_another};
use crate::guide::series::series;
use crate::guide::state::{piece_of, quoted, with_unit};
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use crate::prompts::FIND;
use polymath_chat::{Cell, Constraint, Provenance, Source, Table};
use polymath_quantity::{Column, Figure, UnitKind, figures, figures_in, text::sentences};
use polymath_tools::browser::number_style;
use std::collections::HashSet;
use std::fmt::Write;

/// Characters of the lines that a fact is looked for in.
pub const LINES: usize = 1800;

/// What a piece of a page has to be to be an answer.
pub struct Like {
    date: bool,
    /// Of figures: the unit, or the word for what is counted, where one is known.
    unit: String,
    pub noun: Option<String>,
    /// Whether it counts: people, houses.
    pub counts: bool,
}

/// The kind of a value that another page may tell otherwise.
pub fn like_of(fact: &Fact) -> Like {
    let own = figures(&fact.text).into_iter().next();
    let unit = own.as_ref().and_then(|f| f.unit.as_ref()).map_or(String::new(), |unit| unit.name.to_string());
    let of_count = |f: &Figure| f.unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Count);
    let counts = own.as_ref().is_some_and(|f| f.noun.is_some() && unit.is_empty() || of_count(f));
    let noun = own.filter(|_| unit.is_empty()).and_then(|f| f.noun);
    Like { date: fact.number.is_none() || fact.date.is_some(), unit, noun, counts }
}

/// The kind of figure that a look-up is after, where it says it.
pub fn kind_of(what: &str) -> Option<Like> {
    let words: Vec<String> = what.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let says = |known: &[&str]| words.iter().any(|w| known.contains(&w.as_str()));
    let like = |date| Like { date, unit: String::new(), noun: None, counts: false };
    match (says(YEAR) && years(what).is_empty(), says(NUMBER)) {
        (true, false) => Some(like(true)),
        (false, true) => Some(like(false)),
        _ => None,
    }
}

impl Like {
    /// The figures of a line that are of this kind, with their units.
    pub fn in_line<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let fits = |f: &&Figure| {
            let unit = f.unit.as_ref().map_or("", |unit| &unit.name);
            let noun = self.noun.is_none() || f.noun.is_none() || f.noun == self.noun;
            match self.date {
                true => f.date.is_some(),
                false => f.number.is_some() && f.date.is_none() && noun && (self.unit.is_empty() || unit == self.unit),
            }
        };
        figures(line).iter().filter(fits).map(|f| with_unit(f, line)).collect()
    }
}

/// Whether a page has named one of these things in its title or by the end of a line: a page about another one that says
/// "see also" at its end does not speak of this one.
fn is_named_before(names: &[String], line: &Passage, sources: &[Source]) -> bool {
    let Some(source) = sources.get(line.n - 1) else { return true };
    let before: Vec<&str> = source.text.lines().take(line.line + 1).collect();
    let said = format!("{} {} {}", source.title, before.join(" "), line.text).to_lowercase();
    names.is_empty()
        || names
            .iter()
            .any(|name| name.to_lowercase().split(' ').filter(|w| w.len() > 2).all(|word| said.contains(word)))
}

/// Whether a look-up is about somebody or something that was found before, and a line of a page about another thing, which
/// names it elsewhere, does not speak of it: since when the conductor leads the orchestra is not said by the line about
/// its hall.
fn is_of_somebody_else(what: &str, line: &Passage, chat: &Chat) -> bool {
    const PRONOUNS: &[&str] = &[
        "he", "she", "his", "her", "him", "they", "their", "er", "sie", "ihr", "sein", "seine", "ihre", "il", "elle",
        "son", "sa", "ella", "él", "su",
    ];
    let Some(source) = chat.sources.get(line.n - 1) else { return false };
    let is_name = |fact: &&Fact| {
        let named = fact.number.is_none() && fact.date.is_none() && fact.text.starts_with(char::is_uppercase);
        named && fact.text.contains(' ') && what.contains(&fact.text)
    };
    let spoken = |fact: &Fact| {
        let last = fact.text.rsplit(' ').next().unwrap_or_default();
        let small = line.text.to_lowercase();
        // A ship is a she on its own page, and its yard is none there; "it" is what the words before are about.
        let person = asks_who(&fact.about);
        let lines = source.text.lines().take(line.line + 1).skip(line.line.saturating_sub(1));
        let before = lines.into_iter().any(|own| own.contains(last));
        let leans = |word: &str| person && PRONOUNS.contains(&word) || before && ["it", "its"].contains(&word);
        line.text.contains(last) || section_of(line, &chat.sources).contains(&fact.text) || words(&small).any(leans)
    };
    chat.facts
        .iter()
        .rev()
        .filter(is_name)
        .any(|fact| !source.title.contains(&fact.text) && source.text.contains(&fact.text) && !spoken(fact))
}

/// Whether a line, or the title of its page, speaks of other years than those that are asked for.
pub fn is_of_other_years(what: &str, passage: &Passage, sources: &[Source]) -> bool {
    let title = sources.get(passage.n - 1).map_or("", |s| s.title.as_str());
    let (wanted, own) = (years(what), years(&format!("{title} {}", passage.text)));
    !wanted.is_empty() && !own.is_empty() && !own.iter().any(|year| wanted.contains(year))
}

/// Whether a line begins with another time than the one that is asked for: "Last year's winner (2022)", on a page about
/// the year that is.
pub fn is_of_a_year_before(what: &str, line: &str) -> bool {
    const BEFORE: &[&str] = &[
        "last year",
        "the year before",
        "the previous year",
        "a year earlier",
        "in the previous",
        "im vorjahr",
        "letztes jahr",
        "im jahr davor",
        "l'année précédente",
        "l'an dernier",
        "el año anterior",
        "el año pasado",
        "去年",
        "前年",
        "上一年",
    ];
    let small = line.trim_start_matches(['-', '*', ' ']).to_lowercase();
    let asked = what.to_lowercase();
    if BEFORE.iter().any(|opening| small.starts_with(opening) && !asked.contains(opening)) {
        return true;
    }
    // "In 2022 it was 745 kg."
    let first = words(&small).find(|word| !["in", "im", "en", "by", "for"].contains(word)).unwrap_or_default();
    let (wanted, own) = (years(what), years(first));
    !wanted.is_empty() && !own.is_empty() && !own.iter().any(|year| wanted.contains(year)) && years(line) == own
}

pub fn empty(source: &Source) -> Source {
    Source { text: String::new(), ..source.clone() }
}

/// The piece of the passages that is the answer, of this kind, and the sentence that says it.
pub async fn choose(
    turn: &mut Turn<'_>,
    what: &str,
    passages: &[Passage],
    like: Option<&Like>,
    without: &[Passage],
) -> anyhow::Result<Option<(String, Passage)>> {
    if passages.is_empty() {
        return Ok(None);
    }
    let years = years(what);
    let own = Own::of(what, passages, &turn.chat.sources);
    let named = names(what);
    let purpose = format!("{what}; {}", turn.asked);
    let of_event = kind_of(what).is_some_and(|like| like.date) || asks_who(what);
    let other = |line: &Passage| {
        line.text.contains(" | ") && is_of_another_year(&line.text, &years)
            || without.iter().any(|own| own.n == line.n && own.text == line.text)
            || of_event && is_of_other_turn(what, &line.text)
            || is_of_other_property(what, &line.text)
            || is_of_other_cost(&purpose, &line.text)
            || !is_named_before(&named, line, &turn.chat.sources)
            || own.excludes(line, &turn.chat.sources)
            || is_of_somebody_else(what, line, turn.chat)
            || is_of_other_years(what, line, &turn.chat.sources)
            || is_of_a_year_before(what, &line.text)
    };
    let lines: Vec<Passage> =
        passages.iter().flat_map(in_sentences).flat_map(|line| of_years(line, &years)).filter(|l| !other(l)).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let sources = &turn.chat.sources;
    let told = |line: &Passage| labelled(line, sources).unwrap_or_else(|| line.text.clone());
    let mut prompt = String::new();
    let mut page = 0;
    for line in &lines {
        if line.n != page {
            page = line.n;
            let title = turn.chat.sources.get(page - 1).map_or("", |s| s.title.as_str());
            let _ = writeln!(prompt, "Page: {}", clip(title, 80));
        }
        let _ = writeln!(prompt, "- {}", told(line));
    }
    let _ = write!(prompt, "Fact: {what}");
    let all: Vec<String> = lines.iter().map(told).collect();
    let piece = match like {
        Some(like) => {
            let found: Vec<String> = all.iter().flat_map(|line| like.in_line(line)).map(quoted).collect();
            if found.is_empty() {
                return Ok(None);
            }
            found.join(" | ")
        }
        None => piece_of(&all.join("\n")),
    };
    let lark = format!("start: \"none\" | PIECE\nPIECE: {piece}\n");
    let asked = prompt.clone();
    let text = match turn.complete(FIND.ask(prompt, 60).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        // A whole line without end is no value.
        Err(polymath_chat::CompletionError::TooLong(_)) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("found of {what:?}: {text:?}; in:\n{asked}");
    let value = text.lines().next().unwrap_or_default().trim().trim_matches(|c: char| ",;:|.".contains(c)).trim();
    // A cell without the name of its column.
    let value = match value.rsplit_once(": ") {
        Some((_, cell)) if !lines.iter().any(|line| line.text.contains(value)) => cell,
        _ => value,
    };
    if value.is_empty() || value == "none" {
        return Ok(None);
    }
    let wanted: HashSet<String> = terms(what).into_iter().collect();
    // Words of the question are no answer to it.
    if !value.contains(|c: char| c.is_ascii_digit()) && terms(value).iter().all(|term| wanted.contains(term)) {
        return Ok(None);
    }
    let shared = |line: &&Passage| {
        let words: HashSet<String> = terms(&line.text).into_iter().collect();
        let own_role = !is_of_another(what, value, &line.text);
        (own_role, words.intersection(&wanted).count(), std::cmp::Reverse(line.n))
    };
    let line = lines.iter().filter(|l| l.text.contains(value)).max_by_key(shared);
    Ok(line.map(|line| (whole(value, &line.text), line.clone())))
}

/// A piece of a figure is the figure, with its unit: the `1887` of `on 2 October 1887` is that day, the
/// `243` of `is 243 feet long` is a number of feet.
fn whole(value: &str, line: &str) -> String {
    let Some(at) = line.find(value) else { return value.to_owned() };
    let (start, end) = (at, at + value.len());
    let cut = |f: &&Figure| f.span.start <= start && end <= f.span.end;
    figures(line).iter().find(cut).map_or(value, |f| with_unit(f, line)).to_owned()
}

/// Whether a row of a table is about another year than those that are asked for.
fn is_of_another_year(row: &str, wanted: &[String]) -> bool {
    let first = row.split(" | ").next().unwrap_or_default();
    let own = years(first);
    !wanted.is_empty() && !own.is_empty() && !own.iter().any(|year| wanted.contains(year))
}

/// Of a sentence that lists values by years those that are wanted, where some are; none where it lists other
/// years.
fn of_years(line: Passage, wanted: &[String]) -> Vec<Passage> {
    let Some(series) = series(&line.text).filter(|_| !wanted.is_empty()) else { return vec![line] };
    let meant = series.points.iter().filter(|p| wanted.contains(&p.year));
    let texts: Vec<String> = match series.head.is_empty() {
        true => meant.map(|p| p.clause.trim().to_owned()).collect(),
        false => meant.map(|p| format!("{}: {}", series.head, p.clause.trim())).collect(),
    };
    texts.into_iter().map(|text| Passage { text, ..line.clone() }).collect()
}

/// A passage's sentences, as lines of their own.
pub fn in_sentences(passage: &Passage) -> Vec<Passage> {
    let text = plain(&passage.text);
    sentences(&text).into_iter().map(|s| Passage { text: s.trim().to_owned(), ..passage.clone() }).collect()
}

/// Text that can stand in a Lark literal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '"' || c == '\\' || c.is_control() { ' ' } else { c }).collect()
}

pub fn fact_of(what: &str, text: &str, passage: &Passage, chat: &Chat) -> Fact {
    let source = &chat.sources[passage.n - 1];
    let restated = cell_text(text, passage, source, &chat.page_tables);
    let text = restated.as_deref().unwrap_or(text);
    let style = number_style(&source.text);
    let (number, date) = match Column::default().in_style(style).read(text).values() {
        (None, None) => {
            let first = figures_in(text, style).into_iter().next();
            first.map_or((None, None), |f| (f.number, f.date.map(|d| d.to_string())))
        }
        values => values,
    };
    Fact {
        name: String::new(),
        about: what.to_owned(),
        text: text.to_owned(),
        number,
        date,
        provenance: Provenance::Sourced {
            url: source.url.clone(),
            title: source.title.clone(),
            quote: passage.text.clone(),
        },
        others: Vec::new(),
    }
}

/// A table's cell with what its header says of it: `7.2 million crowns` for the `7.2` under "Budget
/// (million crowns)".
fn cell_text(text: &str, passage: &Passage, source: &Source, tables: &[Table]) -> Option<String> {
    let cells: Vec<&str> = passage.text.split(" | ").map(str::trim).collect();
    let at = cells.iter().position(|cell| *cell == text)?;
    let is_row = |row: &Vec<Cell>| {
        let own = row.iter().any(|c| matches!(&*c.provenance, Provenance::Sourced { url, .. } if *url == source.url));
        // The first cell may stand behind its heading.
        own && row.len() == cells.len() && row.iter().zip(&cells).all(|(c, text)| text.ends_with(c.display().trim()))
    };
    let table = tables.iter().find(|table| table.rows.iter().any(is_row))?;
    Column::of(table.columns.get(at)?).restate(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_about_something_else_of_the_page_says_nothing_of_who_was_found() {
        let mut chat = Chat::new("c");
        let text =
            "It has played in the Old Hall since 1952.\nAnn Bo has led it since 2019.\nShe came from Sund in 2018.";
        chat.sources.push(Source { url: "u".into(), title: "Sund Band".into(), text: text.into() });
        let (about, text, provenance) = ("conductor of the Sund Band".into(), "Ann Bo".into(), Provenance::Given);
        chat.add_fact(Fact {
            name: String::new(),
            about,
            text,
            number: None,
            date: None,
            provenance,
            others: Vec::new(),
        });
        let kept = |what: &str| {
            let lines = chat.sources[0].text.lines().enumerate();
            let passage = |(line, text): (usize, &str)| Passage { n: 1, line, text: text.to_owned() };
            lines
                .map(passage)
                .filter(|line| !is_of_somebody_else(what, line, &chat))
                .map(|p| p.line)
                .collect::<Vec<_>>()
        };
        assert_eq!(kept("since when has Ann Bo led the Sund Band"), [1, 2]);
        assert_eq!(kept("hall of the Sund Band"), [0, 1, 2]);
    }

    #[test]
    fn a_line_of_the_year_before_is_of_another_year() {
        let what = "weight of the winning pumpkin of Sund in 2023";
        for line in ["Last year's winning pumpkin (2022) weighed 745 kg.", "In 2022 it weighed 745 kg."] {
            assert!(is_of_a_year_before(what, line), "{line}");
        }
        for line in ["In 2023 it weighed 812 kg.", "It weighed 812 kg, more than in 2022.", "Pim | 812"] {
            assert!(!is_of_a_year_before(what, line), "{line}");
        }
        assert!(!is_of_a_year_before("who won last year", "Last year Pim won."));
    }

    #[test]
    fn figures_are_not_cut() {
        assert_eq!(whole("1887", "It first ground corn on 2 October 1887."), "2 October 1887");
        assert_eq!(whole("23", "It is 23 metres tall"), "23 metres");
        assert_eq!(whole("1,204", "the 1,204 riders of 2023"), "1,204 riders");
        assert_eq!(whole("4", "it has 4 large sails"), "4");
        assert_eq!(whole("2019", "was opened in 2019 by"), "2019");
        assert_eq!(whole("3.5", "cost $3.5 million in all"), "$3.5 million");
        assert_eq!(whole("the miller", "the miller lived here in 1887"), "the miller");
    }
}
