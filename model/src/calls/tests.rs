#![allow(clippy::unwrap_used)]

use super::*;
use polymath_chat::ToolCall;
use serde_json::json;

fn tool(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec { name: name.into(), description: "Does it.".into(), parameters, raw_argument: None, stateful: false }
}

#[test]
fn signatures_say_what_the_schema_says() {
    let parameters = json!({
        "type": "object",
        "properties": {
            "size": {"type": "number", "description": "In metres"},
            "unit": {"enum": ["m", "ft"], "default": "m"},
            "where": {"type": "object", "properties": {"lat": {"type": "number"}, "tags": {"type": "array",
                "items": {"$ref": "#/$defs/tag"}}}, "required": ["lat"]}
        },
        "required": ["size"],
        "$defs": {"tag": {"type": "string"}}
    });
    let want = "f: Does it.\n  size: number. In metres\n  unit (optional): \"m\"|\"ft\" (default \"m\")\n  \
                where (optional): {lat: number, tags?: [string]}";
    assert_eq!(signature::of(&tool("f", parameters)), want);
    // A schema that refers to itself ends.
    let endless = json!({"properties": {"x": {"$ref": "#/properties/x"}}});
    assert!(signature::of(&tool("g", endless)).contains("x (optional): any"));
}

#[test]
fn the_functions_asked_for_are_those_that_the_model_is_sure_of() {
    let tools = ["f", "no: yes", "h"].map(|name| tool(name, json!({})));
    assert_eq!(said(&tools, |tool| tool.name != "h"), "f: yes\nno: yes: yes\nh: no\n");
    let token = |text: &str, top: &[(&str, f32)]| TokenLogprob {
        bytes: text.as_bytes().to_vec(),
        logprob: 0.0,
        top: top.iter().map(|(text, p)| (text.as_bytes().to_vec(), p.ln())).collect(),
    };
    // How likely "yes" is for each of the functions.
    let asked_for = |likely: [f32; 3]| -> Vec<String> {
        let answer = |p: f32| token(" yes", &[(" yes", p - 0.05), ("Yes", 0.05), (" no", 1.0 - p)]);
        let tokens = [
            token("f", &[(" no", 0.9)]),
            token(":", &[]),
            answer(likely[0]),
            token("\nno", &[]),
            token(":", &[]),
            token(" yes", &[(" no", 1.0)]),
            token(":", &[]),
            answer(likely[1]),
            token("\n", &[]),
            // Some vocabularies have the blank elsewhere.
            token("h", &[]),
            token(": yes", &[(": yes", likely[2]), (": no", 1.0 - likely[2])]),
            token("\n", &[]),
        ];
        super::asked_for(&odds(&tokens, &tools), &[], &[], &tools, false).into_iter().map(|tool| tool.name).collect()
    };
    assert_eq!(asked_for([0.9, 0.95, 0.1]), ["f", "no: yes"]);
    // The second has to be surer than the first.
    assert_eq!(asked_for([0.6, 0.55, 0.1]), ["f"]);
    assert_eq!(asked_for([0.6, 0.1, 0.9]), ["h"]);
    assert!(asked_for([0.4, 0.1, 0.49]).is_empty());
    assert!(super::asked_for(&odds(&[], &tools), &[], &[], &tools, false).is_empty());
    // What a part of the request asks for is asked for, unless the whole has nothing to do with it.
    let parts = [vec![2.0, -3.0, -4.0], vec![-3.0, -1.0, 0.5]];
    let by_parts = |odds: [f32; 3]| -> Vec<String> {
        super::asked_for(&odds, &parts, &[], &tools, false).into_iter().map(|tool| tool.name).collect()
    };
    assert_eq!(by_parts([1.0, -0.5, -0.5]), ["f", "h"]);
    assert_eq!(by_parts([1.0, -0.5, -5.0]), ["f"]);
    assert!(is_open(&[1.0, -0.5, -5.0]) && !is_open(&[1.5, -5.0, 3.0]) && !is_open(&[-1.0, -0.5]));
}

