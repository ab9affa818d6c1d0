//! Names in requests: the things that are spoken of, as people write them. Chinese and Japanese have no
//! capitals that would tell a name; there nothing is told, and in German capitals tell little.

use crate::evidence::terms;
use polymath_chat::Source;
use polymath_quantity::{read, text::is_cjk};

/// Words that stand between the names of a list.
const AND: &[&str] = &["and", "or", "&", "the", "et", "ou", "la", "le", "les", "y", "o", "el", "los", "las", "of"];

/// Words behind a number that is part of a name and counts nothing.
const FOLLOWING: &[&str] = &[
    "and", "or", "is", "was", "has", "had", "have", "into", "to", "with", "for", "from", "than", "in", "on", "und",
    "oder", "ist", "hat", "et", "ou", "est", "y", "o", "es", "tiene",
];

/// The names of a text, in order: words with a capital in a row. A text's first word has one in any
/// case and counts only together with a second.
pub fn names(text: &str) -> Vec<String> {
    rows(text).into_iter().map(|(name, _)| name).collect()
}

/// Names with whether only "and" or a comma stands between them and the name before.
fn rows(text: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    let words: Vec<&str> = text.split_whitespace().map(without_article).collect();
    let bare = |word: &str| {
        word.trim_matches(|c: char| !c.is_alphanumeric()).trim_end_matches("'s").trim_end_matches("’s").to_owned()
    };
    let speaker = |word: &str| matches!(bare(word).split(['\'', '’']).next(), Some("I"));
    let big = |word: &str| bare(word).chars().next().is_some_and(char::is_uppercase) && !speaker(word);
    let ends =
        |word: &str| word.ends_with([',', ';', ':', '?', '!', ')']) || word.ends_with("'s") || word.ends_with("’s");
    let (mut i, mut listed) = (0, false);
    while i < words.len() {
        if !big(words[i]) {
            listed = listed && AND.contains(&bare(words[i]).to_lowercase().as_str());
            i += 1;
            continue;
        }
        let start = i;
        // "Museum of Clocks" is one name.
        loop {
            let next = |n: usize| !ends(words[i]) && words.get(i + n).is_some_and(|w| big(w));
            let joined = words.get(i + 1).is_some_and(|w| ["of", "de", "del", "da"].contains(w));
            match (next(1), joined && next(2)) {
                (true, _) => i += 1,
                (_, true) => i += 2,
                _ => break,
            }
        }
        i += 1;
        // "Kestrel Tour 3", but neither a year nor a number of something.
        let number = words
            .get(i)
            .is_some_and(|w| (1..4).contains(&bare(w).len()) && bare(w).bytes().all(|c| c.is_ascii_digit()));
        let closes = |w: &&str| ends(w) || w.ends_with('.');
        if number
            && !closes(&words[i - 1])
            && (closes(&words[i]) || words.get(i + 1).is_none_or(|w| FOLLOWING.contains(w)))
        {
            i += 1;
        }
        let row: Vec<String> = words[start..i].iter().map(|w| bare(w)).collect();
        // "Collect", "What", "Is": a beginning and no name.
        let before = start.checked_sub(1).map(|i| words[i]);
        let opens = before.is_some_and(|w| w.ends_with(':')) && is_opening(&row[0]);
        let first = opens || before.is_none_or(|w| w.ends_with(['.', '?', '!']));
        let row = if first && row.len() > 1 && is_opening(&row[0]) { &row[1..] } else { &row[..] };
        let unit =
            row.len() == 1 && before.is_some_and(|w| w.contains(|c: char| c.is_ascii_digit())) && is_unit(&row[0]);
        let opening = first && row.len() == 1 && words.len() > 1 && start + 1 == i;
        if !opening && !unit {
            found.push((row.join(" "), listed));
            listed = true;
        }
    }
    found
}

/// `Orrin`, of the French `d'Orrin`.
fn without_article(word: &str) -> &str {
    const SHORT: [&str; 5] = ["d", "l", "D", "L", "qu"];
    let cut = word
        .split_once(['\'', '’'])
        .filter(|(short, rest)| SHORT.contains(short) && rest.starts_with(char::is_uppercase));
    cut.map_or(word, |(_, rest)| rest)
}

fn is_unit(word: &str) -> bool {
    read(&format!("1 {word}")).unit.is_some()
}

