//! JSON and Parquet; `samples/*.parquet` were written by pyarrow, with each of its codecs.

use super::{check, of_bytes};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

#[test]
fn an_array_of_objects() {
    let text =
        r#"[{"City": "Köln", "Area": 405.02, "Day": "2024-03-04"}, {"City": "Bonn", "Mayor": null, "Area": "n/a"}]"#;
    check("t.json", text, "City | Area | Day | Mayor\nKöln | 405.02 | @2024-03-04 | ·\nBonn | · | · | ·", &[]);
}

#[test]
fn objects_within_objects() {
    let text = r#"[{"a": {"b": {"c": 1}, "d": "x"}, "e": [1, 2]}, {"a": {"b": {"c": 2}}}]"#;
    check("t.json", text, "a.b.c | a.d | e\n1 | x | [1,2]\n2 | · | ·", &[]);
}

#[test]
fn columns_and_lists_within_an_object() {
    check("t.json", r#"{"a": [1, 2], "b": ["x", "y"]}"#, "a | b\n1 | x\n2 | y", &[]);
    let text = r#"{"status": "ok", "count": 1, "data": [{"a": 1, "b": 2}]}"#;
    check("t.json", text, "a | b\n1 | 2", &["under \"data\""]);
}

#[test]
fn an_object_in_every_line() {
    let text = "{\"a\": 1, \"b\": \"x\"}\n\n{\"a\": 2}\n";
    for name in ["t.jsonl", "t.ndjson", "t.json"] {
        check(name, text, "a | b\n1 | x\n2 | ·", &[]);
    }
}

#[test]
fn json_that_is_no_table() {
    for text in ["{\"name\": \"x\", \"version\": 1}", "[1, 2, 3]", "[]", "3"] {
        check("t.json", text, "", &[]);
    }
    check("t.json", "{\"a\": ", "", &["it is no JSON"]);
    check("t.jsonl", "{\"a\": 1}\n{\"a\"\n", "", &["line 2 is no JSON object"]);
    // Deeper than any stack
    let deep = "[".repeat(200_000);
    check("t.json", deep, "", &["it is no JSON"]);
}

#[test]
fn json_numbers_under_units_and_large_ones() {
    let text = r#"[{"Sales (USD m)": 1.5, "n": 12345678901234567890}, {"Sales (USD m)": 2, "n": 1}]"#;
    check("t.json", text, "Sales | n\n1500000 | 12345678901234567000\n2000000 | 1", &[]);
}

const SAMPLE: &str = "City | Sales | Count | Day | At | Price | Open | Code
Köln | 1500000 | 3 | @2024-03-04 | @2024-03-04 | 12.5 | true | 007
北京 | · | · | @2024-03-05 | @2024-03-05 | 3.25 | false | 1234.5
· | -2250000 | 4 | · | · | · | · | ·";

#[test]
fn parquet_of_every_codec() {
    let codecs: [(&str, &[u8]); 5] = [
        ("snappy.parquet", include_bytes!("samples/snappy.parquet")),
        ("zstd.parquet", include_bytes!("samples/zstd.parquet")),
        ("gzip.parquet", include_bytes!("samples/gzip.parquet")),
        ("lz4.parquet", include_bytes!("samples/lz4.parquet")),
        ("none.parquet", include_bytes!("samples/none.parquet")),
    ];
    for (name, bytes) in codecs {
        check(name, bytes, &SAMPLE.replace("| 007", "| 7"), &[]);
    }
}

#[test]
fn parquet_columns_of_columns() {
    let bytes = include_bytes!("samples/nested.parquet");
    let table = of_bytes("n.parquet", bytes).table.unwrap();
    assert_eq!(table.columns, ["Name", "Address", "Tags"]);
    assert!(table.rows[0][1].display().contains("Rome") && table.rows[0][2].display().contains('y'));
}

/// A file of one column of numbers and one of texts.
fn written(rows: i64) -> Vec<u8> {
    let schema = parse_message_type("message t { required int64 n; required binary name (UTF8); }").unwrap();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&(0..rows).collect::<Vec<_>>(), None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let names: Vec<ByteArray> = (0..rows).map(|n| ByteArray::from(format!("r{n}").as_str())).collect();
    column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn parquet_is_known_by_its_first_bytes() {
    check("t.parquet", written(2), "n | name\n0 | r0\n1 | r1", &[]);
    check("t.data", written(2), "n | name\n0 | r0\n1 | r1", &[]);
    check("t.parquet", written(0), "", &["no rows"]);
    check("t.parquet", written(2_000_001), "", &["more than 2,000,000 rows"]);
}

#[test]
fn damaged_parquet_is_told() {
    let bytes = written(100);
    check("t.parquet", "not parquet", "", &["cannot be read as Parquet"]);
    for at in [4, 20, bytes.len() / 2, bytes.len() - 1] {
        let loaded = of_bytes("t.parquet", &bytes[..at]);
        assert!(loaded.table.is_none() && loaded.notices.len() == 1, "to {at}: {:?}", loaded.notices);
    }
    for at in (8..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        of_bytes("t.parquet", &damaged);
    }
}
