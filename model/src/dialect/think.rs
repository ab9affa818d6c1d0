//! Reasoning in front of the reply, between two markers, of which the template may have written the
//! first.

use super::{
    ParseCx,
    stream::{Io, Sink},
};

/// The markers around reasoning.
pub(super) struct Markers {
    pub open: &'static str,
    pub close: &'static str,
}

/// What most families use.
pub(super) const TAGS: Markers = Markers { open: "<think>", close: "</think>" };

/// Reads the reasoning at the beginning of the reply, if there is any. One of `calls`, the beginnings
/// of a call, ends it as well when the closing marker never comes: models do forget it.
pub(super) async fn read(io: &Io, cx: &ParseCx, markers: &Markers, calls: &[&str]) {
    let start = io.position();
    io.space().await;
    let opened = io.eat(markers.open).await;
    if !opened && !cx.prompt_ends_with(markers.open) {
        io.seek(start);
        return;
    }
    if !opened {
        io.seek(start);
    }
    inside(io, markers, calls).await;
}

/// Reads on within reasoning, to its end.
pub(super) async fn inside(io: &Io, markers: &Markers, calls: &[&str]) {
    let stops: Vec<&str> = std::iter::once(markers.close).chain(calls.iter().copied()).collect();
    let from = match io.until(&stops, Sink::Reasoning).await {
        None | Some(0) => return,
        Some(stop) => io.position() - stops[stop].len(),
    };
    // Either the model thinks about how calls are written, or it has stopped thinking. Only the
    // closing marker tells, and the end of the reply that it doesn't come.
    let closed = io.until(&[markers.close], Sink::Nothing).await.is_some();
    if closed {
        let passed = io.since(from);
        io.say(Sink::Reasoning, passed.strip_suffix(markers.close).unwrap_or(&passed));
    } else {
        io.seek(from);
    }
}
