//! What cells mean: decided over the whole column, or told.

use super::{check, of_bytes};

/// A column of this header and cells, in a file whose separator is a semicolon, and a second column of
/// whole numbers.
#[track_caller]
fn column(header: &str, cells: &[&str], want: &[&str], told: &[&str]) {
    separated(";", header, cells, want, told);
}

#[track_caller]
fn separated(separator: &str, header: &str, cells: &[&str], want: &[&str], told: &[&str]) {
    let file: String = cells.iter().map(|cell| format!("{cell}{separator}7\n")).collect();
    let loaded = of_bytes("t.csv", format!("{header}{separator}N\n{file}").as_bytes());
    let table = loaded.table.unwrap();
    let got: Vec<String> = table.rows.iter().map(|row| super::shown(&row[0])).collect();
    assert_eq!(got, want, "{:?}", loaded.notices);
    assert_eq!(loaded.notices.len(), told.len(), "{:?}", loaded.notices);
    for (notice, part) in loaded.notices.iter().zip(told) {
        assert!(notice.contains(part) && notice.contains(header), "{notice:?} without {part:?}");
    }
}

#[test]
fn one_cell_settles_the_decimal_mark() {
    column("Price", &["1.234", "1.234,50", "12"], &["1234", "1234.5", "12"], &[]);
    column("Price", &["1,234", "1,5"], &["1.234", "1.5"], &[]);
    column("Price", &["1,234", "1,234.50"], &["1234", "1234.5"], &[]);
    column("Price", &["1.234", "0.5"], &["1.234", "0.5"], &[]);
    column("Price", &["1.234.567", "2.500"], &["1234567", "2500"], &[]);
    column("Price", &["1,234,567", "2,500"], &["1234567", "2500"], &[]);
    column("Price", &["0,125", "2,500"], &["0.125", "2.5"], &[]);
    separated("\t", "Price", &["-1.234", "(1.234,5)"], &["-1234", "-1234.5"], &[]);
}

#[test]
fn thousands_between_spaces_and_apostrophes() {
    column("Pop", &["1 234 567,5", "12 345"], &["1234567.5", "12345"], &[]);
    column("Pop", &["1\u{a0}234,5", "12\u{202f}345"], &["1234.5", "12345"], &[]);
    column("Pop", &["1'234.50", "12’345"], &["1234.5", "12345"], &[]);
    column("Pop", &["12,34,567.50", "1,00,000"], &["1234567.5", "100000"], &[]);
    column("Phone", &["12 34 56", "98 76 54"], &["12 34 56", "98 76 54"], &[]);
}

#[test]
fn money_and_units_beside_the_digits() {
    column("Price", &["1.234,50 €", "€ 3,20", "EUR 7"], &["1234.5", "3.2", "7"], &[]);
    column("Share", &["12,5 %", "3 %"], &["0.125", "0.03"], &[]);
    column("Price", &["$1,234.50", "$7"], &["1234.5", "7"], &[]);
}

#[test]
fn the_other_columns_settle_what_a_column_leaves_open() {
    check("t.csv", "A;B\n1.234;0,5\n5.678;1,25\n", "A | B\n1234 | 0.5\n5678 | 1.25", &[]);
    check("t.csv", "A;B\n1.234;0.5\n5.678;1.25\n", "A | B\n1.234 | 0.5\n5.678 | 1.25", &[]);
    check("t.csv", "A,B\n1.234,x\n5.678,y\n", "A | B\n1.234 | x\n5.678 | y", &[]);
    check("t.csv", "A,B\n\"1,234\",x\n\"5,678\",y\n", "A | B\n1234 | x\n5678 | y", &[]);
}

#[test]
fn what_nothing_settles_is_told_and_not_read() {
    column("Price", &["1.234", "5.678"], &["1.234", "5.678"], &["1.234 can be two numbers"]);
    let table = of_bytes("t.csv", b"Price;N\n1.234;7\n5.678;7\n").table.unwrap();
    assert_eq!(table.rows[0][0].number, None);
}

#[test]
fn a_column_with_both_marks_is_read_cell_by_cell() {
    let both = "decimal points and decimal commas (1.5, 2,5)";
    column("Price", &["1.5", "2,5", "3"], &["1.5", "2.5", "3"], &[both]);
    let table = of_bytes("t.csv", b"Price;N\n1.5;7\n2,5;7\n3;7\n1.234;7\n1.234,5;7\n").table.unwrap();
    let numbers = [Some(1.5), Some(2.5), Some(3.0), None, Some(1234.5)];
    assert_eq!([0, 1, 2, 3, 4].map(|row| table.rows[row][0].number), numbers);
}

#[test]
fn numbers_of_programs() {
    separated(",", "X", &["1e5", "-2.5E-3", "+4", ".5"], &["100000", "-0.0025", "4", "0.5"], &[]);
    separated(",", "X", &["1.0", "inf", "3"], &["1", "inf", "3"], &[]);
}

