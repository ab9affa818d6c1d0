//! `polymath python`: the packages that sandboxed programs can import.

use crate::out::say;
use crate::settings::{RunArgs, Settings, Usage};
use crate::wiring;
use anyhow::{Context, bail};
use clap::Subcommand;
use polymath_chat::plain::{clean, escaped};
use polymath_sandbox::{Config, RunRequest, Sandbox};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio_util::sync::CancellationToken;

/// The packages that everybody has, with their versions, which no addition may change.
const PINNED: &str = include_str!("../sandbox/requirements.txt");
/// Below the data directory: what was added, for an environment that is made anew.
const ADDED: &str = "python-packages.txt";

#[derive(Debug, Subcommand)]
pub enum PythonCommand {
    /// Installs packages, each as pip names it: NAME or NAME==VERSION
    Add {
        #[arg(required = true, value_name = "PACKAGE")]
        packages: Vec<String>,
    },
    /// What programs can import, with versions
    List,
}

pub async fn run(command: PythonCommand) -> anyhow::Result<()> {
    let settings = Settings::read(&RunArgs::from_environment()?)?;
    let config = wiring::python_config(&settings);
    match command {
        PythonCommand::Add { packages } => add(&settings.home, &config, &packages).await,
        PythonCommand::List => {
            let program = "import importlib.metadata as m\n\
                           print('\\n'.join(sorted(f\"{d.name}=={d.version}\" for d in m.distributions())))";
            say!("{}", clean(&inside(&config, program).await?))?;
            Ok(())
        }
    }
}

async fn add(home: &Path, config: &Config, packages: &[String]) -> anyhow::Result<()> {
    for package in packages {
        if !is_requirement(package) {
            bail!(Usage(format!("`{}` is no package name: NAME or NAME==VERSION", escaped(package))));
        }
    }
    let python = std::path::absolute(config.environment.join("bin/python"))?;
    if !python.exists() {
        bail!("there is no Python environment at {}: ./run makes it", config.environment.display());
    }
    let mut pinned = tempfile::NamedTempFile::new()?;
    pinned.write_all(PINNED.as_bytes())?;
    install(&python, pinned.path(), packages)?;
    // From behind the walls, where they are to be of use.
    let names: Vec<&str> = packages.iter().map(|p| name(p)).collect();
    let program = format!("import importlib.metadata as m\nfor n in {names:?}: print(f'{{n}} {{m.version(n)}}')");
    say!("{}", clean(&inside(config, &program).await?))?;
    remember(&home.join(ADDED), packages)
}

/// With uv where it is installed, which is faster.
fn install(python: &Path, pinned: &Path, packages: &[String]) -> anyhow::Result<()> {
    let uv = Command::new("uv").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let mut command = match uv.is_ok_and(|status| status.success()) {
        true => {
            let mut command = Command::new("uv");
            command.args(["pip", "install", "--python"]).arg(python);
            command
        }
        false => {
            let mut command = Command::new(python);
            // Isolated: the folder we are in has no say in what Python loads.
            command.args(["-I", "-m", "pip", "install", "--disable-pip-version-check"]);
            command
        }
    };
    // Wheels only: building runs a stranger's program outside of any sandbox.
    command.args(["--only-binary", ":all:", "-c"]).arg(pinned).arg("--").args(packages);
    // A folder of somebody else's may have settings for both, or files of the packages' names.
    if let Some(environment) = python.ancestors().nth(2) {
        command.current_dir(environment);
    }
    // Progress is no answer.
    command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr()));
    let status = command.status().with_context(|| format!("cannot start {}", python.display()))?;
    if !status.success() {
        bail!("{} could not be installed: see the messages above", packages.join(", "));
    }
    Ok(())
}

/// Whether it is a name, perhaps with extras and versions, that an index knows (PEP 508): no path, no address, no
/// option and no condition.
fn is_requirement(package: &str) -> bool {
    let rest = &package[name(package).len()..];
    let (extras, versions) = match rest.strip_prefix('[').map(|inner| inner.split_once(']')) {
        None => ("", rest),
        Some(Some((extras, versions))) => (extras, versions),
        Some(None) => return false,
    };
    let word = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let version = |part: &str| {
        let number = part.trim_start_matches(['=', '<', '>', '!', '~']);
        (1..=3).contains(&(part.len() - number.len())) && !number.is_empty() && word(number, ".*+!-_")
    };
    // A folder or an archive of that name would be taken instead.
    let plain =
        !Path::new(package).exists() && ![".whl", ".zip", ".tar.gz", ".tgz"].iter().any(|e| package.ends_with(e));
    !name(package).is_empty()
        && plain
        && word(extras, "-_.,")
        && (versions.is_empty() || versions.split(',').all(version))
}

/// The part of a requirement before its version.
fn name(package: &str) -> &str {
    let end = package.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(package.len());
    match &package[..end] {
        name if name.starts_with(|c: char| c.is_ascii_alphanumeric()) => name,
        _ => "",
    }
}

/// What a program prints in a sandbox of its own.
async fn inside(config: &Config, program: &str) -> anyhow::Result<String> {
    let sandbox = Sandbox::start(Config { journals: None, ..config.clone() }).await?;
    let run = sandbox.run("packages", RunRequest::new(program), &CancellationToken::new()).await?;
    match run.error {
        Some(error) => bail!("{}", error.message),
        None => Ok(run.stdout.trim_end().to_owned()),
    }
}

fn remember(list: &Path, packages: &[String]) -> anyhow::Result<()> {
    let mut known = fs::read_to_string(list).unwrap_or_default();
    known = known
        .lines()
        .filter(|old| packages.iter().all(|p| name(p) != name(old)))
        .fold(String::new(), |all, line| format!("{all}{line}\n"));
    known.extend(packages.iter().map(|p| format!("{p}\n")));
    let fresh = PathBuf::from(format!("{}.new", list.display()));
    fs::write(&fresh, known).and_then(|()| fs::rename(&fresh, list)).with_context(|| format!("{}", list.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_end_before_versions_and_flags_have_none() {
        assert_eq!(["seaborn==0.13", "a_b.c>=1,<2", "x[extra]"].map(name), ["seaborn", "a_b.c", "x"]);
        assert_eq!(["--index-url", "../x", ""].map(name), ["", "", ""]);
    }

    #[test]
    fn only_names_and_versions_are_taken() {
        for fine in ["seaborn", "seaborn==0.13.2", "a_b.c>=1,<2", "x[extra,more]~=1.0", "y!=2.*", "z==1+local"] {
            assert!(is_requirement(fine), "{fine}");
        }
        for wrong in [
            "",
            "--index-url",
            "-e",
            "../x",
            "./x",
            "/tmp/x",
            // A folder of that name is where the tests run.
            "cli",
            "x @ https://192.0.2.1/x.whl",
            "x@file:///tmp/x",
            "https://192.0.2.1/x.whl",
            "git+https://192.0.2.1/x",
            "x.whl",
            "x-1.0.tar.gz",
            "x==1; python_version>'3'",
            "x==",
            "x=1 y",
            "x\n--pre",
            "x[a",
        ] {
            assert!(!is_requirement(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_newer_version_takes_the_place_of_the_older() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        remember(&list, &["a==1".to_owned(), "b".to_owned()]).unwrap();
        remember(&list, &["a==2".to_owned()]).unwrap();
        assert_eq!(fs::read_to_string(&list).unwrap(), "b\na==2\n");
    }
}
