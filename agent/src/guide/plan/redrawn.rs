//! Changes of the chart that was just drawn which are plain from its table: without one of its names, only one of them,
//! another column, one colour for each name, since or until a month. The rest of the chart stays as it is.

use super::Step;
use super::columns::{named, of_another_column, told_apart};
use super::options::{ELSE, TITLE, UPWARDS, options};
use super::plain::{ONLY, PLEASE, WITHOUT, is_plain};
use super::signs::{says, words};
use super::spanned::{self, is_part};
use crate::language::Language;
use crate::notebook::{Chart, Chat};
use polymath_chat::{Cell, Message, Role, Table};
use polymath_tools::in_sql;

/// Words of such a request, at most.
const SHORT: usize = 18;
/// Words that ask something instead.
const ASKING: &[&str] = &[
    "which", "what", "how", "who", "why", "table", "list", "sum", "total", "average", "mean", "welche", "wie", "warum",
    "tabelle", "quel", "quelle", "combien", "pourquoi", "tableau", "cuál", "cuánto", "cuántos", "tabla",
];
/// Words for parts of a whole, which a question about a total has none of.
const SHARES: &[&str] = &[
    "percent",
    "percentage",
    "percentages",
    "share",
    "shares",
    "prozent",
    "anteil",
    "anteile",
    "pourcentage",
    "pourcentages",
    "porcentaje",
    "porcentajes",
    "百分比",
];
/// The chart that was just drawn, where a request asks nothing; what came to nothing in between does not count.
fn of_last<'a>(small: &str, chat: &'a Chat) -> Option<&'a Chart> {
    let answered =
        |m: &&Message| m.role == Role::Assistant && !m.content.is_empty() && !Language::tells_failure(&m.content);
    let shown = chat.messages.iter().rev().find(answered)?;
    let small =
        &if small.contains('%') || says(small, SHARES) { small.replace("total", " ") } else { small.to_owned() };
    let asks =
        small.contains(['?', '？']) && !says(small, PLEASE) || says(small, ASKING) || words(small).count() > SHORT;
    chat.charts.last().filter(|_| shown.content.contains(".png") && !asks)
}

/// Whether a request can only be about the chart that was just drawn: it asks nothing and brings in nothing new.
pub fn is_of_chart(request: &str, chat: &Chat) -> bool {
    /// Words that add something, which may be what a chart has at its axes and marks.
    const ADDING: &[&str] =
        &["add", "include", "füge", "hinzu", "ergänze", "ajoute", "ajoutez", "añade", "agrega", "加", "添加"];
    const FOR: &[&str] = &["for", "für", "pour", "para"];
    const PARTS: &[&str] = &[
        "axis",
        "axes",
        "label",
        "labels",
        "achse",
        "achsen",
        "beschriftung",
        "beschrifte",
        "axe",
        "étiquettes",
        "eje",
        "ejes",
        "etiquetas",
        "标签",
    ];
    const VALUES: &[&str] =
        &["values", "numbers", "werte", "zahlen", "valeurs", "chiffres", "valores", "números", "数值"];
    const BRINGING: &[&str] = &[
        "compare",
        "versus",
        "vs",
        "against",
        "same",
        "find",
        "search",
        "look",
        "draw",
        "plot",
        "vergleiche",
        "dasselbe",
        "suche",
        "zeichne",
        "cherche",
        "dessine",
        "trace",
        "compara",
        "busca",
        "dibuja",
        "比较",
        "画",
    ];
    let small = request.to_lowercase();
    let (adds, also) = (says(&small, ADDING), says(&small, FOR));
    let of_marks = says(&small, PARTS) || says(&small, VALUES) && !also;
    of_last(&small, chat).is_some() && !says(&small, BRINGING) && (of_marks || !adds && !also)
}

