#![allow(clippy::unwrap_used)]
use super::*;
use polymath_chat::{Cell, Consent, FigureStatus, Provenance};
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

const PLAIN: RenderOptions = RenderOptions {
    json: false,
    quiet: false,
    color: false,
    tty: false,
    live: false,
    spinner: false,
    pictures: None,
    columns: 80,
    rows: 24,
};

/// A terminal of this size.
fn terminal(columns: usize, rows: usize) -> RenderOptions {
    RenderOptions { tty: true, live: true, columns, rows, ..PLAIN }
}

/// What a terminal of this size shows in the end, what has scrolled away included.
fn screen(options: RenderOptions, events: &[Event]) -> String {
    let (columns, rows) = (options.columns as u16, options.rows as u16);
    let sink = Sink::default();
    let mut renderer = Renderer::with_writers(options, Box::new(sink.clone()), Box::new(sink.clone()));
    events.iter().for_each(|e| renderer.event(e));
    renderer.finish().unwrap();
    let mut terminal = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 500);
    terminal.process(String::from_utf8(sink.0.lock().unwrap().clone()).unwrap().replace('\n', "\r\n").as_bytes());
    let mut lines = Vec::new();
    terminal.screen_mut().set_scrollback(usize::MAX);
    let away = terminal.screen().scrollback();
    for back in (0..=away).rev() {
        terminal.screen_mut().set_scrollback(back);
        lines.extend(terminal.screen().rows(0, columns).take(if back == 0 { usize::from(rows) } else { 1 }));
    }
    lines.join("\n").trim_end().to_owned()
}

