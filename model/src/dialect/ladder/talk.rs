//! The gates of place: whether a text that reads like a call is one, or is being talked about. An
//! example within an explanation is text, and so is what stands in quotation marks, in a code span, in
//! a block quote, or in a sentence.

use super::quotation;
use crate::dialect::stream::{Io, last};

/// Words of a sentence after which a call is held up as an example. Lower case.
const EXAMPLE_CUES: &[&str] = &[
    "example",
    "for instance",
    "e.g.",
    "such as",
    "like this",
    "looks like",
    "look like",
    "suppose",
    "would write",
    "would look",
    "is written",
    "are written",
    "the format",
    "the syntax",
    "this form",
    "the form ",
    "if you wanted",
    "do not write",
    "don't write",
    "not call",
    "beispiel",
    "z. b.",
    "z.b.",
    "exemple",
    "ejemplo",
    "例如",
    "比如",
    "示例",
    "举例",
    "例子",
    "例えば",
    "たとえば",
    "예를 들어",
    "например",
];
/// The same where a call stands between its format's own marks, which are not often only shown.
const STRONG_CUES: &[&str] = &[
    "for example",
    "for instance",
    "e.g.",
    "an example",
    "example:",
    "could write",
    "would write",
    "might write",
    "looks like this",
    "is written like",
    "zum beispiel",
    "z. b.",
    "par exemple",
    "por ejemplo",
    "例如",
    "比如",
    "例えば",
];
/// Words of a sentence that warns of what it announces. Lower case.
const WARNINGS: &[&str] = &["not to do", "not to write", "not to run", "never do", "should not", "must not"];
/// Words that give what follows to somebody else: "The page says:". Lower case, whole words.
const SAYING: &[&str] = &[
    "says",
    "said",
    "saying",
    "wrote",
    "writes",
    "written",
    "reads",
    "contains",
    "contained",
    "quote",
    "quotes",
    "quoted",
    "shows",
    "shown",
    "verbatim",
    "instructs",
    "instructed",
    "tells",
    "told",
    "asks",
    "demands",
    "injected",
    "sagt",
    "zeigt",
    "schreibt",
    "steht",
    "stand",
    "lautet",
    "enthält",
    "dit",
    "écrit",
    "contient",
    "dice",
    "escribe",
    "contiene",
    "diz",
    "говорит",
    "написано",
    "пишет",
];
/// The same in scripts without spaces between words.
const SAYING_UNSPACED: &[&str] = &["写着", "写道", "说", "内容是", "書いて", "と言"];
/// Bytes before a call in which an example may be announced.
const ANNOUNCED: usize = 300;
/// Bytes in which something is closed at once.
const AT_ONCE: usize = 14;

/// Words behind a call that explain what was shown. Lower case.
const EXPLANATIONS: &[&str] = &[
    "looks like",
    "look like",
    "is how",
    "is an example",
    "is the format",
    "is what a",
    "would look",
    "is only an example",
    "copied from",
    "quoted from",
    "taken from",
    "comes from the page",
    "came from the page",
    "is from the page",
    "is an injection",
];
const QUOTES: &[char] = &['"', '\'', '`', '“', '”', '‘', '’', '«', '»', '„', '「', '」', '『', '』'];
/// What a sentence or a line that is complete ends with.
const ENDS: &[char] = &['.', ':', '!', '?', '…', ')', '*', '。', '：', '！', '？', '>'];

/// What a sentence goes on with behind a thing that is named in it.
const CLAUSE_ENDS: &[char] = &[',', '.', ';', '?', ')', '—', '–', '，', '。', '、', '；', '？', '）'];
/// Ends of a sentence, after which another may begin on the same line.
const SENTENCE_ENDS: &[char] = &['.', ':', '!', '?', '…', '。', '：', '！', '？'];

