#![allow(clippy::unwrap_used)]
use super::*;
use polymath_chat::{Artifact, Cell, Message, Packed, Provenance, Retrieval, Source, Table};
use serde_json::{Value, json};

struct Kept {
    folder: tempfile::TempDir,
    store: SessionStore,
}

impl Kept {
    fn new() -> Kept {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::open(&folder.path().join("sessions.db")).unwrap();
        Kept { folder, store }
    }

    /// A conversation with a program, a picture and a table, and a second turn that was taken back.
    fn talk(&self) {
        let mut session = self.store.create_named("talk", "").unwrap();
        let picture = self.folder.path().join("artifacts/talk/a.png");
        std::fs::create_dir_all(picture.parent().unwrap()).unwrap();
        std::fs::write(&picture, "png").unwrap();
        let artifact = Artifact { name: "a.png".into(), mime: "image/png".into(), path: picture, bytes: 3 };
        let turn = session.begin("How\u{1b}]0;x\u{7} much?").unwrap();
        for event in [
            Event::Call { id: "1".into(), tool: "python".into(), arguments: json!({"code": "print(5)"}) },
            Event::Result {
                id: "1".into(),
                ok: true,
                content: "5".into(),
                artifacts: vec![artifact.clone()],
                tables: vec![],
                ms: 1,
            },
            Event::Artifact { artifact },
            Event::Said { text: "And in\nfeet?".into() },
            Event::Answer { text: "Five [1].".into(), citations: vec![], figures: vec![] },
        ] {
            session.append(turn, &event).unwrap();
        }
        let mut chat = session.chat().unwrap();
        chat.messages = vec![Message::user("How much?"), Message::assistant("Five [1].")];
        let cell = |text: &str, number| Cell { number, ..Cell::new(text, Provenance::Given) };
        chat.tables.push(Table {
            title: "T".into(),
            columns: vec!["a\"b".into(), "n".into()],
            rows: vec![vec![cell("x\n'", None), cell("2", Some(2.0))]],
        });
        session.save(&chat).unwrap();
        let turn = session.begin("Wrong?").unwrap();
        session.append(turn, &Event::Answer { text: "No.".into(), citations: vec![], figures: vec![] }).unwrap();
        chat.messages.extend([Message::user("Wrong?"), Message::assistant("No.")]);
        session.save(&chat).unwrap();
        session.undo().unwrap();
    }

