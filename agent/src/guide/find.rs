//! Finds a fact in opened pages: what the model takes for the answer (`choose.rs`), if nothing is seen to be wrong with it
//! and its line is held to say it.

mod choose;
mod dated;
mod kinds;
mod measures;
mod most;
mod own;
mod places;
mod rivals;
mod told;
mod winner;

pub use choose::{fact_of, in_sentences, is_of_other_years};
pub use dated::day_of_page;
pub use kinds::is_of_kind;
pub use measures::{is_of_other_property, is_one_of_all};
pub use rivals::add_other;
pub use told::{is_told, is_told_by_its_line};

use crate::evidence::{Passage, select, terms};
use crate::guide::calc::is_of_another_rate;
use crate::guide::named::names_said;
use crate::guide::roles::is_of_another;
use crate::guide::speaking::speaking_of;
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use choose::{LINES, choose, empty, kind_of};
use measures::{is_of_other_amount, is_of_other_end, is_of_other_payer};
use polymath_chat::{Provenance, Source};
use polymath_quantity::{UnitKind, figures};
use std::collections::HashSet;

/// Lines that are asked whether they say what was taken out of them.
const CHOICES: usize = 2;

/// The fact `what`, if a page says it; pages that contradict it are kept with it.
pub async fn find(turn: &mut Turn<'_>, what: &str) -> anyhow::Result<Option<Fact>> {
    if asks_nothing(what) {
        return Ok(None);
    }
    let query = format!("{what} {}", &turn.asked);
    let sources = speaking_of(&turn.chat.sources, what);
    let sources = relevant(&sources, what);
    if let Some(fact) = most::most(what, &sources, turn.chat) {
        return Ok(Some(fact));
    }
    if let Some(mut fact) = winner::winner(what, &sources, turn.chat) {
        rivals::contradict_cell(turn, what, &sources, &mut fact).await?;
        return Ok(Some(fact));
    }
    let passages = select(&sources, &query, LINES);
    if let Some((text, passage)) = own::cell(what, &passages, turn.chat) {
        return Ok(text.map(|text| fact_of(what, &text, &passage, turn.chat)));
    }
    if let Some((text, passage)) = own::of_year(what, &passages, turn.chat) {
        let mut fact = fact_of(what, &text, &passage, turn.chat);
        rivals::contradict(turn, what, &sources, &mut fact, &passage).await?;
        return Ok(Some(fact));
    }
    // Once more without the line that turned out to say something else.
    let mut without: Vec<Passage> = Vec::new();
    for _ in 0..CHOICES {
        let Some((mut fact, passage)) = candidate(turn, what, &passages, &without).await? else { return Ok(None) };
        // A rate that is told as a sum is worked out.
        if misfits(what, &fact) {
            return Ok(Some(fact));
        }
        if told::is_told(turn, what, &fact.text, &passage).await? {
            rivals::contradict(turn, what, &sources, &mut fact, &passage).await?;
            return Ok(Some(fact));
        }
        // Another name beside it would be some other one's; another figure can be the right one.
        if fact.number.is_none() && fact.date.is_none() {
            return Ok(None);
        }
        without.push(passage);
    }
    Ok(None)
}

/// Whether a table of the opened pages tells which thing is the first of all: the model takes the first row instead.
pub fn is_told_by_a_table(what: &str, chat: &Chat) -> bool {
    let sources = relevant(&speaking_of(&chat.sources, what), what);
    most::most(what, &sources, chat).is_some() || winner::winner(what, &sources, chat).is_some()
}

/// What a passage says of `what` where the model took its neighbour: of another column of a row, of another year of a line.
pub fn of_its_place(what: &str, text: &str, passage: &Passage, chat: &Chat) -> String {
    let text = own::of_its_column(what, text, passage, chat).unwrap_or_else(|| text.to_owned());
    let text = own::of_its_clause(what, &text, &passage.text).unwrap_or(text);
    places::of_the_kind(what, &text, &passage.text).unwrap_or(text)
}

/// Adds to a fact what other pages say of it that contradicts it.
pub async fn contradict(turn: &mut Turn<'_>, what: &str, fact: &mut Fact, passage: &Passage) -> anyhow::Result<()> {
    let sources = relevant(&speaking_of(&turn.chat.sources, what), what);
    rivals::contradict(turn, what, &sources, fact, passage).await
}

