//! Reading and writing the host: its files, its processes' memory and environment, devices, links.
//! With the walls of mounts and Landlock down, the host's files are below /host (`host(path)`).

use crate::table::{
    Control::{RootWithout, Without},
    Want::{Fails, Refused, Shows},
    attacks,
};
use libc::{EACCES, ENOENT, EPERM, EROFS};
use polymath_sandbox::Kind::Exception;

/// The walls between the code and the host's files.
const FILES: &str = "mounts-landlock";
/// The same, for code that first makes a link, which no call allows.
const LINKS: &str = "mounts-landlock-seccomp";
/// The walls between the code and other processes, which root alone may look into.
const PROCESSES: &str = "mounts-landlock-privileges-pid-seccomp";

attacks! {
    reads_a_file: "open(host(CANARY)).read()" => Refused(ENOENT), Without(FILES, "'canary'");
    reads_a_file_by_a_relative_path: "open('../' * 20 + host(CANARY)[1:]).read()"
        => Refused(ENOENT), Without(FILES, "'canary'");
    reads_a_file_below_a_descriptor_of_the_root:
        "os.read(os.open(host(CANARY)[1:], os.O_RDONLY, dir_fd=os.open('/', os.O_PATH)), 9)"
        => Fails(Exception, "[Errno 2]"), Without(FILES, "b'canary'");
    reads_a_file_below_a_descriptor_of_the_work_directory_s_parent:
        "os.read(os.open(host(CANARY)[1:], os.O_RDONLY, dir_fd=os.open('..', os.O_PATH)), 9)"
        => Fails(Exception, "[Errno 2]"), Without(FILES, "b'canary'");
    reads_a_file_with_a_library_s_reader: "
        import numpy
        numpy.fromfile(host(CANARY), dtype='S6')[0].item()"
        => Refused(ENOENT), Without(FILES, "b'canary'");
    opens_a_database_of_the_host: "
        import sqlite3
        try:
            sqlite3.connect(host(WRITABLE) + '/base').execute('create table t (a)')
            got = 'made'
        except sqlite3.OperationalError as error:
            got = str(error)
        got"
        => Shows("'unable to open database file'"), Without(FILES, "'made'");
    reads_the_passwords: "open(host('/etc/passwd')).read(5)" => Refused(ENOENT), Without(FILES, "'root:'");
    imports_from_the_host: "
        open(host(WRITABLE) + '/module_of_the_host.py', 'w').write('a = 1')
        sys.path.append(host(WRITABLE))
        import module_of_the_host
        module_of_the_host.a"
        => Refused(ENOENT), Without(FILES, "1");
    lists_the_root: "'work' in os.listdir('/')" => Refused(EACCES), Without(FILES, "True");
    lists_sys: "bool(os.listdir(host('/sys')))" => Refused(ENOENT), Without(FILES, "True");
    looks_a_file_up_without_opening_it: "os.stat(host(CANARY)).st_size" => Refused(ENOENT), Without(FILES, "6");
    reads_a_device: "open(host('/dev/zero'), 'rb').read(1)" => Refused(ENOENT), Without(FILES, "b'\\x00'");
    reads_the_kernel_s_log: "open(host('/dev/kmsg'), 'rb').read(1)" => Refused(ENOENT);
    reads_the_disk: "open(host('/dev/sda'), 'rb').read(1)" => Refused(ENOENT);
    opens_the_terminal: "open('/dev/tty')" => Refused(ENOENT);
    pushes_letters_into_the_terminal: "call(SYS_ioctl, 0, 0x5412, b'x')"
        => Shows("'EPERM'"), Without("seccomp", "'ENOTTY'");

    writes_a_file: "open(host(WRITABLE) + '/written', 'w').write('x')" => Refused(ENOENT), Without(FILES, "1");
    removes_a_file: "os.remove(host(REMOVABLE)) or 'gone'" => Refused(ENOENT), Without(FILES, "'gone'");
    truncates_a_file: "os.truncate(host(TRUNCATABLE), 1) or 'cut'" => Refused(ENOENT), Without(FILES, "'cut'");
    makes_a_folder: "os.mkdir(host(WRITABLE) + '/folder') or 'made'" => Refused(ENOENT), Without(FILES, "'made'");
    moves_a_file_out: "open('mine', 'w').close(); attempt(os.rename, 'mine', '/mine')" => Shows("'EXDEV'");
    writes_to_the_root: "open('/written', 'w')" => Refused(EROFS);
    writes_to_the_library: "open(os.__file__, 'a')" => Refused(EACCES);
    removes_a_library: "os.remove(os.__file__)" => Refused(EROFS);
    changes_the_mode_of_a_library: "os.chmod(os.__file__, 0o777)" => Refused(EROFS);
    writes_shared_memory_files: "open(host('/dev/shm') + '/written', 'w').close()" => Refused(ENOENT);
    renames_the_work_directory: "os.rename('/work', '/old')" => Refused(EROFS);
    removes_the_work_directory: "os.rmdir('/work')" => Refused(EROFS);
    puts_a_folder_over_the_work_directory: "os.mkdir('/scratch/other'); attempt(os.rename, '/scratch/other', '/work')"
        => Shows("'EXDEV'");

    makes_a_symbolic_link: "os.symlink(host(CANARY), 'link'); open('link').read()"
        => Refused(EPERM), Without(LINKS, "'canary'");
    makes_a_hard_link: "os.link(host(LINKABLE), host(WRITABLE) + '/hard'); open(host(WRITABLE) + '/hard').read()"
        => Refused(EPERM), Without(LINKS, "'canary'");
    makes_a_fifo: "os.mkfifo('fifo'); stat.S_ISFIFO(os.stat('fifo').st_mode)"
        => Refused(EPERM), Without("seccomp-privileges-landlock", "True");
    makes_a_device: "os.mknod('null', stat.S_IFCHR | 0o600, os.makedev(1, 3)); os.path.exists('null')"
        => Refused(EPERM), RootWithout("seccomp-privileges-landlock", "True");
    gives_a_file_away: "open('f', 'w').close(); os.chown('f', 0, 0); os.stat('f').st_uid"
        => Refused(EPERM), RootWithout("seccomp-privileges-landlock", "0");
    hides_data_in_an_attribute: "open('f', 'w').close(); os.setxattr('f', 'user.a', b'b')" => Refused(EPERM);
    locks_a_file_of_the_host: "import fcntl; fcntl.flock(open(host(CANARY)), fcntl.LOCK_EX) or 'locked'"
        => Refused(ENOENT), Without(FILES, "'locked'");
    watches_files: "call(SYS_inotify_init1, 0) != 'EPERM'" => Shows("False"), Without("seccomp", "True");

    reads_its_own_environment_as_the_kernel_has_it: "open('/proc/self/environ').read()" => Refused(ENOENT);
    reads_the_environment_of_a_process: "b'PATH=' in open(host(f'/proc/{HOST_PID}/environ'), 'rb').read()"
        => Refused(ENOENT), RootWithout(PROCESSES, "True");
    reads_the_memory_of_a_process_by_its_file:
        "memory = open(host(f'/proc/{HOST_PID}/mem'), 'rb', 0); memory.seek(ADDRESS); memory.read(6)"
        => Refused(ENOENT), RootWithout(PROCESSES, "b'canary'");
    reads_the_memory_of_a_process_by_a_call: "
        data = ctypes.create_string_buffer(6)
        here, there = (struct.pack('QQ', at, 6) for at in (ctypes.addressof(data), ADDRESS))
        call(SYS_process_vm_readv, HOST_PID, here, 1, there, 1, 0)"
        => Shows("'EPERM'"), RootWithout(PROCESSES, "6");
    reads_the_memory_of_pid_1: "open('/proc/1/mem', 'rb').read(1)" => Refused(ENOENT);
    goes_through_the_root_of_a_process: "open(host(f'/proc/{HOST_PID}/root') + CANARY).read()"
        => Refused(ENOENT), RootWithout(PROCESSES, "'canary'");
    goes_through_a_descriptor_of_itself: "os.readlink('/proc/self/fd/3')" => Refused(ENOENT);
    traces_a_process: "call(SYS_ptrace, 0x4206, VICTIM, 0, 0)" => Shows("'EPERM'"), RootWithout(PROCESSES, "0");
    ends_a_process: "str(attempt(os.kill, VICTIM, 0))" => Shows("'ESRCH'"), Without(PROCESSES, "'None'");
    signals_a_process_through_a_pipe: "
        import fcntl
        attempt(fcntl.fcntl, os.pipe()[1], fcntl.F_SETOWN, VICTIM)"
        => Shows("'ESRCH'"), Without(PROCESSES, "0");
    finds_a_process_by_its_descriptor: "call(SYS_pidfd_open, VICTIM, 0) != 'EPERM'"
        => Shows("False"), Without(PROCESSES, "True");
    attaches_shared_memory_of_the_host: "
        libc.shmat.restype = ctypes.c_void_p
        at = libc.shmat(SEGMENT, None, 0o10000)
        ctypes.string_at(at, 6) if at != 2**64 - 1 else errno.errorcode[ctypes.get_errno()]"
        => Shows("'EPERM'"), Without("net-ipc-seccomp-landlock", "b'canary'");

    finds_the_host_s_variables: "sorted(name for name in os.environ if name.startswith(('POLYMATH', 'CARGO', 'SSH')))"
        => Shows("[]");
    finds_the_host_s_variables_below_python: "
        getenv = libc.getenv
        getenv.restype = ctypes.c_char_p
        [getenv(name) for name in (b'HOME', b'CARGO_HOME', b'POLYMATH_PYTHON')]" => Shows("[b'/work', None, None]");
    finds_inherited_descriptors: "[fd for fd in range(4, 4096) if attempt(os.fstat, fd) != 'EBADF']" => Shows("[]");
    sees_only_its_own_processes: "
        others = [pid for pid in range(3, 40_000) if attempt(os.kill, pid, 0) != 'ESRCH']
        (os.getpid(), os.getppid(), others)"
        => Shows("(2, 1, [])");
    is_not_root: "0 in (*os.getresuid(), *os.getresgid(), *os.getgroups())" => Shows("False");
}
