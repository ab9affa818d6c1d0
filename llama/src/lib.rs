//! GGUF models in this process, through llama.cpp: the one crate that links it.
//!
//! `engine.rs` is the engine as the agent sees it: messages in, messages out. `log.rs` is the
//! append-only token log of a conversation, `reply.rs` reads a reply while it is written. Below them
//! `scheduler.rs` is the thread that owns the context and evaluates all jobs side by side; `job.rs`
//! is one of them, `admission.rs` says whose turn it is, `sequences.rs` knows what stands in the KV cache, `disk.rs` keeps beginnings from
//! run to run (`state.rs` makes bytes of them), `lookup.rs` guesses what follows, `sample.rs` picks
//! the next token, `compile.rs` has its constraints, `vocabulary.rs` knows the tokens. `calls.rs`
//! decides weak models' calls, `prompt.rs` writes short tasks, `rpc.rs` adds other machines, `bench.rs` measures all of it; `embed.rs` is another kind of model, which
//! makes vectors of texts; `pause.rs` is how its threads wait.

mod admission;
pub mod bench;
mod calls;
mod compile;
mod disk;
mod embed;
mod engine;
mod job;
mod log;
mod lookup;
mod options;
#[cfg(target_arch = "x86_64")]
mod pause;
mod prompt;
mod reply;
mod rpc;
mod sample;
mod scheduler;
mod sequences;
mod state;
mod vocabulary;

pub use embed::{EmbedderOptions, LlamaEmbedder, Pooling};
pub use engine::LlamaEngine;
pub use options::{CallStrategy, DEFAULT_CONTEXT, DEFAULT_PREFIX_CACHE, LlamaOptions};
pub use rpc::add_rpc_servers;
