//! JSON as models write it, read one character at a time.
//!
//! Finds where a value ends without knowing what follows it. Raw line breaks and unknown escapes in
//! strings, which come with program text, are always read. What has one meaning only is mended:
//! triple-quoted and single-quoted strings, keys without quotation marks, commas before a closing
//! bracket, Python's `True`/`False`/`None`, and the doubled braces of a chat template's example. None
//! of these is JSON, so that JSON is read as what it is; the caller is told, since what was mended
//! has to pass a gate. Nothing that is missing is ever filled in.

use super::stream::{Io, Sink};
use serde_json::Value;

/// As deep as serde_json goes.
const MAX_DEPTH: usize = 128;

/// What one more character made of the value.
#[derive(Debug, PartialEq)]
enum Fed {
    More,
    /// That was the last character of the value.
    Done,
    /// This is no JSON.
    Bad(String),
}

#[derive(Debug)]
enum State {
    /// Outside of strings.
    Between,
    /// Two quotation marks were read: an empty string, or the beginning of a triple-quoted one.
    Empty(char),
    Quoted {
        quote: char,
        escaped: bool,
    },
    Triple {
        quote: char,
        body: String,
    },
}

#[derive(Debug)]
struct Frame {
    brace: bool,
    /// Opened as `{{`.
    doubled: bool,
}

/// Turns one object or array, as written, into strict JSON.
#[derive(Debug)]
struct Reader {
    /// Something was written that is no JSON.
    mended: bool,
    strict: String,
    stack: Vec<Frame>,
    state: State,
    last: char,
    /// Offset in `strict` where the running bare word (number, literal) began.
    word: Option<usize>,
    /// Offset in `strict` where the running string began.
    string: usize,
    /// The value's own members: the key last read while a value is awaited.
    key: Option<String>,
    members: usize,
    /// The text of the member `name`, when it is the first.
    name: Option<String>,
    /// A `}` right here belongs to a doubled brace.
    swallow: bool,
}

impl Reader {
    fn new() -> Self {
        Reader {
            mended: false,
            strict: String::new(),
            stack: Vec::new(),
            state: State::Between,
            last: ' ',
            word: None,
            string: 0,
            key: None,
            members: 0,
            name: None,
            swallow: false,
        }
    }

    fn feed(&mut self, c: char) -> Fed {
        let fed = match &mut self.state {
            State::Between => self.between(c),
            State::Empty(quote) if *quote == c => {
                self.mended = true;
                self.strict.pop();
                self.state = State::Triple { quote: c, body: String::new() };
                Fed::More
            }
            State::Empty(_) => {
                self.strict.push('"');
                self.string_done();
                self.between(c)
            }
            State::Quoted { .. } => {
                self.quoted(c);
                Fed::More
            }
            State::Triple { quote, body } => {
                body.push(c);
                let end: String = std::iter::repeat_n(*quote, 3).collect();
                if let Some(text) = body.strip_suffix(&end) {
                    let text = unescaped(text);
                    self.strict.push_str(&Value::from(text).to_string());
                    self.string_done();
                }
                Fed::More
            }
        };
        self.last = c;
        fed
    }

    fn between(&mut self, c: char) -> Fed {
        let swallow = std::mem::take(&mut self.swallow);
        if swallow && c == '}' {
            return Fed::More;
        }
        let wordy = c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        if !wordy {
            self.word_done(c);
        }
        match c {
            '{' if self.last == '{' && !self.stack.is_empty() => {
                self.mended = true;
                if let Some(top) = self.stack.last_mut() {
                    top.doubled = true;
                }
            }
            '{' | '[' if self.stack.len() == MAX_DEPTH => return Fed::Bad("it is nested too deeply".into()),
            '{' | '[' => {
                self.strict.push(c);
                self.stack.push(Frame { brace: c == '{', doubled: false });
            }
            '}' | ']' => return self.close(c),
            '"' | '\'' => {
                self.mended |= c == '\'';
                self.string = self.strict.len();
                self.strict.push('"');
                self.state = State::Quoted { quote: c, escaped: false };
            }
            ',' | ':' => {
                if self.stack.len() == 1 && c == ',' {
                    self.key = None;
                }
                self.strict.push(c);
            }
            _ if wordy => {
                self.word.get_or_insert(self.strict.len());
                self.strict.push(c);
            }
            _ if c.is_whitespace() => self.strict.push(' '),
            _ => return Fed::Bad(format!("{c:?} stands where JSON has no place for it")),
        }
        Fed::More
    }

    fn close(&mut self, c: char) -> Fed {
        let Some(frame) = self.stack.pop().filter(|f| f.brace == (c == '}')) else {
            return Fed::Bad(format!("{c:?} closes nothing"));
        };
        let body = self.strict.trim_end();
        if body.ends_with(',') {
            self.mended = true;
            self.strict.truncate(body.len() - 1);
        }
        self.strict.push(c);
        self.swallow = frame.doubled;
        if self.stack.is_empty() { Fed::Done } else { Fed::More }
    }

