//! Resource limits. They bound one process, which is all there is: no process can be created here.

use super::WallError;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use polymath_sandbox::wire::{Limits, Wall};

/// Address space and data of the warm interpreter, in bytes, which a session's memory comes on top of.
#[derive(Debug, Clone, Copy)]
pub struct Footprint {
    pub address_space: u64,
    pub data: u64,
}

impl Footprint {
    /// Reads them from /proc/self/statm.
    pub fn measure() -> Result<Self, String> {
        let text = std::fs::read_to_string("/proc/self/statm").map_err(|e| format!("/proc/self/statm: {e}"))?;
        let pages: Vec<u64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        // SAFETY: sysconf has no preconditions.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
        match pages[..] {
            [size, _, _, _, _, data, ..] => Ok(Footprint { address_space: size * page, data: data * page }),
            _ => Err(format!("/proc/self/statm reads {text:?}")),
        }
    }
}

/// Sets all limits, soft and hard alike.
pub fn apply(limits: &Limits, warm: Footprint) -> Result<Wall, WallError> {
    let both = |resource, soft: u64, hard: u64| {
        let fail = |e| WallError::new("resource limits", format!("{resource:?}: {e}"));
        // A lower limit that the host set already stays.
        let most = getrlimit(resource).map_err(fail)?.1;
        setrlimit(resource, soft.min(most), hard.min(most)).map_err(fail)
    };
    let set = |resource, value| both(resource, value, value);
    set(Resource::RLIMIT_CORE, 0)?;
    // DATA misses shared anonymous memory, the address space does not.
    set(Resource::RLIMIT_AS, warm.address_space + limits.memory)?;
    set(Resource::RLIMIT_DATA, warm.data + limits.memory)?;
    // At the soft limit comes a signal that tells why (SIGXCPU), at the hard one SIGKILL.
    both(Resource::RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)?;
    set(Resource::RLIMIT_FSIZE, limits.file_size)?;
    set(Resource::RLIMIT_NOFILE, limits.open_files)?;
    // PID 1 and the worker count as well where they share a user.
    set(Resource::RLIMIT_NPROC, limits.threads + 2)?;
    set(Resource::RLIMIT_MEMLOCK, 0)?;
    set(Resource::RLIMIT_MSGQUEUE, 0)?;
    set(Resource::RLIMIT_SIGPENDING, 256)?;
    Ok(Wall::up(
        "resource limits",
        format!(
            "memory {} MiB, {} s of processor time, files of {} MiB, {} threads, disk {} MiB",
            limits.memory >> 20,
            limits.cpu_seconds,
            limits.file_size >> 20,
            limits.threads,
            limits.disk >> 20
        ),
    ))
}
