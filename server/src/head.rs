//! Watches the bytes of request heads for line feeds that stand alone. Some programs take one for the end
//! of a line and some do not, so that two of them on the way see different requests (RFC 9112, section
//! 2.2, lets a server refuse them); the HTTP library takes them.
//!
//! A head may come behind another request without waiting for its answer, so what is behind a head is told by the length of
//! its body. Of a body in chunks only the HTTP library knows the end: no other head comes on such a connection.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What was seen of the head that is being read.
#[derive(Clone)]
pub struct Head(Arc<Mutex<Seen>>);

struct Seen {
    place: Place,
    /// The last bytes, newest last.
    last: [u8; 3],
    alone: bool,
    /// What came behind a head and its body, or behind a head whose body is not known yet: at most what the library
    /// reads ahead.
    behind: Vec<u8>,
    answered: bool,
}

/// Where the next byte belongs.
enum Place {
    Head,
    /// Behind a head that nobody has looked at.
    Behind,
    /// To a body of which so much is left, or, where nothing is left, to the next head.
    Body(u64),
    /// Nothing is looked at any more.
    Last,
}

/// As if a line had just ended.
const START: [u8; 3] = [b'\r', b'\n', 0];

impl Head {
    pub fn new() -> Self {
        let (place, last, behind) = (Place::Head, START, Vec::new());
        Head(Arc::new(Mutex::new(Seen { place, last, alone: false, behind, answered: false })))
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A head was read whose request has a body of this length; of one in chunks nobody knows it.
    pub fn has_body(&self, length: Option<u64>) {
        let mut seen = self.lock();
        let behind = std::mem::take(&mut seen.behind);
        seen.answered = false;
        seen.place = length.map_or(Place::Last, Place::Body);
        seen.read(&behind);
    }

    /// An answer is written: another head may come.
    pub fn begins(&self) {
        let mut seen = self.lock();
        seen.answered = true;
        seen.go_on();
    }

    /// Whether a line of the head ended in a line feed alone.
    pub fn has_bare_line_feed(&self) -> bool {
        self.lock().alone
    }

    fn read(&self, bytes: &[u8]) {
        self.lock().read(bytes);
    }
}

impl Seen {
    fn read(&mut self, bytes: &[u8]) {
        match self.place {
            Place::Head => self.head(bytes),
            Place::Behind => self.behind.extend_from_slice(bytes),
            Place::Body(left) => {
                let own = left.min(bytes.len() as u64) as usize;
                self.place = Place::Body(left - own as u64);
                self.behind.extend_from_slice(&bytes[own..]);
                self.go_on();
            }
            Place::Last => {}
        }
    }

    /// Looks at the next head, once the request before it is over.
    fn go_on(&mut self) {
        if self.answered && matches!(self.place, Place::Body(0)) {
            (self.place, self.last, self.alone) = (Place::Head, START, false);
            let behind = std::mem::take(&mut self.behind);
            self.head(&behind);
        }
    }

    fn head(&mut self, bytes: &[u8]) {
        for (at, &byte) in bytes.iter().enumerate() {
            let [.., before, last] = self.last;
            self.last = [self.last[1], self.last[2], byte];
            if byte == b'\n' {
                self.alone |= last != b'\r';
                // An empty line, whichever way its lines end.
                if last == b'\n' || last == b'\r' && before == b'\n' {
                    self.place = Place::Behind;
                    self.behind = bytes[at + 1..].to_vec();
                    return;
                }
            }
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
