//! What people are to things: architects, founders. Who is meant has to be found before anything about
//! them is, and one role's name is not another's.

use super::named::{names, names_said};

/// Whether a look-up asks who somebody is: an architect, the first keeper.
pub fn is_of_person(what: &str) -> bool {
    const BEFORE: &[&str] = &["the", "first", "last", "former", "current", "present", "chief", "head", "main", "new"];
    let small = what.to_lowercase();
    let mut rest = small.as_str();
    while let Some((word, behind)) = rest.split_once(' ').filter(|(word, _)| BEFORE.contains(word)) {
        let _ = word;
        rest = behind;
    }
    let role = ROLES.iter().filter(|role| !["capital", "birthplace", "hometown"].contains(*role));
    role.clone().any(|role| rest.starts_with(role))
        || CHINESE_ROLES.iter().any(|role| *role != "首都" && what.ends_with(role))
}

/// Whether a look-up asks who somebody is, or who did something.
pub fn asks_who(what: &str) -> bool {
    is_of_person(what) || what.to_lowercase().starts_with("who ")
}

/// Beginnings of words for one role, in several languages.
const GROUPS: &[&[&str]] = &[
    &[
        "architect",
        "arquitect",
        "architekt",
        "design",
        "entworfen",
        "diseñ",
        "conçu",
        "plans",
        "planned",
        "drew",
        "entwurf",
        "pläne",
        "建筑师",
        "設計",
        "设计",
        "建築家",
    ],
    &[
        "found",
        "establish",
        "set up",
        "start",
        "creat",
        "fundad",
        "gründe",
        "gegründet",
        "fondat",
        "fondé",
        "创始",
        "创建",
        "創業",
        "創設",
    ],
    &[
        "direct",
        "direktor",
        "head",
        "led",
        "leads",
        "leiter",
        "leitet",
        "dirig",
        "runs",
        "run by",
        "manag",
        "in charge",
        "chief",
        "geführt",
        "gérant",
        "馆长",
        "館長",
    ],
    &["owner", "owned", "dueñ", "propietari", "eigentümer", "besitzer", "propriétaire"],
    &["winemak", "makes the wine", "enólog", "kellermeister", "œnolog"],
    &["brew", "brau"],
    &["mayor", "alcalde", "bürgermeister", "maire", "市长", "市長"],
    &["engineer", "ingenier", "ingenieur", "ingénieur", "工程师", "技師"],
    &["build", "built", "erbau", "baumeister", "constru"],
    &["author", "autor", "auteur", "writ", "wrote", "作者"],
    &["conduct", "dirigent"],
    &["curat", "konservator"],
    &["survey", "vermess"],
    &["keep", "kept", "wärter", "gardien"],
    &["climb", "ascen", "summit", "reached", "top", "bestieg", "gipfel"],
    &["rector", "rektor", "recteur"],
    &[
        "pay", "paid", "fund", "financ", "donat", "donor", "gift", "gave", "given", "sponsor", "bequ", "legacy",
        "grant", "bezahl", "finanz", "stift", "spend", "pag", "payé", "捐", "出资", "资助",
    ],
    &["win", "won", "victor", "champion", "gewonnen", "gewann", "sieg", "gan", "gagn", "vainqueur", "冠军", "获胜"],
    &["buy", "bought", "sold", "sell", "purchas", "acquir", "kauf", "verkauf", "compr", "vend", "ache", "achet"],
    &["discover", "found", "detect", "spot", "entdeck", "descub", "découv", "发现"],
    &["invent", "erfind", "erfund", "发明"],
];

/// Whether a line says of a name that it is another role's than the one that is asked for: "Founder: Ann
/// Bo" does not say who the architect is. Nothing is told of lines in which no role stands before the name.
pub fn is_of_another(what: &str, value: &str, line: &str) -> bool {
    const NEAR: usize = 3;
    if value.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let Some(at) = line.find(value) else { return false };
    let own = groups(&without_names(what));
    let before: Vec<&str> =
        line[..at].split(|c: char| c.is_whitespace() || ":|,()".contains(c)).filter(|w| !w.is_empty()).collect();
    let near = before[before.len().saturating_sub(NEAR)..].join(" ");
    let told = groups(&near);
    let said = super::super::evidence::terms(what).into_iter().any(|term| {
        near.to_lowercase().contains(&term) && !names(what).iter().any(|name| name.to_lowercase().contains(&term))
    });
    // A name beside which nothing says that it is the one: the mayor who cut the ribbon is no designer.
    let untold = asks_who(what) && !own.is_empty() && !groups(line).iter().any(|group| own.contains(group));
    let unsaid = own.is_empty() && verb(what).is_some_and(|verb| !has_stem(line, &verb));
    !said && (untold || unsaid || !told.is_empty() && !told.iter().any(|group| own.contains(group)))
}

/// What somebody did, of a look-up of who did it: `polished`, of "Who polished the mirror".
fn verb(what: &str) -> Option<String> {
    const HELPING: &[&str] =
        &["is", "are", "was", "were", "has", "have", "had", "does", "did", "do", "will", "can", "else"];
    let small = what.to_lowercase();
    let mut words = small.split_whitespace();
    let verb = words.next().filter(|first| *first == "who").and(words.next())?;
    (verb.chars().all(char::is_alphabetic) && !HELPING.contains(&verb)).then(|| verb.to_owned())
}

