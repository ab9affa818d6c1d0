//! A kiwix-serve, which serves ZIM files in a network: `kiwix:URL`.
//!
//! <https://kiwix-tools.readthedocs.io/en/latest/kiwix-serve.html>. Its full-text search answers with RSS
//! (version 3.3 and later). The user named the server, so its pages may be opened wherever it is.

use super::service::{SearchBackend, Surroundings, Trouble, plain, unexpected, web_address, welcome, with_query};
use crate::browser::fetch::Fetcher;
use async_trait::async_trait;
use polymath_chat::Hit;
use roxmltree::{Document, Node};
use std::sync::Arc;
use url::Url;

struct Kiwix {
    name: String,
    base: String,
    fetcher: Arc<Fetcher>,
}

pub const NAME: &str = "kiwix";

pub fn build(base: &str, around: &Surroundings) -> Result<Box<dyn SearchBackend>, String> {
    let base = web_address(NAME, base)?;
    Ok(Box::new(Kiwix { name: format!("{NAME}:{base}"), base, fetcher: around.fetcher.clone() }))
}

#[async_trait]
impl SearchBackend for Kiwix {
    fn name(&self) -> &str {
        &self.name
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Trouble> {
        let asked = [("pattern", query), ("format", "xml"), ("pageLength", &limit.to_string())];
        let reply = self.fetcher.ask(with_query(&self.base, "/search", &asked)?, &[]).await?;
        welcome(&reply)?;
        let results = Document::parse(&reply.text).ok().filter(|_| reply.status.is_success());
        let results = results.ok_or_else(|| unexpected("results", &reply))?;
        let base = Url::parse(&self.base).ok();
        let hits = results.descendants().filter(|node| node.has_tag_name("item")).filter_map(|item| {
            let text = |name: &str| item.children().find(|node| node.has_tag_name(name)).map(text_of);
            Some(Hit {
                title: text("title")?,
                url: base.as_ref()?.join(&text("link")?).ok()?.into(),
                snippet: text("description").unwrap_or_default(),
                ..Hit::default()
            })
        });
        Ok(hits.take(limit).collect())
    }
}

/// Snippets have their words marked by elements, written out or escaped.
fn text_of(node: Node) -> String {
    plain(&node.descendants().filter(Node::is_text).filter_map(|part| part.text()).collect::<String>())
}
