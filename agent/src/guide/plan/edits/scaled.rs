//! The values of a chart in another size or unit, or as percent of all of them: "in thousands", "in hours", "as percentages".

use crate::notebook::{Chart, Chat, unit_of_column};
use polymath_chat::Table;
use polymath_quantity::{Unit, UnitKind, figures, read};
use polymath_tools::{calculate, in_sql};

/// Sizes that values are told in.
pub const SIZES: [(&str, f64); 2] = [("thousands", 1e3), ("millions", 1e6)];
/// What stands before a unit of one or two letters: "in h", and no "h" elsewhere.
const BEFORE: [&str; 7] = ["in", "into", "to", "en", "nach", "als", "à"];

/// Units that a request names, as it writes them, into which the calculator takes a column's values.
pub fn units(request: &str, table: &Table, chat: &Chat) -> Vec<String> {
    let sign = |c: char| ".,;:!?\"'()“”„«»".contains(c);
    let words: Vec<&str> = request.split_whitespace().map(|word| word.trim_matches(sign)).collect();
    let single = words.iter().enumerate().filter(|(i, word)| {
        let short = word.chars().count() < 3;
        !word.is_empty() && (!short || *i > 0 && BEFORE.contains(&words[i - 1].to_lowercase().as_str()))
    });
    // Square kilometres are no kilometres; "hours now" are hours.
    let pairs = words.windows(2).map(|pair| (pair, pair.join(" "))).filter(|(pair, both)| {
        let unit = measured(both);
        unit.is_some() && pair.iter().all(|word| measured(word) != unit)
    });
    let said = single.map(|(_, word)| (*word).to_owned()).chain(pairs.map(|(_, both)| both));
    let mut own: Vec<Unit> = Vec::new();
    for unit in columns(table, chat).filter_map(|column| unit_of(column, table, chat)) {
        if !own.contains(&unit) {
            own.push(unit);
        }
    }
    let mut found: Vec<String> = said.filter(|goal| own.iter().any(|unit| converted(unit, goal).is_some())).collect();
    found.dedup();
    found
}

fn columns<'a>(table: &'a Table, chat: &'a Chat) -> impl Iterator<Item = &'a String> {
    table.columns.iter().chain(chat.tables.iter().flat_map(|table| &table.columns))
}

fn measured(text: &str) -> Option<Unit> {
    let kinds = [UnitKind::Measure, UnitKind::Time];
    read(&format!("1 {text}")).unit.filter(|unit| kinds.contains(&unit.kind))
}

/// The unit of a column, by its cells and its name: in this table, or in one that has a column of this name.
fn unit_of(column: &str, table: &Table, chat: &Chat) -> Option<Unit> {
    let kinds = [UnitKind::Measure, UnitKind::Time];
    let of_table = |table: &Table| {
        let at = table.columns.iter().position(|own| own == column)?;
        unit_of_column(table, at).filter(|unit| kinds.contains(&unit.kind))
    };
    let last = || measured(column.rsplit_once(' ')?.1);
    of_table(table).or_else(|| chat.tables.iter().find_map(of_table)).or_else(last)
}

/// What makes a value in `from` one in the unit that is called so: `* 60.0`, `/ 1000.0`, `* 1.8 + 32.0`.
fn converted(from: &Unit, goal: &str) -> Option<String> {
    let to = measured(goal).filter(|to| to.name != from.name)?;
    let value = |value: &str, from: &str, to: &str| {
        let text = calculate(&format!("{value} {from} to {to}")).ok()?;
        let number = figures(text.trim_start_matches("approx. ")).into_iter().next()?.number?;
        Some((number, !text.contains("approx.")))
    };
    // The calculator may know a unit by its sign alone.
    let (zero, one, to) = [goal, &to.name]
        .into_iter()
        .find_map(|to| Some((value("0", &from.name, to)?.0, value("1", &from.name, to)?, to)))?;
    if zero.abs() > 1e-9 {
        // 33.8 less 32 is not quite 1.8 to a machine.
        return Some(format!("* {:?} + {zero:?}", ((one.0 - zero) * 1e9).round() / 1e9));
    }
    let back = value("1", to, &from.name).filter(|(back, exact)| *exact && *back >= 1.0);
    Some(match back {
        // A thousandth is a rounded number.
        Some((back, _)) if one.0 < 1.0 || !one.1 => format!("/ {back:?}"),
        _ => format!("* {:?}", one.0),
    })
}

