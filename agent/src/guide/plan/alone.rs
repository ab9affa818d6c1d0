//! Follow-ups made to stand alone, so that what they are about can be looked up.

use super::signs::{PERCENT, is_drawn, says, words};
use super::{Step, against, amounts, grammar, pairs};
use crate::evidence::{clip, terms};
use crate::guide::{calc, named};
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use crate::prompts::ALONE;
use polymath_chat::{CompletionError, Constraint, Message, Provenance, Role};
use polymath_quantity::text::is_cjk;
use std::collections::HashSet;

/// Words of a follow-up, at most: what is longer says what it is about.
const SHORT: usize = 16;
/// Words that stand for something said before.
const POINTING: &[&str] = &[
    "it", "its", "he", "his", "she", "her", "they", "their", "them", "there", "that", "this", "these", "those", "one",
    "das", "dies", "dabei", "davon", "ça", "cela", "eso", "esto", "er", "sein", "seine", "sie", "ihr", "es", "dort",
    "il", "elle", "son", "sa", "y", "él", "ella", "su", "allí", "two", "both",
];
/// Words behind which stands a word for something said before: that town.
const SHOWING: &[&str] =
    &["that", "this", "the", "these", "those", "same", "which", "what", "dieser", "diese", "ce", "cette", "ese", "esa"];
/// Words of a follow-up that is about values at hand.
const OF_VALUES: &[&str] = &[
    "total",
    "together",
    "sum",
    "average",
    "mean",
    "ratio",
    "difference",
    "differ",
    "divide",
    "divided",
    "multiply",
    "add",
    "plus",
    "minus",
    "subtract",
    "times",
    "combined",
    "altogether",
    "percent",
    "percentage",
    "translate",
    "table",
    "change",
    "all",
    "zusammen",
    "insgesamt",
    "unterschied",
    "summe",
    "ensemble",
    "total",
    "juntos",
    "总共",
    "一共",
    "合计",
];
/// Words of a follow-up that asks which of contradicting values is right.
const HOLDS: &[&str] = &["which", "what", "who", "whom", "welche", "welcher", "quel", "quelle", "cuál", "哪", "どちら"];

