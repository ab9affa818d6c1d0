//! What form a plan has to have, as far as the request's words and what is at hand tell it.

use super::Step;
use super::amounts::given;
use super::ready::is_of_given_table;
use super::signs::*;
use crate::evidence::terms;
use crate::guide::named;
use crate::notebook::{Chat, Fact};
use polymath_quantity::{Topic, UnitKind, figures, topic_of};

/// What a plan has to begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Any,
    /// Something is looked up first.
    LookedUp,
    /// Facts are looked up, and calculated with.
    Calculated,
}

/// What a plan has to begin with that was planned otherwise: facts that nobody has looked up yet where
/// the request asks for a property that the plan's operands are none of, and a calculation where it
/// asks for a time between two days or for a comparison in figures.
pub fn form(steps: &[Step], request: &str, chat: &Chat) -> Form {
    if is_of_something_else(steps, request, chat) {
        return Form::LookedUp;
    }
    if matches!(steps, [Step::Reply]) && asks_for_a_value(request) && !chat.sources.is_empty() {
        return Form::LookedUp;
    }
    let asked = request;
    let request = request.to_lowercase();
    let looks_up = steps.iter().filter(|s| matches!(s, Step::Find { .. })).count();
    let only_calculates = !steps.is_empty() && steps.iter().all(|s| matches!(s, Step::Calc { .. }));
    let calculates = steps.iter().any(|s| !matches!(s, Step::Find { .. }));
    let used: Vec<&Fact> = steps
        .iter()
        .filter_map(Step::operands)
        .flat_map(words)
        .filter_map(|word| chat.facts.iter().find(|f| f.name == word))
        .collect();
    let lacks = |used: &[&Fact]| {
        !has_all_properties(&request, used)
            || counts_something_else(&request, used)
            || divides_by_something_else(&request, used)
            || adds_up_what_is_measured(&request, used, steps)
    };
    if only_calculates && !used.is_empty() && (!calls_for_arithmetic(&request) || lacks(&used)) {
        return Form::LookedUp;
    }
    // Bare names say nothing of what is wanted of them.
    let bare = |step: &Step| matches!(step, Step::Find { what, .. } if is_bare(what));
    if looks_up > 1 && steps.iter().any(bare) {
        return Form::Calculated;
    }
    // "Cost per seat", of the cost alone.
    let per = says(&request, &["per", "pro", "par", "por", "divide", "divided"]);
    let lacks_rate = |step: &Step| matches!(step, Step::Find { what, .. } if !says(&what.to_lowercase(), &["per", "pro", "par", "por"]));
    if per
        && !calculates
        && looks_up == 1
        && steps.iter().all(lacks_rate)
        && !says(&request, &["per year", "per annum"])
    {
        return Form::Calculated;
    }
    // "How many inhabitants are there for each doctor?" is one number by the other.
    let each = ["for each ", "for every ", "to each ", "to every ", "auf jeden ", "auf jede "];
    let rate = asks_for_a_value(&request) && each.iter().any(|each| request.contains(each)) && chat.tables.is_empty();
    if rate && !matches!(steps, [.., Step::Calc { .. }]) && !says(&request, &["table", "list"]) {
        return Form::Calculated;
    }
    // Which of two things is a comparison of two facts, and no table.
    let tabled = steps.iter().any(|s| matches!(s, Step::Collect { .. }))
        && !says(&request, &["table", "list", "collect", "plot"]);
    if tabled && named::names(asked).len() == 2 && (says(&request, COMPARED) || says(&request, MORE)) {
        return Form::Calculated;
    }
    // Of two things that are compared one alone says nothing.
    let names = named::names(asked);
    let named =
        |name: &String| steps.iter().any(|s| matches!(s, Step::Find { what, .. } if what.contains(name.as_str())));
    if names.len() == 2
        && looks_up == 1
        && !calculates
        && (says(&request, COMPARED) || says(&request, MORE))
        && !names.iter().all(named)
        && chat.facts.is_empty()
    {
        return Form::Calculated;
    }
    let compares = says(&request, PERCENT) || asks_how_much_more(&request);
    let spans = |step: &Step| matches!(step, Step::Find { what, .. } if is_of_two(what));
    let one_of_two = steps.iter().any(spans);
    if looks_up > 0 && (one_of_two || !calculates && (is_span(&request) || looks_up > 1 && compares)) {
        return Form::Calculated;
    }
    // A change in percent is one of two values: of two years, of two things.
    let two = names.len() == 2 || years(&request).len() == 2;
    if looks_up == 1 && !calculates && two && says(&request, PERCENT) && asks_how_much_more(&request) {
        return Form::Calculated;
    }
    // One value says nothing of how much more it is than another.
    if looks_up == 1 && !calculates && asks_how_much_more(&request) && request.contains(" than ") {
        return Form::Calculated;
    }
    Form::Any
}

