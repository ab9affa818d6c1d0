//! What is wrong with what was done: calls, pictures, citations, and what is known of the figures.

use crate::json::{dumps, shown};
use crate::pattern::TooHard;
use crate::task::Task;
use crate::text::amount;
use polymath_chat::{Citation, Event, Figure, FigureStatus};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Of a picture: each side in pixels, and its file in bytes. Less is an empty sheet.
const LEAST_SIDE: u32 = 200;
const LEAST_BYTES: u64 = 3000;
/// How far a figure may be off, as a share of it.
const TOLERANCE: f64 = 0.005;

pub fn wrong(
    task: &Task,
    events: &[Event],
    citations: &[Citation],
    figures: &[Figure],
    pictures: &[PathBuf],
) -> Result<Vec<String>, TooHard> {
    let fine: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Result { id, ok: true, .. } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    let calls: Vec<(&str, &str, &Value)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Call { id, tool, arguments } => Some((id.as_str(), tool.as_str(), arguments)),
            _ => None,
        })
        .collect();
    let done = || calls.iter().filter(|(id, ..)| fine.contains(id));
    let mut why = Vec::new();
    for name in &task.tools {
        let mut called = false;
        for (_, tool, _) in done() {
            called = called || name.is_in(tool)?;
        }
        if !called {
            why.push(format!("no {}", name.short()));
        }
    }
    if task.png && !pictures.iter().any(|path| is_picture(path)) {
        why.push("no picture".into());
    }
    let said = done().filter(|(_, tool, _)| !tool.starts_with("browser")).flat_map(|(.., given)| arguments(given));
    let said: Vec<String> = said.map(|(name, value)| format!("{name}={value}")).collect();
    let said = said.join("\n");
    for pattern in &task.args {
        if !pattern.is_in(&said)? {
            why.push(format!("call without {}", pattern.short()));
        }
    }
    if !task.data.is_empty() {
        let results = events.iter().filter(|e| matches!(e, Event::Result { .. } | Event::Table { .. }));
        let seen = said + &dumps(&results.collect::<Vec<_>>());
        for pattern in &task.data {
            if !pattern.is_in(&seen)? {
                why.push(format!("data lack {}", pattern.short()));
            }
        }
    }
    let tried: Vec<String> = calls.iter().flat_map(|(.., given)| arguments(given)).map(|(_, value)| value).collect();
    let tried = tried.join("\n").to_lowercase();
    why.extend(task.nopng_text.iter().filter(|w| tried.contains(&w.to_lowercase())).map(|w| format!("call has {w}")));
    let cited = dumps(&citations);
    why.extend(task.cite.iter().filter(|c| !cited.contains(c.as_str())).map(|c| format!("uncited {c}")));
    let sure = figures.iter().filter(|f| f.status != FigureStatus::Unverified).filter_map(|f| amount(&f.text));
    let sure: Vec<f64> = sure.collect();
    let near = |n: f64| sure.iter().any(|s| (s - n).abs() <= TOLERANCE * n.abs());
    why.extend(task.figures.iter().filter(|n| !near(**n)).map(|n| format!("{n} no checked figure")));
    Ok(why)
}

/// A call's arguments by name, as patterns see them.
fn arguments(given: &Value) -> impl Iterator<Item = (&String, String)> {
    given.as_object().into_iter().flatten().map(|(name, value)| (name, shown(value)))
}

/// Whether a file is a PNG of a sensible size with something in it.
fn is_picture(path: &Path) -> bool {
    let mut head = [0; 24];
    let read = std::fs::File::open(path).and_then(|mut file| {
        file.read_exact(&mut head)?;
        Ok(file.metadata()?.len())
    });
    let side = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    read.is_ok_and(|bytes| {
        head.starts_with(b"\x89PNG\r\n\x1a\n") && side(16).min(side(20)) >= LEAST_SIDE && bytes > LEAST_BYTES
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn empty_sheets_and_other_files_are_no_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, width: u32, bytes: usize| {
            let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            png.extend(width.to_be_bytes());
            png.extend(600u32.to_be_bytes());
            png.resize(bytes, 1);
            let path = folder.path().join(name);
            std::fs::write(&path, png).unwrap();
            path
        };
        assert!(is_picture(&file("fine", 800, 5000)));
        assert!(!is_picture(&file("narrow", 100, 5000)) && !is_picture(&file("empty", 800, 900)));
        std::fs::write(folder.path().join("text"), "x".repeat(5000)).unwrap();
        assert!(!is_picture(&folder.path().join("text")) && !is_picture(&folder.path().join("none")));
    }
}
