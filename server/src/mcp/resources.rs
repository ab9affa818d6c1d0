//! What a client may read: pages, tables and files of conversations, and files that its own calls made.
//!
//! ```text
//! polymath://sessions/ID/pages/N           a page that answers cite as [N], as text
//! polymath://sessions/ID/tables/tN         a table with the origin of each cell, as JSON
//! polymath://sessions/ID/artifacts/NAME    a file that a tool made
//! polymath://files/NAME                    a file that a call of this connection made
//! ```
//! Listed are those of the conversations in which this connection asked; any conversation's can be read.

use super::offer::Offer;
use crate::runs::desk::blocking;
use crate::runs::files::{artifact_of, read_file};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use polymath_agent::session::SessionRecord;
use polymath_chat::{Artifact, Event};
use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

/// Bytes of a file that is sent whole.
const LARGEST: u64 = 16 << 20;

/// What came about over a connection: its resources.
#[derive(Default, Clone)]
pub struct Seen {
    /// Files that tools made.
    pub made: Vec<Artifact>,
    /// Conversations in which something was asked.
    pub asked: Vec<String>,
}

/// An address below `polymath://`; whatever is in the parts is escaped.
fn address(kind: &str, parts: &[&str]) -> String {
    let mut url = url::Url::parse(&format!("polymath://{kind}")).unwrap_or_else(|_| unreachable!("a plain word"));
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(parts);
    }
    url.into()
}

/// A file of a call as a resource.
pub fn made(artifact: &Artifact) -> Resource {
    file(address("files", &[&artifact.name]), artifact)
}

/// A file of a conversation as a resource.
pub fn of_session(session: &str, artifact: &Artifact) -> Resource {
    file(address("sessions", &[session, "artifacts", &artifact.name]), artifact)
}

fn file(uri: String, artifact: &Artifact) -> Resource {
    Resource::new(uri, &artifact.name).with_mime_type(&artifact.mime).with_size(artifact.bytes)
}

/// The files that were made, the latest of each name.
pub fn artifacts<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Artifact> {
    let mut found: Vec<Artifact> = Vec::new();
    for event in events {
        if let Event::Artifact { artifact } = event {
            found.retain(|old| old.name != artifact.name);
            found.push(artifact.clone());
        }
    }
    found
}

pub fn templates() -> Vec<ResourceTemplate> {
    let of = |path: &str, name: &str, what: &str| {
        ResourceTemplate::new(format!("polymath://sessions/{{session}}/{path}"), name).with_description(what)
    };
    vec![
        of("pages/{n}", "page", "The text of the page that answers cite as [n]"),
        of("tables/{name}", "table", "A table (t1, t2, …) with where each cell comes from")
            .with_mime_type("application/json"),
        of("artifacts/{name}", "artifact", "A file that a tool made"),
    ]
}

/// The resources that came about over a connection.
pub async fn list(offer: &Offer, seen: Seen) -> Vec<Resource> {
    let store = offer.store.clone();
    let Seen { made: files, asked } = seen;
    let records = blocking(move || Ok(asked.iter().filter_map(|id| store.export(id).ok()).collect::<Vec<_>>()));
    // What cannot be read has no resources; asking for one of them says why.
    let records = records.await.unwrap_or_default();
    records.iter().flat_map(of_record).chain(files.iter().map(made)).collect()
}

fn of_record(record: &SessionRecord) -> Vec<Resource> {
    let id = record.info.id.as_str();
    let pages = record.chat.sources.iter().zip(1..).map(|(page, n): (_, usize)| {
        let uri = address("sessions", &[id, "pages", &n.to_string()]);
        Resource::new(uri, format!("[{n}] {}", page.title)).with_description(&page.url).with_mime_type("text/plain")
    });
    let tables = record.chat.tables.iter().zip(1..).map(|(table, n): (_, usize)| {
        let uri = address("sessions", &[id, "tables", &format!("t{n}")]);
        let columns = table.columns.join(" | ");
        Resource::new(uri, format!("t{n} {}", table.title)).with_description(columns).with_mime_type("application/json")
    });
    let files = artifacts(record.events.iter().map(|e| &e.event));
    pages.chain(tables).chain(files.iter().map(|file| of_session(id, file))).collect()
}

/// # Errors
/// There is no such thing, which the message says with what there is instead.
pub async fn read(offer: &Offer, seen: Seen, uri: String) -> Result<ReadResourceResult, ErrorData> {
    let missing = |why: String| ErrorData::resource_not_found(why, Some(json!({"uri": uri})));
    let parts = parts(&uri).ok_or_else(|| missing(format!("`{uri}` is no address of a resource here")))?;
    let store = offer.store.clone();
    let shown = uri.clone();
    let read = blocking(move || {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts[..] {
            ["files", name] => {
                let artifact = seen.made.iter().find(|artifact| artifact.name == name);
                Ok(artifact.map(|artifact| content(artifact, &shown)).transpose()?)
            }
            ["sessions", id, kind, name] => of(&store.export(id)?, kind, name, &shown),
            _ => Ok(None),
        }
    });
    match read.await {
        Ok(Some(content)) => Ok(ReadResourceResult::new(vec![content])),
        Ok(None) => Err(missing(format!("there is no `{uri}`; resources/list has what there is"))),
        Err(error) => Err(missing(error.message)),
    }
}

/// The parts of an address, as they were before they were escaped.
fn parts(uri: &str) -> Option<Vec<String>> {
    let url = url::Url::parse(uri).ok().filter(|url| url.scheme() == "polymath")?;
    let segments = url.path_segments()?.map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned()));
    std::iter::once(Some(url.host_str()?.to_owned())).chain(segments).collect()
}

type Found = Result<Option<ResourceContents>, crate::error::ApiError>;

/// A thing of a conversation.
fn of(record: &SessionRecord, kind: &str, name: &str, uri: &str) -> Found {
    let nth = |text: &str| text.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    Ok(match kind {
        "pages" => nth(name).and_then(|at| record.chat.sources.get(at)).map(|page| {
            let text = format!("{}\n{}\n\n{}", page.title, page.url, page.text);
            ResourceContents::text(text, uri).with_mime_type("text/plain")
        }),
        "tables" => name
            .strip_prefix('t')
            .and_then(nth)
            .and_then(|at| record.chat.tables.get(at))
            .map(|table| ResourceContents::text(json!(table).to_string(), uri).with_mime_type("application/json")),
        "artifacts" => artifact_of(record, &[], name).map(|artifact| content(&artifact, uri)).transpose()?,
        _ => None,
    })
}

fn content(artifact: &Artifact, uri: &str) -> Result<ResourceContents, crate::error::ApiError> {
    let bytes = read_file(artifact, LARGEST)?;
    let is_text =
        artifact.mime.starts_with("text/") || artifact.mime.ends_with("json") || artifact.mime.ends_with("xml");
    let content = match String::from_utf8(bytes) {
        Ok(text) if is_text => ResourceContents::text(text, uri),
        Ok(text) => ResourceContents::blob(BASE64_STANDARD.encode(text), uri),
        Err(other) => ResourceContents::blob(BASE64_STANDARD.encode(other.into_bytes()), uri),
    };
    Ok(content.with_mime_type(&artifact.mime))
}
