//! What pages say about a question, in their own words: why something is so, or what is known where no value answers.
//! It is quoted and not told in other words.
//!
//! The model copies the words, each piece under a word of its own for what it tells. Asked for the number of the line
//! instead, the same model (1.5B) took one that tells the answer for 2 of 36 questions, where it copied one for about
//! half of them.

use super::find::in_sentences;
use super::plan::Step;
use super::quote;
use super::speaking::speaking_of;
use super::state::{Guide, Outcome, Quote, piece_of};
use crate::evidence::{Passage, clip, passages, select};
use crate::lead::Turn;
use crate::prompts::NOTES;
use polymath_chat::{CompletionError, Constraint, Provenance, Source};
use std::fmt::Write;

/// Characters of the lines, and tokens of the notes.
const LINES: usize = 2600;
const LONGEST: usize = 160;
/// A sentence of so many characters is shown whole, of a longer one the piece that was noted.
const SENTENCE: usize = 240;
/// Stands between lines where pieces are cut from, so that none goes over two.
const BETWEEN: &str = " ¶ ";

impl Guide {
    /// Takes down what the opened pages say of what was not found or worked out. Whether they say anything.
    pub(super) async fn note(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<bool> {
        if std::mem::replace(&mut self.noted, true) || !looks_up(turn) {
            return Ok(false);
        }
        let lacks: Vec<&str> = self.results.iter().filter_map(Outcome::missing).collect();
        let asked = match lacks.as_slice() {
            [] => return Ok(false),
            [what] if self.results.len() > 1 => (*what).to_owned(),
            _ => turn.asked.clone(),
        };
        let notes = notes(turn, &asked).await?;
        // What is told already needs no noting.
        let facts = self.facts(turn.chat);
        let is_told = |quote: &Quote| {
            facts.iter().any(|fact| match &fact.provenance {
                Provenance::Sourced { quote: line, .. } => quote.line.contains(line.as_str()),
                _ => false,
            })
        };
        let notes = notes.into_iter().filter(|quote| !is_told(quote));
        self.results.extend(notes.map(Outcome::Noted));
        Ok(true)
    }
}

/// Whether the turn's plan looks something up: what a file was asked is on no page.
fn looks_up(turn: &Turn<'_>) -> bool {
    let plan = turn.chat.asked.last().and_then(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()).ok());
    let of_pages = |step: &Step| matches!(step, Step::Find { .. } | Step::Calc { .. } | Step::Collect { .. });
    plan.is_some_and(|plan| plan.iter().any(of_pages)) && !turn.chat.sources.is_empty()
}

/// What the opened pages say about a question.
pub async fn notes(turn: &mut Turn<'_>, asked: &str) -> anyhow::Result<Vec<Quote>> {
    let lines = lines(&turn.chat.sources, asked);
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let (mut prompt, mut page) = (String::new(), 0);
    for line in &lines {
        if line.n != page {
            page = line.n;
            let title = turn.chat.sources.get(page - 1).map_or("", |source| source.title.as_str());
            let _ = writeln!(prompt, "Page: {}", clip(title, 80));
        }
        let _ = writeln!(prompt, "- {}", line.text);
    }
    // Half a question ("and why was it so bad?") is understood with the other half.
    let whole = (quote::is_explained(asked) && !asked.contains(turn.asked.as_str()))
        .then(|| format!(" ({})", clip(&turn.asked, 200)));
    let _ = write!(prompt, "Question: {}{}", clip(asked, 400), whole.unwrap_or_default());
    let all: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let lark = format!(
        "start: \"none\" | note (\"\\n\" note){{0,3}}\nnote: ABOUT \": \\\"\" PIECE \"\\\"\"\nABOUT: /[^\":\\n]{{3,60}}/\nPIECE: {}\n",
        piece_of(&all.join(BETWEEN))
    );
    let text = match turn.complete(NOTES.ask(prompt, LONGEST).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => return Ok(Vec::new()),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("noted for {asked:?}: {text}");
    let mut quotes: Vec<Quote> = Vec::new();
    for (about, piece) in pieces(&text) {
        let line = lines.iter().find(|line| line.text.contains(piece)).filter(|_| !NOTES.leaks(about, asked));
        let Some(line) = line else { continue };
        let said = if line.text.chars().count() <= SENTENCE { line.text.as_str() } else { piece };
        if !quotes.iter().any(|known| known.page == line.n && known.line == said) {
            quotes.push(Quote { page: line.n, line: said.to_owned(), verdict: None });
        }
    }
    Ok(quotes)
}

/// The pages sentence by sentence; of long ones the lines that bear on the question.
fn lines(sources: &[Source], asked: &str) -> Vec<Passage> {
    let named = speaking_of(sources, asked);
    let sources = if named.iter().all(|source| source.text.is_empty()) { sources } else { named.as_slice() };
    let all = passages(sources);
    let short = all.iter().map(|line| line.text.chars().count()).sum::<usize>() <= LINES;
    let chosen = if short { all } else { select(sources, asked, LINES) };
    chosen.iter().flat_map(in_sentences).filter(|line| !line.text.is_empty()).collect()
}

/// The notes of a reply: what each tells, and the words of a page.
fn pieces(text: &str) -> Vec<(&str, &str)> {
    let note = |line| {
        let (about, piece): (&str, &str) = str::split_once(line, ": \"")?;
        let piece = piece.trim_end_matches('"').trim();
        (!piece.is_empty() && !piece.contains('¶')).then_some((about, piece))
    };
    text.lines().filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_note_by_note() {
        let text = "head of the mill: \"run by Ida Lund\"\nborn: \"(born in Varn)\"\nacross: \"one. ¶ Two\"";
        assert_eq!(pieces(text), [("head of the mill", "run by Ida Lund"), ("born", "(born in Varn)")]);
        assert_eq!(pieces("none"), []);
    }

    #[test]
    fn short_pages_are_shown_whole_and_of_long_ones_what_bears_on_the_question() {
        let page = |text: &str| Source { url: "u".into(), title: "Mill of Ardun".into(), text: text.into() };
        let shown = |text: &str| {
            let lines = lines(&[page(text)], "Who owns the mill of Ardun?");
            lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>().join(" / ")
        };
        assert_eq!(shown("# Mill\nIt is old. It belongs to Bo."), "It is old. / It belongs to Bo.");
        let long = format!("{}\nBo owns the mill.", "It turns. ".repeat(LINES / 8));
        assert!(shown(&long).contains("Bo owns the mill."), "{}", shown(&long));
    }
}
