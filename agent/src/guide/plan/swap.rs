//! Follow-ups that ask the question before again of something else: "and the Orsay?", "the same for 2017",
//! "what if it is 14%?". What is new is put in the place of its like; no model is needed for it.

use super::Step;
use super::signs::{words, years};
use crate::guide::digits::in_digits;
use crate::guide::named;
use polymath_chat::Table;
use polymath_quantity::{Figure, figures, text::is_cjk};

/// Words of such a follow-up that say nothing new.
const EMPTY: &[&str] = &[
    "and", "or", "the", "same", "for", "in", "of", "at", "on", "to", "what", "how", "about", "is", "was", "were", "it",
    "with", "now", "please", "then", "that", "do", "there", "did", "so", "again", "year", "try", "case", "und", "für",
    "wie", "ist", "war", "es", "bei", "beim", "mit", "das", "die", "der", "den", "dem", "gleiche", "dasselbe", "im",
    "jahr", "bitte", "was", "et", "pour", "en", "dans", "la", "le", "les", "même", "chose", "qu", "est", "ce", "quoi",
    "y", "para", "el", "los", "las", "lo", "mismo", "misma", "de", "del", "qué", "que", "tal", "año", "a", "many",
    "much", "combien", "viel", "viele", "cuánto", "cuántos", "cuántas", "if", "i", "we", "ok", "okay", "hmm", "well",
    "right", "yes", "great", "thanks", "instead", "after", "wenn", "si",
];
/// The same, of Chinese and Japanese.
const EMPTY_SIGNS: &str = "那呢是多少的几什么怎样年又还和如果换成とはのでにがをもどうですか何人円個回本つ、，。？?! ";
/// Words by which an amount of a follow-up is one more, and not another.
const CALCULATING: &[&str] = &[
    "add",
    "plus",
    "minus",
    "divide",
    "divided",
    "times",
    "multiply",
    "multiplied",
    "split",
    "subtract",
    "more",
    "less",
    "over",
    "under",
    "above",
    "below",
    "only",
    "since",
    "until",
    "than",
    "share",
    "each",
    "per",
    "take",
    "off",
    "from",
];
/// Words of a follow-up about another amount, at most.
const SHORT: usize = 9;

/// What is put in the place of what.
#[derive(Debug, Clone, PartialEq)]
pub struct Swap {
    /// The question before with what is new in it.
    pub question: String,
    /// What stood there, and what stands there now.
    pub pairs: Vec<(String, String)>,
}

impl Swap {
    /// The plan of the question before for this one: every look-up of it is of something else, or its
    /// calculation has the new amount. `None` where the plan does not have what is swapped.
    pub fn replanned(&self, plan: &[Step]) -> Option<Vec<Step>> {
        let mut steps = plan.to_vec();
        for (old, new) in &self.pairs {
            let mut changed = 0;
            for step in &mut steps {
                let other = step.with(old, new);
                // The 4 of 4 % is not the 4 of 4 years.
                if let (Step::Calc { expression, .. }, Some(_)) = (&*step, &other)
                    && expression.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|word| word == old).count()
                        > 1
                {
                    return None;
                }
                if let Some(other) = other {
                    *step = other;
                    changed += 1;
                }
            }
            if changed == 0 {
                return None;
            }
        }
        let same = |(a, b): &(&Step, &Step)| matches!(a, Step::Find { what, .. } if !what.contains('{')) && a == b;
        // Who somebody is has to be found again for when they were born.
        let hops = steps.iter().any(|step| matches!(step, Step::Find { what, .. } if what.contains('{')));
        (hops || !steps.iter().zip(plan).any(|pair| same(&pair))).then_some(steps)
    }
}

/// The question before with the follow-up's thing, year or amount in the place of its own.
pub fn swapped(request: &str, before: &str, tables: &[Table]) -> Option<Swap> {
    if let Some(swap) = year_beside(request, before).or_else(|| another_sort(request, before)) {
        return Some(swap);
    }
    let (mut names, known) = (named::names(request), named::names(before));
    // "Und im Jahr 2000?": a noun with a capital is no name.
    names.retain(|name| !EMPTY.contains(&name.to_lowercase().as_str()));
    let (new, old) = (years(request), years(before));
    if names.is_empty() && new.is_empty() {
        return another_amount(request, before);
    }
    if !says_nothing_else(request, &names, &new, before) {
        return None;
    }
    let (mut text, mut pairs) = (before.to_owned(), Vec::new());
    match (names.as_slice(), new.as_slice()) {
        ([name], years) if years.len() < 2 && !known.contains(name) => {
            let own = like(name, &known, tables)?;
            text = text.replacen(own, name, 1);
            pairs.push((own.to_owned(), name.clone()));
        }
        ([], [_]) => {}
        _ => return None,
    }
    if let [year] = new.as_slice() {
        let [own] = old.as_slice() else { return None };
        text = text.replacen(own.as_str(), year, 1);
        pairs.push((own.clone(), year.clone()));
    }
    (text != before).then_some(Swap { question: text, pairs })
}

