//! The grammar of a plan, made anew for each request.
//!
//! What is looked up consists of the request's and the notebook's own words, and numbers are the
//! request's: what no one said cannot be planned. Without it a small model's words drift into the
//! last example's subject and language.

use super::amounts::{given, numbers};
use super::form::Form;
use super::signs::{COMPARED, TIMES, says};
use crate::evidence::terms;
use crate::guide::{query, state::quoted};
use crate::language::Language;
use crate::notebook::{Chat, fact_name, query_of};
use polymath_chat::Table;
use polymath_quantity::{figures, text::is_cjk};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Words that may join the request's own.
const JOINING: &str = "of the a an in and for at by from to on per with whom which year date day number name total opening \
                       beginning end";
/// Properties that requests ask for without naming them: "how tall", "how many live there".
const PROPERTIES: &str = "height length width depth weight mass area capacity price cost population speed age share size output \
                          duration distance";
const UNITS: &str = "percent days years months weeks hours minutes seconds mm cm m metres km kilometres feet miles inches \
                     yards g kg kilograms tonnes pounds ounces litres gallons hectares acres km/h mph m/s kWh MWh GWh kW MW GW \
                     celsius fahrenheit";
/// Calls of one plan, and names that it may give.
const STEPS: usize = 4;
/// Tables, the latest, that a plan can ask.
const TABLES: usize = 6;

/// The name of the next fact.
pub fn next_fact(chat: &Chat) -> String {
    fact_name(chat.facts.len())
}

impl Form {
    /// The start rule of plans of this form that are made of `verbs`.
    fn rule(self, verbs: &[&str]) -> String {
        let more = STEPS - 1;
        let has = |verb: &str| verbs.contains(&verb);
        match self {
            Form::LookedUp if has("find") => {
                let looking = if has("collect") { "(find | collect)" } else { "find" };
                format!("start: {looking} (\"\\n\" line){{0,{more}}}")
            }
            Form::Calculated if has("find") && has("calc") => "start: find \"\\n\" (find \"\\n\")? calc".to_owned(),
            _ => {
                let made: Vec<&str> = ["collect", "table"].into_iter().filter(|verb| has(verb)).collect();
                // The columns of what the plan makes itself are not known yet.
                let made = match (made.is_empty(), has("sql")) {
                    (false, true) => format!(" | ({}) (\"\\n\" (line | free)){{1,{more}}}", made.join(" | ")),
                    _ => String::new(),
                };
                let reply = if has("reply") { "\"reply()\" | " } else { "" };
                format!("start: {reply}first (\"\\n\" line){{0,{more}}}{made}")
            }
        }
    }
}

/// The calls of a plan that these tools make possible; saying it without tools always is.
fn verbs(request: &str, tools: &[String], chat: &Chat) -> Vec<&'static str> {
    let has = |name: &str| tools.iter().any(|t| t == name);
    let all = [
        ("find", has("browser_search")),
        ("collect", has("browser_search")),
        ("calc", has("calculator")),
        ("table", figures(request).len() > 1),
        ("sql", has("sql")),
        ("describe", has("sql") && !chat.tables.is_empty()),
        ("chart", has("chart")),
        ("change", has("chart") && !chat.charts.is_empty()),
        ("program", has("python")),
        ("picture", has("image")),
        ("reply", true),
    ];
    all.iter().filter(|(_, possible)| *possible).map(|(name, _)| *name).collect()
}

