//! The worked examples: one for each thing that can happen. They are the same for every request, and
//! their wording has nothing to do with anyone's cases.

use super::{NO, YES, ask, written};
use polymath_chat::{Message, ToolCall, ToolSpec};
use serde_json::{Value, json};

const SYSTEM: &str = "You choose function calls for requests. You are given functions and a request. First say whether one of the functions can do what is requested, then write all the calls that are needed as a JSON array.";

/// The conversation with which every question begins; with two examples more where calls were made
/// already.
pub fn conversation(done: bool) -> Vec<Message> {
    let mut messages = vec![Message::system(SYSTEM)];
    let both = call("weather", json!({"city": "Rome", "day": "2024-05-02"}));
    let oslo = call("weather", json!({"city": "Oslo", "day": "2024-05-02"}));
    let feet = call("unit_convert", json!({"value": 30, "from": "m", "to": "ft"}));
    let asked = "What will it be like outside in Rome and in Oslo on 2 May 2024?";
    example(&mut messages, &[weather(), mail()], asked, "", &[both, oslo]);
    example(&mut messages, &[weather()], "Who was the first mayor of Rome?", "", &[]);
    example(&mut messages, &[convert(), mail()], "How many feet are 30 metres?", "", &[feet]);
    example(&mut messages, &[mail(), convert()], "Delete the last e-mail from Jo.", "", &[]);
    if done {
        let looked_up = "[{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\"}}] -> sunny, 21 degrees";
        let send = call("mail.send", json!({"to": "kim@home.example", "text": "Sunny, 21 degrees"}));
        let asked = "Send the weather in Bern to kim@home.example.";
        example(&mut messages, &[weather(), mail()], asked, looked_up, &[send]);
        example(&mut messages, &[weather(), mail()], "How warm is it in Bern?", looked_up, &[]);
    }
    messages
}

fn example(messages: &mut Vec<Message>, tools: &[ToolSpec], request: &str, done: &str, calls: &[ToolCall]) {
    messages.push(Message::user(ask(tools, &format!("Request: {request}"), done)));
    messages.push(Message::assistant(match calls {
        [] => NO.to_owned(),
        calls => format!("{YES}\n{}", written(calls)),
    }));
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: String::new(), name: name.into(), arguments }
}

fn tool(name: &str, description: &str, properties: Value, required: &[&str]) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: description.into(),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
        raw_argument: None,
    }
}

fn weather() -> ToolSpec {
    let properties = json!({
        "city": {"type": "string", "description": "City"},
        "day": {"type": "string", "description": "Date, YYYY-MM-DD. Default is today"}
    });
    tool("weather", "Weather of a city on a day.", properties, &["city"])
}

fn mail() -> ToolSpec {
    let properties = json!({
        "to": {"type": "string", "description": "Address"},
        "text": {"type": "string", "description": "Text"},
        "urgent": {"type": "boolean", "description": "Mark it as urgent", "default": false}
    });
    tool("mail.send", "Send an e-mail.", properties, &["to", "text"])
}

fn convert() -> ToolSpec {
    let properties = json!({
        "value": {"type": "number", "description": "Length"},
        "from": {"type": "string", "enum": ["m", "ft", "mile"]},
        "to": {"type": "string", "enum": ["m", "ft", "mile"]}
    });
    tool("unit_convert", "Convert a length.", properties, &["value", "from", "to"])
}
