//! The index of a corpus: passages of pages, found by their words (tantivy, BM25).
//!
//! A page is cut into passages at its headings, so that a long page is found by the part that says it
//! and its best passage is at hand. Each stands under the page's title, and under the heading it has.

use super::kin::{self, Kin, Set};
use super::near::{self, Weighed};
use super::top;
use crate::browser::{
    page::Page,
    passage,
    words::{self, Language, Wanted, Word},
};
use polymath_chat::Hit;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};
use tantivy::{
    DocAddress, DocSet, IndexReader, IndexWriter, TantivyDocument, Term,
    query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value},
    tokenizer::PreTokenizedString,
};

/// Written into indexes' keys: a change of the schema or of how pages are read makes new indexes.
pub const FORMAT: &str = "3";
/// A word in the title says more about a page than one in its text.
const TITLE_WEIGHT: f32 = 2.0;
/// Characters of a passage; one paragraph may be longer.
const PASSAGE: usize = 2000;
/// A heading begins a new passage where the last one has as many.
const SHORT: usize = 500;
/// Passages looked at for each page wanted: several of one page may be among the best.
const SPARE: usize = 6;
/// Passages with the most words of a query, among which it is looked for words next to each other.
const CANDIDATES: usize = 300;
/// How much better a passage in the question's own language is than one that says as much in another: pages about a
/// thing of one name in several languages.
const OWN_LANGUAGE: f32 = 1.15;
/// Memory for passages that are not yet written, of each thread.
const MEMORY: usize = 48 << 20;

pub struct Index {
    index: tantivy::Index,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    /// The page's address.
    page: Field,
    /// Its title, as written.
    name: Field,
    /// The passage, as written.
    text: Field,
    /// The code of the language that it was stemmed in.
    language: Field,
    title: Field,
    body: Field,
}

impl Index {
    pub fn in_memory() -> Self {
        let (schema, fields) = schema();
        Index { index: tantivy::Index::create_in_ram(schema), fields }
    }

    /// The index in a folder, made there if there is none.
    ///
    /// # Errors
    /// The folder can't be written to, or what is in it is no index.
    pub fn at(folder: &Path) -> tantivy::Result<Self> {
        let (schema, fields) = schema();
        let directory = tantivy::directory::MmapDirectory::open(folder)?;
        Ok(Index { index: tantivy::Index::open_or_create(directory, schema)?, fields })
    }

    /// # Errors
    /// Another process is writing to it.
    pub fn writer(&self, threads: usize) -> tantivy::Result<Writer> {
        let writer = self.index.writer_with_num_threads(threads, threads * MEMORY)?;
        Ok(Writer { writer, fields: self.fields })
    }

    /// # Errors
    /// The index is damaged.
    pub fn searcher(&self) -> tantivy::Result<Searcher> {
        let reader = self.index.reader()?;
        Ok(Searcher { reader, fields: self.fields })
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    // The words come cut and stemmed; the tokenizer is only a name.
    let indexing =
        TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let words = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        page: schema.add_text_field("page", STRING | STORED),
        name: schema.add_text_field("name", STORED),
        text: schema.add_text_field("text", STORED),
        language: schema.add_text_field("language", STRING),
        title: schema.add_text_field("title", words.clone()),
        body: schema.add_text_field("body", words),
    };
    (schema.build(), fields)
}

/// Adds pages to an index and takes them out; several threads may at once.
pub struct Writer {
    writer: IndexWriter,
    fields: Fields,
}

