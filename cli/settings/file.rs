//! `polymath.toml`: its shape, how one file gives way to a stronger one, and the user's own.

use super::python::PythonSettings;
use super::usage::Usage;
use anyhow::{Context, bail};
use polymath_tools::mcp::McpServer;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File as Handle;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file's name, in every directory.
pub const NAME: &str = "polymath.toml";
/// Bytes of a settings file.
const LONGEST: u64 = 64 << 10;

/// `polymath.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub model: Option<String>,
    pub search: Option<String>,
    pub tools: Option<String>,
    pub mode: Option<String>,
    pub max_steps: Option<u32>,
    pub deadline: Option<String>,
    pub temperature: Option<f32>,
    pub seed: Option<u32>,
    pub context: Option<usize>,
    #[serde(default)]
    pub rpc: Vec<String>,
    pub approve: Option<String>,
    pub image: Option<String>,
    #[serde(default)]
    pub browser: BrowserFile,
    #[serde(default)]
    pub python: PythonSettings,
    /// Servers of the Model Context Protocol, by name.
    #[serde(default)]
    pub mcp: BTreeMap<String, McpServer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserFile {
    pub allow: Option<Vec<String>>,
    pub searxng: Option<String>,
}

impl File {
    /// `over`, and this where `over` says nothing.
    pub fn under(self, over: File) -> File {
        File {
            model: over.model.or(self.model),
            search: over.search.or(self.search),
            tools: over.tools.or(self.tools),
            mode: over.mode.or(self.mode),
            max_steps: over.max_steps.or(self.max_steps),
            deadline: over.deadline.or(self.deadline),
            temperature: over.temperature.or(self.temperature),
            seed: over.seed.or(self.seed),
            context: over.context.or(self.context),
            rpc: if over.rpc.is_empty() { self.rpc } else { over.rpc },
            approve: over.approve.or(self.approve),
            image: over.image.or(self.image),
            browser: BrowserFile {
                allow: over.browser.allow.or(self.browser.allow),
                searxng: over.browser.searxng.or(self.browser.searxng),
            },
            python: self.python.under(over.python),
            mcp: self.mcp.into_iter().chain(over.mcp).collect(),
        }
    }
}

/// Where the user's own files are, weakest first.
pub fn own_paths(home: &Path) -> Vec<PathBuf> {
    let config = directories::ProjectDirs::from("", "", "polymath").map(|d| d.config_dir().join(NAME));
    config.into_iter().chain([home.join(NAME)]).collect()
}

/// What the user's own files say.
pub fn of_the_user(home: &Path) -> anyhow::Result<File> {
    own_paths(home).iter().try_fold(File::default(), |file, path| {
        Ok(match text(path)? {
            Some(text) => file.under(parse(path, &text)?),
            None => file,
        })
    })
}

/// # Errors
/// One line that names the file and what is wrong with it: the user's mistake.
pub fn parse(path: &Path, text: &str) -> Result<File, Usage> {
    toml::from_str(text).map_err(|e| Usage(format!("{}: {}", path.display(), e.to_string().trim())))
}

/// A settings file's text; `None` where there is none.
pub fn text(path: &Path) -> anyhow::Result<Option<String>> {
    let cannot = || format!("cannot read {}", path.display());
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e).with_context(cannot),
        // Opening a pipe would wait for somebody to write.
        Ok(about) if !about.is_file() || about.len() > LONGEST => {
            bail!(Usage(format!("{} is no settings file of at most {LONGEST} bytes", path.display())))
        }
        Ok(_) => {}
    }
    let mut text = String::new();
    Handle::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text)).with_context(cannot)?;
    Ok(Some(text))
}