/// The grammar, in llguidance's variant of Lark, of plans for `request` with these tools.
/// `without`: calls that led nowhere.
pub fn grammar(request: &str, chat: &Chat, tools: &[String], form: Form, without: &[&str]) -> String {
    let mut verbs = verbs(request, tools, chat);
    verbs.retain(|verb| !without.contains(verb));
    let plain: Vec<&str> = verbs.iter().copied().filter(|v| *v != "reply").collect();
    let calls = if plain.is_empty() { "\"reply()\"".to_owned() } else { plain.join(" | ") };
    // With no table at hand nothing can be asked of one before there is one.
    let bare = |verb: &&str| !chat.tables.is_empty() || !["sql", "describe", "chart", "change"].contains(verb);
    let first: Vec<&str> = plain.iter().copied().filter(bare).collect();
    let first = if first.is_empty() { "\"reply()\"".to_owned() } else { first.join(" | ") };
    let mut lark = format!("{}\nfirst: {first}\nline: {calls}\n", form.rule(&verbs));
    let facts: Vec<String> = (chat.facts.len()..chat.facts.len() + STEPS).map(fact_name).collect();
    let tables: Vec<String> = (chat.tables.len()..chat.tables.len() + STEPS).map(|i| format!("t{}", i + 1)).collect();
    let known_facts: Vec<String> = chat.facts.iter().map(|f| f.name.clone()).chain(facts.clone()).collect();
    let known_tables: Vec<String> =
        (0..chat.tables.len()).map(|i| format!("t{}", i + 1)).chain(tables.clone()).collect();
    let mut words = words(request, chat);
    if form == Form::Calculated {
        words.retain(|word| !COMPARED.contains(&word.as_str()) && !TIMES.contains(&word.as_str()));
    }
    let known = asked_tables(request, chat);
    let rules: &[(&str, String)] = &[
        ("find", "fact \" = find(\\\"\" words \"\\\")\"".into()),
        ("collect", "new_table \" = collect(\\\"\" words \"\\\", \" names \")\"".into()),
        ("calc", "fact \" = calc(\\\"\" expression \"\\\")\"".into()),
        ("table", "new_table \" = table(\" names \", [\" row (\", \" row){1,40} \"])\"".into()),
        ("sql", format!("new_table \" = sql(\\\"SELECT \" {} \"\\\")\"", if known.is_empty() { "SQL" } else { "query" })),
        ("describe", "\"describe(\" known_table \")\"".into()),
        ("chart", "\"chart(\\\"\" KIND \"\\\", \" known_table \", x=\\\"\" CELL \"\\\", y=\\\"\" CELL \"\\\"\" option{0,3} \")\"".into()),
        ("change", format!("\"change(\" ({}) option{{1,3}} \")\"", choice(chat.charts.iter().map(|c| c.name.clone())))),
        ("program", "\"program()\"".into()),
        ("picture", "\"picture(\\\"\" words \"\\\")\"".into()),
    ];
    for (name, rule) in rules.iter().filter(|(name, _)| verbs.contains(name)) {
        let _ = writeln!(lark, "{name}: {rule}");
    }
    let numbers = numbers(request);
    if verbs.contains(&"sql") {
        lark.push_str("free: new_table \" = sql(\\\"SELECT \" SQL \"\\\")\"\n");
        if !known.is_empty() {
            lark.push_str(&query::rules(&known, request));
        }
    }
    let _ = write!(
        lark,
        "fact: {}\nnew_table: {}\nknown_table: {}\nwords: WORD ({} WORD){{0,15}}\n\
         expression: term ((\" \" operator \" \") term){{0,8}} (\" in \" UNIT)?\n\
         term: \"(\" expression \")\" | FUNCTION \"(\" expression \")\" | NAME | NUMBER (\" \" UNIT)?\n\
         operator: \"+\" | \"-\" | \"*\" | \"/\" | \"^\" | \"of\"\n\
         FUNCTION: \"sqrt\" | \"ln\" | \"log10\" | \"sin\" | \"cos\" | \"abs\" | \"round\"\n\
         NAME: {}\nNUMBER: {}\nUNIT: {}\n\
         names: \"[\\\"\" title \"\\\"\" (\", \\\"\" title \"\\\"\"){{1,5}} \"]\"\ntitle: {}\n\
         row: \"[\" cell (\", \" cell){{1,5}} \"]\"\ncell: \"\\\"\" words \"\\\"\" | GIVEN\nGIVEN: {}\n\
         option: \", \" OPTION \"=\\\"\" CELL \"\\\"\"\n\
         OPTION: \"kind\" | \"series\" | \"log\" | \"grid\" | \"sort\" | \"trend\" | \"until\" | \"today\" | \"title\" | \"color\" | \"x\" | \"y\"\n\
         KIND: \"line\" | \"bar\" | \"barh\" | \"pie\" | \"scatter\" | \"hist\"\n\
         CELL: /[^\"\\n\\[\\]]{{1,40}}/\nSQL: /[^\"\\n]{{3,240}}/\nWORD: {}\n",
        choice(facts),
        choice(tables),
        choice(known_tables),
        // Chinese and Japanese have no spaces between words.
        if request.chars().any(is_cjk) { "\" \"?" } else { "\" \"" },
        choice(known_facts),
        choice(numbers),
        choice(units(request)),
        titles(request),
        choice(given(request)),
        choice(words),
    );
    lark
}

