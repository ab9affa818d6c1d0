//! What a call leaves behind for the next one, and a session for another: timers, handlers, threads,
//! patched modules, files. A session's later calls work, and other sessions know nothing of it.

use crate::{
    common::RUNTIME,
    sandboxes::STRICT,
    table::{
        Want::{Fails, Shows},
        attacks, request, staged, usable,
    },
};
use polymath_sandbox::{Kind, RunOutput, Sandbox};
use std::time::Duration;

/// Two calls of one session.
macro_rules! then {
    ($first:literal, $second:literal) => {
        concat!($first, "\n# next call\n", $second)
    };
}

attacks! {
    leaves_an_alarm: then!("signal.alarm(1)", "time.sleep(1.2) or 'fine'") => Shows("'fine'");
    leaves_a_timer: then!("
        signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)",
        "time.sleep(0.3) or 'fine'") => Shows("'fine'");
    leaves_a_timer_of_processor_time: then!("
        signal.setitimer(signal.ITIMER_PROF, 0.05, 0.05)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.05, 0.05)",
        "
            until = time.process_time() + 0.2
            while time.process_time() < until: pass
            'fine'") => Shows("'fine'");
    leaves_a_pending_signal: then!("
        signal.signal(signal.SIGUSR1, lambda *_: 1 / 0)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        os.kill(os.getpid(), signal.SIGUSR1)", "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])")
        => Shows("set()");
    leaves_a_trace_function: then!("sys.settrace(lambda *_: 1 / 0)", "'fine'") => Shows("'fine'");
    leaves_a_profile_function: then!("sys.setprofile(lambda *_: 1 / 0)", "'fine'") => Shows("'fine'");
    leaves_an_audit_hook: "
        def hook(*_): raise RuntimeError('audited')
        sys.addaudithook(hook)"
        => Fails(Kind::Crash, "unable to go on");
    leaves_a_collector_s_callback: then!("
        import gc
        gc.callbacks.append(lambda *_: time.sleep(9))", "'fine'") => Shows("'fine'");
    leaves_no_room_to_recurse: then!("sys.setrecursionlimit(40)", "'fine'") => Shows("'fine'");
    leaves_an_exit_handler: then!("
        import atexit
        atexit.register(os._exit, 0)
        atexit.register(print, 'late')", "'fine'") => Shows("'fine'");
    leaves_a_finalizer: then!("
        class Last:
            def __del__(self): os._exit(0)
        sys.last = Last()", "'fine'") => Shows("'fine'");
    leaves_no_standard_output: then!("os.close(1)", "'fine'") => Shows("'fine'");
    leaves_another_standard_output: then!("os.dup2(os.open('/dev/null', os.O_WRONLY), 1)", "print('lost') or 'fine'")
        => Shows("'fine'");
    leaves_other_streams: then!("
        import io
        sys.stdout = sys.stderr = sys.__stdout__ = None", "print('here') or 'fine'") => Shows("'fine'");
    leaves_no_descriptor: then!("
        left = []
        try:
            while True: left.append(os.dup(1))
        except OSError: pass", "'fine'") => Shows("'fine'");
    leaves_no_memory: then!("
        left = []
        for size in (1 << 24, 1 << 20, 1 << 16, 4096):
            try:
                while True: left.append(bytearray(size))
            except MemoryError: pass", "'fine'") => Shows("'fine'");
    leaves_no_disk: then!("
        try:
            while True: open(f'f{time.monotonic_ns()}', 'wb').write(bytes(1 << 20))
        except OSError: pass", "'fine'") => Shows("'fine'");
    leaves_another_directory: then!("os.mkdir('gone'); os.chdir('gone'); os.rmdir('/work/gone')", "'fine'")
        => Shows("'fine'");
    leaves_patched_builtins: then!("
        import builtins
        builtins.repr = builtins.print = builtins.len = builtins.open = builtins.isinstance = None", "'fine'")
        => Shows("'fine'");
    leaves_no_builtins: then!("
        import builtins
        vars(builtins).clear()", "1 + 1") => Shows("2");
    leaves_a_patched_decoder: then!("
        import json
        json.loads = None", "'fine'") => Shows("'fine'");
    leaves_a_deeply_patched_decoder: then!("
        import json
        json.JSONDecoder.decode = None", "'fine'") => Shows("'fine'");
    leaves_patched_encoders: then!("
        import base64
        base64.b64encode = None", "'fine'") => Shows("'fine'");
    leaves_patched_signals: then!("signal.signal = None", "'fine'") => Shows("'fine'");
    leaves_a_patched_compiler: then!("
        import ast, linecache
        ast.parse = None
        linecache.cache = None", "'fine'") => Shows("'fine'");
    replaces_the_runner: then!("
        for name in list(sys.modules):
            if name.startswith('polymath'): sys.modules[name] = None", "'fine'") => Shows("'fine'");
    imports_the_runner: "import polymath_cell" => Fails(Kind::Exception, "ModuleNotFoundError");
    replaces_the_main_module: then!("
        sys.modules['__main__'] = None
        globals().clear()", "'fine'") => Shows("'fine'");
    patches_pandas: then!("
        import pandas
        pandas.DataFrame = None", "'fine'") => Shows("'fine'");
    leaves_a_thread: then!("
        left = 1
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "left")
        => Fails(Kind::Exception, "NameError");
    leaves_a_thread_that_python_does_not_know: then!("
        @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
        def body(_): return time.sleep(60)
        libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, body, None)
        time.sleep(0.1)
        left = 1", "left") => Fails(Kind::Exception, "NameError");
    leaves_a_thread_that_answers_later: then!("
        def late():
            while True:
                time.sleep(0.001)
                os.write(1, b'late')
                reply = b'{\"id\": 1}'
                time.sleep(0.3)
                os.write(3, struct.pack('<I', len(reply)) + reply)
        threading.Thread(target=late, daemon=True).start()
        time.sleep(0.05)", "time.sleep(0.5) or 'fine'") => Shows("'fine'");
    leaves_a_thread_that_starts_threads: then!("
        def again():
            time.sleep(0.001)
            threading.Thread(target=again, daemon=True).start()
        again()", "'fine'") => Shows("'fine'");
}

fn call(sandbox: &Sandbox, session: &str, code: &str, timeout: u64) -> RunOutput {
    let request = request(code, Some(Duration::from_millis(timeout)));
    RUNTIME.block_on(sandbox.run(session, request, &Default::default())).unwrap()
}

/// A call of a session that had this before can be interrupted, and keeps its variables.
#[track_caller]
fn can_be_interrupted_after(name: &str, code: &str) {
    call(&STRICT, name, code, 20_000);
    let error = call(&STRICT, name, "while True: pass", 300).error.unwrap();
    assert!(error.kind == Kind::Timeout && error.message.contains("kept"), "{error:?}");
    usable(&STRICT, name);
}

staged! {
    fn leaves_interrupts_ignored() {
        can_be_interrupted_after("ignored", "
            import signal
            signal.signal(signal.SIGINT, signal.SIG_IGN)");
    }

    fn leaves_interrupts_blocked() {
        can_be_interrupted_after("blocked", "
            import signal
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))");
    }

    fn tells_that_threads_were_left() {
        let code = "
            import threading, time
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()";
        let output = call(&STRICT, "told", code, 20_000);
        assert!(output.notes.iter().any(|note| note.contains("threads")), "{output:?}");
        usable(&STRICT, "told");
    }

    fn leaves_files_and_variables_to_another_session() {
        let code = "
            secret = 1
            open('secret.txt', 'w').write('x')
            open('/scratch/secret.txt', 'w').write('x')";
        assert_eq!(call(&STRICT, "one", code, 20_000).error, None);
        let code = "
            import os
            ('secret' in globals(), os.listdir('.'), os.path.exists('/scratch/secret.txt'))";
        let other = call(&STRICT, "two", code, 20_000).value;
        assert_eq!(other.as_deref(), Some("(False, [], False)"));
        ["one", "two"].iter().for_each(|name| usable(&STRICT, name));
    }

    fn poisons_modules_for_another_session() {
        let code = "
            import builtins, json, sys
            json.loads = None
            builtins.len = lambda x: 0
            sys.path.insert(0, '/work')
            sys.modules['pandas'] = None
            open('numpy.py', 'w').write('1/0')";
        call(&STRICT, "poison", code, 20_000);
        let code = "
            import json, numpy, pandas
            (json.loads('1'), len('ab'), numpy.pi > 3)";
        assert_eq!(call(&STRICT, "clean", code, 20_000).value.as_deref(), Some("(1, 2, True)"));
        ["poison", "clean"].iter().for_each(|name| usable(&STRICT, name));
    }

    /// Its own answers are its own affair from then on; another's are not.
    fn rewrites_the_runner_in_memory() {
        let code = "
            import gc, types
            for thing in gc.get_objects() + [f.f_code for f in __import__('sys')._current_frames().values()]:
                if isinstance(thing, types.FunctionType) and thing.__name__ == '_execute':
                    thing.__code__ = (lambda code: 'owned').__code__";
        call(&STRICT, "rewritten", code, 20_000);
        assert_eq!(call(&STRICT, "not rewritten", "1 + 1", 20_000).value.as_deref(), Some("2"));
        RUNTIME.block_on(STRICT.end("rewritten"));
        ["rewritten", "not rewritten"].iter().for_each(|name| usable(&STRICT, name));
    }
}
