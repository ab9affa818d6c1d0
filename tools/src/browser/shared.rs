//! What the three tools share: the search backends, the fetcher, the sessions.

use super::backend::{self, Endpoints, Search, SearchSpec, Surroundings};
use super::fetch::{Fetcher, Limits, unpack};
use super::page::{self, Page};
use super::sessions::{Keep, Kept, Session, Sessions};
use super::target::Address;
use crate::{CallCx, ToolError};
use polymath_chat::{Hit, ToolFailure, ToolOutput};
use std::{
    collections::BTreeMap,
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

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
}

impl BrowserConfig {
    /// Nothing allowed, the public services, and keys from the environment.
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
        Ok(Arc::new(Browser { search, fetcher, sessions: Mutex::new(Sessions::new(config.keep)) }))
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
            (Some(shelf), _) => tokio::task::spawn_blocking(move || shelf.page(&name).unwrap_or(Err(none))),
            (None, Address::Kept(_)) => return Err(none),
            (None, Address::Web(url)) => {
                let fetched = self.fetcher.fetch(url).await?;
                tokio::task::spawn_blocking(move || {
                    unpack::check(fetched.kind, &fetched.body, fetched.url.as_str())?;
                    page::read(fetched.kind, &fetched.body, fetched.charset, fetched.url.as_str())
                })
            }
        };
        match tokio::time::timeout(limit, read).await {
            Ok(Ok(page)) => page,
            Ok(Err(_)) => Err(ToolFailure::new("unsupported", format!("{address} cannot be read: it is damaged"))),
            Err(_) => Err(ToolFailure::new("timeout", format!("{address} could not be read within {limit:.0?}"))),
        }
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