/// The two names by which two questions differ, where they differ by nothing else.
pub fn difference(first: &str, second: &str) -> Option<(String, String)> {
    let known = named::names(first);
    let other = named::names(second).into_iter().find(|name| !known.contains(name))?;
    let own = known.into_iter().find(|own| first.replacen(own.as_str(), &other, 1) == second)?;
    Some((own, other))
}

/// The question before with "in which year" for its "in which town", or the other way round, where the
/// follow-up says nothing but that.
fn another_sort(request: &str, before: &str) -> Option<Swap> {
    /// Ways of asking when, and of asking where, the longer ones first; those at one place fit each other.
    const WHEN: [&str; 11] = [
        "the year of birth of",
        "year of birth of",
        "in which year",
        "in what year",
        "in welchem Jahr",
        "en quelle année",
        "en qué año",
        "when",
        "wann",
        "quand",
        "cuándo",
    ];
    const WHERE: [&str; 11] = [
        "the birthplace of",
        "birthplace of",
        "in which town",
        "in what town",
        "in welcher Stadt",
        "dans quelle ville",
        "en qué ciudad",
        "where",
        "wo",
        "où",
        "dónde",
    ];
    const SORTS: [&[&str]; 2] = [
        &["when", "year", "date", "wann", "jahr", "quand", "année", "cuándo", "año"],
        &["where", "town", "city", "village", "place", "wo", "stadt", "ort", "ville", "où", "dónde", "ciudad"],
    ];
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let sort = |i: usize| all.iter().any(|word| SORTS[i].contains(word));
    let empty = |word: &&str| EMPTY.contains(word) || ["which", "born", "by", "way"].contains(word);
    let bare = all.iter().all(|word| empty(word) || SORTS.iter().any(|list| list.contains(word)));
    let (now, then) = match (sort(0), sort(1)) {
        (true, false) => (WHEN, WHERE),
        (false, true) => (WHERE, WHEN),
        _ => return None,
    };
    let (at, i) = then.iter().enumerate().find_map(|(i, phrase)| {
        let at = before.to_lowercase().find(&phrase.to_lowercase()).filter(|at| before.is_char_boundary(*at))?;
        let part = |c: char| c.is_alphanumeric();
        let end = at + phrase.len();
        (!before[..at].ends_with(part) && !before.get(end..)?.starts_with(part)).then_some((at, i))
    })?;
    let own = before.get(at..at + then[i].len())?;
    let capital = own.starts_with(char::is_uppercase);
    let first: String = now[i].chars().take(1).flat_map(char::to_uppercase).collect();
    let new = if capital { first + &now[i][1..] } else { now[i].to_owned() };
    let question = format!("{}{new}{}", &before[..at], &before[at + own.len()..]);
    (bare && all.len() <= SHORT).then(|| Swap { question, pairs: vec![(own.to_owned(), new)] })
}

/// The question before, of the year before or after its own.
fn year_beside(request: &str, before: &str) -> Option<Swap> {
    const BEFORE: &[&str] = &[
        "year before",
        "previous year",
        "year earlier",
        "prior year",
        "vorjahr",
        "jahr davor",
        "année précédente",
        "année d'avant",
        "año anterior",
        "前一年",
        "上一年",
        "前年",
    ];
    const AFTER: &[&str] = &[
        "year after",
        "following year",
        "next year",
        "year later",
        "jahr danach",
        "folgejahr",
        "année suivante",
        "año siguiente",
        "后一年",
        "下一年",
        "翌年",
    ];
    let small = request.to_lowercase();
    let step = match (BEFORE.iter().any(|s| small.contains(s)), AFTER.iter().any(|s| small.contains(s))) {
        (true, false) => -1,
        (false, true) => 1,
        _ => return None,
    };
    let own = years(before);
    let [year] = own.as_slice() else { return None };
    if !named::names(request).is_empty() || !years(request).is_empty() {
        return None;
    }
    let new = (year.parse::<i32>().ok()? + step).to_string();
    let asks = words(&small).count() <= SHORT + 3;
    asks.then(|| Swap { question: before.replacen(year.as_str(), &new, 1), pairs: vec![(year.clone(), new)] })
}

