//! Messages to prompt text, by the chat template that the model's own file carries.
//!
//! Text that people, pages and tools wrote must never become a special token. It is therefore
//! broken, where it spells one, by a mark that no text may contain ([`MARK`]); the tokenizer cuts
//! the rendered prompt at these marks, so that a spelling on both sides of one stays a spelling.

use crate::dialect::generic_instructions;
use crate::engine::EngineError;
use chrono::{Local, NaiveDate};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};
use polymath_chat::{Message, Role, ToolCall, ToolSpec};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// A Unicode noncharacter: breaks up what would otherwise be read as a special token.
pub const MARK: char = '\u{FDD0}';
/// Stands for the assistant's last message when only what follows it is wanted.
const SLOT: &str = "\u{FDD1}";

/// Used when a file carries no template: the most widely understood one.
const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Calls within calls that a template may make: more than any needs, and the usual 500 take much stack.
const DEPTH: usize = 100;
/// Instructions of a template that one rendering may take. A conversation of 1,000 messages with calls takes
/// 300,000 of Qwen3's.
const FUEL: u64 = 3_000_000;
/// Bytes of a template: several times the longest that is known. Compiling takes the square of a chain's length.
const LONGEST_SOURCE: usize = 128 << 10;
/// Stack of the threads that compile and render. Both are calls in calls where a template is nested, or makes lists
/// in lists: so much that what stands in [`LONGEST_SOURCE`] and is made with [`FUEL`] fits. Only what is used takes
/// memory.
const STACK: usize = 1 << 30;
/// Bytes of a prompt: several times what any context holds.
const LONGEST_PROMPT: usize = 64 << 20;
/// Bytes of a format for today's date.
const LONGEST_FORMAT: usize = 256;

/// A model's chat template, compiled.
pub struct Template {
    environment: Environment<'static>,
    /// Texts of the vocabulary's special tokens.
    special: Vec<String>,
    bos: String,
    eos: String,
    /// Whether the template itself tells the model about tools.
    describes_tools: bool,
}

impl Template {
    /// Compiles `source`, or ChatML without one. `special` are the texts of all special tokens.
    pub fn new(source: Option<String>, special: Vec<String>, bos: String, eos: String) -> Result<Self, EngineError> {
        let source = source.unwrap_or_else(|| CHATML.to_owned());
        if source.len() > LONGEST_SOURCE {
            return Err(EngineError::Template(format!("it is longer than {} KiB", LONGEST_SOURCE >> 10)));
        }
        let describes_tools = source.contains("tools");
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| EngineError::Template(e.to_string()))?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, why))
        });
        // Date only: a time of day in the prefix would void the cache with every run.
        environment.add_function("strftime_now", |format: String| formatted(Local::now().date_naive(), &format));
        environment.add_filter("tojson", |value: Jinja| python_json(&value));
        let environment = on_a_deep_stack(|| {
            environment.add_template_owned("chat", source).map_err(|e| EngineError::Template(format!("{e:#}")))?;
            Ok(environment)
        })?;
        Ok(Template { environment, special, bos, eos, describes_tools })
    }

    /// The day that the template writes where it writes today's date, instead of the computer's own.
    pub fn set_today(&mut self, day: NaiveDate) {
        self.environment.add_function("strftime_now", move |format: String| formatted(day, &format));
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
        on_a_deep_stack(|| self.rendered(messages, tools, opening))
    }

    fn rendered(&self, messages: Vec<Value>, tools: Vec<Value>, opening: bool) -> Result<String, EngineError> {
        let template = self.environment.get_template("chat").map_err(|e| EngineError::Template(e.to_string()))?;
        let context = minijinja::context! {
            messages => Jinja::from(minijinja::value::Serde(messages)),
            tools => if tools.is_empty() { Jinja::from(()) } else { Jinja::from(minijinja::value::Serde(tools)) },
            add_generation_prompt => opening,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
        };
        let mut prompt = Limited { text: Vec::new(), full: false };
        template.render_captured_to(context, &mut prompt).map_err(|e| match prompt.full {
            true => EngineError::Template(format!("it writes more than {} MiB", LONGEST_PROMPT >> 20)),
            false => EngineError::Template(format!("{e:#}")),
        })?;
        String::from_utf8(prompt.text).map_err(|e| EngineError::Template(e.to_string()))
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

/// Does `work` on a thread of its own with much stack.
fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> Result<T, EngineError> + Send) -> Result<T, EngineError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("template".into()).stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|e| EngineError::Template(format!("there is no thread to read it on: {e}")))?;
        thread.join().unwrap_or_else(|_| Err(EngineError::Template("it made the program that reads it fail".into())))
    })
}

