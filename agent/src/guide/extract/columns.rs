//! Which of a page's columns holds each of those that are wanted.

use super::shape::{Kind, Shape, are_distinct};
use crate::evidence::{is_of_people, terms};
use crate::guide::state::object;
use crate::lead::Turn;
use polymath_chat::{Completion, Constraint, Table};
use polymath_quantity::read;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Which of a page's columns holds each that is wanted: those of the same name, and for the others what
/// the model says.
pub async fn columns_of(turn: &mut Turn<'_>, shape: &Shape, table: &Table) -> anyhow::Result<Vec<Option<usize>>> {
    let subject = format!("{} {}", shape.subject, &turn.asked);
    let mut sources: Vec<Option<usize>> =
        shape.columns.iter().map(|c| column_named(&c.name, &subject, table)).collect();
    let mut taken = HashSet::new();
    sources.iter_mut().for_each(|at| *at = at.filter(|at| taken.insert(*at)));
    let mut open: Vec<usize> = (0..sources.len()).filter(|i| sources[*i].is_none()).collect();
    // The only one that the request itself names, where the plan has called it otherwise.
    if let [one] = open.as_slice() {
        let asked: HashSet<String> = terms(&turn.asked).into_iter().collect();
        let said = |at: &usize| {
            let own = terms(table.columns[*at].split(['(', '[', '（']).next().unwrap_or_default());
            !taken.contains(at) && !own.is_empty() && own.iter().all(|term| asked.contains(term))
        };
        let mut found = (0..table.columns.len()).filter(said);
        if let (Some(at), None, true) = (found.next(), found.next(), shape.columns[*one].kind != Kind::Text) {
            sources[*one] = Some(at);
            taken.insert(at);
            open.clear();
        }
    }
    if !open.is_empty() {
        let free = (0..table.columns.len()).filter(|at| !taken.contains(at)).map(|at| json!(table.columns[at]));
        let headers: Vec<Value> = free.chain([Value::Null]).collect();
        let names: Vec<&str> = open.iter().map(|i| shape.columns[*i].name.as_str()).collect();
        let properties: Vec<(&str, Value)> = names.iter().map(|name| (*name, json!({"enum": headers}))).collect();
        let sample = Table { rows: table.rows.iter().take(2).cloned().collect(), ..table.clone() };
        let prompt = format!(
            "A table of a page, its first rows:\n{}\nThe table that is wanted: {}.\nSay for each wanted column which of the page's \
             columns holds it, or null when none does.",
            sample.markdown(),
            names.join(", ")
        );
        let schema = Constraint::JsonSchema(object(&properties));
        let text = turn.complete(Completion::new(prompt, 150).constrained(schema)).await?;
        tracing::debug!("columns for {:?}: {text}", shape.columns);
        let map: Map<String, Value> = serde_json::from_str(&text)?;
        for i in open {
            let header = map.get(&shape.columns[i].name).and_then(Value::as_str);
            let at = header.and_then(|header| table.columns.iter().position(|h| h == header));
            // Years are nobody's name.
            let cells = |at: usize| table.rows.iter().filter_map(move |row| row.get(at));
            let is_text = |at: usize| Kind::Text.settled(cells(at)) == Kind::Text;
            let own = &shape.columns[i];
            let at = at.filter(|at| own.kind != Kind::Text || is_text(*at));
            let at = at.filter(|at| !is_worked_out(&own.name, &table.columns[*at]));
            sources[i] = at.filter(|at| taken.insert(*at));
        }
    }
    // The only column of days is the one of days, in whatever language; the only one of numbers is it when
    // its header speaks of what is wanted.
    let wanted: HashSet<String> = terms(&format!("{} {}", shape.subject, &turn.asked)).into_iter().collect();
    for (i, column) in shape.columns.iter().enumerate() {
        let own = terms(&column.name);
        let titled = terms(&table.title).iter().any(|t| own.contains(t));
        let is_wanted = |t: &String| wanted.contains(t) || is_of_people(t) && own.iter().any(|t| is_of_people(t));
        let speaks = |at: usize| column.kind == Kind::Date || titled || terms(&table.columns[at]).iter().any(is_wanted);
        let cells = |at: usize| table.rows.iter().filter_map(move |row| row.get(at));
        let mut fit =
            (0..table.columns.len()).filter(|at| !taken.contains(at) && Kind::Text.settled(cells(*at)) == column.kind);
        if let (None, Some(at), None) = (sources[i], fit.next(), fit.next())
            && column.kind != Kind::Text
            && speaks(at)
        {
            taken.insert(at);
            sources[i] = Some(at);
        }
    }
    // A table's first column names its rows, whatever it is called.
    let names = shape.columns.first().is_some_and(|c| c.kind == Kind::Text);
    if sources.first() == Some(&None) && names && !taken.contains(&0) && are_distinct(&table.rows) {
        sources[0] = Some(0);
    }
    Ok(sources)
}

