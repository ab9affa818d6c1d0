//! Messages to prompt text, by the chat template that the model's own file carries. Such a template is a stranger's
//! program: it is run by a process of its own, behind walls (`polymath_reader::renderer`). Ours is run here.
//!
//! Text that people, pages and tools wrote must never become a special token. It is therefore
//! broken, where it spells one, by a mark that no text may contain ([`MARK`]); the tokenizer cuts
//! the rendered prompt at these marks, so that a spelling on both sides of one stays a spelling.

use crate::dialect::generic_instructions;
use crate::engine::EngineError;
use chrono::{Local, NaiveDate};
use polymath_chat::{Message, Role, ToolCall, ToolSpec};
use polymath_reader::template::{Asked, Source, Template as Compiled};
use polymath_reader::{Reader, Renderer};
use serde_json::{Value, json};

/// A Unicode noncharacter: breaks up what would otherwise be read as a special token.
pub const MARK: char = '\u{FDD0}';
/// Stands for the assistant's last message when only what follows it is wanted.
const SLOT: &str = "\u{FDD1}";

/// Used when a file carries no template: the most widely understood one.
const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// A model's chat template, compiled.
pub struct Template {
    way: Way,
    /// Texts of the vocabulary's special tokens.
    special: Vec<String>,
    /// The day that it writes as today's, instead of the computer's own.
    today: Option<NaiveDate>,
    /// Whether the template itself tells the model about tools.
    describes_tools: bool,
}

/// Where a template is run.
enum Way {
    Here(Compiled),
    Walled(Renderer),
}

impl Template {
    /// Compiles `source`, or ChatML without one. `special` are the texts of all special tokens.
    pub fn new(source: Option<String>, special: Vec<String>, bos: String, eos: String) -> Result<Self, EngineError> {
        let describes_tools = source.as_deref().unwrap_or(CHATML).contains("tools");
        let way = match source {
            None => Compiled::compile(Source { text: CHATML.to_owned(), bos, eos }).map(Way::Here),
            Some(text) => {
                Renderer::start(Reader::locate(), Source { text, bos, eos }).map(Way::Walled).map_err(|e| e.to_string())
            }
        };
        Ok(Template { way: way.map_err(EngineError::Template)?, special, today: None, describes_tools })
    }

    /// The day that the template writes where it writes today's date, instead of the computer's own.
    pub fn set_today(&mut self, day: NaiveDate) {
        self.today = Some(day);
    }

    /// Describes tools in a system prompt of ours from now on, whatever the template has for them.
    pub fn teach(&mut self) {
        self.describes_tools = false;
    }

    /// The whole prompt, with the opening of the assistant's next message.
    pub fn render(&self, messages: &[Message], tools: &[ToolSpec]) -> Result<String, EngineError> {
        let messages: Vec<Value> = messages.iter().map(|m| self.message(m)).collect();
        self.render_values(messages, tools, true)
    }

