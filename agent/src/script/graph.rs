//! Which step needs which: circles, and the whole as a picture in Mermaid.

use super::plan::{Each, Script};
use std::fmt::Write;

/// Steps that wait for each other, if there are any.
pub fn circle(script: &Script) -> Option<Vec<String>> {
    // What needs nothing that is left is taken away until nothing goes.
    let mut left: Vec<_> = script.steps.iter().collect();
    loop {
        let before = left.len();
        let names: Vec<&String> = left.iter().map(|step| &step.name).collect();
        left.retain(|step| step.needs.iter().any(|need| names.contains(&need)));
        if left.len() == before {
            break;
        }
    }
    let mut way: Vec<String> = vec![left.first()?.name.clone()];
    loop {
        let step = script.step(way.last()?)?;
        let next = step.needs.iter().find(|need| left.iter().any(|l| l.name == **need))?;
        if let Some(at) = way.iter().position(|name| name == next) {
            return Some(way.split_off(at));
        }
        way.push(next.clone());
    }
}

/// The script as a flow chart. Source of the language: <https://mermaid.js.org/syntax/flowchart.html>.
pub fn mermaid(script: &Script) -> String {
    let mut text = "flowchart TD\n".to_owned();
    let quoted = |text: &str| text.replace('"', "#quot;").replace('\n', " ");
    for (name, path) in &script.files {
        let _ = writeln!(text, "    {name}[(\"{}\")]", quoted(path));
    }
    for step in &script.steps {
        let (name, kind) = (&step.name, step.kind.name());
        let each = match &step.each {
            Some(Each::Name(list)) => format!("<br/>for each of {list}"),
            Some(Each::List(list)) => format!("<br/>for each of {}", list.len()),
            None => String::new(),
        };
        let condition = step.condition.as_ref().map_or(String::new(), |c| format!("<br/>if {}", quoted(c)));
        let (open, close) = match kind {
            "assert" => ("{{", "}}"),
            "report" => ("([", "])"),
            _ => ("[", "]"),
        };
        let _ = writeln!(text, "    {name}{open}\"{name}: {kind}{each}{condition}\"{close}");
    }
    for step in &script.steps {
        let files = script.files.iter().map(|(name, _)| name).filter(|name| step.mentions.contains(*name));
        for from in step.needs.iter().chain(files) {
            let _ = writeln!(text, "    {from} --> {}", step.name);
        }
    }
    text
}
