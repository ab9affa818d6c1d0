//! Questions that ask for two things at once, in other languages than English, where the planner sees the first
//! one only: "Wie hoch ist er, und wer hat ihn gebaut?"

use super::Step;
use super::signs::{PERCENT, says, words, years};
use crate::guide::named;
use crate::language::Language;
use crate::notebook::{Chat, fact_name};

/// Words for "and", with spaces.
const AND: &[&str] = &[" und ", " et ", " y ", " e ", "? Und ", " ? Et ", "? Et ", "? ¿Y ", "? ¿y ", "? "];
/// Words that a question begins with, and those that may stand before them.
const ASKING: &[&str] = &[
    "wie",
    "welchem",
    "welchen",
    "wer",
    "wann",
    "wo",
    "was",
    "welche",
    "welcher",
    "welches",
    "wieviel",
    "wieviele",
    "warum",
    "wem",
    "wen",
    "qui",
    "quand",
    "où",
    "combien",
    "quel",
    "quelle",
    "quels",
    "quelles",
    "lequel",
    "laquelle",
    "lesquels",
    "lesquelles",
    "comment",
    "pourquoi",
    "quién",
    "quiénes",
    "cuándo",
    "dónde",
    "cuánto",
    "cuánta",
    "cuántos",
    "cuántas",
    "qué",
    "cuál",
    "cuáles",
    "cómo",
];
const BEFORE: &[&str] = &[
    "um", "in", "an", "am", "auf", "mit", "bei", "von", "seit", "aus", "con", "avec", "sur", "à", "a", "de", "d", "en",
    "depuis", "par", "desde", "por",
];
/// Words for the year before.
const YEAR_BEFORE: &[&str] = &["jahr davor", "vorjahr", "année précédente", "an dernier", "año anterior"];

/// The plan of a question with a second one behind "and": each is looked up, the second one about what the first
/// one names.
pub fn parts(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    if matches!(Language::of(request), Language::English) {
        return None;
    }
    let (first, second) = split(request)?;
    // Of two things it is not known which one the second question is about.
    let subject = <[String; 1]>::try_from(named::names_said(first)).ok().map(|[one]| one);
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let what = |part: &str| part.trim_matches(['?', '？', '¿', '.', ',', ' ']).to_owned();
    let mut steps = vec![Step::Find { name: name(0), what: what(first) }];
    let small = second.to_lowercase();
    if says(&small, PERCENT) || small.contains('%') {
        let [year] = <[String; 1]>::try_from(years(first)).ok()?;
        let earlier = (year.parse::<u32>().ok()? - 1).to_string();
        if !says(&small, YEAR_BEFORE) {
            return None;
        }
        steps.push(Step::Find { name: name(1), what: what(&first.replace(&year, &earlier)) });
        let expression = format!("({0} - {1}) / {1} in percent", name(0), name(1));
        steps.push(Step::Calc { name: name(2), expression });
        return Some(steps);
    }
    let second = what(second);
    // "Et pourquoi?" asks that of what was said before.
    if words(&small).count() == 1 {
        let rest: Vec<&str> = first.split(' ').skip_while(|w| is_asking(w)).collect();
        steps.push(Step::Find { name: name(1), what: what(&format!("{second} {}", rest.join(" "))) });
        return Some(steps);
    }
    let own = named::names_said(request).iter().any(|name| second.contains(name.as_str()));
    // Without a name it is about all that the first one says.
    let about = || {
        let rest: Vec<&str> = first.split(' ').skip_while(|w| is_asking(w)).skip(1).collect();
        what(&rest.join(" "))
    };
    let what = if own { second } else { format!("{second} ({})", subject.unwrap_or_else(about)) };
    steps.push(Step::Find { name: name(1), what });
    Some(steps)
}

fn is_asking(word: &str) -> bool {
    let word = word.trim_matches(['¿', ',']).to_lowercase();
    ASKING.contains(&word.as_str()) || BEFORE.contains(&word.as_str())
}

/// The two questions.
fn split(request: &str) -> Option<(&str, &str)> {
    let asks = |text: &str| {
        let small = text.to_lowercase();
        words(&small).find(|word| !BEFORE.contains(word)).is_some_and(|word| ASKING.contains(&word))
    };
    AND.iter().find_map(|and| {
        let mut places = request.match_indices(and).map(|(at, _)| (&request[..at], &request[at + and.len()..]));
        places.find(|(first, second)| asks(first) && asks(second))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, want: Option<&str>) {
        let told = |steps: Vec<Step>| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert_eq!(parts(request, &Chat::new("c")).map(told).as_deref(), want);
    }

    #[test]
    fn both_questions_are_looked_up() {
        check(
            "Wie hoch ist der Fernsehturm Varn, und wer hat ihn gebaut?",
            Some("a = find(Wie hoch ist der Fernsehturm Varn); b = find(wer hat ihn gebaut (Fernsehturm Varn))"),
        );
        check(
            "¿Cuándo se abrió el museo de Sund y cuántas salas tiene?",
            Some("a = find(Cuándo se abrió el museo de Sund); b = find(cuántas salas tiene (Sund))"),
        );
        check(
            "Depuis quand le canal de Sund est-il fermé, et pourquoi ?",
            Some(
                "a = find(Depuis quand le canal de Sund est-il fermé); b = find(pourquoi le canal de Sund est-il fermé)",
            ),
        );
        check(
            "Wie lang ist die Seilbahn auf den Varn und an welchem Tag ging sie in Betrieb?",
            Some(
                "a = find(Wie lang ist die Seilbahn auf den Varn); b = find(an welchem Tag ging sie in Betrieb (ist die Seilbahn auf den Varn))",
            ),
        );
        check("Wie heißen der Turm und die Brücke in Varn?", None);
        check("How high is the Varn Tower and who built it?", None);
    }

    #[test]
    fn the_year_before_is_looked_up_too() {
        check(
            "Wie viele Gäste hatte das Bad Varn 2021 und um wie viel Prozent war das mehr als im Jahr davor?",
            Some(
                "a = find(Wie viele Gäste hatte das Bad Varn 2021); b = find(Wie viele Gäste hatte das Bad Varn 2020); c = calc((a - b) / b in percent)",
            ),
        );
    }
}