#[test]
fn a_draft_of_its_call_settles_what_is_in_doubt() {
    let tools = ["quote", "order", "cancel"].map(|name| tool(name, json!({})));
    let asked_for = |odds: [f32; 3], fits: [Option<f32>; 3]| -> Vec<String> {
        super::asked_for(&odds, &[], &fits, &tools, false).into_iter().map(|tool| tool.name).collect()
    };
    assert_eq!(asked_for([0.4, -0.5, -5.0], [Some(0.9), Some(2.0), None]), ["order"]);
    assert_eq!(asked_for([-0.4, -3.0, -5.0], [Some(1.4), None, None]), ["quote"]);
    assert!(asked_for([0.3, -3.0, -5.0], [Some(-1.2), None, None]).is_empty());
    let demanded = super::asked_for(&[-2.5, -3.0, -5.0], &[], &[None; 3], &tools, true);
    assert_eq!(demanded, [tools[0].clone()]);
    // One that is sure is asked for beside it.
    assert_eq!(asked_for([1.6, 1.45, -5.0], [Some(2.0), Some(1.0), None]), ["quote", "order"]);
    assert_eq!(asked_for([2.0, 0.4, -5.0], [Some(-1.0), Some(2.7), None]), ["order"]);
    assert_eq!(doubtful(&[0.4, -0.5, -5.0]), [0, 1]);
    assert_eq!(doubtful(&[-5.0, 1.6, 0.1]), [1, 2]);
    assert!(doubtful(&[2.0, -1.0]).is_empty() && doubtful(&[-2.5, -3.0]).is_empty() && doubtful(&[]).is_empty());
    let said = [TokenLogprob {
        bytes: b"yes".to_vec(),
        logprob: 0.0,
        top: vec![(b"yes".to_vec(), 0.8f32.ln()), (b"no".to_vec(), 0.2f32.ln())],
    }];
    assert!((fits_odds(&said).unwrap() - 4f32.ln()).abs() < 1e-3 && fits_odds(&[]).is_none());
}