/// A column's name without the unit, or the size, that it ends with.
fn bare(column: &str) -> &str {
    let sized = |text: &str| SIZES.iter().any(|(size, _)| *size == text) || measured(text).is_some();
    let behind = |sign: &str| column.trim_end_matches(')').rsplit_once(sign).filter(|(_, unit)| sized(unit));
    let found = behind(" (").or_else(|| behind("_")).or_else(|| behind(" "));
    found.map_or(column, |(bare, _)| bare.trim_end())
}

/// The chart of what a query makes of its values, under a name of their own.
fn drawn(value: &str, called: String, chart: &Chart) -> (String, Chart) {
    let columns = [Some(&chart.x), chart.series.as_ref()].into_iter().flatten().filter(|column| !column.is_empty());
    let columns: String = columns.map(|column| format!("{}, ", in_sql(column))).collect();
    let query = format!("SELECT {columns}{value} AS {} FROM {}", in_sql(&called), chart.table);
    (query, Chart { y: called, y_title: None, ..chart.clone() })
}

/// The chart with its values in this size or unit.
pub fn scaled(goal: &str, chart: &Chart, table: &Table, chat: &Chat) -> Option<(String, Chart)> {
    let y = in_sql(&chart.y);
    let size_of = |text: &str| SIZES.iter().find(|(size, _)| *size == text).map(|(_, size)| *size);
    let change = match size_of(goal) {
        Some(size) => {
            let own = chart.y.trim_end_matches(')').rsplit_once('(').and_then(|(_, own)| size_of(own)).unwrap_or(1.0);
            let (over, under) = (size / own, own / size);
            match over {
                1.0 => return None,
                _ if over > 1.0 => format!("/ {over:?}"),
                _ => format!("* {under:?}"),
            }
        }
        None => converted(&unit_of(&chart.y, table, chat)?, goal)?,
    };
    // 250 kg in thousands are still kg.
    let name = match size_of(goal) {
        Some(_) if measured(chart.y.trim_end_matches(')').rsplit_once(" (").map_or("", |(_, unit)| unit)).is_some() => {
            chart.y.as_str()
        }
        _ => bare(&chart.y),
    };
    Some(drawn(&format!("{y} {change}"), format!("{name} ({goal})"), chart))
}

/// The chart with its values in percent of all of them, where it has no series that are stacks; `None` where they are no
/// parts of a whole.
pub fn shared(chart: &Chart) -> Option<(String, Chart)> {
    let y = in_sql(&chart.y);
    let whole = ["bar", "barh", "line", "area", "pie"].contains(&chart.kind.as_str());
    let value = format!("100.0 * {y} / (SELECT SUM({y}) FROM {})", chart.table);
    whole.then(|| drawn(&value, format!("{} (%)", bare(&chart.y)), chart))
}

