//! Answers that no page tells, worked out of values that pages tell: how much more, what share, how long it takes.
//!
//! The model sees the lines of the opened pages, copies the values that it needs, each under a name, and calculates
//! with these names. It does that far better with the lines before it than it plans without them which values there
//! will be. A value can only be a figure of a line, so it stands on a page to the letter; two tries have to come to
//! the same ("Self-Consistency Improves Chain of Thought Reasoning", Wang et al. 2022), and the model, asked again, has
//! to hold it to be what the question asks for.

mod check;
mod lines;
mod names;
mod percent;

use super::named;
use super::plan::{self, Step, numbers, words};
use super::roles::is_of_person;
use super::state::{Guide, Outcome, quoted, with_unit};
use super::{calc, dimension, find, fits, quote, tabled};
use crate::evidence::{clip, terms};
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use crate::prompts::RECKON;
pub use lines::{Line, lines, shown, whole};
use polymath_chat::{CompletionError, Constraint, Provenance};
use polymath_quantity::{Style, figures_in, read};
use std::collections::{BTreeSet, VecDeque};

/// Tries until two agree.
const TRIES: usize = 4;
/// Tries that come to nothing, until no more are made.
const FAILURES: usize = 2;
/// The temperature of all but the first.
const ANOTHER: f32 = 0.7;
/// Tokens of one: eleven values with their names.
const LONGEST: usize = 260;

/// Values of pages, and a calculation with them.
pub struct Reckoned {
    /// Each with the name that the expression has for it: `v0` to `v9`, `w0`, …
    pub values: Vec<(String, Fact)>,
    pub expression: String,
    /// What it comes to, by which two tries are compared.
    result: String,
}

impl Guide {
    /// Works the question out of the opened pages, where the rest of the plan is a calculation with what is looked up,
    /// or where what came out is no answer: the values are taken down, and the calculation is what is left to do.
    /// `planned`: what the plan would look up for it.
    pub(super) async fn reckon(&mut self, turn: &mut Turn<'_>, planned: &[String]) -> anyhow::Result<bool> {
        self.reckoned = true;
        let Some(found) = reckon(turn, planned).await? else { return Ok(false) };
        if let Some(table) = tabled::of_rows(&found.values, turn.chat) {
            turn.chat.tables.push(table);
        }
        let cells =
            |result: &Outcome| matches!(result, Outcome::Fact(place) if turn.chat.facts[*place].text.contains(" | "));
        self.results.retain(|result| !is_unanswered(result) && !cells(result));
        for (name, fact) in found.values {
            let same = |known: &Fact| known.text == fact.text && known.provenance == fact.provenance;
            if let Some(place) = turn.chat.facts.iter().position(same) {
                self.names.insert(name, turn.chat.facts[place].name.clone());
                if !self.results.iter().any(|result| matches!(result, Outcome::Fact(own) if *own == place)) {
                    self.results.push(Outcome::Fact(place));
                }
            } else if matches!(fact.provenance, Provenance::Given) {
                // What the question says itself needs no telling.
                self.names.insert(name, turn.chat.add_fact(fact));
            } else {
                self.add_fact(turn, &name, fact);
            }
        }
        let difference = percent::difference_asked(&found.expression, &turn.asked);
        let steps = difference.into_iter().chain([found.expression]);
        let calc = |(name, expression): (&str, String)| Step::Calc { name: name.to_owned(), expression };
        self.plan = Some(["v", "w"].into_iter().zip(steps).map(calc).collect::<VecDeque<Step>>());
        Ok(true)
    }

    /// Plans a follow-up that led to nothing anew, as one about what was found before.
    pub(super) async fn read_otherwise(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<bool> {
        if self.replanned || self.results.is_empty() || !self.results.iter().all(|r| matches!(r, Outcome::NotFound(_)))
        {
            return Ok(false);
        }
        self.replanned = true;
        let Some(steps) = plan::of_what_was_found(turn, self.before.0).await? else { return Ok(false) };
        self.results.clear();
        self.plan = Some(steps.into());
        Ok(true)
    }

    /// Whether something that could be worked out was asked for and nothing came of it.
    pub(super) fn is_unanswered(&mut self, turn: &Turn<'_>) -> bool {
        let told = self.results.iter().any(|r| matches!(r, Outcome::NotFound(_) | Outcome::Failed(_)));
        let facts = self.facts(turn.chat);
        // A rate of which only the whole was found.
        let no_rate = !facts.is_empty() && facts.iter().all(|fact| find::misfits(&turn.asked, fact));
        if !told && (no_rate || fits::is_of_another_kind(&turn.asked, &facts)) {
            self.results.push(Outcome::Failed(turn.asked.trim_end_matches(['?', '？', ' ']).to_owned()));
        }
        // What a table was asked is in no line.
        let plan =
            turn.chat.asked.last().and_then(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()).ok());
        let of_pages = |step: &Step| matches!(step, Step::Find { .. } | Step::Calc { .. });
        let looks_up = plan.is_some_and(|plan| plan.iter().any(of_pages));
        !self.reckoned
            && looks_up
            && !quote::is_explained(&turn.asked)
            && !turn.chat.sources.is_empty()
            && self.results.iter().any(is_unanswered)
    }
}