/// The request, with what it leaves unsaid taken from the turn before.
pub async fn standing_alone(turn: &mut Turn<'_>, request: &str) -> anyhow::Result<String> {
    let Some(before) = before(turn.chat) else { return Ok(request.to_owned()) };
    if let Some(text) = pairs::named(request, &before).or_else(|| pairs::of_the_thing(request, turn.chat)) {
        return Ok(text);
    }
    if let Some(text) = against::of_the_greater(request, turn.chat) {
        return Ok(text);
    }
    if !may_lean(request, turn.chat) {
        return Ok(with_subject(request, &before, turn.chat));
    }
    if let Some(text) = of_that_place(request, turn.chat) {
        return Ok(text);
    }
    let said = exchange(turn.chat, &before);
    let prompt = format!("{said}Follow-up: {request}");
    let lark = grammar::said(&[request, &said]);
    let text = match turn.complete(ALONE.ask(prompt, 60).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => String::new(),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("alone: {text}");
    let text = text.trim().to_owned();
    if request.chars().any(is_cjk)
        && let Some(subject) = subject(turn.chat, &before)
    {
        if text.contains(subject.as_str()) {
            return Ok(text);
        }
        let kana = request.chars().any(|c| ('\u{3040}'..'\u{3100}').contains(&c));
        return Ok(format!("{subject}{}{request}", if kana { "の" } else { "" }));
    }
    let subject = subject(turn.chat, &before);
    let has_subject = subject.as_ref().is_some_and(|subject| text.to_lowercase().contains(&subject.to_lowercase()));
    let leads = !named::names(&text).is_empty() || subject.is_none() && named::names_said(&before).is_empty();
    if is_kept(request, &text) && (leads || has_subject) {
        return Ok(text);
    }
    // What it is about can be added without a model, where there is only one thing.
    Ok(match named::names_said(&before).as_slice() {
        [name] if named::names_said(request).is_empty() => {
            format!("{} ({name})", request.trim_end_matches(['?', '.', ' ']))
        }
        [] => match subject.filter(|_| named::names_said(request).is_empty()) {
            Some(subject) => format!("{} ({subject})", request.trim_end_matches(['?', '.', ' '])),
            None => request.to_owned(),
        },
        _ => request.to_owned(),
    })
}

/// A follow-up that asks for a chart, a percentage or a unit of what it does not name, with what the question before was
/// about; where a table is at hand, it is about that.
fn with_subject(request: &str, before: &str, chat: &Chat) -> String {
    let small = request.to_lowercase();
    let leans = is_drawn(&small) || says(&small, PERCENT) || calc::asked_unit(request).is_some();
    let own =
        !named::names_said(request).is_empty() || amounts::given(request).iter().filter(|n| n.len() != 4).count() > 1;
    let at_hand = chat.sources.is_empty() || !chat.tables.is_empty() || !chat.files.is_empty();
    let subject = subject(chat, before).filter(|subject| !request.contains(subject.as_str()));
    match subject.filter(|_| leans && !own && !at_hand) {
        Some(subject) if request.chars().any(is_cjk) => format!("{subject}：{request}"),
        Some(subject) if with_that(request, &subject).is_some() => with_that(request, &subject).unwrap_or_default(),
        Some(subject) => format!("{} ({subject})", request.trim_end_matches(['?', '.', ' '])),
        None => request.to_owned(),
    }
}

/// What the question before was about, as the page that answered it calls it: Chinese and Japanese names have
/// no capitals, and many people write none.
fn subject(chat: &Chat, before: &str) -> Option<String> {
    let Provenance::Sourced { title, .. } = &chat.facts.last()?.provenance else { return None };
    let before = before.to_lowercase();
    let pieces = title.split(['|', '–', '—', '(', ':', ',']).flat_map(|piece| piece.split(" - "));
    let named =
        pieces.map(str::trim).filter(|piece| piece.chars().count() > 2 && before.contains(&piece.to_lowercase()));
    // The Sund Tower, where the tower of Sund was asked about.
    let of_its_words = || {
        let mut all = title.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2).peekable();
        (all.peek().is_some() && all.all(|word| before.contains(&word.to_lowercase()))).then(|| title.clone())
    };
    // The Senlow goat, where "the senlow" was asked about.
    let of_its_name = || {
        let piece = title.split(['|', '–', '—', '(', ':', ',']).next()?.split(" - ").next()?.trim();
        let mut names = piece.split(' ').filter(|word| word.starts_with(char::is_uppercase)).peekable();
        let said = |name: &str| words(&before).any(|word| word == name.to_lowercase());
        (names.peek().is_some_and(|name| name.chars().count() > 3) && names.all(said)).then(|| piece.to_owned())
    };
    named.max_by_key(|piece| piece.len()).map(str::to_owned).or_else(of_its_words).or_else(of_its_name)
}

/// Tables that are to be collected, of what the question before was about where neither they nor the request name anything:
/// the output by years, as a line, of the brewery just spoken of.
pub fn collect_of_the_subject(steps: &mut [Step], request: &str, chat: &Chat) {
    let nameless = |text: &str| named::names_said(text).is_empty();
    let small = request.to_lowercase();
    // The name of what a table is about is no measure of it.
    for step in steps.iter_mut() {
        let Step::Collect { things, columns, .. } = step else { continue };
        let of_name: HashSet<String> = named::names_said(things).iter().flat_map(|name| terms(name)).collect();
        let is_name = |column: &&mut String| terms(column).iter().all(|term| of_name.contains(term));
        for column in columns.iter_mut().skip(1).filter(is_name) {
            if let Some(noun) = measured_noun(request) {
                *column = noun;
            }
        }
    }
    let leans = nameless(request) && !request.chars().any(is_cjk) && (is_drawn(&small) || points(request));
    let Some(before) = before(chat).filter(|_| leans) else { return };
    let subject = match named::names_said(&before).as_slice() {
        [name] => Some(name.clone()),
        _ => subject(chat, &before),
    };
    for step in steps {
        let (Step::Collect { things, .. }, Some(subject)) = (step, &subject) else { continue };
        if nameless(things) {
            *things = format!("{things} ({subject})");
        }
    }
}

