//! Control groups: a bound on all of a session together, memory that no process maps included. Found
//! by trying: a folder is made and a limit written. Where that fails, resource limits and the size
//! of the work directory have to do, and the report says so.
//!
//! Version 2 as <https://docs.kernel.org/admin-guide/cgroup-v2.html> has it (a session's group is made
//! below the nearest ancestor that hands out the controllers and may be written to, which under
//! systemd is the user's delegated part of the tree), version 1 as
//! <https://docs.kernel.org/admin-guide/cgroup-v1/> has it.

use crate::wire::{Limits, Wall};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const WALL: &str = "control groups";
/// What is bounded beside memory that a process maps: pages of the kernel's own.
const SLACK: u64 = 64 << 20;
/// Microseconds that processor time is shared out over.
const PERIOD: u64 = 100_000;
/// How long the end of the last sessions is waited for when the program ends.
const LAST: Duration = Duration::from_secs(1);

/// Groups that this process has made, all sandboxes together.
static MADE: AtomicU64 = AtomicU64::new(0);

/// A hierarchy in which groups can be made, and what is written into one.
#[derive(Debug, Clone)]
struct Hierarchy {
    parent: PathBuf,
    controllers: Vec<&'static str>,
    version: u8,
}

/// Where this program may make groups. Removes what is left of them when dropped.
#[derive(Debug, Clone)]
pub struct Groups {
    hierarchies: Vec<Hierarchy>,
    why_not: String,
    /// Folders whose processes may not be gone yet.
    graveyard: Arc<Graveyard>,
}

#[derive(Debug, Default)]
struct Graveyard(Mutex<Vec<PathBuf>>);

/// A session's groups, one a hierarchy. Dropped with the session.
#[derive(Debug)]
pub struct Group {
    folders: Vec<PathBuf>,
    /// `cgroup.procs` of each, to be joined through.
    pub procs: Vec<File>,
    graveyard: Arc<Graveyard>,
}

impl Groups {
    /// Looks for hierarchies by writing the limits once. `dying`: processes of killed programs were just
    /// ended, and their groups will be free in a moment.
    pub fn find(limits: &Limits, dying: bool) -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let mut groups =
            Groups { hierarchies: Vec::new(), why_not: "this kernel has none".to_owned(), graveyard: Arc::default() };
        let candidates = candidates(&own, &mounts);
        for candidate in candidates {
            // Version 2 is tried first and has everything in one; one version is enough.
            let covered = groups.hierarchies.iter().flat_map(|h| &h.controllers);
            if covered.clone().any(|c| candidate.controllers.contains(c)) {
                continue;
            }
            let began = Instant::now();
            while sweep(&candidate.parent) > 0 && dying && began.elapsed() < LAST {
                std::thread::sleep(Duration::from_millis(5));
            }
            match groups.make(std::slice::from_ref(&candidate), limits) {
                Ok(_) => groups.hierarchies.push(candidate),
                Err(e) => groups.why_not = format!("{}: {e}", candidate.parent.display()),
            }
        }
        groups
    }

    /// Whether the wall stands.
    pub fn wall(&self) -> Wall {
        let mut controllers: Vec<&str> = self.hierarchies.iter().flat_map(|h| h.controllers.clone()).collect();
        controllers.sort_unstable();
        match self.hierarchies.first() {
            Some(first) => Wall::up(WALL, format!("version {}: {}", first.version, controllers.join(", "))),
            None => Wall::down(
                WALL,
                format!("{}; resource limits and the work directory's size bound sessions without", self.why_not),
            ),
        }
    }

    /// Groups for one session.
    pub fn take(&self, limits: &Limits) -> io::Result<Group> {
        self.graveyard.clear();
        self.make(&self.hierarchies, limits)
    }

    fn make(&self, hierarchies: &[Hierarchy], limits: &Limits) -> io::Result<Group> {
        let name = format!("polymath-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let mut group = Group { folders: Vec::new(), procs: Vec::new(), graveyard: self.graveyard.clone() };
        for hierarchy in hierarchies {
            let folder = hierarchy.parent.join(&name);
            fs::create_dir(&folder)?;
            group.folders.push(folder.clone());
            for (file, value, needed) in hierarchy.limits(limits) {
                match fs::write(folder.join(file), value) {
                    Err(e) if needed => return Err(io::Error::new(e.kind(), format!("{file}: {e}"))),
                    _ => {}
                }
            }
            group.procs.push(File::options().write(true).open(folder.join("cgroup.procs"))?);
        }
        Ok(group)
    }
}

