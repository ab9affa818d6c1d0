//! Where namespaces are not to be had, as in many containers: root is refused without a small file
//! system for the work directories, and with one gets a sandbox that Landlock holds alone, in which
//! the main attacks must fail as well. An ordinary user, who would stay among their own processes,
//! is refused. Each test plays the part in a copy of this program.

use crate::{
    common::RUNTIME,
    sandboxes,
    stage::STAGE,
    table::{Want, check_output, run, usable},
};
use libc::{EACCES, EPERM};
use nix::unistd::geteuid;
use polymath_sandbox::{
    Kind::{Crash, Denied, Memory, OutputLimit},
    Sandbox, SandboxError,
};
use std::{env, fs, os::unix::process::CommandExt, path::Path, process::Command};

/// Set in the copy.
const ROLE: &str = "POLYMATH_TEST_ROLE";
/// What the copy says when it is through.
const DONE: &str = "as it should be";

/// -100 is where relative names begin (AT_FDCWD), without times it is now.
const TIMES: &str = "call(SYS_utimensat, -100, WRITABLE.encode(), 0, 0)";
/// More folders in folders than a process has descriptors.
const NESTS: &str = "for _ in range(1500): os.mkdir('d'); os.chdir('d')\n'deep'";

/// The main attacks, as they must end behind Landlock alone.
const ATTACKS: &[(&str, Want)] = &[
    ("open(CANARY).read()", Want::Refused(EACCES)),
    ("open('/etc/passwd').read()", Want::Refused(EACCES)),
    ("os.listdir('/')", Want::Refused(EACCES)),
    ("os.listdir('..')", Want::Refused(EACCES)),
    ("open('/proc/self/environ').read()", Want::Refused(EACCES)),
    ("open(f'/proc/{HOST_PID}/environ').read()", Want::Refused(EACCES)),
    ("open(f'/proc/{HOST_PID}/mem', 'rb').read(1)", Want::Refused(EACCES)),
    ("open(WRITABLE + '/written', 'w')", Want::Refused(EACCES)),
    ("open('/dev/shm/written', 'w')", Want::Refused(EACCES)),
    ("open('../written', 'w')", Want::Refused(EACCES)),
    ("open(os.__file__, 'a')", Want::Refused(EACCES)),
    ("os.remove(REMOVABLE)", Want::Refused(EACCES)),
    ("os.truncate(TRUNCATABLE, 1)", Want::Refused(EACCES)),
    ("os.mkdir(WRITABLE + '/folder')", Want::Refused(EACCES)),
    ("attempt(os.rename, CANARY, 'mine')", Want::Shows("'EXDEV'")),
    ("os.rename(os.getcwd(), os.getcwd() + '-renamed')", Want::Refused(EACCES)),
    ("os.chmod(REMOVABLE, 0)", Want::Refused(EPERM)),
    // The times of what everybody may write to can be changed by everybody.
    (TIMES, Want::Shows("'EPERM'")),
    ("os.utime(WRITABLE)", Want::Refused(EACCES)),
    ("open('own', 'w').close(); os.utime('own', (1, 2)); os.stat('own').st_mtime", Want::Shows("2.0")),
    (NESTS, Want::Shows("'deep'")),
    ("os.symlink(CANARY, 'link')", Want::Refused(EPERM)),
    ("os.link(LINKABLE, 'link')", Want::Refused(EPERM)),
    ("socket.create_connection(('127.0.0.1', PORT))", Want::Refused(EPERM)),
    ("socket.socket(socket.AF_UNIX).connect(SOCKET)", Want::Refused(EPERM)),
    ("socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', DATAGRAMS)", Want::Refused(EPERM)),
    ("os.fork()", Want::Refused(EPERM)),
    ("os.execv('/bin/true', ['true'])", Want::Refused(EPERM)),
    ("os.system('true')", Want::Refused(EPERM)),
    ("call(SYS_unshare, 0x10000000)", Want::Shows("'EPERM'")),
    ("call(SYS_shmat, SEGMENT, 0, 0o10000)", Want::Shows("'EPERM'")),
    ("call(SYS_process_vm_readv, HOST_PID, 0, 0, 0, 0, 0)", Want::Shows("'EPERM'")),
    (
        "[attempt(os.kill, pid, 0) for pid in (HOST_PID, VICTIM, os.getppid(), 1)]",
        Want::Shows("['EPERM', 'EPERM', 'EPERM', 'EPERM']"),
    ),
    ("attempt(os.kill, -1, 9); attempt(os.kill, VICTIM, 0)", Want::Shows("'EPERM'")),
    (
        "for n in range(99): open(f'f{n}', 'wb').write(bytes(4 << 20))",
        Want::Fails(OutputLimit, "working directory is full"),
    ),
    ("bytearray(400 << 20)", Want::Fails(Memory, "MemoryError")),
    ("[mmap.mmap(-1, 40 << 20) for _ in range(10)]", Want::Fails(Memory, "Cannot allocate memory")),
    ("[os.dup(1) for _ in range(1000)]", Want::Fails(Denied, "too many files are open")),
    (
        "for _ in range(200): threading.Thread(target=time.sleep, args=(2,)).start()",
        Want::Fails(Denied, "more threads than"),
    ),
    ("os._exit(0)", Want::Fails(Crash, "exit status 0")),
    ("while True: pass", Want::TimesOut),
    ("signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", Want::TimesOut),
];