/// What is most likely the answer, with its line, if nothing is seen to be wrong with it.
async fn candidate(
    turn: &mut Turn<'_>,
    what: &str,
    passages: &[Passage],
    without: &[Passage],
) -> anyhow::Result<Option<(Fact, Passage)>> {
    let Some((text, passage)) = choose(turn, what, passages, None, without).await? else { return Ok(None) };
    let (text, passage) = match measures::in_box(what, &passage, passages) {
        Some((boxed, line)) if !without.iter().any(|own| own.n == line.n && own.text == line.text) => {
            (boxed.to_owned(), line.clone())
        }
        _ => (text, passage),
    };
    let text = of_its_place(what, &text, &passage, turn.chat);
    let mut fact = fact_of(what, &text, &passage, turn.chat);
    let (mut passage, like) = (passage, kind_of(what));
    // Something of another kind than what is wanted: another try with what is of that kind.
    if let (false, Some(_)) = (is_of_kind(what, &fact), &like)
        && let Some((text, other)) = choose(turn, what, passages, like.as_ref(), without).await?
    {
        fact = fact_of(what, &text, &other, turn.chat);
        passage = other;
    }
    let other_role = is_of_another(what, &fact.text, &passage.text);
    if other_role
        || is_of_other_amount(what, &passage.text)
        || is_one_of_all(what, &passage.text)
        || fact.date.is_some() && is_of_other_end(what, &passage.text)
        || is_of_other_payer(what, &fact.text, &passage.text)
        || !is_of_kind(what, &fact)
        || is_of_another_rate(what, &fact)
        || is_of_other_years(what, &passage, &turn.chat.sources)
    {
        tracing::debug!("{:?} is no {what}", fact.text);
        return Ok(None);
    }
    Ok(Some((fact, passage)))
}

/// Whether a look-up says of a thing only when or how: "since when Sund".
fn asks_nothing(what: &str) -> bool {
    let first = what.split(' ').next().unwrap_or_default().to_lowercase();
    let named: HashSet<String> = names_said(what).iter().flat_map(|name| terms(name)).collect();
    let opens = ["when", "since", "how", "where", "until", "wann", "seit", "quand", "depuis", "cuándo", "desde"];
    opens.contains(&first.as_str())
        && terms(what).iter().all(|term| named.contains(term) || opens.contains(&term.as_str()))
}

/// Words, or signs, between what is measured and what it is measured by.
const PER: &[&str] = &["per", "pro", "par", "por", "je", "each", "every", "a", "an"];

/// Whether a rate or a share is wanted (cost per seat) and the passage tells none: then it is something else's value.
pub fn misfits(what: &str, fact: &Fact) -> bool {
    let Provenance::Sourced { quote, .. } = &fact.provenance else { return false };
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric() && c != '/').map(str::to_lowercase).collect()
    };
    let wanted = words(what);
    // A share is no amount: 7.2 million, of what the roads get of a budget.
    let share = wanted.iter().position(|w| ["share", "percentage", "proportion", "anteil"].contains(&w.as_str()));
    let of_stock =
        |at: usize| wanted.get(at + 1).is_some_and(|next| ["price", "capital", "prices"].contains(&next.as_str()));
    if share.is_some_and(|at| !of_stock(at)) && fact.number.is_some() && fact.date.is_none() && !fact.text.contains('%')
    {
        return true;
    }
    const BY: &[&str] =
        &["per", "pro", "par", "por", "each", "every", "chaque", "cada", "jeder", "jede", "jeden", "jedes"];
    // "What does a kilo cost?"
    const ONE: &[&str] = &["a", "an", "one", "ein", "eine", "einen", "un", "une", "una"];
    let is_unit = |word: &String| {
        let read = figures(&format!("1 {word}"));
        word.len() > 2 && read.iter().any(|f| f.unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Measure))
    };
    let one = || wanted.windows(2).position(|w| ONE.contains(&w[0].as_str()) && is_unit(&w[1]));
    // "Por primera vez", "par le maire": nothing is measured by it.
    const PHRASES: &[&str] = &[
        "primera", "primer", "vez", "fin", "lo", "qué", "que", "favor", "ejemplo", "ciento", "cent", "rapport",
        "contre", "exemple", "el", "la", "los", "las", "le", "les", "l", "un", "una", "une", "quien", "quién", "qui",
        "su", "son", "se",
    ];
    let measures = |at: &usize| {
        BY.contains(&wanted[*at].as_str()) && wanted.get(at + 1).is_none_or(|next| !PHRASES.contains(&next.as_str()))
    };
    let Some(at) = (0..wanted.len()).find(measures).or_else(one) else { return false };
    let counts = |by: &&String| by.chars().all(char::is_alphabetic) && !by.is_empty() && *by != "of" && *by != "year";
    let Some(by) = wanted.get(at + 1).filter(counts) else {
        return false;
    };
    let told = words(quote);
    let near = told
        .windows(3)
        .any(|w| PER.contains(&w[0].as_str()) && w[1..].iter().any(|w| w.starts_with(by.trim_end_matches('s'))));
    let often = if by == "day" { "daily".to_owned() } else { format!("{by}ly") };
    let compound = [&format!("/{by}"), &often].iter().any(|form| quote.to_lowercase().contains(form.as_str()));
    // "12 euros each", of people.
    let each = told.iter().any(|word| ["each", "apiece", "jeweils", "chacun", "chacune"].contains(&word.as_str()));
    !near && !compound && !each && !fact.text.contains('/')
}

