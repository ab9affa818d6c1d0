//! The numbers of a request, as a calculator reads them.

use polymath_quantity::{Figure, UnitKind, figures};
use std::collections::BTreeSet;

/// Numbers that may stand in an expression whatever the request says.
const NUMBERS: &str = "1 2 3 4 5 6 7 8 9 10 12 24 60 100 365 1000 3600";

/// The request's numbers as a calculator reads them, and some that every calculation may need.
pub fn numbers(request: &str) -> BTreeSet<String> {
    let mut numbers: BTreeSet<String> = NUMBERS.split_whitespace().map(str::to_owned).collect();
    for figure in figures(request) {
        // A lexer that has read "90" of "90 euros" cannot go on with "+".
        numbers.extend(Some(figure.text.replace(',', "")).filter(|text| !text.contains(' ')));
        numbers.extend(figure.date.map(|date| date.to_string()));
        numbers.extend(digits(&figure));
    }
    numbers
}

/// Amounts of a request as a calculator reads them.
pub fn given(request: &str) -> Vec<String> {
    figures(request).iter().filter(|f| f.date.is_none() && f.number.is_some()).filter_map(digits).collect()
}

/// Amounts and days of a request as a calculator reads them.
pub fn amounts(request: &str) -> Vec<String> {
    let read = |f: &Figure| match &f.date {
        Some(date) if f.number.is_none() => Some(date.to_string()),
        _ => digits(f),
    };
    figures(request).iter().filter_map(read).collect()
}

/// Whether an expression of the request's amounts, taken with their units, comes to something that nobody
/// measures in: square kilometres a litre, of kilometres driven and litres burnt.
pub fn is_odd(expression: &str, request: &str) -> bool {
    let small = request.to_lowercase();
    let areas = [
        "square", "cubic", "area", "volume", "surface", "quadrat", "kubik", "fläche", "carré", "cuadrad", "平方",
        "立方", "²", "³", "wide", "long", "high", "deep",
    ];
    if areas.iter().any(|word| small.contains(word)) {
        return false;
    }
    let all = figures(request);
    let mut with_units = String::new();
    let mut rest = expression;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let number: String = rest[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let power = with_units.trim_end().ends_with('^') || rest[..start].trim_end().ends_with('^');
        with_units.push_str(&rest[..start]);
        let mut own = all.iter().filter(|f| digits(f).as_deref() == Some(&*number));
        let unit = own.next().filter(|_| own.next().is_none() && !power).and_then(|f| f.unit.as_ref());
        match unit.filter(|unit| MEASURED.contains(&unit.kind) && !unit.name.contains('/')) {
            Some(unit) => with_units.push_str(&format!("({number} {})", unit.name)),
            None => with_units.push_str(&number),
        }
        rest = &rest[start + number.len()..];
    }
    with_units.push_str(rest);
    polymath_tools::calculate(&with_units).is_ok_and(|result| result.contains(['^', '²', '³']))
}

/// Kinds of units that a calculator reckons with.
const MEASURED: &[UnitKind] = &[UnitKind::Measure, UnitKind::Time];

/// A figure's digits with a point before its decimals, whatever the language: `2.5` of "2,5", `3480` of "3,480".
fn digits(figure: &Figure) -> Option<String> {
    let with = |keep: char, drop: char| -> String {
        let text = figure.text.chars().filter(|c| c.is_ascii_digit() || *c == keep && *c != drop);
        text.map(|c| if c == keep { '.' } else { c }).collect::<String>().trim_matches('.').to_owned()
    };
    let percent = if figure.text.contains('%') { 100.0 } else { 1.0 };
    let is_it = |text: &String| {
        let written = text.parse::<f64>().unwrap_or(f64::NAN);
        figure.number.is_some_and(|n| (n * percent - written).abs() <= 1e-9 * written.abs())
    };
    let (point, comma) = (with('.', ','), with(',', '.'));
    let found = if is_it(&comma) && !is_it(&point) { comma } else { point };
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_measures_in_is_odd() {
        let petrol = "A van drives 804 km on 41 litres, how much is that per 100 km?";
        assert!(is_odd("804 / 41 * 100", petrol) && !is_odd("41 / 804 * 100", petrol));
        assert!(!is_odd("5 * 4", "A room is 5 m long and 4 m wide"));
        assert!(!is_odd("9200 * (1 + 3.5 / 100) ^ 5", "9200 crowns grow by 3.5% a year for 5 years"));
    }

    #[test]
    fn amounts_are_read_in_every_language() {
        assert_eq!(given("Take 12.5% of 3,480 and add 26"), ["12.5", "3480", "26"]);
        assert_eq!(given("Die Wand ist 6 m lang und 2,5 m hoch"), ["6", "2.5"]);
    }
}
