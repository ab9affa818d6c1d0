//! Networks: sockets of every family, names, and the roads that need no `socket()`.

use crate::table::{
    Control::{RootWithout, Without},
    Want::{Fails, Refused, Shows},
    attacks,
};
use libc::EPERM;
use polymath_sandbox::Kind::Denied;

/// The walls between the code and the host's network.
const NETWORK: &str = "net-ipc-seccomp-landlock";
/// For sockets that need privileges, in a network of their own.
const PRIVILEGED: &str = "seccomp-privileges-landlock";

attacks! {
    connects_by_tcp: "socket.create_connection(('127.0.0.1', PORT), 5).recv(8)"
        => Refused(EPERM), Without(NETWORK, "b'HTTP/1.0'");
    fetches_a_page: "
        import urllib.request
        urllib.request.urlopen(f'http://127.0.0.1:{PORT}/', timeout=5).read()"
        => Fails(Denied, "no network"), Without(NETWORK, "b'canary'");
    connects_in_a_coroutine: "
        import asyncio
        async def talk():
            reader, writer = await asyncio.open_connection('127.0.0.1', PORT)
            return await reader.readline()
        asyncio.run(talk())"
        => Refused(EPERM), Without(NETWORK, "b'HTTP/1.0 200 OK\\r\\n'");
    sends_a_datagram: "
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.settimeout(5)
        s.sendto(b'question', ('127.0.0.1', UDP))
        s.recv(9)"
        => Refused(EPERM), Without(NETWORK, "b'canary'");
    listens_for_others: "s = socket.socket(); s.bind(('', 0)); s.listen(); 'listening'"
        => Refused(EPERM), Without(NETWORK, "'listening'");
    looks_up_a_name: "socket.getaddrinfo('example.com', 80)" => Fails(Denied, "no network");
    connects_by_a_unix_socket: "s = socket.socket(socket.AF_UNIX); s.connect(host(SOCKET)); s.recv(9)"
        => Refused(EPERM), Without("mounts-landlock-seccomp", "b'canary'");
    connects_by_an_abstract_name: "s = socket.socket(socket.AF_UNIX); s.connect('\\0' + ABSTRACT); s.recv(9)"
        => Refused(EPERM), Without(NETWORK, "b'canary'");
    opens_a_unix_datagram_socket: "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).type.name"
        => Refused(EPERM), Without("seccomp", "'SOCK_DGRAM'");
    // A pair's end can send elsewhere, if it is one of datagrams: no connect(), no socket().
    sends_from_a_pair_to_a_name: "
        a, b = socket.socketpair(type=socket.SOCK_DGRAM)
        a.sendto(b'x', '\\0' + ABSTRACT + '-datagrams')"
        => Refused(EPERM), Without(NETWORK, "1");
    sends_from_a_pair_to_a_path: "a, b = socket.socketpair(type=socket.SOCK_DGRAM); a.sendto(b'x', host(DATAGRAMS))"
        => Refused(EPERM), Without("mounts-landlock-seccomp", "1");
    sends_from_a_pair_by_sendmsg: "
        a, b = socket.socketpair(type=socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        a.sendmsg([b'x'], [], 0, host(DATAGRAMS))" => Refused(EPERM), Without("mounts-landlock-seccomp", "1");
    addresses_what_a_stream_pair_sends: "a, b = socket.socketpair(); attempt(a.sendto, b'x', '\\0' + ABSTRACT)"
        => Shows("'EISCONN'");
    connects_an_end_of_a_pair: "a, b = socket.socketpair(); call(SYS_connect, a.fileno(), b'\\1\\0', 2) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    names_an_end_of_a_pair: "a, b = socket.socketpair(); call(SYS_bind, a.fileno(), b'\\1\\0', 2) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    takes_a_descriptor_of_the_host_s_process: "
        channel = socket.socket(fileno=os.dup(3), family=1, type=1)
        attempt(channel.getsockopt, socket.SOL_SOCKET, 77, 4) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    learns_who_the_host_is: "
        channel = socket.socket(fileno=os.dup(3), family=1, type=1)
        attempt(channel.getsockopt, socket.SOL_SOCKET, socket.SO_PEERCRED, 12) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    filters_a_socket_with_a_program: "
        a, b = socket.socketpair()
        program = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))
        str(attempt(a.setsockopt, socket.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(program))))"
        => Shows("'EPERM'"), Without("seccomp", "'None'");
    pairs_another_family: "call(SYS_socketpair, socket.AF_INET, 1, 0, ctypes.create_string_buffer(8))"
        => Shows("'EPERM'"), Without("seccomp", "'ENOTSUP'");
    opens_ipv6: "attempt(lambda: socket.socket(10).close()) != 'EPERM'" => Shows("False"), Without("seccomp", "True");
    opens_netlink: "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).family.name"
        => Refused(EPERM), Without("seccomp", "'AF_NETLINK'");
    listens_to_the_kernel_s_events: "socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15).family.name"
        => Refused(EPERM), Without("seccomp", "'AF_NETLINK'");
    captures_packets: "socket.socket(17, socket.SOCK_RAW).family.name"
        => Refused(EPERM), Without(PRIVILEGED, "'AF_PACKET'");
    sends_raw_packets: "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).type.name"
        => Refused(EPERM), Without(PRIVILEGED, "'SOCK_RAW'");
    talks_to_the_hypervisor: "attempt(lambda: socket.socket(40, 1).close()) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    opens_bluetooth: "attempt(lambda: socket.socket(31, 3, 1).close()) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGED, "True");
    opens_a_vehicle_bus: "attempt(lambda: socket.socket(29, 3, 1).close()) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGED, "True");
    opens_kernel_cryptography: "attempt(lambda: socket.socket(38, 5).close()) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    opens_tipc: "attempt(lambda: socket.socket(30, 1).close()) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    opens_phonet: "attempt(lambda: socket.socket(35, 2).close()) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGED, "True");
    opens_express_data_path: "attempt(lambda: socket.socket(44, 3).close()) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGED, "True");
    opens_rds: "attempt(lambda: socket.socket(21, 5).close()) != 'EPERM'"
        => Shows("False"), Without("seccomp", "True");
    opens_a_key_management_socket: "attempt(lambda: socket.socket(15, 3, 2).close()) != 'EPERM'"
        => Shows("False"), RootWithout(PRIVILEGED, "True");
    makes_sockets_by_io_uring: "call(SYS_io_uring_setup, 4, ctypes.create_string_buffer(120)) != 'ENOSYS'"
        => Shows("False"), Without("seccomp", "True");
}
