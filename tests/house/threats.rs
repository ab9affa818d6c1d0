//! The threats that `SECURITY.md` tells of, each with a test that is there.

use super::root;

#[test]
fn every_threat_names_a_test_that_is_there() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Threat")).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let name = row.rsplit('`').nth(1).and_then(|name| name.split_once("::"));
        let Some((file, test)) = name else { panic!("names no test: {row}") };
        let code = std::fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(code.contains(&format!("fn {test}(")), "{file} has no test {test}");
    }
}
