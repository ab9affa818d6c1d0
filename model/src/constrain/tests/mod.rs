//! Constraints are matched byte by byte against texts that they must take and texts that they must not.

#![allow(clippy::unwrap_used)]

mod calls;
mod schemas;

use super::Compiler;
use llguidance::toktrie::ApproximateTokEnv;
use polymath_chat::{Constraint, ToolSpec};
use serde_json::Value;

fn tool(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec { name: name.into(), description: String::new(), parameters, raw_argument: None, stateful: false }
}

/// Whether `constraint` allows exactly `text`, one byte at a time.
#[track_caller]
fn accepts(constraint: &Constraint, text: &str) -> bool {
    let vocabulary = ApproximateTokEnv::single_byte_env();
    let mut matcher = Compiler::new(&vocabulary).unwrap().compile(constraint).unwrap();
    let tokens = vocabulary.tokenize(text);
    let taken = matcher.try_consume_tokens(&tokens).unwrap();
    taken == tokens.len() && matcher.is_accepting().unwrap()
}

#[track_caller]
fn check(constraint: &Constraint, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(accepts(constraint, text), "{text} is refused by\n{constraint:?}");
    }
    for text in bad {
        assert!(!accepts(constraint, text), "{text} is allowed by\n{constraint:?}");
    }
}
