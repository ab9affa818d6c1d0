//! `polymath index`: adds pages to a corpus with a name, which `--search local:NAME` finds.

use crate::interrupt::Interrupt;
use crate::settings::{RunArgs, Settings, Usage};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use polymath_chat::plain::escaped;
use polymath_tools::browser::{
    Fetcher, Limits,
    library::{self, Bounds, Library, LibraryError, Progress, Run},
};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, Args)]
pub struct IndexArgs {
    /// A file, a folder, a ZIM file, or a site's address
    #[arg(value_name = "PATH|URL")]
    source: String,
    /// The corpus: a new one, or one that gets more; without it, it is called as the source is
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// The most pages of a site to read that are new or have changed
    #[arg(long, value_name = "COUNT", default_value_t = Bounds::default().pages)]
    pages: usize,
}

/// Failures that are told one by one.
const TOLD: usize = 10;

pub async fn run(args: IndexArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(&RunArgs::from_environment()?)?;
    let name = args.name.unwrap_or_else(|| library::name_of(&args.source));
    let bar = bar(quiet);
    let show = |progress: &Progress| {
        let all = progress.read + progress.same + progress.failed.len();
        bar.set_length((all + progress.left) as u64);
        bar.set_position(all as u64);
    };
    let interrupt = Interrupt::listen()?;
    let run = Run { home: &settings.home, name: &name, on: &show, cancel: interrupt.token() };
    let began = Instant::now();
    let done = if args.source.starts_with("http://") || args.source.starts_with("https://") {
        let fetcher = Fetcher::new(&settings.allow, Limits::default()).map_err(Usage)?;
        library::add_site(&args.source, &fetcher, &Bounds { pages: args.pages }, &run).await
    } else {
        tokio::task::block_in_place(|| library::add_files(Path::new(&args.source), &run))
    };
    bar.finish_and_clear();
    let done = done.map_err(|e| match e {
        LibraryError::Name(_) | LibraryError::Taken(_) | LibraryError::NoSource(_) | LibraryError::Unknown(_) => {
            Usage(e.to_string()).into()
        }
        e => anyhow::Error::new(e),
    })?;
    if !quiet {
        tell_failures(&done.failed);
    }
    let pages = Library::open(&settings.home, &name)?.map_or(Ok(0), |library| library.pages())?;
    let Progress { read, same, removed, .. } = done;
    let seconds = began.elapsed().as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{name}: {pages} pages ({read} read in {seconds:.1} s, {same} unchanged, {removed} removed, {} not readable)",
        done.failed.len()
    )?;
    if pages == 0 {
        anyhow::bail!("nothing in {} could be read", escaped(&args.source));
    }
    if !quiet {
        if done.stopped {
            eprintln!("there is more: the same command goes on with what has not been read");
        }
        eprintln!("to search it: --search local:{name}");
    }
    Ok(if interrupt.token().is_cancelled() { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

fn bar(quiet: bool) -> ProgressBar {
    let hidden = quiet || !std::io::stderr().is_terminal();
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} pages, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn tell_failures(failed: &[(String, String)]) {
    for (place, why) in failed.iter().take(TOLD) {
        // the reason often begins with the place
        let why = why.strip_prefix(place.as_str()).unwrap_or(why).trim_start();
        eprintln!("left out: {}: {}", escaped(place), escaped(why));
    }
    if failed.len() > TOLD {
        eprintln!("left out: {} more", failed.len() - TOLD);
    }
}
