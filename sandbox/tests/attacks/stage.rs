//! What the attacks aim at on the host, made for them and harmless to lose: files and a folder in a
//! temporary place, listeners on loopback, a process, a piece of this program's memory. With every
//! wall up none of it can be reached; with the right one down, all of it can.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::PermissionsExt,
            net::{SocketAddr, UnixDatagram, UnixListener},
        },
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::LazyLock,
    thread,
};

pub static STAGE: LazyLock<Stage> = LazyLock::new(Stage::build);
/// What a successful attack reads.
pub static CANARY: &[u8; 6] = b"canary";

pub struct Stage {
    pub folder: PathBuf,
    /// Python code that names all of it, and helpers.
    pub prelude: String,
    /// A process to aim at. It reads from this program, and so ends with it.
    _victim: Child,
}

impl Stage {
    fn build() -> Self {
        let folder = folder();
        let write = |name: &str, mode| {
            let path = folder.join(name);
            fs::write(&path, CANARY).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let files = [
            ("CANARY", write("canary.txt", 0o644)),
            ("REMOVABLE", write("removable.txt", 0o666)),
            ("TRUNCATABLE", write("truncatable.txt", 0o666)),
            ("LINKABLE", write("linkable.txt", 0o666)),
            ("WRITABLE", folder.clone()),
            ("SOCKET", folder.join("stream.socket")),
            ("DATAGRAMS", folder.join("datagram.socket")),
        ];
        let victim = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let (port, udp) = network();
        let name = format!("polymath-{}", std::process::id());
        unix_sockets(&folder, &name);
        let numbers = [
            ("PORT", i64::from(port)),
            ("UDP", i64::from(udp)),
            ("HOST_PID", i64::from(std::process::id())),
            ("VICTIM", i64::from(victim.id())),
            ("ADDRESS", CANARY.as_ptr() as i64),
            ("SEGMENT", segment()),
        ];
        let mut prelude: String = files.iter().map(|(name, path)| format!("{name} = {path:?}\n")).collect();
        prelude += &format!("ABSTRACT = {name:?}\n");
        prelude.extend(numbers.iter().chain(SYSTEM_CALLS).map(|(name, number)| format!("{name} = {number}\n")));
        prelude += include_str!("prelude.py");
        Stage { folder, prelude, _victim: victim }
    }
}

/// A folder that every user may write to, removed at the program's end.
#[allow(unsafe_code)]
fn folder() -> PathBuf {
    // A place that all users can reach, and that has another name than the sessions' own /tmp.
    let made = tempfile::Builder::new().prefix("polymath-attacks-").tempdir_in("/var/tmp").unwrap().keep();
    fs::set_permissions(&made, fs::Permissions::from_mode(0o777)).unwrap();
    extern "C" fn remove() {
        let _ = fs::remove_dir_all(&STAGE.folder);
    }
    // SAFETY: the function is there for as long as the program. (Statics are not dropped.)
    assert_eq!(unsafe { libc::atexit(remove) }, 0);
    made
}

/// A web server of one page and an echo of datagrams, on loopback.
fn network() -> (u16, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let ports = (listener.local_addr().unwrap().port(), datagrams.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\ncanary");
                // Until the other side has read it: closing with something unread would reset.
                let _ = stream.read(&mut [0; 4096]);
            });
        }
    });
    thread::spawn(move || {
        let mut data = [0; 512];
        while let Ok((_, from)) = datagrams.recv_from(&mut data) {
            let _ = datagrams.send_to(CANARY, from);
        }
    });
    ports
}

/// Sockets of every sort by path and by abstract name, for every user.
fn unix_sockets(folder: &std::path::Path, name: &str) {
    let stream = UnixListener::bind(folder.join("stream.socket")).unwrap();
    let named = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
    for listener in [stream, named] {
        thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = stream.unwrap().write_all(CANARY);
            }
        });
    }
    let datagram = UnixDatagram::bind(folder.join("datagram.socket")).unwrap();
    let address = SocketAddr::from_abstract_name(format!("{name}-datagrams")).unwrap();
    for receiver in [datagram, UnixDatagram::bind_addr(&address).unwrap()] {
        thread::spawn(move || while receiver.recv(&mut [0; 16]).is_ok() {});
    }
    for socket in ["stream.socket", "datagram.socket"] {
        fs::set_permissions(folder.join(socket), fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// A System V segment of shared memory that every user may attach; gone with this program.
#[allow(unsafe_code)]
fn segment() -> i64 {
    // SAFETY: the segment is new and this large; removing it leaves it to those who are attached.
    unsafe {
        let id = libc::shmget(libc::IPC_PRIVATE, CANARY.len(), 0o666);
        assert!(id >= 0, "{}", std::io::Error::last_os_error());
        let at = libc::shmat(id, std::ptr::null(), 0);
        std::ptr::copy_nonoverlapping(CANARY.as_ptr(), at.cast(), CANARY.len());
        libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut());
        i64::from(id)
    }
}

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

/// Under their names in C.
const SYSTEM_CALLS: &[(&str, i64)] = numbers! {
    SYS_accept4 SYS_acct SYS_add_key SYS_adjtimex SYS_bind SYS_bpf SYS_capset SYS_chroot SYS_clock_settime
    SYS_clone SYS_clone3 SYS_connect SYS_delete_module SYS_execve SYS_execveat SYS_fanotify_init
    SYS_finit_module SYS_fsopen SYS_init_module SYS_inotify_init1 SYS_io_uring_enter SYS_io_uring_register
    SYS_io_uring_setup SYS_ioctl SYS_kcmp SYS_kexec_load SYS_keyctl SYS_landlock_create_ruleset
    SYS_landlock_restrict_self SYS_memfd_create SYS_memfd_secret SYS_mount SYS_mq_open SYS_move_pages SYS_msgget
    SYS_name_to_handle_at SYS_open_by_handle_at SYS_open_tree SYS_perf_event_open SYS_personality SYS_pidfd_getfd
    SYS_pidfd_open SYS_pidfd_send_signal SYS_pivot_root SYS_prctl SYS_prlimit64 SYS_process_vm_readv
    SYS_process_vm_writev SYS_ptrace SYS_quotactl SYS_reboot SYS_request_key SYS_sched_setaffinity SYS_seccomp
    SYS_semget SYS_setdomainname SYS_sethostname SYS_setns SYS_setpriority SYS_setresuid SYS_settimeofday
    SYS_setxattr SYS_shmat SYS_shmget SYS_socketpair SYS_swapon SYS_syslog SYS_timer_create SYS_tkill
    SYS_umount2 SYS_unshare SYS_userfaultfd SYS_utimensat SYS_vhangup SYS_vmsplice
};
