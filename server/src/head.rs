//! Watches the bytes of request heads for line feeds that stand alone. Some programs take one for the end
//! of a line and some do not, so that two of them on the way see different requests (RFC 9112, section
//! 2.2, lets a server refuse them); the HTTP library takes them.
//!
//! Heads that come behind another request without waiting for its answer are not looked at.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What was seen of the head that is being read.
#[derive(Clone)]
pub struct Head(Arc<Mutex<Seen>>);

struct Seen {
    /// Whether what comes next belongs to a head.
    inside: bool,
    /// The last bytes, newest last.
    last: [u8; 3],
    alone: bool,
}

impl Head {
    pub fn new() -> Self {
        Head(Arc::new(Mutex::new(Seen { inside: true, last: [b'\r', b'\n', 0], alone: false })))
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer is written: another head may come.
    pub fn begins(&self) {
        let mut seen = self.lock();
        (seen.inside, seen.last, seen.alone) = (true, [b'\r', b'\n', 0], false);
    }

    /// Whether a line of the head ended in a line feed alone.
    pub fn has_bare_line_feed(&self) -> bool {
        self.lock().alone
    }

    fn read(&self, bytes: &[u8]) {
        let mut seen = self.lock();
        for &byte in bytes {
            if !seen.inside {
                return;
            }
            if byte == b'\n' {
                let [.., before, last] = seen.last;
                seen.alone |= last != b'\r';
                // An empty line, whichever way its lines end.
                seen.inside = !(last == b'\n' || last == b'\r' && before == b'\n');
            }
            seen.last = [seen.last[1], seen.last[2], byte];
        }
    }
}

/// A connection whose heads are watched.
pub struct Watched<S> {
    pub stream: S,
    pub head: Head,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.head.read(&buffer.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_feeds_of_the_head_count() {
        for (text, bare) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\nbody", false),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", true),
            ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", false),
        ] {
            for pieces in [1, 7, 1000] {
                let head = Head::new();
                text.as_bytes().chunks(pieces).for_each(|piece| head.read(piece));
                assert_eq!(head.has_bare_line_feed(), bare, "{text:?} in pieces of {pieces}");
            }
        }
    }
}
