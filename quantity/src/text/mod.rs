//! What every reader of text needs: scripts without spaces, words that say nothing, sentences.

mod sentences;

pub use sentences::sentences;

/// Characters of scripts written without spaces, and of Korean, whose words are too long to be
/// looked for as wholes.
pub fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x3005..=0x3007 | 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Words that say nothing about what a text is about, in lower case and in order.
const STOP_WORDS: &[&str] = &[
    "a", "about", "an", "and", "are", "as", "at", "be", "by", "can", "did", "do", "does", "for", "from", "had", "has",
    "have", "how", "i", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "s", "that", "the", "their",
    "them", "this", "to", "was", "were", "what", "when", "where", "which", "who", "why", "will", "with", "you", "your",
];

/// Whether a lower-case word says nothing alone.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// The words a text is found by: lower-case words and numbers, pairs of CJK characters.
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut word = String::new();
    let mut last_cjk: Option<char> = None;
    for c in text.chars().chain([' ']) {
        if is_cjk(c) {
            if let Some(before) = last_cjk {
                terms.push([before, c].iter().collect());
            }
            last_cjk = Some(c);
        } else {
            last_cjk = None;
        }
        if c.is_alphanumeric() && !is_cjk(c) {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            let word = std::mem::take(&mut word);
            terms.extend((!is_stop_word(&word)).then(|| stem(&word)));
        }
    }
    terms
}

/// Plural and singular are one word here; that is all the stemming that is safe without a language.
fn stem(word: &str) -> String {
    let plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && word.is_ascii();
    if plural { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP_WORDS.is_sorted(), "binary search needs them in order");
        assert!(is_stop_word("the") && is_stop_word("a") && is_stop_word("your") && !is_stop_word("harbour"));
    }

    #[test]
    fn terms_cover_words_numbers_and_chinese() {
        assert_eq!(terms("The Rounds of 2021: 上海人口"), ["round", "2021", "上海", "海人", "人口"]);
    }

    #[test]
    fn scripts() {
        assert!("中あア가々".chars().all(is_cjk));
        assert!(!"aé9。、 ".chars().any(is_cjk));
    }
}
