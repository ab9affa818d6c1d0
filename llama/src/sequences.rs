//! Which tokens stand in which sequence of the KV cache, and where a new prompt goes.
//!
//! A prompt goes on with the sequence it extends. Where it only shares a beginning with one, that
//! beginning is shared: the cells of the cache then belong to both sequences and are stored once.
//! When room runs out, the sequence that nobody has used for longest gives way, tasks first.

use crate::job::Kind;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::token::LlamaToken;
use polymath_model::engine::EngineError;

/// Sequences of a context: jobs at once, and beginnings kept.
pub const SEQUENCES: usize = 16;

/// Tokens of another conversation's tail that are not worth a sequence of their own.
const TRIFLE: usize = 32;

#[derive(Default)]
struct Sequence {
    tokens: Vec<LlamaToken>,
    /// The cell of each token, by a number of our own: sequences that share a beginning have the same.
    cells: Vec<u64>,
    kind: Option<Kind>,
    busy: bool,
    /// Tick of the last use.
    used: u64,
}

/// The sequences of one context.
pub struct Sequences {
    all: Vec<Sequence>,
    tick: u64,
    /// Number of the next cell.
    next_cell: u64,
    /// Whether a part of a sequence can be forgotten or shared; a recurrent state cannot.
    divisible: bool,
}

impl Sequences {
    pub fn new(divisible: bool) -> Self {
        Sequences { all: (0..SEQUENCES).map(|_| Sequence::default()).collect(), tick: 0, next_cell: 0, divisible }
    }

    pub fn divisible(&self) -> bool {
        self.divisible
    }

    pub fn tokens(&self, sequence: usize) -> &[LlamaToken] {
        &self.all[sequence].tokens
    }

    /// Cells that jobs hold; those that several share count once.
    pub fn busy_cells(&self) -> usize {
        let busy: Vec<&[u64]> = self.all.iter().filter(|s| s.busy).map(|s| s.cells.as_slice()).collect();
        distinct(&busy)
    }

    /// How much of the beginning of `prompt` stands in the cells of jobs.
    pub fn shared(&self, prompt: &[LlamaToken]) -> usize {
        self.all.iter().filter(|s| s.busy).map(|s| self.common(s, prompt)).max().unwrap_or(0)
    }

    /// How much of the beginning of `prompt` some sequence holds.
    pub fn known(&self, prompt: &[LlamaToken]) -> usize {
        self.all.iter().map(|s| self.common(s, prompt)).max().unwrap_or(0)
    }

    fn common(&self, sequence: &Sequence, prompt: &[LlamaToken]) -> usize {
        let common = sequence.tokens.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        let whole = common == sequence.tokens.len() && common < prompt.len() && !sequence.busy;
        if self.divisible || whole { common } else { 0 }
    }

    /// Gives `prompt` a sequence that holds as much of its beginning as is known, and says how much.
    /// None while all sequences are busy. At least the prompt's last token is left to evaluate.
    pub fn place(&mut self, llama: &mut LlamaContext<'_>, prompt: &[LlamaToken], kind: Kind) -> Option<(usize, usize)> {
        let best = (0..self.all.len()).max_by_key(|i| {
            let sequence = &self.all[*i];
            (self.common(sequence, prompt), !sequence.busy, std::cmp::Reverse(sequence.tokens.len()))
        })?;
        let common = self.common(&self.all[best], prompt).min(prompt.len() - 1);
        let source = &self.all[best];
        let goes_on = !source.busy
            && common > 0
            && (source.kind == Some(Kind::Task) || source.tokens.len() - common <= TRIFLE || !self.divisible);
        let chosen = if goes_on {
            self.truncate(llama, best, common);
            best
        } else {
            let free = (0..self.all.len()).filter(|i| !self.all[*i].busy && *i != best);
            let free = free.min_by_key(|i| self.worth(*i)).or((!self.all[best].busy).then_some(best))?;
            if free == best {
                self.truncate(llama, best, common);
            } else {
                self.clear(llama, free);
                self.share(llama, best, free, common);
            }
            free
        };
        self.tick += 1;
        let common = self.all[chosen].tokens.len();
        let sequence = &mut self.all[chosen];
        (sequence.busy, sequence.kind, sequence.used) = (true, Some(kind), self.tick);
        Some((chosen, common))
    }

    /// What is lost least when it is lost comes first.
    fn worth(&self, sequence: usize) -> (bool, Option<Kind>, u64) {
        let sequence = &self.all[sequence];
        (!sequence.tokens.is_empty(), sequence.kind, sequence.used)
    }

    /// Lets `to`, which is empty, begin like `from`.
    pub fn share(&mut self, llama: &mut LlamaContext<'_>, from: usize, to: usize, length: usize) {
        if length == 0 {
            return;
        }
        let copied = llama.copy_kv_cache_seq(from as i32, to as i32, Some(0), Some(length as u32));
        if copied.is_ok() {
            self.all[to].tokens = self.all[from].tokens[..length].to_vec();
            self.all[to].cells = self.all[from].cells[..length].to_vec();
        }
    }

