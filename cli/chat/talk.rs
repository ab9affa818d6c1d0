//! A conversation as it is held, and one turn of it.

use crate::ask::turn;
use crate::interrupt::Interrupt;
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings};
use polymath_agent::Said;
use polymath_agent::session::{Session, SessionStore};
use polymath_agent::{Agent, Chat};

/// A conversation and what it is held with.
pub struct Talk {
    pub settings: Settings,
    pub args: RunArgs,
    pub agent: Agent,
    pub chat: Chat,
    pub session: Session,
    pub store: SessionStore,
    pub interrupt: Interrupt,
    pub quiet: bool,
    /// The last line, when it came to no answer: what `/retry` asks again.
    pub failed: Option<String>,
}

impl Talk {
    /// Runs a turn. One that fails leaves the conversation where it was.
    pub async fn turn(&mut self, said: Said<'_>) -> anyhow::Result<()> {
        let line = said.line().to_owned();
        let mut renderer = Renderer::new(RenderOptions::new(self.args.json, self.quiet));
        let cancel = self.interrupt.token();
        let result = turn(&self.agent, &mut self.chat, &mut self.session, said, &mut renderer, cancel).await;
        let shown = renderer.finish();
        self.interrupt.rest();
        self.failed = result.is_err().then_some(line);
        if result.is_err() {
            self.chat = self.session.chat()?;
        }
        if self.interrupt.ending().is_none() {
            result?;
            shown?;
        }
        Ok(())
    }
}
