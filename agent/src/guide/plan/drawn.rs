//! What a plan of a small model draws wrong though the table says how: a histogram of groups, one column where two are named,
//! no line for each name.

use super::Step;
use super::columns::{INSTEAD, column_named, is_numeric, named, tells_apart};
use super::kinds::kind_of;
use super::options::says_log;
use super::signs::{says, words};
use crate::guide::given::beside;
use crate::notebook::Chat;
use polymath_chat::Table;
use polymath_tools::in_sql;
use std::collections::HashSet;

/// The plan with what it draws set right; a change is one of the chart that was drawn last.
pub fn mended(mut steps: Vec<Step>, request: &str, chat: &Chat) -> Vec<Step> {
    if let ([Step::Change { chart, .. }], Some(last)) = (steps.as_mut_slice(), chat.charts.last())
        && !says(&request.to_lowercase(), &[chart.as_str(), "first", "erste", "premier", "primer"])
    {
        chart.clone_from(&last.name);
    }
    let Some(drawn) = steps.iter().position(|step| matches!(step, Step::Chart { .. })) else { return steps };
    if drawn + 1 != steps.len() {
        return steps;
    }
    if let Some(given) = of_pairs(&steps, request) {
        return given;
    }
    of_years(&mut steps);
    of_its_column(&mut steps, request);
    of_values(&mut steps);
    as_said(&mut steps, request, chat);
    // "The cups instead of the revenue" are not both.
    match several(&steps, request, chat).filter(|_| !says(&request.to_lowercase(), INSTEAD)) {
        Some(several) => several,
        None => steps,
    }
}

/// The numbers that a request gives each with its name ("rent 980, food 412, fun 160"), where the plan would look them up, or
/// leaves some out.
fn of_pairs(steps: &[Step], request: &str) -> Option<Vec<Step>> {
    let [first, .., Step::Chart { kind, options, .. }] = steps else { return None };
    let rows = pairs(request);
    let lacks = |columns: &[String], own: &[Vec<String>]| {
        let taken = |row: &Vec<String>| rows.iter().any(|pair| row.iter().all(|cell| pair.contains(cell)));
        columns.len() == 2 && own.len() < rows.len() && own.iter().all(taken)
    };
    match first {
        Step::Find { .. } | Step::Collect { .. } => {}
        Step::Table { columns, rows: own, .. } if lacks(columns, own) => {}
        _ => return None,
    }
    let columns = vec!["Name".to_owned(), "Amount".to_owned()];
    let mut options = options.clone();
    [("x", "Name"), ("y", "Amount")].into_iter().for_each(|(name, value)| set(&mut options, name, value));
    let name = "t1".to_owned();
    let chart = Step::Chart { kind: kind.clone(), table: name.clone(), options };
    (rows.len() >= PAIRS).then(|| vec![Step::Table { name, columns, rows }, chart])
}

/// Pairs from which on a request gives what is to be drawn.
const PAIRS: usize = 3;

fn pairs(request: &str) -> Vec<Vec<String>> {
    let list = request.split_once(':').map_or(request, |(_, list)| list);
    let pair = |part: &str| {
        let part = part.trim().trim_start_matches("and ").trim_end_matches('.');
        let at = part
            .match_indices(' ')
            .map(|(at, _)| at + 1)
            .find(|at| part[*at..].starts_with(|c: char| c.is_ascii_digit() || "$€£".contains(c)))?;
        let name = part[..at].trim().trim_end_matches([':', '=', '-', '–']).trim();
        // What is asked for behind the last one is none of its value.
        let value = part[at..].split(". ").next().unwrap_or_default().trim();
        let alone = value.split(' ').count() < 5;
        (!name.is_empty() && name.split(' ').count() < 5 && alone).then(|| vec![name.to_owned(), value.to_owned()])
    };
    // A comma in a number has no space behind it.
    list.split([';', '\n']).flat_map(|part| part.split(", ")).filter_map(pair).collect()
}

fn option<'a>(options: &'a [(String, String)], name: &str) -> Option<&'a str> {
    options.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

fn set(options: &mut Vec<(String, String)>, name: &str, value: &str) {
    options.retain(|(own, _)| own != name);
    options.push((name.to_owned(), value.to_owned()));
}

