//! What a run concluded from its pages, and what these pages say now.

use crate::evidence::clip;
use crate::notebook::Chat;
use polymath_chat::{Cell, Provenance, Source, Table};
use polymath_quantity::figures;
use serde::Serialize;
use std::collections::BTreeSet;

/// The words of a line that another one must have to be the same line, of a hundred.
const SAME_LINE: usize = 60;
/// Characters of a line that is told.
const SHOWN: usize = 200;

/// A page that was fetched again.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// As the run knew it.
    pub url: String,
    /// The page with its tables, or why it could not be had.
    pub page: Result<(Source, Vec<Table>), String>,
    /// Which page that is, by its bytes' hash.
    pub hash: Option<String>,
}

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PageChange {
    Same {
        url: String,
    },
    /// Its text is another.
    Changed {
        url: String,
        #[serde(flatten)]
        before: Before,
    },
    Gone {
        url: String,
        why: String,
        #[serde(flatten)]
        before: Before,
    },
}

/// Which page it was for the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Before {
    /// Its bytes' hash, by which the record has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// When it was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What became of something that the run concluded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The same place says something else.
    Value { what: String, before: String, now: String, url: String },
    /// A table that was used has a row more.
    RowAdded { table: String, row: String, url: String },
    /// A row that was used is not there any more.
    RowGone { table: String, row: String, url: String },
    /// What it rested on stands nowhere on its page.
    Unsupported { what: String, value: String, quote: String, url: String },
    /// It was worked out from a value that is another now.
    Rests { what: String, value: String, on: String },
}

/// All that came of fetching a run's pages again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refreshed {
    pub pages: Vec<PageChange>,
    pub changes: Vec<Change>,
    /// Values of pages that were looked at.
    pub checked: usize,
}

/// A value that a page gave.
struct Claim<'a> {
    what: String,
    value: &'a str,
    url: &'a str,
    quote: &'a str,
}

/// Holds a run's tables and facts against its pages as they are now.
pub fn compare(chat: &Chat, fresh: &[Fresh]) -> Refreshed {
    let now = |url: &str| fresh.iter().find(|f| f.url == url).map(|f| &f.page);
    // The same bytes are the same page, though a later polymath reads them otherwise.
    let same = |url: &str| {
        let hash = fresh.iter().find(|f| f.url == url).and_then(|f| f.hash.as_ref());
        hash.is_some() && hash == chat.page_of(url).map(|known| &known.page)
    };
    let pages = chat.sources.iter().filter_map(|source| {
        let url = source.url.clone();
        let known = chat.page_of(&url);
        let before = Before { page: known.map(|k| k.page.clone()), at: known.map(|k| k.at.clone()) };
        Some(match now(&url)? {
            Err(why) => PageChange::Gone { url, why: why.clone(), before },
            Ok((page, _)) if same(&url) || plain(&page.text) == plain(&source.text) => PageChange::Same { url },
            Ok(_) => PageChange::Changed { url, before },
        })
    });
    let claims = claims(chat);
    let mut changes: Vec<Change> = Vec::new();
    let mut checked = 0;
    for claim in &claims {
        let Some(Ok((page, tables))) = now(claim.url) else { continue };
        checked += 1;
        if same(claim.url) {
            continue;
        }
        let old = chat.page_tables.iter().find_map(|table| Some((table, row_of(table, claim)?)));
        let new = old.and_then(|(table, _)| Some((table, counterpart(table, tables)?)));
        let change = match (old, new) {
            (Some((table, row)), Some((_, new))) => in_table(claim, (table, row), new),
            _ => in_text(claim, &page.text),
        };
        changes.extend(change);
    }
    changes.extend(rows_added(chat, &claims, &|url| now(url).filter(|_| !same(url))));
    let rests = rests(chat, &changes);
    changes.extend(rests);
    let mut told: Vec<Change> = Vec::new();
    changes.into_iter().for_each(|change| {
        if !told.contains(&change) {
            told.push(change);
        }
    });
    Refreshed { pages: pages.collect(), changes: told, checked }
}

/// What was taken from pages: the cells of the run's tables, and its facts.
fn claims(chat: &Chat) -> Vec<Claim<'_>> {
    let mut claims = Vec::new();
    for (number, table) in chat.tables.iter().enumerate() {
        let name = if table.title.is_empty() { format!("t{}", number + 1) } else { table.title.clone() };
        for row in &table.rows {
            let label = row.first().map_or("", Cell::display);
            for (column, cell) in table.columns.iter().zip(row) {
                let what = format!("{name}: {column} of {label}");
                claims.extend(claim(what, cell.text.as_deref(), &cell.provenance));
            }
        }
    }
    for fact in &chat.facts {
        claims.extend(claim(fact.about.clone(), Some(&fact.text), &fact.provenance));
    }
    // A page's table and the one that an answer made of it say one thing.
    let mut seen = BTreeSet::new();
    claims.retain(|claim| seen.insert((claim.url, claim.quote, claim.value)));
    claims
}

