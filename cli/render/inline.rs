//! Pictures between the lines of a terminal, where it is one that says it can show them.

use base64::{Engine, prelude::BASE64_STANDARD};
use std::path::Path;

/// How a terminal takes a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// The graphics protocol of kitty, which Ghostty, WezTerm and Konsole have too.
    /// Source: <https://sw.kovidgoyal.net/kitty/graphics-protocol/>.
    Kitty,
    /// iTerm2's inline images. Source: <https://iterm2.com/documentation-images.html>.
    Iterm,
}

/// Columns that a picture takes at most, and its bytes.
const WIDEST: usize = 80;
const LARGEST: u64 = 4 << 20;
/// Characters of one escape, as kitty wants it.
const PIECE: usize = 4096;

/// What the terminal of these variables takes. A multiplexer between it and us would swallow the pictures.
pub fn pictures(variable: impl Fn(&str) -> Option<String>) -> Option<Pictures> {
    let is = |name: &str, of: &[&str]| variable(name).is_some_and(|value| of.iter().any(|one| value.contains(one)));
    match () {
        () if variable("TMUX").is_some() || variable("STY").is_some() => None,
        () if variable("KITTY_WINDOW_ID").is_some() || is("TERM", &["kitty", "ghostty"]) => Some(Pictures::Kitty),
        () if is("TERM_PROGRAM", &["ghostty", "WezTerm"]) || variable("KONSOLE_VERSION").is_some() => {
            Some(Pictures::Kitty)
        }
        () if is("TERM_PROGRAM", &["iTerm"]) || is("LC_TERMINAL", &["iTerm"]) => Some(Pictures::Iterm),
        () => None,
    }
}

impl Pictures {
    /// The escapes that show a PNG file, and the line behind it; `None` where it is none, or too large.
    pub fn show(self, file: &Path, columns: usize) -> Option<String> {
        let png = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
        let small = file.metadata().is_ok_and(|file| file.len() <= LARGEST);
        let bytes = std::fs::read(file).ok().filter(|bytes| png && small && bytes.starts_with(b"\x89PNG"))?;
        let (data, columns) = (BASE64_STANDARD.encode(&bytes), columns.min(WIDEST));
        Some(match self {
            Pictures::Kitty => {
                let last = data.len().div_ceil(PIECE) - 1;
                let pieces = data.as_bytes().chunks(PIECE).enumerate().map(|(at, piece)| {
                    let head = if at == 0 { format!("a=T,f=100,q=2,c={columns},") } else { String::new() };
                    format!("\u{1b}_G{head}m={};{}\u{1b}\\", u8::from(at < last), String::from_utf8_lossy(piece))
                });
                pieces.collect::<String>() + "\n"
            }
            Pictures::Iterm => {
                let size = bytes.len();
                format!("\u{1b}]1337;File=inline=1;size={size};width={columns}:{data}\u{7}\n")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], want: Option<Pictures>) {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(pictures(variable), want, "{variables:?}");
    }

    #[test]
    fn terminals_are_known_by_what_they_say() {
        check(&[("TERM", "xterm-256color")], None);
        check(&[("TERM", "xterm-kitty")], Some(Pictures::Kitty));
        check(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x")], None);
        check(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Some(Pictures::Kitty));
        check(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Some(Pictures::Iterm));
    }

    #[test]
    fn a_picture_goes_in_pieces_and_nothing_else_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        std::fs::write(&file, [&b"\x89PNG"[..], &[7; 5000]].concat()).unwrap();
        let shown = Pictures::Kitty.show(&file, 100).unwrap();
        assert!(shown.starts_with("\u{1b}_Ga=T,f=100,q=2,c=80,m=1;iVBORw") && shown.ends_with("\u{1b}\\\n"), "{shown}");
        assert_eq!((shown.matches("\u{1b}_G").count(), shown.matches("m=0;").count()), (2, 1));
        let shown = Pictures::Iterm.show(&file, 40).unwrap();
        assert!(shown.starts_with("\u{1b}]1337;File=inline=1;size=5004;width=40:iVBORw"), "{shown}");
        for (name, bytes) in [("b.csv", &b"\x89PNG"[..]), ("c.png", b"<svg/>")] {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            assert_eq!(Pictures::Kitty.show(&folder.path().join(name), 80), None, "{name}");
        }
        assert_eq!(Pictures::Kitty.show(&folder.path().join("none.png"), 80), None);
    }
}
