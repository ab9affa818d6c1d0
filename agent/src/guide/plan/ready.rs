//! Plans that need no model: what is asked for is plain from a word or two and from what is there.

use super::kinds::{KINDS, kind_of};
use super::signs::*;
use super::sql::of_another_column;
use super::{Step, colors, replies};
use crate::evidence::terms;
use crate::guide::{calc, given, named};
use crate::notebook::{Chat, fact_name, is_of_files, is_part, name_of};
use polymath_chat::{Role, Table};
use polymath_quantity::{UnitKind, figures, read};
use polymath_tools::in_sql;

/// Words that say nothing of what is drawn.
const EMPTY: &[&str] = &[
    "it",
    "thing",
    "same",
    "ones",
    "that",
    "this",
    "these",
    "those",
    "them",
    "now",
    "please",
    "can",
    "could",
    "see",
    "show",
    "make",
    "me",
    "data",
    "table",
    "result",
    "results",
    "again",
    "instead",
    "as",
    "bitte",
    "das",
    "jetzt",
    "als",
    "zeig",
    "zeige",
    "maintenant",
    "comme",
    "cela",
    "ça",
    "montre",
    "ahora",
    "eso",
    "como",
    "muestra",
    "picture",
    "figure",
    "one",
    "you",
    "let",
    "i",
];
/// Words of a request that asks for nothing but a drawing of what is there, at most.
const SHORT: usize = 12;

/// The plan, where there is no doubt.
pub fn plan(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    if replies::is_reply(request, chat) {
        return Some(vec![Step::Reply]);
    }
    // A file that is no table is nothing for queries.
    let named = |name: &str| small.contains(&name.to_lowercase());
    let is_table = |name: &str| chat.tables.iter().any(|t| t.title == name);
    if chat.files.iter().map(|path| name_of(path)).any(|name| named(&name) && !is_table(&name)) {
        return Some(vec![Step::Program]);
    }
    trend_line(&small, chat)
        .or_else(|| drawing(&small, chat))
        .or_else(|| of_another_measure(&small, chat))
        .or_else(|| gaps(request, chat))
        .or_else(|| of_another_column(request, chat))
        .or_else(|| of_a_column(request, chat))
        .or_else(|| conversion(request, chat))
}

/// An amount of a short request in the other unit that it names.
fn conversion(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let all = figures(request);
    let [amount] = all.as_slice() else { return None };
    // "How many centimetres are": what stands behind the asking is the unit.
    let small = request.to_lowercase();
    let all: Vec<&str> = words(&small).collect();
    let counted =
        all.windows(3).find(|w| [["how", "many"], ["wie", "viele"]].contains(&[w[0], w[1]])).map(|w| w[2].to_owned());
    let counted = counted.filter(|word| read(&format!("1 {word}")).unit.is_some());
    let (own, goal) = (amount.unit.as_ref()?, calc::asked_unit(request).or(counted)?);
    let fits = own.kind == UnitKind::Measure && !own.name.contains('/') && !own.is(&goal);
    // The US of US gallons is no name.
    let long = |name: &String| name.chars().count() > 2;
    let short = words(request).count() <= SHORT && !named::names(request).iter().any(long);
    let expression = format!("{} in {goal}", request.get(amount.span.clone())?.replace(',', ""));
    let known = polymath_tools::calculate(&expression).is_ok();
    (fits && short && known).then(|| vec![Step::Calc { name: fact_name(chat.facts.len()), expression }])
}

/// How many cells of a column are empty, where that is asked of a column by its name.
fn gaps(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const EMPTY_CELLS: &[&str] =
        &["missing", "gaps", "gap", "empty", "blank", "fehlen", "leer", "manquent", "faltan", "缺"];
    const COUNTS: &[&str] = &["how many", "number of", "count", "wie viele", "combien", "cuántos", "cuántas", "多少"];
    let small = request.to_lowercase();
    if !says(&small, EMPTY_CELLS) || !says(&small, COUNTS) {
        return None;
    }
    let asked = terms(request);
    let named = |column: &&String| {
        let own = terms(column);
        !own.is_empty() && own.iter().all(|term| asked.contains(term))
    };
    chat.tables
        .iter()
        .enumerate()
        .filter(|(_, t)| chat.files.is_empty() || is_of_files(chat, t))
        .filter(|(_, t)| !chat.tables.iter().any(|whole| is_part(t, whole)))
        .find_map(|(i, table)| {
            let mut columns = table.columns.iter().filter(named);
            let (Some(column), None) = (columns.next(), columns.next()) else { return None };
            let query = format!("SELECT COUNT(*) AS \"Missing\" FROM t{} WHERE {} IS NULL", i + 1, in_sql(column));
            Some(vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }])
        })
}

