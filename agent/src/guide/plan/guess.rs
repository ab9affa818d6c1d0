//! Calculations that nobody asked for: numbers that stand nowhere, sums of unlike things.

use super::amounts::given;
use super::signs::{calls_for_arithmetic, says, words, years};
use crate::guide::digits::in_digits;

/// Whether an expression adds a number that nobody said to a value, or takes it from one (`a - 1`), or reckons with
/// values where a word or two only name something.
pub fn is_a_guess(expression: &str, request: &str) -> bool {
    let parts: Vec<&str> = expression.split(['(', ')', ' ']).filter(|part| !part.is_empty()).collect();
    let figure = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '.') && part.parse::<f64>().is_ok();
    let unsaid = |part: &str| figure(part) && !given(request).iter().any(|own| own == part) && !request.contains(part);
    let adds = parts
        .windows(3)
        .any(|w| ["+", "-"].contains(&w[1]) && (is_name(w[0]) && unsaid(w[2]) || unsaid(w[0]) && is_name(w[2])));
    // Half of it, or three of them, is asked for in words; what a page's value is divided by has to be known.
    let small = |part: &str| figure(part) && part.len() == 1 && part != "1";
    let said = given(&in_digits(request));
    let parted = parts
        .windows(3)
        .any(|w| w[1] == "/" && is_name(w[0]) && small(w[2]) && unsaid(w[2]) && !said.iter().any(|own| own == w[2]));
    let one = parts.iter().filter(|part| is_name(part)).count() == 1;
    if parted
        && one
        && !says(&request.to_lowercase(), PARTS)
        && !request.contains(['半', '倍', '两', '二', '天', '日', '周', '月'])
    {
        return true;
    }
    let names_only = words(request).count() < 3 && !calls_for_arithmetic(&request.to_lowercase());
    adds && !says(&request.to_lowercase(), ONE_MORE) || names_only && parts.len() > 2 && is_name(parts[0])
}

/// Whether an expression multiplies or divides by a year of the request: "per worker in 2022" is no 2022nd part.
pub fn is_by_a_year(expression: &str, request: &str) -> bool {
    let years = years(request);
    let parts: Vec<&str> = expression.split(['(', ')', ' ']).filter(|part| !part.is_empty()).collect();
    let is_year = |part: &str| years.iter().any(|year| year == part);
    parts.windows(3).any(|w| ["*", "/"].contains(&w[1]) && (is_year(w[0]) || is_year(w[2])))
}

/// Words for parts of something, and for a few.
const PARTS: &[&str] = &[
    "half", "halves", "quarter", "third", "fifth", "couple", "pair", "both", "either", "radius", "mean", "average",
    "hälfte", "halb", "halbe", "viertel", "drittel", "beide", "beiden", "paar", "moitié", "tiers", "quart", "deux",
    "mitad", "tercio", "cuarto", "ambos", "season", "seasons", "decade", "day", "daily", "week", "weekly", "month",
    "tag", "täglich", "woche", "jour", "semaine", "día", "semana",
];
/// Words for small numbers that a sum may be with.
const ONE_MORE: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "half", "double", "twice", "after",
    "before", "next", "previous", "percent", "growth", "interest", "ein", "eins", "zwei", "drei", "un", "deux",
    "trois", "uno", "dos", "tres", "一", "二", "三", "两",
];

/// Whether two things that were looked up are added though no word asks for that: grams of flour and a number of
/// eggs.
pub fn is_unasked_sum(expression: &str, request: &str) -> bool {
    const ADDING: &[&str] = &[
        "together",
        "total",
        "sum",
        "altogether",
        "combined",
        "both",
        "add",
        "added",
        "plus",
        "overall",
        "in all",
        "all",
        "older",
        "when",
        "year",
        "zusammen",
        "insgesamt",
        "summe",
        "beide",
        "ensemble",
        "somme",
        "juntos",
        "suma",
        "en todo",
    ];
    let parts: Vec<&str> = expression.split('+').map(str::trim).collect();
    parts.len() > 1 && parts.iter().all(|part| is_name(part)) && request.is_ascii() && !says(request, ADDING)
}

/// Whether a word is a fact's name: `a`, `b1`.
pub fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_nobody_said_are_guesses() {
        assert!(is_a_guess("a - 1", "how many more locks than the other canal?"));
        assert!(is_a_guess("a - b", "turnout?"));
        assert!(!is_a_guess("a - 12", "how much is it less 12?"));
        assert!(!is_a_guess("a - 1", "and what is one less?"));
        assert!(!is_a_guess("a * 365 / 7", "how much is that a week?"));
        assert!(!is_a_guess("a - b", "the difference?"));
        assert!(is_a_guess("a / 2", "平均一个老师教几个学生？") && is_a_guess("a / 4", "how many pupils has a class?"));
        assert!(!is_a_guess("a / 7", "how many are that a day?"));
        assert!(!is_a_guess("a / 2", "and half of that?") && !is_a_guess("a / 3", "shared by three of us?"));
        assert!(
            !is_a_guess("(a + b) / 2", "and the mean of them?") && !is_a_guess("a / 12", "how much is that a month?")
        );
    }

    #[test]
    fn a_year_divides_nothing() {
        assert!(is_by_a_year("a / 2022", "how many kilometres of rope is that per worker in 2022?"));
        assert!(!is_by_a_year("2022 - a", "how old was it in 2022?"));
        assert!(!is_by_a_year("a / 12", "how much is that a month in 2022?"));
    }

    #[test]
    fn unlike_things_are_not_added() {
        assert!(is_unasked_sum("b + c", "how much flour and how many eggs do i need?"));
        assert!(!is_unasked_sum("b + c", "how long are the two bridges together?"));
    }
}
