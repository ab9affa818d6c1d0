//! `polymath ask`: one question, one answer. Also the running of a turn that `chat` and `demo` share.

use crate::engine::source;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::render::{RenderOptions, Renderer};
use crate::settings::{Hinted, RunArgs, Settings, Usage};
use crate::{tables, wiring};
use anyhow::{Context, bail};
use polymath_agent::session::{Session, SessionStore, StoreError};
use polymath_agent::{Agent, Answers, Chat, Kept, Said, Steer, TurnEnd, nobody};
use polymath_chat::plain::escaped;
use polymath_chat::{Event, Stop};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Characters of a question: more than any context holds is a file, not a question.
const LONGEST_QUESTION: usize = 200_000;

pub async fn run(question: &str, args: &RunArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let question = &if question == "-" { from_standard_input()? } else { question.to_owned() };
    check_question(question)?;
    let settings = Settings::read(args)?;
    // A wrong tool or search setting is told before a model is pulled and loaded for it.
    wiring::tools(&settings)?;
    let interrupt = Interrupt::listen()?;
    let mut session = open_session(&settings.home, args.session.as_deref(), question, quiet)?;
    let mut renderer = Renderer::new(RenderOptions::new(args.json, quiet));
    let prepared = tokio::select! {
        prepared = prepare(&settings, args, &mut session, &mut renderer, quiet) => prepared.map(Some),
        () = interrupt.token().cancelled_owned() => Ok(None),
    };
    let (agent, mut chat) = match prepared {
        Ok(Some(prepared)) => prepared,
        // Nothing was asked: nothing is kept.
        other => {
            session.end()?;
            return other.map(|_| ExitCode::from(interrupt.ending().unwrap_or(INTERRUPTED)));
        }
    };
    if !quiet && !args.json {
        eprintln!("session {}", session.id());
    }
    let said = Said::Question(question);
    let before = chat.tables.len();
    #[cfg(unix)]
    let (mut steer, answers) = crate::said::from_elsewhere(&settings.home, session.id());
    #[cfg(not(unix))]
    let (mut steer, answers) = (nobody, None);
    let result =
        steered(&agent, &mut chat, &mut session, said, &mut renderer, (interrupt.token(), &mut steer), answers).await;
    // Free from here on: whoever followed the turn may ask the next one.
    let id = session.id().to_owned();
    drop(session);
    let shown = renderer.finish();
    let stop = result?.stop;
    if let Some(out) = args.out.as_ref().filter(|_| chat.tables.len() > before)
        && let Some(file) = tables::workbook(out, &chat.tables)?
        && !quiet
        && !args.json
    {
        eprintln!("tables: {}", escaped(&file.path.display().to_string()));
    }
    if let Some(status) = interrupt.ending() {
        return Ok(ExitCode::from(status));
    }
    shown.map_err(|e| Hinted::new(e.into(), format!("the answer is kept: polymath sessions show {id}")))?;
    Ok(exit_code(stop))
}

/// The agent and the conversation, with the user's files in it.
pub async fn prepare(
    settings: &Settings,
    args: &RunArgs,
    session: &mut Session,
    renderer: &mut Renderer,
    quiet: bool,
) -> anyhow::Result<(Agent, Chat)> {
    let chat = conversation(args, session, renderer)?;
    let agent = wiring::agent_with_servers(settings, out_dir(settings, args, session.id()), quiet).await?;
    go_on_with(&agent, settings, session, quiet)?;
    Ok((agent, chat))
}

/// Says to the session what its turns are made with, and to the user where that is another model than before.
pub fn go_on_with(agent: &Agent, settings: &Settings, session: &mut Session, quiet: bool) -> anyhow::Result<()> {
    let made = agent.made(source(settings));
    let (model, from) = (made.model.clone(), made.from.clone());
    if let Some(before) = session.make_with(made)?
        && (&before.model, &before.from) != (&model, &from)
        && !quiet
    {
        let same = before.model == model;
        let now = if same { format!("another {model}") } else { model };
        eprintln!(
            "note: {} answered so far in this conversation, which goes on with {}",
            escaped(&before.model),
            escaped(&now)
        );
    }
    Ok(())
}

/// The conversation with the user's files in it.
pub fn conversation(args: &RunArgs, session: &mut Session, renderer: &mut Renderer) -> anyhow::Result<Chat> {
    let mut chat = go_on(session, renderer)?;
    give_files(&args.file, &mut chat, renderer)?;
    if !args.file.is_empty() {
        // Before the first turn, which is taken back without them.
        session.save(&chat)?;
    }
    Ok(chat)
}

