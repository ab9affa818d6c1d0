//! The text of PDF files, which a process of its own takes out of them. Scanned pages hold no text, and
//! none is made up: there is no character recognition.

use super::block::{Block, Document};
use super::plain;
use polymath_reader::{Contents, Format, Reader};

/// # Errors
/// Why the file can't be read, in words.
pub fn read(body: &[u8]) -> Result<Document, String> {
    let contents = Reader::locate().read(Format::Pdf, body).map_err(|e| e.to_string())?;
    let Contents::Document(file) = contents else { return Err("its reader found a table in it".into()) };
    let mut blocks = Vec::new();
    for (at, page) in file.pages.into_iter().enumerate() {
        match page {
            Some(text) => blocks.extend(plain::unwrap(&text, true).into_iter().map(Block::Paragraph)),
            None => blocks.push(Block::Paragraph(format!("[page {} could not be read]", at + 1))),
        }
    }
    Ok(Document { title: file.title, blocks, ..Document::default() })
}
