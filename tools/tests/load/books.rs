//! Workbooks: written by rust_xlsxwriter here; `samples/book.xls` by xlwt, `samples/book.ods` by odfpy.

use super::{check, of_bytes};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// A workbook of one sheet.
#[track_caller]
fn sheet(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet), want: &str, told: &[&str]) {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    check("b.xlsx", book.save_to_buffer().unwrap(), want, told);
}

fn day(text: &str) -> ExcelDateTime {
    ExcelDateTime::parse_from_str(text).unwrap()
}

#[test]
fn numbers_texts_and_what_stands_for_nothing() {
    sheet(
        |s| {
            s.write_row(0, 0, ["Shop", "Amount", "Open"]).unwrap();
            s.write(1, 0, "Köln").unwrap().write(1, 1, 12.5).unwrap().write(1, 2, true).unwrap();
            s.write(2, 0, "Bonn").unwrap().write(2, 2, false).unwrap();
        },
        "Shop | Amount | Open\nKöln | 12.5 | true\nBonn | · | false",
        &[],
    );
}

#[test]
fn date_cells_are_dates() {
    let format = Format::new().set_num_format("dd/mm/yyyy");
    let timed = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet(
        |s| {
            s.write_row(0, 0, ["Day", "At", "N"]).unwrap();
            s.write_with_format(1, 0, day("2024-03-04"), &format).unwrap();
            s.write_with_format(1, 1, day("2024-03-04 05:06:07"), &timed).unwrap();
            s.write(1, 2, 1).unwrap();
        },
        "Day | At | N\n@2024-03-04 | @2024-03-04 | 1",
        &[],
    );
}

#[test]
fn times_of_day_are_no_dates() {
    let format = Format::new().set_num_format("hh:mm");
    sheet(
        |s| {
            s.write_row(0, 0, ["From", "N"]).unwrap();
            s.write_with_format(1, 0, ExcelDateTime::from_hms(9, 30, 0).unwrap(), &format).unwrap();
            s.write(1, 1, 1).unwrap();
        },
        "From | N\n9:30:00 | 1",
        &[],
    );
}

#[test]
fn percent_cells_keep_their_value() {
    for format in ["0%", "0.0%", "0.00%"] {
        let format = Format::new().set_num_format(format);
        sheet(
            |s| {
                s.write_row(0, 0, ["Share (%)", "N"]).unwrap();
                s.write_with_format(1, 0, 0.125, &format).unwrap();
                s.write(1, 1, 1).unwrap();
            },
            "Share | N\n0.125 | 1",
            &[],
        );
    }
}

#[test]
fn units_in_headers_and_numbers_as_text() {
    sheet(
        |s| {
            s.write_row(0, 0, ["Sales (USD m)", "Price"]).unwrap();
            s.write(1, 0, 1.5).unwrap().write(1, 1, "1.234,50").unwrap();
            s.write(2, 0, 2).unwrap().write(2, 1, "2.500").unwrap();
        },
        "Sales | Price\n1500000 | 1234.5\n2000000 | 2500",
        &[],
    );
    // As many digits as a workbook has, and numbers of any size.
    sheet(
        |s| {
            s.write_row(0, 0, ["A", "B"]).unwrap();
            s.write(1, 0, 0.1 + 0.2).unwrap().write(1, 1, 1.5e-20).unwrap();
        },
        "A | B\n0.3 | 0.000000000000000000015",
        &[],
    );
}

#[test]
fn a_merged_title_and_a_margin() {
    sheet(
        |s| {
            s.merge_range(0, 1, 0, 3, "Report 2024", &Format::new().set_bold()).unwrap();
            s.write_row(3, 1, ["A", "B", "C"]).unwrap();
            s.write_row(4, 1, [1, 2, 3]).unwrap();
            s.write_row(5, 1, [4, 5, 6]).unwrap();
        },
        "A | B | C\n1 | 2 | 3\n4 | 5 | 6",
        &["left out above the table: \"Report 2024\""],
    );
}

