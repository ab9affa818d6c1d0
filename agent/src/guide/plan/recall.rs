//! Which of two things that were asked about one after the other has more: both values are at hand.

use super::check::from_the_first;
use super::signs::{COMPARED, PERCENT, is_drawn, says, words, years};
use super::{Step, amounts, swap};
use crate::evidence::terms;
use crate::guide::calc::asked_unit;
use crate::guide::named;
use crate::notebook::{Chat, Fact, fact_name};
use polymath_chat::{Provenance, Role};
use polymath_quantity::{UnitKind, figures};

/// Words of such a question, at most.
const SHORT: usize = 14;
/// Words that ask for one of the two.
const ASKING: &[&str] =
    &["which", "who", "what", "welche", "welcher", "welches", "quel", "quelle", "lequel", "cuál", "哪"];
/// Words that such a question may have beside comparing ones and those of the questions before.
const EMPTY: &[&str] = &[
    "two", "both", "them", "these", "those", "one", "figure", "value", "number", "measure", "got", "get", "ha", "have",
    "wa", "is", "are", "were", "better", "best", "worse", "money", "so", "then", "now", "between",
];

/// The values of the last two questions, where they were the same question about two things and this one
/// compares them; with the question as it can be understood alone.
pub fn recalled(request: &str, chat: &Chat) -> Option<(Step, String)> {
    let [.., first, second] = chat.asked.as_slice() else { return None };
    let small = request.to_lowercase();
    let asks = says(&small, ASKING) && says(&small, COMPARED) && words(&small).count() <= SHORT;
    if !asks || is_drawn(&small) || !named::names(request).is_empty() {
        return None;
    }
    let (one, other) = swap::difference(&first.question, &second.question)?;
    let known = terms(&format!("{} {}", first.question, second.question));
    let says_no_more = |term: &String| {
        known.contains(term)
            || [COMPARED, ASKING, EMPTY].iter().any(|list| list.contains(&term.as_str()))
            || COMPARED.iter().any(|word| terms(word).contains(term))
    };
    if !terms(request).iter().all(says_no_more) {
        return None;
    }
    let facts = vec![first.fact.clone()?, second.fact.clone()?];
    let understood = format!("{} ({one} or {other}?)", request.trim_end_matches(['?', '.', '!', ' ']));
    Some((Step::Recall { facts }, understood))
}

/// How many times the greater of the last two values that were found is the smaller one, where that is
/// asked.
pub fn ratio(request: &str, chat: &Chat) -> Option<Step> {
    const RATIO: &[&str] = &[
        "ratio",
        "larger value by",
        "larger by the",
        "larger one by",
        "bigger one by",
        "bigger by the",
        "greater by the",
        "higher by the",
        "how many times",
        "times as much",
        "times as many",
        "verhältnis",
        "rapport",
        "proporción",
        "几倍",
        "多少倍",
    ];
    let small = request.to_lowercase();
    if !says(&small, RATIO) || words(&small).count() > SHORT || !named::names(request).is_empty() {
        return None;
    }
    let found = |fact: &&Fact| matches!(fact.provenance, Provenance::Sourced { .. });
    let mut found = chat.facts.iter().rev().filter(found);
    let (second, first) = (found.next()?, found.next()?);
    let (a, b) = (first.number?, second.number?);
    if !first.is_alike(second) || first.date.is_some() || a == 0.0 || b == 0.0 {
        return None;
    }
    let (more, less) = if a >= b { (first, second) } else { (second, first) };
    let (name, expression) = (fact_name(chat.facts.len()), format!("{} / {}", more.name, less.name));
    Some(Step::Calc { name, expression })
}

/// What was just worked out, divided among so many: "and for each of 4?".
pub fn shared(request: &str, chat: &Chat) -> Option<Step> {
    const SHARED: &[&str] = &[
        "each of",
        "divide",
        "divided",
        "split",
        "share",
        "shared",
        "among",
        "amongst",
        "per person",
        "per head",
        "a head",
        "geteilt",
        "aufgeteilt",
        "pro person",
        "partagé",
        "divisé",
        "chacun",
        "repartido",
        "entre",
    ];
    const OTHERWISE: &[&str] = &["add", "plus", "minus", "percent", "times", "ratio", "instead", "if", "with"];
    let small = request.to_lowercase();
    let last =
        chat.facts.last().filter(|f| matches!(f.provenance, Provenance::Computed { .. }) && f.number.is_some())?;
    let told = chat.messages.iter().rev().find(|m| m.role == Role::Assistant && !m.content.is_empty());
    let bare = last.text.split(' ').next().unwrap_or_default();
    let at_hand = told.is_some_and(|m| m.content.contains(bare)) && chat.tables.is_empty();
    let [number] = <[String; 1]>::try_from(amounts::given(request)).ok()?;
    let counts = figures(request).iter().all(|f| f.unit.as_ref().is_none_or(|unit| unit.kind == UnitKind::Count))
        && !small.contains('%');
    let asks = says(&small, SHARED) && !says(&small, OTHERWISE) && words(&small).count() <= SHORT;
    (at_hand && counts && asks && named::names(request).is_empty())
        .then(|| Step::Calc { name: fact_name(chat.facts.len()), expression: format!("{} / {number}", last.name) })
}

