//! README and docs are true: what they link to is there, and the commands that they name are the program's own.
//!
//! A command is checked by the program itself: with `--help` behind it, it is read up to there and not run.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;

use program::Program;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
}

/// Every text for people: those of the root, the chapters, and what examples say of themselves.
fn texts() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"].map(|n| root().join(n)).into();
    let in_folder = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    found.extend(in_folder(root().join("docs/src")).filter(|path| path.extension().is_some_and(|e| e == "md")));
    found.extend(
        in_folder(root().join("examples")).map(|folder| folder.join("README.md")).filter(|path| path.is_file()),
    );
    found
}

/// What a text links to, its headings as anchors, and the code in it.
#[derive(Default)]
struct Text {
    links: Vec<String>,
    anchors: Vec<String>,
    /// Each block of commands, and each piece of code in a line.
    code: Vec<String>,
}

fn read(path: &Path) -> Text {
    let source = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut text = Text::default();
    let mut heading: Option<String> = None;
    let mut block: Option<(String, String)> = None;
    for event in Parser::new_ext(&source, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                text.links.push(dest_url.to_string())
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => text.anchors.push(anchor(&heading.take().unwrap())),
            Event::Start(Tag::CodeBlock(kind)) => {
                let language =
                    if let CodeBlockKind::Fenced(language) = kind { language.to_string() } else { String::new() };
                block = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                let (language, content) = block.take().unwrap();
                if ["", "sh", "console"].contains(&language.as_str()) {
                    text.code.push(content);
                }
            }
            Event::Text(piece) | Event::Code(piece) if heading.is_some() => heading.as_mut().unwrap().push_str(&piece),
            Event::Text(piece) => {
                if let Some((_, content)) = &mut block {
                    content.push_str(&piece);
                }
            }
            Event::Code(piece) => text.code.push(piece.to_string()),
            _ => {}
        }
    }
    text
}

/// A heading's anchor, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { "-".to_owned() } else { c.to_lowercase().to_string() }).collect()
}

/// What is wrong with a link of the text at `path`, if anything.
fn broken(path: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, place) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { path.to_owned() } else { path.parent().unwrap().join(file) };
    if !target.exists() {
        return Some(format!("{}: {link}: there is no {}", path.display(), target.display()));
    }
    let is_there = place.is_empty() || read(&target).anchors.iter().any(|anchor| anchor == place);
    (!is_there).then(|| format!("{}: {link}: no heading there has this anchor", path.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for path in texts() {
        let text = read(&path);
        checked += text.links.len();
        wrong.extend(text.links.iter().filter_map(|link| broken(&path, link)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "only {checked} links");
    // The control.
    let readme = root().join("README.md");
    assert!(broken(&readme, "docs/src/commands.md#settings").is_none());
    assert!(broken(&readme, "docs/src/commands.md#nothing").is_some() && broken(&readme, "docs/nothing.md").is_some());
}

#[test]
fn the_readme_is_short_and_the_book_is_whole() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 120, "README.md has {} lines", readme.lines().count());
    let book: toml::Table = std::fs::read_to_string(root().join("docs/book.toml")).unwrap().parse().unwrap();
    let source = root().join("docs").join(book["book"]["src"].as_str().unwrap());
    let listed: BTreeSet<String> = read(&source.join("SUMMARY.md")).links.into_iter().collect();
    let chapters = std::fs::read_dir(&source).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let chapters: BTreeSet<String> = chapters.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect();
    assert_eq!(listed, chapters, "docs/src/SUMMARY.md lists the chapters");
}

/// `list|show ID` is two commands; what a reader is to fill in is filled in.
fn spelled_out(words: Vec<String>) -> Vec<Vec<String>> {
    let is_place = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || c == '_') && word != "-";
    let filled = |word: &str| if is_place(word) { "7".to_owned() } else { word.to_owned() };
    let is_choice =
        |word: &str| word.contains('|') && word.split('|').all(|one| one.chars().all(|c| c.is_ascii_alphabetic()));
    words.iter().fold(vec![Vec::new()], |lines: Vec<Vec<String>>, word| {
        let choices: Vec<&str> = if is_choice(word) { word.split('|').collect() } else { vec![word] };
        let with = |line: &Vec<String>, choice: &str| line.iter().cloned().chain([filled(choice)]).collect();
        lines.iter().flat_map(|line| choices.iter().map(move |choice| with(line, choice))).collect()
    })
}

/// The arguments of each command in a piece of code that this program is to take.
fn commands(code: &str) -> Vec<Vec<String>> {
    let joined = code.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in joined.lines() {
        let line = line.trim_start().trim_start_matches("$ ");
        let Some(words) = shlex::split(line) else { continue };
        let is_setting = |word: &&String| {
            word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        };
        let mut words = words.into_iter().skip_while(|word| is_setting(&word));
        let program = words.next().unwrap_or_default();
        let ends = ["|", "&", ">", "&&", "2>", ">>"];
        let mut words: Vec<String> = words.take_while(|word| !ends.contains(&word.as_str())).collect();
        match program.as_str() {
            "polymath" => {}
            // Without arguments, or with `page`, it serves.
            "./run" if words.first().is_none_or(|first| first == "page" || first == "…") => {
                words = vec!["serve".into(), "--open".into()]
            }
            "./run" => {}
            _ => continue,
        }
        found.extend(spelled_out(words));
    }
    found
}

/// Why the program does not take these arguments, if it does not.
fn refused(program: &Program, words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    let output = program.run(&words);
    (!output.status.success()).then(|| format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn every_command_is_one_that_the_program_takes() {
    let program = Program::new();
    let mut checked = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in texts() {
        for words in read(&path).code.iter().flat_map(|code| commands(code)) {
            if checked.insert(words.clone()) {
                wrong.extend(refused(&program, &words).map(|why| format!("{}: {why}", path.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked.len() > 30, "only {} commands", checked.len());
    // The control.
    let control = |line: &str| commands(line).iter().filter_map(|words| refused(&program, words)).count();
    assert_eq!(control("$ polymath ask \"…\" --frobnicate"), 1);
    assert_eq!(control("X=1 polymath nothing | head"), 1);
    assert_eq!(control("polymath tool list|nothing"), 1);
    assert_eq!(control("polymath ask '…' --seed 3 | head --frobnicate"), 0);
}