#[test]
fn formulas_give_their_results() {
    sheet(
        |s| {
            s.write_row(0, 0, ["A", "B"]).unwrap();
            s.write(1, 0, 2).unwrap();
            s.write_formula(1, 1, rust_xlsxwriter::Formula::new("=A2*2").set_result("4")).unwrap();
        },
        "A | B\n2 | 4",
        &[],
    );
}

#[test]
fn other_sheets_are_told() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Empty").unwrap();
    let sales = book.add_worksheet().set_name("Sales").unwrap();
    sales.write_row(0, 0, ["A", "B"]).unwrap().write_row(1, 0, [1, 2]).unwrap();
    book.add_worksheet().set_name("Costs").unwrap().write(0, 0, "x").unwrap();
    let told = ["the table is the sheet \"Sales\"; not loaded: \"Empty\", \"Costs\""];
    check("b.xlsx", book.save_to_buffer().unwrap(), "A | B\n1 | 2", &told);
}

#[test]
fn a_hidden_sheet_is_not_the_first() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Lists").unwrap().set_hidden(true).write(0, 0, "x").unwrap();
    let data = book.add_worksheet().set_name("Data").unwrap();
    data.set_active(true);
    data.write_row(0, 0, ["A", "B"]).unwrap().write_row(1, 0, [1, 2]).unwrap();
    check("b.xlsx", book.save_to_buffer().unwrap(), "A | B\n1 | 2", &["\"Data\"; not loaded: \"Lists\""]);
}

#[test]
fn a_stray_cell_far_away_costs_nothing() {
    let mut book = Workbook::new();
    let s = book.add_worksheet();
    s.write_row(0, 0, ["A", "B"]).unwrap().write_row(1, 0, [1, 2]).unwrap().write_row(2, 0, [3, 4]).unwrap();
    s.write(1_048_575, 0, " ").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    check("b.xlsx", &bytes, "A | B\n1 | 2\n3 | 4", &[]);
    // By its first bytes it is one, whatever its name is.
    check("b.csv", &bytes, "A | B\n1 | 2\n3 | 4", &[]);
    check("b.xls", &bytes, "A | B\n1 | 2\n3 | 4", &[]);
    check("b.zip", &bytes, "", &[]);
}

#[test]
fn workbooks_of_other_programs() {
    check(
        "book.xls",
        include_bytes!("samples/book.xls"),
        "Day | Shop | Amount\n@2024-03-04 | Köln | 12.5\n@2024-03-31 | Bonn | 7",
        &["not loaded: \"Notes\"", "\"Report 2024\""],
    );
    check(
        "book.ods",
        include_bytes!("samples/book.ods"),
        "Day | Shop | Amount | Paid\n@2024-03-04 | Köln | 12.5 | true\n@2024-03-31 | Bonn | 7 | false",
        &[],
    );
}

#[test]
fn damaged_and_empty_workbooks_are_told() {
    let mut book = Workbook::new();
    book.add_worksheet();
    let bytes = book.save_to_buffer().unwrap();
    check("b.xlsx", &bytes, "", &["no sheet of the workbook has anything in it"]);
    check("b.xlsx", &bytes[..bytes.len() / 2], "", &["cannot be read as a workbook"]);
    check("b.xlsx", "not a workbook", "", &["cannot be read as a workbook"]);
    let ods = include_bytes!("samples/book.ods");
    for (name, bytes) in [("b.xls", include_bytes!("samples/book.xls").as_slice()), ("b.ods", ods.as_slice())] {
        // Cut anywhere it is told, and nothing panics.
        for at in [9, 100, 600, bytes.len() / 2] {
            let loaded = of_bytes(name, &bytes[..at]);
            assert!(loaded.table.is_none() && loaded.notices.len() == 1, "{name} to {at}: {:?}", loaded.notices);
        }
    }
}

#[test]
fn an_old_name_on_text() {
    check("b.xls", "A\tB\n1\t2\n", "A | B\n1 | 2", &[]);
    check("b.xls", "<table><tr><td>1</td></tr></table>", "", &["HTML"]);
}
