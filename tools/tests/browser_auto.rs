//! `--search auto` over loopback servers that answer as the services did when they were recorded: whichever
//! of them fails, in whatever way, the others' results are shown and nothing is said of the failure.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::Bench;
use serde_json::json;
use std::time::Duration;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path, query_param},
};

const DUCK: &str = r##"<!DOCTYPE html><html><body><div id="links" class="results">
<div class="result results_links results_links_deep web-result"><h2 class="result__title"><a rel="nofollow" class="result__a"
 href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fen.wikipedia.org%2Fwiki%2FZebra&amp;rut=1">Zebra - Wikipedia</a></h2>
 <a class="result__snippet" href="#"><b>Zebras</b> are African equines.</a></div>
<div class="result results_links results_links_deep web-result"><h2 class="result__title"><a rel="nofollow" class="result__a"
 href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fzoo.example%2Fstripes%3Futm_source%3Dduck&amp;rut=2">Why zebras have stripes</a></h2>
 <a class="result__snippet" href="#">Flies land less often on stripes.</a></div></div></body></html>"##;

const PUZZLE: &str = r#"<!DOCTYPE html><html><body><form id="challenge-form" action="//duckduckgo.com/anomaly.js?sv=html">
<div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></form></body></html>"#;

const SCRIPT: &str = r##"if (DDG.deep.initialize) DDG.deep.initialize('/d.js?q=zebra',false);DDG.pageLayout.load('d',[
{"a":"The <b>zebra</b>&#x27;s stripes.","ae":null,"c":"https://script.example/zebra","d":"script.example","h":0,"i":"script.example",
"k":null,"m":0,"o":0,"p":0,"s":"bingv7aa","t":"Zebras &amp; others","u":"https://script.example/zebra"},
{"n":"/d.js?q=zebra&s=10"}]);DDG.duckbar.load('images', {"ads":null,"query":"zebra"});"##;

fn wiki() -> ResponseTemplate {
    let titles = ["Zebra crossing", "Zebra", "Zebra finch", "Zebra mussel", "Zebra shark"];
    let row =
        |title| json!({"ns": 0, "title": title, "snippet": format!("A <span class=\"searchmatch\">{title}</span>")});
    let rows: Vec<_> = titles.into_iter().map(row).collect();
    ResponseTemplate::new(200)
        .set_body_json(json!({"batchcomplete": "", "query": {"searchinfo": {"totalhits": 5}, "search": rows}}))
}

fn html(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "text/html")
}

/// All services of `auto` on one server, each below a path of its own; `duck` is what DuckDuckGo's page answers,
/// in which Wikipedia's address becomes this server's.
async fn services(
    duck: Option<ResponseTemplate>,
    script: ResponseTemplate,
    wikipedia: ResponseTemplate,
) -> (MockServer, Bench) {
    let server = MockServer::start().await;
    let own = server.uri().replace("://", "%3A%2F%2F").replace(':', "%3A") + "%2Fwiki";
    let duck = duck.unwrap_or_else(|| html(&DUCK.replace("https%3A%2F%2Fen.wikipedia.org", &own)));
    let page = html("<script>DDG.page({q:'zebra'});vqd=\"4-123456789\";</script>");
    for (at, reply) in [("/duck/html/", duck), ("/js/", page), ("/js/d.js", script), ("/wiki/w/api.php", wikipedia)] {
        Mock::given(path(at)).respond_with(reply).mount(&server).await;
    }
    let bench = Bench::new("auto", |c| {
        for (backend, below) in [("duckduckgo", "duck"), ("duckduckgo-js", "js"), ("wikipedia", "wiki")] {
            c.endpoints.set(backend, format!("{}/{below}", server.uri()));
        }
        c.limits.total = Duration::from_millis(1500);
    });
    (server, bench)
}

fn script() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(SCRIPT, "application/x-javascript")
}

async fn asked(server: &MockServer, at: &str) -> usize {
    server.received_requests().await.unwrap().iter().filter(|request| request.url.path() == at).count()
}

