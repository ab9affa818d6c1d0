//! What can be seen to be wrong with a plan without a model.

use super::Step;
use super::amounts::given;
use super::guess::{is_a_guess, is_by_a_year, is_name, is_unasked_sum};
use super::kinds::kind_of;
use super::operands::{lacks_divisor, one_query, with_both_years};
use super::ready::is_of_given_table;
use super::redrawn;
use super::signs::*;
use super::sql::{
    is_of_other_measure, is_of_unsaid, with_table_names, without_subjects, without_unasked_shares, without_unsaid,
};
use crate::evidence::terms;
use crate::guide::digits::in_digits;
use crate::guide::named;
use crate::notebook::{Chart, Chat, Fact, name_of};
use polymath_chat::{Provenance, Role};
use polymath_quantity::{figures, topic_of};
use std::collections::HashSet;

/// Takes out what nobody asked for or what cannot be done: a conversion into a unit that the request does
/// not name, the same look-up twice, a look-up whose result the calculation has no use for, work on
/// tables that are not there. Returns the calls that cannot be made at all in this conversation.
pub fn mend(steps: &mut Vec<Step>, request: &str, chat: &Chat) -> Vec<&'static str> {
    let asked = request;
    let request = request.to_lowercase();
    let drawing = without_names(asked, &chat.tables);
    steps.iter_mut().for_each(|step| with_table_names(step, chat));
    steps.iter_mut().for_each(|step| without_unsaid(step, asked, chat));
    without_subjects(steps);
    without_unasked_shares(steps, asked);
    let mut seen = HashSet::new();
    let mut tables: HashSet<String> = (1..=chat.tables.len()).map(|i| format!("t{i}")).collect();
    let mut facts: HashSet<String> = chat.facts.iter().map(|f| f.name.clone()).collect();
    let files: Vec<String> = chat.files.iter().map(|path| name_of(path).to_lowercase()).collect();
    let mut looked_up: Vec<String> = Vec::new();
    let of_all = !chat.tables.is_empty() && says(&request, OF_ALL) && named::names(asked).is_empty();
    let given = of_all || is_of_given_table(&request, chat);
    let mut impossible = Vec::new();
    steps.retain(|step| match step {
        Step::Calc { name, expression } => {
            let body = expression.rsplit_once(" in ").map_or(expression.as_str(), |(body, _)| body);
            // Nobody reckons with a place.
            let worded = |w: &str| chat.facts.iter().any(|f| f.name == w && f.number.is_none() && f.date.is_none());
            let known = words(body).filter(|w| is_name(w)).all(|w| facts.contains(w) && !worded(w));
            facts.insert(name.clone());
            let made_up = is_made_up(body, asked, chat) || is_by_a_year(body, asked);
            impossible.extend((!known || made_up || lacks_divisor(body, &request, chat)).then_some("calc"));
            known
                && !is_unasked(expression, &request)
                && !is_unasked_sum(expression, &request)
                && !is_a_guess(body, asked)
                && !lacks_divisor(body, &request, chat)
                && !has_a_made_up_base(body, asked)
                && !made_up
        }
        // What is in a file of the user's is in no page.
        Step::Find { what: about, .. } | Step::Collect { things: about, .. } if names_one(about, &files) || given => {
            impossible.extend(["find", "collect"]);
            false
        }
        // Nothing new is in the words of a look-up before.
        Step::Find { what, .. } if looked_up.iter().any(|before| is_within(what, before)) => false,
        Step::Find { name, what } => {
            facts.insert(name.clone());
            looked_up.push(what.clone());
            seen.insert(what.to_lowercase())
        }
        // Who somebody is, and when something was, is no table.
        Step::Collect { columns, .. } if asks_for_one(&request) || is_unasked_series(columns, &request) => {
            impossible.push("collect");
            false
        }
        Step::Collect { columns, .. } if columns.iter().collect::<HashSet<_>>().len() < 2 => {
            impossible.push("collect");
            false
        }
        Step::Collect { name, things, .. } => {
            tables.insert(name.clone());
            seen.insert(things.to_lowercase())
        }
        Step::Table { rows, .. } if !are_given(rows, &request) => {
            impossible.push("table");
            false
        }
        Step::Table { name, .. } => tables.insert(name.clone()),
        // The same query once more under another name.
        Step::Sql { query, .. } if !seen.insert(query.to_lowercase()) => false,
        Step::Sql { name, query } => {
            let there = words(query).any(|w| tables.contains(w));
            if there {
                tables.insert(name.clone());
            }
            let known = there && !is_of_unsaid(query, asked, chat) && !is_of_other_measure(query, asked, chat);
            impossible.extend((!known).then_some("sql"));
            known
        }
        Step::Describe { table } => tables.contains(table),
        Step::Chart { .. } | Step::Change { .. } if !is_drawn(&drawing) => {
            impossible.extend(["chart", "change"]);
            false
        }
        Step::Chart { table, .. } => {
            let there = tables.contains(table);
            impossible.extend((!there).then_some("chart"));
            there
        }
        _ => true,
    });
    if says(&request, SHARE) || says(&request, PERCENT) {
        steps.iter_mut().for_each(in_percent);
    }
    one_query(steps, &request);
    with_both_years(steps, &request);
    from_the_first(steps, &request, chat);
    steps.iter_mut().for_each(|step| with_names(step, asked));
    draw_what_is_collected(steps, &drawing);
    draw_again(steps, &request, chat);
    let used: Vec<&str> = steps.iter().filter_map(Step::operands).flat_map(words).collect();
    let calculates = steps
        .iter()
        .any(|s| matches!(s, Step::Calc { expression, .. } if words(expression).filter(|w| is_name(w)).count() > 1));
    let needed: HashSet<String> = used.iter().map(|w| (*w).to_owned()).collect();
    if calculates {
        steps.retain(|step| !matches!(step, Step::Find { name, .. } if !needed.contains(name)));
    }
    impossible
}

