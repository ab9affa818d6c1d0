//! Picks the next token: the best or a drawn one, among those the constraint allows.

use crate::vocabulary::Vocabulary;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use llguidance::Matcher;
use polymath_model::engine::{EngineError, Sampling, TokenLogprob};

/// Last tokens that penalties look at.
const PENALTY_WINDOW: i32 = 512;
/// The same for those of OpenAI's API, which look at the whole reply: no reply is longer.
const WHOLE_REPLY: i32 = 1 << 17;

pub struct Picker {
    matcher: Option<Matcher>,
    /// `None` is greedy.
    chain: Option<LlamaSampler>,
    sampling: Sampling,
    /// The model's own logits of the last pick, where somebody wants to know them.
    logits: Option<Vec<f32>>,
}

impl Picker {
    pub fn new(sampling: &Sampling, matcher: Option<Matcher>, vocabulary: &Vocabulary, logprobs: bool) -> Self {
        let logits = logprobs.then(Vec::new);
        Picker { matcher, chain: chain(sampling, vocabulary), sampling: sampling.clone(), logits }
    }

    /// Whether a constraint is in force and its text is written to the end.
    pub fn is_complete(&self) -> bool {
        self.matcher.as_ref().is_some_and(Matcher::is_stopped)
    }

    /// Goes on without a constraint.
    pub fn release(&mut self) {
        self.matcher = None;
    }

    /// Goes on under a constraint, of whose text `written` stands there already.
    pub fn constrain(&mut self, mut matcher: Matcher, written: &[LlamaToken]) -> Result<(), EngineError> {
        let written: Vec<u32> = written.iter().map(|t| t.0.cast_unsigned()).collect();
        let consumed = matcher.try_consume_tokens(&written).map_err(constraint_error)?;
        // What the model began differently than the grammar knows goes on unconstrained: the
        // parser will say whether it is a call.
        self.matcher = (consumed == written.len()).then_some(matcher);
        Ok(())
    }

    /// From here on, repeating what was `written` is made unlikely, and tokens are drawn.
    pub fn escape(&mut self, written: &[LlamaToken], vocabulary: &Vocabulary) {
        self.sampling.temperature = self.sampling.temperature.max(0.8);
        self.sampling.repeat_penalty = self.sampling.repeat_penalty.max(1.1);
        self.sampling.dry = self.sampling.dry.max(0.8);
        self.chain = chain(&self.sampling, vocabulary);
        if let Some(chain) = &mut self.chain {
            chain.accept_many(written);
        }
    }

    /// The next token, and those that the constraint forces after it. None when the decision is too
    /// `close` to be made from logits that were computed for several tokens at once.
    pub fn pick(&mut self, logits: &[f32], close: Option<f32>) -> Result<Option<Vec<LlamaToken>>, EngineError> {
        if let Some(kept) = &mut self.logits {
            kept.clear();
            kept.extend_from_slice(logits);
        }
        let allowed = match &mut self.matcher {
            Some(matcher) => Some(matcher.compute_mask_or_eos().map_err(constraint_error)?),
            None => None,
        };
        let is_allowed = |id: usize| allowed.as_ref().is_none_or(|mask| mask.is_allowed(id as u32));
        let token = match &mut self.chain {
            None => {
                let (best, margin) = best(logits, is_allowed);
                if close.is_some_and(|close| margin < close) {
                    return Ok(None);
                }
                best
            }
            Some(chain) => {
                let candidates = (0..logits.len())
                    .filter(|id| is_allowed(*id))
                    .map(|id| LlamaTokenData::new(LlamaToken(id as i32), logits[id], 0.0));
                let mut candidates = LlamaTokenDataArray::from_iter(candidates, false);
                candidates.apply_sampler(chain);
                candidates.selected_token()
            }
        };
        let token = token.ok_or_else(|| EngineError::Constraint("it allows no token here".into()))?;
        let mut picked = vec![token];
        if let Some(matcher) = &mut self.matcher {
            matcher.consume_token(token.0.cast_unsigned()).map_err(constraint_error)?;
            if !matcher.is_stopped() {
                picked.extend(matcher.consume_ff_tokens().into_iter().map(|t| LlamaToken(t.cast_signed())));
            }
        }
        if let Some(chain) = &mut self.chain {
            chain.accept_many(&picked);
        }
        Ok(Some(picked))
    }