/// Whether a column is wanted that is worked out of others, and the page's is none: its capacity is no growth factor.
fn is_worked_out(wanted: &str, header: &str) -> bool {
    const WORKED_OUT: [&str; 8] =
        ["factor", "growth", "ratio", "change", "difference", "increase", "decrease", "percent"];
    let own = terms(header);
    terms(wanted).iter().any(|term| WORKED_OUT.contains(&term.as_str()) && !own.contains(term))
}

/// The one column of a table whose name has the words of `wanted`, and where several have them, no others, or only
/// others of the subject: seats in 2022 of an election in 2022.
fn column_named(wanted: &str, subject: &str, table: &Table) -> Option<usize> {
    let words =
        |text: &str| terms(text.split(['(', '[', '（']).next().unwrap_or(text)).into_iter().collect::<HashSet<_>>();
    let wanted = words(wanted);
    let only = |fits: &dyn Fn(&HashSet<String>) -> bool| {
        let mut found = (0..table.columns.len()).filter(|at| fits(&words(&table.columns[*at])));
        found.next().filter(|_| found.next().is_none())
    };
    if wanted.is_empty() {
        return None;
    }
    let subject: HashSet<String> = terms(subject).into_iter().collect();
    only(&|own| *own == wanted)
        .or_else(|| only(&|own| wanted.is_subset(own)))
        .or_else(|| only(&|own| wanted.is_subset(own) && own.difference(&wanted).all(|term| subject.contains(term))))
        .or_else(|| {
            // "Price (£/kg)", where the price per kilo is wanted.
            let is_unit =
                |term: &&String| ["per", "kilo"].contains(&term.as_str()) || read(&format!("1 {term}")).unit.is_some();
            only(&|own| !own.is_empty() && own.is_subset(&wanted) && wanted.difference(own).all(|term| is_unit(&term)))
        })
        .or_else(|| {
            // "Generation" of a table of electricity generated.
            let titled = words(&table.title);
            only(&|own| !own.is_empty() && own.is_subset(&wanted) && wanted.difference(own).all(|t| titled.contains(t)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_what_a_header_leaves_out() {
        let table = |title: &str| Table {
            title: title.into(),
            columns: ["Year", "Generation (GWh)", "Mean lake level (m)"].map(str::to_owned).to_vec(),
            rows: Vec::new(),
        };
        let column = |title: &str| column_named("Electricity Generation", "", &table(title));
        assert_eq!(column("Electricity generated by the Ost power station"), Some(1));
        assert_eq!(column("Lake Ost"), None);
        let cheese = Table { columns: vec!["Cheese".into(), "Price (£/kg)".into()], ..table("Cheeses") };
        assert_eq!(column_named("Price per kilo", "", &cheese), Some(1));
        assert!(is_worked_out("Factor", "Capacity") && !is_worked_out("Growth", "Growth (%)"));
    }
}
