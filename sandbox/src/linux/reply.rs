//! From what a session sent to what a caller may read: parsed, bounded, and put into words.

use super::call::{Call, Ending, Stopped};
use crate::{Config, Figure, Kind, RunError, RunOutput, wire::BROKEN};
use base64::{Engine, engine::general_purpose::STANDARD};
use polymath_chat::{Cell, Lack, Provenance, Table};
use serde::Deserialize;

/// Bytes of a value or a message that are kept.
const TEXT: usize = 64 * 1024;
/// What becomes of a session whose interpreter is gone.
const LOST: &str = "the interpreter was restarted: what this call set is gone, what earlier calls set is rebuilt";
const FIGURES: usize = 32;
const TABLES: usize = 32;
/// Notes of one call, and characters of each.
const NOTES: usize = 8;
const NOTE: usize = 300;
/// What every picture in this format begins with (PNG specification, 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The reply as the runner writes it.
#[derive(Debug, Deserialize)]
struct Reply {
    id: u64,
    value: Option<String>,
    error: Option<ReplyError>,
    #[serde(default)]
    figures: Vec<ReplyFigure>,
    #[serde(default)]
    tables: Vec<ReplyTable>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct ReplyError {
    kind: String,
    message: String,
    traceback: Option<String>,
    #[serde(default)]
    lacks: Option<Lack>,
}

#[derive(Debug, Deserialize)]
struct ReplyFigure {
    title: String,
    number: u32,
    png: String,
    svg: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ReplyTable {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<ReplyCell>>,
}

#[derive(Debug, Deserialize)]
struct ReplyCell {
    text: Option<String>,
    number: Option<f64>,
    date: Option<String>,
}

/// A call's outcome in words; `true` beside it when the session goes on.
pub fn read(call: Call, id: u64, config: &Config, seconds: f64) -> (RunOutput, bool) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut output = RunOutput { stdout: text(&call.stdout), stderr: text(&call.stderr), ..RunOutput::default() };
    let lost = LOST;
    let alive = match call.ending {
        Ending::Replied(bytes) => match fill(&mut output, &bytes, id) {
            Ok(()) => true,
            Err(message) => {
                output.error = Some(failure(Kind::Crash, format!("{message}; {lost}")));
                false
            }
        },
        Ending::Threads(bytes) => {
            if let Err(message) = fill(&mut output, &bytes, id) {
                output.error = Some(failure(Kind::Crash, format!("{message}; {lost}")));
            }
            output.notes.push(format!("the code left threads running; they were ended: {lost}"));
            false
        }
        Ending::Violation(what) => {
            output.error = Some(failure(Kind::Crash, format!("the code disturbed the interpreter ({what}); {lost}")));
            false
        }
        Ending::Died { out_of_memory: true, .. } => {
            let most = config.limits.memory >> 20;
            output.error = Some(failure(Kind::Memory, format!("the session used more than its {most} MiB; {lost}")));
            false
        }
        Ending::Died { status, .. } => {
            let (kind, message) = obituary(status, config);
            output.error = Some(failure(kind, format!("{message}; {lost}")));
            false
        }
        Ending::Killed => {
            output.error = Some(failure(Kind::Crash, format!("it did not stop when asked and was ended; {lost}")));
            false
        }
    };
    if let Some(why) = call.stopped {
        explain_stop(&mut output, why, alive, config, seconds);
    }
    (output, alive)
}

/// Replaces what an interrupted call says of itself by why it was interrupted.
fn explain_stop(output: &mut RunOutput, why: Stopped, alive: bool, config: &Config, seconds: f64) {
    // It came to its end within the grace period.
    if alive && output.error.is_none() && why != Stopped::Output {
        return;
    }
    let (kind, what) = match why {
        Stopped::Timeout => (Kind::Timeout, format!("the code was stopped after {seconds} s, its time limit")),
        Stopped::Cancelled => (Kind::Cancelled, "the call was cancelled".to_owned()),
        Stopped::Output => {
            (Kind::OutputLimit, format!("the code printed more than {} KiB and was stopped", config.output >> 10))
        }
    };
    let after = if alive { "variables are kept" } else { LOST };
    let traceback = output.error.take().and_then(|e| e.traceback);
    output.error = Some(RunError { kind, message: format!("{what}; {after}"), traceback, lacks: None });
}

fn failure(kind: Kind, message: String) -> RunError {
    RunError { kind, message, traceback: None, lacks: None }
}

fn obituary(status: Option<i32>, config: &Config) -> (Kind, String) {
    let Some(status) = status else { return (Kind::Crash, "the interpreter ended without a word".to_owned()) };
    if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == BROKEN {
        let message = "the code left the interpreter unable to go on: without parts of it, output or memory";
        return (Kind::Crash, message.to_owned());
    }
    if libc::WIFEXITED(status) {
        return (Kind::Crash, format!("the code ended the interpreter (exit status {})", libc::WEXITSTATUS(status)));
    }
    match libc::WTERMSIG(status) {
        libc::SIGXCPU => {
            (Kind::Timeout, format!("the session used up its {} s of processor time", config.limits.cpu_seconds))
        }
        libc::SIGKILL => {
            (Kind::Crash, "the interpreter was killed, by itself or by a system short of memory".to_owned())
        }
        libc::SIGSYS => (Kind::Denied, "the code made a system call of another architecture".to_owned()),
        libc::SIGSEGV | libc::SIGBUS => (Kind::Crash, "the interpreter crashed (invalid memory access)".to_owned()),
        libc::SIGABRT => (Kind::Crash, "the interpreter aborted".to_owned()),
        signal => (Kind::Crash, format!("the interpreter was ended by signal {signal}")),
    }
}

/// Takes a reply apart; what does not fit its shape is an error.
fn fill(output: &mut RunOutput, bytes: &[u8], id: u64) -> Result<(), String> {
    let reply: Reply =
        serde_json::from_slice(bytes).map_err(|e| format!("the interpreter's reply could not be read ({e})"))?;
    if reply.id != id {
        return Err("the interpreter answered another call".to_owned());
    }
    output.value = reply.value.map(|v| cut(v, TEXT));
    output.error = reply.error.map(|error| RunError {
        kind: match error.kind.as_str() {
            "memory" => Kind::Memory,
            "denied" => Kind::Denied,
            "output_limit" => Kind::OutputLimit,
            _ => Kind::Exception,
        },
        message: cut(error.message, TEXT),
        traceback: error.traceback.map(|t| cut(t, TEXT)),
        lacks: error.lacks,
    });
    for figure in reply.figures.into_iter().take(FIGURES) {
        let png = STANDARD.decode(&figure.png).map_err(|e| format!("a figure could not be read ({e})"))?;
        if !png.starts_with(PNG) {
            return Err("a figure is no PNG".to_owned());
        }
        let svg = figure.svg.filter(|svg| svg.contains("<svg")).map(String::into_bytes);
        output.figures.push(Figure { title: cut(figure.title, 200), number: figure.number, png, svg });
    }
    // As little to be believed as what the code prints: one plain line each.
    let plain = |note: String| note.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NOTE).collect();
    output.notes.extend(reply.notes.into_iter().take(NOTES).map(plain));
    output.tables = reply.tables.into_iter().take(TABLES).map(table).collect::<Result<_, _>>()?;
    Ok(())
}

fn table(raw: ReplyTable) -> Result<Table, String> {
    let width = raw.columns.len();
    if raw.rows.iter().any(|row| row.len() != width) {
        return Err("a table's rows differ in length".to_owned());
    }
    let computed = |cell: ReplyCell| match cell.text {
        None => Cell::missing(),
        Some(text) => Cell {
            number: cell.number,
            date: cell.date,
            ..Cell::new(text, Provenance::Computed { how: "python".to_owned() })
        },
    };
    let rows = raw.rows.into_iter().map(|row| row.into_iter().map(computed).collect()).collect();
    Ok(Table { title: cut(raw.title, 200), columns: raw.columns, rows })
}

/// At most `limit` bytes, at a character's end.
fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