/// The name among those before that a new one takes the place of: the only one, or the one that it
/// shares most words with.
fn like<'a>(name: &str, known: &'a [String], tables: &[Table]) -> Option<&'a str> {
    let shared = |other: &str| other.split(' ').filter(|w| name.split(' ').any(|x| x == *w)).count();
    let most = known.iter().map(|other| shared(other)).max()?;
    let best: Vec<&String> = known.iter().filter(|other| shared(other) == most).collect();
    if let [one] = best.as_slice() {
        return Some(one);
    }
    // Of a ship and two ports, a ship is like the ship.
    let peers = |other: &String| {
        tables.iter().any(|table| {
            let says =
                |at: usize, name: &str| table.rows.iter().any(|row| row.get(at).is_some_and(|c| c.display() == name));
            (0..table.columns.len()).any(|at| says(at, name) && says(at, other))
        })
    };
    let mut alike = best.into_iter().filter(|other| peers(other));
    alike.next().filter(|_| alike.next().is_none()).map(String::as_str)
}

/// Whether a follow-up has, beside these names and years, no words but empty ones and those of the
/// question before.
fn says_nothing_else(request: &str, names: &[String], years: &[String], before: &str) -> bool {
    let mut rest = request.to_owned();
    names.iter().chain(years).for_each(|piece| rest = rest.replace(piece.as_str(), " "));
    let (rest, before) = (rest.to_lowercase(), before.to_lowercase());
    if rest.chars().any(is_cjk) {
        return rest.chars().all(|c| EMPTY_SIGNS.contains(c) || before.contains(c));
    }
    let known: Vec<&str> = words(&before).collect();
    words(&rest).all(|word| EMPTY.contains(&word) || known.contains(&word))
}

/// The question before with another percentage or another amount of the same unit.
fn another_amount(request: &str, before: &str) -> Option<Swap> {
    let small = request.to_lowercase();
    // "And 20% off?" of what was 15% off is no more of it.
    let earlier = before.to_lowercase();
    let calculates = |w: &str| CALCULATING.contains(&w) && !words(&earlier).any(|known| known == w);
    if words(&small).count() > SHORT || words(&small).any(calculates) {
        return None;
    }
    let (request, before) = (&in_digits(request), &in_digits(before));
    let (new, old) = (figures(request), figures(before));
    let [new] = new.as_slice() else { return None };
    let kind = kind_of(new, request);
    let mut same = old.iter().filter(|f| match &kind {
        Some(kind) => kind_of(f, before).as_ref() == Some(kind),
        // A bare number is of the only amount that there is.
        None => new.date.is_none() && old.len() == 1 && f.date.is_none(),
    });
    let (Some(old), None) = (same.next(), same.next()) else { return None };
    let digits = |text: &str| text[..text.trim_end_matches(|c: char| !c.is_ascii_digit()).len()].to_owned();
    let (old_digits, new_digits) = (digits(&before[old.at.clone()]), digits(&new.text));
    let mut question = before.to_owned();
    question.replace_range(old.at.start..old.at.start + old_digits.len(), &new_digits);
    let plain = |digits: String| digits.replace(',', "");
    Some(Swap { question, pairs: vec![(plain(old_digits), plain(new_digits))] })
}

