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
use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar, toktrie::TokEnv};
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
