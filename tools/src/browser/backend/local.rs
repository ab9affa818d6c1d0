//! Pages of this machine as a search backend: `local:NAME_OR_FOLDER`. A name is a corpus that
//! `polymath index` made, or a folder of pages below the home; a folder is indexed on the fly.

use super::corpus::Corpus;
use super::library::Library;
use super::service::{SearchBackend, Shelf, Surroundings, Trouble};
use async_trait::async_trait;
use polymath_chat::Hit;
use std::{path::PathBuf, sync::Arc};

struct Local<T> {
    name: String,
    pages: Arc<T>,
    search: fn(&T, &str, usize) -> Result<Vec<Hit>, String>,
}

pub fn build(argument: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let wrong = |e: String| format!("search backend local:{argument}: {e}");
    let name = format!("local:{argument}");
    let named = around.home.join("corpora").join(argument);
    let folder = PathBuf::from(argument);
    // a name is one word; anything with a slash is a path the user wrote out
    let is_name = folder.components().count() == 1 && !argument.starts_with('.');
    if let Some(library) = Library::open(&around.home, argument).map_err(|e| wrong(e.to_string()))? {
        let search = |pages: &Library, query: &str, limit| pages.search(query, limit).map_err(|e| e.to_string());
        return Ok(Box::new(Local { name, pages: Arc::new(library), search }));
    }
    let root = if is_name && named.is_dir() { named } else { folder };
    let corpus = Corpus::open(&root, &around.home).map_err(|e| wrong(e.to_string()))?;
    let search = |pages: &Corpus, query: &str, limit| pages.search(query, limit).map_err(|e| e.to_string());
    Ok(Box::new(Local { name, pages: Arc::new(corpus), search }))
}

#[async_trait]
impl<T: Shelf + 'static> SearchBackend for Local<T> {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let (pages, query, search) = (self.pages.clone(), query.to_owned(), self.search);
        let searched = tokio::task::spawn_blocking(move || search(&pages, &query, limit)).await;
        let failure = |e: String| Trouble::failed(format!("the index failed: {e}"));
        searched.map_err(|e| failure(e.to_string()))?.map_err(failure)
    }

    fn shelf(&self) -> Option<Arc<dyn Shelf>> {
        Some(self.pages.clone())
    }
}
