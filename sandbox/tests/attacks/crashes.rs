//! Ending the interpreter, by every road: a crash of a session, told as one, and no more.

use crate::table::{
    Want::{Fails, Shows},
    attacks,
};
use polymath_sandbox::Kind::{Crash, Exception, Memory};

attacks! {
    reads_address_zero: "ctypes.string_at(0)" => Fails(Crash, "invalid memory access");
    writes_to_its_own_code: "ctypes.memset(ctypes.cast(libc.getpid, ctypes.c_void_p).value, 0, 1)"
        => Fails(Crash, "invalid memory access");
    jumps_to_nowhere: "ctypes.CFUNCTYPE(None)(8)()" => Fails(Crash, "invalid memory access");
    aborts: "os.abort()" => Fails(Crash, "aborted");
    frees_twice: "
        libc.malloc.restype = ctypes.c_void_p
        libc.free.argtypes = [ctypes.c_void_p]
        at = libc.malloc(5000)
        libc.free(at)
        libc.free(at)
        libc.free(at)" => Fails(Crash, "");
    writes_over_an_object: "
        ctypes.memset(id(None), 0xff, 64)
        None" => Fails(Crash, "");
    ends_the_interpreter_as_if_all_were_well: "os._exit(0)" => Fails(Crash, "exit status 0");
    ends_the_interpreter_below_python: "libc.exit(0)" => Fails(Crash, "exit status 0");
    kills_itself: "os.kill(os.getpid(), signal.SIGKILL)" => Fails(Crash, "killed");
    terminates_itself: "os.kill(os.getpid(), signal.SIGTERM)" => Fails(Crash, "signal 15");
    interrupts_itself: "
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)" => Fails(Exception, "KeyboardInterrupt");
    raises_a_real_time_signal: "os.kill(os.getpid(), 40)" => Fails(Crash, "signal 40");
    recurses_without_end: "
        def deeper(): return deeper()
        deeper()" => Fails(Exception, "RecursionError");
    overflows_the_c_stack: "
        sys.setrecursionlimit(10**9)
        f = lambda _: sorted([1, 2], key=f)
        f(0)"
        => Fails(Crash, "the interpreter");
    overflows_the_parser: "eval('(' * 100_000 + ')' * 100_000)" => Fails(Exception, "too many nested parentheses");
    overflows_the_compiler: "eval('-' * 100_000 + '1')" => Fails(Memory, "MemoryError");
    exits_in_a_thread: "
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        'here'"
        => Shows("'here'");
    ends_the_process_from_a_thread: "
        threading.Thread(target=os._exit, args=(3,)).start()
        time.sleep(1)"
        => Fails(Crash, "exit status 3");
    ends_its_only_thread: "libc.pthread_exit(None)" => Fails(Crash, "");
    exits: "sys.exit('bye')" => Fails(Exception, "bye");
    closes_every_descriptor: "os.closerange(0, 256)" => Fails(Crash, "");
}
