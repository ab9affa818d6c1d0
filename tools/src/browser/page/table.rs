//! HTML tables as grids of text: spans resolved, header rows found, layout tables told apart.

use super::text;
use dom_query::{NodeId, NodeRef};
use std::{collections::HashSet, rc::Rc};

/// A table that holds data.
#[derive(Debug, PartialEq)]
pub struct PageTable {
    pub caption: Option<String>,
    /// Unique names; none when the table has no header, and then its rows mean nothing by themselves.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Debug, PartialEq)]
pub struct Row {
    /// As many as the widest row has.
    pub cells: Vec<String>,
    /// One cell across all columns: a label for the rows below it.
    pub section: bool,
}

impl Row {
    /// As a line of the page.
    pub fn text(&self) -> String {
        if self.section { self.cells[0].clone() } else { self.cells.join(" | ") }
    }
}

impl PageTable {
    /// A table of rows that were written out, the first of them its header; `None` for one without rows or
    /// with fewer than two columns.
    pub fn written(rows: &[Vec<String>]) -> Option<PageTable> {
        let (head, body) = rows.split_first()?;
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        if !(2..=WIDEST).contains(&width) || body.is_empty() || width * rows.len() > MOST_CELLS {
            return None;
        }
        let padded =
            |row: &Vec<String>| (0..width).map(|i| row.get(i).cloned().unwrap_or_default()).collect::<Vec<_>>();
        let mut columns: Vec<String> = Vec::new();
        for name in padded(head) {
            let taken = columns.iter().filter(|c| **c == name || c.starts_with(&format!("{name} ("))).count();
            columns.push(if taken > 0 { format!("{name} ({})", taken + 1) } else { name });
        }
        let rows = body.iter().map(|row| Row { cells: padded(row), section: false }).collect();
        Some(PageTable { caption: None, columns, rows })
    }
}

/// Tables wider than this (columns), or with more cells, are shown as text only.
pub const WIDEST: usize = 30;
const MOST_CELLS: usize = 50_000;
/// A cell with more characters than this is a column of a page's layout.
const LONGEST_CELL: usize = 600;

#[derive(Clone)]
struct Slot {
    text: Rc<str>,
    head: bool,
    /// Number of the cell it belongs to: spanned slots share it.
    cell: usize,
}

struct Grid {
    rows: Vec<Vec<Slot>>,
    /// Leading rows that stand in a `<thead>`.
    thead: usize,
    width: usize,
}

/// The table at `node`; `None` for one that lays out a page. Nodes of `skip` are not read.
pub fn read(node: &NodeRef, skip: &HashSet<NodeId>) -> Option<PageTable> {
    let role = node.attr("role");
    if role.is_some_and(|r| matches!(&*r, "presentation" | "none")) {
        return None;
    }
    if node.descendants_it().any(|d| d.has_name("table")) {
        return None;
    }
    let mut caption = node.descendants_it().find(|d| d.has_name("caption")).map(|c| text::inline_text(&c, skip));
    let mut grid = grid(node, skip)?;
    while grid.rows.len() > 1 && grid.width > 1 && is_section(&grid.rows[0]) {
        let title = grid.rows[0][0].text.to_string(); // a title over the header
        if !title.is_empty() && caption.as_ref().is_some_and(|caption| !caption.is_empty() && *caption != title) {
            break; // a label of the rows below it, as infoboxes have
        }
        grid.rows.remove(0);
        grid.thead = grid.thead.saturating_sub(1);
        caption = caption.filter(|caption| !caption.is_empty()).or(Some(title));
    }
    if grid.width < 2
        || grid.rows.len() < 2
        || grid.rows.iter().flatten().any(|s| s.text.chars().count() > LONGEST_CELL)
    {
        return None;
    }
    let (columns, head) = header(&grid);
    let marked = grid.rows.iter().flatten().any(|s| s.head) || caption.is_some();
    if columns.is_empty() && !marked && !is_regular(&grid) {
        return None;
    }
    let rows = grid.rows[head..].iter().filter(|row| row.iter().any(|s| !s.text.is_empty()));
    let rows =
        rows.map(|row| Row { cells: row.iter().map(|s| s.text.to_string()).collect(), section: is_section(row) });
    Some(PageTable { caption: caption.filter(|c| !c.is_empty()), columns, rows: rows.collect() })
}

fn is_section(row: &[Slot]) -> bool {
    row.len() > 1 && row.iter().all(|s| s.cell == row[0].cell)
}

/// Without any header or caption, short cells in full rows still look like data.
fn is_regular(grid: &Grid) -> bool {
    let filled = grid.rows.iter().flatten().filter(|s| !s.text.is_empty() && s.text.chars().count() <= 100).count();
    filled * 10 >= grid.rows.len() * grid.width * 7
}

fn grid(table: &NodeRef, skip: &HashSet<NodeId>) -> Option<Grid> {
    let mut rows: Vec<Vec<Slot>> = Vec::new();
    let mut hanging: Vec<Option<(usize, Slot)>> = Vec::new(); // by column: rows still covered from above
    let (mut thead, mut cell) = (0, 0);
    for tr in table.descendants_it().filter(|d| d.has_name("tr") && !skip.contains(&d.id)) {
        let mut row = Vec::new();
        let mut take_hanging = |row: &mut Vec<Slot>| {
            while let Some(Some((left, slot))) = hanging.get_mut(row.len()).map(Option::take).filter(Option::is_some) {
                if left > 1 {
                    hanging[row.len()] = Some((left - 1, slot.clone()));
                }
                row.push(slot);
            }
        };
        let cells = tr.children_it(false).filter(|c| (c.has_name("td") || c.has_name("th")) && !skip.contains(&c.id));
        let mut below = Vec::new();
        for td in cells {
            take_hanging(&mut row);
            cell += 1;
            let slot = Slot { text: text::inline_text(&td, skip).into(), head: td.has_name("th"), cell };
            let rowspan = span(&td, "rowspan", 65_534);
            for _ in 0..span(&td, "colspan", WIDEST + 1) {
                if rowspan > 1 {
                    below.push((row.len(), (rowspan - 1, slot.clone())));
                }
                row.push(slot.clone());
            }
            if row.len() > WIDEST {
                return None;
            }
        }
        take_hanging(&mut row);
        for (column, slot) in below {
            if hanging.len() <= column {
                hanging.resize(column + 1, None);
            }
            hanging[column] = Some(slot);
        }
        if row.is_empty() {
            continue;
        }
        if thead == rows.len() && tr.parent().is_some_and(|p| p.has_name("thead")) {
            thead += 1;
        }
        rows.push(row);
        if rows.len() * WIDEST > MOST_CELLS {
            return None;
        }
    }
    let width = rows.iter().map(Vec::len).max()?;
    for row in &mut rows {
        row.resize_with(width, || {
            cell += 1;
            Slot { text: "".into(), head: false, cell }
        });
    }
    Some(Grid { rows, thead, width })
}

fn span(cell: &NodeRef, name: &str, most: usize) -> usize {
    cell.attr(name).and_then(|v| v.trim().parse::<usize>().ok()).unwrap_or(1).clamp(1, most)
}

/// The columns' names and how many rows they take up.
fn header(grid: &Grid) -> (Vec<String>, usize) {
    let all_heads = |row: &&Vec<Slot>| row.iter().all(|s| s.head || s.text.is_empty()) && !is_section(row);
    let heads = grid.rows.iter().take_while(all_heads).count();
    let mut rows = grid.thead.max(heads).min(grid.rows.len());
    if rows == grid.rows.len() {
        rows = 1; // a table of nothing but <th>: the first row names the columns
    }
    let names_down = || grid.rows.iter().all(|r| r[0].head || is_section(r)) || names_rows(grid);
    if rows == 0 && grid.width == 2 && names_down() {
        return (vec!["Field".into(), "Value".into()], 0); // names down the side, as in infoboxes
    }
    if rows == 0 && names_columns(grid) {
        rows = 1;
    }
    if rows == 0 {
        return (Vec::new(), 0);
    }
    let mut names: Vec<String> = Vec::new();
    for column in 0..grid.width {
        let mut parts: Vec<&str> = Vec::new();
        for slot in grid.rows[..rows].iter().map(|row| &row[column]) {
            if !slot.text.is_empty() && parts.last() != Some(&&*slot.text) {
                parts.push(&slot.text);
            }
        }
        let name = if parts.is_empty() { format!("Column {}", column + 1) } else { parts.join(" ") };
        let same = names.iter().filter(|n| **n == name).count();
        names.push(if same == 0 { name } else { format!("{name} ({})", same + 1) });
    }
    (names, rows)
}

/// Two columns without a head, words on the left, and on the right not figures alone: each row says what its
/// left cell names.
fn names_rows(grid: &Grid) -> bool {
    let rows = || grid.rows.iter().filter(|row| !is_section(row));
    let names: std::collections::HashSet<&str> = rows().map(|row| &*row[0].text).collect();
    let is_name = |s: &Slot| !s.text.is_empty() && s.text.chars().count() <= 40 && !has_value(s);
    let first_is_value = grid.rows.iter().find(|row| !is_section(row)).is_some_and(|row| has_value(&row[1]));
    let figures = rows().skip(1).filter(|row| has_value(&row[1])).count();
    let unlike_head = first_is_value || figures * 2 < rows().count().saturating_sub(1);
    let is_list =
        rows().count() > 1 && names.len() == rows().count() && rows().all(|row| is_name(&row[0]) && !row[1].head);
    is_list && unlike_head && !rows().any(|row| row[1].text.is_empty())
}

/// It is a number, an amount or a date.
fn has_value(slot: &Slot) -> bool {
    let read = polymath_quantity::read(&slot.text);
    read.number.is_some() || read.date.is_some()
}

/// A first row of words over rows with figures names the columns, whatever its cells are called.
fn names_columns(grid: &Grid) -> bool {
    let words = grid.rows[0].iter().all(|s| !s.text.is_empty() && !has_value(s) && s.text.chars().count() <= 60);
    words && !grid.rows[0].iter().any(|s| s.head) && grid.rows[1..].iter().flatten().any(has_value)
}
