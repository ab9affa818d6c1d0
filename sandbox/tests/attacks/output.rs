//! Floods and garbage on standard output, standard error and in values: bounded, and made text.

use crate::{
    common::RUNTIME,
    sandboxes::STRICT,
    table::{
        Control::Generous,
        Want::{Fails, Shows},
        attacks, request, run, staged, usable,
    },
};
use polymath_sandbox::{
    Kind::{Crash, OutputLimit},
    RunRequest,
};

attacks! {
    floods_stdout: "
        for _ in range(300): print('flood' * 200)
        'done'"
        => Fails(OutputLimit, "printed more than"), Generous("'done'");
    floods_stderr: "
        for _ in range(300): print('flood' * 200, file=sys.stderr)
        'done'"
        => Fails(OutputLimit, "printed more than"), Generous("'done'");
    floods_stdout_below_python: "
        for _ in range(300): os.write(1, b'flood' * 200)
        'done'"
        => Fails(OutputLimit, "printed more than"), Generous("'done'");
    floods_from_a_thread: "
        def flood():
            for _ in range(300): os.write(1, b'flood' * 200)
        thread = threading.Thread(target=flood)
        thread.start()
        thread.join()
        'done'"
        => Fails(OutputLimit, "printed more than"), Generous("'done'");
    floods_without_end: "while True: print('flood' * 100)" => Fails(OutputLimit, "printed more than");
    floods_and_ignores_interrupts: "
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True: os.write(2, b'flood' * 1000)"
        => Fails(OutputLimit, "printed more than");
    enlarges_the_pipe_first: "
        import fcntl
        fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.write(1, bytes(1 << 20)) >> 20"
        => Fails(OutputLimit, "printed more than"), Generous("1");
    reads_its_own_output: "attempt(os.read, 1, 1)" => Shows("'EBADF'");
    closes_its_output: "os.close(1); os.close(2)" => Fails(Crash, "unable to go on");
}

staged! {
    fn prints_bytes_that_are_no_text() {
        let code = "os.write(1, b'\\xff\\xfe\\x00\\x1b[31m\\xed\\xa0\\x80'); os.write(2, bytes(range(128, 256))); None";
        let output = run(&STRICT, "bytes", code, None);
        assert_eq!(output.error, None);
        assert!(output.stdout.starts_with("\u{fffd}\u{fffd}\0\x1b[31m\u{fffd}"), "{:?}", output.stdout);
        assert!(output.stderr.chars().all(|c| c == '\u{fffd}' || c.is_alphanumeric()), "{:?}", output.stderr);
        usable(&STRICT, "bytes");
    }

    fn has_a_value_of_half_characters() {
        let output = run(&STRICT, "halves", "print('\\ud800'); '\\udfff\\x00\\x1b[2J'", None);
        assert_eq!(output.error, None);
        assert_eq!((output.stdout.as_str(), output.value.as_deref()), ("\\ud800\n", Some("'\\udfff\\x00\\x1b[2J'")));
        usable(&STRICT, "halves");
    }

    fn has_a_huge_value() {
        let output = run(&STRICT, "value", "'x' * 50_000_000", None);
        let value = output.value.unwrap();
        assert!(value.len() < 21_000 && value.ends_with("(50000002 characters in all)"), "{}", value.len());
        usable(&STRICT, "value");
    }

    fn raises_a_huge_message() {
        let error = run(&STRICT, "message", "raise ValueError('x' * 50_000_000)", None).error.unwrap();
        assert!(error.message.len() < 1000 && error.traceback.unwrap().len() < 5000);
        usable(&STRICT, "message");
    }

    fn draws_more_figures_than_anybody_looks_at() {
        let code = "
            import matplotlib.pyplot as plt
            for n in range(60):
                plt.figure(figsize=(0.3, 0.3)).add_axes((0, 0, 1, 1)).axis('off')
                plt.show()";
        let output = run(&STRICT, "figures", code, None);
        assert_eq!((output.error, output.figures.len()), (None, 32));
        usable(&STRICT, "figures");
    }

    fn draws_a_figure_that_is_too_large() {
        let code = "
            import matplotlib.pyplot as plt
            plt.figure(figsize=(500, 500)).add_axes((0, 0, 1, 1))
            plt.show()";
        let output = run(&STRICT, "large", code, None);
        assert!(output.error.is_some() && output.figures.is_empty(), "{output:?}");
        usable(&STRICT, "large");
    }

    fn returns_a_table_that_is_too_long() {
        let code = "
            import pandas
            table = pandas.DataFrame({f'c{n}': range(20_000) for n in range(150)})";
        let request = RunRequest { return_tables: vec!["table".to_owned()], ..request(code, None) };
        let output = RUNTIME.block_on(STRICT.run("table", request, &Default::default())).unwrap();
        let table = &output.tables[0];
        assert_eq!((table.rows.len(), table.columns.len()), (5000, 100));
        usable(&STRICT, "table");
    }
}
