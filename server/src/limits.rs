//! How much of this machine strangers may hold by doing nothing: figures for connections and times.
//!
//! A process usually has 1,024 file descriptors, 256 on macOS; a program on this machine, or one
//! behind a proxy that is, has one address like all others. Who is over a limit takes the place of a
//! connection that waits (see `connections.rs`), so the figures bound memory and descriptors, and do
//! not keep anybody out who has a whole request to send.

use std::time::Duration;

/// Limits of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all. Half the usual number of descriptors: the rest is the model's and the
    /// system's.
    pub connections: usize,
    /// Connections of one address; of IPv6 a /64 network is one, since hosts are given as much.
    pub per_address: usize,
    /// Until the headers of a request are there, from the connection's beginning or from the end of the
    /// answer before: it is also how long an idle connection is kept.
    pub head: Duration,
    /// Until more of a request's body is there.
    pub body_piece: Duration,
    /// Until all of a request's body is there: 8 MB at 70 kB/s.
    pub body: Duration,
    /// Until a client takes more of its answer.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 512,
            per_address: 256,
            head: Duration::from_secs(20),
            body_piece: Duration::from_secs(10),
            body: Duration::from_secs(120),
            write: Duration::from_secs(60),
        }
    }
}
