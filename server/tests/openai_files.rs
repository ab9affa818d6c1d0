//! Files, pictures and embeddings over OpenAI's API.

#![allow(clippy::unwrap_used)]

mod common;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::workspace::{Running, scripted, serve_with, survey};
use common::{Player, client, serve, serve_embedding};
use polymath_chat::Message;
use polymath_model::embed::{EmbedError, Embedder, EmbedderInfo, Embeddings};
use polymath_model::scripted::ScriptedEngine;
use polymath_tools::{Image, Tool};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A form as browsers and OpenAI's clients send it.
fn form(parts: &[(&str, Option<&str>, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        body += &format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n");
    }
    ("multipart/form-data; boundary=limit".to_owned(), body + "--limit--\r\n")
}

async fn send(server: &Running, method: &str, path: &str, (kind, body): (String, String)) -> (u16, Value) {
    let request = client().request(method.parse().unwrap(), format!("{}{path}", server.base));
    let response = request.header("content-type", kind).body(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn upload(server: &Running, parts: &[(&str, Option<&str>, &str)]) -> (u16, Value) {
    send(server, "POST", "/v1/files", form(parts)).await
}

async fn fetch(server: &Running, path: &str) -> reqwest::Response {
    client().get(format!("{}{path}", server.base)).send().await.unwrap()
}

async fn get(server: &Running, path: &str) -> (u16, Value) {
    let response = fetch(server, path).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Everything below a folder, with the permissions that others than its owner have.
fn open_to_others(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        if mode & 0o077 != 0 || entry.path().is_file() && mode != 0o600 {
            found.push(format!("{} {mode:o}", entry.path().display()));
        }
        if entry.path().is_dir() {
            found.extend(open_to_others(&entry.path()));
        }
    }
    found
}

#[tokio::test]
async fn files_are_kept_listed_read_and_removed() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(Vec::new()), home.path(), Vec::new()).await;
    assert_eq!(get(&server, "/v1/files").await.1["data"], json!([]));
    let parts = [("purpose", None, "user_data"), ("file", Some("täglich.csv"), "a,b\r\n1,2\r\n")];
    let (status, file) = upload(&server, &parts).await;
    assert_eq!(status, 200, "{file}");
    let id = file["id"].as_str().unwrap();
    assert!(id.starts_with("file-"), "{file}");
    assert_eq!((&file["object"], &file["bytes"]), (&json!("file"), &json!(10)));
    assert_eq!((&file["filename"], &file["purpose"]), (&json!("täglich.csv"), &json!("user_data")));
    let (_, other) = upload(&server, &[("file", Some("b"), ""), ("purpose", None, "vision")]).await;
    assert_eq!(open_to_others(&home.path().join("files")), [""; 0]);

    assert_eq!(get(&server, &format!("/v1/files/{id}")).await, (200, file.clone()));
    let content = fetch(&server, &format!("/v1/files/{id}/content")).await;
    assert_eq!(content.headers()["content-disposition"], "attachment");
    assert_eq!(content.bytes().await.unwrap(), "a,b\r\n1,2\r\n");
    let list = get(&server, "/v1/files?purpose=user_data").await.1;
    assert_eq!((&list["data"], &list["has_more"]), (&json!([file]), &json!(false)));
    let first = get(&server, "/v1/files?limit=1&order=asc").await.1;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (1, &json!(true)));
    let after = first["last_id"].as_str().unwrap();
    let second = get(&server, &format!("/v1/files?order=asc&after={after}")).await.1;
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    assert_ne!(second["first_id"], first["first_id"]);

    let gone = client().delete(format!("{}/v1/files/{id}", server.base)).send().await.unwrap();
    assert_eq!(gone.json::<Value>().await.unwrap(), json!({"id": id, "object": "file", "deleted": true}));
    for path in [format!("/v1/files/{id}"), format!("/v1/files/{id}/content")] {
        assert_eq!(get(&server, &path).await.0, 404);
    }
    assert_eq!(get(&server, "/v1/files").await.1["data"], json!([other]));
}

