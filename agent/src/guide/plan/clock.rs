//! The time between two times of day that a request tells: a night train that leaves at 22:47 and gets in at 6:12.

use super::Step;
use super::amounts::given;
use super::signs::says;
use crate::guide::digits::in_digits;
use crate::notebook::{Chat, fact_name};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// `22:47`, `6.12 Uhr`, `18 Uhr 30`, `7h05`, `9 am`, `10:05 pm`, `8点20`.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?:^|[^\d.,:])
        (?: (?<h1>\d{1,2}) (?: : | \s?h\s? | 点) (?<m1>\d{2}) \s? (?<half1>[ap]\.?m\b\.?)?
          | (?<h2>\d{1,2}) [.:] (?<m2>\d{2}) \s? (?<half2>[ap]\.?m\b\.?|uhr\b)
          | (?<h3>\d{1,2}) \s? (?:uhr\s?(?<m3>\d{2})? | heures\b | (?<half3>[ap]\.?m\b\.?) | o'?clock)
        )(?:$|[^\d:])",
    )
    .ok()
});

/// How long it is from one time of a request to the other, in hours, where it tells two and no other amount.
pub fn between(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const HOW_LONG: &[&str] = &[
        "how long",
        "how many hours",
        "how many minutes",
        "duration",
        "wie lange",
        "wie viele stunden",
        "dauert",
        "dauer",
        "combien de temps",
        "durée",
        "cuánto tiempo",
        "cuánto dura",
        "cuántas horas",
        "多久",
        "多长时间",
        "几个小时",
        "多少小时",
    ];
    const ENDS: &[&str] = &[
        "arrive", "arrives", "arrived", "arriving", "get in", "gets in", "got in", "end", "ends", "ended", "until",
        "till", "close", "closes", "home", "an", "bis", "ankunft", "endet", "arrivée", "arrive", "finit", "jusqu",
        "llega", "llego", "hasta", "termina", "到达",
    ];
    const STARTS: &[&str] = &[
        "leave",
        "leaves",
        "leaving",
        "left",
        "depart",
        "departs",
        "departure",
        "start",
        "starts",
        "started",
        "from",
        "open",
        "opens",
        "begin",
        "begins",
        "ab",
        "abfahrt",
        "los",
        "von",
        "fährt",
        "part",
        "départ",
        "de",
        "sale",
        "salgo",
        "desde",
        "empieza",
        "出发",
    ];
    let small = in_digits(request).to_lowercase();
    if !says(&small, HOW_LONG) && !HOW_LONG.iter().any(|sign| !sign.is_ascii() && small.contains(sign)) {
        return None;
    }
    let found: Vec<Captures<'_>> = TIME.as_ref()?.captures_iter(&small).collect();
    let [first, second] = found.as_slice() else { return None };
    let amounts = TIME.as_ref()?.replace_all(&small, " ; ");
    if !given(&amounts).is_empty() {
        return None;
    }
    let (a, b) = (time(first)?, time(second)?);
    let before = |found: &Captures<'_>, from: usize| small[from..found.get(0).map_or(0, |m| m.start())].to_owned();
    let (lead, between) = (before(first, 0), before(second, first.get(0)?.end()));
    let turned = says(&lead, ENDS) && !says(&lead, STARTS) && says(&between, STARTS);
    let (start, end) = if turned { (b, a) } else { (a, b) };
    let night = if end.0 * 60 + end.1 < start.0 * 60 + start.1 { "24 + " } else { "" };
    let hours = |(hour, minute): (u32, u32)| format!("({hour} + {minute} / 60)");
    let expression = format!("({night}{} - {}) hours", hours(end), hours(start));
    polymath_tools::calculate(&expression).ok()?;
    Some(vec![Step::Calc { name: fact_name(chat.facts.len()), expression }])
}

/// The hour and the minute of a time of day.
fn time(found: &Captures<'_>) -> Option<(u32, u32)> {
    let group = |names: [&str; 3]| names.iter().find_map(|name| found.name(name)).map(|m| m.as_str());
    let hour: u32 = group(["h1", "h2", "h3"])?.parse().ok()?;
    let minute: u32 = group(["m1", "m2", "m3"]).map_or(Ok(0), str::parse).ok()?;
    let hour = match group(["half1", "half2", "half3"]).and_then(|half| half.chars().next()) {
        Some('p') if hour < 12 => hour + 12,
        Some('a') if hour == 12 => 0,
        _ => hour,
    };
    (hour < 25 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_two_times() {
        let told = |request: &str| {
            let Some(Step::Calc { expression, .. }) = between(request, &Chat::new("c"))?.pop() else { return None };
            polymath_tools::calculate(&expression).ok()
        };
        let check = |request: &str, want: Option<&str>| {
            assert_eq!(
                told(request).map(|t| t.lines().next().unwrap_or_default().to_owned()).as_deref(),
                want,
                "{request}"
            );
        };
        check(
            "My bus leaves at 21:30 and gets in at 5:45 the next morning. How long will I be on it?",
            Some("8.25 hours"),
        );
        check("I get in at 14:00, leaving at 9:30. How long is that?", Some("4.5 hours"));
        check("the fair opens at 9 am and closes at 5:30 pm, how many hours is that?", Some("8.5 hours"));
        check("Der Zug fährt um 6.12 Uhr ab und kommt um 18 Uhr 30 an. Wie lange dauert das?", Some("12.3 hours"));
        check("J'arrive à 7h30 et je pars à 16h15, combien de temps je reste ?", Some("8.75 hours"));
        check("我8:20出发，11:05到，路上要多久？", Some("2.75 hours"));
        check("It starts at 9:15 and takes 45 minutes. How long is that?", None);
        check("I start at 9:15, stop at 17:00 and have a break of 30 minutes. How long do I work?", None);
        check("The train leaves at 9:15 and gets in at 17:00.", None);
    }
}
