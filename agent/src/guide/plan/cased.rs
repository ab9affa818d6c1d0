//! Names in requests that are typed without capitals. Everything else here takes words with capitals for names: pages of
//! other things are told from those that are meant by them.

use super::alone::points;
use super::signs::words;
use super::{grammar, replies};
use crate::guide::{calc, named};
use crate::lead::Turn;
use crate::notebook::Chat;
use crate::prompts::NAMES;
use polymath_chat::{CompletionError, Constraint, Source};
use polymath_quantity::text::is_cjk;

/// Tokens of the names.
const LONGEST: usize = 60;
/// Letters of a request that may have names.
const REQUEST: std::ops::RangeInclusive<usize> = 8..=300;

/// Words that a question begins with.
const ASKING: &[&str] =
    &["what", "who", "when", "where", "which", "how", "why", "is", "are", "was", "did", "does", "in", "on"];

/// Gives the names in the turn's question their capitals, as the model knows them for names. Whether there were any.
pub async fn cased(turn: &mut Turn<'_>) -> anyhow::Result<bool> {
    if !may_lack_capitals(&turn.question, turn.chat) || turn.agent.tools.get("browser_search").is_none() {
        return Ok(false);
    }
    let lark = grammar::names(&turn.question);
    let task = NAMES.ask(turn.question.clone().into_owned(), LONGEST).constrained(Constraint::Lark(lark));
    let told = match turn.complete(task).await {
        Ok(told) => told,
        Err(CompletionError::TooLong(_)) => return Ok(false),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("names of {:?}: {told}", turn.question);
    let told = without_plain_words(&told, &turn.chat.sources);
    let Some(cased) = with_names(&turn.question, &told) else { return Ok(false) };
    let cased = with_others_like_it(&cased, &told);
    turn.asked.clone_from(&cased);
    turn.question = cased.into();
    Ok(true)
}

/// The names without those of one word, or a number and one word, that pages at hand have in small letters: "the 2019 winner"
/// has none.
fn without_plain_words(names: &str, sources: &[Source]) -> String {
    let plain = |name: &str| {
        let mut worded = name.split(' ').filter(|word| !word.chars().all(|c| c.is_ascii_digit()));
        let (Some(word), None) = (worded.next(), worded.next()) else { return false };
        let small = word.to_lowercase();
        small != word && sources.iter().any(|source| words(&source.text).any(|own| own == small))
    };
    names.split(", ").filter(|name| !plain(name)).collect::<Vec<_>>().join(", ")
}

/// Whether a request may have names and shows none: it is looked up, and has no capital but at its beginning.
fn may_lack_capitals(request: &str, chat: &Chat) -> bool {
    let of_tables = !chat.tables.is_empty() || !chat.files.is_empty();
    let letters = request.chars().any(char::is_lowercase) && !request.chars().any(is_cjk);
    let one_line = REQUEST.contains(&request.chars().count()) && !request.contains(['\n', '`', '{', '<']);
    let small = request.split_whitespace().skip(1).all(|word| {
        let speaker = word == "I" || word.starts_with("I'") || word.starts_with("I’");
        speaker || !word.contains(char::is_uppercase)
    });
    // "And how high is it?", "and in feet?" are of what was spoken of.
    let leans = !chat.sources.is_empty() && (points(request) || calc::asked_unit(request).is_some());
    // With a capital at the beginning a request may be written as it should be; a question may still have a name.
    let first = request.split_whitespace().next().unwrap_or_default().to_lowercase();
    let asks = !request.starts_with(char::is_uppercase) || request.ends_with('?') || ASKING.contains(&first.as_str());
    letters
        && asks
        && one_line
        && small
        && !of_tables
        && !leans
        && named::names(request).is_empty()
        && !replies::is_reply(request, chat)
}

/// The request with the capitals of things that are called like a named one and compared with it: "is the Ost Bridge longer
/// than the vell bridge".
fn with_others_like_it(request: &str, names: &str) -> String {
    const BEFORE: &[&str] = &["the", "than", "and", "or", "of", "a", "an", "is", "from", "to"];
    let mut text = request.to_owned();
    for name in names.split(", ") {
        let Some((_, head)) = name.rsplit_once(' ').filter(|(_, head)| head.starts_with(char::is_uppercase)) else {
            continue;
        };
        let small = format!(" {}", head.to_lowercase());
        let places: Vec<usize> = text.match_indices(&small).map(|(at, _)| at).collect();
        for at in places {
            let end = at + small.len();
            if text[end..].starts_with(char::is_alphanumeric) {
                continue;
            }
            // Its words, from behind the article on.
            let front = text[..at].rsplit(' ').take_while(|word| !BEFORE.contains(word)).count();
            let article = text[..at].rsplit(' ').nth(front).is_some_and(|word| ["the", "than", "or"].contains(&word));
            if !(1..=2).contains(&front) || !article {
                continue;
            }
            let start = text[..at].rsplitn(front + 1, ' ').last().map_or(0, |before| before.len() + 1);
            let big = |word: &str| -> String {
                let mut letters = word.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            };
            let named: Vec<String> = text[start..end].split(' ').map(big).collect();
            let named = named.join(" ");
            if named.len() == end - start {
                text.replace_range(start..end, &named);
            }
        }
    }
    text
}

/// The request with these names in it written as they are; `None` where it has none of them.
fn with_names(request: &str, names: &str) -> Option<String> {
    let mut text = request.to_owned();
    for name in names.split(", ") {
        let part = |c: char| c.is_alphanumeric();
        // Letters of one length only, so that places in the one are places in the other.
        let small = text.to_lowercase();
        if small.len() != text.len() {
            return None;
        }
        let own = name.to_lowercase();
        let places = small.match_indices(&own).map(|(at, _)| (at, at + own.len()));
        let whole: Vec<(usize, usize)> =
            places.filter(|(at, end)| !small[..*at].ends_with(part) && !small[*end..].starts_with(part)).collect();
        for (at, end) in whole.into_iter().filter(|_| own.len() == name.len() && !own.is_empty()) {
            text.replace_range(at..end, name);
        }
    }
    (text != request).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_their_capitals() {
        let cased = |request: &str, names: &str| with_names(request, names);
        assert_eq!(
            cased("how tall is the ost mill, and the mill of vell", "Ost Mill, Mill of Vell").as_deref(),
            Some("how tall is the Ost Mill, and the Mill of Vell")
        );
        assert_eq!(cased("ost is not in lost", "Ost").as_deref(), Some("Ost is not in lost"));
        assert_eq!(cased("a sum of three", "none"), None);
        // Not as it stands there.
        assert_eq!(cased("the stone bridge at vell", "Vell Stone Bridge"), None);
    }

    #[test]
    fn a_word_of_the_pages_is_no_name() {
        let text = "The winner gets a compass. Ost won in 2019.".to_owned();
        let page = [Source { url: "u".into(), title: "Prize".into(), text }];
        assert_eq!(without_plain_words("2019 Winner, Ost, Vell Prize", &page), "Ost, Vell Prize");
        assert_eq!(without_plain_words("none", &page), "none");
    }

    #[test]
    fn what_is_compared_has_a_name_too() {
        assert_eq!(
            with_others_like_it("is the Ost Reach Bridge longer than the ost beck bridge, or not", "Ost Reach Bridge"),
            "is the Ost Reach Bridge longer than the Ost Beck Bridge, or not"
        );
        let one = "how long is the Ost Bridge, and is there a footbridge beside the bridge";
        assert_eq!(with_others_like_it(one, "Ost Bridge"), one);
    }

    #[test]
    fn only_requests_without_capitals_are_asked_about() {
        let chat = Chat::new("c");
        let may = |request: &str| may_lack_capitals(request, &chat);
        assert!(may("how tall is the ost mill") && may("How tall is the ost mill, and can I climb it?"));
        assert!(!may("how tall is the Ost Mill") && !may("磨坊有多高") && !may("hello"));
        assert!(!may("write a poem about the sea") && !may("Simulate three coins") && may("Who runs the ost mill"));
    }
}
