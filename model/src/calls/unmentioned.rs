//! Flags that nobody asked for: a small model sets what there is a place for.

use super::signature::is_required;
use polymath_chat::ToolSpec;
use serde_json::Value;

/// Letters of a word's beginning that make it the same word: `include`, `including`.
const STEM: usize = 5;

/// Arguments without the optional flags that are set though no word of the conversation is one of theirs.
pub fn without(arguments: Value, tool: &ToolSpec, said: &str) -> Value {
    let Value::Object(arguments) = arguments else { return arguments };
    let schema = &tool.parameters;
    let said = words(said);
    // A function's own words are said whenever it is asked for.
    let of_function = words(&format!("{} {}", tool.name, tool.description));
    let unmentioned = |name: &str, value: &Value| {
        let parameter = &schema["properties"][name];
        let about = parameter.get("description").and_then(Value::as_str).unwrap_or_default();
        let own = words(&format!("{name} {about}"));
        let told = own.iter().any(|word| said.contains(word) && !of_function.contains(word));
        let default = parameter.get("default").is_some_and(|default| default == value);
        *value == Value::Bool(true) && !is_required(schema, name) && !told && !default
    };
    arguments.into_iter().filter(|(name, value)| !unmentioned(name, value)).collect()
}

/// Whether a required argument is a value that nobody gave: a word for one (`your_account_id`, `path/to/file`), or an
/// e-mail address that nobody wrote. `said`: the conversation.
pub fn lacks_a_value(arguments: &Value, tool: &ToolSpec, said: &str) -> bool {
    const LONGEST: usize = 5;
    let all = said.to_lowercase();
    let stands_in = |text: &str| {
        let small = text.to_lowercase();
        if all.contains(&small) {
            return false;
        }
        if small.split_once('@').is_some_and(|(name, host)| is_name(name) && is_name(host) && host.contains('.')) {
            return true;
        }
        let mut words = small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let opens = words.next() == Some("your") && words.count() < LONGEST;
        opens || small.contains("path/to/") || small.starts_with('<') && small.ends_with('>') && !small.contains("</")
    };
    let required = |name: &String| is_required(&tool.parameters, name);
    let mut given = arguments.as_object().into_iter().flatten().filter(|(name, _)| required(name));
    given.any(|(_, value)| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(stands_in),
        value => value.as_str().is_some_and(stands_in),
    })
}

/// Whether a text is one half of an e-mail address.
fn is_name(half: &str) -> bool {
    !half.is_empty() && half.chars().all(|c| c.is_alphanumeric() || ".-_+".contains(c))
}

/// Beginnings of the words that say something.
fn words(text: &str) -> Vec<String> {
    const EMPTY: &[&str] = &[
        "whether", "true", "false", "with", "should", "when", "this", "that", "return", "default", "optional",
        "result", "results", "from", "want", "wants", "would", "please", "could", "have", "will",
    ];
    let mut parts = vec![String::new()];
    let mut small = false;
    for c in text.chars() {
        let inner = c.is_uppercase() && small;
        if !c.is_alphanumeric() || inner {
            parts.push(String::new());
        }
        small = c.is_lowercase();
        if c.is_alphanumeric() {
            parts.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
    }
    let long = parts.into_iter().filter(|word| word.chars().count() > 3 && !EMPTY.contains(&word.as_str()));
    long.map(|word| word.chars().take(STEM).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_word_for_a_value_is_none() {
        let parameters = json!({"type": "object", "required": ["id"], "properties": {"id": {}, "note": {}}});
        let tool = ToolSpec {
            name: "orders.cancel".into(),
            description: "Cancel an order.".into(),
            parameters,
            raw_argument: None,
            stateful: false,
        };
        let lacks = |arguments: Value| lacks_a_value(&arguments, &tool, "Cancel my order, and read path/to/x");
        assert!(lacks(json!({"id": "your_order_id"})) && lacks(json!({"id": "Your order number here"})));
        assert!(lacks(json!({"id": "path/to/order"})) && lacks(json!({"id": "<order id>"})));
        assert!(!lacks(json!({"id": "77120"})) && !lacks(json!({"id": 5})) && !lacks(json!({"id": "path/to/x"})));
        assert!(!lacks(json!({"id": "1", "note": "your order"})) && !lacks(json!({"id": "<b>bold</b>"})));
        assert!(lacks(json!({"id": "jo@home.example"})) && lacks(json!({"id": ["77120", "jo@home.example"]})));
        assert!(!lacks(json!({"id": "Write to jo@home.example, please"})) && !lacks(json!({"id": "@jo"})));
        let given = lacks_a_value(&json!({"id": "Jo@home.example"}), &tool, "Write to jo@home.example.");
        assert!(!given);
        assert!(!lacks(json!({"id": "Your table is ready now, please come to the bar"})));
    }

    #[test]
    fn flags_are_set_where_they_are_asked_for() {
        let parameters = json!({"type": "object", "required": ["city"], "properties": {
            "city": {"type": "string"},
            "include_hourly": {"type": "boolean", "description": "Whether to include the hourly forecast"},
            "metric": {"type": "boolean", "default": true}
        }});
        let tool = ToolSpec {
            name: "weather".into(),
            description: "Forecast for a city.".into(),
            parameters,
            raw_argument: None,
            stateful: false,
        };
        let given = json!({"city": "Bern", "include_hourly": true, "metric": true});
        let left = without(given.clone(), &tool, "What is the forecast for Bern?");
        assert_eq!(left, json!({"city": "Bern", "metric": true}));
        assert_eq!(without(given.clone(), &tool, "The forecast for Bern, hour by hour, hourly"), given);
    }
}
