//! The program among strangers' things: folders, files and formats that were made to do harm. Each
//! attack has its negative control beside it: the same goes through where the user has let it.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;

use program::Program;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Output;
use std::sync::{Arc, Mutex};

/// A server on this machine that keeps what it was sent, and answers everything with a small page.
fn listener() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keep = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => head.push(byte[0]),
                    _ => break,
                }
            }
            keep.lock().unwrap().push(String::from_utf8_lossy(&head).to_lowercase());
            let body = "<html><title>Inside</title><body><p>The intranet's page about nothing much.</p></body></html>";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length:";
            let _ = write!(stream, "{head} {}\r\n\r\n{body}", body.len());
        }
    });
    (address, heard)
}

/// The program in a folder of somebody else's, which has this `polymath.toml`.
struct Folder {
    program: Program,
    path: PathBuf,
}

impl Folder {
    fn new(settings: &str) -> Folder {
        let program = Program::new();
        let path = program.home.path().join("cloned");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("polymath.toml"), settings).unwrap();
        Folder { program, path }
    }

    fn own(&self, settings: &str) {
        std::fs::write(self.program.home.path().join("polymath.toml"), settings).unwrap();
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = self.program.command();
        command.args(args).current_dir(&self.path).env("POLYMATH_API_KEY", "sk-very-secret");
        command.env("XDG_CONFIG_HOME", self.program.home.path().join("config")).output().unwrap()
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_folder_opens_no_private_host_until_it_is_trusted() {
    let (address, heard) = listener();
    let folder = Folder::new(&format!("seed = 1\nbrowser.allow = ['{address}']\npython.memory_mib = 9"));
    let open = || folder.run(&["tool", "call", "browser_open", &format!("{{\"target\": \"http://{address}/\"}}")]);
    let refused = open();
    let stderr = told(&refused);
    assert_eq!(refused.status.code(), Some(1), "{stderr}");
    assert!(heard.lock().unwrap().is_empty());
    assert_eq!(stderr.matches("browser.allow, python.memory_mib").count(), 1, "{stderr}");
    assert!(stderr.contains("hint: polymath trust .") && !stderr.contains("seed"), "{stderr}");

    let trust = folder.run(&["trust", "."]);
    assert!(trust.status.success() && told(&trust).contains(&format!("browser.allow = [\"{address}\"]")), "{trust:?}");
    assert!(open().status.success());
    assert!(!heard.lock().unwrap().is_empty(), "the control went nowhere");

    // Another line in it, and nobody has trusted that.
    let text = format!("browser.allow = ['{address}']\ncontext = 9");
    std::fs::write(folder.path.join("polymath.toml"), text).unwrap();
    assert_eq!(open().status.code(), Some(1));
}

#[test]
fn a_folder_gets_neither_the_question_nor_the_key() {
    let (address, heard) = listener();
    let endpoint = format!("model = 'http://{address}/v1#m'");
    let folder = Folder::new(&endpoint);
    folder.own("model = '/no/such/model.gguf'");
    let asked = || folder.run(&["ask", "What is my balance?"]);
    let untrusted = asked();
    assert!(told(&untrusted).contains("/no/such/model.gguf"), "{}", told(&untrusted));
    assert!(heard.lock().unwrap().is_empty());

    // Trusted, it chooses the endpoint, which is not told the key.
    assert!(folder.run(&["trust", "."]).status.success());
    let trusted = asked();
    assert!(told(&trusted).contains("is not sent to"), "{}", told(&trusted));
    let sent = heard.lock().unwrap().split_off(0).join("\n");
    assert!(!sent.is_empty() && !sent.contains("sk-very-secret"), "{sent}");

    // The same line in the user's own file: the key goes there.
    folder.own(&endpoint);
    std::fs::remove_file(folder.path.join("polymath.toml")).unwrap();
    asked();
    assert!(heard.lock().unwrap().join("\n").contains("bearer sk-very-secret"));
}

/// A control: without the renaming the first of these would be this folder's settings.
#[test]
fn what_a_program_writes_sets_nothing_up_where_it_lands() {
    let program = Program::new();
    let work = program.home.path().join("project");
    std::fs::create_dir(&work).unwrap();
    let code = "for n in ['polymath.toml', 'conftest.py', 'sitecustomize.py', 'Makefile', 'x.pth', 'data.csv']:\n    open(n, 'w').write('context = 1')";
    let arguments = serde_json::json!({"code": code}).to_string();
    let mut command = program.command();
    let output =
        command.args(["tool", "call", "python", &arguments, "--out", "."]).current_dir(&work).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", told(&output));
    assert!(stdout.contains("note: conftest.py is called conftest.py.txt there"), "{stdout}");
    let names = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    };
    assert_eq!(names(&work), ["files"]);
    let want =
        ["Makefile.txt", "conftest.py.txt", "data.csv", "polymath.toml.txt", "sitecustomize.py.txt", "x.pth.txt"];
    assert_eq!(names(&work.join("files")), want);
}

