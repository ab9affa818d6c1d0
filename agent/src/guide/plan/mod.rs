//! The plan: a request turned into a few calls, in one completion under a grammar.

mod against;
mod ages;
mod alone;
mod amounts;
mod beside;
mod called;
mod cased;
mod check;
mod clock;
mod colors;
mod columns;
mod comparing;
mod corrected;
mod drawn;
mod edits;
mod form;
mod grammar;
mod guess;
mod hops;
mod kinds;
mod lookup;
mod operands;
mod options;
mod pairs;
mod parts;
mod per;
mod plain;
mod ready;
mod recall;
mod redrawn;
mod replies;
mod restored;
mod rows;
mod several;
mod signs;
mod sorting;
mod spanned;
mod sql;
mod steps;
mod suits;
mod sums;
mod swap;
mod twofold;
mod whether;
mod worked;

pub use amounts::{given, numbers};
pub use hops::is_hop;
pub use lookup::compared_property;
pub use redrawn::untitled;
pub use replies::{is_change, is_of_oneself, is_translation};
pub use signs::{
    COMPARED, FUNCTIONS, HOW_MANY, LEAST, MOST, PERCENT, SHARE, asks_how_much_more, begins, is_line_alone,
    says as said, words, years,
};
pub use steps::Step;
pub use suits::suits;

use form::Form;

use crate::evidence::clip;
use crate::guide::named;
use crate::lead::Turn;
use crate::notebook::{Asked, Chat, Fact, is_part, name_of, query_of};
use crate::prompts::{OPERANDS, PLAN};
use polymath_chat::{CompletionError, Constraint, Event, Table};
use polymath_quantity::text::is_cjk;
use polymath_tools::load::first_lines;
use std::path::PathBuf;

/// Plans that are asked for until one has a step that can be made.
const TRIES: usize = 3;
/// The temperature of plans that are to be others than the likeliest.
const ANOTHER: f32 = 0.7;
/// Tokens of a plan.
const LONGEST: usize = 220;
/// Facts, the latest, among which a follow-up may mean one.
const LATEST: usize = 3;
/// Facts and tables that a plan is told of, the latest first.
const TOLD: usize = 6;

/// Asks for a plan for the turn's question, and takes down how it is understood.
pub async fn ask(turn: &mut Turn<'_>) -> anyhow::Result<Vec<Step>> {
    let later = twofold::drawn_and_asked(&turn.question, turn.chat);
    if let Some([drawn, _]) = &later {
        turn.asked.clone_from(drawn);
        turn.question = drawn.clone().into();
    }
    let mut ready = at_once(turn);
    if ready.is_none() {
        ready = edits::edited(turn).await?.or_else(|| redrawn::plan(&turn.question, turn.chat, false));
    }
    if ready.is_none() && cased::cased(turn).await? {
        ready = at_once(turn);
    }
    let steps = match ready {
        Some(steps) => steps,
        None => {
            if turn.asked == turn.question {
                let question = turn.question.clone();
                turn.asked = alone::standing_alone(turn, &question).await?;
            }
            let request = turn.asked.clone();
            match whether::whether(&request, turn.chat) {
                Some(steps) => steps,
                None => {
                    // What changes a chart is on no page, and neither is how long the user's own wall is.
                    let of_chart = redrawn::is_of_chart(&turn.question, turn.chat);
                    let at_hand = of_chart || sums::is_in_words(&request, turn.chat);
                    let without = if at_hand { vec!["find", "collect"] } else { Vec::new() };
                    let mut steps = match twofold::parts(&request, turn.chat) {
                        Some(parts) => of_both(turn, parts).await?,
                        None => planned(turn, &request, Form::Any, without).await?,
                    };
                    // "Please send me the data" is no answer to somebody who has.
                    let of_data = turn.chat.asked.is_empty() || signs::is_drawn(&request.to_lowercase());
                    if matches!(steps.as_slice(), [Step::Reply])
                        && of_data
                        && twofold::speaks_of_tables(&request, turn.chat)
                    {
                        steps = planned(turn, &request, Form::Any, vec!["reply", "find", "collect"]).await?;
                    }
                    match suits::compares_another(&steps, &request, turn.chat) {
                        true => planned(turn, &request, Form::Calculated, Vec::new()).await?,
                        false => suits::suited(turn, steps).await?,
                    }
                }
            }
        }
    };
    let mut steps = steps;
    alone::collect_of_the_subject(&mut steps, &turn.asked, turn.chat);
    let steps = drawn::mended(steps, &turn.asked, turn.chat);
    let mut steps = in_color(called::called(steps, &turn.asked, turn.chat), &turn.asked.to_lowercase());
    steps.extend(later.map(|[_, question]| Step::Later { question }));
    tell(turn, &steps);
    let plan = serde_json::to_value(&steps)?;
    // A conversion or a sum leaves the subject where it was.
    let topic = alone::before(turn.chat).filter(|before| {
        let works_out = steps.iter().all(|step| matches!(step, Step::Calc { .. } | Step::Recall { .. }));
        works_out && turn.asked == *before
            || works_out && named::names_said(&turn.asked).is_empty() && !named::names_said(before).is_empty()
    });
    let asked = match topic {
        Some(question) => match turn.chat.asked.last() {
            Some(last) if last.question == question => last.clone(),
            _ => Asked { question, ..Asked::default() },
        },
        None => Asked { question: turn.asked.clone(), plan, fact: None },
    };
    turn.chat.asked.push(asked);
    Ok(steps)
}

