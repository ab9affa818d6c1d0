//! Readers of the binary formats that strangers write: PDF, workbooks, Parquet, DOCX and EPUB. And what runs the chat templates that
//! strangers write.
//!
//! Their parsers are large, and a file can make one take all memory, never end, or end the process it
//! runs in. So each file is read by a process of its own, the program `polymath-reader`, which gets the
//! bytes and has nothing else: no files, no network, no way to start anything, and limits on memory, time
//! and what it may answer. Whatever becomes of it is an error about that one file. `host.rs` starts it,
//! `walls.rs` is what it shuts itself in with. What the text or the cells mean is not decided here.
//!
//! A template is run by such a process too, which stays for as long as its model does (`renderer.rs`).

pub mod formats;
pub mod grid;
mod host;
pub mod renderer;
pub mod template;
pub mod walls;
mod wire;

pub use host::{ReadError, Reader};
pub use renderer::Renderer;
pub use walls::Limits;
pub use wire::{Contents, Document, Format, Page, Part, Piece, Prose, Reply};
