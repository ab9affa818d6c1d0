//! Where the server can be reached: binding, refusing to be open to everybody, serving, stopping.

use crate::guard::Guard;
use crate::limits::Limits;
use crate::routes::{self, Service};
use crate::serve::serve;
use crate::token::Token;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long connections may take to end once the server stops. A cancelled generation ends with the
/// batch it is in; what is left after this is a client that does not read.
const LEAVE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("`{address}` is no address to listen on ({why}); give HOST:PORT, for example 127.0.0.1:8080")]
    Address { address: String, why: String },
    #[error(
        "{address} can be reached from other machines, so callers must show a token: give --token-file FILE (it is made \
         when it does not exist), or listen on 127.0.0.1"
    )]
    Open { address: SocketAddr },
    #[error("{address} is in use by another program; stop that one, or give another port with --addr")]
    InUse { address: String },
    #[error("cannot listen on {address}: {why}")]
    Bind { address: String, why: String },
}

/// A server that has its address and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    guard: Guard,
    limits: Limits,
}

impl Server {
    /// Takes the address (port 0: any free one). Without a token only addresses of this machine
    /// itself are allowed.
    ///
    /// # Errors
    /// `Address` and `Open` are the caller's mistakes; `InUse` and `Bind` the machine's state.
    pub async fn bind(address: &str, token: Option<Token>) -> Result<Server, ServeError> {
        let no_address = |why: String| ServeError::Address { address: address.to_owned(), why };
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host(address).await.map_err(|e| no_address(e.to_string()))?.collect();
        if found.is_empty() {
            return Err(no_address("the name has no address".into()));
        }
        if let (None, Some(open)) = (&token, found.iter().find(|a| !a.ip().is_loopback())) {
            return Err(ServeError::Open { address: *open });
        }
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::AddrInUse => ServeError::InUse { address: address.to_owned() },
            _ => ServeError::Bind { address: address.to_owned(), why: e.to_string() },
        };
        let listener = TcpListener::bind(found.as_slice()).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Server { listener, address, guard: Guard::new(token), limits: Limits::default() })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// With other limits than the usual ones.
    pub fn limited(self, limits: Limits) -> Server {
        Server { limits, ..self }
    }

    /// Answers until `stop` is cancelled, which also cancels the replies being written, and the runs.
    pub async fn run(self, service: Service, stop: CancellationToken) {
        let app = match routes::app(service, self.limits, stop.clone()) {
            Ok(app) => app,
            Err(e) => return tracing::error!("the server's counters cannot be made: {e}"),
        };
        let desk = app.desk.clone();
        let routes = routes::router(app, self.guard);
        let answers = async {
            serve(self.listener, routes, self.limits, stop.clone()).await;
            if let Some(desk) = desk {
                desk.settled().await;
            }
        };
        let left_behind = async {
            stop.cancelled().await;
            tokio::time::sleep(LEAVE).await;
        };
        tokio::select! {
            () = answers => {}
            () = left_behind => {}
        }
    }
}
