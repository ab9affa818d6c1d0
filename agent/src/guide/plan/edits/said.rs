//! What the model said of a change against the words of the request: a kind of chart that is named is meant, and no axis is
//! logarithmic unasked.

use crate::guide::plan::kinds::kind_of;
use crate::guide::plan::options::{TREND, says_log};
use crate::guide::plan::signs::says;
use crate::notebook::Chart;

/// The changes, a line each, as the request has them.
pub fn as_said(edits: &str, request: &str, chart: &Chart) -> String {
    let small = request.to_lowercase();
    let mut lines: Vec<String> =
        edits.lines().filter(|line| *line != "log: yes" || says_log(&small)).map(str::to_owned).collect();
    // The lines of a grid and of a trend are none of the chart's, and bars lie or stand as before.
    let of_another = |kind: &&str| {
        *kind != chart.kind
            && !(*kind == "line" && (says(&small, TREND) || small.contains("grid") || small.contains("gitter")))
            && !(*kind == "bar" && ["barh", "hist"].contains(&chart.kind.as_str()))
    };
    if !lines.iter().any(|line| line.starts_with("kind: ") || line == "none")
        && let Some(kind) = kind_of(&small).filter(of_another)
    {
        lines.push(format!("kind: {kind}"));
    }
    lines.join("\n")
}

/// A request in which a word and the quotation mark behind it are two: 'guests a night' is a title, and dogs' is a word.
pub fn unquoted(request: &str) -> String {
    let chars: Vec<char> = request.chars().collect();
    let lettered = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphanumeric());
    let mark = |i: usize| matches!(chars[i], '\'' | '’' | '‘');
    let opens = |i: usize| mark(i) && !lettered(i.checked_sub(1)) && lettered(Some(i + 1));
    if !(0..chars.len()).any(opens) {
        return request.to_owned();
    }
    let one = |i: usize| if mark(i) && !(lettered(i.checked_sub(1)) && lettered(Some(i + 1))) { '"' } else { chars[i] };
    (0..chars.len()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_meant() {
        let chart = |kind: &str| Chart { kind: kind.into(), ..Chart::default() };
        let check = |edits: &str, request: &str, kind: &str, want: &str| {
            assert_eq!(as_said(edits, request, &chart(kind)), want, "{request}");
        };
        let lying = "leg die Balken bitte liegend und sortiere sie";
        check("log: yes\nsort: largest first", lying, "bar", "sort: largest first\nkind: barh");
        check("values: yes", "lieber Säulen, mit den Zahlen", "line", "values: yes\nkind: bar");
        check("values: yes", "write the numbers on the bars", "barh", "values: yes");
        check("trend: yes", "lay a trend line through it", "scatter", "trend: yes");
        check("none", "a pie of it, drawn like the other one", "bar", "none");
        check("log: yes", "a log axis please", "bar", "log: yes");
    }
}
