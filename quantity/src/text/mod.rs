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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP_WORDS.is_sorted(), "binary search needs them in order");
        assert!(is_stop_word("the") && is_stop_word("a") && is_stop_word("your") && !is_stop_word("harbour"));
    }

    #[test]
    fn scripts() {
        assert!("中あア가々".chars().all(is_cjk));
        assert!(!"aé9。、 ".chars().any(is_cjk));
    }
}