/// The conversation as it was left; what a process that was killed had begun is told.
pub fn go_on(session: &Session, renderer: &mut Renderer) -> anyhow::Result<Chat> {
    let (chat, told) = session.resume()?;
    told.into_iter().for_each(|text| renderer.event(&Event::Notice { text }));
    Ok(chat)
}

/// Gives the conversation the user's files, and tells at once what is to be known of them.
pub fn give_files(files: &[PathBuf], chat: &mut Chat, renderer: &mut Renderer) -> anyhow::Result<()> {
    for file in files {
        chat.give(file)?.into_iter().for_each(|text| renderer.event(&Event::Notice { text }));
    }
    Ok(())
}

pub fn exit_code(stop: Stop) -> ExitCode {
    match stop {
        Stop::Answer => ExitCode::SUCCESS,
        Stop::Interrupted => ExitCode::from(INTERRUPTED),
        Stop::StepLimit | Stop::Deadline | Stop::Repetition | Stop::Error => ExitCode::from(1),
    }
}

/// The question that standard input has. No more is read than a question may have.
pub fn from_standard_input() -> anyhow::Result<String> {
    let mut text = String::new();
    let most = 4 * (LONGEST_QUESTION as u64 + 1);
    std::io::stdin()
        .lock()
        .take(most)
        .read_to_string(&mut text)
        .context("can't read the question from standard input")?;
    Ok(text.trim().to_owned())
}

/// What no model is to be loaded for.
pub fn check_question(question: &str) -> anyhow::Result<()> {
    if question.trim().is_empty() {
        bail!(Usage("the question is empty".into()));
    }
    let length = question.chars().count();
    if length > LONGEST_QUESTION {
        bail!(
            "the question has {length} characters and {LONGEST_QUESTION} is the most that can be read at once; put the text \
             into a file and search it: --search local:FOLDER"
        );
    }
    Ok(())
}

/// The conversations in this data directory, to write to or only to look at. What became of a damaged file is
/// told.
pub fn session_store(home: &Path, write: bool) -> anyhow::Result<SessionStore> {
    let path = home.join("sessions.db");
    let store = if write { SessionStore::open(&path)? } else { SessionStore::open_to_read(&path)? };
    if let Some(notice) = store.notice() {
        eprintln!("note: {}", escaped(notice));
    }
    Ok(store)
}

/// The session to go on with, or a new one.
pub fn open_session(home: &Path, id: Option<&str>, title: &str, quiet: bool) -> anyhow::Result<Session> {
    let store = session_store(home, true)?;
    let Some(id) = id else { return Ok(store.create(title)?) };
    match store.resume(id) {
        Err(StoreError::Unknown { .. }) => {
            if !quiet {
                eprintln!("session {id} is new");
            }
            Ok(store.create_named(id, title)?)
        }
        other => Ok(other?),
    }
}

pub fn out_dir(settings: &Settings, args: &RunArgs, session: &str) -> PathBuf {
    args.out.clone().unwrap_or_else(|| settings.home.join("artifacts").join(session))
}

/// Runs one turn to which nobody speaks: every event is kept in the session, then shown.
pub async fn turn(
    agent: &Agent,
    chat: &mut Chat,
    session: &mut Session,
    said: Said<'_>,
    renderer: &mut Renderer,
    cancel: CancellationToken,
) -> anyhow::Result<TurnEnd> {
    steered(agent, chat, session, said, renderer, (cancel, &mut nobody), None).await
}

/// The same where something may be said meanwhile.
async fn steered(
    agent: &Agent,
    chat: &mut Chat,
    session: &mut Session,
    said: Said<'_>,
    renderer: &mut Renderer,
    (cancel, steer): (CancellationToken, Steer<'_>),
    answers: Option<Arc<dyn Answers>>,
) -> anyhow::Result<TurnEnd> {
    let turn = session.begin(said.line())?;
    if renderer.tells_errors() {
        let id = session.id().to_owned();
        renderer.event(&Event::Session { run: format!("{id}/{turn}"), id, new: turn == 1 });
    }
    let mut show = |event: &Event| {
        if renderer.tells_errors() || !matches!(event, Event::Error { .. }) {
            renderer.event(event);
        }
    };
    agent.turn_kept(Kept { store: session, chat, turn, said, steer, answers }, &mut show, cancel).await
}
