//! Checks an answer against what was found: citations point to opened pages, and every figure and
//! date is looked up in the evidence. What stands nowhere is marked, not hidden.

use crate::dispatch::Outcome;
use crate::evidence::terms;
use crate::notebook::Chat;
use polymath_chat::{Cell, Citation, Figure, FigureStatus, Provenance, Role, Source, Table};
use polymath_quantity::{Figure as Spotted, figures, same};
use regex::Regex;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

/// Rows of a table whose figures a wrong one is compared with, to tell the nearest true one.
const ROWS: usize = 20_000;

/// An answer with its sources, and what is known of its figures.
#[derive(Debug, Clone, Default)]
pub struct Grounded {
    pub text: String,
    pub citations: Vec<Citation>,
    pub figures: Vec<Figure>,
}

static MARKER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\[(\d{1,3})\]").ok());

/// Grounds `text` in the conversation's pages, this turn's results and its tables.
pub(crate) fn ground(text: &str, question: &str, chat: &Chat, outcomes: &[Outcome], tables: &[Table]) -> Grounded {
    let text = drop_unknown_markers(text, chat.sources.len());
    let evidence = Evidence::new(question, chat, outcomes, tables);
    let found = spotted(&without_markers(&text));
    let judged = found.iter().map(|f| evidence.judge(f)).collect();
    let mut citations: Vec<Citation> =
        cited(&text).into_iter().filter_map(|n| citation(n, &text, &chat.sources)).collect();
    let marked: HashSet<String> =
        text.lines().filter(|l| !cited(l).is_empty()).flat_map(figures).map(|f| f.text).collect();
    for figure in found.iter().filter(|f| !marked.contains(&f.text)) {
        // A value of a table is cited where its cell comes from, though the answer does not say so.
        let Some((n, quote)) = evidence.page_of_cell(figure) else { continue };
        if citations.iter().all(|c| c.n != n) {
            let Source { url, title, .. } = chat.sources[n - 1].clone();
            citations.push(Citation { n, url, title, quote, page: None });
        }
    }
    citations.sort_by_key(|c| c.n);
    for citation in &mut citations {
        citation.page = chat.page_of(&citation.url).map(|retrieval| retrieval.page.clone());
    }
    Grounded { text, citations, figures: judged }
}

/// A text without its citation markers, which are no figures.
pub(crate) fn without_markers(text: &str) -> String {
    MARKER.as_ref().map_or(text.to_owned(), |m| m.replace_all(text, " ").into_owned())
}

/// The figures of a text that are to be checked, each once.
pub(crate) fn spotted(bare: &str) -> Vec<Spotted> {
    let mut seen = HashSet::new();
    figures(bare).into_iter().filter(|f| seen.insert(f.text.clone()) && !is_ordinal(bare, f)).collect()
}

/// The numbers that `text` cites.
fn cited(text: &str) -> BTreeSet<usize> {
    let Some(marker) = MARKER.as_ref() else { return BTreeSet::new() };
    marker.captures_iter(text).filter_map(|c| c[1].parse().ok()).collect()
}

fn drop_unknown_markers(text: &str, sources: usize) -> String {
    let Some(marker) = MARKER.as_ref() else { return text.to_owned() };
    let kept = marker.replace_all(text, |c: &regex::Captures<'_>| match c[1].parse::<usize>() {
        Ok(n) if (1..=sources).contains(&n) => c[0].to_owned(),
        _ => String::new(),
    });
    kept.into_owned()
}

/// Whether a number only counts off a list (`1.` at the start of a line).
fn is_ordinal(text: &str, figure: &Spotted) -> bool {
    let mut before = text[..figure.at.start].chars().rev().take_while(|c| *c != '\n');
    before.all(char::is_whitespace) && text[figure.at.end..].starts_with(['.', ')'])
}

fn citation(n: usize, text: &str, sources: &[Source]) -> Option<Citation> {
    let source = sources.get(n.checked_sub(1)?)?;
    let marker = format!("[{n}]");
    let wanted: HashSet<String> =
        text.lines().filter(|l| l.contains(&marker)).flat_map(|l| terms(&l.replace(&marker, ""))).collect();
    let quote = source
        .text
        .lines()
        .map(|line| (terms(line).into_iter().collect::<HashSet<_>>().intersection(&wanted).count(), line.trim()))
        .filter(|(score, _)| *score > 1)
        // The first of the best, not the last.
        .rev()
        .max_by_key(|(score, _)| *score)
        .map(|(_, line)| line.to_owned());
    let (url, title) = (source.url.clone(), source.title.clone());
    Some(Citation { n, url, title, quote: quote.unwrap_or_default(), page: None })
}

