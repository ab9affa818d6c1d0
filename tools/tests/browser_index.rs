//! Corpora with names: what a run adds, leaves and takes out, and what is found in them.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::{
    Bench,
    zim::{Entry, zim},
};
use polymath_tools::browser::{
    Fetcher, Limits,
    library::{self, Bounds, Library, LibraryError, Progress, Run},
};
use std::path::Path;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, path},
};

fn with_run<T>(home: &Path, name: &str, work: impl FnOnce(&Run) -> T) -> T {
    work(&Run { home, name, on: &|_| {}, cancel: CancellationToken::new() })
}

fn add(home: &Path, name: &str, source: &Path) -> Progress {
    with_run(home, name, |run| library::add_files(source, run)).unwrap()
}

fn found(home: &Path, name: &str, query: &str) -> Vec<String> {
    let library = Library::open(home, name).unwrap().unwrap();
    library.search(query, 5).unwrap().into_iter().map(|hit| hit.url).collect()
}

fn counts(progress: &Progress) -> [usize; 4] {
    [progress.read, progress.same, progress.removed, progress.failed.len()]
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_folder_is_read_once_and_what_changes_again() {
    let home = tempfile::tempdir().unwrap();
    let parent = folder(&[
        ("notes/a.md", "# Zebra\n\nStripes keep flies away."),
        ("notes/deep/b.html", "<title>Okapi</title><p>The okapi lives in forests.</p>"),
        ("notes/c.txt", "A giraffe is tall."),
        ("notes/.hidden/d.txt", "secret"),
        ("notes/e.pdf", "no pdf"),
    ]);
    let notes = parent.path().join("notes");
    let first = add(home.path(), "animals", &notes);
    assert_eq!(counts(&first), [3, 0, 0, 1], "{first:?}");
    assert_eq!(first.failed[0].0, "local:notes/e.pdf");
    assert_eq!(found(home.path(), "animals", "okapi forest"), ["local:notes/deep/b.html"]);
    assert!(found(home.path(), "animals", "secret").is_empty());
    assert_eq!(counts(&add(home.path(), "animals", &notes)), [0, 3, 0, 1]);

    std::fs::write(notes.join("a.md"), "# Zebra\n\nNow about quaggas.").unwrap();
    std::fs::write(notes.join("f.txt"), "A new page about tapirs.").unwrap();
    std::fs::remove_file(notes.join("c.txt")).unwrap();
    assert_eq!(counts(&add(home.path(), "animals", &notes)), [2, 1, 1, 1]);
    assert_eq!(found(home.path(), "animals", "quagga"), ["local:notes/a.md"]);
    assert!(found(home.path(), "animals", "flies").is_empty(), "what a page said before is forgotten");
    assert!(found(home.path(), "animals", "giraffe").is_empty());

    let bench = Bench::in_home(home, "local:animals", |_| {});
    let content = bench.search("quaggas").await.unwrap().content;
    assert!(content.contains("1. Zebra — local:notes/a.md\n   Now about quaggas."), "{content}");
    for target in ["1", "local:notes/a.md", "notes/a.md"] {
        assert_eq!(bench.open(target).await.unwrap().sources[0].url, "local:notes/a.md", "{target}");
    }
    std::fs::remove_file(notes.join("a.md")).unwrap();
    let gone = Bench::in_home(bench.home, "local:animals", |_| {}).open("local:notes/a.md").await.unwrap_err();
    assert!(gone.message.contains("index its folder again"), "{}", gone.message);
}

#[test]
fn sources_of_one_corpus_do_not_disturb_each_other() {
    let home = tempfile::tempdir().unwrap();
    let (one, two) = (folder(&[("notes/a.txt", "zebra one")]), folder(&[("notes/a.txt", "zebra two")]));
    add(home.path(), "n", &one.path().join("notes"));
    add(home.path(), "n", &two.path().join("notes"));
    let single = one.path().join("notes/a.txt");
    add(home.path(), "n", &single);
    let mut all = found(home.path(), "n", "zebra");
    all.sort();
    assert_eq!(all, ["local:a.txt", "local:notes-2/a.txt", "local:notes/a.txt"]);
    assert_eq!(counts(&add(home.path(), "n", &one.path().join("notes"))), [0, 1, 0, 0]);
    assert_eq!(found(home.path(), "n", "zebra").len(), 3);
}

#[test]
fn what_cannot_be_indexed_is_told_and_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let pages = folder(&[("a.txt", "zebra"), ("b.png", "x")]);
    add(home.path(), "n", pages.path());
    let told =
        |name: &str, source: &Path| with_run(home.path(), name, |run| library::add_files(source, run)).unwrap_err();
    for name in ["", "..", "../x", ".x", "a/b", "a b", "a\\b"] {
        assert!(matches!(told(name, pages.path()), LibraryError::Name(_)), "{name}");
    }
    std::fs::create_dir_all(home.path().join("corpora/pages")).unwrap();
    std::fs::write(home.path().join("corpora/pages/a.txt"), "zebra").unwrap();
    assert!(matches!(told("pages", pages.path()), LibraryError::Taken(_)));
    assert!(told("n", Path::new("/no/such")).to_string().contains("neither a file nor a folder /no/such"));
    assert!(matches!(told("n", &pages.path().join("b.png")), LibraryError::Unknown(_)));
    let broken = pages.path().join("x.zim");
    std::fs::write(&broken, "none").unwrap();
    assert!(told("n", &broken).to_string().contains("is no readable ZIM file"));
    assert_eq!(found(home.path(), "n", "zebra").len(), 1);
    assert!(Library::open(home.path(), "other").unwrap().is_none());
}

