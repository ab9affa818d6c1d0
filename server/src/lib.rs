//! The HTTP server: any program that speaks OpenAI's API can use the loaded model, with tools,
//! structured answers and streaming.
//!
//! It knows an [`Engine`](polymath_model::engine::Engine) and nothing of what is behind it. The
//! client runs its own tools here: calls go back to it. The loop that runs ours is the agent's.
//! There is no TLS: beyond this machine, put a proxy in front that has it.

mod app;
mod connections;
mod error;
mod generation;
mod guard;
mod head;
mod limits;
mod listen;
mod openai;
mod routes;
mod serve;
mod token;

pub use limits::Limits;
pub use listen::{ServeError, Server};
pub use routes::Service;
pub use token::{Token, TokenError};