/// Whether an expression is of numbers only, for a question that has none and is about a named thing or what pages said
/// before: "24 - 1" for the days from the beginning of a tunnel to its first train.
fn is_made_up(expression: &str, request: &str, chat: &Chat) -> bool {
    let numbers = |text: &str| text.contains(|c: char| c.is_numeric());
    let about_pages = !named::names(request).is_empty() || !chat.sources.is_empty();
    // "Three friends share eight rolls" has numbers.
    !words(expression).any(is_name) && !numbers(&in_digits(request)) && about_pages
}

/// Whether an expression subtracts or divides by a large number that the request does not have: "(a - 1000) /
/// 1000" where the value of another year is not at hand.
fn has_a_made_up_base(expression: &str, request: &str) -> bool {
    /// Smaller ones count: hours of a day, minutes, per cent, days of a year.
    const COUNTS: f64 = 366.0;
    let said = given(request);
    let pieces = expression.split_inclusive(['+', '-', '*', '/', '(', ')']).collect::<Vec<_>>();
    pieces.windows(2).any(|pair| {
        let number = pair[1].trim_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let large = number.parse::<f64>().is_ok_and(|n| n > COUNTS);
        pair[0].ends_with(['-', '/'])
            && large
            && pair[1].trim_start().starts_with(|c: char| c.is_ascii_digit())
            && !said.iter().any(|s| s.replace(',', "") == number)
            && !request.contains(number)
    }) && words(expression).any(is_name)
}

/// Whether a table by years is planned for a request that says nothing of years or of a table.
fn is_unasked_series(columns: &[String], request: &str) -> bool {
    const SERIES: &[&str] = &[
        "year",
        "years",
        "yearly",
        "annual",
        "each",
        "every",
        "per",
        "history",
        "over",
        "since",
        "from",
        "development",
        "trend",
        "table",
        "list",
        "collect",
        "all",
        "jahr",
        "jahre",
        "jährlich",
        "tabelle",
        "année",
        "annuel",
        "tableau",
        "año",
        "anual",
        "tabla",
        "表",
        "每年",
        "历年",
    ];
    let first = columns.first().map(|c| c.to_lowercase()).unwrap_or_default();
    ["year", "date"].contains(&first.as_str())
        && !says(request, SERIES)
        && !is_drawn(request)
        && (!request.contains(|c: char| c.is_ascii_digit()) || years(request).len() == 1 && says(request, HOW_MANY))
}

