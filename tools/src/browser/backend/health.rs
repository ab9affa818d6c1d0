//! Whether a backend is asked: one that failed is left alone for a while, longer each time.
//!
//! A circuit breaker (M. Nygard, Release It!). One that refuses is not asked again before its time, since that
//! would only make it refuse for longer; one that cannot be reached is asked after all where nobody
//! else is left.

use super::service::Trouble;
use polymath_chat::ToolFailure;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(240);
/// Of what a service may ask for itself.
const LONGEST_WISH: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub struct Health(Mutex<State>);

#[derive(Default)]
struct State {
    /// Until when it is left alone, and why.
    closed: Option<(Instant, Closed)>,
    /// The last pause; zero once it has answered.
    pause: Duration,
}

enum Closed {
    Refused(String),
    Failed,
}

/// Whether to ask.
#[derive(Debug, PartialEq)]
pub enum Fitness {
    Well,
    Ill,
    /// Not at all, and why.
    Refuses(ToolFailure),
}

impl Health {
    pub fn at(&self, now: Instant) -> Fitness {
        match &self.lock().closed {
            Some((until, closed)) if *until > now => match closed {
                Closed::Failed => Fitness::Ill,
                Closed::Refused(why) => Fitness::Refuses(refusal(why, *until - now)),
            },
            _ => Fitness::Well,
        }
    }

    pub fn worked(&self) {
        *self.lock() = State::default();
    }

    /// Takes note of a failure, and tells it.
    pub fn failed(&self, trouble: Trouble, now: Instant) -> ToolFailure {
        let mut state = self.lock();
        state.pause = (state.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        match trouble {
            Trouble::Refused { why, wait } => {
                state.pause = state.pause.max(wait.unwrap_or_default().min(LONGEST_WISH));
                let told = refusal(&why, state.pause);
                state.closed = Some((now + state.pause, Closed::Refused(why)));
                told
            }
            Trouble::Failed(failure) => {
                state.closed = Some((now + state.pause, Closed::Failed));
                failure
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(why: &str, wait: Duration) -> ToolFailure {
    ToolFailure::new("network", format!("{why}; try again in {} s", wait.as_secs().max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_grow_and_end_with_an_answer() {
        let (health, start) = (Health::default(), Instant::now());
        assert_eq!(health.at(start), Fitness::Well);
        let mut now = start;
        for pause in [15, 30, 60, 120, 240, 240] {
            let told = health.failed(Trouble::refused("refuses"), now);
            assert_eq!(told.message, format!("refuses; try again in {pause} s"));
            assert_eq!(health.at(now + SECOND), Fitness::Refuses(refusal("refuses", SECOND * (pause - 1))));
            now += SECOND * pause;
            assert_eq!(health.at(now), Fitness::Well, "may be tried again");
        }
        health.worked();
        assert!(health.failed(Trouble::refused("refuses"), now).message.contains("15 s"));
    }

    #[test]
    fn what_a_service_wishes_counts_within_reason() {
        let (health, now) = (Health::default(), Instant::now());
        let wish = |seconds| Trouble::Refused { why: "no".into(), wait: Some(Duration::from_secs(seconds)) };
        assert!(health.failed(wish(100), now).message.ends_with("100 s"));
        assert!(health.failed(wish(1), now).message.ends_with("200 s"), "not less than its turn");
        assert!(health.failed(wish(1 << 40), now).message.ends_with("3600 s"));
    }

    #[test]
    fn what_cannot_be_reached_may_be_tried_where_nobody_is_left() {
        let (health, now) = (Health::default(), Instant::now());
        assert_eq!(health.failed(Trouble::failed("closed"), now).message, "closed");
        assert_eq!(health.at(now), Fitness::Ill);
        assert_eq!(health.at(now + FIRST_PAUSE), Fitness::Well);
    }
}
