//! Text of models, pages, programs and files as a terminal may show it.

/// Whether a terminal does something at this character instead of showing it: moves its cursor, retitles
/// itself, turns the direction of writing, or shows nothing.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Running text without the characters that a terminal obeys or hides; line breaks and tabs stay.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c) || matches!(c, '\n' | '\t')).collect()
}

/// A name in one line, with such characters written out, as in `a\u{1b}b`.
pub fn escaped(text: &str) -> String {
    let write = |c: char| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(write).collect()
}

/// JSON with such characters as escapes, which are the same JSON.
pub fn json(text: &str) -> String {
    let write = |c: char| if is_hidden(c) && c != '\n' { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    match text.chars().any(is_hidden) {
        true => text.chars().map(write).collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        let text = "a\u{1b}]0;title\u{7}b\u{9b}31m\r\n\tc\u{202e}d\u{200b}";
        assert_eq!(clean(text), "a]0;titleb31m\n\tcd");
        // Marks of Arabic, deprecated ones, annotations and tags.
        assert_eq!(clean("a\u{61c}b\u{206b}c\u{fff9}d\u{e0041}e\u{180e}f"), "abcdef");
        assert_eq!(json("{\"a\":\"\u{9b}\u{7f}ä\"}\n"), "{\"a\":\"\\u009b\\u007fä\"}\n");
        assert_eq!(escaped("a\u{1b}\n\u{202e}ä"), "a\\u{1b}\\u{a}\\u{202e}ä");
    }
}
