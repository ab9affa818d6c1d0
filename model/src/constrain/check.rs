//! Whether tools can be offered at all: known when the program starts, not in the middle of a reply.

use super::{Compiler, calls_grammar, schema::normalised};
use crate::dialect::DIALECTS;
use crate::engine::EngineError;
use polymath_chat::{Constraint, ToolSpec};
use serde_json::Value;
use std::collections::HashSet;

/// Compiles the parameters of every tool for each way they are used: as JSON, in a list of calls, and
/// in the calls of every dialect. Independent of any model: what compiles for single bytes compiles
/// for a vocabulary. The error names the tool and says what is wrong with it and what to do; what a
/// grammar cannot hold a model to, and only looser than the schema, is logged as a warning.
pub fn check_tools(tools: &[ToolSpec]) -> Result<(), EngineError> {
    let compiler = Compiler::of_bytes()?;
    let mut names = HashSet::new();
    for tool in tools {
        let name = &tool.name;
        shape(tool).map_err(|why| EngineError::Constraint(format!("the tool {name:?}: {why}")))?;
        if !names.insert(name) {
            return Err(EngineError::Constraint(format!("two tools are called {name:?}; rename one of them")));
        }
        let mut constraints = vec![
            Constraint::JsonSchema(normalised(&tool.parameters)),
            calls_grammar(std::slice::from_ref(tool), true, false),
        ];
        constraints.extend(dialect_grammars(tool).into_iter().map(Constraint::Lark));
        for constraint in constraints {
            compiles(&compiler, &constraint).map_err(|why| {
                let why = format!("the schema of the tool {name:?} cannot be used: {why}; {}", remedy(&why));
                EngineError::Constraint(why)
            })?;
        }
    }
    Ok(())
}

/// What a schema compiler does not look at.
fn shape(tool: &ToolSpec) -> Result<(), String> {
    if tool.name.trim().is_empty() {
        return Err("its name is empty; give it one".into());
    }
    let declared = tool.parameters.get("properties").and_then(Value::as_object);
    match &tool.parameters {
        Value::Null | Value::Object(_) => {}
        other => return Err(format!("its parameters are {other}, not a JSON schema; give an object schema")),
    }
    match normalised(&tool.parameters).get("type") {
        None => {}
        Some(Value::String(one)) if one == "object" => {}
        Some(other) => return Err(format!("its arguments have the type {other}; they are always an object")),
    }
    match &tool.raw_argument {
        Some(raw) if !declared.is_some_and(|d| d.contains_key(raw)) => {
            Err(format!("its raw argument {raw:?} is none of its properties; declare it"))
        }
        _ => Ok(()),
    }
}

/// The grammars of all dialects for a call of which nothing but the name stands, each once.
fn dialect_grammars(tool: &ToolSpec) -> HashSet<String> {
    let begun = ["", "{", "{{", &format!("<function={}>", tool.name)];
    let grammars = DIALECTS.iter().flat_map(|d| begun.iter().filter_map(|b| d.call_grammar(tool, b)));
    grammars.map(|g| g.lark).collect()
}

fn compiles(compiler: &Compiler, constraint: &Constraint) -> Result<(), String> {
    let failed = |why: String| {
        let line = why.lines().next().unwrap_or_default();
        // A place in a grammar that its author never saw.
        let line = line.split_once("failed to compile JSON schema: ").map_or(line, |(_, why)| why);
        line.trim().to_owned()
    };
    let mut matcher = compiler.compile(constraint).map_err(|e| match e {
        EngineError::Constraint(why) => failed(why),
        other => other.to_string(),
    })?;
    matcher.compute_mask().map(|_| ()).map_err(|e| failed(e.to_string()))
}

/// What a schema's author can do about it.
fn remedy(why: &str) -> &'static str {
    const REMEDIES: &[(&str, &str)] = &[
        ("nsatisfiable", "let `enum`, `const`, bounds and `required` agree with `type`, so that some value fits"),
        ("does not exist", "define what `$ref` points at under `$defs`, or write it in place"),
        ("ointer", "let `$ref` point at something under `$defs`"),
        ("etrieve", "put what `$ref` points at under `$defs`: other documents are not fetched"),
        ("regex", "write `pattern` without look-around, back-references and lazy operators"),
        ("too large", "make the schema smaller: fewer properties, shorter `enum`s, smaller `maxLength` and `maxItems`"),
        ("limit", "make the schema smaller: fewer properties, shorter `enum`s, smaller `maxLength` and `maxItems`"),
    ];
    let known = REMEDIES.iter().find(|(symptom, _)| why.contains(symptom));
    known.map_or("change that part of the schema, or leave the tool out", |(_, remedy)| remedy)
}