/// What is to be drawn: `fréquentation`, of "une courbe de la fréquentation depuis 2019".
fn measured_noun(request: &str) -> Option<String> {
    const OF: &[&str] = &[
        " of the ",
        " of its ",
        " of their ",
        " of ",
        " de la ",
        " de l'",
        " de l’",
        " du ",
        " des ",
        " de los ",
        " de las ",
        " del ",
        " de ",
        " der ",
        " des ",
        " von ",
    ];
    const ENDS: &[&str] = &[
        "since", "from", "by", "over", "in", "as", "depuis", "par", "en", "comme", "desde", "por", "seit", "nach",
        "als",
    ];
    let (at, of) = OF
        .iter()
        .filter_map(|of| Some((request.find(of)?, *of)))
        .min_by_key(|(at, of)| (*at, usize::MAX - of.len()))?;
    let behind =
        request[at + of.len()..].split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty());
    let noun: Vec<&str> =
        behind.take_while(|word| !ENDS.contains(word) && !word.contains(|c: char| c.is_ascii_digit())).collect();
    let mut letters = noun.first()?.chars();
    let first: String = letters.next()?.to_uppercase().chain(letters).collect();
    let rest = noun[1..].iter().map(|word| (*word).to_owned());
    (noun.len() <= 3).then(|| std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" "))
}

/// A request with what it is about for "that breed".
fn with_that(request: &str, subject: &str) -> Option<String> {
    const THAT: &[&str] =
        &["that", "this", "dieser", "diese", "dieses", "diesem", "cette", "ce", "cet", "esa", "ese", "esta", "este"];
    /// What is no thing that was spoken of.
    const OTHER: &[&str] = &[
        "year", "time", "day", "month", "number", "figure", "value", "sum", "amount", "total", "table", "chart",
        "much", "many", "one", "jahr", "zeit", "tag", "zahl", "wert", "année", "jour", "chiffre", "valeur", "año",
        "día", "cifra", "valor", "is", "was", "are", "town", "city", "village", "place", "in", "to", "for", "per",
        "with", "and",
    ];
    let pieces: Vec<&str> = request.split(' ').collect();
    let bare = |piece: &str| piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let thing =
        |word: &str| word.chars().count() > 2 && word.chars().all(char::is_alphabetic) && !OTHER.contains(&word);
    let at = pieces.windows(2).position(|pair| THAT.contains(&bare(pair[0]).as_str()) && thing(&bare(pair[1])))?;
    // "I know that Sund…" names another thing.
    let end = pieces[at + 1].trim_start_matches(char::is_alphabetic);
    let small = pieces[at + 1].starts_with(char::is_lowercase);
    small.then(|| [&pieces[..at], &[&format!("the {subject}{end}")], &pieces[at + 2..]].concat().join(" "))
}