/// Whether each row has figures, and the request has them all, each as often.
fn are_given(rows: &[Vec<String>], request: &str) -> bool {
    let mut given: Vec<String> = figures(request).into_iter().map(|f| digits(&f.text)).collect();
    rows.iter().all(|row| {
        let own: Vec<String> = row.iter().flat_map(|cell| figures(cell)).map(|f| digits(&f.text)).collect();
        !own.is_empty()
            && own.iter().all(|figure| given.iter().position(|g| g == figure).map(|at| given.swap_remove(at)).is_some())
    })
}

fn digits(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect()
}

/// Whether a plan is one sum of the request's own figures: a sum in words; or a follow-up to such a one.
pub fn is_sum(steps: &[Step], request: &str, chat: &Chat) -> bool {
    let [Step::Calc { expression, .. }] = steps else { return false };
    let converts = expression.contains(" in ");
    let worked_out = |fact: &Fact| matches!(fact.provenance, Provenance::Computed { .. });
    let follows = chat.tables.is_empty() && !chat.facts.is_empty() && chat.facts.iter().all(worked_out);
    !converts && (follows || !words(expression).any(is_name) && given(request).len() > 1)
}

/// Whether an expression leaves out an amount of the request.
pub fn leaves_out(expression: &str, request: &str) -> bool {
    let used: Vec<&str> = expression.split(|c: char| !c.is_ascii_digit() && c != '.').collect();
    given(request).iter().any(|amount| !used.contains(&amount.as_str()))
}

/// A change in percent from one year to another is one of the first year's value: of the year that the
/// request names first in "from 2019 to 2016" and "between", of the earlier one otherwise.
pub fn from_the_first(steps: &mut [Step], request: &str, chat: &Chat) {
    const FROM: &[&str] = &["from", "between", "von", "zwischen", "de", "entre", "从", "から"];
    let mut years: Vec<(String, String)> =
        chat.facts.iter().filter_map(|f| Some((f.name.clone(), year_of(&f.about)?))).collect();
    for step in steps.iter() {
        if let Step::Find { name, what } = step {
            years.extend(year_of(what).map(|year| (name.clone(), year)));
        }
    }
    for step in steps.iter_mut() {
        let Step::Calc { expression, .. } = step else { continue };
        let Some(names) = change_of(expression) else { continue };
        let year = |name: &String| years.iter().rev().find(|(known, _)| known == name).map(|(_, year)| year.clone());
        let (Some(x), Some(y)) = (year(&names[0]), year(&names[1])) else { continue };
        let at = |year: &str| request.find(year);
        let taken = request
            .find("100")
            .and_then(|end| [&x, &y].into_iter().filter_map(|y| Some((request[..end].rfind(y.as_str())?, y))).max());
        let first = match (taken, at(&x), at(&y)) {
            (Some((_, year)), _, _) => year.clone(),
            (None, Some(a), Some(b)) if says(request, FROM) => {
                if a < b {
                    x.clone()
                } else {
                    y.clone()
                }
            }
            _ => x.clone().min(y.clone()),
        };
        let (base, other) = if first == x { (&names[0], &names[1]) } else { (&names[1], &names[0]) };
        *expression = format!("({other} - {base}) / {base} in percent");
    }
}

/// The two names of an expression of the form `(a - b) / b in percent`.
fn change_of(expression: &str) -> Option<[String; 2]> {
    let rest = expression.strip_suffix(" in percent")?.strip_prefix('(')?;
    let (difference, base) = rest.split_once(") / ")?;
    let (a, b) = difference.split_once(" - ")?;
    let names = [a, b].map(|name| name.trim().to_owned());
    (names.iter().all(|name| is_name(name)) && names.iter().any(|name| name == base.trim())).then_some(names)
}