/// The options that make stacks of 100 % of series; `None` where these cannot stand on each other.
pub fn stacked(kind: &str) -> Option<Vec<(String, String)>> {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match kind {
        "bar" | "barh" | "area" => Some(vec![option("share", "yes")]),
        "line" => Some(vec![option("kind", "area"), option("share", "yes")]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn conversation(column: &str, cells: [&str; 2]) -> Chat {
        let row = |name: &str, text: &str| {
            let (number, date) = polymath_quantity::read(text).values();
            vec![Cell::new(name, Provenance::Given), Cell { number, date, ..Cell::new(text, Provenance::Given) }]
        };
        let rows = vec![row("Ost", cells[0]), row("Vell", cells[1])];
        let mut chat = Chat::new("c");
        chat.tables.push(Table { title: "a.csv".into(), columns: vec!["depot".into(), column.into()], rows });
        chat
    }

    #[track_caller]
    fn check(column: &str, cells: [&str; 2], request: &str, want: Option<(&str, &str)>) {
        let chat = conversation(column, cells);
        let (table, kind) = (&chat.tables[0], "bar".to_owned());
        let chart = Chart { table: "t1".into(), kind, x: "depot".into(), y: column.into(), ..Chart::default() };
        let units = units(request, table, &chat);
        let made = units.first().and_then(|unit| scaled(unit, &chart, table, &chat));
        let told = made.as_ref().map(|(query, chart)| {
            let value = query.strip_prefix("SELECT \"depot\", ").and_then(|rest| rest.split(" AS ").next());
            (value.unwrap_or(query), chart.y.as_str())
        });
        assert_eq!(told, want, "{request}: {units:?}");
        if let Some((query, _)) = &made {
            assert_eq!(crate::guide::query::mended(query, request, &chat.tables), *query);
        }
    }

    #[test]
    fn values_are_told_in_the_unit_that_a_request_names() {
        check("wait (min)", ["90", "30"], "in hours please", Some(("\"wait (min)\" / 60.0", "wait (hours)")));
        check(
            "weight_kg",
            ["900", "30"],
            "kannst du das in Tonnen zeigen",
            Some(("\"weight_kg\" / 1000.0", "weight (Tonnen)")),
        );
        check("Ride", ["2 h", "3.5 h"], "en minutes plutôt", Some(("\"Ride\" * 60.0", "Ride (minutes)")));
        check("Length (km)", ["4", "3"], "now in m", Some(("\"Length (km)\" * 1000.0", "Length (m)")));
        check(
            "Total weight kg",
            ["4", "3"],
            "in grams",
            Some(("\"Total weight kg\" * 1000.0", "Total weight (grams)")),
        );
        let hours = "\"Duración (min)\" / 60.0";
        check("Duración (min)", ["90", "30"], "mejor en horas", Some((hours, "Duración (horas)")));
        check("Duración (min)", ["90", "30"], "plutôt en heures", Some((hours, "Duración (heures)")));
        // Another kind, the same unit, and none at all.
        check("wait (min)", ["90", "30"], "in kilograms please", None);
        check("wait (min)", ["90", "30"], "in minutes", None);
        check("visitors", ["90", "30"], "in hours", None);
    }

    #[test]
    fn units_are_named_as_they_are_written() {
        let chat = conversation("area (ha)", ["90", "30"]);
        let of = |request: &str| units(request, &chat.tables[0], &chat).join(", ");
        assert_eq!(of("in square kilometres now, in a grid"), "square kilometres");
        assert_eq!(of("in hectares"), "");
        let chat = conversation("width (cm)", ["90", "30"]);
        assert_eq!(units("in m now, not in hours", &chat.tables[0], &chat), ["m"]);
    }

    #[test]
    fn degrees_have_their_own_zero() {
        let chat = conversation("Temperature (°C)", ["20", "30"]);
        let table = &chat.tables[0];
        let chart = Chart { table: "t1".into(), y: table.columns[1].clone(), ..Chart::default() };
        let made = scaled("Fahrenheit", &chart, table, &chat).map(|(query, _)| query);
        let want = "SELECT \"Temperature (°C)\" * 1.8 + 32.0 AS \"Temperature (Fahrenheit)\" FROM t1";
        assert_eq!(made.as_deref(), Some(want));
    }

    #[test]
    fn sizes_are_of_what_was_there_first() {
        let chat = conversation("cups", ["900", "30"]);
        let in_size = |y: &str, goal: &str| {
            let chart = Chart { table: "t1".into(), y: y.into(), ..Chart::default() };
            scaled(goal, &chart, &chat.tables[0], &chat).map(|(query, _)| query).unwrap_or_default()
        };
        assert_eq!(in_size("cups", "thousands"), "SELECT \"cups\" / 1000.0 AS \"cups (thousands)\" FROM t1");
        let smaller = "SELECT \"cups (thousands)\" / 1000.0 AS \"cups (millions)\" FROM t1";
        assert_eq!(in_size("cups (thousands)", "millions"), smaller);
        let larger = "SELECT \"cups (millions)\" * 1000.0 AS \"cups (thousands)\" FROM t1";
        assert_eq!(in_size("cups (millions)", "thousands"), larger);
        assert_eq!(in_size("cups (millions)", "millions"), "");
        assert_eq!(
            in_size("mass (kg)", "thousands"),
            "SELECT \"mass (kg)\" / 1000.0 AS \"mass (kg) (thousands)\" FROM t1"
        );
    }

    #[test]
    fn shares_are_of_all_rows() {
        let chart = |kind: &str| Chart {
            table: "t1".into(),
            kind: kind.into(),
            x: "depot".into(),
            y: "weight_kg".into(),
            ..Chart::default()
        };
        let (query, drawn) = shared(&chart("barh")).unwrap_or_default();
        let want =
            "SELECT \"depot\", 100.0 * \"weight_kg\" / (SELECT SUM(\"weight_kg\") FROM t1) AS \"weight (%)\" FROM t1";
        assert_eq!((query.as_str(), drawn.y.as_str()), (want, "weight (%)"));
        let chat = conversation("weight_kg", ["900", "30"]);
        assert_eq!(crate::guide::query::mended(&query, "as percentages please", &chat.tables), query);
        assert!(shared(&chart("scatter")).is_none() && shared(&chart("hist")).is_none());
    }
}