    /// The task's sequence that begins most like `prompt`, and how much of it.
    pub fn alike(&self, prompt: &[LlamaToken]) -> Option<(usize, usize)> {
        let tasks = (0..self.all.len()).filter(|i| self.all[*i].kind == Some(Kind::Task));
        tasks.map(|i| (i, self.common(&self.all[i], prompt))).max_by_key(|(_, common)| *common)
    }

    /// Empties the idle sequence that is worth least, other than `except`, and hands it over.
    pub fn spare(&mut self, llama: &mut LlamaContext<'_>, except: usize) -> Option<usize> {
        let idle = (0..self.all.len()).filter(|i| !self.all[*i].busy && *i != except);
        let spare = idle.min_by_key(|i| self.worth(*i))?;
        self.clear(llama, spare);
        self.all[spare].kind = Some(Kind::Task);
        Some(spare)
    }

    /// An idle, empty sequence for something that comes from elsewhere; its `tokens` stand in it
    /// once the caller has put them there.
    pub fn adopt(
        &mut self,
        llama: &mut LlamaContext<'_>,
        tokens: Vec<LlamaToken>,
        fill: impl FnOnce(&mut LlamaContext<'_>, usize) -> bool,
    ) {
        let idle = (0..self.all.len()).filter(|i| !self.all[*i].busy);
        let Some(free) = idle.min_by_key(|i| self.worth(*i)) else { return };
        self.clear(llama, free);
        if fill(llama, free) {
            self.tick += 1;
            self.all[free] = Sequence { kind: Some(Kind::Task), used: self.tick, ..Sequence::default() };
            self.extend(free, &tokens);
        } else {
            let _ = llama.clear_kv_cache_seq(Some(free as u32), None, None);
        }
    }

    /// These tokens were evaluated at the sequence's end.
    pub fn extend(&mut self, sequence: usize, tokens: &[LlamaToken]) {
        let first = self.next_cell;
        self.next_cell += tokens.len() as u64;
        self.all[sequence].tokens.extend_from_slice(tokens);
        self.all[sequence].cells.extend(first..self.next_cell);
    }

    /// Forgets a sequence's tokens from `keep` on, and what llama.cpp holds beyond them.
    pub fn truncate(&mut self, llama: &mut LlamaContext<'_>, sequence: usize, keep: usize) {
        let removed = llama.clear_kv_cache_seq(Some(sequence as u32), Some(keep as u32), None);
        if matches!(removed, Ok(true)) {
            self.all[sequence].tokens.truncate(keep);
            self.all[sequence].cells.truncate(keep);
        } else {
            self.clear(llama, sequence);
        }
    }

    fn clear(&mut self, llama: &mut LlamaContext<'_>, sequence: usize) {
        // The removal of a whole sequence always succeeds.
        let _ = llama.clear_kv_cache_seq(Some(sequence as u32), None, None);
        self.all[sequence].tokens.clear();
        self.all[sequence].cells.clear();
    }

    /// The job on this sequence is over; its tokens stay for the next one.
    pub fn release(&mut self, sequence: usize) {
        self.all[sequence].busy = false;
    }

    /// Empties the idle sequence that is worth least; false when there is none.
    pub fn evict(&mut self, llama: &mut LlamaContext<'_>) -> bool {
        let idle = (0..self.all.len()).filter(|i| !self.all[*i].busy && !self.all[*i].tokens.is_empty());
        let Some(victim) = idle.min_by_key(|i| self.worth(*i)) else { return false };
        self.clear(llama, victim);
        true
    }

    /// The idle sequences of conversations.
    pub fn conversations(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.all.len()).filter(|i| self.all[*i].kind == Some(Kind::Conversation) && !self.all[*i].busy)
    }

    /// An error for a job that does not even fit alone.
    pub fn no_room(&self, sequence: usize, context: usize) -> EngineError {
        EngineError::ContextFull { need: self.all[sequence].tokens.len() + 1, have: context }
    }
}

/// How many different cells these are, of sequences that have at most their beginnings in common.
fn distinct(sequences: &[&[u64]]) -> usize {
    let common = |a: &[u64], b: &[u64]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let own = |(i, cells): (usize, &&[u64])| {
        cells.len() - sequences[..i].iter().map(|before| common(before, cells)).max().unwrap_or(0)
    };
    sequences.iter().enumerate().map(own).sum()
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn shared_cells_count_once() {
        assert_eq!(distinct(&[]), 0);
        assert_eq!(distinct(&[&[1, 2, 3], &[1, 2, 7, 8], &[1, 2, 7, 9], &[4, 5]]), 3 + 2 + 1 + 2);
        assert_eq!(distinct(&[&[1, 2], &[1, 2]]), 2);
    }
}
