//! Data as pages: CSV as a table, JSON as a table where it is a list of records, and feeds by their entries.

use super::block::{Block, Document};
use super::html;
use super::table::{PageTable, WIDEST};
use crate::load;
use serde_json::Value;

/// A list of fewer records is no table.
const FEW: usize = 2;

/// Text with separators between its cells.
pub fn csv(text: &str) -> Option<Document> {
    document(load::table_in(text, "page.csv")?)
}

/// A workbook.
///
/// # Errors
/// Why it can't be read, in words.
pub fn workbook(body: &[u8]) -> Result<Document, String> {
    let table = load::table_of_book(body, "page.xlsx").and_then(document);
    table.ok_or_else(|| "no sheet in it holds a table of moderate size".to_owned())
}

fn document(table: polymath_chat::Table) -> Option<Document> {
    let text = |cell: polymath_chat::Cell| cell.text.unwrap_or_default().into();
    let cells = |row: Vec<polymath_chat::Cell>| row.into_iter().map(text).collect();
    let rows: Vec<Vec<String>> = [table.columns].into_iter().chain(table.rows.into_iter().map(cells)).collect();
    let table = PageTable::written(&rows)?;
    Some(Document { blocks: vec![Block::Table(table)], ..Document::default() })
}

/// JSON laid out, or JSON lines; lists of records in it as tables.
pub fn json(text: &str) -> Document {
    let value = serde_json::from_str::<Value>(text).ok().or_else(|| lines(text));
    let Some(value) = value else { return Document { blocks: laid_out(text), ..Document::default() } };
    let mut blocks = Vec::new();
    match records(&value) {
        Some(table) => blocks.push(Block::Table(table)),
        None => walk(&value, &mut blocks),
    }
    Document { blocks, ..Document::default() }
}

/// One value a line, more than one of them.
fn lines(text: &str) -> Option<Value> {
    let values: Option<Vec<Value>> =
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).ok()).collect();
    values.filter(|values| values.len() > 1).map(Value::Array)
}

/// The parts of an object, its lists of records as tables under their names.
fn walk(value: &Value, blocks: &mut Vec<Block>) {
    let Some(object) = value.as_object().filter(|object| object.values().any(is_table)) else {
        return blocks.extend(laid_out(&serde_json::to_string_pretty(value).unwrap_or_default()));
    };
    let (lists, rest): (Vec<_>, Vec<_>) = object.iter().partition(|(_, member)| is_table(member));
    if !rest.is_empty() {
        let rest: serde_json::Map<String, Value> = rest.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        blocks.extend(laid_out(&serde_json::to_string_pretty(&rest).unwrap_or_default()));
    }
    for (name, list) in lists {
        blocks.push(Block::Heading(2, name.clone()));
        blocks.extend(records(list).map(Block::Table));
    }
}

fn laid_out(text: &str) -> Vec<Block> {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| Block::Verbatim(line.to_owned())).collect()
}

fn is_table(value: &Value) -> bool {
    records(value).is_some()
}

/// A list of objects of plain values.
fn records(value: &Value) -> Option<PageTable> {
    let rows = value.as_array().filter(|rows| rows.len() >= FEW)?;
    let mut columns: Vec<String> = Vec::new();
    for row in rows {
        for (name, cell) in row.as_object()? {
            if cell.is_object() || cell.is_array() {
                return None;
            }
            if !columns.contains(name) {
                columns.push(name.clone());
            }
            if columns.len() > WIDEST {
                return None;
            }
        }
    }
    let text = |cell: Option<&Value>| match cell {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    };
    let cells = |row: &Value| columns.iter().map(|name| text(row.get(name))).collect();
    let written: Vec<Vec<String>> = [columns.clone()].into_iter().chain(rows.iter().map(cells)).collect();
    PageTable::written(&written)
}

