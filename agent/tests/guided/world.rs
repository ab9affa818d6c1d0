//! A small world for guided turns: pages that can be searched and opened, real arithmetic, SQL and charts,
//! and an interpreter that plays what a test wants of it.

use async_trait::async_trait;
use chrono::NaiveDate;
use polymath_agent::{Agent, CallLimits, Chat, Mode, Settings, Skill, TurnEnd};
use polymath_chat::{
    Artifact, Cell, Completion, Event, Hit, Message, Provenance, Role, Source, Stop, Table, ToolFailure, ToolOutput,
    ToolSpec,
};
use polymath_model::engine::Sampling;
use polymath_model::scripted::{Asked, ScriptedEngine};
use polymath_quantity::Column;
use polymath_tools::{Calculator, CallCx, Charts, Registry, Sql, Tool, ToolError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// A page: its address, title and lines. A line with ` | ` in it is a row of the page's table.
#[derive(Clone)]
pub struct Page(pub &'static str, pub &'static str, pub &'static str);

impl Page {
    fn source(&self) -> Source {
        Source { url: self.0.to_owned(), title: self.1.to_owned(), text: self.2.to_owned() }
    }

    fn tables(&self) -> Vec<Table> {
        let rows: Vec<Vec<&str>> =
            self.2.lines().filter(|l| l.contains(" | ")).map(|l| l.split(" | ").map(str::trim).collect()).collect();
        let Some((head, body)) = rows.split_first() else { return Vec::new() };
        let columns: Vec<String> = head.iter().map(|c| (*c).to_owned()).collect();
        let cell = |(i, text): (usize, &&str)| {
            let quote = format!("{} | {text}", columns[i]);
            let provenance = Provenance::Sourced { url: self.0.to_owned(), title: self.1.to_owned(), quote };
            let (number, date) = Column::of(&columns[i]).read(text).values();
            if text.is_empty() { Cell::missing() } else { Cell { number, date, ..Cell::new(*text, provenance) } }
        };
        let rows = body.iter().map(|row| row.iter().enumerate().map(cell).collect()).collect();
        vec![Table { title: self.1.to_owned(), columns, rows }]
    }
}

type Plays = Arc<dyn Fn(&Value, &CallCx) -> Result<ToolOutput, ToolFailure> + Send + Sync>;

/// A tool that a closure plays.
struct Play {
    spec: ToolSpec,
    plays: Plays,
}

#[async_trait]
impl Tool for Play {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        Ok((self.plays)(&args, cx)?)
    }
}

fn play(name: &str, argument: &str, plays: Plays) -> Arc<dyn Tool> {
    let parameters = json!({"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]});
    let (description, raw_argument, stateful) = ("plays".to_owned(), None, name == "python");
    Arc::new(Play { spec: ToolSpec { name: name.into(), description, parameters, raw_argument, stateful }, plays })
}

fn picture(name: &str) -> ToolOutput {
    let artifact = Artifact { name: name.into(), mime: "image/png".into(), path: name.into(), bytes: 9 };
    ToolOutput { artifacts: vec![artifact], ..ToolOutput::text(format!("figure saved: {name}")) }
}

/// A conversation in that world.
pub struct World {
    pub chat: Chat,
    pages: Vec<Page>,
    /// What programs print, in order; `!why` fails.
    programs: Arc<std::sync::Mutex<Vec<String>>>,
    out: tempfile::TempDir,
    steps: u32,
    today: Option<NaiveDate>,
    pub skills: Vec<Skill>,
}

/// What a turn came to.
pub struct Said {
    pub end: TurnEnd,
    pub calls: Vec<(String, Value)>,
    pub asked: Vec<Asked>,
    pub events: Vec<Event>,
}

impl World {
    pub fn new(pages: &[Page]) -> World {
        World {
            chat: Chat::new("guided"),
            pages: pages.to_vec(),
            programs: Arc::default(),
            out: tempfile::tempdir().unwrap(),
            steps: 12,
            today: None,
            skills: Vec::new(),
        }
    }

    /// Programs of the next turn print these, one each; `!why` fails.
    pub fn programs(&mut self, printed: &[&str]) -> &mut Self {
        *self.programs.lock().unwrap() = printed.iter().map(|p| (*p).to_owned()).collect();
        self
    }

    pub fn steps(&mut self, steps: u32) -> &mut Self {
        self.steps = steps;
        self
    }

    /// The day of the turns that follow, as ISO writes it.
    pub fn today(&mut self, day: &str) -> &mut Self {
        self.today = Some(day.parse().unwrap());
        self
    }

    fn tools(&self) -> Registry {
        let (searched, opened, programs) = (self.pages.clone(), self.pages.clone(), self.programs.clone());
        let search = move |_: &Value, _: &CallCx| {
            if searched.is_empty() {
                return Err(ToolFailure::new("not_found", "no results"));
            }
            let hit = |p: &Page| Hit { url: p.0.to_owned(), title: p.1.to_owned(), ..Hit::default() };
            Ok(ToolOutput { hits: searched.iter().map(hit).collect(), ..ToolOutput::text("pages were found") })
        };
        let open = move |args: &Value, _: &CallCx| {
            let page = opened.iter().find(|p| args["target"] == p.0);
            let page = page.ok_or_else(|| ToolFailure::new("network", "there is no such page"))?;
            Ok(ToolOutput { sources: vec![page.source()], tables: page.tables(), ..ToolOutput::text(page.2) })
        };
        let python = move |_: &Value, _: &CallCx| {
            let mut programs = programs.lock().unwrap();
            let printed = if programs.is_empty() { String::new() } else { programs.remove(0) };
            match printed.strip_prefix('!') {
                Some(why) => Err(ToolFailure::new("exception", why)),
                None if printed.is_empty() => Ok(picture("chart.png")),
                None => Ok(ToolOutput { printed: Some(printed.clone()), ..ToolOutput::text(printed) }),
            }
        };
        let draw = |_: &Value, _: &CallCx| Ok(picture("picture.png"));
        Registry::new([
            play("browser_search", "query", Arc::new(search)),
            play("browser_open", "target", Arc::new(open)),
            play("python", "code", Arc::new(python)),
            play("image", "prompt", Arc::new(draw)),
            Arc::new(Calculator::new()),
            Arc::new(Sql::default()),
            Arc::new(Charts::default()),
        ])
    }

    /// Asks; the model answers its constrained questions with `completions`, its free ones with `replies`.
    #[track_caller]
    pub fn ask(&mut self, question: &str, completions: &[&str], replies: &[&str]) -> Said {
        let said = self.try_ask(question, completions, replies);
        assert_eq!(said.end.stop, Stop::Answer, "{question}: {}", said.end.answer.text);
        said
    }

    #[track_caller]
    pub fn try_ask(&mut self, question: &str, completions: &[&str], replies: &[&str]) -> Said {
        let replies: Vec<Message> = replies.iter().map(|r| Message::assistant(*r)).collect();
        let engine = Arc::new(ScriptedEngine::new(true, replies, completions));
        let settings = Settings {
            mode: Mode::Auto,
            max_steps: self.steps,
            deadline: Duration::from_secs(30),
            sampling: Sampling::default(),
            limits: CallLimits::default(),
            out: self.out.path().to_owned(),
            approve: Default::default(),
            today: self.today,
            skills: self.skills.clone().into(),
        };
        let agent = Agent { engine: engine.clone(), tools: self.tools(), settings };
        let (sender, mut inbox) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let turn = agent.turn(&mut self.chat, question, &sender, CancellationToken::new());
        let end = runtime.block_on(turn).unwrap_or_else(|e| panic!("{question}: {e:#}"));
        drop(sender);
        let mut events = Vec::new();
        while let Ok(event) = inbox.try_recv() {
            events.push(event);
        }
        let call = |e: &Event| match e {
            Event::Call { tool, arguments, .. } => Some((tool.clone(), arguments.clone())),
            _ => None,
        };
        assert_eq!(engine.left(), 0, "{question}: the script was not used up; {}", end.answer.text);
        Said { calls: events.iter().filter_map(call).collect(), end, asked: engine.asked(), events }
    }
}

impl Said {
    pub fn text(&self) -> &str {
        &self.end.answer.text
    }

    /// The prompts of the constrained questions.
    pub fn prompts(&self) -> Vec<&Completion> {
        self.asked.iter().filter_map(|a| if let Asked::Completion(c) = a { Some(c) } else { None }).collect()
    }

    /// The argument of the calls of a tool.
    pub fn called(&self, tool: &str) -> Vec<String> {
        let calls = self.calls.iter().filter(|(name, _)| name == tool);
        let text = |arguments: &Value| arguments.as_object()?.values().next()?.as_str().map(str::to_owned);
        calls.filter_map(|(_, arguments)| text(arguments)).collect()
    }

    /// The arguments of the charts that were asked for.
    pub fn drawn(&self) -> Vec<Value> {
        self.calls.iter().filter(|(name, _)| name == "chart").map(|(_, arguments)| arguments.clone()).collect()
    }

    #[track_caller]
    pub fn has(&self, part: &str) -> &Self {
        assert!(self.text().contains(part), "{part:?} is not in: {}", self.text());
        self
    }

    #[track_caller]
    pub fn lacks(&self, part: &str) -> &Self {
        assert!(!self.text().contains(part), "{part:?} is in: {}", self.text());
        self
    }
}

/// A table as a user's file gives it.
pub fn given(title: &str, text: &str) -> Table {
    let mut lines = text.lines().map(|l| l.trim().split(" | ").map(str::trim).collect::<Vec<_>>());
    let columns: Vec<String> = lines.next().unwrap().into_iter().map(str::to_owned).collect();
    let cell = |(i, text): (usize, &&str)| {
        let (number, date) = Column::of(&columns[i]).read(text).values();
        Cell { number, date, ..Cell::new(*text, Provenance::Given) }
    };
    let rows = lines.map(|row| row.iter().enumerate().map(cell).collect()).collect();
    Table { title: title.into(), columns, rows }
}

/// The cells of a table, `a,b; c,d`.
pub fn rows(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| row.iter().map(Cell::display).collect::<Vec<_>>().join(","));
    rows.collect::<Vec<_>>().join("; ")
}

/// A letter a cell: `s`ourced, `c`omputed, `g`iven, `m`issing.
pub fn origins(table: &Table) -> String {
    let letter = |cell: &Cell| match *cell.provenance {
        Provenance::Sourced { .. } => 's',
        Provenance::Computed { .. } => 'c',
        Provenance::Given => 'g',
        Provenance::Missing => 'm',
        _ => '?',
    };
    table.rows.iter().map(|row| row.iter().map(letter).collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The last thing that was said by the assistant.
pub fn last_words(chat: &Chat) -> &str {
    chat.messages.iter().rev().find(|m| m.role == Role::Assistant).map_or("", |m| &m.content)
}
