//! Answers connections within limits: takes them, speaks HTTP on each, and lets go of those that only
//! hold a place.

use crate::connections::{Connections, Seat};
use crate::error::ApiError;
use crate::head::{Head, Watched};
use crate::limits::Limits;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::IntoResponse;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes of a request's headers, in all; also of what is read ahead of its body.
const HEAD_BYTES: usize = 64 << 10;
/// Connections that have given their place away and are not closed yet.
const CLOSING: usize = 32;
/// How long nothing is taken when there is no descriptor for it.
const PAUSE: Duration = Duration::from_millis(10);
/// What a connection without a request may still send when the server stops.
const LAST_BYTES: Duration = Duration::from_millis(200);

/// Answers until `stop` is cancelled, and then until all answers that were begun are written.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    let connections = Connections::new(limits.connections, limits.per_address);
    // Descriptors in use, which outlast the places by a moment.
    let descriptors = Arc::new(Semaphore::new(limits.connections + CLOSING));
    let tasks = TaskTracker::new();
    loop {
        let (stream, descriptor, seat) = tokio::select! {
            () = stop.cancelled() => break,
            next = next(&listener, &connections, &descriptors) => match next {
                Some(next) => next,
                None => continue,
            },
        };
        let (app, stop) = (app.clone(), stop.clone());
        tasks.spawn(async move {
            connection(stream, Arc::new(seat), app, limits, stop).await;
            drop(descriptor);
        });
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// The next connection that has a place.
async fn next(
    listener: &TcpListener,
    connections: &Connections,
    descriptors: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit, Seat)> {
    let descriptor = descriptors.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => match connections.enter(peer.ip()) {
            Some(seat) => Some((stream, descriptor, seat)),
            None => {
                refuse(&stream);
                None
            }
        },
        // The client has thought better of it.
        Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => None,
        Err(e) => {
            let closed = connections.close_one();
            tracing::warn!("cannot take a connection: {e}; one that waited was closed: {closed}");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// Says that all places are taken by requests being answered. Nobody waits for it to be read.
fn refuse(stream: &TcpStream) {
    let error = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_connections",
        "the server is answering as many requests as it takes at once; send this one again in a while",
    );
    let body = error.body().to_string();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         retry-after: 5\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.try_write(answer.as_bytes());
}

/// Speaks HTTP on a connection until its end.
async fn connection(stream: TcpStream, seat: Arc<Seat>, app: Router, limits: Limits, stop: CancellationToken) {
    // Deltas are small and wait for nothing.
    if let Err(e) = stream.set_nodelay(true) {
        tracing::debug!("cannot turn Nagle's algorithm off: {e}");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write));
    let app = TowerToHyperService::new(app);
    let (answering, head) = (seat.clone(), Head::new());
    let stream = Watched { stream: Box::pin(stream), head: head.clone() };
    let service = service_fn(move |request: Request<Incoming>| {
        let (seat, head) = (answering.clone(), head.clone());
        let wrong = head.has_bare_line_feed().then(|| bare_line_feed().into_response());
        let length = request.body().size_hint().exact();
        head.has_body(length);
        let answer = app.call(request.map(|body| Body::new(Arriving::new(body, seat.clone()))));
        async move {
            let mut answer = match wrong {
                Some(wrong) => wrong,
                None => answer.await?,
            };
            if length.is_none() {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(answer.map(|body| Leaving { body, seat, head }))
        }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(http);
    tokio::select! {
        ended = http.as_mut() => return ended.unwrap_or_else(|e| tracing::debug!("a connection ended: {e}")),
        () = seat.given_away() => return,
        () = stop.cancelled() => http.as_mut().graceful_shutdown(),
    }
    let ended = match seat.is_working() {
        true => http.await,
        // One that has never sent a request would not be closed by itself.
        false => tokio::time::timeout(LAST_BYTES, http).await.unwrap_or(Ok(())),
    };
    ended.unwrap_or_else(|e| tracing::debug!("a connection ended: {e}"));
}

/// What comes behind such a head may be another request on its way, so nothing more is read.
fn bare_line_feed() -> impl IntoResponse {
    let message = "a line of the request's head ends in a line feed alone; end lines with CR LF";
    let error = ApiError::new(StatusCode::BAD_REQUEST, "bare_line_feed", message);
    ([(header::CONNECTION, "close")], error)
}

/// A request's body; with its end the connection begins to work.
struct Arriving {
    body: Incoming,
    seat: Arc<Seat>,
}

impl Arriving {
    fn new(body: Incoming, seat: Arc<Seat>) -> Self {
        if body.is_end_stream() {
            seat.works();
        }
        Arriving { body, seat }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.seat.works();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body; with its end the connection waits again.
struct Leaving {
    body: Body,
    seat: Arc<Seat>,
    head: Head,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.seat.waits();
        self.head.begins();
    }
}