#[test]
fn a_run_that_is_stopped_goes_on_later() {
    let home = tempfile::tempdir().unwrap();
    let pages = folder(&[("a.txt", "zebra"), ("b.txt", "zebra")]);
    add(home.path(), "n", pages.path());
    std::fs::remove_file(pages.path().join("a.txt")).unwrap();
    std::fs::write(pages.path().join("c.txt"), "zebra").unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let run = Run { home: home.path(), name: "n", on: &|_| {}, cancel };
    let stopped = library::add_files(pages.path(), &run).unwrap();
    assert!(stopped.stopped && stopped.removed == 0 && stopped.read == 0, "{stopped:?}");
    assert_eq!(counts(&add(home.path(), "n", pages.path())), [1, 1, 1, 0]);
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let home = tempfile::tempdir().unwrap();
    let pages = folder(&[("a.txt", "zebra")]);
    let second = std::sync::Mutex::new(None);
    let on = |_: &Progress| {
        let again = with_run(home.path(), "n", |run| library::add_files(pages.path(), run));
        second.lock().unwrap().get_or_insert(again.map(|_| ()).map_err(|e| e.to_string()));
    };
    let run = Run { home: home.path(), name: "n", on: &on, cancel: CancellationToken::new() };
    assert_eq!(library::add_files(pages.path(), &run).unwrap().read, 1);
    let told = second.into_inner().unwrap().unwrap().unwrap_err();
    assert!(told.contains("is being written to by another process"), "{told}");
}

#[tokio::test]
async fn an_archive_is_indexed_by_what_its_pages_begin_with() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("towers.zim");
    let late = format!(
        "<h1>Tower</h1><p>It was drawn by Maren Holt.</p><p>{}</p><p>A xylophone.</p>",
        "Nothing. ".repeat(400)
    );
    let entries = [
        ("Tower", "Tower", Entry::Page(late.as_str())),
        ("Finger", "Finger", Entry::Redirect("Tower")),
        ("Lake", "Lake", Entry::Page("<h1>Lake</h1><p>Deep and cold.</p>")),
    ];
    std::fs::write(&file, zim(&entries)).unwrap();
    assert_eq!(counts(&add(home.path(), "wiki", &file)), [2, 0, 0, 0]);
    assert_eq!(counts(&add(home.path(), "wiki", &file)), [0, 2, 0, 0]);
    assert_eq!(found(home.path(), "wiki", "drawn by Holt"), ["zim:towers/Tower"], "titles alone say nothing of it");
    assert!(found(home.path(), "wiki", "xylophone").is_empty());
    let bench = Bench::in_home(home, "local:wiki", |_| {});
    assert!(bench.open("zim:towers/Tower").await.unwrap().content.contains("xylophone"), "the whole page is read");
}

