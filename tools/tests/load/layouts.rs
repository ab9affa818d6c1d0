//! Where in the file the table is.

use super::check;

#[test]
fn notes_above_the_header() {
    let table = "Region;Sales\nNorth;1\nSouth;2\n";
    let want = "Region | Sales\nNorth | 1\nSouth | 2";
    check("t.csv", format!("Report 2024\n\n{table}"), want, &["left out above the table: \"Report 2024\""]);
    check("t.csv", format!("Report 2024;\n;\n{table}"), want, &["Report 2024"]);
    check("t.csv", format!("# made by X\n# on Monday\n{table}"), want, &["made by X"]);
    let wide = "Exported by;J. Miller;;\nOn;2024-01-05;;\n;;;\nA;B;C;D\n1;2;3;4\n5;6;7;8\n";
    check(
        "t.csv",
        wide,
        "A | B | C | D\n1 | 2 | 3 | 4\n5 | 6 | 7 | 8",
        &["\"Exported by J. Miller\", \"On 2024-01-05\""],
    );
}

#[test]
fn notes_as_wide_as_the_table() {
    let want = "Name | Value\na | 1\nb | 2\nc | 3";
    for gap in ["\n", ";\n"] {
        let text = format!("Made by;J. Miller\nOn;2024-01-05\n{gap}Name;Value\na;1\nb;2\nc;3\n");
        check("t.csv", text, want, &["\"Made by J. Miller\", \"On 2024-01-05\""]);
    }
    check("t.csv", "Name;Value\n\na;1\nb;2\n\nc;3\n", want, &[]);
    let wide = "Exported by;J. Miller;;\nCountry;2019;2020;2021\nA;1.5;2;3\nB;4;5;6.5\n";
    check("t.csv", wide, "Country | 2019 | 2020 | 2021\nA | 1.5 | 2 | 3\nB | 4 | 5 | 6.5", &["J. Miller"]);
}

#[test]
fn a_header_that_names_some_columns() {
    check(
        "t.csv",
        "Name,,,Total\nx,1.5,2,7\ny,3,4,7\n",
        "Name | column 2 | column 3 | Total\nx | 1.5 | 2 | 7\ny | 3 | 4 | 7",
        &[],
    );
}

#[test]
fn notes_below_the_last_row() {
    let text = "A,B,C\n1,2,3\n4,5,6\n,,\nSource: the office,,\n";
    check("t.csv", text, "A | B | C\n1 | 2 | 3\n4 | 5 | 6", &["below the table: \"Source: the office\""]);
    // A last row with only its key is a row.
    check("t.csv", "A,B,C\nx,2,3\ny,5,6\nz,,\n", "A | B | C\nx | 2 | 3\ny | 5 | 6\nz | · | ·", &[]);
}

#[test]
fn empty_rows_and_columns_are_left_out() {
    check("t.csv", "A,B,,\n1,2,,\n,,,\n3,4,,\n", "A | B\n1 | 2\n3 | 4", &[]);
    check("t.csv", "\n\nA,B\n\n1,2\n", "A | B\n1 | 2", &[]);
}

#[test]
fn rows_of_other_lengths_are_told() {
    check(
        "t.csv",
        "A,B,C\n1,2,3\n4,5\n6,7,8\n",
        "A | B | C\n1 | 2 | 3\n4 | 5 | ·\n6 | 7 | 8",
        &["1 row has fewer cells than the header has names (first: line 3)"],
    );
    let long = "A,B\n1,2\n3,4,x\n5,6\n7,8,9\n";
    check(
        "t.csv",
        long,
        "A | B | column 3\n1 | 2 | ·\n3 | 4 | x\n5 | 6 | ·\n7 | 8 | 9",
        &["2 rows have more cells than the header has names (first: line 3)"],
    );
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["", "A,B", "", "\"x", "y\",2", "", "", "3,4", "5"].join(end);
        let loaded = super::of_bytes("t.csv", text.as_bytes());
        assert!(loaded.notices[0].contains("(first: line 9)"), "{:?}", loaded.notices);
    }
}

