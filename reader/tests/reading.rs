//! Files through the program: what is in them, and what becomes of those that attack it.
#![allow(clippy::unwrap_used)]

use flate2::{Compression, write::ZlibEncoder};
use polymath_reader::{Contents, Format, Limits, Part, ReadError, Reader, formats};
use std::io::Write;

fn reader(limits: Limits) -> Reader {
    Reader { program: env!("CARGO_BIN_EXE_polymath-reader").into(), limits }
}

fn packed(data: &[u8], times: usize) -> Vec<u8> {
    (0..times).fold(data.to_vec(), |data, _| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&data).unwrap();
        encoder.finish().unwrap()
    })
}

/// A PDF of one page whose text is `stream`, with these filters.
fn pdf(filters: &str, stream: &[u8]) -> Vec<u8> {
    let objects: [Vec<u8>; 5] = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[5 0 R]/Count 1>>".to_vec(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
        [format!("<</Filter[{filters}]/Length {}>>stream\n", stream.len()).as_bytes(), stream, b"\nendstream"].concat(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>>>>>".to_vec(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(file.len());
        writeln!(file, "{} 0 obj", at + 1).unwrap();
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    writeln!(file, "xref\n0 6\n0000000000 65535 f ").unwrap();
    places.iter().for_each(|place| writeln!(file, "{place:010} 00000 n ").unwrap());
    writeln!(file, "trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF").unwrap();
    file
}

const TEXT: &[u8] = b"BT /F1 12 Tf 50 750 Td (Revenue was 58 million) Tj ET";

#[track_caller]
fn text(contents: Result<Contents, ReadError>) -> String {
    match contents {
        Ok(Contents::Document(document)) => document.pages.into_iter().flatten().map(|page| page.text).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn stopped(contents: Result<Contents, ReadError>) -> String {
    match contents {
        Err(ReadError::Stopped(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_stands_in_a_file_comes_back() {
    let reader = reader(Limits::default());
    let read = text(reader.read(Format::Pdf, &pdf("/FlateDecode", &packed(TEXT, 1))));
    assert!(read.contains("Revenue was 58 million"), "{read:?}");
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(0, 0, "year").unwrap().write(1, 0, 2024).unwrap();
    let Ok(Contents::Grid(grid)) = reader.read(Format::Xlsx, &book.save_to_buffer().unwrap()) else { panic!() };
    assert_eq!(grid.rows.iter().map(|row| row.cells[0].text.as_str()).collect::<Vec<_>>(), ["year", "2024"]);
    for format in Format::ALL {
        let refused = reader.read(format, b"something else").unwrap_err();
        assert!(matches!(refused, ReadError::Unreadable(_)), "{format:?}: {refused:?}");
    }
}

/// Some hundred bytes that unpack to 128 MiB take that much memory, and no more than the limit.
#[test]
fn a_file_that_unpacks_without_end_ends_its_reader_alone() {
    let text_behind = [TEXT, &vec![b' '; 128 << 20]].concat();
    let bomb = pdf("/FlateDecode/FlateDecode", &packed(&text_behind, 2));
    assert!(bomb.len() < 8192, "{}", bomb.len());
    let small = Limits { memory: 96 << 20, ..Limits::default() };
    let why = stopped(reader(small).read(Format::Pdf, &bomb));
    assert!(why.contains("96 MiB"), "{why}");
    // The control: the same file with room for it.
    let large = Limits { memory: 8 << 30, cpu: 120, wall: 240, ..Limits::default() };
    let read = reader(large).read(Format::Pdf, &bomb);
    assert!(text(read).contains("Revenue"));
}

/// Files in which a page is its own ancestor, and a form draws itself: the parser calls itself without end.
const LOOPS: [&[u8]; 2] = [include_bytes!("samples/parents.pdf"), include_bytes!("samples/forms.pdf")];

#[test]
fn a_file_that_overflows_the_stack_ends_its_reader_alone() {
    if let Ok(which) = std::env::var("POLYMATH_TEST_LOOP") {
        let _ = formats::read(Format::Pdf, LOOPS[which.parse::<usize>().unwrap()].to_vec());
        std::process::exit(0);
    }
    for (at, file) in LOOPS.iter().enumerate() {
        assert!(file.len() < 1024);
        // Where the compiler made a loop of the calls, the stack holds and the time runs out.
        let why = stopped(reader(Limits { cpu: 3, ..Limits::default() }).read(Format::Pdf, file));
        assert!(why.contains("broke off") || why.contains("processor time"), "{why}");
        // The control: read in the process that wants to know, which is this test once more.
        let name = "a_file_that_overflows_the_stack_ends_its_reader_alone";
        let mut control = std::process::Command::new("sh");
        control.args(["-c", "ulimit -t 3; exec \"$0\" --exact \"$1\""]).arg(std::env::current_exe().unwrap()).arg(name);
        let control = control.env("POLYMATH_TEST_LOOP", at.to_string()).output().unwrap();
        assert!(control.status.code().is_none(), "{control:?}");
    }
}

/// A workbook of a few kilobytes whose one cell is a text of 100 MiB.
#[test]
fn a_workbook_that_unpacks_without_end_ends_its_reader_alone() {
    let bomb = workbook(100 << 20);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let small = Limits { memory: 96 << 20, ..Limits::default() };
    let why = stopped(reader(small).read(Format::Xlsx, &bomb));
    assert!(why.contains("96 MiB"), "{why}");
    let answer = Limits { memory: 8 << 30, answer: 64 << 20, cpu: 120, wall: 240 };
    let why = stopped(reader(answer).read(Format::Xlsx, &bomb));
    assert!(why.contains("come out of it"), "{why}");
    assert!(matches!(reader(small).read(Format::Xlsx, &workbook(1000)), Ok(Contents::Grid(_))));
}

/// A document of a few kilobytes with millions of elements: its tree takes many times what is unpacked.
#[test]
fn a_document_of_millions_of_elements_ends_its_reader_alone() {
    let written = |body: &str| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(format!("<document><body>{body}</body></document>").as_bytes()).unwrap();
        archive.finish().unwrap().into_inner()
    };
    let bomb = written(&"<p/>".repeat(7_000_000));
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let small = Limits { memory: 96 << 20, ..Limits::default() };
    let why = stopped(reader(small).read(Format::Docx, &bomb));
    assert!(why.contains("96 MiB"), "{why}");
    // The controls: the same with room for it, and one that needs none.
    let large = Limits { memory: 8 << 30, cpu: 120, wall: 240, ..Limits::default() };
    assert!(matches!(reader(large).read(Format::Docx, &bomb), Ok(Contents::Prose(_))));
    let Ok(Contents::Prose(prose)) = reader(small).read(Format::Docx, &written("<p><t>The ship came.</t></p>")) else {
        panic!()
    };
    assert_eq!(prose.parts, [Part::Paragraph("The ship came.".into())]);
}

/// An .xlsx with one cell of `size` letters.
fn workbook(size: usize) -> Vec<u8> {
    let head = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>"#;
    let sheet = [&head[..], &vec![b'a'; size], b"</t></is></c></row></sheetData></worksheet>"].concat();
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, body) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(body).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Whatever becomes of the program is an error, and never waited for without end.
#[cfg(unix)]
#[test]
fn a_reader_that_aborts_hangs_floods_or_lies_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { wall: 1, answer: 1 << 20, ..Limits::default() };
    for (script, want) in [
        ("kill -ABRT $$", "broke off"),
        ("kill -KILL $$", "broke off"),
        ("kill -XCPU $$", "processor time"),
        ("exit 7", "broke off"),
        ("exec sleep 600", "more than 1 s"),
        ("exec >&-; exec sleep 600", "broke off"),
        ("exec cat /dev/zero", "more than 1 MiB"),
        ("echo '{}'", "something else"),
        ("cat >/dev/null", "something else"),
    ] {
        let program = folder.path().join("reader");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
        let why = stopped(Reader { program, limits }.read(Format::Pdf, &vec![0; 4 << 20]));
        assert!(why.contains(want), "{script}: {why}");
    }
    let missing = Reader { program: folder.path().join("none"), limits }.read(Format::Pdf, b"");
    assert!(missing.unwrap_err().to_string().contains("POLYMATH_READER"));
}
