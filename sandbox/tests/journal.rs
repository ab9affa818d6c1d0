//! Sessions that come back: after a crash, a time-out, idleness, new files, and a killed program,
//! with their variables, their figure count and their random numbers.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use common::{RUNTIME, config, fails, request, run, value};
use polymath_sandbox::{Config, GivenFile, Kind, RunOutput, RunRequest, Sandbox};
use std::{path::Path, time::Duration};

#[test]
fn all_of_this_as_an_ordinary_user() {
    common::ordinary::run_again();
}

/// An analysis that has come some way: a data frame, and two figures drawn.
const ANALYSIS: [&str; 3] = [
    "import pandas as pd, numpy as np, matplotlib.pyplot as plt\n\
     df = pd.DataFrame({'n': range(5), 'noise': np.random.rand(5)})",
    "plt.plot(df.n, df.noise)\nplt.show()\nplt.plot([1, 2])\nplt.show()",
    "df['twice'] = df.n * 2\nlost = 1\nundefined_name",
];

fn analyse(session: &str) -> String {
    value(session, ANALYSIS[0]);
    assert_eq!(run(session, ANALYSIS[1]).figures.len(), 2);
    let frame = value(session, "df.to_json()");
    fails(session, ANALYSIS[2], Kind::Exception);
    frame
}

/// What `analyse` made is there, and the next figure is the third.
#[track_caller]
fn is_back(run: impl Fn(&str) -> RunOutput, frame: &str) {
    let output = run("df.to_json()");
    assert_eq!(output.value.as_deref(), Some(frame), "{output:?}");
    let notes = output.notes.join("\n");
    assert!(notes.contains("run again") && notes.contains("are back"), "{notes}");
    assert_eq!(run("'twice' in df, 'lost' in globals()").value.as_deref(), Some("(False, False)"));
    let figure = run("plt.plot([3])\nplt.show()").figures.remove(0);
    assert_eq!(figure.number, 3);
    assert!(run("1").notes.is_empty(), "it is told once");
}

#[test]
fn variables_come_back_after_a_crash() {
    let frame = analyse("crash");
    let output = fails("crash", "import os; os._exit(1)", Kind::Crash);
    assert!(output.error.unwrap().message.contains("rebuilt"));
    is_back(|code| run("crash", code), &frame);
}

#[test]
fn cells_that_failed_halfway_are_named_when_the_rest_comes_back() {
    for session in ["half", "only half"] {
        if session == "half" {
            value(session, "x = 1");
        }
        fails(session, "x = 2; 1/0", Kind::Exception);
        assert_eq!(value(session, "x"), "2", "it is there while the interpreter is");
        fails(session, "import os; os._exit(1)", Kind::Crash);
    }
    let output = run("half", "x");
    assert_eq!(output.value.as_deref(), Some("1"));
    let failed = "cell 2 (`x = 2; 1/0`) failed, cell 4 (`import os; os._exit(1)`) failed";
    assert!(
        output.notes[0].contains("their variables are back (not back are")
            && output.notes[0].contains("; left out")
            && output.notes[0].ends_with(failed),
        "{output:?}"
    );
    // The number stays what it was.
    let error = fails("half", "1/0", Kind::Exception).error.unwrap();
    assert!(error.traceback.unwrap().contains("cell 6, line 1"));
}

#[test]
fn variables_come_back_after_a_time_out_that_had_to_kill() {
    let frame = analyse("killed");
    let code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass";
    let timeout = Some(Duration::from_millis(200));
    let output = request("killed", RunRequest { timeout, ..RunRequest::new(code) });
    assert_eq!(output.error.unwrap().kind, Kind::Timeout);
    is_back(|code| run("killed", code), &frame);
}

fn on(sandbox: &Sandbox, session: &str, request: RunRequest) -> RunOutput {
    RUNTIME.block_on(sandbox.run(session, request, &Default::default())).unwrap()
}

fn start(config: Config) -> Sandbox {
    RUNTIME.block_on(Sandbox::start(config)).unwrap()
}

#[test]
fn idle_interpreters_are_put_away_and_come_back() {
    let sandbox = start(Config { idle: Duration::from_millis(200), ..config() });
    let run = |code: &str| on(&sandbox, "idle", RunRequest::new(code));
    assert_eq!(run("x = 5\nx").value.as_deref(), Some("5"));
    std::thread::sleep(Duration::from_millis(600));
    let output = run("x");
    assert_eq!(output.value.as_deref(), Some("5"));
    assert!(output.notes[0].contains("put away"), "{:?}", output.notes);
}

#[test]
fn more_sessions_than_interpreters_keep_their_variables() {
    let sandbox = start(Config { sessions: 2, ..config() });
    for round in 0..2 {
        for n in 0..4 {
            let code = if round == 0 { format!("x = {n}") } else { "x".to_owned() };
            let output = on(&sandbox, &format!("s{n}"), RunRequest::new(code));
            assert_eq!(output.error, None);
            assert!(round == 0 || output.value == Some(n.to_string()), "{output:?}");
        }
    }
}

