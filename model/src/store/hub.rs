//! Files from Hugging Face (or a mirror: `HF_ENDPOINT`), with resumption.
//!
//! A question first (HEAD, no redirect followed) gets size, checksum and commit from the hub's own
//! headers; the bytes then come from wherever it points to.

use super::{
    HubSource, StoreError,
    job::{Job, Part, Progress},
};
use futures::StreamExt;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header, redirect::Policy};
use std::{fmt, time::Duration};

/// The hub, and who asks.
#[derive(Clone)]
pub(super) struct Hub {
    pub endpoint: String,
    pub token: Option<String>,
    /// Pause before the first retry; it doubles with each.
    pub pause: Duration,
}

/// The token stays out of logs.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("endpoint", &self.endpoint).field("token", &self.token.is_some()).finish()
    }
}

/// Tries without any new byte before a transfer is given up.
const TRIES: u32 = 5;

/// What the hub says of a file.
#[derive(Debug, Default, PartialEq)]
struct Meta {
    bytes: Option<u64>,
    sha256: Option<String>,
    etag: Option<String>,
    commit: Option<String>,
}

impl Hub {
    pub fn from_env() -> Hub {
        let var = |name| std::env::var(name).ok().map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        Hub {
            endpoint: var("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()),
            token: var("HF_TOKEN"),
            pause: Duration::from_secs(1),
        }
    }

    /// The endpoint's host, for messages.
    pub fn host(&self) -> String {
        let bare = self.endpoint.split("://").last().unwrap_or_default();
        bare.trim_end_matches('/').rsplit('@').next().unwrap_or_default().to_owned()
    }

    /// Fetches the file into the job's part file, and completes the job's size and checksum.
    pub async fn fetch(&self, source: &HubSource, job: &mut Job<'_>) -> Result<(), StoreError> {
        if is_split(&source.file) {
            return Err(StoreError::Split(source.file.clone()));
        }
        let meta = self.meta(source).await?;
        if let (Some(want), Some(got)) = (&job.sha256, &meta.sha256)
            && !want.eq_ignore_ascii_case(got)
        {
            let file = format!("{}/{}", source.repo, source.file);
            return Err(StoreError::Changed { file, host: self.host(), got: got.clone(), want: want.clone() });
        }
        job.sha256 = job.sha256.take().or(meta.sha256.clone());
        job.bytes = job.bytes.or(meta.bytes);
        let mut part = job.open_part(job.sha256.as_deref().or(meta.etag.as_deref()))?;
        job.check_room(job.bytes.unwrap_or(0).saturating_sub(part.len))?;
        let url = self.url(source, meta.commit.as_deref().unwrap_or(&source.revision));
        self.transfer(&url, job, &mut part).await
    }

    fn url(&self, source: &HubSource, revision: &str) -> String {
        format!("{}/{}/resolve/{revision}/{}", self.endpoint.trim_end_matches('/'), source.repo, source.file)
    }

    fn client(&self, redirects: Policy) -> Result<Client, StoreError> {
        Client::builder()
            .user_agent(concat!("polymath/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(Duration::from_secs(60))
            .redirect(redirects)
            .build()
            .map_err(|error| self.unreachable(error))
    }

    fn unreachable(&self, error: reqwest::Error) -> StoreError {
        StoreError::Network { host: self.host(), why: reason(error) }
    }

    /// Headers every request has. The token goes to the hub only: reqwest drops it on the way elsewhere.
    fn dress(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header(header::ACCEPT_ENCODING, "identity");
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks for the file's facts; follows the hub's redirects within itself (renamed repositories) only.
    async fn meta(&self, source: &HubSource) -> Result<Meta, StoreError> {
        let client = self.client(Policy::none())?;
        let mut url = self.url(source, &source.revision);
        for _ in 0..5 {
            let response = self.dress(client.head(&url)).send().await.map_err(|e| self.unreachable(e))?;
            let moved = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            match moved {
                Some(to) if to.starts_with('/') && !response.headers().contains_key("x-linked-etag") => {
                    url = format!("{}{to}", self.endpoint.trim_end_matches('/'));
                }
                _ => {
                    self.check_status(&response, source_name(&url))?;
                    return Ok(read_meta(&response));
                }
            }
        }
        Err(StoreError::Network { host: self.host(), why: "redirected in circles".into() })
    }

    fn check_status(&self, response: &Response, what: String) -> Result<(), StoreError> {
        match response.status() {
            s if s.is_success() || s.is_redirection() => Ok(()),
            StatusCode::NOT_FOUND => Err(StoreError::NotFound { host: self.host(), what }),
            s => Err(StoreError::Refused { origin: self.host(), what, status: s.as_u16() }),
        }
    }

    /// Gets the rest of the file, again and again while bytes keep coming.
    async fn transfer(&self, url: &str, job: &Job<'_>, part: &mut Part) -> Result<(), StoreError> {
        let client = self.client(Policy::limited(5))?;
        let mut tries = 0;
        loop {
            if job.bytes.is_some_and(|all| part.len > all) {
                part.cut(0)?;
            }
            job.progress(part.len);
            if job.bytes == Some(part.len) {
                return Ok(());
            }
            let before = part.len;
            let error = match self.stream(&client, url, job, part).await {
                Ok(()) if job.bytes.is_none_or(|all| part.len == all) => return Ok(()),
                Ok(()) => {
                    let why = format!("the transfer ended after {} of {} bytes", part.len, job.bytes.unwrap_or(0));
                    StoreError::Network { host: self.host(), why }
                }
                Err(error) => error,
            };
            tries = if part.len > before { 1 } else { tries + 1 };
            if tries >= TRIES || !may_pass(&error) {
                return Err(error);
            }
            (job.tell)(Progress::Notice(format!("{error}; trying again")));
            tokio::time::sleep(self.pause * 2u32.pow(tries - 1)).await;
        }
    }

    /// One request, from the part's end on.
    async fn stream(&self, client: &Client, url: &str, job: &Job<'_>, part: &mut Part) -> Result<(), StoreError> {
        let mut request = self.dress(client.get(url));
        if part.len > 0 {
            request = request.header(header::RANGE, format!("bytes={}-", part.len));
        }
        let response = request.send().await.map_err(|e| self.unreachable(e))?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT if starts_at(&response) == Some(part.len) => {}
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                part.cut(0)?;
                let why = "the server did not go on where the transfer stopped".into();
                return Err(StoreError::Network { host: self.host(), why });
            }
            // The server knows no ranges: it sends everything again.
            StatusCode::OK => part.cut(0)?,
            _ => self.check_status(&response, source_name(url))?,
        }
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            part.append(&chunk.map_err(|e| self.unreachable(e))?)?;
            job.progress(part.len);
        }
        Ok(())
    }
}

/// Whether an error may be gone a moment later.
fn may_pass(error: &StoreError) -> bool {
    matches!(error, StoreError::Network { .. } | StoreError::Refused { status: 408 | 429 | 500..=599, .. })
}

/// `OWNER/REPO/FILE` of a resolve address.
fn source_name(url: &str) -> String {
    let path = url.split("://").last().and_then(|rest| rest.split_once('/')).map_or(url, |(_, path)| path);
    match path.split_once("/resolve/") {
        Some((repo, file)) => format!("{repo}/{}", file.split_once('/').map_or(file, |(_, file)| file)),
        None => path.to_owned(),
    }
}

fn read_meta(response: &Response) -> Meta {
    let get = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
    let clean = |tag: &str| tag.trim_start_matches("W/").trim_matches('"').to_owned();
    let etag = get("x-linked-etag").or_else(|| get("etag")).map(clean);
    // Of a file in Git LFS the mark is its SHA-256; of others it is a Git hash, which is shorter.
    let sha256 = etag.clone().filter(|tag| tag.len() == 64 && tag.bytes().all(|b| b.is_ascii_hexdigit()));
    let direct = response.status().is_success().then(|| get("content-length")).flatten();
    let bytes = get("x-linked-size").or(direct).and_then(|n| n.parse().ok());
    Meta { bytes, sha256, etag, commit: get("x-repo-commit").map(str::to_owned) }
}

/// First byte of a `Content-Range: bytes 5-9/10`.
fn starts_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

/// `…-00001-of-00003.gguf`, as llama.cpp splits models.
fn is_split(file: &str) -> bool {
    let Some((head, total)) = file.trim_end_matches(".gguf").rsplit_once("-of-") else { return false };
    let number = head.rsplit('-').next().unwrap_or_default();
    let digits = |s: &str| s.len() == 5 && s.bytes().all(|b| b.is_ascii_digit());
    digits(number) && digits(total) && total != "00001"
}

/// The innermost cause, without addresses (those of file servers carry signatures).
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if error.is_timeout() { format!("no answer in time ({cause})") } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_files_are_known_by_their_names() {
        assert!(is_split("q/model-00001-of-00003.gguf"));
        assert!(!is_split("model-00001-of-00001.gguf"));
        assert!(!is_split("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"));
    }

    #[test]
    fn names_are_read_off_addresses() {
        assert_eq!(source_name("http://h:1/o/r/resolve/main/d/f.gguf"), "o/r/d/f.gguf");
    }

    #[test]
    fn the_token_is_not_shown() {
        let hub = Hub { endpoint: "http://u:p@h/".into(), token: Some("hf_secret".into()), pause: Duration::ZERO };
        assert!(!format!("{hub:?}").contains("hf_secret"));
        assert_eq!(hub.host(), "h");
    }
}
