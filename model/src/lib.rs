//! From messages to the model's next message: templates, engines, dialects, constraints, and the
//! store of model files. Knows nothing of what the tools do, and links no inference library.

pub mod calls;
pub mod constrain;
pub mod dialect;
pub mod embed;
pub mod engine;
pub mod eval;
pub mod jsonl;
pub mod probe;
pub mod remote;
pub mod scripted;
pub mod store;
pub mod template;
