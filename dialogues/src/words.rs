//! What is wrong with the words of an answer: patterns, rows, tables, order.

use crate::pattern::{Pattern, TooHard};
use crate::task::Task;
use crate::text::{lines, plain, tables};
use polymath_chat::Event;

type Wrong = Result<Vec<String>, TooHard>;

pub fn wrong(task: &Task, answer: &str, events: &[Event]) -> Wrong {
    let text = plain(answer);
    let mut why = Vec::new();
    for pattern in &task.must {
        if !pattern.is_in(&text)? {
            why.push(format!("lacks {}", pattern.short()));
        }
    }
    for pattern in &task.mustnot {
        if let Some(found) = pattern.find(&text)? {
            why.push(format!("has {}", &text[found]));
        }
    }
    let tables = tables(&text, events);
    if let Some(count) = task.table {
        why.extend(best_table(task, count, &tables)?);
    } else if !task.rows.is_empty() {
        why.extend(in_lines(task, lines(&text).into_iter().chain(tables.iter().flatten().map(String::as_str)))?);
    }
    Ok(why)
}

/// What is wrong with the table that is nearest to the one that is wanted.
fn best_table(task: &Task, count: usize, tables: &[Vec<String>]) -> Wrong {
    let mut best: Option<Vec<String>> = None;
    for rows in tables {
        let mut why = Vec::new();
        if rows.len() != count {
            why.push(format!("table of {} rows for {count}", rows.len()));
        }
        why.extend(lacking(&task.rows, rows)?);
        why.extend(disorder(&task.order, rows)?);
        if best.as_ref().is_none_or(|b| why.len() < b.len()) {
            best = Some(why);
        }
    }
    Ok(best.unwrap_or_else(|| vec!["no table".into()]))
}

/// Rows in running text: what stands from a row's name to the next one, or from the one before, is
/// said of it.
fn in_lines<'a>(task: &Task, lines: impl Iterator<Item = &'a str>) -> Wrong {
    let first: Vec<&Pattern> = task.rows.iter().filter_map(|row| row.first()).collect();
    let Some(names) = Pattern::any(&first) else { return Ok(Vec::new()) };
    let (mut after, mut before) = (Vec::new(), Vec::new());
    for line in lines {
        let mut starts = Vec::new();
        for (at, _) in line.char_indices() {
            if names.begins_at(line, at)? {
                starts.push(at);
            }
        }
        after.extend(cut(line, &starts));
        let ends: Vec<usize> = names.find_all(line)?.into_iter().map(|name| name.end).collect();
        before.extend(cut(line, &ends));
    }
    let (after, before) = (lacking(&task.rows, &after)?, lacking(&task.rows, &before)?);
    Ok(if before.len() < after.len() { before } else { after })
}

fn cut<'a>(line: &'a str, places: &[usize]) -> Vec<&'a str> {
    let ends = places.iter().copied().chain([line.len()]);
    let starts = std::iter::once(0).chain(places.iter().copied());
    starts.zip(ends).map(|(start, end)| &line[start..end]).collect()
}

/// The rows of which no piece has everything.
fn lacking(rows: &[Vec<Pattern>], pieces: &[impl AsRef<str>]) -> Wrong {
    let mut why = Vec::new();
    for row in rows {
        let mut found = false;
        for piece in pieces {
            found = found || all_in(row, piece.as_ref())?;
        }
        if !found {
            why.push(format!("no row {}", row.iter().map(Pattern::short).collect::<Vec<_>>().join(" + ")));
        }
    }
    Ok(why)
}

fn all_in(row: &[Pattern], piece: &str) -> Result<bool, TooHard> {
    for pattern in row {
        if !pattern.is_in(piece)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// In which rows the patterns of an order are first found, -1 for none, where that is no order.
fn disorder(order: &[Pattern], rows: &[String]) -> Wrong {
    let mut places = Vec::new();
    for pattern in order {
        let mut place = -1;
        for (row, at) in rows.iter().zip(0..) {
            if place < 0 && pattern.is_in(row)? {
                place = at;
            }
        }
        places.push(place);
    }
    let fine = places.is_sorted() && !places.contains(&-1);
    Ok(if fine { Vec::new() } else { vec![format!("order {places:?}")] })
}
