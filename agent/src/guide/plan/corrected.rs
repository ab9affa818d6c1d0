//! A value that the user corrects: "oops, on Friday it was 8". The table and its chart are made again with it.

use super::Step;
use super::check::draw_again;
use super::signs::{says, words};
use crate::evidence::{stands_in, terms};
use crate::notebook::{Chat, query_of};
use polymath_chat::{Cell, Provenance, Role, Table};
use polymath_quantity::figures;
use polymath_tools::in_sql;

/// Words of such a request, at most; a question behind it makes it longer.
const SHORT: usize = 16;
const WITH_QUESTION: usize = 24;
/// Words that take back what was said.
const CORRECTING: &[&str] = &[
    "oops",
    "sorry",
    "actually",
    "correct",
    "correction",
    "wrong",
    "mistake",
    "should",
    "really",
    "meant",
    "typo",
    "fix",
    "change",
    "eigentlich",
    "falsch",
    "korrigiere",
    "korrektur",
    "sondern",
    "ups",
    "sollte",
    "en fait",
    "pardon",
    "corrige",
    "erreur",
    "perdón",
    "en realidad",
    "corrige",
    "debería",
    "应该",
    "改成",
    "更正",
    "错了",
];
/// Words that say what it is; of what the user gave they are enough.
const SAYING: &[&str] = &[
    "was", "were", "is", "had", "has", "not", "war", "waren", "ist", "hatte", "était", "est", "era", "fue", "es", "是",
];

/// The plan of a request that gives one value of a table anew: "oops, on Friday it was 8", and with a question behind it, "what
/// is it in all then?", the question of the corrected table.
pub fn corrected(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    let small = request.to_lowercase();
    let (said, question) = told_apart(&small);
    let replaces = given_anew(&said).is_some();
    let longest = if question.is_empty() && !replaces { SHORT } else { WITH_QUESTION };
    if words(&small).count() > longest {
        return None;
    }
    if !question.is_empty() {
        // "Ann is 34. How long did she work?" takes nothing back.
        return says(&said, CORRECTING).then(|| asked_anew(&said, &question, chat)).flatten();
    }
    let shown = chat.messages.iter().rev().find(|m| m.role == Role::Assistant && !m.content.is_empty())?;
    let at = match chat.charts.last().filter(|_| shown.content.contains(".png")) {
        Some(chart) => chart.table.strip_prefix('t')?.parse::<usize>().ok()?.checked_sub(1)?,
        None => chat.tables.iter().rposition(|table| table.rows.len() > 1)?,
    };
    let query = with_it(&said, at, chat).or_else(|| replaced(&said, at, chat))?;
    let mut steps = vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }];
    draw_again(&mut steps, "", chat);
    Some(steps)
}

/// What a request says, and what it asks behind it.
fn told_apart(small: &str) -> (String, String) {
    let mut pieces: Vec<&str> = small.split_inclusive(['.', '!', '?', ';']).collect();
    // A full stop within a number parts nothing.
    if let Some(at) = pieces.iter().rposition(|piece| piece.trim_end().ends_with(['?', '？'])) {
        let mut first = at;
        while first > 0 && pieces[first - 1].ends_with('.') && pieces[first].starts_with(|c: char| c.is_ascii_digit()) {
            first -= 1;
        }
        let question = pieces.drain(first..).collect::<String>().trim().to_owned();
        return (pieces.concat().trim().to_owned(), question);
    }
    (small.to_owned(), String::new())
}

