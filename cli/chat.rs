//! `polymath chat`: a conversation at the terminal, over the same turns as `ask`.

mod change;
mod command;
mod complete;
mod editor;
mod talk;

use crate::ask::{check_question, conversation, go_on_with, open_session, out_dir, prepare, session_store};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::out::is_unwritable;
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings};
use crate::wiring;
use command::Next;
use editor::Lines;
use polymath_agent::Said;
use polymath_chat::plain::clean;
use std::io::IsTerminal;
use std::process::ExitCode;
use talk::Talk;

/// Questions of conversations before that the Up key brings.
const REMEMBERED: usize = 500;

pub async fn run(args: &RunArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(args)?;
    wiring::tools(&settings)?;
    let interrupt = Interrupt::listen()?;
    let mut session = open_session(&settings.home, args.session.as_deref(), "", quiet)?;
    let mut renderer = Renderer::new(RenderOptions::new(args.json, quiet));
    let preparing = async {
        // Whoever types need not wait for the model; a script is told at once what is wrong with it.
        if !std::io::stdin().is_terminal() {
            return prepare(&settings, args, &mut session, &mut renderer, quiet).await;
        }
        let chat = conversation(args, &mut session, &mut renderer)?;
        let agent = wiring::agent_soon(&settings, out_dir(&settings, args, session.id()), quiet).await?;
        go_on_with(&agent, &settings, &mut session, quiet)?;
        Ok((agent, chat))
    };
    let prepared = tokio::select! {
        prepared = preparing => prepared.map(Some),
        () = interrupt.token().cancelled_owned() => Ok(None),
    };
    let (agent, chat) = match prepared {
        Ok(Some(prepared)) => prepared,
        other => {
            session.end()?;
            return other.map(|_| ExitCode::from(interrupt.ending().unwrap_or(INTERRUPTED)));
        }
    };
    let store = session_store(&settings.home, true)?;
    let args = args.clone();
    let mut talk = Talk { settings, args, agent, chat, session, store, interrupt, quiet, failed: None };
    // A window that is closed before anything was said leaves nothing.
    let (store, id) = (talk.store.clone(), talk.session.id().to_owned());
    talk.interrupt.at_last(move || drop(store.discard_empty(&id)));
    let held = talk.hold().await;
    let (ending, id) = (talk.interrupt.ending(), talk.session.id().to_owned());
    talk.session.end()?;
    if let Some(status) = ending {
        // Nobody reads any more.
        return Ok(ExitCode::from(status));
    }
    if !quiet && talk.store.has(&id)? {
        eprintln!("go on with: polymath chat --session {id}");
    }
    held.map(|()| ExitCode::SUCCESS)
}

impl Talk {
    async fn hold(&mut self) -> anyhow::Result<()> {
        if !self.quiet {
            let name = &self.agent.engine.info().name;
            eprintln!("{} · session {} · /help", clean(name), self.session.id());
        }
        let mut lines = Lines::new(&self.store.asked(self.session.id(), REMEMBERED)?)?;
        loop {
            lines.know(&self.chat);
            self.interrupt.rest();
            let Some(line) = lines.next()? else { return Ok(()) };
            let mut line = line.trim().to_owned();
            // A command may be another line in short.
            while !line.is_empty() {
                line = match self.said(&line).await {
                    Ok(Next::Line(line)) => line,
                    Ok(Next::Over) => String::new(),
                    Ok(Next::Quit) => return Ok(()),
                    // Nothing can be said any more.
                    Err(error) if is_unwritable(&error) => return Err(error),
                    Err(error) => {
                        crate::error::tell(&error);
                        String::new()
                    }
                };
            }
            if self.interrupt.ending().is_some() {
                return Ok(());
            }
        }
    }

    async fn said(&mut self, line: &str) -> anyhow::Result<Next> {
        if line.starts_with('/') {
            return self.command(line).await;
        }
        check_question(line)?;
        self.turn(Said::Question(line)).await?;
        Ok(Next::Over)
    }
}
