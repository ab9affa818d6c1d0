//! `polymath chat`: a conversation at the terminal, over the same turns as `ask`.

use crate::ask::{Interrupt, check_question, give_files, go_on, open_session, out_dir, turn};
use crate::render::{RenderOptions, Renderer};
use crate::settings::{RunArgs, Settings};
use crate::wiring;
use polymath_agent::{Agent, Chat, Mark};
use polymath_chat::Role;
use polymath_chat::plain::clean;
use reedline::{
    DefaultPrompt, DefaultPromptSegment, EditCommand, FileBackedHistory, KeyCode, KeyModifiers, Reedline,
    ReedlineEvent, Signal, default_emacs_keybindings,
};
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

const HELP: &str = "/help        this
/tools       the tools the model may use
/tables      the tables of this conversation
/artifacts   the files made in this conversation
/undo        takes the last question and its answer back
/save FILE   writes the conversation as Markdown
/quit        leaves (also Ctrl-D)
Alt-Enter starts a new line; Ctrl-C stops an answer and keeps what there is.";

pub async fn run(args: &RunArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(args)?;
    wiring::tools(&settings)?;
    let mut session = open_session(&settings.home, args.session.as_deref(), "chat")?;
    let out = out_dir(&settings, args, session.id());
    let mut opening = Renderer::new(RenderOptions::new(args.json, quiet));
    let mut chat = go_on(&session, &mut opening)?;
    give_files(&args.file, &mut chat, &mut opening)?;
    let agent = wiring::agent(&settings, out, quiet).await?;
    let mut before: Vec<Mark> = Vec::new();
    if !quiet {
        eprintln!("{} · session {} · /help", agent.engine.info().name, session.id());
    }
    let mut lines = Lines::new(&settings);
    while let Some(line) = lines.next()? {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('/') {
            match command(line, &agent, &mut chat, &mut before) {
                Said::Text(text) => println!("{}", clean(&text)),
                Said::Changed(text) => {
                    session.save(&chat)?;
                    println!("{}", clean(&text));
                }
                Said::Quit => break,
            }
            continue;
        }
        if let Err(error) = check_question(line) {
            eprintln!("error: {}", clean(&format!("{error:#}")));
            continue;
        }
        before.push(chat.mark());
        let mut renderer = Renderer::new(RenderOptions::new(args.json, quiet));
        let interrupt = Interrupt::listen()?;
        let result = turn(&agent, &mut chat, &mut session, line, &mut renderer, interrupt.token()).await;
        renderer.finish();
        if let Err(error) = result {
            // The failed turn is taken back; the conversation goes on where it was.
            eprintln!("error: {}", clean(&format!("{error:#}")));
            if let Some(mark) = before.pop() {
                chat.back_to(mark);
            }
        }
    }
    if !quiet {
        eprintln!("go on with: polymath chat --session {}", session.id());
    }
    Ok(ExitCode::SUCCESS)
}

enum Said {
    Text(String),
    /// The conversation is another now.
    Changed(String),
    Quit,
}

fn command(line: &str, agent: &Agent, chat: &mut Chat, before: &mut Vec<Mark>) -> Said {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let list = |items: Vec<String>| if items.is_empty() { "none yet".to_owned() } else { items.join("\n") };
    match name {
        "/help" => Said::Text(HELP.to_owned()),
        "/quit" | "/exit" => Said::Quit,
        "/tools" => Said::Text(list(
            agent.tools.specs().into_iter().map(|t| format!("{}: {}", t.name, t.description)).collect(),
        )),
        "/tables" => Said::Text(list(chat.tables.iter().map(|t| format!("{}\n{}", t.title, t.markdown())).collect())),
        "/artifacts" => Said::Text(list(chat.artifacts.iter().map(|a| a.path.display().to_string()).collect())),
        "/undo" => match before.pop() {
            Some(mark) => {
                chat.back_to(mark);
                Said::Changed("taken back".into())
            }
            None => Said::Text("nothing to take back in this run".into()),
        },
        "/save" if rest.trim().is_empty() => Said::Text("say where to: /save FILE".into()),
        "/save" => Said::Text(match std::fs::write(rest.trim(), markdown(chat)) {
            Ok(()) => format!("saved {}", rest.trim()),
            Err(e) => format!("cannot write {}: {e}", rest.trim()),
        }),
        other => Said::Text(format!("there is no {other}; /help lists the commands")),
    }
}

fn markdown(chat: &Chat) -> String {
    let mut out = String::new();
    for message in &chat.messages {
        match message.role {
            Role::User => out.push_str(&format!("## {}\n\n", message.content)),
            Role::Assistant if message.calls.is_empty() => out.push_str(&format!("{}\n\n", message.content)),
            Role::Assistant | Role::Tool | Role::System => {}
        }
    }
    for (i, source) in chat.sources.iter().enumerate() {
        out.push_str(&format!("[{}] {} — {}\n", i + 1, source.title, source.url));
    }
    out
}

/// Lines with history and editing at a terminal; plain lines from a pipe.
enum Lines {
    Edited(Box<Reedline>),
    Piped(std::io::Lines<std::io::StdinLock<'static>>),
}

impl Lines {
    fn new(settings: &Settings) -> Self {
        if !std::io::stdin().is_terminal() {
            return Lines::Piped(std::io::stdin().lock().lines());
        }
        let mut keys = default_emacs_keybindings();
        let newline = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
        keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, newline);
        let mut editor = Reedline::create().with_edit_mode(Box::new(reedline::Emacs::new(keys)));
        if let Ok(history) = FileBackedHistory::with_file(1000, settings.home.join("history.txt")) {
            editor = editor.with_history(Box::new(history));
        }
        Lines::Edited(Box::new(editor))
    }

    fn next(&mut self) -> anyhow::Result<Option<String>> {
        match self {
            Lines::Piped(lines) => Ok(lines.next().transpose()?),
            Lines::Edited(editor) => {
                let prompt = DefaultPrompt::new(DefaultPromptSegment::Empty, DefaultPromptSegment::Empty);
                loop {
                    match editor.read_line(&prompt)? {
                        Signal::Success(line) => return Ok(Some(line)),
                        Signal::CtrlD => return Ok(None),
                        _ => eprintln!("Ctrl-D leaves"),
                    }
                }
            }
        }
    }
}
