//! A place in a run's events, which stays the same place for ever.
//!
//! Text comes in pieces and is kept as one event, so a place is an event and the bytes of its text that
//! were read: `12.340`. Whoever comes back with it gets the rest, from memory or from disk, in whatever
//! pieces it then comes.

use polymath_chat::Event;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Index of the event that is read next.
    event: usize,
    /// Bytes of its text that were read.
    bytes: usize,
}

impl Cursor {
    /// Behind everything there is.
    pub fn end(events: &[Event]) -> Cursor {
        let mut cursor = Cursor::default();
        while cursor.next(events).is_some() {}
        cursor
    }

    /// What is to be read next, with the cursor then behind it. `None` when there is nothing yet.
    pub fn next(&mut self, events: &[Event]) -> Option<Event> {
        loop {
            let event = events.get(self.event)?;
            let Some(text) = event.piece() else {
                *self = Cursor { event: self.event + 1, bytes: 0 };
                return Some(event.clone());
            };
            match text.get(self.bytes..).filter(|rest| !rest.is_empty()) {
                Some(rest) => {
                    self.bytes = text.len();
                    let delta = rest.to_owned();
                    return Some(match event {
                        Event::Reasoning { .. } => Event::Reasoning { delta },
                        _ => Event::Text { delta },
                    });
                }
                // It may still be being written.
                None if self.event + 1 == events.len() => return None,
                None => *self = Cursor { event: self.event + 1, bytes: 0 },
            }
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.event, self.bytes)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Cursor, String> {
        let read = || {
            let (event, bytes) = text.trim().split_once('.')?;
            Some(Cursor { event: event.parse().ok()?, bytes: bytes.parse().ok()? })
        };
        read().ok_or_else(|| format!("`{text}` is no place in a run's events; send the `id` of an event, as `12.0`"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(delta: &str) -> Event {
        Event::Text { delta: delta.into() }
    }

    fn rest(from: &str, events: &[Event]) -> Vec<Event> {
        let mut cursor: Cursor = from.parse().unwrap();
        std::iter::from_fn(|| cursor.next(events)).collect()
    }

    #[test]
    fn whoever_comes_back_gets_the_rest() {
        let step = || Event::Step { step: 1 };
        let mut events = vec![step(), text("Hel")];
        let mut cursor = Cursor::default();
        assert_eq!(
            (cursor.next(&events), cursor.next(&events), cursor.next(&events)),
            (Some(step()), Some(text("Hel")), None)
        );
        assert_eq!(cursor.to_string(), "1.3");
        // More of the same text, and what comes behind it.
        events = vec![step(), text("Hello"), step()];
        assert_eq!(rest("1.3", &events), [text("lo"), step()]);
        assert_eq!(rest("1.5", &events), [step()]);
        assert_eq!(Cursor::end(&events).to_string(), "3.0");
        assert_eq!(rest("3.0", &events), []);
    }

    #[test]
    fn places_that_are_none_read_on_behind_them() {
        let events = [text("né"), Event::Step { step: 2 }];
        for from in ["0.2", "0.99"] {
            assert_eq!(rest(from, &events), [Event::Step { step: 2 }], "{from}");
        }
        assert_eq!(rest("7.0", &events), []);
        for bad in ["", "1", "a.b", "-1.0", "1.2.3"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
