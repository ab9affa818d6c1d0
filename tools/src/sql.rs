//! `sql`: questions about the conversation's tables, answered by SQLite.
//!
//! Each call gets a database of its own in memory, filled with the tables under their names; the
//! query may only read. Who asks keeps the provenance: this tool knows values only.

mod functions;
mod names;

use crate::{CallCx, Tool, ToolError};
use async_trait::async_trait;
pub use names::in_sql;
use polymath_chat::{Cell, Provenance, SharedProvenance, Table, ToolOutput, ToolSpec};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a query may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Rows that a result may have.
const MOST_ROWS: usize = 5_000;
/// Rows that the model reads.
const SHOWN_ROWS: usize = 30;
/// Instructions of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;
/// The order of quarters.
const PERIOD: &str = "period";
/// One name that is written now so, now so: `Sweet pea`, `sweet-pea`.
const ALIKE: &str = "alike";

/// The `sql` tool.
pub struct Sql {
    spec: ToolSpec,
}

impl Default for Sql {
    fn default() -> Self {
        let spec = ToolSpec {
            name: "sql".to_owned(),
            description:
                "Runs one SELECT (SQLite) over the conversation's tables, by their names (t1, t2, …): sorting, \
                          filtering, grouping, joining, shares by window functions, median(x), stddev(x), corr(x, y), \
                          quantile(x, q), x REGEXP 'pattern'. Dates are text, YYYY-MM-DD; seconds('1:05:30') reads a time, \
                          hms(s) writes one. The result is a new table."
                    .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"query": {"type": "string", "description": "The SELECT"}},
                "required": ["query"],
            }),
            raw_argument: None,
            stateful: false,
        };
        Sql { spec }
    }
}

#[async_trait]
impl Tool for Sql {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let query = args["query"].as_str().unwrap_or_default().trim().trim_end_matches(';').to_owned();
        let tables = cx.tables.clone();
        let work = tokio::task::spawn_blocking(move || run(&query, &tables));
        let result = work.await.map_err(|e| ToolError::Abort(e.into()))?;
        let table = result.map_err(|why| ToolError::tell("query", why))?;
        let mut content =
            Table { rows: table.rows.iter().take(SHOWN_ROWS).cloned().collect(), ..table.clone() }.markdown();
        if table.rows.len() > SHOWN_ROWS {
            content.push_str(&format!("[{SHOWN_ROWS} of {} rows shown]", table.rows.len()));
        }
        if table.rows.is_empty() {
            content = "no rows".to_owned();
        }
        Ok(ToolOutput { tables: vec![table], ..ToolOutput::text(content.trim_end()) })
    }
}

/// Runs a query; the error says what was wrong with it and what there is.
fn run(query: &str, tables: &[(String, Arc<Table>)]) -> Result<Table, String> {
    if tables.is_empty() {
        return Err("there are no tables in this conversation yet; find or make one first".to_owned());
    }
    let failed = |e: rusqlite::Error| explain(&e, tables);
    let mut connection = Connection::open_in_memory().map_err(failed)?;
    // A misspelt name in double quotes is an error, and no text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(failed)?;
    functions::add(&connection).map_err(failed)?;
    connection.create_collation(PERIOD, by_period).map_err(failed)?;
    connection.create_collation(ALIKE, by_letters).map_err(failed)?;
    // The others need not be copied: they may be large, and the latest have two names.
    for (name, table) in tables.iter().filter(|(name, _)| names::mentions(query, name)) {
        load(&connection, name, table).map_err(failed)?;
    }
    guard(&mut connection).map_err(failed)?;
    let query = names::quoted(query, tables);
    let mut statement = connection.prepare(&query).map_err(failed)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).map_err(failed)?;
    let told = SharedProvenance::from(Provenance::Computed { how: format!("sql: {query}") });
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        if found.len() == MOST_ROWS {
            return Err(format!("the result has more than {MOST_ROWS} rows; group, filter or LIMIT it"));
        }
        let cells = (0..columns.len()).map(|i| row.get_ref(i).map(|value| cell(value, &told)));
        found.push(cells.collect::<Result<Vec<Cell>, _>>().map_err(failed)?);
    }
    Ok(Table {
        title: names::title(&query, tables),
        columns: distinct(columns.iter().map(|c| names::readable(c)).collect()),
        rows: found,
    })
}