/// Whether a text has a word that begins as this one does.
fn has_stem(text: &str, word: &str) -> bool {
    const STEM: usize = 4;
    let stem: String = word.chars().take(STEM).collect();
    text.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|own| own.starts_with(&stem))
}

/// A look-up without the names in it: the Ost Brewery is no brewer.
fn without_names(what: &str) -> String {
    names_said(what).iter().fold(what.to_owned(), |text, name| text.replace(name.as_str(), " "))
}

/// The roles that a text has words of.
fn groups(text: &str) -> Vec<usize> {
    let small = text.to_lowercase();
    let has = |beginning: &str| match beginning.chars().all(char::is_alphabetic)
        && !beginning.chars().any(polymath_quantity::text::is_cjk)
    {
        true => small.split(|c: char| !c.is_alphabetic()).any(|word| word.starts_with(beginning)),
        false => small.contains(beginning),
    };
    (0..GROUPS.len()).filter(|i| GROUPS[*i].iter().any(|beginning| has(beginning))).collect()
}

/// Roles, as look-ups name them.
const ROLES: &[&str] = &[
    "architect",
    "inventor",
    "founder",
    "director",
    "designer",
    "builder",
    "author",
    "writer",
    "painter",
    "composer",
    "owner",
    "mayor",
    "president",
    "king",
    "queen",
    "successor",
    "predecessor",
    "discoverer",
    "climber",
    "engineer",
    "sculptor",
    "leader",
    "chief",
    "headmaster",
    "principal",
    "captain",
    "manager",
    "chairman",
    "chairwoman",
    "conductor",
    "creator",
    "developer",
    "manufacturer",
    "maker",
    "producer",
    "operator",
    "publisher",
    "editor",
    "translator",
    "winner",
    "champion",
    "capital",
    "birthplace",
    "hometown",
    "wife",
    "husband",
    "mother",
    "father",
    "son",
    "daughter",
    "brother",
    "sister",
    "teacher",
    "student",
    "pupil",
    "curator",
    "minister",
    "governor",
    "bishop",
    "abbot",
    "explorer",
    "photographer",
    "keeper",
    "patron",
    "surveyor",
    "rector",
    "coach",
    "trainer",
    "organist",
    "librarian",
    "commander",
    "sponsor",
    "tenant",
    "gardener",
    "administrator",
    "secretary",
    "treasurer",
    "dean",
    "warden",
];
const CHINESE_ROLES: &[&str] = &[
    "建筑师",
    "设计师",
    "创始人",
    "创建者",
    "发明者",
    "发明人",
    "作者",
    "校长",
    "市长",
    "厂长",
    "馆长",
    "导演",
    "首都",
    "建造者",
    "創業者",
    "建築家",
];

/// A look-up of something about the architect of a thing, as two: who that is, and what is asked of
/// `{name}`.
pub fn hops(what: &str, name: &str) -> Option<(String, String)> {
    for role in CHINESE_ROLES {
        if let Some((thing, asked)) = what.split_once(role)
            && thing.ends_with(['的', 'の'])
            && asked.starts_with(['的', 'の'])
            && asked.chars().count() > 1
        {
            return Some((format!("{thing}{role}"), format!("{{{name}}}{asked}")));
        }
    }
    if let Some(pair) = whoever(what, name).or_else(|| relative(what, name)) {
        return Some(pair);
    }
    let small = what.to_lowercase();
    let of = ROLES.iter().filter_map(|role| small.find(&format!("{role} of "))).filter(|at| *at > 0).max()?;
    let what = Some(what).filter(|what| what.len() == small.len())?;
    // "the first climber of": what stands between the article and the role belongs to it.
    let front = what[..of].trim_end();
    let article = front.rfind(" the ").map(|at| at + 1).or_else(|| front.ends_with(" the").then(|| front.len() - 3));
    let start = article.filter(|at| what[*at..of].split_whitespace().count() <= 3)?;
    let asked = what[..start].trim();
    let thing = what[start..].trim_start_matches("the ").trim();
    // "town of the director of the Mill born": what stands behind the thing is asked of the person.
    let last = names(thing).into_iter().last()?;
    let end = thing.rfind(&last)? + last.len();
    let (thing, behind) = (&thing[..end], thing[end..].trim_end());
    (!asked.is_empty()).then(|| (thing.to_owned(), format!("{asked} {{{name}}}{behind}")))
}

