//! Names of tables and columns in a query: quotes where a model left them out.

use polymath_chat::Table;
use std::sync::Arc;

/// The name of a table or a column in SQL's quotes.
pub fn in_sql(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The query with quotes round the column names that need them: a small model writes
/// `SELECT Year of discovery FROM t1`. Text in quotes stays as it is.
pub fn quoted(query: &str, tables: &[(String, Arc<Table>)]) -> String {
    let mut names: Vec<&str> = tables.iter().flat_map(|(_, t)| t.columns.iter().map(String::as_str)).collect();
    names.retain(|name| !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || is_keyword(name));
    // The longest first: names stand within names.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    let mut out = String::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        if "'\"`[".contains(first) {
            let close = if first == '[' { ']' } else { first };
            let end = rest[1..].find(close).map_or(rest.len(), |at| at + 2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let free = !out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let name = names.iter().find(|name| {
            let long = rest.get(..name.len()).is_some_and(|start| start.to_lowercase() == name.to_lowercase());
            long && !rest[name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        });
        match name.filter(|_| free) {
            // A keyword that begins a clause is no column.
            Some(name) if !(is_keyword(name) && rest[name.len()..].trim_start().to_uppercase().starts_with("BY")) => {
                out.push_str(&in_sql(name));
                rest = &rest[name.len()..];
            }
            _ => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// Words that people use as column names and SQL keeps for itself.
fn is_keyword(name: &str) -> bool {
    ["order", "group", "index", "from", "to", "values", "table", "check", "default", "when", "end"]
        .contains(&name.to_lowercase().as_str())
}

/// Whether a query has this word.
pub fn mentions(query: &str, name: &str) -> bool {
    query.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word.eq_ignore_ascii_case(name))
}

/// What the result is called: the first table of the query that has a title.
pub fn title(query: &str, tables: &[(String, Arc<Table>)]) -> String {
    let named = tables.iter().filter(|(name, _)| mentions(query, name));
    named.map(|(_, t)| t.title.clone()).find(|t| !t.is_empty()).unwrap_or_else(|| "result".to_owned())
}

/// What a result's column is called that the query gave no name: `Sum of Income` for `SUM(Income)`.
pub fn readable(column: &str) -> String {
    const FUNCTIONS: [(&str, &str); 6] = [
        ("SUM", "Sum"),
        ("AVG", "Average"),
        ("MIN", "Least"),
        ("MAX", "Greatest"),
        ("MEDIAN", "Median"),
        ("COUNT", "Count"),
    ];
    let call = column.trim().strip_suffix(')').and_then(|call| call.split_once('('));
    let Some((function, of)) = call.filter(|(_, of)| !of.contains(['(', ')'])) else { return column.to_owned() };
    let known = FUNCTIONS.iter().find(|(name, _)| function.trim().eq_ignore_ascii_case(name));
    let of = of.rsplit('.').next().unwrap_or(of).trim().trim_matches('"');
    match known {
        Some((_, word)) if of == "*" => (*word).to_owned(),
        Some((_, word)) => format!("{word} of {of}"),
        None => column.to_owned(),
    }
}
