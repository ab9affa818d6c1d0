use crate::dialect::schema::Schema;
use serde_json::{Value, json};

#[track_caller]
fn reads(schema: Value, text: &str, want: Value) {
    assert_eq!(Schema::new(&schema).read(text), want, "{schema} {text:?}");
}

#[test]
fn a_text_becomes_what_the_schema_asks_for_and_nothing_else() {
    reads(json!({"type": "string"}), " 5 ", json!(" 5 "));
    reads(json!({"type": "integer"}), " 5 ", json!(5));
    reads(json!({"type": "integer"}), "5.0", json!(5));
    reads(json!({"type": "number"}), "5.0", json!(5.0));
    reads(json!({"type": "integer"}), "5.5", json!("5.5"));
    reads(json!({"type": "integer"}), "02139", json!("02139"));
    reads(json!({"type": "number"}), "1e3", json!(1e3));
    reads(json!({"type": "boolean"}), "TRUE", json!(true));
    reads(json!({"type": "boolean"}), "yes", json!("yes"));
    reads(json!({"type": ["string", "null"]}), "null", Value::Null);
    reads(json!({"type": "string"}), "null", json!("null"));
    reads(json!({"type": ["string", "integer"]}), "5", json!(5));
    reads(json!({"type": ["string", "integer"]}), "five", json!("five"));
    reads(json!({"anyOf": [{"type": "array"}, {"type": "null"}]}), "[1, 'a']", json!([1, "a"]));
    reads(json!({"enum": ["1", "2"]}), "1", json!("1"));
    reads(json!({"enum": [1, 2]}), "1", json!(1));
    reads(json!({}), "{\"a\": 1}", json!({"a": 1}));
    reads(json!({"type": "float"}), "5", json!(5));
    reads(json!({"type": "any"}), "[5]", json!([5]));
    reads(json!({"type": "string", "nullable": true}), "null", Value::Null);
    reads(json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}}), "5", json!(5));
    reads(json!({"$ref": "#/$defs/n", "$defs": {"n": {"$ref": "#/$defs/n"}}}), "5", json!(5));
}

#[track_caller]
fn fits(schema: Value, good: &[Value], bad: &[Value]) {
    for value in good {
        assert!(Schema::new(&schema).fits(value), "{schema} should take {value}");
    }
    for value in bad {
        assert!(!Schema::new(&schema).fits(value), "{schema} should not take {value}");
    }
}

#[test]
fn the_gate() {
    let inner = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "required": ["x"],
        "additionalProperties": false, "$defs": {"x": {"anyOf": [{"type": "integer"}, {"const": "all"}]}}});
    fits(
        inner,
        &[json!({"x": 1}), json!({"x": 1.0}), json!({"x": "all"})],
        &[json!({}), json!({"x": 1.5}), json!({"x": 1, "y": 2}), json!([]), json!({"x": "any"})],
    );
    fits(
        json!({"type": "object", "properties": {"q": {"type": "string"}, "tags": {"type": "array", "items": {"enum": ["a", "b"]}}}}),
        &[json!({}), json!({"q": "x", "more": 1}), json!({"tags": ["a"]}), json!({"q": null})],
        &[json!({"query": "x"}), json!({"tags": ["c"]}), json!({"q": 1})],
    );
    fits(
        json!({"type": "dict", "properties": {"q": {"type": "any"}, "n": {"type": "int", "nullable": true}}}),
        &[json!({"q": []}), json!({"n": 1, "q": null}), json!({"n": null})],
        &[json!([]), json!({"n": "1"})],
    );
}
