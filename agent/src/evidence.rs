//! The pages that were opened in a conversation, numbered for citation, and the search for the
//! lines in them that bear on a question.

mod addressed;
mod row;

pub use addressed::{is_addressed, marked};
pub use row::{head_of, labelled};

use polymath_chat::Source;
use polymath_quantity::text::is_cjk;
pub use polymath_quantity::text::terms;
use std::collections::{HashMap, HashSet};

/// A line of an opened page.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The page's citation number, from 1.
    pub n: usize,
    /// Index of the line in the page's text.
    pub line: usize,
    /// The line, with its heading in front where it could not be understood without.
    pub text: String,
}

/// Characters of a passage, and of a heading.
const LONGEST: usize = 600;

/// All lines of `sources` but headings and what is written to a model, in reading order.
pub fn passages(sources: &[Source]) -> Vec<Passage> {
    let of = |(i, source): (usize, &Source)| -> Vec<Passage> {
        let lines = source.text.lines().map(str::trim).enumerate();
        let told = lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#') && !is_addressed(text));
        told.map(|(line, text)| Passage { n: i + 1, line, text: clip(text, LONGEST) }).collect()
    };
    sources.iter().enumerate().flat_map(of).collect()
}

/// The heading that a line stands under, with its signs; nothing where there is none.
pub fn section_of<'a>(passage: &Passage, sources: &'a [Source]) -> &'a str {
    let source = passage.n.checked_sub(1).and_then(|i| sources.get(i));
    let heads = source.into_iter().flat_map(|source| source.text.lines().take(passage.line + 1));
    heads.filter(|line| line.starts_with('#')).last().unwrap_or_default()
}

/// The lines of `sources` that bear most on `query`, in reading order, within `budget` characters.
///
/// A line counts for the query's terms that it holds, rare ones more (BM25's idf), and for those in
/// its page's title, less. Lines that are written to a model are left out. `k1` is left out: lines are short and do not repeat themselves.
pub fn select(sources: &[Source], query: &str, budget: usize) -> Vec<Passage> {
    let wanted: HashSet<String> = terms(query).into_iter().collect();
    let mut lines = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        let title: HashSet<String> = terms(&source.title).into_iter().collect();
        let of_title: HashSet<String> = title.intersection(&wanted).cloned().collect();
        let (mut heading, mut around) = (String::new(), of_title.clone());
        for (line, text) in source.text.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || is_addressed(text) {
                continue;
            }
            if text.starts_with('#') {
                heading = clip(text.trim_start_matches('#').trim(), LONGEST);
                around.clone_from(&of_title);
                around.extend(terms(&heading).into_iter().filter(|term| wanted.contains(term)));
                continue;
            }
            let words: HashSet<String> = terms(text).into_iter().collect();
            let shown = if text.chars().count() < 60 && !heading.is_empty() && !text.contains(heading.as_str()) {
                format!("{heading}: {text}")
            } else {
                text.to_owned()
            };
            lines.push((Passage { n: i + 1, line, text: clip(&shown, LONGEST) }, words, around.clone()));
        }
    }
    let mut frequency: HashMap<&str, usize> = HashMap::new();
    for (_, words, _) in &lines {
        for word in words.intersection(&wanted) {
            *frequency.entry(word).or_default() += 1;
        }
    }
    let total = lines.len() as f64;
    let idf = |word: &str| {
        let n = frequency.get(word).copied().unwrap_or(0) as f64;
        (1.0 + (total - n + 0.5) / (n + 0.5)).ln()
    };
    let mut scored: Vec<(f64, Passage)> = lines
        .iter()
        .map(|(passage, words, around)| {
            let own: f64 = words.intersection(&wanted).map(|w| idf(w)).sum();
            let context: f64 = around.intersection(&wanted).filter(|w| !words.contains(*w)).map(|w| idf(w)).sum();
            // A line with figures is what most questions are after, if it is about the matter at all.
            let figures = if passage.text.contains(|c: char| c.is_ascii_digit()) { 1.3 } else { 1.0 };
            ((own + 0.4 * context) * figures, passage.clone())
        })
        .filter(|(score, _)| *score > 0.0)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut chosen: Vec<Passage> = Vec::new();
    let mut used = 0;
    for (_, passage) in scored {
        let length = passage.text.chars().count();
        let repeats = chosen.iter().any(|c| c.text == passage.text);
        if used + length <= budget && !repeats {
            used += length;
            chosen.push(passage);
        }
    }
    chosen.sort_by_key(|p| (p.n, p.line));
    chosen
}

