//! Dependencies between the workspace's crates point down, and nothing below the root but `llama`
//! reaches llama.cpp.

use crate::{members, toml};
use std::collections::{BTreeMap, BTreeSet};

/// Which crates of the workspace each may depend on, by folder.
const ALLOWED: &[(&str, &[&str])] = &[
    ("chat", &[]),
    ("dialogues", &["chat"]),
    ("model", &["chat", "reader"]),
    ("llama", &["chat", "model"]),
    ("quantity", &[]),
    ("reader", &[]),
    ("tools", &["chat", "quantity", "reader", "sandbox"]),
    ("sandbox", &["chat"]),
    ("sandbox/worker", &["chat", "sandbox"]),
    ("agent", &["chat", "model", "quantity", "tools"]),
    ("server", &["agent", "chat", "model"]),
    ("tests/growth", &[]),
    ("tests/house", &[]),
    ("fuzz", &["chat", "model", "quantity", "reader", "tools"]),
];

/// Names of a manifest's dependencies on crates of this workspace, those of some platforms included,
/// dev-dependencies aside.
fn internal(folder: &str) -> Vec<String> {
    let manifest = toml(&format!("{folder}/Cargo.toml"));
    let platforms = manifest.get("target").and_then(|t| t.as_table()).into_iter().flat_map(|t| t.values());
    let tables = platforms.filter_map(|t| t.get("dependencies")).chain(manifest.get("dependencies"));
    let names = tables.filter_map(|t| t.as_table()).flat_map(|t| t.keys());
    names.filter_map(|k| k.strip_prefix("polymath-")).map(str::to_owned).collect()
}

#[test]
fn they_point_down() {
    for folder in members().iter().filter(|f| !f.is_empty()) {
        let (_, allowed) = ALLOWED.iter().find(|(name, _)| name == folder).unwrap_or_else(|| {
            panic!("{folder} is a new crate: say in this table what it may depend on");
        });
        for name in internal(folder) {
            assert!(allowed.contains(&name.as_str()), "{folder} may not depend on polymath-{name}");
        }
    }
}

/// Everything that `package` and its tests are built from: the closure of the lock file, which knows
/// every platform, every feature that is on, and dev-dependencies.
fn closure(package: &str) -> BTreeSet<String> {
    let lock = toml("Cargo.lock");
    let mut needs = BTreeMap::<&str, Vec<&str>>::new();
    for entry in lock["package"].as_array().unwrap() {
        let listed = entry.get("dependencies").and_then(|d| d.as_array()).into_iter().flatten();
        // A name, with the version behind it where there are several.
        let names = listed.filter_map(|d| d.as_str()?.split(' ').next());
        needs.entry(entry["name"].as_str().unwrap()).or_default().extend(names);
    }
    let mut found = BTreeSet::new();
    let mut open = vec![package];
    while let Some(name) = open.pop() {
        if found.insert(name.to_owned()) {
            open.extend(needs.get(name).unwrap_or_else(|| panic!("{name} is not in Cargo.lock")));
        }
    }
    found
}

#[test]
fn llama_cpp_is_below_llama_and_the_root_alone() {
    let native = |package: &str| closure(package).iter().any(|name| name.starts_with("llama-cpp"));
    let packages = members().into_iter().map(|folder| {
        let manifest = toml(&if folder.is_empty() { "Cargo.toml".into() } else { format!("{folder}/Cargo.toml") });
        manifest["package"]["name"].as_str().unwrap().to_owned()
    });
    let with: Vec<String> = packages.filter(|package| native(package)).collect();
    assert_eq!(with, ["polymath-llama", "polymath"], "these are built with llama.cpp");
}