/// A question made of the words of these texts.
pub fn said(texts: &[&str]) -> String {
    const SMALL: &str = "the of in and is was were did does do has have had how what when where who which many much a an to for on at by \
                         from with or are When What Where Who Which How In Is Was Did";
    let mut words: BTreeSet<String> = SMALL.split_whitespace().map(str::to_owned).collect();
    texts.iter().for_each(|text| add_words(&mut words, text));
    let joined = texts.iter().any(|text| text.chars().any(is_cjk));
    let space = if joined { "\" \"?" } else { "\" \"" };
    format!("start: WORD ({space} WORD){{0,25}} END?\nEND: \"?\" | \"？\" | \".\"\nWORD: {}\n", choice(words))
}

/// "none", or names made of the request's own words, each with a capital but for small ones that join them.
pub fn names(request: &str) -> String {
    const JOINING: &[&str] =
        &["of", "the", "de", "la", "del", "du", "des", "di", "da", "von", "der", "and", "y", "et", "for", "in", "on"];
    let trimmed = request.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let bare = trimmed.map(|word| word.trim_end_matches("'s").trim_end_matches("’s"));
    let (joining, words): (BTreeSet<&str>, BTreeSet<&str>) =
        bare.filter(|word| !word.is_empty() && !word.contains('"')).partition(|word| JOINING.contains(word));
    let big = |word: &str| {
        let mut chars = word.chars();
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<String>()
    };
    let (small, joined) = match joining.is_empty() {
        true => (String::new(), "\" \" BIG"),
        false => (
            format!("SMALL: {}\n", choice(joining.iter().map(|word| (*word).to_owned()))),
            "(\" \" SMALL){0,2} \" \" BIG",
        ),
    };
    format!(
        "start: \"none\" | name (\", \" name){{0,4}}\nname: BIG ({joined}){{0,5}}\nBIG: {}\n{small}",
        choice(words.into_iter().map(big))
    )
}

/// "one step", or the two questions of one, of its own words.
pub fn hops(what: &str) -> String {
    const SMALL: &str = "the of which who what is was in";
    let mut words: BTreeSet<String> = SMALL.split_whitespace().map(str::to_owned).collect();
    add_words(&mut words, what);
    format!(
        "start: \"one step\" | \"a: \" WORD (\" \" WORD){{1,15}} \"\\nthen: \" part (\" \" part){{1,15}}\n\
         part: WORD | \"{{a}}\"\nWORD: {}\n",
        choice(words)
    )
}

/// Lines that name the steps of a sum of the request's numbers, and its answer.
pub fn sum(request: &str) -> String {
    format!(
        "start: line{{0,7}} \"answer = \" expression\nline: NAME \" = \" expression \"\\n\"\nNAME: /[a-z][a-z_]{{0,30}}/\n\
         expression: term ((\" \" operator \" \") term){{0,8}}\n\
         term: \"(\" expression \")\" | FUNCTION \"(\" expression \")\" | NUMBER DAYS? | NAME\n\
         FUNCTION: \"ceil\" | \"floor\" | \"round\" | \"sqrt\"\nDAYS: \" days\" | \" weeks\" | \" months\" | \" years\"\n\
         operator: \"+\" | \"-\" | \"*\" | \"/\" | \"**\"\nNUMBER: {}\n",
        choice(numbers(request).into_iter().filter(|n| !n.contains(|c: char| "€$£¥%".contains(c))))
    )
}

