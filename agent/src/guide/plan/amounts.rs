//! The numbers of a request, as a calculator reads them.

use super::Step;
use super::signs::{HOW_MANY, says};
use crate::guide::calc::named_unit;
use crate::guide::digits::in_digits;
use polymath_quantity::{Figure, Unit, UnitKind, figures, read};
use std::collections::BTreeSet;

/// Numbers that may stand in an expression whatever the request says.
const NUMBERS: &str = "1 2 3 4 5 6 7 8 9 10 12 24 60 100 365 1000 3600";

/// The request's numbers as a calculator reads them, and some that every calculation may need.
pub fn numbers(request: &str) -> BTreeSet<String> {
    let mut numbers: BTreeSet<String> = NUMBERS.split_whitespace().map(str::to_owned).collect();
    for figure in figures(request).into_iter().chain(figures(&in_digits(request))) {
        // A lexer that has read "90" of "90 euros" cannot go on with "+".
        numbers.extend(Some(figure.text.replace(',', "")).filter(|text| !text.contains(' ')));
        numbers.extend(figure.date.map(|date| date.to_string()));
        let percent = figure.unit.as_ref().is_some_and(|unit| unit.is("%"));
        numbers.extend(digits(&figure).filter(|_| percent).map(|digits| format!("{digits}%")));
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

/// A quotient in the unit that the request names, without the factors that the model would convert by: `a / b in km/h` for
/// `a / b * 3600`. The values have their units, and the calculator converts them.
pub fn in_the_named_unit(step: &mut Step, request: &str) {
    let Step::Calc { expression, .. } = step else { return };
    let (Some(unit), false) = (named_unit(request), expression.contains(" in ")) else { return };
    let said = given(&in_digits(request));
    let tokens: Vec<&str> = expression.split(' ').collect();
    let figure = |token: &str| token.starts_with(|c: char| c.is_ascii_digit()) && !said.iter().any(|own| own == token);
    let mut kept: Vec<&str> = Vec::new();
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        match ["*", "/"].contains(token) && rest.clone().next().is_some_and(|next| figure(next)) {
            true => drop(rest.next()),
            false => kept.push(token),
        }
    }
    let bare = kept.join(" ");
    if bare.split(' ').count() == 3 && bare.contains(" / ") && !bare.contains(['(', ')']) {
        *expression = format!("{bare} in {unit}");
    }
}

/// How many things an amount buys is a whole number of them, and how many are needed is rounded up.
pub fn in_whole(step: &mut Step, request: &str) {
    const BOUGHT: &[&str] = &[
        "buy",
        "buys",
        "afford",
        "get",
        "purchase",
        "fit",
        "fits",
        "left",
        "remain",
        "remains",
        "remaining",
        "rest",
        "kaufen",
        "leisten",
        "übrig",
        "bleibt",
        "acheter",
        "reste",
        "comprar",
        "sobra",
        "queda",
    ];
    const NEEDED: &[&str] = &[
        "need",
        "needs",
        "needed",
        "require",
        "required",
        "brauche",
        "brauchen",
        "nötig",
        "faut",
        "besoin",
        "necesito",
        "necesitan",
    ];
    let small = request.to_lowercase();
    let Step::Calc { expression, .. } = step else { return };
    let one_by_another = expression.split_once(" / ").is_some_and(|(a, b)| {
        let operand =
            |text: &str| !text.trim().is_empty() && text.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        operand(a) && operand(b)
    });
    let counted = HOW_MANY.iter().find_map(|how| small.split_once(how)).map(|(_, behind)| behind.trim_start());
    let is_unit = |noun: &str| {
        let word =
            noun.split(|c: char| !c.is_alphanumeric()).find(|word| !["de", "d"].contains(word)).unwrap_or_default();
        read(&format!("1 {word}")).unit.is_some()
    };
    // So many for each may be a fraction.
    let shared =
        says(&small, &["each", "every", "per", "average", "jeder", "jede", "pro", "chacun", "chaque", "cada", "par"]);
    if shared || !one_by_another || counted.is_none_or(is_unit) {
        return;
    }
    match (says(&small, BOUGHT), says(&small, NEEDED)) {
        (true, false) => *expression = format!("floor({expression})"),
        (false, true) => *expression = format!("ceil({expression})"),
        _ => {}
    }
}

/// What so many people or nights cost is so many times what one costs: "cost of two adults" is on no page.
pub fn times_so_many(steps: &mut Vec<Step>) {
    const COUNTS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const COSTS: &[&str] = &["cost", "costs", "price", "fare", "fee", "admission", "ticket", "tickets"];
    /// What is paid for by the piece, and one of it.
    const PAID: &[(&str, &str)] = &[
        ("adults", "adult"),
        ("children", "child"),
        ("kids", "child"),
        ("people", "person"),
        ("persons", "person"),
        ("students", "student"),
        ("pupils", "pupil"),
        ("seniors", "senior"),
        ("pensioners", "pensioner"),
        ("visitors", "visitor"),
        ("passengers", "passenger"),
        ("tickets", "ticket"),
        ("nights", "night"),
    ];
    let mut times: Vec<(String, usize)> = Vec::new();
    for step in steps.iter_mut() {
        let Step::Find { name, what } = step else { continue };
        let all: Vec<&str> = what.split(' ').collect();
        let count =
            |word: &str| COUNTS.iter().position(|w| *w == word).or_else(|| word.parse().ok()).filter(|n| *n > 1);
        let found = all.windows(2).enumerate().find_map(|(i, pair)| {
            let (_, one) = PAID.iter().find(|(many, _)| *many == pair[1])?;
            Some((i, count(&pair[0].to_lowercase())?, *one))
        });
        let Some((at, count, one)) = found.filter(|_| all.iter().any(|w| COSTS.contains(&w.to_lowercase().as_str())))
        else {
            continue;
        };
        let singular: Vec<&str> = [&all[..at], &[one][..], &all[at + 2..]].concat();
        *what = singular.join(" ");
        times.push((name.clone(), count));
    }
    if times.is_empty() {
        return;
    }
    let product = |(name, count): &(String, usize)| format!("{count} * {name}");
    let mut calculated = false;
    for step in steps.iter_mut() {
        let Step::Calc { expression, .. } = step else { continue };
        // What already has the count has it.
        let has = times.iter().any(|(_, count)| super::words(expression).any(|w| w == count.to_string()));
        if !has {
            let word = |piece: &str| {
                let own = times.iter().find(|(name, _)| name == piece);
                own.map_or(piece.to_owned(), |one| format!("({})", product(one)))
            };
            *expression = expression.split(' ').map(word).collect::<Vec<_>>().join(" ");
        }
        calculated = true;
    }
    if !calculated {
        let expression = times.iter().map(product).collect::<Vec<_>>().join(" + ");
        let name = format!("{}n", times[times.len() - 1].0);
        steps.push(Step::Calc { name, expression });
    }
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
        let own = own.next().filter(|_| own.next().is_none() && !power);
        match own.and_then(|f| reckoned(f, request)) {
            Some(unit) => with_units.push_str(&format!("({number} {unit})")),
            None => with_units.push_str(&number),
        }
        rest = &rest[start + number.len()..];
    }
    with_units.push_str(rest);
    loses_percent(expression, &all)
        || takes_off(expression, &small)
        || polymath_tools::calculate(&with_units).is_ok_and(|result| result.contains(['^', '²', '³']))
}

