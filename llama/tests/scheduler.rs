//! Many replies at once, guessed text, beginnings on disk, log-probabilities and stops, with real
//! weights: `smollm2-135m` (`./test` pulls it).

#![allow(clippy::unwrap_used)]

use polymath_chat::{Completion, Constraint, Event, Message};
use polymath_llama::{LlamaEngine, LlamaOptions};
use polymath_model::dialect::by_name;
use polymath_model::engine::{Engine, EngineError, Reply, ReplyRequest, ReplyStop, Rules, Sampling, TokenUsage};
use polymath_model::store::{Store, home};
use std::path::Path;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

fn options(context: usize) -> LlamaOptions {
    let model = Store::open(&home()).resolve("smollm2-135m").expect("pull it: polymath model pull smollm2-135m");
    LlamaOptions { context, ..LlamaOptions::new(model.path, model.name, by_name("generic").unwrap()) }
}

fn load(options: LlamaOptions) -> LlamaEngine {
    LlamaEngine::load(options).unwrap()
}

async fn ask(engine: &LlamaEngine, question: &str, rules: Rules, sampling: Sampling) -> Result<Reply, EngineError> {
    let (events, _inbox) = unbounded_channel();
    let messages = [Message::user(question)];
    let cancel = CancellationToken::new();
    engine
        .reply(ReplyRequest { conversation: "", messages: &messages, tools: &[], rules, sampling, cancel, events })
        .await
}

async fn text(engine: &LlamaEngine, question: &str, max_tokens: usize) -> String {
    ask(engine, question, Rules::free(max_tokens), Sampling::default()).await.unwrap().message.content
}

const TABLE: &str =
    "| City | People |\n| Lima | 10092000 |\n| Oslo | 709037 |\n| Cairo | 10100166 |\n| Quito | 2679722 |\n";

#[tokio::test]
async fn guesses_do_not_change_the_text() {
    let guessing = load(options(2048));
    let plain = load(LlamaOptions { speculate: false, ..options(2048) });
    let question = format!("Repeat this table exactly:\n{TABLE}");
    assert_eq!(text(&guessing, &question, 120).await, text(&plain, &question, 120).await);
}

#[tokio::test]
async fn replies_at_once_all_come_and_share_their_beginning() {
    let engine = load(options(4096));
    let beginning = "You count sheep. ".repeat(20);
    let questions: Vec<String> = (0..24).map(|i| format!("{beginning} There are {i} sheep. How many?")).collect();
    // One first, so that there is a beginning to share.
    text(&engine, &questions[0], 4).await;
    let rules = Rules { constraint: Some(Constraint::Lark("start: /[0-9]{1,9} sheep/".into())), ..Rules::free(24) };
    let replies = questions[1..].iter().map(|q| ask(&engine, q, rules.clone(), Sampling::default()));
    for reply in futures::future::join_all(replies).await {
        let reply = reply.unwrap();
        assert!(reply.message.content.ends_with(" sheep"), "{:?}", reply.message.content);
        assert_eq!(reply.stop, ReplyStop::End);
        let TokenUsage { prompt, cached, .. } = reply.usage;
        assert!(cached > 80 && prompt - cached < 40, "{cached} of {prompt} tokens were cached");
    }
}

#[tokio::test]
async fn one_that_is_cancelled_does_not_disturb_the_others() {
    let engine = load(options(2048));
    let alone = text(&engine, "Tell me about rivers.", 60).await;
    let (events, _inbox) = unbounded_channel();
    let messages = [Message::user("Tell me about mountains, at great length.")];
    let cancel = CancellationToken::new();
    let request = ReplyRequest {
        conversation: "",
        messages: &messages,
        tools: &[],
        rules: Rules::free(1500),
        sampling: Sampling { temperature: 1.0, seed: 3, ..Sampling::default() },
        cancel: cancel.clone(),
        events,
    };
    let other = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let text = text(&engine, "Tell me about rivers.", 60).await;
        cancel.cancel();
        text
    };
    let (cancelled, beside) = tokio::join!(engine.reply(request), other);
    assert_eq!(cancelled.unwrap().stop, ReplyStop::Cancelled);
    // Numbers added up in another order may turn a close decision: the beginning must be the same.
    assert_eq!(alone.get(..20), beside.get(..20));
}

