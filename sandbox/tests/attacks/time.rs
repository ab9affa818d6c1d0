//! Using up time: in Python, in C below Python, asleep, and against being interrupted. The controls
//! run the same code with the time it needs.

use crate::{
    common::RUNTIME,
    sandboxes,
    table::{Control::Patient, Want::TimesOut, attacks, request, staged},
};
use polymath_sandbox::Kind;
use std::time::Duration;

attacks! {
    loops: "
        until = time.monotonic() + 0.8
        while time.monotonic() < until: pass
        'done'"
        => TimesOut, Patient("'done'");
    loops_without_a_line_of_python: "sum(range(40_000_000)) > 0" => TimesOut, Patient("True");
    computes_a_huge_number: "(3 ** 1_200_000 * 7 ** 1_200_000).bit_length() > 0" => TimesOut, Patient("True");
    matches_a_catastrophic_expression: "
        import re
        re.match('(a+)+$', 'a' * 24 + 'b') is None"
        => TimesOut, Patient("True");
    sleeps: "time.sleep(0.8) or 'done'" => TimesOut, Patient("'done'");
    sleeps_below_python: "ctypes.CDLL(None).usleep(800_000)" => TimesOut, Patient("0");
    sleeps_holding_the_interpreter: "ctypes.PyDLL(None).usleep(800_000)" => TimesOut, Patient("0");
    waits_for_a_lock: "
        lock = threading.Lock()
        lock.acquire()
        lock.acquire(timeout=0.8)"
        => TimesOut, Patient("False");
    waits_for_a_pipe: "
        import select
        there, here = os.pipe()
        select.select([there], [], [], 0.8)[0]"
        => TimesOut, Patient("[]");
    ignores_interrupts: "
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(0.8) or 'done'"
        => TimesOut, Patient("'done'");
    blocks_all_signals: "
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        time.sleep(0.8) or 'done'"
        => TimesOut, Patient("'done'");
    catches_every_exception: "
        until = time.monotonic() + 0.8
        while time.monotonic() < until:
            try:
                while time.monotonic() < until: pass
            except BaseException: pass
        'done'"
        => TimesOut, Patient("'done'");
    sorts_for_ever: "
        import functools
        sorted(range(9, 0, -1), key=functools.cmp_to_key(lambda a, b: time.sleep(0.05) or 1)) and 'done'"
        => TimesOut, Patient("'done'");
    stops_itself: "os.kill(os.getpid(), signal.SIGSTOP)" => TimesOut;
    never_reads_its_next_request: "threading.Event().wait()" => TimesOut;
}

staged! {
    fn uses_up_processor_time() + control {
        let mut config = sandboxes::strict();
        config.limits.cpu_seconds = 1;
        let sandbox = sandboxes::start(config);
        let code = "
            import time
            until = time.process_time() + 1.2
            while time.process_time() < until: pass
            'done'";
        let run = |sandbox, session: &str| crate::table::run(sandbox, session, code, None);
        let error = run(&sandbox, "processor").error.unwrap();
        assert!(error.kind == Kind::Timeout && error.message.contains("1 s of processor time"), "{error:?}");
        crate::table::usable(&sandbox, "processor");
        assert_eq!(run(&sandboxes::STRICT, "processor").value.as_deref(), Some("'done'"));
    }

    fn goes_on_until_it_is_cancelled() {
        let cancel = tokio_util::sync::CancellationToken::new();
        let later = cancel.clone();
        RUNTIME.spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            later.cancel();
        });
        let endless = request("while True: pass", None);
        let output = RUNTIME.block_on(sandboxes::STRICT.run("cancelled", endless, &cancel)).unwrap();
        assert_eq!(output.error.unwrap().kind, Kind::Cancelled);
        crate::table::usable(&sandboxes::STRICT, "cancelled");
    }

    fn an_interrupted_call_keeps_variables_and_one_that_resists_says_what_is_lost() {
        let run = |code: &str, millis| {
            let request = request(code, Some(Duration::from_millis(millis)));
            RUNTIME.block_on(sandboxes::STRICT.run("kept", request, &Default::default())).unwrap()
        };
        run("x = 7", 20_000);
        let error = run("while True: pass", 300).error.unwrap();
        assert!(error.kind == Kind::Timeout && error.message.contains("kept"), "{error:?}");
        assert_eq!(run("x", 20_000).value.as_deref(), Some("7"));
        let error = run("
            import signal
            signal.signal(2, signal.SIG_IGN)
            y = 8
            while True: pass", 300).error.unwrap();
        assert!(error.kind == Kind::Timeout && error.message.contains("gone"), "{error:?}");
        assert_eq!(run("y", 20_000).error.unwrap().kind, Kind::Exception);
        crate::table::usable(&sandboxes::STRICT, "kept");
    }
}