/// A prompt that is being written; what is too long is an error.
struct Limited {
    text: Vec<u8>,
    full: bool,
}

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.full = self.text.len() + bytes.len() > LONGEST_PROMPT;
        if self.full {
            return Err(std::io::ErrorKind::OutOfMemory.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
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

/// JSON as Python's `json.dumps(ensure_ascii=False)` writes it, which is what templates were
/// written against (minijinja's own filter escapes for HTML and leaves out the spaces).
fn python_json(value: &Jinja) -> Result<Jinja, Error> {
    struct Spaced;
    impl serde_json::ser::Formatter for Spaced {
        fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, w: &mut W, first: bool) -> std::io::Result<()> {
            if first { Ok(()) } else { w.write_all(b", ") }
        }
        fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, w: &mut W, first: bool) -> std::io::Result<()> {
            if first { Ok(()) } else { w.write_all(b", ") }
        }
        fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, w: &mut W) -> std::io::Result<()> {
            w.write_all(b": ")
        }
    }
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Spaced);
    let failed = |e: String| Error::new(ErrorKind::BadSerialization, e);
    value.serialize(&mut serializer).map_err(|e| failed(e.to_string()))?;
    String::from_utf8(out).map(Jinja::from_safe_string).map_err(|e| failed(e.to_string()))
}

/// A day as C's `strftime` writes it; the format itself where it is none.
fn formatted(day: NaiveDate, format: &str) -> String {
    let mut out = String::new();
    match format.len() <= LONGEST_FORMAT && write!(out, "{}", day.format(format)).is_ok() {
        true => out,
        false => format.to_owned(),
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

    #[track_caller]
    fn refused(source: &str, says: &str) {
        let template = Template::new(Some(source.to_owned()), vec![], "".into(), "".into()).unwrap();
        let error = template.render(&[Message::user("q")], &[]).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn templates_that_never_end_or_write_without_end_are_errors() {
        refused("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "fuel");
        refused("{% for a in range(9999) %}{{ 'x' * 1000000 }}{% endfor %}", "64 MiB");
        refused("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion");
    }

    /// Chains, brackets, branches and blocks as long as a template may be; and lists in lists, which are made, written
    /// and given back by calls in calls.
    #[test]
    fn what_is_nested_without_end_is_an_error_or_text() {
        // A quarter of the length, where the whole would take a minute without optimisation.
        let made = |before: &str, piece: &str, behind: &str| {
            let bytes = if piece == ".a" { LONGEST_SOURCE } else { LONGEST_SOURCE / 4 };
            format!("{before}{}{behind}", piece.repeat((bytes - before.len() - behind.len()) / piece.len()))
        };
        for (before, piece, behind) in [
            ("{{ a", ".a", " }}"),
            ("{{ a", "[0]", " }}"),
            ("{{ a", "~a", " }}"),
            ("{{ a", "|upper", " }}"),
            ("{{ ", "-", "1 }}"),
            ("{{ ", "not ", "1 }}"),
            ("{{ ", "(", ""),
            ("{{ ", "[", ""),
            ("{% if a %}", "{% elif a %}", "{% endif %}"),
            ("", "{% if a %}", ""),
            ("{{ ", "1 if a else ", "1 }}"),
        ] {
            eprintln!("{piece:?}"); // a stack that overflows ends the process
            let source = made(before, piece, behind);
            if let Ok(template) = Template::new(Some(source), vec![], "".into(), "".into()) {
                drop(template.render(&[], &[]));
            }
        }
        let grown = "{% set n = namespace(x=[]) %}{% for a in range(9999) %}{% for b in range(9999) %}{% set n.x = [n.x] %}\
            {% if loop.index0 == 50 and a == LAST %}{{ WRITTEN }}{{ stop() }}{% endif %}{% endfor %}{% endfor %}";
        for (last, written) in [("9998", "1"), ("20", "n.x | tojson"), ("20", "n.x"), ("20", "n.x == [n.x]")] {
            eprintln!("{written:?}");
            let source = grown.replace("LAST", last).replace("WRITTEN", written);
            let template = Template::new(Some(source), vec![], "".into(), "".into()).unwrap();
            template.render(&[], &[]).unwrap_err();
        }
        let long = Template::new(Some(" ".repeat(LONGEST_SOURCE + 1)), vec![], "".into(), "".into());
        assert!(long.is_err_and(|e| e.to_string().contains("128 KiB")));
    }

    #[test]
    fn formats_that_are_none_are_no_panic() {
        for format in ["%!", "%", "%9999999999Y", "%+", "\u{1}%"] {
            let source = format!("{{{{ strftime_now('{format}') }}}}");
            let template = Template::new(Some(source), vec![], "".into(), "".into()).unwrap();
            assert!(!template.render(&[], &[]).unwrap().is_empty(), "{format:?}");
        }
        assert_eq!(formatted(NaiveDate::default(), &"%c".repeat(200)).len(), 400);
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

    #[test]
    fn tojson_writes_what_python_writes() {
        let t = Template::new(
            Some("{{ messages[0].content | tojson }}{{ tools[0] | tojson }}".into()),
            vec![],
            "".into(),
            "".into(),
        )
        .unwrap();
        let tool = ToolSpec {
            name: "f".into(),
            description: "d <'>".into(),
            parameters: json!({"type": "object"}),
            raw_argument: None,
            stateful: false,
        };
        let got = t.render(&[Message::user("é\"x")], &[tool]).unwrap();
        assert_eq!(
            got,
            "\"é\\\"x\"{\"type\": \"function\", \"function\": {\"name\": \"f\", \"description\": \"d <'>\", \"parameters\": {\"type\": \"object\"}}}"
        );
    }
}
