//! Numbers for people: `$4.5 million`, `17.5%`, `12 km`. What is printed here is read back as the
//! same number.

use crate::{Unit, UnitKind};

/// Digits behind the point of a number with a scale word; one that has more is written out.
const PLACES: usize = 4;

/// `number` in plain units, with its unit: `4500000` dollars as `$4.5 million`, 0.175 as `17.5%`.
pub fn print(number: f64, unit: Option<&Unit>) -> String {
    let Some(unit) = unit else { return human(number) };
    let (sign, size) = (if number.is_sign_negative() && number != 0.0 { "-" } else { "" }, number.abs());
    match (unit.kind, &*unit.name) {
        (UnitKind::Share, "%") => format!("{sign}{}%", grouped(&shifted(size, 2))),
        (UnitKind::Share, _) => format!("{sign}{}‰", grouped(&shifted(size, 3))),
        (UnitKind::Money, name) => match before(name) {
            Some(symbol) => format!("{sign}{symbol}{}", human(size)),
            None => format!("{}{}", human(number), behind(unit, number)),
        },
        _ => format!("{}{}", human(number), behind(unit, number)),
    }
}

/// A unit as it stands behind its number, with the space before it.
pub fn behind(unit: &Unit, number: f64) -> String {
    match &*unit.name {
        name @ ("°" | "×" | "%" | "‰") => name.to_owned(),
        name if number.abs() == 1.0 => format!(" {name}"),
        _ => format!(" {}", plural(unit)),
    }
}

/// `4500000` as `4.5 million`, `1234567` as `1,234,567`: exact, and as short as people write it.
pub fn human(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let (sign, size) = (if number < 0.0 { "-" } else { "" }, number.abs());
    if size != 0.0 && !(1e-6..1e18).contains(&size) {
        return format!("{number:e}");
    }
    for (least, power, word) in [(1e12, 12, "trillion"), (1e9, 9, "billion"), (1e6, 6, "million")] {
        if size >= least {
            let short = shifted(size, -power);
            let places = short.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            if places <= PLACES {
                return format!("{sign}{} {word}", grouped(&short));
            }
        }
    }
    format!("{sign}{}", grouped(&shifted(size, 0)))
}

/// A result that was computed, in the digits that count: four behind the point of millions, `18.69`
/// for 18.6909090909.
pub fn short(number: f64) -> String {
    let size = number.abs();
    let scale = [1e12, 1e9, 1e6].into_iter().find(|scale| size >= *scale);
    let decimals = match scale {
        _ if size == 0.0 || !number.is_finite() => return human(number),
        Some(_) => PLACES as i32,
        None => (3 - size.log10().floor() as i32).clamp(2, 8),
    };
    let text = format!("{:.*}", decimals.unsigned_abs() as usize, size / scale.unwrap_or(1.0));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let word = match scale {
        Some(1e12) => " trillion",
        Some(1e9) => " billion",
        Some(_) => " million",
        None => "",
    };
    format!("{}{}{word}", if number < 0.0 { "-" } else { "" }, in_thousands(text, 3))
}

/// The decimal digits of `number` with the point `power` places further on.
fn shifted(number: f64, power: i32) -> String {
    let text = format!("{number}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let decimal = crate::numeral::Decimal::of(&format!("{whole}{fraction}"), fraction.len()).shift(power);
    let plain = decimal.plain();
    match plain.split_once('.') {
        Some(_) => plain.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => plain,
    }
}

/// Commas between the thousands of what has five digits and more before the point; with four it
/// could be a year.
fn grouped(digits: &str) -> String {
    in_thousands(digits, 4)
}

/// Commas between the thousands of more than `least` digits before the point.
fn in_thousands(digits: &str, least: usize) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) && whole.len() > least {
            out.push(',');
        }
        out.push(c);
    }
    fraction.map_or(out.clone(), |fraction| format!("{out}.{fraction}"))
}

/// The sign that is written before an amount of this currency.
fn before(currency: &str) -> Option<&'static str> {
    Some(match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "¥" => "¥",
        "CNY" => "CN¥",
        "JPY" => "JP¥",
        "INR" => "₹",
        "KRW" => "₩",
        "AUD" => "A$",
        "CAD" => "C$",
        "HKD" => "HK$",
        "TWD" => "NT$",
        "NZD" => "NZ$",
        "BRL" => "R$",
        _ => return None,
    })
}

/// Symbols have no plural; years and months do.
fn plural(unit: &Unit) -> String {
    let word = matches!(
        &*unit.name,
        "day" | "week" | "month" | "year" | "decade" | "acre" | "bit" | "peso" | "franc" | "crown"
    );
    if &*unit.name == "century" {
        "centuries".to_owned()
    } else if word {
        format!("{}s", unit.name)
    } else {
        unit.name.clone().into_owned()
    }
}
