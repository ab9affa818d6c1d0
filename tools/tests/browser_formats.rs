//! Documents of other formats than pages, read as what they are: DOCX, EPUB, CSV, JSON, feeds, PDF in columns.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::{Bench, pdf, read};
use serde_json::json;
use std::io::{Cursor, Write};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};
use zip::{ZipWriter, write::SimpleFileOptions};

fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        let stored = *name == "mimetype";
        let method = if stored { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const WORD: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;

fn docx(body: &str) -> Vec<u8> {
    let text = format!("<?xml version=\"1.0\"?><w:document {WORD}><w:body>{body}</w:body></w:document>");
    let styles = format!(
        "<w:styles {WORD}><w:style w:type=\"paragraph\" w:styleId=\"berschrift2\"><w:name w:val=\"heading 2\"/></w:style></w:styles>"
    );
    let about = "<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>Harbour report</dc:title></cp:coreProperties>";
    zipped(&[("word/document.xml", &text), ("word/styles.xml", &styles), ("docProps/core.xml", about)])
}

#[tokio::test]
async fn docx_has_headings_lists_and_tables() {
    let p = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let row = |a: &str, b: &str| format!("<w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>", p(a), p(b));
    let body = [
        "<w:p><w:pPr><w:pStyle w:val=\"berschrift2\"/></w:pPr><w:r><w:t>Cost</w:t></w:r></w:p>".to_owned(),
        "<w:p><w:r><w:t xml:space=\"preserve\">It cost </w:t></w:r><w:del><w:r><w:delText>10</w:delText></w:r></w:del><w:ins><w:r><w:t>12</w:t></w:r></w:ins><w:r><w:tab/><w:t>crowns.</w:t></w:r></w:p>".to_owned(),
        "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>first</w:t></w:r></w:p>".to_owned(),
        format!("<w:tbl>{}{}{}</w:tbl>", row("Year", "Ships"), row("2019", "1,204"), row("2020", "980")),
        format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", p("within a control")),
    ];
    let output = read("report.docx", &docx(&body.concat())).await.unwrap();
    assert!(output.content.starts_with("Harbour report\nlocal:report.docx\n\n"), "{}", output.content);
    let text = "## Cost\nIt cost 12 crowns.\n- first\nYear | Ships\n2019 | 1,204\n2020 | 980\nwithin a control";
    assert!(output.content.ends_with(text), "{}", output.content);
    assert_eq!(output.tables[0].rows[0][1].number, Some(1204.0));
}

#[tokio::test]
async fn epub_is_read_in_the_order_of_its_spine() {
    let package = r#"<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
        <dc:title>The Harbour</dc:title></metadata><manifest><item id="b" href="two%20b.xhtml" media-type="application/xhtml+xml"/>
        <item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/><item id="c" href="unused.xhtml" media-type="application/xhtml+xml"/></manifest>
        <spine><itemref idref="a"/><itemref idref="b"/><itemref idref="missing"/></spine></package>"#;
    let chapter = |title: &str, text: &str| {
        format!(
            "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
        )
    };
    let container = r#"<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"#;
    let book = zipped(&[
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", container),
        ("OEBPS/book.opf", package),
        ("OEBPS/two b.xhtml", &chapter("Two", "The ship left.")),
        ("OEBPS/text/one.xhtml", &chapter("One", "The ship came.")),
        ("OEBPS/unused.xhtml", &chapter("Unused", "Nobody reads this.")),
    ]);
    let output = read("harbour.epub", &book).await.unwrap();
    let want = "The Harbour\nlocal:harbour.epub\n\n# One\nThe ship came.\n# Two\nThe ship left.";
    assert_eq!(output.content, want);
    let server = MockServer::start().await;
    for kind in ["application/epub+zip", "application/octet-stream", "application/zip"] {
        let reply = ResponseTemplate::new(200).set_body_raw(book.clone(), kind);
        Mock::given(path(format!("/{}", kind.len()))).respond_with(reply).mount(&server).await;
        let bench = Bench::new("wikipedia", |c| c.allow = vec![server.address().to_string()]);
        let page = bench.open(&format!("{}/{}", server.uri(), kind.len())).await.unwrap();
        assert!(page.content.contains("The ship came."), "{kind}");
    }
}

#[tokio::test]
async fn what_is_broken_or_blown_up_is_told() {
    let why = |name: &'static str, body: Vec<u8>| async move { read(name, &body).await.unwrap_err().message };
    assert!(why("a.docx", b"PK\x03\x04 nothing".to_vec()).await.contains("the file is damaged"));
    assert!(why("a.docx", zipped(&[("other.xml", "<a/>")])).await.contains("word/document.xml is missing in it"));
    assert!(
        why("a.docx", zipped(&[("word/document.xml", "<a><b></a>")]))
            .await
            .contains("word/document.xml in it is damaged")
    );
    assert!(
        why("a.epub", zipped(&[("mimetype", "application/epub+zip")])).await.contains("container.xml is missing in it")
    );
    let bomb = "x".repeat(40 << 20);
    let bomb = zipped(&[("word/document.xml", &bomb)]);
    assert!(bomb.len() < 1 << 20);
    assert!(why("a.docx", bomb).await.contains("unpacks to more than 32 MiB"));
    let deep = format!("{}x{}", "<w:sdt>".repeat(5000), "</w:sdt>".repeat(5000));
    assert_eq!(read("a.docx", &docx(&deep)).await.unwrap_err().kind, "unsupported");
    let laughs = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><x>&b;</x>";
    assert!(why("a.docx", zipped(&[("word/document.xml", laughs)])).await.contains("damaged"));
}

#[tokio::test]
async fn data_are_tables() {
    let csv = read("ships.csv", b"Year;Ships\n2019;1204\n2020;980\n").await.unwrap();
    assert!(csv.content.ends_with("Year | Ships\n2019 | 1204\n2020 | 980"), "{}", csv.content);
    assert_eq!(csv.tables[0].rows[1][1].number, Some(980.0));
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, (year, ships)) in [("Year", "Ships"), ("2019", "1204"), ("2020", "980")].into_iter().enumerate() {
        sheet.write(row as u32, 0, year).unwrap().write(row as u32, 1, ships).unwrap();
    }
    let sheet = read("ships.xlsx", &book.save_to_buffer().unwrap()).await.unwrap();
    assert!(sheet.content.ends_with("Year | Ships\n2019 | 1204\n2020 | 980"), "{}", sheet.content);
    let list = json!([{"year": 2019, "ships": 1204}, {"year": 2020, "ships": 980}]).to_string();
    let output = read("ships.json", list.as_bytes()).await.unwrap();
    assert_eq!(
        (output.tables[0].columns.as_slice(), output.tables[0].rows.len()),
        (&["year".into(), "ships".into()][..], 2)
    );
    let atom = r#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Port news</title><id>x</id><updated>2021-09-06T00:00:00Z</updated>
        <entry><id>1</id><title>Two ships came</title><updated>2021-09-06T00:00:00Z</updated><link href="https://port.example/1"/><summary>Both from the north.</summary></entry></feed>"#;
    let feed = read("news.atom", atom.as_bytes()).await.unwrap().content;
    assert!(feed.ends_with("## Two ships came\n2021-09-06 · https://port.example/1\nBoth from the north."), "{feed}");
}

