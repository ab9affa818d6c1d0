# What goes before the code of every attack; constants (CANARY, PORT, SYS_mount, ...) come before this.
import ctypes, errno, json, mmap, os, resource, signal, socket, stat, struct, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(number, *args):
    """A raw system call: its result, or the name of its error."""
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in args))
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result


def attempt(act, *args):
    """What an attempt brought, or the name of its error."""
    try:
        return act(*args)
    except OSError as error:
        return errno.errorcode[error.errno]


def host(path):
    """Where a file of the host's can be found: below /host when the wall of mounts is down."""
    return "/host" + path if os.path.lexists("/host" + path) else path


def ends_with(child):
    """The exit status of a child, or why there is none."""
    return child if isinstance(child, str) else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def number():
    """The number of the call that is running, which is in the runner's frames."""
    frame = sys._getframe()
    while "request" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["request"]["id"]


def reply(number, **fields):
    """A forged reply to the call of that number, as it goes over the channel."""
    data = json.dumps({"id": number, "value": None, "error": None, **fields}).encode()
    return struct.pack("<I", len(data)) + data


def say_it_is_over():
    """Answers the question that the host asks after a reply."""
    os.read(3, 4)
    os.write(3, bytes(4))
