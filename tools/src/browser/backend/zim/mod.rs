//! A Kiwix archive on this machine: `zim:FILE`, a whole encyclopaedia without a network.
//!
//! Pages are found by their titles, in the archive's own order of titles, so that nothing has to be indexed
//! first: stretches of the query are looked up as beginnings of titles. `polymath index FILE` indexes what
//! the pages begin with. Addresses are `zim:NAME/PATH`, the file's name without its ending and the path
//! in it. The format: <https://wiki.openzim.org/wiki/ZIM_file_format>, read by the crate `zim`.

mod archive;
mod titles;

pub use archive::{Archive, ArchiveError, SCHEME};

use super::service::{SearchBackend, Shelf, Surroundings, Trouble};
use async_trait::async_trait;
use polymath_chat::Hit;
use std::{path::Path, sync::Arc};

struct Backend {
    name: String,
    archive: Arc<Archive>,
}

pub fn build(file: &str, _: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let archive = Archive::open(Path::new(file)).map_err(|e| format!("search backend zim:{file}: {e}"))?;
    Ok(Box::new(Backend { name: format!("zim:{file}"), archive: Arc::new(archive) }))
}

#[async_trait]
impl SearchBackend for Backend {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let (archive, query) = (self.archive.clone(), query.to_owned());
        let searched = tokio::task::spawn_blocking(move || archive.search(&query, limit)).await;
        let searched = searched.map_err(|e| Trouble::failed(format!("the archive is damaged: {e}")))?;
        searched.map_err(|e| Trouble::failed(e.to_string()))
    }

    fn shelf(&self) -> Option<Arc<dyn Shelf>> {
        Some(self.archive.clone())
    }
}