/// The plan of the first of two questions over tables at hand; the second one is planned when that is answered.
async fn of_both(turn: &mut Turn<'_>, [first, second]: [String; 2]) -> anyhow::Result<Vec<Step>> {
    let mut steps = of_part(turn, &first).await?;
    if !steps.is_empty() {
        steps.insert(0, Step::Part { of: first });
        steps.push(Step::Later { question: second });
    }
    Ok(steps)
}

/// A plan over the tables at hand, for a part of the request.
pub async fn of_part(turn: &mut Turn<'_>, part: &str) -> anyhow::Result<Vec<Step>> {
    match twofold::of_the_row(part, turn.chat) {
        Some(step) => Ok(vec![step]),
        None => planned(turn, part, Form::Any, vec!["find", "collect", "reply", "chart", "table"]).await,
    }
}

/// The plan with what it draws in the colour that the request names.
fn in_color(mut steps: Vec<Step>, request: &str) -> Vec<Step> {
    if let Some(color) = colors::of_drawing(request) {
        for step in &mut steps {
            if let Step::Chart { options, .. } | Step::Change { options, .. } = step
                && !options.iter().any(|(name, _)| name == "color")
            {
                options.push(("color".to_owned(), color.clone()));
            }
        }
    }
    steps
}

/// The plan where no model is needed for it, with the question as it is understood.
fn at_once(turn: &mut Turn<'_>) -> Option<Vec<Step>> {
    if let Some(steps) = ready::plan(&turn.question, turn.chat) {
        return Some(steps);
    }
    if let Some(steps) = corrected::corrected(&turn.question, turn.chat)
        .or_else(|| sums::of_times(&turn.question, turn.chat))
        .or_else(|| clock::between(&turn.question, turn.chat))
    {
        return Some(steps);
    }
    if let Some(steps) = beside::another(&turn.question, turn.chat)
        .or_else(|| restored::before(&turn.question, turn.chat))
        .or_else(|| restored::with_more(&turn.question, turn.chat))
    {
        return Some(steps);
    }
    if let Some(steps) =
        rows::plan(&turn.question, turn.chat).or_else(|| redrawn::plan(&turn.question, turn.chat, true))
    {
        return Some(steps);
    }
    if let Some(steps) =
        sorting::sorted(&turn.question, turn.chat).or_else(|| sorting::by_groups(&turn.question, turn.chat))
    {
        return Some(steps);
    }
    if let Some(steps) = per::per(&turn.question, turn.chat) {
        return Some(steps);
    }
    if let Some((step, understood)) = recall::recalled(&turn.question, turn.chat) {
        turn.asked = understood;
        return Some(vec![step]);
    }
    let step = recall::ratio(&turn.question, turn.chat).or_else(|| recall::shared(&turn.question, turn.chat));
    if let Some(step) = step
        .or_else(|| recall::in_percent(&turn.question, turn.chat))
        .or_else(|| recall::change(&turn.question, turn.chat))
    {
        return Some(vec![step]);
    }
    let steps = recall::per_year(&turn.question, turn.chat)
        .or_else(|| parts::parts(&turn.question, turn.chat))
        .or_else(|| recall::change_to(&turn.question, turn.chat))
        .or_else(|| against::against(&turn.question, turn.chat))
        .or_else(|| against::rates(&turn.question, turn.chat))
        .or_else(|| ages::at_death(&turn.question, turn.chat))
        .or_else(|| ages::at_event(&turn.question, turn.chat))
        .or_else(|| hops::described_first(&turn.question, turn.chat));
    if steps.is_some() {
        return steps;
    }
    let before = alone::before(turn.chat)?;
    if alone::is_of_contradiction(&turn.question, turn.chat) {
        turn.asked = before;
        return Some(vec![Step::Recall {
            facts: turn.chat.facts.last().map(|f| f.name.clone()).into_iter().collect(),
        }]);
    }
    let swap = swap::swapped(&turn.question, &before, &turn.chat.page_tables)?;
    let plan = turn.chat.asked.last().and_then(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()).ok());
    turn.asked.clone_from(&swap.question);
    plan.and_then(|plan| swap.replanned(&plan))
}

