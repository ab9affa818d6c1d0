//! Files between host and session: those given, and those taken out of a stopped session's working
//! directory. That directory is hostile: links,
//! devices, sockets, deep trees and huge files are all possible, so every open stays beneath the
//! directory's own descriptor, follows no link, does not block, and takes regular files only.

use crate::OutFile;
use crate::wire::{GivenFile, SeenFile};
use nix::{
    dir::Dir,
    fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, openat2},
    sys::stat::{Mode, SFlag, fstat},
};
use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

const MOST_FILES: usize = 64;
const MOST_ENTRIES: usize = 4096;
const DEPTH: usize = 6;
const FILE_BYTES: u64 = 32 << 20;
const ALL_BYTES: u64 = 128 << 20;
/// Files left out that are named; of more, only how many.
const NAMED: usize = 8;

/// What was seen of a file: size, seconds and nanoseconds of its change, inode.
type Stamp = (i64, i64, i64, u64);

/// Remembers which files were taken already.
#[derive(Debug, Default)]
pub struct Files {
    seen: HashMap<PathBuf, Stamp>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Taken {
    pub files: Vec<OutFile>,
    /// Files left out, each with why.
    pub left: Vec<String>,
}

impl Files {
    /// New and changed files below `work`, by name. The session must be stopped.
    pub fn take(&mut self, work: BorrowedFd) -> Taken {
        let mut taken = Taken::default();
        let mut entries = 0;
        let mut todo = vec![(PathBuf::new(), 0)];
        let mut found = Vec::new();
        while let Some((folder, depth)) = todo.pop() {
            for (name, kind) in list(work, &folder, MOST_ENTRIES - entries) {
                entries += 1;
                let path = folder.join(&name);
                match kind {
                    Some(nix::dir::Type::Directory) if depth < DEPTH => todo.push((path, depth + 1)),
                    Some(nix::dir::Type::File) => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort();
        let mut total = 0;
        for path in found {
            self.take_one(work, path, &mut total, &mut taken);
        }
        if let Some(more) = taken.left.len().checked_sub(NAMED).filter(|more| *more > 0) {
            taken.left.truncate(NAMED);
            taken.left.push(format!("{more} more files were left in the sandbox"));
        }
        taken
    }

    fn take_one(&mut self, work: BorrowedFd, path: PathBuf, total: &mut u64, taken: &mut Taken) {
        let Some((file, stamp)) = open_regular(work, &path) else { return };
        if self.seen.insert(path.clone(), stamp) == Some(stamp) {
            return;
        }
        let (name, size) = (path.display().to_string(), stamp.0 as u64);
        if size > FILE_BYTES || *total + size > ALL_BYTES || taken.files.len() >= MOST_FILES {
            let limit = format!("{} MiB a file, {MOST_FILES} files a call", FILE_BYTES >> 20);
            taken.left.push(format!("{name} ({size} bytes) was left in the sandbox: at most {limit} come out"));
            return;
        }
        let mut bytes = Vec::with_capacity(size as usize);
        if file.take(size).read_to_end(&mut bytes).is_ok() {
            *total += size;
            taken.files.push(OutFile { name, bytes });
        }
    }
}

/// Names and kinds in a folder below `work`; hidden ones and caches are nobody's results.
fn list(work: BorrowedFd, folder: &Path, limit: usize) -> Vec<(PathBuf, Option<nix::dir::Type>)> {
    let Some(fd) = open(work, folder, OFlag::O_DIRECTORY) else { return Vec::new() };
    let Ok(mut dir) = Dir::from_fd(fd) else { return Vec::new() };
    let entries = dir.iter().filter_map(Result::ok).take(limit.saturating_add(2));
    let named = entries.filter_map(|e| Some((e.file_name().to_str().ok()?.to_owned(), e.file_type())));
    named.filter(|(n, _)| !n.starts_with('.') && n != "__pycache__").map(|(n, kind)| (n.into(), kind)).collect()
}

fn open(work: BorrowedFd, path: &Path, extra: OFlag) -> Option<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | extra)
        .mode(Mode::empty())
        .resolve(
            ResolveFlag::RESOLVE_BENEATH
                | ResolveFlag::RESOLVE_NO_SYMLINKS
                | ResolveFlag::RESOLVE_NO_MAGICLINKS
                | ResolveFlag::RESOLVE_NO_XDEV,
        );
    openat2(work, path, how).ok()
}

/// Opens a file of the user's, which is to be regular, at a path that must not lead through a link: the
/// path was without links when the file was given, and one that is there now was put there since.
///
/// # Errors
/// It cannot be opened, is no regular file, or a link is on its path (`ELOOP`).
pub fn open_given(file: &GivenFile, later: bool) -> std::io::Result<(SeenFile, File)> {
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)
        .mode(Mode::empty())
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let opened = File::from(openat2(AT_FDCWD, &file.path, how)?);
    let about = opened.metadata()?;
    if !about.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    Ok((SeenFile { file: file.clone(), device: about.dev(), inode: about.ino(), later }, opened))
}

fn open_regular(work: BorrowedFd, path: &Path) -> Option<(File, Stamp)> {
    let fd = open(work, path, OFlag::O_NOFOLLOW)?;
    let stat = fstat(fd.as_fd()).ok()?;
    if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
        return None;
    }
    Some((File::from(fd), (stat.st_size, stat.st_mtime, stat.st_mtime_nsec, stat.st_ino)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn a_link_or_pipe_put_in_a_given_files_place_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("data")).unwrap();
        fs::write(root.join("data/a.txt"), "a").unwrap();
        fs::write(root.join("secret"), "s").unwrap();
        let file = GivenFile { name: "a.txt".into(), path: root.join("data/a.txt") };
        let (seen, opened) = open_given(&file, false).unwrap();
        assert_eq!((seen.inode, opened.metadata().unwrap().len()), (opened.metadata().unwrap().ino(), 1));
        // The file itself.
        fs::remove_file(&file.path).unwrap();
        symlink(root.join("secret"), &file.path).unwrap();
        assert_eq!(open_given(&file, false).unwrap_err().raw_os_error(), Some(libc::ELOOP));
        // A pipe nobody writes to.
        fs::remove_file(&file.path).unwrap();
        nix::unistd::mkfifo(&file.path, Mode::S_IRWXU).unwrap();
        assert!(open_given(&file, false).unwrap_err().to_string().contains("no regular file"));
        // A folder on the way.
        fs::remove_dir_all(root.join("data")).unwrap();
        fs::create_dir(root.join("other")).unwrap();
        fs::write(root.join("other/a.txt"), "o").unwrap();
        symlink(root.join("other"), root.join("data")).unwrap();
        assert_eq!(open_given(&file, false).unwrap_err().raw_os_error(), Some(libc::ELOOP));
    }
}