    /// What the template itself writes of the assistant's next message behind `messages`: its header,
    /// and with some models the beginning of their reasoning. Whoever reads the reply has to know
    /// (see [`ParseCx::generation_prompt`](crate::dialect::ParseCx)). Empty when it writes nothing.
    pub fn opening(&self, messages: &[Message], tools: &[ToolSpec]) -> Result<String, EngineError> {
        let messages: Vec<Value> = messages.iter().map(|m| self.message(m)).collect();
        let with = self.render_values(messages.clone(), tools, true)?;
        let without = self.render_values(messages, tools, false)?;
        let same = with.chars().zip(without.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let (before, opening) = with.split_at(same);
        // Where something else stands instead, the two may begin alike: `<|im_start|>`, `<|im_end|>`.
        let tag = before.rfind('<').filter(|at| same < without.len() && !before[*at..].contains('>'));
        Ok(tag.map_or(opening, |at| &with[at..]).to_owned())
    }

    /// What follows an assistant's message in the prompt when `messages` come after it: its end, the
    /// messages, and the opening of the next one. `calls` are those that the message made. Appending
    /// this to the tokens that the model wrote keeps the log append-only.
    pub fn render_after_assistant(
        &self,
        calls: &[ToolCall],
        messages: &[Message],
        tools: &[ToolSpec],
    ) -> Result<String, EngineError> {
        let mut history = vec![json!({"role": "user", "content": "."}), json!({"role": "assistant", "content": SLOT})];
        history.extend(messages.iter().map(|m| self.message(m)));
        match self.render_values(history, tools, true) {
            // Some templates refuse a tool's result without a call before it (gpt-oss's does).
            Err(_) if !calls.is_empty() => self.render_after_calls(calls, messages, tools),
            Err(error) => Err(error),
            Ok(whole) => match whole.split_once(SLOT) {
                Some((_, tail)) => Ok(tail.to_owned()),
                None => Err(EngineError::Template("it leaves out the assistant's earlier messages".into())),
            },
        }
    }

    /// The same behind a message with its calls. The last argument stands for the place up to which
    /// the model wrote itself: from there the message ends with its last special token.
    fn render_after_calls(
        &self,
        calls: &[ToolCall],
        messages: &[Message],
        tools: &[ToolSpec],
    ) -> Result<String, EngineError> {
        let mut made: Vec<Value> = calls.iter().map(|c| self.call(c)).collect();
        if let Some(last) = made.last_mut() {
            last["function"]["arguments"] = json!({"slot": SLOT});
        }
        let mut history = vec![
            json!({"role": "user", "content": "."}),
            json!({"role": "assistant", "content": "", "tool_calls": made}),
        ];
        let alone = self.render_values(history.clone(), tools, false)?;
        history.extend(messages.iter().map(|m| self.message(m)));
        let whole = self.render_values(history, tools, true)?;
        let refused =
            || EngineError::Template("it writes the assistant's calls in no way that can be gone on from".into());
        let slot = alone.rfind(SLOT).filter(|_| whole.starts_with(&alone)).ok_or_else(refused)?;
        let ends = self.special.iter().filter_map(|text| alone[slot..].rfind(text.as_str()));
        Ok(whole[slot + ends.max().ok_or_else(refused)?..].to_owned())
    }

    fn render_values(
        &self,
        mut messages: Vec<Value>,
        tools: &[ToolSpec],
        opening: bool,
    ) -> Result<String, EngineError> {
        if !self.describes_tools && !tools.is_empty() {
            teach_tools(&mut messages, tools);
        }
        let tools: Vec<Value> = tools
            .iter()
            .map(|t| {
                json!({"type": "function", "function":
                    {"name": t.name, "description": t.description, "parameters": t.parameters}})
            })
            .collect();
        let today = self.today.unwrap_or_else(|| Local::now().date_naive()).to_string();
        let asked = Asked { messages, tools, opening, today };
        let prompt = match &self.way {
            Way::Here(template) => template.render(asked),
            Way::Walled(template) => template.render(asked).map_err(|e| e.to_string()),
        };
        prompt.map_err(EngineError::Template)
    }

    fn message(&self, message: &Message) -> Value {
        // The system prompt is polymath's own and may show the model how a call is written.
        let content = match message.role {
            Role::System => message.content.clone(),
            _ => self.defuse(&message.content),
        };
        let mut value = json!({"role": message.role, "content": content});
        if let Some(reasoning) = &message.reasoning {
            value["reasoning_content"] = json!(self.defuse(reasoning));
        }
        if !message.calls.is_empty() {
            value["tool_calls"] = message.calls.iter().map(|c| self.call(c)).collect();
        }
        if let Some(id) = &message.call_id {
            value["tool_call_id"] = json!(id);
        }
        if let Some(name) = &message.name {
            value["name"] = json!(name);
        }
        value
    }

    fn call(&self, call: &ToolCall) -> Value {
        let arguments = self.defuse_value(&call.arguments);
        json!({"type": "function", "id": call.id, "function": {"name": call.name, "arguments": arguments}})
    }

    fn defuse_value(&self, value: &Value) -> Value {
        match value {
            Value::String(s) => Value::String(self.defuse(s)),
            Value::Array(items) => items.iter().map(|v| self.defuse_value(v)).collect(),
            Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), self.defuse_value(v))).collect(),
            other => other.clone(),
        }
    }

    /// Breaks every spelling of a special token in `text`.
    fn defuse(&self, text: &str) -> String {
        let mut text = text.replace([MARK, '\u{FDD1}'], "\u{FFFD}");
        for special in &self.special {
            let Some(first) = special.chars().next() else { continue };
            if special.chars().count() > 1 && text.contains(special.as_str()) {
                let broken = format!("{first}{MARK}{}", &special[first.len_utf8()..]);
                text = text.replace(special.as_str(), &broken);
            }
        }
        text
    }
}

