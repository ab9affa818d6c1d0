//! Speculation by prompt lookup: much of what a model writes in work with tools it copies from its
//! context (a table, a name, a line of code), so what followed the same few tokens last time is a
//! good guess at what follows now. A guess costs little when it is checked together with the token
//! that is evaluated anyway, and the output is the same with and without it.
//!
//! Source of the method: Saxena, "Prompt Lookup Decoding", <https://github.com/apoorvumang/prompt-lookup-decoding>.

use llama_cpp_2::token::LlamaToken;
use std::collections::HashMap;

/// Tokens in a row that must have stood somewhere before.
const KEY: usize = 3;
/// Places of a key that are compared; the latest ones.
const PLACES: usize = 8;
/// Tokens before a place that are compared.
const BACKWARD: usize = 32;
const SHORTEST: usize = 3;
const LONGEST: usize = 16;

/// The tokens of a sequence so far, and where each few of them stand.
pub struct Lookup {
    tokens: Vec<LlamaToken>,
    /// By the `KEY` tokens before it: the index of what followed.
    places: HashMap<[i32; KEY], Vec<u32>>,
    /// Tokens guessed at once: grows while guesses hold.
    length: usize,
    /// Guesses that were of no use, in a row.
    misses: u32,
    /// Tokens for which nothing is guessed.
    pause: usize,
}

impl Lookup {
    pub fn new(prompt: &[LlamaToken]) -> Self {
        let mut lookup = Lookup { tokens: Vec::new(), places: HashMap::new(), length: 4, misses: 0, pause: 0 };
        lookup.push(prompt);
        lookup
    }

    /// More tokens of the sequence.
    pub fn push(&mut self, tokens: &[LlamaToken]) {
        for token in tokens {
            if let Some(key) = self.key() {
                self.places.entry(key).or_default().push(self.tokens.len() as u32);
            }
            self.tokens.push(*token);
        }
        self.pause = self.pause.saturating_sub(tokens.len());
    }

    fn key(&self) -> Option<[i32; KEY]> {
        self.tokens.last_chunk::<KEY>().map(|key| key.map(|t| t.0))
    }

    /// What may follow: as it went on after the place that is most like this one.
    pub fn guess(&self, at_most: usize) -> Vec<LlamaToken> {
        let at_most = at_most.min(self.length);
        if self.pause > 0 || at_most == 0 {
            return Vec::new();
        }
        let Some(places) = self.key().and_then(|key| self.places.get(&key)) else { return Vec::new() };
        let end = self.tokens.len();
        let alike = |place: u32| {
            let before = self.tokens[..place as usize].iter().rev();
            before.zip(self.tokens[..end].iter().rev()).take(BACKWARD).take_while(|(a, b)| a == b).count()
        };
        let latest = places.iter().rev().take(PLACES).copied();
        // Of equals the latest.
        let best = latest.rev().max_by_key(|place| alike(*place));
        let Some(best) = best else { return Vec::new() };
        self.tokens[best as usize..].iter().take(at_most).copied().collect()
    }

    /// Of `guessed` tokens `right` were right.
    ///
    /// To check four tokens takes about as long as to write one, so guesses pay from two in five.
    pub fn learn(&mut self, guessed: usize, right: usize) {
        if right == guessed {
            self.length = (self.length * 2).min(LONGEST);
            self.misses = 0;
        } else if right * 5 < guessed * 2 {
            self.length = (self.length / 2).max(SHORTEST);
            self.misses += 1;
            // Text that only seems to repeat itself: leave it alone for ever longer.
            self.pause = if self.misses > 1 { 8 << self.misses.min(6) } else { 0 };
        } else {
            self.misses = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().map(|id| LlamaToken(*id)).collect()
    }

    #[track_caller]
    fn check(text: &[i32], expected: &[i32]) {
        assert_eq!(Lookup::new(&tokens(text)).guess(4), tokens(expected));
    }

    #[test]
    fn what_followed_before_is_guessed() {
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3], &[4, 5, 6, 7]);
        check(&[1, 2, 3, 4, 9, 1, 2, 3], &[4, 9, 1, 2]);
        check(&[1, 2, 3, 4, 5], &[]);
        check(&[1, 2], &[]);
    }

    #[test]
    fn the_place_most_alike_wins_over_the_latest() {
        check(&[5, 1, 2, 3, 4, 0, 6, 1, 2, 3, 7, 0, 5, 1, 2, 3], &[4, 0, 6, 1]);
        check(&[5, 1, 2, 3, 4, 0, 6, 1, 2, 3, 7, 0, 8, 1, 2, 3], &[7, 0, 8, 1]);
    }

    #[test]
    fn guesses_that_do_not_hold_stop() {
        let mut lookup = Lookup::new(&tokens(&[1, 2, 3, 4, 5, 1, 2, 3]));
        lookup.learn(4, 0);
        assert!(!lookup.guess(4).is_empty());
        lookup.learn(3, 0);
        assert!(lookup.guess(4).is_empty());
        lookup.push(&tokens(&[9; 40]));
        lookup.push(&tokens(&[1, 2, 3]));
        assert!(!lookup.guess(4).is_empty());
    }
}
