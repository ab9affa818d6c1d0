//! Tests of the backends that ask a server: one on this machine records what it is asked.

#![allow(clippy::unwrap_used)]
use super::metadata::tests::texts;
use super::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn png() -> String {
    BASE64_STANDARD.encode(resvg::tiny_skia::Pixmap::new(8, 4).unwrap().encode_png().unwrap())
}

fn keys(key: &str) -> Surroundings {
    Surroundings { key: Some(key.to_owned()), openai_key: Some("never sent".to_owned()) }
}

/// Calls the tool with a backend; what it wrote is read back.
async fn call(setting: &str, around: &Surroundings, args: Value) -> Result<(ToolOutput, Vec<u8>), ToolError> {
    let folder = tempfile::tempdir().unwrap();
    let cx = CallCx {
        today: chrono::NaiveDate::default(),
        session: "t".into(),
        out: folder.path().to_owned(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        approve: None,
        cancel: CancellationToken::new(),
    };
    let painter: Arc<dyn Painter> = painter(setting, around).unwrap().into();
    let output = Image::new(painter).call(args, &cx).await?;
    let bytes = std::fs::read(&output.artifacts[0].path).unwrap();
    Ok((output, bytes))
}

async fn asked(server: &MockServer) -> (Request, Value) {
    let request = server.received_requests().await.unwrap().remove(0);
    let body = serde_json::from_slice(&request.body).unwrap();
    (request, body)
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[tokio::test]
async fn openais_api_is_asked_as_it_is_documented() {
    let server = MockServer::start().await;
    let reply = json!({"created": 1, "data": [{"b64_json": png(), "revised_prompt": "a red fox in snow"}]});
    let given =
        Mock::given(method("POST")).and(path("/v1/images/generations")).and(header("authorization", "Bearer k-1"));
    given.respond_with(ResponseTemplate::new(200).set_body_json(reply)).mount(&server).await;
    let setting = format!("openai:{}/v1#flux-schnell", server.uri());
    let args = json!({"prompt": "a fox", "width": 640, "height": 448, "style": "line", "seed": 7});
    let (output, png) = call(&setting, &keys("k-1"), args).await.unwrap();
    let (_, body) = asked(&server).await;
    let words = "a fox, line drawing, thin black ink lines on white paper, no shading";
    let want = json!({"model": "flux-schnell", "prompt": words, "n": 1, "size": "640x448", "response_format": "b64_json", "seed": 7});
    assert_eq!(body, want);
    assert_eq!(output.content, "Drew a-fox.png (8 × 4 pixels): a red fox in snow");
    let all = [("prompt", "a fox"), ("style", "line"), ("seed", "7"), ("backend", "openai"), ("model", "flux-schnell")];
    assert_eq!(texts(&png)[..5], all.map(|(a, b)| pair(a, b)));
}

#[tokio::test]
async fn gpt_image_is_not_asked_for_base64_and_foreign_servers_get_no_key_of_openais() {
    let server = MockServer::start().await;
    let reply = ResponseTemplate::new(200).set_body_json(json!({"data": [{"b64_json": png()}]}));
    Mock::given(method("POST")).respond_with(reply).mount(&server).await;
    let around = Surroundings { key: None, openai_key: Some("secret".into()) };
    call(&format!("openai:{}", server.uri()), &around, json!({"prompt": "x"})).await.unwrap();
    let (request, body) = asked(&server).await;
    assert_eq!(
        body,
        json!({"model": "gpt-image-1", "prompt": "x", "n": 1, "size": "1024x1024", "output_format": "png"})
    );
    assert!(!request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn the_web_uis_api_is_asked_as_it_is_documented() {
    let server = MockServer::start().await;
    let info = json!({"seed": 4_294_967_295_u64, "sd_model_name": "sd-1.5"}).to_string();
    let reply = json!({"images": [format!("data:image/png;base64,{}", png())], "parameters": {}, "info": info});
    let given = Mock::given(method("POST")).and(path("/sdapi/v1/txt2img"));
    given.respond_with(ResponseTemplate::new(200).set_body_json(reply)).mount(&server).await;
    let args = json!({"prompt": "a fox", "negative": "people", "width": 515, "height": 384});
    let (_, png) = call(&format!("a1111:{}/", server.uri()), &keys("me:pass"), args).await.unwrap();
    let (request, body) = asked(&server).await;
    let want = json!({"prompt": "a fox", "negative_prompt": "people", "width": 512, "height": 384, "seed": -1, "batch_size": 1, "n_iter": 1});
    assert_eq!(body, want);
    assert_eq!(request.headers["authorization"], format!("Basic {}", BASE64_STANDARD.encode("me:pass")));
    let all = [
        ("prompt", "a fox"),
        ("negative", "people"),
        ("seed", "4294967295"),
        ("backend", "a1111"),
        ("model", "sd-1.5"),
    ];
    assert_eq!(texts(&png)[..5], all.map(|(a, b)| pair(a, b)));
}

/// What the model is told when the server answers so.
async fn failure(status: u16, body: &str) -> (String, String) {
    let server = MockServer::start().await;
    let reply = ResponseTemplate::new(status).set_body_string(body).insert_header("location", "http://127.0.0.1:9/");
    Mock::given(method("POST")).respond_with(reply).mount(&server).await;
    match call(&format!("openai:{}", server.uri()), &keys("k-secret"), json!({"prompt": "x"})).await {
        Err(ToolError::TellModel(failure)) => (failure.kind, failure.message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_without_the_key() {
    let check = async |status: u16, body: &str, kind: &str, why: &str| {
        let (got, message) = failure(status, body).await;
        assert!(got == kind && message.contains(why) && !message.contains("k-secret"), "{got}: {message}");
    };
    check(401, "{}", "denied", "does not take the key (401 Unauthorized); set POLYMATH_IMAGE_KEY").await;
    check(400, r#"{"error": {"message": "your prompt\nis bad"}}"#, "exception", "400 Bad Request: your promptis bad")
        .await;
    check(500, "<html>", "exception", "answered 500").await;
    check(302, "", "exception", "answered 302").await;
    check(200, r#"{"data": [{"url": "http://127.0.0.1/x.png"}]}"#, "exception", "an address, which is not fetched")
        .await;
    check(200, r#"{"data": [{"b64_json": "!!"}]}"#, "exception", "no base64").await;
    check(200, r#"{"data": [{"b64_json": "R0lGODlhAQABAAAAACw="}]}"#, "exception", "no PNG").await;
    let gone = call("a1111:http://127.0.0.1:9", &keys("k-secret"), json!({"prompt": "x"})).await;
    assert!(matches!(gone, Err(ToolError::TellModel(f)) if f.kind == "unavailable"));
}

#[test]
fn settings_that_name_no_backend_are_errors() {
    let fails = |setting: &str| painter(setting, &Surroundings::default()).err().unwrap();
    assert!(fails("dream").contains("there are sketch, openai, a1111"));
    assert!(fails("openai").contains("needs a key: set POLYMATH_IMAGE_KEY or OPENAI_API_KEY"));
    assert!(fails("a1111:ftp://h/").contains("write http(s)://HOST:PORT"));
    assert!(fails("a1111:http://me:pass@h/").contains("has no password in it"));
    for (setting, name) in
        [("", "sketch"), ("sketch", "sketch"), ("a1111", "a1111"), ("openai:http://h/v1#m", "openai")]
    {
        assert_eq!(painter(setting, &Surroundings::default()).unwrap().name(), name);
    }
    let args = |args: Value| read_arguments(&args).map_err(|e| e.to_string()).unwrap_err();
    assert!(args(json!({"prompt": "x", "style": "oil"})).contains("one of flat, line, badge, poster"));
    assert!(args(json!({"prompt": "x", "seed": -3})).contains("`seed` is -3"));
}
