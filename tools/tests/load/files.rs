//! What is opened, how much is read, and what is told of the rest.

use super::{check, of_bytes};
use polymath_tools::load::{LoadError, first_lines, load};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[track_caller]
fn refused(path: &Path, part: &str) {
    let error = load(path).unwrap_err();
    assert!(error.to_string().contains(part) && error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn what_is_no_regular_file_is_refused_without_being_opened() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), "is not a file but a folder");
    refused(&folder.path().join("none.csv"), "cannot read the file");
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_sockets_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("p.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let begin = Instant::now();
    refused(&pipe, "a named pipe");
    assert!(first_lines(&pipe, 3).is_empty());
    let link = folder.path().join("l.csv");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    refused(&link, "a named pipe");
    refused(Path::new("/dev/zero"), "a device");
    let socket = folder.path().join("s.csv");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    refused(&socket, "a socket");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[cfg(unix)]
#[test]
fn links_to_files_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "A,B\n1,2\n").unwrap();
    let link = folder.path().join("l.csv");
    std::os::unix::fs::symlink(folder.path().join("data"), &link).unwrap();
    assert_eq!(load(&link).unwrap().table.unwrap().title, "l.csv");
}

#[test]
fn errors_say_what_was_tried() {
    let error = load(Path::new("/no/such.csv")).unwrap_err();
    assert!(matches!(&error, LoadError::Unreadable { path, .. } if path == Path::new("/no/such.csv")), "{error}");
}

#[test]
fn what_is_meant_as_no_table_has_no_notice() {
    check("p.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "", &[]);
    check("d.docx", b"PK\x03\x04abc", "", &[]);
    check("a.py", "x = [1, 2]\n", "", &[]);
    check("noname", [0u8, 159, 146, 150], "", &[]);
}

#[test]
fn formats_that_are_left_to_programs_are_told() {
    check("t.dta", "x", "", &["Stata files are not read here; a program can. Python programs still find the file"]);
    check("t.csv.gz", b"\x1f\x8b", "", &["compressed tables"]);
    check("t.feather", "ARROW1", "", &["Feather files"]);
}

fn rows(count: usize) -> String {
    let line = |n: usize| format!("{n},name {n},{}.5,2024-01-02,1,2,3,4,5,6\n", n % 1000);
    std::iter::once("a,b,c,d,e,f,g,h,i,j\n".to_owned()).chain((0..count).map(line)).collect()
}

#[test]
fn a_large_table_is_read_whole_and_a_larger_one_not_at_all() {
    let begin = Instant::now();
    let table = of_bytes("t.csv", rows(300_000).as_bytes()).table.unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    println!("300,000 rows of 10 columns: {seconds:.2} s");
    assert_eq!((table.rows.len(), table.rows[299_999][2].number), (300_000, Some(999.5)));
    let more = "n\n1\n".to_owned() + &"2\n".repeat(2_000_000);
    check("t.csv", more, "", &["more than 2,000,000 rows or 10,000,000 cells"]);
}

#[test]
fn a_table_of_many_columns_is_not_taken() {
    let line = vec!["1"; 600].join(",");
    check("t.csv", vec![line; 17_000].join("\n"), "", &["10,000,000 cells"]);
}

#[test]
fn a_file_of_too_many_bytes_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    // Of no size on the disk
    fs::File::create(&path).unwrap().set_len(10 << 30).unwrap();
    let begin = Instant::now();
    let loaded = load(&path).unwrap();
    assert!(loaded.table.is_none() && loaded.notices[0].contains("268,435,456 are the most"), "{:?}", loaded.notices);
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[test]
fn first_lines_of_any_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let lines = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        first_lines(&path, 2)
    };
    assert_eq!(lines("a,b\r\nü,2\nx\n".as_bytes()), ["a,b", "ü,2"]);
    assert_eq!(lines(b"Stadt;Fl\xe4che\nK\xf6ln;1\n"), ["Stadt;Fläche", "Köln;1"]);
    let utf16: Vec<u8> = "\u{feff}a;b\n1;2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(lines(&utf16), ["a;b", "1;2"]);
    // A character that the end of what is read falls into
    let long = format!("a\n{}", "ü".repeat(40_000));
    assert_eq!(lines(long.as_bytes())[0], "a");
    assert!(lines(&[0, 1, 2, 255]).is_empty());
}
