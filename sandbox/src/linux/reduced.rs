//! Work directories for sessions without namespaces (`Ground::Reduced`): folders on a file system of
//! the host that is small as a whole, since nothing else bounds how much a session may write.

use super::files::open_given;
use crate::wire::{GivenFile, NAMESPACES, SeenFile};
use crate::{SandboxError, wire::Limits};
use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::{AT_FDCWD, OFlag, RenameFlags, openat, renameat2},
    sys::{stat::Mode, statvfs::statvfs},
    unistd::{UnlinkatFlags, unlinkat},
};
use std::{
    ffi::{CStr, CString},
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
};

/// Where a small file system is looked for: containers mount one there.
const PLACES: [&str; 1] = ["/dev/shm"];
/// How the folders' names begin, and the inner folder for temporary files, made once the lock is held.
const PREFIX: &str = "polymath-work-";
const TEMPORARY: &str = ".tmp";
/// The largest that counts as small, as a multiple of what one session may write.
const SESSIONS: u64 = 4;

/// A place for work directories, found fit.
#[derive(Debug, Clone)]
pub struct Place(PathBuf);

/// One session's folder; gone when dropped, which the session's processes have to be before. The lock on it says that its
/// program lives.
#[derive(Debug)]
pub struct Work {
    folder: PathBuf,
    _held: File,
}

impl Drop for Work {
    fn drop(&mut self) {
        // What cannot be removed now is swept at the next start.
        if let Err(error) = remove(&self.folder) {
            tracing::warn!("{} cannot be removed: {error}", self.folder.display());
        }
    }
}

impl Place {
    /// The first that is small enough, `wished` before the usual ones.
    ///
    /// # Errors
    /// None is; says what was looked at.
    pub fn find(wished: Option<&Path>, limits: &Limits) -> Result<Self, SandboxError> {
        let places = wished.map(Path::to_owned).into_iter().chain(PLACES.map(PathBuf::from));
        let mut seen = Vec::new();
        for place in places {
            match size(&place) {
                Ok(bytes) if bytes <= limits.disk * SESSIONS => {
                    sweep(&place);
                    return Ok(Place(place));
                }
                Ok(bytes) => seen.push(format!("{} holds {} MiB", place.display(), bytes >> 20)),
                Err(e) => seen.push(format!("{}: {e}", place.display())),
            }
        }
        let most = (limits.disk * SESSIONS) >> 20;
        let message = format!(
            "not to be had, and no file system of at most {most} MiB for a work directory without them ({}); \
             mount a tmpfs of size={most}m and name it with POLYMATH_PYTHON_WORK",
            seen.join(", ")
        );
        Err(SandboxError::unavailable(Some(NAMESPACES.to_owned()), message))
    }

    /// A folder for user `owner`, with copies of `files` in it.
    pub fn make(&self, owner: u32, files: &mut [(SeenFile, File)]) -> io::Result<Work> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&self.0)?;
        let held = File::open(folder.path())?;
        held.lock()?;
        let work = Work { folder: folder.keep(), _held: held };
        let temporary = work.path().join(TEMPORARY);
        fs::create_dir(&temporary)?;
        for path in [work.path(), &temporary] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            chown(path, Some(owner), Some(owner))?;
        }
        for (seen, opened) in files.iter_mut().filter(|(seen, _)| !seen.later) {
            work.copy(&seen.file.name, opened)?;
        }
        Ok(work)
    }
}

impl Work {
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Adds a file to a folder whose code is stopped, in the place of what that may have written under the name.
    pub fn add(&self, file: &GivenFile) -> io::Result<()> {
        let (_, mut opened) = open_given(file, false)?;
        match fs::remove_file(self.path().join(&file.name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => self.copy(&file.name, &mut opened),
        }
    }

    fn copy(&self, name: &str, from: &mut File) -> io::Result<()> {
        let copy = self.path().join(name);
        // A link that is there leads elsewhere.
        io::copy(from, &mut File::create_new(&copy)?)?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o444))
    }
}

/// Removes folders of programs that were killed: nobody holds them. One without its inner folder is
/// only being made.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().filter_map(Result::ok) {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let folder = entry.path();
        if ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) && folder.join(TEMPORARY).is_dir() {
            let free = File::open(&folder).is_ok_and(|file| file.try_lock().is_ok());
            if free {
                let _ = remove(&folder);
            }
        }
    }
}

/// Removes a folder and what is in it, however deep. The standard library holds a descriptor for each level, of which a
/// process has a thousand; here what is below goes up, level by level.
fn remove(folder: &Path) -> io::Result<()> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let top = openat(AT_FDCWD, folder, flags, Mode::empty())?;
    let mut names = 0..;
    loop {
        let entries = entries(&top)?;
        if entries.is_empty() {
            return fs::remove_dir(folder);
        }
        for name in entries {
            if unlinked(&top, &name)? {
                continue;
            }
            let inner = openat(&top, name.as_c_str(), flags, Mode::empty())?;
            for child in self::entries(&inner)? {
                if unlinked(&inner, &child)? {
                    continue;
                }
                // Names that are there already are passed over.
                for number in names.by_ref() {
                    let up = format!("{PREFIX}{number}");
                    match renameat2(&inner, child.as_c_str(), &top, up.as_str(), RenameFlags::RENAME_NOREPLACE) {
                        Err(Errno::EEXIST) => {}
                        done => {
                            done?;
                            break;
                        }
                    }
                }
            }
            unlinkat(&top, name.as_c_str(), UnlinkatFlags::RemoveDir)?;
        }
    }
}

/// Removes a file, or a folder with nothing in it. False for one that has something in it.
fn unlinked(folder: &OwnedFd, name: &CStr) -> io::Result<bool> {
    let removed = match unlinkat(folder, name, UnlinkatFlags::NoRemoveDir) {
        Err(Errno::EISDIR | Errno::EPERM) => unlinkat(folder, name, UnlinkatFlags::RemoveDir),
        removed => removed,
    };
    match removed {
        Ok(()) | Err(Errno::ENOENT) => Ok(true),
        Err(Errno::ENOTEMPTY | Errno::EEXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn entries(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    // Another descriptor of the folder, since the list takes it, and each has a place of its own in it.
    let mut list = Dir::openat(folder, ".", OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    let names = list.iter().map(|entry| entry.map(|entry| entry.file_name().to_owned()));
    let names: Vec<CString> = names.collect::<Result<_, _>>()?;
    Ok(names.into_iter().filter(|name| ![c".", c".."].contains(&name.as_c_str())).collect())
}

fn size(place: &Path) -> io::Result<u64> {
    let stat = statvfs(place)?;
    Ok(stat.blocks() * stat.fragment_size())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_nobody_holds_are_swept_and_others_stay() {
        let place = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let folder = place.path().join(name);
            fs::create_dir_all(folder.join(TEMPORARY)).unwrap();
            File::open(folder).unwrap()
        };
        let held = make("polymath-work-held");
        held.lock().unwrap();
        make("polymath-work-left");
        make("another");
        fs::create_dir(place.path().join("polymath-work-new")).unwrap();
        sweep(place.path());
        let mut names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["another", "polymath-work-held", "polymath-work-new"]);
    }

    #[test]
    fn a_large_file_system_is_refused_by_name() {
        let limits = Limits { disk: 1, ..Limits::default() };
        let error = Place::find(Some(Path::new("/")), &limits).unwrap_err();
        assert!(error.message.contains("/ holds") && error.message.contains("POLYMATH_PYTHON_WORK"), "{error}");
    }
}
