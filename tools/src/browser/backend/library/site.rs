//! A site, read page by page along its links: the same host only, as its robots.txt allows, and not
//! faster than is polite.

use super::store::{Place, Row, Source};
use super::work::{LibraryError, Run, Work};
use crate::browser::fetch::{
    Fetched, Fetcher,
    content::{self, Kind},
    revisit::State,
    unpack,
};
use crate::browser::page::{self, Page};
use polymath_chat::ToolFailure;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};
use texting_robots::Robot;
use url::Url;

/// As robots.txt files name it.
const AGENT: &str = "polymath";
/// Between two requests to a host of the public web; the user's own are asked at once.
const PAUSE: Duration = Duration::from_millis(200);
/// Of what a robots.txt asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Pages read before what they say is written down.
const BATCH: usize = 200;
/// Addresses that wait to be read; what is linked beyond is not followed.
const MOST_WAITING: usize = 100_000;

/// How far to go.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Pages of a site that are new or have changed.
    pub pages: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { pages: 2000 }
    }
}

struct Crawl<'a> {
    start: Url,
    robots: Option<Robot>,
    fetcher: &'a Fetcher,
    waiting: VecDeque<String>,
    known: HashSet<String>,
}

/// What came of an address.
enum Visit {
    Read(Row, Box<Page>),
    Same,
    /// It leads to a page that was read already, or that is elsewhere.
    Elsewhere,
}

/// Adds a site's pages to a corpus.
pub async fn add(
    address: &str,
    source: &Source,
    fetcher: &Fetcher,
    bounds: &Bounds,
    run: &Run<'_>,
    work: &mut Work,
) -> Result<(), LibraryError> {
    let mut crawl = Crawl::begin(address, fetcher).await?;
    let (mut rows, mut same) = (Vec::new(), Vec::new());
    // What is as it was costs the bound nothing, so that the next run gets further.
    let (mut asked, mut first) = (0, true);
    while asked < bounds.pages
        && let Some(next) = crawl.waiting.pop_front()
    {
        if run.cancel.is_cancelled() {
            work.progress.stopped = true;
            break;
        }
        if !first {
            tokio::time::sleep(crawl.pause()).await;
        }
        asked += 1;
        match crawl.visit(&next, work).await {
            Ok(Visit::Read(row, page)) => {
                work.writer.remove(&row.address);
                let done = work.writer.add(&page);
                work.indexed(done)?;
                rows.push(row);
                work.progress.read += 1;
            }
            Ok(Visit::Same) => {
                same.push(next);
                work.progress.same += 1;
                asked -= 1;
            }
            Ok(Visit::Elsewhere) => {}
            Err(failure) if first => return Err(LibraryError::Site(address.to_owned(), failure.message)),
            // pictures and downloads are linked like pages
            Err(failure) if failure.kind == "unsupported" => {}
            Err(failure) => {
                // Perhaps only for now: what was read before stays, and what is linked there too.
                work.progress.stopped |= failure.kind != "not_found";
                work.progress.failed.push((next, failure.message));
            }
        }
        first = false;
        work.progress.left = crawl.waiting.len();
        (run.on)(&work.progress);
        if rows.len() >= BATCH {
            work.settle(source, &std::mem::take(&mut rows), &std::mem::take(&mut same))?;
        }
    }
    work.progress.stopped |= !crawl.waiting.is_empty();
    work.settle(source, &rows, &same)
}

impl<'a> Crawl<'a> {
    async fn begin(address: &str, fetcher: &'a Fetcher) -> Result<Self, LibraryError> {
        let failed = |why: String| LibraryError::Site(address.to_owned(), why);
        let mut start = Url::parse(address).map_err(|e| failed(e.to_string()))?;
        start.set_fragment(None);
        let robots = fetcher
            .robots(address)
            .await
            .map_err(|e| failed(format!("its robots.txt cannot be read: {}", e.message)))?;
        let robots = robots.map(|text| Robot::new(AGENT, &text)).transpose();
        let robots = robots.map_err(|e| failed(format!("its robots.txt cannot be understood: {e}")))?;
        if robots.as_ref().is_some_and(|robots| !robots.allowed(start.as_str())) {
            return Err(failed("its robots.txt asks programs to stay away from there".into()));
        }
        let first = start.to_string();
        let (waiting, known) = (VecDeque::from([first.clone()]), HashSet::from([first]));
        Ok(Crawl { start, robots, fetcher, waiting, known })
    }

    fn pause(&self) -> Duration {
        let own = if self.fetcher.is_own(self.start.as_str()) { Duration::ZERO } else { PAUSE };
        let asked = self.robots.as_ref().and_then(|robots| robots.delay).filter(|delay| *delay > 0.0);
        asked.map_or(own, |delay| Duration::from_secs_f32(delay.min(LONGEST_PAUSE.as_secs_f32())).max(own))
    }

