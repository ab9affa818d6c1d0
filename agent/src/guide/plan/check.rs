//! What can be seen to be wrong with a plan without a model.

use super::Step;
use crate::evidence::terms;
use crate::notebook::Chat;
use std::collections::HashSet;

/// Takes out what nobody asked for or what cannot be done: a conversion into a unit that the request does
/// not name, the same look-up twice, a look-up whose result the calculation has no use for, work on
/// tables that are not there. Returns the calls that cannot be made at all in this conversation.
pub fn mend(steps: &mut Vec<Step>, request: &str, chat: &Chat) -> Vec<&'static str> {
    let request = request.to_lowercase();
    let mut seen = HashSet::new();
    let mut tables: HashSet<String> = (1..=chat.tables.len()).map(|i| format!("t{i}")).collect();
    let mut impossible = Vec::new();
    steps.retain(|step| match step {
        Step::Calc { expression, .. } => !is_unasked(expression, &request),
        Step::Find { what, .. } => seen.insert(what.to_lowercase()),
        Step::Collect { name, things, .. } => {
            tables.insert(name.clone());
            seen.insert(things.to_lowercase())
        }
        Step::Table { name, .. } => tables.insert(name.clone()),
        Step::Sql { name, query } => {
            let there = words(query).any(|w| tables.contains(w));
            tables.insert(name.clone());
            impossible.extend((!there).then_some("sql"));
            there
        }
        Step::Chart { .. } if wants_only_a_table(&request) => false,
        Step::Chart { table, .. } => {
            let there = tables.contains(table);
            impossible.extend((!there).then_some("chart"));
            there
        }
        _ => true,
    });
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

/// Words, or their beginnings, by which a table and a drawing are asked for.
const TABLE: &[&str] = &["table", "tabelle", "tableau", "tabla", "tabella", "表"];
const DRAWING: &[&str] = &[
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
    "zeichn",
    "grafik",
    "balken",
    "torte",
    "linie",
    "kurve",
    "dessin",
    "trac",
    "courb",
    "camembert",
    "gráfic",
    "grafic",
    "dibuj",
    "图",
    "圖",
    "画",
    "グラフ",
];

/// Whether a request asks for a table and says nothing of drawing it.
fn wants_only_a_table(request: &str) -> bool {
    let says = |known: &[&str]| {
        let mut words = words(request);
        words.any(|w| known.iter().any(|k| w.starts_with(k) || !k.is_ascii() && w.contains(k)))
    };
    says(TABLE) && !says(DRAWING)
}

/// What names of earlier results stand in.
fn uses(step: &Step) -> Option<&str> {
    match step {
        Step::Calc { expression, .. } => Some(expression),
        Step::Find { what, .. } if what.contains('{') => Some(what),
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
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
    fn a_table_that_was_asked_for_is_not_drawn() {
        assert!(wants_only_a_table("make a table of the bridges (opened, length)"));
        assert!(wants_only_a_table("把这些桥做成表格"));
        assert!(!wants_only_a_table("make a table of the bridges and plot their lengths"));
        assert!(!wants_only_a_table("mach eine tabelle und ein balkendiagramm"));
        assert!(!wants_only_a_table("the lengths of the bridges"));
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
        assert_eq!((steps.len(), impossible), (0, vec!["chart", "sql"]));
        let mut steps =
            super::super::steps::read("t1 = collect(\"x\", [\"a\", \"b\"])\nchart(\"bar\", t1, x=\"a\", y=\"b\")");
        assert_eq!(mend(&mut steps, "plot x", &Chat::new("c")).len(), 0);
        assert_eq!(steps.len(), 2);
    }
}
