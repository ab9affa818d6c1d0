//! What is in a table, as a query: a row for each of its columns.

use polymath_chat::Table;

/// Columns that are described, at most.
const COLUMNS: usize = 30;

/// The query that describes `table`, which is called `name`: of each column what it holds, how many rows
/// have a value there, how many values are different, and where they have an order the least and the
/// greatest; of numbers the mean and the sum.
pub fn query(name: &str, table: &Table) -> String {
    let parts: Vec<String> = (0..table.columns.len().min(COLUMNS)).map(|at| column(name, table, at)).collect();
    parts.join(" UNION ALL ")
}

fn column(name: &str, table: &Table, at: usize) -> String {
    let cells = || table.rows.iter().filter_map(|row| row.get(at)).filter(|c| c.text.is_some());
    let dates = cells().next().is_some() && cells().all(|c| c.date.is_some());
    let numbers = cells().next().is_some() && cells().all(|c| c.number.is_some()) && !dates;
    let header = &table.columns[at];
    let (label, own) = (header.replace('\'', "''"), header.replace('"', "\"\""));
    let holds = if numbers {
        "numbers"
    } else if dates {
        "dates"
    } else {
        "text"
    };
    let if_any = |fits: bool, what: &str| if fits { format!("{what}(\"{own}\")") } else { "NULL".to_owned() };
    format!(
        "SELECT '{label}' AS \"Column\", '{holds}' AS \"Holds\", COUNT(*) AS \"Rows\", COUNT(\"{own}\") AS \"Filled\", \
         COUNT(DISTINCT \"{own}\") AS \"Different\", {} AS \"Least\", {} AS \"Greatest\", {} AS \"Mean\", {} AS \"Sum\" FROM {name}",
        if_any(numbers || dates, "MIN"),
        if_any(numbers || dates, "MAX"),
        if_any(numbers, "AVG"),
        if_any(numbers, "SUM"),
    )
}