/// Where something stands in the reply.
pub(in crate::dialect) struct Place {
    /// Offset of its first character.
    pub at: usize,
    /// Whether nothing of this stretch of prose stands before it.
    first: bool,
    line_start: bool,
    /// The paragraph before it, or the end of that, without white space at the end; lower case.
    paragraph: String,
    /// What stands before it on its line.
    line: String,
    /// What stands before it, the end of it.
    before: String,
    /// Whether a blank line separates it from the paragraph.
    apart: bool,
}

impl Place {
    /// The place at offset `at` in the prose that began at offset `start`.
    pub fn new(io: &Io, start: usize, at: usize) -> Self {
        let before = io.near(start, at);
        let text = before.trim_end();
        let (_, paragraph) = text.rsplit_once("\n\n").unwrap_or(("", text));
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place {
            at,
            first: text.is_empty(),
            line_start: text.is_empty() || io.at_line_start(at),
            paragraph: last(paragraph, ANNOUNCED).to_lowercase(),
            line: line.to_owned(),
            apart: before[text.len()..].matches('\n').count() > 1,
            before,
        }
    }

    /// Whether nothing stands before it.
    pub fn first(&self) -> bool {
        self.first
    }

    pub fn line_start(&self) -> bool {
        self.line_start
    }

    /// "Here is the call: {…}"
    fn announced(&self) -> bool {
        self.paragraph.ends_with([':', '：'])
    }

    /// Whether a mark of the format stands here because it is being talked about.
    pub fn mentioned(&self) -> bool {
        let example = |cue: &&str| self.paragraph.contains(*cue);
        self.quoted()
            || self.code_span()
            || self.line.trim_start().starts_with('>')
            || !self.apart && self.announced() && STRONG_CUES.iter().any(example)
            || STRONG_CUES.iter().any(|cue| self.line.trim_end().to_lowercase().ends_with(cue))
            || self.announced() && WARNINGS.iter().any(example)
            || self.is_of_source()
            || self.attributed()
    }

    fn code_span(&self) -> bool {
        quotation::open_code(&self.line).is_some()
    }

    /// `[1]: {…}` and `[2] The page: {…}`: what a source says.
    fn is_of_source(&self) -> bool {
        let line = self.line.trim();
        let number = |text: &str| text.split_once(']').is_some_and(|(n, _)| n.parse::<u16>().is_ok());
        line.ends_with(':') && line.strip_prefix('[').is_some_and(number)
    }

    /// "The page says: {…}", "The page contains the following line."
    fn attributed(&self) -> bool {
        let follows = self.paragraph.ends_with('.') && self.paragraph.contains("following");
        if !self.announced() && !follows {
            return false;
        }
        let sentence = self.paragraph.trim_end_matches([':', '：', '.']);
        let sentence = sentence.rsplit(['.', '!', '?', '。', '！', '？', '\n']).next().unwrap_or_default();
        let word = |word: &str| SAYING.contains(&word);
        sentence.split(|c: char| !c.is_alphanumeric()).any(word) || SAYING_UNSPACED.iter().any(|s| sentence.contains(s))
    }

    /// Whether what follows may show that what stands here is talk.
    pub fn doubtful(&self) -> bool {
        !self.line.trim().is_empty() || quotation::open(&self.before).is_some()
    }

    /// Whether what began at this place and ends at the position is talk: a quotation, a code span or a
    /// sentence goes on around it.
    pub async fn talked_about(&self, io: &Io) -> bool {
        self.enclosed(io).await || self.within_sentence(io).await
    }

    /// Whether a quotation or a code span that was opened before this place is closed behind it: within
    /// the paragraph, or at once.
    async fn enclosed(&self, io: &Io) -> bool {
        let Some(open) = quotation::open(&self.before) else { return false };
        let paragraph = self.before.rsplit("\n\n").next().unwrap_or_default();
        let far = quotation::open(paragraph).is_some();
        let most = if far { ANNOUNCED } else { AT_ONCE };
        let behind = io.position();
        let mut text = String::new();
        while text.trim_start().len() < most && !text.ends_with("\n\n") {
            let Some(c) = io.peek().await else { break };
            if open.closes(&text) && !open.may_go_on(c) {
                break;
            }
            text.push(c);
            io.seek(io.position() + c.len_utf8());
        }
        io.seek(behind);
        open.closes(&text) && (far || open.closes_first(&text))
    }