#[test]
fn a_program_that_starts_again_finds_its_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config { journals: Some(folder.path().to_owned()), ..config() };
    let first = start(config());
    let run = |code: &str| on(&first, "kept", RunRequest::new(code));
    run(ANALYSIS[0]);
    run(ANALYSIS[1]);
    let frame = run("df.to_json()").value.unwrap();
    run(ANALYSIS[2]);
    let second = start(config());
    let held = RUNTIME.block_on(second.run("kept", RunRequest::new("1"), &Default::default())).unwrap_err();
    assert!(held.message.contains("another polymath is using"), "{held}");
    drop(first);
    is_back(|code| on(&second, "kept", RunRequest::new(code)), &frame);
    RUNTIME.block_on(second.end("kept"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_cell_that_no_longer_works_is_told_and_the_rest_comes_back() {
    let data = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(data.path(), "1").unwrap();
    let given = |path: &Path| GivenFile { name: "data.txt".into(), path: path.canonicalize().unwrap() };
    let with = |code: &str| RunRequest { files: vec![given(data.path())], ..RunRequest::new(code) };
    assert_eq!(request("gone", with("x = open('data.txt').read()\nx")).value.as_deref(), Some("'1'"));
    assert_eq!(request("gone", with("y = 2")).error, None);
    // Without the file the first call fails.
    let output = run("gone", "y, 'x' in globals()");
    assert_eq!(output.value.as_deref(), Some("(2, False)"));
    assert!(output.notes[0].ends_with("did not work this time"), "{:?}", output.notes);
}

#[test]
fn given_files_are_there_read_only_and_a_new_one_keeps_the_variables() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("n\n{}\n", name.len())).unwrap();
        GivenFile { name: name.to_owned(), path: path.canonicalize().unwrap() }
    };
    let with = |files: &[GivenFile], code: &str| {
        request("given", RunRequest { files: files.to_vec(), ..RunRequest::new(code) })
    };
    let one = [file("a.csv")];
    let output = with(&one, "import pandas as pd\ndf = pd.read_csv('a.csv')\nint(df.n.sum())");
    assert_eq!((output.value.as_deref(), output.files.len()), (Some("5"), 0), "{output:?}");
    for code in ["open('a.csv', 'w')", "import os; os.remove('a.csv')", "import os; os.rename('a.csv', 'b')"] {
        assert!(with(&one, code).error.is_some(), "{code}");
    }
    let both = [one[0].clone(), file("data 二.csv")];
    let output = with(&both, "int(df.n.sum()), open('data 二.csv').read()");
    assert_eq!(output.value.as_deref(), Some("(5, 'n\\n12\\n')"), "{output:?}");
    assert!(output.notes[0].starts_with("files were given"), "{:?}", output.notes);
    assert_eq!(std::fs::read_to_string(folder.path().join("a.csv")).unwrap(), "n\n5\n");
}

#[test]
fn random_numbers_are_the_same_again() {
    value("seeded", "import random, numpy\na = (random.random(), float(numpy.random.rand()))");
    let before = value("seeded", "a");
    fails("seeded", "import os; os._exit(1)", Kind::Crash);
    assert_eq!(value("seeded", "a"), before);
}

/// What differs from run to run: random bytes of all kinds, hashes, the clock.
const DIFFERENT: &str = "import uuid, os, secrets, random, time, datetime, numpy as np\n\
    drawn = [str(uuid.uuid4()), os.urandom(8), secrets.token_hex(4), random.SystemRandom().random(),\n\
    random.Random().random(), float(np.random.default_rng().random()), hash('a'), list({'a', 'b', 'c', 'd', 'e'})]\n\
    day = (datetime.datetime.now(), time.time())";

#[test]
fn what_a_cell_gets_of_the_system_is_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config { journals: Some(folder.path().to_owned()), ..config() };
    let drawn = |sandbox: &Sandbox| on(sandbox, "s", RunRequest::new("drawn")).value.unwrap();
    // When it was, in whole seconds since: the call begins when it began, and may take a moment longer.
    let since =
        "import time\nround(time.time() - day[1] + (day[0] - datetime.datetime.fromtimestamp(day[1])).total_seconds())";
    let first = start(config());
    // One that fails is not run again, and draws some of its own.
    assert!(on(&first, "s", RunRequest::new("import uuid\nuuid.uuid4()\n1/0")).error.is_some());
    assert_eq!(on(&first, "s", RunRequest::new(DIFFERENT)).error, None);
    let before = drawn(&first);
    // The controls: another session, and another call of this one, draw others.
    on(&first, "other", RunRequest::new(DIFFERENT));
    let one = |session: &str| on(&first, session, RunRequest::new("drawn[0]")).value.unwrap();
    assert_ne!(one("other"), one("s"));
    assert_eq!(on(&first, "s", RunRequest::new("str(uuid.uuid4()) in drawn")).value.as_deref(), Some("False"));
    drop(first);
    std::thread::sleep(Duration::from_secs(3));
    let second = start(config());
    assert_eq!(drawn(&second), before);
    let later: i64 = on(&second, "s", RunRequest::new(since)).value.unwrap().parse().unwrap();
    assert!(later >= 3, "the cell that was run again saw today's clock: {later} s");
    RUNTIME.block_on(second.end("s"));
}

