//! Which names a program text mentions, outside of its quotations and comments.

/// How a language writes text and comments.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    quotes: &'static [char],
    comment: &'static str,
    /// Whether `f"{x}"` mentions `x`.
    formats: bool,
}

/// A name in double quotes is a name there.
pub const SQL: Language = Language { quotes: &['\''], comment: "--", formats: false };
pub const PYTHON: Language = Language { quotes: &['\'', '"'], comment: "#", formats: true };

/// The words of a program that may be names of tables and variables: not those that are called or belong
/// to something else, as in `sum(…)` and `a.sum`.
pub fn words(code: &str, language: Language) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let in_word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let comment: Vec<char> = language.comment.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        if language.quotes.contains(&c) {
            let filled_in = language.formats
                && matches!(words.last().map(String::as_str), Some("f" | "F"))
                && in_word(at.wrapping_sub(1));
            let long = language.formats && chars[at..].starts_with(&[c; 3]);
            let end: &[char] = if long { &[c; 3] } else { &[c] };
            at += end.len();
            let from = at;
            while at < chars.len() && !chars[at..].starts_with(end) {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            if filled_in {
                words.pop();
                let text: String = chars[from..at.min(chars.len())].iter().collect();
                let pieces = text.split('{').skip(1).filter_map(|piece| piece.split('}').next());
                pieces.for_each(|piece| words.extend(self::words(piece, language)));
            }
            at = (at + end.len()).min(chars.len());
        } else if chars[at..].starts_with(&comment) {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if in_word(at) {
            at += (at..).take_while(|at| in_word(*at)).count();
            let next = chars[at..].iter().find(|c| !c.is_whitespace());
            if next != Some(&'(') && (start == 0 || chars[start - 1] != '.') {
                words.push(chars[start..at].iter().collect());
            }
        } else {
            at += 1;
        }
    }
    words
}

/// Whether it may be the name of a step, a file or a variable: SQL, Python and templates take it.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_and_comments_name_nothing() {
        let sql = words("SELECT \"a b\", c FROM t1 -- not d\nWHERE e = 'f g' AND h = 'it''s i'", SQL);
        assert_eq!(sql, ["SELECT", "a", "b", "c", "FROM", "t1", "WHERE", "e", "AND", "h"]);
        assert_eq!(words("x = df['y'] # z\nprint(\"q\\\"r\", w.v)", PYTHON), ["x", "df", "w"]);
        assert_eq!(words("print(f'{a.b:.1f} c {d}', 'e {g}')", PYTHON), ["a", "d"]);
        assert_eq!(words("f\"\"\"\n{h} \"i\" {j}\"\"\"\n\"\"\"k\"\"\"; '\\", PYTHON), ["h", "j"]);
        assert_eq!(words("SELECT sum (a), b.c FROM 'open", SQL), ["SELECT", "a", "b", "FROM"]);
    }
}