/// Whether a request asks for a value, which nobody may make up: how much something is, what it costs.
pub fn asks_for_a_value(request: &str) -> bool {
    const VALUES: &[&str] = &[
        "how much",
        "how many",
        "how far",
        "how tall",
        "how high",
        "how heavy",
        "how old",
        "cost",
        "costs",
        "price",
        "percentage",
        "wie viel",
        "wie viele",
        "wie hoch",
        "kostet",
        "combien",
        "coûte",
        "cuánto",
        "cuánta",
        "cuántos",
        "cuántas",
        "cuesta",
        "多少",
        "几",
    ];
    const ASKING: &[&str] = &["what", "how", "was", "wie", "combien", "cuánto", "cuánta", "cuántos", "cuántas"];
    let small = request.to_lowercase();
    // Who is in a hurry leaves the mark out.
    let asks = request.contains(['?', '？']) || says(&small, ASKING) || small.contains(['多', '几']);
    asks && says(&small, VALUES) && !asks_to_write(request) && !is_drawn(&small)
}

/// Whether a look-up is a name and nothing else.
fn is_bare(what: &str) -> bool {
    let named: Vec<String> = named::names(what).iter().flat_map(|name| terms(name)).collect();
    !named.is_empty() && terms(what).iter().all(|term| named.contains(term))
}

/// Whether a plan without a look-up is for a request that names a year or a thing that nothing at hand
/// is of: there a calculation is with the wrong facts, and a reply made up.
fn is_of_something_else(steps: &[Step], request: &str, chat: &Chat) -> bool {
    let unfounded = |step: &Step| match step {
        Step::Calc { expression, .. } => words(expression).any(|w| chat.facts.iter().any(|f| f.name == w)),
        Step::Reply => !asks_to_write(request),
        // No program knows where somebody was born.
        Step::Program => chat.tables.is_empty() && chat.files.is_empty() && asks_who_or_where(request),
        _ => false,
    };
    if steps.is_empty() || !steps.iter().all(unfounded) || given(request).len() > 1 {
        return false;
    }
    let used = |fact: &&Fact| steps.iter().filter_map(Step::operands).flat_map(words).any(|w| w == fact.name);
    let known: String = chat.facts.iter().filter(used).map(|f| format!("{} {} ", f.about, f.text)).collect();
    let known = known.to_lowercase();
    let years = words(request).filter(|w| w.len() == 4 && w.parse::<u32>().is_ok_and(|n| (1000..2200).contains(&n)));
    let mut new = years.map(str::to_owned).chain(named::names(request));
    new.any(|name| !known.contains(&name.to_lowercase()))
}

/// Whether a request is a question about a thing in the world: it names one or a year, and nothing is to
/// be written.
pub fn is_factual(request: &str, chat: &Chat) -> bool {
    let year = words(request).any(|w| w.len() == 4 && w.parse::<u32>().is_ok_and(|n| (1000..2200).contains(&n)));
    let named = year || !named::names(request).is_empty();
    named && !asks_to_write(request) && !is_of_given_table(&request.to_lowercase(), chat)
}

/// Whether a request asks who, where or when.
fn asks_who_or_where(request: &str) -> bool {
    const ASKING: &[&str] = &[
        "who", "whom", "whose", "where", "when", "wer", "wo", "wann", "wem", "qui", "où", "quand", "quién", "dónde",
        "cuándo",
    ];
    let small = request.to_lowercase();
    let says = words(&small).any(|word| ASKING.contains(&word))
        || ["谁", "哪里", "哪儿", "何时", "誰", "どこ", "いつ"].iter().any(|sign| small.contains(sign));
    says && !asks_to_write(request)
}

