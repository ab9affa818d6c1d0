#![allow(clippy::unwrap_used)]
use super::*;
use polymath_chat::{Cell, Provenance};
use serde_json::json;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const PLAIN: RenderOptions = RenderOptions { json: false, quiet: false, color: false, tty: false, spinner: false };

/// What stdout and stderr get.
fn render(options: RenderOptions, events: &[Event]) -> (String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let mut renderer = Renderer::with_writers(options, Box::new(out.clone()), Box::new(err.clone()));
    events.iter().for_each(|e| renderer.event(e));
    renderer.finish();
    let text = |sink: &Sink| String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    (text(&out), text(&err))
}

fn artifact() -> Artifact {
    Artifact { name: "a.png".into(), mime: "image/png".into(), path: "/o/a.png".into(), bytes: 7 }
}

/// One of each kind.
fn a_turn() -> Vec<Event> {
    let table = Table {
        title: "Rounds".into(),
        columns: vec!["a".into()],
        rows: vec![vec![Cell::new("1", Provenance::Given)]],
    };
    let call = |id: &str, tool: &str, arguments| Event::Call { id: id.into(), tool: tool.into(), arguments };
    let result = |id: &str, ok, content: &str| Event::Result {
        id: id.into(),
        ok,
        content: content.into(),
        artifacts: vec![artifact()],
        tables: vec![],
        ms: 230,
    };
    vec![
        Event::Step { step: 1 },
        Event::Prefill { new_tokens: 900, cached_tokens: 30, ms: 2_100 },
        Event::Reasoning { delta: "hm".into() },
        Event::Text { delta: "I'll look.".into() },
        call("1", "browser_search", json!({"query": "scale ai \"funding\"\nrounds"})),
        call("2", "python", json!({"code": "1", "n": 2})),
        result("1", true, "5 results\n1. …"),
        result("2", false, "NameError: \u{1b}]0;owned\u{7}x"),
        Event::Table { table },
        Event::Artifact { artifact: artifact() },
        Event::Notice { text: "slow".into() },
        Event::Text { delta: "It is **5**".into() },
        Event::Answer {
            text: "It is **5** \u{1b}[31mred [1].".into(),
            citations: vec![Citation { n: 1, url: "http://h/p".into(), title: "A page".into(), quote: String::new() }],
            figures: vec![
                Figure { text: "5".into(), status: FigureStatus::Sourced, evidence: "p".into() },
                Figure { text: "9".into(), status: FigureStatus::Unverified, evidence: String::new() },
                Figure { text: "7".into(), status: FigureStatus::Imputed, evidence: "ratio".into() },
            ],
        },
        Event::Done { stop: Stop::Answer, steps: 1, tokens: 42, seconds: 3.21 },
        Event::Error { message: "it broke".into(), hint: Some("mend it".into()) },
    ]
}

#[test]
fn stdout_gets_the_answer_and_stderr_the_progress() {
    let (out, err) = render(PLAIN, &a_turn());
    let answer = "It is **5** [31mred [1].\n\n*Estimated:* 7\n\n**Not found in any source:** 9\n\n\
                  Sources:\n[1] A page — http://h/p\n\nFiles:\n/o/a.png\n";
    assert_eq!(out, answer);
    let progress = "  read 900 tokens (30 known already)  2.1s\n\
         → browser_search \"scale ai \\\"funding\\\" …\"\n\
         → python code=\"1\" n=2\n\
         ✓ browser_search 5 results …  0.2s\n\
         ✗ NameError: ]0;ownedx  0.2s\n\
         ▦ Rounds: 1 rows, 1 columns\n\
         note: slow\n\
         done: 1 steps, 42 tokens, 3.2 s\n\
         error: it broke\nhint: mend it\n";
    assert_eq!(err, progress);
}

#[test]
fn quiet_is_the_answer_alone() {
    let (out, err) = render(RenderOptions { quiet: true, ..PLAIN }, &a_turn());
    assert!(out.starts_with("It is **5**"));
    assert_eq!(err, "error: it broke\nhint: mend it\n");
}

#[test]
fn json_is_one_event_a_line() {
    let (out, err) = render(RenderOptions { json: true, ..PLAIN }, &a_turn());
    let back: Vec<Event> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(back, a_turn());
    assert_eq!(err, "");
}

#[test]
fn a_terminal_sees_the_text_grow_and_then_the_answer_in_its_place() {
    let (out, _) = render(RenderOptions { tty: true, color: true, ..PLAIN }, &a_turn());
    assert!(out.starts_with("I'll look.\r\u{1b}[J"), "{out:?}");
    assert!(out.contains("It is **5**\r\u{1b}[J"), "{out:?}");
    assert!(out.contains("\u{1b}[1m5\u{1b}[0m"), "the answer is laid out: {out:?}");
    assert!(!out.contains("\u{1b}[31mred"), "{out:?}");
}

#[test]
fn no_color_means_no_escapes() {
    let (out, err) = render(RenderOptions { tty: false, ..PLAIN }, &a_turn());
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'));
    let answer = vec![Event::Answer { text: "**a** and `b`".into(), citations: vec![], figures: vec![] }];
    let (out, _) = render(RenderOptions { tty: true, ..PLAIN }, &answer);
    assert_eq!(out, "a and b\n");
}

#[test]
fn an_unfinished_answer_is_kept() {
    let text = |delta: &str| Event::Text { delta: delta.into() };
    let events =
        [text("half an "), text("answer"), Event::Done { stop: Stop::Interrupted, steps: 1, tokens: 2, seconds: 1.0 }];
    let (out, err) = render(PLAIN, &events);
    assert_eq!(out, "half an answer\n");
    assert!(err.starts_with("interrupted"));
}

#[track_caller]
fn check_line(text: &str, columns: usize, want: &str) {
    assert_eq!(first_line(text, columns), want);
}

#[test]
fn lines_are_cut_by_their_width() {
    check_line("\n\n  hello \nworld", 80, "hello …");
    check_line("hello world", 5, "hello…");
    check_line("画出折线图", 6, "画出折…");
    check_line("a\u{202e}b\u{1b}[2Jc", 80, "ab[2Jc");
    check_line("", 10, "");
}
