//! `polymath ask`: one question, one answer. Also the running of a turn that `chat` and `demo` share.

use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings, Usage};
use crate::wiring;
use anyhow::{Context, bail};
use polymath_agent::session::{Session, SessionStore, StoreError};
use polymath_agent::{Agent, Chat, Record, TurnEnd};
use polymath_chat::plain::escaped;
use polymath_chat::{Event, Stop};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Characters of a question: more than any context holds is a file, not a question.
const LONGEST_QUESTION: usize = 200_000;

pub async fn run(question: &str, args: &RunArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let question = &if question == "-" { from_standard_input()? } else { question.to_owned() };
    check_question(question)?;
    let settings = Settings::read(args)?;
    // A wrong tool or search setting is told before a model is pulled and loaded for it.
    wiring::tools(&settings)?;
    let mut session = open_session(&settings.home, args.session.as_deref(), question)?;
    let mut renderer = Renderer::new(RenderOptions::new(args.json, quiet));
    let mut chat = go_on(&session, &mut renderer)?;
    give_files(&args.file, &mut chat, &mut renderer)?;
    let out = out_dir(&settings, args, session.id());
    let agent = wiring::agent(&settings, out, quiet).await?;
    let interrupt = Interrupt::listen()?;
    let result = turn(&agent, &mut chat, &mut session, question, &mut renderer, interrupt.token()).await;
    renderer.finish();
    Ok(exit_code(result?.stop))
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
        Stop::Interrupted => ExitCode::from(130),
        Stop::StepLimit | Stop::Deadline | Stop::Repetition | Stop::Error => ExitCode::from(1),
    }
}

/// The question that standard input has. No more is read than a question may have.
fn from_standard_input() -> anyhow::Result<String> {
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
pub fn open_session(home: &Path, id: Option<&str>, title: &str) -> anyhow::Result<Session> {
    let store = session_store(home, true)?;
    let Some(id) = id else { return Ok(store.create(title)?) };
    match store.resume(id) {
        Err(StoreError::Unknown { .. }) => {
            eprintln!("session {id} is new");
            Ok(store.create_named(id, title)?)
        }
        other => Ok(other?),
    }
}

pub fn out_dir(settings: &Settings, args: &RunArgs, session: &str) -> PathBuf {
    args.out.clone().unwrap_or_else(|| settings.home.join("artifacts").join(session))
}

/// Listens for Ctrl-C from its making until it is dropped: the first cancels the token, the second
/// leaves.
pub struct Interrupt {
    token: CancellationToken,
    listening: tokio::task::JoinHandle<()>,
}

impl Interrupt {
    /// Listens when it returns. An error says that the system refuses signal handlers.
    pub fn listen() -> anyhow::Result<Interrupt> {
        // `tokio::signal::ctrl_c` would begin to listen only when it is first polled.
        #[cfg(unix)]
        let mut pressed = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        #[cfg(windows)]
        let mut pressed = tokio::signal::windows::ctrl_c()?;
        let token = CancellationToken::new();
        let cancel = token.clone();
        let listening = tokio::spawn(async move {
            if pressed.recv().await.is_some() {
                cancel.cancel();
            }
            if pressed.recv().await.is_some() {
                std::process::exit(130);
            }
        });
        Ok(Interrupt { token, listening })
    }

    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Runs one turn: every event is kept in the session, then shown.
pub async fn turn(
    agent: &Agent,
    chat: &mut Chat,
    session: &mut Session,
    question: &str,
    renderer: &mut Renderer,
    cancel: CancellationToken,
) -> anyhow::Result<TurnEnd> {
    let number = session.begin(question)?;
    let (events, mut inbox) = unbounded_channel();
    let (kept, record) = Record::new();
    let run = async {
        let result = agent.turn_on_record(chat, question, (&events, &record), cancel).await;
        if let Err(error) = &result {
            let _ = events.send(Event::Error { message: format!("{error:#}"), hint: None });
        }
        drop(events);
        result
    };
    let (keeps, shows) = (&mut *session, renderer);
    // Where the record cannot be kept, its end goes with this, and no further call is run.
    let show = async move {
        while let Some(event) = inbox.recv().await {
            // Kept first: what was shown is not lost.
            keeps.append(number, &event)?;
            if matches!(event, Event::Call { .. }) {
                kept.send_modify(|calls| *calls += 1);
            }
            if shows.tells_errors() || !matches!(event, Event::Error { .. }) {
                shows.event(&event);
            }
        }
        Ok::<_, StoreError>(())
    };
    let (result, shown) = tokio::join!(run, show);
    shown?;
    let end = result?;
    session.save(chat)?;
    Ok(end)
}
