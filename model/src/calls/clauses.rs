//! What a request asks for, one thing at a time. Asked about the whole, a small model is sure of one function
//! and less sure of the others; asked about a part, it need not choose.

/// Parts that are looked at, at most.
const MOST: usize = 4;
/// Words of a part, at least.
const WORDS: usize = 3;

/// The request's sentences, cut where something more is asked for; none where there is only one part.
pub fn clauses(request: &str) -> Vec<&str> {
    const MARKS: [&str; 18] = [
        ". ",
        "? ",
        "! ",
        "\n",
        "; ",
        ", and then ",
        " and then ",
        ", and ",
        " and ",
        ", then ",
        " then ",
        " also ",
        ", plus ",
        " und ",
        " et ",
        " y ",
        "。",
        "？",
    ];
    let mut parts = vec![request];
    for mark in MARKS {
        parts = parts.into_iter().flat_map(|part| part.split(mark)).collect();
    }
    let trimmed = parts.into_iter().map(|part| part.trim_matches(|c: char| c.is_whitespace() || ".,;?!".contains(c)));
    let words = |part: &&str| part.split_whitespace().count() >= WORDS || !part.is_ascii() && part.chars().count() > 5;
    let parts: Vec<&str> = trimmed.filter(words).take(MOST).collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_cut_where_something_more_is_asked_for() {
        assert_eq!(
            clauses("What is the weather in Rome? Also send it to Jo, and then book a table for two."),
            ["What is the weather in Rome", "Also send it to Jo", "book a table for two"]
        );
        assert!(clauses("What is the weather in Rome and Oslo?").is_empty());
        assert!(clauses("Convert 30 metres into feet").is_empty());
    }
}
