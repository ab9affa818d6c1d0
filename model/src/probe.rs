//! Finds out which way of calling functions a model obeys: its own template's, one that a system
//! prompt teaches it, or calls decided in questions of their own. Small models differ in this from
//! what their makers say, and long prompts make them forget (kronk#950), so it is measured: with a
//! few cases of the evaluation, alone and behind eight thousand tokens of other text.
//!
//! The verdict is kept by the file's fingerprint, so it holds for the file wherever it lies.

use crate::calls::CallWay;
use crate::engine::{Engine, EngineError, ReplyRequest, Rules, Sampling};
use crate::eval::{self, Case, Kind, prose};
use crate::store::fingerprint;
use polymath_chat::{Message, ToolSpec};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Cases of each kind: alone, and behind a long text.
const SHORT: usize = 4;
const LONG: usize = 5;
/// Tokens of the long text; less where the context is small.
const LONG_TOKENS: usize = 8000;
/// Tokens left for functions, question and calls.
const REST: usize = 2500;

/// How well a way of calling does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    pub way: CallWay,
    /// Of `short_of` cases alone.
    pub short: usize,
    pub short_of: usize,
    /// Of `long_of` cases behind `long_tokens` tokens of text.
    pub long: usize,
    pub long_of: usize,
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub scores: Vec<Score>,
    pub long_tokens: usize,
    /// The way that is taken from now on.
    pub chosen: CallWay,
}

#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the evaluation's own cases cannot be read: {0}")]
    Cases(#[from] serde_json::Error),
    #[error("cannot keep the verdict in {path}: {source}")]
    Keep { path: PathBuf, source: std::io::Error },
}

/// The verdict on this model file, if it was probed; an unreadable one counts as none.
pub fn verdict(home: &Path, model: &Path) -> Option<Verdict> {
    let text = std::fs::read_to_string(place(home, model).ok()?).ok()?;
    serde_json::from_str(&text).ok()
}

fn place(home: &Path, model: &Path) -> std::io::Result<PathBuf> {
    Ok(home.join("probes").join(format!("{}.json", fingerprint(model)?)))
}

/// Keeps a verdict for [`verdict`] to find.
pub fn keep(home: &Path, model: &Path, verdict: &Verdict) -> Result<(), ProbeError> {
    let path = place(home, model).map_err(|source| ProbeError::Keep { path: model.to_owned(), source })?;
    let failed = |source| ProbeError::Keep { path: path.clone(), source };
    std::fs::create_dir_all(home.join("probes")).map_err(failed)?;
    // Beside and renamed: another process never reads half of it.
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&beside, serde_json::to_vec_pretty(verdict)?).map_err(failed)?;
    std::fs::rename(&beside, &path).map_err(failed)
}

/// Tries all ways with the model that `load` loads so that it calls in one of them; `tell` hears of
/// each case. `load` blocks for the time of the load.
pub async fn probe<L>(load: L, cancel: CancellationToken, tell: &(dyn Fn(&str) + Sync)) -> Result<Verdict, ProbeError>
where
    L: Fn(CallWay) -> Result<Box<dyn Engine>, EngineError> + Clone + Send + 'static,
{
    let short: Vec<Case> = [Kind::One, Kind::Choice, Kind::Several]
        .map(|kind| Ok(spread(eval::cases(kind)?, SHORT)))
        .into_iter()
        .collect::<Result<Vec<_>, serde_json::Error>>()?
        .concat();
    let long = spread(eval::cases(Kind::One)?, LONG);
    // The functions of all cases at once: what stands before the questions is the same for all.
    let tools: Vec<ToolSpec> = long.iter().flat_map(|c| c.tools.clone()).collect();
    let mut scores = Vec::new();
    let mut long_tokens = 0;
    for way in CallWay::ALL {
        let load = load.clone();
        let engine = tokio::task::spawn_blocking(move || load(way))
            .await
            .map_err(|e| EngineError::Failed(format!("the load was stopped: {e}")))??;
        let mut score = Score { way, short: 0, short_of: short.len(), long: 0, long_of: long.len() };
        for case in &short {
            let messages = [Message::user(case.question.as_str())];
            score.short += usize::from(tried(&*engine, case, (&messages, &case.tools), &cancel).await?);
            tell(way.name());
        }
        long_tokens = LONG_TOKENS.min(engine.info().context.saturating_sub(REST));
        for case in &long {
            let before = [Message::user(prose(long_tokens)), Message::assistant("They are about many things.")];
            let messages = [before.as_slice(), &[Message::user(case.question.as_str())]].concat();
            score.long += usize::from(tried(&*engine, case, (&messages, &tools), &cancel).await?);
            tell(way.name());
        }
        scores.push(score);
    }
    let chosen = choose(&scores);
    Ok(Verdict { scores, long_tokens, chosen })
}

/// How many times `tell` is called by [`probe`].
pub fn trials() -> usize {
    CallWay::ALL.len() * (3 * SHORT + LONG)
}

/// So many cases from all over the list.
fn spread(cases: Vec<Case>, count: usize) -> Vec<Case> {
    let step = (cases.len() / count).max(1);
    cases.into_iter().step_by(step).take(count).collect()
}

async fn tried(
    engine: &dyn Engine,
    case: &Case,
    (messages, tools): (&[Message], &[ToolSpec]),
    cancel: &CancellationToken,
) -> Result<bool, EngineError> {
    let (events, _inbox) = unbounded_channel();
    let request = ReplyRequest {
        conversation: "probe",
        messages,
        tools,
        rules: Rules::free(eval::MAX_TOKENS),
        sampling: Sampling::default(),
        cancel: cancel.clone(),
        events,
    };
    let reply = engine.reply(request).await?;
    Ok(eval::check(&case.expected, &reply.message.calls).is_ok())
}

/// The way that does best where it does worst; of equals the first, which needs least.
fn choose(scores: &[Score]) -> CallWay {
    let worth = |s: &Score| {
        let (short, long) = (s.short * s.long_of.max(1), s.long * s.short_of.max(1));
        (short.min(long), short + long)
    };
    let best = scores.iter().rev().max_by_key(|s| worth(s));
    best.map_or(CallWay::Template, |s| s.way)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn score(way: CallWay, short: usize, long: usize) -> Score {
        Score { way, short, short_of: 12, long, long_of: 5 }
    }

    #[test]
    fn the_way_that_holds_at_both_lengths_is_chosen() {
        let [template, taught, decided] = CallWay::ALL;
        assert_eq!(choose(&[score(template, 12, 0), score(taught, 6, 3), score(decided, 9, 4)]), decided);
        assert_eq!(choose(&[score(template, 9, 4), score(taught, 9, 4), score(decided, 9, 4)]), template);
        assert_eq!(choose(&[score(template, 12, 5), score(taught, 0, 0), score(decided, 11, 5)]), template);
    }

    #[test]
    fn a_verdict_is_found_again_by_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("m.gguf");
        std::fs::write(&model, "weights").unwrap();
        assert_eq!(verdict(dir.path(), &model), None);
        let kept = Verdict { scores: vec![score(CallWay::Taught, 3, 2)], long_tokens: 8000, chosen: CallWay::Taught };
        keep(dir.path(), &model, &kept).unwrap();
        assert_eq!(verdict(dir.path(), &model), Some(kept));
        std::fs::write(&model, "other weights").unwrap();
        assert_eq!(verdict(dir.path(), &model), None);
    }
}