/// Whether two words are of one stem: `Fördermenge` and `gefördert`, `visitors` and `visited`.
pub fn is_akin(word: &str, other: &str) -> bool {
    /// Letters that such words have in common at least.
    const STEM: usize = 5;
    if word.chars().any(is_cjk) {
        let all: Vec<char> = word.chars().collect();
        return all.windows(2).any(|pair| other.contains(&pair.iter().collect::<String>()));
    }
    let bare =
        |word: &str| word.strip_prefix("ge").filter(|rest| rest.chars().count() > STEM).unwrap_or(word).to_owned();
    let (word, other) = (bare(word), bare(other));
    let common = word.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    word == other && word.chars().count() > 2
        || terms(&word) == terms(&other) && !terms(&word).is_empty()
        || common >= STEM
}

/// The pages with those left empty that are about something else: where a name of the question
/// stands in some page's title, pages without one in their title only mention it.
pub fn about(sources: &[Source], question: &str) -> Vec<Source> {
    let names = names(question);
    let titled = |source: &Source| {
        let title = source.title.to_lowercase();
        names.iter().any(|name| title.contains(name.as_str()))
    };
    let any = sources.iter().any(titled);
    let kept = |source: &Source| match any && !titled(source) {
        true => Source { text: String::new(), ..source.clone() },
        false => source.clone(),
    };
    sources.iter().map(kept).collect()
}

/// The names in a question, in lower case: words with a capital in a row. The first word has one in
/// any case, so a row that begins with it may be a name with it or without.
fn names(question: &str) -> Vec<String> {
    let words: Vec<&str> =
        question.split(|c: char| c.is_whitespace() || is_cjk(c) || "\"“”'’,.;:?!()".contains(c)).collect();
    let rows = words.chunk_by(|a, b| starts_big(a) && starts_big(b)).filter(|row| starts_big(row[0]));
    let mut names: Vec<String> =
        rows.clone().skip(usize::from(starts_big(words[0]))).map(|row| row.join(" ")).collect();
    if let Some(first) = rows.into_iter().next().filter(|row| starts_big(words[0]) && row.len() > 1) {
        names.extend([first.join(" "), first[1..].join(" ")]);
    }
    names.retain(|name| name.chars().count() > 2);
    names.iter().map(|name| name.to_lowercase()).collect()
}

fn starts_big(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Whether a word is one for people who live somewhere.
pub fn is_of_people(word: &str) -> bool {
    ["population", "inhabitant", "people", "resident", "einwohner", "bevölkerung"].contains(&word)
}

/// Whether a value stands in a text as whole words.
pub fn stands_in(text: &str, value: &str) -> bool {
    let part = |c: char| c.is_alphanumeric();
    let whole = |at: usize| !text[..at].ends_with(part) && !text[at + value.len()..].starts_with(part);
    text.match_indices(value).any(|(at, _)| whole(at))
}

/// The first `limit` characters.
pub fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// Passages as a model reads them: under the number and title of their page.
pub fn show(passages: &[Passage], sources: &[Source]) -> String {
    let mut out = String::new();
    let mut last = 0;
    for passage in passages {
        if passage.n != last {
            last = passage.n;
            let title = sources.get(passage.n - 1).map_or("", |s| s.title.as_str());
            out.push_str(&format!("[{}] {}\n", passage.n, clip(title, 90)));
        }
        out.push_str(&format!("- {}\n", passage.text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(title: &str, text: &str) -> Source {
        Source { url: format!("http://x/{title}"), title: title.into(), text: text.into() }
    }

    #[test]
    fn the_bearing_line_wins_and_short_rows_keep_their_heading() {
        let sources = [
            source("Harbour", "# Depth\n14 m\n# History\nThe harbour was begun in 1871 by nobody in particular."),
            source("Cooking", "Boil the water."),
        ];
        let got = select(&sources, "How deep is the harbour (depth)?", 40);
        assert_eq!(got.len(), 1, "{got:?}");
        assert_eq!(got[0].text, "Depth: 14 m");
        assert_eq!(show(&got, &sources), "[1] Harbour\n- Depth: 14 m\n");
    }

    #[test]
    fn pages_about_another_name_are_left_out() {
        let sources = [
            source("Acme Rail opens a line", "It cost 5."),
            source("Other Rail opens a line", "Unlike Acme Rail's it cost 7."),
        ];
        let texts = |question: &str| about(&sources, question).into_iter().map(|s| s.text).collect::<Vec<_>>();
        assert_eq!(texts("What did Acme Rail's line cost?"), ["It cost 5.", ""]);
        assert_eq!(names("Acme Rail的线路花了多少钱？"), ["acme rail", "rail"]);
        assert_eq!(names("Who led Scale AI's Series B?"), ["scale ai", "series b"]);
        assert_eq!(texts("How do Acme and Other compare?")[1], "Unlike Acme Rail's it cost 7.");
        assert_eq!(texts("What did Zebra cost?")[0], "It cost 5.");
    }

    #[test]
    fn nothing_bears_on_it() {
        assert!(select(&[source("a", "b c d")], "zebra", 100).is_empty());
    }
}
