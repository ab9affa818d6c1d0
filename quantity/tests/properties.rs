//! What holds for every number and every text.

#![allow(clippy::unwrap_used)]

use polymath_quantity::{Column, Unit, UnitKind, figures, human, plainly, print, read, same, text};
use proptest::prelude::*;

/// Whole numbers in groups of three.
fn grouped(digits: &str, separator: &str) -> String {
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
    groups.join(separator)
}

/// Text made of what the reader looks for, which random characters hardly hit.
fn text_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "1",
        "12",
        "345",
        "2017",
        "07",
        "000",
        ".",
        ",",
        " ",
        "-",
        "–",
        "/",
        ":",
        "$",
        "€",
        "US$",
        "¥",
        "m",
        "km",
        "kg",
        "K",
        "M",
        "bn",
        "million",
        "Mrd.",
        "亿",
        "万",
        "円",
        "年",
        "月",
        "日",
        "%",
        "％",
        "°C",
        "July",
        "of",
        "to",
        "e",
        "×10^",
        "^",
        "²",
        "(",
        ")",
        "[",
        "]",
        "\u{a0}",
        "'",
        "_",
        "１",
        "约",
        "über",
        "per ",
        "\n",
        "a",
        "é",
        "x",
        "🙂",
        "千",
        "米",
        "d'",
        "minus ",
        "百分之",
        "令和",
        "1er ",
        "de ",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|p| p.concat())
}

fn units() -> impl Strategy<Value = Option<Unit>> {
    prop::sample::select(vec![
        "", "$", "€", "£", "km", "kg", "%", "‰", "°C", "MW", "GB/s", "months", "years", "people", "CHF",
    ])
    .prop_map(|name| figures(&format!("1 {name}")).into_iter().next().unwrap().unit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_printed_is_read_back(digits in 0u64..=9_007_199_254_740_992, places in -6i32..12, minus in any::<bool>(), unit in units()) {
        let number: f64 = format!("{}{digits}e{places}", if minus { "-" } else { "" }).parse().unwrap();
        let number = if number == 0.0 { 0.0 } else { number };
        let printed = print(number, unit.as_ref());
        let got = read(&printed);
        prop_assert_eq!(got.number, Some(number), "{}", printed);
        prop_assert_eq!(got.unit, unit, "{}", printed);
        prop_assert_eq!(figures(&format!("it is {printed}."))[0].number, Some(number), "{}", printed);
    }

    #[test]
    fn any_double_is_read_back(number in prop::num::f64::NORMAL) {
        prop_assert_eq!(read(&human(number)).number, Some(number));
    }

    #[test]
    fn groups_do_not_matter(number in 0u64..1_000_000_000_000) {
        let digits = number.to_string();
        for separator in [",", "\u{a0}", "\u{202f}", "\u{2009}", "'", "’", "_", " "] {
            let written = grouped(&digits, separator);
            prop_assert_eq!(read(&written).number, Some(number as f64), "{}", written);
        }
        let euros = format!("{} €", grouped(&digits, "."));
        if digits.len() > 6 {
            prop_assert_eq!(read(&euros).number, Some(number as f64), "{}", euros);
        }
        prop_assert_eq!(plainly(&grouped(&digits, ","), |_| false), digits);
    }

    #[test]
    fn scales_agree_across_languages(tenths in 11u32..9999) {
        let point = format!("{}.{}", tenths / 10, tenths % 10);
        let comma = point.replace('.', ",");
        let written = [
            format!("{point} billion"), format!("${point}bn"), format!("{comma} Mrd."), format!("{comma} milliards"),
            format!("{point}e9"), format!("{point}×10^9"), format!("{tenths}亿"), format!("{comma} mil millones"),
        ];
        let read: Vec<_> = written.iter().map(|w| figures(w).remove(0)).collect();
        for (figure, text) in read.iter().zip(&written) {
            let value = f64::from(tenths) * 1e8;
            prop_assert!((figure.number.unwrap() - value).abs() <= value * 1e-12, "{} {:?}", text, figure);
            prop_assert!(same(figure, &read[0]) && same(&read[0], figure), "{} {:?}", text, figure);
        }
    }

    #[test]
    fn no_text_panics(text in text_like(), header in text_like(), any in ".*") {
        for text in [&text, &any, &header] {
            for figure in figures(text) {
                prop_assert!(figure.at.end <= figure.span.end && figure.span.end <= text.len());
                prop_assert_eq!(text[figure.at.clone()].trim(), &figure.text);
                prop_assert!(figure.number.is_some() || figure.date.is_some());
                prop_assert!(figure.number.is_none_or(f64::is_finite));
            }
            let column = Column::of(&header);
            column.read(text);
            column.restate(text);
            plainly(text, |at| at % 2 == 0);
            polymath_quantity::currencies(text);
            prop_assert_eq!(text::sentences(text).concat(), text.as_str());
        }
    }

    #[test]
    fn figures_stand_in_order(text in text_like()) {
        let found = figures(&text);
        prop_assert!(found.windows(2).all(|w| w[0].at.end <= w[1].at.start), "{:?}", found);
    }
}

/// Twice the text takes about twice as long, whatever it is made of; a square would take four times.
#[test]
fn time_is_linear() {
    let pieces = [
        "1,",
        "1 ",
        "12 345 ",
        "July ",
        "1.",
        "亿1",
        "3亿5000万",
        "a",
        "$",
        "2017-",
        "1e",
        "1-",
        ":10",
        "(",
        "千",
        "1 million ",
        "of ",
        "minus ",
    ];
    for piece in pieces {
        let time = |bytes: usize| {
            let text = piece.repeat(bytes / piece.len());
            let begun = std::time::Instant::now();
            let count = figures(&text).len() + text::sentences(&text).len() + plainly(&text, |_| false).len();
            assert!(count > 0);
            begun.elapsed()
        };
        time(1 << 12);
        let (short, long) = (time(1 << 15), time(1 << 18));
        // Eight times the text: eight times as long, and room for a busy machine.
        assert!(long < short * 32 + std::time::Duration::from_millis(50), "{piece:?}: {short:?}, then {long:?}");
    }
}

#[test]
fn a_unit_has_one_name() {
    let unit = |text: &str| figures(text).remove(0).unit.unwrap();
    assert_eq!(unit("5 metres"), unit("5 米"));
    assert_eq!(unit("5 metres").kind, UnitKind::Measure);
    assert_eq!(unit("5 Jahre"), unit("5 years"));
}
