//! The text of PDF files, which a process of its own takes out of them, page by page under its number. Scanned pages
//! hold no text and are told; none is made up: there is no character recognition.

use super::block::{Block, Document};
use super::plain::{self, Spelling};
use super::table::{PageTable, Row};
use polymath_reader::{Contents, Format, Page, Piece, Reader};

/// # Errors
/// Why the file can't be read, in words.
pub fn read(body: &[u8]) -> Result<Document, String> {
    let contents = Reader::locate().read(Format::Pdf, body).map_err(|e| e.to_string())?;
    let Contents::Document(file) = contents else { return Err("its reader found a table in it".into()) };
    let spelling = Spelling::of(file.pages.iter().flatten().map(|page| page.text.as_str()));
    let mut blocks = Vec::new();
    let says = |page: &Option<Page>| page.as_ref().is_none_or(|page| !page.text.trim().is_empty());
    if !file.pages.iter().any(says) {
        return Ok(Document { title: file.title, ..Document::default() });
    }
    let several = file.pages.len() > 1;
    for (at, page) in file.pages.into_iter().enumerate() {
        let number = at + 1;
        if several && page.as_ref().is_some_and(|page| !page.text.trim().is_empty()) {
            blocks.push(Block::Heading(6, format!("Page {number}")));
        }
        match page {
            Some(Page { pieces: Some(pieces), .. }) => {
                blocks.extend(pieces.into_iter().map(|piece| match piece {
                    Piece::Lines(lines) => Block::Paragraph(spelling.joined(&lines)),
                    Piece::Table(rows) => Block::Table(table(rows)),
                }));
            }
            Some(page) if several && page.text.trim().is_empty() => {
                blocks.push(Block::Paragraph(format!("[page {number} holds no text: it is a picture, or empty]")));
            }
            Some(page) => blocks.extend(plain::unwrap(&page.text, true, &spelling).into_iter().map(Block::Paragraph)),
            None => blocks.push(Block::Paragraph(format!("[page {number} could not be read]"))),
        }
    }
    // no page's number is a title
    let first = blocks.iter().find_map(|block| match block {
        Block::Paragraph(text) => Some(text.clone()),
        _ => None,
    });
    Ok(Document { title: file.title.or(first), blocks, ..Document::default() })
}

/// Its rows, the first of them its head unless it has figures like the others.
fn table(mut rows: Vec<Vec<String>>) -> PageTable {
    let figure = |cell: &String| cell.chars().any(char::is_numeric);
    let year = |cell: &String| cell.parse().is_ok_and(|year: u32| (1500..2200).contains(&year));
    let headed = rows.first().is_some_and(|row| row[1..].iter().all(|cell| !figure(cell) || year(cell)));
    let head = if headed && rows.len() > 1 { rows.remove(0) } else { Vec::new() };
    let mut columns: Vec<String> = Vec::new();
    for (at, name) in head.into_iter().enumerate() {
        let name = if name.is_empty() || columns.contains(&name) { format!("Column {}", at + 1) } else { name };
        columns.push(name);
    }
    let rows = rows.into_iter().map(|cells| Row { cells, section: false }).collect();
    PageTable { caption: None, columns, rows }
}
