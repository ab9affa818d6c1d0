//! Another thing beside the one of a chart: "now put Vell in there as well". It is collected as the first one was, and drawn as
//! a second series.

use super::Step;
use super::plain::is_known;
use super::redrawn::like;
use super::signs::{says, words};
use crate::guide::named;
use crate::notebook::{Chart, Chat, query_of};
use polymath_tools::in_sql;

/// Words of such a request, at most.
const SHORT: usize = 14;
/// Words that put something beside what there is.
const ADDING: &[&str] = &[
    "add",
    "include",
    "too",
    "also",
    "as well",
    "in there",
    "beside",
    "alongside",
    "compare",
    "füge",
    "hinzu",
    "dazu",
    "auch",
    "ergänze",
    "daneben",
    "ajoute",
    "ajoutez",
    "aussi",
    "rajoute",
    "añade",
    "agrega",
    "también",
    "加上",
    "也",
];
/// Words that say nothing of what is added.
const SAME: &[&str] = &[
    "same", "years", "year", "period", "line", "lines", "bars", "gleichen", "jahre", "mêmes", "années", "mismos",
    "años",
];

/// The plan that draws another thing beside the chart's, where the chart is of one thing's table that was collected.
pub fn another(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let chart = chat.charts.last().filter(|chart| chart.series.is_none())?;
    if !says(&small, ADDING) || words(&small).count() > SHORT || small.contains(['?', '？']) {
        return None;
    }
    let collect = |plan: Vec<Step>| {
        plan.into_iter().find_map(|step| match step {
            Step::Collect { things, columns, .. } => Some((things, columns)),
            _ => None,
        })
    };
    let plans =
        chat.asked.iter().rev().filter_map(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()).ok());
    let (things, columns) = plans
        .filter_map(collect)
        .next()
        .filter(|(_, columns)| [&chart.x, &chart.y].iter().all(|c| columns.contains(*c)))?;
    let [old] = <[String; 1]>::try_from(named::names_said(&things)).ok()?;
    let new = named_newly(request, &small, &things)?;
    let place = |at: usize| format!("t{}", chat.tables.len() + at);
    let (x, y) = (in_sql(&chart.x), in_sql(&chart.y));
    let condition = condition(chart, chat).unwrap_or_default();
    let text = |name: &str| format!("'{}'", name.replace('\'', "''"));
    let query = format!(
        "SELECT {x}, {y}, {} AS \"Name\" FROM {} UNION ALL SELECT {x}, {y}, {} AS \"Name\" FROM {}{condition}",
        text(&old),
        chart.table,
        text(&new),
        place(1)
    );
    let drawn = Chart { series: Some("Name".to_owned()), title: None, color: None, ..chart.clone() };
    Some(vec![
        Step::Collect { name: place(1), things: things.replace(&old, &new), columns },
        Step::Sql { name: place(2), query },
        like(&drawn, &place(2)),
    ])
}

/// The name that a request brings in: one with a capital, or the only words in small letters that say nothing else.
fn named_newly(request: &str, small: &str, known: &str) -> Option<String> {
    if let [name] = named::names_said(request).as_slice() {
        return (!known.contains(name.as_str())).then(|| name.clone());
    }
    let listed = |word: &str| ADDING.iter().chain(SAME).any(|own| words(own).any(|part| part == word));
    let all: Vec<&str> = words(small).collect();
    let unknown = |word: &&str| !listed(word) && !is_known(word) && word.chars().all(char::is_alphabetic);
    let first = all.iter().position(unknown)?;
    let name: Vec<&str> = all[first..].iter().copied().take_while(unknown).collect();
    let other = all[first + name.len()..].iter().any(unknown);
    let big = |word: &&str| -> String {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    };
    let told = name.iter().map(big).collect::<Vec<_>>().join(" ");
    (!other && name.len() < 4 && !known.to_lowercase().contains(&name.join(" "))).then_some(told)
}

/// The condition on what goes across that the chart's rows were chosen by: the same years of the other thing.
fn condition(chart: &Chart, chat: &Chat) -> Option<String> {
    let query = query_of(chat.table_named(&chart.table)?)?;
    let (_, behind) = query.split_once(" WHERE ")?;
    let condition = behind.split(" ORDER BY ").next()?;
    let own = condition.replace('"', "").starts_with(chart.x.as_str());
    (own && !condition.contains(" GROUP BY ")).then(|| format!(" WHERE {condition}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Asked;
    use polymath_chat::{Cell, Provenance, Table};

    #[test]
    fn another_thing_is_a_second_series() {
        let mut chat = Chat::new("c");
        let columns = ["Year", "People"].map(str::to_owned).to_vec();
        let query = "SELECT * FROM t1 WHERE Year BETWEEN 2000 AND 2020".to_owned();
        let provenance = Provenance::Computed { how: format!("sql: {query}") };
        let row = vec![Cell::new("2000", provenance.clone()), Cell::new("15,960", provenance)];
        chat.tables = vec![Table { title: "people of Ost".into(), columns: columns.clone(), rows: vec![row] }; 2];
        let plan = [Step::Collect { name: "t1".into(), things: "people of Ost".into(), columns }];
        let plan = serde_json::to_value(plan).unwrap_or_default();
        chat.asked.push(Asked { question: "draw the people of Ost".into(), plan, fact: None });
        let (table, kind, x, y) = ("t2".into(), "line".into(), "Year".into(), "People".into());
        chat.charts.push(Chart { name: "c1".into(), table, kind, x, y, ..Chart::default() });
        let told = |request: &str| {
            let steps = another(request, &chat)?;
            Some(steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let made = told("now put marnby in there as well, same years").unwrap_or_default();
        assert!(made.starts_with("t3 = collect(people of Marnby: Year, People); t4 = sql(SELECT "), "{made}");
        assert!(
            made.contains("'Ost' AS \"Name\" FROM t2 UNION ALL") && made.contains("'Marnby' AS \"Name\" FROM t3"),
            "{made}"
        );
        assert!(made.ends_with("chart(line, t4, x=Year, y=People, series=Name)"), "{made}");
        assert!(told("add Vell Town too").is_some_and(|made| made.contains("people of Vell Town")));
        assert_eq!(told("make the bars green as well"), None);
        assert_eq!(told("is Vell bigger too?"), None);
    }
}
