//! Large tables as they are kept: title and columns as any table's, the rows packed.
//!
//! The JSON of a million rows is 350 MB, which SQLite would copy several times over and compare with what it has at
//! the end of every turn. Packed it is a twentieth of that and is made row by row; and a table that is as it was when
//! it was written is not written again.

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use base64::write::EncoderStringWriter;
use polymath_chat::{Cell, Table};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::{Error, Result};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, BufWriter, Write};

/// Cells from which on a table is packed.
const LARGE: usize = 200_000;
/// Bytes that are packed at a time.
const PIECE: usize = 1 << 16;
/// zstd's quickest.
const LEVEL: i32 = 1;

/// What is kept of a large table. `packed`: a line of JSON for each row, by zstd, in base64.
#[derive(Serialize, Deserialize)]
struct Packed {
    title: String,
    columns: Vec<String>,
    packed: String,
}

fn is_large(table: &Table) -> bool {
    table.rows.len() * table.columns.len() > LARGE
}

/// A number that is another one when anything in a large table has changed; none of other tables.
pub(super) fn fingerprint(table: &Table) -> Option<u64> {
    if !is_large(table) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    (&table.title, &table.columns).hash(&mut hasher);
    for Cell { text, number, date, provenance } in table.rows.iter().flatten() {
        (text, number.map(f64::to_bits), date, provenance).hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// A table as it is kept.
pub(super) fn to_json(table: &Table) -> Result<String> {
    if !is_large(table) {
        return serde_json::to_string(table);
    }
    let packed = pack(&table.rows)?;
    serde_json::to_string(&Packed { title: table.title.clone(), columns: table.columns.clone(), packed })
}

fn pack(rows: &[Vec<Cell>]) -> Result<String> {
    let encoder = zstd::Encoder::new(EncoderStringWriter::new(&STANDARD), LEVEL).map_err(Error::custom)?;
    let mut out = BufWriter::with_capacity(PIECE, encoder);
    for row in rows {
        serde_json::to_writer(&mut out, row)?;
        out.write_all(b"\n").map_err(Error::custom)?;
    }
    let encoder = out.into_inner().map_err(Error::custom)?;
    Ok(encoder.finish().map_err(Error::custom)?.into_inner())
}

/// A table out of what was kept.
pub(super) fn from_json(json: &str) -> Result<Table> {
    if packed_at(json).is_none() {
        return serde_json::from_str(json);
    }
    let Packed { title, columns, packed } = serde_json::from_str(json)?;
    let bytes = DecoderReader::new(packed.as_bytes(), &STANDARD);
    let mut lines = BufReader::with_capacity(PIECE, zstd::Decoder::new(bytes).map_err(Error::custom)?);
    let (mut rows, mut line) = (Vec::new(), String::new());
    while lines.read_line(&mut line).map_err(Error::custom)? > 0 {
        rows.push(serde_json::from_str(&line)?);
        line.clear();
    }
    Ok(Table { title, columns, rows })
}

/// Where the rows of a packed table begin. Within a text the marks would be escaped.
pub(super) fn packed_at(json: &str) -> Option<usize> {
    json.find(",\"packed\":")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Provenance;

    fn table(rows: usize) -> Table {
        let row = |n: usize| {
            let number = Cell { number: Some(n as f64), ..Cell::new(n.to_string(), Provenance::Given) };
            let day =
                Cell { date: Some("2024-05-01".into()), ..Cell::new("1 May \"24\"\n,\"packed\":", Provenance::Given) };
            vec![number, day, Cell::missing()]
        };
        let columns = ["n", "day", "none"].map(str::to_owned).to_vec();
        Table { title: "t.csv".into(), columns, rows: (0..rows).map(row).collect() }
    }

    #[test]
    fn a_large_table_comes_back_as_it_was() {
        let (small, large) = (table(3), table(LARGE / 3 + 1));
        let kept = to_json(&large).unwrap();
        assert!(kept.len() * 10 < serde_json::to_string(&large).unwrap().len(), "{}", kept.len());
        assert_eq!(from_json(&kept).unwrap(), large);
        assert_eq!(to_json(&small).unwrap(), serde_json::to_string(&small).unwrap());
        assert_eq!(from_json(&to_json(&small).unwrap()).unwrap(), small);
        assert!(from_json(&kept.replacen("\"packed\":\"", "\"packed\":\"AAAA", 1)).is_err());
    }

    #[test]
    fn a_changed_table_has_another_fingerprint() {
        let mut large = table(LARGE / 3 + 1);
        let before = fingerprint(&large);
        assert_eq!((before, fingerprint(&table(3))), (fingerprint(&large.clone()), None));
        large.rows[1][0].number = Some(-1.0);
        assert_ne!(fingerprint(&large), before);
    }
}
