//! What the model is writing, at the end of the terminal until the answer takes its place.
//!
//! Never more than fits the screen: what has scrolled away cannot be taken back, and would stand there
//! twice.

/// Text as it comes, and the lines of it that the terminal shows.
#[derive(Default)]
pub struct Live {
    text: String,
    shown: Vec<String>,
}

impl Live {
    pub fn push(&mut self, delta: &str) -> &str {
        self.text.push_str(delta);
        &self.text
    }

    /// The text; what is shown of it is to be erased before.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    pub fn is_shown(&self) -> bool {
        !self.shown.is_empty()
    }

    /// The escapes that make the terminal show these lines, none of them wider than it, instead of those
    /// that it shows. What did not change is not written again.
    pub fn show(&mut self, lines: Vec<String>) -> String {
        let same = self.shown.iter().zip(&lines).take_while(|(a, b)| a == b).count();
        let mut out = up(self.shown.len() - same);
        for line in &lines[same..] {
            out.push_str(line);
            out.push('\n');
        }
        self.shown = lines;
        out
    }

    /// The escapes that remove it from the terminal.
    pub fn erase(&mut self) -> String {
        up(std::mem::take(&mut self.shown).len())
    }
}

/// To the beginning of the line so many lines above; nothing stands from there on.
fn up(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\r\u{1b}[{lines}A\u{1b}[J") }
}
