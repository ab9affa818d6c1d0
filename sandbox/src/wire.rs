//! What travels between the host and the worker program: plain JSON, never pickle.
//!
//! Three roads. The *control* socket (sequenced packets, file descriptors beside the data) leads to
//! the zygote, the *status* socket to a session's PID 1; both are trusted, since user code never
//! runs there. The *channel* (length, then JSON) leads to the process that runs user code, and
//! nothing that comes out of it is believed: sizes are capped before memory is taken, identifiers
//! are the host's, and what does not parse ends the session.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Largest packet on the control and status sockets, in bytes.
pub const MAX_PACKET: usize = 64 * 1024;
/// Largest frame the host takes from the channel, in bytes.
pub const MAX_FRAME: usize = 64 << 20;

/// Exit status of a worker whose runner the code has broken.
pub const BROKEN: i32 = 70;

/// The first packet to a zygote: where its Python packages are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZygotePlan {
    /// The virtual environment.
    pub environment: PathBuf,
}

/// What the zygote answers on the control socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ZygoteReply {
    /// Packages are imported; `python` is the interpreter's version.
    Ready { python: String },
    /// A session's PID 1 exists; its pidfd comes with this packet.
    Born,
    /// What went wrong, and the wall it has to do with, if any.
    Failed { wall: Option<String>, message: String },
}

/// The wall that is missing where a program that runs as root gets no namespaces.
pub const NAMESPACES: &str = "mount, pid and network namespaces";

/// What one session may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Memory on top of what the warm interpreter has, in bytes.
    pub memory: u64,
    /// Processor time of the whole session, in seconds.
    pub cpu_seconds: u64,
    /// Processors it may keep busy at once, where control groups can be had.
    pub cpus: u32,
    /// Bytes of the working directory.
    pub disk: u64,
    /// Files and folders of the working directory.
    pub disk_files: u64,
    /// Size of one file in bytes.
    pub file_size: u64,
    pub open_files: u64,
    pub threads: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 2 << 30,
            cpu_seconds: 3600,
            cpus: 1,
            disk: 256 << 20,
            disk_files: 4096,
            file_size: 128 << 20,
            open_files: 256,
            threads: 64,
        }
    }
}

/// A packet that asks the zygote for a session. With it come four descriptors, the session's ends of
/// the channel, standard output, standard error and status, and then the `cgroup.procs` files of the
/// control groups it belongs in, one a hierarchy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionPlan {
    pub limits: Limits,
    /// The host's user id to drop to when the program runs as root; without it the session gets a
    /// user namespace.
    pub uid: Option<u32>,
    pub ground: Ground,
    /// Files of the user's, read-only in the work directory.
    pub files: Vec<SeenFile>,
}

/// What keeps a session away from the host's files, processes and network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ground {
    /// Namespaces of its own, with a file system of its own in them.
    Namespaces,
    /// Landlock (ABI 6 or newer) alone, where namespaces are not to be had: the work directory is a
    /// folder of the host on a file system that is small enough to be filled.
    Reduced { work: PathBuf },
}

/// A file of the user's that a session may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenFile {
    /// Its name in the work directory: one component.
    pub name: String,
    /// Where it is on the host: absolute, without links.
    #[serde(with = "polymath_chat::path")]
    pub path: PathBuf,
}

/// A file as the host saw it when it opened it. Whoever puts another in its place gives nothing: the
/// session's end compares what it has mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFile {
    pub file: GivenFile,
    pub device: u64,
    pub inode: u64,
    /// Whether it is put below [`LATER`], and the host links to it once a cell comes that had it.
    pub later: bool,
}

/// Where files are that the code does not know of yet.
pub const LATER: &str = "/later";

/// What PID 1 of a session says on the status socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum InitMessage {
    /// Mounts stand and the worker was forked; its pidfd and the working directory come with this.
    Forked {
        walls: Vec<Wall>,
    },
    Failed {
        wall: String,
        message: String,
    },
    /// The worker's wait status, as `waitpid` gives it.
    Ended {
        status: i32,
    },
}

/// One wall of the sandbox, as found standing or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    pub name: String,
    pub up: bool,
    pub detail: String,
}

impl Wall {
    pub fn up(name: &str, detail: impl Into<String>) -> Self {
        Wall { name: name.to_owned(), up: true, detail: detail.into() }
    }

    pub fn down(name: &str, detail: impl Into<String>) -> Self {
        Wall { name: name.to_owned(), up: false, detail: detail.into() }
    }
}

/// The first frame of a worker, written behind all walls before any user code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Hello {
    Walls(Vec<Wall>),
    Failed { wall: String, message: String },
}
