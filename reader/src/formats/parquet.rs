//! Parquet files: columns that have names and types already.

use crate::grid::{CELLS, Grid, ROWS, Raw, Row, number_text, thousands, too_large};
use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The file's rows.
pub fn read(file: Vec<u8>) -> Result<Grid, String> {
    // The reader panics at types that it doesn't know, and at some damage.
    match catch_unwind(AssertUnwindSafe(|| rows(file.into()))) {
        Ok(grid) => grid,
        Err(_) => Err("its columns have types that are not read here; a program can read it".to_owned()),
    }
}

fn rows(file: bytes::Bytes) -> Result<Grid, String> {
    let damaged = |error: parquet::errors::ParquetError| format!("it cannot be read as Parquet ({error})");
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let metadata = reader.metadata().file_metadata();
    let columns = metadata.schema().get_fields();
    let count = usize::try_from(metadata.num_rows()).unwrap_or(usize::MAX);
    if count > ROWS || count.saturating_mul(columns.len()) > CELLS {
        return Err(format!("{}: {} rows, {} columns", too_large(), thousands(count as u64), columns.len()));
    }
    let nanoseconds: Vec<bool> = columns
        .iter()
        .map(|column| match column.get_basic_info().logical_type_ref() {
            Some(LogicalType::Timestamp(stamp)) => stamp.unit == TimeUnit::NANOS,
            _ => false,
        })
        .collect();
    let header = columns.iter().map(|column| column.name().to_owned()).collect();
    let mut rows = Vec::with_capacity(count);
    for (at, row) in reader.get_row_iter(None).map_err(damaged)?.enumerate() {
        let fields = row.map_err(damaged)?.into_columns();
        let cells = fields.iter().zip(&nanoseconds).map(|((_, field), nanoseconds)| cell(field, *nanoseconds));
        rows.push(Row { line: at + 1, cells: cells.collect() });
    }
    Ok(Grid { header: Some(header), rows, ..Grid::default() })
}

fn cell(field: &Field, nanoseconds: bool) -> Raw {
    match field {
        Field::Null => Raw::default(),
        Field::Str(text) => Raw::written(text),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Raw::written(text),
            Err(_) => Raw::exact(format!("{} bytes", bytes.data().len())),
        },
        Field::Float(number) if number.is_nan() => Raw::default(),
        Field::Double(number) if number.is_nan() => Raw::default(),
        Field::Float(number) => Raw::exact(number.to_string()),
        Field::Double(number) => Raw::exact(number_text(*number)),
        Field::Long(number) if nanoseconds => Raw::exact(moment(number.div_euclid(1_000_000))),
        Field::TimestampMillis(number) => Raw::exact(moment(*number)),
        Field::TimestampMicros(number) => Raw::exact(moment(number.div_euclid(1_000))),
        other => Raw::exact(other.to_string()),
    }
}

/// Milliseconds since 1970 as ISO date, with the time of day if there is one.
fn moment(milliseconds: i64) -> String {
    let Some(moment) = chrono::DateTime::from_timestamp_millis(milliseconds) else { return milliseconds.to_string() };
    let midnight = milliseconds.rem_euclid(86_400_000) == 0;
    moment.format(if midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}
