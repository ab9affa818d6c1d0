//! What calls of one session know of each other, and how much of it is kept: sessions that nobody
//! ends, and pages that nobody looks at again, must not grow without bounds.

use super::page::Page;
use lru::LruCache;
use polymath_chat::Hit;
use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc};

/// Results that a session knows by number; older ones have to be searched for again.
const HITS: usize = 200;

/// How much is kept.
#[derive(Debug, Clone)]
pub struct Keep {
    /// Sessions; the one used longest ago goes first.
    pub sessions: NonZeroUsize,
    /// Bytes of open pages of one session; the last page stays, whatever its size.
    pub session_bytes: usize,
    /// Bytes of open pages of all sessions together; the one in use stays.
    pub bytes: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Keep { sessions: NonZeroUsize::MIN.saturating_add(63), session_bytes: 32 << 20, bytes: 96 << 20 }
    }
}

/// What is kept at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    pub sessions: usize,
    pub pages: usize,
    pub hits: usize,
    /// Of the pages.
    pub bytes: usize,
}

/// All sessions, by their names.
pub struct Sessions {
    keep: Keep,
    all: LruCache<String, Session>,
}

impl Sessions {
    pub fn new(keep: Keep) -> Self {
        Sessions { all: LruCache::new(keep.sessions), keep }
    }

    /// Works on a session, a new one if there is none. A call without a session (an empty name) is
    /// alone: it finds nothing and leaves nothing.
    pub fn with<T>(&mut self, name: &str, work: impl FnOnce(&mut Session) -> T) -> T {
        if name.is_empty() {
            return work(&mut Session::default());
        }
        if !self.all.contains(name) {
            self.all.push(name.to_owned(), Session::default());
        }
        let Some(session) = self.all.get_mut(name) else { return work(&mut Session::default()) };
        let done = work(session);
        session.trim(self.keep.session_bytes);
        while self.all.len() > 1 && self.kept().bytes > self.keep.bytes {
            self.all.pop_lru();
        }
        done
    }

    /// Works on a session if there is one.
    pub fn with_known(&mut self, name: &str, work: impl FnOnce(&mut Session)) {
        if let Some(session) = self.all.get_mut(name) {
            work(session);
        }
    }

    pub fn forget(&mut self, name: &str) {
        self.all.pop(name);
    }

    pub fn kept(&self) -> Kept {
        let add = |sum: Kept, session: &Session| Kept {
            sessions: sum.sessions + 1,
            pages: sum.pages + session.pages.len(),
            hits: sum.hits + session.hits.len(),
            bytes: sum.bytes + session.bytes(),
        };
        self.all.iter().map(|(_, session)| session).fold(Kept::default(), add)
    }
}

/// One session.
#[derive(Default)]
pub struct Session {
    /// Results of all searches by their numbers, which count on from search to search.
    hits: BTreeMap<usize, Hit>,
    /// Numbers up to here are given away.
    given: usize,
    /// Searches that have numbers and no results yet.
    searching: usize,
    /// In the order of opening.
    pages: Vec<Arc<Page>>,
}

impl Session {
    /// Sets `count` numbers aside for a search that begins now, so that searches side by side are
    /// numbered in the order of their calls and not of their answers; returns the first.
    pub fn reserve(&mut self, count: usize) -> usize {
        let first = self.given + 1;
        self.given += count;
        self.searching += 1;
        first
    }

    /// Numbers a search's results from `first` on and remembers them. Once no search is under way,
    /// numbers that were set aside and not needed go to the next one.
    pub fn settle(&mut self, first: usize, hits: &mut [Hit]) {
        for (number, hit) in (first..).zip(hits) {
            hit.number = Some(number);
            self.hits.insert(number, hit.clone());
        }
        while self.hits.len() > HITS {
            self.hits.pop_first();
        }
        self.searching = self.searching.saturating_sub(1);
        let last = self.hits.last_key_value().map_or(0, |(number, _)| *number);
        self.given = if self.searching == 0 { last } else { self.given.max(last) };
    }

    pub fn hits(&self) -> &BTreeMap<usize, Hit> {
        &self.hits
    }

    pub fn pages(&self) -> &[Arc<Page>] {
        &self.pages
    }

    /// The open page of this address, which becomes the last one opened.
    pub fn page(&mut self, url: &str) -> Option<Arc<Page>> {
        let at = self.pages.iter().position(|p| p.url == url)?;
        let page = self.pages.remove(at);
        self.pages.push(page.clone());
        Some(page)
    }

