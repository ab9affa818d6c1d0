//! Chat templates, which come out of strangers' files: compiled, and written for a conversation.
//!
//! Steps and bytes are limited (minijinja's fuel), but not all that a template can do is charged: a list that holds
//! another one twice, forty times over, takes nothing until it is compared or written. So templates of files are run by
//! a process behind walls (`renderer.rs`); in this one only our own is, and those of tests and fuzzers.

use chrono::{Datelike, NaiveDate};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// Calls within calls that a template may make: more than any needs, and the usual 500 take much stack.
const DEPTH: usize = 100;
/// Steps of a template that one rendering may take, and 64 bytes each that it may make. A conversation of 1,000
/// messages with calls takes 300,000 of Qwen3's.
const FUEL: u64 = 3_000_000;
/// Bytes of a template: several times the longest that is known. Compiling takes the square of a chain's length.
pub const LONGEST_SOURCE: usize = 128 << 10;
/// Bytes of a prompt: several times what any context holds.
const LONGEST_PROMPT: usize = 64 << 20;
/// Bytes of a format for today's date.
const LONGEST_FORMAT: usize = 256;

/// A template as its model's file has it, and what it may write of the vocabulary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    pub text: String,
    pub bos: String,
    pub eos: String,
}

/// What a prompt is to be written of, in the form that templates were written against (Hugging Face's).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    pub messages: Vec<Value>,
    pub tools: Vec<Value>,
    /// With the opening of the assistant's next message.
    pub opening: bool,
    /// The day that is written as today's, `YYYY-MM-DD`: behind walls nobody knows the computer's time zone.
    pub today: String,
}

/// A compiled template.
pub struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    /// Days since the common era began, for `strftime_now`.
    today: Arc<AtomicI32>,
}

impl Template {
    /// Takes much stack where the source is nested, as rendering does where lists are.
    ///
    /// # Errors
    /// It is none, or too long.
    pub fn compile(source: Source) -> Result<Self, String> {
        let Source { text, bos, eos } = source;
        if text.len() > LONGEST_SOURCE {
            return Err(format!("it is longer than {} KiB", LONGEST_SOURCE >> 10));
        }
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| e.to_string())?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, why))
        });
        let today = Arc::<AtomicI32>::default();
        let day = today.clone();
        // Date only: a time of day in the prefix would void the cache with every run.
        environment.add_function("strftime_now", move |format: String| {
            let day = NaiveDate::from_num_days_from_ce_opt(day.load(Ordering::Relaxed)).unwrap_or_default();
            formatted(day, &format)
        });
        environment.add_filter("tojson", |value: Jinja| python_json(&value));
        environment.add_template_owned("chat", text).map_err(|e| format!("{e:#}"))?;
        Ok(Template { environment, bos, eos, today })
    }

    /// The prompt.
    ///
    /// # Errors
    /// What the template says is wrong, or does wrong.
    pub fn render(&self, asked: Asked) -> Result<String, String> {
        let Asked { messages, tools, opening, today } = asked;
        let today: NaiveDate = today.parse().map_err(|e| format!("`{today}` is no day: {e}"))?;
        self.today.store(today.num_days_from_ce(), Ordering::Relaxed);
        let template = self.environment.get_template("chat").map_err(|e| e.to_string())?;
        let context = minijinja::context! {
            messages => Jinja::from(minijinja::value::Serde(messages)),
            tools => if tools.is_empty() { Jinja::from(()) } else { Jinja::from(minijinja::value::Serde(tools)) },
            add_generation_prompt => opening,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
        };
        let mut prompt = Limited::default();
        template.render_captured_to(context, &mut prompt).map_err(|e| match prompt.full {
            true => format!("it writes more than {} MiB", LONGEST_PROMPT >> 20),
            false => format!("{e:#}"),
        })?;
        String::from_utf8(prompt.text).map_err(|e| e.to_string())
    }
}

/// A text that is being written; what is too long is an error.
#[derive(Default)]
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
    let mut out = Limited::default();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Spaced);
    let failed = |e: String| Error::new(ErrorKind::BadSerialization, e);
    value.serialize(&mut serializer).map_err(|e| failed(e.to_string()))?;
    String::from_utf8(out.text).map(Jinja::from_safe_string).map_err(|e| failed(e.to_string()))
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn compiled(text: &str) -> Result<Template, String> {
        Template::compile(Source { text: text.into(), bos: "<s>".into(), eos: "</s>".into() })
    }

    fn rendered(text: &str) -> Result<String, String> {
        let messages = vec![serde_json::json!({"role": "user", "content": "é\"x"})];
        let tools = vec![serde_json::json!({"b": "d <'>", "a": {"type": [1, "object"]}})];
        compiled(text)?.render(Asked { messages, tools, opening: true, today: "2031-05-09".into() })
    }

    #[test]
    fn templates_that_never_end_or_write_without_end_are_errors() {
        for (text, says) in [
            ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "fuel"),
            ("{% for a in range(9999) %}{{ 'x' * 1000000 }}{% endfor %}", "64 MiB"),
            ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion"),
            ("{% set n = namespace(x='x') %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}", "fuel"),
        ] {
            let error = rendered(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        assert!(compiled(&" ".repeat(LONGEST_SOURCE + 1)).is_err_and(|e| e.contains("128 KiB")));
    }

    #[test]
    fn formats_that_are_none_are_no_panic() {
        for format in ["%!", "%", "%9999999999Y", "%+", "\u{1}%"] {
            assert!(!rendered(&format!("{{{{ strftime_now('{format}') }}}}")).unwrap().is_empty(), "{format:?}");
        }
        assert_eq!(formatted(NaiveDate::default(), &"%c".repeat(200)).len(), 400);
        let day = "{{ strftime_now('%d %b %Y') }} {{ strftime_now('%H') }}";
        assert_eq!(rendered(day).unwrap(), "09 May 2031 %H");
    }

    #[test]
    fn tojson_writes_what_python_writes() {
        let got = rendered("{{ messages[0].content | tojson }}{{ tools[0] | tojson }}").unwrap();
        assert_eq!(got, r#""é\"x"{"b": "d <'>", "a": {"type": [1, "object"]}}"#);
    }
}