/// The one year that a text names.
fn year_of(text: &str) -> Option<String> {
    let [year] = years(text).try_into().ok()?;
    Some(year)
}

/// A table of measured things has their names, in one column: the things themselves are its rows.
fn with_names(step: &mut Step, asked: &str) {
    let measured = |column: &String| {
        let small = column.to_lowercase();
        let year = ["year", "date", "jahr", "année", "año", "年份"].contains(&small.as_str());
        !year && (words(&small).any(|w| topic_of(w).is_some()) || says(&small, &["year of", "number of"]))
    };
    let Step::Collect { columns, .. } = step else { return };
    let rows = named::list(asked);
    let is_row = |column: &String| rows.iter().any(|row| row.eq_ignore_ascii_case(column));
    let of_rows = columns.iter().any(is_row) && !columns.iter().all(is_row);
    if of_rows {
        columns.retain(|column| !is_row(column));
    }
    if of_rows || columns.len() > 1 && columns.iter().all(measured) {
        columns.insert(0, "Name".to_owned());
    }
}

/// A bare quotient, where a share is asked for, in percent.
fn in_percent(step: &mut Step) {
    if let Step::Calc { expression, .. } = step
        && expression.matches('/').count() == 1
        && !expression.contains(" in ")
        && !expression.contains("100")
    {
        expression.push_str(" in percent");
    }
}

/// A change of what was drawn last is drawn like it, unless the request asks a question about it.
pub fn draw_again(steps: &mut Vec<Step>, request: &str, chat: &Chat) {
    let ([Step::Sql { name, query }], Some(chart)) = (steps.as_slice(), chat.charts.last()) else { return };
    let drawn =
        chat.messages.iter().rev().find(|m| m.role == Role::Assistant).is_some_and(|m| m.content.contains(".png"));
    let asks = request.contains(['?', '？']) || says(request, &["which", "what", "how", "who", "table", "list"]);
    if drawn && !asks && (words(query).any(|w| w == chart.table) || has_what_is_drawn(query, chart, chat)) {
        let again = redrawn::like(chart, name);
        steps.push(again);
    }
}

/// Whether a query takes all of a table that has the columns of a chart.
fn has_what_is_drawn(query: &str, chart: &Chart, chat: &Chat) -> bool {
    let number = query.strip_prefix("SELECT * FROM t").and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    let table = number.and_then(|number| chat.tables.get(number.checked_sub(1)?));
    table.is_some_and(|table| [&chart.x, &chart.y].iter().all(|own| table.columns.contains(own)))
}

/// Where a kind of chart is asked for and the plan forgets it over queries, what is collected, or asked for last, is drawn.
fn draw_what_is_collected(steps: &mut Vec<Step>, request: &str) {
    if let (Some(Step::Sql { name, .. }), Some(kind)) = (steps.last(), kind_of(request))
        && is_drawn(request)
        && steps.iter().all(|step| matches!(step, Step::Sql { .. }))
    {
        let chart = Step::Chart { kind: kind.to_owned(), table: name.clone(), options: Vec::new() };
        steps.push(chart);
        return;
    }
    let Some(Step::Collect { name, columns, .. }) = steps.first() else { return };
    let draws = |step: &Step| matches!(step, Step::Chart { .. } | Step::Program);
    let Some(kind) = kind_of(request).filter(|_| !steps.iter().any(draws)) else { return };
    let option = |name: &str, column: Option<&String>| (name.to_owned(), column.cloned().unwrap_or_default());
    let options = vec![option("x", columns.first()), option("y", columns.last())];
    let chart = Step::Chart { kind: kind.to_owned(), table: name.clone(), options };
    steps.truncate(1);
    steps.push(chart);
}

