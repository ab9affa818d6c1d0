//! Every parser of strangers' bytes: what it is called, what feeds it, and what its texts are made of.
//!
//! Formats that are read in a process of their own (PDF, workbooks, Parquet) are not here: what becomes of them there
//! is an error about one file (`reader/tests`). DOCX files and templates are for such a process too, and are here for what
//! of them is cheap to mend: panics, and time that no limit charges.

pub mod dialects;

use polymath_chat::plain;
use polymath_model::store::check_gguf;
use polymath_quantity::{Column, currencies, figures, plainly, read, text};
use polymath_reader::template::{Asked, Source, Template};
use polymath_reader::{Format, formats};
use polymath_tools::browser::{Kind, passage, read_page};
use polymath_tools::{calculate, load};
use serde_json::json;
use std::io::Write;

/// A parser of strangers' bytes.
pub struct Target {
    pub name: &'static str,
    /// Reads bytes, and panics where something is wrong with how they were read.
    pub read: fn(&[u8]),
    /// What its texts are made of besides `polymath_growth::PIECES`.
    pub pieces: &'static [&'static str],
}

/// All of them, one row each.
pub const TARGETS: &[Target] = &[
    Target { name: "amounts", read: |bytes| amounts(&text_of(bytes)), pieces: AMOUNTS },
    Target {
        name: "sentences",
        read: |bytes| sentences(&text_of(bytes)),
        pieces: &["Dr. ", "z. B. ", "1. ", "?!", ". a", ".(", ". ."],
    },
    Target { name: "passages", read: |bytes| passages(&text_of(bytes)), pieces: &["word. ", "million ", "2021 "] },
    Target { name: "calculator", read: |bytes| drop(calculate(&text_of(bytes))), pieces: ARITHMETIC },
    Target { name: "html", read: |bytes| page("html", bytes), pieces: HTML },
    Target {
        name: "markdown",
        read: |bytes| page("markdown", bytes),
        pieces: &["| a | b |\n", "|---|---|\n", "~~~\n", "###### a"],
    },
    Target { name: "text", read: |bytes| page("text", bytes), pieces: &["long-\nterm ", "word,\n"] },
    Target { name: "json", read: |bytes| page("json", bytes), pieces: JSON },
    Target { name: "csv", read: |bytes| page("csv", bytes), pieces: CSV },
    Target { name: "feed", read: |bytes| page("feed", bytes), pieces: FEED },
    Target {
        name: "docx",
        read: |bytes| office(zipped(bytes, "word/document.xml")),
        pieces: &["<w:p>", "<w:tbl>", "<w:tr>", "<w:tc>", "<w:sdt>", "<w:t>a"],
    },
    Target {
        name: "zip",
        read: |bytes| office(bytes.to_vec()),
        pieces: &["PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}"],
    },
    Target { name: "tables", read: |bytes| table(bytes, "table.csv"), pieces: CSV },
    Target { name: "records", read: |bytes| table(bytes, "table.json"), pieces: JSON },
    Target {
        name: "replies",
        read: dialects::check,
        pieces: &["{\"name\": \"clock\", ", "[weather(", "<function=", "```json\n", "For example:\n"],
    },
    Target { name: "templates", read: |bytes| template(&text_of(bytes)), pieces: TEMPLATES },
    Target { name: "models", read: model, pieces: &["GGUF", "GGUF\u{3}\0\0\0", "\0\0\0\0", "\u{1}\0\0\0"] },
    Target {
        name: "terminal",
        read: |bytes| terminal(&text_of(bytes)),
        pieces: &["\u{1b}[", "\u{1b}]8;;", "\u{9b}", "\u{7}"],
    },
];

const AMOUNTS: &[&str] =
    &["July ", "1e", "1-", "亿1", "minus ", "of ", " million", "über ", "(", "USD ", "in ", "2019/", "令和1"];
