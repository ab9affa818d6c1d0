//! One attack a test: the code tries to get out, to break what holds it, or to use up what there
//! is, and the session must be usable afterwards.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use common::{RUNTIME, SANDBOX, fails, request, run, value};
use polymath_sandbox::{Kind, RunRequest};
use std::time::Duration;

/// Attacks that end in a failure of a known kind.
macro_rules! contained {
    ($($name:ident: $kind:ident, $code:expr;)*) => {$(
        #[test]
        fn $name() {
            let session = stringify!($name);
            fails(session, $code, Kind::$kind);
            assert_eq!(value(session, "1 + 1"), "2");
        }
    )*};
}

/// Attacks whose code sees for itself that it got nowhere.
macro_rules! fruitless {
    ($($name:ident: $code:expr => $want:expr;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(value(stringify!($name), $code), $want);
        }
    )*};
}

contained! {
    reads_a_host_file: Denied, "open('/etc/passwd').read()";
    reads_a_host_file_by_a_relative_path: Denied, "open('../../../../etc/shadow').read()";
    reads_the_environment_of_a_process: Denied, "open('/proc/self/environ').read()";
    reads_memory_of_pid_1: Denied, "open('/proc/1/mem', 'rb').read(1)";
    lists_the_root: Denied, "import os; os.listdir('/')";
    lists_sys: Denied, "import os; os.listdir('/sys')";
    writes_to_the_root: Denied, "open('/written', 'w')";
    writes_to_the_library: Denied, "import os; open(os.__file__, 'a')";
    links_to_a_host_file: Denied, "import os; os.symlink('/etc/passwd', 'link')";
    makes_a_device: Denied, "import os, stat; os.mknod('disk', stat.S_IFBLK | 0o600, os.makedev(8, 0))";
    opens_a_socket: Denied, "import socket; socket.socket()";
    opens_a_unix_socket: Denied, "import socket; socket.socket(socket.AF_UNIX)";
    opens_a_netlink_socket: Denied, "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)";
    fetches_a_page: Denied, "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/')";
    looks_up_a_name: Denied, "import socket; socket.getaddrinfo('example.com', 80)";
    forks: Denied, "import os; os.fork()";
    starts_a_program: Denied, "import subprocess; subprocess.run(['/bin/true'])";
    starts_a_shell: Denied, "import os; os.system('true')";
    replaces_itself: Denied, "import os; os.execv('/usr/bin/python3', ['python3'])";
    starts_a_process_pool: Denied, "import multiprocessing; multiprocessing.Process(target=print).start()";
    kills_pid_1: Denied, "import os; os.kill(1, 9)";
    becomes_root: Denied, "import os; os.setuid(0)";
    changes_the_root: Denied, "import os; os.chroot('/work')";
    raises_its_limits: Exception, "import resource as r; r.setrlimit(r.RLIMIT_NPROC, (99999, 99999))";
    ends_the_interpreter: Crash, "import os; os._exit(0)";
    kills_itself: Crash, "import os; os.kill(os.getpid(), 9)";
    reads_address_zero: Crash, "import ctypes; ctypes.string_at(0)";
    aborts: Crash, "import os; os.abort()";
    recurses_without_end: Exception, "def r(): return r()\nr()";
    overflows_the_c_stack: Crash, "import sys; sys.setrecursionlimit(10**9)\nf = lambda _: sorted([1, 2], key=f)\nf(0)";
    forges_a_reply: Crash, "import os; os.write(3, b'\\x02\\0\\0\\0{}')";
    announces_a_huge_frame: Crash, "import os, time; os.write(3, b'\\xff\\xff\\xff\\xff'); time.sleep(9)";
    closes_the_channel: Crash, "import os; os.close(3); os.close(1)";
    takes_all_memory: Memory, "x = bytearray(1 << 40)";
    takes_memory_by_pieces: Memory, "x = []\nwhile True: x.append(bytearray(16 << 20))";
    takes_shared_memory: Memory, "import mmap; x = [mmap.mmap(-1, 256 << 20) for _ in range(8)]";
    floods_stdout: OutputLimit, "while True: print('flood' * 100)";
    floods_stderr_below_python: OutputLimit, "import os\nwhile True: os.write(2, b'flood' * 1000)";
    fills_the_disk: OutputLimit, "for n in range(99): open(f'f{n}', 'wb').write(bytes(4 << 20))";
    writes_a_huge_file: OutputLimit, "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nopen('big', 'wb').truncate(1 << 40)";
    makes_endless_files: OutputLimit, "for n in range(10**6): open(f'f{n}', 'w')";
    opens_endless_descriptors: Denied, "import os; x = [os.dup(1) for _ in range(10**6)]";
    starts_endless_threads: Denied, "import threading, time\nfor _ in range(10**5): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()";
}

