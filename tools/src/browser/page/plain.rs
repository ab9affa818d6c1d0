//! Text and Markdown: hardly more than cutting into lines.

use super::block::{Block, Document};
use super::table::PageTable;
use std::collections::HashSet;

/// Paragraphs end at empty lines; hard-wrapped ones are joined again.
pub fn text(text: &str) -> Document {
    let spelling = Spelling::of([text].into_iter());
    let blocks = unwrap(text, false, &spelling).into_iter().map(Block::Paragraph).collect();
    Document { blocks, ..Document::default() }
}

/// Markdown keeps its own marks, which are close to those of every other page; headings are known.
pub fn markdown(text: &str) -> Document {
    let mut document = Document::default();
    let mut fenced = false;
    let lines: Vec<&str> = text.lines().collect();
    let (mut next, mut behind) = (0, 0);
    while let Some(line) = lines.get(next) {
        let trimmed = line.trim();
        // A row of names with a rule under it begins a table.
        let rule = lines.get(next + 1).map_or("", |line| line.trim());
        if !fenced && next >= behind && trimmed.starts_with('|') && rule.starts_with('|') && is_rule(rule) {
            let rows: Vec<Vec<String>> = lines[next..].iter().map_while(|line| row(line.trim())).collect();
            let written: Vec<Vec<String>> = rows.iter().take(1).chain(&rows[2..]).cloned().collect();
            if let Some(table) = PageTable::written(&written) {
                document.blocks.push(Block::Table(table));
                next += rows.len();
                continue;
            }
            behind = next + rows.len(); // rows of none are not looked at again
        }
        next += 1;
        let fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        fenced ^= fence;
        if trimmed.is_empty() || is_rule(trimmed) {
            continue;
        }
        let level = trimmed.chars().take_while(|c| *c == '#').count();
        let block = if fenced || fence {
            Block::Verbatim(line.trim_end().to_owned())
        } else if (1..=6).contains(&level) && trimmed[level..].starts_with(' ') {
            Block::Heading(level, trimmed[level..].trim().trim_end_matches('#').trim().to_owned())
        } else if let Some(cells) = row(trimmed) {
            Block::Paragraph(cells.join(" | "))
        } else if let Some(item) = trimmed.strip_prefix("- ").or(trimmed.strip_prefix("* ")) {
            Block::Item("-".into(), item.to_owned())
        } else {
            Block::Paragraph(trimmed.to_owned())
        };
        document.blocks.push(block);
    }
    document
}

/// The cells of `| a | b |`.
fn row(line: &str) -> Option<Vec<String>> {
    let cells = line.strip_prefix('|')?;
    Some(cells.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// `---`, `| --- | --- |`: drawn, not read.
fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.contains("--") && line.chars().all(|c| matches!(c, '-' | '|' | ':' | ' '))
}

/// Lines shorter than this (characters) end where their author wanted them to.
const WRAPPED: usize = 50;

/// Joins lines that were broken for the width of a page: long ones that end in mid-sentence before
/// one that goes on in lower case. `across`: even where there is an empty line between them, which
/// in PDF files is but a wide line spacing.
pub fn unwrap(text: &str, across: bool, spelling: &Spelling) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            open &= across;
            continue;
        }
        let lower = line.starts_with(char::is_lowercase);
        match lines.last_mut() {
            Some(last) if open && (lower || last.ends_with(',')) => spelling.join(last, &line),
            _ => lines.push(line.clone()),
        }
        open = line.chars().count() >= WRAPPED && !line.ends_with(['.', '!', '?', ':', '。']);
    }
    lines
}

/// How a text spells its words: whether one that is parted at the end of a line has a hyphen of its own.
#[derive(Default)]
pub struct Spelling(HashSet<String>);

