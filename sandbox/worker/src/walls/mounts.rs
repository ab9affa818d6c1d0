//! The file system a session sees: read-only binds of the Python runtime and its packages, fonts,
//! /dev/null, two small tmpfs for work, and nothing else. No /proc, no /sys, no /etc.

use super::WallError;
use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    unistd::{chdir, pivot_root},
};
use polymath_sandbox::wire::{LATER, Limits, SeenFile, Wall};
use std::{
    ffi::CString,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

const WALL: &str = "mount namespace";
/// Where user code works, and for temporary files.
pub const WORK: &str = "/work";
pub const TEMPORARY: &str = "/scratch";
/// Places that people and other programs write to by name: the work directory in other words.
const ALSO_WORK: [&str; 6] = ["/tmp", "/mnt/data", "/home/user", "/content", "/kaggle/working", "/root"];
/// Of these, the ones that are so even where the Python runtime lies below them on the host.
const ALWAYS: usize = 3;

fn fail(what: impl std::fmt::Display) -> impl FnOnce(nix::Error) -> WallError {
    move |e| WallError::new(WALL, format!("{what}: {e}"))
}

/// What a session gets to see of the host.
pub struct View<'a> {
    /// Folders to bind read-only under their own names.
    pub runtime: &'a [PathBuf],
    /// Files to bind read-only in the work directory.
    pub files: &'a [SeenFile],
    /// Leaves the host's root on /host: this wall is down, for a test.
    pub keep_host: bool,
}

/// Replaces the root of this mount namespace. `owner` is the user, as seen here, who may write to the
/// work directory.
pub fn enter(view: &View<'_>, limits: &Limits, owner: u32) -> Result<Wall, WallError> {
    const NONE: Option<&str> = None;
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE).map_err(fail("making / private"))?;
    // A scratch root first: sources may lie under the folder that is mounted over.
    tmpfs("/tmp", "size=64k,nr_inodes=128,mode=755")?;
    make_dir("/tmp/new")?;
    make_dir("/tmp/old")?;
    pivot_root("/tmp", "/tmp/old").map_err(fail("pivot_root to the scratch root"))?;
    chdir("/").map_err(fail("chdir /"))?;
    tmpfs("/new", "size=1m,nr_inodes=2k,mode=755")?;
    // Before the binds, some of which may lie below these on the host.
    let half = limits.disk_files / 2;
    for (target, size) in [(WORK, limits.disk), (TEMPORARY, limits.disk / 4)] {
        let target = format!("/new{target}");
        make_dir(&target)?;
        tmpfs(&target, &format!("size={size},nr_inodes={half},mode=700,uid={owner},gid={owner}"))?;
    }
    also_work(view.runtime)?;
    for source in view.runtime {
        let to = format!("/new{}", source.display());
        make_dir(&to)?;
        bind(source, &to)?;
    }
    for (index, file) in view.files.iter().enumerate() {
        give(file, index)?;
    }
    device("/dev/null")?;
    make_dir("/new/host")?;
    pivot_root("/new", "/new/host").map_err(fail("pivot_root to the new root"))?;
    chdir("/").map_err(fail("chdir /"))?;
    if view.keep_host {
        // What is there now is the scratch root, with the host's below.
        mount(Some("/host/old"), "/host", NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)
            .map_err(fail("keeping /host"))?;
    } else {
        umount2("/host", MntFlags::MNT_DETACH).map_err(fail("letting go of the host's file system"))?;
        fs::remove_dir("/host").map_err(|e| WallError::new(WALL, format!("removing /host: {e}")))?;
    }
    restrict("/", libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, false)?;
    Ok(Wall::up("file system", "the Python runtime, packages and fonts read-only; no host files, /proc, /sys or /etc"))
}

/// Makes the usual places lead to the work directory. A link is best, since files can be renamed across it;
/// where folders of the runtime must lie below, it is a second mount.
fn also_work(runtime: &[PathBuf]) -> Result<(), WallError> {
    for (index, place) in ALSO_WORK.into_iter().enumerate() {
        let (at, target) = (format!("/new{place}"), format!("/new{WORK}"));
        if !runtime.iter().any(|folder| folder.starts_with(place)) {
            let parent = Path::new(place).parent().unwrap_or(Path::new("/"));
            make_dir(&format!("/new{}", parent.display()))?;
            symlink(WORK, &at).map_err(|e| WallError::new(WALL, format!("linking {place} to {WORK}: {e}")))?;
        } else if index < ALWAYS {
            make_dir(&at)?;
            mount(Some(target.as_str()), at.as_str(), None::<&str>, MsFlags::MS_BIND, None::<&str>)
                .map_err(fail(format!("binding {WORK} on {place}")))?;
        }
    }
    Ok(())
}

