//! Questions that ask for two things at once, where the planner sees one of them only: "Wie hoch ist er, und wer
//! hat ihn gebaut?" In other languages than English it nearly always does.

use super::Step;
use super::signs::{PERCENT, asks_how_much_more, says, words, years};
use crate::evidence::terms;
use crate::guide::{named, roles};
use crate::language::Language;
use crate::notebook::{Chat, fact_name};
use polymath_chat::Cell;

/// Words for "and", with spaces.
const AND: &[&str] = &[" and ", " und ", " et ", " y ", " e ", "? Und ", " ? Et ", "? Et ", "? ¿Y ", "? ¿y ", "? "];
/// Words that a question begins with, and those that may stand before them.
const ASKING: &[&str] = &[
    "what",
    "whats",
    "wich",
    "when",
    "who",
    "whom",
    "whose",
    "where",
    "which",
    "how",
    "why",
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
    "by", "at", "on", "from", "to", "since", "for", "of", "with", "um", "in", "an", "am", "auf", "mit", "bei", "von",
    "seit", "aus", "für", "zu", "nach", "ab", "bis", "über", "con", "avec", "pour", "dans", "para", "sur", "à", "a",
    "de", "d", "en", "depuis", "par", "desde", "por",
];
/// Words beside the asking one in a question that says nothing more: "and how many was that?"
const BARE: &[&str] = &[
    "many", "much", "year", "day", "date", "month", "time", "jahr", "tag", "année", "jour", "año", "día", "was",
    "were", "is", "are", "it", "that", "there", "viel", "viele", "waren", "war", "es", "das", "cuántos", "fue",
    "fueron", "c'était",
];
/// Words for the year before.
const YEAR_BEFORE: &[&str] = &["jahr davor", "vorjahr", "année précédente", "an dernier", "año anterior"];

/// The plan of a question with a second one behind "and": each is looked up, the second one about what the first
/// one names.
pub fn parts(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    if matches!(Language::of(request), Language::English) || is_of_a_table(request, chat) {
        return None;
    }
    if request.contains('？') {
        return chinese(request, chat);
    }
    let (first, second) = split(request)?;
    // Of two things it is not known which one the second question is about.
    let subject = subject_of(first);
    let name = |i: usize| fact_name(chat.facts.len() + i);
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
    let about = second_about(&second, first, subject);
    steps.push(Step::Find { name: name(1), what: about });
    Some(steps)
}

/// Whether a question is about a table that is at hand: it names one of its rows, or no page was opened yet.
fn is_of_a_table(request: &str, chat: &Chat) -> bool {
    let asked: Vec<&str> = words(request).collect();
    let is_named = |text: &str| {
        let own: Vec<&str> = words(text).collect();
        text.chars().count() > 2 && !own.is_empty() && asked.windows(own.len()).any(|window| window == own)
    };
    let worded = |cell: &Cell| cell.number.is_none() && cell.date.is_none();
    let cells = || chat.tables.iter().flat_map(|table| table.rows.iter().flatten()).filter(|cell| worded(cell));
    !chat.tables.is_empty()
        && (chat.sources.is_empty() || cells().filter_map(|cell| cell.text.as_deref()).any(is_named))
}

/// The same of a Chinese question: "2023年有多少游客？比2019年多了多少人？"
fn chinese(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const ASKING: [&str; 10] = ["多少", "几", "谁", "哪", "什么", "何时", "多高", "多长", "多大", "多久"];
    let asks = |text: &str| ASKING.iter().any(|word| text.contains(word));
    let trimmed = request.trim_end_matches('？');
    // "重多少公斤，什么时候被发现的？"
    let comma = || trimmed.split_once('，').filter(|(first, second)| asks(first) && asks(second));
    let (first, second) = trimmed.split_once(['？', '?']).or_else(comma)?;
    if !asks(first) || !asks(second) || second.contains(['？', '?']) {
        return None;
    }
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let mut steps = vec![Step::Find { name: name(0), what: what(first) }];
    match (years(first).as_slice(), years(second).as_slice()) {
        // More, or fewer, than in another year.
        ([year], [other]) if second.contains('比') => {
            steps.push(Step::Find { name: name(1), what: what(&first.replace(year, other)) });
            let (a, b) = (name(0), name(1));
            let percent = second.contains("百分") || second.contains('%');
            let expression = if percent { format!("({a} - {b}) / {b} in percent") } else { format!("{a} - {b}") };
            steps.push(Step::Calc { name: name(2), expression });
        }
        _ if second.contains('比') => return None,
        _ => {
            let about = subject_of(first).unwrap_or_else(|| before_the_year(first));
            let own = second.contains(about.as_str());
            let second = second.trim_start_matches(['它', '他', '她', '其']);
            steps.push(Step::Find {
                name: name(1),
                what: if own { second.to_owned() } else { format!("{about}{second}") },
            });
        }
    }
    Some(steps)
}