/// One value of a whole column of the latest table, where a short request asks for its mean, sum or median
/// and there is no doubt which column is meant.
fn of_a_column(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const OF_PARTS: &[&str] = &[
        "each", "per", "by", "which", "who", "only", "over", "above", "under", "below", "without", "where", "from",
        "since", "until", "between", "share", "percent", "year", "month", "day", "je", "pro", "par", "por", "add",
    ];
    let request = &given::beside(request);
    let small = request.to_lowercase();
    let (function, name, _) = FUNCTIONS.iter().find(|(_, _, words)| says(&small, words))?;
    let of_parts = says(&small, OF_PARTS) || small.contains(|c: char| c.is_ascii_digit());
    if of_parts || words(&small).count() > SHORT || is_drawn(&small) {
        return None;
    }
    let at = chat.tables.iter().rposition(|t| t.rows.len() > 1)?;
    let table = &chat.tables[at];
    // Of names only those of the table.
    let own = terms(&format!("{} {}", table.columns.join(" "), table.title));
    if !named::names(request).iter().all(|name| terms(name).iter().all(|term| own.contains(term))) {
        return None;
    }
    let cells = |i: usize| table.rows.iter().filter_map(move |row| row.get(i)).filter(|c| c.text.is_some());
    let measured = |i: &usize| cells(*i).next().is_some() && cells(*i).all(|c| c.number.is_some() && c.date.is_none());
    let columns: Vec<usize> = (0..table.columns.len()).filter(measured).collect();
    let asked = terms(request);
    let is_named = |i: &&usize| {
        let own = terms(&table.columns[**i]);
        !own.is_empty() && own.iter().all(|term| asked.contains(term))
    };
    let mut named = columns.iter().filter(is_named);
    let column = match (named.next(), named.next(), columns.as_slice()) {
        (Some(one), None, _) => *one,
        (None, None, [one]) => *one,
        _ => return None,
    };
    let column = in_sql(&table.columns[column]);
    let query = format!("SELECT {function}({column}) AS \"{name}\" FROM t{}", at + 1);
    Some(vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }])
}

/// The last chart with a trend, where a short request asks for no more.
fn trend_line(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let chart = chat.charts.last()?;
    let short = words(request).count() <= SHORT && named::names(request).is_empty();
    let options = vec![("trend".to_owned(), "yes".to_owned())];
    (short && is_line_alone(request)).then(|| vec![Step::Change { chart: chart.name.clone(), options }])
}

/// The latest table drawn, where a request says of its drawing no more than the kind.
fn drawing(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let (kind, color) = (kind_of(request), colors::color(request));
    let bare = |word: &str| {
        let draws = DRAWING.iter().any(|d| word.starts_with(d))
            || KINDS.iter().any(|(_, names)| names.iter().any(|n| is_form_of(word, n)));
        draws || colors::is_of_color(word) || EMPTY.contains(&word) || terms(word).is_empty()
    };
    let says_more = match request.is_ascii() || request.contains(' ') {
        true => words(request).any(|word| !bare(word)),
        false => true,
    };
    if says_more || words(request).count() > SHORT || kind.is_none() && color.is_none() {
        return None;
    }
    let at = chat.tables.iter().rposition(|t| t.rows.len() > 1)?;
    let table = format!("t{}", at + 1);
    let drawn = chat.charts.last().filter(|c| c.table == table);
    Some(vec![match drawn {
        Some(chart) => {
            let set = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
            let options = [set("kind", kind.map(str::to_owned)), set("color", color)].into_iter().flatten().collect();
            Step::Change { chart: chart.name.clone(), options }
        }
        None => {
            let kind = kind?;
            let names = &chat.tables[at].columns;
            let option = |name: &str, column: Option<&String>| (name.to_owned(), column.cloned().unwrap_or_default());
            let options = vec![option("x", names.first()), option("y", names.last())];
            Step::Chart { kind: kind.to_owned(), table, options }
        }
    }])
}

