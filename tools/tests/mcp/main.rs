//! Tools of a server that the user names, against a small one in Python.

#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use polymath_chat::ToolOutput;
use polymath_tools::mcp::{Approval, Approve, Found, Intent, McpServer, connect};
use polymath_tools::{CallCx, ToolError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;

/// Answers as it is told to, and keeps what it was asked.
struct Asked(Approval, Mutex<Vec<Intent>>);

#[async_trait]
impl Approve for Asked {
    async fn ask(&self, intent: Intent) -> Approval {
        self.1.lock().unwrap().push(intent);
        self.0
    }
}

fn python(timeout_seconds: u64) -> McpServer {
    let script = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/mcp/server.py");
    McpServer {
        command: Some("python3".into()),
        args: vec![script.display().to_string()],
        env: BTreeMap::from([("TILL".to_owned(), "2".to_owned())]),
        timeout_seconds: Some(timeout_seconds),
        ..McpServer::default()
    }
}

async fn found(servers: &[(&str, McpServer)], approval: Approval) -> (Found, Arc<Asked>) {
    let servers = servers.iter().map(|(name, server)| ((*name).to_owned(), server.clone())).collect();
    let asked = Arc::new(Asked(approval, Mutex::default()));
    let approve: Arc<dyn Approve> = asked.clone();
    (connect(&servers, &BTreeSet::from(["calculator".to_owned()]), &approve).await, asked)
}

async fn call(found: &Found, name: &str, arguments: Value) -> Result<ToolOutput, (String, String)> {
    let folder = TempDir::new().unwrap();
    let cx = CallCx {
        session: "s".into(),
        out: folder.path().to_owned(),
        model: None,
        tables: vec![],
        files: vec![],
        today: chrono::NaiveDate::default(),
        approve: None,
        cancel: CancellationToken::new(),
    };
    let tool = found.tools.iter().find(|tool| tool.spec().name == name).unwrap();
    tool.call(arguments, &cx).await.map_err(|error| match error {
        ToolError::TellModel(failure) => (failure.kind, failure.message),
        ToolError::Abort(error) => panic!("{error}"),
    })
}

fn names(found: &Found) -> Vec<&str> {
    found.tools.iter().map(|tool| tool.spec().name.as_str()).collect()
}

#[tokio::test]
async fn a_servers_tools_are_taken_under_names_of_their_own() {
    let (found, _) = found(&[("till", python(30))], Approval::Once).await;
    let all = ["echo", "till_calculator", "file_write", "fails", "dies", "sleeps", "draws", "much", "environment"];
    assert_eq!(names(&found), all);
    assert_eq!(found.tools[0].spec().description, "Says it again");
    assert_eq!(found.tools[3].spec().parameters, json!({"type": "object", "properties": {}}));
    assert_eq!(found.left.len(), 1, "{:?}", found.left);
    assert!(found.left[0].starts_with("the tool `wide` of `till`: its schema has 20"), "{:?}", found.left);
    let said = call(&found, "till_calculator", json!({"text": "a"})).await.unwrap();
    assert_eq!(said.content, "calculator: a", "the server knows its own name");
}

#[tokio::test]
async fn two_servers_of_one_kind_and_one_that_is_none() {
    let only = McpServer { tools: Some(vec!["echo".into()]), ..python(30) };
    let none = McpServer { command: Some("/no/such/program".into()), ..McpServer::default() };
    let silent = McpServer { args: vec!["-c".into(), "raise SystemExit('no till')".into()], ..python(30) };
    let servers = [("a", only.clone()), ("b", only), ("c", none), ("d", silent)];
    let (found, _) = found(&servers, Approval::Once).await;
    assert_eq!(names(&found), ["echo", "b_echo"]);
    assert!(found.left[0].contains("`c`: cannot start `/no/such/program`"), "{:?}", found.left);
    assert!(found.left[1].contains("`d`") && found.left[1].ends_with("its last words: no till"), "{:?}", found.left);
}

#[tokio::test]
async fn what_goes_wrong_is_told_and_the_next_call_works() {
    let (found, _) = found(&[("till", python(2))], Approval::Once).await;
    assert_eq!(call(&found, "fails", json!({})).await.unwrap_err(), ("failed".into(), "the till is empty".into()));
    let (kind, why) = call(&found, "dies", json!({})).await.unwrap_err();
    assert!(kind == "crash" && why.contains("it ended during the call; its last words: no more paper"), "{why}");
    assert_eq!(call(&found, "echo", json!({"text": "again"})).await.unwrap().content, "echo: again");
    let (kind, why) = call(&found, "sleeps", json!({})).await.unwrap_err();
    assert!(kind == "timeout" && why.contains("no result within 2 s"), "{why}");
}

#[tokio::test]
async fn what_acts_is_asked_about_first() {
    for (approval, kind, times) in [
        (Approval::Once, None, 2),
        (Approval::Always, None, 1),
        (Approval::Refused, Some("denied"), 2),
        (Approval::Nobody, Some("denied"), 2),
    ] {
        let (found, asked) = found(&[("till", python(30))], approval).await;
        for _ in 0..2 {
            let result = call(&found, "file_write", json!({"text": "a"})).await;
            assert_eq!(result.as_ref().err().map(|(kind, _)| kind.as_str()), kind, "{approval:?}: {result:?}");
        }
        // What says that it only reads does not ask.
        call(&found, "echo", json!({"text": "a"})).await.unwrap();
        let asked = asked.1.lock().unwrap();
        assert_eq!(asked.len(), times, "{approval:?}");
        assert_eq!((asked[0].tool.as_str(), &asked[0].arguments), ("file.write", &json!({"text": "a"})));
    }
    let trusted = McpServer { trusted: true, ..python(30) };
    let (found, asked) = found(&[("till", trusted)], Approval::Refused).await;
    assert_eq!(call(&found, "file_write", json!({"text": "a"})).await.unwrap().content, "file.write: a");
    assert!(asked.1.lock().unwrap().is_empty());
}

#[tokio::test]
async fn results_are_capped_and_pictures_kept() {
    let (found, _) = found(&[("till", python(30))], Approval::Once).await;
    let much = call(&found, "much", json!({})).await.unwrap().content;
    assert!(much.len() < 263_000 && much.ends_with("[cut: 262144 of 300000 bytes]"), "{}", much.len());
    let drawn = call(&found, "draws", json!({})).await.unwrap();
    assert_eq!((drawn.artifacts[0].name.as_str(), drawn.artifacts[0].bytes), ("draws.png", 15));
    assert_eq!(drawn.content, "saved draws.png");
}

#[tokio::test]
async fn a_server_at_an_address_wants_its_token() {
    let program = python(30);
    let mut server = tokio::process::Command::new("python3")
        .args(&program.args)
        .arg("http")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).await.unwrap();
    let at = |token_env: &str| McpServer {
        url: Some(format!("http://127.0.0.1:{}/mcp", port.trim())),
        token_env: Some(token_env.into()),
        timeout_seconds: Some(30),
        ..McpServer::default()
    };
    // Cargo sets the first, and the server knows it.
    let servers = [("a", at("CARGO_PKG_NAME")), ("b", at("NO_SUCH_VARIABLE")), ("c", at("CARGO_PKG_VERSION"))];
    let (found, _) = found(&servers, Approval::Once).await;
    assert_eq!(names(&found)[..2], ["echo", "a_calculator"], "{:?}", found.left);
    assert_eq!(call(&found, "echo", json!({"text": "a"})).await.unwrap().content, "echo: a");
    let left = |server: &str| found.left.iter().find(|why| why.contains(&format!("server `{server}`"))).unwrap();
    assert!(left("b").contains("NO_SUCH_VARIABLE holds no token"), "{:?}", found.left);
    assert!(left("c").contains("does not answer"), "{:?}", found.left);
}

/// Keys in this process's environment are nobody else's.
#[tokio::test]
async fn a_program_sees_little_of_the_environment() {
    let (found, _) = found(&[("till", python(30))], Approval::Once).await;
    let seen = call(&found, "environment", json!({})).await.unwrap().content;
    let seen: BTreeMap<String, String> = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen.get("TILL").map(String::as_str), Some("2"));
    assert!(seen.contains_key("PATH") && !seen.keys().any(|name| name.starts_with("CARGO")), "{seen:?}");
}
