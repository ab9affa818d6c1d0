//! What all connections of a server are offered.

use crate::runs::Workspace;
use crate::runs::desk::Desk;
use futures::future::BoxFuture;
use polymath_agent::Caller;
use polymath_agent::session::SessionStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// Loads what a turn needs. Its error is one line.
type Load = Box<dyn Fn() -> BoxFuture<'static, Result<Workspace, String>> + Send + Sync>;

pub struct Offer {
    pub caller: Caller,
    pub store: SessionStore,
    desk: OnceCell<Arc<Desk>>,
    load: Option<Load>,
    stop: CancellationToken,
    /// Connections so far.
    connections: AtomicU64,
}

impl Offer {
    /// Of a server that runs turns already.
    pub fn of(desk: Arc<Desk>, stop: CancellationToken) -> Offer {
        let caller = Caller::new(desk.agent.tools.clone(), desk.folder("mcp")).with_model(desk.agent.engine.clone());
        let (store, desk) = (desk.store.clone(), OnceCell::new_with(Some(desk)));
        Offer { caller, store, desk, load: None, stop, connections: AtomicU64::new(0) }
    }

    /// The tools at once, and a model when the first question comes.
    pub fn later(
        caller: Caller,
        store: SessionStore,
        load: impl Fn() -> BoxFuture<'static, Result<Workspace, String>> + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> Offer {
        let (desk, load) = (OnceCell::new(), Some(Box::new(load) as Load));
        Offer { caller, store, desk, load, stop, connections: AtomicU64::new(0) }
    }

    /// Where turns are run.
    ///
    /// # Errors
    /// The model cannot be had: one line that says why.
    pub async fn desk(&self) -> Result<Arc<Desk>, String> {
        let open = || async {
            let Some(load) = &self.load else { return Err("this server answers no questions".to_owned()) };
            Ok(Arc::new(Desk::new(load().await?, self.stop.clone())))
        };
        self.desk.get_or_try_init(open).await.cloned()
    }

    /// Until all turns that were begun are over.
    pub async fn settled(&self) {
        if let Some(desk) = self.desk.get() {
            desk.settled().await;
        }
    }

    /// A name for a connection's session of the tools, which no other process has.
    pub fn session(&self) -> String {
        format!("mcp-{}-{}", std::process::id(), self.connections.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
