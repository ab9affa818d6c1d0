//! The description as a page: each path with what it takes and gives, then the shapes.

use serde_json::Value;
use std::fmt::Write;

pub const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
section { border-top: 1px solid; padding: .5rem 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid; }
h3 code { font-size: 1em; }
dt { font-weight: 600; }
";

/// The HTML of a description.
pub fn page(description: &Value) -> String {
    let mut out = String::new();
    let title = text(&description["info"]["title"]);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}: API</title><link rel=\"stylesheet\" href=\"/api/docs.css\"></head>\
         <body>\n<main><h1>{title} {}</h1>\n<p>{}</p>\n<p>For programs: <a href=\"/api/openapi.json\">openapi.json</a></p>\n",
        text(&description["info"]["version"]),
        text(&description["info"]["description"]),
    );
    for tag in list(&description["tags"]) {
        let _ = writeln!(out, "<h2>{}</h2>\n<p>{}</p>", text(&tag["name"]), text(&tag["description"]));
        for (path, item) in entries(&description["paths"]) {
            let of_tag = |operation: &Value| list(&operation["tags"]).contains(&tag["name"]);
            for (method, operation) in entries(item).filter(|(_, operation)| of_tag(operation)) {
                section(&mut out, method, path, operation);
            }
        }
    }
    out.push_str("<h2>Shapes</h2>\n");
    for (name, schema) in entries(&description["components"]["schemas"]) {
        let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
        let name = escaped(name);
        let _ = writeln!(out, "<section id=\"{name}\"><h3>{name}</h3><pre>{}</pre></section>", escaped(&schema));
    }
    out.push_str("</main></body></html>\n");
    out
}

fn section(out: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = writeln!(
        out,
        "<section><h3><code>{} {}</code></h3><p>{}</p><dl>",
        escaped(&method.to_uppercase()),
        escaped(path),
        text(&operation["summary"])
    );
    for parameter in list(&operation["parameters"]) {
        let required = if parameter["required"] == true { ", required" } else { "" };
        let place = text(&parameter["in"]);
        let what = text(&parameter["description"]);
        let _ = writeln!(out, "<dt><code>{}</code> ({place}{required})</dt><dd>{what}</dd>", text(&parameter["name"]));
    }
    body(out, "takes", &operation["requestBody"]["content"]);
    for (status, response) in entries(&operation["responses"]).filter(|(status, _)| *status != "default") {
        body(out, &format!("gives {status}"), &response["content"]);
    }
    out.push_str("</dl></section>\n");
}

fn body(out: &mut String, what: &str, content: &Value) {
    for (kind, content) in entries(content) {
        let name = content["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next()).map(escaped);
        let shape = name.map_or("a text".to_owned(), |name| format!("<a href=\"#{name}\">{name}</a>"));
        let _ = writeln!(out, "<dt>{}</dt><dd>{shape} as <code>{}</code></dd>", escaped(what), escaped(kind));
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