/// The query before, of the corrected table, for what the question names.
fn asked_anew(said: &str, question: &str, chat: &Chat) -> Option<Vec<Step>> {
    let is_source = |table: &&Table| query_of(table).is_none() && table.rows.len() > 1;
    let at = chat.tables.iter().rposition(|table| is_source(&table))?;
    let source = format!("t{}", at + 1);
    let last = chat.tables.iter().rev().find_map(query_of).filter(|query| {
        query.matches("SELECT").count() == 1 && words(query).filter(|word| *word == source).count() == 1
    })?;
    let corrected = with_it(said, at, chat)?;
    let name = |n: usize| format!("t{}", chat.tables.len() + n);
    let from = format!(" FROM {source}");
    let query = last.replacen(&from, &format!(" FROM {}", name(1)), 1);
    let mut steps = vec![Step::Sql { name: name(1), query: corrected }];
    if query == last {
        return None;
    }
    // Of the groups before, the one that the question names.
    let key = last.split_once(" GROUP BY ").map(|(_, behind)| {
        let end = [" ORDER BY ", " LIMIT ", " HAVING "].iter().filter_map(|next| behind.find(next)).min();
        behind[..end.unwrap_or(behind.len())].split(" COLLATE").next().unwrap_or_default().trim().to_owned()
    });
    let column = key
        .as_ref()
        .and_then(|key| chat.tables[at].columns.iter().position(|own| own.eq_ignore_ascii_case(key.trim_matches('"'))));
    let named = column.and_then(|column| {
        let texts = chat.tables[at].rows.iter().filter_map(|row| row.get(column)?.text.as_deref());
        texts.filter(|text| text.chars().count() > 1).find(|text| stands_in(question, &text.to_lowercase()))
    });
    let query = match (named, key) {
        (Some(named), Some(key)) if !query.contains(" WHERE ") => {
            let condition = format!(" WHERE {key} = '{}' COLLATE alike GROUP BY ", named.replace('\'', "''"));
            query.replacen(" GROUP BY ", &condition, 1)
        }
        _ => query,
    };
    steps.push(Step::Sql { name: name(2), query });
    Some(steps)
}

/// The query of the table at a place with the value that is given anew.
fn with_it(small: &str, at: usize, chat: &Chat) -> Option<String> {
    let table = chat.tables.get(at)?;
    let (keys, row) = named_row(small, table)?;
    let mut rest = small.to_owned();
    for (_, said) in &keys {
        rest = rest.replacen(said.as_str(), " ", 1);
    }
    let column = measure(&rest, table, &keys)?;
    let old = row[column].number;
    let said: Vec<f64> = figures(&rest).into_iter().filter(|f| f.date.is_none()).filter_map(|f| f.number).collect();
    let new = match said.as_slice() {
        [new] => *new,
        // "8, not 6".
        [one, other] if old == Some(*other) => *one,
        [one, other] if old == Some(*one) => *other,
        _ => return None,
    };
    let given = matches!(&*row[column].provenance, Provenance::Given);
    let corrects = says(small, CORRECTING) || given && says(small, SAYING);
    if !corrects || old.is_none() || old == Some(new) {
        return None;
    }
    let conditions: Vec<String> =
        keys.iter().map(|(key, _)| format!("{} = {}", in_sql(&table.columns[*key]), literal(&row[*key]))).collect();
    let conditions = conditions.join(" AND ");
    let columns = (0..table.columns.len()).map(|i| match (in_sql(&table.columns[i]), i == column) {
        (name, true) => format!("CASE WHEN {conditions} THEN {new} ELSE {name} END AS {name}"),
        (name, false) => name,
    });
    Some(format!("SELECT {} FROM t{}", columns.collect::<Vec<_>>().join(", "), at + 1))
}

/// The new value and the old one, where a request says both: "15.9, not 12.5", "31 statt 13".
fn given_anew(small: &str) -> Option<(f64, f64)> {
    const NOT: &[&str] = &[
        "not",
        "instead of",
        "rather than",
        "nicht",
        "statt",
        "anstatt",
        "und keine",
        "pas",
        "au lieu de",
        "plutôt que",
        "no",
        "y no",
        "en vez de",
        "en lugar de",
        "不是",
        "而不是",
    ];
    let numbers = |text: &str| -> Vec<f64> {
        figures(text).into_iter().filter(|f| f.date.is_none()).filter_map(|f| f.number).collect()
    };
    NOT.iter().find_map(|not| {
        let at = small.match_indices(not).map(|(at, _)| at).find(|at| {
            let apart = |c: Option<char>| !not.is_ascii() || c.is_none_or(|c| !c.is_alphanumeric());
            let behind = &small[at + not.len()..];
            // The old value stands right behind it.
            apart(small[..*at].chars().next_back())
                && behind.trim_start().starts_with(|c: char| c.is_ascii_digit() || "$€£".contains(c))
        })?;
        let (new, old) = (numbers(&small[..at]), numbers(&small[at + not.len()..]));
        Some((*new.last()?, *old.first()?))
    })
}