impl Writer {
    /// # Errors
    /// The index can't be written.
    pub fn add(&self, page: &Page) -> tantivy::Result<()> {
        let passages = passages(page);
        let language = words::language(&passages.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n"));
        let words = |text: String| {
            let tokens = words::tokens(&text, language);
            PreTokenizedString { text, tokens }
        };
        for (heading, text) in passages {
            let mut document = TantivyDocument::new();
            document.add_text(self.fields.page, &page.url);
            document.add_text(self.fields.name, &page.title);
            document.add_text(self.fields.text, &text);
            document.add_text(self.fields.language, words::code(language));
            document.add_pre_tokenized_text(self.fields.title, words(page.title.clone()));
            document.add_pre_tokenized_text(self.fields.body, words(format!("{heading}\n{text}")));
            self.writer.add_document(document)?;
        }
        Ok(())
    }

    pub fn remove(&self, address: &str) {
        self.writer.delete_term(Term::from_field_text(self.fields.page, address));
    }

    /// # Errors
    /// The index can't be written.
    pub fn commit(&mut self) -> tantivy::Result<()> {
        self.writer.commit().map(|_| ())
    }

    /// Commits, and waits until the index is in few pieces.
    ///
    /// # Errors
    /// The index can't be written.
    pub fn finish(mut self) -> tantivy::Result<()> {
        self.writer.commit()?;
        self.writer.wait_merging_threads()
    }
}

/// A page's text in passages, each with the heading that it stands under and does not hold.
fn passages(page: &Page) -> Vec<(String, String)> {
    let mut passages: Vec<(String, String)> = Vec::new();
    let mut size = 0;
    for line in &page.lines {
        let length = line.text.chars().count();
        let begins_part = line.heading.is_none() && line.text.starts_with('#');
        let full = size + length > PASSAGE || (begins_part && size > SHORT);
        match passages.last_mut().filter(|_| !full) {
            Some((_, text)) => {
                text.push('\n');
                text.push_str(&line.text);
                size += length;
            }
            None => {
                let heading = line.heading.map_or(String::new(), |heading| page.lines[heading].text.clone());
                passages.push((heading, line.text.clone()));
                size = length;
            }
        }
    }
    passages
}

/// Finds passages.
#[derive(Clone)]
pub struct Searcher {
    reader: IndexReader,
    fields: Fields,
}

impl Searcher {
    /// The pages that fit the query best, each with its best passage. Blocks.
    ///
    /// # Errors
    /// The index can't be read.
    pub fn search(&self, query: &str, limit: usize) -> tantivy::Result<Vec<Hit>> {
        let found = self.reader.searcher();
        let languages = self.languages(&found)?;
        let wanted = words::wanted(query, &languages);
        if wanted.words.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let kin = Kin { found: &found, fields: [self.fields.title, self.fields.body], words: &wanted.words };
        let own = words::language_of_question(query).filter(|_| languages.len() > 1);
        let mut most = limit * SPARE;
        loop {
            let top = self.passages(&found, &wanted, most)?;
            let all = top.len() < most;
            let (mut hits, mut seen) = (Vec::new(), HashSet::new());
            let mut passages = Vec::with_capacity(top.len());
            let places: Vec<DocAddress> = top.iter().map(|(_, place)| *place).collect();
            let mut has: HashMap<String, Set> = HashMap::new();
            let least = top.get(limit - 1).map_or(0.0, |(score, _)| *score);
            let owned = self.in_language(&found, own, &places)?;
            for (((score, place), held), is_own) in top.into_iter().zip(kin.having(&places)?).zip(owned) {
                let document: TantivyDocument = found.doc(place)?;
                *has.entry(text_of(&document, self.fields.page)).or_default() |= held;
                passages.push((
                    if is_own && score * OWN_LANGUAGE >= least { score * OWN_LANGUAGE } else { score },
                    document,
                ));
            }
            passages.sort_by(|a, b| b.0.total_cmp(&a.0));
            for (_, document) in passages {
                let text = |field| document.get_first(field).and_then(|v| v.as_str()).unwrap_or_default();
                if hits.len() < limit && seen.insert(text(self.fields.page).to_owned()) {
                    let (title, text) = (text(self.fields.name), text(self.fields.text));
                    let url = text_of(&document, self.fields.page);
                    hits.push(Hit { title: title.to_owned(), url, snippet: snippet(title, text, query), number: None });
                }
            }
            if all || hits.len() == limit {
                let of = |hit: &Hit| has.get(&hit.url).copied().unwrap_or_default();
                let Some(first) = hits.first() else { return Ok(hits) };
                let (names, best, title) = (kin.naming(&first.title, &languages)?, of(first), first.title.clone());
                let mut kept = Vec::with_capacity(hits.len());
                for hit in hits {
                    let in_title = kin.naming(&hit.title, &languages)?;
                    let in_passing = kin::is_kin(in_title, best, names) && of(&hit) & !best == 0;
                    let other = in_passing && kin::are_of_one_form(&title, &hit.title);
                    if !other && !kin::is_kin(of(&hit), best, names) {
                        kept.push(hit);
                    }
                }
                return Ok(kept);
            }
            most *= 8; // one page has all the best passages
        }
    }

    /// The languages that pages were stemmed in.
    fn languages(&self, found: &tantivy::Searcher) -> tantivy::Result<Vec<Language>> {
        let mut languages = Vec::new();
        for segment in found.segment_readers() {
            let codes = segment.inverted_index(self.fields.language)?;
            let mut terms = codes.terms().stream()?;
            while terms.advance() {
                let code = std::str::from_utf8(terms.key()).unwrap_or_default();
                languages.extend(words::of_code(code).filter(|language| !languages.contains(language)));
            }
        }
        Ok(languages)
    }

