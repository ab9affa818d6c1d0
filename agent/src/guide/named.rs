//! Names in requests: the things that are spoken of, as people write them. Chinese and Japanese have no
//! capitals that would tell a name; there nothing is told, and in German capitals tell little.

use polymath_chat::Source;
use polymath_quantity::read;
use polymath_quantity::text::is_cjk;

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
        // Smugglers' Way keeps its sign.
        let own = |(n, w): (usize, &&str)| match w.chars().last().filter(|c| ['\'', '’'].contains(c)) {
            Some(sign) if start + n + 1 < i => format!("{}{sign}", bare(w)),
            _ => bare(w),
        };
        let row: Vec<String> = words[start..i].iter().enumerate().map(own).collect();
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
    if text.chars().any(is_cjk) {
        return list_in_signs(text);
    }
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

/// The same of Chinese: what stands between `、`, `和` and `与`, up to `的`. `1号线、2号线` behind `岚江地铁` are both of it.
fn list_in_signs(text: &str) -> Vec<String> {
    /// Characters of one name.
    const LONGEST: usize = 14;
    const BEFORE: &[&str] = &["请把", "请将", "比较", "对比", "列出", "请", "把", "将", "：", "，", ",", " ", "。"];
    let Some(first) = text.find('、') else { return Vec::new() };
    let front = &text[..first];
    let start = BEFORE.iter().filter_map(|sign| Some(front.rfind(sign)? + sign.len())).max().unwrap_or_default();
    let behind = &text[start..];
    let end = behind.find(['的', '，', ',', '。', '？', '?']).unwrap_or(behind.len());
    let mut all: Vec<String> = behind[..end]
        .split(['、', '和', '与', '及'])
        .map(str::trim)
        .filter(|own| !own.is_empty())
        .map(str::to_owned)
        .collect();
    let Some((head, rest)) = all.split_first_mut() else { return Vec::new() };
    let numbered = |own: &str| own.starts_with(|c: char| c.is_ascii_digit());
    if let Some(at) =
        head.find(|c: char| c.is_ascii_digit()).filter(|at| *at > 0 && rest.iter().all(|own| numbered(own)))
    {
        rest.iter_mut().for_each(|own| own.insert_str(0, &head[..at]));
    }
    let whole = all.len() > 1 && all.iter().all(|own| own.chars().count() <= LONGEST);
    if whole { all } else { Vec::new() }
}

/// A request with "and others" for all but the first name of its list.
pub fn shortened(text: &str) -> Option<String> {
    let all = list(text);
    let (first, last) = (all.first()?, all.last()?);
    let start = text.find(first.as_str())? + first.len();
    let end = text.rfind(last.as_str())? + last.len();
    (start < end).then(|| format!("{} and others{}", &text[..start], &text[end..]))
}

/// Whether a text has German's small words.
pub fn is_german(text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        check("the Heron Trail, Smugglers' Way and the pipers' Hall", &["Heron Trail", "Smugglers' Way", "Hall"]);
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
        assert_eq!(
            list("请把岚江地铁1号线、2号线和3号线的全长整理成一个表格"),
            ["岚江地铁1号线", "岚江地铁2号线", "岚江地铁3号线"]
        );
        assert_eq!(list("比较北湖公园、南山公园和东园的面积"), ["北湖公园", "南山公园", "东园"]);
        assert!(list("北湖公园和南山公园哪个大？").is_empty());
        assert!(list("Make a table of the bridges of Port Callan with length").is_empty());
        assert!(list("the bridges between Lornhaven in the county of Sund").is_empty());
    }
}
