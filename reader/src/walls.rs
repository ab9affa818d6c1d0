//! What the program shuts itself in with before it has seen a byte of the file: limits on memory and
//! processor time, no new descriptors, and on Linux a filter that leaves it the calls that take memory,
//! read what it has open and write its answer.

use std::fs::File;
use std::io;

/// What reading one file may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of address space.
    pub memory: u64,
    /// Seconds of processor time.
    pub cpu: u64,
    /// Seconds until the host ends it, whatever it waits for.
    pub wall: u64,
    /// Bytes of its answer.
    pub answer: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 1 << 30, cpu: 10, wall: 60, answer: 256 << 20 }
    }
}

impl Limits {
    /// Those that the program sets itself, as its arguments.
    pub fn arguments(&self) -> [String; 2] {
        [self.memory.to_string(), self.cpu.to_string()]
    }

    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Option<Limits> {
        let mut number = || arguments.next()?.parse().ok();
        Some(Limits { memory: number()?, cpu: number()?, ..Limits::default() })
    }
}

/// Raises the walls around this process, which has one thread, and returns what the answer is written
/// to. Standard output leads nowhere from then on: some parsers print.
///
/// # Errors
/// A wall does not stand; nothing should be read then.
#[cfg(unix)]
pub fn raise(limits: &Limits) -> io::Result<File> {
    use nix::sys::resource::{Resource, setrlimit};
    let answer = File::from(nix::unistd::dup(io::stdout())?);
    nix::unistd::dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    for (resource, soft, hard) in [
        (Resource::RLIMIT_CORE, 0, 0),
        (Resource::RLIMIT_FSIZE, 0, 0),
        (Resource::RLIMIT_NOFILE, 0, 0),
        (Resource::RLIMIT_AS, limits.memory, limits.memory),
        // At the soft limit comes a signal that tells why (SIGXCPU).
        (Resource::RLIMIT_CPU, limits.cpu, limits.cpu + 1),
    ] {
        // macOS knows the address space and does not take a limit on it.
        let set = setrlimit(resource, soft, hard);
        if cfg!(target_os = "linux") {
            set?;
        }
    }
    #[cfg(target_os = "linux")]
    calls::shut().map_err(io::Error::other)?;
    Ok(answer)
}

/// On systems without these walls the process alone is one, and the host's limits on time and answer.
///
/// # Errors
/// Standard output can't be opened.
#[cfg(not(unix))]
pub fn raise(_limits: &Limits) -> io::Result<std::io::Stdout> {
    Ok(io::stdout())
}

#[cfg(target_os = "linux")]
mod calls {
    use libc::*;
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

    /// All that a program needs that computes with what it has. No descriptor is opened by any of them.
    const ALLOWED: &[c_long] = &[
        SYS_read,
        SYS_readv,
        SYS_write,
        SYS_writev,
        SYS_close,
        SYS_fstat,
        SYS_lseek,
        SYS_mmap,
        SYS_munmap,
        SYS_mremap,
        SYS_mprotect,
        SYS_madvise,
        SYS_brk,
        SYS_futex,
        SYS_rt_sigaction,
        SYS_rt_sigprocmask,
        SYS_rt_sigreturn,
        SYS_sigaltstack,
        SYS_getpid,
        SYS_gettid,
        SYS_tgkill,
        SYS_clock_gettime,
        SYS_gettimeofday,
        SYS_getrandom,
        SYS_sched_yield,
        SYS_sched_getaffinity,
        SYS_exit,
        SYS_exit_group,
    ];

    /// Whatever else is called answers EPERM.
    pub fn shut() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let rules = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
        let arch = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules, SeccompAction::Errno(EPERM as u32), SeccompAction::Allow, arch)?;
        let program: BpfProgram = filter.try_into()?;
        Ok(apply_filter(&program)?)
    }
}
