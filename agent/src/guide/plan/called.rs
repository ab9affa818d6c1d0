//! What the columns are called that a plan works out for a chart: "Total" on an axis says nothing of what was summed.

use super::Step;
use super::columns::named;
use crate::language::Language;
use crate::notebook::Chat;
use polymath_tools::in_sql;

/// Names that say only how a column was worked out, with the function that does.
const BARE: &[(&str, &str)] = &[("SUM(", "Total"), ("SUM(", "Sum"), ("AVG(", "Average"), ("AVG(", "Mean")];

/// The plan with the column that is drawn called by what it is made of.
pub fn called(mut steps: Vec<Step>, request: &str, chat: &Chat) -> Vec<Step> {
    let at = steps.len();
    let Some([Step::Sql { name, query }, Step::Chart { table, options, .. }]) =
        at.checked_sub(2).map(|at| &mut steps[at..])
    else {
        return steps;
    };
    let Some((_, y)) = options.iter_mut().find(|(option, _)| option == "y").filter(|_| table == name) else {
        return steps;
    };
    let source = query.rsplit(" FROM ").next().and_then(|from| named(from.split(' ').next()?, chat));
    let taken = source.is_some_and(|table| table.columns.iter().any(|column| column.eq_ignore_ascii_case(y)));
    if query.matches("SELECT").count() > 1 || taken {
        return steps;
    }
    let found = BARE.iter().find_map(|(function, bare)| {
        let (own, column) = (y == bare, column_of(query, function, y)?);
        // One that was called so for another column before.
        (own || y.starts_with(&format!("{bare} "))).then_some((*bare, column))
    });
    let Some((bare, column)) = found else { return steps };
    let shown = column.replace('_', " ");
    let new = match (Language::of(request), bare) {
        (Language::English, "Total" | "Sum") => format!("Total {shown}"),
        (Language::English, _) => format!("Average {shown}"),
        (_, "Total" | "Sum") => shown,
        _ => format!("Ø {shown}"),
    };
    *query = with_name(query, y, &new);
    *y = new;
    steps
}

/// The column that a query sums, or averages, under this name.
fn column_of(query: &str, function: &str, name: &str) -> Option<String> {
    let end =
        [format!(") AS {name}"), format!(") AS {}", in_sql(name))].iter().find_map(|end| query.find(end.as_str()))?;
    let start = query[..end].rfind(function)? + function.len();
    let column = query[start..end].trim().trim_matches('"');
    (!column.is_empty() && column.chars().all(|c| c.is_alphanumeric() || " _".contains(c))).then(|| column.to_owned())
}

/// A query with another name for a column that it works out.
fn with_name(query: &str, old: &str, new: &str) -> String {
    let new = in_sql(new);
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '\'';
    let query = query.replace(&in_sql(old), &new);
    let mut out = String::new();
    let mut rest = query.as_str();
    while let Some(at) = rest.find(old) {
        let (before, behind) = (&rest[..at], &rest[at + old.len()..]);
        let within = before.ends_with(part) || before.is_empty() && out.ends_with(part);
        let whole = !within && !behind.starts_with(part);
        out.push_str(before);
        out.push_str(if whole { &new } else { old });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, y: &str, request: &str, want: &str) {
        let options = vec![("x".to_owned(), "branch".to_owned()), ("y".to_owned(), y.to_owned())];
        let steps = vec![
            Step::Sql { name: "t2".into(), query: query.into() },
            Step::Chart { kind: "bar".into(), table: "t2".into(), options },
        ];
        let told: Vec<String> = called(steps, request, &Chat::new("c")).iter().map(ToString::to_string).collect();
        assert_eq!(told.join("; "), want, "{query}");
    }

    #[test]
    fn a_sum_is_called_by_what_is_summed() {
        let query = "SELECT branch, SUM(cups_sold) AS Total FROM t1 GROUP BY branch ORDER BY Total DESC";
        let sum = |name: &str| {
            format!(
                "t2 = sql(SELECT branch, SUM(cups_sold) AS \"{name}\" FROM t1 GROUP BY branch ORDER BY \"{name}\" DESC); \
                 chart(bar, t2, x=branch, y={name})"
            )
        };
        check(query, "Total", "a bar chart of the cups sold at each branch", &sum("Total cups sold"));
        check(query, "Total", "ein Balkendiagramm der Becher je Filiale", &sum("cups sold"));
        let again = query.replace("Total", "\"Total revenue\"");
        check(&again, "Total revenue", "now the cups sold instead", &sum("Total cups sold"));
        let other = "SELECT branch, COUNT(*) AS Count FROM t1 GROUP BY branch";
        let same = format!("t2 = sql({other}); chart(bar, t2, x=branch, y=Count)");
        check(other, "Count", "how many at each branch, as bars", &same);
    }
}
