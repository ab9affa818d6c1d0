//! The grammar of queries over the tables at hand, made anew for each request.
//!
//! A small model writes good SQL and knows little of the tables: it sums a column of words, compares a column
//! with a value that another one has, or that an example had. Here columns are the tables' own, each used as
//! what it is, and what a column of words is compared with is a value of that column that the request can
//! mean: one that shares a word with it, any of the few that there are, or a name of the request's.

use crate::evidence::terms;
use crate::guide::named;
use crate::guide::plan::{PERCENT, SHARE, said as says, years as said_years};
use crate::guide::state::quoted;
use polymath_chat::{Cell, Table};
use polymath_quantity::{figures as said_figures, part_of_year, seconds, tells_hours};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Rows of a table that are looked at.
const ROWS: usize = 20_000;
/// Values that a column may have so that any of them can be meant.
const FEW: usize = 6;
/// Values of a column that a query may name, and pairs of tables that it may join.
const NAMED: usize = 24;
const PAIRS: usize = 3;

/// Words by which a row is added.
const ADDING: &[&str] = &[
    "add", "append", "insert", "include", "put", "with", "plus", "also", "too", "füge", "hinzu", "ergänze", "mit",
    "ajoute", "ajoutez", "avec", "añade", "agrega", "con", "加", "追加", "加上",
];

/// What the cells of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Number,
    Date,
    Time,
    Words,
}

/// A column as a query may use it.
#[derive(Clone, Debug)]
struct Column {
    /// Its name as a query writes it.
    name: String,
    kind: Kind,
    /// Texts that a query may compare it with.
    values: Vec<String>,
    /// Words of the request that stand within its texts.
    pieces: Vec<String>,
    /// It has cells without a value.
    gaps: bool,
    /// The years of its dates.
    years: BTreeSet<String>,
}

/// What the request names.
#[derive(Clone, Copy)]
struct Said {
    times: bool,
    /// Days, with their month.
    days: bool,
}

/// A column's name without what needs quotes: `Year_of_opening`.
pub fn identifier(column: &str) -> String {
    let joined: String = column.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if joined.starts_with(|c: char| c.is_numeric()) { format!("_{joined}") } else { joined }
}

/// Rules, in llguidance's variant of Lark, with `query` for what stands behind "SELECT " in a query of these
/// tables, by their numbers.
pub fn rules(tables: &[(usize, &Table)], request: &str) -> String {
    let sources: Vec<(usize, &Table, Vec<Column>)> = tables
        .iter()
        .filter(|(_, table)| !table.columns.is_empty())
        .map(|(n, table)| (*n, *table, columns(table, request)))
        .collect();
    // A row is added when one is told.
    let figures: Vec<String> =
        said_figures(request).into_iter().filter_map(|f| f.number.map(|n| n.to_string())).collect();
    let adds = says(&request.to_lowercase(), ADDING) && !figures.is_empty();
    let told: Vec<String> = request
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).replace(['"', '\'', '\\'], ""))
        .filter(|word| !word.is_empty())
        .collect();
    let days = said_figures(request).into_iter().filter_map(|f| f.date).any(|date| date.to_string().len() > 7);
    let said = Said { times: !clocks(request).is_empty(), days };
    let mut queries = Vec::new();
    let mut lark = String::new();
    for (n, _, columns) in &sources {
        let suffix = n.to_string();
        source(&mut lark, &suffix, &format!("\" FROM t{n}\""), columns, said);
        queries.push(format!("query_{suffix}"));
        if adds {
            let all = format!(
                "\"*\" \" FROM t{n}\" \" UNION ALL SELECT \" given{}",
                " \", \" given".repeat(columns.len() - 1)
            );
            queries.push(all);
        }
    }
    for ((m, _, left), (n, _, right), key, other) in pairs(&sources) {
        let suffix = format!("{m}_{n}");
        let named = |n: &usize, columns: &[Column]| -> Vec<Column> {
            columns.iter().map(|c| Column { name: format!("t{n}.{}", c.name), ..c.clone() }).collect()
        };
        let columns = [named(m, left), named(n, right)].concat();
        source(
            &mut lark,
            &suffix,
            &format!("\" FROM t{m}\" \" JOIN t{n} ON t{m}.{key} = t{n}.{other}\""),
            &columns,
            said,
        );
        queries.push(format!("query_{suffix}"));
    }
    let known = numbers_meant(request, tables);
    let _ = write!(
        lark,
        "query: {}\ngiven: \"'\" told (\" \" told){{0,5}} \"'\" | added\ntold: {}\nadded: {}\nnumber: {}\nALIAS: /[A-Z][A-Za-z_]{{1,30}}/\nSMALL: /[1-9][0-9]?/\n\
         day: \"'\" whole \"'\"\nwhole: year_of \"-\" /[01][0-9]-[0-3][0-9]/\nyear_of: {}\nhour: \"'\" clock \"'\"\nclock: {}\nbegins: \"'\" year_of (\"-\" /[01][0-9]/)? \"%'\"\nmonth: /'[01][0-9]'/\nyear: \"'\" year_of \"'\"\nweekday: \"'\" /[0-6]/ \"'\"\n\
         sign: \" = \" | \" < \" | \" > \" | \" <= \" | \" >= \" | \" <> \"\nsame: \" = \" | \" <> \"\nbeyond: \" < \" | \" > \" | \" <= \" | \" >= \"\narith: \" + \" | \" - \" | \" * \" | \" / \"\n",
        queries.join(" | "),
        choice(&told),
        choice(&figures),
        choice(&known),
        choice(&years_meant(request, &sources)),
        choice(&clocks(request)),
    );
    lark
}