    pub fn open(&mut self, page: Arc<Page>) {
        self.pages.retain(|p| p.url != page.url);
        self.pages.push(page);
    }

    fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.bytes).sum()
    }

    fn trim(&mut self, most: usize) {
        while self.pages.len() > 1 && self.bytes() > most {
            self.pages.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hits(count: usize) -> Vec<Hit> {
        vec![Hit::default(); count]
    }

    fn numbers(hits: &[Hit]) -> Vec<usize> {
        hits.iter().filter_map(|h| h.number).collect()
    }

    /// Three searches that begin in order and answer as `order` says, with these numbers of results;
    /// then a fourth one.
    #[track_caller]
    fn check(counts: [usize; 3], order: [usize; 3], want: [&[usize]; 3], next: usize) {
        let mut session = Session::default();
        let firsts = counts.map(|_| session.reserve(5));
        let mut got = [const { Vec::new() }; 3];
        for i in order {
            let mut found = hits(counts[i]);
            session.settle(firsts[i], &mut found);
            got[i] = numbers(&found);
        }
        assert_eq!(got, want);
        assert_eq!(session.reserve(5), next);
        assert!(got.iter().flatten().all(|n| session.hits().contains_key(n)));
    }

    #[test]
    fn numbers_follow_the_order_of_the_calls() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            check([5, 3, 2], order, [&[1, 2, 3, 4, 5], &[6, 7, 8], &[11, 12]], 13);
            check([1, 0, 0], order, [&[1], &[], &[]], 2);
            check([0, 2, 0], order, [&[], &[6, 7], &[]], 8);
            check([0, 0, 0], order, [&[], &[], &[]], 1);
        }
    }

    #[test]
    fn searches_one_after_the_other_leave_no_gaps() {
        let mut session = Session::default();
        for (count, want) in [(2, vec![1, 2]), (0, vec![]), (3, vec![3, 4, 5])] {
            let first = session.reserve(5);
            let mut found = hits(count);
            session.settle(first, &mut found);
            assert_eq!(numbers(&found), want);
        }
        for _ in 0..100 {
            let first = session.reserve(5);
            session.settle(first, &mut hits(5));
        }
        assert_eq!((session.hits().len(), session.reserve(5)), (HITS, 506));
    }

    fn page(url: &str, bytes: usize) -> Arc<Page> {
        let page = Page { url: url.into(), title: "t".into(), bytes, ..Page::default() };
        Arc::new(page)
    }

    #[test]
    fn sessions_and_pages_that_were_used_longest_ago_go() {
        let keep = Keep { sessions: NonZeroUsize::new(3).unwrap(), session_bytes: 100, bytes: 200 };
        let mut sessions = Sessions::new(keep);
        for i in 0..10 {
            sessions.with("a", |s| s.open(page(&i.to_string(), 30)));
        }
        assert_eq!(sessions.kept(), Kept { sessions: 1, pages: 3, hits: 0, bytes: 90 });
        sessions.with("a", |s| {
            assert_eq!(s.pages().iter().map(|p| p.url.as_str()).collect::<Vec<_>>(), ["7", "8", "9"]);
            assert!(s.page("7").is_some());
            s.open(page("x", 40));
        });
        sessions.with("a", |s| assert!(s.page("7").is_some() && s.page("8").is_none(), "the one looked at stays"));
        for name in ["b", "c", "d"] {
            sessions.with(name, |s| s.open(page("x", 20)));
        }
        assert_eq!(sessions.kept().sessions, 3);
        sessions.with("a", |s| assert!(s.pages().is_empty(), "a was used longest ago"));
        sessions.with("e", |s| s.open(page("large", 1000)));
        assert_eq!(sessions.kept(), Kept { sessions: 1, pages: 1, hits: 0, bytes: 1000 }, "the page in hand stays");
        sessions.forget("e");
        assert_eq!(sessions.kept(), Kept::default());
    }

    #[test]
    fn calls_without_a_session_leave_nothing() {
        let mut sessions = Sessions::new(Keep::default());
        sessions.with("", |s| s.open(page("x", 1)));
        sessions.with("", |s| assert!(s.pages().is_empty()));
        assert_eq!(sessions.kept(), Kept::default());
    }
}
