//! What a page says of itself: its language, who wrote it, when it was published and changed. Its own words in
//! `<html lang>`, `<meta>` and JSON-LD (schema.org), which pages keep for search engines.

use super::block::About;
use dom_query::{Document, NodeRef};
use serde_json::Value;

/// Names of `<meta>` elements, by `property`, `name` or `itemprop`, the surest first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "datePublished",
    "date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "citation_publication_date",
    "parsely-pub-date",
    "publishdate",
];
const CHANGED: &[&str] =
    &["article:modified_time", "og:updated_time", "dateModified", "dcterms.modified", "last-modified"];
const AUTHOR: &[&str] = &["author", "article:author", "dc.creator", "citation_author", "parsely-author"];

const LONGEST_NAME: usize = 80;
/// JSON-LD within JSON-LD, and values of a page that are looked at.
const DEEPEST: usize = 6;
const MOST_VALUES: usize = 2000;

pub fn of(document: &Document) -> About {
    let language = document.select_single("html[lang]").attr("lang").map(|tag| tag.trim().to_owned());
    let (mut told, mut left) = (About::default(), MOST_VALUES);
    for script in document.select("script[type='application/ld+json']").nodes() {
        if let Ok(value) = serde_json::from_str::<Value>(&script.text()) {
            linked(&value, DEEPEST, &mut left, &mut told);
        }
    }
    let named: Vec<(String, String)> = document.select("meta[content]").nodes().iter().flat_map(spoken).collect();
    let meta = |names: &[&str]| {
        let find = |name: &&str| named.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        names.iter().find_map(find).map(|(_, content)| content.as_str())
    };
    let time = || {
        let first = document.select_single("time[pubdate][datetime], time[itemprop='datePublished'][datetime]");
        first.attr("datetime").and_then(|time| day(&time))
    };
    About {
        language: language.filter(|tag| !tag.is_empty() && tag.len() < 20),
        published: meta(PUBLISHED).and_then(day).or(told.published).or_else(time),
        changed: meta(CHANGED).and_then(day).or(told.changed),
        author: meta(AUTHOR).and_then(person).or(told.author),
    }
}

/// The names of a `<meta>`, each with what it says.
fn spoken(node: &NodeRef) -> Vec<(String, String)> {
    let content = node.attr("content").map(|content| content.trim().to_owned()).unwrap_or_default();
    let names = ["property", "name", "itemprop"].into_iter().filter_map(|name| node.attr(name));
    names.map(|name| (name.to_string(), content.clone())).collect()
}

/// Reads what an article (or whatever has these properties) in JSON-LD says; the first one counts.
fn linked(value: &Value, depth: usize, left: &mut usize, about: &mut About) {
    if depth == 0 || *left == 0 {
        return;
    }
    *left -= 1;
    match value {
        Value::Array(all) => all.iter().for_each(|one| linked(one, depth - 1, left, about)),
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if about.published.is_none() {
                about.published = text("datePublished").and_then(day);
                about.changed = text("dateModified").and_then(day);
            }
            if about.author.is_none() {
                about.author = fields.get("author").and_then(named);
            }
            fields.get("@graph").into_iter().for_each(|graph| linked(graph, depth - 1, left, about));
        }
        _ => {}
    }
}

/// `"Ann"`, `{"name": "Ann"}`, or a list of such.
fn named(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => person(name),
        Value::Object(fields) => person(fields.get("name")?.as_str()?),
        Value::Array(all) => {
            let names: Vec<String> = all.iter().filter(|one| !one.is_array()).filter_map(named).take(3).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        _ => None,
    }
}

/// A name, and no address of somebody's page.
fn person(name: &str) -> Option<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains("://");
    fits.then_some(name)
}

/// The day of an ISO 8601 time, or of a date as people write it.
fn day(time: &str) -> Option<String> {
    let time = time.trim();
    if let Some(day) = time.get(..10).and_then(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()) {
        return Some(day.to_string());
    }
    let short: String = time.chars().take(40).collect();
    polymath_quantity::read(&short).date.map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, language: &str, days: [&str; 2], author: &str) {
        let about = of(&Document::from(html));
        let told = |value: &Option<String>| value.clone().unwrap_or_default();
        assert_eq!(told(&about.language), language);
        assert_eq!([told(&about.published), told(&about.changed)], days);
        assert_eq!(told(&about.author), author);
    }

    #[test]
    fn pages_tell_in_several_ways() {
        check(
            "<html lang=de><meta property=article:published_time content=2021-04-13T08:00:00+02:00>
             <meta name=Author content=' Ada  Quill '><meta itemprop=dateModified content=2022-01-02>",
            "de",
            ["2021-04-13", "2022-01-02"],
            "Ada Quill",
        );
        check(
            r#"<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "x"},
               {"@type": "Article", "datePublished": "2020-02-29", "dateModified": "2020-03-01T10:00:00Z",
                "author": [{"name": "Jo Marl"}, "Pia Osten"]}]}</script>"#,
            "",
            ["2020-02-29", "2020-03-01"],
            "Jo Marl, Pia Osten",
        );
        check("<p><time pubdate datetime=2019-07-01>1 July</time>", "", ["2019-07-01", ""], "");
        check("<meta name=date content='13 April 2021'>", "", ["2021-04-13", ""], "");
    }

    #[test]
    fn what_is_none_of_it_is_left_out() {
        let deep = format!("<script type='application/ld+json'>{}{}</script>", "[".repeat(60), "]".repeat(60));
        for html in [
            "<meta name=date content=today><meta name=author content=https://a.example/people/7>",
            "<script type='application/ld+json'>{\"author\": {\"url\": \"x\"}, \"datePublished\": 7}</script>",
            "<script type='application/ld+json'>no JSON</script><html lang=''>",
            &deep,
        ] {
            check(html, "", ["", ""], "");
        }
    }
}