/// Two columns whose lines are drawn across, as some programs do.
#[tokio::test]
async fn columns_of_a_pdf_are_read_one_after_the_other() {
    let lines = [
        ("The harbour was dug in 1871 by four", "Trade fell in the war. Of the twelve"),
        ("hundred workers, most of them from", "cranes only three could still turn in"),
        ("the hills, and was opened with a cere-", "1946, and the long-term plan for the"),
        ("mony in the rain. It was deepened in", "quays was given up. A second long-"),
        ("1902, and again when larger ships", "term plan came in 1958 and brought the"),
        ("began to come, by two metres more.", "first containers to the northern quay."),
    ];
    let across: Vec<String> =
        lines.iter().map(|(left, right)| format!("{left}) Tj 280 0 Td ({right}) Tj -280 0 Td (")).collect();
    let across: Vec<&str> = across.iter().map(String::as_str).collect();
    let content = read("harbour.pdf", &pdf("Harbour", &[&across])).await.unwrap().content;
    assert!(content.contains("opened with a ceremony in the rain. It was deepened in 1902, and again"), "{content}");
    assert!(content.contains("by two metres more.\nTrade fell in the war. Of the twelve cranes only"), "{content}");
    assert!(content.contains("A second long-term plan came in 1958"), "{content}");
    let table: Vec<String> = (0..8).map(|i| format!("Quay {i}) Tj 280 0 Td ({i},204 t) Tj -280 0 Td (")).collect();
    let table: Vec<&str> = table.iter().map(String::as_str).collect();
    let content = read("quays.pdf", &pdf("Quays", &[&table])).await.unwrap().content;
    assert!(content.contains("Quay 3 | 3,204 t"), "a row stays a row: {content}");
}

#[tokio::test]
async fn tables_of_a_pdf_keep_their_empty_cells() {
    let row = |cells: [&str; 4]| {
        let [first, rest @ ..] = cells;
        let rest: String = rest.iter().map(|cell| format!(") Tj 100 0 Td ({cell}")).collect();
        format!("{first}{rest}) Tj -300 0 Td (")
    };
    let rows = [
        row(["Quay", "2019", "2020", "2021"]),
        row(["North", "1,204", "", "1,377"]),
        row(["South", "", "880", "912"]),
        row(["Old quay", "71", "", ""]),
    ];
    let mut lines = vec!["The harbour office counts what is landed at each of its quays, in tonnes of fish."];
    lines.extend(rows.iter().map(String::as_str));
    let output = read("quays.pdf", &pdf("Quays", &[&lines])).await.unwrap();
    let [table] = &output.tables[..] else { panic!("{}", output.content) };
    assert_eq!(table.columns, ["Quay", "2019", "2020", "2021"]);
    let numbers: Vec<Vec<Option<f64>>> =
        table.rows.iter().map(|row| row[1..].iter().map(|cell| cell.number).collect()).collect();
    assert_eq!(
        numbers,
        [[Some(1204.0), None, Some(1377.0)], [None, Some(880.0), Some(912.0)], [Some(71.0), None, None]]
    );
    assert!(output.content.contains("in tonnes of fish.\nQuay | 2019"), "{}", output.content);
}
