//! Which of the opened pages speak of a thing that is named, and are about no other one that is called like it.

use super::named::{is_german, names};
use crate::evidence::terms;
use polymath_chat::Source;
use polymath_quantity::text::is_cjk;

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
    let titled = |source: &Source| names.iter().any(|name| source.title.contains(name.as_str()));
    let read = |source: &Source| match (keep(source), any_own && !own(source)) {
        (true, true) => in_its_sections(without_fields(source, &names), &names),
        (true, false) if !titled(source) => in_its_sections(source.clone(), &names),
        (true, false) => source.clone(),
        (false, _) => Source { text: String::new(), ..source.clone() },
    };
    sources.iter().map(read).collect()
}

/// A page that has a section for one of these names without the lines of its other sections that do not name it: of a list of
/// mills, each under its own heading, what stands under another mill's is none of this one's.
fn in_its_sections(source: Source, names: &[String]) -> Source {
    let small: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let says = |line: &str| small.iter().any(|name| line.to_lowercase().contains(name.as_str()));
    let level = |line: &str| line.bytes().take_while(|b| *b == b'#').count();
    let mut inside = 0;
    let mut any = false;
    let kept: Vec<bool> = source
        .text
        .lines()
        .map(|line| {
            let level = level(line);
            if level > 0 && (inside == 0 || level <= inside) {
                inside = if says(line) && level > 1 { level } else { 0 };
                any |= inside > 0;
            }
            inside > 0 || level == 1 || says(line)
        })
        .collect();
    if !any {
        return source;
    }
    let lines = source.text.lines().zip(kept).map(|(line, kept)| if kept { line } else { "" });
    Source { text: lines.collect::<Vec<_>>().join("\n"), ..source }
}

/// A page about something else without the fields of it: rows of its tables in which none of these names stands. Its other
/// lines may go on with what a line before them names. A line that is left out stays as an empty one.
fn without_fields(source: &Source, names: &[String]) -> Source {
    let small: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let lines: Vec<&str> = source.text.lines().collect();
    let is_row = |i: usize| lines.get(i).is_some_and(|line| line.contains(" | "));
    let says = |line: &str| small.iter().any(|name| line.to_lowercase().contains(name.as_str()));
    let mut kept = vec![true; lines.len()];
    let mut start = 0;
    while start < lines.len() {
        let end = (start..lines.len()).find(|i| !is_row(*i)).unwrap_or(lines.len());
        let any = lines[start..end].iter().any(|line| says(line));
        for i in start..end {
            // Its first row has the names of its columns.
            kept[i] = any && i == start || says(lines[i]);
        }
        start = end.max(start + 1);
    }
    let text = lines.iter().zip(kept).map(|(line, kept)| if kept { *line } else { "" }).collect::<Vec<_>>().join("\n");
    Source { text, ..source.clone() }
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
    use crate::guide::named::{names_among, names_said};

    #[test]
    fn a_page_about_the_same_event_is_no_other_thing_s() {
        let title = "Pellworth Town Council: report on the storm of 2 March 2021";
        assert!(!is_longer(title, "Pellworth", "How many trees came down in Pellworth in the storm of March 2021?"));
        assert!(is_longer(title, "Pellworth", "How many people live in Pellworth?"));
    }

    #[test]
    fn fields_of_another_thing_are_none_of_this_one() {
        let page = |title: &str, text: &str| Source { url: title.into(), title: title.into(), text: text.into() };
        let other =
            "Depth | 138 m\nFound | 1871\nIt is near Ost Hole.\n\nCave | Length\nOst Hole | 3 km\nVell Hole | 4 km";
        let pages = [page("Mirrow Pot", other), page("Ost Hole", "Depth | 9 m")];
        let read = speaking_of(&pages, "depth of Ost Hole");
        assert_eq!(read[0].text, "\n\nIt is near Ost Hole.\n\nCave | Length\nOst Hole | 3 km\n");
        assert_eq!(read[1].text, "Depth | 9 m");
    }

    #[test]
    fn a_section_is_of_what_it_is_called_after() {
        let page = |title: &str, text: &str| Source { url: title.into(), title: title.into(), text: text.into() };
        let list = "# Mills\nAll are old.\n## Ost Mill\nBuilt in 1703.\n### Sails\n19 m\n## Dree Mill\nBuilt in 1788.\nOlder than Ost Mill.";
        let read = |what: &str| speaking_of(&[page("The mills", list)], what).remove(0).text;
        assert_eq!(
            read("year of the Dree Mill"),
            "# Mills\n\n\n\n\n\n## Dree Mill\nBuilt in 1788.\nOlder than Ost Mill."
        );
        let ost = "# Mills\n\n## Ost Mill\nBuilt in 1703.\n### Sails\n19 m\n\n\nOlder than Ost Mill.";
        assert_eq!(read("year of the Ost Mill"), ost);
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