/// The tables that a query may ask, by their numbers. The results of earlier queries are meant by who points at them
/// ("which of these", "sort them"); else it is what they were made of that is asked about.
fn asked_tables<'a>(request: &str, chat: &'a Chat) -> Vec<(usize, &'a Table)> {
    // "How many orders came in, and what were they worth?": the orders are meant.
    const FOR_NAMES: &[&str] = &["them", "they", "their", "deren", "leur", "leurs", "ellos", "ellas", "它们"];
    const POINTING: &[&str] = &[
        "these", "those", "ones", "above", "sort", "sorted", "order", "rank", "column", "columns", "add", "diese",
        "diesen", "davon", "spalte", "sortiere", "ces", "ceux", "celles", "colonne", "trie", "estos", "estas", "esos",
        "esas", "columna", "ordena", "这些", "其中", "列", "排序",
    ];
    let all = chat.tables.iter().enumerate().map(|(i, table)| (i + 1, table));
    let all = all.skip(chat.tables.len().saturating_sub(TABLES));
    let small = request.to_lowercase();
    let (own, made): (Vec<_>, Vec<_>) = all.partition(|(_, table)| query_of(table).is_none());
    let asked = terms(request);
    let named = |(_, table): &(usize, &Table)| {
        terms(&table.title.replace(['_', '-', '.'], " ")).iter().any(|term| term != "csv" && asked.contains(term))
    };
    let points = says(&small, POINTING) || says(&small, FOR_NAMES) && !own.iter().any(named);
    let mut known = if points || own.is_empty() { [own, made].concat() } else { own };
    known.sort_by_key(|(n, _)| *n);
    known
}

/// Literals of which one stands here.
fn choice(texts: impl IntoIterator<Item = String>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(|text| quoted(&text)).collect();
    if quoted.is_empty() { "\"-\"".to_owned() } else { quoted.join(" | ") }
}

/// The request's and the notebook's words, each as it stands and with its first letter small, the
/// words that join them, and the names of facts in braces.
fn words(request: &str, chat: &Chat) -> BTreeSet<String> {
    let mut texts: Vec<&str> = vec![request];
    texts.extend(chat.facts.iter().rev().take(6).flat_map(|f| [f.about.as_str(), f.text.as_str()]));
    texts.extend(chat.tables.iter().rev().take(3).map(|t| t.title.as_str()));
    let mut words: BTreeSet<String> = JOINING.split_whitespace().map(str::to_owned).collect();
    let names_one = terms(request).iter().any(|term| PROPERTIES.split_whitespace().any(|p| p == term));
    // What something is divided by has another property, which is not named: megawatts, capacity.
    if !names_one || says(&request.to_lowercase(), &["per", "pro", "par", "por"]) {
        words.extend(PROPERTIES.split_whitespace().map(str::to_owned));
    }
    texts.iter().for_each(|text| add_words(&mut words, text));
    // A cost per room is divided by a number of rooms.
    let all: Vec<&str> = request.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.extend(all.windows(2).filter(|w| ["per", "each", "every"].contains(&w[0])).map(|w| format!("{}s", w[1])));
    let facts = chat.facts.len() + STEPS;
    words.extend((0..facts).map(|i| format!("{{{}}}", fact_name(i))));
    words
}

fn add_words(words: &mut BTreeSet<String>, text: &str) {
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| ",;:!?\"“”„«»()…。，、？！；：".contains(c)).trim_end_matches('.');
        words.extend(spellings(word));
    }
}

/// A word in the ways in which a plan may write it. Chinese and Japanese have no spaces: there each
/// run of characters may be cut anywhere, so every piece of it is a word.
fn spellings(word: &str) -> Vec<String> {
    let clean: String = word.chars().filter(|c| !"\"\\\n".contains(*c)).collect();
    if clean.is_empty() || clean.chars().count() > 60 {
        return Vec::new();
    }
    let mut found = vec![clean.clone()];
    if clean.chars().any(is_cjk) {
        let chars: Vec<char> = clean.chars().collect();
        for length in 1..=chars.len().min(14) {
            found.extend(chars.windows(length).map(|piece| piece.iter().collect::<String>()));
        }
        return found;
    }
    if let Some(bare) = clean.strip_suffix("'s").or(clean.strip_suffix("’s")) {
        found.push(bare.to_owned());
    }
    found.extend(clean.split('-').filter(|p| !p.is_empty()).map(str::to_owned));
    let small: String = clean.chars().take(1).flat_map(char::to_lowercase).chain(clean.chars().skip(1)).collect();
    found.push(small);
    found
}