/// Puts the description of the tools, and of how to call them, into the system message.
fn teach_tools(messages: &mut Vec<Value>, tools: &[ToolSpec]) {
    let instructions = generic_instructions(tools);
    match messages.first_mut().filter(|m| m["role"] == "system") {
        Some(system) => {
            let own = system["content"].as_str().unwrap_or_default();
            system["content"] = json!(format!("{own}\n\n{instructions}"));
        }
        None => messages.insert(0, json!({"role": "system", "content": instructions})),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn chatml() -> Template {
        Template::new(None, vec!["<|im_end|>".into(), "<|im_start|>".into()], String::new(), String::new()).unwrap()
    }

    #[test]
    fn a_day_can_be_set_and_formats_of_the_hour_are_no_panic() {
        let source = "{{ strftime_now('%d %b %Y') }} {{ strftime_now('%H') }}".to_owned();
        let mut template = Template::new(Some(source), Vec::new(), String::new(), String::new()).unwrap();
        template.set_today(NaiveDate::from_ymd_opt(2031, 5, 9).unwrap());
        assert_eq!(template.render(&[], &[]).unwrap(), "09 May 2031 %H");
    }

    #[test]
    fn special_tokens_in_user_text_are_broken() {
        let prompt = chatml().render(&[Message::user("a <|im_end|> b \u{FDD0}")], &[]).unwrap();
        assert_eq!(prompt.matches("<|im_end|>").count(), 1, "{prompt}");
        assert!(prompt.contains("a <\u{FDD0}|im_end|> b \u{FFFD}"), "{prompt}");
    }

    #[test]
    fn tail_is_what_a_whole_rendering_would_add() {
        let template = chatml();
        let before = [Message::user("q"), Message::assistant("a")];
        let next = [Message::user("and then?")];
        let whole = template.render(&[&before[..], &next[..]].concat(), &[]).unwrap();
        let tail = template.render_after_assistant(&[], &next, &[]).unwrap();
        assert!(whole.ends_with(&tail), "{tail:?} is not the end of {whole:?}");
        assert!(tail.starts_with("<|im_end|>"), "{tail:?}");
    }

    /// As gpt-oss's template does: a result is refused unless a call stands before it.
    #[test]
    fn a_tail_behind_calls_where_results_need_them() {
        let source = "{% for m in messages %}{% if m.role == 'tool' %}\
            {% if not loop.previtem.tool_calls %}{{ raise_exception('a result without its call') }}{% endif %}\
            <|start|>{{ loop.previtem.tool_calls[-1].function.name }} to=assistant<|message|>{{ m.content }}<|end|>\
            {% elif m.tool_calls %}<|start|>assistant to={{ m.tool_calls[-1].function.name }}<|message|>\
            {{ m.tool_calls[-1].function.arguments | tojson }}<|call|>\
            {% else %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}\
            {% if add_generation_prompt %}<|start|>assistant{% endif %}";
        let special = ["<|start|>", "<|message|>", "<|end|>", "<|call|>"].map(String::from).to_vec();
        let template = Template::new(Some(source.into()), special, "".into(), "".into()).unwrap();
        let call = ToolCall { id: "call00001".into(), name: "weather".into(), arguments: json!({"city": "Oslo"}) };
        let asked = Message { calls: vec![call.clone()], ..Message::assistant("") };
        let result = [Message::tool(&call, "3 degrees")];
        let tail = template.render_after_assistant(&[call], &result, &[]).unwrap();
        assert_eq!(tail, "<|call|><|start|>weather to=assistant<|message|>3 degrees<|end|><|start|>assistant");
        let whole = template.render(&[&[Message::user("q"), asked][..], &result].concat(), &[]).unwrap();
        assert!(whole.ends_with(&tail), "{tail:?} is not the end of {whole:?}");
    }

    #[test]
    fn opening_is_what_the_template_writes_for_the_assistant() {
        let opening = |template: &Template| template.opening(&[Message::user("q")], &[]).unwrap();
        assert_eq!(opening(&chatml()), "<|im_start|>assistant\n");
        let template = |source: &str| Template::new(Some(source.into()), vec![], "".into(), "".into()).unwrap();
        let thinking = "{{ messages[0].content }}{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% else %}<|im_end|>{% endif %}";
        assert_eq!(opening(&template(thinking)), "<|im_start|>assistant\n<think>\n");
        assert_eq!(opening(&template("[INST]{{ messages[0].content }}[/INST]")), "");
    }
}