#[test]
fn a_cell_that_is_run_again_has_its_own_files_and_its_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        std::fs::write(folder.path().join(name), name).unwrap();
        GivenFile { name: name.to_owned(), path: folder.path().join(name).canonicalize().unwrap() }
    };
    let (early, late) = (file("early.txt"), file("late.txt"));
    let with = |files: &[&GivenFile], timeout: u64, code: &str| {
        let files = files.iter().map(|file| (*file).clone()).collect();
        let timeout = Some(Duration::from_secs(timeout));
        request("own", RunRequest { files, timeout, ..RunRequest::new(code) })
    };
    // Functions of its own, so that the last cell can look once more.
    let look = "import os\ndef look():\n    try: text = open('late.txt').read()\n    except OSError: text = None\n    \
        return sorted(n for n in os.listdir() if n.endswith('.txt')), os.path.exists('late.txt'), text\nseen = look()";
    assert_eq!(with(&[&early], 20, look).error, None);
    // It looks for a sign among its callers that it is run again, and there is none.
    let spy = "import sys\nframe, told = sys._getframe(), []\nwhile frame:\n    given = frame.f_locals.get('request') or {}\n    \
        told += [k for k in [*frame.f_locals, *given] if k == 'replay']\n    frame = frame.f_back";
    assert_eq!(with(&[&early], 20, spy).error, None);
    let seen = "(['early.txt'], False, None)";
    assert_eq!(with(&[&early], 20, "seen").value.as_deref(), Some(seen));
    // A file more: the interpreter is another one, and the first cell has run again.
    let output = with(&[&early, &late], 20, "seen, told");
    assert_eq!(output.value.as_deref(), Some(format!("({seen}, [])").as_str()), "{output:?}");
    // The control: now it is there.
    let output = with(&[&early, &late], 20, "look()");
    assert_eq!(output.value.as_deref(), Some("(['early.txt', 'late.txt'], True, 'late.txt')"), "{output:?}");
}

#[test]
fn a_cell_that_is_run_again_takes_no_longer_than_it_might() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config { journals: Some(folder.path().to_owned()), ..config() };
    let first = start(config());
    let short = |sandbox: &Sandbox, code: &str| {
        on(sandbox, "s", RunRequest { timeout: Some(Duration::from_millis(1500)), ..RunRequest::new(code) })
    };
    // Whether it waits hangs on how many warm processes there were, which a cell can find out by where its code lies.
    let place =
        "import ctypes, time, os\nplace = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value";
    let told = short(&first, &format!("{place}\nplace")).value.unwrap();
    assert_eq!(short(&first, &format!("{place}\ntime.sleep(0 if place == {told} else 10)\nx = 1")).error, None);
    drop(first);
    let second = start(config());
    let output = on(&second, "s", RunRequest::new("'x' in globals()"));
    assert_eq!(output.value.as_deref(), Some("False"), "it had 1.5 s, and has no more now: {output:?}");
    assert!(output.notes[0].contains("did not work this time"), "{:?}", output.notes);
    RUNTIME.block_on(second.end("s"));
}

#[test]
fn the_warm_process_is_replaced_and_sessions_of_the_old_one_go_on() {
    let sandbox = start(Config { forks: 2, ..config() });
    let run = |session: &str, code: &str| on(&sandbox, session, RunRequest::new(code));
    run("old", "x = 1");
    // Where the interpreter's own code lies differs from process to process.
    let place = "import ctypes\nctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value";
    let before = run("old", place).value;
    let replaced = (0..200).any(|n| {
        std::thread::sleep(Duration::from_millis(50));
        run(&format!("new{n}"), place).value != before
    });
    assert!(replaced, "still the same process");
    assert_eq!(run("old", "x").value.as_deref(), Some("1"));
}

#[test]
fn figures_come_as_svg_when_asked_for() {
    let code = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('a')";
    let output = request("svg", RunRequest { svg: true, ..RunRequest::new(code) });
    let svg = String::from_utf8(output.figures[0].svg.clone().unwrap()).unwrap();
    assert!(svg.contains("<svg") && svg.contains("</svg>"));
    assert_eq!(run("svg", code).figures[0].svg, None);
}
