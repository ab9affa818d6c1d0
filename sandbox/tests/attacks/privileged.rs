//! System calls that need a privilege. A session has none, and the filter refuses them first: the
//! controls lower both walls, inside namespaces where the call can do no harm, or with arguments
//! that the kernel turns down once it has let the caller in.

use crate::table::{
    Control::{RootWithout, Without},
    Want::{Refused, Shows},
    attacks,
};
use libc::EPERM;

const PRIVILEGES: &str = "seccomp-privileges-landlock";

attacks! {
    mounts: "call(SYS_mount, b'none', b'/tmp', b'tmpfs', 0, 0)" => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    binds_the_root_over_the_work_directory: "call(SYS_mount, b'/', b'/work', b'none', 4096, 0)"
        => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    makes_the_root_writable: "call(SYS_mount, b'none', b'/', b'none', 0x1020, 0)"
        => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    unmounts_the_work_directory: "call(SYS_umount2, b'/work', 2)" => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    mounts_by_the_newer_calls: "call(SYS_fsopen, b'tmpfs', 0) != 'EPERM'"
        => Shows("False"), Without(PRIVILEGES, "True");
    takes_a_copy_of_a_mount: "call(SYS_open_tree, -100, b'/work', 1) != 'EPERM'"
        => Shows("False"), Without(PRIVILEGES, "True");
    pivots_the_root: "call(SYS_pivot_root, b'/work', b'/work') != 'EPERM'"
        => Shows("False"), Without(PRIVILEGES, "True");
    changes_the_root: "os.chroot('/work') or 'changed'" => Refused(EPERM), Without(PRIVILEGES, "'changed'");
    leaves_its_namespaces: "call(SYS_unshare, 0x04000000)" => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    makes_a_user_namespace: "call(SYS_unshare, 0x10000000)" => Shows("'EPERM'");
    enters_a_namespace: "call(SYS_setns, -1, 0)" => Shows("'EPERM'"), Without(PRIVILEGES, "'EBADF'");
    clones_into_a_namespace: "
        child = call(SYS_clone, 0x04000000 | 17, 0, 0, 0, 0)
        if child == 0:
            os._exit(7)
        ends_with(child)"
        => Shows("'EPERM'"), Without(PRIVILEGES, "7");
    names_the_host: "call(SYS_sethostname, b'x', 1)" => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    names_the_domain: "call(SYS_setdomainname, b'x', 1)" => Shows("'EPERM'"), Without(PRIVILEGES, "0");
    hangs_up: "call(SYS_vhangup)" => Shows("'EPERM'");
    opens_a_file_by_its_handle: "call(SYS_open_by_handle_at, -1, struct.pack('Ii', 0, 0), 0) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGES, "True");
    watches_a_file_system: "call(SYS_fanotify_init, -1, 0) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGES, "True");
    loads_a_program_into_the_kernel: "call(SYS_bpf, 999, 0, 0)"
        => Shows("'EPERM'"), RootWithout(PRIVILEGES, "'EINVAL'");
    loads_a_module: "call(SYS_init_module, 0, 0, b'') != 'EPERM'" => Shows("False"), RootWithout(PRIVILEGES, "True");
    loads_a_module_from_a_file: "call(SYS_finit_module, -1, b'', 0) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGES, "True");
    removes_a_module: "call(SYS_delete_module, b'polymath-none', 0) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGES, "True");
    loads_another_kernel: "call(SYS_kexec_load, 0, 0, 0, 0)" => Shows("'EPERM'");
    reboots: "call(SYS_reboot, 0, 0, 0, 0)" => Shows("'EPERM'"), RootWithout(PRIVILEGES, "'EINVAL'");
    sets_the_clock: "call(SYS_settimeofday, struct.pack('qq', 0, -1), 0)"
        => Shows("'EPERM'"), RootWithout(PRIVILEGES, "'EINVAL'");
    sets_the_clock_by_the_newer_call: "call(SYS_clock_settime, 0, struct.pack('qq', 0, -1))"
        => Shows("'EPERM'"), RootWithout(PRIVILEGES, "'EINVAL'");
    swaps: "call(SYS_swapon, b'/nowhere', 0) != 'EPERM'" => Shows("False"), RootWithout(PRIVILEGES, "True");
    keeps_accounts: "call(SYS_acct, b'/nowhere') != 'EPERM'" => Shows("False"), RootWithout(PRIVILEGES, "True");
    reads_the_kernel_s_messages: "call(SYS_syslog, 10, 0, 0) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGES, "True");
    leaves_its_groups: "os.setgroups([]) or 'left'" => Refused(EPERM), RootWithout(PRIVILEGES, "'left'");
}
