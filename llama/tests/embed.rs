//! Embeddings with real weights, and what is drawn where a request steers it.
//!
//! Needs `smollm2-135m`: `polymath model pull smollm2-135m` (`./test` does it). It is no embedding model; with its
//! vectors pooled all the same, texts of one meaning are nearer to each other than to others.

#![allow(clippy::unwrap_used)]

use polymath_chat::Message;
use polymath_llama::{EmbedderOptions, LlamaEmbedder, LlamaEngine, LlamaOptions, Pooling};
use polymath_model::dialect::by_name;
use polymath_model::embed::{EmbedError, Embedder};
use polymath_model::engine::{Engine, EngineError, Reply, ReplyRequest, Rules, Sampling};
use polymath_model::store::{Resolved, Store, home};
use std::collections::HashMap;
use std::sync::OnceLock;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

fn model() -> Resolved {
    Store::open(&home()).resolve("smollm2-135m").expect("pull it: polymath model pull smollm2-135m")
}

fn embedder(pooling: Option<Pooling>) -> Result<LlamaEmbedder, EngineError> {
    let model = model();
    LlamaEmbedder::load(EmbedderOptions { path: model.path, name: model.name, pooling, gpu_layers: 0 })
}

fn near(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn texts_of_one_meaning_are_near() {
    let embedder = embedder(Some(Pooling::Mean)).unwrap();
    let texts = [
        "The cat sleeps on the sofa in the living room.",
        "A cat is sleeping on the couch of the living room.",
        "Interest rates rose by a quarter point in March, the central bank said.",
    ];
    let made = embedder.embed(texts.map(str::to_owned).into()).await.unwrap();
    assert_eq!(made.vectors.len(), 3);
    assert!(made.tokens > 30, "{}", made.tokens);
    for vector in &made.vectors {
        assert_eq!(vector.len(), embedder.info().dimensions);
        assert!((near(vector, vector) - 1.0).abs() < 1e-4, "length {}", near(vector, vector));
    }
    let [cat, couch, rates] = made.vectors.as_slice() else { panic!() };
    assert!(near(cat, couch) > near(cat, rates) + 0.02, "{} {}", near(cat, couch), near(cat, rates));
    // Alone, and among more than fit into one evaluation, a text is where it was.
    let many: Vec<String> = (0..40).map(|i| texts[i % 3].to_owned()).collect();
    let many = embedder.embed(many).await.unwrap();
    let alone = embedder.embed(vec![texts[1].to_owned()]).await.unwrap();
    for vector in [&alone.vectors[0], &many.vectors[1], &many.vectors[37]] {
        assert!(near(couch, vector) > 0.999, "{}", near(couch, vector));
    }
    assert_eq!(many.vectors.len(), 40);
}

#[tokio::test]
async fn what_cannot_be_embedded_is_told() {
    let Err(EngineError::Load { why, .. }) = embedder(None) else { panic!("a model that writes was taken") };
    assert!(why.contains("names no pooling"), "{why}");
    let embedder = embedder(Some(Pooling::Last)).unwrap();
    let error = embedder.embed(vec!["short".into(), "word ".repeat(3000)]).await.unwrap_err();
    assert!(matches!(error, EmbedError::TooLong { text: 1, need: 3000.., have: 2048 }), "{error:?}");
}

/// One engine for all tests of this file.
fn engine() -> &'static LlamaEngine {
    static ENGINE: OnceLock<LlamaEngine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let model = model();
        let options = LlamaOptions::new(model.path, model.name, by_name("generic").unwrap());
        LlamaEngine::load(LlamaOptions { context: 2048, ..options }).unwrap()
    })
}

/// Forty tokens at most, picked so; how often each token's bytes came.
async fn written(sampling: Sampling) -> Result<HashMap<Vec<u8>, usize>, EngineError> {
    let rules = Rules { top_logprobs: Some(0), ..Rules::free(40) };
    let (messages, (events, _inbox)) = ([Message::user("Tell me about tides.")], unbounded_channel());
    let cancel = CancellationToken::new();
    let request = ReplyRequest { conversation: "", messages: &messages, tools: &[], rules, sampling, cancel, events };
    let Reply { logprobs, .. } = engine().reply(request).await?;
    let mut counts = HashMap::new();
    logprobs.into_iter().for_each(|token| *counts.entry(token.bytes).or_default() += 1);
    Ok(counts)
}

fn most(counts: &HashMap<Vec<u8>, usize>) -> usize {
    counts.values().copied().max().unwrap_or_default()
}

#[tokio::test]
async fn a_bias_makes_a_token_come_or_stay_away() {
    // Any token that the model has no reason to write.
    let token = 5000;
    let plain = written(Sampling::default()).await.unwrap();
    let favoured = Sampling { logit_bias: vec![(token, 100.0)], ..Sampling::default() };
    let only = written(favoured.clone()).await.unwrap();
    assert_eq!((only.len(), most(&only)), (1, 40), "{only:?}");
    let bytes = only.keys().next().unwrap().clone();
    assert!(!plain.contains_key(&bytes), "{plain:?}");
    // The same beside another that is favoured as much and disfavoured again.
    let both = Sampling { logit_bias: vec![(token, 100.0), (token + 1, -100.0)], ..Sampling::default() };
    assert_eq!(written(both).await.unwrap(), only);
    let error = written(Sampling { logit_bias: vec![(9_999_999, 1.0)], ..Sampling::default() }).await.unwrap_err();
    assert!(matches!(error, EngineError::Unsupported { parameter: "logit_bias", .. }), "{error}");
}

#[tokio::test]
async fn penalties_make_what_was_written_rarer() {
    // Strong enough to come each time, and weak enough to be beaten by penalties.
    let biased = Sampling { logit_bias: vec![(5000, 45.0)], ..Sampling::default() };
    let without = written(biased.clone()).await.unwrap();
    let frequency = written(Sampling { frequency_penalty: 2.0, ..biased.clone() }).await.unwrap();
    assert!(most(&frequency) < most(&without), "{} {}", most(&frequency), most(&without));
    // In the model's own words, whichever it takes.
    let plain = written(Sampling::default()).await.unwrap();
    let presence = written(Sampling { presence_penalty: 2.0, ..Sampling::default() }).await.unwrap();
    assert!(presence != plain && presence.len() >= plain.len(), "{presence:?} {plain:?}");
}