/// The query of the table at a place with the one value that a request takes back by what it was: the row needs no name.
fn replaced(small: &str, at: usize, chat: &Chat) -> Option<String> {
    let table = chat.tables.get(at)?;
    let (new, old) = given_anew(small)?;
    let holds = |row: &usize, column: &usize| {
        let cell = table.rows[*row].get(*column);
        cell.is_some_and(|cell| cell.number == Some(old) && cell.date.is_none())
    };
    let mut places = (0..table.columns.len())
        .flat_map(|column| (0..table.rows.len()).map(move |row| (row, column)))
        .filter(|(row, column)| holds(row, column));
    let ((_, changed), None) = (places.next()?, places.next()) else { return None };
    let columns = table.columns.iter().enumerate().map(|(i, column)| match (in_sql(column), i == changed) {
        (name, true) => format!("CASE WHEN {name} = {old} THEN {new} ELSE {name} END AS {name}"),
        (name, false) => name,
    });
    Some(format!("SELECT {} FROM t{}", columns.collect::<Vec<_>>().join(", "), at + 1))
}

/// Columns that a row is named by, and what the request says of each.
type Keys = Vec<(usize, String)>;

/// The one row that a request names, with the columns that it names it by and what it says of each: a name, a day, or both.
fn named_row<'a>(small: &str, table: &'a Table) -> Option<(Keys, &'a [Cell])> {
    let days: Vec<(String, String)> = figures(small)
        .into_iter()
        .filter_map(|figure| Some((figure.date?.to_string(), figure.text.to_lowercase())))
        .collect();
    let said = |at: usize, cell: &Cell| -> Option<(usize, String)> {
        let text = cell.text.as_deref().filter(|text| text.chars().count() > 1)?.to_lowercase();
        if stands_in(small, &text) {
            return Some((at, text));
        }
        // "11 may" is a day of the only year that there is.
        let date = cell.date.as_deref()?;
        let same = |day: &str| day == date || day.len() < date.len() && date.ends_with(day.trim_start_matches('-'));
        if let Some((_, text)) = days.iter().find(|(day, _)| same(day)) {
            return Some((at, text.clone()));
        }
        let year = date.get(..4)?;
        let all: Vec<&str> = words(small).collect();
        let pair = all.windows(2).find(|pair| {
            let day = figures(&format!("{} {year}", pair.join(" "))).into_iter().find_map(|figure| figure.date);
            day.is_some_and(|day| day.to_string() == date)
        })?;
        Some((at, pair.join(" ")))
    };
    let is_key = |at: usize| table.rows.iter().filter_map(|row| row.get(at)).any(|cell| cell.number.is_none());
    let keys: Vec<usize> = (0..table.columns.len()).filter(|at| is_key(*at)).collect();
    let named = table.rows.iter().map(|row| {
        let own: Vec<(usize, String)> = keys.iter().filter_map(|at| said(*at, row.get(*at)?)).collect();
        (own, row.as_slice())
    });
    let named: Vec<(Keys, &[Cell])> = named.filter(|(own, _)| !own.is_empty()).collect();
    let most = named.iter().map(|(own, _)| own.len()).max()?;
    let mut best = named.into_iter().filter(|(own, _)| own.len() == most);
    best.next().filter(|_| best.next().is_none())
}

/// The only column of numbers, or the one that the request names.
fn measure(small: &str, table: &Table, keys: &[(usize, String)]) -> Option<usize> {
    let measured = |at: &usize| {
        let cells = || table.rows.iter().filter_map(|row| row.get(*at)).filter(|cell| cell.text.is_some());
        keys.iter().all(|(key, _)| key != at)
            && cells().count() > 0
            && cells().all(|cell| cell.number.is_some() && cell.date.is_none())
    };
    let all: Vec<usize> = (0..table.columns.len()).filter(measured).collect();
    if let [only] = all.as_slice() {
        return Some(*only);
    }
    let asked = terms(small);
    let mut named = all.into_iter().filter(|at| terms(&table.columns[*at]).iter().any(|term| asked.contains(term)));
    named.next().filter(|_| named.next().is_none())
}

