//! The text of PDF files, through `pdf-extract`.
//!
//! That crate panics on files it doesn't understand; here a panic is an error like any other.
//! Scanned pages hold no text, and none is made up: there is no character recognition.

use super::{Block, Document, plain};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// # Errors
/// Why the file can't be read, in words.
pub fn read(body: &[u8]) -> Result<Document, String> {
    let extracted = catch_unwind(AssertUnwindSafe(|| pdf_extract::extract_text_from_mem_by_pages(body)));
    let pages = match extracted {
        Ok(Ok(pages)) => pages,
        Ok(Err(e)) if e.to_string().to_lowercase().contains("password") => {
            return Err("the PDF is protected by a password".into());
        }
        Ok(Err(e)) => return Err(format!("the PDF is damaged or of an unknown form ({e})")),
        Err(_) => return Err("the PDF is damaged or of an unknown form".into()),
    };
    let blocks = pages.iter().flat_map(|page| plain::unwrap(page)).map(Block::Paragraph).collect();
    Ok(Document { title: title(body), blocks, ..Document::default() })
}

/// The title in the file's own description.
fn title(body: &[u8]) -> Option<String> {
    let read = || {
        let file = pdf_extract::Document::load_mem(body).ok()?;
        let info = file.trailer.get(b"Info").ok()?;
        let info = match info.as_reference() {
            Ok(id) => file.get_dictionary(id).ok()?,
            Err(_) => info.as_dict().ok()?,
        };
        pdf_extract::decode_text_string(info.get(b"Title").ok()?).ok()
    };
    catch_unwind(AssertUnwindSafe(read)).ok()?.filter(|t| !t.trim().is_empty())
}
