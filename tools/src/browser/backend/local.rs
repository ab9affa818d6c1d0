//! A folder of pages as a search backend: `local:NAME_OR_FOLDER`.

use super::corpus::Corpus;
use super::service::{SearchBackend, Surroundings};
use async_trait::async_trait;
use polymath_chat::{Hit, ToolFailure};
use std::{path::PathBuf, sync::Arc};

struct Local {
    name: String,
    corpus: Arc<Corpus>,
}

pub fn build(argument: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let named = around.home.join("corpora").join(argument);
    let folder = PathBuf::from(argument);
    // a name is one word; anything with a slash is a path the user wrote out
    let is_name = folder.components().count() == 1 && !argument.starts_with('.');
    let root = if is_name && named.is_dir() { named } else { folder };
    let corpus = Corpus::open(&root, &around.home).map_err(|e| format!("search backend local:{argument}: {e}"))?;
    Ok(Box::new(Local { name: format!("local:{argument}"), corpus: Arc::new(corpus) }))
}

#[async_trait]
impl SearchBackend for Local {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ToolFailure> {
        let (corpus, query) = (self.corpus.clone(), query.to_owned());
        let searched = tokio::task::spawn_blocking(move || corpus.search(&query, limit)).await;
        let failure = |e: String| ToolFailure::new("network", format!("the index failed: {e}"));
        searched.map_err(|e| failure(e.to_string()))?.map_err(|e| failure(e.to_string()))
    }

    fn corpus(&self) -> Option<&Arc<Corpus>> {
        Some(&self.corpus)
    }
}
