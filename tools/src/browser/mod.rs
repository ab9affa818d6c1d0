//! The browser: searching, opening pages, finding text on them.
//!
//! Three tools over one shared `Browser`, which holds the search backends, the fetcher and, for
//! each session, the results so far and the pages opened. Pages are data: nothing on them is executed
//! or followed here, and what the model sees of them is marked as page text. Pages that scripts build are
//! rendered by a Chromium, where one is installed, that reaches what the fetcher reaches (`render/`).

mod backend;
mod fetch;
mod find;
mod keep;
mod open;
mod page;
pub mod passage;
mod rank;
mod render;
mod search;
mod sessions;
mod shared;
mod target;
mod words;

pub use backend::{
    Endpoints, SearchSpec, SearchSpecError, Shelf,
    corpus::{Corpus, CorpusError},
    library,
};
pub use fetch::{Fetcher, Limits, address::forbidden, content::Kind};
pub use find::BrowserFind;
pub use keep::unpacked;
pub use open::BrowserOpen;
pub use page::{Line, Page, Part, read as read_page};
pub use rank::{Ranked, full_words, ranked};
pub use render::locate as chromium;
pub use search::BrowserSearch;
pub use sessions::{Keep, Kept};
pub use shared::{Browser, BrowserConfig, BrowserError};
pub use words::number_style;