/// Whether a value was looked for and not found, or not worked out: no person, place, reason or yes or no.
fn is_unanswered(result: &Outcome) -> bool {
    const NAMED: &[&str] =
        &["who", "where", "when", "wer", "wo", "wann", "qui", "où", "quand", "quién", "dónde", "cuándo"];
    const SIGNS: [&str; 6] = ["谁", "誰", "哪里", "哪儿", "何时", "どこ"];
    match result {
        Outcome::NotFound(what) | Outcome::Failed(what) => {
            let first = what.split(' ').next().unwrap_or_default().to_lowercase();
            !is_of_person(what)
                && !NAMED.contains(&first.as_str())
                && !SIGNS.iter().any(|sign| what.contains(sign))
                && !quote::is_explained(what)
                && !quote::is_whether(what)
        }
        _ => false,
    }
}

/// Works the turn's question out of the opened pages: with what two tries agree on, or one and the plan, and what suits
/// the question; else with the first try that suits it. `None` where there is none.
async fn reckon(turn: &mut Turn<'_>, planned: &[String]) -> anyhow::Result<Option<Reckoned>> {
    let lines = lines(&turn.asked, turn.chat);
    let literals = figures_of(&lines, &turn.asked);
    if literals.len() < 2 {
        return Ok(None);
    }
    let prompt = format!("{}Question: {}", shown(&lines, &turn.chat.sources), clip(&turn.asked, 800));
    let lark = grammar(&literals, &turn.asked);
    let mut tries: Vec<Reckoned> = Vec::new();
    let mut failures = 0;
    for attempt in 0..TRIES {
        let mut task = RECKON.ask(prompt.clone(), LONGEST).constrained(Constraint::Lark(lark.clone()));
        task.temperature = if attempt > 0 { ANOTHER } else { 0.0 };
        let text = match turn.complete(task).await {
            Ok(text) => text,
            Err(CompletionError::TooLong(_)) => String::new(),
            Err(other) => return Err(other.into()),
        };
        let text = with_the_lacking(turn, text, &prompt, &literals).await?;
        let one = reckoned(&text, &lines, &turn.asked, turn.chat);
        tracing::debug!("reckoned: {text}\n= {:?}; of:\n{prompt}", one.as_ref().map(|one| &one.result));
        let Some(one) = one else {
            failures += 1;
            if failures == FAILURES {
                break;
            }
            continue;
        };
        if is_as_planned(&one, planned, &turn.asked) {
            return Ok(Some(one));
        }
        match tries.iter().position(|other| other.result == one.result) {
            // The likeliest one has the best names.
            Some(place) if holds(turn, &tries[place]).await? => {
                return Ok(Some(tries.swap_remove(place)));
            }
            // Two that agree on what is not asked for.
            Some(place) => {
                tries.remove(place);
                failures += 1;
            }
            None => tries.push(one),
        }
    }
    for one in tries {
        if holds(turn, &one).await? {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

/// A try with values for the names that it calculates with and gives none.
async fn with_the_lacking(
    turn: &mut Turn<'_>,
    text: String,
    prompt: &str,
    literals: &BTreeSet<String>,
) -> anyhow::Result<String> {
    let lacking = names::undefined(&text);
    if lacking.is_empty() {
        return Ok(text);
    }
    let named: Vec<String> = lacking.iter().map(|name| format!("{} value", quoted(&format!("{name} = ")))).collect();
    let row = named.join(" \"\\n\" ");
    let lark = format!("start: row\nrow: {row}\nvalue: FIGURE | \"none\"\nFIGURE: {}\n", choice(literals));
    let task = RECKON.ask(prompt.to_owned(), LONGEST).constrained(Constraint::Lark(lark));
    Ok(format!("{}\n{text}", turn.complete(task).await?))
}

/// Whether a try calculates what is asked for, as the model holds, with days and years that their lines tell: a doctorate's
/// year is no birth's.
async fn holds(turn: &mut Turn<'_>, one: &Reckoned) -> anyhow::Result<bool> {
    for (_, fact) in one.values.iter().filter(|(_, fact)| fact.date.is_some()) {
        if !find::is_told_by_its_line(turn, fact).await? {
            return Ok(false);
        }
    }
    plan::suits(turn, &one.expression, &one.values).await
}

/// Whether a try calculates with just the values that the plan would have looked up: a plan made without the lines and a
/// try made with them are two that agree.
fn is_as_planned(one: &Reckoned, planned: &[String], asked: &str) -> bool {
    // Where the question names one thing only, its values need not.
    let named = named::names(asked);
    let alone: Vec<String> = if named.len() == 1 { terms(&named[0]) } else { Vec::new() };
    let of =
        |text: &str| -> BTreeSet<String> { terms(text).into_iter().filter(|term| !alone.contains(term)).collect() };
    let values: BTreeSet<BTreeSet<String>> = one.values.iter().map(|(_, fact)| of(&fact.about)).collect();
    !planned.is_empty() && values == planned.iter().map(|what| of(what)).collect()
}

/// The figures of the lines and of the question, with their units, as they stand there.
fn figures_of(lines: &[Line], asked: &str) -> BTreeSet<String> {
    let texts = lines.iter().map(|line| (line.text(), line.style)).chain([(asked, Style::Unknown)]);
    texts.flat_map(|(text, style)| pieces(text, style)).collect()
}

fn pieces(text: &str, style: Style) -> Vec<String> {
    figures_in(text, style).iter().map(|f| with_unit(f, text).to_owned()).filter(|t| !t.contains('"')).collect()
}

fn choice<'a>(all: impl IntoIterator<Item = &'a String>) -> String {
    all.into_iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" | ")
}

/// Lines of values, and the answer. A value is a figure as it stands, or comes of values before it.
fn grammar(literals: &BTreeSet<String>, asked: &str) -> String {
    format!(
        "start: value{{0,12}} \"answer = \" result\nvalue: NAME \" = \" (FIGURE | derived) \"\\n\"\n\
         derived: (NAME | \"(\" expression \")\") ((\" \" OPERATOR \" \") term){{0,8}}\n\
         result: expression (\" in \" UNIT)?\nexpression: term ((\" \" OPERATOR \" \") term){{0,12}}\n\
         term: NAME | \"(\" expression \")\" | NUMBER\n\
         OPERATOR: \"+\" | \"-\" | \"*\" | \"/\"\nNAME: /[\\p{{L}}_][\\p{{L}}\\p{{N}}_]{{0,40}}/\n\
         UNIT: \"percent\" | \"days\" | \"weeks\" | \"months\" | \"years\"\nFIGURE: {}\nNUMBER: {}\n",
        choice(literals),
        choice(&numbers(asked)),
    )
}

/// What a try says, where it can be worked out and nothing is seen to be wrong with it.
fn reckoned(text: &str, lines: &[Line], asked: &str, chat: &Chat) -> Option<Reckoned> {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut values: Vec<(String, Fact)> = Vec::new();
    for line in text.lines() {
        let (name, said) = line.split_once(" = ")?;
        let expression = match names::is_figure(said) {
            true => {
                let fact = value(name, said, lines, asked, chat)?;
                let own = format!("{}{}", ["v", "w"].get(values.len() / 10)?, values.len() % 10);
                values.push((own.clone(), fact));
                own
            }
            false => names::with_known(said, &known)?,
        };
        known.push((name.to_owned(), expression));
    }
    let (last, expression) = known.pop()?;
    if last != "answer" {
        return None;
    }
    // Only what lies between two days is told in days.
    let times = [" in days", " in weeks", " in months", " in years"];
    let dates = values.iter().all(|(_, fact)| fact.date.is_some());
    let bare = times.iter().find_map(|unit| expression.strip_suffix(unit)).filter(|_| !dates).map(str::to_owned);
    let expression = percent::by_the_base(
        &percent::in_percent(&percent::counted(&bare.unwrap_or(expression), asked), asked),
        &values,
    );
    // "How many km/h is that?"
    let goal = calc::asked_unit(asked).or_else(|| calc::named_unit(asked)).filter(|_| !expression.contains(" in "));
    let expression = match goal.map(|unit| format!("{expression} in {unit}")) {
        Some(own) if result(&own, &values).is_some() => own,
        _ => expression,
    };
    let expression = check::as_difference(&expression, &values, asked).unwrap_or(expression);
    let expression = check::upright(&expression, &values, asked).unwrap_or(expression);
    let expression = check::of_the_ends(&expression, &values, asked).unwrap_or(expression);
    let used = |name: &str| words(&expression).any(|word| word == name);
    values.retain(|(name, _)| used(name));
    if check::is_no_answer(&expression, &values, asked) {
        return None;
    }
    let result = result(&expression, &values)?;
    let result = result.lines().next().unwrap_or_default().trim_start_matches('-').to_owned();
    if calc::named_unit(asked).is_some_and(|unit| !result.contains(&unit)) || dimension::is_of_another(asked, &result) {
        return None;
    }
    let fits = check::is_sensible(&result, &expression, &values) && !check::is_upside_down(&expression, &values, asked);
    fits.then_some(Reckoned { values, expression, result })
}

/// What the calculator makes of an expression.
fn result(expression: &str, values: &[(String, Fact)]) -> Option<String> {
    let find = |name: &str| values.iter().find(|(own, _)| own == name).map(|(_, fact)| fact);
    let filled = calc::fill(expression, &find).ok()?;
    polymath_tools::calculate(&filled.expression).ok()
}

/// A value with the line that tells it best: of its words, and of the year and the thing that its name says.
fn value(name: &str, figure: &str, lines: &[Line], asked: &str, chat: &Chat) -> Option<Fact> {
    let about = lines::label(name, asked);
    if RECKON.leaks(&about, asked) {
        return None;
    }
    let line = lines::telling(&about, figure, lines, asked, &chat.sources);
    match line {
        Some(Line { known: Some(fact), .. }) => chat.facts.get(*fact).cloned(),
        Some(line) => {
            let fact = find::fact_of(&about, figure, &line.passage, chat);
            (!check::is_of_another(&about, asked, &fact, &line.passage)).then_some(fact)
        }
        // The question's own.
        None if asked.contains(figure) => {
            let (number, date) = read(figure).values();
            let (name, text, others) = (String::new(), figure.to_owned(), Vec::new());
            Some(Fact { name, about, text, number, date, provenance: Provenance::Given, others })
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Source;
    use polymath_model::constrain::Compiler;

    fn chat(pages: &[(&str, &str)]) -> Chat {
        let mut chat = Chat::new("c");
        chat.sources = pages
            .iter()
            .map(|(title, text)| Source { url: format!("u/{title}"), title: (*title).into(), text: (*text).into() })
            .collect();
        chat
    }

    #[track_caller]
    fn check(pages: &[(&str, &str)], asked: &str, text: &str, want: Option<&str>) {
        let chat = chat(pages);
        let lines = lines::lines(asked, &chat);
        let lark = grammar(&figures_of(&lines, asked), asked);
        let fits = Compiler::of_bytes().unwrap().check(&Constraint::Lark(lark), text);
        assert!(fits.is_ok(), "{fits:?}: {text}");
        let got = reckoned(text, &lines, asked, &chat);
        assert_eq!(got.as_ref().map(|r| r.result.as_str()), want, "{asked}");
    }

    const LOOMS: (&str, &str) = (
        "Vand Mill",
        "The Vand Mill has 44 looms and 36 workers.\nIn 2019 it wove 120,000 m of cloth, in 2020 98,000 m.",
    );

    #[test]
    fn values_of_lines_are_calculated_with() {
        let asked = "How many metres of cloth did each worker of the Vand Mill weave in 2020?";
        let text = "cloth_in_2020 = 98,000 m\nworkers = 36 workers\nanswer = cloth_in_2020 / workers";
        check(&[LOOMS], asked, text, Some("approx. 2722.22222222"));
        // The other year's value, under the name of this one.
        let other = "cloth_in_2020 = 120,000 m\nworkers = 36 workers\nanswer = cloth_in_2020 / workers";
        check(&[LOOMS], asked, other, None);
        check(&[LOOMS], asked, "workers = 36 workers\nanswer = cloth / workers", None);
        check(&[LOOMS], asked, "answer = none", None);
        // All of it, under the name of what each wove.
        let rate = "cloth_per_worker = 98,000 m\nworkers = 36 workers\nanswer = cloth_per_worker / workers";
        check(&[LOOMS], asked, rate, None);
        // One value is looked up, not worked out.
        check(&[LOOMS], asked, "workers = 36 workers\nanswer = workers", None);
    }

    #[test]
    fn a_figure_is_copied_whole_as_its_page_writes_it() {
        let text = "La cooperativa cultiva azafrán en la comarca y reúne a 58 familias de varios pueblos.\n\
            Campaña | Superficie (ha) | Cosecha (kg)\n2022 | 46,8 | 334,6";
        let asked = "¿Cuántos kilos por hectárea recogió la cooperativa Orm en 2022?";
        let reply = "superficie_2022 = 46,8\ncosecha_2022 = 334,6\nanswer = cosecha_2022 / superficie_2022";
        check(&[("Cooperativa Orm", text)], asked, reply, Some("approx. 7.14957264957"));
    }

    #[test]
    fn how_many_more_is_no_percentage() {
        let pages = [("Vand Mill", "It has 44 looms."), ("Orm Mill", "It has 55 looms.")];
        let text =
            "looms_of_vand = 44 looms\nlooms_of_orm = 55 looms\nanswer = looms_of_orm - looms_of_vand in percent";
        check(&pages, "How many looms more has the Orm Mill than the Vand Mill?", text, Some("11"));
        check(
            &pages,
            "By what percentage is the Orm Mill larger in looms than the Vand Mill?",
            text,
            Some("25% (= 0.25)"),
        );
    }

    #[test]
    fn a_row_of_one_year_is_not_of_all() {
        let page = [("Orm", "Year | Flights | Failures\n2019 | 12 | 3\n2020 | 15 | 5\n2021 | 20 | 4")];
        let asked = "What share of the flights of Orm from 2019 to 2021 failed?";
        check(&page, asked, "failures = 4\nflights = 20\nanswer = failures / flights in percent", None);
        let one = "What share of the flights of Orm in 2021 failed?";
        check(&page, one, "failures = 4\nflights = 20\nanswer = failures / flights in percent", Some("20% (= 0.2)"));
    }

    #[test]
    fn a_value_is_of_the_thing_that_its_name_says() {
        let pages = [("Vand Mill", "It has 44 looms."), ("Orm Mill", "It has 52 looms.")];
        let asked = "Which has more looms, the Vand Mill or the Orm Mill, and how many more?";
        let of = |vand: &str, orm: &str| {
            format!("looms_of_vand = {vand} looms\nlooms_of_orm = {orm} looms\nanswer = looms_of_orm - looms_of_vand")
        };
        check(&pages, asked, &of("44", "52"), Some("8"));
        check(&pages, asked, &of("52", "44"), None);
    }

    #[test]
    fn a_year_is_no_number_of_things() {
        let page = [("Orm", "The Orm, launched in 2009, has places for 486 passengers and made 3 trips.")];
        let asked = "How many passengers can the Orm carry in her trips?";
        check(&page, asked, "passengers = 486 passengers\ntrips = 2009\nanswer = passengers * trips", None);
        check(&page, asked, "passengers = 486 passengers\ntrips = 3 trips\nanswer = passengers * trips", Some("1458"));
    }

    #[test]
    fn which_of_two_is_more_is_a_difference_of_what_is_asked() {
        let pages = [
            ("Vand Dam", "Height | 31 m\nCrest length | 412 m"),
            ("Orm Dam", "It is 27 m high.\nIts crest is 538 m long."),
        ];
        let asked = "Which is taller, the Vand Dam or the Orm Dam?";
        check(&pages, asked, "vand_dam = 31 m\norm_dam = 27 m\nanswer = vand_dam", Some("4"));
        check(&pages, asked, "vand_dam = 412 m\norm_dam = 538 m\nanswer = orm_dam - vand_dam", None);
    }

    #[test]
    fn a_difference_in_percent_has_a_base() {
        let page = [("Orm", "Year | Cloth (t)\n2019 | 120\n2020 | 150")];
        let asked = "By how many percent more cloth did Orm weave in 2020 than in 2019?";
        let of = |answer: &str| format!("cloth_2020 = 150\ncloth_2019 = 120\nanswer = {answer}");
        check(&page, asked, &of("(cloth_2020 - cloth_2019) / cloth_2019 in percent"), Some("25% (= 0.25)"));
        check(&page, asked, &of("cloth_2020 - cloth_2019 in percent"), Some("25% (= 0.25)"));
    }

    #[test]
    fn amounts_of_the_question_count() {
        let page = [("Nord", "The ferry Nord runs at 20 km/h and is 86 m long.")];
        let asked = "How long does the ferry Nord need for the 62 km to Vand?";
        let right = "distance = 62 km\nspeed = 20 km/h\nanswer = distance / speed";
        check(&page, asked, right, Some("3.1 h"));
        check(&page, asked, "length = 86 m\nspeed = 20 km/h\nanswer = length / speed", None);
    }
}
