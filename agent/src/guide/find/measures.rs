//! What a line tells of a thing, by its words: its length is not its depth, its founding nobody's birth.

use crate::evidence::{Passage, terms};
use crate::guide::named::names;
use crate::guide::plan::said;
use polymath_quantity::{Figure, UnitKind, figures, same, text::is_cjk};

/// Words of a thing's measures. The first are told with one of these words; what the others are called differs too
/// much for a line without them to be held against it.
const MEASURES: [&[&str]; 9] = [
    &["depth", "deep", "deeper", "deepest", "tiefe", "tief", "tiefer", "profondeur", "profundidad"],
    &[
        "height",
        "high",
        "higher",
        "tall",
        "taller",
        "rises",
        "altitude",
        "elevation",
        "höhe",
        "hoch",
        "höher",
        "hauteur",
        "altura",
    ],
    &["length", "long", "longer", "länge", "lang", "länger", "longueur", "longitud", "largo"],
    &["width", "wide", "wider", "across", "breite", "breit", "largeur", "anchura"],
    &["diameter", "across", "durchmesser", "diamètre", "diámetro"],
    &["capacity", "hold", "holds", "store", "stores", "volume", "fassungsvermögen", "capacité", "capacidad"],
    &["area", "surface", "fläche", "superficie"],
    &["weight", "weighs", "weigh", "mass", "gewicht", "wiegt", "poids", "pèse", "peso"],
    &["speed", "knots", "geschwindigkeit", "vitesse", "velocidad"],
];
/// How many of them a look-up can be after.
const SAID: usize = 5;

/// Whether a line tells another of a thing's measures: a length, where the depth is wanted.
pub fn is_of_other_property(what: &str, line: &str) -> bool {
    // How long something takes is no length.
    const TAKES: &[&str] =
        &["how long do", "how long did", "how long will", "how long would", "how long ha", "wie lange"];
    let has = |text: &str, known: &[&str]| {
        text.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|word| known.contains(&word))
    };
    let wanted: Vec<&&[&str]> = MEASURES[..SAID].iter().filter(|known| has(what, known)).collect();
    let [wanted] = wanted.as_slice() else { return false };
    let small = what.to_lowercase();
    let takes = TAKES.iter().any(|how| small.contains(how));
    !takes && !has(line, wanted) && MEASURES.iter().any(|known| has(line, known))
}

/// The value that a page's box has for the measure that is looked up, where a sentence was chosen that shares no more than
/// the measure's word with the look-up: in 148 m of depth lies a hall, and the mine's depth is told in the box.
pub fn in_box<'a>(what: &str, chosen: &Passage, passages: &'a [Passage]) -> Option<(&'a str, &'a Passage)> {
    let has = |text: &str, known: &[&str]| {
        text.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|word| known.contains(&word))
    };
    let groups: Vec<&&[&str]> = MEASURES.iter().filter(|known| has(what, known)).collect();
    let [group] = groups.as_slice() else { return None };
    let named: Vec<String> = names(what).iter().flat_map(|name| terms(name)).collect();
    let line = terms(&chosen.text);
    let more = |term: &String| line.contains(term) && !named.contains(term) && !group.contains(&term.as_str());
    if chosen.text.contains(" | ") || terms(what).iter().any(more) {
        return None;
    }
    let measured = |text: &str| {
        let all = figures(text);
        all.len() == 1 && all[0].unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Measure)
    };
    let own = |line: &&Passage| line.n == chosen.n && line.text.matches(" | ").count() == 1;
    let mut boxed = passages.iter().filter(own).filter_map(|line| Some((line.text.split_once(" | ")?, line)));
    let mut found = boxed.by_ref().filter(|((label, value), _)| has(label, group) && measured(value));
    let ((_, value), line) = found.next()?;
    found.next().is_none().then_some((value.trim(), line))
}