/// Whether a share is taken off what it is of, where nobody speaks of less: "17% of 80, and 18 more".
fn takes_off(expression: &str, request: &str) -> bool {
    const LESS: &[&str] = &[
        "off",
        "discount",
        "rebate",
        "less",
        "minus",
        "reduc",
        "decreas",
        "lower",
        "cheaper",
        "loses",
        "lost",
        "drop",
        "fall",
        "left",
        "remain",
        "without",
        "after",
        "rabatt",
        "weniger",
        "abzüglich",
        "remise",
        "moins",
        "descuento",
        "menos",
    ];
    let taken = |(at, _): (usize, &str)| {
        let of = expression[at..].split_once("% of ").map(|(_, of)| of);
        let whole = of.map(|of| of.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>());
        let before = expression[..at].trim_end();
        whole.is_some_and(|whole| !whole.is_empty() && before.ends_with(&whole))
    };
    expression.match_indices(" - ").any(taken) && !LESS.iter().any(|word| request.contains(word))
}

/// Whether a percentage stands in an expression as a bare number.
fn loses_percent(expression: &str, all: &[Figure]) -> bool {
    let percents = all.iter().filter(|f| f.unit.as_ref().is_some_and(|unit| unit.is("%"))).filter_map(digits);
    percents.into_iter().any(|number| {
        expression.contains(&number) && !expression.contains(&format!("{number}%")) && !expression.contains("100")
    })
}