/// What a Chinese question begins with: the thing that it is about, before a year or 的.
fn before_the_year(question: &str) -> String {
    // Names are longer than one sign: 长城 is no length.
    const SHORTEST: usize = 2;
    let question = question.trim_start_matches("请问");
    let ends = |(i, c): (usize, char)| {
        c == '的'
            || c.is_ascii_digit()
            || i >= SHORTEST && ['重', '高', '长', '深', '有', '多', '是', '在'].contains(&c)
    };
    let end = question.chars().enumerate().position(ends).unwrap_or(question.chars().count());
    question.chars().take(end).collect()
}

/// A plan's one look-up with that of the half of an English question that it leaves out: "When was it opened, and who
/// opened it?"
pub fn with_the_other(steps: Vec<Step>, request: &str, chat: &Chat) -> Vec<Step> {
    let mut steps = steps;
    if let [Step::Find { .. }, Step::Find { what, .. }] = steps.as_mut_slice() {
        in_what_year(what, request);
        return steps;
    }
    let [Step::Find { what: known, .. }] = steps.as_slice() else { return steps };
    let Some([first, second]) = halves(request) else { return steps };
    let likeness = |half: &str| {
        let words: Vec<String> = terms(half);
        let same = terms(known).iter().filter(|term| words.contains(term)).count();
        (same_kind(half, known), same)
    };
    let name = fact_name(chat.facts.len() + 1);
    let what = if likeness(&second) > likeness(&first) { first } else { second };
    steps.push(Step::Find { name, what });
    steps
}

/// "Who started it and in what year?" asks for the year of starting it, and not for any year of it.
fn in_what_year(what: &mut String, request: &str) {
    let Some([_, second]) = halves(request) else { return };
    let times = ["year", "date", "day", "month", "time", "when"];
    let names: Vec<String> = named::names_said(request).iter().flat_map(|name| terms(name)).collect();
    let of_any_time = terms(what).iter().all(|term| times.contains(&term.as_str()) || names.contains(term));
    let of_its_own = terms(&second).iter().any(|term| !times.contains(&term.as_str()) && !names.contains(term));
    if of_any_time && of_its_own && says(&what.to_lowercase(), &times) && says(&second.to_lowercase(), &times) {
        *what = second;
    }
}

/// The two halves of an English question that asks for two things at once, the second one with what it is about.
pub fn halves(request: &str) -> Option<[String; 2]> {
    let (first, second) = split(request).filter(|_| Language::of(request) == Language::English)?;
    let small = second.to_lowercase();
    // "and by how much?" asks nothing that could be looked up.
    if asks_how_much_more(&small) || says(&small, PERCENT) || says(&small, &["by how", "by what"]) {
        return None;
    }
    Some([what(first), second_about(&what(second), first, subject_of(first))])
}

/// Whether a look-up and a question are both of somebody, or both of a day or a year.
fn same_kind(half: &str, what: &str) -> bool {
    let small = half.to_lowercase();
    let asks = |word: &str| words(&small).any(|own| own == word);
    let known = what.to_lowercase();
    let dated = says(&known, &["when", "year", "date", "day"]);
    let person = roles::is_of_person(&known) || says(&known, &["who", "by whom"]);
    asks("when") && dated || asks("who") && person
}

fn what(part: &str) -> String {
    part.trim_matches(['?', '？', '¿', '.', ',', ' ']).to_owned()
}

/// The one thing that a question names.
fn subject_of(first: &str) -> Option<String> {
    <[String; 1]>::try_from(named::names_said(first)).ok().map(|[one]| one)
}

/// The second question, with what it is about: of the first one's subject, or of all that the first one says.
fn second_about(second: &str, first: &str, subject: Option<String>) -> String {
    let rest = |asking: usize| {
        let rest: Vec<&str> = first.split(' ').skip_while(|w| is_asking(w)).skip(asking).collect();
        what(&rest.join(" "))
    };
    // "Et pourquoi?", "and how many?" ask that of what was said before.
    let bare = |word: &str| is_asking(word) || BARE.contains(&word.to_lowercase().as_str());
    if words(second).all(bare) {
        return format!("{second} {}", rest(0));
    }
    let own = named::names_said(&format!("{first}, {second}")).iter().any(|name| second.contains(name.as_str()));
    if own { second.to_owned() } else { format!("{second} ({})", subject.unwrap_or_else(|| rest(1))) }
}

