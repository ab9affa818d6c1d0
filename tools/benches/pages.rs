//! How long pages take to be read, beside trafilatura on the same pages.
//!
//!     pip install trafilatura        # in an environment of its own
//!     POLYMATH_TRAFILATURA=…/bin/python cargo bench -p polymath-tools --bench pages
//!
//! Pages are made up, of three sizes, and those of `tests/page_text`. Each reader has one thread and reads each page
//! once before it is timed. Without `POLYMATH_TRAFILATURA`, a Python that has it, only our times are told.

#![allow(clippy::unwrap_used)]

mod made;

use made::Dice;
use polymath_tools::browser::{Kind, read_page};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const PAGES: u64 = 20;

/// Pages that are alike, and what they are.
struct Pile {
    name: String,
    pages: Vec<String>,
}

fn piles() -> Vec<Pile> {
    let mut dice = Dice(42);
    let sizes = [("short", 8), ("middling", 60), ("long", 500)];
    let mut piles: Vec<Pile> = sizes
        .map(|(name, paragraphs)| Pile {
            name: name.to_owned(),
            pages: (0..PAGES).map(|_| dice.page(paragraphs)).collect(),
        })
        .into();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page_text");
    let halves = ["first", "second"].map(|half| std::fs::read_dir(folder.join(half)).unwrap());
    let mut files: Vec<_> = halves.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let pages = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    piles.push(Pile { name: "tests/page_text".to_owned(), pages });
    piles
}

/// Milliseconds of each page.
fn ours(pages: &[String]) -> Vec<f64> {
    let read = |page: &String| {
        let begun = Instant::now();
        std::hint::black_box(read_page(Kind::Html, page.as_bytes(), None, "https://example.com/").unwrap());
        begun.elapsed().as_secs_f64() * 1e3
    };
    pages.iter().for_each(|page| _ = read(page));
    pages.iter().map(read).collect()
}

/// As `ours`, by trafilatura; and its version.
fn theirs(pages: &[String]) -> Option<(String, Vec<f64>)> {
    let python = std::env::var_os("POLYMATH_TRAFILATURA")?;
    let folder = tempfile::tempdir().unwrap();
    for (at, page) in pages.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at:04}.html")), page).unwrap();
    }
    let code = "import pathlib, sys, time, trafilatura\n\
                pages = [p.read_text() for p in sorted(pathlib.Path(sys.argv[1]).iterdir())]\n\
                read = lambda p: trafilatura.extract(p, include_comments=False, include_tables=True)\n\
                for page in pages: read(page)\nprint(trafilatura.__version__)\n\
                for page in pages:\n    begun = time.perf_counter()\n    read(page)\n    \
                print((time.perf_counter() - begun) * 1e3)\n";
    let ran = Command::new(python).args(["-c", code]).arg(folder.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let (version, times) = text.split_once('\n').unwrap();
    Some((version.to_owned(), times.lines().map(|line| line.parse().unwrap()).collect()))
}

/// Mean milliseconds of a page, and megabytes a second.
fn speed(pages: &[String], times: &[f64]) -> (f64, f64) {
    let (bytes, all) = (pages.iter().map(String::len).sum::<usize>() as f64, times.iter().sum::<f64>());
    (all / times.len() as f64, bytes / all / 1e3)
}

fn main() {
    for Pile { name, pages } in piles() {
        let bytes = pages.iter().map(String::len).sum::<usize>() / pages.len();
        let (ms, rate) = speed(&pages, &ours(&pages));
        let beside = theirs(&pages).map_or(String::new(), |(version, times)| {
            let (their_ms, their_rate) = speed(&pages, &times);
            format!(
                "; trafilatura {version} {their_ms:.2} ms, {their_rate:.1} MB/s: {:.1} times as long",
                their_ms / ms
            )
        });
        println!("{name} ({} pages of {:.0} kB): {ms:.2} ms, {rate:.1} MB/s{beside}", pages.len(), bytes as f64 / 1e3);
    }
}
