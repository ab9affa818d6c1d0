//! Lists of conversations: one a line, with its age and size.

use anyhow::bail;
use chrono::{DateTime, Local, TimeDelta, Utc};
use clap::Args;
use polymath_agent::session::{Found, Made, Place, SessionInfo, SessionStore};
use polymath_chat::plain::{self, escaped};
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Conversations that a terminal gets at once.
const PAGE: usize = 20;

#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only those with this tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Conversations at once: 20 at a terminal, all elsewhere
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// The second, third, … so many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub page: u32,
    /// All at once
    #[arg(long, conflicts_with_all = ["limit", "page"])]
    pub all: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

pub fn list(args: &ListArgs, store: &SessionStore, out: &mut dyn Write) -> anyhow::Result<()> {
    let terminal = std::io::stdout().is_terminal() && !args.json;
    let usual = if (terminal || args.page > 1) && !args.all { PAGE } else { usize::MAX };
    let limit = args.limit.map_or(usual, |n| n as usize);
    let skip = limit.saturating_mul(args.page.saturating_sub(1) as usize);
    let tag = args.tag.as_deref();
    let page = store.page(tag, skip, limit)?;
    if page.is_empty() && skip > 0 {
        bail!("there is no page {}: there are {} conversations", args.page, store.count(tag)?);
    }
    if args.json {
        return page.iter().try_for_each(|info| line(&serde_json::to_string(info)?, out));
    }
    print(&page, out)?;
    let shown = skip + page.len();
    if limit != usize::MAX && page.len() == limit {
        let count = store.count(tag)?;
        if count > shown {
            eprintln!("{shown} of {count}; --page {} shows the next, --all all of them", args.page + 1);
        }
    }
    Ok(())
}

/// One conversation a line.
pub fn print(list: &[SessionInfo], out: &mut dyn Write) -> anyhow::Result<()> {
    let width = list.iter().map(|info| info.id.len()).max().unwrap_or(0);
    let now = Utc::now();
    for info in list {
        let (id, when, size) = (&info.id, when(&info.updated, now), size(info.bytes));
        writeln!(out, "{id:width$}  {when:10}  {:>3} turns  {size:>8}  {}", info.turns, titled(info))?;
    }
    Ok(())
}

/// What was found: a conversation, and the place below it.
pub fn print_found(found: &[Found], out: &mut dyn Write) -> anyhow::Result<()> {
    if found.is_empty() {
        eprintln!("no conversation has these words");
    }
    let now = Utc::now();
    for found in found {
        let Found { info, place, number, passage } = found;
        let place = word(*place);
        writeln!(out, "{}  {}  {}", info.id, when(&info.updated, now), titled(info))?;
        writeln!(out, "    {place} {number}: {}", escaped(passage))?;
    }
    Ok(())
}

pub fn json_line(found: &Found, out: &mut dyn Write) -> anyhow::Result<()> {
    let Found { info, place, number, passage } = found;
    line(&json!({"session": info, "place": word(*place), "number": number, "passage": passage}).to_string(), out)
}

/// What is said of a conversation above its turns.
pub fn head(info: &SessionInfo) -> String {
    let day = info.created.get(..10).unwrap_or_default();
    format!("{} · {} · from {} · {}", info.id, titled(info), escaped(day), size(info.bytes))
}

/// What a turn was made with.
pub fn made(made: &Made) -> String {
    let Made { version, model, from, temperature, seed, began, .. } = made;
    let from = if from.is_empty() { String::new() } else { format!(" ({from})") };
    let began = began.get(..16).unwrap_or_default().replace('T', " ");
    escaped(&format!("{model}{from} · temperature {temperature}, seed {seed} · {began} UTC · polymath {version}"))
}

fn line(json: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    Ok(writeln!(out, "{}", plain::json(json))?)
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Question => "question",
        Place::Answer => "answer",
        Place::Table => "table",
        Place::Page => "page",
    }
}

fn titled(info: &SessionInfo) -> String {
    let title = if info.title.is_empty() { "(nothing asked)" } else { &info.title };
    let tags = info.tags.iter().map(|tag| format!("  #{tag}")).collect::<String>();
    escaped(&format!("{title}{tags}"))
}

/// How long ago, or the day where that is longer than a month.
fn when(time: &str, now: DateTime<Utc>) -> String {
    let Ok(time) = DateTime::parse_from_rfc3339(time) else { return String::new() };
    let ago = now.signed_duration_since(time);
    let unit = |n: i64, unit: &str| format!("{n} {unit} ago");
    match ago {
        ago if ago < TimeDelta::minutes(1) => "just now".to_owned(),
        ago if ago < TimeDelta::hours(1) => unit(ago.num_minutes(), "min"),
        ago if ago < TimeDelta::days(1) => unit(ago.num_hours(), "h"),
        ago if ago < TimeDelta::days(31) => unit(ago.num_days(), "d"),
        _ => time.with_timezone(&Local).format("%Y-%m-%d").to_string(),
    }
}

/// A size as people read it.
pub fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_turn_was_made_with_is_one_line() {
        let json = serde_json::json!({"version": "0.1.0", "model": "m", "from": "12ab", "mode": "auto", "max_steps": 12,
            "temperature": 0.5, "seed": 3, "today": "2026-03-15", "began": "2026-03-15T12:00:00.123Z"});
        let told = made(&serde_json::from_value(json).unwrap());
        assert_eq!(told, "m (12ab) · temperature 0.5, seed 3 · 2026-03-15 12:00 UTC · polymath 0.1.0");
    }

    #[test]
    fn ages_are_short() {
        let now = DateTime::parse_from_rfc3339("2026-03-15T12:00:00Z").unwrap().with_timezone(&Utc);
        let told = |time: &str| when(time, now);
        assert_eq!(told("2026-03-15T11:59:30.123Z"), "just now");
        assert_eq!(told("2026-03-15T11:00:01Z"), "59 min ago");
        assert_eq!(told("2026-03-14T12:00:01Z"), "23 h ago");
        assert_eq!(told("2026-02-14T12:00:00Z"), "29 d ago");
        assert_eq!(told("2025-07-14T12:00:00Z"), "2025-07-14");
        assert_eq!(told("\u{1b}"), "");
    }
}