/// RSS, Atom or JSON Feed: each entry with its time, its address and what it says.
pub fn feed(body: &[u8]) -> Option<Document> {
    let feed = feed_rs::parser::parse(body).ok()?;
    let plain = |text: String| html::read(&text).blocks;
    let line = |blocks: Vec<Block>| match blocks.into_iter().next() {
        Some(Block::Paragraph(text) | Block::Heading(_, text)) => Some(text),
        _ => None,
    };
    let title = feed.title.and_then(|title| line(plain(title.content)));
    let mut blocks: Vec<Block> = feed.description.into_iter().flat_map(|text| plain(text.content)).collect();
    for entry in feed.entries {
        let name = entry.title.and_then(|title| line(plain(title.content)));
        blocks.push(Block::Heading(2, name.unwrap_or_else(|| entry.id.clone())));
        let time = entry.published.or(entry.updated).map(|time| time.format("%Y-%m-%d").to_string());
        let authors = entry.authors.into_iter().filter_map(|author| author.name).filter(|name| !name.is_empty());
        let link = entry.links.into_iter().next().map(|link| link.href);
        let about: Vec<String> = time.into_iter().chain(authors).chain(link).collect();
        if !about.is_empty() {
            blocks.push(Block::Paragraph(about.join(" · ")));
        }
        let said = entry.content.and_then(|content| content.body).or(entry.summary.map(|summary| summary.content));
        blocks.extend(said.into_iter().flat_map(plain));
    }
    Some(Document { title, blocks, ..Document::default() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows(block: &Block) -> Vec<String> {
        let Block::Table(table) = block else { panic!("{block:?}") };
        [table.columns.join(" | ")].into_iter().chain(table.rows.iter().map(super::super::table::Row::text)).collect()
    }

    #[test]
    fn csv_is_a_table() {
        let document = csv("Year;Amount\n2020;1,5\n2021;\"2;5\"\n").unwrap();
        assert_eq!(rows(&document.blocks[0]), ["Year | Amount", "2020 | 1,5", "2021 | 2;5"]);
        assert!(csv("<html><p>no table").is_none());
    }

    #[test]
    fn lists_of_records_are_tables_and_the_rest_is_laid_out() {
        let flat = json(r#"[{"a": 1, "b": "x y"}, {"b": null, "c": true}]"#);
        assert_eq!(rows(&flat.blocks[0]), ["a | b | c", "1 | x y | ", " |  | true"]);
        let inside = json(r#"{"total": 2, "rows": [{"a": 1, "b": 2}, {"a": 3, "b": 4}], "deep": {"x": [1]}}"#);
        let text: Vec<&str> = inside
            .blocks
            .iter()
            .filter_map(|b| if let Block::Verbatim(t) = b { Some(t.trim()) } else { None })
            .collect();
        assert_eq!(text, ["{", "\"total\": 2,", "\"deep\": {", "\"x\": [", "1", "]", "}", "}"]);
        assert_eq!(rows(inside.blocks.last().unwrap()), ["a | b", "1 | 2", "3 | 4"]);
        let lines = json("{\"a\": 1, \"b\": 2}\n{\"a\": 3, \"b\": 4}\n");
        assert_eq!(rows(&lines.blocks[0]).len(), 3);
        assert_eq!(json(r#"{"a":1}"#).blocks.len(), 3);
        assert_eq!(json("{broken").blocks, [Block::Verbatim("{broken".into())]);
    }

    #[test]
    fn feeds_are_read_by_their_entries() {
        let rss = br#"<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>https://n.example/</link>
            <description>All of it</description><item><title>Bridge &amp; tunnel</title><link>https://n.example/1</link>
            <pubDate>Mon, 06 Sep 2021 00:01:00 +0000</pubDate><description>&lt;p&gt;It &lt;b&gt;opened&lt;/b&gt;.&lt;/p&gt;</description></item></channel></rss>"#;
        let document = feed(rss).unwrap();
        assert_eq!(document.title.as_deref(), Some("News"));
        let want = [
            Block::Paragraph("All of it".into()),
            Block::Heading(2, "Bridge & tunnel".into()),
            Block::Paragraph("2021-09-06 · https://n.example/1".into()),
            Block::Paragraph("It opened.".into()),
        ];
        assert_eq!(document.blocks, want);
        assert!(feed(b"<html></html>").is_none());
    }
}
