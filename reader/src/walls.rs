//! What the program shuts itself in with before it has seen a byte of the file: limits on memory and
//! processor time, no new descriptors, and on Linux a filter that leaves it the calls that take memory,
//! read what it has open and write its answer.

use std::fs::File;
use std::io;

/// What reading one file, or writing one prompt, may take.
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
    raised(limits, false)
}

/// As `raise`, around all threads of a process that is asked again and again: its processor time is limited anew by
/// [`begin`].
///
/// # Errors
/// As above.
#[cfg(unix)]
pub fn raise_for_long(limits: &Limits) -> io::Result<File> {
    raised(limits, true)
}

/// Processor time for what is asked now.
///
/// # Errors
/// It cannot be limited.
#[cfg(unix)]
pub fn begin(limits: &Limits) -> io::Result<()> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};
    let used = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID)?.tv_sec() as u64;
    // Counted in whole seconds.
    Ok(setrlimit(Resource::RLIMIT_CPU, used + limits.cpu + 1, RLIM_INFINITY)?)
}

#[cfg(unix)]
fn raised(limits: &Limits, for_long: bool) -> io::Result<File> {
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
        if for_long && resource == Resource::RLIMIT_CPU {
            continue;
        }
        // macOS knows the address space and does not take a limit on it.
        let set = setrlimit(resource, soft, hard);
        if cfg!(target_os = "linux") {
            set?;
        }
    }
    #[cfg(target_os = "linux")]
    calls::shut(for_long).map_err(io::Error::other)?;
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

/// The same.
///
/// # Errors
/// Standard output can't be opened.
#[cfg(not(unix))]
pub fn raise_for_long(limits: &Limits) -> io::Result<std::io::Stdout> {
    raise(limits)
}

/// There is no limit on processor time to set here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn begin(_limits: &Limits) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod calls {
    use libc::*;
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter_all_threads,
    };

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

    /// Whatever else is called answers EPERM. `for_long`: its own processor time can be limited anew.
    pub fn shut(for_long: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut rules: std::collections::BTreeMap<_, _> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
        if for_long {
            let is = |argument, value| SeccompCondition::new(argument, Len::Dword, Op::Eq, value);
            let own_time = SeccompRule::new(vec![is(0, 0)?, is(1, u64::from(RLIMIT_CPU))?])?;
            rules.insert(SYS_prlimit64, vec![own_time]);
        }
        let arch = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules, SeccompAction::Errno(EPERM as u32), SeccompAction::Allow, arch)?;
        let program: BpfProgram = filter.try_into()?;
        Ok(apply_filter_all_threads(&program)?)
    }
}