/// By how many percent one of two values is above the other, behind their difference: of the smaller one,
/// unless the request takes the larger one as 100 %.
pub fn in_percent(request: &str, chat: &Chat) -> Option<Step> {
    const LARGER: &[&str] = &[
        "larger",
        "bigger",
        "higher",
        "greater",
        "longer",
        "deeper",
        "older",
        "größere",
        "größeren",
        "plus grand",
        "mayor",
    ];
    const POINTING: &[&str] = &["that", "it", "this", "difference", "das", "cela", "eso"];
    let small = request.to_lowercase();
    let last = chat.facts.last().filter(|f| matches!(f.provenance, Provenance::Computed { .. }))?;
    let plan: Vec<Step> = serde_json::from_value(chat.asked.last()?.plan.clone()).ok()?;
    let (a, b) = plan.iter().rev().find_map(|step| match step {
        Step::Calc { name, expression } if *name == last.name => expression.split_once(" - "),
        _ => None,
    })?;
    let named = |name: &str| chat.facts.iter().find(|f| f.name == name.trim() && f.number.is_some());
    let (a, b) = (named(a)?, named(b)?);
    let bare = words(&small).count() < 7;
    let asks = (says(&small, PERCENT) || small.contains('%')) && (bare || says(&small, POINTING));
    if !asks || words(&small).count() > SHORT + 4 || !named::names_said(request).is_empty() || a.number == b.number {
        return None;
    }
    let (more, less) = if a.number > b.number { (a, b) } else { (b, a) };
    let hundred = small.find("100").map_or("", |at| &small[..at]);
    let base = if says(hundred, LARGER) { more } else { less };
    let expression = format!("({} - {}) / {} in percent", more.name, less.name, base.name);
    Some(Step::Calc { name: fact_name(chat.facts.len()), expression })
}

/// The change in percent between the last two values that were found, of one thing in two years.
pub fn change(request: &str, chat: &Chat) -> Option<Step> {
    const OTHERWISE: &[&str] = &["if", "when", "who", "where"];
    let small = request.to_lowercase();
    let found = |fact: &&Fact| matches!(fact.provenance, Provenance::Sourced { .. });
    let mut found = chat.facts.iter().rev().filter(found);
    let (second, first) = (found.next()?, found.next()?);
    let (old, new) = (years(&first.about), years(&second.about));
    let about = format!("{} {}", first.about, second.about);
    let one_thing = first.about.replace(old.first()?, "") == second.about.replace(new.first()?, "") && old != new;
    let known = named::names_said(request).iter().all(|name| about.contains(name.as_str()))
        && years(request).iter().all(|year| old.contains(year) || new.contains(year));
    let asks = (says(&small, PERCENT) || small.contains('%')) && !says(&small, OTHERWISE);
    let values = first.number.is_some() && second.number.is_some() && first.is_alike(second);
    if !(one_thing && known && asks && values) || words(&small).count() > SHORT + 4 {
        return None;
    }
    let name = fact_name(chat.facts.len());
    let expression = format!("({} - {}) / {} in percent", second.name, first.name, first.name);
    let mut steps = [Step::Calc { name, expression }];
    from_the_first(&mut steps, &small, chat);
    steps.into_iter().next()
}

