//! `polymath demo`: the conversation of the talk, on pages of its own. The pages are served over
//! HTTP on loopback and searched through an endpoint like SearXNG's, so that the demo goes the same
//! way as any question; only this one port is allowed to the fetcher.

mod site;

use crate::ask::{session_store, turn};
use crate::engine::source;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::render::{RenderOptions, Renderer};
use crate::report::{ReportTurn, write_report};
use crate::settings::{Brought, RunArgs, Settings, day};
use crate::wiring;
use anyhow::Context;
use chrono::NaiveDate;
use clap::Args;
use polymath_agent::Said;
use polymath_agent::TurnEnd;
use polymath_chat::Stop;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a turn of the demo must leave behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    Table,
    Picture,
}

/// The day of the talk, which is the demo's today.
const TALK: NaiveDate = NaiveDate::from_ymd_opt(2023, 11, 22).expect("a day");

/// What is asked, as in the talk, what it must leave behind, and what the talk got.
const TURNS: [(&str, Promise, &str); 5] = [
    (
        "Collect Scale AI's funding rounds (date, amount, valuation) into a table",
        Promise::Table,
        "a table of five rounds, the valuations of A and B not found",
    ),
    (
        "Estimate the valuations of Series A and B from the ratios of valuation to amount in Series C, D and E",
        Promise::Table,
        "70 and 283 million dollars",
    ),
    (
        "Plot the valuations: dates on the x axis, valuation on a logarithmic y axis, with grid lines",
        Promise::Picture,
        "such a plot",
    ),
    (
        "Add a linear trend line to this plot and extrapolate it to the end of 2025; mark today with a vertical line, and tell the \
         valuations today and at the end of 2025",
        Promise::Picture,
        "about 150 billion dollars on that day and 2 trillion at the end of 2025",
    ),
    ("Draw a picture that represents the company Scale AI", Promise::Picture, "a picture of an image model's"),
];

/// Arguments of `polymath demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the report goes
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// A catalogue name, a path to a .gguf, or http(s)://host/v1#name
    #[arg(long, value_name = "M")]
    model: Option<String>,
    /// Makes drawn tokens repeatable
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// The day that counts as today, as 2025-12-31; the talk's, 2023-11-22, where none is given
    #[arg(long, value_name = "DATE", value_parser = day)]
    today: Option<NaiveDate>,
    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

pub async fn run(demo: DemoArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let DemoArgs { out, model, seed, today, json } = demo;
    let site = site::Site::start().await.context("cannot serve the demo's pages on loopback")?;
    let mut args = RunArgs::from_environment()?;
    args.search = Some(format!("searxng:http://{}", site.address));
    (args.model, args.seed, args.today) =
        (model.or(args.model), seed.or(args.seed), today.or(args.today).or(Some(TALK)));
    let mut settings = Settings::read(&args)?;
    settings.allow = vec![site.address.to_string()];
    settings.tools = None;
    settings.brought = Brought::default();
    let agent = wiring::agent(&settings, out.clone(), quiet).await?;
    let mut session = session_store(&settings.home, true)?.create("demo: Scale AI")?;
    session.make_with(agent.made(source(&settings)))?;
    let mut chat = session.chat()?;
    let interrupt = Interrupt::listen()?;
    let cancel = interrupt.token();
    let mut turns = Vec::new();
    let mut broken = Vec::new();
    for (number, (question, promise, talk)) in TURNS.iter().enumerate() {
        let mut renderer = Renderer::new(RenderOptions::new(json, quiet));
        if !quiet {
            eprintln!("\n{}/{} {question}", number + 1, TURNS.len());
        }
        let end = turn(&agent, &mut chat, &mut session, Said::Question(question), &mut renderer, cancel.clone()).await;
        let shown = renderer.finish();
        let end = end?;
        shown?;
        if end.stop == Stop::Interrupted {
            return Ok(ExitCode::from(interrupt.ending().unwrap_or(INTERRUPTED)));
        }
        if !is_kept(*promise, &end) {
            broken.push(number + 1);
        }
        turns.push(ReportTurn {
            question: (*question).to_owned(),
            remark: Some(format!("The talk had {talk}.")),
            answer_markdown: end.answer.text,
            citations: end.answer.citations,
            tables: end.tables,
            artifacts: end.artifacts,
            figures: end.answer.figures,
            ..ReportTurn::default()
        });
    }
    let (markdown, html) = write_report(&out, "Scale AI's funding, found and worked out on this computer", &turns)?;
    if !quiet {
        eprintln!("\n{}\n{}", markdown.display(), html.display());
    }
    if !broken.is_empty() {
        anyhow::bail!("the demo ran to its end, but turn {broken:?} did not leave what it promised");
    }
    Ok(ExitCode::SUCCESS)
}

fn is_kept(promise: Promise, end: &TurnEnd) -> bool {
    match promise {
        Promise::Table => !end.tables.is_empty(),
        Promise::Picture => end.artifacts.iter().any(|a| a.mime == "image/png"),
    }
}