/// What stdout and stderr get.
fn render(options: RenderOptions, events: &[Event]) -> (String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let mut renderer = Renderer::with_writers(options, Box::new(out.clone()), Box::new(err.clone()));
    events.iter().for_each(|e| renderer.event(e));
    renderer.finish().unwrap();
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
        Event::Approval {
            id: "a1".into(),
            server: "till".into(),
            tool: "sell\u{7}".into(),
            arguments: json!({"n": 1}),
        },
        Event::Approved { id: "a1".into(), answer: Consent::Refused },
        Event::Said { text: "And\n\u{1b}[31mred?".into() },
        Event::Text { delta: "It is **5**".into() },
        Event::Answer {
            text: "It is **5** \u{1b}[31mred [1].".into(),
            citations: vec![Citation {
                n: 1,
                url: "http://h/p".into(),
                title: "A page".into(),
                quote: String::new(),
                page: None,
            }],
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
         waits for a yes: sell 1 of the MCP server till\n\
         not allowed\n\
         said meanwhile: And …\n\
         done: 1 steps, 42 tokens, 3.2 s, context 972\n\
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

fn text(delta: &str) -> Event {
    Event::Text { delta: delta.into() }
}

fn answer(text: &str) -> Event {
    Event::Answer { text: text.into(), citations: vec![], figures: vec![] }
}

#[test]
fn a_terminal_sees_the_text_grow_and_then_the_answer_in_its_place() {
    let events = [text("I'll"), text(" look."), text("\n\nSoon"), answer("It is **5**.")];
    let (out, _) = render(terminal(80, 24), &events);
    assert!(out.starts_with("I'll\n\r\u{1b}[1A\u{1b}[JI'll look.\n"), "{out:?}");
    assert!(out.ends_with("Soon\n\r\u{1b}[3A\u{1b}[JIt is 5.\n"), "{out:?}");
    assert_eq!(screen(terminal(80, 24), &events), "It is 5.");
    let (out, _) = render(RenderOptions { color: true, ..terminal(80, 24) }, &a_turn());
    assert!(out.contains("\u{1b}[1m5"), "the answer is laid out: {out:?}");
    assert!(!out.contains("\u{1b}[31mred"), "{out:?}");
}

/// Several times as long as the screen, and given to the terminal in pieces.
#[test]
fn an_answer_taller_than_the_screen_is_there_once() {
    let paragraphs: Vec<String> = (1..=40).map(|n| format!("Paragraph {n} has some words, and more.")).collect();
    let whole = paragraphs.join("\n\n");
    let letters: Vec<char> = whole.chars().collect();
    let mut events: Vec<Event> = letters.chunks(7).map(|c| text(&c.iter().collect::<String>())).collect();
    // A remark comes in between, and the model begins anew.
    events.insert(60, Event::Notice { text: "a remark".into() });
    events.insert(90, Event::Step { step: 2 });
    events.push(answer(&whole));
    for (columns, rows) in [(80, 10), (24, 5)] {
        let shown = screen(terminal(columns, rows), &events);
        for n in 1..=40 {
            let count = shown.matches(&format!("Paragraph {n} has")).count();
            assert_eq!(count, 1, "paragraph {n} at {columns} columns:\n{shown}");
        }
        assert!(shown.starts_with("note: a remark\n"), "{shown}");
    }
}

#[test]
fn a_terminal_without_a_cursor_gets_no_escapes() {
    let dumb = RenderOptions { live: false, ..terminal(80, 24) };
    let (out, err) = render(dumb, &a_turn());
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{out:?} {err:?}");
    assert!(out.starts_with("It is 5(?)") || out.starts_with("It is 5 "), "{out}");
}

#[test]
fn standard_output_that_is_full_is_an_error_and_a_closed_one_is_not() {
    struct Broken(io::ErrorKind);
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let ends = |kind| {
        let mut renderer = Renderer::with_writers(PLAIN, Box::new(Broken(kind)), Box::new(Sink::default()));
        a_turn().iter().for_each(|e| renderer.event(e));
        renderer.finish()
    };
    assert_eq!(ends(io::ErrorKind::StorageFull).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(ends(io::ErrorKind::BrokenPipe).is_ok());
}

#[track_caller]
fn check_table(markdown: &str, width: usize, want: &str) {
    assert_eq!(layout::lay_out(markdown, width, &skin(false)).trim_end(), want);
}

#[test]
fn a_table_too_narrow_for_its_columns_is_a_list() {
    let table = "| Stadt | Einwohner |\n| --- | ---: |\n| 東京都 | 14,094,034 |\n| Wien | |";
    check_table(
        table,
        30,
        "┌────────┬────────────┐\n│ Stadt  ┆  Einwohner │\n╞════════╪════════════╡\n\
         │ 東京都 ┆ 14,094,034 │\n│ Wien   ┆            │\n└────────┴────────────┘",
    );
    let rule = "─".repeat(20);
    // No figure is broken in two.
    check_table(
        table,
        21,
        &format!("{rule}\nStadt: 東京都\nEinwohner: 14,094,034\n{rule}\nStadt: Wien\nEinwohner:\n{rule}"),
    );
    check_table("no table | here", 30, "no table | here");
}

/// What a person sees of a turn with calls, tables in wide characters, code, figures and sources.
#[test]
fn turns_at_several_widths() {
    let markdown = "Three cities have 27,260,285 people, **Tokyo** most of them [1].\n\n\
        | City | Population | Remark |\n| --- | ---: | --- |\n\
        | 東京都 | 14,094,034 | The capital of Japan, which has so long a remark that its cell has to wrap |\n\
        | Berlin | 3,755,251 | n/a |\n| 首尔特别市 | 9,411,000 | 韩国的首都，人口众多的城市，备注也很长很长很长很长 |\n\n\
        - a list\n- of two\n\n```python\nprint(1)\n```\n\nThe rest is estimated at 7 million.";
    let figure = |text: &str, status| Figure { text: text.into(), status, evidence: String::new() };
    let call = |id: &str, tool: &str, arguments| Event::Call { id: id.into(), tool: tool.into(), arguments };
    let result = |id: &str, ok, content: &str, ms| Event::Result {
        id: id.into(),
        ok,
        content: content.into(),
        artifacts: vec![artifact()],
        tables: vec![],
        ms,
    };
    let events = [
        call("1", "browser_search", json!({"query": "population of the largest cities of Asia and Europe"})),
        result("1", true, "Results for \"population of the largest cities\"\n1. …", 1234),
        call("2", "python", json!({"code": "sum([14094034, 3755251, 9411000])\n"})),
        result("2", false, "NameError: name 'x' is not defined", 56),
        Event::Answer {
            text: markdown.into(),
            citations: vec![Citation {
                n: 1,
                url: "https://example.org/wiki/List_of_largest_cities_by_population".into(),
                title: "List of the largest cities of the world by their population".into(),
                quote: String::new(),
                page: None,
            }],
            figures: vec![
                figure("27,260,285", FigureStatus::Computed),
                figure("14,094,034", FigureStatus::Sourced),
                figure("7 million", FigureStatus::Imputed),
                figure("3,755,251", FigureStatus::Unverified),
            ],
        },
        Event::Done { stop: Stop::Answer, steps: 3, tokens: 210, seconds: 8.51 },
    ];
    for columns in [120, 80, 40] {
        let options = RenderOptions { spinner: true, ..terminal(columns, 24) };
        insta::assert_snapshot!(format!("turn_at_{columns}"), screen(options, &events));
    }
    insta::assert_snapshot!(
        "turn_in_a_dumb_terminal",
        screen(RenderOptions { live: false, ..terminal(80, 24) }, &events)
    );
}

#[test]
fn no_color_means_no_escapes() {
    let (out, err) = render(RenderOptions { tty: false, ..PLAIN }, &a_turn());
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'));
    let (out, _) = render(terminal(80, 24), &[answer("**a** and `b`")]);
    assert_eq!(out, "a and b\n");
}

#[test]
fn an_unfinished_answer_is_kept() {
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