    fn quoted(&mut self, c: char) {
        let State::Quoted { quote, escaped } = &mut self.state else { return };
        if *escaped {
            *escaped = false;
            match c {
                '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u' => self.strict.push(c),
                // The backslash is in `strict` already.
                '\'' => {
                    self.strict.pop();
                    self.strict.push(c);
                }
                // `\d` in a pattern, `\(` in a formula: the backslash was meant as one.
                _ => {
                    self.strict.push('\\');
                    push_escaped(&mut self.strict, c);
                }
            }
        } else if c == '\\' {
            *escaped = true;
            self.strict.push(c);
        } else if c == *quote {
            let quote = *quote;
            if self.strict.len() == self.string + 1 {
                self.state = State::Empty(quote);
            } else {
                self.strict.push('"');
                self.string_done();
            }
        } else {
            push_escaped(&mut self.strict, c);
        }
    }

    /// Takes note of a string that just ended, if it is a key or the name of the outermost object.
    fn string_done(&mut self) {
        self.state = State::Between;
        if !matches!(self.stack.as_slice(), [Frame { brace: true, .. }]) {
            return;
        }
        let Ok(text) = serde_json::from_str::<String>(&self.strict[self.string..]) else { return };
        match self.key.take() {
            None => {
                self.key = Some(text);
                self.members += 1;
            }
            Some(key) if key == "name" && self.members == 1 => self.name = Some(text),
            Some(_) => {}
        }
    }

    /// Mends the bare word that ends before `next`.
    fn word_done(&mut self, next: char) {
        let Some(from) = self.word.take() else { return };
        let json = match &self.strict[from..] {
            // {city: "Rome"}
            key if next == ':' && !key.starts_with(|c: char| c.is_ascii_digit()) => format!("\"{key}\""),
            "True" => "true".to_owned(),
            "False" => "false".to_owned(),
            "None" => "null".to_owned(),
            _ => return,
        };
        self.mended = true;
        self.strict.replace_range(from.., &json);
        if next == ':' {
            self.string = from;
            self.string_done();
        }
    }
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        c => out.push(c),
    }
}

/// The text of a string whose quotation marks are not escaped: as it stands, unless the model escaped
/// the rest all the same.
pub(super) fn unescaped(raw: &str) -> String {
    let escaped = raw.contains("\\\"") || (!raw.contains('\n') && raw.contains("\\n"));
    let decoded = || {
        let mut reader = Reader::new();
        reader.state = State::Quoted { quote: '\0', escaped: false };
        raw.chars().for_each(|c| reader.quoted(c));
        serde_json::from_str(&format!("\"{}\"", reader.strict)).ok()
    };
    escaped.then(decoded).flatten().unwrap_or_else(|| raw.to_owned())
}

/// A value that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoValue {
    /// The reply ended first.
    Cut,
    Bad(String),
}

/// A value, and whether it was mended.
#[derive(Debug)]
pub(super) struct Read {
    pub value: Value,
    pub mended: bool,
}

/// Reads the object or array at the position. `named` is told the value of the member `name` as soon
/// as it is complete, when that is the first member. On failure the position is anywhere behind.
pub(super) async fn read(io: &Io, mut named: impl FnMut(&str)) -> Result<Read, NoValue> {
    let mut reader = Reader::new();
    loop {
        let start = io.position();
        let (mut used, mut fed) = (0, Fed::More);
        io.ahead(|rest| {
            for c in rest.chars() {
                used += c.len_utf8();
                fed = reader.feed(c);
                if fed != Fed::More {
                    break;
                }
            }
        });
        io.seek(start + used);
        if let Some(name) = reader.name.take() {
            named(&name);
        }
        match fed {
            Fed::Done => break,
            Fed::Bad(why) => return Err(NoValue::Bad(why)),
            Fed::More if io.beyond(start + used).await => {}
            Fed::More => return Err(NoValue::Cut),
        }
    }
    if reader.swallow {
        io.eat("}").await;
    }
    let value = serde_json::from_str(&reader.strict).map_err(|e| NoValue::Bad(e.to_string()))?;
    Ok(Read { value, mended: reader.mended })
}

/// Reads the string at the position, quotation marks included.
pub(super) async fn string(io: &Io) -> Result<String, NoValue> {
    let from = io.position();
    io.eat("\"").await;
    loop {
        // An escaped character is passed over in one, so that what is left ends the string.
        match io.until(&["\\\\", "\\\"", "\""], Sink::Nothing).await {
            None => return Err(NoValue::Cut),
            Some(2) => break,
            Some(_) => {}
        }
    }
    serde_json::from_str(&io.since(from)).map_err(|e| NoValue::Bad(e.to_string()))
}

/// Reads `text` as one JSON value, loosely.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return serde_json::from_str(text).ok();
    }
    let mut reader = Reader::new();
    let mut rest = text.chars();
    let done = rest.by_ref().any(|c| reader.feed(c) == Fed::Done);
    let only = rest.as_str();
    let value = || serde_json::from_str(&reader.strict).ok();
    (done && (only.is_empty() || reader.swallow && only == "}")).then(value).flatten()
}