const ARITHMETIC: &[&str] = &[
    "1+",
    "sqrt(",
    "2^",
    "5!",
    "-",
    "\\frac{1}{",
    "\\sqrt{",
    "5 km ",
    "log ",
    "max(1,",
    "1,000 ",
    "0x",
    "%",
    "2021-01-01 - ",
];
const HTML: &[&str] = &[
    "<div>",
    "<p>",
    "<table>",
    "<table><tr><td>",
    "<tr><td>1",
    "<td colspan=30 rowspan=999>",
    "<ul><li>a",
    "<ol type=i><li>",
    "<dl><dt>a<dd>b",
    "<h2>a",
    "<a href=#x>",
    "<sup>1",
    "<del>",
    "<pre>",
    "<blockquote>",
    "<svg>",
    "<math>",
    "<template>",
    "<select>",
    "<main>",
    "<article>",
    "<nav>",
    "<style>",
    "<style>*{color:red}",
    "a{color:red}",
    "@media all{",
    "div ",
    ":not(",
    "<b style='color:red;left:1px'>",
    "<meta name=a content=b>",
    "<script>",
    "</p>",
    "&#",
    "<a a=",
    "<font color=red>",
    "<frameset>",
    "<plaintext>",
    "<![CDATA[",
    "<?xml",
    "<noscript>",
    "<textarea>",
];
const JSON: &[&str] = &["[{\"a\":1,\"b\":2},", "{\"b\":[", "[[", "\"\\u12", "1e9,", "null,", "{\"a\":1}\n", "\"k\":1,"];
const CSV: &[&str] = &["a,b\n", "\"", "a;b\n", "a\tb\n", ",,", "\"a\n", "sep=", "1.5;", "1,5;", "01/02/2020,", "-999,"];
const FEED: &[&str] = &[
    "<rss><channel>",
    "<item>",
    "<title>a",
    "<entry>",
    "<feed xmlns='http://www.w3.org/2005/Atom'>",
    "<!DOCTYPE a [<!ENTITY b \"",
    "<![CDATA[",
    "&a;",
    "<description>&lt;p&gt;",
];
const TEMPLATES: &[&str] = &[
    "{{ ",
    "{% if a %}",
    "{% for m in messages %}",
    "((",
    "[[",
    "{{ a.",
    "a|b",
    "not ",
    "{% set a = ",
    "{% macro a() %}",
    "{{ messages",
    "-",
    "a if b else ",
    "'",
    "}}",
    "%}",
    "{#",
    "a[",
    "~a",
    "{\"a\":",
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn amounts(words: &str) {
    let found = figures(words);
    assert!(found.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start), "figures stand in order");
    assert!(found.iter().all(|figure| words.get(figure.at.clone()).is_some()), "figures are pieces of the text");
    let column = Column::of(words);
    column.read(words);
    column.restate("5");
    read(words);
    plainly(words, |at| at % 2 == 0);
    currencies(words);
}

fn sentences(words: &str) {
    assert_eq!(text::sentences(words).concat(), words, "sentences lose nothing");
    text::terms(words);
}

fn passages(words: &str) {
    let lines: Vec<&str> = words.lines().collect();
    let best = passage::best(&lines, "million words of 2021", passage::SNIPPET);
    assert!(best.chars().count() <= passage::SNIPPET, "{} characters", best.chars().count());
}

fn page(kind: &str, bytes: &[u8]) {
    let kind = Kind::of_name(kind).unwrap_or_else(|| panic!("there is no kind of page called {kind}"));
    if let Ok(page) = read_page(kind, bytes, None, "https://a.example/page") {
        assert!(!page.lines.is_empty(), "a page that can be read has lines");
        for line in &page.lines {
            assert!(
                [line.heading, line.columns].into_iter().flatten().all(|above| above < page.lines.len()),
                "{line:?}"
            );
        }
    }
}

fn office(bytes: Vec<u8>) {
    drop(formats::read(Format::Docx, bytes));
}

/// A file of one part, as office programs write them.
fn zipped(bytes: &[u8], name: &str) -> Vec<u8> {
    let head = "<w:document xmlns:w=\"w\"><w:body>";
    let whole = [head.as_bytes(), bytes, b"</w:body></w:document>"].concat();
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let written =
        writer.start_file(name, options).map_err(std::io::Error::from).and_then(|()| writer.write_all(&whole));
    written.unwrap_or_else(|error| panic!("a file in memory can be written: {error}"));
    writer.finish().unwrap_or_else(|error| panic!("a file in memory can be ended: {error}")).into_inner()
}

/// `bytes` as a file, for readers of files.
fn with_file(bytes: &[u8], name: &str, read: impl Fn(&std::path::Path)) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    read(&path);
}

fn table(bytes: &[u8], name: &str) {
    with_file(bytes, name, |path| {
        if let Ok(load::Loaded { table: Some(table), .. }) = load::load(path) {
            assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "all rows are as wide as the table");
        }
    });
}

fn template(source: &str) {
    let source = Source { text: source.to_owned(), bos: "<s>".into(), eos: "</s>".into() };
    let messages = [json!({"role": "user", "content": "q"}), json!({"role": "assistant", "content": "a"})].to_vec();
    let asked = Asked { messages, tools: Vec::new(), opening: true, today: "2031-05-09".into() };
    // As deep as the longest source: in the program, what is deeper than its stack is an error about the template.
    let read = move || drop(Template::compile(source).and_then(|template| template.render(asked)));
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(read);
    let read = thread.unwrap_or_else(|error| panic!("no thread: {error}")).join();
    read.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
}

fn model(bytes: &[u8]) {
    with_file(bytes, "model.gguf", |path| drop(check_gguf(path)));
}

fn terminal(words: &str) {
    let shown = plain::clean(words);
    assert!(!shown.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')), "{shown:?}");
}
