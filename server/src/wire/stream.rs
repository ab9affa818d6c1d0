//! A reply as server-sent events, in whatever shape a protocol has for them.

use crate::error::ApiError;
use crate::generation::{Generations, Progress};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;

/// How long a stream waits for its first sign of life before it begins with status 200. What is
/// wrong with a request shows in that time and gets a status of its own; a long prompt takes longer,
/// and its client wants to see that it is being worked on.
const FIRST_SIGN: Duration = Duration::from_secs(2);

/// Makes a protocol's events of what a generation tells.
pub trait Writer: Send + 'static {
    /// What comes first, whatever the reply will be.
    fn begin(&mut self) -> Vec<Event>;

    /// More of one of the replies.
    fn write(&mut self, reply: usize, progress: Progress) -> Vec<Event>;
}

/// The response to a client that wants its reply as it is written. Dropping it cancels the generation.
///
/// # Errors
/// What was wrong with the request and showed in time.
pub async fn respond(generations: impl Into<Generations>, mut writer: impl Writer) -> Result<Response, ApiError> {
    let mut generations = generations.into();
    let first = match tokio::time::timeout(FIRST_SIGN, generations.next()).await {
        Ok(Some((_, Progress::Failed(error)))) => return Err(error.into()),
        Ok(first) => first,
        Err(_) => None,
    };
    let opening = stream::iter(writer.begin());
    let events = opening.chain(events(generations, first, writer));
    Ok(Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default()).into_response())
}

/// The events of generations to their end.
fn events(
    generations: Generations,
    first: Option<(usize, Progress)>,
    writer: impl Writer,
) -> impl Stream<Item = Event> {
    let state = (generations, first, writer);
    stream::unfold(state, |(mut generations, mut first, mut writer)| async move {
        let (reply, progress) = match first.take() {
            Some(first) => first,
            None => generations.next().await?,
        };
        let events = writer.write(reply, progress);
        Some((stream::iter(events), (generations, first, writer)))
    })
    .flatten()
}