/// Numbers that a query may have: the request's, small ones, and what converts a column's unit into one that is asked for.
fn numbers_meant(request: &str, tables: &[(usize, &Table)]) -> Vec<String> {
    const TIMES: &[&str] = &["hour", "hours", "minute", "minutes", "day", "days", "week", "weeks", "month", "months"];
    const ROWS: usize = 20;
    let small = request.to_lowercase();
    let mut known: BTreeSet<String> = (0..=10).map(|n| n.to_string()).collect();
    if small.contains(['%', '％']) || says(&small, PERCENT) || says(&small, SHARE) {
        known.extend(["100", "100.0"].map(str::to_owned));
    }
    known.extend(said_figures(request).into_iter().filter_map(|f| f.number).map(|number| number.to_string()));
    if says(&small, TIMES) {
        known.extend(["12", "24", "60", "365"].map(str::to_owned));
    }
    let unit = |text: &str| said_figures(text).into_iter().find_map(|f| f.unit).map(|unit| unit.name.to_string());
    let words = request.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
    let asked: BTreeSet<String> = words.filter_map(|word| unit(&format!("1 {word}"))).collect();
    let cells = tables.iter().flat_map(|(_, table)| table.rows.iter().take(ROWS).flatten());
    let own: BTreeSet<String> = cells.filter(|c| c.number.is_some()).filter_map(|cell| unit(cell.display())).collect();
    for (from, to) in own.iter().flat_map(|from| asked.iter().map(move |to| (from, to))).filter(|(from, to)| from != to)
    {
        let factor = polymath_tools::calculate(&format!("1 {from} in {to}")).ok();
        known.extend(factor.iter().filter_map(|text| {
            let number: f64 = text.trim_start_matches("approx. ").split(' ').next()?.replace(',', "").parse().ok()?;
            Some(format!("{}", (number * 1e6).round() / 1e6))
        }));
    }
    known.into_iter().collect()
}

/// The times that a request names: `9:30`, and `3:00` of "3 hours" and "3 o'clock".
fn clocks(request: &str) -> Vec<String> {
    let small = request.to_lowercase();
    let mut words = small.split_whitespace().map(|w| w.trim_matches(|c: char| !c.is_alphanumeric())).peekable();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let hours = ["hours", "hour", "h", "o'clock", "stunden", "uhr", "heures", "horas"];
        if is_time(word) {
            found.push(word.to_owned());
        } else if word.parse::<u32>().is_ok() && words.peek().is_some_and(|next| hours.contains(next)) {
            found.push(format!("{word}:00"));
        }
    }
    found
}

