//! The text of PDF files, through `pdf-extract`.
//!
//! That crate panics on what it doesn't understand; here a panic is an error like any other, and
//! costs one page. Scanned pages hold no text, and none is made up: there is no character recognition.

use super::columns::{self, Run};
use super::tables;
use crate::wire::{self, Page, Piece};
use pdf_extract::{Document, MediaBox, Object, OutputDev, OutputError, PlainTextOutput, Transform, output_doc_page};
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

fn page(file: &Document, number: u32) -> Option<Page> {
    let mut text = String::new();
    let mut output =
        Places { plain: PlainTextOutput::new(&mut text), flip: Transform::identity(), word: true, runs: Vec::new() };
    output_doc_page(file, &mut output, number).ok()?;
    let mut runs = output.runs;
    runs.iter_mut().for_each(|run| run.text = letters(&run.text));
    let columns = columns::read(runs.clone());
    let pieces = columns.map(|all| all.into_iter().map(Piece::Lines).collect()).or_else(|| tables::read(runs));
    Some(Page { text: letters(&text), pieces })
}

/// Ligatures as the letters that they are.
fn letters(text: &str) -> String {
    let ligatures = [("ﬀ", "ff"), ("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬃ", "ffi"), ("ﬄ", "ffl")];
    ligatures.into_iter().fold(text.to_owned(), |text, (ligature, letters)| text.replace(ligature, letters))
}

/// Takes down the text as pdf-extract does, and where its pieces stand.
struct Places<'a> {
    plain: PlainTextOutput<&'a mut String>,
    flip: Transform,
    /// Whether a piece of text begins, before which there may be a space that nobody wrote.
    word: bool,
    runs: Vec<Run>,
}

/// In parts of the size of letters: a gap that parts pieces of a line, and one that parts words.
const GAP: f64 = 1.2;
const SPACE: f64 = 0.1;

impl OutputDev for Places<'_> {
    fn begin_page(
        &mut self,
        number: u32,
        page: &MediaBox,
        art: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        self.flip = Transform::row_major(1., 0., 0., -1., 0., page.ury - page.lly);
        self.plain.begin_page(number, page, art)
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        self.plain.end_page()
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        spacing: f64,
        size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        let at = place.post_transform(&self.flip);
        let (x, y) = (at.m31, at.m32);
        // the side of the square that has the area of a letter's rectangle
        let scale = (place.m11 * place.m22 - place.m12 * place.m21).abs().sqrt() * size;
        let end = x + width * scale;
        match self.runs.last_mut() {
            Some(run) if (y - run.y).abs() < 0.3 * scale && x > run.right - scale && x < run.right + GAP * scale => {
                if self.word && x > run.right + SPACE * scale && !run.text.ends_with(' ') {
                    run.text.push(' ');
                }
                run.text.push_str(text);
                run.right = run.right.max(end);
            }
            _ if text.trim().is_empty() => {}
            _ => self.runs.push(Run { left: x, right: end, y, size: scale, text: text.to_owned() }),
        }
        self.word = false;
        self.plain.output_character(place, width, spacing, size, text)
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.word = true;
        self.plain.begin_word()
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        self.plain.end_word()
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        self.plain.end_line()
    }
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
