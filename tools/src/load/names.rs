//! Names of columns that programs and models can use: none empty, no two the same.

use std::collections::{HashMap, HashSet};

/// The header's names made distinct, without the units in brackets behind them where they stay apart:
/// the cells' numbers are in plain units, and small models leave the brackets out.
pub fn names(header: &[String], notices: &mut Vec<String>) -> Vec<String> {
    let full: Vec<String> = header.iter().map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let short: Vec<&str> = full.iter().map(|name| without_unit(name)).collect();
    let mut shared: HashMap<&str, usize> = HashMap::new();
    short.iter().for_each(|name| *shared.entry(name).or_default() += 1);
    let written: HashSet<&str> = full.iter().map(String::as_str).collect();
    let mut names: Vec<String> = Vec::with_capacity(full.len());
    let mut taken: HashSet<String> = HashSet::new();
    // The last number behind each name: thousands may be the same.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut changed: Vec<String> = Vec::new();
    for (at, name) in full.iter().enumerate() {
        let wanted = if shared[short[at]] == 1 { short[at] } else { name };
        let wanted = if wanted.is_empty() { format!("column {}", at + 1) } else { wanted.to_owned() };
        let mut free = wanted.clone();
        let mut count = numbers.get(&wanted).copied().unwrap_or(1);
        while taken.contains(&free) || (count > 1 && written.contains(free.as_str())) {
            count += 1;
            free = format!("{wanted} {count}");
        }
        if free != wanted {
            changed.push(format!("\"{free}\""));
        }
        numbers.insert(wanted, count);
        taken.insert(free.clone());
        names.push(free);
    }
    if !changed.is_empty() {
        changed.truncate(5);
        notices.push(
            format!("several columns have the same name; the later ones are {} …", changed.join(", "))
                .replace(" …", ""),
        );
    }
    names
}

fn without_unit(name: &str) -> &str {
    match name.find(['(', '[', '（']) {
        Some(at) if at > 0 && name.ends_with([')', ']', '）']) => name[..at].trim(),
        _ => name,
    }
}