/// The same against another year that nobody has looked up yet: the question before is asked of that year
/// first.
pub fn change_to(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const OTHERWISE: &[&str] = &["if", "when", "who", "where", "share", "anteil", "proporción"];
    /// Words before the year that is what all changes.
    const FROM: &[&str] = &[
        "than",
        "over",
        "from",
        "since",
        "against",
        "to",
        "als",
        "seit",
        "gegenüber",
        "von",
        "que",
        "depuis",
        "par",
        "de",
        "desde",
        "respecto",
        "比",
        "より",
    ];
    /// Words before the year that a change leads to.
    const UNTIL: &[&str] = &["until", "till", "by", "bis", "jusqu", "hasta", "到"];
    let small = request.to_lowercase();
    let found = |fact: &&Fact| matches!(fact.provenance, Provenance::Sourced { .. });
    let known = chat.facts.iter().rev().find(found).filter(|f| f.number.is_some() && f.date.is_none())?;
    let [old] = <[String; 1]>::try_from(years(&known.about)).ok()?;
    let [new] = <[String; 1]>::try_from(years(request)).ok()?;
    let asks = (says(&small, PERCENT) || small.contains('%')) && !says(&small, OTHERWISE);
    if !asks || old == new || words(&small).count() > SHORT + 4 || !named::names_said(request).is_empty() {
        return None;
    }
    let what = known.about.replace(&old, &new);
    let (name, result) = (fact_name(chat.facts.len()), fact_name(chat.facts.len() + 1));
    let before = &small[..small.find(&new)?];
    let near: Vec<&str> = words(before).collect();
    let near = near[near.len().saturating_sub(3)..].join(" ");
    let new_is_base = match (says(&near, UNTIL), says(&near, FROM)) {
        (true, false) => false,
        (false, true) => true,
        _ => new < old,
    };
    let (value, base) = if new_is_base { (&known.name, &name) } else { (&name, &known.name) };
    let expression = format!("({value} - {base}) / {base} in percent");
    Some(vec![Step::Find { name: name.clone(), what }, Step::Calc { name: result, expression }])
}