/// A chart of one thing's values over the years is of two columns: the year, and what stands first in what is collected
/// ("flamencos de la laguna"), however often and in whatever words the plan names it and the thing beside it.
fn of_years(steps: &mut [Step]) {
    const NAME: &[&str] = &["name", "nombre", "nom", "number", "zahl", "anzahl", "número", "nombres"];
    const LINKING: &[&str] =
        &["of", "the", "de", "la", "el", "los", "las", "del", "le", "les", "des", "der", "die", "das", "von"];
    let [Step::Collect { things, columns, .. }, Step::Chart { options, .. }] = steps else { return };
    let Some((year, rest)) = columns.split_first() else { return };
    if !YEAR.contains(&year.to_lowercase().as_str()) || rest.len() < 2 {
        return;
    }
    let bare = |column: &String| {
        let own = words(column).skip_while(|word| {
            let small = word.to_lowercase();
            NAME.contains(&small.as_str()) || LINKING.contains(&small.as_str())
        });
        own.collect::<Vec<_>>().join(" ")
    };
    let small = things.to_lowercase();
    let place = |column: &String| small.find(&column.to_lowercase());
    let of_things = rest.iter().map(bare).filter(|column| !column.is_empty()).collect::<Vec<_>>();
    // Columns of which the look-up says nothing are values of their own.
    let Some(first) = of_things.iter().min_by_key(|column| place(column)).cloned() else { return };
    if of_things.iter().any(|column| place(column).is_none()) || rest.iter().all(|column| bare(column) == *column) {
        return;
    }
    let year = year.clone();
    [("x", year.as_str()), ("y", first.as_str())].into_iter().for_each(|(name, value)| set(options, name, value));
    *columns = vec![year, first];
}

/// Bars lie where the request says so, and an axis is logarithmic only where it does, or did.
fn as_said(steps: &mut [Step], request: &str, chat: &Chat) {
    let small = beside(request).to_lowercase();
    let Some(Step::Chart { kind, options, .. }) = steps.last_mut() else { return };
    if *kind == "bar" && kind_of(&small) == Some("barh") && !small.contains("axis") {
        "barh".clone_into(kind);
    }
    let was = option(options, "y").is_some_and(|y| chat.charts.last().is_some_and(|last| last.log && last.y == y));
    options.retain(|(option, _)| option != "log" || was || says_log(&small));
}

/// Of a table that the request gives, what its first sentence names.
fn of_its_column(steps: &mut [Step], request: &str) {
    let [Step::Table { name, columns, rows }, Step::Chart { table, options, .. }] = steps else { return };
    let first = request.split([':', '\n']).next().unwrap_or_default().split(". ").next().unwrap_or_default();
    let Some(given) = crate::guide::given::table("", columns.clone(), rows.clone()).filter(|_| table == name) else {
        return;
    };
    if let Some(at) = column_named(&first.to_lowercase(), &given, |at| at > 0 && is_numeric(&given, at)) {
        set(options, "y", &given.columns[at]);
    }
}

/// A histogram is of a column's values, and not of the groups that they make.
fn of_values(steps: &mut [Step]) {
    let at = steps.len();
    let Some([Step::Sql { name, query }, Step::Chart { kind, table, options }]) =
        at.checked_sub(2).map(|at| &mut steps[at..])
    else {
        return;
    };
    let Some((front, behind)) = query.split_once(" FROM ").filter(|_| kind == "hist" && table == name) else { return };
    let column =
        front.trim_start_matches("SELECT ").split(',').next().unwrap_or_default().trim().trim_matches('"').to_owned();
    let Some((rows, _)) = behind.split_once(" GROUP BY ").filter(|_| !column.contains(['(', '*'])) else { return };
    *query = format!("SELECT * FROM {rows}");
    options.retain(|(own, _)| own != "x");
    set(options, "y", &column);
}

