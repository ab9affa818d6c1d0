//! Questions that a sentence answers: why, how, whether. And whether one thing is older, longer, cheaper than another,
//! which two values answer.

use super::Step;
use super::lookup::compared_property;
use super::signs::{is_drawn, words};
use crate::guide::{named, quote};
use crate::notebook::{Chat, fact_name};

/// The plan of such a question, understood alone; none where files or tables are asked about, or nothing is named.
pub fn whether(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let asks = quote::is_whether(request) || quote::is_explained(request);
    if !asks || !chat.files.is_empty() || is_drawn(&request.to_lowercase()) {
        return None;
    }
    if let Some(steps) = compared(request, chat).or_else(|| two(request, chat)) {
        return Some(steps);
    }
    let what = request.trim_matches(['?', '？', '¿', '.', ' ']).to_owned();
    let named = !named::names_said(request).is_empty() && !chat.sources.is_empty();
    named.then(|| vec![Step::Find { name: fact_name(chat.facts.len()), what }])
}

/// "Is the mill open, and who owns it?", "Did it close, and why?": both are looked up.
fn two(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const AND: &[&str] = &[", and ", " and ", "? And "];
    const ASKING: &[&str] = &["who", "when", "where", "why", "how", "what", "which", "since"];
    let (first, second) = AND.iter().find_map(|and| {
        let mut places = request.match_indices(and).map(|(at, _)| (&request[..at], &request[at + and.len()..]));
        places.find(|(_, behind)| words(behind).next().is_some_and(|word| ASKING.contains(&word)))
    })?;
    let subject = named::names_said(first).into_iter().next_back()?;
    let bare = |text: &str| text.trim_matches(['?', '.', ',', ' ']).to_owned();
    let (first, second) = (bare(first), bare(second));
    // "And why?" asks that of what was said before.
    let second = match words(&second).count() {
        1 => format!("{second} {first}"),
        _ if !named::names_said(&second).is_empty() => second,
        _ => format!("{second} ({subject})"),
    };
    let name = |i: usize| fact_name(chat.facts.len() + i);
    Some(vec![Step::Find { name: name(0), what: first }, Step::Find { name: name(1), what: second }])
}

/// "Is the mill older than the dam?": the same of both, and the difference.
fn compared(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const VERBS: &[&str] = &["and", "but", "so", "is", "are", "was", "were", "does", "do", "did", "has", "have"];
    /// Verbs before what is compared.
    const BECOME: &[&str] =
        &["get", "grow", "become", "weigh", "cost", "run", "go", "have", "live", "a", "an", "much", "any"];
    const ARTICLES: &[&str] = &["the", "a", "an"];
    let (front, behind) = request.split_once(" than ").filter(|(_, behind)| !behind.contains([',', ';']))?;
    // "Larger in number of rooms" says itself what is compared.
    if behind.contains(" in ") {
        return None;
    }
    let small = front.to_lowercase();
    let (property, _) = words(&small).find_map(compared_property)?;
    // What stands in brackets is what it is about.
    let (behind, subject) = match behind.split_once(" (") {
        Some((behind, subject)) => (behind, Some(subject)),
        None => (behind, None),
    };
    let bare = |text: &str| {
        let all: Vec<&str> =
            text.split_whitespace().skip_while(|w| ARTICLES.contains(&w.to_lowercase().as_str())).collect();
        all.join(" ").trim_end_matches(['?', '.', ')', ' ']).trim_end_matches(" there").to_owned()
    };
    let other = bare(behind);
    let own: Vec<&str> = front.split_whitespace().skip_while(|w| VERBS.contains(&w.to_lowercase().as_str())).collect();
    let own: Vec<&str> = own.into_iter().take_while(|w| compared_property(&w.to_lowercase()).is_none()).collect();
    let last = own.iter().rposition(|w| !BECOME.contains(w)).map_or(0, |at| at + 1);
    let own = &own[..last];
    let thing = subject.map_or_else(|| bare(&own.join(" ")), bare);
    let is_thing = |text: &str| text.chars().any(char::is_alphabetic) && !text.contains(|c: char| c.is_ascii_digit());
    let pointing = ["it", "this", "that", "they", "he", "she"].contains(&thing.to_lowercase().as_str());
    if !quote::is_whether(request) || thing.is_empty() || pointing || !is_thing(&other) || !is_thing(&thing) {
        return None;
    }
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let find = |i: usize, thing: &str| Step::Find { name: name(i), what: format!("{property} of the {thing}") };
    let calc = Step::Calc { name: name(2), expression: format!("{} - {}", name(0), name(1)) };
    Some(vec![find(0, &thing), find(1, &other), calc])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(request: &str) -> Option<String> {
        let steps = whether(request, &Chat::new("c"))?;
        Some(steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn two_things_are_compared_by_their_values() {
        assert_eq!(
            told("is it taller than the water tower there (Varn Lighthouse)").as_deref(),
            Some("a = find(height of the Varn Lighthouse); b = find(height of the water tower); c = calc(a - b)")
        );
        assert_eq!(
            told("Is the Ost Mill older than the Varn Dam?").as_deref(),
            Some(
                "a = find(year of opening of the Ost Mill); b = find(year of opening of the Varn Dam); c = calc(a - b)"
            )
        );
        assert_eq!(
            told("does the Ost hare get heavier than the Varn hare?").as_deref(),
            Some("a = find(weight of the Ost hare); b = find(weight of the Varn hare); c = calc(a - b)")
        );
        assert_eq!(told("Is the Ost Mill taller than 20 metres?"), None);
        assert_eq!(told("Which is taller, the Ost Mill or the Varn Mill?"), None);
    }

    #[test]
    fn two_questions_are_looked_up() {
        assert_eq!(
            told("Is the Ost Mill open to visitors, and who owns it?").as_deref(),
            Some("a = find(Is the Ost Mill open to visitors); b = find(who owns it (Ost Mill))")
        );
        assert_eq!(
            told("Did the Ost Mill close in 1990 and why?").as_deref(),
            Some("a = find(Did the Ost Mill close in 1990); b = find(why Did the Ost Mill close in 1990)")
        );
    }

    #[test]
    fn why_is_looked_up_as_it_is_asked() {
        let mut chat = Chat::new("c");
        let request = "Why did the Ost Mill close?";
        assert_eq!(whether(request, &chat), None);
        chat.sources.push(polymath_chat::Source { url: "u".into(), title: "Ost Mill".into(), text: String::new() });
        assert_eq!(whether(request, &chat).map(|steps| steps.len()), Some(1));
    }
}
