//! Arguments of `polymath run`.

use crate::settings::day;
use chrono::NaiveDate;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `polymath run`.
#[derive(Debug, Args)]
pub struct ScriptArgs {
    /// The script, a TOML file
    #[arg(value_name = "SCRIPT.toml")]
    pub script: PathBuf,
    /// A variable's value; may be given several times
    #[arg(long = "var", value_name = "k=v", value_parser = pair)]
    pub vars: Vec<(String, String)>,
    /// Where the report, its tables and pictures go
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Goes on with a run that stopped, with its variables and its day
    #[arg(long, value_name = "RUN")]
    pub resume: Option<String>,
    /// Only says what is wrong with the script
    #[arg(long)]
    pub check: bool,
    /// Only prints the steps, as Mermaid
    #[arg(long, conflicts_with = "check")]
    pub graph: bool,
    /// A Python file whose functions are tools; may be given several times
    #[arg(long, value_name = "FILE.py")]
    pub functions: Vec<PathBuf>,
    /// Another model than the script's
    #[arg(long, value_name = "M")]
    pub model: Option<String>,
    /// Another search than the script's
    #[arg(long, value_name = "BACKEND")]
    pub search: Option<String>,
    /// The day that counts as today, as 2025-12-31
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub today: Option<NaiveDate>,
    /// One JSON object a line instead of text
    #[arg(long)]
    pub json: bool,
}

/// `k=v`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no =; write --var name=value"))?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