#[tokio::test]
async fn what_does_not_fit_beside_the_others_waits_and_what_never_fits_is_refused() {
    let engine = load(options(1024));
    let long = "word ".repeat(500);
    let rules = || Rules { constraint: Some(Constraint::Lark("start: /[a-z ]{60,80}\\./".into())), ..Rules::free(100) };
    let questions: Vec<String> = (0..4).map(|i| format!("{i} {long}")).collect();
    let replies = questions.iter().map(|q| ask(&engine, q, rules(), Sampling::default()));
    let never = "word ".repeat(1200);
    let refused = async { ask(&engine, &never, rules(), Sampling::default()).await.unwrap_err() };
    let (replies, refused) = tokio::join!(futures::future::join_all(replies), refused);
    assert!(matches!(refused, EngineError::ContextFull { have: 1024, .. }), "{refused}");
    for reply in replies {
        assert!(reply.unwrap().message.content.ends_with('.'));
    }
    // And the engine goes on as before.
    assert!(ask(&engine, "Hello", rules(), Sampling::default()).await.unwrap().message.content.ends_with('.'));
}

#[tokio::test]
async fn replies_that_outgrow_the_cache_together_all_come_to_their_end() {
    let engine = load(options(1024));
    // There is no end but one that the model does not write.
    let endless = Constraint::Lark("start: /[a-z ]*/ \"ZQXJ\"".into());
    let rules = |tokens| Rules { constraint: Some(endless.clone()), ..Rules::free(tokens) };
    let sampling = |seed| Sampling { temperature: 1.0, top_k: 8, seed, ..Sampling::default() };
    let question = |about: &str| format!("Tell me about {about}. {}", "word ".repeat(205));
    // Both begin, since nobody knows how much they will write; the second gives way and goes on later.
    let (mountains, rivers) = (question("mountains"), question("rivers"));
    let (first, second) = tokio::join!(
        ask(&engine, &mountains, rules(310), sampling(1)),
        ask(&engine, &rivers, rules(310), sampling(2)),
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    for reply in [&first, &second] {
        assert_eq!((reply.stop, reply.usage.completion), (ReplyStop::Length, 310), "{}", reply.message.content);
        // It goes on under its grammar.
        assert!(reply.message.content.chars().all(|c| c.is_ascii_lowercase() || c == ' '), "{}", reply.message.content);
    }
    let together = first.usage.prompt + second.usage.prompt + 2 * 310;
    assert!((1024 + 60..1024 + 140).contains(&together), "{together} tokens are to be too many, but not at once");
}

#[tokio::test]
async fn one_that_waits_can_be_cancelled() {
    let engine = load(options(1024));
    let long = "word ".repeat(700);
    let sampling = || Sampling { temperature: 1.0, seed: 3, ..Sampling::default() };
    let (events, _inbox) = unbounded_channel();
    let messages = [Message::user(format!("{long} Why?"))];
    let cancel = CancellationToken::new();
    let waits = ReplyRequest {
        conversation: "",
        messages: &messages,
        tools: &[],
        rules: Rules::free(100),
        sampling: sampling(),
        cancel: cancel.clone(),
        events,
    };
    let cancelling = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        cancel.cancel();
    };
    let before = format!("Go on: {long}");
    let (first, second, ()) =
        tokio::join!(ask(&engine, &before, Rules::free(100), sampling()), engine.reply(waits), cancelling);
    assert!(first.is_ok());
    assert!(matches!(second, Err(EngineError::Cancelled)), "it was to wait, and to be cancelled");
}

fn cached_by(engine: &LlamaOptions, dir: &Path) -> LlamaOptions {
    LlamaOptions { prefix_cache: Some((dir.to_owned(), 1 << 30)), ..engine.clone() }
}