fn is_asking(word: &str) -> bool {
    let word = word.trim_matches(['¿', ',']).to_lowercase();
    ASKING.contains(&word.as_str()) || BEFORE.contains(&word.as_str())
}

/// Whether a text begins like a question.
pub fn opens(text: &str) -> bool {
    const AND: &[&str] = &["and", "und", "et", "y", "so", "also"];
    let small = text.to_lowercase();
    let first = words(&small).find(|word| !BEFORE.contains(word) && !AND.contains(word));
    first.is_some_and(|word| ASKING.contains(&word))
}

/// The two questions.
pub fn split(request: &str) -> Option<(&str, &str)> {
    // "Nibwell 40: was wiegt sie": what it is about may stand before.
    let asks = |text: &str| opens(text) || text.rsplit_once(':').is_some_and(|(_, behind)| opens(behind));
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
        check(
            "Lampe Varn 40: was wiegt sie und für wieviele Stunden reicht ein Akku?",
            Some(
                "a = find(Lampe Varn 40: was wiegt sie); b = find(für wieviele Stunden reicht ein Akku (Lampe Varn 40))",
            ),
        );
        check("Wie heißen der Turm und die Brücke in Varn?", None);
        check("How high is the Varn Tower and who built it?", None);
    }

    #[test]
    fn chinese_questions_are_two_look_ups_too() {
        check(
            "东湖馆2023年接待了多少游客？比2019年多了多少人？",
            Some("a = find(东湖馆2023年接待了多少游客); b = find(东湖馆2019年接待了多少游客); c = calc(a - b)"),
        );
        check(
            "请问鹿鸣石重多少公斤，什么时候被发现的？",
            Some("a = find(请问鹿鸣石重多少公斤); b = find(鹿鸣石什么时候被发现的)"),
        );
        check("东湖馆有多高？", None);
        check(
            "青松茶厂2021年的产量是多少？厂长是谁？",
            Some("a = find(青松茶厂2021年的产量是多少); b = find(青松茶厂厂长是谁)"),
        );
    }

    #[test]
    fn the_half_that_a_plan_leaves_out_is_looked_up() {
        let completed = |known: &str, request: &str| {
            let steps = vec![Step::Find { name: "a".into(), what: known.into() }];
            let steps = with_the_other(steps, request, &Chat::new("c"));
            steps[1..].iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let asked = "When was the Varn Mill founded, and who founded it?";
        assert_eq!(completed("year of founding of the Varn Mill", asked), "b = find(who founded it (Varn Mill))");
        assert_eq!(completed("founder of the Varn Mill", asked), "b = find(When was the Varn Mill founded)");
        assert_eq!(
            completed("founder of the Varn Mill", "Who founded the Varn Mill and when?"),
            "b = find(when founded the Varn Mill)"
        );
        assert_eq!(
            completed("year of most trips of the Varn", "In which year did the Varn make most trips, and how many?"),
            "b = find(how many year did the Varn make most trips)"
        );
        assert_eq!(completed("height of the Varn Mill", "How high is the Varn Mill and by how much is it higher?"), "");
        assert_eq!(completed("height of the Varn Mill", "How high are the Varn Mill and the Sund Mill?"), "");
    }

    #[test]
    fn the_year_is_that_of_what_was_asked_before() {
        let two = |second: &str, request: &str| {
            let find = |name: &str, what: &str| Step::Find { name: name.into(), what: what.into() };
            let steps = vec![find("a", "who started the Varn Mill"), find("b", second)];
            with_the_other(steps, request, &Chat::new("c")).iter().map(ToString::to_string).skip(1).collect::<String>()
        };
        let asked = "who started the Varn Mill and in what year?";
        assert_eq!(two("year of the Varn Mill", asked), "b = find(in what year started the Varn Mill)");
        assert_eq!(
            two("height of the Varn Mill", "who started the Varn Mill and how high is it?"),
            "b = find(height of the Varn Mill)"
        );
        assert_eq!(two("year of the fire of the Varn Mill", asked), "b = find(year of the fire of the Varn Mill)");
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