async fn crawl(home: &Path, address: &str, pages: usize) -> Result<Progress, LibraryError> {
    let host = url::Url::parse(address).unwrap();
    let allow = format!("{}:{}", host.host_str().unwrap(), host.port().unwrap());
    let fetcher = Fetcher::new(&[allow], Limits::default()).unwrap();
    let run = Run { home, name: "site", on: &|_| {}, cancel: CancellationToken::new() };
    library::add_site(address, &fetcher, &Bounds { pages }, &run).await
}

async fn serve(server: &MockServer, at: &str, html: &str) {
    let reply = ResponseTemplate::new(200).set_body_raw(html, "text/html; charset=utf-8");
    Mock::given(path(at)).respond_with(reply).mount(server).await;
}

#[tokio::test]
async fn a_site_is_read_along_its_links_and_no_further() {
    let (home, server, other) = (tempfile::tempdir().unwrap(), MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&other).await;
    let robots = "User-agent: *\nDisallow: /\n\nUser-agent: polymath\nDisallow: /private/\n";
    Mock::given(path("/robots.txt"))
        .respond_with(ResponseTemplate::new(200).set_body_string(robots))
        .mount(&server)
        .await;
    let start = format!(
        "<title>Start</title><p>Welcome, zebras.</p><a href='a.html#x'>a</a> <a href='/private/p.html'>p</a>
        <a href='{}/elsewhere'>o</a> <a href='/away'>r</a> <a href='/moved'>m</a> <a href='/sly'>s</a> <a href='/n.html' rel='nofollow'>n</a>
        <a href='/quiet.html'>q</a> <a href='/picture.png'>i</a> <a href='/missing'>x</a> <a href='mailto:a@b.c'>mail</a>",
        other.uri()
    );
    serve(&server, "/docs/", &start).await;
    serve(
        &server,
        "/docs/a.html",
        "<title>A</title><p>The okapi page.</p><a href='/docs/b.html'>b</a><a href='/docs/'>up</a>",
    )
    .await;
    serve(&server, "/docs/b.html", "<title>B</title><p>The tapir page.</p>").await;
    serve(
        &server,
        "/quiet.html",
        "<meta name='robots' content='noindex'><p>quiet tapir</p><a href='/docs/c.html'>c</a>",
    )
    .await;
    serve(&server, "/docs/c.html", "<title>C</title><p>The gnu page.</p>").await;
    let to = |place: String| ResponseTemplate::new(302).insert_header("location", place);
    Mock::given(path("/moved")).respond_with(to("/docs/b.html".into())).mount(&server).await;
    Mock::given(path("/sly")).respond_with(to("/private/p.html".into())).mount(&server).await;
    serve(&server, "/private/p.html", "<p>private aardvark</p>").await;
    let picture = ResponseTemplate::new(200).set_body_raw(vec![0x89, 0x50, 0, 1], "image/png");
    Mock::given(path("/picture.png")).respond_with(picture).mount(&server).await;
    let address = format!("{}/docs/", server.uri());
    let done = crawl(home.path(), &address, 100).await.unwrap();
    assert_eq!(counts(&done), [4, 0, 0, 2], "{done:?}");
    let failed: Vec<&str> = done.failed.iter().map(|(place, _)| place.rsplit('/').next().unwrap()).collect();
    assert_eq!(failed, ["away", "missing"], "{done:?}");
    let requests = server.received_requests().await.unwrap();
    let asked = |at: &str| requests.iter().filter(|request| request.url.path() == at).count();
    assert_eq!([asked("/private/p.html"), asked("/n.html"), asked("/docs/a.html"), asked("/robots.txt")], [1, 0, 1, 1]);
    // It was asked for by the redirect alone.
    assert!(found(home.path(), "site", "aardvark").is_empty(), "a redirect opens no closed door");
    assert_eq!(found(home.path(), "site", "tapirs"), [format!("{}/docs/b.html", server.uri())]);
    assert_eq!(found(home.path(), "site", "gnu").len(), 1);
    let place = format!("{}/docs/b.html", server.uri());
    drop(server);
    let page = Bench::in_home(home, "local:site", |_| {}).open(&place).await.unwrap();
    assert!(page.content.contains("The tapir page."), "it was kept: {}", page.content);
    assert_eq!(page.sources[0].url, place);
}