fn claim<'a>(what: String, value: Option<&'a str>, provenance: &'a Provenance) -> Option<Claim<'a>> {
    match (value, provenance) {
        (Some(value), Provenance::Sourced { url, quote, .. }) if !quote.trim().is_empty() => {
            Some(Claim { what, value, url, quote })
        }
        _ => None,
    }
}

/// The row of a page's table that a claim quotes.
fn row_of(table: &Table, claim: &Claim) -> Option<usize> {
    table.rows.iter().position(|row| {
        row.iter().any(|cell| {
            matches!(&*cell.provenance, Provenance::Sourced { url, quote, .. } if url == claim.url && quote == claim.quote)
        })
    })
}

/// The table that an old one has become: one with its columns, or with its title and most of them.
fn counterpart<'a>(old: &Table, tables: &'a [Table]) -> Option<&'a Table> {
    let shared = |table: &Table| old.columns.iter().filter(|column| table.columns.contains(column)).count();
    let same = tables.iter().find(|table| table.columns == old.columns && table.title == old.title);
    let same = same.or_else(|| tables.iter().find(|table| table.columns == old.columns));
    same.or_else(|| tables.iter().find(|table| table.title == old.title && 2 * shared(table) > old.columns.len()))
}

/// The column that tells a table's rows apart: of names first, of dates then.
fn key(table: &Table) -> Option<usize> {
    let apart = |column: &usize| {
        let values: BTreeSet<&str> = table.rows.iter().filter_map(|row| row.get(*column)?.text.as_deref()).collect();
        values.len() == table.rows.len()
    };
    let named =
        |column: &usize| table.rows.iter().all(|row| row[*column].number.is_none() && row[*column].date.is_none());
    let columns = || 0..table.columns.len();
    columns().filter(named).find(apart).or_else(|| columns().find(apart))
}

fn in_table(claim: &Claim, (old, row): (&Table, usize), new: &Table) -> Option<Change> {
    let (url, before) = (claim.url.to_owned(), &old.rows[row]);
    let key = key(old)?;
    let here = new.columns.iter().position(|column| *column == old.columns[key])?;
    let gone = || Change::RowGone { table: new.title.clone(), row: line(before), url: url.clone() };
    let Some(now) = new.rows.iter().find(|row| row[here].text == before[key].text) else { return Some(gone()) };
    // The column is where the value stood.
    let at = before.iter().position(|cell| cell.text.as_deref() == Some(claim.value)).or_else(|| {
        let wanted = figures(claim.value).into_iter().find_map(|figure| figure.number)?;
        before.iter().position(|cell| cell.number == Some(wanted))
    })?;
    let column = new.columns.iter().position(|column| *column == old.columns[at])?;
    let (was, is) = (&before[at], &now[column]);
    let same = was.text == is.text || was.number.is_some() && was.number == is.number;
    let value = || Change::Value {
        what: claim.what.clone(),
        before: was.display().to_owned(),
        now: is.display().to_owned(),
        url: url.clone(),
    };
    (!same).then(value)
}

/// Looks for the quoted line in a page's text, and for the line that it has become.
fn in_text(claim: &Claim, text: &str) -> Option<Change> {
    let quote = plain(claim.quote);
    if plain(text).contains(&quote) {
        return None;
    }
    let wanted = words(claim.quote);
    let shared = |line: &str| 100 * words(line).intersection(&wanted).count() / wanted.len().max(1);
    let best = text.lines().map(|line| (shared(line), line)).max_by_key(|(shared, _)| *shared);
    let unsupported = || Change::Unsupported {
        what: claim.what.clone(),
        value: claim.value.to_owned(),
        quote: clip(claim.quote.trim(), SHOWN),
        url: claim.url.to_owned(),
    };
    let Some((_, line)) = best.filter(|(shared, _)| *shared >= SAME_LINE) else { return Some(unsupported()) };
    let (before, now) = (figures(claim.quote), figures(line));
    let value = figures(claim.value).into_iter().next();
    let says = |figure: &polymath_quantity::Figure| value.as_ref().is_some_and(|v| polymath_quantity::same(v, figure));
    // Told as the value was: with its unit or without.
    let bare = value.as_ref().is_some_and(|value| value.text == claim.value.trim());
    match before.iter().position(says) {
        // Words, or a figure that the line has still.
        None if plain(line).contains(&plain(claim.value)) => None,
        None => Some(unsupported()),
        Some(_) if now.iter().any(says) => None,
        Some(at) => match now.get(at).filter(|_| now.len() == before.len()) {
            Some(figure) => Some(Change::Value {
                what: claim.what.clone(),
                before: claim.value.to_owned(),
                now: if bare { figure.text.clone() } else { line[figure.span.clone()].to_owned() },
                url: claim.url.to_owned(),
            }),
            None => Some(unsupported()),
        },
    }
}

