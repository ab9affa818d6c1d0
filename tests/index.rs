//! `polymath index`, and what `local:NAME` then finds.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;

use program::Program;
use std::path::Path;
use std::process::Output;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn write(folder: &Path, name: &str, what: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), what).unwrap();
}

#[test]
fn a_folder_becomes_a_corpus_that_grows() {
    let program = Program::new();
    let notes = program.home.path().join("My Notes");
    write(&notes, "a.md", "# Zebra\n\nStripes keep flies away.");
    write(&notes, "b.pdf", "none");
    let source = notes.to_str().unwrap();
    let first = program.run(&["index", source]);
    assert!(done(&first).starts_with("my-notes: 1 pages (1 read in "), "{}", text(&first.stdout));
    let told = text(&first.stderr);
    assert!(told.contains("left out: local:My Notes/b.pdf: ") && told.contains("--search local:my-notes"), "{told}");
    let search = |name: &str| {
        let query = "{\"query\": \"which animal has stripes\"}";
        program.run(&["tool", "call", "browser_search", query, "--search", &format!("local:{name}")])
    };
    assert!(done(&search("my-notes")).contains("1. Zebra — local:My Notes/a.md\n   Stripes keep flies away."));
    write(&notes, "c.txt", "Tapirs have stripes when they are young.");
    assert!(done(&program.run(&["index", source, "--quiet"])).contains("2 pages (1 read in "));
    assert!(done(&search("my-notes")).contains("Tapirs"));
    // A folder is indexed on the fly, as before.
    assert!(done(&search(source)).contains("local:c.txt"));
}

#[test]
fn wrong_sources_and_names_get_a_clear_line() {
    let program = Program::new();
    write(&program.home.path().join("empty"), "x.bin", "\u{0}");
    write(program.home.path(), "picture.png", "x");
    for (args, status, says) in [
        (&["index"][..], 2, "PATH|URL"),
        (&["index", "/no/such"], 2, "there is neither a file nor a folder /no/such"),
        (&["index", "picture.png"], 2, "cannot be indexed"),
        (&["index", "empty", "--name", "../x"], 2, "is no name for a corpus"),
        (&["index", "empty"], 1, "nothing in empty could be read"),
        (&["index", "http://127.0.0.1:9/"], 1, "browser.allow"),
        (&["ask", "x", "--search", "zim:/no/such.zim"], 2, "/no/such.zim is no readable ZIM file"),
        (&["ask", "x", "--search", "kiwix:nowhere"], 2, "search backend kiwix:nowhere: not a web address"),
    ] {
        let output = program.run(args);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {told}");
        assert!(told.contains(says), "{args:?}: {told}");
    }
}
