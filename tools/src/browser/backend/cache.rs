//! What was found a while ago, by query: in memory, and so for as long as the process lives. On disk it
//! would be a record of what people looked for that nobody would think of removing.

use lru::LruCache;
use polymath_chat::Hit;
use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Queries whose answers are kept.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);
/// For how long nobody is asked again.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// For how long an answer is better than none.
const USABLE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// The backends that it is from, where that was not plain.
    pub from: Vec<String>,
    /// One line about each backend that could not be asked, where that is to be told.
    pub down: Vec<String>,
    /// How long ago it was asked for, where that was not now.
    pub age: Option<Duration>,
}

pub struct Cache(Mutex<LruCache<String, (Found, Instant)>>);

impl Default for Cache {
    fn default() -> Self {
        Cache(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Cache {
    pub fn keep(&self, query: String, found: Found, now: Instant) {
        self.lock().put(query, (found, now));
    }

    /// What was found so lately that asking again would bring the same.
    pub fn fresh(&self, query: &str, now: Instant) -> Option<Found> {
        self.within(FRESH, query, now)
    }

    /// What was found, for when nobody can be asked.
    pub fn known(&self, query: &str, now: Instant) -> Option<Found> {
        self.within(USABLE, query, now)
    }

    fn within(&self, most: Duration, query: &str, now: Instant) -> Option<Found> {
        let mut kept = self.lock();
        let (found, asked) = kept.get(query)?;
        let age = now.saturating_duration_since(*asked);
        (age <= most).then(|| Found { age: Some(age), ..found.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<String, (Found, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_ages() {
        let (cache, start) = (Cache::default(), Instant::now());
        cache.keep("q".into(), Found { from: vec!["x".into()], ..Found::default() }, start);
        let age = |found: Option<Found>| found.and_then(|found| found.age);
        let later = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(age(cache.fresh("q", later(60))), Some(Duration::from_secs(60)));
        assert_eq!(age(cache.fresh("q", later(16 * 60))), None);
        assert_eq!(age(cache.known("q", later(16 * 60))), Some(Duration::from_secs(16 * 60)));
        assert_eq!(age(cache.known("q", later(25 * 60 * 60))), None);
        assert_eq!(age(cache.known("other", start)), None);
    }
}