#[test]
fn units_in_headers() {
    column("Sales (USD m)", &["4.5", "12"], &["4500000", "12000000"], &[]);
    column("Share (%)", &["29", "41"], &["0.29", "0.41"], &[]);
    check("t.csv", "Umsatz (EUR m);Jahr\n4,5;2020\n", "Umsatz | Jahr\n4500000 | 2020@2020", &[]);
    check("t.csv", "Revenue (2023),Revenue (2024)\n1,2\n", "Revenue (2023) | Revenue (2024)\n1 | 2", &[]);
}

#[test]
fn words_for_no_value() {
    let words = ["NA", "n/a", "-", ".", "null", "NaN", "#N/A", "–", "", "1.5"];
    let missing = ["·"; 9].into_iter().chain(["1.5"]).collect::<Vec<_>>();
    separated(",", "X", &words, &missing, &[]);
    separated(",", "X", &["None", "3", "4"], &["·", "3", "4"], &[]);
    separated(",", "X", &["None", "Some", "All"], &["None", "Some", "All"], &[]);
    separated(",", "X", &["-999", "12", "-9999"], &["-999", "12", "-9999"], &[]);
    let coded = ["-999", "12", "-999", "3", "7"];
    separated(",", "X", &coded, &["·", "12", "·", "3", "7"], &["2 cells are -999, a code for no value"]);
    let degrees = ["-999", "12", "-999", "-3", "7"];
    separated(",", "X", &degrees, &["·", "12", "·", "-3", "7"], &["2 cells are -999, a code for no value"]);
    let losses = ["-999", "412", "-870", "-3", "7"];
    separated(",", "X", &losses, &losses, &[]);
}

#[test]
fn namibia_is_a_country() {
    separated(",", "Country", &["DE", "NA", "FR"], &["DE", "NA", "FR"], &[]);
    separated(",", "Country", &["Germany", "NA", "France"], &["Germany", "·", "France"], &[]);
}

#[test]
fn one_cell_settles_the_order_of_day_and_month() {
    column("Day", &["03/04/2024", "31/01/2024"], &["@2024-04-03", "@2024-01-31"], &[]);
    column("Day", &["03/04/2024", "01/31/2024"], &["@2024-03-04", "@2024-01-31"], &[]);
    column("Day", &["3-4-2024", "31-1-2024"], &["@2024-04-03", "@2024-01-31"], &[]);
    column("Day", &["03.04.2024", "05.06.2024"], &["@2024-04-03", "@2024-06-05"], &[]);
    column("Day", &["03.04.24", "31.12.98"], &["@2024-04-03", "@1998-12-31"], &[]);
    column("Day", &["03/04/2024 14:05", "31/01/2024 9:00 PM"], &["@2024-04-03", "@2024-01-31"], &[]);
}

#[test]
fn an_order_that_no_cell_settles_is_told_and_never_swapped() {
    column(
        "Day",
        &["03/04/2024", "05/06/2024", "07/07/2024"],
        &["@2024", "@2024", "@2024-07-07"],
        &["03/04/2024 can be two dates"],
    );
    column(
        "Day",
        &["03/04/2024", "31/01/2024", "01/31/2024"],
        &["@2024", "@2024-01-31", "@2024-01-31"],
        &["both orders"],
    );
    column("Day", &["03/04/24", "05/06/24"], &["03/04/24", "05/06/24"], &["can be two dates"]);
}

#[test]
fn dates_that_need_no_order() {
    column(
        "Day",
        &["2024-03-04", "2024-03-05T10:00:00Z", "2024-03-06 07:08"],
        &["@2024-03-04", "@2024-03-05", "@2024-03-06"],
        &[],
    );
    column("Month", &["2024-03", "July 2024"], &["@2024-03", "@2024-07"], &[]);
    column("Year", &["2024", "2025"], &["2024@2024", "2025@2025"], &[]);
    column("No", &["2024-02-30", "99/99/2024"], &["2024-02-30", "99/99/2024"], &[]);
}

#[test]
fn codes_are_no_numbers() {
    separated(",", "Zip", &["01067", "80331"], &["01067", "80331"], &["leading zeros"]);
    separated(
        ",",
        "Card",
        &["12345678901234567", "98765432109876543"],
        &["12345678901234567", "98765432109876543"],
        &["codes"],
    );
    let table = of_bytes("t.csv", b"Zip,N\n01067,1\n80331,2\n").table.unwrap();
    assert!(table.rows.iter().all(|row| row[0].number.is_none() && row[1].number.is_some()));
    separated(",", "Version", &["1.2.3", "1.10.0"], &["1.2.3", "1.10.0"], &[]);
    separated(",", "Address", &["10.0.0.1", "192.168.1.17"], &["10.0.0.1", "192.168.1.17"], &[]);
}