impl Spelling {
    /// The words of a text, those with hyphens as wholes. What stands at the ends of lines says nothing.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let words = texts.flat_map(str::lines).flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '-'));
        Spelling(words.filter(|word| word.len() > 1 && !word.ends_with('-')).map(str::to_lowercase).collect())
    }

    /// Lines as one.
    pub fn joined(&self, lines: &[String]) -> String {
        let mut text = String::new();
        for line in lines {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.is_empty() { text = line } else { self.join(&mut text, &line) }
        }
        text
    }

    /// Adds the next line: to the half of a word that ends the last one, or behind a space.
    fn join(&self, text: &mut String, line: &str) {
        let parted = text.ends_with(['-', '\u{ad}']) && line.starts_with(char::is_lowercase);
        if parted && !(text.ends_with('-') && self.keeps_hyphen(text, line)) {
            text.pop();
        } else if !parted {
            text.push(' ');
        }
        text.push_str(line);
    }

    /// Whether it is spelled with a hyphen elsewhere, or is of two words of the text and no word itself:
    /// `long-` and `term`, unlike `mil-` and `lion`.
    fn keeps_hyphen(&self, text: &str, line: &str) -> bool {
        let first =
            text[..text.len() - 1].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
        let second = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
        let knows = |word: &str| self.0.contains(word);
        if knows(&format!("{first}{second}")) {
            return false;
        }
        let whole = |word: &str| word.chars().count() > 3 && knows(word);
        knows(&format!("{first}-{second}")) || (whole(&first) && whole(&second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_of_their_own_stay() {
        let check = |text: &str, want: &str| {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            assert_eq!(Spelling::of([text].into_iter()).joined(&lines), want);
        };
        check("about two mil-\nlion people", "about two million people");
        check("a long-term plan is a long-\nterm plan", "a long-term plan is a long-term plan");
        check("term by term, a long way to a long-\nterm plan", "term by term, a long way to a long-term plan");
        check("with care and without doubt, with-\nout end", "with care and without doubt, without end");
        check("the years 2020-\n2021", "the years 2020- 2021");
        check("soft\u{ad}\nly", "softly");
    }

    #[test]
    fn hard_wrapped_text_is_joined_and_tables_are_not() {
        let text =
            "The company was founded in 2016 and raised its first\nround in 2017.\n\nRound  Amount\nA      $4.5M\n";
        assert_eq!(
            unwrap(text, false, &Spelling::default()),
            ["The company was founded in 2016 and raised its first round in 2017.", "Round Amount", "A $4.5M"]
        );
    }

    #[test]
    fn empty_lines_count_where_they_mean_something() {
        let text = "Series C was led by Founders Fund and announced at a con-\n\nference in May, at a valuation of one billion\n\nOutlook";
        let joined =
            "Series C was led by Founders Fund and announced at a conference in May, at a valuation of one billion";
        assert_eq!(unwrap(text, true, &Spelling::default()), [joined, "Outlook"]);
        assert_eq!(unwrap(text, false, &Spelling::default()).len(), 3);
    }

    #[test]
    fn tables_of_markdown_are_tables() {
        let document =
            markdown("| Year | Drawn (million m³) | |\n|:--|--:|---|\n| 2020 | 18.4 |\n| 2021 | 17.9 | x |\n\ntext");
        let [Block::Table(table), Block::Paragraph(_)] = document.blocks.as_slice() else { panic!("{document:?}") };
        assert_eq!(table.columns, ["Year", "Drawn (million m³)", ""]);
        let rows: Vec<String> = table.rows.iter().map(|row| row.text()).collect();
        assert_eq!(rows, ["2020 | 18.4 | ", "2021 | 17.9 | x"]);
    }

    #[test]
    fn markdown_keeps_structure() {
        let document = markdown("# T #\n\ntext\n- one\n\n| a | b |\n| 1 | 2 |\n```\nx  y\n```\n");
        assert_eq!(
            document.blocks,
            [
                Block::Heading(1, "T".into()),
                Block::Paragraph("text".into()),
                Block::Item("-".into(), "one".into()),
                Block::Paragraph("a | b".into()),
                Block::Paragraph("1 | 2".into()),
                Block::Verbatim("```".into()),
                Block::Verbatim("x  y".into()),
                Block::Verbatim("```".into()),
            ]
        );
    }
}