    fn said(&self, command: SessionsCommand) -> anyhow::Result<String> {
        let mut out = Vec::new();
        execute(command, &self.store, self.folder.path(), &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    fn export(&self, format: Format) -> String {
        self.said(SessionsCommand::Export { id: "ta".into(), format, page: None }).unwrap()
    }
}

#[test]
fn a_kept_conversation_becomes_a_report() {
    let kept = Kept::new();
    kept.talk();
    let list = kept.said(SessionsCommand::List(ListArgs::default())).unwrap();
    assert!(list.starts_with("talk  just now      2 turns  "), "{list}");
    assert!(list.ends_with(" How\\u{1b}]0;x\\u{7} much?\n"), "{list}");
    let markdown = kept.export(Format::Md);
    assert!(markdown.starts_with("# How]0;x much?\n") && markdown.contains("![a.png](<"), "{markdown}");
    assert!(markdown.contains("much?\n\n> And in feet?\n\nFive [1]."), "{markdown}");
    assert!(!markdown.contains("Wrong?"), "it was taken back: {markdown}");
    assert!(kept.export(Format::Html).contains("<h2>How]0;x much?</h2>\n<blockquote>And in\nfeet?</blockquote>"));
    let script = kept.export(Format::Script);
    assert!(script.contains("[steps.question_2]\nask = ") && script.contains("follows = \"question_1\""), "{script}");
    assert!(serde_json::from_str::<SessionRecord>(&kept.export(Format::Json)).is_ok());
}

#[test]
fn a_notebook_has_the_programs_and_what_they_need() {
    let kept = Kept::new();
    kept.talk();
    let notebook: Value = serde_json::from_str(&kept.export(Format::Ipynb)).unwrap();
    assert_eq!((&notebook["nbformat"], &notebook["nbformat_minor"]), (&json!(4), &json!(5)));
    let cells = notebook["cells"].as_array().unwrap();
    let kinds: Vec<&str> = cells.iter().map(|c| c["cell_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["markdown", "code", "markdown", "code", "markdown"]);
    assert!(cells.iter().all(|c| c["id"].is_string()));
    let tables = cells[1]["source"].as_str().unwrap();
    assert!(tables.contains(r#"t1 = pd.DataFrame(json.loads("[[\"x\\n'\",2.0]]")"#), "{tables}");
    assert!(cells[2]["source"].as_str().unwrap().ends_with(" much?\n\n> And in\n> feet?"), "{}", cells[2]);
    assert_eq!(cells[3]["source"], "print(5)");
    assert_eq!(cells[3]["outputs"][0]["text"], "5");
    assert_eq!(cells[3]["outputs"][1]["data"]["image/png"], "cG5n");
}

#[test]
fn what_is_removed_takes_its_files_with_it() {
    let kept = Kept::new();
    kept.talk();
    let folder = kept.folder.path().join("artifacts");
    std::fs::create_dir_all(folder.join("gone")).unwrap();
    std::fs::write(folder.join("gone/b.png"), "123").unwrap();
    let told = kept.said(SessionsCommand::Gc).unwrap();
    assert!(told.contains("no more removed: 1 and 3 B of files"), "{told}");
    assert!(!folder.join("gone").exists() && folder.join("talk/a.png").exists());
    let held = kept.store.resume("talk").unwrap();
    assert!(kept.said(SessionsCommand::Rm { id: "talk".into() }).is_err(), "it is held");
    assert!(folder.join("talk/a.png").exists());
    drop(held);
    kept.said(SessionsCommand::Rm { id: "talk".into() }).unwrap();
    assert!(kept.store.list().unwrap().is_empty() && !folder.join("talk").exists());
}

#[test]
fn a_page_goes_out_as_it_came() {
    let kept = Kept::new();
    kept.talk();
    let page = |page| kept.said(SessionsCommand::Export { id: "talk".into(), format: Format::Md, page: Some(page) });
    assert!(page(1).unwrap_err().to_string().contains("has no page 1; it has 0"));
    let mut session = kept.store.resume("talk").unwrap();
    let mut chat = session.chat().unwrap();
    let at = |url: &str| Source { url: url.into(), title: "T".into(), text: "t".into() };
    chat.sources = ["http://h/a", "http://h/b"].map(at).into();
    let (hash, packed) = (
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        // "abc" as one block that is not packed (RFC 8878, section 3.1.1).
        [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x03, 0x19, 0x00, 0x00, b'a', b'b', b'c'],
    );
    let body = Some(Packed(packed.to_vec().into()));
    chat.retrieved =
        vec![Retrieval { url: "http://h/b".into(), page: hash.into(), bytes: 3, body, ..Retrieval::default() }];
    session.save(&chat).unwrap();
    assert_eq!(page(2).unwrap(), "abc");
    assert!(page(1).unwrap_err().to_string().contains("the text alone was kept"));
    let json: Value = serde_json::from_str(&kept.export(Format::Json)).unwrap();
    assert!(json["pages"][hash].is_string() && json["chat"]["retrieved"][0]["body"].is_null(), "{json}");
}

#[test]
fn a_conversation_goes_out_and_comes_in() {
    let kept = Kept::new();
    kept.talk();
    let file = kept.folder.path().join("talk.json");
    std::fs::write(&file, kept.export(Format::Json)).unwrap();
    assert_eq!(kept.said(SessionsCommand::Import { file }).unwrap(), "talk-2\n");
    let tag = |remove| SessionsCommand::Tag { id: "talk-2".into(), tags: vec!["kept".into()], remove };
    assert_eq!(kept.said(tag(false)).unwrap(), "kept\n");
    let tagged = ListArgs { tag: Some("kept".into()), page: 1, ..ListArgs::default() };
    let list = kept.said(SessionsCommand::List(tagged)).unwrap();
    assert!(list.starts_with("talk-2  ") && list.ends_with("  #kept\n") && list.lines().count() == 1, "{list}");
    assert_eq!(kept.said(tag(true)).unwrap(), "\n");
    let file = kept.folder.path().join("bad.json");
    std::fs::write(&file, "{\"info\": 1}").unwrap();
    let error = kept.said(SessionsCommand::Import { file }).unwrap_err().to_string();
    assert!(error.contains("bad.json is no exported session"), "{error}");
    assert_eq!(kept.store.count(None).unwrap(), 2);
}

#[test]
fn lists_are_paged_and_words_found() {
    let kept = Kept::new();
    kept.talk();
    for number in 0..4 {
        // Behind "talk" by name as well: sessions of one moment are in that order.
        kept.store.create_named(&format!("u{number}"), "q").unwrap();
    }
    let page = |page| {
        let args = ListArgs { limit: Some(2), page, ..ListArgs::default() };
        let list = kept.said(SessionsCommand::List(args))?;
        anyhow::Ok(list.lines().filter_map(|l| l.split(' ').next()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!((page(1).unwrap().as_str(), page(3).unwrap().as_str()), ("u3 u2", "talk"));
    assert!(page(4).unwrap_err().to_string().contains("there are 5 conversations"));
    let words = |words: &str, json| SessionsCommand::Search { words: vec![words.into()], limit: 5, json };
    let found = kept.said(words("five", false)).unwrap();
    assert!(found.starts_with("talk  ") && found.ends_with("    answer 1: Five [1].\n"), "{found}");
    let line: Value = serde_json::from_str(&kept.said(words("five", true)).unwrap()).unwrap();
    assert_eq!((&line["place"], &line["session"]["id"]), (&json!("answer"), &json!("talk")));
    assert!(kept.said(words("--", false)).is_err());
}