/// A unit as a calculator reckons with it: a price per litre is so many a litre.
fn reckoned(figure: &Figure, request: &str) -> Option<String> {
    let unit = unit_of(figure, request)?;
    match unit.name.split_once('/') {
        Some((_, by)) if !by.is_empty() && unit.kind != UnitKind::Share => Some(format!("/ {by}")),
        Some(_) => None,
        None => MEASURED.contains(&unit.kind).then(|| unit.name.to_string()),
    }
}

/// A figure's unit; of `2.04 per litre`, which leaves the money unsaid, so many a litre.
fn unit_of(figure: &Figure, request: &str) -> Option<Unit> {
    const PER: &[&str] = &["per", "pro", "par", "por", "a", "each"];
    if let Some(unit) = &figure.unit {
        return Some(unit.clone());
    }
    let mut behind = request[figure.span.end..].split_whitespace();
    let by = behind.next().filter(|word| PER.contains(word)).and_then(|_| behind.next())?;
    let unit = read(&format!("1 {}", by.trim_matches(|c: char| !c.is_alphanumeric()))).unit?;
    Some(Unit { name: format!("/{}", unit.name).into(), ..unit })
}

/// A price per litre, and litres: the price of them.
pub fn priced(request: &str) -> Option<String> {
    let all = figures(request);
    let unit = |f: &Figure| unit_of(f, request);
    let per = |f: &&Figure| unit(f).is_some_and(|unit| unit.name.contains('/'));
    let mut prices = all.iter().filter(per);
    let (price, None) = (prices.next()?, prices.next()) else { return None };
    let by = unit(price)?.name.split_once('/')?.1.to_owned();
    let mut of = all.iter().filter(|f| unit(f).is_some_and(|unit| unit.is(&by)));
    let (amount, None) = (of.next()?, of.next()) else { return None };
    Some(format!("{} * {}", digits(amount)?, digits(price)?))
}

/// Three amounts, two of them in one unit: the third one's share, as `41 / 804 * 100` of 41 litres for 804 km
/// and how much that is per 100 km.
pub fn rule_of_three(request: &str) -> Option<String> {
    let all = figures(request);
    let [a, b, asked] = all.as_slice() else { return None };
    let unit = |f: &Figure| f.unit.as_ref().map(|unit| unit.name.trim_start_matches('/').to_owned());
    let (with, other) = if unit(a) == unit(asked) { (a, b) } else { (b, a) };
    let fits = unit(with).is_some() && unit(with) == unit(asked) && unit(other) != unit(with) && unit(other).is_some();
    fits.then(|| Some(format!("{} / {} * {}", digits(other)?, digits(with)?, digits(asked)?))).flatten()
}

/// A calculation of the request's own amounts that cannot be made, as the rule of three or the price that is
/// meant.
pub fn mend(step: &mut Step, request: &str) {
    let Step::Calc { expression, .. } = step else { return };
    *expression = percent_once(expression);
    let name = |word: &str| {
        let behind = word.strip_prefix(|c: char| c.is_ascii_lowercase());
        behind.is_some_and(|behind| behind.chars().all(|c| c.is_ascii_digit()))
    };
    let named = super::words(expression).any(name);
    if !named
        && polymath_tools::calculate(expression).is_err()
        && let Some(known) = rule_of_three(request).or_else(|| priced(request))
    {
        *expression = known;
    }
}

