//! The text of PDF files, which a process of its own takes out of them, page by page under its number. Scanned pages
//! hold no text and are told; none is made up: there is no character recognition.

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
            Some(Page { columns: Some(paragraphs), .. }) => {
                blocks.extend(paragraphs.iter().map(|lines| Block::Paragraph(spelling.joined(lines))));
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
