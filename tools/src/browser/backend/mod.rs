//! Where searches go: one small trait, one file a backend, one table of them.
//!
//! Backends that the user named are asked in that order until there are enough results. `auto` asks
//! a healthy one of the web and an encyclopaedia side by side, goes on to the next where one fails, and
//! tells which ones served. What was found is kept for a while.

mod arxiv;
mod brave;
mod cache;
pub mod corpus;
mod duckduckgo;
mod duckduckgo_js;
mod health;
mod index;
mod kagi;
mod kin;
mod kiwix;
pub mod library;
mod local;
mod merge;
mod near;
mod pubmed;
mod searxng;
mod service;
mod spec;
mod stackexchange;
mod table;
mod top;
mod wikidata;
mod wikipedia;
mod zim;

pub use cache::Found;
pub use service::{Endpoints, Shelf, Surroundings};
pub use spec::{SearchSpec, SearchSpecError};

use cache::Cache;
use futures::future::join_all;
use health::{Fitness, Health};
use merge::Answer;
use polymath_chat::{Hit, ToolFailure};
use service::{Scope, SearchBackend};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};
use table::BACKENDS;

/// Results asked for where those of several backends are merged.
const POOL: usize = 10;
/// What an encyclopaedia's vote counts beside that of an engine for the web.
const REFERENCE: f64 = 0.5;

/// The keys in the environment, by the backends' names.
pub fn keys() -> BTreeMap<String, String> {
    let key = |row: &table::Row| Some((row.name.to_owned(), std::env::var(row.key?).ok().filter(|k| !k.is_empty())?));
    BACKENDS.iter().filter_map(key).collect()
}

/// The backends of a run, and what they have answered so far.
pub struct Search {
    backends: Vec<Entry>,
    auto: bool,
    kept: Cache,
}

struct Entry {
    backend: Box<dyn SearchBackend>,
    health: Health,
}

/// What the backends asked so far have brought.
#[derive(Default)]
struct Round {
    answers: Vec<Answer>,
    from: Vec<String>,
    failures: Vec<(String, ToolFailure)>,
    /// Whether one that knows the web has found something.
    web: bool,
}

impl Search {
    /// # Errors
    /// Says which backend can't be set up and why.
    pub fn new(spec: &SearchSpec, around: &Surroundings) -> Result<Self, String> {
        let mut backends = Vec::new();
        for (name, argument) in spec.resolve(around) {
            let row = BACKENDS.iter().find(|row| row.name == name).ok_or(format!("no search backend {name}"))?;
            backends.push(Entry { backend: (row.build)(&argument, around)?, health: Health::default() });
        }
        Ok(Search { backends, auto: spec.is_auto(), kept: Cache::default() })
    }

    pub fn shelves(&self) -> impl Iterator<Item = Arc<dyn Shelf>> {
        self.backends.iter().filter_map(|entry| entry.backend.shelf())
    }

    /// # Errors
    /// When no backend could be asked and nothing is known from before: `network` (or what the only one
    /// said), one line.
    pub async fn search(&self, query: &str, limit: usize) -> Result<Found, ToolFailure> {
        let key = query.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(found) = self.kept.fresh(&key, Instant::now()) {
            return Ok(found);
        }
        let mut round = Round::default();
        for wave in self.waves() {
            // Who was to help out is not asked where nobody needs help.
            if round.found() >= limit && (round.web || !self.auto || wave[0].backend.scope() == Scope::Reference) {
                continue;
            }
            self.ask(&wave, query, limit, &mut round).await;
        }
        let down: Vec<String> = round.failures.iter().map(|(name, why)| format!("{name}: {}", why.message)).collect();
        if round.answers.is_empty() {
            if let Some(found) = self.kept.known(&key, Instant::now()) {
                return Ok(Found { down, ..found });
            }
            let kind = if let [(_, one)] = round.failures.as_slice() { one.kind.clone() } else { "network".into() };
            return Err(ToolFailure::new(&kind, format!("search failed: {}", down.join("; "))));
        }
        let hits = merge::merged(query, round.answers, limit);
        let from = if self.backends.len() > 1 { round.from } else { Vec::new() };
        let found = Found { hits, from, down, age: None };
        // an answer that misses a backend is worth asking for again
        if found.down.is_empty() || !found.hits.is_empty() {
            self.kept.keep(key, Found { down: Vec::new(), ..found.clone() }, Instant::now());
        }
        // of what polymath chose itself, who failed is nobody's business while one works
        let down = if self.auto && !found.hits.is_empty() { Vec::new() } else { found.down };
        Ok(Found { down, ..found })
    }

    /// Who is asked side by side, one after the other: the user's order; with `auto` the healthy ones first,
    /// and beside the first that knows the web one that knows other things.
    fn waves(&self) -> Vec<Vec<&Entry>> {
        if !self.auto {
            return self.backends.iter().map(|entry| vec![entry]).collect();
        }
        let now = Instant::now();
        let well = |entry: &&Entry| entry.health.at(now) == Fitness::Well;
        let (first, last): (Vec<&Entry>, Vec<&Entry>) = self.backends.iter().partition(well);
        let in_order = first.into_iter().chain(last);
        let (web, other): (VecDeque<&Entry>, VecDeque<&Entry>) =
            in_order.partition(|entry| entry.backend.scope() != Scope::Reference);
        let mut other = other;
        let mut waves: Vec<Vec<&Entry>> = web.into_iter().map(|entry| vec![entry]).collect();
        if let Some(wave) = waves.first_mut().filter(|wave| wave[0].backend.scope() == Scope::Web) {
            wave.extend(other.pop_front());
        }
        waves.extend(other.into_iter().map(|entry| vec![entry]));
        waves
    }

    async fn ask(&self, wave: &[&Entry], query: &str, limit: usize, round: &mut Round) {
        let most = if self.auto { limit.max(POOL) } else { limit };
        let asked = wave.iter().map(|entry| entry.search(query, most));
        for (entry, answer) in wave.iter().zip(join_all(asked).await) {
            let name = entry.backend.name().to_owned();
            match answer {
                Ok(hits) => {
                    let reference = entry.backend.scope() == Scope::Reference && self.auto;
                    round.web |= !reference && !hits.is_empty();
                    if !hits.is_empty() {
                        round.from.push(name);
                    }
                    round.answers.push(Answer { weight: if reference { REFERENCE } else { 1.0 }, hits });
                }
                Err(failure) => {
                    tracing::warn!(backend = name, "{failure}");
                    round.failures.push((name, failure));
                }
            }
        }
    }
}

impl Round {
    fn found(&self) -> usize {
        let mut all: Vec<String> =
            self.answers.iter().flat_map(|answer| &answer.hits).map(|hit| merge::canonical(&hit.url)).collect();
        all.sort();
        all.dedup();
        all.len()
    }
}

impl Entry {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ToolFailure> {
        if let Fitness::Refuses(failure) = self.health.at(Instant::now()) {
            return Err(failure);
        }
        match self.backend.search(query, limit).await {
            Ok(hits) => {
                self.health.worked();
                Ok(hits)
            }
            Err(trouble) => Err(self.health.failed(trouble, Instant::now())),
        }
    }
}