/// Whether a word opens a request, and is no part of a name.
fn is_opening(word: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "is", "are", "was", "were", "did", "does", "do", "has", "have", "had", "can", "could", "compare", "collect",
        "list", "show", "find", "give", "make", "plot", "draw", "tell", "which", "what", "when", "who", "where", "how",
        "and", "or", "the", "in", "of", "for", "with", "does",
    ];
    OPENINGS.contains(&word.to_lowercase().as_str())
}

/// Two or more names in a list: the things that are to be the rows of a table.
pub fn list(text: &str) -> Vec<String> {
    let mut best: Vec<String> = Vec::new();
    let mut current: Vec<String> = Vec::new();
    for (name, listed) in rows(text) {
        if !listed {
            current.clear();
        }
        current.push(name);
        if current.len() > best.len() {
            best.clone_from(&current);
        }
    }
    if best.len() > 1 { best } else { Vec::new() }
}

/// A request with "and others" for all but the first name of its list.
pub fn shortened(text: &str) -> Option<String> {
    let all = list(text);
    let (first, last) = (all.first()?, all.last()?);
    let start = text.find(first.as_str())? + first.len();
    let end = text.rfind(last.as_str())? + last.len();
    (start < end).then(|| format!("{} and others{}", &text[..start], &text[end..]))
}

/// The pages with those left empty that lack a name, and those that are about a thing with a longer name
/// (the New Mill for the Mill) where another is about the thing itself.
pub fn speaking_of(sources: &[Source], what: &str) -> Vec<Source> {
    if what.chars().any(is_cjk) {
        return titled(sources, what);
    }
    let mut names = names(what);
    // German nouns have capitals, names or not: there only what pages are called after is one.
    if is_german(what) {
        names.retain(|name| sources.iter().any(|source| source.title.contains(name.as_str())));
    }
    let has = |source: &Source| {
        let text = format!("{} {}", source.title, source.text).to_lowercase();
        names.iter().flat_map(|name| name.split(' ')).all(|word| text.contains(&word.to_lowercase()))
    };
    let longer = |source: &Source| names.iter().any(|name| is_longer(&source.title, name, what));
    let own = |source: &Source| {
        has(source) && names.iter().any(|name| source.title.contains(name.as_str())) && !longer(source)
    };
    let any_own = sources.iter().any(own);
    let other = |source: &Source, name: &String| is_sibling(&source.title, name) || is_shorter(&source.title, name);
    let sibling = |source: &Source| names.iter().any(|name| other(source, name)) && !own(source);
    let keep = |source: &Source| has(source) && !(any_own && (longer(source) || sibling(source)));
    sources.iter().map(|s| if keep(s) { s.clone() } else { Source { text: String::new(), ..s.clone() } }).collect()
}

/// Whether a text has German's small words.
fn is_german(text: &str) -> bool {
    const SMALL: &[&str] = &[
        "der", "die", "das", "des", "dem", "den", "wie", "viele", "hat", "wann", "wurde", "und", "im", "von", "ist",
        "wer", "welche", "ein", "eine",
    ];
    text.split(|c: char| !c.is_alphanumeric()).any(|word| SMALL.contains(&word.to_lowercase().as_str()))
}

/// The names of a request; of a German one those of several words, as every noun has a capital.
pub fn names_said(text: &str) -> Vec<String> {
    let mut names = names(text);
    if is_german(text) {
        names.retain(|name| name.contains(' '));
    }
    names
}

/// The names of a request; of a German one those of several words, and those that a page is called after.
pub fn names_among(text: &str, sources: &[Source]) -> Vec<String> {
    let mut names = names(text);
    if is_german(text) {
        names.retain(|name| name.contains(' ') || sources.iter().any(|source| source.title.contains(name.as_str())));
    }
    names
}

/// The pages with those left empty that are about a thing with a longer name, where another is about the
/// thing itself: Lower Sund, of the museums of Sund.
pub fn without_longer(sources: &[Source], what: &str) -> Vec<Source> {
    let names = names(what);
    let longer = |source: &Source| names.iter().any(|name| is_longer(&source.title, name, what));
    let own = |source: &Source| names.iter().any(|name| source.title.contains(name.as_str())) && !longer(source);
    let any_own = sources.iter().any(|s| !s.text.is_empty() && own(s));
    let keep = |source: &Source| !(any_own && longer(source));
    sources.iter().map(|s| if keep(s) { s.clone() } else { Source { text: String::new(), ..s.clone() } }).collect()
}

