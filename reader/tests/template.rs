//! Templates that attack the program that runs them: behind walls, and, as the control, in the process that wants to
//! know.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use polymath_reader::template::{Asked, LONGEST_SOURCE, Source, Template};
use polymath_reader::{Limits, ReadError, Reader, Renderer};
use serde_json::json;
use std::process::Command;

/// Set in the copy of this program that has no walls.
const ATTACK: &str = "POLYMATH_TEST_TEMPLATE";
/// A list of two lists of two lists: sixty deep, and made in sixty steps.
const DOUBLED: &str = "{% set n = namespace(x=['a'], y=['a']) %}{% for i in range(60) %}\
    {% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}";
const ATTACKS: [&str; 5] = [
    "{{ n.x == n.y }}",
    "{{ ('' ~ n.x) | length }}",
    "{{ ','.join([n.x]) | length }}",
    "{{ n.x in 'a' }}",
    "{{ [n.x].count(n.y) }}",
];

fn source(attack: &str) -> Source {
    let text = format!(
        "{DOUBLED}{{% if messages[0].content == 'attack' %}}{attack}{{% endif %}}{{{{ bos_token }}}}{{{{ messages[0].content }}}}"
    );
    Source { text, bos: "<s>".into(), eos: "</s>".into() }
}

fn asked(content: &str) -> Asked {
    let messages = vec![json!({"role": "user", "content": content})];
    Asked { messages, tools: vec![], opening: true, today: "2031-05-09".into() }
}

fn reader(limits: Limits) -> Reader {
    Reader { program: env!("CARGO_BIN_EXE_polymath-reader").into(), limits }
}

#[track_caller]
fn stopped(prompt: Result<String, ReadError>) -> String {
    match prompt {
        Err(ReadError::Stopped(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_template_that_takes_time_or_memory_without_end_ends_its_own_process() {
    if let Ok(attack) = std::env::var(ATTACK) {
        let template = Template::compile(source(&attack)).unwrap();
        let _ = template.render(asked("attack"));
        std::process::exit(0);
    }
    let name = "a_template_that_takes_time_or_memory_without_end_ends_its_own_process";
    for attack in ATTACKS {
        let limits = Limits { memory: 768 << 20, cpu: 1, ..Limits::default() };
        let renderer = Renderer::start(reader(limits), source(attack)).unwrap();
        assert_eq!(renderer.render(asked("hello")).unwrap(), "<s>hello");
        let why = stopped(renderer.render(asked("attack")));
        assert!(why.contains("processor time") || why.contains("768 MiB"), "{attack}: {why}");
        assert_eq!(renderer.render(asked("again")).unwrap(), "<s>again", "another process takes its place");
        // The control: no fuel stops it, but the limits that the shell sets do.
        let mut control = Command::new("sh");
        let limits = "ulimit -c 0; ulimit -t 3; ulimit -v 4194304; exec \"$0\" --exact \"$1\"";
        control.args(["-c", limits]).arg(std::env::current_exe().unwrap()).arg(name);
        let control = control.env(ATTACK, attack).output().unwrap();
        assert_eq!(control.status.code(), None, "{attack}: {control:?}");
    }
}

#[test]
fn what_a_template_says_is_wrong_is_told_and_it_goes_on() {
    let source = Source { text: "{{ raise_exception('roles must alternate') }}".into(), ..source("") };
    let renderer = Renderer::start(reader(Limits::default()), source).unwrap();
    for _ in 0..2 {
        let error = renderer.render(asked("hello")).unwrap_err();
        assert!(matches!(&error, ReadError::Unreadable(why) if why.contains("roles must alternate")), "{error:?}");
    }
    let broken = Source { text: "{% if %}".into(), bos: String::new(), eos: String::new() };
    assert!(matches!(Renderer::start(reader(Limits::default()), broken), Err(ReadError::Unreadable(_))));
}

/// Conversations of many frames' length go there and back, one after another.
#[test]
fn long_conversations_are_written() {
    let renderer = Renderer::start(reader(Limits::default()), source("")).unwrap();
    for length in [0, 1, 1 << 16, 8 << 20] {
        let content = "é".repeat(length);
        assert!(renderer.render(asked(&content)).unwrap() == format!("<s>{content}"), "{length}");
    }
}

/// What stands in `text`, or why nothing does.
fn written(text: String) -> Result<String, ReadError> {
    let source = Source { text, bos: String::new(), eos: String::new() };
    Renderer::start(reader(Limits::default()), source)?.render(asked("hello"))
}

/// Chains, brackets, branches and blocks, many of them; and lists in lists, which are made, written and given back by calls
/// in calls. Whatever comes of it, it is not the end of this process.
#[test]
fn what_is_nested_without_end_is_an_error_or_text() {
    let made = |before: &str, piece: &str, behind: &str| {
        // Compiling a chain of another piece takes the square of its length.
        let bytes = if piece == ".a" { LONGEST_SOURCE } else { LONGEST_SOURCE / 4 };
        format!("{before}{}{behind}", piece.repeat((bytes - before.len() - behind.len()) / piece.len()))
    };
    for (before, piece, behind) in [
        ("{{ a", ".a", " }}"),
        ("{{ a", "[0]", " }}"),
        ("{{ a", "~a", " }}"),
        ("{{ a", "|upper", " }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ ", "not ", "1 }}"),
        ("{{ ", "(", ""),
        ("{{ ", "[", ""),
        ("{% if a %}", "{% elif a %}", "{% endif %}"),
        ("", "{% if a %}", ""),
        ("{{ ", "1 if a else ", "1 }}"),
    ] {
        let _ = written(made(before, piece, behind));
    }
    let grown = "{% set n = namespace(x=[]) %}{% for a in range(9999) %}{% for b in range(9999) %}{% set n.x = [n.x] %}\
        {% if loop.index0 == 50 and a == LAST %}{{ WRITTEN }}{{ stop() }}{% endif %}{% endfor %}{% endfor %}";
    for (last, text) in [("9998", "1"), ("20", "n.x | tojson"), ("20", "n.x"), ("20", "n.x == [n.x]")] {
        written(grown.replace("LAST", last).replace("WRITTEN", text)).unwrap_err();
    }
}
