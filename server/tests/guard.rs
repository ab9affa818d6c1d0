//! Who is let in, and what is refused before an engine hears of it.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Player, Running, client, said, serve};
use polymath_server::{ServeError, Server, Token};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

fn ask(server: &Running) -> RequestBuilder {
    client()
        .post(format!("{}/v1/chat/completions", server.base))
        .json(&json!({"messages": [{"role": "user", "content": "hi"}]}))
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let cors = response.headers().keys().find(|k| k.as_str().starts_with("access-control"));
    assert_eq!(cors, None, "no page may read this");
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_served() {
    let server = serve(Player::ending((0..4).map(|_| Ok(said("ok"))).collect()), None).await;
    let port = server.port;
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        assert_eq!(answer(ask(&server).header(HOST, &host)).await.0, 200, "{host}");
    }
    let own = format!("http://127.0.0.1:{port}");
    assert_eq!(answer(ask(&server).header(HOST, &own[7..]).header(ORIGIN, &own)).await.0, 200);
    for site in ["cross-site", "same-site"] {
        assert_eq!(answer(ask(&server).header("sec-fetch-site", site)).await.0, 403, "{site}");
    }
    for host in ["evil.example".to_owned(), format!("127.0.0.1.evil.example:{port}")] {
        let (status, body) = answer(ask(&server).header(HOST, &host)).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!("not_local")), "{host}");
        let health = client().get(format!("{}/health", server.base)).header(HOST, &host);
        assert_eq!(answer(health).await.0, 403, "{host}");
    }
    for origin in
        ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:3000", "https://127.0.0.1"]
    {
        assert_eq!(answer(ask(&server).header(ORIGIN, origin)).await.0, 403, "{origin}");
    }
}

#[tokio::test]
async fn pages_get_no_leave_to_ask() {
    let server = serve(Player::ending(vec![]), None).await;
    let url = format!("{}/v1/chat/completions", server.base);
    let preflight = client()
        .request(Method::OPTIONS, &url)
        .header(ORIGIN, "http://localhost:3000")
        .header("access-control-request-method", "POST");
    assert_eq!(answer(preflight).await.0, 403);
    // What a page can send without leave.
    let plain = client().post(&url).header(CONTENT_TYPE, "text/plain").body("{\"messages\": []}");
    let (status, body) = answer(plain).await;
    assert!(status == 415 && body["error"]["message"].as_str().unwrap().contains("application/json"), "{body}");
}

#[tokio::test]
async fn with_a_token_everybody_must_show_it() {
    let server = serve(Player::ending((0..2).map(|_| Ok(said("ok"))).collect()), Some("s3cret")).await;
    for (header, says) in [
        (None, "Authorization: Bearer"),
        (Some("Basic s3cret"), "Authorization: Bearer"),
        (Some("s3cret"), "Authorization: Bearer"),
        (Some("Bearer s3cre"), "not the server's token"),
        (Some("Bearer s3cret2"), "not the server's token"),
    ] {
        let request = header.into_iter().fold(ask(&server), |r, h| r.header(AUTHORIZATION, h));
        let response = request.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["www-authenticate"]),
            (401, &"Bearer".parse().unwrap())
        );
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "invalid_api_key");
        assert!(body["error"]["message"].as_str().unwrap().contains(says), "{header:?}: {body}");
    }
    assert_eq!(answer(ask(&server).bearer_auth("s3cret")).await.0, 200);
    // Behind a proxy it may have any name.
    assert_eq!(answer(ask(&server).bearer_auth("s3cret").header(HOST, "models.example")).await.0, 200);
    assert_eq!(server.get("/v1/models").await.0, 401);
    assert_eq!(server.get("/nowhere").await.0, 401);
    assert_eq!(server.get("/health").await, (200, json!({"status": "ok"})));
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let server = serve(Player::ending(vec![]), None).await;
    let (status, body) = server.get("/v1/moderations").await;
    assert_eq!(status, 404);
    assert!(body["error"]["message"].as_str().unwrap().contains("POST /v1/chat/completions"), "{body}");
    assert_eq!(server.get("/v1/chat/completions").await.0, 405);
    // This one serves a model alone.
    let (status, body) = server.get("/api/sessions").await;
    assert!(status == 404 && body["error"]["code"] == "no_sessions", "{body}");
}

#[tokio::test]
async fn bodies_are_json_of_a_reasonable_size() {
    let server = serve(Player::ending(vec![Ok(said("ok"))]), None).await;
    let url = format!("{}/v1/chat/completions", server.base);
    let broken = client().post(&url).header(CONTENT_TYPE, "application/json").body("{\"messages\": [");
    let (status, body) = answer(broken).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("invalid_json")));
    let long = |characters: usize| json!({"messages": [{"role": "user", "content": "x".repeat(characters)}]});
    assert_eq!(server.ask(&long(8_000_000)).await.0, 200);
    for characters in [9_000_000, 30_000_000] {
        let (status, body) = server.ask(&long(characters)).await;
        assert_eq!((status, &body["error"]["code"]), (413, &json!("request_too_large")));
        assert!(body["error"]["message"].as_str().unwrap().contains("8 MB"), "{body}");
    }
}

async fn refused(address: &str) -> String {
    match Server::bind(address, None).await {
        Ok(_) => panic!("{address} was bound"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_used_are_refused() {
    assert!(refused("0.0.0.0:0").await.contains("--token-file"));
    assert!(refused("[::]:0").await.contains("--token-file"));
    assert!(refused("8080").await.contains("HOST:PORT"));
    assert!(refused("127.0.0.1:99999").await.contains("127.0.0.1:99999"));
    let first = Server::bind("localhost:0", None).await.unwrap();
    let taken = Server::bind(&first.address().to_string(), None).await;
    assert!(matches!(taken, Err(ServeError::InUse { .. })));
    assert!(Server::bind("0.0.0.0:0", Some(Token::new("s3cret").unwrap())).await.is_ok());
}
