//! Three things or more that a request names and compares or adds up: a small model plans the look-ups of two.

use super::Step;
use super::guess::is_name;
use super::signs::{LEAST, MOST, asks_how_much_more, says, words};
use crate::guide::named;
use crate::notebook::{Chat, fact_name};

/// Things from which on they are several.
const SEVERAL: usize = 3;

/// A plan that looks the same up of some of the things that are listed, and calculates with it, as one of all of them.
pub fn of_all(steps: Vec<Step>, request: &str, chat: &Chat) -> Vec<Step> {
    whole(&steps, request, chat).unwrap_or(steps)
}

fn whole(steps: &[Step], request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let things = named::list(request);
    if things.len() < SEVERAL {
        return None;
    }
    const PLACE: &str = "\u{1}";
    let small = |text: &str| text.to_lowercase();
    let pattern = |what: &str| {
        let mut own = things.iter().filter(|thing| small(what).contains(&small(thing)));
        let (thing, None) = (own.next()?, own.next()) else { return None };
        let at = small(what).find(&small(thing)).filter(|_| small(what).len() == what.len())?;
        Some((format!("{}{PLACE}{}", &what[..at], &what[at + thing.len()..]), thing))
    };
    let mut patterns = Vec::new();
    let mut calculation = None;
    for step in steps {
        match step {
            Step::Find { what, .. } => patterns.push(pattern(what)?),
            Step::Calc { expression, .. } if calculation.is_none() => calculation = Some(expression.as_str()),
            _ => return None,
        }
    }
    let (first, _) = patterns.first()?;
    let known = patterns.iter().all(|(own, _)| own == first) && patterns.len() < things.len();
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let names: Vec<String> = (0..things.len()).map(name).collect();
    let plain = |expression: &str| words(expression.split(" in ").next().unwrap_or_default()).all(is_name);
    let calculated = match calculation.filter(|expression| plain(expression)) {
        Some(expression) if expression.contains('+') => Some(names.join(" + ")),
        Some(expression) if expression.contains('-') => Some(difference(&names)),
        Some(_) => None,
        None if calculation.is_some() => return None,
        None => asks_how_much_more(&small(request)).then(|| difference(&names)),
    };
    let look_up =
        |(name, thing): (&String, &String)| Step::Find { name: name.clone(), what: first.replace(PLACE, thing) };
    let all = names.iter().zip(&things).map(look_up);
    let last = calculated.map(|expression| Step::Calc { name: name(things.len()), expression });
    known.then(|| all.chain(last).collect())
}

/// A plan whose last queries each bring one end of the same order, for a request that asks what lies between the two: one query
/// of the end that is asked for first, to which that belongs (`query/spread.rs`).
pub fn of_both_ends(mut steps: Vec<Step>, request: &str) -> Vec<Step> {
    let small = request.to_lowercase();
    let first =
        |known: &[&str]| known.iter().filter(|word| says(&small, &[word])).filter_map(|word| small.find(word)).min();
    let (Some(most), Some(least)) = (first(MOST), first(LEAST)) else { return steps };
    let end = |step: &Step| {
        let Step::Sql { query, .. } = step else { return None };
        let (front, behind) = query.split_once(" ORDER BY ")?;
        let (order, _) = behind.split_once(" LIMIT ")?;
        let down = order.ends_with(" DESC");
        let key = order.trim_end_matches(" DESC").trim_end_matches(" ASC").to_owned();
        Some((front.split_once(" FROM ")?.1.to_owned(), key, down))
    };
    let ends: Vec<_> = steps.iter().rev().map_while(end).collect();
    let same = ends.windows(2).all(|pair| (&pair[0].0, &pair[0].1) == (&pair[1].0, &pair[1].1));
    let wanted = ends.iter().rposition(|(_, _, down)| *down == (most < least));
    let (true, Some(at)) = (ends.len() > 1 && same && asks_how_much_more(&small), wanted) else { return steps };
    let kept = steps.remove(steps.len() - 1 - at);
    steps.truncate(steps.len() + 1 - ends.len());
    let name = match steps.last() {
        Some(Step::Collect { name, .. } | Step::Sql { name, .. } | Step::Table { name, .. }) => name.clone(),
        _ => String::new(),
    };
    let after = name.strip_prefix('t').and_then(|n| n.parse::<usize>().ok()).map(|n| format!("t{}", n + 1));
    steps.push(match (kept, after) {
        (Step::Sql { query, .. }, Some(name)) => Step::Sql { name, query },
        (kept, _) => kept,
    });
    steps
}

/// What the greatest of them is more than the least.
fn difference(names: &[String]) -> String {
    let all = names.join(", ");
    format!("max({all}) - min({all})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_query_of_two_ends() {
        let told = |request: &str| {
            let query = |rest: &str| format!("SELECT Name, Range FROM t1 ORDER BY Range {rest}");
            let sql = |n: usize, rest: &str| Step::Sql { name: format!("t{n}"), query: query(rest) };
            let columns = vec!["Name".into(), "Range".into()];
            let collect = Step::Collect { name: "t1".into(), things: "bikes".into(), columns };
            let steps = vec![collect, sql(2, "DESC LIMIT 1"), sql(3, "ASC LIMIT 1"), sql(4, "DESC LIMIT 1, 1")];
            of_both_ends(steps, request).iter().skip(1).map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            told("which went furthest, and how many km more than the worst?"),
            "t2 = sql(SELECT Name, Range FROM t1 ORDER BY Range DESC LIMIT 1)"
        );
        assert!(told("which is the worst, and how many km less has it than the best?").contains("ASC LIMIT 1"));
        assert!(told("which went furthest, and which came second?").contains("LIMIT 1, 1"));
    }

    #[test]
    fn all_that_are_listed_are_looked_up() {
        let told = |plan: &str, request: &str| {
            let steps = of_all(super::super::steps::read(plan), request, &Chat::new("c"));
            steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let request = "Of the boats Alk, Tern and Skua, which is longest, and how much longer than the shortest?";
        let two = "a = find(\"length of Alk\")\nb = find(\"length of Tern\")\nc = calc(\"b - a\")";
        assert_eq!(
            told(two, request),
            "a = find(length of Alk); b = find(length of Tern); c = find(length of Skua); d = calc(max(a, b, c) - min(a, b, c))"
        );
        let sum = "a = find(\"price of Alk\")\nb = find(\"price of Tern\")\nc = calc(\"a + b\")";
        assert!(told(sum, "what do Alk, Tern and Skua cost together?").ends_with("d = calc(a + b + c)"));
        // Two are two, and what is already whole stays.
        assert_eq!(
            told(two, "Is Alk or Tern longer?"),
            "a = find(length of Alk); b = find(length of Tern); c = calc(b - a)"
        );
        assert_eq!(told("a = find(\"owner of Alk\")", "who owns Alk?"), "a = find(owner of Alk)");
    }
}
