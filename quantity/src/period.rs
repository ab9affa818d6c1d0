//! Quarters and halves of years, as reports name their columns and rows.

/// Longer texts say more than a part of a year.
const LONGEST: usize = 40;

/// The year, and the month in which its part begins: `Q2 2024`, `2024-Q2`, `2Q24`, `T2 2024`, `2. Quartal 2024`, `second
/// quarter of 2024` and `2024年第二季度` are (2024, 4), `H2 2023` is (2023, 7). `None` for whatever is not just that.
pub fn part_of_year(text: &str) -> Option<(u16, u8)> {
    const ORDINALS: [&[&str]; 4] = [
        &["first", "erstes", "premier", "primer"],
        &["second", "zweites", "deuxième", "segundo"],
        &["third", "drittes", "troisième", "tercer"],
        &["fourth", "viertes", "quatrième", "cuarto"],
    ];
    const BESIDE: &[&str] =
        &["st", "nd", "rd", "th", "er", "e", "ème", "º", "of", "de", "fy", "the", "du", "del", "第", "年"];
    if text.chars().count() > LONGEST {
        return None;
    }
    let (mut year, mut part, mut months) = (None, None, None);
    for piece in pieces(text) {
        let first = if let Ok(number) = piece.parse::<u16>() {
            match (piece.len(), number) {
                (4, 1000..=2999) => year.replace(number).map(drop),
                (2, _) => year.replace(2000 + number).map(drop),
                (1, 1..=4) => part.replace(number).map(drop),
                _ => return None,
            }
        } else if let Some(place) = ORDINALS.iter().position(|words| words.contains(&piece.as_str())) {
            part.replace(u16::try_from(place).ok()? + 1).map(drop)
        } else {
            match piece.as_str() {
                "q" | "qtr" | "quarter" | "quartal" | "t" | "trim" | "trimestre" | "季度" | "季" => {
                    months.replace(3).map(drop)
                }
                "h" | "hj" | "half" | "halbjahr" | "s" | "semestre" => months.replace(6).map(drop),
                beside if BESIDE.contains(&beside) => None,
                _ => return None,
            }
        };
        // Two years, or two parts.
        if first.is_some() {
            return None;
        }
    }
    let (year, part, months) = (year?, part?, months?);
    (part * months <= 12).then(|| u8::try_from((part - 1) * months + 1).ok().map(|month| (year, month)))?
}

/// Runs of digits and of letters, in small letters; Chinese numerals before a quarter as digits.
fn pieces(text: &str) -> Vec<String> {
    let quarter = text.contains('季');
    let mut pieces: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let c = match "一二三四".chars().position(|numeral| numeral == c).filter(|_| quarter) {
            Some(place) => ['1', '2', '3', '4'][place],
            None => c,
        };
        let kind =
            (c.is_alphanumeric() || c == 'º').then(|| (c.is_ascii_digit(), Some(c).filter(|c| "第年".contains(*c))));
        match (kind, pieces.last_mut()) {
            (Some(_), Some(piece)) if kind == last => piece.extend(c.to_lowercase()),
            (Some(_), _) => pieces.push(c.to_lowercase().collect()),
            (None, _) => {}
        }
        last = kind;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::part_of_year;

    #[test]
    fn a_quarter_begins_with_a_month() {
        for text in
            ["Q2 2024", "q2/2024", "2024-Q2", "2024Q2", "2Q24", "T2 2024", "2. Quartal 2024", "second quarter of 2024"]
        {
            assert_eq!(part_of_year(text), Some((2024, 4)), "{text}");
        }
        assert_eq!(part_of_year("2024年第二季度"), Some((2024, 4)));
        assert_eq!(part_of_year("H2 2023"), Some((2023, 7)));
        assert_eq!(part_of_year("2. Halbjahr 2023"), Some((2023, 7)));
        for text in
            ["2024", "Q2", "Q5 2024", "H3 2024", "Q1 2023 Q2 2024", "Q1-Q2 2024", "model Q2 2024", "2024-02", "T 34"]
        {
            assert_eq!(part_of_year(text), None, "{text}");
        }
    }
}