    /// How likely the model thought the first of `picked`; forced tokens behind it were not asked for
    /// and count as certain.
    pub fn logprobs(&self, picked: &[LlamaToken], top: usize, vocabulary: &Vocabulary) -> Vec<TokenLogprob> {
        let Some(logits) = &self.logits else { return Vec::new() };
        let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = logits.iter().map(|l| (l - best).exp()).sum();
        let logprob = |id: usize| logits[id] - best - sum.ln();
        let mut likeliest: Vec<usize> = (0..logits.len()).collect();
        if top > 0 && top < likeliest.len() {
            likeliest.select_nth_unstable_by(top, |a, b| logits[*b].total_cmp(&logits[*a]));
        }
        likeliest.truncate(top);
        likeliest.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
        let bytes = |id: usize| vocabulary.piece(LlamaToken(id as i32));
        let mut all: Vec<TokenLogprob> = picked
            .iter()
            .map(|t| TokenLogprob { bytes: vocabulary.piece(*t), logprob: 0.0, top: Vec::new() })
            .collect();
        if let (Some(first), Some(token)) = (all.first_mut(), picked.first()) {
            first.logprob = logprob(token.0 as usize);
            first.top = likeliest.into_iter().map(|id| (bytes(id), logprob(id))).collect();
        }
        all
    }
}

/// The likeliest token that is allowed, and by how much it leads the next one.
fn best(logits: &[f32], is_allowed: impl Fn(usize) -> bool) -> (Option<LlamaToken>, f32) {
    let (mut best, mut first, mut second) = (None, f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (id, logit) in logits.iter().enumerate() {
        if *logit > second && is_allowed(id) {
            if *logit > first {
                (best, second, first) = (Some(LlamaToken(id as i32)), first, *logit);
            } else {
                second = *logit;
            }
        }
    }
    (best, first - second)
}

/// The samplers that `sampling` asks for, in the order of llama.cpp's own defaults; none when the
/// best token is simply taken.
fn chain(sampling: &Sampling, vocabulary: &Vocabulary) -> Option<LlamaSampler> {
    let mut samplers = Vec::new();
    if !sampling.logit_bias.is_empty() {
        samplers.push(vocabulary.bias(&sampling.logit_bias));
    }
    if sampling.repeat_penalty != 1.0 {
        samplers.push(vocabulary.penalties(PENALTY_WINDOW, sampling.repeat_penalty));
    }
    let (presence, frequency) = (sampling.presence_penalty, sampling.frequency_penalty);
    if presence != 0.0 || frequency != 0.0 {
        samplers.push(vocabulary.presence(WHOLE_REPLY, presence, frequency));
    }
    if sampling.dry > 0.0 {
        samplers.push(vocabulary.dry(PENALTY_WINDOW, sampling.dry));
    }
    if sampling.temperature > 0.0 {
        if sampling.top_k > 0 {
            samplers.push(LlamaSampler::top_k(sampling.top_k as i32));
        }
        if sampling.top_p < 1.0 {
            samplers.push(LlamaSampler::top_p(sampling.top_p, 1));
        }
        if sampling.min_p > 0.0 {
            samplers.push(LlamaSampler::min_p(sampling.min_p, 1));
        }
        samplers.push(LlamaSampler::temp(sampling.temperature));
        samplers.push(LlamaSampler::dist(sampling.seed));
    } else if !samplers.is_empty() {
        samplers.push(LlamaSampler::greedy());
    }
    (!samplers.is_empty()).then(|| LlamaSampler::chain_simple(samplers))
}

fn constraint_error(e: anyhow::Error) -> EngineError {
    EngineError::Constraint(format!("{e:#}"))
}

/// Whether the last tokens are one short passage over and over: at least six times, and at least
/// 96 tokens long. Real lists differ in something.
pub fn is_looping(tokens: &[LlamaToken]) -> bool {
    const LONGEST: usize = 48;
    (1..=LONGEST).any(|period| {
        let span = (period * 6).max(96);
        tokens.len() > span + period && {
            let tail = &tokens[tokens.len() - span..];
            let before = &tokens[tokens.len() - span - period..tokens.len() - period];
            tail == before
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_seen_and_lists_are_not() {
        let tokens = |f: &dyn Fn(i32) -> i32| (0..400).map(|i| LlamaToken(f(i))).collect::<Vec<_>>();
        assert!(is_looping(&tokens(&|_| 7)));
        assert!(is_looping(&tokens(&|i| i % 20)));
        assert!(!is_looping(&tokens(&|i| if i % 4 == 0 { i } else { 1 })));
    }
}
