#![allow(clippy::unwrap_used)]
use super::*;
use polymath_chat::{Cell, ColumnKind, ColumnType, Precision, Provenance};
use polymath_quantity::Column;
use std::io::Read;

/// A table as text: a line a row, cells between ` | `; `~` before estimated ones, `@` before those of a page.
fn table(text: &str) -> Table {
    let split = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<String>>();
    let mut lines = text.lines();
    let columns = split(lines.next().unwrap());
    let cell = |(i, text): (usize, &String)| {
        let provenance = match text.chars().next() {
            Some('~') => Provenance::Imputed { how: "mean of its neighbours".into() },
            Some('@') => {
                Provenance::Sourced { url: "http://p/1".into(), title: "A page".into(), quote: "q <b>".into() }
            }
            _ => Provenance::Given,
        };
        let text = text.trim_start_matches(['~', '@']);
        let (number, date) = Column::of(&columns[i]).read(text).values();
        if text.is_empty() { Cell::missing() } else { Cell { number, date, ..Cell::new(text, provenance) } }
    };
    let rows = lines.map(|line| split(line).iter().enumerate().map(cell).collect()).collect();
    Table { title: "Rounds: A/B".into(), columns, rows }
}

fn kind_of(header: &str, cells: &[&str]) -> ColumnType {
    let rows: String = cells.iter().map(|cell| format!("\n{cell}")).collect();
    column_types(&table(&format!("{header}{rows}"))).remove(0)
}

#[track_caller]
fn check(header: &str, cells: &[&str], kind: ColumnKind, unit: Option<&str>) {
    let got = kind_of(header, cells);
    assert_eq!((got.kind, got.unit.as_deref()), (kind, unit), "{header}: {cells:?}");
}

#[test]
fn columns_have_the_type_of_all_their_cells() {
    let money = |currency: Option<&str>| ColumnKind::Money { currency: currency.map(str::to_owned) };
    let date = |precision| ColumnKind::Date { precision };
    check("Town", &["Oslo", "Bergen"], ColumnKind::Text, None);
    check("Turbines", &["3", "1,200", ""], ColumnKind::Integer, None);
    check("Ratio", &["3", "1.25"], ColumnKind::Decimal, None);
    check("Price", &["$3.5 billion", "$40 million"], money(Some("USD")), None);
    check("Price (EUR)", &["3", "4.5"], money(Some("EUR")), None);
    check("Price", &["$3", "€4"], money(None), None);
    check("Share", &["17.5%", "3 %"], ColumnKind::Percent, None);
    check("Height", &["58 m", "2,318 m"], ColumnKind::Integer, Some("m"));
    check("Height (m)", &["58.5", "2318"], ColumnKind::Decimal, Some("m"));
    check("Year", &["2019", "2020"], date(Precision::Year), None);
    check("Visitors", &["1850", "1920"], ColumnKind::Integer, None);
    check("Month", &["2019-03", "2020-11"], date(Precision::Month), None);
    check("Day", &["2019-03-01", "March 4, 2020"], date(Precision::Day), None);
    check("Day", &["2019-03-01", "2020"], date(Precision::Year), None);
    check("At", &["2019-03-01 10:30", "2019-03-01T11:45:10"], date(Precision::Time), None);
    check("Open", &["yes", "No", ""], ColumnKind::Boolean, None);
    check("Offen", &["ja", "nein"], ColumnKind::Boolean, None);
    check("Value", &["3", "many"], ColumnKind::Text, None);
    check("Value", &["", "n/a"], ColumnKind::Empty, None);
}

#[test]
fn qualifiers_are_counted_and_kept() {
    let got = kind_of("Price", &["over $3 billion", "about $40 million", "", "n/a", "$5 million"]);
    assert_eq!((got.qualified, got.missing), (2, 2));
    let of = |text: &str| {
        let cell = table(&format!("Price\n{text}")).rows[0][0].clone();
        value(&cell, &ColumnKind::Money { currency: None }, &Column::of("Price"))
    };
    assert_eq!(of("over $3"), (Value::Number(3.0), Some(Range::Over)));
    assert_eq!(of("about $3"), (Value::Number(3.0), Some(Range::About)));
    assert_eq!(of("at least $3").1, Some(Range::AtLeast));
    assert_eq!(of("up to $3").1, Some(Range::AtMost));
    assert_eq!(of("$3 to $5").1, Some(Range::Between(3.0, 5.0)));
    assert_eq!(of("$3"), (Value::Number(3.0), None));
}

