//! Whether a line says what was taken out of it: of this thing, and in this sense. A small model that is to copy an
//! answer copies the likeliest piece there is; asked whether a line says it, the same model tells well that the
//! running costs are not what the building cost. Of 32 values that had been told, labelled by hand, it refused the 12
//! wrong ones and 2 of the 20 right ones. The examples were written after these were seen, so a blind figure is still
//! to be measured.

use super::dated::day_of;
use crate::evidence::{Passage, clip, labelled};
use crate::guide::named::names_said;
use crate::guide::plan::{said, years};
use crate::lead::Turn;
use crate::notebook::Fact;
use crate::prompts::TOLD;
use polymath_chat::{Constraint, Provenance};

/// Whether the line that a fact was taken from says it; what stands on no page is as it was given.
pub async fn is_told_by_its_line(turn: &mut Turn<'_>, fact: &Fact) -> anyhow::Result<bool> {
    let Provenance::Sourced { url, quote, .. } = &fact.provenance else { return Ok(true) };
    let Some(at) = turn.chat.sources.iter().position(|source| source.url == *url) else { return Ok(true) };
    let line = turn.chat.sources[at].text.lines().position(|line| line.contains(quote.as_str())).unwrap_or_default();
    let passage = Passage { n: at + 1, line, text: quote.clone() };
    is_told(turn, &fact.about, &fact.text, &passage).await
}

/// Whether the passage says that `value` is `what`.
pub async fn is_told(turn: &mut Turn<'_>, what: &str, value: &str, passage: &Passage) -> anyhow::Result<bool> {
    let sources = &turn.chat.sources;
    if is_height_in_brackets(what, value, &passage.text) {
        return Ok(true);
    }
    let title = sources.get(passage.n - 1).map_or("", |s| s.title.as_str());
    let line = labelled(passage, sources).unwrap_or_else(|| passage.text.clone()).replace("**", "");
    // The year that is asked about may be its page's.
    let unsaid = years(what).iter().any(|year| !format!("{title} {line}").contains(year.as_str()));
    let day = sources.get(passage.n - 1).filter(|_| unsaid).and_then(day_of);
    let day = day.filter(|(_, date)| years(what).iter().any(|year| date.to_string().starts_with(year.as_str())));
    let day = day.map_or(String::new(), |(text, _)| format!(", {text}"));
    let prompt =
        format!("Page: {}{day}\nLine: {}\nQuestion: {what}\nAnswer: {value}", clip(title, 80), clip(&line, 600));
    let said = turn.complete(TOLD.ask(prompt, 4).constrained(Constraint::yes_or_no())).await?;
    tracing::debug!("told {what:?} = {value:?}: {said}");
    Ok(said == "yes")
}

/// Whether a line has a mountain's height as such lines do: "on Mount Chib (2,415 m)". The model does not see it there.
fn is_height_in_brackets(what: &str, value: &str, line: &str) -> bool {
    const HEIGHT: &[&str] = &[
        "height",
        "high",
        "tall",
        "altitude",
        "elevation",
        "höhe",
        "hoch",
        "hauteur",
        "altura",
        "alto",
        "alta",
        "altitud",
    ];
    let line = line.replace("**", "");
    said(&what.to_lowercase(), HEIGHT)
        && [" m", " ft", " metres", " feet"].iter().any(|unit| value.ends_with(unit))
        && names_said(what).iter().any(|name| line.contains(&format!("{name} ({value})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mountains_height_stands_in_brackets_behind_its_name() {
        let line = "It rises on **Mount Chib** (2,415 m) and is 80 km long (3 m wide).";
        let told = |what: &str, value: &str| is_height_in_brackets(what, value, line);
        assert!(told("how high is Mount Chib", "2,415 m"));
        assert!(!told("length of Mount Chib", "2,415 m") && !told("height of Mount Chib", "3 m"));
        assert!(!told("height of Mount Vell", "2,415 m"));
    }
}
