//! The HTTP server: any program that speaks OpenAI's API can use the loaded model, with tools,
//! structured answers and streaming; people use the page, scripts the own API beneath it, and other agents
//! the tools over MCP.
//!
//! Over OpenAI's API it knows an [`Engine`](polymath_model::engine::Engine) and nothing of what is
//! behind it: the client runs its own tools, calls go back to it. Over the own API (`runs/`) the agent
//! runs ours.
//! There is no TLS: beyond this machine, put a proxy in front that has it.

mod anthropic;
mod api;
mod app;
mod connections;
mod error;
mod files;
mod generation;
mod guard;
mod head;
mod limits;
mod listen;
mod mcp;
mod measured;
mod metrics;
mod observe;
mod openai;
mod page;
mod routes;
mod runs;
mod serve;
mod token;
mod wire;

pub use limits::Limits;
pub use listen::{ServeError, Server};
pub use mcp::{Offer, serve_stdio};
pub use routes::Service;
pub use runs::Workspace;
pub use token::{Token, TokenError};