/// The plan of such a follow-up. `plain`: only where the words that are known here are all that it says.
pub fn plan(request: &str, chat: &Chat, plain: bool) -> Option<Vec<Step>> {
    let small = request.to_lowercase().replace("w/o ", "without ");
    let unquoted: String = small.split('"').step_by(2).collect();
    let chart = of_last(&small, chat)?;
    let table = named(&chart.table, chat)?;
    if plain && !is_plain(&unquoted, chart, table) {
        return None;
    }
    let set = options(request, &small);
    let changed = of_names(&small, request, chart, table)
        .or_else(|| of_another_column(&small, chart, table, chat).map(|made| of_other_values(made, chart, chat)))
        .or_else(|| told_apart(&small, chart, table, chat).map(|(query, drawn)| (query, untitled(drawn, chat))))
        .or_else(|| spanned::of_times(&small, chart, table))
        .or_else(|| upwards(&small, chart));
    let Some((query, chart)) = changed else {
        // What else is said of it is the model's to plan.
        let alone = !set.is_empty() && !small.contains(|c: char| c.is_ascii_digit()) && !says(&small, ELSE);
        return alone.then(|| vec![Step::Change { chart: chart.name.clone(), options: set }]);
    };
    let name = format!("t{}", chat.tables.len() + 1);
    let mut drawn = like(&chart, &name);
    if let Step::Chart { kind, options: own, .. } = &mut drawn {
        for (option, value) in set {
            match option == "kind" {
                true => *kind = value,
                false => {
                    own.retain(|(known, _)| *known != option);
                    own.push((option, value));
                }
            }
        }
    }
    Some(vec![Step::Sql { name, query }, drawn])
}

/// The smallest first.
fn upwards(small: &str, chart: &Chart) -> Option<(String, Chart)> {
    let query = format!("SELECT * FROM {} ORDER BY {}", chart.table, in_sql(&chart.y));
    says(small, UPWARDS).then(|| (query, Chart { sort: false, ..chart.clone() }))
}

/// A chart of something else than the one whose title it has: that stays where the user gave it.
pub fn untitled(chart: Chart, chat: &Chat) -> Chart {
    let gave = |title: &String, message: &Message| {
        let (said, own) = (message.content.to_lowercase(), title.to_lowercase());
        let quoted = said.match_indices(&own).any(|(at, _)| {
            let (before, behind) = (said[..at].trim_end(), &said[at + own.len()..]);
            before.ends_with(['"', '“', '„', '«', '\'']) && behind.trim_start().starts_with(['"', '”', '“', '»', '\''])
        });
        message.role == Role::User && (quoted || said.contains(&own) && says(&said, TITLE))
    };
    let title = chart.title.clone().filter(|title| chat.messages.iter().any(|message| gave(title, message)));
    Chart { title, ..chart }
}

/// The same chart of other values, which are called by what they are made of: what the query before called its own says
/// nothing of them.
pub fn of_other_values((query, drawn): (String, Chart), before: &Chart, chat: &Chat) -> (String, Chart) {
    let drawn = untitled(Chart { y_title: None, ..drawn }, chat);
    let old = drawn.y.clone();
    let quoted = format!(" AS {}", in_sql(&old));
    let plain = format!(" AS {old}");
    let ends = |at: usize| !query[at + plain.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let at = query.find(&quoted).or_else(|| query.match_indices(&plain).map(|(at, _)| at).find(|at| ends(*at)));
    if old != before.y || BARE.contains(&old.as_str()) {
        return (query, drawn);
    }
    let Some(at) = at else {
        // It was called like its column, and is so still.
        let own = query.split_once(" AS \"").and_then(|(_, behind)| behind.split('"').next()).map(str::to_owned);
        let y = own.filter(|_| !query.contains(&in_sql(&old))).unwrap_or(old);
        return (query, Chart { y, ..drawn });
    };
    let made = query[..at].rsplit(['(', ',', ' ']).next().unwrap_or_default();
    let of_call = query[..at].strip_suffix(')').and_then(|made| made.rsplit_once('('));
    let (function, column) = of_call.map_or(("", made), |(front, column)| (front, column));
    let summed = ["SUM", "AVG"].iter().position(|name| function.ends_with(name));
    let new = match summed.filter(|_| query.matches("SELECT").count() == 1) {
        Some(i) => BARE[i].to_owned(),
        None => column.trim().trim_matches('"').replace('_', " "),
    };
    if new.is_empty() || new == old {
        return (query, drawn);
    }
    let mut renamed = query.replace(&in_sql(&old), &in_sql(&new));
    for before in [" AS ", "ORDER BY "] {
        renamed = renamed.replace(&format!("{before}{old}"), &format!("{before}{}", in_sql(&new)));
    }
    (renamed, Chart { y: new, ..drawn })
}

/// Names for what a query sums and averages.
const BARE: [&str; 2] = ["Total", "Average"];

/// A chart of this table that is like another one.
pub fn like(chart: &Chart, table: &str) -> Step {
    let mut options = vec![("x".to_owned(), chart.x.clone()), ("y".to_owned(), chart.y.clone())];
    let set = |name: &str, on: bool| on.then(|| (name.to_owned(), "yes".to_owned()));
    let switches = [
        ("log", chart.log),
        ("grid", chart.grid),
        ("sort", chart.sort),
        ("trend", chart.trend),
        ("stack", chart.stack),
        ("share", chart.share),
        ("zero", chart.zero),
    ];
    options.extend(switches.into_iter().filter_map(|(name, on)| set(name, on)));
    options.extend(chart.values.map(|on| ("values".to_owned(), if on { "yes" } else { "no" }.to_owned())));
    options.extend(chart.bin.map(|width| ("bin".to_owned(), width.to_string())));
    let texts = [
        ("until", &chart.until),
        ("today", &chart.today),
        ("series", &chart.series),
        ("title", &chart.title),
        ("x_title", &chart.x_title),
        ("y_title", &chart.y_title),
        ("color", &chart.color),
    ];
    options.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?))));
    Step::Chart { kind: chart.kind.clone(), table: table.to_owned(), options }
}