#[test]
fn no_terminal_obeys_a_page_a_program_or_a_question() {
    let program = Program::new();
    let arguments = serde_json::json!({"code": "print('a\\x1b]0;owned\\x07b\\x9bc')"}).to_string();
    let mut shown = Vec::new();
    shown.push(program.run(&["tool", "call", "python", &arguments]));
    let raise = serde_json::json!({"code": "raise ValueError('\\x1b[2Jgone')"}).to_string();
    shown.push(program.run(&["tool", "call", "python", &raise]));
    shown.push(program.run(&["ask", "x", "--model", "/no/such\u{1b}]0;owned\u{7}.gguf"]));
    shown.push(program.run(&["python", "add", "\u{1b}[2J"]));
    for output in &shown {
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }
    assert!(String::from_utf8_lossy(&shown[0].stdout).contains("a]0;ownedbc"));
    assert!(told(&shown[1]).contains("[2Jgone"), "{}", told(&shown[1]));
}

/// What was asked, found and answered, in lists and exports. The control is the file itself, which has all of it.
#[test]
fn no_terminal_obeys_what_was_kept() {
    use polymath_agent::session::SessionStore;
    use polymath_chat::{Event, Source};
    const HOSTILE: &str = "mill \u{1b}]0;owned\u{7} \u{9b}2J \u{1b}[31mred\r\u{8}";
    let program = Program::new();
    let store = SessionStore::open(&program.home.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("s", HOSTILE).unwrap();
    let turn = session.begin(HOSTILE).unwrap();
    let arguments = serde_json::json!({ "target": HOSTILE });
    for event in [
        Event::Call { id: "c".into(), tool: HOSTILE.into(), arguments },
        Event::Notice { text: HOSTILE.into() },
        Event::Answer { text: HOSTILE.into(), citations: vec![], figures: vec![] },
    ] {
        session.append(turn, &event).unwrap();
    }
    let mut chat = session.chat().unwrap();
    chat.sources.push(Source { url: format!("http://h/{HOSTILE}"), title: HOSTILE.into(), text: HOSTILE.into() });
    session.save(&chat).unwrap();
    drop((session, store));
    for args in [
        &["sessions", "list"][..],
        &["sessions", "list", "--json"],
        &["sessions", "show", "s"],
        &["sessions", "search", "mill"],
        &["sessions", "export", "s"],
        &["sessions", "export", "s", "--format", "json"],
    ] {
        let output = program.run(args);
        assert!(
            output.status.success() && String::from_utf8_lossy(&output.stdout).contains("owned"),
            "{args:?}: {output:?}"
        );
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(!text.contains(|c: char| c.is_control() && !"\n\t".contains(c)), "{args:?}: {text:?}");
        }
    }
    let file = std::fs::read(program.home.path().join("sessions.db")).unwrap();
    let log = std::fs::read(program.home.path().join("sessions.db-wal")).unwrap_or_default();
    let has = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"\x1b]0;owne");
    assert!(has(&file) || has(&log), "void: it is not there in the first place");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::new();
    program.run(&["sessions", "list"]);
    let arguments = serde_json::json!({"code": "open('data.csv', 'w').write('1')\nx = 1"}).to_string();
    let call = program.run(&["tool", "call", "python", &arguments, "--session", "s"]);
    assert!(call.status.success(), "{}", told(&call));
    let mut todo: Vec<PathBuf> = std::fs::read_dir(program.home.path()).unwrap().map(|e| e.unwrap().path()).collect();
    let mut files = 0;
    while let Some(path) = todo.pop() {
        // The fonts of this machine, which every program's own user has to read.
        if path.ends_with("cache/python") {
            continue;
        }
        let about = std::fs::symlink_metadata(&path).unwrap();
        assert_eq!(about.permissions().mode() & 0o77, 0, "{}", path.display());
        match about.is_dir() {
            true => todo.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path())),
            false => files += 1,
        }
    }
    assert!(files >= 3, "a database, a journal, an artifact: {files}");
}

#[test]
fn packages_come_from_the_index_and_by_their_names() {
    let program = Program::new();
    for package in ["./here", "x @ file:///tmp/x", "git+https://192.0.2.1/x", "--index-url", "x.whl"] {
        let output = program.run(&["python", "add", "--", package]);
        assert!(output.status.code() == Some(2) && told(&output).contains("is no package name"), "{}", told(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_given_as_a_file_or_as_settings_is_refused_at_once() {
    let program = Program::new();
    let pipe = program.home.path().join("p.csv");
    let make = |path: &std::path::Path| std::process::Command::new("mkfifo").arg(path).status().unwrap().success();
    assert!(make(&pipe));
    let call = ["tool", "call", "calculator", "{\"expression\": \"1\"}", "--file", pipe.to_str().unwrap()];
    assert!(told(&program.run(&call)).contains("named pipe"));
    let folder = program.home.path().join("cloned");
    std::fs::create_dir(&folder).unwrap();
    assert!(make(&folder.join("polymath.toml")));
    let output = program.command().args(&call[..4]).current_dir(&folder).output().unwrap();
    assert!(output.status.code() == Some(2) && told(&output).contains("no settings file"), "{}", told(&output));
}
