//! The ladder of rescues: what every dialect takes for a call although it is not written as its format
//! wants it, and the gates before each rung.
//!
//! Models forget a mark, write another family's, put the call into a fence, or get its JSON wrong
//! (ollama#12174, vllm#32926, kronk#944, vllm#8343, llama.cpp#9639, ollama#17638). None of that belongs
//! to one family, so all of it is here, and a dialect only says which marks are its own:
//!
//! - `prose` and `fence`: calls that stand in the text, bare, fenced, between another format's marks, or
//!   with the closing mark only.
//! - `value`: calls in Python's syntax, brackets too many, and what `json` mends.
//! - `quotes`: quotation marks that were not escaped in the only string.
//! - `settle`: the arguments in a string, in an array of one, or within a whole call; values in
//!   quotation marks where the schema wants something else.
//!
//! The gates: a rescued call names a known tool, and its arguments fit the schema (`settle`); and it is
//! not being talked about (`talk`, `quotation`). What is meant as a call and passes no gate is malformed, so that
//! the model is told, and is never silently the answer.

mod fence;
mod marks;
mod prose;
mod quotation;
mod quotes;
mod settle;
mod talk;
mod value;

pub(super) use marks::MARKS;
pub(super) use prose::Ladder;
pub(super) use settle::{Trust, fitted, settled, tell};
pub(super) use talk::Place;
pub(super) use value::{Found, calls, named_call, open_fence, surplus};