impl Hierarchy {
    /// File, value, and whether it must be there.
    fn limits(&self, limits: &Limits) -> Vec<(&'static str, String, bool)> {
        let memory = limits.memory + limits.disk + limits.disk / 4 + SLACK;
        // PID 1 and the worker's first thread come on top.
        let (tasks, quota) = (limits.threads + 2, u64::from(limits.cpus.max(1)) * PERIOD);
        let all = match self.version {
            2 => vec![
                ("memory", "memory.max", memory.to_string(), true),
                ("memory", "memory.swap.max", "0".to_owned(), false),
                ("pids", "pids.max", tasks.to_string(), true),
                ("cpu", "cpu.max", format!("{quota} {PERIOD}"), true),
            ],
            _ => vec![
                ("memory", "memory.limit_in_bytes", memory.to_string(), true),
                ("memory", "memory.memsw.limit_in_bytes", memory.to_string(), false),
                ("pids", "pids.max", tasks.to_string(), true),
                ("cpu", "cpu.cfs_period_us", PERIOD.to_string(), true),
                ("cpu", "cpu.cfs_quota_us", quota.to_string(), true),
            ],
        };
        let own = all.into_iter().filter(|(controller, ..)| self.controllers.contains(controller));
        own.map(|(_, file, value, needed)| (file, value, needed)).collect()
    }
}

impl Group {
    /// Whether the kernel ended a process here because memory had run out.
    pub fn ran_out_of_memory(&self) -> bool {
        let files = self.folders.iter().flat_map(|f| [f.join("memory.events"), f.join("memory.oom_control")]);
        let counts = files.filter_map(|file| {
            let text = fs::read_to_string(file).ok()?;
            text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse::<u64>().ok()
        });
        counts.sum::<u64>() > 0
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.procs.clear();
        let mut graves = self.graveyard.0.lock().unwrap_or_else(PoisonError::into_inner);
        graves.append(&mut self.folders);
        drop(graves);
        self.graveyard.clear();
    }
}

impl Graveyard {
    /// Removes the folders that have become empty; how many have not.
    fn clear(&self) -> usize {
        let mut graves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        graves.retain(|folder| fs::remove_dir(folder).is_err_and(|e| e.kind() != io::ErrorKind::NotFound));
        graves.len()
    }
}

