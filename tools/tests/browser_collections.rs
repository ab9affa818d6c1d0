//! Backends for one collection each, over loopback servers that answer in the services' forms.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::Bench;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param},
};

/// A backend whose service answers these paths.
async fn bench(backend: &str, replies: Vec<(&str, &str, &str, ResponseTemplate)>) -> (MockServer, Bench) {
    let server = MockServer::start().await;
    for (at, parameter, value, reply) in replies {
        Mock::given(path(at)).and(query_param(parameter, value)).respond_with(reply).mount(&server).await;
    }
    let bench = Bench::new(backend, |c| c.endpoints.set(backend.split(':').next().unwrap(), server.uri()));
    (server, bench)
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[track_caller]
fn check(content: &str, want: &str) {
    let (_, listed) = content.split_once('\n').unwrap();
    assert_eq!(listed, want);
}

#[tokio::test]
async fn wikidata() {
    let found = json!({"searchinfo": {"search": "zebra"}, "search": [{"id": "Q32789", "title": "Q32789", "pageid": 34970,
        "concepturi": "http://www.wikidata.org/entity/Q32789", "repository": "wikidata", "url": "//www.wikidata.org/wiki/Q32789",
        "display": {"label": {"value": "zebra", "language": "en"}}, "label": "zebra", "description": "black and white striped animals",
        "match": {"type": "label", "language": "en", "text": "zebra"}}], "search-continue": 1, "success": 1});
    let error = json!({"error": {"code": "badvalue", "info": "Unrecognized value for parameter \"type\"."}});
    let (server, bench) =
        bench("wikidata", vec![("/w/api.php", "search", "zebra", ok(found)), ("/w/api.php", "search", "x", ok(error))])
            .await;
    let content = bench.search("zebra").await.unwrap().content;
    check(&content, &format!("1. zebra — {}/wiki/Q32789\n   black and white striped animals", server.uri()));
    assert!(bench.search("x").await.unwrap_err().message.contains("Unrecognized value"));
}

const ATOM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?search_query%3Dall:electron" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=all:electron</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2024-01-01T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1000</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/abs/hep-ex/0307015</id>
    <updated>2003-07-07T13:46:39-04:00</updated>
    <published>2003-07-07T13:46:39-04:00</published>
    <title>Multi-Electron Production at High Transverse
      Momenta</title>
    <summary>  Multi-electron production is studied
at high electron transverse momentum.</summary>
    <author><name>H1 Collaboration</name></author>
    <link href="http://arxiv.org/abs/hep-ex/0307015v1" rel="alternate" type="text/html"/>
    <category term="hep-ex" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
</feed>"#;

#[tokio::test]
async fn arxiv() {
    let atom = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "application/atom+xml");
    let broken =
        ATOM.replace("http://arxiv.org/abs/hep-ex/0307015</id>", "http://arxiv.org/api/errors#incorrect_id</id>");
    let (_server, bench) = bench(
        "arxiv",
        vec![
            ("/api/query", "search_query", "all:electron AND all:momenta", atom(ATOM)),
            ("/api/query", "search_query", "all:wrong", atom(&broken)),
            ("/api/query", "search_query", "all:busy", ResponseTemplate::new(503)),
        ],
    )
    .await;
    let content = bench.search("electron (momenta)").await.unwrap().content;
    let want = "1. Multi-Electron Production at High Transverse Momenta — https://arxiv.org/abs/hep-ex/0307015\n   \
                Multi-electron production is studied at high electron transverse momentum.";
    check(&content, want);
    assert_eq!(bench.search("wrong").await.unwrap_err().kind, "not_found");
    assert_eq!(bench.search("busy").await.unwrap_err().kind, "network");
}

#[tokio::test]
async fn pubmed() {
    let numbers = json!({"header": {"type": "esearch", "version": "0.3"},
        "esearchresult": {"count": "2", "retmax": "2", "retstart": "0", "idlist": ["20021716", "1"]}});
    let papers = json!({"header": {"type": "esummary", "version": "0.3"}, "result": {"uids": ["20021716"], "20021716": {
        "uid": "20021716", "pubdate": "2009 Dec", "source": "BMC Genomics", "fulljournalname": "BMC genomics",
        "authors": [{"name": "Doe J", "authtype": "Author", "clusterid": ""}], "title": "The <i>zebra</i> genome."}}});
    let none = json!({"esearchresult": {"count": "0", "idlist": []}});
    let limit = ResponseTemplate::new(429).set_body_json(json!({"error": "API rate limit exceeded", "count": "4"}));
    let (_server, bench) = bench(
        "pubmed",
        vec![
            ("/entrez/eutils/esearch.fcgi", "term", "zebra genome", ok(numbers)),
            ("/entrez/eutils/esummary.fcgi", "id", "20021716,1", ok(papers)),
            ("/entrez/eutils/esearch.fcgi", "term", "nothing", ok(none)),
            ("/entrez/eutils/esearch.fcgi", "term", "often", limit),
        ],
    )
    .await;
    let content = bench.search("zebra genome").await.unwrap().content;
    check(
        &content,
        "1. The zebra genome. — https://pubmed.ncbi.nlm.nih.gov/20021716/\n   Doe J. BMC genomics. 2009 Dec",
    );
    assert_eq!(bench.search("nothing").await.unwrap_err().kind, "not_found");
    assert!(bench.search("often").await.unwrap_err().message.contains("try again in"));
}

#[tokio::test]
async fn stack_exchange() {
    let found = json!({"items": [{"tags": ["rust", "lifetime"], "owner": {"reputation": 1}, "is_answered": true, "view_count": 10,
        "accepted_answer_id": 7, "answer_count": 2, "score": 5, "question_id": 6, "content_license": "CC BY-SA 4.0",
        "link": "https://stackoverflow.com/questions/6/why", "title": "Why can&#39;t I store a value?"}],
        "has_more": false, "quota_max": 300, "quota_remaining": 299});
    let throttled = json!({"error_id": 502, "error_message": "too many requests from this IP, more requests available in 90 seconds",
        "error_name": "throttle_violation"});
    let replies = |site: &'static str| vec![("/2.3/search/advanced", "site", site, ok(found.clone()))];
    for (backend, site) in [("stackexchange", "stackoverflow"), ("stackexchange:superuser", "superuser")] {
        let (_server, bench) = bench(backend, replies(site)).await;
        let content = bench.search("store a value").await.unwrap().content;
        let want = "1. Why can't I store a value? — https://stackoverflow.com/questions/6/why\n   \
                    2 answers, one of them accepted. Tags: rust, lifetime";
        check(&content, want);
    }
    let busy = ResponseTemplate::new(400).set_body_json(throttled);
    let (_server, bench) = bench("stackexchange", vec![("/2.3/search/advanced", "q", "often", busy)]).await;
    let told = bench.search("often").await.unwrap_err().message;
    assert!(told.contains("too many requests from this IP") && told.contains("try again in"), "{told}");
}