/// Rows that tables have by now from which the run took something.
fn rows_added<'a>(
    chat: &Chat,
    claims: &[Claim],
    now: &impl Fn(&str) -> Option<&'a Result<(Source, Vec<Table>), String>>,
) -> Vec<Change> {
    let mut added = Vec::new();
    for old in &chat.page_tables {
        let used = claims.iter().find(|claim| row_of(old, claim).is_some());
        let Some((claim, Some(Ok((_, tables))))) = used.map(|claim| (claim, now(claim.url))) else { continue };
        let (Some(new), Some(key)) = (counterpart(old, tables), key(old)) else { continue };
        let Some(here) = new.columns.iter().position(|column| *column == old.columns[key]) else { continue };
        let is_new = |row: &&Vec<Cell>| old.rows.iter().all(|known| known[key].text != row[here].text);
        let told =
            |row: &Vec<Cell>| Change::RowAdded { table: new.title.clone(), row: line(row), url: claim.url.to_owned() };
        added.extend(new.rows.iter().filter(is_new).map(told));
    }
    added
}

/// What was worked out from values that are others now.
fn rests(chat: &Chat, changes: &[Change]) -> Vec<Change> {
    let moved: Vec<&str> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Value { before, .. } => Some(before.as_str()),
            _ => None,
        })
        .collect();
    let of = |what: &str, value: &str, how: &str| {
        let parts = figures(how);
        let on = moved.iter().find(|before| {
            let figure = figures(before).into_iter().next();
            figure.is_some_and(|figure| parts.iter().any(|part| polymath_quantity::same(part, &figure)))
        })?;
        Some(Change::Rests { what: what.to_owned(), value: value.to_owned(), on: (*on).to_owned() })
    };
    let facts = chat.facts.iter().filter_map(|fact| match &fact.provenance {
        Provenance::Computed { how } => of(&fact.about, &fact.text, how),
        _ => None,
    });
    facts.collect()
}

fn line(row: &[Cell]) -> String {
    row.iter().map(Cell::display).collect::<Vec<_>>().join(" | ")
}