/// Whether these words stand in a request one behind the other.
fn contains(request: &str, phrase: &str) -> bool {
    let (all, own): (Vec<&str>, Vec<&str>) = (words(request).collect(), words(phrase).collect());
    !own.is_empty() && all.windows(own.len()).any(|window| window == own)
}

/// Without a name, or only with some.
fn of_names(small: &str, request: &str, chart: &Chart, table: &Table) -> Option<(String, Chart)> {
    let (without, only) = (says(small, WITHOUT), says(small, ONLY));
    if without == only {
        return None;
    }
    let is_word = |c: &Cell| c.number.is_none() && (c.date.is_none() || is_part(c));
    let is_text = |at: &usize| table.rows.iter().filter_map(|row| row.get(*at)).all(is_word);
    let is_said = |cell: &Cell| {
        let text = cell.text.as_deref().unwrap_or_default();
        // A letter is a name only as it is written.
        match text.chars().count() {
            0 => false,
            1 => words(request).any(|word| word == text),
            _ => contains(small, &text.to_lowercase()),
        }
    };
    (0..table.columns.len()).filter(is_text).find_map(|at| {
        let mut said: Vec<&str> = Vec::new();
        for cell in table.rows.iter().filter_map(|row| row.get(at)).filter(|cell| is_said(cell)) {
            let text = cell.text.as_deref().unwrap_or_default();
            if !said.contains(&text) {
                said.push(text);
            }
        }
        let list: Vec<String> = said.iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect();
        let not = if without { "NOT " } else { "" };
        let query =
            format!("SELECT * FROM {} WHERE {} {not}IN ({})", chart.table, in_sql(&table.columns[at]), list.join(", "));
        (!said.is_empty()).then(|| (query, chart.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Asked;
    use polymath_chat::{Message, Provenance};

    fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
        let cell = |text: &&str| {
            let read = polymath_quantity::read(text);
            let (number, date) = read.values();
            Cell { number, date, ..Cell::new(*text, Provenance::Given) }
        };
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        Table { title: "sales.csv".into(), columns: columns.iter().map(|c| (*c).to_owned()).collect(), rows }
    }

    fn conversation() -> Chat {
        let mut chat = Chat::new("c");
        let rows: &[&[&str]] = &[&["2025-03-01", "harbour", "40", "12"], &["2025-04-01", "airport", "50", "9"]];
        chat.tables.push(table(&["date", "branch", "revenue", "cups sold"], rows));
        chat.tables.push(table(&["branch", "Total"], &[&["harbour", "40"], &["airport", "50"]]));
        let query = "SELECT branch, SUM(revenue) AS Total FROM t1 GROUP BY branch".to_owned();
        let steps = vec![Step::Sql { name: "t2".into(), query }];
        let plan = serde_json::to_value(steps).unwrap_or_default();
        chat.asked.push(Asked { question: "?".into(), plan, fact: None });
        chat.messages = vec![Message::user("?"), Message::assistant("Made: a.png"), Message::user("?")];
        let (kind, x, y) = ("barh".to_owned(), "branch".to_owned(), "Total".to_owned());
        chat.charts.push(Chart { name: "c1".into(), table: "t2".into(), kind, x, y, ..Chart::default() });
        chat
    }

    #[track_caller]
    fn check(chat: &Chat, request: &str, want: Option<&str>) {
        let steps = plan(request, chat, false)
            .map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        assert_eq!(steps.as_deref(), want, "{request}");
    }

    #[test]
    fn a_name_is_left_out_and_another_column_drawn() {
        let chat = conversation();
        let drawn = "chart(barh, t3, x=branch, y=Total)";
        let want = format!("t3 = sql(SELECT * FROM t2 WHERE \"branch\" NOT IN ('airport')); {drawn}");
        check(&chat, "leave out the airport", Some(&want));
        let want = format!("t3 = sql(SELECT * FROM t2 WHERE \"branch\" IN ('airport')); {drawn}");
        check(&chat, "nur airport bitte", Some(&want));
        let want = format!("t3 = sql(SELECT branch, SUM(\"cups sold\") AS Total FROM t1 GROUP BY branch); {drawn}");
        check(&chat, "now cups sold instead of revenue", Some(&want));
        check(
            &chat,
            "w/o harbour",
            Some(&format!("t3 = sql(SELECT * FROM t2 WHERE \"branch\" NOT IN ('harbour')); {drawn}")),
        );
        check(&chat, "biggest first", Some("change(c1, sort=yes)"));
        check(&chat, "how much without the airport?", None);
        check(&chat, "leave out the museum", None);
        check(
            &chat,
            "leave out the airport, with a grid",
            Some(
                "t3 = sql(SELECT * FROM t2 WHERE \"branch\" NOT IN ('airport')); chart(barh, t3, x=branch, y=Total, grid=yes)",
            ),
        );
        check(&chat, "tu peux ajouter un quadrillage ?", Some("change(c1, grid=yes)"));
        check(&chat, "now with a trend line", Some("change(c1, trend=yes)"));
        check(&chat, "title: Cups, by branch", Some("change(c1, title=Cups, by branch)"));
        check(&chat, "with a trend line until 2030", None);
    }

    #[test]
    fn what_brings_in_nothing_is_of_the_chart() {
        let mut chat = conversation();
        assert!(is_of_chart("now the kids instead", &chat) && is_of_chart("only from April on please", &chat));
        assert!(!is_of_chart("add the tower of Ost", &chat) && !is_of_chart("which is the largest?", &chat));
        chat.messages.extend([Message::assistant("Not found in the pages opened: kids"), Message::user("?")]);
        check(&chat, "biggest first", Some("change(c1, sort=yes)"));
        chat.messages.extend([Message::assistant("41 cups"), Message::user("?")]);
        assert!(!is_of_chart("now the kids instead", &chat));
    }

    #[test]
    fn a_title_that_nobody_gave_is_not_kept_for_other_values() {
        let mut chat = conversation();
        chat.charts[0].title = Some("Revenue of the branches".into());
        chat.charts[0].y_title = Some("euros".into());
        let query = "t3 = sql(SELECT branch, SUM(\"cups sold\") AS Total FROM t1 GROUP BY branch)";
        let other = format!("{query}; chart(barh, t3, x=branch, y=Total)");
        check(&chat, "now cups sold instead of revenue", Some(&other));
        let named = "chart(barh, t3, x=branch, y=Total, title=Revenue of the branches, y_title=euros)";
        let less = format!("t3 = sql(SELECT * FROM t2 WHERE \"branch\" NOT IN ('airport')); {named}");
        check(&chat, "leave out the airport", Some(&less));
        chat.messages.insert(0, Message::user("bars by branch, call it \"revenue of the branches\""));
        let kept = format!("{query}; chart(barh, t3, x=branch, y=Total, title=Revenue of the branches)");
        check(&chat, "now cups sold instead of revenue", Some(&kept));
    }

    #[test]
    fn what_a_query_worked_out_is_called_anew() {
        let named = |query: &str, y: &str| {
            let before = Chart { y: y.into(), ..Chart::default() };
            let (query, drawn) = of_other_values((query.to_owned(), before.clone()), &before, &Chat::new("c"));
            format!("{} | {query}", drawn.y)
        };
        let of_cups = |name: &str| {
            format!("SELECT branch, SUM(\"cups_sold\") AS {name} FROM t1 GROUP BY branch ORDER BY {name} DESC")
        };
        assert_eq!(named(&of_cups("revenues"), "revenues"), format!("Total | {}", of_cups("\"Total\"")));
        assert_eq!(named(&of_cups("\"All of it\""), "All of it"), format!("Total | {}", of_cups("\"Total\"")));
        assert_eq!(named(&of_cups("Total"), "Total"), format!("Total | {}", of_cups("Total")));
        let nested = "SELECT * FROM (SELECT branch, AVG(cups_sold) AS mean_price FROM t1 GROUP BY branch) AS t2";
        let want = nested.replace("mean_price", "\"cups sold\"");
        assert_eq!(named(nested, "mean_price"), format!("cups sold | {want}"));
        let gone = "SELECT branch, SUM(\"cups sold\") AS \"cups sold\" FROM t1 GROUP BY branch";
        assert_eq!(named(gone, "revenue"), format!("cups sold | {gone}"));
        assert_eq!(named("SELECT * FROM t1", "revenue"), "revenue | SELECT * FROM t1");
    }

    #[test]
    fn labels_are_the_charts_and_other_things_are_not() {
        let chat = conversation();
        let of = |request: &str| is_of_chart(request, &chat);
        assert!(of("add the values on the bars") && of("a better label for the y axis please"));
        assert!(of("as a percentage of the total") && of("füge bitte die Werte hinzu"));
        assert!(
            !of("add the tower of Ost")
                && !of("add the values for Ost")
                && !of("the same for 2031")
                && !of("what is the total?")
        );
    }

    #[test]
    fn another_column_of_what_was_filtered() {
        let mut chat = conversation();
        chat.tables.push(table(&["branch", "Total"], &[&["harbour", "40"]]));
        let query = "SELECT * FROM t2 WHERE \"branch\" NOT IN ('airport')".to_owned();
        let plan = serde_json::to_value(vec![Step::Sql { name: "t3".into(), query }]).unwrap_or_default();
        chat.asked.push(Asked { question: "?".into(), plan, fact: None });
        chat.charts.push(Chart { name: "c2".into(), table: "t3".into(), ..chat.charts[0].clone() });
        let inner = "SELECT branch, SUM(\"cups sold\") AS Total FROM t1 GROUP BY branch";
        let query = format!("SELECT * FROM ({inner}) AS t2 WHERE \"branch\" NOT IN ('airport')");
        let want = format!("t4 = sql({query}); chart(barh, t4, x=branch, y=Total)");
        check(&chat, "now cups sold instead of revenue", Some(&want));
    }

    #[test]
    fn quarters_are_told_by_their_names() {
        let mut chat = conversation();
        let rows: &[&[&str]] = &[&["Q4 2023", "40"], &["Q1 2024", "50"], &["Q2 2024", "45"]];
        chat.tables.push(table(&["quarter", "guests"], rows));
        let (kind, x, y) = ("line".to_owned(), "quarter".to_owned(), "guests".to_owned());
        chat.charts.push(Chart { name: "c2".into(), table: "t3".into(), kind, x, y, ..Chart::default() });
        let drawn = |condition: &str| {
            format!("t4 = sql(SELECT * FROM t3 WHERE \"quarter\" {condition}); chart(line, t4, x=quarter, y=guests)")
        };
        check(&chat, "only since 2024", Some(&drawn(">= 'Q1 2024'")));
        check(&chat, "until Q1 2024 please", Some(&drawn("<= 'q1 2024'")));
        check(&chat, "leave out Q2 2024", Some(&drawn("NOT IN ('Q2 2024')")));
    }

    #[test]
    fn a_month_ends_what_is_drawn_and_names_are_told_apart() {
        let mut chat = conversation();
        let (kind, x, y) = ("line".to_owned(), "date".to_owned(), "revenue".to_owned());
        chat.charts.push(Chart { name: "c2".into(), table: "t1".into(), kind, x, y, ..Chart::default() });
        let drawn = "chart(line, t3, x=date, y=revenue)";
        let since = |length: usize, sign: &str, day: &str| {
            format!("t3 = sql(SELECT * FROM t1 WHERE substr(\"date\", 1, {length}) {sign} '{day}'); {drawn}")
        };
        check(&chat, "put the trend until May 2025 into the chart", None);
        check(&chat, "nur ab April 2025", Some(&since(7, ">=", "2025-04")));
        check(&chat, "only from April on please", Some(&since(7, ">=", "2025-04")));
        check(&chat, "only until 10 March", Some(&since(10, "<=", "2025-03-10")));
        let apart = "t3 = sql(SELECT * FROM t1); chart(line, t3, x=date, y=revenue, series=branch)";
        check(&chat, "please colour the lines by branch", Some(apart));
    }
}