/// This program once more, running one of the tests here in a role. As root without the privilege
/// that namespaces take; `small` also mounts a small file system first, in a place of the copy's own.
fn copy(role: &str, small: Option<&Path>) -> Command {
    let script = "set -eu\nulimit -n 1024\nif [ -n \"$1\" ]; then mount -t tmpfs -o size=64m,mode=755 none \"$1\"; fi\nshift\n\
        exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin -- \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
    command.arg(small.unwrap_or(Path::new(""))).arg(env::current_exe().unwrap());
    command.args(["--exact", &format!("reduced::{role}"), "--nocapture"]).env(ROLE, role);
    command.env_remove("POLYMATH_PYTHON_WORK");
    command
}

fn plays(role: &str) -> bool {
    env::var(ROLE).is_ok_and(|played| played == role)
}

#[track_caller]
fn succeeds(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} (util-linux) cannot be run: {e}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains(DONE), "{}: {said}\n{errors}", output.status);
}

fn refusal(config: polymath_sandbox::Config) -> SandboxError {
    let started = RUNTIME.block_on(Sandbox::start(config));
    started.expect_err("Python runs without namespaces and without a small file system")
}

#[test]
fn root_is_refused_without_a_small_file_system() {
    const ROLE: &str = "root_is_refused_without_a_small_file_system";
    if plays(ROLE) {
        let mut config = sandboxes::strict();
        // So that no file system of any machine counts as small.
        config.limits.disk = 1 << 16;
        let error = refusal(config);
        assert_eq!(error.wall.as_deref(), Some("mount, pid and network namespaces"), "{error}");
        assert!(error.message.contains("POLYMATH_PYTHON_WORK") && error.message.contains("tmpfs"), "{error}");
        println!("{DONE}");
    } else if geteuid().is_root() {
        succeeds(&mut copy(ROLE, None));
    }
}

#[test]
fn root_has_a_reduced_sandbox_with_a_small_file_system() {
    const ROLE: &str = "root_has_a_reduced_sandbox_with_a_small_file_system";
    if plays(ROLE) {
        contains_the_main_attacks();
        println!("{DONE}");
    } else if geteuid().is_root() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        succeeds(copy(ROLE, Some(folder.path())).env("POLYMATH_PYTHON_WORK", folder.path()));
    }
}

fn contains_the_main_attacks() {
    let config = sandboxes::strict();
    let folder = config.work.clone().unwrap();
    let walls = RUNTIME.block_on(Sandbox::report(&config));
    let namespaces = walls.iter().find(|wall| wall.name == "namespaces");
    assert!(namespaces.is_some_and(|wall| !wall.up && wall.detail.contains("reduced")), "{walls:?}");
    let sandbox = sandboxes::start(config);
    for (code, want) in ATTACKS {
        let output = run(&sandbox, code, code, want.timeout());
        check_output(code, want, &output);
        usable(&sandbox, code);
    }
    another_session_is_out_of_reach(&sandbox);
    drop(sandbox);
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    controls(&folder);
    assert_eq!(fs::read(STAGE.folder.join("removable.txt")).unwrap(), b"canary");
}

/// What the filter of system calls holds, and what a folder's own depth does.
fn controls(folder: &Path) {
    let output = run(sandboxes::without("seccomp"), "times", TIMES, None);
    assert_eq!(output.value.as_deref(), Some("0"), "void: {output:?}");
    let top = folder.join("nested");
    fs::create_dir(&top).unwrap();
    let script = "import os, sys\nos.chdir(sys.argv[1])\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')";
    assert!(Command::new("python3").args(["-c", script]).arg(&top).status().unwrap().success());
    assert!(fs::remove_dir_all(&top).is_err(), "void: a descriptor a level is enough");
}

fn another_session_is_out_of_reach(sandbox: &Sandbox) {
    let place = run(sandbox, "one", "open('secret.txt', 'w').write('x'); os.getcwd()", None).value.unwrap();
    for code in [format!("open({place} + '/secret.txt')"), format!("os.listdir({place})")] {
        check_output(&code, &Want::Refused(EACCES), &run(sandbox, "two", &code, None));
    }
    ["one", "two"].iter().for_each(|session| usable(sandbox, session));
}

#[test]
fn an_ordinary_user_is_refused_without_user_namespaces() {
    const ROLE: &str = "an_ordinary_user_is_refused_without_user_namespaces";
    if plays(ROLE) {
        let error = refusal(sandboxes::strict());
        assert_eq!(error.wall.as_deref(), Some("user namespace"), "{error}");
        assert!(error.message.contains("user.max_user_namespaces"), "{error}");
        println!("{DONE}");
    } else if !geteuid().is_root() {
        // (Root's run of these tests has an ordinary user's within it.)
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", &format!("reduced::{ROLE}"), "--nocapture"]).env(self::ROLE, ROLE);
        // SAFETY: system calls alone between fork and exec.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(forbid_user_namespaces);
        }
        succeeds(&mut command);
    }
}

/// A filter of system calls under which `clone` with CLONE_NEWUSER says EPERM, as where an
/// administrator or a container forbids it.
#[allow(unsafe_code)]
fn forbid_user_namespaces() -> std::io::Result<()> {
    let step = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let mut program = [
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 3, libc::SYS_clone as u32),
        // The low half of the first argument, which comes at 16 on little-endian processors.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 16),
        step(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 0, 1, libc::CLONE_NEWUSER as u32),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | EPERM as u32),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the program outlives the call that copies it.
    unsafe {
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
        {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
