//! What calls of one session know of each other: numbers of results, open pages, and how much of
//! both is kept.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::{Bench, folder};
use polymath_chat::Hit;
use polymath_tools::browser::Kept;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{path, path_regex, query_param},
};

/// Names and titles that look like lines of a listing, and texts that look like whole listings.
const TRICKY: &[(&str, &[u8])] = &[
    ("a — b.html", b"<title>Zebras</title><p>The zebra of a and b."),
    ("b.html", b"<title>Zebras, too</title><p>The zebra of b."),
    ("c.html", "<title>Zebra — local:b.html</title><p>The zebra of c.".as_bytes()),
    ("d.txt", "Zebra list\n\n1. Zebra — local:b.html\n\n2. Another zebra — https://zebra.example/\n".as_bytes()),
    ("3. e.html", b"<title>4. Zebra</title><p>The zebra of e."),
    ("f [2].html", b"<title>[1] Zebra</title><p>The zebra of f."),
];

#[tokio::test]
async fn a_result_is_what_it_opens_whatever_its_name() {
    for (name, body) in TRICKY {
        let (_folder, bench) =
            folder(&[(name, body), ("z.html", b"<title>Z</title><p>A zebra."), ("b.html", TRICKY[1].1)]);
        let hits = bench.search("zebra").await.unwrap().hits;
        let urls: BTreeSet<String> = hits.iter().map(|h| h.url.clone()).collect();
        let want = [*name, "z.html", "b.html"].map(|n| format!("local:{n}"));
        assert_eq!(urls, want.into_iter().collect(), "{name}");
        for (i, hit) in hits.iter().enumerate() {
            assert_eq!(hit.number, Some(i + 1), "{name}");
            for target in [json!(hit.url), json!(hit.number)] {
                let output = bench.call("browser_open", json!({"target": target})).await.unwrap();
                assert_eq!(output.sources[0].url, hit.url, "{name} by {target}");
            }
        }
    }
}

/// A service that finds `count` pages for each query `count word`, after so many milliseconds; and
/// the pages.
async fn service() -> (MockServer, Bench) {
    let server = MockServer::start().await;
    for (query, wait) in [("5 slow", 400), ("2 quick", 0), ("3 middling", 200), ("0 nothing", 100)] {
        let (count, word) = query.split_once(' ').unwrap();
        let results: Vec<_> = (0..count.parse().unwrap())
            .map(|i| json!({"url": format!("{}/{word}/{i}", server.uri()), "title": word, "content": "x"}))
            .collect();
        let reply = ResponseTemplate::new(200).set_body_json(json!({"results": results}));
        Mock::given(path("/search"))
            .and(query_param("q", query))
            .respond_with(reply.set_delay(Duration::from_millis(wait)))
            .mount(&server)
            .await;
    }
    let page = |r: &Request| {
        ResponseTemplate::new(200).set_body_raw(format!("<title>{}</title><p>text", r.url.path()), "text/html")
    };
    Mock::given(path_regex("^/(slow|quick|middling)/")).respond_with(page).mount(&server).await;
    let bench = Bench::new(&format!("searxng:{}", server.uri()), |c| c.allow = vec![server.address().to_string()]);
    (server, bench)
}

fn numbers(hits: &[Hit]) -> Vec<usize> {
    hits.iter().filter_map(|h| h.number).collect()
}

#[tokio::test]
async fn searches_side_by_side_are_numbered_in_the_order_of_their_calls() {
    let (_server, bench) = service().await;
    let (slow, quick, middling, nothing) = tokio::join!(
        bench.search("5 slow"),
        bench.search("2 quick"),
        bench.search("3 middling"),
        bench.search("0 nothing")
    );
    assert_eq!(nothing.unwrap_err().kind, "not_found");
    let outputs = [slow.unwrap(), quick.unwrap(), middling.unwrap()];
    let got = outputs.each_ref().map(|o| numbers(&o.hits));
    assert_eq!(got, [vec![1, 2, 3, 4, 5], vec![6, 7], vec![11, 12, 13]]);
    for output in &outputs {
        for hit in &output.hits {
            let number = hit.number.unwrap();
            assert!(
                output.content.contains(&format!("\n{number}. {} — {}\n", hit.title, hit.url)),
                "{}",
                output.content
            );
            assert_eq!(bench.open(&number.to_string()).await.unwrap().sources[0].url, hit.url, "{number}");
        }
    }
    let gap = bench.open("8").await.unwrap_err();
    assert_eq!((gap.kind.as_str(), gap.message.contains("no result 8")), ("not_found", true));
    let next = bench.search("2 quick").await.unwrap();
    assert_eq!(numbers(&next.hits), [14, 15], "the numbers count on");
    assert_eq!(bench.open("1").await.unwrap().sources[0].url, outputs[0].hits[0].url, "and stay what they were");
}

