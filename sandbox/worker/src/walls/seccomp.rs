//! System calls: an allowlist, raised last. No process can be created, nothing executed, no socket
//! made but a Unix pair; the kernel's large interfaces (mount, bpf, io_uring, keyctl, ptrace, …) are
//! not there. The list ran numpy, pandas, matplotlib (png, svg, pdf), sqlite3, asyncio and threads.

use super::WallError;
use libc::*;
use polymath_sandbox::wire::Wall;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter, sock_filter,
};
use std::collections::BTreeMap;

const WALL: &str = "system call filter";

// Not in the libc crate yet; the same on every processor (include/uapi/asm-generic/unistd.h).
const SYS_FUTEX_WAKE: c_long = 454;
const SYS_FUTEX_WAIT: c_long = 455;

/// Calls allowed with any arguments.
const ALLOWED: &[c_long] = &[
    // Files and descriptors.
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_lseek,
    SYS_close,
    SYS_close_range,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_openat,
    SYS_openat2,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    SYS_chdir,
    SYS_fchdir,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_truncate,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fsync,
    SYS_fdatasync,
    SYS_sync_file_range,
    SYS_flock,
    SYS_umask,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_utimensat,
    SYS_copy_file_range,
    SYS_sendfile,
    SYS_splice,
    SYS_tee,
    SYS_fadvise64,
    SYS_fcntl,
    // Memory.
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_msync,
    // Signals to itself.
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    SYS_tgkill,
    SYS_kill,
    SYS_setitimer,
    SYS_getitimer,
    // Threads.
    SYS_futex,
    SYS_futex_waitv,
    SYS_FUTEX_WAKE,
    SYS_FUTEX_WAIT,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_membarrier,
    SYS_set_tid_address,
    SYS_exit,
    SYS_exit_group,
    SYS_restart_syscall,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_getpriority,
    // Time.
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_times,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    // Waiting for descriptors.
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_eventfd2,
    // What the process may know of itself.
    SYS_getpid,
    SYS_getppid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getresuid,
    SYS_getresgid,
    SYS_getgroups,
    SYS_getpgid,
    SYS_getsid,
    SYS_capget,
    SYS_getrusage,
    SYS_sysinfo,
    SYS_uname,
    SYS_getrandom,
    SYS_getcpu,
    SYS_wait4,
    SYS_waitid,
    // The ends of a socket pair.
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_sendto,
    SYS_sendmsg,
    SYS_shutdown,
    SYS_getsockname,
    SYS_getpeername,
    // Answered with ENOSYS by the second filter, which has the last word on them.
    SYS_clone3,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_userfaultfd,
];

/// Older names of the same things, which other processors never had.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[c_long] = &[
    SYS_open,
    SYS_creat,
    SYS_access,
    SYS_stat,
    SYS_lstat,
    SYS_readlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_unlink,
    SYS_rename,
    SYS_chmod,
    SYS_futimesat,
    SYS_utime,
    SYS_dup2,
    SYS_pipe,
    SYS_pause,
    SYS_alarm,
    SYS_time,
    SYS_poll,
    SYS_select,
    SYS_epoll_create,
    SYS_epoll_wait,
    SYS_eventfd,
    SYS_getpgrp,
    SYS_getrlimit,
    SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[c_long] = &[];

/// Calls that say they do not exist, so that programs take another road.
const ABSENT: &[c_long] = &[SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_userfaultfd];

/// Namespace bits of clone.
const NAMESPACES: c_int =
    CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

/// Calls that change the times of a file by its name, which Landlock knows nothing of: where it stands `alone`, they would
/// reach the host's.
#[cfg(target_arch = "x86_64")]
const TIMES: &[c_long] = &[SYS_utimensat, SYS_futimesat, SYS_utime];
#[cfg(not(target_arch = "x86_64"))]
const TIMES: &[c_long] = &[SYS_utimensat];

/// Raises the filters on this thread, the only one.
pub fn apply(alone: bool) -> Result<Wall, WallError> {
    let fail = |e: &dyn std::fmt::Display| WallError::new(WALL, e);
    let programs = programs(alone).map_err(|e| fail(&e))?;
    for program in &programs {
        apply_filter(program).map_err(|e| fail(&e))?;
    }
    Ok(Wall::up(WALL, format!("{} calls allowed, no fork, no exec, no sockets", ALLOWED.len() + ALLOWED_HERE.len())))
}