/// A cell as a query compares with it.
fn literal(cell: &Cell) -> String {
    match (&cell.date, cell.number) {
        (Some(date), _) if date.parse::<u32>().is_ok() => date.clone(),
        (Some(date), _) => format!("'{date}'"),
        (None, Some(number)) => number.to_string(),
        (None, None) => format!("'{}'", cell.display().replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Message;

    #[test]
    fn a_question_behind_a_correction_is_of_the_corrected_table() {
        let mut chat = Chat::new("c");
        let cell = |text: &str| {
            let (number, date) = polymath_quantity::read(text).values();
            Cell { number, date, ..Cell::new(text, Provenance::Given) }
        };
        let rows = [["2024-05-11", "Sage", "84.5"], ["2024-05-11", "Mint", "9"], ["2024-05-18", "Sage", "52"]];
        let columns = ["day", "plant", "paid"].map(str::to_owned).to_vec();
        let rows = rows.map(|row| row.map(cell).to_vec()).to_vec();
        chat.tables.push(Table { title: "sales.csv".into(), columns, rows });
        let how = "sql: SELECT plant, SUM(paid) AS Total FROM t1 GROUP BY plant".to_owned();
        let total = Cell { number: Some(136.5), ..Cell::new("136.5", Provenance::Computed { how }) };
        let columns = ["plant", "Total"].map(str::to_owned).to_vec();
        chat.tables.push(Table { title: "sales.csv".into(), columns, rows: vec![vec![cell("Sage"), total]] });
        let told = |request: &str| {
            corrected(request, &chat).map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let anew = "t3 = sql(SELECT \"day\", \"plant\", CASE WHEN \"day\" = '2024-05-11' AND \"plant\" = 'Sage' THEN 48.5 \
                    ELSE \"paid\" END AS \"paid\" FROM t1); t4 = sql(SELECT plant, SUM(paid) AS Total FROM t3 WHERE plant = \
                    'Sage' COLLATE alike GROUP BY plant)";
        assert_eq!(
            told("oh no, the sage on 11 may was 48.50, I typed it wrong. whats sage then?").as_deref(),
            Some(anew)
        );
        // That takes nothing back.
        assert_eq!(told("the sage on 11 may was 48.50 a pot. how many pots were that?"), None);
    }

    #[test]
    fn a_value_is_known_by_what_it_was() {
        let mut chat = Chat::new("c");
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["8", "12.5"], ["9", "17"], ["9", "18"]].map(|row| row.map(cell).to_vec()).to_vec();
        let columns = ["Hours", "Height"].map(str::to_owned).to_vec();
        chat.tables.push(Table { title: "beans".into(), columns, rows });
        chat.messages.push(Message::assistant("| Hours | Height |"));
        let told = |request: &str| corrected(request, &chat).map(|steps| steps[0].to_string());
        let with = |new: &str, old: &str| {
            Some(format!(
                "t2 = sql(SELECT \"Hours\", CASE WHEN \"Height\" = {old} THEN {new} ELSE \"Height\" END AS \"Height\" FROM t1)"
            ))
        };
        let long = "oh sorry, the one with 8 hours was 15.9 cm, not 12.5. please correct it";
        assert_eq!(told(long), with("15.9", "12.5"));
        assert_eq!(told("das war 19 statt 18"), with("19", "18"));
        assert_eq!(told("it was 4 cm, not 3"), None);
        assert_eq!(told("it was 10 hours, not 9"), None);
        assert_eq!(told("do not draw 12.5"), None);
    }

    #[test]
    fn a_value_is_given_anew() {
        let mut chat = Chat::new("c");
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["Thursday", "4"], ["Friday", "6"]].map(|row| row.map(cell).to_vec()).to_vec();
        let columns = ["Day", "Cups"].map(str::to_owned).to_vec();
        chat.tables.push(Table { title: "cups".into(), columns, rows });
        chat.messages.push(Message::assistant("| Day | Cups |"));
        let told = |request: &str, chat: &Chat| {
            corrected(request, chat).map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        };
        let with = |n: u32| {
            Some(format!(
                "t2 = sql(SELECT \"Day\", CASE WHEN \"Day\" = 'Friday' THEN {n} ELSE \"Cups\" END AS \"Cups\" FROM t1)"
            ))
        };
        assert_eq!(told("oops, on Friday it was 8", &chat), with(8));
        assert_eq!(told("Friday was 9, not 6", &chat), with(9));
        for other in ["was it 8 on Friday?", "on Friday it was 6", "only Friday", "oops, it was 8", "Friday and 7 more"]
        {
            assert_eq!(told(other, &chat), None, "{other}");
        }
        // What a page says is no slip of the user's.
        let of_page = Provenance::Sourced { url: "u".into(), title: String::new(), quote: String::new() };
        chat.tables[0].rows[1][1].provenance = of_page.into();
        assert_eq!(told("on Friday it was 8", &chat), None);
        assert_eq!(told("sorry, Friday should be 8", &chat), with(8));
    }
}
