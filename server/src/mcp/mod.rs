//! The Model Context Protocol: the tools, and whole turns of the agent, for other programs. Over standard
//! input and output it is `polymath mcp`, over HTTP `/mcp` of a server.
//!
//! A connection is a session of the tools: its calls share the interpreter's variables, the browser's open
//! pages and the tables that they brought. `ask` begins a conversation of its own unless it names one.
//!
//! Source: <https://modelcontextprotocol.io/specification>.

mod ask;
mod completions;
mod connection;
mod http;
mod offer;
mod prompts;
mod resources;
mod stdio;
mod tools;

pub use http::routes;
pub use offer::Offer;
pub use stdio::serve_stdio;
