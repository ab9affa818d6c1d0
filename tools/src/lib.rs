//! What the model can do. A tool is one small trait, one file, and one row in `registry.rs`.
//!
//! Nothing here knows about models, prompts or llama.cpp: tools build and test without them.

mod registry;
mod tool;

pub use registry::Registry;
pub use tool::{CallCx, Tool, ToolError};