fruitless! {
    finds_host_variables: "import os; sorted(k for k in os.environ if k.startswith(('POLYMATH', 'CARGO', 'SSH')))" => "[]";
    finds_host_variables_below_python: "import ctypes\ngetenv = ctypes.CDLL(None).getenv\ngetenv.restype = ctypes.c_char_p\n\
        [getenv(n) for n in (b'HOME', b'CARGO_HOME', b'POLYMATH_HOME')]" => "[b'/work', None, None]";
    finds_inherited_descriptors: "import os\nfound = []\nfor fd in range(4, 256):\n    try: os.fstat(fd); found.append(fd)\n    except OSError: pass\nfound" => "[]";
    sees_only_its_own_processes: "import os; (os.getpid(), os.getppid())" => "(2, 1)";
    is_not_root: "import os; 0 in (os.getuid(), os.geteuid(), os.getgid())" => "False";
    finds_proc: "import os; os.path.exists('/proc/self')" => "False";
    uses_forbidden_calls: "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n\
        def call(*args):\n    ctypes.set_errno(0); libc.syscall(*args); return ctypes.get_errno()\n\
        # mount, unshare, setns, ptrace, bpf, keyctl, perf_event_open, process_vm_readv, io_uring_setup, userfaultfd, clone3\n\
        [call(n, 0, 0, 0, 0, 0) for n in (165, 272, 308, 101, 321, 250, 298, 310)] + [call(n, 0, 0) for n in (425, 323, 435)]"
        => "[1, 1, 1, 1, 1, 1, 1, 1, 38, 38, 38]";
    makes_a_namespace_by_clone: "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n\
        [libc.syscall(56, flags, 0, 0, 0, 0) for flags in (17, 0x10000000 | 17, 0x10000 | 0x10000000)]" => "[-1, -1, -1]";
}

#[test]
fn a_call_that_never_ends_is_interrupted_and_keeps_variables() {
    value("endless", "x = 7");
    let request = |code: &str| {
        request("endless", RunRequest { timeout: Some(Duration::from_millis(300)), ..RunRequest::new(code) })
    };
    let error = request("while True: pass").error.unwrap();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.message.contains("kept"), "{}", error.message);
    assert_eq!(value("endless", "x"), "7");
}

#[test]
fn a_call_that_resists_interruption_is_killed_and_says_what_is_lost() {
    let code = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nx = 7\nwhile True: time.sleep(1)";
    let timeout = Some(Duration::from_millis(300));
    let error = request("resists", RunRequest { timeout, ..RunRequest::new(code) }).error.unwrap();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.message.contains("gone"), "{}", error.message);
    fails("resists", "x", Kind::Exception);
}

#[test]
fn a_long_computation_in_c_is_ended() {
    let timeout = Some(Duration::from_millis(300));
    let request = |code: &str| request("c-loop", RunRequest { timeout, ..RunRequest::new(code) });
    assert_eq!(request("len(str(9 ** (9 ** 9)))").error.unwrap().kind, Kind::Timeout);
    assert_eq!(value("c-loop", "1"), "1");
}

#[test]
fn a_cancelled_call_ends() {
    let cancel = tokio_util::sync::CancellationToken::new();
    let output = RUNTIME.block_on(async {
        let later = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            later.cancel();
        });
        SANDBOX.run("cancelled", RunRequest::new("while True: pass"), &cancel).await.unwrap()
    });
    assert_eq!(output.error.unwrap().kind, Kind::Cancelled);
}

#[test]
fn threads_left_running_reset_the_session_and_say_so() {
    let code = "import threading, time\nx = 1\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()";
    let output = run("threads", code);
    assert!(output.notes.iter().any(|n| n.contains("threads")), "{output:?}");
    fails("threads", "x", Kind::Exception);
}

#[test]
fn two_sessions_do_not_see_each_others_files_and_variables() {
    value("one", "secret = 1\nopen('secret.txt', 'w').write('x')\nopen('/tmp/secret.txt', 'w').write('x')");
    fails("two", "secret", Kind::Exception);
    assert_eq!(value("two", "import os; (os.listdir('.'), os.path.exists('/tmp/secret.txt'))"), "([], False)");
}

#[test]
fn a_poisoned_module_stays_in_its_session() {
    value(
        "poison",
        "import json, builtins\njson.loads = None\nbuiltins.len = lambda x: 0\nopen('pandas.py', 'w').write('1/0')",
    );
    assert_eq!(value("clean", "import json, pandas\n(json.loads('1'), len('ab'))"), "(1, 2)");
}

#[test]
fn patched_builtins_do_not_break_the_next_call() {
    value(
        "patched",
        "import builtins, sys, io\nsys.stdout = io.StringIO()\nbuiltins.repr = None\nbuiltins.print = None",
    );
    assert_eq!(value("patched", "1 + 1"), "2");
}

#[test]
fn odd_files_are_left_where_they_are() {
    let code = "import os\nopen('good.txt', 'w').write('x')\nopen('.hidden', 'w').write('x')\n\
        os.makedirs('a/b/c/d/e/f/g/h/i'); open('a/b/c/d/e/f/g/h/i/deep', 'w').write('x')\n\
        open('unreadable', 'w').write('x'); os.chmod('unreadable', 0)";
    let names: Vec<String> = run("odd", code).files.into_iter().map(|f| f.name).collect();
    assert!(names.contains(&"good.txt".to_owned()), "{names:?}");
    assert!(!names.iter().any(|n| n.contains("hidden") || n.contains("deep")), "{names:?}");
}
