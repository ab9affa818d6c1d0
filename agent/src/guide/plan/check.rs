//! What can be seen to be wrong with a plan without a model.

use super::Step;
use super::grammar::{Form, given};
use super::ready::{is_of_given_table, kind_of};
use crate::evidence::terms;
use crate::guide::named;
use crate::notebook::{Chat, Fact, name_of};
use polymath_chat::{Provenance, Role};
use polymath_quantity::{Topic, figures, topic_of};
use std::collections::HashSet;

/// Takes out what nobody asked for or what cannot be done: a conversion into a unit that the request does
/// not name, the same look-up twice, a look-up whose result the calculation has no use for, work on
/// tables that are not there. Returns the calls that cannot be made at all in this conversation.
pub fn mend(steps: &mut Vec<Step>, request: &str, chat: &Chat) -> Vec<&'static str> {
    let request = request.to_lowercase();
    let mut seen = HashSet::new();
    let mut tables: HashSet<String> = (1..=chat.tables.len()).map(|i| format!("t{i}")).collect();
    let mut facts: HashSet<String> = chat.facts.iter().map(|f| f.name.clone()).collect();
    let files: Vec<String> = chat.files.iter().map(|path| name_of(path).to_lowercase()).collect();
    let mut looked_up: Vec<HashSet<String>> = Vec::new();
    let given = is_of_given_table(&request, chat);
    let mut impossible = Vec::new();
    steps.retain(|step| match step {
        Step::Calc { name, expression } => {
            let body = expression.rsplit_once(" in ").map_or(expression.as_str(), |(body, _)| body);
            let known = words(body).filter(|w| is_name(w)).all(|w| facts.contains(w));
            facts.insert(name.clone());
            impossible.extend((!known).then_some("calc"));
            known && !is_unasked(expression, &request)
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
            looked_up.push(terms(what).into_iter().collect());
            seen.insert(what.to_lowercase())
        }
        // Who somebody is, and when something was, is no table.
        Step::Collect { .. } if asks_for_one(&request) => {
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
        Step::Sql { name, query } => {
            let there = words(query).any(|w| tables.contains(w));
            if there {
                tables.insert(name.clone());
            }
            impossible.extend((!there).then_some("sql"));
            there
        }
        Step::Describe { table } => tables.contains(table),
        Step::Chart { .. } | Step::Change { .. } if !is_drawn(&request) => {
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
    draw_what_is_collected(steps, &request);
    draw_again(steps, &request, chat);
    let used: Vec<&str> = steps.iter().filter_map(uses).flat_map(words).collect();
    let calculates = steps
        .iter()
        .any(|s| matches!(s, Step::Calc { expression, .. } if words(expression).filter(|w| is_name(w)).count() > 1));
    let needed: HashSet<String> = used.iter().map(|w| (*w).to_owned()).collect();
    if calculates {
        steps.retain(|step| !matches!(step, Step::Find { name, .. } if !needed.contains(name)));
    }
    impossible
}

/// Words, or their beginnings, by which a drawing is asked for.
pub const DRAWING: &[&str] = &[
    "plot",
    "chart",
    "graph",
    "draw",
    "bar",
    "pie",
    "line",
    "scatter",
    "hist",
    "visual",
    "diagram",
    "curve",
    "axis",
    "log",
    "grid",
    "title",
    "colour",
    "color",
    "zeichn",
    "grafik",
    "balken",
    "torte",
    "linie",
    "kurve",
    "achse",
    "gitter",
    "titel",
    "dessin",
    "trac",
    "courb",
    "camembert",
    "graphi",
    "axe",
    "titre",
    "gráfic",
    "grafic",
    "dibuj",
    "barras",
    "eje",
    "título",
    "图",
    "圖",
    "画",
    "绘",
    "グラフ",
    "描",
    "軸",
    "轴",
    "그래프",
    "차트",
];

/// Whether a request says anything of a drawing.
pub fn is_drawn(request: &str) -> bool {
    let mut words = words(request);
    words.any(|w| DRAWING.iter().any(|d| w.starts_with(d) || !d.is_ascii() && w.contains(d)))
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
fn draw_again(steps: &mut Vec<Step>, request: &str, chat: &Chat) {
    let ([Step::Sql { name, query }], Some(chart)) = (steps.as_slice(), chat.charts.last()) else { return };
    let drawn =
        chat.messages.iter().rev().find(|m| m.role == Role::Assistant).is_some_and(|m| m.content.contains(".png"));
    let asks = request.contains(['?', '？']) || says(request, &["which", "what", "how", "who", "table", "list"]);
    if drawn && !asks && words(query).any(|w| w == chart.table) {
        let mut options = vec![("x".to_owned(), chart.x.clone()), ("y".to_owned(), chart.y.clone())];
        let set = |name: &str, on: bool| on.then(|| (name.to_owned(), "yes".to_owned()));
        options.extend(set("log", chart.log).into_iter().chain(set("grid", chart.grid)).chain(set("sort", chart.sort)));
        let again = Step::Chart { kind: chart.kind.clone(), table: name.clone(), options };
        steps.push(again);
    }
}

/// Where a kind of chart is asked for and the plan forgets it over queries, what is collected is drawn.
fn draw_what_is_collected(steps: &mut Vec<Step>, request: &str) {
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
fn is_within(what: &str, other: &HashSet<String>) -> bool {
    const ASKING: &[&str] = &["whom", "who", "when", "what", "which", "how", "where", "why", "did"];
    let own: Vec<String> = terms(what).into_iter().filter(|term| !ASKING.contains(&term.as_str())).collect();
    !own.is_empty() && !what.contains('{') && own.iter().all(|term| other.contains(term))
}

/// Whether a request asks for a single thing by its first word, and for no table or drawing.
fn asks_for_one(request: &str) -> bool {
    const ONE: &[&str] = &["who", "when", "where", "wer", "wann", "wo", "qui", "quand", "quién", "cuándo"];
    words(request).next().is_some_and(|first| ONE.contains(&first))
        && !is_drawn(request)
        && !says(request, &["table", "each", "list"])
}

fn names_one(about: &str, files: &[String]) -> bool {
    let about = about.to_lowercase();
    files.iter().any(|file| about.contains(file))
}

/// What a plan has to begin with that was planned otherwise: facts that nobody has looked up yet where
/// the request asks for a property that the plan's operands are none of, and a calculation where it
/// asks for a time between two days or for a comparison in figures.
pub fn form(steps: &[Step], request: &str, chat: &Chat) -> Form {
    if is_of_something_else(steps, request, chat) {
        return Form::LookedUp;
    }
    let request = request.to_lowercase();
    let looks_up = steps.iter().filter(|s| matches!(s, Step::Find { .. })).count();
    let only_calculates = !steps.is_empty() && steps.iter().all(|s| matches!(s, Step::Calc { .. }));
    let calculates = steps.iter().any(|s| !matches!(s, Step::Find { .. }));
    let used: Vec<&Fact> = steps
        .iter()
        .filter_map(uses)
        .flat_map(words)
        .filter_map(|word| chat.facts.iter().find(|f| f.name == word))
        .collect();
    if only_calculates && !used.is_empty() && !has_all_properties(&request, &used) {
        return Form::LookedUp;
    }
    let compares = says(&request, PERCENT) || says(&request, MORE);
    let spans = |step: &Step| matches!(step, Step::Find { what, .. } if is_of_two(what));
    let one_of_two = steps.iter().any(spans);
    if looks_up > 0 && (one_of_two || !calculates && (is_span(&request) || looks_up > 1 && compares)) {
        return Form::Calculated;
    }
    Form::Any
}

/// Whether a plan without a look-up is for a request that names a year or a thing that nothing at hand
/// is of: there a calculation is with the wrong facts, and a reply made up.
fn is_of_something_else(steps: &[Step], request: &str, chat: &Chat) -> bool {
    let unfounded = |step: &Step| match step {
        Step::Calc { expression, .. } => words(expression).any(|w| chat.facts.iter().any(|f| f.name == w)),
        Step::Reply => !asks_to_write(request),
        _ => false,
    };
    if steps.is_empty() || !steps.iter().all(unfounded) || given(request).len() > 1 {
        return false;
    }
    let used = |fact: &&Fact| steps.iter().filter_map(uses).flat_map(words).any(|w| w == fact.name);
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

/// Whether a request asks for something to be written, said or explained.
fn asks_to_write(request: &str) -> bool {
    const WRITING: &[&str] = &[
        "write", "compose", "explain", "tell", "story", "poem", "haiku", "joke", "code", "function", "program",
        "script", "python", "email", "letter", "thanks", "thank", "hello", "hi", "sing", "song", "rhyme", "advice",
        "ideas", "schreib", "schreibe", "erkläre", "gedicht", "écris", "poème", "explique", "escribe", "poema",
        "explica", "imagine", "slogan",
    ];
    let small = request.to_lowercase();
    words(&small).any(|w| WRITING.contains(&w)) || ["写", "書いて", "解释", "诗"].iter().any(|w| small.contains(w))
}

/// Whether a look-up is one of two things at once: what lies between them, or the greater of them.
fn is_of_two(what: &str) -> bool {
    let what = what.to_lowercase();
    let years = words(&what).filter(|w| w.len() == 4 && w.chars().all(|c| c.is_ascii_digit())).count();
    says(&what, COMPARED) || years > 1 || says(&what, TIMES) && says(&what, ENDS)
}

/// Words that stand for a comparison: no page says the result of ours.
pub const COMPARED: &[&str] = &[
    "larger",
    "bigger",
    "greater",
    "smaller",
    "higher",
    "lower",
    "longer",
    "shorter",
    "deeper",
    "older",
    "younger",
    "newer",
    "taller",
    "wider",
    "heavier",
    "lighter",
    "faster",
    "slower",
    "cheaper",
    "more",
    "less",
    "fewer",
    "earlier",
    "later",
    "difference",
    "percent",
    "percentage",
    "größer",
    "kleiner",
    "höher",
    "länger",
    "kürzer",
    "älter",
    "mehr",
    "weniger",
    "unterschied",
    "prozent",
    "plus",
    "moins",
    "différence",
    "más",
    "menos",
    "mayor",
    "menor",
    "diferencia",
    "rise",
    "rose",
    "growth",
    "grew",
    "grow",
    "increase",
    "increased",
];

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

const PERCENT: &[&str] = &["percent", "percentage", "prozent", "pourcent", "porcentaje", "por ciento", "百分"];
const SHARE: &[&str] = &["what share", "share of", "proportion", "anteil", "proporción", "占比", "比例", "割合"];
const MORE: &[&str] =
    &["how much more", "how many more", "by how", "wie viel mehr", "um wie", "combien de plus", "cuánto más"];
/// A count of days, and what stands at its two ends.
pub const TIMES: &[&str] = &[
    "days", "weeks", "months", "years", "tage", "wochen", "monate", "jahre", "jours", "semaines", "mois", "ans",
    "années", "días", "semanas", "meses", "años", "天", "年", "个月",
];
const ENDS: &[&str] = &[
    "between", "passed", "after", "before", "from", "zwischen", "nach", "vor", "von", "entre", "après", "avant",
    "después", "antes", "desde", "相隔", "之间", "过了", "经过",
];
const HOW_MANY: &[&str] =
    &["how many", "how long", "wie viele", "wie lange", "combien", "cuántos", "cuántas", "多少", "几", "多久"];

pub fn says(request: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| match phrase.is_ascii() && !phrase.contains(' ') {
        true => words(request).any(|w| w == *phrase),
        false => request.contains(phrase),
    })
}

/// Whether a request asks how much time lies between two things.
fn is_span(request: &str) -> bool {
    says(request, HOW_MANY) && says(request, TIMES) && says(request, ENDS)
}

/// What names of earlier results stand in.
fn uses(step: &Step) -> Option<&str> {
    match step {
        Step::Calc { expression, .. } => Some(expression),
        Step::Find { what, .. } if what.contains('{') => Some(what),
        _ => None,
    }
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.all(|c| c.is_ascii_digit())
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
        let plan = "t1 = collect(\"output\", [\"年份\", \"产量\"])\nt2 = sql(\"SELECT x FROM t1\")";
        assert!(mended(plan, "把产量画成折线图").ends_with("; chart(line, t1, x=年份, y=产量)"));
    }

    #[test]
    fn what_nobody_wants_drawn_is_not_drawn() {
        assert!(!is_drawn("make a table of the bridges (opened, length)") && !is_drawn("把这些桥做成表格"));
        assert!(!is_drawn("what is the sum?"));
        assert!(is_drawn("make a table of the bridges and plot their lengths") && is_drawn("画出各桥的长度"));
        assert!(is_drawn("mach ein balkendiagramm") && is_drawn("with a log axis, please"));
    }

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
        check_form("c = calc(\"a in kW\")", "and in kilowatts?", Form::Any);
        let one = "c = find(\"days between its opening and the fire\")";
        check_form(one, "How many days passed between its opening and the fire?", Form::Calculated);
        check_form("c = find(\"months of building\")", "How many months did the building take?", Form::Any);
        let two = "c = find(\"length of A\")\nd = find(\"length of B\")";
        check_form(two, "By how many percent is A longer than B?", Form::Calculated);
        check_form(two, "How long are A and B?", Form::Any);
    }

    #[test]
    fn look_ups_are_of_one_thing() {
        assert!(is_of_two("output rise between 2018 and 2022") && is_of_two("larger capacity tidal station"));
        assert!(is_of_two("days between the start of work and the opening"));
        assert!(!is_of_two("output of the station in 2018") && !is_of_two("opening of the line"));
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
