//! Tools of other programs: servers of the Model Context Protocol that the user's settings name. A server is
//! a program that is started, or an address; its tools are tools like ours.
//!
//! What a server says of its tools and what they answer is data, capped and checked. A tool that does not say
//! that it only reads asks first.
//!
//! Source: <https://modelcontextprotocol.io/specification>.

mod approve;
mod config;
mod link;
mod result;
mod tool;

pub use approve::{Approval, Approve, Intent};
pub use config::{McpServer, NoServer};
pub use tool::{Found, connect};