/// Whether a request asks for the number of something that none of these facts is of: workers, where only takings are known.
/// What follows from a number of the request's own, or from a wish, is worked out.
fn counts_something_else(request: &str, used: &[&Fact]) -> bool {
    const NUMBER_OF: &[&str] =
        &["number of ", "how many ", "wie viele ", "combien de ", "combien d'", "combien d’", "cuántos ", "cuántas "];
    const WISHED: &[&str] = &[
        "would", "could", "can", "need", "needs", "fit", "fits", "times", "könnte", "könnten", "kann", "braucht",
        "mal", "faudrait", "faut", "fois", "podría", "podrían", "hacen", "veces",
    ];
    let Some((phrase, behind)) = NUMBER_OF.iter().find_map(|of| Some((*of, request.split_once(of)?.1))) else {
        return false;
    };
    let own_number = words(request).any(|word| word.parse::<u32>().is_ok_and(|n| !(1000..2200).contains(&n)));
    if phrase != NUMBER_OF[0] && (own_number || says(request, WISHED) || asks_how_much_more(request)) {
        return false;
    }
    let counted = terms(behind.split([',', '?']).next().unwrap_or_default());
    let Some(counted) = counted.first() else { return false };
    let is_unit =
        || words(behind).next().is_some_and(|word| polymath_quantity::read(&format!("1 {word}")).unit.is_some());
    let said = |fact: &&Fact| terms(&format!("{} {}", fact.about, fact.text)).contains(counted);
    !used.iter().any(said) && (phrase == NUMBER_OF[0] || !is_unit() && !says(counted, PERCENT))
}

/// Whether a request asks how many of something there are, and a plan only adds or subtracts values with units: metres
/// never make people.
fn adds_up_what_is_measured(request: &str, used: &[&Fact], steps: &[Step]) -> bool {
    const NUMBER_OF: &[&str] = &["how many ", "wie viele ", "combien de ", "cuántos ", "cuántas "];
    let Some(behind) = NUMBER_OF.iter().find_map(|of| Some(request.split_once(of)?.1)) else { return false };
    let Some(counted) = words(behind).find(|word| word.chars().count() > 2 && *word != "more") else { return false };
    let measured = |kind: UnitKind| kind != UnitKind::Count;
    let has_unit = |text: &str| figures(text).iter().any(|f| f.unit.as_ref().is_some_and(|unit| measured(unit.kind)));
    // "How many kilometres", "how many per cent" ask for a measure.
    let measure = has_unit(&format!("1 {counted}")) || says(counted, PERCENT) || says(request, PERCENT);
    let sums = |step: &Step| matches!(step, Step::Calc { expression, .. } if !expression.contains(['*', '/', '^']) && !expression.contains(" in "));
    !measure && steps.iter().all(sums) && used.iter().all(|fact| fact.date.is_none() && has_unit(&fact.text))
}

/// Whether a request asks for something per what none of these facts is of: per worker, where only takings are known.
fn divides_by_something_else(request: &str, used: &[&Fact]) -> bool {
    const PER: &[&str] = &["per", "pro", "par", "por", "je"];
    const SKIPPED: &[&str] = &["a", "chaque", "cada"];
    /// What stands there in phrases that divide nothing, and times.
    const OTHERS: &[&str] = &[
        "cent", "ciento", "rapport", "contre", "exemple", "favor", "ejemplo", "qué", "que", "year", "month", "week",
        "day", "annum", "jahr", "monat", "woche", "tag", "an", "mois", "semaine", "jour", "año", "mes", "semana",
        "día", "se", "suis", "ne",
    ];
    let mut rest =
        words(request).skip_while(|word| !PER.contains(word)).skip(1).skip_while(|word| SKIPPED.contains(word));
    let Some(by) = rest.next().filter(|by| !OTHERS.contains(by) && by.chars().count() > 2) else { return false };
    let is_unit = polymath_quantity::read(&format!("1 {by}")).unit.is_some();
    let by = terms(by);
    let said = |fact: &&Fact| terms(&format!("{} {}", fact.about, fact.text)).iter().any(|term| by.contains(term));
    !is_unit && !by.is_empty() && !used.iter().any(said)
}