/// What the columns of a new table may be called: in another language than English by the request's own words, since pages
/// in that language call them so.
fn titles(request: &str) -> String {
    let keys = match Language::of(request) {
        Language::English => return "CELL".to_owned(),
        Language::German => "Name Jahr",
        Language::French => "Nom Année",
        Language::Spanish => "Nombre Año",
        _ => "名称 名前 年份 年",
    };
    // "Ahora hazme un gráfico" opens a request, and calls no column so.
    let says = |word: &&str| !terms(word).is_empty() && !super::signs::is_drawn(&word.to_lowercase());
    let rest: Vec<&str> = request.split(' ').skip(usize::from(!request.chars().any(is_cjk))).filter(says).collect();
    let mut own: BTreeSet<String> = keys.split_whitespace().map(str::to_owned).collect();
    add_words(&mut own, &rest.join(" "));
    format!("({0}) (\" \" ({0})){{0,3}}", choice(own))
}

fn units(request: &str) -> BTreeSet<String> {
    let mut units: BTreeSet<String> = UNITS.split_whitespace().map(str::to_owned).collect();
    let word = |w: &str| w.trim_matches(|c: char| !c.is_alphanumeric() && c != '°').to_owned();
    units.extend(request.split_whitespace().map(word).filter(|w| w.chars().all(char::is_alphabetic) && w.len() > 1));
    units
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Constraint;
    use polymath_model::constrain::Compiler;

    const TOOLS: [&str; 6] = ["browser_search", "calculator", "sql", "python", "image", "chart"];

    #[track_caller]
    fn check(request: &str, plan: &str, fits: bool) {
        let tools = TOOLS.map(str::to_owned);
        let constraint = Constraint::Lark(grammar(request, &Chat::new("c"), &tools, Form::Any, &[]));
        let got = Compiler::of_bytes().unwrap().check(&constraint, plan);
        assert_eq!(got.is_ok(), fits, "{request}: {plan}: {got:?}");
    }

    #[test]
    fn a_form_is_kept_to() {
        let (request, tools) = ("How many days from the founding to the fire?", TOOLS.map(str::to_owned));
        let fits = |form: Form, plan: &str| {
            let constraint = Constraint::Lark(grammar(request, &Chat::new("c"), &tools, form, &[]));
            Compiler::of_bytes().unwrap().check(&constraint, plan).is_ok()
        };
        let (one, all) =
            ("a = find(\"days\")", "a = find(\"founding\")\nb = find(\"fire\")\nc = calc(\"b - a in days\")");
        assert!(fits(Form::LookedUp, one) && fits(Form::LookedUp, all) && fits(Form::Calculated, all));
        let without = grammar(request, &Chat::new("c"), &tools, Form::LookedUp, &["collect"]);
        assert!(Compiler::of_bytes().unwrap().check(&Constraint::Lark(without), one).is_ok());
        assert!(!fits(Form::Calculated, one) && !fits(Form::LookedUp, "a = calc(\"1 + 2\")"));
    }

    #[test]
    fn only_what_was_said_can_be_planned() {
        let dam = "How high is the Upper Varn dam, and by how many percent is it higher than 58.5 m?";
        check(dam, "a = find(\"height of the Upper Varn dam\")", true);
        check(dam, "a = find(\"architect of the Upper Varn dam\")", false);
        check(dam, "a = find(\"how high is the Upper Varn dam\")\nb = calc(\"(a - 58.5) / 58.5 in percent\")", true);
        check(dam, "a = find(\"how high is the Lower Varn dam\")", false);
        check(dam, "a = calc(\"59 - 58.5\")", false);
        check("翠岭茶厂2021年的产量是多少？", "a = find(\"翠岭茶厂2021年的产量\")", true);
        check("Hello!", "reply()", true);
        check("Hello!", "", false);
        check("Draw the visitors", "chart(\"line\", t1, x=\"Year\", y=\"Visitors\")", false);
        check(
            "Draw cats 12, dogs 9",
            "t1 = table([\"Animal\", \"Count\"], [[\"cats\", 12], [\"dogs\", 9]])\nchart(\"bar\", t1, x=\"Animal\", y=\"Count\")",
            true,
        );
        check("Draw cats 12, dogs 9", "t1 = table([\"Animal\", \"Count\"], [[\"cats\", 13], [\"dogs\", 9]])", false);
    }
}