/// What a service answers when something is wrong.
fn failures() -> Vec<(&'static str, ResponseTemplate)> {
    let slow = html(DUCK).set_delay(Duration::from_secs(20));
    vec![
        ("202 with a puzzle", ResponseTemplate::new(202).set_body_raw(PUZZLE, "text/html")),
        ("200 with a puzzle", html(PUZZLE)),
        ("202 and nothing", ResponseTemplate::new(202)),
        ("403", ResponseTemplate::new(403)),
        ("429", ResponseTemplate::new(429).insert_header("retry-after", "90")),
        ("500", ResponseTemplate::new(500).set_body_string("oops")),
        ("503", ResponseTemplate::new(503)),
        ("an empty body", html("")),
        ("a page without results", html("<html><body><div id=\"links\"></div></body></html>")),
        ("a redirect", ResponseTemplate::new(302).insert_header("location", "/elsewhere")),
        ("a page of somebody else's", html("<html><title>Log in to the hotel's network</title></html>")),
        ("nothing in time", slow),
    ]
}

#[tokio::test]
async fn what_two_found_is_first_and_who_served_is_told() {
    let (_server, bench) = services(None, script(), wiki()).await;
    let content = bench.search("zebra stripes").await.unwrap().content;
    assert!(content.starts_with("Results for \"zebra stripes\" from duckduckgo and wikipedia (snippets"), "{content}");
    let titles: Vec<&str> = content.lines().filter_map(|line| line.split_once(" — ")).map(|(title, _)| title).collect();
    assert_eq!(titles[..2], ["1. Zebra - Wikipedia", "2. Why zebras have stripes"], "{content}");
    assert_eq!(titles.len(), 5, "{content}");
    assert_eq!(content.matches("/wiki/Zebra\n").count(), 1, "one page, one result: {content}");
}

#[tokio::test]
async fn whatever_one_does_the_next_one_serves() {
    for (what, failure) in failures() {
        let (server, bench) = services(Some(failure), script(), wiki()).await;
        let content = bench.search("zebra").await.unwrap_or_else(|e| panic!("{what}: {}", e.message)).content;
        assert!(content.starts_with("Results for \"zebra\" from wikipedia and duckduckgo-js ("), "{what}: {content}");
        assert!(content.contains("Zebras & others — https://script.example/zebra"), "{what}: {content}");
        assert!(!content.contains("could not"), "{what}: {content}");
        bench.search("okapi").await.unwrap();
        assert_eq!(asked(&server, "/duck/html/").await, 1, "{what}: who failed is asked last");
    }
}

#[tokio::test]
async fn one_that_works_is_enough() {
    for (what, failure) in failures() {
        if what == "nothing in time" {
            continue; // three of them would take their time
        }
        let (_server, bench) = services(Some(failure.clone()), failure.clone(), wiki()).await;
        let content = bench.search("zebra").await.unwrap().content;
        assert!(content.starts_with("Results for \"zebra\" from wikipedia (snippets"), "{what}: {content}");
        assert!(!content.contains("could not"), "{what}: {content}");
        let (_server, bench) = services(Some(failure.clone()), script(), failure.clone()).await;
        let content = bench.search("zebra").await.unwrap().content;
        assert!(content.contains("from duckduckgo-js (snippets"), "{what}: {content}");
        let (_server, bench) = services(Some(failure.clone()), failure.clone(), failure).await;
        let told = bench.search("zebra").await.unwrap_err();
        assert_eq!((told.kind.as_str(), told.message.lines().count()), ("network", 1), "{what}");
        for name in ["duckduckgo: ", "duckduckgo-js: ", "wikipedia: "] {
            assert!(told.message.contains(name), "{what}: {}", told.message);
        }
    }
}

#[tokio::test]
async fn a_service_that_says_when_is_left_alone_until_then() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "90");
    Mock::given(path("/html/")).respond_with(busy).expect(1).mount(&server).await;
    let bench = Bench::new("duckduckgo", |c| c.endpoints.set("duckduckgo", server.uri()));
    for query in ["zebra", "okapi"] {
        let told = bench.search(query).await.unwrap_err().message;
        assert!(told.contains("refuses automatic searches for now; try again in "), "{told}");
        assert!(["90 s", "89 s", "88 s"].iter().any(|wait| told.ends_with(wait)), "{told}");
    }
}

