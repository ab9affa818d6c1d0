//! `polymath model bench`: the engine against a plain llama.cpp loop, as ratios within one run.

use crate::engine;
use crate::out::Stdout;
use anyhow::{Context, bail};
use clap::Args;
use polymath_chat::{Event, Message};
use polymath_llama::bench::{Compared, Report, bench};
use polymath_llama::{LlamaEngine, LlamaOptions};
use polymath_model::engine::{Engine, ReplyRequest, Rules, Sampling};
use polymath_model::eval::prose;
use polymath_model::store::Store;
use serde::Serialize;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// A name of the catalogue, hf:OWNER/REPO/FILE.gguf, or a path to a .gguf
    #[arg(value_name = "MODEL")]
    model: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Only writes one token, with this folder as prefix cache (the bench starts itself so)
    #[arg(long, hide = true, value_name = "DIR")]
    first_token: Option<PathBuf>,
}

/// What two processes in a row took from their start to their first token.
#[derive(Debug, Serialize)]
struct SecondProcess {
    prefix_tokens: usize,
    first_ms: f64,
    second_ms: f64,
    ratio: f64,
}

/// Tokens that both processes' prompts begin with.
const PREFIX: usize = 1500;

pub async fn run(args: &BenchArgs, home: &Path, quiet: bool) -> anyhow::Result<()> {
    let store = Store::open(home);
    let resolved = engine::ensure(&store, &args.model, quiet).await?;
    let options = engine::model_options(resolved);
    if let Some(cache) = &args.first_token {
        return first_token(LlamaOptions { prefix_cache: Some((cache.clone(), 1 << 30)), ..options }).await;
    }
    let show = !quiet && std::io::stderr().is_terminal();
    let tell = |what: &str| {
        if show {
            eprintln!("{what} …");
        }
    };
    tell("the start of a second process");
    let second = second_process(&args.model)?;
    let report = bench(options, &tell).await?;
    let mut out = Stdout;
    if args.json {
        let mut value = serde_json::to_value(&report)?;
        value["model"] = args.model.clone().into();
        value["second_process"] = serde_json::to_value(&second)?;
        writeln!(out, "{value}")?;
    } else {
        write!(out, "{}", table(&report, &second))?;
    }
    Ok(())
}

/// Starts this program twice with a prompt that begins alike; the first time nothing of it is known.
fn second_process(model: &str) -> anyhow::Result<SecondProcess> {
    let cache = tempfile::tempdir().context("cannot make a folder for the bench's prefix cache")?;
    let time = |question: &str| -> anyhow::Result<f64> {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["model", "bench", model, "--first-token"])
            .arg(cache.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(question.as_bytes())?;
        }
        let mut byte = [0; 1];
        let got = child.stdout.take().map(|mut out| out.read(&mut byte)).transpose()?;
        let time = started.elapsed().as_secs_f64() * 1000.0;
        let status = child.wait()?;
        if !status.success() || got != Some(1) {
            bail!("the bench's second process failed ({status})");
        }
        Ok(time)
    };
    let first_ms = time("Who wrote them?")?;
    let mut again = ["When was that?", "What is on the island?", "Which word is the longest?"]
        .iter()
        .map(|question| time(question))
        .collect::<anyhow::Result<Vec<f64>>>()?;
    again.sort_by(f64::total_cmp);
    let second_ms = again[1];
    Ok(SecondProcess { prefix_tokens: PREFIX, first_ms, second_ms, ratio: first_ms / second_ms })
}

/// Reads a question and writes the first token of its reply, behind a long system prompt.
async fn first_token(options: LlamaOptions) -> anyhow::Result<()> {
    let mut question = String::new();
    std::io::stdin().read_to_string(&mut question)?;
    let engine = LlamaEngine::load(options)?;
    let messages = [Message::system(prose(PREFIX)), Message::user(question)];
    let (events, mut inbox) = tokio::sync::mpsc::unbounded_channel();
    let request = ReplyRequest {
        conversation: "bench",
        messages: &messages,
        tools: &[],
        rules: Rules::free(4),
        sampling: Sampling::default(),
        cancel: CancellationToken::new(),
        events,
    };
    let show = async {
        while let Some(event) = inbox.recv().await {
            if let Event::Text { delta } = event {
                write!(Stdout, "{delta}")?;
                Stdout.flush()?;
            }
        }
        anyhow::Ok(())
    };
    let (reply, shown) = tokio::join!(engine.reply(request), show);
    reply?;
    shown
}

fn table(report: &Report, second: &SecondProcess) -> String {
    let row =
        |what: &str, c: &Compared| format!("{what:<34}{:>8.1} {:>8.1} tok/s   × {:.2}\n", c.plain, c.engine, c.ratio);
    let mut text = format!("{:<34}{:>8} {:>8}\n", "", "plain", "polymath");
    text += &row("reading a prompt", &report.prefill);
    text += &row("writing, nothing repeats", &report.decode);
    text += &row("copying a table with one edit", &report.copy);
    let same = if report.copy_identical { "the same text" } else { "DIFFERENT TEXT" };
    text += &format!("{:<34}{same}\n", "");
    let turn = &report.second_turn;
    text += &format!(
        "second turn after {} tokens: {:.0} ms to the first token instead of {:.0}   × {:.1}\n",
        turn.history_tokens, turn.warm_ms, turn.cold_ms, turn.ratio
    );
    text += &format!(
        "second process, {} tokens known: {:.0} ms to the first token instead of {:.0}   × {:.1}\n",
        second.prefix_tokens, second.second_ms, second.first_ms, second.ratio
    );
    for row in &report.together {
        text +=
            &format!("{} replies at once: {:.1} tok/s together   × {:.2} of one\n", row.sequences, row.rate, row.ratio);
    }
    text += &format!("loading: {} ms\n", report.load_ms);
    if let Some(resident) = report.resident_mib {
        text += &format!("resident memory: {resident} MiB\n");
    }
    text
}
