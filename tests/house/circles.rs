//! No files of a crate import each other in a circle, of whatever length: each can be read knowing
//! only those below it. A file imports another when it names something that is defined there; that
//! a parent lists or re-exports its children is no import.

use crate::modules::{Module, Read, read};
use crate::scopes::{Target, below, resolve};
use crate::{members, root, toml};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// For each file those it imports from, with one path by which it does.
type Graph = BTreeMap<PathBuf, BTreeMap<PathBuf, String>>;

fn graph(modules: &[Module]) -> Graph {
    let mut graph = Graph::new();
    for (at, module) in modules.iter().enumerate() {
        let mut add = |target: usize, path: &[String]| {
            let file = &modules[target].file;
            if *file != module.file {
                let from = graph.entry(module.file.clone()).or_default();
                from.entry(file.clone()).or_insert_with(|| path.join("::"));
            }
        };
        for import in &module.uses {
            match resolve(modules, at, &import.path) {
                Target::Item(target) | Target::Module(target) if import.visible && below(modules, target, at) => {}
                Target::Module(target) if import.name == "*" => add(target, &import.path),
                Target::Item(target) => add(target, &import.path),
                // What is taken from an imported module stands in the code.
                Target::Module(_) | Target::Outside => {}
            }
        }
        for path in &module.mentions {
            if let Target::Item(target) = resolve(modules, at, path) {
                add(target, path);
            }
        }
    }
    graph
}

/// The shortest way from `start` back to it.
fn circle(graph: &Graph, start: &PathBuf) -> Option<Vec<PathBuf>> {
    let mut before = BTreeMap::<&PathBuf, &PathBuf>::new();
    let mut open = VecDeque::from([start]);
    while let Some(file) = open.pop_front() {
        for next in graph.get(file).into_iter().flat_map(|targets| targets.keys()) {
            if next == start {
                let mut way = vec![file.clone()];
                while let Some(file) = before.get(&way[0]) {
                    way.insert(0, (*file).clone());
                }
                return Some(way);
            }
            if !before.contains_key(next) {
                before.insert(next, file);
                open.push_back(next);
            }
        }
    }
    None
}

/// Every circle that is the shortest one of some file, as a line that says what is imported.
fn circles(graph: &Graph) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in graph.keys() {
        let Some(way) = circle(graph, start) else { continue };
        if seen.insert(way.iter().cloned().collect::<BTreeSet<_>>()) {
            let mut line = way[0].display().to_string();
            for (i, from) in way.iter().enumerate() {
                let to = &way[(i + 1) % way.len()];
                write!(line, " -({})-> {}", graph[from][to], to.display()).unwrap();
            }
            found.push(line);
        }
    }
    found
}

/// Root files of a package's library and programs.
fn crates(folder: &str) -> Vec<PathBuf> {
    let at = |path: &str| if folder.is_empty() { PathBuf::from(path) } else { Path::new(folder).join(path) };
    let manifest = toml(&at("Cargo.toml").display().to_string());
    let programs = manifest.get("bin").and_then(|b| b.as_array()).into_iter().flatten();
    let named = manifest.get("lib").into_iter().chain(programs).filter_map(|t| t.get("path")?.as_str());
    let files: BTreeSet<PathBuf> = named.chain(["src/lib.rs", "src/main.rs"]).map(at).collect();
    files.into_iter().filter(|file| root().join(file).is_file()).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let from_disk: Read = &|path| std::fs::read_to_string(root().join(path)).ok();
    let crates: Vec<PathBuf> = members().iter().flat_map(|folder| crates(folder)).collect();
    assert!(crates.len() >= 9, "only {crates:?} found");
    let found: Vec<String> = crates.iter().flat_map(|file| circles(&graph(&read(file, from_disk)))).collect();
    assert!(found.is_empty(), "{} circles:\n{}", found.len(), found.join("\n"));
}

/// `files` are names and texts; `want` is each circle as it is told.
#[track_caller]
fn check(files: &[(&str, &str)], want: &[&str]) {
    let texts: BTreeMap<&Path, &str> = files.iter().map(|(name, text)| (Path::new(name), *text)).collect();
    let from_memory: Read = &|path| texts.get(path).map(|t| (*t).to_owned());
    assert_eq!(circles(&graph(&read(Path::new("s/lib.rs"), from_memory))), want);
}

#[test]
fn circles_are_seen() {
    let lib = ("s/lib.rs", "mod a; mod b; mod c;");
    let c = ("s/c.rs", "pub struct C;");
    // Two files, by `use`, by a path in the code, and inside a macro.
    for b in ["use crate::a::A;", "fn f() { crate::a::A; }", "fn f() { assert!(g(x, super::a::A)) }"] {
        let told = if b.starts_with("fn f() { assert") { "super::a::A" } else { "crate::a::A" };
        let b = format!("{b} pub struct B;");
        let want = format!("s/a.rs -(crate::b::B)-> s/b.rs -({told})-> s/a.rs");
        check(&[lib, ("s/a.rs", "use crate::b::B; pub struct A;"), ("s/b.rs", &b), c], &[&want]);
    }
    // Three files, one of them through an imported module.
    let three = "s/a.rs -(crate::b::B)-> s/b.rs -(c::C)-> s/c.rs -(super::a::A)-> s/a.rs";
    let b = ("s/b.rs", "use crate::c; pub struct B(c::C);");
    let c_back = ("s/c.rs", "pub struct C(super::a::A);");
    check(&[lib, ("s/a.rs", "use crate::b::B; pub struct A;"), b, c_back], &[three]);
    // A child that takes what its parent defines, while the parent takes something of the child's.
    let child = ("s/a/d.rs", "use super::A; pub struct D;");
    let parent = "mod d; pub struct A; ";
    let told = |how: &str| format!("s/a/d.rs -(super::A)-> s/a.rs -({how})-> s/a/d.rs");
    let nothing = ("s/b.rs", "");
    let uses = format!("{parent} use d::D;");
    check(&[lib, ("s/a.rs", &uses), child, nothing, c], &[&told("d::D")]);
    let reexports_and_uses = format!("{parent} pub use d::D; fn f() -> D {{ D }}");
    check(&[lib, ("s/a.rs", &reexports_and_uses), child, nothing, c], &[&told("D")]);
}

#[test]
fn what_is_no_circle_is_not_told() {
    let lib = ("s/lib.rs", "mod a; mod b; pub use a::A;");
    // Re-exports are looked through, and re-exporting is no import.
    let files = [
        ("s/a.rs", "mod d; mod e; pub(crate) use d::D; pub use e::{E as Renamed}; pub struct A;"),
        ("s/a/d.rs", "use super::{A, Renamed}; use crate::A as Same; pub struct D;"),
        ("s/a/e.rs", "/* use super::d::D; */ pub struct E;"),
        ("s/b.rs", "use crate::a::*; pub fn b() { let text = \"crate::a::d\"; }"),
    ];
    check(&[&[lib][..], &files].concat(), &[]);
    // Tests may look at everything, visibility is no import, and other crates may have our names.
    let files = [
        ("s/a.rs", "use b::c; use crate::b::B; pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"),
        (
            "s/b.rs",
            "pub(in crate::a) struct B; #[cfg(test)] use crate::a::A; #[cfg(test)] mod tests { use crate::a::A; }",
        ),
    ];
    check(&[&[("s/lib.rs", "mod a; mod b;")][..], &files].concat(), &[]);
}