/// A request about "that town" as one about the town that was found, by its name.
fn of_that_place(request: &str, chat: &Chat) -> Option<String> {
    const SHOWING: &[&str] = &["that", "this", "the", "same", "dieser", "diese", "der", "cette", "ce", "esa", "ese"];
    const PLACES: &[&str] = &[
        "town",
        "city",
        "village",
        "place",
        "birthplace",
        "hometown",
        "stadt",
        "ort",
        "dorf",
        "ville",
        "village",
        "lieu",
        "ciudad",
        "pueblo",
    ];
    const ASKED: &[&str] = &["where", "birthplace", "hometown", "wo", "où", "dónde", "born"];
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let pair = all.windows(2).find(|w| SHOWING.contains(&w[0]) && PLACES.contains(&w[1]))?;
    let phrase = pair.join(" ");
    let at = small.find(&phrase).filter(|_| small.len() == request.len())?;
    let is_place = |fact: &&Fact| {
        let about = fact.about.to_lowercase();
        fact.number.is_none() && fact.date.is_none() && (says(&about, ASKED) || says(&about, PLACES))
    };
    let place = chat.facts.iter().rev().take(4).find(is_place)?;
    let named = named::names_said(request).is_empty() && place.text.split(' ').count() < 5;
    named.then(|| format!("{}{}{}", &request[..at], place.text, &request[at + phrase.len()..]))
}

/// The question before this one, as it could be understood alone.
pub fn before(chat: &Chat) -> Option<String> {
    chat.asked.last().map(|asked| asked.question.clone()).or_else(|| last_question(chat))
}

/// The user's question before this one.
fn last_question(chat: &Chat) -> Option<String> {
    let asked = chat.messages.iter().filter(|m| m.role == Role::User && !m.content.is_empty());
    asked.rev().nth(1).map(|m| m.content.clone())
}

/// The last two questions as they were understood, with their answers.
fn exchange(chat: &Chat, before: &str) -> String {
    let all: Vec<&Message> =
        chat.messages.iter().filter(|m| m.role == Role::Assistant && !m.content.is_empty()).collect();
    let mut said = String::new();
    if let ([.., asked, _], [.., answer, _]) = (chat.asked.as_slice(), all.as_slice()) {
        said = format!("Question: {}\nAnswer: {}\n", clip(&asked.question, 200), clip(&uncited(&answer.content), 200));
    }
    let answer = all.last().map(|m| uncited(&m.content)).unwrap_or_default();
    format!("{said}Question: {}\nAnswer: {}\n", clip(before, 300), clip(&answer, 250))
}

fn last_answer(chat: &Chat) -> Option<&Message> {
    chat.messages.iter().rev().find(|m| m.role == Role::Assistant && !m.content.is_empty())
}

/// A text without its markers of citations.
fn uncited(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        match after.split_once(']').filter(|(n, _)| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit())) {
            Some((_, after)) => rest = after,
            None => {
                out.push('[');
                rest = after;
            }
        }
    }
    (out + rest).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a request asks which of two contradicting values is the right one: the last fact was told
/// differently by two pages, and the request names nothing new.
pub fn is_of_contradiction(request: &str, chat: &Chat) -> bool {
    const ASKING: &[&str] = &[
        "number",
        "count",
        "publish",
        "publication",
        "dated",
        "when",
        "day",
        "were",
        "was",
        "figure",
        "value",
        "one",
        "two",
        "use",
        "trust",
        "hold",
        "true",
        "right",
        "correct",
        "correctly",
        "newer",
        "recent",
        "more",
        "latest",
        "older",
        "date",
        "go",
        "going",
        "goe",
        "should",
        "would",
        "believe",
        "rely",
        "report",
        "source",
        "page",
        "now",
        "so",
        "then",
        "these",
        "those",
        "them",
        "valid",
        "official",
        "better",
        "is",
        "are",
        "do",
        "i",
        "zahl",
        "stimmt",
        "gilt",
        "neuer",
        "chiffre",
        "cifra",
    ];
    let small = request.to_lowercase();
    let own: HashSet<String> =
        chat.facts.last().map(|fact| terms(&format!("{} {}", fact.about, fact.text))).into_iter().flatten().collect();
    let asks = |term: &String| {
        let known = |list: &[&str]| list.contains(&term.as_str()) || list.iter().any(|word| terms(word).contains(term));
        known(ASKING) || known(HOLDS) || own.contains(term)
    };
    terms(request).iter().all(asks)
        && chat.facts.last().is_some_and(|fact| !fact.others.is_empty())
        && last_answer(chat).is_some_and(|m| chat.facts.last().is_some_and(|f| m.content.contains(&f.text)))
        && says(&small, HOLDS)
        && words(&small).count() <= SHORT
        && named::names(request).is_empty()
        && !request.contains(|c: char| c.is_ascii_digit())
}

