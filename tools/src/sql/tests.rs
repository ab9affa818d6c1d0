#![allow(clippy::unwrap_used)]
use super::*;

fn cell_of(text: &str) -> Cell {
    let (number, date) = polymath_quantity::read(text).values();
    if text.is_empty() { Cell::missing() } else { Cell { number, date, ..Cell::new(text, Provenance::Given) } }
}

fn table(title: &str, text: &str) -> Table {
    let mut lines = text.lines().map(|l| l.trim().split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let rows = lines.map(|row| row.iter().map(|c| cell_of(c)).collect()).collect();
    Table { title: title.into(), columns, rows }
}

fn tables() -> Vec<(String, Arc<Table>)> {
    let bridges = "Name|Length|Year of opening|Order\nOst|5.5|1911|2\nWest|3|1934|1\nNord||1960|3\nSüd|12|1934|4";
    let rivers = "Bridge|River\nOst|Olm\nWest|Varn\nSüd|Olm";
    vec![("t1".into(), Arc::new(table("bridges", bridges))), ("t2".into(), Arc::new(table("rivers", rivers)))]
}

/// Rows as `a,b; c,d`.
#[track_caller]
fn check(query: &str, want: &str) {
    let got = run(query, &tables()).unwrap_or_else(|why| panic!("{query}: {why}"));
    let rows: Vec<String> =
        got.rows.iter().map(|row| row.iter().map(Cell::display).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(rows.join("; "), want, "{query}");
}

#[track_caller]
fn check_error(query: &str, part: &str) {
    let got = run(query, &tables()).unwrap_err();
    assert!(got.contains(part), "{query}: {got}");
}

#[test]
fn sorts_filters_groups_joins_and_adds() {
    check("SELECT Name FROM t1 ORDER BY Length DESC LIMIT 1", "Süd");
    check("SELECT Name, Length FROM t1 WHERE Length > 4", "Ost,5.5; Süd,12");
    check("SELECT River, SUM(Length) AS Total FROM t1 JOIN t2 ON Name = Bridge GROUP BY River", "Olm,17.5; Varn,3");
    check("SELECT Name, 100.0 * Length / SUM(Length) OVER () AS Share FROM t1 WHERE Name = 'Ost'", "Ost,100");
    check("SELECT COUNT(*) FROM t1 WHERE Length IS NULL", "1");
    check("SELECT Name FROM t1 UNION ALL SELECT 'Neu'", "Ost; West; Nord; Süd; Neu");
    check("WITH x AS (SELECT MAX(Length) AS m FROM t1) SELECT Name FROM t1, x WHERE Length = m", "Süd");
}

#[test]
fn columns_with_spaces_and_keywords_need_no_quotes() {
    check("SELECT Name FROM t1 WHERE Year of opening = 1911", "Ost");
    check("SELECT Name FROM t1 ORDER BY year of opening, Order", "Ost; West; Süd; Nord");
    check("SELECT Name FROM t1 WHERE Name <> 'Year of opening' AND \"Year of opening\" > 1950", "Nord");
}

#[test]
fn quarters_are_sorted_by_time_and_stay_what_they_are() {
    let text = "Quarter|Guests\nQ1 2024|5\nQ2 2023|3\nQ2 2024|7\nQ1 2023|1";
    let tables = vec![("t1".to_owned(), Arc::new(table("guests", text)))];
    let rows = |query: &str| -> String {
        let found = run(query, &tables).unwrap();
        found.rows.iter().map(|row| row[0].display().to_owned()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(rows("SELECT Quarter FROM t1 ORDER BY Quarter"), "Q1 2023, Q2 2023, Q1 2024, Q2 2024");
    assert_eq!(rows("SELECT * FROM t1 WHERE Quarter >= 'Q1 2024' ORDER BY Guests"), "Q1 2024, Q2 2024");
    assert_eq!(rows("SELECT Quarter FROM (SELECT * FROM t1) AS a ORDER BY Quarter DESC LIMIT 1"), "Q2 2024");
    let found = run("SELECT Quarter FROM t1 LIMIT 1", &tables).unwrap();
    assert_eq!(found.rows[0][0].date.as_deref(), Some("2024"));
}

#[test]
fn has_the_functions_of_statistics() {
    check("SELECT median(Length), quantile(Length, 0.25), round(stddev(Length), 4) FROM t1", "5.5,4.25,4.6458");
    check("SELECT round(regr_slope(Length, Year of opening), 6), corr(Length, Length) FROM t1", "0.086957,1");
    check("SELECT Name FROM t1 WHERE Name REGEXP '^[OW]'", "Ost; West");
    check("SELECT median(Length) FROM t1 WHERE Length > 99", "n/a");
}

#[test]
fn reads_and_nothing_else() {
    for query in
        ["DELETE FROM t1", "DROP TABLE t1", "INSERT INTO t1 VALUES (1,2,3,4)", "ATTACH 'x' AS y", "PRAGMA user_version"]
    {
        check_error(query, "only SELECT");
    }
    check_error("SELECT load_extension('x')", "t1 (Name");
    check_error(
        "SELECT Nmae FROM t1",
        "no such column: Nmae; the tables are t1 (Name, Length, Year of opening, Order)",
    );
    check_error(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
        "more than 5000 rows",
    );
    assert!(run("SELECT 1", &[]).unwrap_err().contains("no tables"));
}

#[test]
fn words_among_numbers_are_no_values() {
    let dams = table("dams", "Dam|Height\nOst|18\nWest|61\nSund|not published");
    let got =
        |query: &str| run(query, &[("t1".to_owned(), Arc::new(dams.clone()))]).unwrap().rows[0][0].display().to_owned();
    assert_eq!(got("SELECT Dam FROM t1 ORDER BY Height DESC LIMIT 1"), "West");
    assert_eq!(got("SELECT AVG(Height) FROM t1"), "39.5");
}

#[test]
fn times_are_read_and_written() {
    let runs = table("runs", "Name|Time\nAnn|2:44:35\nBo|3:05:01\nCy|gave up");
    let got =
        |query: &str| run(query, &[("t1".to_owned(), Arc::new(runs.clone()))]).unwrap().rows[0][0].display().to_owned();
    assert_eq!(got("SELECT hms(AVG(seconds(Time)), 3) FROM t1"), "2:54:48");
    assert_eq!(got("SELECT hms(seconds('9:35') + 600, 2) FROM t1"), "9:45");
    assert_eq!(got("SELECT COUNT(*) FROM t1 WHERE seconds(Time) IS NULL"), "1");
}

#[test]
fn numbers_are_shown_without_noise() {
    for (value, want) in [(0.1 + 0.2, "0.3"), (1e12, "1000000000000"), (1.0 / 3.0, "0.333333"), (-2.5, "-2.5")] {
        assert_eq!(number(value), want);
    }
    for (value, want) in
        [(746.0 / 15.0, "49.7333"), (48.137154, "48.137154"), (1e-5 / 3.0, "0.000003333333"), (1409.25, "1409.25")]
    {
        assert_eq!(number(value), want);
    }
}
