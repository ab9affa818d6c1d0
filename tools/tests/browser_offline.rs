//! Encyclopaedias without a network: ZIM files, which are made here, and a kiwix-serve.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::{
    Bench,
    zim::{Entry, zim},
};
use polymath_tools::browser::{Browser, BrowserConfig, SearchSpec};
use serde_json::json;
use std::path::{Path, PathBuf};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param},
};

const TOWER: &str = "<html><head><title>Skagen Tower</title></head><body><h1>Skagen Tower</h1><p>The Skagen Tower is a lattice tower \
    in Nordhavn. It was designed by Maren Holt and opened in 1889.</p><p>It is 212 metres tall.</p></body></html>";
const TOWERS: &str =
    "<html><body><h1>Skagen Tower in popular culture</h1><p>The tower is seen in four films.</p></body></html>";
const HOLT: &str =
    "<html><body><h1>Maren Holt</h1><p>Maren Holt was an engineer. Among her works are bridges.</p></body></html>";
const ZH: &str = "<html><body><h1>斯卡恩塔</h1><p>斯卡恩塔高212米，由马伦·霍尔特设计。</p></body></html>";

fn archive(folder: &Path) -> PathBuf {
    let file = folder.join("towers_en.zim");
    let pages = [
        ("Skagen_Tower", "Skagen Tower", Entry::Page(TOWER)),
        ("Skagen_Tower_in_popular_culture", "Skagen Tower in popular culture", Entry::Page(TOWERS)),
        ("Maren_Holt", "Maren Holt", Entry::Page(HOLT)),
        ("The_Iron_Finger", "The Iron Finger", Entry::Redirect("Skagen_Tower")),
        ("zh", "斯卡恩塔", Entry::Page(ZH)),
    ];
    std::fs::write(&file, zim(&pages)).unwrap();
    file
}

#[tokio::test]
async fn an_archive_is_searched_by_titles_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(&format!("zim:{}", archive(folder.path()).display()), |_| {});
    let first = |content: &str| content.lines().nth(1).unwrap().to_owned();
    let content = bench.search("who designed the skagen tower?").await.unwrap().content;
    assert_eq!(first(&content), "1. Skagen Tower — zim:towers_en/Skagen_Tower");
    assert!(content.contains("designed by Maren Holt"), "{content}");
    let content = bench.search("maren holt").await.unwrap().content;
    assert!(first(&content).ends_with("Maren Holt — zim:towers_en/Maren_Holt"), "{content}");
    let hits = bench.search("the iron finger").await.unwrap().hits;
    assert_eq!(
        hits.iter().map(|hit| hit.url.as_str()).collect::<Vec<_>>(),
        ["zim:towers_en/Skagen_Tower"],
        "redirects are followed"
    );
    assert!(first(&bench.search("斯卡恩塔有多高").await.unwrap().content).contains("zim:towers_en/zh"));
    assert_eq!(bench.search("xylophone").await.unwrap_err().kind, "not_found");
    for target in
        ["zim:towers_en/Skagen_Tower", "Skagen Tower", "zim:towers_en/The_Iron_Finger", "towers_en/Skagen_Tower"]
    {
        let page = bench.open(target).await.unwrap_or_else(|e| panic!("{target}: {}", e.message));
        assert!(page.content.contains("212 metres"), "{target}");
        assert_eq!(page.sources[0].url, "zim:towers_en/Skagen_Tower", "{target}");
    }
    for target in ["zim:towers_en/Nothing", "zim:other/Skagen_Tower", "zim:towers_en/listing/titleOrdered/v1"] {
        assert_eq!(bench.open(target).await.unwrap_err().kind, "not_found", "{target}");
    }
}

