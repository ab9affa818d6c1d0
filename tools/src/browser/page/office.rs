//! Documents of word processors and electronic books, which a process of its own takes apart.

use super::block::{Block, Document};
use super::html;
use super::table::PageTable;
use polymath_reader::{Contents, Format, Part, Prose, Reader};

/// Reads a DOCX or an EPUB.
///
/// # Errors
/// Why it can't be read, in words.
pub fn read(format: Format, body: &[u8]) -> Result<Document, String> {
    match Reader::locate().read(format, body).map_err(|e| e.to_string())? {
        Contents::Prose(prose) => Ok(document(prose)),
        _ => Err("its reader found something else in it".into()),
    }
}

fn document(prose: Prose) -> Document {
    let mut blocks = Vec::new();
    for part in prose.parts {
        match part {
            Part::Heading(level, text) => blocks.push(Block::Heading(usize::from(level), text)),
            Part::Paragraph(text) => blocks.push(Block::Paragraph(text)),
            Part::Item(text) => blocks.push(Block::Item("-".into(), text)),
            Part::Table(rows) => match PageTable::written(&rows) {
                Some(table) => blocks.push(Block::Table(table)),
                None => blocks.extend(rows.into_iter().map(|row| Block::Paragraph(row.join(" | ")))),
            },
            Part::Html(page) => blocks.extend(html::read(&page).blocks),
        }
    }
    Document { title: prose.title, blocks, ..Document::default() }
}
