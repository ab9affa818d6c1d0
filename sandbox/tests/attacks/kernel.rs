//! System calls that need no privilege: making processes, running programs, looking at others,
//! large interfaces of the kernel, other machine modes. One call an attack; each control shows that
//! without the filter the kernel takes the same call, or is far enough to complain about arguments.

use crate::table::{
    Control::Without,
    Want::{Fails, Refused, Shows},
    attacks,
};
use libc::EPERM;
use polymath_sandbox::Kind::{Denied, Exception};

const FILTER: &str = "seccomp";
/// A program of 132 bytes that ends with status 7 (x86-64: `mov edi, 7; mov eax, 60; syscall`).
#[cfg(target_arch = "x86_64")]
const RUNS_FROM_MEMORY: &str = "
    program = struct.pack('<16sHHIQQQIHHHHHH', b'\\x7fELF\\2\\1\\1', 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program += struct.pack('<IIQQQQQQ', 1, 5, 0, 0x400000, 0x400000, 132, 132, 4096)
    program += bytes.fromhex('bf07000000b83c0000000f05')
    fd = attempt(os.memfd_create, 'program', 0)
    child = fd if isinstance(fd, str) else attempt(os.fork)
    if child == 0:
        os.write(fd, program)
        call(SYS_execveat, fd, b'', struct.pack('QQ', 0, 0), struct.pack('Q', 0), 0x1000)
        os._exit(99)
    ends_with(child)";

/// Machine code (x86): `mov eax, 20; int 0x80; ret`, getpid as 32-bit programs number it.
#[cfg(target_arch = "x86_64")]
const FROM_32_BITS: &str = "
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex('b814000000cd80c3'))
    ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))() in (2, -38)";