    async fn visit(&mut self, address: &str, work: &Work) -> Result<Visit, ToolFailure> {
        let lost = |e: rusqlite::Error| ToolFailure::new("internal", e.to_string());
        let known = work.store.page(address).map_err(lost)?;
        let state = known.as_ref().map(|row| state(&row.stamp)).unwrap_or_default();
        let Some((fetched, state)) = self.fetcher.fetch_changed(address, &state).await? else {
            if let Some(Row { kind: Kind::Html, charset, at: Place::Here(body), .. }) = known {
                self.follow(address, &decoded(&body, charset.as_deref()));
            }
            return Ok(Visit::Same);
        };
        let url = fetched.url.to_string();
        // A redirect may lead to another host, or to a page that another link led to.
        if !self.may_read(&fetched.url) || (url != address && !self.known.insert(url.clone())) {
            return Ok(Visit::Elsewhere);
        }
        let charset = fetched.charset.map(|charset| charset.name().to_owned());
        let indexed = match fetched.kind {
            Kind::Html => self.follow(&url, &decoded(&fetched.body, charset.as_deref())),
            _ => true,
        };
        if !indexed {
            return Ok(Visit::Elsewhere);
        }
        let stamp = stamp(&state, &fetched.body);
        if known.is_some_and(|row| hash(&row.stamp) == hash(&stamp) && row.address == url) {
            return Ok(Visit::Same);
        }
        let (fetched, page) = read(fetched).await?;
        let row = Row { address: url, stamp, kind: fetched.kind, charset, at: Place::Here(fetched.body) };
        Ok(Visit::Read(row, Box::new(page)))
    }

    /// Puts what a page links to in the queue; whether the page wants to be found.
    fn follow(&mut self, base: &str, html: &str) -> bool {
        let document = dom_query::Document::from(html);
        let wishes = document.select("meta[name=robots], meta[name=polymath]");
        let wishes: Vec<String> = wishes.iter().filter_map(|m| m.attr("content")).map(|c| c.to_lowercase()).collect();
        let asks = |what: &str| wishes.iter().any(|wish| wish.contains(what) || wish.contains("none"));
        let base = Url::parse(base).unwrap_or_else(|_| self.start.clone());
        let base = document.select("base[href]").attr("href").and_then(|href| base.join(&href).ok()).unwrap_or(base);
        let links = document.select("a[href]:not([rel~=nofollow])");
        for href in links.iter().filter(|_| !asks("nofollow")).filter_map(|link| link.attr("href")) {
            let Ok(mut url) = base.join(&href) else { continue };
            url.set_fragment(None);
            let fits = self.may_read(&url) && self.waiting.len() < MOST_WAITING;
            if fits && self.known.insert(url.to_string()) {
                self.waiting.push_back(url.into());
            }
        }
        !asks("noindex")
    }

    /// Whether a page is of this site, and its robots.txt lets programs read it.
    fn may_read(&self, url: &Url) -> bool {
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
        let is_here = matches!(url.scheme(), "http" | "https") && place(url) == place(&self.start);
        is_here && self.robots.as_ref().is_none_or(|robots| robots.allowed(url.as_str()))
    }
}

async fn read(fetched: Fetched) -> Result<(Fetched, Page), ToolFailure> {
    let url = fetched.url.to_string();
    let work = tokio::task::spawn_blocking(move || {
        let url = fetched.url.as_str();
        let page = unpack::check(fetched.kind, &fetched.body, url)
            .and_then(|()| page::read(fetched.kind, &fetched.body, fetched.charset, url));
        page.map(|page| (fetched, page))
    });
    work.await.unwrap_or_else(|_| Err(ToolFailure::new("network", format!("{url} cannot be read: it is damaged"))))
}

fn decoded(body: &[u8], charset: Option<&str>) -> String {
    content::decode(body, charset.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes())))
}

/// ETag, date and hash of a page, a line each.
fn stamp(state: &State, body: &[u8]) -> String {
    let hash: String = Sha256::digest(body).iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("{}\n{}\n{hash}", state.etag.as_deref().unwrap_or(""), state.modified.as_deref().unwrap_or(""))
}

fn state(stamp: &str) -> State {
    let mut lines = stamp.lines().map(|line| Some(line.to_owned()).filter(|line| !line.is_empty()));
    State { etag: lines.next().flatten(), modified: lines.next().flatten() }
}

fn hash(stamp: &str) -> &str {
    stamp.rsplit('\n').next().unwrap_or(stamp)
}