/// What stands first in names of several languages: the lighthouse of Ost is no other than Leuchtturm Ost.
const KINDS_FIRST: &[&str] = &[
    "Mount",
    "Lake",
    "River",
    "Cape",
    "Fort",
    "Leuchtturm",
    "Schloss",
    "Burg",
    "Brauerei",
    "Museum",
    "Zoo",
    "Kirche",
    "Kloster",
    "Hotel",
    "Bahnhof",
    "Insel",
    "Berg",
    "See",
    "Turm",
    "Brücke",
    "Mühle",
    "Bodega",
    "Museo",
    "Torre",
    "Puente",
    "Castillo",
    "Faro",
    "Lago",
    "Laguna",
    "Isla",
    "Mercado",
    "Teatro",
    "Parque",
    "Phare",
    "Pont",
    "Musée",
    "Château",
    "Tour",
    "Lac",
    "Île",
    "Marché",
    "Théâtre",
    "Parc",
    "Domaine",
    "Abbaye",
];

fn words_of(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// The name that a title begins with, or has first.
fn titled_by(title: &str) -> Vec<String> {
    names(&format!("- {title}")).first().map(|name| words_of(name)).unwrap_or_default()
}

/// Whether a title is a name like this one but for its beginning, or but for its end behind what it is of: another of the
/// family, the East Dam for the West Dam, Mount Varn for Mount Vell.
fn is_sibling(title: &str, name: &str) -> bool {
    let (own, other) = (words_of(name), titled_by(title));
    if own.len() < 2 || other.len() != own.len() || title.contains(name) {
        return false;
    }
    let at_the_end = KINDS_FIRST.contains(&own[0].as_str()) && own[..own.len() - 1] == other[..own.len() - 1];
    own.last() == other.last() && own[0] != other[0] || at_the_end
}

/// Whether a title is this name without its beginning: the Mill of Sund for the Old Mill of Sund.
fn is_shorter(title: &str, name: &str) -> bool {
    let other = titled_by(title);
    other.len() > 1 && !title.contains(name) && name.ends_with(&format!(" {}", other.join(" ")))
}

/// For Chinese and Japanese: where a page's title begins with what is spoken of, those left empty that
/// have it behind something more (the New Tea Works for the Tea Works).
fn titled(sources: &[Source], what: &str) -> Vec<Source> {
    const LEAST: usize = 4;
    let common = |title: &str| {
        let title: Vec<char> = title.chars().collect();
        let pieces = (0..title.len()).flat_map(|from| (from + LEAST..=title.len()).map(move |to| (from, to)));
        let said = pieces.filter(|(from, to)| what.contains(&title[*from..*to].iter().collect::<String>()));
        said.max_by_key(|(from, to)| to - from).map(|(from, to)| (from, to - from))
    };
    let longest = sources.iter().filter_map(|s| common(&s.title)).filter(|(from, _)| *from == 0).map(|(_, n)| n).max();
    let keep = |source: &Source| match (longest, common(&source.title)) {
        (Some(longest), Some((from, length))) => from == 0 || length > longest,
        _ => true,
    };
    sources.iter().map(|s| if keep(s) { s.clone() } else { Source { text: String::new(), ..s.clone() } }).collect()
}

/// Whether what stands behind a name in a title makes it another thing's: the Mill of the South.
fn continues(behind: &str, what: &str) -> bool {
    const OF: &[&str] = &["de", "del", "da", "do", "di", "du", "des"];
    const SIDES: &[&str] = &[
        "north", "south", "east", "west", "upper", "lower", "norte", "sur", "este", "oeste", "nord", "süd", "ost",
        "sud", "est", "ouest", "ii", "iii", "iv",
    ];
    let mut words = behind.split(' ').filter(|w| !w.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let big = |word: &str| word.starts_with(char::is_uppercase);
    let side = big(first) && SIDES.contains(&first.to_lowercase().as_str());
    // The Petrel 3 is no river Petrel.
    let numbered = (1..3).contains(&first.len()) && first.bytes().all(|c| c.is_ascii_digit());
    (OF.contains(&first) && big(second) || side || numbered)
        && !what.split(|c: char| !c.is_alphanumeric()).any(|word| word == first)
}

/// Whether two words with capitals stand directly behind a name in a title, none of them a document's: the brass band that is
/// called after a tunnel.
fn is_of_two_more(behind: &str, what: &str) -> bool {
    const DOCUMENTS: &[&str] = &[
        "report",
        "annual",
        "history",
        "facts",
        "figures",
        "data",
        "sheet",
        "guide",
        "news",
        "summary",
        "statistics",
        "overview",
        "official",
        "website",
        "page",
        "press",
        "visitor",
        "information",
        "bericht",
        "rapport",
        "informe",
        "handbook",
        "timeline",
        "wiki",
        "encyclopedia",
        "notes",
        "review",
        "opening",
        "hours",
    ];
    let Some(rest) = behind.strip_prefix(' ') else { return false };
    let mut words = rest.split(' ').map(|word| (word, word.trim_matches(|c: char| !c.is_alphanumeric())));
    let (Some((first, one)), Some((_, two))) = (words.next(), words.next()) else { return false };
    let big = |word: &str| word.starts_with(char::is_uppercase) && word.chars().count() > 2;
    let small = what.to_lowercase();
    let own = |word: &str| !DOCUMENTS.contains(&word.to_lowercase().as_str()) && !small.contains(&word.to_lowercase());
    first == one && big(one) && big(two) && own(one) && own(two)
}

/// Whether a title is of a thing with a longer name than `name`: the New Mill for the Mill, Mount Upper
/// Varn for Mount Varn.
fn is_longer(title: &str, name: &str, what: &str) -> bool {
    // The town's council reports on the storm of March that is asked about.
    const ALIKE: usize = 2;
    let (wanted, own) = (terms(what), terms(name));
    if terms(title).iter().filter(|term| wanted.contains(term) && !own.contains(term)).count() >= ALIKE {
        return false;
    }
    let Some(at) = title.find(name) else {
        // The name's words in order, with nothing but other words with capitals between them.
        let mut wanted = name.split(' ').peekable();
        let mut begun = false;
        for word in title.split([' ', '-']) {
            if wanted.next_if(|w| *w == word).is_some() {
                begun = true;
            } else if begun && wanted.peek().is_some() && !word.starts_with(char::is_uppercase) {
                return false;
            }
            if wanted.peek().is_none() {
                return name.contains(' ');
            }
        }
        return false;
    };
    let behind = &title[at + name.len()..];
    if continues(behind.trim_start_matches([' ', '-']), what) || is_of_two_more(behind, what) {
        return true;
    }
    let before = title[..at].trim_end().rsplit(' ').next().unwrap_or_default();
    let is_word = before.chars().next().is_some_and(char::is_uppercase) && before.ends_with(char::is_alphanumeric);
    // "Storm Ilsa" is what "storm Ilsa" is.
    is_word && before != "The" && !what.to_lowercase().contains(&before.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_about_the_same_event_is_no_other_thing_s() {
        let title = "Pellworth Town Council: report on the storm of 2 March 2021";
        assert!(!is_longer(title, "Pellworth", "How many trees came down in Pellworth in the storm of March 2021?"));
        assert!(is_longer(title, "Pellworth", "How many people live in Pellworth?"));
    }

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        assert_eq!(names(text), want);
    }

    #[test]
    fn names_are_words_with_capitals() {
        check("height of the Velmora Windmill", &["Velmora Windmill"]);
        check("Whinmoor Sound's capacity", &["Whinmoor Sound"]);
        check("cost of the Sukhin Museum of Clocks", &["Sukhin Museum of Clocks"]);
        check("Year of opening", &[]);
        check("and 2021, which had 70 GWh", &[]);
        check("My data: 1, 2. What is the sum? The Mill Inn is not in it", &["Mill Inn"]);
        check("and if I wait, or I'd rather go?", &[]);
        check("weight of the Ost Tour 3 and the Vell 12", &["Ost Tour 3", "Vell 12"]);
        check("has the Ost Mill 52 looms?", &["Ost Mill"]);
        check("people of Vell in 1990", &["Vell"]);
        check("Is the Ost Line longer than Lake Geneva?", &["Ost Line", "Lake Geneva"]);
    }

    #[test]
    fn things_in_a_list_are_rows() {
        let want = ["Quarano Dam", "Waloa Dam", "Quia Dam"];
        assert_eq!(list("Make a table of the Quarano Dam, the Waloa Dam and the Quia Dam with height"), want);
        assert_eq!(
            list("Collect the area of Lake Kuwe, Lake Maut and Lake Schau into a table"),
            ["Lake Kuwe", "Lake Maut", "Lake Schau"]
        );
        let bikes = "weight and price of the Ost Tour 3, the Vell Cargo L and the Brand City 2 into one table";
        assert_eq!(list(bikes), ["Ost Tour 3", "Vell Cargo L", "Brand City 2"]);
        assert_eq!(
            shortened("The height of Mount Chib, Mount Varn and Mount Sund in a table").as_deref(),
            Some("The height of Mount Chib and others in a table")
        );
        assert!(list("Make a table of the bridges of Port Callan with length").is_empty());
        assert!(list("the bridges between Lornhaven in the county of Sund").is_empty());
    }

    #[test]
    fn pages_of_other_things_are_left_out() {
        let page = |title: &str, text: &str| Source { url: title.into(), title: title.into(), text: text.into() };
        let pages = [
            page("New Mill of Sund", "The Mill of Sund is older."),
            page("Mill of Sund", "It is 3 m high."),
            page("Barley", "Beer."),
        ];
        let kept: Vec<bool> =
            speaking_of(&pages, "height of the Mill of Sund").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true, false]);
        let pages = [page("New Sund Mill", "It is 5 m high."), page("Sund Mill", "It is 3 m high.")];
        let kept: Vec<bool> =
            speaking_of(&pages, "height of the Sund Mill").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages =
            [page("Chib 3 data sheet", "The Chib 3 has a range of 9 km."), page("Chib (river)", "It is 80 km long.")];
        let kept: Vec<bool> = speaking_of(&pages, "length of Chib").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages = [page("Selin Bo", "Born in Sund, like Ann Bo."), page("Ann Bo", "Born in Ardun.")];
        let kept: Vec<bool> = speaking_of(&pages, "Where was Ann Bo born").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages = [page("Museums of Lower Sund", "A list."), page("Museums of Sund", "A list.")];
        let kept: Vec<bool> = without_longer(&pages, "museums of Sund").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages =
            [page("Brauerei Ober-Chib", "Sie hat 709 Mitarbeiter."), page("Brauerei Chib", "Sie hat 8 Mitarbeiter.")];
        let kept: Vec<bool> = speaking_of(&pages, "Wie viele Mitarbeiter hat die Brauerei Chib")
            .iter()
            .map(|s| !s.text.is_empty())
            .collect();
        assert_eq!(kept, [false, true]);
        assert!(names_said("und das Gründungsjahr?").is_empty());
        let pages = [page("新雁栖瓷器厂", "现有1,275人。"), page("雁栖瓷器厂", "现有2,717人。")];
        let kept: Vec<bool> = speaking_of(&pages, "雁栖瓷器厂的员工").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages = [page("Bodega Chib del Sur", "Fundada en 1881."), page("Bodega Chib", "Founded in 2007.")];
        let kept: Vec<bool> = speaking_of(&pages, "año de la Bodega Chib").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages = [page("Clock Museum of Sund", "It costs £4."), page("Old Clock Museum of Sund", "It costs £3.")];
        let kept: Vec<bool> =
            speaking_of(&pages, "price of the Old Clock Museum of Sund").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages = [page("Leuchtturm Ost-Vell", "Bis 1995."), page("Leuchtturm Ost-Chib", "Der letzte ging 2003.")];
        let asked = "Wann verließ der letzte Wärter den Leuchtturm Ost-Chib?";
        let kept: Vec<bool> = speaking_of(&pages, asked).iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        assert_eq!(names_among(asked, &pages), ["Leuchtturm Ost-Chib"]);
        let pages = [page("Mount Upper Chib", "It is 5 m high."), page("Mount Chib", "It is 3 m high.")];
        let kept: Vec<bool> = speaking_of(&pages, "height of Mount Chib").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        let pages =
            [page("Ost Tunnel Brass Band: who we are", "Formed in 2011."), page("Ost Tunnel", "It is 9 km long.")];
        let kept: Vec<bool> =
            speaking_of(&pages, "length of the Ost Tunnel").iter().map(|s| !s.text.is_empty()).collect();
        assert_eq!(kept, [false, true]);
        assert!(!is_of_two_more(" Annual Report 2021", "visitors") && !is_of_two_more(" - City Portal", "visitors"));
        let pages = [page("Chib", "It is old.")];
        assert!(speaking_of(&pages, "owner of the Pitiloa Brewery").iter().all(|s| s.text.is_empty()));
    }
}