#[tokio::test]
async fn what_is_asked_again_is_known() {
    let (server, bench) = services(None, script(), wiki()).await;
    let first = bench.search("Zebra  stripes").await.unwrap().hits;
    let again = bench.search("zebra stripes").await.unwrap().hits;
    assert_eq!(first.iter().map(|h| &h.url).collect::<Vec<_>>(), again.iter().map(|h| &h.url).collect::<Vec<_>>());
    assert_eq!(asked(&server, "/duck/html/").await, 1);
}

#[tokio::test]
async fn a_searxng_fails_in_its_own_ways() {
    let (duck, bench_of) = (MockServer::start().await, |own: &MockServer, duck: &MockServer| {
        Bench::new("auto", |c| {
            c.searxng = Some(own.uri());
            c.endpoints.set("duckduckgo", duck.uri());
            c.endpoints.set("duckduckgo-js", duck.uri());
            c.endpoints.set("wikipedia", duck.uri());
        })
    });
    Mock::given(path("/html/")).respond_with(html(DUCK)).mount(&duck).await;
    Mock::given(path("/w/api.php")).respond_with(wiki()).mount(&duck).await;
    let suspended = json!({"query": "zebra", "number_of_results": 0, "results": [], "answers": [], "infoboxes": [],
        "suggestions": [], "unresponsive_engines": [["google", "Suspended: access denied"], ["duckduckgo", "CAPTCHA"]]});
    for (what, reply) in [
        ("no json", ResponseTemplate::new(403)),
        ("too many", ResponseTemplate::new(429).set_body_string("Too Many Requests")),
        ("no engines", ResponseTemplate::new(200).set_body_json(&suspended)),
        ("a page", html("<!doctype html><title>searx</title>")),
        ("an error", ResponseTemplate::new(500)),
    ] {
        let own = MockServer::start().await;
        Mock::given(any()).respond_with(reply).mount(&own).await;
        let content = bench_of(&own, &duck).search("zebra").await.unwrap().content;
        assert!(content.contains("from duckduckgo and wikipedia (snippets"), "{what}: {content}");
        let alone = Bench::new(&format!("searxng:{}", own.uri()), |_| {}).search("zebra").await.unwrap_err();
        assert_eq!(alone.kind, "network", "{what}: {}", alone.message);
    }
}

#[tokio::test]
async fn keys_make_a_service_part_of_auto() {
    let server = MockServer::start().await;
    let rows = json!({"meta": {"id": "x", "ms": 100}, "data": [
        {"t": 0, "rank": 1, "url": "https://k.example/", "title": "Zebra", "snippet": "An <b>equine</b>", "published": "2024-01-01T00:00:00Z"},
        {"t": 1, "list": ["zebra crossing"]}]});
    Mock::given(path("/kagi/api/v0/search"))
        .and(query_param("q", "zebra"))
        .and(wiremock::matchers::header("Authorization", "Bot secret"))
        .respond_with(ResponseTemplate::new(200).set_body_json(rows))
        .mount(&server)
        .await;
    Mock::given(path("/wiki/w/api.php")).respond_with(wiki()).mount(&server).await;
    Mock::given(path("/kagi/api/v0/search")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let bench = |key: &str| {
        Bench::new("auto", |c| {
            c.keys.insert("kagi".into(), key.into());
            c.endpoints.set("kagi", format!("{}/kagi", server.uri()));
            c.endpoints.set("wikipedia", format!("{}/wiki", server.uri()));
            c.endpoints.set("duckduckgo", server.uri());
            c.endpoints.set("duckduckgo-js", server.uri());
        })
    };
    let content = bench("secret").search("zebra").await.unwrap().content;
    assert!(content.contains("Zebra — https://k.example/\n   An equine"), "{content}");
    assert!(content.contains("from kagi and wikipedia"), "{content}");
    let wrong = bench("wrong").search("zebra").await.unwrap().content;
    assert!(wrong.contains("from wikipedia (snippets"), "{wrong}");
}
