//! Turns that another process runs, which holds the session: seen and followed here, and reached where they are detached.
//! A second handle of the store is that process.

#![allow(clippy::unwrap_used)]

mod common;

use common::client;
use common::workspace::{Running, read, scripted, serve};
use polymath_agent::Detached;
use polymath_agent::session::{Session, SessionStore};
use polymath_chat::{Event, Stop};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A turn that another process has begun, and a server of the same home.
async fn begun(home: &TempDir) -> (Session, Running) {
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let mut session = store.create_named("s", "Tell").unwrap();
    session.begin("Tell").unwrap();
    session.append(1, &Event::Step { step: 1 }).unwrap();
    (session, serve(scripted(vec![]), home.path(), None).await)
}

fn text(delta: &str) -> Event {
    Event::Text { delta: delta.into() }
}

fn done() -> Event {
    Event::Done { stop: Stop::Answer, steps: 1, tokens: 1, seconds: 0.1 }
}

async fn state(server: &Running) -> Value {
    server.json("/api/sessions/s").await["turns"][0]["state"].clone()
}

async fn running(server: &Running) -> Value {
    server.json("/api/sessions").await["sessions"][0]["running"].clone()
}

#[tokio::test]
async fn a_turn_of_another_process_is_seen_and_followed_to_its_end() {
    let home = TempDir::new().unwrap();
    let (mut session, server) = begun(&home).await;
    session.append(1, &text("The first. ")).unwrap();
    assert_eq!((state(&server).await, running(&server).await), (json!("running"), json!(true)));
    let (status, body) = server.post("/api/runs", json!({"question": "More", "session": "s"})).await;
    assert!(status == 409 && body["error"]["code"] == "session_busy", "{body}");

    let path = format!("{}/api/sessions/s/runs/1/events", server.base);
    let mut response = client().get(&path).send().await.unwrap();
    let mut seen = String::new();
    while !seen.contains("The first.") {
        seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    session.append(1, &text("The second.")).unwrap();
    while !seen.contains("The second.") {
        seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    session.append(1, &done()).unwrap();
    drop(session);
    seen.push_str(&response.text().await.unwrap());
    let (events, ended) = read(&seen);
    let told: Vec<&str> = events.iter().filter_map(|(_, event)| event["delta"].as_str()).collect();
    assert_eq!((told.concat().as_str(), ended.as_str()), ("The first. The second.", "done"), "{events:?}");
    // Whoever comes back to any of these places, which are the record's, gets the rest.
    let last = &events[events.len() - 2].0;
    assert_eq!(server.follow("s", 1, last).await.0, events[events.len() - 1..]);
    assert_eq!((state(&server).await, running(&server).await), (json!("done"), json!(false)));
}

#[tokio::test]
async fn a_turn_whose_process_dies_is_cut_off_for_who_follows_it() {
    let home = TempDir::new().unwrap();
    let (session, server) = begun(&home).await;
    let (followed, ()) = tokio::join!(server.follow("s", 1, ""), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        drop(session);
    });
    assert_eq!((followed.0.len(), followed.1.as_str()), (1, "cut_off"));
    assert_eq!(state(&server).await, "cut_off");
    // A conversation that goes on and in which nothing is asked yet does not make it run.
    let store = SessionStore::open(&home.path().join("sessions.db")).unwrap();
    let _held = store.resume("s").unwrap();
    assert_eq!((state(&server).await, running(&server).await), (json!("cut_off"), json!(false)));
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_turn_of_another_process() {
    let home = TempDir::new().unwrap();
    let (_session, mut server) = begun(&home).await;
    let path = format!("{}/api/sessions/s/runs/1/events", server.base);
    let mut response = client().get(&path).send().await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    server.stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(10), &mut server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_detached_takes_nothing_from_here() {
    let home = TempDir::new().unwrap();
    let (session, server) = begun(&home).await;
    for (what, body) in [("cancel", json!({})), ("say", json!({"message": "And?"}))] {
        let path = format!("/api/sessions/s/runs/1/{what}");
        let (status, answer) = server.post(&path, body.clone()).await;
        assert!(status == 409 && answer["error"]["code"] == "runs_elsewhere", "{answer}");
        let (status, answer) = server.post(&format!("/api/sessions/s/runs/2/{what}"), body).await;
        assert!(status == 409 && answer["error"]["code"] == "not_running", "{answer}");
    }
    drop(session);
    let (status, answer) = server.post("/api/sessions/s/runs/1/cancel", json!({})).await;
    assert!(status == 409 && answer["error"]["code"] == "not_running", "{answer}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_detached_run_is_told_something_and_ended() {
    let home = TempDir::new().unwrap();
    let (_session, server) = begun(&home).await;
    let run = || Detached::of(&home.path().join("runs"), "s");
    run().prepare().unwrap();
    let mut process = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    run().began(process.id()).unwrap();
    let (status, answer) = server.post("/api/sessions/s/runs/1/say", json!({"message": " And\n\"two\"? "})).await;
    assert!(status == 202 && answer["said"] == true, "{answer}");
    let mut said = run().said();
    assert_eq!((said(), said()), (vec!["And\n\"two\"?".to_owned()], vec![]));
    assert_eq!(server.post("/api/sessions/s/runs/1/cancel", json!({})).await.0, 202);
    let ended = process.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(2));
}
