//! The browser: searching, opening pages, finding text on them.
//!
//! Three tools over one shared `Browser`, which holds the search backends, the fetcher and, for
//! each session, the results so far and the pages opened. Pages are data: nothing on them is executed
//! or followed, and what the model sees of them is marked as page text. Nothing is rendered either;
//! pages that are built by scripts show what they send without them.

mod backend;
mod fetch;
mod find;
mod open;
mod page;
pub mod passage;
mod rank;
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
pub use open::BrowserOpen;
pub use page::{Line, Page, Part, read as read_page};
pub use rank::{Ranked, full_words, ranked};
pub use search::BrowserSearch;
pub use sessions::{Keep, Kept};
pub use shared::{Browser, BrowserConfig, BrowserError};
pub use words::number_style;
