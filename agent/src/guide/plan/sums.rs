//! Sums in words: a few lines that name their steps, as a program has them, made into one expression.
//!
//! Models that have read much code work a sum out better in named steps than in one expression, and several tries
//! that come to the same value are right far more often than the likeliest one alone ("PAL: Program-aided Language
//! Models", Gao et al. 2022; "Self-Consistency Improves Chain of Thought Reasoning", Wang et al. 2022). So more lines
//! are written until two tries agree.

use super::signs::{asks_to_write, says, words, years};
use super::{Step, alone, amounts, check, grammar};
use crate::evidence::clip;
use crate::guide::digits::in_digits;
use crate::guide::named;
use crate::lead::Turn;
use crate::notebook::{Chat, Fact, fact_name};
use crate::prompts::SUMS;
use polymath_chat::{CompletionError, Constraint, Provenance};
use regex::Regex;
use std::sync::LazyLock;

/// Tries until two agree.
const TRIES: usize = 5;
/// The temperature of all but the first.
const ANOTHER: f32 = 0.7;
/// Tokens of one.
const LONGEST: usize = 220;
/// Tries that cannot be worked out, until no more are asked for.
const FAILURES: usize = 2;
/// Words of a request that goes on with a sum, at most.
const SHORT: usize = 16;
/// Characters of the question that is worked out.
const QUESTION: usize = 1500;

/// A try.
struct Sum {
    expression: String,
    /// What the calculator makes of it.
    value: String,
    /// It leaves out an amount of the question, or comes to what nobody measures in.
    doubtful: bool,
    /// It is the plan's, in one expression.
    planned: bool,
}

/// Whether a request is a sum in words: it tells several amounts of its author's own things and names nothing that a page
/// could know; or it goes on with such a sum that was worked out before.
pub fn is_in_words(request: &str, chat: &Chat) -> bool {
    const OWN: &[&str] = &[
        "i", "my", "we", "our", "us", "me", "each", "ich", "mein", "meine", "meiner", "wir", "uns", "unser", "unsere",
        "je", "mon", "ma", "mes", "nous", "notre", "nos", "yo", "mi", "mis", "nosotros", "nuestro", "nuestra", "我",
        "我们",
    ];
    const GOING_ON: &[&str] = &[
        "and", "if", "what", "then", "they", "them", "it", "that", "und", "wenn", "dann", "et", "si", "alors", "y",
        "entonces", "那", "如果",
    ];
    let small = request.to_lowercase();
    let at_hand = !chat.tables.is_empty() || !chat.files.is_empty() || !chat.sources.is_empty();
    if at_hand || !named::names(request).is_empty() || asks_to_write(request) {
        return false;
    }
    let own = amounts::given(&in_digits(request)).len().saturating_sub(years(request).len());
    let worked_out = |fact: &Fact| matches!(fact.provenance, Provenance::Computed { .. });
    let follows = !chat.facts.is_empty() && chat.facts.iter().all(worked_out);
    let goes_on = says(&small, GOING_ON) && words(&small).count() <= SHORT;
    let told = own > 2 || own > 1 && says(&small, OWN);
    told && small.contains(['?', '？']) || follows && (own > 0 || goes_on)
}

/// Hours and minutes as people write them beside days: `7h 45`, `8 h 20 min`.
static LASTING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(\d{1,3})\s?(?:h|hrs?|hours?|std\.?|stunden?|heures?|horas?)\s?(?:and |und |et |y )?(\d{1,2})\b")
        .ok()
});

/// The sum of several times that a request lists, in hours.
pub fn of_times(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const TOGETHER: &[&str] = &[
        "together",
        "altogether",
        "total",
        "sum",
        "in all",
        "add",
        "overall",
        "insgesamt",
        "zusammen",
        "summe",
        "total",
        "ensemble",
        "en tout",
        "juntos",
        "suma",
        "en total",
    ];
    if !says(&request.to_lowercase(), TOGETHER) {
        return None;
    }
    let found = LASTING.as_ref()?.captures_iter(request).map(|c| format!("{} + {} / 60", &c[1], &c[2]));
    let times: Vec<String> = found.collect();
    // Each number is of one of them.
    let all = times.len() > 1 && amounts::given(request).len() <= 2 * times.len();
    let expression = format!("({}) hours", times.join(" + "));
    let known = polymath_tools::calculate(&expression).is_ok();
    (all && known).then(|| vec![Step::Calc { name: fact_name(chat.facts.len()), expression }])
}

