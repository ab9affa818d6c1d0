//! Grammars for the arguments of a tool, in llguidance's variant of Lark.
//!
//! The members of the outermost object may come in any order, since a model that is forced into
//! another order than it would choose writes worse values; what is nested keeps the schema's order,
//! which is all that llguidance's JSON offers. What a schema does not declare is not written.

use super::schema::{definitions_of, normalised, refers};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt::Write;

/// With more properties than this the orders are too many to spell out, and the schema's is used.
const MAX_FREE: usize = 6;

/// White space between the parts of a JSON value. All but the last two are pieces of Lark rules.
pub(crate) struct Layout {
    pub pad: &'static str,
    pub comma: &'static str,
    pub colon: &'static str,
    /// Regular expressions for the separators inside of values.
    pub inner_comma: &'static str,
    pub inner_colon: &'static str,
}

/// What models write, bounded so that a weak one cannot wander off into white space. Needs [`SPACE`].
pub(crate) const FREE: Layout = Layout {
    pad: " SP ",
    comma: "SP \",\" SP ",
    colon: " SP \":\" SP ",
    inner_comma: ",\\s{0,8}",
    inner_colon: ":\\s{0,2}",
};

/// One space behind a comma and a colon, as `json.dumps` writes it, and nothing left to choose.
pub(crate) const FIXED: Layout =
    Layout { pad: " ", comma: "\", \" ", colon: " \": \" ", inner_comma: ", ", inner_colon: ": " };

/// White space between the parts of a call: none, or what models write.
pub(crate) const SPACE: &str = "SP: /[ \\t\\r\\n]{0,8}/\n";

/// A Lark string literal.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Rules of a grammar that is being written.
pub(crate) struct Rules {
    lark: String,
    layout: Layout,
    /// Objects whose members have rules already: what the next rules are numbered with.
    objects: usize,
    /// Rules for values, by their schema: tools share them.
    values: HashMap<String, String>,
}

impl Rules {
    /// Begins with these rules, written out.
    pub fn new(lark: String, layout: Layout) -> Self {
        Rules { lark, layout, objects: 0, values: HashMap::new() }
    }

    pub fn push(&mut self, rule: &str) {
        self.lark.push_str(rule);
        self.lark.push('\n');
    }

    pub fn into_lark(self) -> String {
        self.lark
    }

    /// A rule for the arguments object of a tool with these parameters. Returns its name.
    pub fn arguments(&mut self, parameters: &Value) -> String {
        let schema = normalised(parameters);
        match free_members(&schema) {
            Some(properties) => self.any_order(&schema, properties),
            None => self.value(&schema, schema.clone()),
        }
    }

    fn any_order(&mut self, schema: &Value, properties: &Map<String, Value>) -> String {
        let comma = self.layout.comma;
        let (object, members) = self.orders(schema, properties, comma);
        let pad = self.layout.pad;
        let _ = writeln!(self.lark, "args_{object}: \"{{\"{pad}{members}{pad}\"}}\"");
        for (i, (name, member)) in properties.iter().enumerate() {
            let value = self.value(schema, member.clone());
            let key = quoted(&Value::from(name.as_str()).to_string());
            let _ = writeln!(self.lark, "m_{object}_{i}: {key}{}{value}", self.layout.colon);
        }
        format!("args_{object}")
    }

    /// A rule for the members of an object, each of which the caller writes as `m_OBJECT_0`,
    /// `m_OBJECT_1`, …: in any order with `separator` between them, none twice, the required ones
    /// all. There is one rule for every set of members that are still to come: what may come next,
    /// or, when nothing required is left, the end. Returns OBJECT and the rule's name.
    pub fn orders(&mut self, schema: &Value, properties: &Map<String, Value>, separator: &str) -> (usize, String) {
        let object = self.objects;
        self.objects += 1;
        let listed = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &String| listed.is_some_and(|r| r.iter().any(|v| v.as_str() == Some(name)));
        let required: usize = properties.keys().enumerate().filter(|(_, n)| is_required(n)).map(|(i, _)| 1 << i).sum();
        let all = (1usize << properties.len()) - 1;
        let rest = |left: usize, separator: &str| {
            let open = (0..properties.len()).filter(move |i| left & (1 << i) != 0);
            let next = open.map(|i| format!("{separator}m_{object}_{i} more_{object}_{}", left & !(1 << i)));
            let end = (left & required == 0).then(|| "\"\"".to_owned());
            next.chain(end).collect::<Vec<_>>().join(" | ")
        };
        let _ = writeln!(self.lark, "members_{object}: {}", rest(all, ""));
        for left in 0..all {
            let _ = writeln!(self.lark, "more_{object}_{left}: {}", rest(left, separator));
        }
        (object, format!("members_{object}"))
    }

    /// A rule for a JSON value of the schema `member`, a part of the normalised schema `root`, whose
    /// definitions it may refer to. Returns its name.
    pub fn value(&mut self, root: &Value, member: Value) -> String {
        let mut document = match member {
            Value::Object(map) => map,
            // `true`: anything goes.
            _ => Map::new(),
        };
        if refers(&Value::Object(document.clone())) {
            // Pointers are resolved from the root of the document, so its own come first.
            for (key, definitions) in definitions_of(root) {
                let own = document.entry(key).or_insert_with(|| json!({}));
                if let (Some(own), Some(definitions)) = (own.as_object_mut(), definitions.as_object()) {
                    own.extend(definitions.clone());
                }
            }
        }
        let guidance = json!({
            "whitespace_flexible": false,
            "item_separator": self.layout.inner_comma,
            "key_separator": self.layout.inner_colon,
            "lenient": true,
        });
        document.insert("x-guidance".into(), guidance);
        let document = Value::Object(document).to_string();
        let number = self.values.len();
        let lark = &mut self.lark;
        let rule = self.values.entry(document).or_insert_with_key(|document| {
            let _ = writeln!(lark, "v_{number}: %json {document}");
            format!("v_{number}")
        });
        rule.clone()
    }
}

/// The properties of a normalised schema, when its members may be written in any order: they are
/// few, `properties` and `required` alone say what there is, and nothing points into the schema but
/// at its definitions.
pub(crate) fn free_members(schema: &Value) -> Option<&Map<String, Value>> {
    let combining = [
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "patternProperties",
        "minProperties",
        "maxProperties",
        "not",
        "enum",
        "const",
    ];
    let plain = combining.iter().all(|key| schema.get(key).is_none())
        && matches!(schema.get("additionalProperties"), None | Some(Value::Bool(false)))
        && super::schema::refers_to_definitions_only(schema);
    let properties = schema.get("properties").and_then(Value::as_object)?;
    let declared = |name: &Value| name.as_str().is_some_and(|n| properties.contains_key(n));
    let required = schema.get("required").and_then(Value::as_array);
    (plain && properties.len() <= MAX_FREE && required.is_none_or(|r| r.iter().all(declared))).then_some(properties)
}
