//! How long something lasted, or the time of a day: `1:05:30`, `9:05`, `3h 45m`, `2 Std. 10 min`.

/// The seconds of a time in figures (`9:05` is hours and minutes) or of a number of hours with its minutes; `None` of what
/// is neither. Minutes alone are a number with a unit, and no time.
pub fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.contains(':') {
        let parts: Vec<f64> = text.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
        return match parts.as_slice() {
            [h, m] if *m < 60.0 => Some(h * 3600.0 + m * 60.0),
            [h, m, s] if *m < 60.0 && *s < 60.0 => Some(h * 3600.0 + m * 60.0 + s),
            _ => None,
        };
    }
    let parts = parts(text)?;
    match parts.as_slice() {
        [(h, 'h')] => Some(h * 3600.0),
        [(h, 'h'), (m, 'm')] if *m < 60.0 => Some(h * 3600.0 + m * 60.0),
        [(m, 'm')] => Some(m * 60.0),
        _ => None,
    }
}

/// Whether a text tells hours in words: `3h 45m`, `2 hours`.
pub fn tells_hours(text: &str) -> bool {
    !text.contains(':') && parts(text.trim()).is_some_and(|parts| parts.first().is_some_and(|(_, unit)| *unit == 'h'))
}

/// The numbers of a text with their units, hours or minutes; `None` where there is anything else in it.
fn parts(text: &str) -> Option<Vec<(f64, char)>> {
    const HOURS: &[&str] = &[
        "h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures", "hora", "horas", "小时",
        "時間",
    ];
    const MINUTES: &[&str] = &["m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos", "分", "分钟"];
    const LONGEST: usize = 40;
    if text.len() > LONGEST {
        return None;
    }
    let (mut rest, mut found) = (text, Vec::new());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
        let number: f64 = rest[..digits].replace(',', ".").parse().ok()?;
        let behind = rest[digits..].trim_start();
        let word = behind.find(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '.').unwrap_or(behind.len());
        let unit = behind[..word].to_lowercase();
        let unit = match (HOURS.contains(&unit.as_str()), MINUTES.contains(&unit.as_str())) {
            (true, _) => 'h',
            (_, true) => 'm',
            _ => return None,
        };
        found.push((number, unit));
        rest = behind[word..].trim_start_matches(['.', ' ', '\u{a0}']);
        rest = rest.strip_prefix("and ").or_else(|| rest.strip_prefix("und ")).unwrap_or(rest);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, want) in [
            ("1:05:30", Some(3930.0)),
            ("9:05", Some(32_700.0)),
            ("3h 45m", Some(13_500.0)),
            ("2 Std. 10 min", Some(7_800.0)),
            ("1 hour and 30 minutes", Some(5_400.0)),
            ("2,5 h", Some(9_000.0)),
            ("45 min", Some(2_700.0)),
            ("9:75", None),
            ("3 km", None),
            ("h", None),
            ("3h 75m", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), want, "{text}");
        }
        assert!(tells_hours("3h 45m") && !tells_hours("45 min") && !tells_hours("3:45") && !tells_hours("3 kg"));
    }
}
