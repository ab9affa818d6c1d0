//! A document as the model reads it: numbered lines and typed tables.
//!
//! Every format ends up as the same few kinds of blocks; here they become lines (one paragraph, list
//! item, heading or table row each) that know the heading and the table columns they stand under,
//! so that no part of a page loses what its figures are about.

mod about;
mod block;
mod data;
mod hidden;
mod html;
mod links;
mod office;
mod outline;
mod parts;
mod pdf;
mod plain;
mod root;
mod style;
mod table;
mod text;
mod tiles;
mod walk;
mod words;

use super::{
    fetch::content::{self, Kind},
    passage,
    words::number_style,
};
pub use block::{About, Part};
use block::{Block, Document};
pub use links::Link;
use polymath_chat::{Cell, Packed, Provenance, Retrieval, Source, Table, ToolFailure};
use polymath_quantity::{Column, Style, is_blank, text::sentences};
use polymath_reader::Format;
use table::PageTable;

/// A line of a page, and the lines it can't be understood without.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    /// Index of the heading it stands under.
    pub heading: Option<usize>,
    /// Index of the line that names the columns of its table.
    pub columns: Option<usize>,
}

/// A readable page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub url: String,
    pub title: String,
    /// Where the page says it is published, when that is elsewhere.
    pub canonical: Option<String>,
    pub about: About,
    /// Links in the text, by their numbers from 1 on.
    pub links: Vec<Link>,
    pub lines: Vec<Line>,
    pub tables: Vec<Table>,
    /// What stands beside the content, and is nothing that the page says.
    pub beside: Vec<(Part, Vec<Line>)>,
    /// Characters that no reader sees, left out.
    pub hidden: usize,
    /// What a reader should know of how it was read.
    pub note: Option<String>,
    /// Which page it is, for the record.
    pub retrieval: Option<Retrieval>,
    /// About how much memory it takes.
    pub bytes: usize,
}

/// Longer paragraphs are cut at the ends of sentences, so that a line fits a small window.
const LONGEST_LINE: usize = 1000;
const LONGEST_TITLE: usize = 160;
/// Typed cells of one table; what is beyond is in the text.
const MOST_CELLS: usize = 5000;
/// Lines of each part beside the content; comments may be without number.
const MOST_BESIDE: usize = 400;
/// Of a cell's quote: its row, as far as a reader wants to see it.
const LONGEST_QUOTE: usize = 500;

/// Reads a document. Works on the calling thread: use a blocking one.
///
/// # Errors
/// `unsupported` when there is no text in it that could be read.
pub fn read(
    kind: Kind,
    body: &[u8],
    charset: Option<&'static encoding_rs::Encoding>,
    url: &str,
) -> Result<Page, ToolFailure> {
    let refuse = |why: &str| Err(ToolFailure::new("unsupported", format!("{url} cannot be read: {why}")));
    let document = match kind {
        Kind::Pdf => pdf::read(body),
        Kind::Docx => office::read(Format::Docx, body),
        Kind::Epub => office::read(Format::Epub, body),
        Kind::Xlsx => data::workbook(body),
        _ => of_text(kind, body, charset),
    };
    let document = match document {
        Ok(document) => document,
        Err(why) => return refuse(&why),
    };
    let page = assemble(document, url);
    if page.lines.is_empty() {
        return refuse(if kind == Kind::Pdf {
            "the PDF holds no text (scanned pages?)"
        } else {
            "there is no text on it"
        });
    }
    Ok(page)
}

/// Whether a page of the web says next to nothing without its scripts. Works on the calling thread.
pub fn is_built_by_scripts(body: &[u8], charset: Option<&'static encoding_rs::Encoding>) -> bool {
    html::is_built_by_scripts(&content::decode(body, charset))
}