/// Whether a line tells what a thing costs for another purpose: what it takes to run it, where it is asked what it cost
/// to build. `what`: the look-up, and the question that it is of.
pub fn is_of_other_cost(what: &str, line: &str) -> bool {
    // Beginnings of words.
    const PURPOSES: [&[&str]; 4] = [
        &["build", "built", "construct", "erect", "bau", "gebaut", "errichte", "construi", "constru", "建造", "建设"],
        &[
            "running",
            "operat",
            "upkeep",
            "maint",
            "yearly",
            "annual",
            "betrieb",
            "jährlich",
            "unterhalt",
            "fonctionnement",
            "annuel",
            "entretien",
            "anual",
            "mantenimiento",
            "运营",
            "每年",
        ],
        &[
            "ticket",
            "fare",
            "admission",
            "entrance",
            "entry",
            "eintritt",
            "fahrpreis",
            "billet",
            "entrada",
            "门票",
            "票价",
        ],
        &[
            "renovat",
            "repair",
            "restor",
            "refurbish",
            "sanier",
            "reparatur",
            "rénov",
            "répar",
            "reforma",
            "修复",
            "翻修",
        ],
    ];
    const COSTS: &[&str] = &[
        "cost", "price", "expens", "spent", "paid", "koste", "preis", "coût", "prix", "cost", "cuest", "costó", "花",
        "造价",
    ];
    let has = |text: &str, known: &[&str]| {
        let small = format!(" {} ", text.to_lowercase());
        known.iter().any(|word| match word.chars().any(is_cjk) {
            false => small.match_indices(word).any(|(at, _)| !small[..at].ends_with(char::is_alphanumeric)),
            true => small.contains(word),
        })
    };
    let purposes = |text: &str| -> Vec<usize> { (0..PURPOSES.len()).filter(|i| has(text, PURPOSES[*i])).collect() };
    let (wanted, told) = (purposes(what), purposes(line));
    has(what, COSTS) && wanted.len() == 1 && !told.is_empty() && !told.contains(&wanted[0])
}

/// Beginnings of words for what happens to people and things.
const EVENTS: [&[&str]; 7] = [
    &["born", "birth", "gebor", "geburt", "naci", "naissan", "né", "née", "出生", "生ま"],
    &["died", "death", "dead", "gestorb", "starb", "mort", "muri", "décéd", "去世", "死"],
    &["found", "establish", "gegründ", "gründ", "fond", "fund", "creat", "创", "創"],
    &["open", "inaugur", "eröffn", "ouver", "ouvr", "abri", "开业", "开放", "開"],
    &["complet", "finish", "built", "build", "construct", "erbau", "gebaut", "constru", "建成", "建造"],
    &["clos", "demolish", "geschlossen", "abgerissen", "ferm", "cerr", "关闭", "閉"],
    &["renovat", "restor", "rebuil", "extend", "renovier", "umgebaut", "rénov", "reform", "修复", "改"],
];
/// Of these the beginnings of a thing.
const BEGINNINGS: [usize; 3] = [2, 3, 4];

/// The events that a text has words of.
fn events(text: &str) -> Vec<usize> {
    let small = format!(" {} ", text.to_lowercase());
    let has = |word: &&str| match !word.chars().any(is_cjk) {
        true => small.match_indices(*word).any(|(at, _)| !small[..at].ends_with(char::is_alphanumeric)),
        false => small.contains(*word),
    };
    (0..EVENTS.len()).filter(|i| EVENTS[*i].iter().any(has)).collect()
}

/// Whether another page's line tells of another event than the one that was asked for and found: it does
/// not contradict a birth that a company was founded in another year.
pub fn is_of_other_event(what: &str, own: &str, line: &str) -> bool {
    let (mut wanted, told) = (events(what), events(line));
    if wanted.is_empty() {
        wanted = events(own);
    }
    !wanted.is_empty() && !told.is_empty() && !told.iter().any(|event| wanted.contains(event))
}

/// Whether a line tells only of another turn in a thing's life than the one that is asked about: that a mill was rebuilt,
/// where its founding is wanted. Its founding, building and opening are one: pages call one by the other's name.
pub fn is_of_other_turn(what: &str, line: &str) -> bool {
    let turns = |text: &str| -> Vec<usize> {
        let of = |event: usize| if BEGINNINGS.contains(&event) { BEGINNINGS[0] } else { event };
        events(text).into_iter().map(of).collect()
    };
    let (wanted, told) = (turns(what), turns(line));
    !wanted.is_empty() && !told.is_empty() && !told.iter().any(|turn| wanted.contains(turn))
}

/// Words by which it is asked what several things come to.
const IN_ALL: &[&str] = &[
    "in total",
    "in all",
    "altogether",
    "all together",
    "combined",
    "taken together",
    "insgesamt",
    "zusammen",
    "au total",
    "en tout",
    "en total",
    "en todo",
    "总共",
    "一共",
    "合计",
    "共有",
    "合計",
];
/// What a row of sums is called.
const SUMS: &[&str] = &["total", "totals", "sum", "all", "overall", "gesamt", "summe", "insgesamt", "somme", "suma"];

