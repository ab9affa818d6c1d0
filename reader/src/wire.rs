//! What goes to the program and what comes back: the format as an argument, the file on standard input,
//! a [`Reply`] as postcard on standard output.

use crate::grid::Grid;
use serde::{Deserialize, Serialize};

/// A format that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Xlsx,
    Xlsb,
    Xls,
    Ods,
    Parquet,
    Docx,
    Epub,
}

impl Format {
    pub const ALL: [Format; 8] = [
        Format::Pdf,
        Format::Xlsx,
        Format::Xlsb,
        Format::Xls,
        Format::Ods,
        Format::Parquet,
        Format::Docx,
        Format::Epub,
    ];

    /// As the program is told it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Pdf => "pdf",
            Format::Xlsx => "xlsx",
            Format::Xlsb => "xlsb",
            Format::Xls => "xls",
            Format::Ods => "ods",
            Format::Parquet => "parquet",
            Format::Docx => "docx",
            Format::Epub => "epub",
        }
    }

    pub fn of_name(name: &str) -> Option<Format> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// The text of a PDF.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub title: Option<String>,
    /// `None` for a page that could not be read.
    pub pages: Vec<Option<Page>>,
}

/// A page as the file draws it, and in the order of reading where it has columns or tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub text: String,
    pub pieces: Option<Vec<Piece>>,
}

/// What a page is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// A paragraph by its lines.
    Lines(Vec<String>),
    /// Rows of as many cells each, some of them empty.
    Table(Vec<Vec<String>>),
}

/// What a word processor's document or a book has written in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prose {
    pub title: Option<String>,
    pub parts: Vec<Part>,
}

/// What such a text is made of, in the order of reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// With its level, from 1.
    Heading(u8, String),
    Paragraph(String),
    /// An item of a list.
    Item(String),
    /// Rows, the first of them the header where there is one.
    Table(Vec<Vec<String>>),
    /// A chapter, as the file has it.
    Html(String),
}

/// What stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Contents {
    Document(Document),
    Prose(Prose),
    Grid(Grid),
}

/// The contents, or why there are none, in words for the user and without the file's name.
pub type Reply = Result<Contents, String>;