/// "height of the observatory at which the comet was found": the observatory that is, and its height.
fn relative(what: &str, name: &str) -> Option<(String, String)> {
    const WHICH: [&str; 12] = [
        " at which ",
        " in which ",
        " on which ",
        " from which ",
        " to which ",
        " where ",
        " that ",
        " which ",
        " whose ",
        " in dem ",
        " an dem ",
        " où ",
    ];
    /// What a question may be after itself.
    const ASKED: [&str; 12] =
        ["year", "day", "date", "month", "time", "moment", "age", "way", "reason", "number", "order", "unit"];
    let (front, clause) = WHICH.iter().find_map(|which| {
        let at = what.find(which)?;
        Some((&what[..at], &what[at + 1..]))
    })?;
    let of = front.rfind(" of ").map(|at| at + 4)?;
    let noun = front[of..].trim_start_matches("the ");
    let property = front[..of].trim();
    let bare = noun.split(' ').count() <= 3 && names(noun).is_empty() && !noun.is_empty() && !noun.contains('{');
    let last = noun.rsplit(' ').next().unwrap_or_default();
    let fits = bare && !ASKED.contains(&last) && !names(clause).is_empty() && property.split(' ').count() <= 5;
    fits.then(|| (format!("{noun} {clause}"), format!("{property} {{{name}}}")))
}

/// "when was the person who founded the Mill born": who founded the Mill, and when they were born.
fn whoever(what: &str, name: &str) -> Option<(String, String)> {
    const SOMEONE: [&str; 5] = ["the person", "the man", "the woman", "the one", "whoever"];
    let at = if what.starts_with("who ") { 0 } else { what.find(" who ").map(|at| at + 1)? };
    let (before, clause) = what.split_at(at);
    let last = names(clause).into_iter().last()?;
    let end = clause.rfind(&last)? + last.len();
    let (who, behind) = clause.split_at(end);
    let small = before.to_lowercase();
    // "who founded the Mill was born when" leaves out whom.
    let bare = at == 0 && behind.contains(" born");
    let found = SOMEONE.iter().find_map(|someone| Some((small.find(someone)?, *someone)));
    let (start, someone) = found.or_else(|| bare.then_some((0, "")))?;
    let front = before.get(..start)?;
    let rest = before.get(start + someone.len()..)?.trim();
    let pieces = [front.trim(), &format!("{{{name}}}"), rest, behind.trim()];
    let asked: Vec<&str> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
    (asked.len() > 1).then(|| (who.to_owned(), asked.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_its_own_role() {
        assert!(is_of_another("enólogo de la Bodega Chib", "Ann Bo", "Fundador: Ann Bo."));
        assert!(!is_of_another("enólogo de la Bodega Chib", "Ann Bo", "Enólogo: Ann Bo."));
        assert!(!is_of_another("Who founded the Chib Brewery", "Ann Bo", "Founder | Ann Bo"));
        assert!(!is_of_another("who runs the Chib Mill today", "Ann Bo", "Director | Ann Bo (since 2012)"));
        assert!(is_of_another("who runs the Chib Mill today", "Ann Bo", "Ann Bo laid the first stone."));
        assert!(is_of_another("designer of the Chib Dam", "Ann Bo", "It was founded by Ann Bo."));
        assert!(!is_of_another("Who founded the Chib Mill", "Ann Bo", "It was set up in 1868 by Ann Bo."));
        assert!(is_of_another("designer of the Chib Bridge", "Ann Bo", "Ann Bo, then mayor, cut the ribbon."));
        assert!(!is_of_another("first surveyor of Lake Chib", "Ann Bo", "The first survey was made by Ann Bo."));
        assert!(is_of_another("director of the Chib Brewery", "Ann Bo", "Brewmaster | Ann Bo"));
        assert!(!is_of_another("birthplace of Ann Bo", "Sund", "The architect Ann Bo was born in Sund."));
        assert!(is_of_person("first director of the Chib Observatory") && !is_of_person("first ascent of Mount Chib"));
    }

    #[test]
    fn a_role_is_found_first() {
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(
            hops("birthplace of the first climber of Mount Chib", "h"),
            pair("first climber of Mount Chib", "birthplace of {h}")
        );
        assert_eq!(
            hops("height of the observatory at which Comet Chib was found", "h"),
            pair("observatory at which Comet Chib was found", "height of {h}")
        );
        assert_eq!(hops("name of the year in which the Chib Canal opened", "h"), None);
        assert_eq!(
            hops("born of the architect of the Fufrannes Theatre", "h"),
            pair("architect of the Fufrannes Theatre", "born of {h}")
        );
        assert_eq!(
            hops("town of the first director of the Chib Observatory born", "h"),
            pair("first director of the Chib Observatory", "town of {h} born")
        );
        assert_eq!(
            hops("the person who founded the Chib Brewery was born when", "h"),
            pair("who founded the Chib Brewery", "{h} was born when")
        );
        assert_eq!(
            hops("When was the man born who founded the Chib Brewery", "h"),
            pair("who founded the Chib Brewery", "When was {h} born")
        );
        assert_eq!(
            hops("who founded the Chib Brewery was born when", "h"),
            pair("who founded the Chib Brewery", "{h} was born when")
        );
        assert_eq!(hops("who founded the Chib Brewery", "h"), None);
        assert_eq!(hops("architect of the Fufrannes Theatre", "h"), None);
        assert_eq!(hops("height of the tower of Ardun", "h"), None);
        assert_eq!(hops("石桥的建筑师的出生年", "h"), pair("石桥的建筑师", "{h}的出生年"));
    }
}