/// Whether each property that a request names (cost, length) is one of these facts'. What is counted
/// may be a number of the request's own: two adults.
fn has_all_properties(request: &str, used: &[&Fact]) -> bool {
    let has = |word: &str, topic: Topic| {
        used.iter().any(|fact| {
            let mut about = words(&fact.about);
            let money = topic == Topic::Money && fact.is_money();
            money || about.any(|w| w.eq_ignore_ascii_case(word) || topic_of(&w.to_lowercase()) == Some(topic))
        })
    };
    words(request).all(|word| topic_of(word).is_none_or(|topic| topic == Topic::Counted || has(word, topic)))
}

#[cfg(test)]
mod tests {
    use super::super::steps;
    use super::*;

    #[track_caller]
    fn check_form(plan: &str, request: &str, want: Form) {
        let mut chat = Chat::new("c");
        let fact = |about: &str, text: &str| Fact {
            name: String::new(),
            about: about.into(),
            text: text.into(),
            number: None,
            date: None,
            provenance: polymath_chat::Provenance::Given,
            others: Vec::new(),
        };
        chat.add_fact(fact("capacity of the mill", "320 MW"));
        chat.add_fact(fact("price of a ticket", "17 €"));
        assert_eq!(form(&super::super::steps::read(plan), request, &chat), want, "{request}");
    }

    #[test]
    fn what_is_asked_for_is_looked_up_first() {
        check_form("c = calc(\"a / b\")", "what did it cost per ticket?", Form::Any);
        check_form("c = calc(\"a / 2\")", "what did the mill cost per megawatt?", Form::LookedUp);
        check_form("c = calc(\"2 * b\")", "What do two adults pay?", Form::Any);
        check_form("c = calc(\"a * b\")", "et ça fait combien par salarié ?", Form::LookedUp);
        check_form("c = calc(\"a / b\")", "what is that per ticket?", Form::Any);
        let each = "t1 = collect(\"inhabitants of each doctor\", [\"Doctor\", \"Inhabitants\"])";
        check_form(each, "How many inhabitants are there for each doctor then?", Form::Calculated);
        check_form("c = calc(\"a * b\")", "Combien de salariés avait-il en 2022 ?", Form::LookedUp);
        check_form("c = calc(\"a * b\")", "how many workers did it have?", Form::LookedUp);
        check_form("c = calc(\"60 / b\")", "how many tickets can I buy for 60 €?", Form::Any);
        check_form("c = calc(\"a in kW\")", "and in kilowatts?", Form::Any);
        assert!(
            asks_for_a_value("if i bought one of each what would that cost me") && !asks_for_a_value("plot the cost")
        );
        check_form("c = calc(\"a + b\")", "how many people can the two of them take together?", Form::LookedUp);
        check_form("c = calc(\"a + a\")", "how many megawatts could they have together?", Form::Any);
        let one = "c = find(\"days between its opening and the fire\")";
        check_form(one, "How many days passed between its opening and the fire?", Form::Calculated);
        check_form("c = find(\"months of building\")", "How many months did the building take?", Form::Any);
        let two = "c = find(\"length of A\")\nd = find(\"length of B\")";
        check_form(two, "By how many percent is A longer than B?", Form::Calculated);
        check_form(two, "How much longer is A than B?", Form::Calculated);
        let more = "How many more seats than the Ost Mill has it?";
        check_form("c = find(\"seats of the Ost Mill\")", more, Form::Calculated);
        check_form(two, "How long are A and B?", Form::Any);
        let one = steps::read("c = find(\"employees of the Ost Mill\")");
        let born = "Where was the person who founded the Ost Mill born?";
        assert_eq!(form(&[Step::Program], born, &Chat::new("c")), Form::LookedUp);
        let mut chat = Chat::new("c");
        assert_eq!(form(&[Step::Reply], "what does a kilo to orbit cost?", &chat), Form::Any);
        chat.sources.push(polymath_chat::Source { url: "u".into(), title: "Ost".into(), text: String::new() });
        assert_eq!(form(&[Step::Reply], "what does a kilo to orbit cost?", &chat), Form::LookedUp);
        assert_eq!(form(&[Step::Reply], "tell me a story", &chat), Form::Any);
        let code = "Write a function that says who of two people is older.";
        assert_eq!(form(&[Step::Program], code, &Chat::new("c")), Form::Any);
        let request = "Compare the Ost Mill and the West Mill: which is larger in employees?";
        assert_eq!(form(&one, request, &Chat::new("c")), Form::Calculated);
    }
}
