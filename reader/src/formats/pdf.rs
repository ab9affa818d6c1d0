//! The text of PDF files, through `pdf-extract`.
//!
//! That crate panics on what it doesn't understand; here a panic is an error like any other, and
//! costs one page. Scanned pages hold no text, and none is made up: there is no character recognition.

use crate::wire;
use pdf_extract::{Document, Object, PlainTextOutput, output_doc_page};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Widths that a font may list; there are no more character codes than these.
const MOST_WIDTHS: usize = 1 << 16;

/// # Errors
/// Why the file can't be read, in words.
pub fn read(body: &[u8]) -> Result<wire::Document, String> {
    let damaged = |why: String| format!("the PDF is damaged or of an unknown form{why}");
    let guarded = |work: &dyn Fn() -> Result<Document, pdf_extract::Error>| {
        let done = catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged(String::new()))?;
        done.map_err(|e| damaged(format!(" ({e})")))
    };
    let mut file = guarded(&|| Document::load_mem(body))?;
    if file.is_encrypted() {
        // many files are encrypted with the empty password, only to forbid printing
        let opened = catch_unwind(AssertUnwindSafe(|| file.decrypt("")));
        if !matches!(opened, Ok(Ok(()))) {
            return Err("the PDF is protected by a password".into());
        }
    }
    spell_out_widths(&mut file);
    let numbers = file.get_pages().into_keys();
    let pages = numbers.map(|number| catch_unwind(AssertUnwindSafe(|| page(&file, number))).ok().flatten()).collect();
    let title = catch_unwind(AssertUnwindSafe(|| title(&file))).ok().flatten();
    Ok(wire::Document { title, pages })
}

fn page(file: &Document, number: u32) -> Option<String> {
    let mut text = String::new();
    output_doc_page(file, &mut PlainTextOutput::new(&mut text), number).ok()?;
    for (ligature, letters) in [("ﬀ", "ff"), ("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬃ", "ffi"), ("ﬄ", "ffl")] {
        text = text.replace(ligature, letters);
    }
    Some(text)
}

/// Fonts list their characters' widths one by one, or by ranges of equal ones. pdf-extract 0.12
/// misreads ranges, takes those characters to have no width, and puts a space behind each: "2 0 1 7"
/// in every PDF that Chrome writes. So ranges are written out before it looks.
fn spell_out_widths(file: &mut Document) {
    let mut spelled = Vec::new();
    for (id, object) in &file.objects {
        let Ok(font) = object.as_dict() else { continue };
        if let Ok(widths) = font.get_deref(b"W", file).and_then(Object::as_array)
            && let Some(widths) = without_ranges(file, widths)
        {
            spelled.push((*id, widths));
        }
    }
    for (id, widths) in spelled {
        if let Some(Ok(font)) = file.objects.get_mut(&id).map(Object::as_dict_mut) {
            font.set("W", Object::Array(widths));
        }
    }
}

/// `first last width` as `first [width width …]`; `None` for what is no list of widths.
fn without_ranges(file: &Document, widths: &[Object]) -> Option<Vec<Object>> {
    let widths: Vec<&Object> = widths.iter().filter_map(|w| file.dereference(w).ok()).map(|(_, w)| w).collect();
    let (mut all, mut at, mut count) = (Vec::new(), 0, 0);
    while at < widths.len() {
        let first = widths[at].as_i64().ok()?;
        all.push(Object::Integer(first));
        if let Ok(list) = widths.get(at + 1)?.as_array() {
            all.push(Object::Array(list.clone()));
            (at, count) = (at + 2, count + list.len());
        } else {
            let last = widths[at + 1].as_i64().ok()?;
            let many = usize::try_from(last.checked_sub(first)?.checked_add(1)?).ok().filter(|n| *n <= MOST_WIDTHS)?;
            all.push(Object::Array(vec![(*widths.get(at + 2)?).clone(); many]));
            (at, count) = (at + 3, count + many);
        }
        if count > MOST_WIDTHS {
            return None;
        }
    }
    Some(all)
}

/// The title in the file's own description.
fn title(file: &Document) -> Option<String> {
    let info = file.trailer.get_deref(b"Info", file).ok()?.as_dict().ok()?;
    pdf_extract::decode_text_string(info.get_deref(b"Title", file).ok()?).ok().filter(|t| !t.trim().is_empty())
}
