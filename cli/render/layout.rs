//! Markdown laid out for a terminal's width. Paragraphs, lists and code are `termimad`'s; tables are
//! laid out here, by the width that characters have: cells wrap, and where columns would be too
//! narrow to read, a row is a list of names and values.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};
use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;
use termimad::MadSkin;
use unicode_width::UnicodeWidthStr;

/// A column is readable that is as wide as its longest word, or this. A figure is never broken in two.
const READABLE: usize = 10;

/// A table of a Markdown text.
#[derive(Default)]
struct Grid {
    alignments: Vec<Alignment>,
    /// The first is the header.
    rows: Vec<Vec<String>>,
}

/// The text in lines of at most `width` columns.
pub fn lay_out(markdown: &str, width: usize, skin: &MadSkin) -> String {
    let mut out = String::new();
    let mut done = 0;
    let prose = |out: &mut String, text: &str| {
        if !text.trim().is_empty() {
            out.push_str(skin.text(text, Some(width)).to_string().trim_end());
            out.push('\n');
        }
    };
    for (range, grid) in grids(markdown) {
        let before = &markdown[done..range.start];
        prose(&mut out, before);
        if !before.trim().is_empty() {
            out.push('\n');
        }
        out.push_str(&grid.lay_out(width));
        done = range.end;
        if !markdown[done..].trim().is_empty() {
            out.push('\n');
        }
    }
    prose(&mut out, markdown[done..].trim_start_matches('\n'));
    out
}

/// The tables with their places.
fn grids(markdown: &str) -> Vec<(Range<usize>, Grid)> {
    let mut found = Vec::new();
    let mut grid = None::<Grid>;
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        match (event, &mut grid) {
            (Event::Start(Tag::Table(alignments)), _) => grid = Some(Grid { alignments, rows: Vec::new() }),
            (Event::End(TagEnd::Table), _) => found.extend(grid.take().map(|grid| (range, grid))),
            (Event::Start(Tag::TableHead | Tag::TableRow), Some(grid)) => grid.rows.push(Vec::new()),
            (Event::Start(Tag::TableCell), Some(grid)) => grid.row().push(String::new()),
            (Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text), Some(grid)) => {
                if let Some(cell) = grid.row().last_mut() {
                    cell.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

impl Grid {
    /// The last row; a parser gives no cell outside of one.
    fn row(&mut self) -> &mut Vec<String> {
        if self.rows.is_empty() {
            self.rows.push(Vec::new());
        }
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    fn lay_out(&self, width: usize) -> String {
        let needed = self.needed();
        // A border and two spaces a column, and the last border.
        let whole = needed.iter().map(|column| column + 3).sum::<usize>() + 1;
        if whole > width { self.records(width) } else { self.columns(width, &needed) }
    }

    /// What each column needs to be readable, without borders.
    fn needed(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let need = |word: &str| match word.contains(|c: char| c.is_ascii_digit()) {
            true => word.width(),
            false => word.width().min(READABLE),
        };
        let widest = |column: usize| {
            let words = self.rows.iter().filter_map(|row| row.get(column)).flat_map(|cell| cell.split_whitespace());
            words.map(need).max().unwrap_or(1)
        };
        (0..columns).map(widest).collect()
    }

    fn columns(&self, width: usize, needed: &[usize]) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX));
        let mut rows = self.rows.iter();
        if let Some(head) = rows.next() {
            table.set_header(head);
        }
        table.add_rows(rows);
        for ((column, alignment), needed) in table.column_iter_mut().zip(&self.alignments).zip(needed) {
            let least = u16::try_from(needed + 2).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            column.set_cell_alignment(match alignment {
                Alignment::Right => CellAlignment::Right,
                Alignment::Center => CellAlignment::Center,
                Alignment::Left | Alignment::None => CellAlignment::Left,
            });
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n") + "\n"
    }

    /// A row as a list: each of its values behind its column's name.
    fn records(&self, width: usize) -> String {
        let Some((head, rows)) = self.rows.split_first() else { return String::new() };
        let options = textwrap::Options::new(width).subsequent_indent("  ");
        let rule = "─".repeat(width.min(20));
        let mut out = format!("{rule}\n");
        for row in rows {
            for (name, value) in head.iter().zip(row) {
                for line in textwrap::wrap(&format!("{name}: {value}"), &options) {
                    out.push_str(line.trim_end());
                    out.push('\n');
                }
            }
            out.push_str(&rule);
            out.push('\n');
        }
        out
    }
}