/// What a change between two years, which was just told, comes to in a year on average: in the unit that is asked for.
pub fn per_year(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const YEARLY: &[&str] = &[
        "per year",
        "a year",
        "each year",
        "every year",
        "yearly",
        "annually",
        "per annum",
        "pro jahr",
        "im jahr",
        "jährlich",
        "par an",
        "chaque année",
        "al año",
        "por año",
        "cada año",
        "每年",
        "一年",
    ];
    let small = request.to_lowercase();
    let found = |fact: &&Fact| matches!(fact.provenance, Provenance::Sourced { .. }) && fact.number.is_some();
    let mut found = chat.facts.iter().rev().filter(found);
    let (second, first) = (found.next()?, found.next()?);
    let [old] = <[String; 1]>::try_from(years(&first.about)).ok()?;
    let [new] = <[String; 1]>::try_from(years(&second.about)).ok()?;
    let one_thing = first.about.replace(&old, "") == second.about.replace(&new, "") && first.is_alike(second);
    let known = named::names_said(request).is_empty() && years(request).is_empty();
    // The last that was told is the change between them.
    let told = chat.facts.last().is_some_and(|last| matches!(last.provenance, Provenance::Computed { .. }));
    let span = old.parse::<i32>().ok()?.abs_diff(new.parse().ok()?);
    if !one_thing || !known || !told || span < 2 || !says(&small, YEARLY) || words(&small).count() > SHORT {
        return None;
    }
    let (more, less) = if first.number > second.number { (first, second) } else { (second, first) };
    let (name, converted) = (fact_name(chat.facts.len()), fact_name(chat.facts.len() + 1));
    let yearly = Step::Calc { name: name.clone(), expression: format!("({} - {}) / {span}", more.name, less.name) };
    let unit = asked_unit(request).map(|unit| Step::Calc { name: converted, expression: format!("{name} in {unit}") });
    Some([yearly].into_iter().chain(unit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Asked;

    #[track_caller]
    fn check(request: &str, want: Option<&str>) {
        let mut chat = Chat::new("c");
        let asked = |question: &str, fact: &str| Asked {
            question: question.into(),
            fact: Some(fact.into()),
            ..Asked::default()
        };
        chat.asked = vec![
            asked("What did the Post Hotel cost per room?", "c"),
            asked("What did the Adler Hotel cost per room?", "f"),
        ];
        let got = recalled(request, &chat).map(|(step, understood)| format!("{step} {understood}"));
        assert_eq!(got.as_deref(), want);
    }

    fn with_fact(about: &str, text: &str, number: f64, found: bool, chat: &mut Chat) {
        let sourced = || Provenance::Sourced { url: String::new(), title: String::new(), quote: String::new() };
        let provenance = if found { sourced() } else { Provenance::Computed { how: String::new() } };
        let (about, text) = (about.to_owned(), text.to_owned());
        let (name, date, others) = (String::new(), None, Vec::new());
        chat.add_fact(Fact { name, about, text, number: Some(number), date, provenance, others });
    }

    #[test]
    fn what_was_worked_out_is_shared() {
        let mut chat = Chat::new("c");
        with_fact("14 * 19.30", "318.92", 318.92, false, &mut chat);
        chat.messages = vec![polymath_chat::Message::assistant("It is 318.92.")];
        let shared = |request: &str| shared(request, &chat).map(|step| step.to_string());
        assert_eq!(shared("how much is that for each of 4 persons?").as_deref(), Some("b = calc(a / 4)"));
        assert_eq!(shared("and split among 3 of us?").as_deref(), Some("b = calc(a / 3)"));
        assert_eq!(shared("and with 4 more?"), None);
    }

    #[test]
    fn a_difference_is_told_in_percent() {
        let mut chat = Chat::new("c");
        with_fact("depth of Lake Ost", "123 m", 123.0, true, &mut chat);
        with_fact("depth of Lake West", "196 m", 196.0, true, &mut chat);
        with_fact("which is deeper", "73 m", 73.0, false, &mut chat);
        let plan = vec![Step::Calc { name: "c".into(), expression: "a - b".into() }];
        let plan = serde_json::to_value(plan).unwrap_or_default();
        chat.asked = vec![Asked { question: "which is deeper?".into(), plan, fact: None }];
        let told = |request: &str| in_percent(request, &chat).map(|step| step.to_string());
        let want = |base: &str| Some(format!("d = calc((b - a) / {base} in percent)"));
        assert_eq!(told("how much is that in percent, the smaller one being 100%?"), want("a"));
        assert_eq!(told("and in percent, if the larger one is 100%? what is that?"), want("b"));
        assert_eq!(told("by how many percent?"), want("a"));
        assert_eq!(told("what is that in metres?"), None);
    }

    #[test]
    fn a_change_is_of_the_values_at_hand() {
        let mut chat = Chat::new("c");
        with_fact("output of the Varn Dam in 2022", "9 GWh", 9.0, true, &mut chat);
        with_fact("output of the Varn Dam in 2020", "8 GWh", 8.0, true, &mut chat);
        let change = |request: &str| change(request, &chat).map(|step| step.to_string());
        let want = |expression: &str| Some(format!("c = calc({expression} in percent)"));
        assert_eq!(change("Um wie viel Prozent hat es sich verändert?"), want("(a - b) / b"));
        assert_eq!(change("percentage change from 2022 to 2020?"), want("(b - a) / a"));
        assert_eq!(change("by how many percent did it change from 2019 to 2020?"), None);
    }

    #[test]
    fn a_change_to_a_year_that_nobody_looked_up() {
        let mut chat = Chat::new("c");
        with_fact("output of the Varn Dam in 2021", "9 GWh", 9.0, true, &mut chat);
        let plan = |request: &str| {
            let steps = change_to(request, &chat)?;
            Some(steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let want = |year: u32, expression: &str| {
            Some(format!("b = find(output of the Varn Dam in {year}); c = calc({expression} in percent)"))
        };
        assert_eq!(plan("and by how many percent is that more than in 2020?"), want(2020, "(a - b) / b"));
        assert_eq!(plan("by how many percent had it risen by 2023?"), want(2023, "(b - a) / a"));
        assert_eq!(plan("wie viel Prozent mehr als 2020 ist das?"), want(2020, "(a - b) / b"));
        assert_eq!(plan("what percent of the 2021 output is that?"), None);
        assert_eq!(plan("by how many percent is the Ost Dam above it in 2020?"), None);
    }

    #[test]
    fn a_change_is_so_much_a_year() {
        let mut chat = Chat::new("c");
        with_fact("length of Lake Ost in 1995", "8.31 km", 8.31, true, &mut chat);
        with_fact("length of Lake Ost in 2020", "6.87 km", 6.87, true, &mut chat);
        let plan = |request: &str, chat: &Chat| {
            per_year(request, chat).map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        assert_eq!(plan("what's that in metres per year?", &chat), None);
        with_fact("by how many percent", "17.33%", 17.33, false, &mut chat);
        let want = "d = calc((a - b) / 25); e = calc(d in metres)";
        assert_eq!(plan("what's that in metres per year, on average", &chat).as_deref(), Some(want));
        assert_eq!(plan("and per year?", &chat).as_deref(), Some("d = calc((a - b) / 25)"));
        assert_eq!(plan("and per person?", &chat), None);
    }

    #[test]
    fn two_values_at_hand_are_compared() {
        check(
            "so which is cheaper per room?",
            Some("recall(c, f) so which is cheaper per room (Post Hotel or Adler Hotel?)"),
        );
        check(
            "Which of the two was cheaper by that measure?",
            Some("recall(c, f) Which of the two was cheaper by that measure (Post Hotel or Adler Hotel?)"),
        );
        check("Which of them was opened earlier?", None);
        check("which is cheaper, the Post Hotel or the Ritz?", None);
    }
}