/// Works out the sum that these steps are: the expression that two tries agree on, or the first that nothing is seen
/// to be wrong with.
pub async fn work_out(turn: &mut Turn<'_>, request: &str, steps: &mut [Step]) -> anyhow::Result<()> {
    let [Step::Calc { expression, .. }] = steps else { return Ok(()) };
    let request = in_digits(request);
    let request = request.as_str();
    // "Now add them all up": the numbers are those of the question before.
    // And so are they where something comes on top: "we also have tolls of 12".
    const ON_TOP: &[&str] = &[
        "also",
        "too",
        "as well",
        "on top",
        "plus",
        "außerdem",
        "noch",
        "dazu",
        "aussi",
        "encore",
        "también",
        "además",
    ];
    let on_top = says(&request.to_lowercase(), ON_TOP);
    let before = alone::before(turn.chat).filter(|_| on_top || amounts::given(request).len() < 2);
    let before = before.map(|before| in_digits(&before)).filter(|before| !amounts::amounts(before).is_empty());
    // What came of it: what five tins cost, is asked of the five.
    let result = turn.chat.facts.last().filter(|fact| matches!(fact.provenance, Provenance::Computed { .. }));
    let came = result.map_or(String::new(), |fact| format!(" It is {}.", clip(&fact.text, 40)));
    let asked =
        before.map_or(format!("Question: {request}"), |before| format!("Before: {before}{came}\nQuestion: {request}"));
    let sum = |expression: String| {
        let value = polymath_tools::calculate(&expression).ok()?;
        let doubtful = check::leaves_out(&expression, request) || amounts::is_odd(&expression, &asked);
        Some(Sum { expression, value: value.lines().next().unwrap_or_default().to_owned(), doubtful, planned: false })
    };
    // What was planned at first counts as a try.
    let mut sums: Vec<Sum> =
        Some(expression.clone()).filter(|e| !check::leaves_out(e, request)).and_then(sum).into_iter().collect();
    sums.iter_mut().for_each(|sum| sum.planned = true);
    let mut failures = 0;
    for attempt in 0..TRIES {
        let task = SUMS.ask(clip(&asked, QUESTION), LONGEST);
        let mut task = task.constrained(Constraint::Lark(grammar::sum(&asked)));
        task.temperature = if attempt > 0 { ANOTHER } else { 0.0 };
        let text = match turn.complete(task).await {
            Ok(text) => text,
            Err(CompletionError::TooLong(_)) => continue,
            Err(other) => return Err(other.into()),
        };
        tracing::debug!("sum: {text}");
        let Some(one) = joined(&text).and_then(sum) else {
            failures += 1;
            if failures == FAILURES {
                break;
            }
            continue;
        };
        if let Some(other) = sums.iter().find(|other| other.value == one.value && !one.doubtful) {
            // The shorter one says it better: a percentage as one.
            *expression = if other.doubtful { one.expression } else { other.expression.clone() };
            return Ok(());
        }
        sums.push(one);
    }
    // No two agree on one that looks right: the one that most agree on, or the calculation that such amounts are for.
    let votes = |one: &Sum| sums.iter().filter(|other| other.value == one.value).count();
    let best = sums.iter().rev().max_by_key(|one| (!one.doubtful, votes(one), !one.planned));
    let known = || amounts::rule_of_three(request).or_else(|| amounts::priced(&asked));
    *expression = match best {
        Some(best) if !best.doubtful => best.expression.clone(),
        Some(best) => known().unwrap_or_else(|| best.expression.clone()),
        None => known().unwrap_or_else(|| expression.clone()),
    };
    Ok(())
}

