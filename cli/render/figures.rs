//! What a reader must know of an answer's figures: which are estimates, which nothing supports.

use super::line::first_line;
use polymath_chat::{Figure, FigureStatus};

/// The signs behind figures on a terminal. What a page says or the user gave has none.
fn sign(status: FigureStatus) -> Option<&'static str> {
    match status {
        FigureStatus::Sourced | FigureStatus::Given => None,
        FigureStatus::Computed => Some("⁼"),
        FigureStatus::Imputed | FigureStatus::Extrapolated => Some("≈"),
        FigureStatus::Unverified => Some("(?)"),
    }
}

/// The answer with a sign behind each figure that has one; code stays as it is.
pub fn marked(answer: &str, figures: &[Figure]) -> String {
    let mut code = false;
    let lines = answer.split('\n').map(|line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        if code || fence { line.to_owned() } else { marked_line(line, figures) }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn marked_line(line: &str, figures: &[Figure]) -> String {
    // The longest first: `3` stands in `3.5` too.
    let mut signed: Vec<(&str, &str)> = figures
        .iter()
        .filter_map(|f| Some((f.text.as_str(), sign(f.status)?)))
        .filter(|(t, _)| !t.is_empty())
        .collect();
    signed.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let before = out.chars().next_back();
        let here = |text: &str| rest.strip_prefix(text).is_some_and(|after| stands_alone(before, text, after));
        match signed.iter().find(|(text, _)| here(text)) {
            Some((text, sign)) => {
                out.push_str(text);
                out.push_str(sign);
                rest = &rest[text.len()..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// Whether a figure between these is one, and no part of another or of a word.
fn stands_alone(before: Option<char>, text: &str, after: &str) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric();
    let starts = text.starts_with(joins) && before.is_some_and(|c| joins(c) || matches!(c, '.' | ',' | '['));
    let mut next = after.chars();
    let ends = match (next.next(), next.next()) {
        (Some(c), _) if joins(c) => true,
        (Some('.' | ','), Some(c)) => c.is_ascii_digit(),
        _ => false,
    };
    !starts && !ends
}

/// The figures by status, as lines below the answer. `signs`: they stand in the answer too.
pub fn notes(figures: &[Figure], signs: bool) -> String {
    let named = |wanted: &[FigureStatus]| {
        let mut texts: Vec<String> =
            figures.iter().filter(|f| wanted.contains(&f.status)).map(|f| first_line(&f.text, 60)).collect();
        texts.dedup();
        texts.join(", ")
    };
    let head = |status| sign(status).filter(|_| signs).map_or(String::new(), |sign| format!("{sign} "));
    let mut out = String::new();
    let estimated = named(&[FigureStatus::Imputed, FigureStatus::Extrapolated]);
    if !estimated.is_empty() {
        out.push_str(&format!("\n\n*{}Estimated:* {estimated}", head(FigureStatus::Imputed)));
    }
    let unverified = named(&[FigureStatus::Unverified]);
    if !unverified.is_empty() {
        out.push_str(&format!("\n\n**{}Not found in any source:** {unverified}", head(FigureStatus::Unverified)));
    }
    if signs && figures.iter().any(|f| f.status == FigureStatus::Computed) {
        out.push_str(&format!("\n\n*{}Computed here*", head(FigureStatus::Computed)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, want: &str) {
        let figure = |text: &str, status| Figure { text: text.into(), status, evidence: String::new() };
        let figures = [
            figure("3", FigureStatus::Computed),
            figure("3.5", FigureStatus::Imputed),
            figure("1,200", FigureStatus::Unverified),
            figure("7", FigureStatus::Sourced),
        ];
        assert_eq!(marked(line, &figures), want);
    }

    #[test]
    fn figures_get_their_signs_where_they_stand_alone() {
        check("3 and 3.5, not 33 or 3.55 but 3.", "3⁼ and 3.5≈, not 33 or 3.55 but 3⁼.");
        check("7 of 1,200 (and 11,200), [3] 3x v3", "7 of 1,200(?) (and 11,200), [3] 3x v3");
        check("```\n3\n```\n3", "```\n3\n```\n3⁼");
        check("", "");
    }
}
