//! The way out of a rendering browser: a proxy on the loopback interface that knows one thing, the fetcher's guard.
//!
//! The browser resolves no names and dials nothing but this. Each connection it asks for goes to an address that the
//! fetcher would fetch from, and all of them together bring no more than a few pages' worth of bytes.

use crate::browser::fetch::Fetcher;
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::{Bytes, Incoming},
    client, header, server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeSet,
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Bytes that one rendering may receive.
const MOST_BYTES: usize = 32 << 20;
/// Connections that it may ask for.
const MOST_CONNECTIONS: usize = 256;
/// Of a reply's status line and headers.
const HEAD: usize = 32 << 10;
/// What Chromium asks for itself, whatever page it shows: sign-in, updates, clocks, hints. No page needs them.
const CHROMIUMS_OWN: &[&str] = &[
    "accounts.google.com",
    "clients1.google.com",
    "clients2.google.com",
    "clients4.google.com",
    "clientservices.googleapis.com",
    "content-autofill.googleapis.com",
    "edgedl.me.gvt1.com",
    "optimizationguide-pa.googleapis.com",
    "redirector.gvt1.com",
    "safebrowsing.googleapis.com",
    "update.googleapis.com",
];

/// Serves as long as it is there.
pub struct Proxy {
    pub address: SocketAddr,
    gate: Arc<Gate>,
    _end: DropGuard,
}

struct Gate {
    fetcher: Arc<Fetcher>,
    received: Arc<AtomicUsize>,
    connections: AtomicUsize,
    refused: Mutex<BTreeSet<String>>,
    end: CancellationToken,
}

type Body = BoxBody<Bytes, hyper::Error>;

impl Proxy {
    /// # Errors
    /// There is no free port.
    pub async fn start(fetcher: Arc<Fetcher>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let end = CancellationToken::new();
        let gate = Gate {
            fetcher,
            received: Arc::default(),
            connections: AtomicUsize::new(0),
            refused: Mutex::default(),
            end: end.clone(),
        };
        let gate = Arc::new(gate);
        let (address, serving) = (listener.local_addr()?, gate.clone());
        tokio::spawn(end.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.clone().serve(stream);
            }
        }));
        Ok(Proxy { address, gate, _end: end.drop_guard() })
    }

    /// Hosts that the page's scripts asked for and may not reach.
    pub fn refused(&self) -> Vec<String> {
        self.gate.refused.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Gate {
    fn serve(self: Arc<Self>, stream: TcpStream) {
        let end = self.end.clone();
        let answer = service_fn(move |request| {
            let gate = self.clone();
            async move { Ok::<_, Infallible>(gate.answer(request).await) }
        });
        let mut builder = server::conn::http1::Builder::new();
        let serving = builder.max_buf_size(2 * HEAD).serve_connection(TokioIo::new(stream), answer).with_upgrades();
        tokio::spawn(end.run_until_cancelled_owned(async move { _ = serving.await }));
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let tunnel = request.method() == Method::CONNECT;
        let (host, port) = match place(request.uri(), tunnel) {
            Some(place) => place,
            None => return refusal("a proxy is asked for whole addresses"),
        };
        let upstream = match self.dial(&host, port).await {
            Ok(upstream) => upstream,
            Err(why) => return refusal(&why),
        };
        if tunnel {
            tokio::spawn(self.end.clone().run_until_cancelled_owned(through(request, upstream)));
            return Response::new(Empty::new().map_err(|never| match never {}).boxed());
        }
        match self.passed(request, upstream).await {
            Ok(response) => response.map(BodyExt::boxed),
            Err(e) => refusal(&e.to_string()),
        }
    }

    async fn dial(&self, host: &str, port: u16) -> Result<Counted, String> {
        let own = CHROMIUMS_OWN.contains(&host.to_ascii_lowercase().as_str());
        if own || self.connections.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
            return Err("not for pages".to_owned());
        }
        match self.fetcher.dial(host, port).await {
            Ok(stream) => Ok(Counted { stream, received: self.received.clone() }),
            Err(failure) => {
                if failure.kind == "denied" {
                    let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                    refused.insert(format!("{host}:{port}"));
                }
                Err(failure.message)
            }
        }
    }

    /// A request without a tunnel, asked of the server itself.
    async fn passed(&self, mut request: Request<Incoming>, upstream: Counted) -> hyper::Result<Response<Incoming>> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse();
        *request.uri_mut() = path.unwrap_or_else(|_| Uri::from_static("/"));
        for name in ["proxy-connection", "proxy-authorization", header::AUTHORIZATION.as_str()] {
            request.headers_mut().remove(name);
        }
        let (mut ask, connection) =
            client::conn::http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(upstream)).await?;
        tokio::spawn(self.end.clone().run_until_cancelled_owned(async move { _ = connection.await }));
        ask.send_request(request).await
    }
}

/// Host and port that a request is for.
fn place(uri: &Uri, tunnel: bool) -> Option<(String, u16)> {
    let is_plain = uri.scheme_str() == Some("http");
    let port = uri.port_u16().or(is_plain.then_some(80))?;
    (tunnel || is_plain).then(|| Some((uri.host()?.to_owned(), port)))?
}

async fn through(request: Request<Incoming>, mut upstream: Counted) {
    if let Ok(upgraded) = hyper::upgrade::on(request).await {
        // either side may hang up at any time
        _ = copy_bidirectional(&mut TokioIo::new(upgraded), &mut upstream).await;
    }
}

fn refusal(why: &str) -> Response<Body> {
    let body = Full::new(Bytes::from(why.to_owned())).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// A connection whose bytes count.
struct Counted {
    stream: TcpStream,
    received: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let more = buffer.filled().len() - before;
        if self.received.fetch_add(more, Ordering::Relaxed) + more > MOST_BYTES {
            return Poll::Ready(Err(io::Error::other("too much for one page")));
        }
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