#[test]
fn names_of_rows_without_a_name_of_their_own() {
    check(
        "t.csv",
        "speed,dist\n1,4,2\n2,7,22\n",
        "row | speed | dist\n1 | 4 | 2\n2 | 7 | 22",
        &["one cell more than the header"],
    );
    check("t.csv", ",a,b\n0,1,2\n1,3,4\n", "column 1 | a | b\n0 | 1 | 2\n1 | 3 | 4", &[]);
}

#[test]
fn names_of_columns_are_distinct() {
    check("t.csv", "A,A,A\n1,2,3\n", "A | A 2 | A 3\n1 | 2 | 3", &["\"A 2\", \"A 3\""]);
    check("t.csv", "A,A,A 2\n1,2,3\n", "A | A 3 | A 2\n1 | 2 | 3", &["\"A 3\""]);
    check("t.csv", "A,,C\n1,2,3\n", "A | column 2 | C\n1 | 2 | 3", &[]);
    check("t.csv", "Mass (kg),Mass (lb)\n1,2\n", "Mass (kg) | Mass (lb)\n1 | 2", &[]);
    check("t.csv", "\"A\nb\", C \n1,2\n", "A b | C\n1 | 2", &[]);
}

#[test]
fn a_file_without_a_header() {
    check(
        "t.csv",
        "Berlin,3.7,2020-01-01\nParis,2.1,2020-01-02\n",
        "column 1 | column 2 | column 3\nBerlin | 3.7 | @2020-01-01\nParis | 2.1 | @2020-01-02",
        &["no header"],
    );
    check("t.csv", "1,2\n3,4\n5,6\n", "column 1 | column 2\n1 | 2\n3 | 4\n5 | 6", &["no header"]);
    check("t.csv", "2019,5.5\n2020,6.5\n", "column 1 | column 2\n2019@2019 | 5.5\n2020@2020 | 6.5", &["no header"]);
}

#[test]
fn a_header_of_years_or_steps() {
    check("t.csv", "Country,2019,2020\nA,1.5,2\nB,3,4\n", "Country | 2019 | 2020\nA | 1.5 | 2\nB | 3 | 4", &[]);
    check("t.csv", "Shop,1,2,3\nA,15,20,30\nB,30,40,50\n", "Shop | 1 | 2 | 3\nA | 15 | 20 | 30\nB | 30 | 40 | 50", &[]);
    check("t.csv", ",2019,2020\nA,1.5,2\nB,3,4\n", "column 1 | 2019 | 2020\nA | 1.5 | 2\nB | 3 | 4", &[]);
}

#[test]
fn tables_that_are_none() {
    check("t.csv", "", "", &["it is empty"]);
    check("t.csv", "A,B\n", "", &["no rows below its header"]);
    check("t.csv", "<html><body>Not found</body></html>\n", "", &["HTML"]);
    check("t.csv", [0u8, 1, 2, 3, 0, 200, 7, 0], "", &["neither text nor a table"]);
}

#[test]
fn notices_are_lines_and_not_too_many() {
    let columns = 40;
    let (header, cells) = (["Day\n(UTC)"; 40], ["03/04/2024"; 40]);
    let quoted = |cells: [&str; 40]| cells.map(|cell| format!("\"{cell}\"")).join(",");
    let loaded = super::of_bytes("a\nb.csv", format!("{}\n{}\n", quoted(header), quoted(cells)).as_bytes());
    assert_eq!((loaded.table.unwrap().columns.len(), loaded.notices.len()), (columns, 11));
    assert!(
        loaded.notices.iter().all(|text| text.starts_with("a_b.csv: ") && !text.contains('\n')),
        "{:?}",
        loaded.notices
    );
}
