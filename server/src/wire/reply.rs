//! What of an engine's reply a client gets to see, whatever its protocol.

use polymath_model::engine::{Reply, ReplyStop};

/// The part of `whole` that was not sent. A reply's white space at its ends may be gone from it.
pub fn rest<'a>(whole: &'a str, sent: &str) -> &'a str {
    whole
        .strip_prefix(sent)
        .or_else(|| whole.strip_prefix(sent.trim_start()))
        .or_else(|| whole.strip_prefix(sent.trim()))
        .unwrap_or_default()
}

/// A reply's text. An attempt at a call that could not be read is not lost: it stays what the model
/// wrote, text. One that the limit cut is left out, since what is wrong with it is the limit, and its
/// format is nobody's but the model's or ours: OpenAI shows no such thing either.
pub fn text(reply: &Reply) -> String {
    let mut text = reply.message.content.clone();
    for (raw, _) in reply.malformed.iter().filter(|_| !is_cut(reply)) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(raw.trim());
    }
    text
}

/// Whether the reply did not end by itself. One that repeats itself was cut as well.
pub fn is_cut(reply: &Reply) -> bool {
    matches!(reply.stop, ReplyStop::Length | ReplyStop::Loop | ReplyStop::Cancelled)
}

/// Whether a call stands in the reply, or the beginning of one.
pub fn has_call(reply: &Reply) -> bool {
    !reply.message.calls.is_empty() || !reply.malformed.is_empty()
}

#[cfg(test)]
mod tests {
    use super::rest;

    #[test]
    fn only_what_was_not_sent_is_left() {
        assert_eq!(rest("whole", ""), "whole");
        assert_eq!(rest("a b", "a "), "b");
        assert_eq!(rest("a b", " a"), " b");
        assert_eq!(rest("a b", "\n a b \n"), "");
        assert_eq!(rest("a b\n<call", " a b"), "\n<call");
        assert_eq!(rest("另一个", "another"), "");
    }
}
