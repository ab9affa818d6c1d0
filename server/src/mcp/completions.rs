//! What an argument can be, for clients that offer it while it is typed: conversations, and what is in them.

use super::offer::Offer;
use super::prompts;
use super::resources::{artifacts, templates};
use crate::runs::desk::blocking;
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

/// # Errors
/// There is no such prompt, template or argument.
pub async fn complete(offer: &Offer, request: CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let argument = request.argument;
    let unknown = |what: &str| ErrorData::invalid_params(format!("there is no {what}"), None);
    let all = match request.r#ref {
        Reference::Prompt(prompt) => match prompts::argument(&prompt.name) {
            // Whatever the user has in mind.
            Some(name) if name == argument.name => Vec::new(),
            Some(_) => return Err(unknown(&format!("argument `{}` of the prompt `{}`", argument.name, prompt.name))),
            None => return Err(unknown(&format!("prompt `{}`", prompt.name))),
        },
        Reference::Resource(resource) => {
            if !templates().iter().any(|template| template.uri_template == resource.uri) {
                return Err(unknown(&format!("template `{}`", resource.uri)));
            }
            if !resource.uri.contains(&format!("{{{}}}", argument.name)) {
                return Err(unknown(&format!("argument `{}` of `{}`", argument.name, resource.uri)));
            }
            let given = request.context.and_then(|context| context.arguments).unwrap_or_default();
            let session = given.get("session").cloned();
            let kind = resource.uri.rsplit('/').nth(1).unwrap_or_default().to_owned();
            if argument.name == "session" { sessions(offer).await } else { names(offer, session, kind).await }
        }
        _ => return Err(unknown("such reference")),
    };
    let mut fitting: Vec<String> = all.into_iter().filter(|value| value.starts_with(&argument.value)).collect();
    let total = u32::try_from(fitting.len()).ok();
    let has_more = fitting.len() > CompletionInfo::MAX_VALUES;
    fitting.truncate(CompletionInfo::MAX_VALUES);
    let told = CompletionInfo::with_pagination(fitting, total, has_more);
    told.map(CompleteResult::new).map_err(|why| ErrorData::internal_error(why, None))
}

/// Ids of all conversations, the last one used first.
async fn sessions(offer: &Offer) -> Vec<String> {
    let store = offer.store.clone();
    let infos = blocking(move || Ok(store.list()?)).await;
    infos.unwrap_or_default().into_iter().map(|info| info.id).collect()
}

/// What a conversation has of this kind; nothing where none is named.
async fn names(offer: &Offer, session: Option<String>, kind: String) -> Vec<String> {
    let Some(session) = session else { return Vec::new() };
    let store = offer.store.clone();
    let Ok(record) = blocking(move || Ok(store.export(&session)?)).await else { return Vec::new() };
    match kind.as_str() {
        "pages" => (1..=record.chat.sources.len()).map(|n| n.to_string()).collect(),
        "tables" => (1..=record.chat.tables.len()).map(|n| format!("t{n}")).collect(),
        _ => artifacts(record.events.iter().map(|e| &e.event)).into_iter().map(|artifact| artifact.name).collect(),
    }
}
