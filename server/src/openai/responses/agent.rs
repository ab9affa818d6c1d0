//! A response with built-in tools: a turn of our agent with our tools, told as items. Whoever goes on from it
//! goes on with its conversation. A client that goes away ends the turn.
//!
//! What the model writes on its way is no item: the answer comes when its figures and citations are checked.

use super::output::{End, Writing};
use super::request::AgentRequest;
use crate::app::App;
use crate::error::ApiError;
use crate::runs::desk::{Ask, Terms};
use crate::runs::follow::Follow;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response};
use futures::stream::{self, StreamExt};
use polymath_chat::{Citation, Event, Stop};
use polymath_model::engine::TokenUsage;
use serde_json::{Value, json};
use std::convert::Infallible;
use tokio_util::sync::DropGuard;

/// Runs the turn.
pub async fn respond(app: &App, request: AgentRequest, stream: bool, writing: Writing) -> Result<Response, ApiError> {
    let AgentRequest { question, session, tools, files, sampling } = request;
    let desk = app.desk()?;
    // The first of each kind's is the one that it is about.
    for name in ["browser_search", "python"].iter().filter(|name| tools.iter().any(|tool| tool == **name)) {
        if desk.agent.tools.get(name).is_none() {
            let message = format!("this server runs without the tool `{name}`; leave out what needs it");
            return Err(ApiError::invalid("tools", message));
        }
    }
    let ask = Ask { question, session, files };
    let terms = Terms { tools: Some(tools), sampling: Some(sampling), unattended: true };
    let (session, live) = desk.start_with(ask, terms).await?;
    let follow = Follow::new(&live);
    let guard = live.cancel.clone().drop_guard();
    let mut turn = Turn { writing, session, calls: Vec::new(), usage: TokenUsage::default(), end: None };
    if stream {
        return Ok(streamed(turn, follow, guard));
    }
    let mut follow = follow;
    while let Some(event) = follow.next().await {
        turn.tell(event);
    }
    turn.over();
    guard.disarm();
    Ok(Json(turn.writing.response()).into_response())
}

fn streamed(mut turn: Turn, follow: Follow, guard: DropGuard) -> Response {
    let opening = stream::iter(turn.writing.opening());
    let state = Some((turn, follow, guard));
    let rest = stream::unfold(state, |state| async move {
        let (mut turn, mut follow, guard) = state?;
        match follow.next().await {
            Some(event) => {
                let sent = turn.tell(event);
                Some((stream::iter(sent), Some((turn, follow, guard))))
            }
            None => {
                guard.disarm();
                Some((stream::iter(turn.over()), None))
            }
        }
    });
    let events = opening.chain(rest.flatten()).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// A call that has no result yet.
struct Call {
    id: String,
    /// Its place among the items.
    at: usize,
    item: Value,
}

struct Turn {
    writing: Writing,
    session: String,
    calls: Vec<Call>,
    usage: TokenUsage,
    end: Option<End>,
}

impl Turn {
    fn tell(&mut self, event: Event) -> Vec<Sent> {
        let mut sent = Vec::new();
        match event {
            Event::Call { id, tool, arguments } => self.call(id, &tool, &arguments, &mut sent),
            Event::Result { id, ok, content, .. } => self.result(&id, ok, content, &mut sent),
            Event::Answer { text, citations, .. } => self.writing.say(&text, citing(&text, &citations), &mut sent),
            Event::Prefill { new_tokens, cached_tokens, .. } => {
                self.usage.prompt += new_tokens + cached_tokens;
                self.usage.cached += cached_tokens;
            }
            Event::Done { stop, tokens, .. } => {
                self.usage.completion = tokens;
                self.end = Some(match stop {
                    Stop::Answer => End::Whole,
                    Stop::StepLimit | Stop::Deadline | Stop::Repetition => End::Cut,
                    Stop::Interrupted => End::Failed("the turn was interrupted".into()),
                    Stop::Error => End::Failed("the turn came to no answer".into()),
                });
            }
            Event::Error { message, .. } => self.end = Some(End::Failed(message)),
            _ => {}
        }
        sent
    }

    fn over(&mut self) -> Vec<Sent> {
        let end = self.end.take().unwrap_or_else(|| End::Failed("the turn was cut off".into()));
        self.writing.over(end, self.usage, Some(self.session.clone()))
    }

    /// Other tools than these two kinds have no items in this protocol.
    fn call(&mut self, id: String, tool: &str, arguments: &Value, sent: &mut Vec<Sent>) {
        let text = |name: &str| arguments[name].as_str().unwrap_or_default();
        let search = |action: Value| json!({"type": "web_search_call", "status": "in_progress", "action": action});
        let mut item = match tool {
            "browser_search" => search(json!({"type": "search", "query": text("query")})),
            "browser_open" => {
                // A number opens a result of a search: no address.
                let target =
                    arguments["target"].as_str().map_or_else(|| arguments["target"].to_string(), str::to_owned);
                search(json!({"type": "open_page", "url": target}))
            }
            "browser_find" => search(json!({"type": "find_in_page", "pattern": text("pattern"), "url": ""})),
            "python" => {
                let (container, code) = (&self.session, text("code"));
                json!({"type": "code_interpreter_call", "status": "in_progress", "container_id": container, "code": code, "outputs": null})
            }
            _ => return,
        };
        let is_code = tool == "python";
        item["id"] = json!(super::output::id(if is_code { "ci" } else { "ws" }));
        let at = self.writing.add(item.clone(), sent);
        self.stage(at, &item, "in_progress", sent);
        if is_code {
            let place = |field: &str| json!({"item_id": item["id"], "output_index": at, field: item["code"]});
            sent.push(self.writing.event("response.code_interpreter_call_code.delta", place("delta")));
            sent.push(self.writing.event("response.code_interpreter_call_code.done", place("code")));
        }
        self.stage(at, &item, if is_code { "interpreting" } else { "searching" }, sent);
        self.calls.push(Call { id, at, item });
    }

    fn result(&mut self, id: &str, ok: bool, content: String, sent: &mut Vec<Sent>) {
        let Some(i) = self.calls.iter().position(|call| call.id == id) else { return };
        let Call { at, mut item, .. } = self.calls.remove(i);
        item["status"] = json!(if ok { "completed" } else { "failed" });
        if item["type"] == "code_interpreter_call" {
            item["outputs"] = json!([{"type": "logs", "logs": content}]);
        }
        self.stage(at, &item, "completed", sent);
        self.writing.finish(at, item, sent);
    }

    /// `response.web_search_call.searching` and its like.
    fn stage(&mut self, at: usize, item: &Value, stage: &str, sent: &mut Vec<Sent>) {
        let kind = item["type"].as_str().unwrap_or_default();
        let place = json!({"item_id": item["id"], "output_index": at});
        sent.push(self.writing.event(&format!("response.{kind}.{stage}"), place));
    }
}

/// Where an answer cites pages: each `[n]` in it, by the letters before.
fn citing(text: &str, citations: &[Citation]) -> Vec<Value> {
    let mut found = Vec::new();
    for citation in citations {
        let mark = format!("[{}]", citation.n);
        for (at, _) in text.match_indices(&mark) {
            let start = text[..at].chars().count();
            found.push((start, mark.chars().count(), citation));
        }
    }
    found.sort_by_key(|(start, ..)| *start);
    let told = |(start, length, citation): (usize, usize, &Citation)| {
        let (url, title) = (&citation.url, &citation.title);
        json!({"type": "url_citation", "start_index": start, "end_index": start + length, "url": url, "title": title})
    };
    found.into_iter().map(told).collect()
}
