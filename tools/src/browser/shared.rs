//! What the three tools share: the search backends, the fetcher, the sessions.

use super::backend::{self, Endpoints, Search, SearchSpec, Surroundings};
use super::fetch::{Fetcher, Limits, content::Kind, unpack};
use super::keep;
use super::page::{self, Page};
use super::render;
use super::sessions::{Keep, Kept, Session, Sessions};
use super::target::Address;
use crate::{CallCx, ToolError};
use polymath_chat::{Hit, Retrieval, ToolFailure, ToolOutput};
use std::{
    collections::BTreeMap,
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::task::JoinHandle;

/// Pages with more lines say something by themselves.
const FEW_LINES: usize = 8;

/// How a browser is set up.
#[derive(Debug, Clone)]
pub struct BrowserConfig {
    pub search: SearchSpec,
    /// Private hosts that may be reached, `host:port` each.
    pub allow: Vec<String>,
    /// polymath's data directory: named corpora and cached indexes are below it.
    pub home: PathBuf,
    /// The SearXNG that `auto` asks first.
    pub searxng: Option<String>,
    /// The user's keys for search services, by the backends' names.
    pub keys: BTreeMap<String, String>,
    pub endpoints: Endpoints,
    pub limits: Limits,
    /// Of what sessions leave behind.
    pub keep: Keep,
    /// The Chromium that renders pages which scripts build.
    pub chromium: Option<PathBuf>,
}

impl BrowserConfig {
    /// Nothing allowed, the public services, keys from the environment, the Chromium that is installed.
    pub fn new(search: SearchSpec, home: impl Into<PathBuf>) -> Self {
        BrowserConfig {
            search,
            allow: Vec::new(),
            home: home.into(),
            searxng: None,
            keys: backend::keys(),
            endpoints: Endpoints::default(),
            limits: Limits::default(),
            keep: Keep::default(),
            chromium: render::locate(),
        }
    }
}

/// Why a browser can't be set up: one line that says which setting is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BrowserError(String);

/// What the three tools share.
pub struct Browser {
    pub(super) search: Search,
    fetcher: Arc<Fetcher>,
    sessions: Mutex<Sessions>,
    chromium: Option<PathBuf>,
}

impl Browser {
    /// # Errors
    /// An allowance that is not `host:port`, or a backend that can't be set up (no such folder).
    pub fn new(config: BrowserConfig) -> Result<Arc<Self>, BrowserError> {
        let allow = [config.allow, config.search.own_hosts()].concat();
        let fetcher = Arc::new(Fetcher::new(&allow, config.limits).map_err(BrowserError)?);
        let around = Surroundings {
            fetcher: fetcher.clone(),
            endpoints: config.endpoints,
            keys: config.keys,
            searxng: config.searxng,
            home: config.home,
        };
        let search = Search::new(&config.search, &around).map_err(BrowserError)?;
        let sessions = Mutex::new(Sessions::new(config.keep));
        Ok(Arc::new(Browser { search, fetcher, sessions, chromium: config.chromium }))
    }

    /// Forgets a session that is over.
    pub fn forget(&self, session: &str) {
        self.sessions().forget(session);
    }

    /// What sessions have left behind so far.
    pub fn kept(&self) -> Kept {
        self.sessions().kept()
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn with_session<T>(&self, name: &str, work: impl FnOnce(&mut Session) -> T) -> T {
        self.sessions().with(name, work)
    }

    /// Numbers for the results of a search that begins now.
    pub(super) fn numbers(&self, session: &str, count: usize) -> Numbers<'_> {
        let first = self.with_session(session, |s| s.reserve(count));
        Numbers { browser: self, session: session.to_owned(), first, settled: false }
    }

    /// The page at `address`, read anew.
    pub(super) async fn page(&self, address: &Address) -> Result<Page, ToolFailure> {
        let limit = self.fetcher.limits().read;
        let name = address.to_string();
        let shelf = self.search.shelves().find(|shelf| shelf.contains(&name));
        let none = ToolFailure::new("not_found", format!("there is no page {address}"));
        let read = match (shelf, address) {
            // a site that was indexed is read from there
            (Some(shelf), _) => tokio::task::spawn_blocking(move || {
                let page = shelf.page(&name).unwrap_or(Err(none))?;
                let kept = keep::text(&page.url, &page.text());
                Ok(page.kept_as(kept))
            }),
            (None, Address::Kept(_)) => return Err(none),
            (None, Address::Web(url)) => return self.fetched(url).await,
        };
        in_time(limit, &address.to_string(), read).await
    }

    /// A page of the web, rendered where its scripts have to run first.
    async fn fetched(&self, url: &str) -> Result<Page, ToolFailure> {
        let fetched = self.fetcher.fetch(url).await?;
        let came = keep::came(url, &fetched.url, fetched.headers);
        let whence = came.clone();
        let (address, limit) = (fetched.url.to_string(), self.fetcher.limits().read);
        let read = tokio::task::spawn_blocking(move || {
            unpack::check(fetched.kind, &fetched.body, fetched.url.as_str())?;
            let page = page::read(fetched.kind, &fetched.body, fetched.charset, fetched.url.as_str());
            let page = page.map(|page| page.kept_as(keep::kept(came, &fetched.body)));
            let short = page.as_ref().map_or(true, |page| page.lines.len() <= FEW_LINES);
            let scripted =
                fetched.kind == Kind::Html && short && page::is_built_by_scripts(&fetched.body, fetched.charset);
            Ok((page, scripted))
        });
        let (page, scripted) = in_time(limit, &address, read).await?;
        if !scripted {
            return page;
        }
        let Some(chromium) = &self.chromium else {
            return without_scripts(page, "no Chromium is installed to run them");
        };
        let rendered = match render::render(chromium, &address, self.fetcher.clone()).await {
            Ok(rendered) => rendered,
            Err(why) => return without_scripts(page, &why),
        };
        let name = address.clone();
        let read = tokio::task::spawn_blocking(move || {
            let page = page::read(Kind::Html, &rendered.html, Some(encoding_rs::UTF_8), &name)?;
            let kept = keep::kept(Retrieval { rendered: true, ..whence }, &rendered.html);
            Ok((page.kept_as(kept), rendered.refused))
        });
        match in_time(limit, &address, read).await {
            Ok((mut page, refused)) => {
                let more = if refused.is_empty() { "" } else { "; what they asked for elsewhere was refused: " };
                page.note = Some(format!("its scripts were run{more}{}", refused.join(", ")));
                Ok(page)
            }
            Err(_) => without_scripts(page, "they were run, and left nothing to read"),
        }
    }
}

/// What a page says that its scripts would say more of.
fn without_scripts(page: Result<Page, ToolFailure>, why: &str) -> Result<Page, ToolFailure> {
    let told = format!("scripts build this page, and this is what it says without them: {why}");
    match page {
        Ok(page) => Ok(Page { note: Some(told), ..page }),
        Err(failure) => Err(ToolFailure::new(&failure.kind, format!("{} without its scripts: {why}", failure.message))),
    }
}

/// What a blocking task has read, if it is done in time.
async fn in_time<T>(
    limit: Duration,
    address: &str,
    read: JoinHandle<Result<T, ToolFailure>>,
) -> Result<T, ToolFailure> {
    match tokio::time::timeout(limit, read).await {
        Ok(Ok(page)) => page,
        Ok(Err(_)) => Err(ToolFailure::new("unsupported", format!("{address} cannot be read: it is damaged"))),
        Err(_) => Err(ToolFailure::new("timeout", format!("{address} could not be read within {limit:.0?}"))),
    }
}

/// Numbers set aside for a search; one that is cancelled gives them back.
pub(super) struct Numbers<'a> {
    browser: &'a Browser,
    session: String,
    first: usize,
    settled: bool,
}

impl Numbers<'_> {
    /// Numbers the results, which the session can open by them from now on.
    pub fn settle(mut self, hits: &mut [Hit]) {
        self.settled = true;
        self.browser.with_session(&self.session, |s| s.settle(self.first, hits));
    }
}

impl Drop for Numbers<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.browser.sessions().with_known(&self.session, |s| s.settle(self.first, &mut []));
        }
    }
}

/// Runs a call until it is done or cancelled.
pub(super) async fn cancellable(
    cx: &CallCx,
    work: impl Future<Output = Result<ToolOutput, ToolFailure>>,
) -> Result<ToolOutput, ToolError> {
    tokio::select! {
        done = work => done.map_err(ToolError::from),
        () = cx.cancel.cancelled() => Err(ToolError::tell("cancelled", "the call was cancelled")),
    }
}