/// A plan for a question whose answer no page says as such: two facts, and a calculation with them.
pub async fn calculated(turn: &mut Turn<'_>) -> anyhow::Result<Vec<Step>> {
    let request = turn.asked.clone();
    let steps = planned(turn, &request, Form::Calculated, Vec::new()).await?;
    // It is this plan that the question led to.
    if let Some(asked) = turn.chat.asked.last_mut() {
        asked.plan = serde_json::to_value(&steps)?;
    }
    tell(turn, &steps);
    Ok(steps)
}

/// Another plan for a follow-up that was made to stand alone: of the person, place or maker that the turn before found, and
/// not of what that was asked about. `None` where nothing with a name was found, or the follow-up names a thing itself.
/// `before`: how many facts there were before this turn.
pub async fn of_what_was_found(turn: &mut Turn<'_>, before: usize) -> anyhow::Result<Option<Vec<Step>>> {
    if turn.asked == turn.question || !named::names(&turn.question).is_empty() {
        return Ok(None);
    }
    let names = named::names(&turn.asked);
    let [subject] = names.as_slice() else { return Ok(None) };
    let is_name = |fact: &&Fact| {
        let named = fact.number.is_none() && fact.date.is_none() && fact.text.starts_with(char::is_uppercase);
        named && !turn.asked.contains(&fact.text)
    };
    let last = turn.chat.facts[..before.min(turn.chat.facts.len())].iter().rev().take(LATEST);
    let Some(found) = last.clone().find(is_name) else { return Ok(None) };
    turn.asked = turn.asked.replace(subject.as_str(), &found.text);
    let request = turn.asked.clone();
    let steps = planned(turn, &request, Form::LookedUp, Vec::new()).await?;
    if let Some(asked) = turn.chat.asked.last_mut() {
        asked.question.clone_from(&request);
        asked.plan = serde_json::to_value(&steps)?;
    }
    tell(turn, &steps);
    Ok(Some(steps))
}

/// A plan over the tables at hand, for what no look-up has found.
pub async fn over_tables(turn: &mut Turn<'_>) -> anyhow::Result<Vec<Step>> {
    let request = turn.asked.clone();
    let steps = planned(turn, &request, Form::Any, vec!["find", "collect", "table", "program"]).await?;
    if let Some(asked) = turn.chat.asked.last_mut() {
        asked.plan = serde_json::to_value(&steps)?;
    }
    tell(turn, &steps);
    Ok(steps)
}

fn tell(turn: &Turn<'_>, steps: &[Step]) {
    let told: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let _ = turn.events.send(Event::Notice { text: format!("plan: {}", told.join("; ")) });
}

