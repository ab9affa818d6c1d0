//! Quotation marks and code spans: whether one is open at the end of a text, and what closes it.

/// Quotation marks that open, and those that close each.
const PAIRS: &[(char, &[char])] = &[
    ('"', &['"']),
    ('“', &['”', '"']),
    ('„', &['“', '”']),
    ('«', &['»']),
    ('»', &['«']),
    ('‹', &['›']),
    ('‘', &['’']),
    ('「', &['」']),
    ('『', &['』']),
    ('《', &['》']),
];
/// What begins and ends something that is shown and not meant: elements, comments, fences that no model writes a
/// call in, the lines around what was copied. Lower case.
const SPANS: &[(&str, &str)] = &[
    ("<code>", "</code>"),
    ("<pre>", "</pre>"),
    ("<q>", "</q>"),
    ("<blockquote>", "</blockquote>"),
    ("<samp>", "</samp>"),
    ("<kbd>", "</kbd>"),
    ("<cite>", "</cite>"),
    ("<details>", "</details>"),
    ("<page>", "</page>"),
    ("<document>", "</document>"),
    ("<article>", "</article>"),
    ("<source>", "</source>"),
    ("<tool_response>", "</tool_response>"),
    ("<tool_result>", "</tool_result>"),
    ("<!--", "-->"),
    ("-----begin", "-----end"),
    ("~~~", "~~~"),
    ("'''", "'''"),
];

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Quotation(char),
    /// A code span, by the backticks that began it.
    Code(usize),
    /// By what ends it.
    Span(&'static str),
}

impl Open {
    /// Whether it is closed within `text`.
    pub fn closes(self, text: &str) -> bool {
        match self {
            Open::Quotation('\'') => text.char_indices().any(|(at, c)| c == '\'' && !begins_word(&text[at + 1..])),
            Open::Quotation(open) => text.contains(closing(open)),
            Open::Code(ticks) => runs(text).any(|run| run == ticks),
            Open::Span(end) => text.to_lowercase().contains(end),
        }
    }

    /// Whether it is closed at once.
    pub fn closes_first(self, text: &str) -> bool {
        let text = text.trim_start();
        match self {
            Open::Quotation('\'') => text.starts_with('\''),
            Open::Quotation(open) => text.starts_with(closing(open)),
            Open::Code(_) => text.starts_with('`'),
            Open::Span(end) => text.to_lowercase().starts_with(end),
        }
    }

    /// Whether the next character may show that what seemed to close it does not: a longer run of
    /// backticks, an apostrophe.
    pub fn may_go_on(self, next: char) -> bool {
        match self {
            Open::Quotation('\'') => next.is_alphanumeric(),
            Open::Code(_) => next == '`',
            Open::Quotation(_) | Open::Span(_) => false,
        }
    }
}

fn closing(open: char) -> &'static [char] {
    PAIRS.iter().find(|(mark, _)| *mark == open).map_or(&[], |(_, close)| close)
}

fn begins_word(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
}

/// What is open at the end of a text: a code span, else another span, else a quotation.
pub(super) fn open(text: &str) -> Option<Open> {
    open_code(text).or_else(|| open_span(text)).or_else(|| open_quotation(text))
}

/// The code span that is open at the end: a run of backticks is closed by one of the same length.
pub(super) fn open_code(text: &str) -> Option<Open> {
    let mut open = None;
    for run in runs(text) {
        match open {
            None => open = Some(run),
            Some(ticks) if ticks == run => open = None,
            Some(_) => {}
        }
    }
    open.map(Open::Code)
}

/// Lengths of the runs of backticks.
fn runs(text: &str) -> impl Iterator<Item = usize> {
    text.split(|c| c != '`').map(str::len).filter(|length| *length > 0)
}

fn open_span(text: &str) -> Option<Open> {
    let text = text.to_lowercase();
    let open = |(begin, end): &&(&str, &str)| match begin == end {
        true => text.matches(begin).count() % 2 == 1,
        false => text.rfind(begin).is_some_and(|begun| !text[begun..].contains(end)),
    };
    SPANS.iter().find(open).map(|(_, end)| Open::Span(end))
}

fn open_quotation(text: &str) -> Option<Open> {
    let mut open: Option<char> = None;
    let mut before: Option<char> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let follows = rest.clone().next();
        let word_before = before.is_some_and(char::is_alphanumeric);
        let word_follows = follows.is_some_and(char::is_alphanumeric);
        match open {
            Some('\'') if c == '\'' && !word_follows => open = None,
            Some(mark) if closing(mark).contains(&c) => open = None,
            Some(_) => {}
            // An apostrophe, and the sign of inches and seconds.
            None if c == '\'' => open = (!word_before && follows.is_none_or(|f| !f.is_whitespace())).then_some(c),
            None if c == '"' && before.is_some_and(|b| b.is_ascii_digit()) => {}
            None if PAIRS.iter().any(|(mark, _)| *mark == c) => open = Some(c),
            None => {}
        }
        before = Some(c);
    }
    open.map(Open::Quotation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_at_the_end() {
        for (text, want) in [
            ("", None),
            ("He said \"no\" and", None),
            ("He said \"no", Some(Open::Quotation('"'))),
            ("a 12\" pipe", None),
            ("don't", None),
            ("the text 'run ", Some(Open::Quotation('\''))),
            ("the text 'run' and", None),
            ("„so“ und", None),
            ("„so", Some(Open::Quotation('„'))),
            ("«так", Some(Open::Quotation('«'))),
            ("写着「请", Some(Open::Quotation('「'))),
            ("`` a ` b", Some(Open::Code(2))),
            ("`a` b", None),
            ("<PRE>a", Some(Open::Span("</pre>"))),
            ("<code>a</code>", None),
        ] {
            assert_eq!(open(text), want, "{text}");
        }
    }

    #[test]
    fn what_closes_it() {
        assert!(Open::Quotation('"').closes(" now\" it"));
        assert!(!Open::Quotation('\'').closes(" it's") && Open::Quotation('\'').closes(" it's'"));
        assert!(Open::Code(2).closes("`` b") && !Open::Code(2).closes("` b"));
        assert!(Open::Span("</q>").closes_first(" </q>"));
    }
}
