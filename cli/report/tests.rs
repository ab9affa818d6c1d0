#![allow(clippy::unwrap_used)]
use super::*;
use polymath_chat::{Artifact, Cell, Citation, Figure, FigureStatus, Provenance, Table};

/// The smallest PNG: one pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0,
    0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T', 0x78, 0xda, 0x63, 0x64, 0x60, 0xf8, 0x5f, 0x0f, 0, 2,
    0x87, 1, 0x80, 0xeb, 0x47, 0xba, 0x92, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

fn artifact(path: &Path, mime: &str, data: &[u8]) -> Artifact {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, data).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Artifact { name, mime: mime.into(), path: path.to_owned(), bytes: data.len() as u64 }
}

fn citation(n: usize, url: &str, title: &str) -> Citation {
    Citation { n, url: url.into(), title: title.into(), quote: "raised <b>$5M</b>".into(), page: None }
}

fn cell(text: &str, provenance: Provenance) -> Cell {
    Cell::new(text, provenance)
}

fn a_turn(answer: &str) -> ReportTurn {
    ReportTurn { question: "What <i>is</i> it?".into(), answer_markdown: answer.into(), ..ReportTurn::default() }
}

#[test]
fn a_report_has_tables_pictures_and_sources() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let sourced = Provenance::Sourced { url: "http://h/p".into(), title: "P".into(), quote: "q".into() };
    let turn = ReportTurn {
        tables: vec![Table {
            title: "Rounds".into(),
            columns: vec!["Date".into(), "Amount".into()],
            rows: vec![
                vec![cell("2017|07", sourced), cell("5", Provenance::Imputed { how: "ratio".into() })],
                vec![Cell::missing(), cell("*x*", Provenance::Computed { how: "sum".into() })],
            ],
        }],
        citations: vec![citation(2, "http://h/p", "A page")],
        artifacts: vec![
            artifact(&out.join("made here.png"), "image/png", PNG),
            artifact(&directory.path().join("elsewhere/plot.png"), "image/png", PNG),
            artifact(&directory.path().join("elsewhere/plot.svg"), "image/svg+xml", b"<svg/>"),
            artifact(&directory.path().join("elsewhere/data.csv"), "text/csv", b"a,b"),
        ],
        figures: vec![Figure { text: "$5M".into(), status: FigureStatus::Unverified, evidence: String::new() }],
        ..a_turn("It raised $5M [2], not [3].")
    };
    let (markdown, html) = write_report(&out, "A & B", &[turn]).unwrap();
    let (markdown, html) = (std::fs::read_to_string(markdown).unwrap(), std::fs::read_to_string(html).unwrap());
    for part in [
        "# A & B\n",
        "| 2017\\|07 [2] | 5 *(estimated)* |",
        "| n/a | \\*x\\* *(computed)* |",
        "![made here.png](<made here.png>)",
        "![plot.png](<plot.png>)",
        "[data.csv](<data.csv>)",
        "- [2] A page — <http://h/p>",
        "*Not found in any source:* $5M",
    ] {
        assert!(markdown.contains(part), "{part} is missing in:\n{markdown}");
    }
    for part in [
        "<h1>A &amp; B</h1>",
        "<a class=\"cite\" href=\"#q1-s2\">[2]</a>",
        "<td>2017|07 <a class=\"cite\"",
        "<td>*x* <em>(computed)</em></td>",
        "src=\"data:image/png;base64,iVBOR",
        "<li id=\"q1-s2\" value=\"2\"><a href=\"http://h/p\">A page</a>",
        "raised &lt;b&gt;$5M&lt;/b&gt;",
        "href=\"./data.csv\"",
        "badge unverified",
        "not [3].",
    ] {
        assert!(html.contains(part), "{part} is missing in:\n{html}");
    }
    assert!(!markdown.contains("svg") && !html.contains("image/svg"), "the drawing is one picture");
    assert!(out.join("plot.png").is_file() && out.join("data.csv").is_file());
}

#[track_caller]
fn check_defused(answer: &str, never: &str) {
    let page = html("t", &[a_turn(answer)]);
    let body = &page[page.find("<main>").unwrap()..];
    assert!(!body.to_lowercase().contains(never), "{never} got through: {body}");
}

#[test]
fn nothing_of_a_page_runs_or_loads() {
    check_defused("a <script>alert(1)</script> b", "<script");
    check_defused("<script>alert(1)</script>\n", "<script");
    check_defused("<img src=x onerror=alert(1)>", "<img");
    check_defused("![x](http://tracker/p.png)", "<img");
    check_defused("[x](javascript:alert(1))", "href=\"javascript");
    check_defused("[x](data:text/html;base64,AAAA)", "href=\"data");
    check_defused("<javascript:alert(1)>", "href=\"javascript");
    check_defused("[x](http://h/\"onmouseover=\"alert(1))", "\"onmouseover");
    check_defused("# <style>*{display:none}</style>", "<style");
    let evil = "\"><script>alert(1)</script>";
    let turn = ReportTurn {
        question: evil.into(),
        citations: vec![citation(1, &format!("http://h/{evil}"), evil), citation(2, "javascript:alert(1)", evil)],
        tables: vec![Table {
            title: evil.into(),
            columns: vec![evil.into()],
            rows: vec![vec![cell(evil, Provenance::Given)]],
        }],
        figures: vec![Figure { text: evil.into(), status: FigureStatus::Unverified, evidence: evil.into() }],
        ..a_turn("[1] and [2]")
    };
    let page = html(evil, &[turn]);
    assert!(!page.contains("<script") && !page.contains("href=\"javascript"), "{page}");
}

#[test]
fn a_table_the_answer_shows_is_not_shown_twice() {
    let table = Table { title: "T".into(), columns: vec!["Date".into(), "Amount".into()], rows: vec![] };
    let shown = ReportTurn { tables: vec![table.clone()], ..a_turn("| Date | Amount |\n|---|---|\n| 1 | 2 |") };
    assert_eq!(new_tables(&shown).count(), 0);
    let other = ReportTurn { tables: vec![table], ..a_turn("| Date | Price |\n|---|---|\n| 1 | 2 |") };
    assert_eq!(new_tables(&other).count(), 1);
}