/// The lines of a page that have figures, with these.
type FigureLines<'a> = Vec<(&'a str, Vec<Spotted>)>;

/// What figures are looked up in.
pub(crate) struct Evidence<'a> {
    /// Figures that the user gave, in this question and the ones before.
    given: Vec<Spotted>,
    /// Read once, when the first figure is looked for in them.
    pages: OnceCell<Vec<FigureLines<'a>>>,
    chat: &'a Chat,
    outcomes: &'a [Outcome],
    tables: &'a [Table],
}

impl<'a> Evidence<'a> {
    pub fn new(question: &str, chat: &'a Chat, outcomes: &'a [Outcome], tables: &'a [Table]) -> Self {
        let asked = chat.messages.iter().filter(|m| m.role == Role::User).map(|m| m.content.as_str());
        let given = asked.chain([question]).flat_map(figures).collect();
        Evidence { given, chat, outcomes, tables, pages: OnceCell::new() }
    }

    pub fn judge(&self, figure: &Spotted) -> Figure {
        let (status, evidence) = self.look_up(figure).unwrap_or((FigureStatus::Unverified, String::new()));
        Figure { text: figure.text.clone(), status, evidence }
    }

    fn look_up(&self, figure: &Spotted) -> Option<(FigureStatus, String)> {
        // What a value was found for or worked out as comes first, then what has it on some page.
        let in_facts =
            self.chat.facts.iter().rev().filter(|f| figures(&f.text).iter().any(|known| same(figure, known)));
        if let Some(found) = in_facts.filter_map(|f| status_of(&f.provenance)).next() {
            return Some(found);
        }
        let in_table = self.cells(figure).find_map(|cell| status_of(&cell.provenance));
        in_table.or_else(|| self.in_pages(figure)).or_else(|| self.in_results(figure)).or_else(|| {
            let given = self.given.iter().any(|q| same(figure, q));
            given.then(|| (FigureStatus::Given, "the question".to_owned()))
        })
    }

    /// The cells that say so, those of this turn's tables first.
    fn cells(&self, figure: &Spotted) -> impl Iterator<Item = &'a Cell> {
        let tables = self.tables.iter().chain(&self.chat.tables);
        tables.flat_map(|t| t.rows.iter().flatten()).filter(move |cell| cell_says(cell, figure))
    }

    /// The number of the page that the first cell that says so comes from, and what stands there.
    fn page_of_cell(&self, figure: &Spotted) -> Option<(usize, String)> {
        let Provenance::Sourced { url, quote, .. } = &*self.cells(figure).next()?.provenance else { return None };
        Some((self.chat.number_of(url)?, quote.clone()))
    }

    /// Everything that is known, line by line with its figures: where it is from, the line.
    pub fn known(&self) -> Vec<(String, String, Vec<Spotted>)> {
        let pages = self.pages().iter().enumerate().flat_map(|(i, lines)| {
            lines.iter().map(move |(line, found)| (format!("[{}]", i + 1), (*line).to_owned(), found.clone()))
        });
        let rows = self.chat.tables.iter().enumerate().flat_map(|(i, t)| {
            t.rows.iter().take(ROWS).map(move |row| (i, row.iter().map(Cell::display).collect::<Vec<_>>().join(" | ")))
        });
        let results = self.results().flat_map(|outcome| {
            let lines: Vec<String> = outcome.content().lines().map(str::to_owned).collect();
            lines.into_iter().map(|line| (outcome.call.name.clone(), line))
        });
        let others = rows.map(|(i, row)| (format!("t{}", i + 1), row)).chain(results);
        pages
            .chain(others.map(|(place, line)| {
                let found = figures(&line);
                (place, line, found)
            }))
            .collect()
    }

    fn pages(&self) -> &[FigureLines<'a>] {
        let read = |source: &'a Source| -> FigureLines<'a> {
            let lines = source.text.lines().filter(|line| line.contains(|c: char| c.is_numeric()));
            lines.map(|line| (line, figures(line))).filter(|(_, found)| !found.is_empty()).collect()
        };
        self.pages.get_or_init(|| self.chat.sources.iter().map(read).collect())
    }

    /// Results of this turn that went well and are no pages.
    fn results(&self) -> impl Iterator<Item = &'a Outcome> {
        self.outcomes.iter().filter(|o| o.result.is_ok() && !o.call.name.starts_with("browser_"))
    }

    fn in_pages(&self, figure: &Spotted) -> Option<(FigureStatus, String)> {
        self.pages().iter().enumerate().find_map(|(i, lines)| {
            let (line, _) = lines.iter().find(|(_, found)| found.iter().any(|f| same(figure, f)))?;
            Some((FigureStatus::Sourced, format!("[{}] {}", i + 1, crate::evidence::clip(line.trim(), 200))))
        })
    }

    fn in_results(&self, figure: &Spotted) -> Option<(FigureStatus, String)> {
        self.results().find_map(|outcome| {
            let content = outcome.content();
            // "It fell by 75%" tells a result of -75%.
            let told =
                |f: &Spotted| same(figure, f) || same(figure, &Spotted { number: f.number.map(f64::abs), ..f.clone() });
            let line = content.lines().find(|line| figures(line).iter().any(told))?;
            Some((
                FigureStatus::Computed,
                format!("{}: {}", outcome.call.name, crate::evidence::clip(line.trim(), 200)),
            ))
        })
    }
}

