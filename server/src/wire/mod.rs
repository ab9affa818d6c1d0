//! What the protocols have in common: requests read field by field, calls that belong to their results, tools
//! of a client's, and replies written as they come.

pub mod fields;
pub mod open_calls;
pub mod reply;
pub mod stream;
pub mod tools;
