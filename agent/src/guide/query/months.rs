//! A month that a request names without its year.

use super::super::plan::{said, years};

/// January to December in English, German, French, Spanish and Chinese.
const MONTHS: [[&str; 5]; 12] = [
    ["january", "januar", "janvier", "enero", "1月"],
    ["february", "februar", "février", "febrero", "2月"],
    ["march", "märz", "mars", "marzo", "3月"],
    ["april", "april", "avril", "abril", "4月"],
    ["may", "mai", "mai", "mayo", "5月"],
    ["june", "juni", "juin", "junio", "6月"],
    ["july", "juli", "juillet", "julio", "7月"],
    ["august", "august", "août", "agosto", "8月"],
    ["september", "september", "septembre", "septiembre", "9月"],
    ["october", "oktober", "octobre", "octubre", "10月"],
    ["november", "november", "novembre", "noviembre", "11月"],
    ["december", "dezember", "décembre", "diciembre", "12月"],
];

/// The number of the one month that a request in small letters names.
fn month(request: &str) -> Option<usize> {
    let says = |names: &[&str; 5]| {
        said(request, &names[..4])
            || request.match_indices(names[4]).any(|(at, _)| !request[..at].ends_with(char::is_numeric))
    };
    let mut named = (0..12).filter(|i| says(&MONTHS[*i]));
    match (named.next(), named.next()) {
        (Some(i), None) => Some(i + 1),
        _ => None,
    }
}

/// A month of no year is one of every year: `LIKE '%-10-%'` for the `LIKE '2010-%'` of a model that has taken October's number
/// for a year's, or for the days of a year that it has made up.
pub fn in_month(query: &str, request: &str) -> String {
    let (Some(month), true) = (month(request), years(request).is_empty()) else { return query.to_owned() };
    let unsaid = |text: &str| {
        let year = text.get(..4).filter(|year| year.chars().all(|c| c.is_ascii_digit()));
        year.is_some_and(|year| !request.contains(year)) && text[4..].starts_with(['-', '%'])
    };
    let pattern = format!("%-{month:02}-%");
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, quoted)) = rest.split_once('\'') {
        let Some((text, after)) = quoted.split_once('\'') else { break };
        let sign = before.trim_end();
        let other = after.strip_prefix(" AND '").and_then(|after| after.split_once('\''));
        match (sign.strip_suffix("BETWEEN"), other) {
            (Some(column), Some((last, behind))) if unsaid(text) && unsaid(last) => {
                out.push_str(&format!("{column}LIKE '{pattern}'"));
                rest = behind;
            }
            _ if unsaid(text) && sign.ends_with("LIKE") => {
                out.push_str(&format!("{before}'{pattern}'"));
                rest = after;
            }
            _ => {
                out.push_str(&format!("{before}'{text}'"));
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_without_a_year_is_one_of_every_year() {
        let check = |query: &str, request: &str, want: &str| assert_eq!(in_month(query, request), want);
        let of_may = "SELECT SUM(mm) FROM t1 WHERE day LIKE '%-05-%'";
        check("SELECT SUM(mm) FROM t1 WHERE day LIKE '2025-05%'", "how much fell in may", of_may);
        check("SELECT SUM(mm) FROM t1 WHERE day LIKE '2005-%'", "wie viel fiel im mai", of_may);
        check("SELECT SUM(mm) FROM t1 WHERE day BETWEEN '2025-05-01' AND '2025-05-31'", "en mayo", of_may);
        let named = "SELECT SUM(mm) FROM t1 WHERE note = 'a' AND day LIKE '2025-05%' ORDER BY mm";
        check(named, "a in may", "SELECT SUM(mm) FROM t1 WHERE note = 'a' AND day LIKE '%-05-%' ORDER BY mm");
        let said = "SELECT SUM(mm) FROM t1 WHERE day LIKE '2025-05%'";
        check(said, "how much fell in may 2025", said);
        check(said, "from may to june", said);
        assert_eq!((month("11月下了多少雨"), month("1月")), (Some(11), Some(1)));
    }
}
