//! The schema for editors says what the reader takes.

use super::bench::{Bench, repository};
use serde_json::Value;
use std::collections::BTreeSet;

fn schema() -> Value {
    let path = repository().join("docs/script.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(properties: &Value) -> BTreeSet<String> {
    properties.as_object().unwrap().keys().cloned().collect()
}

/// A script as an editor holds it against the schema: dates are texts.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(when) => when.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, as_json(value))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

/// The keys that the reader says it expects where `text` has one of its own.
fn expected(text: &str) -> BTreeSet<String> {
    let error = Bench::new().read(text).unwrap_err().remove(0);
    let (_, list) = error.message.split_once("expected one of ").unwrap_or_else(|| panic!("{error}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn both_know_the_same_keys() {
    let schema = schema();
    assert_eq!(expected("nokey = 1\n[steps]"), names(&schema["properties"]));
    assert_eq!(expected("[steps.a]\nnokey = 1"), names(&schema["$defs"]["step"]["properties"]));
    assert_eq!(expected("[steps.a]\nassert = { nokey = 1 }"), names(&schema["$defs"]["assert"]["properties"]));
}

#[test]
fn both_take_and_refuse_the_same_scripts() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let ask = "[steps.b]\nask = \"x\"\n";
    let texts = [
        (true, ask.to_owned()),
        (true, format!("today = 2024-01-02\ntokens = 5\n[vars]\na = [\"x\"]\nc = {{ type = \"date\" }}\n{ask}")),
        (true, format!("{ask}[steps.a]\nassert = {{ of = \"b\", rows = [1, 2], status = [\"sourced\", \"given\"] }}")),
        (true, format!("{ask}[steps.a]\nask = \"y\"\nfollows = \"b\"\nretries = 2\nif = \"b.rows > 0\"")),
        (false, "[steps]".to_owned()),
        (false, "[steps.a]\nretries = 1".to_owned()),
        (false, "[steps.a]\nretries = -1\nask = \"x\"".to_owned()),
        (false, "[steps.A]\nask = \"x\"".to_owned()),
        (false, "[steps.a]\nask = \"x\"\nsql = \"y\"".to_owned()),
        (false, "[steps.a]\nask = \"x\"\nargs = { a = 1 }".to_owned()),
        (false, format!("mode = \"wild\"\n{ask}")),
        (false, format!("{ask}[vars]\na = {{ type = \"numbr\" }}")),
        (false, format!("{ask}[steps.a]\nassert = {{ of = \"b\", status = \"source\" }}")),
        (false, format!("{ask}[steps.a]\nassert = {{ of = \"b\", rows = [1] }}")),
    ];
    for (right, text) in texts {
        let value: toml::Value = toml::from_str(&text).unwrap();
        assert_eq!(validator.is_valid(&as_json(value)), right, "schema: {text}");
        assert_eq!(Bench::new().read(&text).is_ok(), right, "reader: {text}");
    }
}

#[test]
fn the_examples_fit() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in ["funding", "sales", "towers"] {
        let text = std::fs::read_to_string(repository().join(format!("examples/runs/{name}.toml"))).unwrap();
        let value = as_json(toml::from_str(&text).unwrap());
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}
