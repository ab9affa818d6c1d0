//! The day that a page is of: of pages that contradict each other the later one holds.

use polymath_chat::{Provenance, Source};
use polymath_quantity::{Date, figures};

/// Lines from the top of a page that may give its day, and words of such a line.
const LINES: usize = 5;
const WORDS: usize = 8;
/// Characters of a line that speaks of a page's publication.
const SHORT: usize = 90;

/// The day that a page says it is of, as it is written there, and so that days can be compared: in a line that speaks of its
/// publication, or a short one below its title.
pub fn day_of(source: &Source) -> Option<(String, Date)> {
    const SAYING: &[&str] = &[
        "published",
        "updated",
        "last edited",
        "last changed",
        "posted",
        "veröffentlicht",
        "stand:",
        "aktualisiert",
        "publié",
        "mis à jour",
        "publicado",
        "actualizado",
        "发布",
        "更新",
    ];
    let is_title = |line: &str| line.starts_with('#') || line.trim() == source.title;
    let days = |line: &str| {
        let mut full = figures(line).into_iter().filter_map(|f| Some((f.text.clone(), f.date?)));
        full.find(|(_, date)| date.to_string().len() == 10)
    };
    let says = |line: &&str| {
        let small = line.to_lowercase();
        line.chars().count() <= SHORT && SAYING.iter().any(|word| small.contains(word))
    };
    let said = source.text.lines().filter(says).find_map(days);
    // A paper's name and the day; no sentence, no row and no field of what the page is about.
    let is_head = |line: &&str| {
        let bare = line.trim().trim_matches(['*', '_']);
        bare.split_whitespace().count() <= WORDS && !bare.ends_with('.') && !bare.contains([':', '|'])
    };
    let top = source.text.lines().filter(|line| !line.trim().is_empty() && !is_title(line)).take(LINES);
    said.or_else(|| top.filter(is_head).find_map(days))
}

/// The day of the page that something was taken from.
pub fn day_of_page(provenance: &Provenance, sources: &[Source]) -> Option<(String, Date)> {
    let Provenance::Sourced { url, .. } = provenance else { return None };
    sources.iter().find(|source| source.url == *url).and_then(day_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_day_at_its_top_or_says_it() {
        let day = |text: &str| {
            let source = Source { url: "u".into(), title: "The flood of 1 May 2020".into(), text: text.into() };
            day_of(&source).map(|(text, date)| (text, date.to_string()))
        };
        let is = |text: &str, iso: &str| Some((text.to_owned(), iso.to_owned()));
        let title = "# The flood of 1 May 2020";
        assert_eq!(
            day(&format!("{title}\n*Ost Courier, 19 August 2022*\nWater came.")),
            is("19 August 2022", "2022-08-19")
        );
        let long = "Water came on 2 May 2020 and stood in the streets of the lower town for eleven days, as long as never before.";
        assert_eq!(day(&format!("{title}\n{long}\nLast edited 3 June 2021")), is("3 June 2021", "2021-06-03"));
        assert_eq!(day(&format!("{title}\n{long}")), None);
        assert_eq!(
            day(&format!("{title}\nThe bridge fell on 2 May 2020.\nOpened | 3 May 1902\nOpened: 3 May 1902")),
            None
        );
    }
}