    /// Whether an opening quotation mark stands directly before.
    fn quoted(&self) -> bool {
        let mut back = self.line.chars().rev();
        let quote = back.next().is_some_and(|c| QUOTES.contains(&c));
        quote && back.next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '['))
    }

    /// Whether what stands here may be a call without marks: at the beginning of a line or behind a
    /// whole sentence, and not shown.
    pub fn free(&self) -> bool {
        (self.line_start || self.paragraph.ends_with(SENTENCE_ENDS)) && !self.shown()
    }

    /// Whether what stands before it says that it is only shown: an example is announced, somebody else's
    /// words, or a quotation or a block quote begun.
    pub fn shown(&self) -> bool {
        let last_line = self.paragraph.rsplit('\n').next().unwrap_or_default();
        self.example()
            || self.attributed()
            || self.paragraph.ends_with(QUOTES)
            || !self.apart && last_line.trim_start().starts_with('>')
    }

    /// Whether an example is announced.
    pub fn example(&self) -> bool {
        EXAMPLE_CUES.iter().any(|cue| self.paragraph.contains(cue))
    }

    /// Whether what follows the position leaves what stands here free: nothing, the beginning of a
    /// sentence, or the next mark, and no explanation of what was shown.
    pub async fn free_behind(&self, io: &Io) -> bool {
        let behind = io.position();
        io.take_while(|c| c == ' ' || c == '\t' || c == '\r').await;
        let broken = io.take_while(char::is_whitespace).await.matches('\n').count();
        let next = io.peek().await;
        let free = match next {
            None | Some('<') => true,
            // The same line goes on: with a sentence of its own, or the one in which this stands.
            Some(c) if broken == 0 && !c.is_uppercase() && !(self.announced() && other_letter(c)) => false,
            // "I would write {…} for that."
            Some(c) if c.is_lowercase() && broken < 2 => false,
            Some(_) => self.first || self.apart || self.paragraph.ends_with(ENDS),
        };
        io.seek(behind);
        free && !self.explained(io).await
    }

    /// Whether the next line explains what stands here.
    pub async fn explained(&self, io: &Io) -> bool {
        let behind = io.position();
        io.space().await;
        let mut line = String::new();
        while let Some(c) = io.peek().await.filter(|c| *c != '\n' && line.len() < 160) {
            line.push(c);
            io.seek(io.position() + c.len_utf8());
        }
        io.seek(behind);
        let line = line.to_lowercase();
        EXPLANATIONS.iter().any(|cue| line.contains(cue))
    }

    /// Whether a sentence goes on at the position that began before this place.
    pub async fn within_sentence(&self, io: &Io) -> bool {
        let before = self.line.trim_end();
        let Some(last) = before.chars().next_back() else { return false };
        let behind = io.position();
        io.take_while(|c| c == ' ' || c == '\t').await;
        let next = io.peek().await;
        io.seek(behind);
        let Some(next) = next else { return false };
        match last {
            '(' | '[' => matches!(next, ')' | ']'),
            '|' => next == '|',
            last if ENDS.contains(&last) => matches!(next, ',' | ';' | '，' | '；' | '、'),
            last if last.is_alphanumeric() || matches!(last, ',' | '，' | '—' | '–') => {
                next.is_lowercase() || other_letter(next) && !next.is_uppercase() || CLAUSE_ENDS.contains(&next)
            }
            _ => false,
        }
    }
}

/// A letter of a script without capitals.
fn other_letter(c: char) -> bool {
    c.is_alphabetic() && !c.is_lowercase()
}
