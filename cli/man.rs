//! `polymath man`: the manual pages, made from the command line's own definition.

use crate::out::Stdout;
use anyhow::Context;
use clap::{Args, Command};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Writes a page for each subcommand into this folder; without it polymath(1) goes to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the pages of `command`.
pub fn run(args: ManArgs, command: Command) -> anyhow::Result<()> {
    let Some(folder) = args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        Stdout.write_all(&page)?;
        return Ok(Stdout.flush()?);
    };
    let written = || {
        std::fs::create_dir_all(&folder)?;
        clap_mangen::generate_to(command, &folder)
    };
    written().with_context(|| format!("cannot write manual pages into {}", folder.display()))
}