    /// Which of these passages are of pages that were stemmed in this language.
    fn in_language(
        &self,
        found: &tantivy::Searcher,
        language: Option<Language>,
        places: &[DocAddress],
    ) -> tantivy::Result<Vec<bool>> {
        let mut of = vec![false; places.len()];
        let Some(language) = language else { return Ok(of) };
        let term = Term::from_field_text(self.fields.language, words::code(language));
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|at| places[*at]);
        for (number, segment) in (0..).zip(found.segment_readers()) {
            let index = segment.inverted_index(self.fields.language)?;
            let Some(mut passages) = index.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            for at in order.iter().copied().filter(|at| places[*at].segment_ord == number) {
                let wanted = places[at].doc_id;
                let next = if passages.doc() < wanted { passages.seek(wanted) } else { passages.doc() };
                of[at] = next == wanted;
            }
        }
        Ok(of)
    }

    /// The words, in all their forms: a page has the one of its language. Nothing else, since only a query of nothing
    /// but words can pass over passages that it knows to be worse than what was found.
    fn query(&self, words: &[Word]) -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (field, weight) in self.weighed() {
            for form in words.iter().flatten() {
                let term = Term::from_field_text(field, form);
                let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                clauses.push((Occur::Should, Box::new(BoostQuery::new(query, weight))));
            }
        }
        BooleanQuery::new(clauses)
    }

    fn weighed(&self) -> [Weighed; 2] {
        [(self.fields.title, TITLE_WEIGHT), (self.fields.body, 1.0)]
    }

    /// The best passages, as many as `most` and no more, best first.
    fn passages(
        &self,
        found: &tantivy::Searcher,
        wanted: &Wanted,
        most: usize,
    ) -> tantivy::Result<Vec<(f32, DocAddress)>> {
        let mut best = top::best(found, &self.query(&wanted.words), most.max(CANDIDATES))?;
        let places: Vec<DocAddress> = best.iter().map(|(_, place)| *place).collect();
        let near = near::scores(found, self.weighed(), &wanted.pairs, &places)?;
        best.iter_mut().zip(near).for_each(|((score, _), near)| *score += near);
        best.sort_by(|a, b| b.0.total_cmp(&a.0));
        best.truncate(most);
        Ok(best)
    }
}

