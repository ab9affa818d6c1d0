//! The text of PDF files, which a process of its own takes out of them. Scanned pages hold no text, and
//! none is made up: there is no character recognition.

use super::block::{Block, Document};
use super::plain::{self, Spelling};
use polymath_reader::{Contents, Format, Page, Reader};

/// # Errors
/// Why the file can't be read, in words.
pub fn read(body: &[u8]) -> Result<Document, String> {
    let contents = Reader::locate().read(Format::Pdf, body).map_err(|e| e.to_string())?;
    let Contents::Document(file) = contents else { return Err("its reader found a table in it".into()) };
    let spelling = Spelling::of(file.pages.iter().flatten().map(|page| page.text.as_str()));
    let mut blocks = Vec::new();
    for (at, page) in file.pages.into_iter().enumerate() {
        match page {
            Some(Page { columns: Some(paragraphs), .. }) => {
                blocks.extend(paragraphs.iter().map(|lines| Block::Paragraph(spelling.joined(lines))));
            }
            Some(page) => blocks.extend(plain::unwrap(&page.text, true, &spelling).into_iter().map(Block::Paragraph)),
            None => blocks.push(Block::Paragraph(format!("[page {} could not be read]", at + 1))),
        }
    }
    Ok(Document { title: file.title, blocks, ..Document::default() })
}
