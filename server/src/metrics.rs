//! What the server counts, for `GET /metrics`: requests and tokens, never what they were about.
//!
//! Names, labels and the text follow <https://prometheus.io/docs/practices/naming/> and
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use std::sync::Arc;

/// Seconds: a page's file takes none, a long answer minutes.
const SECONDS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// The content type of the text.
pub const TEXT: &str = prometheus::TEXT_FORMAT;

/// The server's counters. Clones count into the same ones.
#[derive(Clone)]
pub struct Metrics(Arc<Counters>);

struct Counters {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    answering: IntGauge,
    replies: IntCounterVec,
    reply_seconds: Histogram,
    writing: IntGauge,
    tokens: IntCounterVec,
    runs: IntGauge,
}

/// One more while this is there.
pub struct During(IntGauge);

impl Drop for During {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn during(gauge: &IntGauge) -> During {
    gauge.inc();
    During(gauge.clone())
}

impl Metrics {
    /// # Errors
    /// Two of the names below are the same.
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let seconds = |name: &str, what: &str| HistogramOpts::new(name, what).buckets(SECONDS.to_vec());
        let requests = Opts::new("polymath_http_requests_total", "Requests that were answered");
        let replies = Opts::new("polymath_replies_total", "Replies of the model, by how they ended");
        let tokens = Opts::new("polymath_tokens_total", "Tokens of replies: prompt, of which cached, and completion");
        let counters = Counters {
            registry: Registry::new(),
            requests: IntCounterVec::new(requests, &["method", "route", "status"])?,
            request_seconds: HistogramVec::new(
                seconds("polymath_http_request_seconds", "Until a request's answer began"),
                &["route"],
            )?,
            answering: IntGauge::new("polymath_http_requests_in_flight", "Requests whose answer has not begun")?,
            replies: IntCounterVec::new(replies, &["end"])?,
            reply_seconds: Histogram::with_opts(seconds("polymath_reply_seconds", "How long replies took"))?,
            writing: IntGauge::new("polymath_replies_in_flight", "Replies being written or waiting for their turn")?,
            tokens: IntCounterVec::new(tokens, &["kind"])?,
            runs: IntGauge::new("polymath_runs_in_flight", "Turns of conversations under way")?,
        };
        let registry = &counters.registry;
        registry.register(Box::new(counters.requests.clone()))?;
        registry.register(Box::new(counters.request_seconds.clone()))?;
        registry.register(Box::new(counters.answering.clone()))?;
        registry.register(Box::new(counters.replies.clone()))?;
        registry.register(Box::new(counters.reply_seconds.clone()))?;
        registry.register(Box::new(counters.writing.clone()))?;
        registry.register(Box::new(counters.tokens.clone()))?;
        registry.register(Box::new(counters.runs.clone()))?;
        Ok(Metrics(Arc::new(counters)))
    }

    /// A request is being answered.
    pub fn answering(&self) -> During {
        during(&self.0.answering)
    }

    /// A request's answer has begun. `route` is the pattern of its path: a path itself may say something.
    pub fn answered(&self, method: &str, route: &str, status: u16, seconds: f64) {
        self.0.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.0.request_seconds.with_label_values(&[route]).observe(seconds);
    }

    /// A reply is being written.
    pub fn writing(&self) -> During {
        during(&self.0.writing)
    }

    /// A reply is over.
    pub fn replied(&self, end: &str, seconds: f64) {
        self.0.replies.with_label_values(&[end]).inc();
        self.0.reply_seconds.observe(seconds);
    }

    pub fn tokens(&self, kind: &str, count: usize) {
        self.0.tokens.with_label_values(&[kind]).inc_by(count as u64);
    }

    /// Everything, as Prometheus reads it; `runs` are under way.
    ///
    /// # Errors
    /// A value cannot be written.
    pub fn text(&self, runs: usize) -> Result<String, prometheus::Error> {
        self.0.runs.set(i64::try_from(runs).unwrap_or(i64::MAX));
        TextEncoder::new().encode_to_string(&self.0.registry.gather())
    }
}