fn make_dir(path: &str) -> Result<(), WallError> {
    fs::create_dir_all(path).map_err(|e| WallError::new(WALL, format!("making {path}: {e}")))
}

fn tmpfs(target: &str, options: &str) -> Result<(), WallError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("tmpfs"), target, Some("tmpfs"), flags, Some(options))
        .map_err(fail(format!("mounting a tmpfs ({options}) on {target}")))
}

/// Puts a file of the user's into the work directory, read-only. One that only its owner may read is
/// copied first, since the session becomes another user.
fn give(seen: &SeenFile, index: usize) -> Result<(), WallError> {
    let file = &seen.file;
    let fail = |e: std::io::Error| WallError::new(WALL, format!("giving {}: {e}", file.path.display()));
    let folder = if seen.later { LATER } else { WORK };
    make_dir(&format!("/new{folder}"))?;
    let to = format!("/new{folder}/{}", file.name);
    fs::write(&to, "").map_err(fail)?;
    let source = Path::new("/old").join(file.path.strip_prefix("/").unwrap_or(&file.path));
    let about = fs::symlink_metadata(&source).map_err(fail)?;
    let is_seen = |about: &fs::Metadata| match (about.dev(), about.ino()) == (seen.device, seen.inode) {
        true => Ok(()),
        false => Err(fail(std::io::Error::other("another file was put in its place"))),
    };
    is_seen(&about)?;
    // Of the user's own namespace, where there is one, it stays the owner.
    if about.permissions().mode() & 0o004 != 0 || about.uid() == nix::unistd::getuid().as_raw() && about.uid() != 0 {
        bind(&file.path, &to)?;
        // What was mounted is told by the mount itself.
        return is_seen(&fs::metadata(&to).map_err(fail)?);
    }
    let copies = format!("/given{index}");
    make_dir(&copies)?;
    tmpfs(&copies, &format!("size={},nr_inodes=4,mode=755", about.len() + (64 << 10)))?;
    let copy = format!("{copies}/file");
    let mut opened = fs::File::open(&source).map_err(fail)?;
    is_seen(&opened.metadata().map_err(fail)?)?;
    let mut written = fs::File::create(&copy).map_err(fail)?;
    std::io::copy(&mut opened, &mut written).map_err(fail)?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o444)).map_err(fail)?;
    mount(Some(copy.as_str()), to.as_str(), None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .map_err(|e| fail(e.into()))?;
    restrict(&to, libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, false)
}

/// Binds `/old/SOURCE` read-only on `to`, with whatever is mounted below it.
fn bind(source: &Path, to: &str) -> Result<(), WallError> {
    let from = Path::new("/old").join(source.strip_prefix("/").unwrap_or(source));
    mount(Some(&from), to, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .map_err(fail(format!("binding {}", source.display())))?;
    restrict(to, libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, true)
}

/// Binds one device node, which must stay usable and cannot be read-only in effect.
fn device(path: &str) -> Result<(), WallError> {
    make_dir("/new/dev")?;
    let to = format!("/new{path}");
    fs::write(&to, "").map_err(|e| WallError::new(WALL, format!("making {to}: {e}")))?;
    mount(Some(format!("/old{path}").as_str()), to.as_str(), None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .map_err(fail(format!("binding {path}")))?;
    restrict(&to, libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC, false)
}

/// Adds attributes to a mount, and to all below it when `recursive` (mount_setattr, Linux 5.12).
fn restrict(path: &str, attributes: u64, recursive: bool) -> Result<(), WallError> {
    let c_path = CString::new(path).map_err(|e| WallError::new(WALL, e))?;
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a C string and the structure is passed with its size.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            c_path.as_ptr(),
            flags,
            &raw const attr,
            size_of_val(&attr),
        )
    };
    if done == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(WallError::new(WALL, format!("making {path} read-only (mount_setattr, Linux 5.12 or newer): {error}")))
}
