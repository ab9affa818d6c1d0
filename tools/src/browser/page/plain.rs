//! Text, Markdown and JSON: hardly more than cutting into lines.

use super::block::{Block, Document};
use super::table::PageTable;

/// Paragraphs end at empty lines; hard-wrapped ones are joined again.
pub fn text(text: &str) -> Document {
    let blocks = unwrap(text, false).into_iter().map(Block::Paragraph).collect();
    Document { blocks, ..Document::default() }
}

/// Markdown keeps its own marks, which are close to those of every other page; headings are known.
pub fn markdown(text: &str) -> Document {
    let mut document = Document::default();
    let mut fenced = false;
    let lines: Vec<&str> = text.lines().collect();
    let mut next = 0;
    while let Some(line) = lines.get(next) {
        let trimmed = line.trim();
        // A row of names with a rule under it begins a table.
        let rows: Vec<Vec<String>> = match fenced {
            true => Vec::new(),
            false => lines[next..].iter().map_while(|line| row(line.trim())).collect(),
        };
        if rows.len() > 1 && is_rule(lines[next + 1].trim()) {
            let written: Vec<Vec<String>> = rows.iter().take(1).chain(&rows[2..]).cloned().collect();
            if let Some(table) = PageTable::written(&written) {
                document.blocks.push(Block::Table(table));
                next += rows.len();
                continue;
            }
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

pub fn json(text: &str) -> Document {
    let value = serde_json::from_str::<serde_json::Value>(text);
    let pretty = value.ok().and_then(|v| serde_json::to_string_pretty(&v).ok());
    let lines = pretty.as_deref().unwrap_or(text).lines().filter(|l| !l.trim().is_empty());
    Document { blocks: lines.map(|l| Block::Verbatim(l.to_owned())).collect(), ..Document::default() }
}

/// Lines shorter than this (characters) end where their author wanted them to.
const WRAPPED: usize = 50;

/// Joins lines that were broken for the width of a page: long ones that end in mid-sentence before
/// one that goes on in lower case. `across`: even where there is an empty line between them, which
/// in PDF files is but a wide line spacing.
pub fn unwrap(text: &str, across: bool) -> Vec<String> {
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
            Some(last) if open && (lower || last.ends_with(',')) => {
                if lower && last.ends_with('-') {
                    last.pop(); // a word that was hyphenated
                } else {
                    last.push(' ');
                }
                last.push_str(&line);
            }
            _ => lines.push(line.clone()),
        }
        open = line.chars().count() >= WRAPPED && !line.ends_with(['.', '!', '?', ':', '。']);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_wrapped_text_is_joined_and_tables_are_not() {
        let text =
            "The company was founded in 2016 and raised its first\nround in 2017.\n\nRound  Amount\nA      $4.5M\n";
        assert_eq!(
            unwrap(text, false),
            ["The company was founded in 2016 and raised its first round in 2017.", "Round Amount", "A $4.5M"]
        );
    }

    #[test]
    fn empty_lines_count_where_they_mean_something() {
        let text = "Series C was led by Founders Fund and announced at a con-\n\nference in May, at a valuation of one billion\n\nOutlook";
        let joined =
            "Series C was led by Founders Fund and announced at a conference in May, at a valuation of one billion";
        assert_eq!(unwrap(text, true), [joined, "Outlook"]);
        assert_eq!(unwrap(text, false).len(), 3);
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

    #[test]
    fn json_is_laid_out() {
        assert_eq!(json(r#"{"a":1}"#).blocks.len(), 3);
        assert_eq!(json("{broken").blocks, [Block::Verbatim("{broken".into())]);
    }
}