/// A text by its words alone.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a line that are no figures, in small letters.
fn words(line: &str) -> BTreeSet<String> {
    let words = line.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().any(char::is_alphabetic)).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::notebook::Fact;
    use polymath_chat::Retrieval;

    const URL: &str = "http://a/";

    fn page(rows: &[[&str; 3]], text: &str) -> (Source, Vec<Table>) {
        let cell = |text: &str, row: &[&str; 3]| {
            let (number, date) = polymath_quantity::read(text).values();
            let quote = row.join(" | ");
            let provenance = Provenance::Sourced { url: URL.into(), title: "T".into(), quote };
            Cell { number, date, ..Cell::new(text, provenance) }
        };
        let rows = rows.iter().map(|row| row.iter().map(|text| cell(text, row)).collect()).collect();
        let columns = ["Round", "Date", "Valuation"].map(str::to_owned).to_vec();
        let table = Table { title: "Rounds".into(), columns, rows };
        let text = format!("{text}\n{}", table.rows.iter().map(|row| line(row)).collect::<Vec<_>>().join("\n"));
        (Source { url: URL.into(), title: "T".into(), text }, vec![table])
    }

    const ROWS: [[&str; 3]; 2] = [["Series D", "2020-12", "$3.5 billion"], ["Series E", "2021-04", "$7.3 billion"]];

    fn fact(about: &str, text: &str, provenance: Provenance) -> Fact {
        let (name, about, text) = ("a".into(), about.into(), text.into());
        Fact { name, about, text, number: None, date: None, provenance, others: vec![] }
    }

    /// A run that took the table, a line of the text, and worked something out.
    fn run(text: &str, value: &str) -> Chat {
        let (source, tables) = page(&ROWS, text);
        let from = |quote: &str| Provenance::Sourced { url: URL.into(), title: "T".into(), quote: quote.into() };
        let how = "7.3 billion / 325 million = 22.46".into();
        let facts = vec![fact("staff", value, from(text)), fact("ratio", "22.46", Provenance::Computed { how })];
        Chat { tables: tables.clone(), page_tables: tables, sources: vec![source], facts, ..Chat::new("r") }
    }

    const TEXT: &str = "By spring the company had 640 people in three towns.";

    fn refreshed(rows: &[[&str; 3]], text: &str) -> Refreshed {
        compare(&run(TEXT, "640"), &[Fresh { url: URL.into(), page: Ok(page(rows, text)), hash: None }])
    }

    #[test]
    fn a_page_that_says_the_same_changes_nothing() {
        let same = refreshed(&ROWS, TEXT);
        assert_eq!((same.pages, same.changes, same.checked), (vec![PageChange::Same { url: URL.into() }], vec![], 7));
        let other = refreshed(&ROWS, &format!("{TEXT}\nToday's menu is soup."));
        assert_eq!(
            (other.pages, other.changes),
            (vec![PageChange::Changed { url: URL.into(), before: Before::default() }], vec![])
        );
    }

    #[test]
    fn values_and_rows_are_told_and_what_rests_on_them() {
        let rows = [["Series E", "2021-04", "$13.8 billion"], ROWS[0], ["Series F", "2024-05", "$9 billion"]];
        let url = || URL.to_owned();
        let value = Change::Value {
            what: "Rounds: Valuation of Series E".into(),
            before: "$7.3 billion".into(),
            now: "$13.8 billion".into(),
            url: url(),
        };
        let added =
            Change::RowAdded { table: "Rounds".into(), row: "Series F | 2024-05 | $9 billion".into(), url: url() };
        let rests = Change::Rests { what: "ratio".into(), value: "22.46".into(), on: "$7.3 billion".into() };
        assert_eq!(refreshed(&rows, TEXT).changes, [value, added, rests]);
        let gone =
            Change::RowGone { table: "Rounds".into(), row: "Series D | 2020-12 | $3.5 billion".into(), url: url() };
        assert_eq!(refreshed(&ROWS[1..], TEXT).changes, [gone]);
    }

    #[test]
    fn a_line_is_found_again_by_its_words() {
        let changes = |text: &str| refreshed(&ROWS, text).changes;
        let value =
            |now: &str| Change::Value { what: "staff".into(), before: "640".into(), now: now.into(), url: URL.into() };
        assert_eq!(changes("By spring the company had 900 people in three towns."), [value("900")]);
        assert_eq!(changes("By early spring the company had 640 people in three small towns."), []);
        assert!(matches!(changes("It sells soup.").as_slice(), [Change::Unsupported { what, .. }] if what == "staff"));
    }

    #[test]
    fn a_page_that_is_gone_is_told_and_nothing_of_it_is_said() {
        let gone = compare(&run(TEXT, "640"), &[Fresh { url: URL.into(), page: Err("404".into()), hash: None }]);
        assert_eq!(gone.pages, [PageChange::Gone { url: URL.into(), why: "404".into(), before: Before::default() }]);
        assert_eq!((gone.changes, gone.checked), (vec![], 0));
    }

    #[test]
    fn the_same_bytes_are_the_same_page_and_others_are_told_by_what_the_run_had() {
        let known = Retrieval { url: URL.into(), at: "T".into(), page: "sha256:aa".into(), ..Retrieval::default() };
        let chat = Chat { retrieved: vec![known], ..run(TEXT, "640") };
        // Read otherwise: a row less, another line.
        let read = |hash: &str| {
            let page = Ok(page(&ROWS[1..], "By spring the company had 900 people in three towns."));
            compare(&chat, &[Fresh { url: URL.into(), page, hash: Some(hash.into()) }])
        };
        let same = read("sha256:aa");
        assert_eq!((same.pages, same.changes, same.checked), (vec![PageChange::Same { url: URL.into() }], vec![], 7));
        let other = read("sha256:bb");
        let before = Before { page: Some("sha256:aa".into()), at: Some("T".into()) };
        assert_eq!(other.pages, [PageChange::Changed { url: URL.into(), before }]);
        assert_eq!(other.changes.len(), 2, "{:?}", other.changes);
        let told = crate::replay::in_words(&other);
        assert!(told.contains("another text; the run had sha256:aa of T"), "{told}");
    }
}
