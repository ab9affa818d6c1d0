//! Rules of the code base that no compiler checks: which crate may know which, and how long a file
//! may get.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Names of a manifest's dependencies on crates of this workspace, those of some platforms included,
/// dev-dependencies aside.
fn internal(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let platforms = manifest.get("target").and_then(|t| t.as_table()).into_iter().flat_map(|t| t.values());
    let tables = platforms.filter_map(|t| t.get("dependencies")).chain(manifest.get("dependencies"));
    let names: Vec<String> = tables.filter_map(|t| t.as_table()).flat_map(|t| t.keys().cloned()).collect();
    assert!(!names.is_empty(), "no dependencies found");
    names.iter().filter_map(|k| k.strip_prefix("polymath-")).map(str::to_owned).collect()
}

#[test]
fn dependencies_point_down() {
    let allowed: &[(&str, &[&str])] = &[
        ("chat/Cargo.toml", &[]),
        ("model/Cargo.toml", &["chat"]),
        ("llama/Cargo.toml", &["chat", "model"]),
        ("tools/Cargo.toml", &["chat", "sandbox"]),
        ("sandbox/Cargo.toml", &["chat"]),
        ("sandbox/worker/Cargo.toml", &["chat", "sandbox"]),
        ("agent/Cargo.toml", &["chat", "model", "tools"]),
        ("server/Cargo.toml", &["chat", "model"]),
    ];
    for (manifest, allowed) in allowed {
        for name in internal(manifest) {
            assert!(allowed.contains(&name.as_str()), "{manifest} may not depend on polymath-{name}");
        }
    }
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_stay_readable() {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    assert!(found.len() > 50, "only {} files found", found.len());
    for path in found {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines; 500 is the end", path.display());
    }
}

#[test]
fn every_subcommand_is_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_polymath")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands =
        help.lines().skip_while(|l| !l.starts_with("Commands:")).skip(1).take_while(|l| !l.trim().is_empty());
    let names: Vec<&str> = commands.filter_map(|l| l.split_whitespace().next()).filter(|n| *n != "help").collect();
    assert!(names.len() > 5, "{help}");
    for name in names {
        assert!(readme.contains(&format!("polymath {name}")), "README.md does not mention `polymath {name}`");
    }
}