#[tokio::test]
async fn forms_that_are_none_are_told_what_is_wrong() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(Vec::new()), home.path(), Vec::new()).await;
    let file = ("file", Some("a.txt"), "hello");
    for (parts, param, says) in [
        (vec![("purpose", None, "user_data")], "file", "`file` is missing"),
        (vec![file], "purpose", "`purpose` is missing"),
        (vec![file, ("purpose", None, "fun")], "purpose", "not `fun`"),
        (vec![file, ("purpose", None, "vision"), ("expires", None, "1")], "expires", "not supported"),
        (vec![("file", Some(".."), "x"), ("purpose", None, "vision")], "file", "rename it"),
    ] {
        let (status, answer) = upload(&server, &parts).await;
        let error = &answer["error"];
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{answer}");
        assert!(error["message"].as_str().unwrap().contains(says), "{answer}");
    }
    let (kind, body) = form(&[file, ("purpose", None, "vision")]);
    let cut = body[..body.len() / 2].to_owned();
    assert_eq!(send(&server, "POST", "/v1/files", (kind.clone(), cut)).await.0, 400);
    assert_eq!(send(&server, "POST", "/v1/files", ("application/json".into(), body)).await.0, 415);
    assert!(!home.path().join("files").exists(), "nothing was kept");
}

#[tokio::test]
async fn no_id_leads_out_of_the_folder() {
    let home = TempDir::new().unwrap();
    let server = serve_with(scripted(Vec::new()), home.path(), Vec::new()).await;
    // A name with folders loses them.
    let (_, file) = upload(&server, &[("file", Some("../../../evil.txt"), "x"), ("purpose", None, "vision")]).await;
    assert_eq!(file["filename"], "evil.txt");
    std::fs::write(home.path().join("about.json"), file.to_string()).unwrap();
    for id in ["..", "file-..", "file-%2e%2e", "file-..%2f..", "file-", ".file-0", "%2e%2e%2ffiles"] {
        for path in [format!("/v1/files/{id}"), format!("/v1/files/{id}/content")] {
            let response = fetch(&server, &path).await;
            assert_eq!(response.status(), 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_kept_file_is_a_runs_file() {
    let home = TempDir::new().unwrap();
    let replies = vec![ScriptedEngine::calling(&[("survey", json!({}))]), Message::assistant("It is there.")];
    let server = serve_with(scripted(replies), home.path(), vec![survey("survey"), survey("python")]).await;
    let (_, file) = upload(&server, &[("file", Some("sales.csv"), "a,b\n1,2\n"), ("purpose", None, "user_data")]).await;
    let ask = json!({"question": "What is in it?", "files": [file["id"]]});
    let response = client().post(format!("{}/api/runs", server.base)).json(&ask).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let run: Value = response.json().await.unwrap();
    let session = get(&server, &format!("/api/sessions/{}", run["session"].as_str().unwrap())).await.1;
    assert_eq!(session["files"], json!(["sales.csv"]), "{session}");
    let tool = json!({"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-0"]}});
    let asked = json!({"input": "What is in it?", "tools": [tool]});
    let response = client().post(format!("{}/v1/responses", server.base)).json(&asked).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("there is no upload `file-0`"));
}

#[tokio::test]
async fn without_conversations_there_are_no_files() {
    let server = serve(Player::ending(vec![]), None).await;
    for (path, status) in [("/v1/files", 404), ("/v1/files/file-0", 404)] {
        assert_eq!(server.get(path).await.0, status);
    }
    assert_eq!(server.post_to("/v1/images/generations", &json!({"prompt": "a boat"})).await.0, 404);
}

const PLAN: &str = r#"{"idea":"A lighthouse shines over a dark sea","background":"midnightblue","ground":"navy","objects":[{"name":"lighthouse","symbol":"lighthouse","color":"white","place":"center","size":"large"}],"caption":""}"#;

#[tokio::test]
async fn a_picture_is_drawn_by_the_tool() {
    let home = TempDir::new().unwrap();
    let engine = Arc::new(ScriptedEngine::new(false, Vec::<Message>::new(), &[PLAN]));
    let tools: Vec<Arc<dyn Tool>> = vec![Arc::new(Image::default())];
    let server = serve_with(engine, home.path(), tools).await;
    let post = async |body: Value| {
        let response =
            client().post(format!("{}/v1/images/generations", server.base)).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, answer) = post(json!({"prompt": "a lighthouse at night", "size": "256x128"})).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["created"].as_i64().unwrap() > 1_700_000_000);
    let png = BASE64_STANDARD.decode(answer["data"][0]["b64_json"].as_str().unwrap()).unwrap();
    assert!(png.starts_with(b"\x89PNG"), "{} bytes", png.len());
    // Width and height stand in its header.
    assert_eq!((&png[16..20], &png[20..24]), (&256u32.to_be_bytes()[..], &128u32.to_be_bytes()[..]));
    let left = std::fs::read_dir(home.path().join("artifacts/images")).unwrap().count();
    assert_eq!(left, 0, "the client has the picture");
    for (body, param) in [
        (json!({}), "prompt"),
        (json!({"prompt": "a boat", "n": 2}), "n"),
        (json!({"prompt": "a boat", "size": "9x9"}), "size"),
        (json!({"prompt": "a boat", "response_format": "url"}), "response_format"),
        (json!({"prompt": "a boat", "background": "transparent"}), "background"),
        (json!({"prompt": "a boat", "stream": true}), "stream"),
    ] {
        let (status, answer) = post(body.clone()).await;
        assert_eq!((status, &answer["error"]["param"]), (400, &json!(param)), "{body}: {answer}");
    }
    // The script has no further plan: the model failed.
    let (status, answer) = post(json!({"prompt": "a boat"})).await;
    assert!(status >= 400 && answer["error"]["message"].is_string(), "{status} {answer}");
}

