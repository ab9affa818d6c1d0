//! Documents of word processors (DOCX: ECMA-376, part 1) and electronic books (EPUB 2 and 3).
//!
//! Both are ZIP files of XML. What is unpacked is bounded, whatever the file says of its sizes. A book's chapters are
//! pages of HTML, and are given on as they are.

use crate::wire::{Part, Prose};
use roxmltree::{Document, Node};
use std::{
    collections::HashMap,
    io::{Cursor, Read as _},
};
use zip::ZipArchive;

/// Bytes unpacked of one part, and of all.
const PART: u64 = 32 << 20;
const ALL: u64 = 128 << 20;
/// Chapters of a book.
const MOST_PARTS: usize = 2000;
/// Elements within elements; deeper ones are not read.
const DEEPEST: usize = 64;

/// The parts of a file, by their names.
struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Parts<'a> {
    fn open(body: &'a [u8]) -> Result<Self, String> {
        let archive = ZipArchive::new(Cursor::new(body)).map_err(|e| format!("the file is damaged ({e})"))?;
        Ok(Parts { archive, left: ALL })
    }

    /// A part's text; `None` where there is none.
    ///
    /// # Errors
    /// It is damaged, or unpacks to too much.
    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        let Ok(part) = self.archive.by_name(name) else { return Ok(None) };
        let (mut bytes, most) = (Vec::new(), PART.min(self.left));
        part.take(most + 1).read_to_end(&mut bytes).map_err(|e| format!("{name} in it is damaged ({e})"))?;
        if bytes.len() as u64 > most {
            return Err(format!("{name} in it unpacks to more than {} MiB", most >> 20));
        }
        self.left -= bytes.len() as u64;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.ok_or_else(|| format!("{name} is missing in it"))
    }
}

fn xml<'a>(text: &'a str, name: &str) -> Result<Document<'a>, String> {
    Document::parse(text.trim_start_matches('\u{feff}')).map_err(|e| format!("{name} in it is damaged ({e})"))
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|a| a.name() == name).map(|a| a.value())
}

fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|n| n.tag_name().name() == name)
}

/// The text of the first element of this name, `title` of `dc:title`.
fn first_text(document: &Document, name: &str) -> Option<String> {
    let node = document.descendants().find(|n| n.tag_name().name() == name)?;
    node.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A document of a word processor.
///
/// # Errors
/// Why it can't be read, in words.
pub fn docx(body: &[u8]) -> Result<Prose, String> {
    const TEXT: &str = "word/document.xml";
    let mut parts = Parts::open(body)?;
    let text = parts.needed(TEXT)?;
    let styles = parts.text("word/styles.xml")?.unwrap_or_default();
    let about = parts.text("docProps/core.xml")?.unwrap_or_default();
    let styles = Document::parse(&styles).map(|styles| names(&styles)).unwrap_or_default();
    let mut title = Document::parse(&about).ok().and_then(|about| first_text(&about, "title"));
    let document = xml(&text, TEXT)?;
    let mut written = Vec::new();
    if let Some(body) = document.descendants().find(|n| n.tag_name().name() == "body") {
        for node in body.children() {
            write(node, &styles, &mut written, 0);
        }
    }
    if title.is_none()
        && let Some(Part::Heading(_, first)) = written.first()
    {
        title = Some(first.clone());
    }
    Ok(Prose { title, parts: written })
}

/// The names of styles by their ids, which are the language's of who wrote the document.
fn names(styles: &Document) -> HashMap<String, String> {
    let named = styles.descendants().filter(|n| n.tag_name().name() == "style").filter_map(|style| {
        let name = attribute(child(style, "name")?, "val")?;
        Some((attribute(style, "styleId")?.to_owned(), name.to_lowercase()))
    });
    named.collect()
}

fn write(node: Node, styles: &HashMap<String, String>, parts: &mut Vec<Part>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match node.tag_name().name() {
        "p" => {
            let text = words(node);
            if !text.is_empty() {
                parts.push(paragraph(node, text, styles));
            }
        }
        "tbl" => {
            parts.push(Part::Table(children(node, "tr").map(|row| children(row, "tc").map(words).collect()).collect()));
        }
        // content controls and the like hold what they are about
        "sdt" | "sdtContent" | "customXml" | "ins" => {
            node.children().for_each(|inner| write(inner, styles, parts, depth + 1));
        }
        _ => {}
    }
}

fn children<'a, 'b>(node: Node<'a, 'b>, name: &'static str) -> impl Iterator<Item = Node<'a, 'b>> {
    node.children().filter(move |n| n.tag_name().name() == name)
}

fn paragraph(node: Node, text: String, styles: &HashMap<String, String>) -> Part {
    let about = child(node, "pPr");
    let style = about.and_then(|about| child(about, "pStyle")).and_then(|style| attribute(style, "val"));
    let style = style.map_or(String::new(), |id| styles.get(id).cloned().unwrap_or_else(|| id.to_lowercase()));
    let level = style.strip_prefix("heading").and_then(|level| level.trim().parse().ok());
    match level {
        Some(level) => Part::Heading(level, text),
        None if style == "title" => Part::Heading(1, text),
        None if about.is_some_and(|about| child(about, "numPr").is_some()) => Part::Item(text),
        None => Part::Paragraph(text),
    }
}

/// The text of a paragraph or cell; what a reviewer struck out is in elements of another name.
fn words(node: Node) -> String {
    let mut text = String::new();
    for part in node.descendants() {
        match part.tag_name().name() {
            "t" => text.push_str(part.text().unwrap_or_default()),
            "tab" | "br" | "cr" | "p" => text.push(' '),
            "noBreakHyphen" => text.push('-'),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A book, chapter by chapter in the order of reading.
///
/// # Errors
/// Why it can't be read, in words.
pub fn epub(body: &[u8]) -> Result<Prose, String> {
    const CONTAINER: &str = "META-INF/container.xml";
    let mut parts = Parts::open(body)?;
    let text = parts.needed(CONTAINER)?;
    let container = xml(&text, CONTAINER)?;
    let package = container.descendants().find(|n| n.tag_name().name() == "rootfile");
    let package = package.and_then(|n| attribute(n, "full-path")).ok_or("it does not say where its contents are")?;
    let text = parts.needed(package)?;
    let package_xml = xml(&text, package)?;
    let items: HashMap<&str, &str> = package_xml
        .descendants()
        .filter(|n| n.tag_name().name() == "item")
        .filter_map(|item| Some((attribute(item, "id")?, attribute(item, "href")?)))
        .collect();
    let folder = package.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut pages = Vec::new();
    let chapters = package_xml.descendants().filter(|n| n.tag_name().name() == "itemref");
    for chapter in chapters.filter_map(|n| items.get(attribute(n, "idref")?)).take(MOST_PARTS) {
        let name = percent_encoding::percent_decode_str(chapter).decode_utf8_lossy();
        if let Some(text) = parts.text(&format!("{folder}{name}"))? {
            pages.push(Part::Html(text));
        }
    }
    Ok(Prose { title: first_text(&package_xml, "title"), parts: pages })
}