/// Whether all words of a look-up stand in another.
fn is_within(what: &str, other: &str) -> bool {
    let sort = |text: &str| {
        let small = text.to_lowercase();
        ["who", "when", "where", "why"].into_iter().find(|asking| words(&small).any(|word| word == *asking))
    };
    let sorts = (sort(what), sort(other));
    if matches!(sorts, (Some(own), Some(other)) if own != other) {
        return false;
    }
    let other: HashSet<String> = terms(other).into_iter().collect();
    const ASKING: &[&str] = &["whom", "who", "when", "what", "which", "how", "where", "why", "did"];
    let own: Vec<String> = terms(what).into_iter().filter(|term| !ASKING.contains(&term.as_str())).collect();
    !own.is_empty() && !what.contains('{') && own.iter().all(|term| other.contains(term))
}

fn names_one(about: &str, files: &[String]) -> bool {
    let about = about.to_lowercase();
    files.iter().any(|file| about.contains(file))
}

/// A bare conversion of something found into a unit of which no word stands in the request.
fn is_unasked(expression: &str, request: &str) -> bool {
    let Some((body, unit)) = expression.rsplit_once(" in ") else { return false };
    let bare = body.trim().chars().all(|c| c.is_ascii_alphanumeric()) && body.starts_with(|c: char| c.is_alphabetic());
    let said = terms(request).iter().any(|word| {
        let unit = unit.trim().to_lowercase();
        unit.starts_with(word.as_str()) || word.starts_with(unit.trim_end_matches('s'))
    });
    bare && !said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_that_nobody_asked_for_goes() {
        assert!(is_unasked("a in feet", "how tall is the mill?"));
        assert!(!is_unasked("a in metres", "how long is it in metres?"));
        assert!(!is_unasked("a in feet", "and in feet?"));
        assert!(!is_unasked("(a - b) / b in percent", "how much did it grow?"));
        assert!(!is_unasked("70 miles in kilometres", "convert 70 miles"));
    }

    #[test]
    fn shares_are_in_percent_and_what_is_to_be_drawn_is_drawn() {
        let mended = |plan: &str, request: &str| {
            let mut steps = super::super::steps::read(plan);
            mend(&mut steps, request, &Chat::new("c"));
            steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let plan = "a = find(\"budget\")\nb = find(\"roads\")\nc = calc(\"b / a\")";
        assert!(mended(plan, "what share of the budget goes to roads?").ends_with("c = calc(b / a in percent)"));
        let plan = "t1 = collect(\"dams\", [\"Ost\", \"Sund\", \"Varn\", \"Height\", \"Completed\"])";
        let rows = mended(plan, "a table of the Ost, Sund and Varn dams: height and when each was completed");
        assert_eq!(rows, "t1 = collect(dams: Name, Height, Completed)");
        let plan = "t1 = collect(\"output\", [\"年份\", \"产量\"])\nt2 = sql(\"SELECT x FROM t1\")";
        assert!(mended(plan, "把产量画成折线图").ends_with("; chart(line, t1, x=年份, y=产量)"));
    }

    #[test]
    fn a_change_is_of_the_first_value() {
        let mended = |request: &str| {
            let plan =
                "a = find(\"guests in 2023\")\nb = find(\"guests in 2019\")\nc = calc(\"(b - a) / a in percent\")";
            let mut steps = super::super::steps::read(plan);
            mend(&mut steps, request, &Chat::new("c"));
            steps.last().map(ToString::to_string)
        };
        let (rise, fall) =
            (Some("c = calc((a - b) / b in percent)".to_owned()), Some("c = calc((b - a) / a in percent)".to_owned()));
        assert_eq!(mended("by how many percent did the guests change from 2019 to 2023?"), rise);
        assert_eq!(mended("by how many percent did the guests change from 2023 to 2019?"), fall);
        assert_eq!(mended("how many percent is 2023 above 2019?"), rise);
        assert_eq!(mended("the difference of 2019 and 2023, taking 2023 as 100%?"), fall);
    }

    #[test]
    fn measured_things_have_names() {
        let mut steps =
            super::super::steps::read("t1 = collect(\"theatres of Sund\", [\"Number of seats\", \"Year of opening\"])");
        mend(&mut steps, "a table of the theatres of Sund with number of seats and year of opening", &Chat::new("c"));
        assert_eq!(steps[0].to_string(), "t1 = collect(theatres of Sund: Name, Number of seats, Year of opening)");
        let mut steps = super::super::steps::read("t1 = collect(\"guests of Sund\", [\"Year\", \"Number of guests\"])");
        mend(&mut steps, "a table of the guests of Sund per year", &Chat::new("c"));
        assert_eq!(steps[0].to_string(), "t1 = collect(guests of Sund: Year, Number of guests)");
    }

    #[test]
    fn tables_of_the_request_have_its_figures() {
        let given = |plan: &str, request: &str| {
            let mut steps = super::super::steps::read(plan);
            mend(&mut steps, request, &Chat::new("c"));
            !steps.is_empty()
        };
        let plan = "t1 = table([\"Animal\", \"Count\"], [[\"cats\", 12], [\"dogs\", 9]])";
        assert!(given(plan, "bars of cats 12, dogs 9"));
        assert!(!given(plan, "bars of cats 12 and dogs"));
        assert!(!given(
            "t1 = table([\"Year\", \"Output\"], [[\"2018\", 1000], [\"2019\", 1000]])",
            "its output from 2018 to 2019"
        ));
    }

    #[test]
    fn sums_in_words_are_told() {
        let sum = |plan: &str, request: &str| is_sum(&super::super::steps::read(plan), request, &Chat::new("c"));
        assert!(sum("a = calc(\"450 / 36\")", "450 km on 36 litres, how much per 100 km?"));
        assert!(!sum("a = calc(\"34.5 pounds in kilograms\")", "34.5 pounds in kilograms?"));
        assert!(!sum("c = calc(\"2 * a\")", "What do 2 adults pay for 3 days?"));
    }

    #[test]
    fn files_are_not_searched_for_and_names_have_to_be_there() {
        let mut chat = Chat::new("c");
        chat.files.push("/x/big.csv".into());
        let mut steps = super::super::steps::read("t1 = collect(\"big.csv\", [\"City\", \"Value\"])");
        assert_eq!(mend(&mut steps, "What is the mean in big.csv?", &chat), ["find", "collect"]);
        let mut steps = super::super::steps::read("a = calc(\"a + b + c\")");
        assert_eq!((mend(&mut steps, "What is the sum?", &chat), steps.len()), (vec!["calc"], 0));
    }

    #[test]
    fn the_same_look_up_is_made_once() {
        let find = |name: &str| Step::Find { name: name.into(), what: "height of the tower".into() };
        let mut steps = vec![find("a"), find("b")];
        mend(&mut steps, "how tall is it?", &Chat::new("c"));
        assert_eq!(steps.len(), 1);
    }

    #[test]
    fn what_the_calculation_does_not_use_is_not_looked_up() {
        let find = |name: &str, what: &str| Step::Find { name: name.into(), what: what.into() };
        let calc = Step::Calc { name: "d".into(), expression: "(c - b) / b in percent".into() };
        let mut steps = vec![find("a", "growth of it"), find("b", "it in 1990"), find("c", "it in 2000"), calc];
        mend(&mut steps, "by how many percent did it grow?", &Chat::new("c"));
        assert_eq!(steps.len(), 3);
    }

    #[test]
    fn nothing_is_done_with_tables_that_are_not_there() {
        let mut steps =
            super::super::steps::read("chart(\"bar\", t1, x=\"a\", y=\"b\")\nt2 = sql(\"SELECT * FROM t1\")");
        let impossible = mend(&mut steps, "what did it cost?", &Chat::new("c"));
        assert_eq!((steps.len(), impossible), (0, vec!["chart", "change", "sql"]));
        let mut steps =
            super::super::steps::read("t1 = collect(\"x\", [\"a\", \"b\"])\nchart(\"bar\", t1, x=\"a\", y=\"b\")");
        assert_eq!(mend(&mut steps, "plot x", &Chat::new("c")).len(), 0);
        assert_eq!(steps.len(), 2);
    }
}
