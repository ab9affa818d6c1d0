//! `polymath chat` at a terminal: what is typed, pasted, interrupted and closed. The model is a server
//! on this machine that answers from a script.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "../model/tests/replay/mod.rs"]
mod replay;
#[path = "common/terminal.rs"]
mod terminal;

use replay::{Answer, Server, chunks, text};
use serde_json::json;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use terminal::Terminal;

const WIDE: (u16, u16) = (100, 30);

/// A conversation `s` with that server's model.
fn chat(home: &TempDir, server: &Server, size: (u16, u16), variables: &[(&str, &str)]) -> Terminal {
    let model = format!("http://{}/v1#m", server.address);
    Terminal::start(
        home.path(),
        size,
        &["chat", "--session", "s", "--tools", "calculator,sql,chart", "--model", &model],
        variables,
    )
}

/// What a subcommand writes.
fn polymath(home: &TempDir, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_polymath"))
        .args(args)
        .env("POLYMATH_HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An answer of which only this comes.
fn half(words: &str) -> Answer {
    chunks(&[json!({"choices": [{"delta": {"content": words}}]})]).hang()
}

/// The last thing that the model was asked.
fn asked(server: &Server) -> String {
    server.asked().last().unwrap()["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_lines_are_one_question() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start("vllm", vec![text("A reply.")]).await);
    let chat = chat(&home, &server, WIDE, &[]);
    chat.prompt_after("/help");
    chat.write("\x1b[200~one\ntwo\n\nthree\x1b[201~");
    chat.wait("three");
    assert!(server.asked().is_empty(), "nothing is asked before Enter");
    chat.write("\r");
    chat.prompt_after("A reply.");
    assert_eq!((server.asked().len(), asked(&server).as_str()), (1, "one\ntwo\n\nthree"));
    assert!(polymath(&home, &["sessions", "list"]).ends_with("  one two three\n"), "the title is the first question");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_loses_no_text() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start("vllm", vec![text("A reply.")]).await);
    let mut chat = chat(&home, &server, WIDE, &[]);
    chat.prompt_after("/help");
    chat.write("precious words\x03");
    chat.prompt_after("Up brings the line back");
    chat.write("\x1b[A");
    chat.wait("> precious words");
    chat.write("\r");
    chat.prompt_after("A reply.");
    assert_eq!(asked(&server), "precious words");
    chat.write("\x03");
    chat.prompt_after("Ctrl-D leaves");
    chat.write("\x04");
    chat.wait("go on with: polymath chat --session s");
    assert_eq!(chat.ended(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_answer_is_kept_and_the_conversation_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start("vllm", vec![half("Half of it."), text("The rest.")]).await;
    let chat = chat(&home, &server, WIDE, &[]);
    chat.prompt_after("/help");
    chat.write("Tell me\r");
    chat.wait("Half of it.");
    chat.write("\x03");
    chat.prompt_after("interrupted:");
    chat.write("Go on\r");
    let screen = chat.prompt_after("The rest.");
    assert_eq!(screen.matches("Half of it.").count(), 1, "{screen}");
    assert!(server.asked()[1]["messages"].to_string().contains("Half of it."));
}

/// By SIGTERM, and by SIGHUP, which a closed window sends.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_ended_leaves_questions_and_answers_in_order() {
    let home = tempfile::tempdir().unwrap();
    for (signal, status, [first, second]) in
        [("-TERM", 143, ["First?", "Second?"]), ("-HUP", 129, ["Third?", "Fourth?"])]
    {
        let server = Server::start("vllm", vec![text("A whole answer."), half("Half of it.")]).await;
        let mut chat = chat(&home, &server, WIDE, &[]);
        chat.prompt_after("/help");
        chat.write(&format!("{first}\r"));
        chat.prompt_after("A whole answer.");
        chat.write(&format!("{second}\r"));
        chat.wait("Half of it.");
        let id = chat.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(chat.ended(), status);
    }
    let shown = polymath(&home, &["sessions", "show", "s"]);
    let turn = |question: &str, answer: &str| format!("> {question}\n\n{answer}\n");
    let mut rest = shown.as_str();
    for (question, answer) in [
        ("First?", "A whole answer."),
        ("Second?", "Half of it."),
        ("Third?", "A whole answer."),
        ("Fourth?", "Half of it."),
    ] {
        let turn = turn(question, answer);
        let place = rest.find(&turn).unwrap_or_else(|| panic!("no `{turn}` behind the others: {shown}"));
        rest = &rest[place + turn.len()..];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_closed_before_anything_was_said_leaves_nothing() {
    let (home, server) = (tempfile::tempdir().unwrap(), Server::start("vllm", vec![]).await);
    let mut chat = chat(&home, &server, WIDE, &[]);
    chat.prompt_after("/help");
    let id = chat.child.process_id().unwrap().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    assert_eq!(chat.ended(), 129);
    assert_eq!(polymath(&home, &["sessions", "list"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_are_taken_back_and_asked_again_also_over_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let answers = ["One.", "Two.", "Another two.", "Three."].map(text).into();
    let server = Server::start("vllm", answers).await;
    let mut first = chat(&home, &server, WIDE, &[]);
    first.prompt_after("/help");
    for (question, answer) in [("First?", "One."), ("Second?", "Two.")] {
        first.write(&format!("{question}\r"));
        first.prompt_after(answer);
    }
    first.write("/quit\r");
    assert_eq!(first.ended(), 0);

    let again = chat(&home, &server, WIDE, &[]);
    again.prompt_after("/help");
    again.write("/retry\r");
    again.prompt_after("Another two.");
    let sent = server.asked()[2]["messages"].to_string();
    assert!(sent.contains("First?") && sent.contains("Second?") && !sent.contains("Two."), "{sent}");
    again.write("/undo\r");
    again.prompt_after("taken back: Second?");
    again.write("Third?\r");
    again.prompt_after("Three.");
    let sent = server.asked()[3]["messages"].to_string();
    assert!(sent.contains("First?") && !sent.contains("Second?"), "{sent}");
    let shown = polymath(&home, &["sessions", "show", "s"]);
    assert_eq!(shown.matches("> Second? (taken back)").count(), 2, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_on_what_there_is() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("cities.csv"), "City,People\nA,3\nB,5\n").unwrap();
    let draw = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "chart",
        "arguments": "{\"data\": \"t1\", \"kind\": \"bar\", \"x\": \"City\", \"y\": \"People\"}"}}]}, "finish_reason": "tool_calls"}]});
    let server = Server::start("vllm", vec![chunks(&[draw]), text("It is drawn.")]).await;
    let chat = chat(&home, &server, WIDE, &[]);
    chat.prompt_after("/help");
    chat.write("/file cities.csv\r");
    chat.prompt_after("given; t1 has 2 rows");
    chat.write("/sql SELECT * FROM t1 WHERE People > 4\r");
    let screen = chat.prompt_after("done:");
    assert!(screen.contains("│ B") && !screen.contains('⁼'), "what stands in the file was not computed: {screen}");
    for (line, shows) in [
        ("/file nowhere.csv", "cannot read the file nowhere.csv"),
        ("/sql SELECT sum(People) AS all_of_them FROM t1", "│ 8"),
        ("/sql SELECT * FROM t9", "no such table: t9; the tables are t1"),
        ("/chart c1 log", "there is no chart c1; there are none yet"),
        ("/open 1", "there is no source 1"),
        ("/sessions all_of_them", "question 2: /sql SELECT sum"),
        ("/export md talk.md", "saved talk.md"),
        ("/save /nowhere/talk.md", "cannot write /nowhere/talk.md"),
        ("/undo", "taken back: /sql SELECT sum"),
        ("Draw the people", "It is drawn."),
        ("/chart c1 barh title=\"Two cities\"", "figure saved: Two-cities.png"),
        ("/chart c1 purple", "`purple` changes nothing of a chart; there are log, symlog, grid,"),
        ("/calls", "\"kind\": \"barh\""),
        ("/chart", "c2  barh of t1  Two cities"),
        ("/nonsense", "there is no /nonsense"),
    ] {
        chat.write(&format!("{line}\r"));
        chat.prompt_after(shows);
    }
    assert!(std::fs::read_to_string(home.path().join("talk.md")).unwrap().contains("| 8 |"));
    // A word is completed: `/arti`, Tab.
    chat.write("/arti\t\r");
    chat.prompt_after("> /artifacts");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_and_escapes_only_where_they_are_wanted() {
    let home = tempfile::tempdir().unwrap();
    let answer = || vec![text("**Bold** words.")];
    let server = Server::start("vllm", answer()).await;
    let colours = |raw: &str| {
        raw.split("\x1b[").skip(1).any(|s| s.starts_with("38;") || s.starts_with("1m") || s.starts_with("32m"))
    };
    let plain = chat(&home, &server, WIDE, &[("NO_COLOR", "1")]);
    plain.prompt_after("/help");
    plain.write("Hello\r");
    plain.prompt_after("Bold words.");
    assert!(!colours(&plain.raw()), "{:?}", plain.raw());
    drop(plain);

    let server = Server::start("vllm", answer()).await;
    let coloured = chat(&home, &server, WIDE, &[]);
    coloured.prompt_after("/help");
    coloured.write("Hello\r");
    coloured.prompt_after("Bold words.");
    assert!(colours(&coloured.raw()), "the check finds colours: {:?}", coloured.raw());
    drop(coloured);

    let server = Server::start("vllm", answer()).await;
    let dumb = chat(&home, &server, WIDE, &[("TERM", "dumb")]);
    dumb.prompt_after("/help");
    dumb.write("Hello\r");
    dumb.prompt_after("Bold words.");
    assert!(!dumb.raw().contains('\x1b'), "{:?}", dumb.raw());
}

/// The whole screen of a turn with a call, a table and text, but for how long it took.
#[tokio::test(flavor = "multi_thread")]
async fn screens_at_several_widths() {
    let call = json!({"choices": [{"delta": {"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "calculator", "arguments": "{\"expression\": \"6 * 7\"}"}}]}, "finish_reason": "tool_calls"}]});
    let table = "It is 42 for all of them together:\n\n| City | Share | Remark |\n| --- | ---: | --- |\n\
                 | 東京都 | 42 | Nobody knows why, and nobody has asked for as long as anybody can remember |\n\n\
                 The end.";
    for (columns, term) in [(120, "xterm-256color"), (80, "xterm-256color"), (40, "xterm-256color"), (80, "dumb")] {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start("vllm", vec![chunks(std::slice::from_ref(&call)), text(table)]).await;
        let chat = chat(&home, &server, (columns, 30), &[("TERM", term)]);
        chat.prompt_after("/help");
        chat.write("What is 6 times 7, and whose is it?\r");
        let screen = chat.prompt_after("done:");
        let lines = screen.lines().map(|line| match line.starts_with(['✓', 'd']) {
            true => line.replace(|c: char| c.is_ascii_digit(), "0"),
            false => line.trim_end().to_owned(),
        });
        insta::assert_snapshot!(format!("chat_at_{columns}_{term}"), lines.collect::<Vec<_>>().join("\n"));
    }
}