/// The query may read, compute, and nothing else, for so long.
fn guard(connection: &mut Connection) -> rusqlite::Result<()> {
    let started = Instant::now();
    connection.progress_handler(STEPS, Some(move || started.elapsed() > TIME_LIMIT))?;
    connection.authorizer(Some(|cx: AuthContext<'_>| match cx.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if function_name != "load_extension" => Authorization::Allow,
        _ => Authorization::Deny,
    }))
}

fn load(connection: &Connection, name: &str, table: &Table) -> rusqlite::Result<()> {
    let kinds: Vec<Kind> = (0..table.columns.len()).map(|i| kind(table, i)).collect();
    let column = |(name, kind): (&String, &Kind)| format!("{}{}", in_sql(name), kind.affinity);
    let columns: Vec<String> = distinct(table.columns.clone()).iter().zip(&kinds).map(column).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let filled = connection.unchecked_transaction()?;
    connection.execute_batch(&format!("CREATE TABLE {} ({})", in_sql(name), columns.join(", ")))?;
    let mut insert = connection.prepare(&format!("INSERT INTO {} VALUES ({places})", in_sql(name)))?;
    for row in &table.rows {
        let values = row.iter().zip(&kinds).map(|(cell, kind)| match value(cell) {
            ValueRef::Text(_) if kind.measured => ToSqlOutput::Borrowed(ValueRef::Null),
            // "45m" among hours and minutes.
            _ if kind.lasting => ToSqlOutput::Borrowed(cell.text.as_deref().map_or(ValueRef::Null, ValueRef::from)),
            value => ToSqlOutput::Borrowed(value),
        });
        insert.execute(params_from_iter(values))?;
    }
    filled.commit()
}

/// How a column is kept.
struct Kind {
    /// A column of numbers is compared with the `'2019'` of a query as with 2019, one of quarters is sorted by time.
    affinity: &'static str,
    /// It is one of hours and minutes, in words.
    lasting: bool,
    /// It is one of numbers where a few cells have only words: "not published" is no value, which a mean would count
    /// as nought and an order put before all numbers.
    measured: bool,
}

fn kind(table: &Table, column: usize) -> Kind {
    let (mut numbers, mut words, mut figures, mut periods) = (0, 0, false, false);
    for cell in table.rows.iter().filter_map(|row| row.get(column)) {
        match value(cell) {
            ValueRef::Integer(_) | ValueRef::Real(_) => numbers += 1,
            ValueRef::Text(text) => {
                words += 1;
                periods = periods || part(cell).is_some();
                figures = figures || text.iter().any(u8::is_ascii_digit);
            }
            ValueRef::Null | ValueRef::Blob(_) => {}
        }
    }
    let texts = || table.rows.iter().filter_map(|row| row.get(column)?.text.as_deref());
    let lasting = texts().any(polymath_quantity::tells_hours)
        && texts().all(|text| polymath_quantity::seconds(text).is_some() && !text.contains(':'));
    Kind {
        lasting,
        affinity: match (numbers > 0 && words == 0 && !lasting, periods) {
            (true, _) => " NUMERIC",
            (false, true) => " COLLATE period",
            (false, false) => "",
        },
        measured: !lasting && words > 0 && numbers >= 2 * words && !figures,
    }
}

