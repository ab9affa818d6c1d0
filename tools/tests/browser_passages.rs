//! How well pages are found by questions that use other forms of their words, other spellings of their
//! amounts, and no accents: recall at 5 and at 1 over pages of six languages in one corpus.
//!
//! Both files were written before the first run; each question is about one page.
#![allow(clippy::unwrap_used)]

use polymath_tools::browser::Corpus;
use std::collections::BTreeMap;

const PAGES: &str = include_str!("passages/pages.txt");
const QUESTIONS: &str = include_str!("passages/questions.txt");

#[test]
fn questions_find_their_pages() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for page in PAGES.lines() {
        let [id, title, text] = page.splitn(3, " | ").collect::<Vec<_>>().try_into().unwrap();
        std::fs::write(folder.path().join(format!("{id}.html")), format!("<title>{title}</title><p>{text}</p>"))
            .unwrap();
    }
    let corpus = Corpus::open(folder.path(), home.path()).unwrap();
    // of each language: questions, those whose page is among five, and those whose page is the first
    let mut scores = BTreeMap::<&str, [usize; 3]>::new();
    for line in QUESTIONS.lines() {
        let (id, question) = line.split_once(" | ").unwrap();
        let hits = corpus.search(question, 5).unwrap();
        let rank = hits.iter().position(|hit| hit.url == format!("local:{id}.html"));
        for language in [&id[..2], "all"] {
            let score = scores.entry(language).or_default();
            score[0] += 1;
            score[1] += usize::from(rank.is_some());
            score[2] += usize::from(rank == Some(0));
        }
        if rank != Some(0) {
            println!("{question}: {rank:?}");
        }
    }
    println!("{scores:?}");
    let [asked, among_five, first] = scores["all"];
    assert!(among_five as f64 / asked as f64 >= 0.9, "recall at 5: {among_five} of {asked}");
    assert!(first as f64 / asked as f64 >= 0.75, "recall at 1: {first} of {asked}");
}
