//! The walls, one file a kernel mechanism. Each raises one and says what stands; the order they
//! must be raised in is in `init.rs` and `session.rs`. An error here refuses the session.

pub mod landlock;
pub mod limits;
pub mod mounts;
pub mod namespaces;
pub mod privileges;
pub mod probe;
pub mod seccomp;

/// A wall that could not be raised.
#[derive(Debug)]
pub struct WallError {
    pub wall: &'static str,
    pub message: String,
}

impl WallError {
    pub fn new(wall: &'static str, message: impl std::fmt::Display) -> Self {
        WallError { wall, message: message.to_string() }
    }
}