/// Several columns side by side, or a line for each name, of the table that is drawn.
fn several(steps: &[Step], request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let Some(Step::Chart { kind, table, options }) = steps.last() else { return None };
    if !["bar", "barh", "line", "area"].contains(&kind.as_str()) || option(options, "series").is_some() {
        return None;
    }
    if let Some(steps) = of_collected(steps, request, chat) {
        return Some(steps);
    }
    let base = match steps {
        [Step::Sql { name, query }, _] if name == table => query.rsplit(" FROM ").next()?.split([' ', ')']).next()?,
        [_] => table,
        _ => return None,
    };
    let source = named(base, chat)?;
    let small = beside(request).to_lowercase();
    let chart = |table: &str, x: &str, y: &str, series: &str| {
        let mut options = options.clone();
        [("x", x), ("y", y), ("series", series)].into_iter().for_each(|(name, value)| set(&mut options, name, value));
        Step::Chart { kind: kind.clone(), table: table.to_owned(), options }
    };
    let name = format!("t{}", chat.tables.len() + 1);
    if let Some((time, by, value)) = told_apart(&small, source) {
        let [time, by, value] = [time, by, value].map(|at| source.columns[at].as_str());
        let (x, series, y) = (in_sql(time), in_sql(by), in_sql(value));
        let query = format!("SELECT {x}, {series}, SUM({y}) AS {y} FROM {base} GROUP BY {x}, {series} ORDER BY {x}");
        return Some(vec![Step::Sql { name: name.clone(), query }, chart(&name, time, value, by)]);
    }
    let across = option(options, "x").and_then(|x| source.columns.iter().find(|own| own.eq_ignore_ascii_case(x)));
    let across = across.or_else(|| source.columns.first())?;
    let named = side_by_side(&small, source).filter(|values| values.iter().all(|value| value != across));
    let values = named.or_else(|| tells_apart(&small).then(|| all_beside(across, source)).flatten())?;
    let query = stacked(&values, across, base);
    Some(vec![Step::Sql { name: name.clone(), query }, chart(&name, across, "Value", "Series")])
}

/// A query that puts columns below one another, each value with the name of its column.
fn stacked(values: &[String], across: &str, base: &str) -> String {
    let one = |column: &String| {
        let title = column.replace('\'', "''");
        format!("SELECT {}, '{title}' AS \"Series\", {} AS \"Value\" FROM {base}", in_sql(across), in_sql(column))
    };
    values.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
}

/// All columns of a table that has nothing but numbers beside what goes across: "a line for each branch".
fn all_beside(across: &str, table: &Table) -> Option<Vec<String>> {
    let others: Vec<usize> = (0..table.columns.len()).filter(|at| table.columns[*at] != across).collect();
    let numbers = others.len() > 1 && others.iter().all(|at| is_numeric(table, *at));
    numbers.then(|| others.into_iter().map(|at| table.columns[at].clone()).collect())
}

/// What is collected of each year, where the request names it all: imports and exports side by side.
fn of_collected(steps: &[Step], request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const BESIDE: &[&str] = &[
        "grouped",
        "side by side",
        "next to each other",
        "beside each other",
        "stacked",
        "both",
        "together",
        "gruppiert",
        "gruppierte",
        "nebeneinander",
        "gestapelt",
        "beide",
        "groupées",
        "groupé",
        "empilées",
        "côte à côte",
        "agrupadas",
        "agrupado",
        "apiladas",
    ];
    let [Step::Collect { name, columns, .. }, Step::Chart { kind, table, options }] = steps else { return None };
    let (across, values) = columns.split_first().filter(|(_, values)| values.len() > 1 && name == table)?;
    let small = request.to_lowercase();
    let said = |column: &String| says(&small, &[column.to_lowercase().as_str()]);
    if !values.iter().all(said) || !says(&small, BESIDE) && !YEAR.contains(&across.to_lowercase().as_str()) {
        return None;
    }
    let below = format!("t{}", chat.tables.len() + 2);
    let mut options = options.clone();
    [("x", across.as_str()), ("y", "Value"), ("series", "Series")].into_iter().for_each(|(own, value)| {
        set(&mut options, own, value);
    });
    let query = stacked(values, across, name);
    let drawn = Step::Chart { kind: kind.clone(), table: below.clone(), options };
    Some(vec![steps[0].clone(), Step::Sql { name: below, query }, drawn])
}

/// What columns of times are called.
const YEAR: &[&str] = &["year", "date", "jahr", "datum", "année", "año", "fecha", "年", "年份"];