/// A plan of the model's: asked for again, in another form or without what cannot be done, until nothing
/// is seen to be wrong with it.
///
/// `without`: calls that are of no use here.
async fn planned(
    turn: &mut Turn<'_>,
    request: &str,
    form: Form,
    mut without: Vec<&'static str>,
) -> anyhow::Result<Vec<Step>> {
    let may_look_up = !without.contains(&"find");
    let tools: Vec<String> = turn.agent.tools.specs().into_iter().map(|t| t.name).collect();
    let there = at_hand(turn.chat);
    let mut prompt = match there.is_empty() {
        true => format!("Request: {}", clip(request, 1500)),
        false => format!("There is: {there}\nRequest: {}", clip(request, 1500)),
    };
    let (mut form, mut temperature) = (form, 0.0);
    let mut best: Vec<Step> = Vec::new();
    for _ in 0..TRIES {
        let lark = grammar::grammar(request, turn.chat, &tools, form, &without);
        let task = match form {
            Form::Calculated => OPERANDS
                .ask(prompt.replace("\nRequest: ", "\nQuestion: ").replacen("Request: ", "Question: ", 1), LONGEST),
            _ => PLAN.ask(prompt.clone(), LONGEST),
        };
        let mut task = task.constrained(Constraint::Lark(lark));
        task.temperature = temperature;
        let text = match turn.complete(task).await {
            Ok(text) => text,
            // A plan without end has no whole calls.
            Err(CompletionError::TooLong(_)) => String::new(),
            Err(other) => return Err(other.into()),
        };
        tracing::debug!("plan: {text}");
        let mut steps = steps::read(&text);
        let alone = steps.iter().filter(|s| matches!(s, Step::Find { .. })).count() == 1;
        // A table each for things that are to be rows of one: planned for the first and others like it.
        let tables = steps.iter().filter(|s| matches!(s, Step::Collect { .. })).count();
        if let (Some(short), true, true) = (named::shortened(request), tables > 1, !prompt.contains(" and others")) {
            prompt = prompt.replace(request, &short);
            continue;
        }
        lookup::without_fragments(&mut steps);
        worked::without_unasked_chart(&mut steps, request);
        steps.iter_mut().for_each(|step| lookup::with_who(step, request));
        lookup::of_the_one_before(&mut steps);
        match (parts::halves(request), steps.as_mut_slice()) {
            (Some(halves), [a @ Step::Find { .. }, b @ Step::Find { .. }, rest @ ..])
                if !b.to_string().contains('{') && !rest.iter().any(|s| matches!(s, Step::Find { .. })) =>
            {
                lookup::complete(a, &halves[0], turn.chat, true);
                lookup::complete(b, &halves[1], turn.chat, true);
            }
            _ => steps.iter_mut().for_each(|step| lookup::complete(step, request, turn.chat, alone)),
        }
        let steps = several::of_all(parts::with_the_other(steps, request, turn.chat), request, turn.chat);
        let steps = worked::without_table(several::of_both_ends(steps, request), request, turn.chat);
        let mut steps = lookup::with_the_rest(hops::in_hops(turn, steps).await?, request);
        without.extend(check::mend(&mut steps, request, turn.chat));
        steps.iter_mut().for_each(|step| amounts::mend(step, request));
        steps.iter_mut().for_each(|step| lookup::without_unit(step, request));
        steps.iter_mut().for_each(|step| amounts::in_the_named_unit(step, request));
        steps.iter_mut().for_each(|step| amounts::in_whole(step, request));
        amounts::times_so_many(&mut steps);
        if explains(&steps, request) {
            return Ok(vec![Step::Reply]);
        }
        let wanted = form::form(&steps, request, turn.chat);
        if check::is_sum(&steps, request, turn.chat) {
            sums::work_out(turn, request, &mut steps).await?;
        }
        if !steps.is_empty() && wanted == Form::Any {
            return Ok(steps);
        }
        // The likeliest plan of that form is known now.
        temperature = if wanted == form { ANOTHER } else { 0.0 };
        form = if wanted == Form::Any { form } else { wanted };
        best = if best.is_empty() { steps } else { best };
    }
    // A question that no plan was found for is looked up as it stands: a reply would be made up.
    let looks_up = may_look_up && turn.agent.tools.get("browser_search").is_some();
    let asks = form::is_factual(request, turn.chat) || form::asks_for_a_value(request) && !turn.chat.sources.is_empty();
    // So would one to what something comes to, in a conversation about pages.
    let made_up = best == [Step::Reply] && form::asks_for_a_value(request) && !turn.chat.sources.is_empty();
    if (best.is_empty() || made_up) && looks_up && asks {
        best.clear();
        let what = request.trim_end_matches(['?', '？', '.', '!', ' ']).to_owned();
        best.push(Step::Find { name: grammar::next_fact(turn.chat), what });
    }
    Ok(best)
}

