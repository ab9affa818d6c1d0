//! Asks the user at the terminal whether a call that acts on the world may be made.

use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressDrawTarget};
use polymath_chat::plain::escaped;
use polymath_tools::mcp::{Approval, Approve, Intent};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Characters of a call's arguments that are shown.
const SHOWN: usize = 2000;

/// What moves on the terminal, which would write over a question.
static SPINNER: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Tells what moves on the terminal from here on.
pub fn spins(bar: Option<ProgressBar>) {
    *SPINNER.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Everything is allowed.
pub struct Everything;

#[async_trait]
impl Approve for Everything {
    async fn ask(&self, _: Intent) -> Approval {
        Approval::Always
    }
}

/// Whoever sits at the terminal is asked, one question at a time.
#[derive(Default)]
pub struct Terminal(tokio::sync::Mutex<()>);

#[async_trait]
impl Approve for Terminal {
    async fn ask(&self, intent: Intent) -> Approval {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Approval::Nobody;
        }
        let _one = self.0.lock().await;
        // Where the turn is interrupted meanwhile, nobody waits for the answer.
        let left = Left(Arc::default());
        let gone = left.0.clone();
        let asked = tokio::task::spawn_blocking(move || question(&intent, &gone));
        asked.await.unwrap_or(Approval::Refused)
    }
}

/// Says, when it is dropped, that nobody waits any more.
struct Left(Arc<AtomicBool>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn question(intent: &Intent, gone: &AtomicBool) -> Approval {
    let spinner = SPINNER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(bar) = &spinner {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        // The line that it has drawn stays otherwise.
        eprint!("\r\u{1b}[2K");
    }
    let arguments: String = intent.arguments.to_string().chars().take(SHOWN).collect();
    let (server, tool) = (escaped(&intent.server), escaped(&intent.tool));
    let what = match (intent.server.as_str(), intent.arguments["target"].as_str()) {
        // Ours asks about one thing only: an address.
        ("polymath", Some(target)) => {
            let target: String = target.chars().take(SHOWN).collect();
            format!("Open {}, which nobody named, and which may carry away what was read?", escaped(&target))
        }
        _ => format!("Let {tool} of the MCP server {server} run with {}?", escaped(&arguments)),
    };
    eprint!("{what} [y]es, [a]lways, [N]o ");
    let answer = std::io::stderr().flush().ok().and_then(|()| line(gone));
    if let Some(bar) = &spinner {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    match answer.unwrap_or_default().trim().to_lowercase().as_str() {
        "y" | "yes" => Approval::Once,
        "a" | "always" => Approval::Always,
        _ => Approval::Refused,
    }
}

/// The next line of standard input; nothing when nobody waits for it any more.
fn line(gone: &AtomicBool) -> Option<String> {
    #[cfg(unix)]
    {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;
        let input = std::io::stdin();
        let mut waiting = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        while poll(&mut waiting, PollTimeout::from(100u8)).is_ok_and(|ready| ready == 0) {
            if gone.load(Ordering::Relaxed) {
                return None;
            }
        }
    }
    let mut answer = String::new();
    (!gone.load(Ordering::Relaxed)).then(|| std::io::stdin().read_line(&mut answer).ok()).flatten()?;
    Some(answer)
}
