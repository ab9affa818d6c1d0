//! `polymath parse --jsonl`: what the runtime understands of raw model output. Runs no model.
//!
//! Every input line gets an answer line, in order, whatever is wrong with it.

use anyhow::Context;
use clap::Args;
use polymath_model::jsonl::answer;
use std::io::{BufRead, Write};

/// Options of `polymath parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// Read one JSON object a line from standard input, answer each with one
    #[arg(long, required = true)]
    pub jsonl: bool,
    /// Feed the text so many characters at a time through the streaming parser; 0 is all at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub chunk: usize,
}

/// Answers every line of standard input. Fails only when standard input or output does.
pub fn run(args: ParseArgs) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.context("cannot read standard input")?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        writeln!(out, "{}", polymath_chat::plain::json(&answer(&line, args.chunk).to_string()))
            .context("cannot write to standard output")?;
        out.flush().context("cannot write to standard output")?;
    }
    Ok(())
}