fn cell_says(cell: &Cell, figure: &Spotted) -> bool {
    let text = cell.text.as_deref().filter(|text| !text.is_empty());
    text.is_some_and(|text| same(figure, &Spotted::of(text, cell.number, cell.date.as_deref())))
}

fn status_of(provenance: &Provenance) -> Option<(FigureStatus, String)> {
    match provenance {
        Provenance::Sourced { url, quote, .. } => Some((FigureStatus::Sourced, format!("{url}: {quote}"))),
        Provenance::Computed { how } => Some((FigureStatus::Computed, how.clone())),
        Provenance::Imputed { how } => Some((FigureStatus::Imputed, how.clone())),
        Provenance::Extrapolated { how } => Some((FigureStatus::Extrapolated, how.clone())),
        Provenance::Given => Some((FigureStatus::Given, "the user".to_owned())),
        Provenance::Unverified | Provenance::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Retrieval, ToolCall, ToolOutput};

    #[test]
    fn figures_are_judged_and_markers_checked() {
        let mut chat = Chat::new("t");
        chat.sources.push(Source {
            url: "http://a".into(),
            title: "Harbours".into(),
            text: "Tides\nThe harbour of Sund is 14.2 m deep since 1871.".into(),
        });
        let mut cited = |page: &str| {
            let retrieval = Retrieval { url: "http://a".into(), page: page.into(), ..Retrieval::default() };
            chat.learn(&ToolOutput { retrieved: vec![retrieval], ..ToolOutput::default() });
            ground("It is deep [1].", "How deep is Sund?", &chat, &[], &[]).citations[0].page.clone()
        };
        // That which the text was read off: the one opened last.
        let pages = ["sha256:aa", "sha256:bb", "sha256:bb", "sha256:aa"];
        pages.iter().for_each(|page| assert_eq!(cited(page).as_deref(), Some(*page)));
        assert_eq!(chat.retrieved.len(), 3, "one that came as it was is no other");
        chat.retrieved.clear();
        let call = ToolCall { id: "1".into(), name: "calculator".into(), arguments: serde_json::json!({}) };
        let outcomes = [Outcome { call, result: Ok(ToolOutput::text("28.4")) }];
        let text = "The harbour of Sund is 14.2 m deep [1][7]; two of them are 28.4 m, not 99.5 m. You said 3 boats.";
        let got = ground(text, "With 3 boats, how deep is Sund?", &chat, &outcomes, &[]);
        assert!(!got.text.contains("[7]"), "{}", got.text);
        assert_eq!((got.citations.len(), &got.citations[0].page), (1, &None));
        assert!(got.citations[0].quote.contains("14.2 m"), "{:?}", got.citations);
        let status: Vec<(&str, FigureStatus)> = got.figures.iter().map(|f| (f.text.as_str(), f.status)).collect();
        use FigureStatus::*;
        assert_eq!(status, [("14.2", Sourced), ("28.4", Computed), ("99.5", Unverified), ("3", Given)]);
    }

    /// Answers and pages are read in time in proportion to their length.
    #[test]
    #[ignore = "compares processor times, which a busy machine makes unsteady: `just growth`"]
    fn work_is_in_proportion_to_the_text() {
        let pieces: Vec<&str> = polymath_growth::PIECES
            .iter()
            .chain(&["[1] ", "1 1 ", "| 1 | 2 |\n", "|---|---|\n", "1. ", "Ignore "])
            .copied()
            .collect();
        polymath_growth::check(&pieces, |text| {
            let source = Source { url: "http://h/".into(), title: "million words".into(), text: text.into() };
            let chat = Chat { sources: vec![source], ..Chat::new("s") };
            ground("About 5 words [1].", "How many million words of 2021?", &chat, &[], &[]);
            let grounded = ground(text, "q", &Chat::new("s"), &[], &[]);
            crate::notebook::tables_of(&grounded.text, &grounded.figures, &[]);
            crate::evidence::select(&chat.sources, "million words of 2021", 1800);
            crate::evidence::marked(text);
        });
    }
}
