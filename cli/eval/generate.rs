//! Tasks that are written when they are wanted, by programs in the project's Python: the generator of
//! fresh dialogues, and the `make.py` that lies beside tasks whose files are too large to be kept.

use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FRESH: &str = include_str!("../../examples/eval/fresh.py");
static EVALSET: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/eval/evalset");

/// Dialogues that nobody has seen, in a folder: `tasks.jsonl`, `pages/` and `files/`. The same seed and
/// count of turns always make the same. Returns where the tasks are.
///
/// # Errors
/// No Python there, or a folder that can't be written.
pub fn fresh(environment: &Path, (seed, turns): (u64, u32), folder: &Path) -> anyhow::Result<PathBuf> {
    let program = folder.join("generator");
    std::fs::create_dir_all(program.join("evalset"))?;
    std::fs::write(program.join("fresh.py"), FRESH)?;
    EVALSET.extract(program.join("evalset"))?;
    let set = folder.join("set");
    let mut command = python(environment)?;
    command.arg(program.join("fresh.py")).args([seed.to_string(), "--turns".into(), turns.to_string()]);
    run(command.arg("--out").arg(&set), "the generator of fresh dialogues")?;
    Ok(set.join("tasks.jsonl"))
}

/// The files that `script` makes, in `folder`.
///
/// # Errors
/// As [`fresh`], and what the script does not get done.
pub fn files(environment: &Path, script: &Path, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    run(python(environment)?.arg(script).arg(folder), &script.display().to_string())
}

/// The environment's Python, which leaves nothing beside the programs that it runs.
fn python(environment: &Path) -> anyhow::Result<Command> {
    let python = environment.join("bin/python");
    if !python.exists() {
        bail!("there is no Python environment at {}: ./run makes it", environment.display());
    }
    let mut command = Command::new(python);
    command.arg("-B").stdin(Stdio::null()).stdout(Stdio::null());
    Ok(command)
}

fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = command.stderr(Stdio::piped()).output().with_context(|| format!("cannot start {what}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("{what} failed: {}", told.lines().last().unwrap_or("it said nothing"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn without_python_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = fresh(Path::new("/no/such/environment"), (1, 12), folder.path()).unwrap_err().to_string();
        assert!(error.contains("no Python environment at /no/such/environment"), "{error}");
    }
}