/// The last chart with another column of numbers, where a short request names no more than that: "the same but with the
/// prices".
fn of_another_measure(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const SAME: &[&str] = &[
        "same",
        "but",
        "now",
        "instead",
        "again",
        "genauso",
        "dasselbe",
        "jetzt",
        "même",
        "maintenant",
        "mismo",
        "ahora",
    ];
    let chart = chat.charts.last()?;
    let last = chat.messages.iter().rev().find(|m| m.role == Role::Assistant)?;
    let short = words(request).count() <= SHORT && named::names(request).is_empty();
    if !short
        || !says(request, SAME)
        || asks_for_one(request)
        || request.contains(['?', '？'])
        || !last.content.contains(".png")
    {
        return None;
    }
    let asked = terms(request);
    let measures = |table: &Table| {
        let named = |i: &usize| {
            let own = terms(&table.columns[*i]);
            !own.is_empty() && own.iter().all(|term| asked.contains(term)) && table.columns[*i] != chart.y
        };
        let number = |i: &usize| table.rows.iter().any(|row| row[*i].number.is_some() && row[*i].date.is_none());
        (0..table.columns.len()).filter(named).filter(number).map(|i| table.columns[i].clone()).collect::<Vec<_>>()
    };
    let along = |table: &Table| table.columns.contains(&chart.x) && table.rows.len() > 1;
    let (at, column) =
        chat.tables.iter().enumerate().rev().filter(|(_, table)| along(table)).find_map(|(i, table)| {
            let [column] = <[String; 1]>::try_from(measures(table)).ok()?;
            Some((format!("t{}", i + 1), column))
        })?;
    let y = ("y".to_owned(), column);
    Some(vec![match at == chart.table {
        true => Step::Change { chart: chart.name.clone(), options: vec![y] },
        false => {
            let mut options = vec![("x".to_owned(), chart.x.clone()), y];
            let set = |name: &str, on: bool| on.then(|| (name.to_owned(), "yes".to_owned()));
            options.extend(
                [("log", chart.log), ("grid", chart.grid), ("sort", chart.sort)]
                    .into_iter()
                    .filter_map(|(name, on)| set(name, on)),
            );
            Step::Chart { kind: chart.kind.clone(), table: at, options }
        }
    }])
}