/// The lines of a sum as one expression: each name's own stands where it is used. `None` where a name has none.
fn joined(text: &str) -> Option<String> {
    let mut known: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let (name, expression) = line.split_once(" = ")?;
        let expression = with_known(expression, &known)?;
        known.push((name.trim().to_owned(), expression));
    }
    known.pop().filter(|(name, _)| name == "answer").map(|(_, expression)| expression)
}

fn with_known(expression: &str, known: &[(String, String)]) -> Option<String> {
    const FUNCTIONS: [&str; 4] = ["ceil", "floor", "round", "sqrt"];
    const DAYS: [&str; 4] = ["days", "weeks", "months", "years"];
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    for piece in expression.split_inclusive(|c: char| !part(c)) {
        let word = piece.trim_end_matches(|c: char| !part(c));
        let behind = &piece[word.len()..];
        let own = known.iter().rev().find(|(name, _)| name == word).map(|(_, own)| own);
        match own {
            Some(own) if own.contains(' ') => {
                out.push_str(&format!("({own})"));
            }
            Some(own) => out.push_str(own),
            None if word.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && !FUNCTIONS.contains(&word)
                && !DAYS.contains(&word) =>
            {
                return None;
            }
            None => out.push_str(word),
        }
        out.push_str(behind);
    }
    Some(out.replace("**", "^"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_ones_own_are_on_no_page() {
        let mut chat = Chat::new("c");
        let wall =
            "My wall is 7.5 metres long and 2.4 metres high. A tin does 8 square metres. How many tins do I need?";
        assert!(is_in_words(wall, &chat));
        assert!(!is_in_words("How high is Mount Kenya in feet?", &chat));
        assert!(!is_in_words("How many people came in 2019 and in 2020?", &chat));
        assert!(!is_in_words("and if one of us does not pay?", &chat));
        let (name, about, text) = ("a".to_owned(), "187.5 / 6".to_owned(), "31.25".to_owned());
        let (number, provenance) = (Some(31.25), Provenance::Computed { how: "187.5 / 6".into() });
        chat.add_fact(Fact { name, about, text, number, date: None, provenance, others: Vec::new() });
        assert!(is_in_words("and if one of us does not pay?", &chat));
        assert!(!is_in_words("How high is Mount Kenya?", &chat));
    }

    #[test]
    fn hours_and_minutes_are_added_up() {
        let told = |request: &str| of_times(request, &Chat::new("c")).map(|steps| steps[0].to_string());
        let request = "I worked Monday 7h 45, Tuesday 8 hours 20 and Friday 6h 50. How long is that altogether?";
        assert_eq!(told(request).as_deref(), Some("a = calc((7 + 45 / 60 + 8 + 20 / 60 + 6 + 50 / 60) hours)"));
        assert_eq!(told("I worked 7h 45 on Monday. How long was that?"), None);
        assert_eq!(told("The bus takes 2h 10, the train 1h 40 and 30 euros together. What is faster?"), None);
    }

    #[test]
    fn steps_are_one_expression() {
        let text = "fee = 936 * 5 / 100\nbill = 936 + fee\nanswer = bill / 4";
        assert_eq!(joined(text).as_deref(), Some("(936 + (936 * 5 / 100)) / 4"));
        assert_eq!(
            joined("growth = 1 + 3 / 100\nanswer = 5000 * growth ** 10").as_deref(),
            Some("5000 * (1 + 3 / 100) ^ 10")
        );
        assert_eq!(joined("answer = ceil((300 - 70) / 45)").as_deref(), Some("ceil((300 - 70) / 45)"));
        assert_eq!(joined("weight = 36\nanswer = weight * 0.3").as_deref(), Some("36 * 0.3"));
        assert_eq!(joined("answer = 2021-05-03 + 20 days").as_deref(), Some("2021-05-03 + 20 days"));
        assert_eq!(joined("answer = fee * 2"), None);
        assert_eq!(joined("fee = 2 * 3"), None);
    }
}
