//! How fast pages are indexed and found: `cargo run --release -p polymath-tools --example index_pages -- [PAGES]`
//! writes small pages (100,000 without a number) into a temporary folder, indexes them as `polymath index` does,
//! once from nothing and once where nothing has changed, and searches them.
#![allow(clippy::unwrap_used)]

use polymath_tools::browser::library::{self, Library, Run};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const QUERIES: usize = 1000;
/// Words of the made-up language; the rank of a word is its rarity, as in languages that are spoken.
const WORDS: u64 = 30_000;

/// A repeatable sequence (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// A word, common ones often.
    fn word(&mut self) -> String {
        let rank = (WORDS as f64).powf(self.roll(1 << 20) as f64 / f64::from(1 << 20)) as u64;
        let mut text = String::new();
        let mut rest = rank * 7919 + 41;
        while rest > 0 {
            text.push_str(["ba", "du", "ki", "lo", "mer", "na", "pol", "ri", "sto", "ven"][(rest % 10) as usize]);
            rest /= 10;
        }
        text
    }

    fn text(&mut self, words: usize) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

fn main() {
    let pages: usize = std::env::args().nth(1).map_or(100_000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut dice = Dice(42);
    for i in 0..pages {
        let place = folder.path().join(format!("{}", i / 1000));
        std::fs::create_dir_all(&place).unwrap();
        let (title, first, second) = (dice.text(3), dice.text(60), dice.text(60));
        let page =
            format!("<title>{title}</title><h1>{title}</h1><p>{first}. It cost {i},000 crowns.</p><p>{second}.</p>");
        std::fs::write(place.join(format!("{i}.html")), page).unwrap();
    }
    for what in ["from nothing", "nothing changed"] {
        let run = Run { home: home.path(), name: "bench", on: &|_| {}, cancel: CancellationToken::new() };
        let began = Instant::now();
        let done = library::add_files(folder.path(), &run).unwrap();
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{what}: {} read, {} as they were, {seconds:.1} s, {:.0} pages/s",
            done.read,
            done.same,
            pages as f64 / seconds
        );
    }
    let library = Library::open(home.path(), "bench").unwrap().unwrap();
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..QUERIES {
        let query = dice.text(4);
        let began = Instant::now();
        library.search(&query, 5).unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!(
        "{QUERIES} queries of 4 words: median {:?}, p95 {:?}, worst {:?}",
        times[QUERIES / 2],
        times[QUERIES * 95 / 100],
        times[QUERIES - 1]
    );
}
