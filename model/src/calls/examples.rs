//! The worked examples: one for each thing that can happen. They are the same for every request, and
//! their wording has nothing to do with anyone's cases.

use super::wording::{ask, said, written};
use polymath_chat::{Message, ToolCall, ToolSpec};
use serde_json::{Value, json};

const SYSTEM: &str = "You choose function calls for requests. You are given functions and a request. First say for each function whether the request asks for it, then write all the calls that are needed as a JSON array.";

/// The conversation with which every question begins; with two examples more where calls were made
/// already.
pub fn conversation(done: bool) -> Vec<Message> {
    let mut messages = vec![Message::system(SYSTEM)];
    let rome = call("weather", json!({"city": "Rome", "day": "2024-05-02"}));
    let oslo = call("weather", json!({"city": "Oslo", "day": "2024-05-02"}));
    let feet = call("unit_convert", json!({"value": 30, "from": "m", "to": "ft"}));
    let late = call("mail.send", json!({"to": "jo@home.example", "text": "I'll be late"}));
    let rain = call("mail.send", json!({"to": "kim@home.example", "text": "It rains in Bern"}));
    let asked = "What will it be like outside in Rome and in Oslo on 2 May 2024?";
    example(&mut messages, &[weather(), mail()], asked, "", &[rome, oslo]);
    example(&mut messages, &[weather()], "Who was the first mayor of Rome?", "", &[]);
    let asked = "How many feet are 30 metres? And write to jo@home.example that I'll be late.";
    example(&mut messages, &[convert(), mail()], asked, "", &[feet, late]);
    example(&mut messages, &[mail(), convert()], "Delete the last e-mail from Jo.", "", &[]);
    let asked = "Let kim@home.example know that it rains in Bern.";
    example(&mut messages, &[weather(), mail(), convert()], asked, "", &[rain]);
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
    let said = said(tools, |tool| calls.iter().any(|call| call.name == tool.name));
    messages.push(Message::assistant(said + &written(calls)));
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
        stateful: false,
    }
}

pub fn weather() -> ToolSpec {
    let properties = json!({
        "city": {"type": "string", "description": "City"},
        "day": {"type": "string", "description": "Date, YYYY-MM-DD. Default is today"}
    });
    tool("weather", "Weather of a city on a day.", properties, &["city"])
}

pub fn mail() -> ToolSpec {
    let properties = json!({
        "to": {"type": "string", "description": "Address"},
        "text": {"type": "string", "description": "Text"},
        "urgent": {"type": "boolean", "description": "Mark it as urgent", "default": false}
    });
    tool("mail.send", "Send an e-mail.", properties, &["to", "text"])
}

pub fn convert() -> ToolSpec {
    let properties = json!({
        "value": {"type": "number", "description": "Length"},
        "from": {"type": "string", "enum": ["m", "ft", "mile"]},
        "to": {"type": "string", "enum": ["m", "ft", "mile"]}
    });
    tool("unit_convert", "Convert a length.", properties, &["value", "from", "to"])
}

pub fn find_mail() -> ToolSpec {
    tool("mail.search", "Find e-mails.", json!({"from": {"type": "string", "description": "Sender"}}), &["from"])
}
