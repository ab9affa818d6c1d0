//! `ask`: a whole turn of the agent as one tool. Its steps are told as progress, cancelling it ends the turn,
//! and its answer comes with its sources and what is known of each figure.

use super::offer::Offer;
use super::{resources, tools};
use crate::error::ApiError;
use crate::runs::desk::{Ask, Terms};
use crate::runs::follow::Follow;
use crate::runs::live::Live;
use polymath_agent::check_arguments;
use polymath_chat::{Event, FigureStatus, ToolFailure, ToolSpec};
use rmcp::model::{CallToolResult, ContentBlock, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use serde_json::{Value, json};

pub const NAME: &str = "ask";
/// Characters of a call that progress shows.
const SHOWN: usize = 160;

pub fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: "Has a language model on this computer answer a question with the other tools: it searches, reads, \
                      calculates, runs programs, and answers with its sources. Takes up to some minutes; tells its steps \
                      as progress."
            .into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "question": {"type": "string", "minLength": 1, "description": "What is to be answered or done"},
                "session": {"type": "string", "description": "A conversation to go on with: the `session` of an answer"},
            },
            "required": ["question"],
            "additionalProperties": false,
        }),
        raw_argument: None,
        stateful: true,
    }
}

/// The result, and the conversation in which it was asked, where there is one.
pub async fn ask(
    offer: &Offer,
    arguments: Value,
    context: RequestContext<RoleServer>,
) -> (CallToolResult, Option<String>) {
    let begun = tokio::select! {
        begun = begin(offer, &arguments) => begun,
        () = context.ct.cancelled() => Err(ToolFailure::new("interrupted", "the caller cancelled this call")),
    };
    match begun {
        Err(failure) => (tools::failed(&failure), None),
        Ok((session, live)) => {
            let events = follow(&live, context).await;
            (result(&session, live.turn, &events), Some(session))
        }
    }
}

async fn begin(offer: &Offer, arguments: &Value) -> Result<(String, std::sync::Arc<Live>), ToolFailure> {
    check_arguments(&spec().parameters, arguments)?;
    let desk = offer.desk().await.map_err(|why| ToolFailure::new("unavailable", why))?;
    let text = |name: &str| arguments[name].as_str().map(str::to_owned);
    let ask = Ask { question: text("question").unwrap_or_default(), session: text("session"), files: Vec::new() };
    let begun = desk.start_with(ask, Terms { unattended: true, ..Terms::default() }).await;
    begun.map_err(|error: ApiError| ToolFailure::new(error.code.unwrap_or("arguments"), error.message))
}

/// Tells a turn's steps until it is over; its events. When the client cancels, the turn is ended.
async fn follow(live: &Live, context: RequestContext<RoleServer>) -> Vec<Event> {
    let mut told = Told { token: context.meta.get_progress_token(), peer: context.peer, count: 0 };
    let mut follow = Follow::new(live);
    loop {
        let next = tokio::select! {
            next = follow.next() => next,
            () = context.ct.cancelled(), if !live.cancel.is_cancelled() => {
                live.cancel.cancel();
                continue;
            }
        };
        match next {
            Some(event) => told.tell(&event).await,
            None => return live.events(),
        }
    }
}

/// What a client was told that wants to be told.
struct Told {
    token: Option<ProgressToken>,
    peer: Peer<RoleServer>,
    count: u32,
}

impl Told {
    async fn tell(&mut self, event: &Event) {
        let (Some(token), Some(message)) = (&self.token, line(event)) else { return };
        self.count += 1;
        let progress = ProgressNotificationParam::new(token.clone(), f64::from(self.count)).with_message(message);
        // Who does not listen gets the result all the same.
        let _ = self.peer.notify_progress(progress).await;
    }
}

/// An event in a line; nothing where it is none of a client's business.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Step { step } => format!("step {step}"),
        Event::Call { tool, arguments, .. } => {
            let arguments = arguments.to_string();
            let shown = arguments.char_indices().nth(SHOWN).map_or(arguments.as_str(), |(end, _)| &arguments[..end]);
            format!("{tool} {shown}")
        }
        Event::Result { ok, ms, .. } => format!("{} after {ms} ms", if *ok { "done" } else { "failed" }),
        Event::Said { text } | Event::Notice { text } => text.clone(),
        _ => return None,
    })
}

/// A turn that is over, as a result.
fn result(session: &str, turn: u32, events: &[Event]) -> CallToolResult {
    let stop = events.iter().rev().find_map(|event| match event {
        Event::Done { stop, .. } => Some(json!(stop)),
        _ => None,
    });
    let (Some(stop), Some((text, citations, figures))) = (stop, answer(events)) else {
        let why = events.iter().rev().find_map(|event| match event {
            Event::Error { message, .. } => Some(message.as_str()),
            _ => None,
        });
        let why = why.unwrap_or("the turn was cut off before it had an answer");
        return tools::failed(&ToolFailure::new("failed", format!("{why} (session {session}, turn {turn})")));
    };
    let tables: Vec<Value> = events
        .iter()
        .filter_map(|event| match event {
            Event::Table { table } => Some(json!(table)),
            _ => None,
        })
        .collect();
    let artifacts = resources::artifacts(events);
    let mut said = text.clone();
    for source in &citations {
        said.push_str(&format!("\n[{}] {} {}", source.n, source.title, source.url));
    }
    let unverified = figures.iter().filter(|figure| figure.status == FigureStatus::Unverified);
    let unverified: Vec<&str> = unverified.map(|figure| figure.text.as_str()).collect();
    if !unverified.is_empty() {
        said.push_str(&format!("\nNot found in any source: {}", unverified.join(", ")));
    }
    said.push_str(&format!("\n(session {session})"));
    let links = artifacts.iter().map(|artifact| resources::of_session(session, artifact));
    let links: Vec<_> = links.map(ContentBlock::resource_link).collect();
    let mut result = CallToolResult::success(std::iter::once(ContentBlock::text(said)).chain(links).collect());
    let named = |artifact: &polymath_chat::Artifact| {
        json!({
            "name": artifact.name,
            "mime": artifact.mime,
            "bytes": artifact.bytes,
            "uri": resources::of_session(session, artifact).uri,
        })
    };
    result.structured_content = Some(json!({
        "answer": text,
        "citations": citations,
        "figures": figures,
        "tables": tables,
        "artifacts": artifacts.iter().map(named).collect::<Vec<_>>(),
        "session": session,
        "turn": turn,
        "stop": stop,
    }));
    result
}

type Answer = (String, Vec<polymath_chat::Citation>, Vec<polymath_chat::Figure>);

fn answer(events: &[Event]) -> Option<Answer> {
    events.iter().rev().find_map(|event| match event {
        Event::Answer { text, citations, figures } => Some((text.clone(), citations.clone(), figures.clone())),
        _ => None,
    })
}
