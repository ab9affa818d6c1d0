//! `polymath parse --jsonl`: what the runtime understands of raw model output. Runs no model.
//!
//! Every input line gets an answer line, in order, whatever is wrong with it.

use anyhow::Context;
use clap::Args;
use polymath_chat::ToolSpec;
use polymath_model::dialect::{DIALECTS, ParseCx, Step, by_name};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, Write};

/// Options of `polymath parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// Read one JSON object a line from standard input, answer each with one
    #[arg(long, required = true)]
    pub jsonl: bool,
    /// Feed the text so many characters at a time through the streaming parser; 0 is all at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub chunk: usize,
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    dialect: String,
    model: Option<String>,
    tools: Option<Vec<Value>>,
    text: String,
    generation_prompt: Option<String>,
    truncated: Option<bool>,
}

/// Answers every line of standard input. Fails only when standard input or output does.
pub fn run(args: ParseArgs) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.context("cannot read standard input")?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        writeln!(out, "{}", answer(&line, args.chunk)).context("cannot write to standard output")?;
        out.flush().context("cannot write to standard output")?;
    }
    Ok(())
}

fn answer(line: &str, chunk: usize) -> Value {
    let request: Request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(why) => {
            let id = serde_json::from_str::<Value>(line).ok().and_then(|v| v.get("id").cloned());
            return failure(id.unwrap_or(Value::Null), format!("cannot read this line as a request: {why}"));
        }
    };
    let Some(dialect) = by_name(&request.dialect) else {
        let known: Vec<&str> = DIALECTS.iter().map(|d| d.name()).collect();
        let why = format!("there is no dialect {:?}; known are {}", request.dialect, known.join(", "));
        return failure(request.id, why);
    };
    let tools = match request.tools.unwrap_or_default().iter().map(tool_spec).collect::<Result<Vec<_>, _>>() {
        Ok(tools) => tools,
        Err(why) => return failure(request.id, why),
    };
    let mut parser = dialect.parser(ParseCx {
        tools: tools.into(),
        model: request.model,
        generation_prompt: request.generation_prompt,
    });
    let mut steps = Vec::new();
    for piece in pieces(&request.text, chunk) {
        parser.push(&piece, &mut steps);
    }
    parser.finish(request.truncated.unwrap_or(false), &mut steps);
    message(request.id, steps)
}

/// The text in pieces of `chunk` characters.
fn pieces(text: &str, chunk: usize) -> Vec<String> {
    match chunk {
        0 => vec![text.to_owned()],
        n => text.chars().collect::<Vec<_>>().chunks(n).map(|piece| piece.iter().collect()).collect(),
    }
}

fn message(id: Value, steps: Vec<Step>) -> Value {
    let (mut content, mut reasoning) = (String::new(), String::new());
    let (mut calls, mut error) = (Vec::new(), None);
    for step in steps {
        match step {
            Step::Text(text) => content.push_str(&text),
            Step::Reasoning(text) => reasoning.push_str(&text),
            Step::CallBegun { .. } => {}
            Step::Call { name, arguments } => calls.push(json!({"name": name, "arguments": arguments})),
            Step::Malformed { raw, why } => {
                error.get_or_insert_with(|| format!("{why}: {raw:?}"));
            }
        }
    }
    let some = |text: String| if text.is_empty() { Value::Null } else { Value::String(text) };
    json!({"id": id, "content": some(content), "reasoning": some(reasoning), "tool_calls": calls, "error": error})
}

fn failure(id: Value, why: String) -> Value {
    json!({"id": id, "content": null, "reasoning": null, "tool_calls": [], "error": why})
}

/// A tool as OpenAI's API describes it, or without that envelope.
fn tool_spec(tool: &Value) -> Result<ToolSpec, String> {
    let function = tool.get("function").unwrap_or(tool);
    let text = |key: &str| function.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text("name").ok_or_else(|| format!("a tool has no name: {tool}"))?;
    let parameters = match function.get("parameters") {
        Some(parameters) if parameters.is_object() => parameters.clone(),
        _ => json!({"type": "object", "properties": {}}),
    };
    let raw_argument = text("raw_argument").or_else(|| program_argument(&name, &parameters));
    Ok(ToolSpec {
        description: text("description").unwrap_or_default(),
        name,
        parameters,
        raw_argument,
        stateful: false,
    })
}

/// OpenAI's shape cannot say that an argument is program text. The Python tool's is known.
fn program_argument(name: &str, parameters: &Value) -> Option<String> {
    let code = parameters.pointer("/properties/code/type").and_then(Value::as_str) == Some("string");
    (name == "python" && code).then(|| "code".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(request: Value, chunk: usize) -> Value {
        answer(&request.to_string(), chunk)
    }

    #[test]
    fn a_reply_is_read_with_the_tools_of_the_request() {
        let request = json!({"id": 7, "dialect": "qwen3-hermes", "generation_prompt": "<think>\n",
            "tools": [{"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}],
            "text": "Hm.\n</think>\n\nWell.\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>"});
        for chunk in [0, 1, 7] {
            let want = json!({"id": 7, "content": "Well.", "reasoning": "Hm.",
                "tool_calls": [{"name": "clock", "arguments": {}}], "error": null});
            assert_eq!(ask(request.clone(), chunk), want);
        }
    }

    #[test]
    fn whatever_is_wrong_gets_an_answer() {
        #[track_caller]
        fn check(line: &str, id: Value, why: &str) {
            let got = answer(line, 0);
            assert_eq!((&got["id"], &got["tool_calls"]), (&id, &json!([])), "{got}");
            assert!(got["error"].as_str().is_some_and(|e| e.contains(why)), "{got}");
        }
        check("{", Value::Null, "cannot read this line");
        check("{\"id\": \"a\"}", json!("a"), "missing field `dialect`");
        check("{\"id\": \"a\", \"dialect\": \"latin\", \"text\": \"\"}", json!("a"), "known are qwen2.5-coder");
        check("{\"id\": 1, \"dialect\": \"glm\", \"text\": \"\", \"tools\": [{}]}", json!(1), "has no name");
        check(
            "{\"id\": 1, \"dialect\": \"glm\", \"text\": \"<tool_call>x\", \"truncated\": true}",
            json!(1),
            "token limit",
        );
    }
}
