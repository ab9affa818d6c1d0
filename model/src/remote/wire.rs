//! Our values in the shapes of OpenAI's API, and the lines of its streams.
//! Source: <https://platform.openai.com/docs/api-reference/chat>.

use super::server::Kind;
use crate::dialect::{Dialect, generic_instructions};
use crate::engine::Sampling;
use polymath_chat::{Message, Role, ToolCall, ToolSpec};
use serde_json::{Map, Value, json};

/// The conversation for a server that knows of tools.
pub fn messages(messages: &[Message], kind: Kind) -> Vec<Value> {
    messages.iter().map(|m| message(m, kind)).collect()
}

fn message(message: &Message, kind: Kind) -> Value {
    let mut value = json!({"role": message.role, "content": message.content});
    // Models that think between calls want their thoughts back; OpenAI itself refuses the member.
    if let Some(reasoning) = message.reasoning.as_ref().filter(|_| kind.continues()) {
        value["reasoning_content"] = json!(reasoning);
    }
    if !message.calls.is_empty() {
        value["tool_calls"] = message.calls.iter().map(call).collect();
    }
    if let Some(id) = &message.call_id {
        value["tool_call_id"] = json!(id);
    }
    value
}

fn call(call: &ToolCall) -> Value {
    let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
    json!({"id": call.id, "type": "function", "function": function})
}

/// The conversation for a server that knows of text only: tools stand in the system message, calls
/// are written as the dialect writes them, results come from the user.
pub fn plain_messages(messages: &[Message], tools: &[ToolSpec], dialect: &dyn Dialect) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let instructions = generic_instructions(tools);
    if !instructions.is_empty() {
        out.push(json!({"role": "system", "content": instructions}));
    }
    for message in messages {
        let (role, content) = match message.role {
            Role::Tool => (Role::User, format!("<tool_response>\n{}\n</tool_response>", message.content)),
            _ if message.calls.is_empty() => (message.role, message.content.clone()),
            _ => (
                message.role,
                format!("{}\n{}", message.content, dialect.call_syntax(&message.calls)).trim().to_owned(),
            ),
        };
        match out.last_mut().filter(|last| last["role"] == json!(role) && role != Role::Assistant) {
            // Templates want one system message, and people and models to take turns.
            Some(last) => {
                let before = last["content"].as_str().unwrap_or_default();
                let joined = match role {
                    Role::System => format!("{content}\n\n{before}"),
                    _ => format!("{before}\n{content}"),
                };
                last["content"] = json!(joined);
            }
            None => out.push(json!({"role": role, "content": content})),
        }
    }
    out
}

pub fn tools(tools: &[ToolSpec]) -> Value {
    let function = |t: &ToolSpec| json!({"name": t.name, "description": t.description, "parameters": t.parameters});
    tools.iter().map(|t| json!({"type": "function", "function": function(t)})).collect()
}

/// How the next token is picked, in the words that this server understands.
pub fn sampling(sampling: &Sampling, kind: Kind) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("temperature".into(), json!(sampling.temperature));
    body.insert("seed".into(), json!(sampling.seed));
    if sampling.temperature > 0.0 {
        body.insert("top_p".into(), json!(sampling.top_p));
    }
    for (name, value) in
        [("presence_penalty", sampling.presence_penalty), ("frequency_penalty", sampling.frequency_penalty)]
    {
        if value != 0.0 {
            body.insert(name.into(), json!(value));
        }
    }
    if !sampling.logit_bias.is_empty() {
        let biases = sampling.logit_bias.iter().map(|(token, bias)| (token.to_string(), json!(bias)));
        body.insert("logit_bias".into(), Value::Object(biases.collect()));
    }
    let penalty = match kind {
        Kind::LlamaServer => "repeat_penalty",
        Kind::Vllm | Kind::Sglang => "repetition_penalty",
        Kind::Ollama | Kind::Other => return body,
    };
    // A server's own defaults are not ours.
    body.insert("top_k".into(), if sampling.top_k == 0 { json!(-1) } else { json!(sampling.top_k) });
    body.insert("min_p".into(), json!(sampling.min_p));
    body.insert(penalty.into(), json!(sampling.repeat_penalty));
    if kind == Kind::LlamaServer && sampling.dry > 0.0 {
        body.insert("dry_multiplier".into(), json!(sampling.dry));
    }
    body
}

/// Bytes of one line of a stream.
const LONGEST_LINE: usize = 8 << 20;

/// Cuts a body into the payloads of server-sent events. Source: WHATWG HTML, section 9.2; every
/// server writes a payload on one line.
#[derive(Default)]
pub struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// The payloads that are complete with these bytes. An error when a line has no end.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, String> {
        self.buffer.extend_from_slice(bytes);
        let Some(end) = self.buffer.iter().rposition(|b| *b == b'\n') else {
            return match self.buffer.len() > LONGEST_LINE {
                true => Err(format!("the server writes a line of more than {LONGEST_LINE} bytes")),
                false => Ok(Vec::new()),
            };
        };
        let rest = self.buffer.split_off(end + 1);
        let whole = std::mem::replace(&mut self.buffer, rest);
        Ok(String::from_utf8_lossy(&whole).lines().filter_map(payload).collect())
    }
}

fn payload(line: &str) -> Option<String> {
    let (field, value) = line.split_once(':')?;
    let value = value.trim();
    match field {
        "data" => Some(value.to_owned()),
        // Older versions of llama-server.
        "error" => Some(format!("{{\"error\":{value}}}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_whole_however_they_arrive() {
        let stream = ": ping\r\n\r\ndata: {\"a\":\"é\"}\r\n\r\nevent: x\ndata:[DONE]\n\nerror: {\"m\":1}\n";
        for size in [1, 2, 7, 1000] {
            let mut lines = Lines::default();
            let got: Vec<String> = stream.as_bytes().chunks(size).flat_map(|c| lines.push(c).unwrap()).collect();
            assert_eq!(got, ["{\"a\":\"é\"}", "[DONE]", "{\"error\":{\"m\":1}}"], "{size}");
        }
    }

    #[test]
    fn a_plain_conversation_takes_turns() {
        let call = ToolCall { id: "call00001".into(), name: "t".into(), arguments: json!({"a": 1}) };
        let tool = ToolSpec {
            name: "t".into(),
            description: "d".into(),
            parameters: json!({"type": "object"}),
            raw_argument: None,
            stateful: false,
        };
        let history = [
            Message::system("Be brief."),
            Message::user("Go"),
            Message { calls: vec![call.clone(), call.clone()], ..Message::assistant("Well.") },
            Message::tool(&call, "one"),
            Message::tool(&call, "two"),
        ];
        let got = plain_messages(&history, &[tool], crate::dialect::by_name("generic").unwrap());
        let roles: Vec<&str> = got.iter().map(|m| m["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user"]);
        assert!(got[0]["content"].as_str().unwrap().starts_with("Be brief.\n\nYou can use these tools"), "{}", got[0]);
        assert!(got[2]["content"].as_str().unwrap().contains("<tool_call>"), "{}", got[2]);
        assert!(got[3]["content"].as_str().unwrap().contains("two"), "{}", got[3]);
    }
}
