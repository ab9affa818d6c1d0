//! Rules of the code base that no compiler checks: which crate may know which, how long a file may
//! get, and that no files import each other in a circle.

#![allow(clippy::unwrap_used)]

mod circles;
mod dependencies;
mod modules;
mod scopes;
mod sizes;
mod supply;
mod threats;

use std::path::PathBuf;

/// The workspace's folder. Asked for when the tests run: a build directory may be shared by checkouts in
/// several places, and what was compiled in one of them is not compiled again in another.
fn root() -> PathBuf {
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    own.ancestors().nth(2).unwrap().to_owned()
}

/// A file of TOML, by its path from the workspace's folder.
fn toml(path: &str) -> toml::Table {
    toml::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// Folders of the workspace's crates from its own folder; the root package's is empty.
fn members() -> Vec<String> {
    let workspace = toml("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    members.iter().map(|m| m.as_str().unwrap().to_owned()).chain([String::new()]).collect()
}
