//! What every format's reader makes of a document: blocks of text and tables.

use super::table::PageTable;

/// What stands on a page beside its content: nothing of it is what the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What readers wrote below it.
    Comments,
    /// Teasers of other pages.
    Related,
    /// Menus, banners, footers and whatever else surrounds it.
    Navigation,
}

impl Part {
    pub const ALL: [Part; 3] = [Part::Comments, Part::Related, Part::Navigation];

    /// As models ask for it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Comments => "comments",
            Part::Related => "related",
            Part::Navigation => "navigation",
        }
    }
}

/// A piece of a document, in the order of reading.
#[derive(Debug, PartialEq)]
pub enum Block {
    /// Level (1 to 6) and text.
    Heading(usize, String),
    Paragraph(String),
    /// Its mark (`-`, `3.`), behind two spaces for every list around its own, and its text.
    Item(String, String),
    /// Shown as it is: program text, addresses.
    Verbatim(String),
    Table(PageTable),
}

/// A link, and the block that it stands in or before.
#[derive(Debug, PartialEq)]
pub struct Anchor {
    pub block: usize,
    pub href: String,
    pub text: String,
}

/// What a document says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// A language tag, as it is written.
    pub language: Option<String>,
    /// Days (ISO 8601).
    pub published: Option<String>,
    pub changed: Option<String>,
    pub author: Option<String>,
}

/// A document after reading: what every format's reader returns.
#[derive(Debug, Default)]
pub struct Document {
    pub title: Option<String>,
    /// Where the document says it is published.
    pub canonical: Option<String>,
    pub about: About,
    pub blocks: Vec<Block>,
    /// Links in the blocks.
    pub anchors: Vec<Anchor>,
    /// Where they begin, if the document says so.
    pub base: Option<String>,
    /// What stands beside the content.
    pub beside: Vec<(Part, Vec<Block>)>,
    /// Characters of it that no reader sees, left out.
    pub hidden: usize,
    /// The document was too large or too strange to be read to its end.
    pub partial: bool,
}