/// # Errors
/// Why it can't be read, in words.
fn of_text(kind: Kind, body: &[u8], charset: Option<&'static encoding_rs::Encoding>) -> Result<Document, String> {
    let text = content::decode(body, charset);
    if content::is_garbage(&text) {
        return Err("it is not text".into());
    }
    Ok(match kind {
        Kind::Html => html::read(&text),
        Kind::Markdown => plain::markdown(&text),
        Kind::Json => data::json(&text),
        Kind::Csv => data::csv(&text).unwrap_or_else(|| plain::text(&text)),
        // feeds name their charset themselves
        Kind::Feed => data::feed(body).unwrap_or_else(|| html::read(&text)),
        _ => plain::text(&text),
    })
}

impl Page {
    /// The whole readable text.
    pub fn text(&self) -> String {
        self.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    pub fn source(&self) -> Source {
        Source { url: self.url.clone(), title: self.title.clone(), text: self.text() }
    }

    /// With what is recorded of how it came.
    pub fn kept_as(mut self, retrieval: Retrieval) -> Page {
        self.bytes += retrieval.body.as_ref().map_or(0, |Packed(body)| body.len());
        self.retrieval = Some(retrieval);
        self
    }

    /// What line `index` stands under: its heading and its table's columns, those of them that are
    /// before line `start` and so not in sight.
    pub fn above(&self, index: usize, start: usize) -> Vec<&str> {
        let Some(line) = self.lines.get(index) else { return Vec::new() };
        let above = [line.heading, line.columns].into_iter().flatten().filter(|above| *above < start);
        above.map(|above| self.lines[above].text.as_str()).collect()
    }
}

fn assemble(document: Document, url: &str) -> Page {
    let first = document.blocks.iter().find_map(|b| match b {
        Block::Heading(_, text) | Block::Paragraph(text) => Some(text.clone()),
        _ => None,
    });
    let name = || url.trim_end_matches('/').rsplit('/').next().unwrap_or(url).to_owned();
    let title = document.title.filter(|t| !t.trim().is_empty()).or(first).unwrap_or_else(name);
    let title = passage::shorten(&title.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST_TITLE);
    let joined = |c: String| url::Url::parse(url).ok().and_then(|url| url.join(&c).ok()).map_or(c, String::from);
    let canonical = document.canonical.map(joined).filter(|c| c != url && c.starts_with("http"));
    let mut page = Page { url: url.to_owned(), title, canonical, hidden: document.hidden, ..Page::default() };
    page.about = document.about;
    let begins = lay_out(&mut page, document.blocks);
    let line = |block: usize| begins.get(block).copied().unwrap_or(page.lines.len().saturating_sub(1));
    page.links = links::of(document.anchors, url, document.base.as_deref(), line);
    if document.partial {
        let text = "[the page goes on, but could not be read any further]".to_owned();
        page.lines.push(Line { text, heading: None, columns: None });
    }
    for (part, blocks) in document.beside {
        let mut beside = Page { url: page.url.clone(), title: page.title.clone(), ..Page::default() };
        lay_out(&mut beside, blocks);
        beside.lines.truncate(MOST_BESIDE);
        page.beside.push((part, beside.lines));
    }
    page.bytes = size(&page);
    page
}

/// Adds a document's blocks to a page, as lines and tables; the line with which each begins.
fn lay_out(page: &mut Page, blocks: Vec<Block>) -> Vec<usize> {
    let prose = blocks.iter().filter_map(|block| match block {
        Block::Heading(_, text) | Block::Paragraph(text) | Block::Item(_, text) => Some(text.as_str()),
        _ => None,
    });
    let style = number_style(&prose.collect::<Vec<_>>().join("\n"));
    let mut heading: Option<(usize, String)> = None;
    let mut begins = Vec::with_capacity(blocks.len());
    let pairs = tiles::pairs(&blocks);
    for (i, block) in blocks.into_iter().enumerate() {
        // The second of a pair stands in the line of the first.
        if i.checked_sub(1).is_some_and(|first| pairs.contains_key(&first)) {
            begins.push(page.lines.len().saturating_sub(1));
            continue;
        }
        begins.push(page.lines.len());
        let under = heading.as_ref().map(|(at, _)| *at);
        let mut push = |text: String| page.lines.push(Line { text, heading: under, columns: None });
        match block {
            _ if pairs.contains_key(&i) => push(pairs[&i].clone()),
            Block::Heading(level, text) => {
                push(format!("{} {text}", "#".repeat(level.clamp(1, 6))));
                page.lines.last_mut().iter_mut().for_each(|l| l.heading = None);
                heading = Some((page.lines.len() - 1, text));
            }
            Block::Paragraph(text) => pieces(&text).for_each(push),
            Block::Item(mark, text) => pieces(&format!("{mark} {text}")).for_each(push),
            Block::Verbatim(text) => push(text),
            Block::Table(table) => {
                let name = table.caption.clone().or_else(|| heading.as_ref().map(|(_, text)| text.clone()));
                add_table(page, table, style, under, name);
            }
        }
    }
    begins
}

/// Bytes of a page's lines and cells, about.
fn size(page: &Page) -> usize {
    let lines = page.beside.iter().flat_map(|(_, lines)| lines).chain(&page.lines);
    let lines: usize = lines.map(|line| size_of::<Line>() + line.text.len()).sum();
    let cell = |cell: &Cell| {
        let told = match &*cell.provenance {
            Provenance::Sourced { url, title, quote } => url.len() + title.len() + quote.len(),
            _ => 0,
        };
        size_of::<Cell>() + told + cell.text.as_ref().map_or(0, |text| text.len())
    };
    let cells: usize = page.tables.iter().flat_map(|t| t.rows.iter().flatten()).map(cell).sum();
    let links: usize = page.links.iter().map(|link| size_of::<Link>() + link.text.len() + link.url.len()).sum();
    size_of::<Page>() + page.title.len() + page.url.len() + lines + cells + links
}

/// A paragraph in lines of at most about `LONGEST_LINE` characters, cut at the ends of sentences.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    if text.len() <= LONGEST_LINE {
        return vec![text.to_owned()].into_iter();
    }
    let mut lines: Vec<String> = Vec::new();
    for sentence in sentences(text).into_iter().map(str::trim).filter(|s| !s.is_empty()) {
        let whole: Vec<char> = sentence.chars().collect();
        for part in whole.chunks(LONGEST_LINE) {
            let part: String = part.iter().collect();
            match lines.last_mut() {
                Some(line) if line.len() + part.len() < LONGEST_LINE => {
                    line.push(' ');
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
    }
    lines.into_iter()
}

/// A table as lines (`a | b | c` under a line with the columns' names) and as typed cells.
fn add_table(page: &mut Page, table: PageTable, style: Style, heading: Option<usize>, name: Option<String>) {
    let mut push = |text: String, columns: Option<usize>| {
        page.lines.push(Line { text, heading, columns });
        page.lines.len() - 1
    };
    if let Some(caption) = &table.caption {
        push(caption.clone(), None);
    }
    let columns = (!table.columns.is_empty()).then(|| push(table.columns.join(" | "), None));
    let column = |(at, header): (usize, &String)| {
        let cells = table.rows.iter().filter_map(|row| row.cells.get(at)).map(String::as_str);
        Column::of(header).in_style(style).learn(cells)
    };
    let read: Vec<Column> = table.columns.iter().enumerate().map(column).collect();
    let mut rows = Vec::new();
    for row in &table.rows {
        let text = row.text();
        push(text.clone(), columns);
        if table.columns.is_empty() || row.section || (rows.len() + 1) * table.columns.len() > MOST_CELLS {
            continue;
        }
        let quote: String = text.chars().take(LONGEST_QUOTE).collect();
        let source = Provenance::Sourced { url: page.url.clone(), title: page.title.clone(), quote };
        let cells = row.cells.iter().zip(&read);
        rows.push(cells.map(|(text, column)| cell(text, column, &source)).collect());
    }
    if !rows.is_empty() {
        page.tables.push(Table { title: name.unwrap_or_else(|| page.title.clone()), columns: table.columns, rows });
    }
}

fn cell(text: &str, column: &Column, source: &Provenance) -> Cell {
    if is_blank(text) {
        return Cell::missing();
    }
    let (number, date) = column.read(text).values();
    Cell { number, date, ..Cell::new(text, source.clone()) }
}
