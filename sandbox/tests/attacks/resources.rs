//! Using up what there is: memory by every road, disk, files, descriptors, threads. The controls run
//! the same code with larger limits, under which it comes to its end.

use crate::table::{
    Control::Generous,
    Want::{Fails, Shows},
    attacks,
};
use polymath_sandbox::Kind::{Denied, Memory, OutputLimit};

attacks! {
    takes_memory_at_once: "len(bytearray(400 << 20)) >> 20" => Fails(Memory, "MemoryError"), Generous("400");
    takes_memory_by_pieces: "len([bytearray(1 << 20) for _ in range(400)])"
        => Fails(Memory, "MemoryError"), Generous("400");
    takes_memory_by_small_pieces: "len([str(n) * 40 for n in range(2_000_000)])"
        => Fails(Memory, "MemoryError"), Generous("2000000");
    takes_memory_in_one_string: "len('x' * (400 << 20)) >> 20" => Fails(Memory, "MemoryError"), Generous("400");
    takes_memory_in_lists: "len([0] * (50 << 20)) >> 20" => Fails(Memory, "MemoryError"), Generous("50");
    takes_memory_by_numpy: "
        import numpy
        numpy.empty(50 << 20).size >> 20"
        => Fails(Memory, "MemoryError"), Generous("50");
    takes_shared_anonymous_memory: "len([mmap.mmap(-1, 40 << 20) for _ in range(10)])"
        => Fails(Memory, "Cannot allocate memory"), Generous("10");
    takes_private_memory_by_the_c_library: "
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        [libc.malloc(40 << 20) for _ in range(10)].count(None) == 0" => Shows("False"), Generous("True");
    takes_memory_for_stacks: "
        threading.stack_size(40 << 20)
        stop = threading.Event()
        try:
            for _ in range(10): threading.Thread(target=stop.wait).start()
        finally: stop.set()
        'started'"
        => Fails(Denied, "can't start new thread"), Generous("'started'");
    takes_memory_in_pipes: "
        import fcntl
        total = 0
        for _ in range(500):
            there, here = os.pipe()
            size = fcntl.fcntl(here, fcntl.F_SETPIPE_SZ, 1 << 16)
            os.set_blocking(here, False)
            total += os.write(here, bytes(size))
        total > 0"
        => Fails(Denied, "too many files are open"), Generous("True");
    takes_memory_in_socket_pairs: "
        total = 0
        for _ in range(500):
            here, there = socket.socketpair()
            here.setblocking(False)
            pairs = globals().setdefault('pairs', []); pairs.append((here, there))
            total += here.send(bytes(1 << 15))
        total > 0"
        => Fails(Denied, "too many files are open"), Generous("True");
    locks_memory: "call(149, ADDRESS, 4096)" => Shows("'EPERM'");

    fills_the_disk: "
        for n in range(5): open(f'f{n}', 'wb').write(bytes(4 << 20))
        'written'"
        => Fails(OutputLimit, "working directory is full"), Generous("'written'");
    fills_the_disk_for_temporary_files: "
        for n in range(3): open(f'/scratch/f{n}', 'wb').write(bytes(4 << 20))
        'written'"
        => Fails(OutputLimit, "working directory is full"), Generous("'written'");
    fills_the_disk_by_allocating: "
        for n in range(5): os.posix_fallocate(os.open(f'f{n}', os.O_RDWR | os.O_CREAT), 0, 4 << 20)
        'written'"
        => Fails(OutputLimit, "working directory is full"), Generous("'written'");
    fills_the_disk_with_removed_files: "
        for n in range(5):
            file = os.open('f', os.O_RDWR | os.O_CREAT)
            os.remove('f')
            os.write(file, bytes(4 << 20))
        'written'"
        => Fails(OutputLimit, "working directory is full"), Generous("'written'");
    makes_endless_files: "
        for n in range(3000): open(f'f{n}', 'w').close()
        'made'"
        => Fails(OutputLimit, "working directory is full"), Generous("'made'");
    makes_endless_folders: "
        for n in range(3000): os.mkdir(f'd{n}')
        'made'"
        => Fails(OutputLimit, "working directory is full"), Generous("'made'");
    writes_a_huge_file: "open('big', 'wb').write(bytes(9 << 20)) >> 20"
        => Fails(OutputLimit, "larger than"), Generous("9");
    makes_a_huge_sparse_file: "open('big', 'wb').truncate(60 << 20) >> 20"
        => Fails(OutputLimit, "larger than"), Generous("60");
    writes_a_huge_file_with_the_signal_s_default: "
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        open('big', 'wb').write(bytes(9 << 20)) >> 20"
        => Fails(polymath_sandbox::Kind::Crash, "signal 25"), Generous("9");
    opens_endless_descriptors: "len([os.dup(1) for _ in range(1000)])"
        => Fails(Denied, "too many files are open"), Generous("1000");
    starts_endless_threads: "
        threading.stack_size(64 << 10)
        stop = threading.Event()
        try:
            for _ in range(200): threading.Thread(target=stop.wait).start()
        finally: stop.set()
        'started'"
        => Fails(Denied, "more threads than"), Generous("'started'");
    moves_the_break: "
        libc.sbrk.restype = ctypes.c_void_p
        libc.sbrk.argtypes = [ctypes.c_ssize_t]
        libc.sbrk(400 << 20) != 2**64 - 1"
        => Shows("False"), Generous("True");
}
