//! Each target for a moment: texts put together from its pieces, and the inputs that something fell over once.

use polymath_fuzz::{TARGETS, Target, dialects::markers, target};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::path::{Path, PathBuf};

/// Texts for each target.
const CASES: u32 = 1500;

/// Bytes made of a target's pieces, of those of all, of anything.
fn bytes(target: &Target) -> impl Strategy<Value = Vec<u8>> + use<> {
    let own: Vec<&'static str> = target.pieces.to_vec();
    let marks: Vec<&'static str> = markers::ALL.iter().flat_map(|(_, marks)| *marks).copied().collect();
    let marks = if target.name == "replies" { marks } else { own.clone() };
    let piece = prop_oneof![
        8 => prop::sample::select(own).prop_map(|piece| piece.as_bytes().to_vec()),
        4 => prop::sample::select(marks).prop_map(|mark| mark.as_bytes().to_vec()),
        6 => prop::sample::select(polymath_growth::PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => ".{0,6}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..8),
    ];
    // Now and then one piece many times over.
    prop::collection::vec((piece, prop_oneof![12 => Just(1usize), 1 => 2usize..200]), 0..20)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, times)| piece.repeat(times)).collect())
}

#[test]
fn texts_of_their_pieces_are_read() {
    for target in TARGETS {
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let read = |bytes: Vec<u8>| {
            (target.read)(&bytes);
            Ok(())
        };
        if let Err(failure) = TestRunner::new(config).run(&bytes(target), read) {
            panic!("{}: {failure}", target.name);
        }
    }
}

fn inputs() -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    list(&Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("inputs"))
        .iter()
        .flat_map(|folder| list(folder))
        .collect()
}

/// `inputs/TARGET/what-it-is`.
#[test]
fn what_something_fell_over_is_read() {
    let inputs = inputs();
    assert!(!inputs.is_empty());
    for path in inputs {
        let name = path.parent().and_then(|folder| folder.file_name()).unwrap_or_default().to_string_lossy();
        let target = target(&name).unwrap_or_else(|| panic!("{}: there is no target {name}", path.display()));
        (target.read)(&std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    }
}
