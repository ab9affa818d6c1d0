//! Where the dependencies come from and under which terms: `deny.toml`, as `cargo deny` reads it.

use crate::{root, toml};
use spdx::{Expression, ParseMode};
use std::process::Command;
use toml::Value;

fn list(table: &str, key: &str) -> Vec<Value> {
    toml("deny.toml")[table][key].as_array().unwrap().clone()
}

/// Names and licences of what is built here, by cargo itself; nothing is downloaded.
fn licences() -> Vec<(String, Option<String>)> {
    let cargo = std::env::var_os("CARGO").unwrap();
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|p| (p["name"].as_str().unwrap().to_owned(), p["license"].as_str().map(str::to_owned))).collect()
}

/// Whether an expression's terms can be met with licences of the list.
fn fits(licence: &str, allowed: &[String]) -> bool {
    let expression = Expression::parse_mode(licence, ParseMode::LAX);
    expression.is_ok_and(|expression| expression.evaluate(|one| allowed.contains(&one.to_string())))
}

#[test]
fn licences_are_those_of_the_list() {
    let allowed: Vec<String> = list("licenses", "allow").iter().map(|l| l.as_str().unwrap().to_owned()).collect();
    let found = licences();
    assert!(found.len() > 200, "{} packages", found.len());
    for (name, licence) in found {
        let licence = licence.unwrap_or_else(|| panic!("{name} names no licence"));
        assert!(fits(&licence, &allowed), "{name} is under {licence}, which deny.toml does not allow");
    }
    // The control.
    assert!(fits("MIT OR GPL-3.0", &allowed) && !fits("MIT AND GPL-3.0-only", &allowed) && !fits("AGPL-3.0", &allowed));
}

#[test]
fn everything_comes_from_the_registry_and_nothing_banned_is_there() {
    let registries = list("sources", "allow-registry");
    let banned: Vec<Value> = list("bans", "deny").iter().map(|ban| ban["name"].clone()).collect();
    let lock = toml("Cargo.lock");
    for package in lock["package"].as_array().unwrap() {
        assert!(!banned.contains(&package["name"]), "{} is banned in deny.toml", package["name"]);
        // Those of the workspace have no source.
        if let Some(source) = package.get("source") {
            let registry = source.as_str().unwrap().strip_prefix("registry+");
            assert!(registry.is_some_and(|r| registries.contains(&r.into())), "{} is from {source}", package["name"]);
            assert!(package.get("checksum").is_some(), "{} has no checksum", package["name"]);
        }
    }
    assert!(!banned.is_empty());
}