#[tokio::test]
async fn a_search_that_is_given_up_gives_its_numbers_back() {
    let (_server, bench) = service().await;
    let given_up = tokio::time::timeout(Duration::from_millis(50), bench.search("5 slow")).await;
    assert!(given_up.is_err());
    assert_eq!(numbers(&bench.search("2 quick").await.unwrap().hits), [1, 2]);
}

#[tokio::test]
async fn pages_are_named_with_the_number_that_cites_them() {
    let pages: [(&str, &[u8]); 2] =
        [("a.html", "<title>甲</title><p>zebra".as_bytes()), ("b.html", b"<title>B</title><p>zebra\n<p>ox")];
    let (_folder, bench) = folder(&pages);
    let number = |url: &str| ["local:x", "local:b.html", "local:a.html"].iter().position(|u| *u == url).map(|i| i + 1);
    let mut opened = bench.open("local:a.html").await.unwrap();
    opened.number_pages(number);
    assert!(opened.content.starts_with("[3] 甲\nlocal:a.html\n"), "{}", opened.content);
    bench.open("local:b.html").await.unwrap();
    let mut found = bench.call("browser_find", json!({"pattern": "zebra"})).await.unwrap();
    found.number_pages(number);
    let lines: Vec<&str> = found.content.lines().skip(1).collect();
    assert_eq!(lines, ["[2] B — local:b.html", "L1: zebra", "L2: ox", "[3] 甲 — local:a.html", "L1: zebra"]);
    let full = json!({"target": "local:b.html", "full": true});
    let mut full = bench.call("browser_open", full).await.unwrap();
    full.number_pages(number);
    assert!(full.content.starts_with("[2] B\nlocal:b.html\n\n"), "{}", full.content);
}

#[tokio::test]
async fn sessions_that_are_over_leave_nothing() {
    let large = format!("<title>t</title>{}", "<p>zebra and ox</p>".repeat(50));
    let (_folder, bench) = folder(&[("a.html", large.as_bytes())]);
    for i in 0..200 {
        let session = format!("alone-{i}");
        bench.call_in(&session, "browser_search", json!({"query": "zebra"})).await.unwrap();
        bench.call_in(&session, "browser_open", json!({"target": 1})).await.unwrap();
        let kept = bench.browser.kept();
        assert_eq!((kept.sessions, kept.pages, kept.hits), (1, 1, 1));
        assert!(kept.bytes > 600, "{kept:?}");
        bench.tools.end(&session).await;
        assert_eq!(bench.browser.kept(), Kept::default());
    }
    for _ in 0..3 {
        bench.call_in("", "browser_open", json!({"target": "local:a.html"})).await.unwrap();
        assert_eq!(bench.browser.kept(), Kept::default(), "a call without a session");
    }
}

#[tokio::test]
async fn sessions_that_nobody_ends_are_bounded() {
    let (_folder, bench) = folder(&[("a.html", b"<p>zebra")]);
    for i in 0..200 {
        bench.call_in(&i.to_string(), "browser_open", json!({"target": "local:a.html"})).await.unwrap();
    }
    let kept = bench.browser.kept();
    assert_eq!((kept.sessions, kept.pages), (64, 64));
    let gone = bench.call_in("0", "browser_find", json!({"pattern": "zebra"})).await.unwrap_err();
    assert_eq!(gone.kind, "not_found");
    bench.call_in("199", "browser_find", json!({"pattern": "zebra"})).await.unwrap();
}

#[tokio::test]
async fn pages_of_one_session_are_bounded_by_their_size() {
    let page = format!("<title>t</title>{}", "<p>zebra and ox</p>".repeat(200));
    let files: Vec<String> = (0..20).map(|i| format!("{i}.html")).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|name| (name.as_str(), page.as_bytes())).collect();
    let (folder, _) = folder(&files);
    let bench = Bench::new(&format!("local:{}", folder.path().display()), |c| c.keep.session_bytes = 80_000);
    for (name, _) in &files {
        bench.open(&format!("local:{name}")).await.unwrap();
        assert!(bench.browser.kept().bytes <= 80_000, "{:?}", bench.browser.kept());
    }
    let kept = bench.browser.kept();
    assert!((2..20).contains(&kept.pages), "{kept:?}");
}
