//! Picks the next token: the best or a drawn one, among those the constraint allows.

use crate::engine::{EngineError, Sampling};
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use llguidance::Matcher;

pub struct Picker {
    matcher: Option<Matcher>,
    /// `None` is greedy.
    chain: Option<LlamaSampler>,
}

impl Picker {
    pub fn new(sampling: &Sampling, matcher: Option<Matcher>) -> Self {
        let chain = (sampling.temperature > 0.0).then(|| {
            LlamaSampler::chain_simple([
                LlamaSampler::top_p(sampling.top_p, 1),
                LlamaSampler::temp(sampling.temperature),
                LlamaSampler::dist(sampling.seed),
            ])
        });
        Picker { matcher, chain }
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

    /// The next token, and those that the constraint forces after it.
    pub fn pick(&mut self, logits: &[f32]) -> Result<Vec<LlamaToken>, EngineError> {
        let allowed = match &mut self.matcher {
            Some(matcher) => Some(matcher.compute_mask_or_eos().map_err(constraint_error)?),
            None => None,
        };
        let is_allowed = |id: usize| allowed.as_ref().is_none_or(|mask| mask.is_allowed(id as u32));
        let token = match &mut self.chain {
            None => {
                let best =
                    (0..logits.len()).filter(|id| is_allowed(*id)).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
                best.map(|id| LlamaToken(id as i32))
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
        Ok(picked)
    }
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