#[tokio::test]
async fn a_second_engine_finds_the_beginning_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let options = cached_by(&options(2048), dir.path());
    let beginning = "The lighthouse keeper counts the ships. ".repeat(50);
    let first = load(options.clone());
    let rules = || Rules::free(8);
    let usage = ask(&first, &format!("{beginning}How many?"), rules(), Sampling::default()).await.unwrap().usage;
    assert_eq!(usage.cached, 0);
    let same = format!("{beginning}Why?");
    let expected = ask(&first, &same, rules(), Sampling::default()).await.unwrap();
    drop(first);
    let second = load(options.clone());
    let reply = ask(&second, &same, rules(), Sampling::default()).await.unwrap();
    assert!(reply.usage.cached + 16 > usage.prompt, "{:?} of {}", reply.usage, usage.prompt);
    assert_eq!(reply.message.content, expected.message.content);
    drop(second);
    // A damaged file is no harm.
    let model_dir = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    for file in std::fs::read_dir(model_dir).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xFF;
        std::fs::write(&path, bytes).unwrap();
    }
    let third = load(options);
    let reply = ask(&third, &same, rules(), Sampling::default()).await.unwrap();
    assert_eq!(reply.usage.cached, 0);
    assert_eq!(reply.message.content, expected.message.content);
}

#[tokio::test]
async fn what_tasks_have_in_common_is_kept_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let options = cached_by(&options(2048), dir.path());
    let task = |question: &str| Completion {
        system: "Choose one of the animals. A dog barks, a cat purrs, a cow moos. ".repeat(10),
        ..Completion::new(question, 4).constrained(Constraint::Choice(vec!["dog".into(), "cat".into(), "cow".into()]))
    };
    let complete = async |engine: &LlamaEngine, question: &str| {
        let (events, mut inbox) = unbounded_channel();
        engine.complete(task(question), CancellationToken::new(), events).await.unwrap();
        match inbox.try_recv().unwrap() {
            Event::Prefill { cached_tokens, .. } => cached_tokens,
            other => panic!("{other:?}"),
        }
    };
    let first = load(options.clone());
    assert_eq!(complete(&first, "Which one purrs?").await, 0);
    let common = complete(&first, "Which one moos?").await;
    assert!(common > 128, "{common}");
    drop(first);
    let second = load(options);
    assert!(complete(&second, "Which barks?").await + 8 > common);
}

#[tokio::test]
async fn log_probabilities_are_those_of_the_model() {
    let engine = load(options(1024));
    let rules = Rules { top_logprobs: Some(5), ..Rules::free(12) };
    let reply = ask(&engine, "What is the capital of France?", rules, Sampling::default()).await.unwrap();
    assert_eq!(reply.logprobs.len(), reply.usage.completion);
    for token in &reply.logprobs {
        assert_eq!(token.top.len(), 5);
        // Greedy: the likeliest token was taken.
        assert_eq!((&token.bytes, token.logprob), (&token.top[0].0, token.top[0].1));
        assert!(token.top.windows(2).all(|w| w[0].1 >= w[1].1));
        let sum: f32 = token.top.iter().map(|t| t.1.exp()).sum();
        assert!(sum <= 1.001 && sum > 0.01, "{sum}");
    }
    let bytes: Vec<u8> = reply.logprobs.iter().flat_map(|t| t.bytes.clone()).collect();
    assert_eq!(String::from_utf8(bytes).unwrap().trim(), reply.message.content);
}

#[tokio::test]
async fn a_stop_text_ends_the_reply_and_is_not_told() {
    let engine = load(options(1024));
    let whole = text(&engine, "Write three sentences about the sea.", 60).await;
    let stop = whole.char_indices().nth(40).map(|(i, _)| whole[i..].chars().take(6).collect::<String>()).unwrap();
    let (events, mut inbox) = unbounded_channel();
    let messages = [Message::user("Write three sentences about the sea.")];
    let rules = Rules { stop: vec![stop.clone()], ..Rules::free(60) };
    let cancel = CancellationToken::new();
    let sampling = Sampling::default();
    let request = ReplyRequest { conversation: "", messages: &messages, tools: &[], rules, sampling, cancel, events };
    let reply = engine.reply(request).await.unwrap();
    assert_eq!(reply.stop, ReplyStop::End);
    let mut told = String::new();
    while let Ok(event) = inbox.try_recv() {
        if let Event::Text { delta } = event {
            told.push_str(&delta);
        }
    }
    assert!(!told.contains(&stop), "{told:?} has {stop:?}");
    assert_eq!(told.trim(), reply.message.content);
    assert_eq!(reply.message.content, whole.split(&stop).next().unwrap().trim());
}