/// Whether a request names nothing that would have to be looked up: the tables at hand were given by the
/// user, and it speaks of their columns; or it has the whole name of some table's column.
pub fn is_of_given_table(request: &str, chat: &Chat) -> bool {
    let asked = terms(request);
    chat.tables.iter().any(|table| {
        let given =
            says(&table.title, &["data of the request"]) || chat.files.iter().any(|path| name_of(path) == table.title);
        let own = terms(&format!("{} {}", table.columns.join(" "), table.title.replace(['.', '_'], " ")));
        let names_column = |column: &String| {
            let words = terms(column);
            words.len() > 1 && words.iter().all(|word| asked.contains(word))
        };
        given && (chat.files.is_empty() || asked.iter().any(|word| own.contains(word)))
            || table.columns.iter().any(names_column)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Message, Provenance};

    fn chat() -> Chat {
        let mut chat = Chat::new("c");
        let cell = |t: &str| Cell::new(t, Provenance::Given);
        let row = |n: &str| vec![cell("x"), cell(n)];
        let columns = vec!["Year".to_owned(), "Output".to_owned()];
        chat.tables.push(Table { title: "output".into(), columns: columns.clone(), rows: vec![row("1"), row("2")] });
        chat.tables.push(Table { title: "output".into(), columns, rows: vec![row("2")] });
        chat.messages = vec![Message::user("?"), Message::assistant("!"), Message::user("?")];
        chat
    }

    #[track_caller]
    fn check(request: &str, want: Option<&str>) {
        let got =
            plan(request, &chat()).map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        assert_eq!(got.as_deref(), want, "{request}");
    }

    #[test]
    fn a_bare_drawing_is_of_the_latest_table_of_several_rows() {
        check("now plot it as bars", Some("chart(bar, t1, x=Year, y=Output)"));
        check("Can I see it as a pie, please?", Some("chart(pie, t1, x=Year, y=Output)"));
        check("zeig das als Balkendiagramm", Some("chart(bar, t1, x=Year, y=Output)"));
        check("plot the visitors as bars", None);
        check("which is the largest?", None);
        check("Draw the outline of the house", None);
        let mut drawn = chat();
        drawn.charts.push(crate::notebook::Chart { name: "c1".into(), table: "t1".into(), ..Default::default() });
        assert_eq!(
            plan("as a line instead", &drawn).map(|s| s[0].to_string()).as_deref(),
            Some("change(c1, kind=line)")
        );
        let plan = |request: &str| plan(request, &drawn).map(|s| s[0].to_string());
        assert_eq!(plan("add a trend line").as_deref(), Some("change(c1, trend=yes)"));
        assert_eq!(plan("add a trend and extrapolate it to the end of next year"), None);
    }

    #[test]
    fn the_same_chart_of_another_column() {
        let mut chat = chat();
        for row in chat.tables.iter_mut().flat_map(|table| &mut table.rows) {
            row[1].number = Some(1.0);
            row.push(Cell { number: Some(3.0), ..Cell::new("3", Provenance::Given) });
        }
        chat.tables.iter_mut().for_each(|table| table.columns.push("Price".into()));
        let (name, table, kind) = ("c1".to_owned(), "t1".to_owned(), "bar".to_owned());
        let (x, y) = ("Year".to_owned(), "Output".to_owned());
        chat.charts.push(crate::notebook::Chart { name, table, kind, x, y, ..Default::default() });
        chat.messages = vec![Message::user("plot it"), Message::assistant("a.png"), Message::user("?")];
        let said = |request: &str| plan(request, &chat).map(|steps| steps[0].to_string());
        assert_eq!(said("same but with the prices").as_deref(), Some("change(c1, y=Price)"));
        assert_eq!(said("what is the price now?"), None);
        chat.charts[0].table = "t3".into();
        let said = |request: &str| plan(request, &chat).map(|steps| steps[0].to_string());
        assert_eq!(said("now the prices instead").as_deref(), Some("chart(bar, t1, x=Year, y=Price)"));
    }

    #[test]
    fn a_column_is_added_up_without_a_model() {
        let mut chat = chat();
        for (i, row) in chat.tables[0].rows.iter_mut().enumerate() {
            row[1].number = Some(i as f64);
        }
        chat.tables.truncate(1);
        let plan = |request: &str| plan(request, &chat).map(|steps| steps[0].to_string());
        let want = |function: &str| Some(format!("t2 = sql(SELECT {function} FROM t1)"));
        assert_eq!(plan("what was the average?"), want("AVG(\"Output\") AS \"Average\""));
        assert_eq!(plan("and in total?"), want("SUM(\"Output\") AS \"Total\""));
        assert_eq!(plan("My data:\n2019,5\n2020,7\nWhat is the sum?"), want("SUM(\"Output\") AS \"Total\""));
        assert_eq!(
            plan("how many gaps has the output?"),
            Some("t2 = sql(SELECT COUNT(*) AS \"Missing\" FROM t1 WHERE \"Output\" IS NULL)".into())
        );
        assert_eq!(
            plan("How many centimetres are 369.3 inches?"),
            Some("a = calc(369.3 inches in centimetres)".into())
        );
        assert_eq!(plan("mean of Output, please"), want("AVG(\"Output\") AS \"Average\""));
        assert_eq!(plan("the average of Sund, please?"), None);
        assert_eq!(
            plan("I have 296.3 inches, how much is that in centimetres?"),
            Some("a = calc(296.3 inches in centimetres)".into())
        );
        assert_eq!(plan("the average of each town?"), None);
        assert_eq!(plan("the total since 2019?"), None);
    }
}
