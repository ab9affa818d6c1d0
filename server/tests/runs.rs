//! The own API: runs that go on whoever looks on, and everything that a conversation leaves.

#![allow(clippy::unwrap_used)]

mod common;

use common::client;
use common::workspace::{read, scripted, serve, slow};
use polymath_agent::session::SessionStore;
use polymath_chat::{Event, Message};
use polymath_model::scripted::ScriptedEngine;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

/// All text that was written, whatever its pieces.
fn text(events: &[(String, Value)]) -> String {
    events.iter().filter(|(_, e)| e["type"] == "text").map(|(_, e)| e["delta"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_run_is_followed_and_leaves_its_pages_and_files() {
    let home = TempDir::new().unwrap();
    let replies =
        vec![ScriptedEngine::calling(&[("survey", json!({}))]), Message::assistant("Sund is 14.2 m deep [1].")];
    let server = serve(scripted(replies), home.path(), None).await;
    let id = server.ask("How deep is Sund?", None).await;
    let (events, state) = server.follow(&id, 1, "").await;
    assert_eq!(state, "done");
    let kinds: Vec<&str> = events.iter().map(|(_, e)| e["type"].as_str().unwrap()).collect();
    for kind in ["step", "call", "result", "artifact", "answer", "done"] {
        assert!(kinds.contains(&kind), "no {kind}: {kinds:?}");
    }
    // Over: the record gives the same, from any place.
    let (again, _) = server.follow(&id, 1, "").await;
    assert_eq!(again, events);
    for at in 0..events.len() {
        assert_eq!(server.follow(&id, 1, &events[at].0).await.0, events[at + 1..]);
    }
    let view = server.json(&format!("/api/sessions/{id}")).await;
    assert_eq!(
        (&view["turns"][0]["state"], &view["turns"][0]["question"]),
        (&json!("done"), &json!("How deep is Sund?"))
    );
    assert_eq!(view["turns"][0]["events"].as_array().unwrap().len(), events.len());
    let page = server.json(&format!("/api/sessions/{id}/pages/1")).await;
    assert_eq!((&page["title"], &page["text"]), (&json!("Sund"), &json!("It is 14.2 m deep.")));
    assert_eq!(server.get(&format!("/api/sessions/{id}/pages/2")).await.status(), 404);

    let svg = server.get(&format!("/api/sessions/{id}/artifacts/map.svg")).await;
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert!(svg.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(svg.text().await.unwrap(), "<svg/>");
    // What browsers would run is a download.
    let html = server.get(&format!("/api/sessions/{id}/artifacts/notes.html")).await;
    assert_eq!(html.headers()["content-type"], "application/octet-stream");
    assert_eq!(
        (&html.headers()["content-disposition"], &html.headers()["x-content-type-options"]),
        (&"attachment".parse().unwrap(), &"nosniff".parse().unwrap())
    );
    for name in ["other.txt", "..%2Fsessions.db", "%2Fetc%2Fpasswd"] {
        assert_eq!(server.get(&format!("/api/sessions/{id}/artifacts/{name}")).await.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn a_run_goes_on_without_anybody_and_is_taken_up_again_by_two() {
    let home = TempDir::new().unwrap();
    let (engine, go) = slow();
    let server = serve(engine, home.path(), None).await;
    let id = server.ask("Tell", None).await;
    let path = format!("{}/api/sessions/{id}/runs/1/events", server.base);
    // Looks on until the first sentence is there, and leaves.
    let mut response = client().get(&path).send().await.unwrap();
    let mut seen = String::new();
    while !seen.contains("The first.") {
        seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    drop(response);
    let last = read(&seen).0.last().unwrap().0.clone();
    let list = server.json("/api/sessions").await;
    assert_eq!((&list["sessions"][0]["running"], &list["sessions"][0]["title"]), (&json!(true), &json!("Tell")));
    let view = server.json(&format!("/api/sessions/{id}")).await;
    assert_eq!(view["turns"][0]["state"], "running");
    assert_eq!(view["turns"][0]["cursor"], json!(last));
    // A conversation has one run at a time.
    let (status, body) = server.post("/api/runs", json!({"question": "More", "session": id})).await;
    assert!(status == 409 && body["error"]["code"] == "session_busy", "{body}");

    let (whole, rest) = (server.follow(&id, 1, ""), server.follow(&id, 1, &last));
    go.notify_one();
    let ((whole, state), (rest, _)) = tokio::join!(whole, rest);
    assert_eq!(
        (text(&whole).as_str(), text(&rest).as_str(), state.as_str()),
        ("The first. The second.", "The second.", "done")
    );
    // And from the record, as one piece.
    assert_eq!(text(&server.follow(&id, 1, &last).await.0), "The second.");
    // The conversation is free again.
    go.notify_one();
    server.ask("More", Some(&id)).await;
    assert_eq!(server.follow(&id, 2, "").await.1, "done");
}

#[tokio::test]
async fn a_run_is_stopped_and_keeps_what_it_had() {
    let home = TempDir::new().unwrap();
    let (engine, _go) = slow();
    let server = serve(engine, home.path(), None).await;
    let id = server.ask("Tell", None).await;
    let (status, _) = server.post(&format!("/api/sessions/{id}/runs/1/cancel"), json!({})).await;
    assert_eq!(status, 202);
    let (events, _) = server.follow(&id, 1, "").await;
    let done = &events.last().unwrap().1;
    assert_eq!((&done["type"], &done["stop"]), (&json!("done"), &json!("interrupted")), "{events:?}");
    let (status, body) = server.post(&format!("/api/sessions/{id}/runs/1/cancel"), json!({})).await;
    assert!(status == 409 && body["error"]["code"] == "not_running", "{body}");
}

#[tokio::test]
async fn a_run_takes_up_what_is_said_to_it() {
    let home = TempDir::new().unwrap();
    let (engine, go) = slow();
    let server = serve(engine, home.path(), None).await;
    let id = server.ask("Tell", None).await;
    let say = format!("/api/sessions/{id}/runs/1/say");
    let (status, body) = server.post(&say, json!({"message": "And the second?"})).await;
    assert!(status == 202 && body["said"] == true, "{body}");
    for wrong in [json!({}), json!({"message": " "})] {
        assert_eq!(server.post(&say, wrong).await.0, 400);
    }
    let said = json!({"type": "said", "text": "And the second?"});
    let taken = |view: &Value| view["turns"][0]["events"].as_array().is_some_and(|events| events.contains(&said));
    go.notify_one();
    let mut view = json!(null);
    while !taken(&view) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        view = server.json(&format!("/api/sessions/{id}")).await;
    }
    go.notify_one();
    let (events, state) = server.follow(&id, 1, "").await;
    assert_eq!(state, "done", "{events:?}");
    let asked = server.json(&format!("/api/sessions/{id}")).await["turns"].as_array().unwrap().len();
    assert_eq!(asked, 1, "it is one turn");
    assert_eq!(server.post(&say, json!({"message": "And?"})).await.0, 409);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_runs_and_the_next_one_shows_them() {
    let home = TempDir::new().unwrap();
    let (engine, _go) = slow();
    let mut server = serve(engine, home.path(), None).await;
    let id = server.ask("Tell", None).await;
    server.stop.cancel();
    (&mut server.task).await.unwrap();
    let next = serve(scripted(vec![]), home.path(), None).await;
    let view = next.json(&format!("/api/sessions/{id}")).await;
    let events = view["turns"][0]["events"].as_array().unwrap();
    assert_eq!(events.last().unwrap()["stop"], "interrupted", "{events:?}");
}

#[tokio::test]
async fn a_turn_that_was_killed_says_so() {
    let home = TempDir::new().unwrap();
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("dead", "Tell").unwrap();
    session.begin("Tell").unwrap();
    session.append(1, &Event::Step { step: 1 }).unwrap();
    drop(session);
    let server = serve(scripted(vec![]), home.path(), None).await;
    assert_eq!(server.json("/api/sessions/dead").await["turns"][0]["state"], "cut_off");
    let (events, state) = server.follow("dead", 1, "").await;
    assert_eq!((events.len(), state.as_str()), (1, "cut_off"));
}

#[tokio::test]
async fn a_turn_that_was_taken_back_is_none_of_the_others() {
    let home = TempDir::new().unwrap();
    let replies = ["One.", "Two.", "Three."].map(Message::assistant).to_vec();
    let server = serve(scripted(replies), home.path(), None).await;
    let id = server.ask("First?", None).await;
    assert_eq!(server.follow(&id, 1, "").await.1, "done");
    server.ask("Second?", Some(&id)).await;
    assert_eq!(server.follow(&id, 2, "").await.1, "done");
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    assert_eq!(store.resume(&id).unwrap().undo().unwrap().as_deref(), Some("Second?"));
    server.ask("Third?", Some(&id)).await;
    assert_eq!(server.follow(&id, 3, "").await.1, "done");
    let view = server.json(&format!("/api/sessions/{id}")).await;
    let states: Vec<&Value> = view["turns"].as_array().unwrap().iter().map(|turn| &turn["state"]).collect();
    assert_eq!(states, ["done", "taken_back", "done"]);
}

#[tokio::test]
async fn files_are_brought_along_and_go_with_the_conversation() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(vec![Message::assistant("Two."), Message::assistant("Yes.")]), home.path(), None).await;
    let upload = |name: &str, content: &'static str| {
        let request = client().post(format!("{}/api/uploads?name={name}", server.base)).body(content).send();
        async move {
            let response = request.await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        }
    };
    let (status, kept) = upload("..%2F..%2Fn.csv", "n\n1\n2\n").await;
    assert_eq!((status, &kept["name"], &kept["bytes"]), (201, &json!("n.csv"), &json!(6)));
    for name in ["", ".bashrc", "a%2F", &"x".repeat(300)] {
        let (status, body) = upload(name, "x").await;
        assert!(status == 400 && body["error"]["param"] == "name", "{name}: {body}");
    }
    let (status, run) = server.post("/api/runs", json!({"question": "How many rows?", "files": [kept["id"]]})).await;
    assert_eq!(status, 201, "{run}");
    let id = run["session"].as_str().unwrap();
    assert_eq!(server.follow(id, 1, "").await.1, "done");
    let view = server.json(&format!("/api/sessions/{id}")).await;
    assert_eq!(view["files"], json!(["n.csv"]));
    // A second of this name is refused, and so is an unknown one: neither leaves a turn, nor a session.
    let (_, second) = upload("n.csv", "m\n").await;
    for (body, part) in [
        (json!({"question": "And?", "session": id, "files": [second["id"]]}), "two files named"),
        (json!({"question": "And?", "files": ["0123"]}), "no upload"),
        (json!({"question": "And?", "files": ["../sessions"]}), "no upload"),
    ] {
        let (status, answer) = server.post("/api/runs", body).await;
        assert!(status == 400 && answer.to_string().contains(part), "{answer}");
    }
    let sessions = server.json("/api/sessions").await;
    assert_eq!((sessions["sessions"].as_array().unwrap().len(), &sessions["sessions"][0]["turns"]), (1, &json!(1)));

    let uploads = || std::fs::read_dir(home.path().join("uploads")).unwrap().count();
    let before = uploads();
    let path = format!("{}/api/sessions/{id}", server.base);
    let renamed = client().patch(&path).json(&json!({"title": "Rows"})).send().await.unwrap();
    assert_eq!(renamed.status(), 200);
    assert_eq!(server.json("/api/sessions").await["sessions"][0]["title"], "Rows");
    assert_eq!(client().delete(&path).send().await.unwrap().status(), 200);
    assert_eq!(std::fs::read_to_string(home.path().join("forgotten")).unwrap(), id);
    assert_eq!((server.get(&format!("/api/sessions/{id}")).await.status().as_u16(), uploads()), (404, before - 1));
}

#[tokio::test]
async fn wrong_requests_are_told_and_leave_nothing() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(vec![]), home.path(), None).await;
    for (body, code) in [
        (json!({}), 400),
        (json!({"question": " "}), 400),
        (json!({"question": "a", "sesion": "x"}), 400),
        (json!({"question": "a", "session": "none"}), 404),
        (json!({"question": "a", "session": "../x"}), 404),
        (json!({"question": "x".repeat(200_001)}), 400),
        (json!({"question": "a", "files": vec!["1"; 21]}), 400),
    ] {
        let (status, answer) = server.post("/api/runs", body).await;
        assert!(status == code && answer["error"]["message"].as_str().unwrap().len() > 20, "{answer}");
    }
    assert_eq!(server.json("/api/sessions").await, json!({"sessions": []}));
    for path in ["/api/sessions/none", "/api/sessions/none/runs/1/events", "/api/sessions/none/pages/1", "/api/none"] {
        assert_eq!(server.get(path).await.status(), 404, "{path}");
    }
    let id = {
        let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
        store.create_named("s", "q").unwrap().id().to_owned()
    };
    assert_eq!(server.get(&format!("/api/sessions/{id}/runs/7/events")).await.status(), 404);
    assert_eq!(server.get(&format!("/api/sessions/{id}/runs/1/events?from=x")).await.status(), 400);
}

#[tokio::test]
async fn the_page_is_there_and_its_policy_lets_nothing_else_in() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(vec![]), home.path(), Some("a-token-of-some-length-0123456789")).await;
    let page = server.get("/").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    let html = page.text().await.unwrap();
    assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("style="), "{html}");
    // Everything that is loaded before the first paint, as it goes over the wire.
    let plain = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let mut bytes = 0;
    let links: Vec<&str> = html.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(links.iter().any(|l| l.ends_with(".js")) && links.iter().any(|l| l.ends_with(".css")), "{html}");
    for link in links {
        let response = plain.get(format!("{}{link}", server.base)).header("accept-encoding", "gzip").send();
        let response = response.await.unwrap();
        assert_eq!(response.status(), 200, "{link}");
        assert!(link.ends_with(".svg") || response.headers()["content-encoding"] == "gzip", "{link}");
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        bytes += response.bytes().await.unwrap().len();
    }
    assert!(bytes < 120 << 10, "{bytes} bytes before the first paint");
    // The page is anybody's who may connect; the conversations are not.
    for path in ["/api/status", "/api/sessions", "/assets/../api/sessions", "/v1/models"] {
        assert_eq!(server.get(path).await.status(), 401, "{path}");
    }
    let status = client().get(format!("{}/api/status", server.base)).bearer_auth("a-token-of-some-length-0123456789");
    assert_eq!(status.send().await.unwrap().json::<Value>().await.unwrap()["model"], "scripted");
}

#[tokio::test]
async fn pages_of_others_may_not_ask() {
    let home = TempDir::new().unwrap();
    let server = serve(scripted(vec![]), home.path(), None).await;
    for (name, value) in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("host", "evil.example")]
    {
        for (method, path) in [("GET", "/api/sessions"), ("POST", "/api/runs"), ("POST", "/api/uploads?name=a")] {
            let request = client().request(method.parse().unwrap(), format!("{}{path}", server.base));
            assert_eq!(request.header(name, value).send().await.unwrap().status(), 403, "{name} {path}");
        }
    }
}