attacks! {
    forks: "
        child = os.fork()
        if child == 0:
            os._exit(7)
        ends_with(child)"
        => Refused(EPERM), Without(FILTER, "7");
    clones: "
        child = call(SYS_clone, 17, 0, 0, 0, 0)
        if child == 0:
            os._exit(7)
        ends_with(child)"
        => Shows("'EPERM'"), Without(FILTER, "7");
    clones_a_sibling: "
        child = call(SYS_clone, 0x8000 | 17, 0, 0, 0, 0)
        if child == 0:
            os._exit(7)
        child != 'EPERM'"
        => Shows("False"), Without(FILTER, "True");
    clones_with_shared_memory_but_no_thread: "call(SYS_clone, 0x100 | 0x200 | 0x400 | 17, 0, 0, 0, 0)"
        => Shows("'EPERM'");
    clones_a_thread_in_a_new_namespace: "[call(SYS_clone, 0x10000 | 0x800 | 0x100 | bit, 0, 0, 0, 0) for bit in \
        (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)]" => Shows(SEVEN_TIMES_EPERM);
    clones_by_the_newer_call: "call(SYS_clone3, 0, 0)" => Shows("'ENOSYS'"), Without(FILTER, "'EINVAL'");
    starts_a_program: "
        import subprocess
        subprocess.run(['/bin/true'])" => Refused(EPERM);
    starts_a_shell: "os.system('true')" => Refused(EPERM);
    starts_a_process_by_spawn: "os.posix_spawn('/bin/true', ['true'], {})" => Refused(EPERM);
    starts_a_process_pool: "
        import multiprocessing
        multiprocessing.Process(target=print).start()" => Refused(EPERM);
    opens_a_pseudo_terminal: "
        import pty
        pty.spawn('/bin/sh')" => Fails(Exception, "out of pty devices");
    replaces_itself: "os.execv('/usr/bin/python3', ['python3'])" => Refused(EPERM);
    executes: "call(SYS_execve, b'/nowhere', struct.pack('QQ', 0, 0), struct.pack('Q', 0))"
        => Shows("'EPERM'"), Without(FILTER, "'ENOENT'");
    executes_a_descriptor: "call(SYS_execveat, -1, b'', struct.pack('QQ', 0, 0), struct.pack('Q', 0), 0x1000)"
        => Shows("'EPERM'"), Without(FILTER, "'EBADF'");
    makes_a_file_in_memory: "os.memfd_create('program') > 2" => Refused(EPERM), Without(FILTER, "True");
    makes_secret_memory: "call(SYS_memfd_secret, 0) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    #[cfg(target_arch = "x86_64")]
    runs_a_program_from_memory: RUNS_FROM_MEMORY => Shows("'EPERM'"), Without(FILTER, "7");
    #[cfg(target_arch = "x86_64")]
    forks_with_shared_memory: "call(58)" => Shows("'EPERM'");
    #[cfg(target_arch = "x86_64")]
    makes_a_32_bit_system_call: FROM_32_BITS => Fails(Denied, "another architecture"), Without(FILTER, "True");
    #[cfg(target_arch = "x86_64")]
    makes_an_x32_system_call: "call(0x40000000 | 39) in (2, 'ENOSYS')"
        => Fails(Denied, "another architecture"), Without(FILTER, "True");

    looks_at_a_process_by_ptrace: "call(SYS_ptrace, 2, 2, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "'ESRCH'");
    reads_memory_by_a_call: "
        data = struct.pack('QQ', ADDRESS, 0)
        call(SYS_process_vm_readv, 2, data, 1, data, 1, 0)"
        => Shows("'EPERM'"), Without(FILTER, "0");
    writes_memory_by_a_call: "
        data = struct.pack('QQ', ADDRESS, 0)
        call(SYS_process_vm_writev, 2, data, 1, data, 1, 0)"
        => Shows("'EPERM'"), Without(FILTER, "0");
    opens_a_process: "call(SYS_pidfd_open, 2, 0) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    takes_a_descriptor_of_a_process: "call(SYS_pidfd_getfd, -1, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "'EBADF'");
    signals_through_a_descriptor: "call(SYS_pidfd_send_signal, -1, 0, 0, 0)"
        => Shows("'EPERM'"), Without(FILTER, "'EBADF'");
    compares_processes: "call(SYS_kcmp, 2, 2, 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "0");
    moves_pages_of_a_process: "call(SYS_move_pages, 0, 0, 0, 0, 0, 0) != 'EPERM'"
        => Shows("False"), Without(FILTER, "True");
    kills_pid_1: "attempt(os.kill, 1, 9)" => Shows("'EPERM'");
    kills_all: "[attempt(os.kill, -1, 0), call(SYS_tkill, 1, 9)]" => Shows("['ESRCH', 'EPERM']");

    sets_io_uring_up: "call(SYS_io_uring_enter, -1, 0, 0, 0, 0, 0)" => Shows("'ENOSYS'"), Without(FILTER, "'EBADF'");
    registers_with_io_uring: "call(SYS_io_uring_register, -1, 0, 0, 0) != 'ENOSYS'"
        => Shows("False"), Without(FILTER, "True");
    handles_page_faults: "call(SYS_userfaultfd, 1) != 'ENOSYS'" => Shows("False"), Without(FILTER, "True");
    counts_events: "call(SYS_perf_event_open, 0, 0, -1, -1, 0)" => Shows("'EPERM'"), Without(FILTER, "'EFAULT'");
    adds_a_key: "call(SYS_add_key, b'user', b'polymath-test', b'x', 1, -2) != 'EPERM'"
        => Shows("False"), Without(FILTER, "True");
    uses_a_keyring: "call(SYS_keyctl, 0, -2, 1) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    asks_for_a_key: "call(SYS_request_key, b'user', b'polymath-none', 0, 0)"
        => Shows("'EPERM'"), Without(FILTER, "'ENOKEY'");
    changes_its_personality: "call(SYS_personality, 0xffffffff)" => Shows("'EPERM'"), Without(FILTER, "0");
    filters_its_own_calls: "call(SYS_seccomp, 1, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "'EFAULT'");
    filters_its_own_calls_by_prctl: "call(SYS_prctl, 22, 2, 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "'EFAULT'");
    becomes_dumpable: "call(SYS_prctl, 4, 1, 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "0");
    lets_anybody_trace_it: "call(SYS_prctl, 0x59616d61, -1, 0, 0, 0) != 'EPERM'"
        => Shows("False"), Without(FILTER, "True");
    outlives_its_parent: "call(SYS_prctl, 1, 0, 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "0");
    adopts_orphans: "call(SYS_prctl, 36, 1, 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "0");
    asks_landlock: "call(SYS_landlock_create_ruleset, 0, 0, 1) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    restricts_itself_once_more: "call(SYS_landlock_restrict_self, -1, 0)"
        => Shows("'EPERM'"), Without(FILTER, "'EBADF'");
    takes_the_handle_of_a_file: "
        call(SYS_name_to_handle_at, -100, b'/work', bytes(136), ctypes.create_string_buffer(4), 0)"
        => Shows("'EPERM'"), Without(FILTER, "'EOVERFLOW'");
    splices_its_memory: "call(SYS_vmsplice, -1, 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "'EBADF'");
    makes_shared_memory: "call(SYS_shmget, 0, 4096, 0o600) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    makes_a_semaphore: "call(SYS_semget, 0, 1, 0o600) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    makes_a_message_queue: "call(SYS_msgget, 0, 0o600) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    opens_a_posix_queue: "call(SYS_mq_open, b'none', 0, 0, 0)" => Shows("'EPERM'"), Without(FILTER, "'ENOENT'");
    sets_its_limits: "call(SYS_prlimit64, 0, resource.RLIMIT_CORE, struct.pack('QQ', 0, 0), 0)"
        => Shows("'EPERM'"), Without(FILTER, "0");
    raises_its_limits: "call(SYS_prlimit64, 0, resource.RLIMIT_NPROC, struct.pack('QQ', 99999, 99999), 0)"
        => Shows("'EPERM'");
    chooses_its_processor: "os.sched_setaffinity(0, os.sched_getaffinity(0)) or 'chosen'"
        => Refused(EPERM), Without(FILTER, "'chosen'");
    changes_its_priority: "call(SYS_setpriority, 0, 0, 19)" => Shows("'EPERM'"), Without(FILTER, "0");
    becomes_itself_again: "os.setresuid(*os.getresuid()) or 'done'" => Refused(EPERM), Without(FILTER, "'done'");
    becomes_root: "os.setuid(0)" => Refused(EPERM);
    sets_its_capabilities: "call(SYS_capset, struct.pack('Ii', 0x20080522, 0), bytes(24))"
        => Shows("'EPERM'"), Without(FILTER, "0");
    asks_for_a_quota: "call(SYS_quotactl, -1, 0, 0, 0) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    reads_the_clock_s_state: "call(SYS_adjtimex, ctypes.create_string_buffer(208)) != 'EPERM'"
        => Shows("False"), Without(FILTER, "True");
    makes_a_timer_that_outlives_the_call: "call(SYS_timer_create, 99, 0, 0)"
        => Shows("'EPERM'"), Without(FILTER, "'EINVAL'");
    #[cfg(target_arch = "x86_64")]
    reaches_for_ports: "call(172, 0) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
    #[cfg(target_arch = "x86_64")]
    changes_its_segments: "call(154, 0, 0, 0) != 'EPERM'" => Shows("False"), Without(FILTER, "True");
}

const SEVEN_TIMES_EPERM: &str = "['EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM']";
