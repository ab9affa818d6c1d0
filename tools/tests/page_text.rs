//! How much of a page's main text is read, and how much besides: pages of ten types with marked truth.
//!
//! The truth stands between `<!--[-->` and `<!--]-->` in each page. Scores are those of the article
//! extraction benchmark (github.com/scrapinghub/article-extraction-benchmark): shingles of four words, as
//! multisets; precision, recall and F1 are averaged over the pages. `first` was written before the mechanism
//! and may be tuned on, `second` after it and not.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::Bench;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

const SHINGLE: usize = 4;
/// Elements that stand within a line: their tags part no words.
const INLINE: &[&str] =
    &["a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "s", "small", "span", "strong", "u", "var", "time"];

#[derive(Clone, Copy, Default)]
struct Score {
    precision: f64,
    recall: f64,
}

impl Score {
    fn f1(self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall).max(f64::MIN_POSITIVE)
    }

    fn mean(scores: &[Score]) -> Score {
        let mean = |of: fn(&Score) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
        Score { precision: mean(|s| s.precision), recall: mean(|s| s.recall) }
    }
}

/// The marked text, its tags taken out and its entities decoded.
fn truth(page: &str) -> String {
    let marked = page.split("<!--[-->").skip(1).map(|piece| piece.split("<!--]-->").next().unwrap());
    marked.map(plain).collect::<Vec<_>>().join("\n")
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    for (i, piece) in html.split('<').enumerate() {
        let (tag, words) = if i == 0 { ("", piece) } else { piece.split_once('>').unwrap_or((piece, "")) };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if i > 0 && !INLINE.contains(&name) {
            text.push(' ');
        }
        text.push_str(words);
    }
    let entities = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&quot;", "\""), ("&#39;", "'")];
    entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign))
}

/// Shingles of four words, or all words of a shorter text. Chinese signs are words of their own.
fn shingles(text: &str) -> HashMap<Vec<String>, usize> {
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars() {
        let own = ('\u{3400}'..='\u{9fff}').contains(&c);
        if own || !(c.is_alphanumeric() || c == '_') {
            words.push(String::new());
        }
        if own || c.is_alphanumeric() || c == '_' {
            words.last_mut().unwrap().push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    let mut found = HashMap::new();
    for shingle in words.windows(SHINGLE.min(words.len().max(1))) {
        *found.entry(shingle.to_vec()).or_default() += 1;
    }
    found
}

fn score(read: &str, truth: &str) -> Score {
    let (read, truth) = (shingles(read), shingles(truth));
    let both: usize = truth.iter().map(|(shingle, count)| read.get(shingle).copied().unwrap_or(0).min(*count)).sum();
    let share = |all: &HashMap<Vec<String>, usize>| both as f64 / all.values().sum::<usize>().max(1) as f64;
    Score { precision: share(&read), recall: share(&truth) }
}

/// What the model reads of each page of a folder, without the reader's own marks: (name, text, truth).
async fn read(half: &str) -> Vec<(String, String, String)> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/page_text").join(half);
    let mut pages: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let served = tempfile::tempdir().unwrap();
    let mut read = Vec::new();
    for page in pages {
        let (name, html) =
            (page.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&page).unwrap());
        let unmarked = html.replace("<!--[-->", "").replace("<!--]-->", "");
        std::fs::write(served.path().join(format!("{name}.html")), unmarked).unwrap();
        read.push((name, truth(&html)));
    }
    let bench = Bench::over(served.path());
    let mut all = Vec::new();
    for (name, truth) in read {
        let output =
            bench.call("browser_open", json!({"target": format!("local:{name}.html"), "full": true})).await.unwrap();
        let text = output.sources[0].text.lines().map(unmarked).collect::<Vec<_>>().join("\n");
        all.push((name, text, truth));
    }
    all
}

/// A line without what is the reader's own in it: `- ` or `3. ` before an item, the names of columns that a table
/// leaves out, the brackets around what is struck out.
fn unmarked(line: &str) -> String {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = line.strip_prefix("- ").or_else(|| number.strip_prefix(". ").filter(|_| number.len() < line.len()));
    let line = if line == "Field | Value" { "" } else { item.unwrap_or(line) };
    line.replace("[struck out: ", "").replace("Column 1 |", "")
}

/// Scores by type, printed; `least` is asked of each measure's mean over all pages.
async fn check(half: &str, pages: usize, least_f1: f64, least_recall: f64) {
    let mut types: BTreeMap<String, Vec<Score>> = BTreeMap::new();
    for (name, text, truth) in read(half).await {
        let score = score(&text, &truth);
        println!("{name:12} F1 {:.3}  precision {:.3}  recall {:.3}", score.f1(), score.precision, score.recall);
        types.entry(name.rsplit_once('-').unwrap().0.to_owned()).or_default().push(score);
    }
    println!();
    for (name, scores) in &types {
        let mean = Score::mean(scores);
        println!("{name:12} F1 {:.3}  precision {:.3}  recall {:.3}", mean.f1(), mean.precision, mean.recall);
    }
    let all: Vec<Score> = types.into_values().flatten().collect();
    let mean = Score::mean(&all);
    println!("{half}: F1 {:.3}  precision {:.3}  recall {:.3}", mean.f1(), mean.precision, mean.recall);
    assert_eq!(all.len(), pages);
    assert!(mean.f1() >= least_f1 && mean.recall >= least_recall, "F1 {:.4}, recall {:.4}", mean.f1(), mean.recall);
}

#[tokio::test]
async fn pages_written_before_the_mechanism() {
    check("first", 30, 0.96, 0.98).await;
}

#[tokio::test]
async fn pages_written_after_the_mechanism() {
    check("second", 30, 0.92, 0.955).await;
}

#[test]
fn scores_are_those_of_the_benchmark() {
    assert_eq!(score("a b c d e", "a b c d").precision, 0.5);
    assert_eq!(score("a b c d e", "a b c d").recall, 1.0);
    assert_eq!(score("a b c d a b c d", "a b c d").precision, 0.2, "counted as often as it is there");
    assert_eq!(score("", "a b c d").f1(), 0.0);
    assert_eq!(plain("<p>x <b>y</b>z<td>1</td>&amp;"), " x yz 1 &");
}
