//! Finding among many conversations: how long a list, a page in the middle of it and searches take.
//!
//! `cargo bench -p polymath-agent --bench sessions -- 100000`. Each conversation has a question, an
//! answer and a page, of words that are as rare and as frequent as in a language.

#![allow(clippy::unwrap_used)]

use polymath_agent::Chat;
use polymath_agent::session::{SessionInfo, SessionRecord, SessionStore, TurnEvent};
use polymath_chat::{Event, Message, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

const WORDS: usize = 20_000;
const SEARCHES: usize = 300;

/// Draws words: the n-th is as frequent as 1/n (Zipf).
struct Draw {
    state: u64,
}

impl Draw {
    fn unit(&mut self) -> f64 {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn word(&mut self) -> String {
        let rank = (WORDS as f64).powf(self.unit()) as usize;
        // Letters that make no word of another rank.
        format!("{}{}", ["ka", "lo", "mi", "su", "ter"][rank % 5], rank)
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

fn record(number: usize, draw: &mut Draw) -> SessionRecord {
    let id = format!("s{number:07}");
    let (question, answer) = (draw.words(9), draw.words(60));
    let page = Source { url: format!("https://example.org/{number}"), title: draw.words(5), text: draw.words(150) };
    let time = format!("2026-01-01T{:02}:{:02}:{:02}.000Z", number / 3600 % 24, number / 60 % 60, number % 60);
    SessionRecord {
        info: SessionInfo {
            id: id.clone(),
            title: question.clone(),
            created: time.clone(),
            updated: time,
            turns: 1,
            bytes: 0,
            tags: vec![],
        },
        chat: Chat {
            messages: vec![Message::user(&question), Message::assistant(&answer)],
            sources: vec![page],
            ..Chat::new(id)
        },
        questions: BTreeMap::from([(1, question)]),
        taken_back: BTreeSet::new(),
        made: BTreeMap::new(),
        events: vec![TurnEvent { turn: 1, event: Event::Answer { text: answer, citations: vec![], figures: vec![] } }],
        pages: BTreeMap::new(),
    }
}

/// Milliseconds of each run.
fn timed(times: usize, mut run: impl FnMut(usize)) -> Vec<f64> {
    let mut all: Vec<f64> = (0..times)
        .map(|n| {
            let begin = Instant::now();
            run(n);
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all
}

fn tell(what: &str, times: &[f64]) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what:28} median {:7.2} ms   p95 {:7.2} ms   most {:7.2} ms", at(0.5), at(0.95), at(1.0));
}

fn main() {
    let count: usize = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(2_000);
    // In memory where there is such a folder: filling it is not what is measured.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let path = folder.path().join("sessions.db");
    let store = SessionStore::open(&path).unwrap();
    let mut draw = Draw { state: 7 };
    let begin = Instant::now();
    for number in 0..count {
        store.import(&record(number, &mut draw)).unwrap();
    }
    drop(store);
    let bytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
    println!("{count} conversations in {:.0} s, {bytes:.0} MB", begin.elapsed().as_secs_f64());
    tell("open", &timed(5, |_| drop(SessionStore::open(&path).unwrap())));
    let store = SessionStore::open(&path).unwrap();
    tell("list, the first 20", &timed(50, |_| drop(store.page(None, 0, 20).unwrap())));
    tell("list, 20 from the middle", &timed(50, |_| drop(store.page(None, count / 2, 20).unwrap())));
    tell("list, all", &timed(5, |_| drop(store.list().unwrap())));
    for words in [1, 2, 3] {
        let queries: Vec<String> = (0..SEARCHES).map(|_| draw.words(words)).collect();
        let times = timed(SEARCHES, |n| drop(store.search(&queries[n], 20).unwrap()));
        tell(&format!("search, {words} words"), &times);
    }
    tell("search, the commonest word", &timed(20, |_| drop(store.search("lo1", 20).unwrap())));
}