/// What a figure counts: percent, a unit, the noun behind it.
fn kind_of(figure: &Figure, text: &str) -> Option<String> {
    if figure.date.is_some() {
        return None;
    }
    if figure.unit.as_ref().is_some_and(|unit| unit.name.starts_with('%')) {
        return Some("percent".to_owned());
    }
    let behind = text[figure.at.end..].trim_start();
    let noun = behind.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    (!noun.is_empty()).then(|| noun.trim_end_matches('s').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, request: &str, want: Option<&str>) {
        assert_eq!(swapped(request, before, &[]).map(|swap| swap.question).as_deref(), want, "{request}");
    }

    #[test]
    fn a_ship_takes_the_place_of_the_ship_and_of_no_port() {
        let row = |name: &str| vec![polymath_chat::Cell::new(name, polymath_chat::Provenance::Given)];
        let rows = vec![row("Merle"), row("Halcyra")];
        let ships = Table { title: "fleet".into(), columns: vec!["Ship".into()], rows };
        let before = "How long does the trip from Pell to Haver take the Halcyra?";
        let swap = swapped("and the Merle?", before, &[ships]);
        let question = swap.map(|swap| swap.question);
        assert_eq!(question.as_deref(), Some("How long does the trip from Pell to Haver take the Merle?"));
        assert_eq!(swapped("and the Merle?", before, &[]), None);
    }

    #[test]
    fn another_thing_takes_the_place_of_its_like() {
        let cost = "What did the Post Hotel cost per room?";
        check(cost, "and the Little Post Hotel?", Some("What did the Little Post Hotel cost per room?"));
        check(cost, "the same for the Adler Hotel, please", Some("What did the Adler Hotel cost per room?"));
        check(cost, "How is it with the Adler Hotel", Some("What did the Adler Hotel cost per room?"));
        check(cost, "When was the Adler Hotel opened?", None);
        check(cost, "and the Post Hotel?", None);
        let two = "Which is longer, the Rhine Bridge or Lake Como?";
        check(two, "and the Elbe Bridge?", Some("Which is longer, the Elbe Bridge or Lake Como?"));
        check(two, "and Paris?", None);
    }

    #[test]
    fn another_year_takes_the_place_of_the_one_before() {
        check("How many people lived in Bern in 1990?", "And in 2000?", Some("How many people lived in Bern in 2000?"));
        check(
            "runners of the 2024 Marathon",
            "how many were there the year before?",
            Some("runners of the 2023 Marathon"),
        );
        check("visitors of the 2021 Book Fair", "and 2020, how many?", Some("visitors of the 2020 Book Fair"));
        check("Visitors from 1990 to 2000?", "and 2010?", None);
        check("How many people lived in Bern in 1990?", "Draw it for 2000", None);
        check("翠岭茶厂2021年的产量是多少？", "2017年的呢？", Some("翠岭茶厂2017年的产量是多少？"));
    }

    #[test]
    fn when_takes_the_place_of_where() {
        let town = "In which town was the architect of the Minna Ferry born?";
        check(town, "and the year?", Some("In which year was the architect of the Minna Ferry born?"));
        check("What is the birthplace of Ann Bo?", "and the year?", Some("What is the year of birth of Ann Bo?"));
        check("Where was Ann Bo born?", "and when?", Some("When was Ann Bo born?"));
        check("When was Ann Bo born?", "and in which town?", Some("Where was Ann Bo born?"));
        check(town, "and the year of the flood?", None);
        check(
            "2022年に石橋美術館を訪れた人は何人ですか？",
            "では2020年は何人ですか？",
            Some("2020年に石橋美術館を訪れた人は何人ですか？"),
        );
    }

    #[test]
    fn who_agrees_first_asks_the_same() {
        let before = "What's the coldest it has ever been at the Sund Moor weather station?";
        let now = "What's the coldest it has ever been at the Chib Top weather station?";
        check(before, "ok, and at Chib Top?", Some(now));
    }

    #[test]
    fn another_amount_takes_the_place_of_the_one_before() {
        check("What is 15% of 80 plus 3?", "and with 26%?", Some("What is 26% of 80 plus 3?"));
        let grows = "If 9,200 grow by 3.5% a year, what is it after 5 years?";
        check(grows, "And if I wait 6 years?", Some("If 9,200 grow by 3.5% a year, what is it after 6 years?"));
        check("147 added to 38.5 percent of 3,109", "and with 26%?", Some("147 added to 26 percent of 3,109"));
        check("What are 135.4 feet in metres?", "and 238?", Some("What are 238 feet in metres?"));
        let bill = "Three of us share a bill of 127.40 plus a 12% tip. What does each pay?";
        let four = "4 of us share a bill of 127.40 plus a 12% tip. What does each pay?";
        check(bill, "and if there are four of us?", Some(four));
        let tins = "A tin is 14.90. I need seven and the shop gives 15% off.";
        check(tins, "And if it were 20% off?", Some("A tin is 14.90. I need 7 and the shop gives 20% off."));
        check("What is 15% of 80 plus 3?", "divide that by 4", None);
        check("12 kg of flour make 300 rolls. How many are 5 kg?", "and 7 kg?", None);
    }

    #[test]
    fn the_plan_before_is_the_plan_now() {
        let plan = super::super::steps::read(
            "a = find(\"cost of the Post Hotel\")\nb = find(\"rooms of the Post Hotel\")\nc = calc(\"a / b\")",
        );
        let swap = swapped("the same for the Adler Hotel", "What did the Post Hotel cost per room?", &[]);
        let steps = swap.and_then(|swap| swap.replanned(&plan)).unwrap_or_default();
        let told: Vec<String> = steps.iter().map(ToString::to_string).collect();
        assert_eq!(
            told.join("; "),
            "a = find(cost of the Adler Hotel); b = find(rooms of the Adler Hotel); c = calc(a / b)"
        );
        let swap = swapped("and with 26%?", "What is 5% of 80 plus 5.5?", &[]);
        let plan = super::super::steps::read("a = calc(\"5% of 80 + 5.5\")");
        let steps = swap.clone().and_then(|swap| swap.replanned(&plan)).unwrap_or_default();
        let twice = super::super::steps::read("a = calc(\"5 * 80 ^ 5\")");
        assert_eq!(swap.and_then(|swap| swap.replanned(&twice)), None);
        assert_eq!(steps.first().map(ToString::to_string).as_deref(), Some("a = calc(26% of 80 + 5.5)"));
    }
}
