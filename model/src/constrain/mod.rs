//! Constraints on what may be decoded, compiled by llguidance for one vocabulary.
//!
//! What can't be written can't be got wrong: arguments follow their schema, a choice is one of the
//! choices, a quotation is a piece of the passage.

pub(crate) mod arguments;
mod calls;
mod check;
pub(crate) mod schema;
#[cfg(test)]
mod tests;

pub(crate) use arguments::quoted;
pub use calls::calls_grammar;
pub use check::check_tools;

use crate::engine::EngineError;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv};
use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar};
use polymath_chat::Constraint;

/// Compiles constraints for one vocabulary.
pub struct Compiler {
    factory: ParserFactory,
}

impl Compiler {
    /// Walks the vocabulary once: some hundred milliseconds for a large one.
    pub fn new(vocabulary: &TokEnv) -> Result<Self, EngineError> {
        let mut factory =
            ParserFactory::new_simple(vocabulary).map_err(|e| EngineError::Constraint(format!("{e:#}")))?;
        factory.quiet();
        Ok(Compiler { factory })
    }

    /// A compiler that reads text byte by byte, for texts that no model's vocabulary wrote.
    pub fn of_bytes() -> Result<Self, EngineError> {
        Compiler::new(&ApproximateTokEnv::single_byte_env())
    }

    /// Whether a whole text fits a constraint; the error says where it does not. For compilers
    /// [`of_bytes`](Compiler::of_bytes).
    pub fn check(&self, constraint: &Constraint, text: &str) -> Result<(), String> {
        let mut matcher = self.compile(constraint).map_err(|e| e.to_string())?;
        let bytes: Vec<u32> = text.bytes().map(u32::from).collect();
        let good = matcher.validate_tokens(&bytes).map_err(|e| e.to_string())?;
        if good < bytes.len() {
            let good = (0..=good).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let wrong: String = text[good..].chars().take(20).collect();
            let before: String = text[..good].chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
            return Err(format!("{wrong:?} cannot stand behind {before:?}"));
        }
        matcher.consume_tokens(&bytes).map_err(|e| e.to_string())?;
        match matcher.is_stopped() || matcher.is_accepting().unwrap_or(false) {
            true => Ok(()),
            false => Err("it ends too early".to_owned()),
        }
    }

    /// A matcher at the start of the constraint.
    pub fn compile(&self, constraint: &Constraint) -> Result<Matcher, EngineError> {
        let grammar = match constraint {
            Constraint::JsonSchema(schema) => {
                let mut schema = schema.clone();
                if let Some(map) = schema.as_object_mut() {
                    map.entry("x-guidance")
                        .or_insert(serde_json::json!({"whitespace_flexible": false, "lenient": true}));
                }
                TopLevelGrammar::from_json_schema(schema)
            }
            Constraint::Lark(lark) => TopLevelGrammar::from_lark(lark.clone()),
            Constraint::Choice(choices) => TopLevelGrammar::from_lark(choice_grammar(choices)?),
        };
        let mut matcher = Matcher::new(self.factory.create_parser(grammar));
        match matcher.get_error() {
            Some(why) => Err(EngineError::Constraint(why)),
            None => {
                for warning in matcher.grammar_warnings() {
                    tracing::warn!("constraint: {warning}");
                }
                Ok(matcher)
            }
        }
    }
}

fn choice_grammar(choices: &[String]) -> Result<String, EngineError> {
    if choices.is_empty() {
        return Err(EngineError::Constraint("a choice needs at least one text to choose from".into()));
    }
    let quoted: Vec<String> = choices.iter().map(|c| serde_json::Value::from(c.as_str()).to_string()).collect();
    Ok(format!("start: {}", quoted.join(" | ")))
}