/// The years that dates are compared with: the request's, the last ones that the tables have, and the next.
fn years_meant(request: &str, sources: &[(usize, &Table, Vec<Column>)]) -> Vec<String> {
    const LAST: usize = 8;
    let mut years: BTreeSet<String> =
        sources.iter().flat_map(|(.., columns)| columns).flat_map(|c| c.years.clone()).collect();
    while years.len() > LAST {
        years.pop_first();
    }
    let after = years.last().and_then(|year| year.parse::<u32>().ok()).map(|year| (year + 1).to_string());
    years.extend(after);
    years.extend(said_years(request));
    years.into_iter().collect()
}

/// The rules of queries of one source, a table or two joined; `from`: what names it. The lexer takes the longest literal
/// and never goes back: a literal that begins like two others together would forbid these, as "SUM(CASE " forbids
/// "SUM(Cost)".
fn source(lark: &mut String, s: &str, from: &str, columns: &[Column], said: Said) {
    let of = |kinds: &[Kind]| -> Vec<String> {
        columns.iter().filter(|c| kinds.contains(&c.kind)).map(|c| c.name.clone()).collect()
    };
    let (numbers, dates, times) = (of(&[Kind::Number]), of(&[Kind::Date]), of(&[Kind::Time]));
    let gaps: Vec<String> = columns.iter().filter(|c| c.gaps).map(|c| c.name.clone()).collect();
    let ordered = of(&[Kind::Number, Kind::Date, Kind::Time]);
    let all: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    let mut functions = vec!["\"COUNT(\" \"*)\"".to_owned(), format!("\"COUNT(\" \"DISTINCT \"? any_{s} \")\"")];
    let mut factors = vec![
        format!("function_{s} \" OVER ()\"?"),
        "number".to_owned(),
        format!("\"(\" value_{s} \")\""),
        format!("\"(\" \"SELECT \" function_{s} {from} where_{s}? \")\""),
        format!("\"COUNT(\" \"CASE WHEN \" condition_{s} \" THEN 1 END)\""),
        format!("\"ROUND(\" value_{s} \", \" SMALL \")\""),
    ];
    let mut conditions = vec![format!("\"(\" condition_{s} (\" OR \" condition_{s})+ \")\"")];
    if !gaps.is_empty() {
        conditions.push(format!("({}) \" IS \" \"NOT \"? \"NULL\"", choice(&gaps)));
    }
    let mut parts = Vec::new();
    if !numbers.is_empty() {
        let _ = writeln!(lark, "number_{s}: {}", choice(&numbers));
        functions.push(format!(
            "(\"SUM(\" | \"AVG(\" | \"MEDIAN(\" | \"STDDEV(\") number_{s} (arith (number_{s} | number))? \")\""
        ));
        factors.push(format!("number_{s}"));
        factors.push(format!("\"SUM(\" \"CASE WHEN \" condition_{s} \" THEN \" number_{s} \" ELSE 0 END)\""));
        conditions.push(format!(
            "number_{s} sign (number | number_{s} | \"(\" \"SELECT \" function_{s} {from} where_{s}? \")\")"
        ));
        conditions.push(format!("number_{s} \" BETWEEN \" number \" AND \" number"));
        conditions.push(format!("number_{s} \" IN (\" number (\", \" number){{0,7}} \")\""));
    }
    if !dates.is_empty() {
        let _ = writeln!(lark, "date_{s}: {}", choice(&dates));
        factors.push(format!("\"julianday(\" date_{s} \") - julianday(\" (date_{s} | day) \")\""));
        conditions.push(format!("date_{s} {} day", if said.days { "sign" } else { "beyond" }));
        conditions.push(format!("date_{s} \" BETWEEN \" day \" AND \" day"));
        conditions.push(format!("date_{s} \" LIKE \" begins"));
        conditions.push(format!("\"substr(\" date_{s} \", 6, 2)\" (sign month | \" IN (\" month (\", \" month){{0,5}} \")\" | \" BETWEEN \" month \" AND \" month)"));
        conditions.push(format!("\"substr(\" date_{s} \", 1, 4)\" sign year"));
        conditions.push(format!(
            "\"strftime('%w', \" date_{s} \")\" (sign weekday | \" IN (\" weekday (\", \" weekday){{0,5}} \")\")"
        ));
        parts.extend([", 1, 7)", ", 1, 4)", ", 6, 2)"].map(|part| format!("\"substr(\" date_{s} \"{part}\"")));
        parts.push(format!("\"strftime('%w', \" date_{s} \")\""));
    }
    if !times.is_empty() {
        let _ = writeln!(lark, "time_{s}: {}", choice(&times));
        functions.push(format!("(\"SUM(\" | \"AVG(\" | \"MEDIAN(\") time_{s} \")\""));
        if said.times {
            conditions.push(format!("\"seconds(\" time_{s} \")\" sign \"seconds(\" hour \")\""));
        }
        parts.push(format!("\"substr(\" time_{s} \", 1, 2)\""));
    }
    if !ordered.is_empty() {
        let _ = writeln!(lark, "ordered_{s}: {}", choice(&ordered));
        functions.push(format!("(\"MIN(\" | \"MAX(\") ordered_{s} \")\""));
    }
    for (i, column) in columns.iter().enumerate().filter(|(_, c)| matches!(c.kind, Kind::Words | Kind::Time)) {
        let name = quoted(&column.name);
        if !column.values.is_empty() {
            let _ = writeln!(lark, "text_{s}_{i}: {}", choice(&column.values));
            conditions.push(format!("{name} same \"'\" text_{s}_{i} \"'\""));
            conditions.push(format!(
                "{name} \" NOT\"? \" IN ('\" text_{s}_{i} \"'\" (\", '\" text_{s}_{i} \"'\"){{0,4}} \")\""
            ));
        }
        if !column.pieces.is_empty() {
            conditions.push(format!("{name} \" NOT\"? \" LIKE '%\" ({}) \"%'\"", choice(&column.pieces)));
        }
    }
    let part = if parts.is_empty() { String::new() } else { format!(" | part_{s}") };
    if !parts.is_empty() {
        let _ = writeln!(lark, "part_{s}: {}", parts.join(" | "));
    }
    let _ = write!(
        lark,
        "query_{s}: items_{s} {from} where_{s}? group_{s}? order_{s}? limit_{s}? | outer_{s}\n\
         outer_{s}: (\"SUM(\" | \"AVG(\" | \"MIN(\" | \"MAX(\" | \"MEDIAN(\" | \"COUNT(\") ALIAS \")\" \" AS \" ALIAS \" FROM (SELECT \" items_{s} {from} where_{s}? group_{s} \")\"\n\
         items_{s}: \"DISTINCT \"? item_{s} (\", \" item_{s}){{0,5}} | \"*\" (\", \" value_{s} \" AS \" ALIAS)?\n\
         item_{s}: any_{s} | value_{s} \" AS \" ALIAS{}\n\
         any_{s}: {}\n\
         value_{s}: factor_{s} (arith factor_{s}){{0,4}}\nfactor_{s}: {}\nfunction_{s}: {}\n\
         where_{s}: \" WHERE \" condition_{s} ((\" AND \" | \" OR \") condition_{s}){{0,4}}\ncondition_{s}: {}\n\
         group_{s}: \" GROUP BY \" key_{s} (\", \" key_{s}){{0,2}} (\" HAVING \" function_{s} sign number)?\nkey_{s}: any_{s} | ALIAS{part}\n\
         order_{s}: \" ORDER BY \" rank_{s} (\", \" rank_{s})?\nrank_{s}: (any_{s} | ALIAS | value_{s}{part}) (\" DESC\" | \" ASC\")?\n\
         limit_{s}: \" LIMIT \" SMALL (\" OFFSET \" SMALL)?\n",
        if parts.is_empty() { String::new() } else { format!(" | part_{s} (\" AS \" ALIAS)?") },
        choice(&all),
        factors.join(" | "),
        functions.join(" | "),
        conditions.join(" | "),
    );
}

