//! Lines of a conversation: edited at a terminal, with history and completion; plain elsewhere.

use super::complete::{Known, Names};
use crate::render::{has_color, is_dumb};
use polymath_agent::Chat;
use reedline::{
    ColumnarMenu, EditCommand, Emacs, FileBackedHistory, History, HistoryItem, KeyCode, KeyModifiers, MenuBuilder,
    Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal,
    default_emacs_keybindings,
};
use std::borrow::Cow;
use std::io::{BufRead, IsTerminal, Write};

/// Lines that are remembered.
const HISTORY: usize = 2_000;
const MENU: &str = "completion";
/// What the editor gives back for Ctrl-C, which by itself would throw the line away.
const CLEAR: &str = "clear";

/// Where lines come from.
pub enum Lines {
    Edited(Box<Edited>),
    /// `prompt`: a person writes them, at a terminal without a cursor.
    Plain {
        lines: std::io::Lines<std::io::StdinLock<'static>>,
        prompt: bool,
    },
}

pub struct Edited {
    editor: Reedline,
    names: Names,
}

impl Lines {
    /// `before`: what the history begins with, the latest last.
    pub fn new(before: &[String]) -> anyhow::Result<Self> {
        let terminal = std::io::stdin().is_terminal();
        if !terminal || is_dumb() {
            return Ok(Lines::Plain { lines: std::io::stdin().lock().lines(), prompt: terminal });
        }
        let mut history = FileBackedHistory::new(HISTORY)?;
        for line in before {
            history.save(HistoryItem::from_command_line(line))?;
        }
        let names = Names::default();
        let mut keys = default_emacs_keybindings();
        keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, ReedlineEvent::Edit(vec![EditCommand::InsertNewline]));
        keys.add_binding(KeyModifiers::CONTROL, KeyCode::Char('c'), ReedlineEvent::ExecuteHostCommand(CLEAR.into()));
        let complete = vec![ReedlineEvent::Menu(MENU.into()), ReedlineEvent::MenuNext];
        keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(complete));
        let editor = Reedline::create()
            .with_edit_mode(Box::new(Emacs::new(keys)))
            .with_history(Box::new(history))
            .with_completer(Box::new(names.clone()))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(
                ColumnarMenu::default().with_name(MENU).with_marker("> "),
            )))
            .with_partial_completions(true)
            .with_quick_completions(true)
            .with_ansi_colors(has_color())
            // What is pasted is text, line breaks and all: it is asked when Enter is pressed.
            .use_bracketed_paste(true);
        Ok(Lines::Edited(Box::new(Edited { editor, names })))
    }

    /// What can be named in the next line.
    pub fn know(&mut self, chat: &Chat) {
        if let Lines::Edited(edited) = self {
            edited.names.set(Known::of(chat));
        }
    }

    /// The next line; `None` when there is none any more.
    pub fn next(&mut self) -> anyhow::Result<Option<String>> {
        match self {
            Lines::Plain { lines, prompt } => {
                if *prompt {
                    eprint!("> ");
                    std::io::stderr().flush()?;
                }
                Ok(lines.next().transpose()?)
            }
            Lines::Edited(edited) => edited.next(),
        }
    }
}

impl Edited {
    fn next(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            match self.editor.read_line(&Angle)? {
                Signal::Success(line) => return Ok(Some(line)),
                Signal::HostCommand(_) | Signal::CtrlC => self.put_aside()?,
                // The terminal is gone, or the user is.
                _ => return Ok(None),
            }
        }
    }

    /// Empties the line. What stood there is in the history: nothing that was typed is lost.
    fn put_aside(&mut self) -> anyhow::Result<()> {
        let line = self.editor.current_buffer_contents().to_owned();
        self.editor.run_edit_commands(&[EditCommand::Clear]);
        let told = if line.trim().is_empty() {
            "Ctrl-D leaves"
        } else {
            self.editor.history_mut().save(HistoryItem::from_command_line(&line))?;
            "Up brings the line back"
        };
        // On a line of its own: the editor paints over the one it is on.
        eprint!("\r\n{told}\r\n");
        Ok(())
    }
}

/// `> `, and nothing else.
struct Angle;

impl Prompt for Angle {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        "> ".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "  ".into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("search for {}: ", search.term).into()
    }
}