const ROUNDS: &str =
    "Date | Amount | Note\n2018-08 | @over $1 billion | =1+1\n2019-08-05 | ~$2 billion | ok\n2021 |  | -x";

#[test]
fn csv_has_values_and_their_origins() {
    let got = String::from_utf8(bytes(&[("t1".into(), &table(ROUNDS))], Format::Csv).unwrap()).unwrap();
    let want = "Date,Amount,Amount (origin),Note\n2018-08,1000000000,\"sourced: A page, http://p/1, “q <b>”\",'=1+1\n\
                2019-08-05,2000000000,imputed: mean of its neighbours,ok\n2021,,,'-x\n";
    assert_eq!(got, want);
}

#[test]
fn json_has_types_values_and_origins() {
    let text = bytes(&[("t1".into(), &table(ROUNDS))], Format::Json).unwrap();
    let got: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let t1 = &got["tables"][0];
    assert_eq!((&t1["name"], &t1["columns"][1]["type"]), (&"t1".into(), &"money".into()));
    assert_eq!((&t1["columns"][1]["currency"], &t1["columns"][1]["missing"]), (&"USD".into(), &1.into()));
    assert_eq!(t1["rows"][0], serde_json::json!({"Date": "2018-08", "Amount": 1e9, "Note": "=1+1"}));
    let cell = &t1["cells"][0][1];
    assert_eq!(
        (&cell["status"], &cell["range"], &cell["url"]),
        (&"sourced".into(), &"over".into(), &"http://p/1".into())
    );
    assert_eq!(t1["cells"][1][1]["how"], "mean of its neighbours");
    assert!(t1["rows"][2]["Amount"].is_null());
}

#[test]
fn markdown_has_footnotes() {
    let t = table(ROUNDS);
    let got = String::from_utf8(bytes(&[("t1".into(), &t), ("t2".into(), &t)], Format::Markdown).unwrap()).unwrap();
    for part in [
        "## t1: Rounds: A/B\n\n| Date | Amount | Note |",
        "| 2018-08 | over $1 billion[^t1-1] | =1+1 |",
        "\n[^t1-1]: sourced: A page, http://p/1, “q \\<b>”\n[^t1-2]: imputed: mean",
        "[^t2-1]",
    ] {
        assert!(got.contains(part), "{part} is missing in\n{got}");
    }
}

/// The parts of a workbook by their names.
fn part(book: &[u8], name: &str) -> String {
    let mut all = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut text = String::new();
    all.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_workbook_has_numbers_days_and_a_sheet_of_origins() {
    let t = table(ROUNDS);
    let book = bytes(&[("t1".into(), &t), ("t2".into(), &t)], Format::Xlsx).unwrap();
    let names = part(&book, "xl/workbook.xml");
    for name in ["t1 Rounds A B", "t2 Rounds A B", "Provenance"] {
        assert!(names.contains(&format!("name=\"{name}\"")), "{names}");
    }
    let sheet = part(&book, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<v>1000000000</v>") && sheet.contains("<v>43313</v>"), "{sheet}");
    assert!(!sheet.contains("<f>"), "a text became a formula: {sheet}");
    assert!(part(&book, "xl/styles.xml").contains("\"[$$-409]#,##0\""));
    let words = part(&book, "xl/sharedStrings.xml");
    for word in ["sourced", "http://p/1", "imputed", "mean of its neighbours", "over", "B2"] {
        assert!(words.contains(&format!(">{word}<")), "{word} is missing in {words}");
    }
}

#[test]
fn files_are_told_by_their_ends() {
    assert_eq!(Format::of(Path::new("a/b.XLSX")), Ok(Format::Xlsx));
    assert_eq!(Format::of(Path::new("b.markdown")).unwrap(), Format::Markdown);
    assert!(Format::of(Path::new("b.ods")).unwrap_err().contains("end in .csv, .json, .md, .xlsx"));
    let folder = tempfile::tempdir().unwrap();
    let t = table("A\n1");
    let tables = [("t1".to_owned(), &t)];
    let names: Vec<String> =
        (0..2).map(|_| save(&folder.path().join("new"), "t", &tables, Format::Csv).unwrap().name).collect();
    assert_eq!(names, ["t.csv", "t-2.csv"]);
}