#[tokio::test]
async fn a_site_is_asked_only_for_what_has_changed() {
    let (home, server) = (tempfile::tempdir().unwrap(), MockServer::start().await);
    let tagged = |html: &str| ResponseTemplate::new(200).insert_header("etag", "\"1\"").set_body_raw(html, "text/html");
    let unchanged =
        Mock::given(path("/")).and(header("if-none-match", "\"1\"")).respond_with(ResponseTemplate::new(304));
    unchanged.expect(1).mount(&server).await;
    Mock::given(path("/"))
        .respond_with(tagged("<p>start</p><a href='/a'>a</a><a href='/b'>b</a>"))
        .mount(&server)
        .await;
    let a =
        Mock::given(path("/a")).respond_with(ResponseTemplate::new(200).set_body_raw("<p>old zebra</p>", "text/html"));
    let a = a.mount_as_scoped(&server).await;
    let b =
        Mock::given(path("/b")).respond_with(ResponseTemplate::new(200).set_body_raw("<p>same okapi</p>", "text/html"));
    b.mount(&server).await;
    let address = format!("{}/", server.uri());
    assert_eq!(
        counts(&crawl(home.path(), &address, 100).await.unwrap()),
        [3, 0, 0, 0],
        "no robots.txt lets everybody in"
    );
    drop(a);
    let new =
        Mock::given(path("/a")).respond_with(ResponseTemplate::new(200).set_body_raw("<p>new gnu</p>", "text/html"));
    new.mount(&server).await;
    assert_eq!(counts(&crawl(home.path(), &address, 100).await.unwrap()), [1, 2, 0, 0]);
    assert!(found(home.path(), "site", "zebra").is_empty());
    assert_eq!(found(home.path(), "site", "gnu").len(), 1);
}

#[tokio::test]
async fn a_site_that_wants_to_be_left_alone_is() {
    for robots in [ResponseTemplate::new(200).set_body_string("User-agent: *\nDisallow: /"), ResponseTemplate::new(503)]
    {
        let (home, server) = (tempfile::tempdir().unwrap(), MockServer::start().await);
        Mock::given(path("/robots.txt")).respond_with(robots).mount(&server).await;
        let told = crawl(home.path(), &format!("{}/", server.uri()), 10).await.unwrap_err().to_string();
        assert!(told.contains("robots.txt"), "{told}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
    let private = Fetcher::new(&[], Limits::default()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let run = Run { home: home.path(), name: "n", on: &|_| {}, cancel: CancellationToken::new() };
    let told = library::add_site("http://127.0.0.1:9/", &private, &Bounds::default(), &run).await.unwrap_err();
    assert!(told.to_string().contains("browser.allow"), "{told}");
}

#[tokio::test]
async fn a_large_site_is_read_in_parts() {
    let (home, server) = (tempfile::tempdir().unwrap(), MockServer::start().await);
    for i in 0..5 {
        serve(&server, &format!("/{i}"), &format!("<p>zebra {i}</p><a href='/{}'>next</a>", i + 1)).await;
    }
    let done = crawl(home.path(), &format!("{}/0", server.uri()), 3).await.unwrap();
    assert!(done.stopped && done.read == 3 && done.left == 1, "{done:?}");
    let rest = crawl(home.path(), &format!("{}/0", server.uri()), 3).await.unwrap();
    assert_eq!(counts(&rest), [2, 3, 0, 1], "it goes on where it was: {rest:?}");
    let failing = Mock::given(path("/2")).respond_with(ResponseTemplate::new(503)).with_priority(1);
    failing.mount(&server).await;
    let ill = crawl(home.path(), &format!("{}/0", server.uri()), 3).await.unwrap();
    assert_eq!((ill.failed[0].0.as_str(), ill.removed), (format!("{}/2", server.uri()).as_str(), 0));
    assert!(found(home.path(), "site", "zebra 2").contains(&format!("{}/2", server.uri())), "what fails for now stays");
    assert_eq!(found(home.path(), "site", "zebra").len(), 5);
}
