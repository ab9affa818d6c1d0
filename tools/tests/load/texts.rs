//! Encodings, separators, quotation marks.

use super::check;
use encoding_rs::{EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1252};

const CITIES: &str = "City,Area\nParis,105\nRome,1285";
const CITIES_READ: &str = "City | Area\nParis | 105\nRome | 1285";

fn utf16(text: &str, order: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    mark.encode_utf16().chain(text.encode_utf16()).flat_map(order).collect()
}

#[track_caller]
fn encoded(encoding: &'static Encoding, text: &str, want: &str) {
    let (bytes, _, lossy) = encoding.encode(text);
    assert!(!lossy && std::str::from_utf8(&bytes).is_err());
    check("t.csv", bytes, want, &["it is not UTF-8"]);
}

#[test]
fn byte_order_marks() {
    check("t.csv", format!("\u{feff}{CITIES}"), CITIES_READ, &[]);
    check("t.csv", utf16(CITIES, u16::to_le_bytes, true), CITIES_READ, &[]);
    check("t.csv", utf16(CITIES, u16::to_be_bytes, true), CITIES_READ, &[]);
}

#[test]
fn utf16_without_a_mark() {
    check("t.csv", utf16(CITIES, u16::to_le_bytes, false), CITIES_READ, &["UTF-16LE"]);
    check("t.csv", utf16(CITIES, u16::to_be_bytes, false), CITIES_READ, &["UTF-16BE"]);
    let cjk = "城市;面积\n北京;16410\n上海;6340\n";
    check("t.csv", utf16(cjk, u16::to_le_bytes, false), "城市 | 面积\n北京 | 16410\n上海 | 6340", &["UTF-16LE"]);
}

#[test]
fn encodings_of_before_utf8() {
    encoded(
        WINDOWS_1252,
        "Stadt;Fläche (km²)\nKöln;405,02\nMünchen;310,7\nDüsseldorf;217,41\n",
        "Stadt | Fläche\nKöln | 405.02\nMünchen | 310.7\nDüsseldorf | 217.41",
    );
    encoded(
        WINDOWS_1252,
        "Ville;Été;Coût\nOrléans;30;1,5\nNîmes;36;2,5\n",
        "Ville | Été | Coût\nOrléans | 30 | 1.5\nNîmes | 36 | 2.5",
    );
    encoded(
        GBK,
        "城市,人口\n北京市,2189\n上海市,2487\n重庆市,3205\n",
        "城市 | 人口\n北京市 | 2189@2189\n上海市 | 2487\n重庆市 | 3205",
    );
    encoded(
        SHIFT_JIS,
        "都市名,面積\n東京の区部,627.5\n大阪市です,225.3\n横浜みなと,437.7\n",
        "都市名 | 面積\n東京の区部 | 627.5\n大阪市です | 225.3\n横浜みなと | 437.7",
    );
    encoded(
        EUC_KR,
        "도시,면적\n서울특별시,605.2\n부산광역시,770.1\n",
        "도시 | 면적\n서울특별시 | 605.2\n부산광역시 | 770.1",
    );
}

#[test]
fn every_separator() {
    for separator in [",", ";", "\t", "|"] {
        let text = "Name,From,To\na,1,2\nb,3,4\n".replace(',', separator);
        check("t.csv", text, "Name | From | To\na | 1 | 2\nb | 3 | 4", &[]);
    }
    check("t.tsv", "Name\tText\na\t1, 2; 3\nb\tx, y\n", "Name | Text\na | 1, 2; 3\nb | x, y", &[]);
}

#[test]
fn a_separator_that_stands_in_cells_too() {
    check(
        "t.csv",
        "Id,Tags,N\n1,red;green,5\n2,blue;red,6\n",
        "Id | Tags | N\n1 | red;green | 5\n2 | blue;red | 6",
        &[],
    );
    check("t.csv", "Id;N\na;1,5\nb;2,5\nc;3,5\n", "Id | N\na | 1.5\nb | 2.5\nc | 3.5", &[]);
    check(
        "t.csv",
        "Name;Place;N\na;Bonn, Rhein;1\nb;Ulm, Donau;2\n",
        "Name | Place | N\na | Bonn, Rhein | 1\nb | Ulm, Donau | 2",
        &[],
    );
}

#[test]
fn a_separator_that_the_first_line_names() {
    check("t.csv", "sep=;\r\nA;B\r\n1,5;x, y\r\n2,5;z\r\n", "A | B\n1.5 | x, y\n2.5 | z", &[]);
    check("t.csv", "sep=^\nA^B\n1^2\n", "A | B\n1 | 2", &[]);
}

#[test]
fn quotation_marks() {
    let text = "Name,Note\n\"Smith, J.\",\"said \"\"no\"\"\"\n\"two\nlines\",b\n";
    check("t.csv", text, "Name | Note\nSmith, J. | said \"no\"\ntwo\nlines | b", &[]);
    let open = "Size,N\n5\" pipe,1\n\"6 pipe,2\na pipe,3\n";
    check("t.csv", open, "Size | N\n5\" pipe | 1\n\"6 pipe | 2\na pipe | 3", &["never closed"]);
    check("t.csv", "Size,N\n5\" pipe,1\nb pipe,2\n", "Size | N\n5\" pipe | 1\nb pipe | 2", &[]);
}

#[test]
fn line_ends_of_every_system() {
    for end in ["\n", "\r\n", "\r"] {
        check("t.csv", ["A,B", "1,2", "", "3,4"].join(end), "A | B\n1 | 2\n3 | 4", &[]);
    }
}

#[test]
fn text_without_a_promising_name() {
    check("t.txt", "A\tB\n1\t2\n3\t4\n", "A | B\n1 | 2\n3 | 4", &[]);
    check("t.txt", "Dear all,\nthank you; it was a good year.\nYours, J.\n", "", &[]);
    check("t.txt", "One, two\nthree, four\nfive, six\n", "", &[]);
    check("notes.md", "a,b\n1,2\n", "", &[]);
    check("t.txt", "", "", &[]);
}

#[test]
fn one_column() {
    check("t.csv", "Value\n1.5\n2.5\n", "Value\n1.5\n2.5", &[]);
    check("t.csv", "Dear all\nthank you\n", "", &["no separator"]);
}