fn value(cell: &Cell) -> ValueRef<'_> {
    match (cell.number, &cell.date, &cell.text) {
        (Some(number), _, _) if number.fract() == 0.0 && number.abs() < 9e15 => ValueRef::Integer(number as i64),
        (Some(number), _, _) => ValueRef::Real(number),
        // A quarter is more than its year.
        (_, Some(_), Some(text)) if part(cell).is_some() => ValueRef::Text(text.as_bytes()),
        // A year is compared with numbers; more exact dates are text that sorts.
        (_, Some(date), _) => date.parse().map_or_else(|_| ValueRef::Text(date.as_bytes()), ValueRef::Integer),
        (_, _, Some(text)) => ValueRef::Text(text.as_bytes()),
        _ => ValueRef::Null,
    }
}

fn cell(value: ValueRef<'_>, told: &SharedProvenance) -> Cell {
    let computed = |text: String| Cell::new(text, told.clone());
    match value {
        ValueRef::Null => Cell::missing(),
        ValueRef::Integer(n) => Cell { number: Some(n as f64), ..computed(n.to_string()) },
        ValueRef::Real(n) => {
            let text = number(n);
            Cell { number: text.parse().ok().or(Some(n)), ..computed(text) }
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let year = || polymath_quantity::part_of_year(&text).map(|(year, _)| year.to_string());
            let date = if is_date(&text) { Some(text.clone()) } else { year() };
            Cell { date, ..computed(text) }
        }
    }
}

/// The part of a year that a cell names.
fn part(cell: &Cell) -> Option<(u16, u8)> {
    polymath_quantity::part_of_year(cell.text.as_deref()?)
}

/// Quarters in their order, whatever the way in which they are written; other texts as they are.
fn by_period(one: &str, other: &str) -> Ordering {
    let place = polymath_quantity::part_of_year;
    match (place(one), place(other)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // So that there is one order of all.
        (a, b) => b.is_some().cmp(&a.is_some()).then_with(|| one.cmp(other)),
    }
}

/// By letters and digits alone, whatever their case.
fn by_letters(one: &str, other: &str) -> Ordering {
    let bare =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    bare(one).cmp(&bare(other))
}

/// `YYYY-MM` or `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    (2..=3).contains(&parts.len()) && digits(&parts[0], 4) && parts[1..].iter().all(|p| digits(p, 2))
}

/// A number as people read it: ten significant digits, without what rounding leaves behind; of an endless fraction four
/// decimals, and six of one below 1.
fn number(n: f64) -> String {
    if n == 0.0 || !n.is_finite() {
        return n.to_string();
    }
    let decimals = (9 - n.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{n:.decimals$}");
    let fraction = text.split_once('.').map_or(0, |(_, behind)| behind.trim_end_matches('0').len());
    let text = match fraction > 6 && n.abs() > 0.001 {
        true => format!("{n:.0$}", if n.abs() < 1.0 { 6 } else { 4 }),
        false => text,
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Column names that differ.
fn distinct(columns: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for column in columns {
        let mut name = column.clone();
        let mut n = 2;
        while seen.iter().any(|s| s.eq_ignore_ascii_case(&name)) {
            name = format!("{column} {n}");
            n += 1;
        }
        seen.push(name);
    }
    seen
}

/// What SQLite says, and what there is to choose from.
fn explain(error: &rusqlite::Error, tables: &[(String, Arc<Table>)]) -> String {
    let why = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    let why = if why.contains("interrupted") {
        format!("the query took longer than {} s", TIME_LIMIT.as_secs())
    } else if why.contains("not authorized") || why.contains("prohibited") {
        "only SELECT is allowed here; nothing was changed".to_owned()
    } else {
        why
    };
    // The latest tables have a second name each, which only confuses here.
    let named = |(name, _): &&(String, Arc<Table>)| !name.starts_with("df") || tables.len() == 1;
    let told = tables.iter().filter(named).map(|(name, t)| format!("{name} ({})", t.columns.join(", ")));
    let told: Vec<String> = told.collect();
    format!("{why}; the tables are {}", told.join("; "))
}

#[cfg(test)]
mod tests;
