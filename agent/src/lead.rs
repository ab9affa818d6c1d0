//! What leads a turn, and what a turn is made of: the room between the loop and the two leads.

use crate::approval::Answers;
use crate::barred::Approve;
use crate::dispatch::{CallLimits, Outcome, Record};
use crate::notebook::{Chat, inherit};
use crate::skills::{Skill, in_force};
use async_trait::async_trait;
use chrono::{Local, NaiveDate};
use polymath_chat::{Completion, CompletionError, Event, Message, Table};
use polymath_model::engine::{Engine, Events, Sampling};
use polymath_tools::{Registry, mcp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Who decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As suits the model.
    Auto,
    /// The model writes its own calls.
    Native,
    /// The model is led one small decision at a time.
    Guided,
}

/// How a turn is run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub mode: Mode,
    pub max_steps: u32,
    pub deadline: Duration,
    pub sampling: Sampling,
    pub limits: CallLimits,
    /// Where artifacts go; made when it is first needed.
    pub out: PathBuf,
    pub approve: Approve,
    /// The day that counts as today; the computer's own where none is given.
    pub today: Option<NaiveDate>,
    /// Instructions that are taken up where they fit the request. They are obeyed: only the user's own, and
    /// those that the user trusts.
    pub skills: Arc<[Skill]>,
}

impl Settings {
    /// As the command line has them where nothing else is said, with artifacts in `out`.
    pub fn new(out: impl Into<PathBuf>) -> Settings {
        Settings {
            mode: Mode::Auto,
            max_steps: 12,
            deadline: Duration::from_secs(600),
            sampling: Sampling::default(),
            limits: CallLimits::default(),
            out: out.into(),
            approve: Approve::default(),
            today: None,
            skills: Arc::default(),
        }
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.today.unwrap_or_else(|| Local::now().date_naive())
    }

    /// The system part of a prompt, with the date filled in.
    pub(crate) fn dated(&self, system: &str) -> String {
        system.replace("{today}", &self.today().to_string())
    }
}

/// Everything a turn works with.
pub struct Agent {
    pub engine: Arc<dyn Engine>,
    pub tools: Registry,
    pub settings: Settings,
}

/// What one turn keeps track of.
pub(crate) struct Turn<'a> {
    pub agent: &'a Agent,
    pub chat: &'a mut Chat,
    /// What the user said last: the question, or what was said since.
    pub question: Cow<'a, str>,
    /// The question as it can be understood without what was said before.
    pub asked: String,
    pub events: &'a Events,
    pub record: Option<&'a Record>,
    pub cancel: CancellationToken,
    /// Who is asked before a call that acts, where that is the turn's own affair.
    pub approve: Option<Arc<dyn mcp::Approve>>,
    /// Calls of this turn and what became of them.
    pub outcomes: Vec<Outcome>,
    /// Tables that this turn's answer shows.
    pub tables: Vec<Table>,
    pub tokens: usize,
    /// Calls whose results were shortened to make room: they may be made again.
    pub shortened: Vec<String>,
    /// What the model had written of an answer when it was stopped.
    pub half_written: String,
    /// What the skills in force tell the model; `None` before that was looked for.
    pub guidance: Option<String>,
    /// Hosts that nobody named and the user always allows.
    pub allowed: HashSet<String>,
}

/// Decides what the model says next.
#[async_trait]
pub(crate) trait Lead: Send {
    /// The next message: calls to be run, or the answer.
    async fn next(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message>;

    /// The answer from what there is, where no further call is allowed.
    async fn last(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message>;

    /// The user said something meanwhile, which is the question from here on; it stands in the conversation.
    /// `outcomes`: how many calls the turn has made.
    fn steered(&mut self, _outcomes: usize) {}
}

/// What was said to a run since it was last asked: messages of the user's, in order.
pub type Steer<'a> = &'a mut (dyn FnMut() -> Vec<String> + Send);

/// What comes to a turn from outside.
pub(crate) struct Outside<'a> {
    pub cancel: CancellationToken,
    pub steer: Steer<'a>,
    pub answers: Option<Arc<dyn Answers>>,
}

/// Of a run that nobody speaks to.
pub fn nobody() -> Vec<String> {
    Vec::new()
}

impl Turn<'_> {
    /// A table that a call brought: what a query or a program took over of a table keeps its provenance.
    pub fn with_origins(&self, outcome: &Outcome, table: &Table) -> Table {
        // Programs give tables back under their names, queries under the title of the first one they read.
        let old = match outcome.call.name.as_str() {
            "sql" => self.chat.tables.iter().rfind(|known| known.title == table.title),
            "python" => self.chat.table_named(&table.title),
            _ => None,
        };
        old.map_or_else(|| table.clone(), |old| inherit(old, table.clone()))
    }

    /// What skills tell the model that lead to this request: empty where none is in force. Which are is told when
    /// they first are asked for.
    pub fn guidance(&mut self) -> &str {
        if self.guidance.is_none() {
            let Agent { engine, settings, .. } = self.agent;
            let count = |text: &str| engine.count_tokens(text);
            let context = engine.info().context;
            let force = in_force(&settings.skills, &self.chat.skills, &self.asked, (context, &count));
            for text in force.told {
                let _ = self.events.send(Event::Notice { text });
            }
            self.chat.skills.extend(force.new);
            self.guidance = Some(force.text);
        }
        self.guidance.as_deref().unwrap_or_default()
    }

    /// What the user said of this request: the question, and the instructions in force.
    pub fn given(&self) -> String {
        match self.guidance.as_deref().filter(|text| !text.is_empty()) {
            Some(guidance) => format!("{}\n{guidance}", self.question),
            None => self.question.clone().into_owned(),
        }
    }

    /// One constrained completion beside the conversation.
    pub async fn complete(&mut self, task: Completion) -> Result<String, CompletionError> {
        let task = Completion { system: self.agent.settings.dated(&task.system), ..task };
        let text = self.agent.engine.complete(task, self.cancel.clone(), self.events.clone()).await?;
        self.tokens += self.agent.engine.count_tokens(&text);
        Ok(text)
    }
}