/// Whether it is asked what several things come to, and the line is a table's row of one that is not named.
pub fn is_one_of_all(what: &str, line: &str) -> bool {
    let small = what.to_lowercase();
    let says = |phrase: &&str| match phrase.chars().any(is_cjk) {
        true => small.contains(*phrase),
        false => said(&small, &[*phrase]),
    };
    // The first cell may stand behind its heading.
    let cells: Vec<&str> = line.split(" | ").collect();
    let first = cells[0].rsplit(": ").next().unwrap_or_default().trim().to_lowercase();
    cells.len() > 2 && IN_ALL.iter().any(says) && !small.contains(&first) && !said(&first, SUMS)
}

/// Whether an amount that is asked about is not the line's: what 420 g make is not told by a recipe of 280 g.
pub fn is_of_other_amount(what: &str, line: &str) -> bool {
    let measured = |f: &&Figure| {
        let unit = f.unit.as_ref().is_some_and(|unit| unit.kind == UnitKind::Measure);
        f.number.is_some() && f.date.is_none() && unit
    };
    let (asked, told) = (figures(what), figures(line));
    let mut asked = asked.iter().filter(measured).peekable();
    asked.peek().is_some() && !asked.any(|amount| told.iter().any(|own| same(own, amount)))
}

/// Whether a line tells of a thing's beginning where its end is asked for, or the other way round: a ferry that runs
/// since 2015 did not go down in that year.
pub fn is_of_other_end(what: &str, line: &str) -> bool {
    // Beginnings of words, and words.
    const BEGINS: &[&str] = &[
        "open",
        "found",
        "built",
        "build",
        "born",
        "birth",
        "launch",
        "begin",
        "began",
        "start",
        "establish",
        "inaugur",
        "since",
        "commission",
        "enter",
        "complet",
        "eröffn",
        "gegründ",
        "gebor",
        "seit",
        "gebaut",
        "fond",
        "ouv",
        "depuis",
        "fund",
        "inici",
        "desde",
    ];
    const ENDS: &[&str] = &[
        "sank",
        "sunk",
        "sink",
        "went down",
        "go down",
        "wreck",
        "clos",
        "died",
        "die",
        "death",
        "demolish",
        "dissolv",
        "end",
        "retire",
        "scrap",
        "abolish",
        "decommission",
        "bankrupt",
        "burn",
        "collaps",
        "shut",
        "last",
        "until",
        "gesunken",
        "sank",
        "geschlossen",
        "schloss",
        "starb",
        "gestorb",
        "abgerissen",
        "ferm",
        "mort",
        "cerr",
        "muri",
    ];
    let has = |text: &str, known: &[&str]| {
        let small = format!(" {} ", text.to_lowercase());
        known.iter().any(|word| small.match_indices(word).any(|(at, _)| !small[..at].ends_with(char::is_alphanumeric)))
    };
    let (begins, ends) = (has(what, BEGINS), has(what, ENDS));
    let (told, ended) = (has(line, BEGINS), has(line, ENDS));
    ends && !begins && told && !ended || begins && !ends && ended && !told
}