#[test]
fn what_is_no_archive_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(archive(folder.path())).unwrap();
    let open = |name: &str, bytes: Option<&[u8]>| {
        let file = folder.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&file, bytes).unwrap();
        }
        let spec = SearchSpec::parse(&format!("zim:{}", file.display())).unwrap();
        let opened = Browser::new(BrowserConfig::new(spec, folder.path()));
        opened.map(|_| ()).map_err(|e| e.to_string())
    };
    open("whole.zim", Some(&whole)).unwrap();
    for (name, bytes) in
        [("missing.zim", None), ("text.zim", Some(&b"hello"[..])), ("half.zim", Some(&whole[..whole.len() / 2]))]
    {
        let told = open(name, bytes).unwrap_err();
        assert!(told.contains(name) && told.contains("is no readable ZIM file"), "{told}");
    }
}

#[tokio::test]
async fn a_damaged_archive_costs_no_more_than_its_pages() {
    let folder = tempfile::tempdir().unwrap();
    let file = archive(folder.path());
    let whole = std::fs::read(&file).unwrap();
    // every byte behind the header in turn says something else
    for at in (80..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&file, damaged).unwrap();
        let spec = SearchSpec::parse(&format!("zim:{}", file.display())).unwrap();
        if Browser::new(BrowserConfig::new(spec, folder.path())).is_ok() {
            let bench = Bench::new(&format!("zim:{}", file.display()), |_| {});
            let _ = bench.search("Skagen Tower").await;
            let _ = bench.open("zim:towers_en/Skagen_Tower").await;
        }
    }
}

#[tokio::test]
async fn a_page_that_unpacks_to_too_much_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.zim");
    let large = "x".repeat(65 << 20);
    let written = zim(&[("Large", "Large", Entry::Page(&large)), ("Small", "Small", Entry::Page("<p>Small.</p>"))]);
    assert!(written.len() < 1 << 20);
    std::fs::write(&file, written).unwrap();
    let bench = Bench::new(&format!("zim:{}", file.display()), |_| {});
    assert_eq!(bench.open("zim:large/Large").await.unwrap_err().kind, "unsupported");
    assert!(bench.open("zim:large/Small").await.unwrap().content.contains("Small."));
}

const KIWIX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
  <channel>
    <title>Search: tower</title>
    <link>/search?pattern=tower&amp;format=xml</link>
    <description>Search result for tower</description>
    <opensearch:totalResults>2</opensearch:totalResults>
    <item>
      <title>Skagen Tower</title>
      <link>/content/towers_en/Skagen_Tower</link>
      <description>The Skagen <b>Tower</b> is a lattice <b>tower</b>...</description>
      <book><title>Towers</title></book>
      <wordCount>31</wordCount>
    </item>
    <item>
      <title>Bells &amp; towers</title>
      <link>/content/towers_en/Bells</link>
      <description>&lt;b&gt;Bells&lt;/b&gt; of towers</description>
    </item>
  </channel>
</rss>"#;

#[tokio::test]
async fn a_kiwix_server_is_searched_and_opened_where_it_is() {
    let server = MockServer::start().await;
    Mock::given(path("/search"))
        .and(query_param("pattern", "tower"))
        .and(query_param("format", "xml"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(KIWIX, "application/rss+xml"))
        .mount(&server)
        .await;
    Mock::given(path("/content/towers_en/Skagen_Tower"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(TOWER, "text/html"))
        .mount(&server)
        .await;
    let none =
        ResponseTemplate::new(404).set_body_raw("<html><title>Fulltext search unavailable</title></html>", "text/html");
    Mock::given(query_param("pattern", "okapi")).respond_with(none).mount(&server).await;
    let bench = Bench::new(&format!("kiwix:{}/", server.uri()), |_| {});
    let found = bench.search("tower").await.unwrap();
    assert_eq!(found.hits[0].url, format!("{}/content/towers_en/Skagen_Tower", server.uri()));
    assert_eq!(found.hits[0].snippet, "The Skagen Tower is a lattice tower...");
    assert_eq!((found.hits[1].title.as_str(), found.hits[1].snippet.as_str()), ("Bells & towers", "Bells of towers"));
    assert!(bench.call("browser_open", json!({"target": 1})).await.unwrap().content.contains("212 metres"));
    let told = bench.search("okapi").await.unwrap_err().message;
    assert!(told.contains("answered 404") && told.contains("Fulltext search unavailable"), "{told}");
}