/// An expression in which a percentage is not divided by a hundred once more: `3.1%` for `3.1% / 100`.
fn percent_once(expression: &str) -> String {
    let mut out = String::new();
    let mut rest = expression;
    while let Some((before, behind)) = rest.split_once("% / 100") {
        out.push_str(before);
        out.push('%');
        // `3.1% / 1000` is something else.
        if behind.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            out.push_str(" / 100");
        }
        rest = behind;
    }
    out + rest
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
    fn two_adults_pay_twice() {
        let told = |plan: &str| {
            let mut steps = super::super::steps::read(plan);
            times_so_many(&mut steps);
            steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            told("a = find(\"cost of two adults\")\nb = find(\"cost of 3 children\")\nc = calc(\"a + b\")"),
            "a = find(cost of adult); b = find(cost of child); c = calc((2 * a) + (3 * b))"
        );
        assert_eq!(
            told("a = find(\"price of two nights at the inn\")"),
            "a = find(price of night at the inn); an = calc(2 * a)"
        );
        assert_eq!(told("a = find(\"number of two adults\")"), "a = find(number of two adults)");
    }

    #[test]
    fn what_nobody_measures_in_is_odd() {
        let petrol = "A van drives 804 km on 41 litres, how much is that per 100 km?";
        assert!(is_odd("804 / 41 * 100", petrol) && !is_odd("41 / 804 * 100", petrol));
        assert_eq!(rule_of_three(petrol).as_deref(), Some("41 / 804 * 100"));
        assert_eq!(rule_of_three("12 kg of flour for 300 m, and for 10 hours?"), None);
        let price = format!("Before: {petrol}\nQuestion: At 2.04 per litre, how much for the whole trip?");
        assert!(is_odd("804 / 41 * 2.04", &price) && !is_odd("41 * 2.04", &price));
        assert_eq!(priced(&price).as_deref(), Some("41 * 2.04"));
        let percent = "What is 7.5 percent of 2,978, plus 76?";
        assert!(is_odd("7.5 * 2978 + 76", percent) && !is_odd("7.5% of 2978 + 76", percent));
        assert!(numbers(percent).contains("7.5%"));
        let more = "17% of 8022, and then 18 more?";
        assert!(is_odd("8022 - 17% of 8022 + 18", more) && !is_odd("17% of 8022 + 18", more));
        assert!(!is_odd("80 - 17% of 80", "80 with 17% off?"));
        assert!(!is_odd("5 * 4", "A room is 5 m long and 4 m wide"));
        assert!(!is_odd("9200 * (1 + 3.5 / 100) ^ 5", "9200 crowns grow by 3.5% a year for 5 years"));
    }

    #[test]
    fn what_cannot_be_reckoned_is_the_rule_of_three() {
        let request = "44 litres of petrol took me 620 km. How many litres is that per 100 km?";
        let mut step = Step::Calc { name: "a".into(), expression: "44 litres / 620 km in litres".into() };
        mend(&mut step, request);
        assert_eq!(step.to_string(), "a = calc(44 / 620 * 100)");
        let mut step = Step::Calc { name: "a".into(), expression: "44 / 620".into() };
        mend(&mut step, request);
        assert_eq!(step.to_string(), "a = calc(44 / 620)");
    }

    #[test]
    fn a_percentage_is_a_hundredth_already() {
        let mended = |expression: &str| {
            let mut step = Step::Calc { name: "a".into(), expression: expression.into() };
            mend(&mut step, "8400 at 3.1% for 6 years");
            step.to_string()
        };
        assert_eq!(mended("8400 * (1 + 3.1% / 100) ^ 6"), "a = calc(8400 * (1 + 3.1%) ^ 6)");
        assert_eq!(mended("8400 * 3.1% / 1000"), "a = calc(8400 * 3.1% / 1000)");
    }

    #[test]
    fn things_are_bought_whole() {
        let whole = |expression: &str, request: &str| {
            let mut step = Step::Calc { name: "b".into(), expression: expression.into() };
            in_whole(&mut step, request);
            step.to_string()
        };
        let buys = "We have 40 000 euros. How many Ost bikes does that buy us, and what is left over?";
        assert_eq!(whole("40000 / a", buys), "b = calc(floor(40000 / a))");
        assert_eq!(whole("40000 - b * a", buys), "b = calc(40000 - b * a)");
        assert_eq!(whole("310 / 48", "how many buses are needed for 310 people?"), "b = calc(ceil(310 / 48))");
        assert_eq!(whole("1500 / 18", "how many minutes are left until it is full?"), "b = calc(1500 / 18)");
        assert_eq!(whole("a / b", "how many people live there per house?"), "b = calc(a / b)");
    }

    #[test]
    fn amounts_are_read_in_every_language() {
        assert_eq!(given("Take 12.5% of 3,480 and add 26"), ["12.5", "3480", "26"]);
        assert_eq!(given("Die Wand ist 6 m lang und 2,5 m hoch"), ["6", "2.5"]);
    }
}
