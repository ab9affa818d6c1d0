//! Which village, which town: where a line says "the village of Dunmarrow", that is the one.

use crate::guide::named::names;
use crate::guide::plan::words;

/// Kinds of places with the word between them and a name.
const KINDS: &[(&str, &[&str])] = &[
    (
        "of",
        &[
            "village", "town", "city", "hamlet", "county", "district", "province", "state", "island", "parish",
            "suburb", "port",
        ],
    ),
    ("", &["dorf", "stadt", "gemeinde", "insel", "bezirk", "landkreis"]),
    ("de", &["village", "ville", "commune", "île", "province", "pueblo", "ciudad", "isla", "provincia", "aldea"]),
];

/// The place of the kind that is asked for, as the line names it; `None` where the value is that already, or no kind is asked
/// for or named.
pub fn of_the_kind(what: &str, value: &str, line: &str) -> Option<String> {
    const WHICH: &[&str] = &[
        "which", "what", "wich", "welchem", "welcher", "welche", "welches", "quel", "quelle", "qué", "cuál", "the",
        "name",
    ];
    let (asked, small) = (what.to_lowercase(), line.to_lowercase());
    if small.len() != line.len() || value.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let asked: Vec<&str> = words(&asked).collect();
    // "The village of the dairy" asks for it, "the mayor of the village" does not.
    let asks = |kind: &str| {
        let at = asked.iter().position(|word| *word == kind);
        at.is_some_and(|at| at == 0 || WHICH.contains(&asked[at - 1]) && (at < 3 || asked[at - 1] != "the"))
    };
    KINDS.iter().find_map(|(of, kinds)| {
        let kind = kinds.iter().find(|kind| asks(kind))?;
        let said = if of.is_empty() { format!("{kind} ") } else { format!("{kind} {of} ") };
        let at =
            small.match_indices(&said).map(|(at, _)| at).find(|at| !small[..*at].ends_with(char::is_alphanumeric))?;
        let behind = &line[at + said.len()..];
        // A name at the beginning of a text counts with a word before it only.
        let name = names(&format!("- {behind}")).into_iter().next().filter(|name| behind.starts_with(name.as_str()))?;
        (!value.contains(name.as_str()) && !name.contains(value)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_village_is_what_the_line_calls_one() {
        let line = "Brill Creamery is a small dairy in the old schoolhouse of the village of Dunmarrow, six km from the town of Stell.";
        let place = |what: &str, value: &str| of_the_kind(what, value, line);
        assert_eq!(place("in which village is the dairy", "Brill Creamery").as_deref(), Some("Dunmarrow"));
        assert_eq!(place("in which village is the dairy", "Dunmarrow"), None);
        assert_eq!(place("in which county is the dairy", "Brill Creamery"), None);
        assert_eq!(place("who is mayor of the village", "Ann Bo"), None);
        assert_eq!(place("in which village is the dairy", "1996"), None);
        let german = "Die Käserei steht im Dorf Olm an der Sund.";
        assert_eq!(of_the_kind("in welchem Dorf steht die Käserei", "Käserei", german).as_deref(), Some("Olm"));
    }
}