/// Tables that share a column, with its name in each.
type Pair<'a> = (&'a (usize, &'a Table, Vec<Column>), &'a (usize, &'a Table, Vec<Column>), String, String);

fn pairs<'a>(sources: &'a [(usize, &'a Table, Vec<Column>)]) -> Vec<Pair<'a>> {
    let mut found = Vec::new();
    for (i, left) in sources.iter().enumerate() {
        for right in &sources[i + 1..] {
            let shared = left.1.columns.iter().find_map(|key| {
                let other = right.1.columns.iter().find(|other| is_alike(key, other))?;
                Some((key, other))
            });
            // A table and a part of it have nothing to tell each other.
            let within = right.1.columns.iter().all(|c| left.1.columns.contains(c))
                || left.1.columns.iter().all(|c| right.1.columns.contains(c));
            if let Some((key, other)) = shared.filter(|_| !within) {
                found.push((left, right, identifier(key), identifier(other)));
            }
        }
    }
    found.truncate(PAIRS);
    found
}

/// Whether two names differ at most in case, and where one of them has a letter beyond ASCII.
fn is_alike(a: &str, b: &str) -> bool {
    let same = |(x, y): (char, char)| x.to_lowercase().eq(y.to_lowercase()) || x.is_ascii() != y.is_ascii();
    a.chars().count() == b.chars().count() && a.chars().zip(b.chars()).all(same)
}

fn columns(table: &Table, request: &str) -> Vec<Column> {
    let small = request.to_lowercase();
    let asked: Vec<String> =
        small.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let stems = terms(request);
    let names = named::names_said(request);
    let column = |(i, title): (usize, &String)| {
        let cells = || table.rows.iter().take(ROWS).filter_map(move |row| row.get(i)).filter(|c| c.text.is_some());
        let kind = kind(cells());
        let (mut values, mut pieces) = (Vec::new(), Vec::new());
        let gaps = table.rows.iter().take(ROWS).any(|row| row.get(i).is_none_or(|cell| cell.text.is_none()));
        let dates = || cells().filter(|_| kind == Kind::Date).filter_map(|cell| cell.date.as_deref());
        let years = dates().filter_map(|date| date.get(..4)).map(str::to_owned).collect();
        if kind == Kind::Time {
            // "DNF": what stands among the times.
            let others: BTreeSet<&str> =
                cells().filter_map(|c| c.text.as_deref()).filter(|text| !is_time(text)).collect();
            let plain = |text: &&&str| !text.contains(['"', '\n', '\\', '\'']);
            values = others.iter().filter(plain).take(FEW).map(|text| (*text).to_owned()).collect();
        }
        if kind == Kind::Words {
            let texts: BTreeSet<&str> = cells().filter_map(|cell| cell.text.as_deref()).collect();
            let plain = |text: &&&str| !text.contains(['"', '\n', '\\']) && text.chars().count() < 80;
            let few = texts.len() <= FEW;
            let meant = |text: &&&str| few || is_meant(text, &asked, &stems);
            values =
                texts.iter().filter(plain).filter(meant).map(|text| text.replace('\'', "''")).take(NAMED).collect();
            // A name that no cell has gives no rows, which is told; without it the question would lose it.
            let known = |name: &String| texts.iter().any(|text| text.to_lowercase().contains(&name.to_lowercase()));
            let own = |name: &&String| !known(name) && !name.contains(['"', '\n', '\\']) && !is_title(name, table);
            values.extend(names.iter().filter(own).map(|name| name.replace('\'', "''")));
            let long = |word: &&String| word.chars().count() > 2 || !word.is_ascii();
            let within = |word: &&String| texts.iter().any(|text| text.to_lowercase().contains(word.as_str()));
            pieces = asked.iter().filter(long).filter(within).cloned().collect::<BTreeSet<_>>().into_iter().collect();
        }
        Column { name: identifier(title), kind, values, pieces, gaps, years }
    };
    table.columns.iter().enumerate().map(column).collect()
}

/// Whether a name is one of the table's own words: its title, a column.
fn is_title(name: &str, table: &Table) -> bool {
    let own: Vec<String> = terms(&format!("{} {}", table.title, table.columns.join(" ")).replace(['_', '.'], " "));
    terms(name).iter().all(|term| own.contains(term))
}

/// Whether a request may mean a text: it has a word of it, or the beginning of one.
fn is_meant(text: &str, asked: &[String], stems: &[String]) -> bool {
    const ALIKE: usize = 4;
    let small = text.to_lowercase();
    let begins = |word: &str, other: &str| word.chars().count() >= ALIKE && other.starts_with(word);
    let mut words = small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| asked.iter().any(|own| own == word || begins(own, word) || begins(word, own)))
        || terms(&small).iter().any(|term| stems.contains(term))
        // Texts without spaces.
        || !text.is_ascii() && asked.iter().any(|own| own.contains(&small) || small.contains(own.as_str()))
}

/// What most cells of a column are; as the queries' tables have them.
pub fn kind<'a>(cells: impl Iterator<Item = &'a Cell>) -> Kind {
    let cells: Vec<&Cell> = cells.collect();
    // "45m" among hours and minutes is a time too.
    let lasting = cells.iter().any(|cell| cell.text.as_deref().is_some_and(tells_hours));
    let mut counts = [0_usize; 4];
    for cell in cells {
        let kind = match (cell.number, cell.date.as_deref(), cell.text.as_deref()) {
            (_, _, Some(text)) if lasting && seconds(text).is_some() => Kind::Time,
            (Some(_), ..) => Kind::Number,
            // A quarter is called by its name.
            (None, Some(_), Some(text)) if part_of_year(text).is_some() => Kind::Words,
            (None, Some(date), _) if date.parse::<i64>().is_ok() => Kind::Number,
            (None, Some(_), _) => Kind::Date,
            (None, None, Some(text)) if is_time(text) => Kind::Time,
            _ => Kind::Words,
        };
        counts[kind as usize] += 1;
    }
    let all: usize = counts.iter().sum();
    let most = |kind: &Kind| all > 0 && counts[*kind as usize] * 5 >= all * 4;
    [Kind::Number, Kind::Date, Kind::Time].into_iter().find(|kind| most(kind)).unwrap_or(Kind::Words)
}

/// `14:05`, `9:30:00`, `3h 45m`.
pub fn is_time(text: &str) -> bool {
    seconds(text).is_some() && (text.contains(':') || tells_hours(text))
}

/// Literals of which one stands here.
fn choice(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    if all.is_empty() { "\"-\"".to_owned() } else { all.join(" | ") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::{Constraint, Provenance};
    use polymath_model::constrain::Compiler;

    fn table(title: &str, columns: &[&str], rows: &[&[&str]]) -> Table {
        let cell = |text: &&str| {
            let date = (text.len() == 10 && text.contains('-')).then(|| (*text).to_owned());
            Cell { number: text.parse().ok(), date, ..Cell::new(*text, Provenance::Given) }
        };
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        Table { title: title.into(), columns, rows: rows.iter().map(|r| r.iter().map(cell).collect()).collect() }
    }

    #[track_caller]
    fn check(request: &str, query: &str, fits: bool) {
        let orders = table(
            "orders.csv",
            &["Placed on", "Buyer", "State", "2023"],
            &[
                &["2023-01-05", "Adler", "paid", "12.5"],
                &["2023-02-05", "Birke", "open", "8"],
                &["2023-02-09", "Carl", "open", "9"],
                &["2023-02-09", "Dorn", "open", "9"],
                &["2023-02-09", "Esche", "open", "9"],
                &["2023-02-09", "Falk", "late", "9"],
                &["2023-02-09", "O'Hara", "open", "9"],
            ],
        );
        let buyers = table("buyers.csv", &["buyer", "Opens"], &[&["Adler", "09:30"], &["Birke", "10:00"]]);
        let tables = [(1, &orders), (3, &buyers)];
        let lark = format!("start: query\n{}", rules(&tables, request));
        let got = Compiler::of_bytes().unwrap().check(&Constraint::Lark(lark), query);
        assert_eq!(got.is_ok(), fits, "{request}: {query}: {got:?}");
    }

    #[test]
    fn columns_are_used_as_what_they_are() {
        let check = |query: &str, fits: bool| check("How much?", query, fits);
        check("SUM(_2023) AS Total FROM t1", true);
        check("SUM(State) AS Total FROM t1", false);
        check("State, SUM(_2023) AS Total FROM t1 GROUP BY State ORDER BY Total DESC LIMIT 3", true);
        check("State, COUNT(*) AS Orders FROM t1 GROUP BY State HAVING COUNT(*) > 2", true);
        check("substr(Placed_on, 1, 7) AS Month, SUM(_2023) AS Total FROM t1 GROUP BY Month ORDER BY Month", true);
        check("substr(State, 1, 7) AS Month FROM t1", false);
        check("*, 100.0 * _2023 / SUM(_2023) OVER () AS Share FROM t1", false);
        check("MAX(Placed_on) AS Latest FROM t1 WHERE Placed_on < '2023-02-01'", true);
        check("COUNT(Buyer) AS Buyers FROM t1 WHERE State = 'open' ORDER BY Buyers", true);
        check("SUM(CASE WHEN State = 'open' THEN _2023 ELSE 0 END) AS Open FROM t1", true);
        check("* FROM t1 WHERE _2023 > (SELECT AVG(_2023) FROM t1)", true);
        check("Weight FROM t1", false);
        check("* FROM t2", false);
        check("AVG(Opens) AS Mean FROM t3", true);
        check("AVG(Total) AS Mean FROM (SELECT Buyer, SUM(_2023) AS Total FROM t1 GROUP BY Buyer)", true);
        check("* FROM t1 UNION ALL SELECT '2023-03-01', 'Erle', 'paid', 10", false);
        check("t3.Opens, SUM(t1._2023) AS Total FROM t1 JOIN t3 ON t1.Buyer = t3.buyer GROUP BY t3.Opens", true);
        let share = "100.0 * COUNT(CASE WHEN State = 'paid' THEN 1 END) / COUNT(*) AS Share FROM t1";
        super::tests::check("What percentage is paid?", share, true);
    }

    #[test]
    fn texts_are_the_columns_own() {
        let one = |name: &str| format!("* FROM t1 WHERE Buyer = '{name}'");
        check("what did adler buy?", &one("Adler"), true);
        check("what did adler buy?", &one("Birke"), false);
        check("what did O'Hara buy?", &one("O''Hara"), true);
        check("what did adler buy?", &one("paid"), false);
        // There are few states, and one of them may be meant by another word.
        check("which are not settled yet?", "* FROM t1 WHERE State IN ('open', 'late')", true);
        // A name that is not there is asked for all the same: nothing is found then.
        check("and what did Zander buy?", &one("Zander"), true);
        check("add Erle, paid, with 10", "* FROM t1 UNION ALL SELECT 'Erle', 'Erle', 'paid', 10", true);
        check("which opens before 9:45?", "* FROM t3 WHERE seconds(Opens) < seconds('9:45')", true);
        check("orders above 10?", "* FROM t1 WHERE _2023 > 10", true);
        check("orders above 10?", "* FROM t1 WHERE _2023 > 11", false);
        let dams = table("dams", &["Dam", "Height"], &[&["Ost", "18 m"]]);
        let dams = Table {
            rows: vec![vec![dams.rows[0][0].clone(), Cell { number: Some(18.0), ..dams.rows[0][1].clone() }]],
            ..dams
        };
        assert!(numbers_meant("add the height in feet", &[(1, &dams)]).contains(&"3.28084".to_owned()));
    }
}
