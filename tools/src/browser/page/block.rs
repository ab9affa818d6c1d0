//! What every format's reader makes of a document: blocks of text and tables.

use super::table::PageTable;

/// A piece of a document, in the order of reading.
#[derive(Debug, PartialEq)]
pub enum Block {
    /// Level (1 to 6) and text.
    Heading(usize, String),
    Paragraph(String),
    Item(String),
    /// Shown as it is: program text, addresses.
    Verbatim(String),
    Table(PageTable),
}

/// A document after reading: what every format's reader returns.
#[derive(Debug, Default)]
pub struct Document {
    pub title: Option<String>,
    /// Where the document says it is published.
    pub canonical: Option<String>,
    pub blocks: Vec<Block>,
    /// The document was too large or too strange to be read to its end.
    pub partial: bool,
}
