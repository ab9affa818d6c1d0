//! A query's clauses, and the columns in them.

use std::ops::Range;

/// Where what stands behind a keyword is, up to the next one.
pub fn clause(query: &str, keyword: &str) -> Option<Range<usize>> {
    const KEYWORDS: [&str; 6] = [" FROM ", " WHERE ", " GROUP BY ", " HAVING ", " ORDER BY ", " LIMIT "];
    let start = query.find(keyword)? + keyword.len();
    let ends = KEYWORDS.iter().filter_map(|next| query[start..].find(next));
    Some(start..start + ends.min().unwrap_or(query.len() - start))
}

/// Pieces between commas that stand in no brackets.
pub fn pieces(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (i, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(list[from..i].trim());
                from = i + 1;
            }
            _ => {}
        }
    }
    found.push(list[from..].trim());
    found
}

/// A column without its table, quotes and new name.
pub fn bare(column: &str) -> &str {
    let column = column.split(" AS ").next().unwrap_or(column).trim();
    let own = match column.split_once('.') {
        Some((table, own)) if table.chars().all(|c| c.is_ascii_alphanumeric()) => own,
        _ => column,
    };
    own.trim_matches('"')
}