fn text_of(document: &TantivyDocument, field: Field) -> String {
    document.get_first(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
}

/// The title stands above the snippet: as a heading it need not be in it again.
fn snippet(title: &str, text: &str, query: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start_matches('#').trim_start_matches("- ").trim());
    let lines: Vec<&str> = lines.filter(|line| !title.starts_with(line)).collect();
    passage::best(&lines, query, passage::SNIPPET)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::browser::page::Line;

    fn page(url: &str, title: &str, lines: &[&str]) -> Page {
        let mut page = Page { url: url.into(), title: title.into(), ..Page::default() };
        let mut heading = None;
        for text in lines {
            let is_heading = text.starts_with('#');
            let under = heading.filter(|_| !is_heading);
            page.lines.push(Line { text: (*text).to_owned(), heading: under, columns: None });
            heading = if is_heading { Some(page.lines.len() - 1) } else { heading };
        }
        page
    }

    fn searcher(pages: &[Page]) -> Searcher {
        let index = Index::in_memory();
        let writer = index.writer(1).unwrap();
        pages.iter().for_each(|page| writer.add(page).unwrap());
        writer.finish().unwrap();
        index.searcher().unwrap()
    }

    #[test]
    fn a_long_page_is_found_by_one_of_its_parts() {
        let filler = "Nothing is said here about what anybody might look for in a text. ".repeat(40);
        let lines = ["# Lighthouses", &filler, "# Skerry", "It was lit by paraffin in 1877.", "# Others", &filler];
        let long = page("local:long", "Lighthouses of the north", &lines);
        let short = page("local:short", "Fuels", &["Paraffin is a fuel."]);
        let hits = searcher(&[long.clone(), short]).search("Skerry lighthouse paraffin", 5).unwrap();
        assert_eq!(hits.iter().map(|h| h.url.as_str()).collect::<Vec<_>>(), ["local:long", "local:short"]);
        assert!(hits[0].snippet.contains("lit by paraffin in 1877"), "{}", hits[0].snippet);
        let parts = passages(&long);
        assert!(parts.len() >= 3, "{parts:?}");
        assert!(
            parts.iter().all(|(heading, text)| !text.contains("1877") || heading.is_empty() || heading == "# Skerry")
        );
    }

    #[test]
    fn a_page_of_which_every_passage_fits_hides_no_other() {
        let many: Vec<String> = (0..100).map(|i| format!("zebra zebra {i} {}", "x ".repeat(700))).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let hits = searcher(&[page("a", "zebra zebra", &many), page("b", "other", &["one zebra"])]).search("zebra", 2);
        assert_eq!(hits.unwrap().len(), 2);
    }

    #[test]
    fn pages_of_several_languages_stand_in_one_index() {
        let german = page(
            "de",
            "Brücken",
            &[
                "Die alte Steinbrücke wurde im Jahr 1740 über den Fluss gebaut und ist die längste der Brücken dieser Stadt.",
            ],
        );
        let english = page(
            "en",
            "Bridges",
            &["The old stone bridge was built in 1740 and it is the longest of the bridges in this town."],
        );
        let found = searcher(&[german, english]);
        let first = |query: &str| found.search(query, 1).unwrap()[0].url.clone();
        assert_eq!((first("längste Brücke").as_str(), first("longest bridge").as_str()), ("de", "en"));
    }

    #[test]
    fn of_pages_that_say_the_same_the_one_in_the_questions_language_is_first() {
        let english =
            page("en", "Lutessa Trail", &["The Lutessa Trail is a lamp for the head and weighs 310 grams in all."]);
        let german = page(
            "de",
            "Lutessa Trail",
            &["Die Lutessa Trail ist eine Lampe für den Kopf und wiegt insgesamt 310 Gramm."],
        );
        for pages in [[english.clone(), german.clone()], [german, english]] {
            let found = searcher(&pages);
            let first = |query: &str| found.search(query, 1).unwrap()[0].url.clone();
            assert_eq!(first("Wie viel wiegt eigentlich die Lutessa Trail?"), "de");
            assert_eq!(first("How much does the Lutessa Trail weigh in the end?"), "en");
        }
    }

    #[test]
    fn pages_about_another_thing_of_the_kind_are_left_out() {
        let towns = ["Ostby", "Harrow", "Kelmere", "Brae", "Withe", "Marl", "Torrin", "Stowe", "Quent", "Pellow"];
        let of = |i: usize| {
            let name = format!("{} {}", towns[i / 10], towns[i % 10]);
            let text = format!("The district of {name} had {} inhabitants in 2015 and fewer in 2016.", 30_000 + i * 7);
            page(&format!("local:{i}"), &format!("District of {name}"), &[&text])
        };
        let found = searcher(&(0..100).map(of).collect::<Vec<_>>());
        let urls = |query: &str| found.search(query, 5).unwrap().into_iter().map(|hit| hit.url).collect::<Vec<_>>();
        assert_eq!(urls("How many inhabitants had the district in 2015?").len(), 5, "no name, no other");
        let passing = |i: usize| {
            let text = format!("The district of {} had {i}00 inhabitants. Sund is not counted in it.", towns[i]);
            page(&format!("local:{i}"), &format!("District of {}: work", towns[i]), &[&text])
        };
        let sund = page("local:sund", "District of Sund: work", &["The district of Sund had 900 inhabitants."]);
        let filler = (0..100).map(|i| page(&format!("local:f{i}"), "Weather", &["It rained in the district."]));
        let found = searcher(&filler.chain((0..1).map(passing)).chain([sund]).collect::<Vec<_>>());
        let hits = found.search("How many inhabitants had the district of Sund?", 5).unwrap();
        assert_eq!(hits[0].url, "local:sund");
        assert!(hits.iter().all(|hit| hit.url != "local:0"), "{hits:?}");
        let other = page("local:other", "Lighthouse of Skerry", &["The lighthouse of Skerry was lit in 1877."]);
        let sound = page("local:sound", "Lighthouse of Sound", &["The lighthouse of Sound was lit in 1902."]);
        let plain =
            |i: usize| page(&format!("local:l{i}"), &format!("Lighthouse {i}"), &["This lighthouse was lit in 1900."]);
        let found = searcher(&(0..100).map(plain).chain([other, sound]).collect::<Vec<_>>());
        let urls = |query: &str| found.search(query, 5).unwrap().into_iter().map(|hit| hit.url).collect::<Vec<_>>();
        assert_eq!(urls("When was the lighthouse of Skerry lit?"), ["local:other"]);
        let both = urls("Which was lit first, the lighthouse of Skerry or that of Sound?");
        assert!(both.contains(&"local:other".to_owned()) && both.contains(&"local:sound".to_owned()), "{both:?}");
    }
}