#[test]
fn the_question_about_a_draft_holds_function_request_and_call() {
    let tool = tool("f", json!({"type": "object", "properties": {"x": {"type": "integer"}}}));
    let messages = [Message::system("Be kind."), Message::user("Do one.")];
    let asked = fits_question(&messages, &tool, &json!({"x": 1})).pop().unwrap().content;
    for part in
        ["f: Does it.\n  x (optional)", "Be kind.", "Request: Do one.", "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"]
    {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[test]
fn the_question_holds_what_the_model_needs() {
    let tools = [tool("f", json!({"type": "object", "properties": {"x": {"type": "integer"}}}))];
    let call = ToolCall { id: "call00001".into(), name: "f".into(), arguments: json!({"x": 1}) };
    let mut messages = vec![
        Message::system("Be kind."),
        Message::user("Hello."),
        Message::assistant("Hello!"),
        Message::user("Do one and two."),
    ];
    let first = question(&messages, &tools);
    let asked = &first.last().unwrap().content;
    for part in ["f: Does it.\n  x (optional): integer", "Instructions: Be kind.", "User: Hello.\nAssistant: Hello!"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert!(asked.contains("\n\nRequest: Do one and two.\n\nFor each"), "{asked}");
    messages.push(Message { calls: vec![call.clone()], ..Message::assistant("") });
    messages.push(Message::tool(&call, "done one"));
    let second = question(&messages, &tools);
    let asked = &second.last().unwrap().content;
    assert!(asked.contains("Done already:\n[{\"name\": \"f\", \"arguments\": {\"x\": 1}}] -> done one\n"), "{asked}");
    // The beginning is the same: it is found in the cache.
    assert_eq!(first[..first.len() - 1], second[..first.len() - 1]);
    // A later request is a new one, and what was done is history.
    messages.push(Message::assistant("Done."));
    messages.push(Message::user("And three."));
    let asked = question(&messages, &tools).last().unwrap().content.clone();
    assert!(asked.contains("Result: done one\nAssistant: Done.\n\nRequest: And three."), "{asked}");
}

#[test]
fn what_was_written_is_read() {
    let text = r#"[{"name": "f", "arguments": {"x": 1}}, {"name": "g", "arguments": {}}]"#;
    let calls = read(text, &[], &[]);
    assert_eq!(calls, [("f".to_owned(), json!({"x": 1})), ("g".to_owned(), json!({}))]);
    assert_eq!(
        written(&[ToolCall { id: String::new(), name: "f".into(), arguments: json!({"x": 1}) }]),
        r#"[{"name": "f", "arguments": {"x": 1}}]"#
    );
    assert!(read("[{\"name\": \"f\"", &[], &[]).is_empty());
    assert!(read("no calls", &[], &[]).is_empty());
}

#[test]
fn optional_arguments_that_say_nothing_are_left_out() {
    let parameters = json!({"type": "object", "required": ["must"], "properties": {
        "must": {"type": "string"}, "note": {"type": "string"}, "formal": {"type": "boolean"},
        "whole": {"type": "boolean", "description": "All of it. Default is true."}, "from": {"type": "integer"}
    }});
    let text = r#"[{"name": "f", "arguments": {"must": "", "note": "", "formal": false, "whole": false, "from": 0}}]"#;
    let calls = read(text, &[tool("f", parameters)], &[]);
    assert_eq!(calls[0].1, json!({"must": "", "whole": false, "from": 0}));
}

#[test]
fn a_call_that_says_a_little_more_is_no_second_one() {
    let text = r#"[{"name": "f", "arguments": {"x": 1}}, {"name": "f", "arguments": {"x": 1, "y": 2}}, {"name": "f", "arguments": {"x": 2}}]"#;
    let calls: Vec<Value> = read(text, &[], &[]).into_iter().map(|(_, arguments)| arguments).collect();
    assert_eq!(calls, [json!({"x": 1}), json!({"x": 2})]);
}

#[test]
fn whole_calls_are_read_once_and_a_cut_one_is_not() {
    let call = |n: u8| format!("{{\"name\": \"f\", \"arguments\": {{\"n\": {n}}}}}");
    let cut = format!("[{}, {}, {}, {{\"name\": \"f\", \"argu", call(1), call(2), call(1));
    let calls: Vec<Value> = read(&cut, &[], &[]).into_iter().map(|(_, arguments)| arguments["n"].clone()).collect();
    assert_eq!(calls, [1, 2]);
    assert!(repeats(&cut));
    assert!(!repeats(&format!("[{}, {}", call(1), call(2))));
}

#[test]
fn what_was_cut_is_what_stands_behind_the_last_whole_call() {
    let one = "{\"name\": \"f\", \"arguments\": {\"n\": 1}}";
    for (text, want) in [
        (format!("[{one}]"), ""),
        (format!("[{one}"), ""),
        (format!("[{one}, "), ""),
        (format!("[{one}, {{\"name\": \"f\", \"argu"), "{\"name\": \"f\", \"argu"),
        ("[{\"name\": \"f\"".to_owned(), "{\"name\": \"f\""),
        ("[".to_owned(), ""),
    ] {
        assert_eq!(cut(&text), want, "{text}");
    }
}

#[test]
fn a_call_for_want_of_a_value_is_left_out_and_told() {
    let parameters = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}});
    let tools = [tool("find", json!({"type": "object"})), tool("cancel", parameters)];
    let text = r#"[{"name": "find", "arguments": {}}, {"name": "cancel", "arguments": {"id": "your_order_id"}}]"#;
    let names: Vec<String> = read(text, &tools, &[]).into_iter().map(|(name, _)| name).collect();
    assert_eq!((names.as_slice(), lacking(text, &tools, &[])), (&["find".to_owned()][..], vec!["cancel".to_owned()]));
    let given = [Message::user("Cancel your_order_id")];
    assert!(lacking(text, &tools, &given).is_empty());
}
