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

/// Walls left down, for the negative controls of the attack tests: an attack that fails with its wall
/// up proves something only if it succeeds with that wall down. `polymath-python` has no way to
/// lower one; `polymath-python-lowered`, a program of the tests, is told by its own name.
#[derive(Debug, Clone, Default)]
pub struct Lowered(Vec<String>);

impl Lowered {
    /// Every wall stands.
    pub fn none() -> Self {
        Lowered::default()
    }

    /// From a program's name: `without-mounts-landlock` lowers those two.
    pub fn by_name(program: &str) -> Self {
        let names = program.strip_prefix("without-").unwrap_or_default();
        Lowered(names.split('-').filter(|n| !n.is_empty()).map(str::to_owned).collect())
    }

    /// Whether a wall, by the name of its file here or of its namespace, is left down.
    pub fn has(&self, wall: &str) -> bool {
        self.0.iter().any(|name| name == wall)
    }

    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}
