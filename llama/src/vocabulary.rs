//! Text to tokens and back, and the vocabulary as llguidance wants it.

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::logit_bias::LlamaLogitBias;
use llama_cpp_2::token_type::LlamaTokenAttr;
use llguidance::toktrie::{TokEnv, TokTrie, TokenId, TokenizerEnv};
use polymath_model::template::MARK;
use std::sync::Arc;

/// A model's tokens.
pub struct Vocabulary {
    model: Arc<LlamaModel>,
}

impl Vocabulary {
    pub fn new(model: Arc<LlamaModel>) -> Self {
        Vocabulary { model }
    }

    /// Plain text: nothing in it becomes a control token.
    pub fn tokenize(&self, text: &str) -> Vec<LlamaToken> {
        self.model.vocab().tokenize(text.as_bytes(), false, false)
    }

    /// A rendered prompt: special tokens are read as such, save where a [`MARK`] breaks them.
    pub fn tokenize_prompt(&self, prompt: &str) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        let mut tokens = self.tokenize_tail(prompt);
        // Most templates write their beginning-of-sequence token themselves.
        if vocab.should_add_bos() && tokens.first() != Some(&vocab.bos()) {
            tokens.insert(0, vocab.bos());
        }
        tokens
    }

    /// As [`Self::tokenize_prompt`], for the continuation of a prompt.
    pub fn tokenize_tail(&self, tail: &str) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        let pieces = tail.split(MARK).filter(|p| !p.is_empty());
        pieces.flat_map(|p| vocab.tokenize(p.as_bytes(), false, true)).collect()
    }

    /// A sampler that makes the tokens among the last `window` less likely; `strength` 1 is off.
    pub fn penalties(&self, window: i32, strength: f32) -> LlamaSampler {
        LlamaSampler::penalties(self.model.n_vocab(), window, strength, 0.0, 0.0)
    }

    /// A sampler that takes `presence` off the logits of the tokens among the last `window`, and `frequency` once
    /// for each time that they are there.
    pub fn presence(&self, window: i32, presence: f32, frequency: f32) -> LlamaSampler {
        LlamaSampler::penalties(self.model.n_vocab(), window, 1.0, frequency, presence)
    }

    /// A sampler that adds to the logits of these tokens, which are of this vocabulary.
    pub fn bias(&self, biases: &[(u32, f32)]) -> LlamaSampler {
        let one = |(token, bias): &(u32, f32)| LlamaLogitBias::new(LlamaToken(token.cast_signed()), *bias);
        let biases: Vec<LlamaLogitBias> = biases.iter().map(one).collect();
        LlamaSampler::logit_bias(self.model.n_vocab(), &biases)
    }

    /// Tokens that there are: their numbers are below this.
    pub fn size(&self) -> u32 {
        self.model.n_vocab().cast_unsigned()
    }

    /// A sampler that makes it unlikely to go on with what was written among the last `window`
    /// tokens, in the strength given; lines and quotations are repeated for good reasons.
    pub fn dry(&self, window: i32, strength: f32) -> LlamaSampler {
        LlamaSampler::dry(&self.model, strength, 1.75, 2, window, ["\n", ":", "\"", "*"])
    }

    pub fn piece(&self, token: LlamaToken) -> Vec<u8> {
        self.model.vocab().token_to_piece(token, true, None)
    }

    pub fn ends_generation(&self, token: LlamaToken) -> bool {
        self.model.vocab().is_eog(token)
    }

    /// Texts of all tokens that plain text must not be read as, longest first.
    pub fn special_texts(&self) -> Vec<String> {
        let vocab = self.model.vocab();
        let mut texts: Vec<String> = vocab
            .tokens()
            .filter(|t| {
                let attributes = vocab.attr(*t);
                attributes.contains(LlamaTokenAttr::Control) || attributes.contains(LlamaTokenAttr::UserDefined)
            })
            .filter_map(|t| String::from_utf8(vocab.token_to_piece(t, true, None)).ok())
            .filter(|t| !t.trim().is_empty())
            .collect();
        texts.sort_by_key(|t| std::cmp::Reverse(t.len()));
        texts
    }

    pub fn bos_text(&self) -> String {
        self.text_of(self.model.vocab().bos())
    }

    pub fn eos_text(&self) -> String {
        self.text_of(self.model.vocab().eos())
    }

    fn text_of(&self, token: LlamaToken) -> String {
        if token.0 < 0 {
            return String::new();
        }
        String::from_utf8_lossy(&self.piece(token)).into_owned()
    }

    /// The vocabulary for llguidance, with this model's own tokenizer, so that forced text is
    /// appended in the tokens that the model would have used.
    pub fn tok_env(&self) -> TokEnv {
        let trie = LlamaSampler::llguidance_tok_env(&self.model).tok_trie().clone();
        Arc::new(Tokenizer { trie, model: self.model.clone() })
    }
}

struct Tokenizer {
    trie: TokTrie,
    model: Arc<LlamaModel>,
}

impl TokenizerEnv for Tokenizer {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            self.model.vocab().tokenize(text.as_bytes(), false, false).iter().map(|t| t.0.cast_unsigned()).collect()
        })
    }
}