/// Whether a line tells somebody's price as a share of another's: "an adult pays 14 crowns; children pay half".
pub fn is_of_other_payer(what: &str, value: &str, line: &str) -> bool {
    const PAYERS: [&str; 8] = ["child", "kid", "student", "pupil", "senior", "pensioner", "kinder", "enfant"];
    const SHARES: [&str; 8] = ["half", "free", "reduced", "discount", "hälfte", "kostenlos", "moitié", "gratis"];
    let (what, small) = (what.to_lowercase(), line.to_lowercase());
    let Some(payer) = PAYERS.iter().find(|payer| what.contains(**payer)) else { return false };
    let Some(at) = small.find(payer) else { return false };
    let behind = small[at..].split([';', '.']).next().unwrap_or_default();
    SHARES.iter().any(|share| behind.contains(share)) && !behind.contains(&value.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_not_what_all_come_to() {
        let row = "Our ships: Aurel | 1998 | 640 | 112";
        assert!(is_one_of_all("¿Cuántos pasajeros caben en total en los cuatro barcos?", row));
        assert!(is_one_of_all("四艘船一共能载多少人", row));
        assert!(!is_one_of_all("How many passengers does the Aurel take in total?", row));
        assert!(!is_one_of_all("How many passengers do all ships take in total?", "Total | 4 | 640 | 112"));
        assert!(!is_one_of_all("What did it cost in total?", "Cost | 640"));
        assert!(!is_one_of_all("How many passengers does it take?", row));
    }

    #[test]
    fn a_box_tells_a_measure_before_a_sentence_about_something_else() {
        let passage = |line: usize, text: &str| Passage { n: 1, line, text: text.to_owned() };
        let lines = [
            passage(1, "Mine: Largest depth | 612 m"),
            passage(2, "Mine: Staff | 284"),
            passage(3, "At a depth of 148 m lies a hall for 320 guests."),
        ];
        let boxed = |what: &str| in_box(what, &lines[2], &lines).map(|(value, _)| value);
        assert_eq!(boxed("how deep does the Ost Mine go"), Some("612 m"));
        assert_eq!(boxed("depth of the hall of the Ost Mine"), None);
        assert_eq!(boxed("length of the Ost Mine"), None);
    }

    #[test]
    fn a_length_is_no_depth() {
        assert!(is_of_other_property("depth of the Chib Tunnel", "Length | 2,063 m"));
        assert!(!is_of_other_property("length of the Chib Tunnel", "It is 2,063 m long and 8 m wide."));
        assert!(!is_of_other_property("depth of Lake Chib", "The bottom lies at 12 m."));
        assert!(is_of_other_property("height of the Chib Telescope", "Its mirror is 3.6 metres across."));
        assert!(!is_of_other_property("height of the Chib Telescope", "It stands at an altitude of 2,874 m."));
        assert!(is_of_other_property("which of the dams is taller", "Crest length | 412 m"));
        assert!(!is_of_other_property("how long does the train need", "It is 80 m wide."));
    }

    #[test]
    fn running_a_thing_is_not_building_it() {
        let line = "The observatory's running costs are 4.7 million marks a year.";
        assert!(is_of_other_cost("cost of the dome; what did it cost to build?", line));
        assert!(!is_of_other_cost("running costs of the dome", line));
        assert!(!is_of_other_cost("cost of the dome", line));
        assert!(!is_of_other_cost("cost of building the dome", "It was built for 31 million marks."));
    }

    #[test]
    fn another_amount_is_no_answer() {
        assert!(is_of_other_amount("servings of Varn soup from 420 g of beans", "Serves 4: 280 g of beans"));
        assert!(!is_of_other_amount("servings of Varn soup from 280 g of beans", "Serves 4: 280 g of beans"));
        assert!(!is_of_other_amount("servings of Varn soup", "Serves 4: 280 g of beans"));
    }

    #[test]
    fn a_beginning_is_no_end() {
        let asked = "In what year did the ferry Ann Bo go down";
        assert!(is_of_other_end(asked, "The Ann Bo has been in service since 2015."));
        assert!(!is_of_other_end(asked, "The Ann Bo sank in 1934."));
        assert!(!is_of_other_end(asked, "The Ann Bo, launched in 1911, was lost in 1934, wrecked on a reef."));
        assert!(is_of_other_end("When was the Ost Mill opened?", "The Ost Mill was shut in 1990."));
        assert!(!is_of_other_end("height of the Ost Mill", "The Ost Mill was shut in 1990."));
    }

    #[test]
    fn a_founding_contradicts_no_birth() {
        let other = |what: &str, line: &str| is_of_other_event(what, "", line);
        assert!(other("year of birth of Ann Bo", "In 1884 Ann Bo founded the Chib Mill."));
        assert!(!other("year of birth of Ann Bo", "Ann Bo, born 1852, founded the Chib Mill."));
        assert!(other("opening of the Chib Mill", "The Chib Mill was closed in 1902."));
        assert!(!other("number of seats of the Chib Mill", "Founded in 1884, it has 312 seats."));
        assert!(is_of_other_event("when was that", "It opened in 1931.", "It was founded in 1902."));
    }

    #[test]
    fn a_rebuilding_is_no_founding() {
        assert!(is_of_other_turn("year of founding of the Chib Mill", "It was rebuilt in 1921."));
        assert!(is_of_other_turn("When was the Chib Mill opened", "The mill closed in 1990."));
        assert!(!is_of_other_turn("year of opening of the Chib Mill", "Built: 1868"));
        assert!(!is_of_other_turn("year of founding of the Chib Mill", "Founded in 1868, it was rebuilt in 1921."));
        assert!(!is_of_other_turn("year of founding of the Chib Mill", "In 1868 it had 12 sails."));
    }

    #[test]
    fn half_of_it_is_no_price() {
        let other = |what: &str| is_of_other_payer(what, "14 crowns", "The ferry costs 14 crowns; children pay half.");
        assert!(other("cost of child of the ferry"));
        assert!(!other("cost of adult of the ferry"));
        assert!(!is_of_other_payer("cost of child", "7 crowns", "Adults pay 14 crowns, children half, 7 crowns."));
    }
}