impl Drop for Graveyard {
    fn drop(&mut self) {
        let began = Instant::now();
        while self.clear() > 0 && began.elapsed() < LAST {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Removes groups of programs that were killed; a group in use cannot be removed. How many were not.
fn sweep(parent: &Path) -> usize {
    let mut used = 0;
    for entry in fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|n| n.strip_prefix("polymath-")?.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            used += usize::from(fs::remove_dir(entry.path()).is_err());
        }
    }
    used
}

/// Places worth a try, version 2 first, from /proc/self/cgroup and /proc/self/mountinfo (proc(5)).
fn candidates(own: &str, mounts: &str) -> Vec<Hierarchy> {
    const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
    let mut found = Vec::new();
    // `id:controllers:path`; version 2 has no controllers there.
    let lines: Vec<(&str, &str)> = own
        .lines()
        .filter_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            Some((controllers, path))
        })
        .collect();
    let path_of = |wanted: &str| {
        let of = |controllers: &str| match wanted {
            "" => controllers.is_empty(),
            _ => controllers.split(',').any(|c| c == wanted),
        };
        lines.iter().find(|(controllers, _)| of(controllers)).map(|(_, path)| *path)
    };
    for mount in mounts.lines().filter_map(Mount::read) {
        match mount.kind {
            "cgroup2" => {
                let Some(folder) = path_of("").map(|path| mount.folder(path)) else { continue };
                for parent in folder.ancestors().take_while(|p| p.starts_with(mount.point)) {
                    let handed = fs::read_to_string(parent.join("cgroup.subtree_control")).unwrap_or_default();
                    let handed: Vec<&str> = handed.split_whitespace().collect();
                    let controllers: Vec<_> = CONTROLLERS.into_iter().filter(|c| handed.contains(c)).collect();
                    if controllers.contains(&"memory") {
                        found.push(Hierarchy { parent: parent.to_owned(), controllers, version: 2 });
                    }
                }
            }
            "cgroup" => {
                let mounted: Vec<&str> = mount.options.split(',').collect();
                let controllers: Vec<_> = CONTROLLERS.into_iter().filter(|c| mounted.contains(c)).collect();
                if let Some(path) = controllers.first().and_then(|c| path_of(c)) {
                    found.push(Hierarchy { parent: mount.folder(path), controllers, version: 1 });
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|h| std::cmp::Reverse(h.version));
    found
}

/// One line of mountinfo.
struct Mount<'a> {
    /// The folder of the file system that is mounted.
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let (mount, system): (Vec<_>, Vec<_>) = (mount.split(' ').collect(), system.split(' ').collect());
        Some(Mount { root: mount.get(3)?, point: mount.get(4)?, kind: system.first()?, options: system.get(2)? })
    }

    /// Where a group's path is found below this mount.
    fn folder(&self, path: &str) -> PathBuf {
        let below = path.strip_prefix(self.root).unwrap_or(path).trim_start_matches('/');
        if below.is_empty() { PathBuf::from(self.point) } else { Path::new(self.point).join(below) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_version_1_controller_is_looked_for_in_its_own_hierarchy() {
        let own = "9:name=systemd:/\n8:pids:/\n4:memory:/a/b\n1:cpu,cpuacct:/\n0::/\n";
        let mounts = "30 20 0:26 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
            31 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
            32 20 0:28 /a /mnt/memory rw - cgroup cgroup rw,memory\n\
            33 20 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n";
        let found: Vec<(String, Vec<&str>)> =
            candidates(own, mounts).into_iter().map(|h| (h.parent.display().to_string(), h.controllers)).collect();
        let want =
            [("/sys/fs/cgroup/cpu", "cpu"), ("/sys/fs/cgroup/memory/a/b", "memory"), ("/mnt/memory/b", "memory")];
        assert_eq!(found, want.map(|(path, controller)| (path.to_owned(), vec![controller])));
    }

    #[test]
    fn version_2_is_tried_from_the_nearest_ancestor_that_hands_out_memory() {
        let tree = tempfile::tempdir().unwrap();
        let app = tree.path().join("user/app");
        fs::create_dir_all(app.join("shell.scope")).unwrap();
        fs::write(tree.path().join("cgroup.subtree_control"), "cpu memory pids").unwrap();
        fs::write(tree.path().join("user/cgroup.subtree_control"), "memory pids").unwrap();
        fs::write(app.join("cgroup.subtree_control"), "").unwrap();
        let mounts = format!("40 20 0:30 / {} rw - cgroup2 cgroup2 rw", tree.path().display());
        let found = candidates("0::/user/app/shell.scope\n", &mounts);
        let parents: Vec<_> = found.iter().map(|h| h.parent.clone()).collect();
        assert_eq!(parents, [tree.path().join("user"), tree.path().to_owned()]);
        assert_eq!(found[0].controllers, ["memory", "pids"]);
        assert!(found[0].limits(&Limits::default()).iter().any(|(file, _, needed)| *file == "memory.max" && *needed));
    }
}
