//! What a plan would collect into a table only to calculate with it: people per square kilometre of two towns. No page has
//! such columns. The pages are read for what they do have, with the question before them.

use super::Step;
use super::signs::{is_drawn, says};
use crate::guide::named;
use crate::notebook::{Chat, fact_name};

const TABLE: &[&str] = &["table", "tabelle", "tableau", "tabla", "表格"];
const LIST: &[&str] = &["list", "liste", "lista"];

/// The plan without a chart, where a table is asked for and no word asks to draw.
pub fn without_unasked_chart(steps: &mut Vec<Step>, request: &str) {
    let small = request.to_lowercase();
    let others = steps.iter().any(|step| !matches!(step, Step::Chart { .. }));
    if others && says(&small, TABLE) && !is_drawn(&small) {
        steps.retain(|step| !matches!(step, Step::Chart { .. }));
    }
}

/// A table of two named things and a query that divides or subtracts its columns, as look-ups with a calculation. Others stay.
pub fn without_table(steps: Vec<Step>, request: &str, chat: &Chat) -> Vec<Step> {
    let small = request.to_lowercase();
    let [Step::Collect { .. }, Step::Sql { query, .. }] = steps.as_slice() else { return steps };
    let things = named::names_said(request);
    let ([one, other], true) = (things.as_slice(), chat.tables.is_empty()) else { return steps };
    if says(&small, TABLE) || says(&small, LIST) || is_drawn(&small) || one == other {
        return steps;
    }
    let Some(what) = calculated(query) else { return steps };
    let name = |i: usize| fact_name(chat.facts.len() + i);
    let find = |(i, thing): (usize, &String)| Step::Find { name: name(i), what: format!("{what} of {thing}") };
    let expression = format!("{} - {}", name(0), name(1));
    let finds = things.iter().enumerate().map(find);
    finds.chain([Step::Calc { name: name(2), expression }]).collect()
}

/// What a query calls the column that it works out of two others.
fn calculated(query: &str) -> Option<String> {
    let (select, _) = query.split_once(" FROM ")?;
    let of_two = |part: &&str| part.contains(" / ") || part.contains(" - ");
    let part = select.split(", ").find(of_two)?;
    let (_, called) = part.rsplit_once(" AS ")?;
    Some(called.trim_matches(['"', ' ']).replace('_', " ").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_no_chart() {
        let chart = || Step::Chart { kind: "line".into(), table: "t1".into(), options: Vec::new() };
        let left = |request: &str| {
            let mut steps = vec![Step::Sql { name: "t1".into(), query: "SELECT 1".into() }, chart()];
            without_unasked_chart(&mut steps, request);
            steps.len()
        };
        assert_eq!((left("请整理成一个表格"), left("a table and a bar chart of it"), left("draw it")), (1, 2, 2));
    }

    #[test]
    fn what_is_calculated_is_read_off_the_pages() {
        let query = "SELECT \"Name\", \"People\" * 1.0 / \"Area\" AS \"People per square\" FROM t1 ORDER BY 2 DESC";
        let plan = |request: &str, query: &str| {
            let columns = ["Name", "People", "Area"].map(str::to_owned).to_vec();
            let collect = Step::Collect { name: "t1".into(), things: "towns".into(), columns };
            let steps = vec![collect, Step::Sql { name: "t2".into(), query: query.into() }];
            let steps = without_table(steps, request, &Chat::new("c"));
            steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let request = "Is Ostrel Town or Vell Town more crowded, by people per square km?";
        assert_eq!(
            plan(request, query),
            "a = find(people per square of Ostrel Town); b = find(people per square of Vell Town); c = calc(a - b)"
        );
        assert!(plan("Make a table of Ostrel Town and Vell Town by people per square km", query).contains("collect"));
        assert!(plan(request, "SELECT Name, People FROM t1 ORDER BY People").contains("collect"));
    }
}