/// The columns of the time, of the names and of the numbers, where a request asks for a line for each name.
fn told_apart(small: &str, table: &Table) -> Option<(usize, usize, usize)> {
    let is_time = |at: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.text.is_some()).peekable();
        let year = |n: f64| n.fract() == 0.0 && (1500.0..2200.0).contains(&n);
        cells.peek().is_some() && cells.all(|c| c.date.is_some() || c.number.is_some_and(year))
    };
    if !tells_apart(small) {
        return None;
    }
    let time = (0..table.columns.len()).find(|at| is_time(*at))?;
    let by = column_named(small, table, |at| at != time && !is_numeric(table, at))?;
    let number = |at: usize| at != time && is_numeric(table, at);
    let mut numbers = (0..table.columns.len()).filter(|at| number(*at));
    let only = numbers.next().filter(|_| numbers.next().is_none());
    let value = only.or_else(|| column_named(small, table, number))?;
    let times: HashSet<&str> = table.rows.iter().map(|row| row[time].display()).collect();
    (times.len() < table.rows.len()).then_some((time, by, value))
}

/// The columns of numbers that a request names, where they are two or more and of one kind.
fn side_by_side(small: &str, table: &Table) -> Option<Vec<String>> {
    let all: Vec<&str> = super::signs::words(small).collect();
    let is_named = |column: &&String| {
        let bare = column.split(['(', '[']).next().unwrap_or_default().replace('_', " ").to_lowercase();
        let own: Vec<&str> = super::signs::words(&bare).collect();
        !own.is_empty() && all.windows(own.len()).any(|window| window == own)
    };
    let numbers = table.columns.iter().enumerate().filter(|(at, _)| is_numeric(table, *at)).map(|(_, column)| column);
    let found: Vec<String> = numbers.filter(is_named).cloned().collect();
    (found.len() > 1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn chat(columns: &[&str], rows: &[&[&str]]) -> Chat {
        let cell = |text: &&str| {
            let (number, date) = polymath_quantity::read(text).values();
            Cell { number, date, ..Cell::new(*text, Provenance::Given) }
        };
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let mut chat = Chat::new("c");
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        chat.tables.push(Table { title: "a.csv".into(), columns, rows });
        chat
    }

    fn drawn(kind: &str, query: &str, x: &str, y: &str) -> Vec<Step> {
        let options = vec![("x".to_owned(), x.to_owned()), ("y".to_owned(), y.to_owned())];
        vec![
            Step::Sql { name: "t2".into(), query: query.into() },
            Step::Chart { kind: kind.into(), table: "t2".into(), options },
        ]
    }

    fn told(steps: Vec<Step>, request: &str, chat: &Chat) -> String {
        mended(steps, request, chat).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn given_and_collected_columns_stand_side_by_side() {
        let wide = chat(&["year", "Central", "Harbour"], &[&["2016", "48", "9"], &["2017", "47", "10"]]);
        let made =
            told(drawn("line", "SELECT year, Harbour FROM t1", "year", "Harbour"), "one line for each branch", &wide);
        assert!(
            made.contains("'Central' AS \"Series\"") && made.ends_with("x=year, y=Value, series=Series)"),
            "{made}"
        );
        let collect = |columns: &[&str]| {
            let columns = columns.iter().map(|c| (*c).to_owned()).collect();
            let chart = Step::Chart { kind: "bar".into(), table: "t1".into(), options: Vec::new() };
            vec![Step::Collect { name: "t1".into(), things: "port of Sund".into(), columns }, chart]
        };
        let made = told(collect(&["Year", "Imports", "Exports"]), "imports and exports for each year", &Chat::new("c"));
        assert!(made.contains("t2 = sql(SELECT \"Year\", 'Imports' AS \"Series\""), "{made}");
        let made = told(collect(&["Name", "Height", "Mass"]), "height and mass of the towers", &Chat::new("c"));
        assert!(!made.contains("sql"), "{made}");
    }

    #[test]
    fn what_is_given_with_names_is_all_drawn() {
        let request = "Besucher: Mai 2310, Juni 5480, August 8740. Mach mir daraus ein Liniendiagramm.";
        let row = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
        let steps = vec![
            Step::Table {
                name: "t1".into(),
                columns: ["Name", "Amount"].map(str::to_owned).to_vec(),
                rows: vec![row("Mai", "2310"), row("Juni", "5480")],
            },
            Step::Chart { kind: "line".into(), table: "t1".into(), options: Vec::new() },
        ];
        let made = mended(steps, request, &Chat::new("c"));
        assert!(matches!(&made[0], Step::Table { rows, .. } if rows.last() == Some(&row("August", "8740"))));
    }

    #[test]
    fn what_nobody_said_is_not_drawn() {
        let drawn = |request: &str, kind: &str, option: &str| {
            let options = vec![("y".to_owned(), "price".to_owned()), (option.to_owned(), "yes".to_owned())];
            let mut steps = vec![Step::Chart { kind: kind.to_owned(), table: "t1".into(), options }];
            as_said(&mut steps, request, &Chat::new("c"));
            steps[0].to_string()
        };
        assert_eq!(drawn("a dot for every car", "scatter", "log"), "chart(scatter, t1, y=price)");
        assert_eq!(drawn("cars, log scale", "line", "log"), "chart(line, t1, y=price, log=yes)");
        assert_eq!(drawn("draw it as horizontal bars", "bar", "sort"), "chart(barh, t1, y=price, sort=yes)");
        assert_eq!(drawn("the horizontal axis from 2019", "bar", "sort"), "chart(bar, t1, y=price, sort=yes)");
    }

    #[test]
    fn one_things_values_over_the_years_are_one_column() {
        let collected = |things: &str, columns: &[&str]| {
            let columns = columns.iter().map(|c| (*c).to_owned()).collect();
            let chart = Step::Chart { kind: "line".into(), table: "t1".into(), options: Vec::new() };
            let mut steps = vec![Step::Collect { name: "t1".into(), things: things.into(), columns }, chart];
            of_years(&mut steps);
            match &steps[0] {
                Step::Collect { columns, .. } => columns.join(", "),
                _ => String::new(),
            }
        };
        let many = ["Año", "Nombre", "Nombre de la laguna", "Nombre de los flamencos", "Nombre de los flamencos"];
        assert_eq!(collected("flamencos de la laguna de Salvera", &many), "Año, flamencos");
        assert_eq!(collected("output of the mill", &["Year", "Output", "Staff"]), "Year, Output, Staff");
    }

    #[test]
    fn a_histogram_is_of_values() {
        let chat = chat(&["Student", "Score"], &[&["A", "40"], &["B", "40"]]);
        let steps = drawn("hist", "SELECT Score FROM t1 GROUP BY Score ORDER BY Score", "Score", "Count");
        assert_eq!(
            told(steps, "histogram of the scores", &chat),
            "t2 = sql(SELECT * FROM t1); chart(hist, t2, y=Score)"
        );
    }

    #[test]
    fn numbers_of_the_request_are_not_looked_up() {
        let collect = Step::Collect { name: "t1".into(), things: "transport".into(), columns: vec!["Name".into()] };
        let chart = Step::Chart { kind: "pie".into(), table: "t1".into(), options: Vec::new() };
        let request = "pie: transport 135, rent 1,980, food 412, fun 160";
        let steps = mended(vec![collect, chart], request, &Chat::new("c"));
        let Step::Table { rows, .. } = &steps[0] else { panic!("{steps:?}") };
        assert_eq!(rows[1], ["rent", "1,980"]);
        assert_eq!((rows.len(), steps[1].to_string().as_str()), (4, "chart(pie, t1, x=Name, y=Amount)"));
    }

    #[test]
    fn two_columns_stand_side_by_side() {
        let chat = chat(&["quarter", "North", "South"], &[&["Q1 2024", "120", "95"], &["Q2 2024", "134", "102"]]);
        let steps = drawn("bar", "SELECT quarter, North, South FROM t1", "quarter", "South");
        assert_eq!(
            told(steps.clone(), "Bar chart with north and south side by side", &chat),
            "t2 = sql(SELECT \"quarter\", 'North' AS \"Series\", \"North\" AS \"Value\" FROM t1 UNION ALL SELECT \"quarter\", 'South' \
             AS \"Series\", \"South\" AS \"Value\" FROM t1); chart(bar, t2, x=quarter, y=Value, series=Series)"
        );
        assert!(told(steps, "Bar chart of south", &chat).contains("y=South"));
    }

    #[test]
    fn a_line_for_each_name() {
        let rows: &[&[&str]] = &[&["Ost", "2000", "10"], &["Vell", "2000", "20"], &["Ost", "2001", "11"]];
        let chat = chat(&["Ciudad", "Año", "Habitantes"], rows);
        let query = "SELECT Ciudad, SUM(Habitantes) AS Total FROM t1 GROUP BY Ciudad ORDER BY Ciudad";
        let told = told(drawn("line", query, "Ciudad", "Total"), "gráfico de líneas, una línea por ciudad", &chat);
        assert!(told.ends_with("chart(line, t2, x=Año, y=Habitantes, series=Ciudad)"), "{told}");
    }
}
