//! How fast pages are indexed and found, as `polymath index` and `--search local:NAME` do it.
//!
//!     cargo bench -p polymath-tools --bench index -- [PAGES]
//!
//! Pages (100,000 without a number) are made up and written to a temporary folder, indexed from nothing and once more
//! where nothing has changed, and searched by queries of two to eight words.
#![allow(clippy::unwrap_used)]

mod made;

use made::Dice;
use polymath_tools::browser::library::{self, Library, Run};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const QUERIES: usize = 1000;

fn main() {
    // cargo adds an argument of its own
    let pages: usize = std::env::args().skip(1).find_map(|count| count.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut dice = Dice(42);
    let mut bytes = 0;
    for i in 0..pages {
        let place = folder.path().join(format!("{}", i / 1000));
        std::fs::create_dir_all(&place).unwrap();
        let page = dice.page(3);
        bytes += page.len();
        std::fs::write(place.join(format!("{i}.html")), page).unwrap();
    }
    println!("{pages} pages of {:.1} kB", bytes as f64 / pages as f64 / 1e3);
    for what in ["from nothing", "nothing changed"] {
        let run = Run { home: home.path(), name: "bench", on: &|_| {}, cancel: CancellationToken::new() };
        let began = Instant::now();
        let done = library::add_files(folder.path(), &run).unwrap();
        let seconds = began.elapsed().as_secs_f64();
        let rate = pages as f64 / seconds;
        println!("{what}: {} read, {} as they were, {seconds:.1} s, {rate:.0} pages/s", done.read, done.same);
    }
    let library = Library::open(home.path(), "bench").unwrap().unwrap();
    for words in [2, 4, 8] {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..QUERIES {
            let query = dice.text(words);
            let began = Instant::now();
            library.search(&query, 5).unwrap();
            times.push(began.elapsed());
        }
        times.sort();
        let (median, p95, worst) = (times[QUERIES / 2], times[QUERIES * 95 / 100], times[QUERIES - 1]);
        println!("{QUERIES} queries of {words} words: median {median:.1?}, p95 {p95:.1?}, worst {worst:.1?}");
    }
}