/// The filters in the order they go in; the allowlist comes last, since it forbids adding more.
fn programs(alone: bool) -> Result<Vec<BpfProgram>, Box<dyn std::error::Error>> {
    let arch = std::env::consts::ARCH.try_into()?;
    let absent = ABSENT.iter().map(|call| (*call, Vec::new())).collect();
    let absent = SeccompFilter::new(absent, SeccompAction::Allow, SeccompAction::Errno(ENOSYS as u32), arch)?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().chain(ALLOWED_HERE).map(|call| (*call, Vec::new())).collect();
    rules.extend(checked()?);
    if alone {
        rules.retain(|call, _| !TIMES.contains(call));
        // Of a file that is open, it has no name.
        let unnamed = SeccompCondition::new(1, Len::Qword, Op::Eq, 0)?;
        rules.insert(SYS_utimensat, vec![SeccompRule::new(vec![unnamed])?]);
    }
    let allowed = SeccompFilter::new(rules, SeccompAction::Errno(EPERM as u32), SeccompAction::Allow, arch)?;
    let mut programs = vec![absent.try_into()?, allowed.try_into()?];
    if cfg!(target_arch = "x86_64") {
        programs.insert(0, kill_x32());
    }
    Ok(programs)
}

/// Calls allowed with certain arguments only.
fn checked() -> Result<Vec<(c_long, Vec<SeccompRule>)>, seccompiler::BackendError> {
    let is = |argument, value: u64| SeccompCondition::new(argument, Len::Dword, Op::Eq, value);
    let one_of = |argument, values: &[u64]| {
        values.iter().map(|v| SeccompRule::new(vec![is(argument, *v)?])).collect::<Result<Vec<_>, _>>()
    };
    let options = |names: &[c_int]| {
        let rule = |name: &c_int| SeccompRule::new(vec![is(1, SOL_SOCKET as u64)?, is(2, *name as u64)?]);
        names.iter().map(rule).collect::<Result<Vec<_>, _>>()
    };
    let bits = |mask: c_int, value: c_int| {
        SeccompCondition::new(0, Len::Dword, Op::MaskedEq(mask as u32 as u64), value as u32 as u64)
    };
    Ok(vec![
        // A thread, never a process.
        (SYS_clone, vec![SeccompRule::new(vec![bits(CLONE_THREAD, CLONE_THREAD)?, bits(NAMESPACES, 0)?])?]),
        // Streams alone: an end of a pair of datagram sockets can send to any other by name. (Bits above
        // the lowest four are flags.)
        (
            SYS_socketpair,
            [SOCK_STREAM, SOCK_SEQPACKET]
                .map(|kind| {
                    let kind = SeccompCondition::new(1, Len::Dword, Op::MaskedEq(0xf), kind as u64)?;
                    SeccompRule::new(vec![is(0, AF_UNIX as u64)?, kind])
                })
                .into_iter()
                .collect::<Result<_, _>>()?,
        ),
        // No filter programs for the kernel, and no descriptor of the process at the other end.
        (SYS_setsockopt, options(&[SO_SNDBUF, SO_RCVBUF, SO_SNDTIMEO, SO_RCVTIMEO])?),
        (
            SYS_getsockopt,
            options(&[SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_SNDBUF, SO_RCVBUF, SO_SNDTIMEO, SO_RCVTIMEO])?,
        ),
        // Reading limits, not setting them.
        (SYS_prlimit64, vec![SeccompRule::new(vec![SeccompCondition::new(2, Len::Qword, Op::Eq, 0)?])?]),
        (SYS_ioctl, one_of(1, &[FIONREAD, FIONBIO, FIOCLEX, FIONCLEX].map(|c| c as u32 as u64))?),
        (
            SYS_prctl,
            one_of(0, &[PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ].map(|c| c as u64))?,
        ),
    ])
}

/// x32 calls carry the native architecture's number and a bit in the call's: kill.
fn kill_x32() -> BpfProgram {
    let step = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
    vec![
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        step(BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x4000_0000),
        step(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS),
        step(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW),
    ]
}