/// The pages with those left empty that hardly speak of what is wanted: a page has to have half as many
/// of its words as the page that has most, or to be called like a thing that is named.
pub fn relevant(sources: &[Source], what: &str) -> Vec<Source> {
    let wanted: HashSet<String> = terms(what).into_iter().filter(|t| !t.chars().all(|c| c.is_ascii_digit())).collect();
    let shares: Vec<usize> = sources
        .iter()
        .map(|source| {
            let words: HashSet<String> = terms(&format!("{} {}", source.title, source.text)).into_iter().collect();
            words.intersection(&wanted).count()
        })
        .collect();
    let best = shares.iter().copied().max().unwrap_or_default();
    let named = names_said(what);
    let titled = |source: &Source| named.iter().any(|name| source.title.contains(name.as_str()));
    let keep = |source: &Source, share: usize| share > 0 && (share * 2 > best || titled(source));
    let kept = sources.iter().zip(shares);
    kept.map(|(source, share)| if keep(source, share) { source.clone() } else { empty(source) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_of_the_kind_that_is_wanted() {
        let dated = |text: &str| Fact { date: Some(text.to_owned()), number: text.parse().ok(), ..fact(text) };
        let number = |text: &str, n: f64| Fact { number: Some(n), ..fact(text) };
        assert!(is_of_kind("year of opening of the mill", &dated("1931")));
        assert!(is_of_kind("Ausstoß der Brauerei Chib im Jahr 2019", &number("78.650", 78650.0)));
        assert!(!is_of_kind("year of opening of the mill", &number("$4 million", 4e6)));
        assert!(!is_of_kind("How high is Mount Chib", &dated("1951")));
        assert!(!is_of_kind("seit wann gibt es die Brauerei Chib", &number("6", 6.0)));
        assert!(is_of_kind("Seit wann gibt es die Brauerei Chib", &dated("1822")));
        assert!(is_of_kind("number of seats", &number("400", 400.0)) && !is_of_kind("number of seats", &fact("red")));
        assert!(
            is_of_kind("Who founded the mill", &fact("Ann Bo")) && !is_of_kind("Who founded the mill", &dated("1931"))
        );
        assert!(!is_of_kind("Where was the mill opened", &dated("1931")));
        assert!(is_of_kind("architect of the mill", &fact("Ann Bo")));
        assert!(!is_of_kind("雁栖瓷器厂的厂长", &dated("1958")));
    }

    #[test]
    fn a_page_that_is_called_like_the_thing_is_kept() {
        let page = |title: &str, text: &str| Source { url: title.into(), title: title.into(), text: text.into() };
        let pages = [
            page("Corv (typeface)", "Released | 1994"),
            page("Pard Slab", "Year of release: 2016. Goes well with Corv."),
            page("Barley", "Beer."),
        ];
        let kept: Vec<bool> =
            relevant(&pages, "release year of Corv").iter().map(|source| !source.text.is_empty()).collect();
        assert_eq!(kept, [true, true, false]);
    }

    #[test]
    fn a_rate_has_to_be_told_as_one() {
        let misfit = |what: &str, text: &str, quote: &str| {
            let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: quote.into() };
            let fact = Fact { provenance, number: Some(1.0), ..fact(text) };
            misfits(what, &fact)
        };
        assert!(misfit("share of the budget for roads", "7.2 million", "Roads get 7.2 million."));
        assert!(!misfit("share of the budget for roads", "14%", "Roads get 14% of it."));
        assert!(!misfit("share price of the mill", "$40", "A share costs $40."));
        assert!(misfit("cost of the mill per megawatt", "£905 million", "The mill cost £905 million and has 12 MW."));
        assert!(!misfit("price per night", "€80", "A room costs €80 a night."));
        assert!(!misfit("cost per seat", "$40", "It came to $40 per seat."));
        assert!(!misfit("cost of the mill", "£905 million", "The mill cost £905 million."));
        assert!(misfit("What does a kilo to the moon cost", "£9 million", "A flight costs £9 million."));
        assert!(!misfit("trains per day", "12", "It has 12 trains daily."));
        assert!(!misfit("price per person", "€9", "Tickets are €9 each."));
        assert!(!misfit("What does a kilo of tea cost", "£9", "A kilo of tea costs £9."));
        assert!(!misfit("qué día abrió por primera vez la plaza", "14", "Inauguración | 14 de marzo de 1912"));
    }

    fn fact(text: &str) -> Fact {
        let (name, about, text) = (String::new(), String::new(), text.to_owned());
        Fact { name, about, text, number: None, date: None, provenance: Provenance::Given, others: Vec::new() }
    }
}
