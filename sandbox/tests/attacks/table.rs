//! Attacks as rows of a table: code, how it must end, and the control that shows what held it.

use crate::{
    common::RUNTIME,
    sandboxes::{self, GENEROUS, STRICT},
    stage::STAGE,
};
use polymath_sandbox::{Kind, RunOutput, RunRequest, Sandbox};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Between two calls of one attack.
pub const NEXT_CALL: &str = "# next call\n";
/// What a call has that is to run out of time.
const SHORT: Duration = Duration::from_millis(200);

/// One attack.
pub struct Attack {
    pub name: &'static str,
    pub code: &'static str,
    pub want: Want,
    pub control: Control,
}

/// How the last call of an attack must end.
pub enum Want {
    /// The walls refused with this error number, and the model is told that they did.
    Refused(i32),
    /// It failed in this way and said so in words that contain these.
    Fails(Kind, &'static str),
    /// It went through, and its value shows that it got nowhere.
    Shows(&'static str),
    /// It ran out of the short time it was given.
    TimesOut,
}

impl Want {
    /// Time for the last call.
    pub fn timeout(&self) -> Option<Duration> {
        matches!(self, Want::TimesOut).then_some(SHORT)
    }
}

/// Where the same code succeeds, and with which value.
#[derive(Clone, Copy)]
pub enum Control {
    /// Cannot be had without harm, or not at all.
    None,
    /// With these walls down.
    Without(&'static str, &'static str),
    /// With these walls down, in a program that runs as root.
    RootWithout(&'static str, &'static str),
    /// With larger limits.
    Generous(&'static str),
    /// With more time.
    Patient(&'static str),
}

impl Control {
    /// Whether it is tried by the user who runs the tests.
    pub fn applies(&self) -> bool {
        match self {
            Control::None => false,
            Control::RootWithout(..) => nix::unistd::geteuid().is_root(),
            _ => true,
        }
    }
}

/// A table of attacks: `name: code => want[, control];`.
macro_rules! attacks {
    ($($(#[$meta:meta])* $name:ident: $code:expr => $want:expr $(, $control:expr)?;)*) => {
        pub const ROWS: &[crate::table::Attack] = &[$($(#[$meta])* crate::table::Attack {
            name: concat!(module_path!(), "::", stringify!($name)),
            code: $code,
            want: $want,
            control: attacks!(@control $($control)?),
        }),*];
        $($(#[$meta])* #[test] fn $name() {
            crate::table::prove(ROWS, concat!(module_path!(), "::", stringify!($name)));
        })*
    };
    (@control) => { crate::table::Control::None };
    (@control $control:expr) => { $control };
}
pub(crate) use attacks;

/// Attacks that need more than a row: functions, which are counted like the others. `+ control`
/// says that one brings its own.
macro_rules! staged {
    ($($(#[$meta:meta])* fn $name:ident() $(+ $control:ident)? $body:block)*) => {
        pub const STAGED: &[(&str, bool)] =
            &[$((concat!(module_path!(), "::", stringify!($name)), staged!(@control $($control)?))),*];
        $($(#[$meta])* #[test] fn $name() {
            crate::table::record(concat!(module_path!(), "::", stringify!($name)), || $body);
        })*
    };
    (@control) => { false };
    (@control control) => { true };
}
pub(crate) use staged;

/// What became of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Contained,
    /// It proves nothing: it does not succeed with its wall down either.
    Void,
    /// It got through, or it ended otherwise than it must.
    Escaped,
}

/// Of the attacks that were tried; `None` while one runs.
pub static OUTCOMES: Mutex<BTreeMap<&str, Option<Outcome>>> = Mutex::new(BTreeMap::new());

/// Runs a test of an attack and keeps how it went.
pub fn record(name: &'static str, test: impl FnOnce()) {
    let note = |outcome| OUTCOMES.lock().unwrap_or_else(PoisonError::into_inner).insert(name, outcome);
    note(None);
    let result = catch_unwind(AssertUnwindSafe(test));
    let Err(panic) = result else {
        note(Some(Outcome::Contained));
        return;
    };
    let void = panic.downcast_ref::<String>().is_some_and(|message| message.contains("void: "));
    note(Some(if void { Outcome::Void } else { Outcome::Escaped }));
    resume_unwind(panic);
}

/// Tries the attack of this name, then its control.
pub fn prove(rows: &[Attack], name: &'static str) {
    let attack = rows.iter().find(|row| row.name == name).unwrap();
    record(name, || {
        let output = run(&STRICT, name, attack.code, attack.want.timeout());
        check_output(name, &attack.want, &output);
        usable(&STRICT, name);
        let (sandbox, shows) = match attack.control {
            control if !control.applies() => return,
            Control::None => return,
            Control::Without(walls, shows) | Control::RootWithout(walls, shows) => (sandboxes::without(walls), shows),
            Control::Generous(shows) => (&*GENEROUS, shows),
            Control::Patient(shows) => (&*STRICT, shows),
        };
        let output = run(sandbox, &format!("{name} (control)"), attack.code, None);
        let (value, error) = (output.value.as_deref(), &output.error);
        assert_eq!((value, error), (Some(shows), &None), "void: {name} does not succeed with its wall down");
        RUNTIME.block_on(sandbox.end(&format!("{name} (control)")));
    });
}

/// The last call ended as it must.
#[track_caller]
pub fn check_output(name: &str, want: &Want, output: &RunOutput) {
    let said = output.error.as_ref().map(|e| format!("{}\n{}", e.message, e.traceback.clone().unwrap_or_default()));
    let failed = |kind: Kind, text: &str| {
        let error =
            output.error.as_ref().unwrap_or_else(|| panic!("{name} went through: {:.500}", format!("{output:?}")));
        assert_eq!(error.kind, kind, "{name}: {error:?}");
        assert!(said.as_ref().is_some_and(|s| s.contains(text)), "{name} does not say {text:?}: {error:?}");
    };
    match *want {
        Want::Refused(number) => failed(Kind::Denied, &format!("[Errno {number}]")),
        Want::Fails(kind, text) => failed(kind, text),
        Want::TimesOut => failed(Kind::Timeout, "time limit"),
        Want::Shows(value) => assert_eq!((output.value.as_deref(), &output.error), (Some(value), &None), "{name}"),
    }
}

/// Runs the calls of an attack in a session; the last one's output. What goes before the code is
/// a call of its own, so that the attack stands alone in its cell.
pub fn run(sandbox: &Sandbox, session: &str, code: &str, timeout: Option<Duration>) -> RunOutput {
    let one = |code: &str, timeout| {
        RUNTIME.block_on(sandbox.run(session, request(code, timeout), &Default::default())).unwrap()
    };
    let before = one(&STAGE.prelude, None);
    assert_eq!(before.error, None, "void: {session} cannot begin");
    let calls: Vec<&str> = code.split(NEXT_CALL).collect();
    let (last, first) = calls.split_last().unwrap();
    for code in first {
        one(code, None);
    }
    one(last, timeout)
}

/// A request of code as the tables have it: on lines of its own, indented like what is around it.
pub fn request(code: &str, timeout: Option<Duration>) -> RunRequest {
    let indent = code.lines().filter(|line| !line.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let lines = code.lines().map(|line| line.get(indent.unwrap_or(0)..).unwrap_or_default());
    RunRequest { timeout, ..RunRequest::new(lines.collect::<Vec<_>>().join("\n")) }
}

/// The session answers, with the next call.
#[track_caller]
pub fn usable(sandbox: &Sandbox, session: &str) {
    let output = RUNTIME.block_on(sandbox.run(session, RunRequest::new("1 + 1"), &Default::default())).unwrap();
    assert_eq!((output.value.as_deref(), &output.error), (Some("2"), &None), "{session} is not usable afterwards");
    RUNTIME.block_on(sandbox.end(session));
}