/// Whether all that a plan looks up is why or how something is that has no name: that is explained.
fn explains(steps: &[Step], request: &str) -> bool {
    let why = |what: &str| {
        let mut words = signs::words(what);
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        first == "why" || first == "how" && ["does", "do", "is", "are", "to", "a", "an", "the"].contains(&second)
    };
    let Ok([Step::Find { what, .. }]) = <&[Step; 1]>::try_from(steps) else { return false };
    let nameless = named::names(request).is_empty() && !request.contains(|c: char| c.is_ascii_digit());
    nameless && !request.chars().any(is_cjk) && (why(&what.to_lowercase()) || why(&request.to_lowercase()))
}

/// Whether `later` has all that `table` has, and is of the same: a gap filled, a row or a column added.
fn replaces(later: &Table, table: &Table) -> bool {
    is_part(table, later)
        || later.title == table.title
            && later.rows.len() >= table.rows.len()
            && table.columns.iter().all(|c| later.columns.contains(c))
}

/// A column's name, with its values where they sort the rows into a few groups: `Shop: Nord/Ost`.
fn with_values(table: &Table, i: usize) -> String {
    const FEW: usize = 6;
    const LONG: usize = 60;
    const ROWS: usize = 5_000;
    let cells = || table.rows.iter().take(ROWS).filter_map(|row| row.get(i)).filter(|cell| cell.text.is_some());
    let mut values: Vec<&str> = Vec::new();
    for cell in cells() {
        let text = cell.display();
        if cell.number.is_some() || cell.date.is_some() || values.len() > FEW {
            return table.columns[i].clone();
        }
        if !values.contains(&text) {
            values.push(text);
        }
    }
    let told = values.join("/");
    let groups = values.len() > 1 && values.len() <= FEW && cells().count() > 2 * values.len();
    if groups && told.chars().count() <= LONG {
        format!("{}: {told}", table.columns[i])
    } else {
        table.columns[i].clone()
    }
}

/// What the notebook has, as plans are told of it.
pub fn at_hand(chat: &Chat) -> String {
    let facts = chat.facts.iter().rev().take(TOLD).rev();
    let facts = facts.map(|f| format!("{} = {} ({})", f.name, clip(&f.text, 60), clip(&f.about, 80)));
    let first = chat.tables.len().saturating_sub(TOLD);
    let current = |(i, table): &(usize, &Table)| !chat.tables[i + 1..].iter().any(|later| replaces(later, table));
    // One value that was worked out is no table to go on with.
    let large = |(_, table): &(usize, &Table)| table.rows.len() > 1 || chat.tables.iter().all(|t| t.rows.len() < 2);
    let tables = chat.tables.iter().enumerate().skip(first).filter(large).filter(current).map(|(i, t)| {
        // How it was made says what it is, and how the next one may be.
        if let Some(query) = query_of(t) {
            return format!("t{} = {} rows of {}", i + 1, t.rows.len(), clip(query, 200));
        }
        let columns: Vec<String> = (0..t.columns.len()).map(|i| with_values(t, i)).collect();
        format!("t{} = {} ({}), {} rows", i + 1, clip(&t.title, 60), columns.join(", "), t.rows.len())
    });
    let charts = chat.charts.iter().rev().take(2).rev();
    let charts = charts.map(|c| format!("{} = {} of {}, x = {}, y = {}", c.name, c.kind, c.table, c.x, c.y));
    let is_table = |path: &&PathBuf| !chat.tables.iter().any(|t| path.ends_with(&t.title));
    let files = chat.files.iter().filter(is_table);
    let files = files.map(|path| {
        let lines = first_lines(path, 1);
        format!("file {} ({})", name_of(path), clip(lines.first().map_or("", String::as_str), 120))
    });
    facts.chain(tables).chain(charts).chain(files).collect::<Vec<_>>().join("; ")
}