/// Makes vectors of lengths.
struct Lengths(EmbedderInfo);

#[async_trait]
impl Embedder for Lengths {
    fn info(&self) -> &EmbedderInfo {
        &self.0
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Embeddings, EmbedError> {
        if let Some(text) = texts.iter().position(|text| text.len() > 9) {
            return Err(EmbedError::TooLong { text, need: texts[text].len(), have: 9 });
        }
        let vectors = texts.iter().map(|text| vec![text.len() as f32, 0.5]).collect();
        Ok(Embeddings { vectors, tokens: texts.len() * 2 })
    }
}

#[tokio::test]
async fn texts_become_vectors() {
    let info = EmbedderInfo { name: "lengths".into(), dimensions: 2, context: 9 };
    let server = serve_embedding(Player::ending(vec![]), Arc::new(Lengths(info))).await;
    let (status, answer) = server.post_to("/v1/embeddings", &json!({"model": "lengths", "input": ["a", "bcd"]})).await;
    let one = |i: usize, vector: Value| json!({"object": "embedding", "index": i, "embedding": vector});
    let want = json!({
        "object": "list", "data": [one(0, json!([1.0, 0.5])), one(1, json!([3.0, 0.5]))], "model": "lengths",
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    });
    assert_eq!((status, answer), (200, want));
    let body = json!({"input": "ab", "encoding_format": "base64", "dimensions": 2, "model": "default"});
    let (_, answer) = server.post_to("/v1/embeddings", &body).await;
    let bytes = BASE64_STANDARD.decode(answer["data"][0]["embedding"].as_str().unwrap()).unwrap();
    assert_eq!(bytes, [2.0f32.to_le_bytes(), 0.5f32.to_le_bytes()].concat());
    for (body, param, says) in [
        (json!({}), "input", "missing"),
        (json!({"input": []}), "input", "1 to 2048 texts"),
        (json!({"input": ["a", ""]}), "input", "none of them empty"),
        (json!({"input": [1, 2]}), "input", "send text"),
        (json!({"input": "a", "dimensions": 3}), "dimensions", "2 dimensions, not 3"),
        (json!({"input": "a", "encoding_format": "int8"}), "encoding_format", "float or base64"),
        (json!({"input": ["a", "far too long"]}), "input[1]", "12 tokens"),
    ] {
        let (status, answer) = server.post_to("/v1/embeddings", &body).await;
        let error = &answer["error"];
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{body}: {answer}");
        assert!(error["message"].as_str().unwrap().contains(says), "{answer}");
    }
    assert_eq!(server.post_to("/v1/embeddings", &json!({"input": "a", "model": "player"})).await.0, 404);
    let ids: Vec<Value> =
        server.get("/v1/models").await.1["data"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
    assert_eq!(ids, ["player", "lengths"]);
    assert_eq!(server.get("/v1/models/lengths").await.1["embedding_dimensions"], 2);
}

#[tokio::test]
async fn a_model_that_writes_makes_no_embeddings() {
    let server = serve(Player::ending(vec![]), None).await;
    let (status, answer) = server.post_to("/v1/embeddings", &json!({"model": "player", "input": "a"})).await;
    let error = &answer["error"];
    assert_eq!((status, &error["code"], &error["param"]), (400, &json!("no_embedding_model"), &json!("model")));
    assert!(error["message"].as_str().unwrap().contains("--embedding-model"), "{answer}");
}
