//! The browser: searching, opening pages, finding text on them.
//!
//! Three tools over one shared `Browser`, which holds the search backends, the fetcher and, for
//! each session, the last results and the pages opened. Pages are data: nothing on them is executed
//! or followed, and what the model sees of them is marked as page text. Nothing is rendered either;
//! pages that are built by scripts show what they send without them.

mod backend;
mod fetch;
mod find;
mod open;
mod page;
mod passage;
mod search;
mod target;

pub use backend::{
    Endpoints, Hit, SearchSpec, SearchSpecError,
    corpus::{Corpus, CorpusError},
};
pub use fetch::{Limits, address::forbidden};
pub use page::{Line, Page};

use crate::{CallCx, Tool, ToolError};
use backend::{Search, Surroundings};
use fetch::Fetcher;
use polymath_chat::{ToolFailure, ToolOutput};
use std::{
    collections::HashMap,
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// Results of one search: enough to choose from, few enough for a small model to read.
const RESULTS: usize = 5;
/// Characters of a result's snippet.
const SNIPPET: usize = 240;

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
    pub brave_key: Option<String>,
    pub endpoints: Endpoints,
    pub limits: Limits,
}

impl BrowserConfig {
    /// Nothing allowed, the public services, and Brave's key from `BRAVE_API_KEY`.
    pub fn new(search: SearchSpec, home: impl Into<PathBuf>) -> Self {
        BrowserConfig {
            search,
            allow: Vec::new(),
            home: home.into(),
            searxng: None,
            brave_key: std::env::var("BRAVE_API_KEY").ok().filter(|key| !key.is_empty()),
            endpoints: Endpoints::default(),
            limits: Limits::default(),
        }
    }
}

/// Why a browser can't be set up: one line that says which setting is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BrowserError(String);

/// What the three tools share.
pub struct Browser {
    search: Search,
    fetcher: Arc<Fetcher>,
    sessions: Mutex<HashMap<String, Session>>,
}

/// What calls of one session know of each other.
#[derive(Default)]
struct Session {
    /// Of the last search.
    hits: Vec<Hit>,
    /// In the order of opening.
    pages: Vec<Arc<Page>>,
}

impl Browser {
    /// # Errors
    /// An allowance that is not `host:port`, or a backend that can't be set up (no such folder).
    pub fn new(config: BrowserConfig) -> Result<Arc<Self>, BrowserError> {
        let fetcher = Arc::new(Fetcher::new(&config.allow, config.limits).map_err(BrowserError)?);
        let around = Surroundings {
            fetcher: fetcher.clone(),
            endpoints: config.endpoints,
            brave_key: config.brave_key,
            searxng: config.searxng,
            home: config.home,
        };
        let search = Search::new(&config.search, &around).map_err(BrowserError)?;
        Ok(Arc::new(Browser { search, fetcher, sessions: Mutex::default() }))
    }

    /// `browser_search`, `browser_open` and `browser_find`.
    pub fn tools(self: &Arc<Self>) -> Vec<Arc<dyn Tool>> {
        vec![
            Arc::new(search::BrowserSearch::new(self.clone())),
            Arc::new(open::BrowserOpen::new(self.clone())),
            Arc::new(find::BrowserFind::new(self.clone())),
        ]
    }

    /// Forgets a session that is over.
    pub fn forget(&self, session: &str) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }

    fn with_session<T>(&self, name: &str, work: impl FnOnce(&mut Session) -> T) -> T {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        work(sessions.entry(name.to_owned()).or_default())
    }

    /// The page at `address`, read anew.
    async fn page(&self, address: &target::Address) -> Result<Page, ToolFailure> {
        let limit = self.fetcher.limits().read;
        let read = match address {
            target::Address::Local(path) => {
                let corpora: Vec<_> = self.search.corpora().cloned().collect();
                let path = path.clone();
                tokio::task::spawn_blocking(move || {
                    let none = || ToolFailure::new("not_found", format!("there is no page local:{path}"));
                    corpora.iter().find_map(|corpus| corpus.page(&path)).unwrap_or_else(|| Err(none()))
                })
            }
            target::Address::Web(url) => {
                let fetched = self.fetcher.fetch(url).await?;
                tokio::task::spawn_blocking(move || {
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

/// Runs a call until it is done or cancelled.
async fn cancellable(
    cx: &CallCx,
    work: impl Future<Output = Result<ToolOutput, ToolFailure>>,
) -> Result<ToolOutput, ToolError> {
    tokio::select! {
        done = work => done.map_err(ToolError::from),
        () = cx.cancel.cancelled() => Err(ToolError::tell("cancelled", "the call was cancelled")),
    }
}