/// Whether a request may be about what was found before: it is short and names nothing, or points back.
fn may_lean(request: &str, chat: &Chat) -> bool {
    let small = request.to_lowercase();
    let points = points(&small);
    !chat.sources.is_empty()
        && last_answer(chat).is_some_and(|m| !["| ---", "```", ".png"].iter().any(|mark| m.content.contains(mark)))
        && words(&small).count() <= SHORT
        && (points || named::names_said(request).is_empty())
        && !is_drawn(&small)
        && calc::asked_unit(request).is_none()
        && !says(&small, PERCENT)
        && !says(&small, OF_VALUES)
}

/// Whether a request has a word that stands for something said before.
pub fn points(request: &str) -> bool {
    words(&request.to_lowercase()).any(|word| POINTING.contains(&word))
}

/// Whether a rewritten question still says what the request says.
fn is_kept(request: &str, text: &str) -> bool {
    const EMPTY: &[&str] = &["way", "please", "tell", "know", "about", "then", "now", "so", "many", "much"];
    let now: HashSet<String> = terms(text).into_iter().collect();
    let shown = |term: &String| {
        let small = request.to_lowercase();
        let all: Vec<&str> = words(&small).collect();
        all.windows(2).any(|w| SHOWING.contains(&w[0]) && terms(w[1]).contains(term))
    };
    let pointing = |term: &String| POINTING.contains(&term.as_str()) || EMPTY.contains(&term.as_str()) || shown(term);
    let lost = terms(request).iter().filter(|term| !now.contains(*term) && !pointing(term)).count();
    lost == 0 && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rewritten_question_leaves_out_is_told() {
        assert!(is_kept("and how many people live in that town?", "how many people live in Methven?"));
        assert!(is_kept("In which town?", "In which town was Ann Bo born?"));
        assert!(is_kept("Then when was it first climbed?", "When was Mount Chib first climbed?"));
        assert!(!is_kept("and its architect?", "When was the hall built?"));
    }

    #[test]
    fn what_is_drawn_is_said_behind_of() {
        assert_eq!(measured_noun("Trace une courbe de la fréquentation depuis 2019").as_deref(), Some("Fréquentation"));
        assert_eq!(measured_noun("draw a line of the yearly visitors").as_deref(), Some("Yearly visitors"));
        assert_eq!(measured_noun("as a line, please"), None);
    }

    #[test]
    fn that_town_is_the_one_that_was_found() {
        let mut chat = Chat::new("c");
        let (name, about, text) = (String::new(), "In which town was Ann Bo born".to_owned(), "Sund".to_owned());
        let provenance = Provenance::Given;
        chat.add_fact(Fact { name, about, text, number: None, date: None, provenance, others: Vec::new() });
        let said = |request: &str| of_that_place(request, &chat);
        assert_eq!(
            said("how many inhabitants does the place have?").as_deref(),
            Some("how many inhabitants does Sund have?")
        );
        assert_eq!(said("and its area?"), None);
    }

    #[test]
    fn that_breed_is_what_was_spoken_of() {
        let said = |request: &str| with_that(request, "Sund goat");
        assert_eq!(
            said("By what percentage did the number of that breed fall?").as_deref(),
            Some("By what percentage did the number of the Sund goat fall?")
        );
        assert_eq!(said("how much is that in percent?"), None);
        assert_eq!(said("and in that year?"), None);
    }

    #[test]
    fn citations_are_no_words_of_an_answer() {
        assert_eq!(uncited("It is 5 m [1] [2] high [sic]."), "It is 5 m high [sic].");
    }
}
