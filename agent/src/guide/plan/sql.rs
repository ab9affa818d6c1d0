//! Planned queries against the notebook: tables by their names, and no text that nobody said.

use super::Step;
use super::signs::{FUNCTIONS, LEAST, MOST, PERCENT, SHARE, is_drawn, says, words, years};
use crate::evidence::terms;
use crate::guide::named;
use crate::notebook::Chat;
use polymath_chat::{Provenance, Table};
use polymath_quantity::{Topic, figures, topic_of};

/// `t1` for the name of its file.
pub fn with_table_names(step: &mut Step, chat: &Chat) {
    let Step::Sql { query, .. } = step else { return };
    for (i, table) in chat.tables.iter().enumerate() {
        let stem = table.title.rsplit_once('.').map_or(table.title.as_str(), |(stem, _)| stem);
        for keyword in ["FROM", "JOIN"] {
            for name in [table.title.as_str(), stem].into_iter().filter(|name| !name.is_empty()) {
                let new = format!("{keyword} t{}", i + 1);
                *query =
                    query.replace(&format!("{keyword} '{name}'"), &new).replace(&format!("{keyword} {name}"), &new);
            }
        }
    }
}

/// Whether a query asks for a text that nobody said and no table has: a product out of an example.
pub fn is_of_unsaid(query: &str, request: &str, chat: &Chat) -> bool {
    let condition = query.find(" WHERE ").map_or("", |at| &query[at..]);
    let mut literals = condition.split('\'').skip(1).step_by(2);
    literals.any(|text| !is_said(text, query, request, chat))
}

/// Whether a query works out something of a column while the request names a measure that no table at hand
/// has: the average length is not in the years of building.
pub fn is_of_other_measure(query: &str, request: &str, chat: &Chat) -> bool {
    let small = request.to_lowercase();
    let reckons = ["AVG(", "SUM(", "MEDIAN(", "MIN(", "MAX("].iter().any(|function| query.contains(function));
    counts_unknown(&small, chat)
        || lacks_rate(query, &small)
        || reckons && words(&small).any(|word| is_missing_measure(word, chat))
}

/// Whether most or least of something per something is asked for, and a query orders rows and divides nothing.
fn lacks_rate(query: &str, small: &str) -> bool {
    const PER: &[&str] = &["per", "pro", "par", "por", "for each", "for every", "auf jeden", "auf jede"];
    const TIMES: &[&str] =
        &["year", "month", "week", "day", "jahr", "monat", "woche", "tag", "an", "mois", "año", "mes"];
    let by = PER.iter().find_map(|per| small.split_once(&format!(" {per} "))).map(|(_, by)| by);
    let Some(by) = by.and_then(|by| words(by).next()).filter(|by| !TIMES.contains(by)) else { return false };
    let orders = query.contains(" ORDER BY ") && query.contains(" LIMIT 1");
    let plain = !query.contains(['/', '(']) && !query.contains(" GROUP BY ");
    let of_column =
        query.to_lowercase().contains(&format!("per_{by}")) || query.to_lowercase().contains(&format!("per {by}"));
    orders && plain && !of_column && (says(small, MOST) || says(small, LEAST))
}

/// Whether a request asks how many there are of something that no table at hand has a word of: how many seats a hall has,
/// where budgets were collected. In a user's own files a row may be anything.
fn counts_unknown(small: &str, chat: &Chat) -> bool {
    /// Words behind "how many" that count nothing, or rows.
    const NOTHING: &[&str] = &[
        "of", "are", "were", "is", "was", "do", "did", "have", "has", "in", "there", "times", "more", "rows",
        "entries", "all", "de", "davon",
    ];
    if !chat.files.is_empty() || !chat.tables.iter().any(is_of_pages) {
        return false;
    }
    const HOW: [&str; 5] = ["how many ", "wie viele ", "combien de ", "cuántos ", "cuántas "];
    let Some(behind) = HOW.iter().find_map(|how| small.split_once(how)).map(|(_, behind)| behind) else {
        return false;
    };
    let Some(noun) = words(behind).next().filter(|noun| !NOTHING.contains(noun) && !terms(noun).is_empty()) else {
        return false;
    };
    let is_unit = figures(&format!("1 {noun}")).iter().any(|figure| figure.unit.is_some());
    let own = terms(noun);
    let has = |text: &str| terms(text).iter().any(|term| own.contains(term));
    let known = |table: &Table| {
        let cells = table.rows.iter().flatten().filter_map(|cell| cell.text.as_deref());
        has(&table.title) || table.columns.iter().any(|column| has(column)) || cells.into_iter().any(has)
    };
    !is_unit && !chat.tables.iter().any(known)
}

/// Whether a word is one for a measure or for money, and the tables at hand were made of pages and have no
/// column of it. In a user's own files a column may be called anything.
fn is_missing_measure(word: &str, chat: &Chat) -> bool {
    let topic = topic_of(word);
    let own = terms(word);
    let alike = |term: &String| own.contains(term) || topic == Some(Topic::Money) && topic_of(term) == topic;
    let has = |table: &Table| table.columns.iter().any(|column| terms(column).iter().any(alike));
    let measured =
        matches!(topic, Some(Topic::Physical | Topic::Money)) && !["time", "amount", "value"].contains(&word);
    measured && !chat.tables.is_empty() && chat.tables.iter().all(is_of_pages) && !chat.tables.iter().any(has)
}

fn is_of_pages(table: &Table) -> bool {
    table.rows.iter().flatten().any(|cell| matches!(*cell.provenance, Provenance::Sourced { .. }))
}

/// The mean, sum or median of a measure that the table just shown lacks: collected for its things first.
pub fn of_another_column(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    const SHORT: usize = 12;
    let small = request.to_lowercase();
    let (function, name, _) = FUNCTIONS.iter().find(|(_, _, known)| says(&small, known))?;
    let measure = words(&small).find(|word| is_missing_measure(word, chat))?;
    let table = chat.tables.iter().rev().find(|t| t.rows.len() > 1)?;
    if words(&small).count() > SHORT || is_drawn(&small) || !named::names(request).is_empty() || table.title.is_empty()
    {
        return None;
    }
    let quoted = |text: &str, mark: &str| format!("{mark}{}{mark}", text.replace(mark, &mark.repeat(2)));
    let things: Vec<String> =
        table.rows.iter().filter_map(|row| Some(quoted(row.first()?.text.as_deref()?, "'"))).collect();
    let column: String = measure.chars().take(1).flat_map(char::to_uppercase).chain(measure.chars().skip(1)).collect();
    let key = table.columns.first()?;
    let (collected, result) = (format!("t{}", chat.tables.len() + 1), format!("t{}", chat.tables.len() + 2));
    let query = format!(
        "SELECT {function}({}) AS {name} FROM {collected} WHERE {} IN ({})",
        quoted(&column, "\""),
        quoted(key, "\""),
        things.join(", ")
    );
    let columns = vec![key.clone(), column];
    Some(vec![
        Step::Collect { name: collected, things: table.title.clone(), columns },
        Step::Sql { name: result, query },
    ])
}

/// Leaves out queries that only ask a collected table for what it was collected of: bridges over the Rhine,
/// of the bridges over the Rhine.
pub fn without_subjects(steps: &mut Vec<Step>) {
    let collected: Vec<(String, String)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Collect { name, things, .. } => Some((name.clone(), things.to_lowercase())),
            _ => None,
        })
        .collect();
    steps.retain(|step| {
        let Step::Sql { query, .. } = step else { return true };
        let Some((front, condition)) = query.split_once(" WHERE ") else { return true };
        let of = collected.iter().find(|(name, _)| words(front).any(|word| word == name));
        let literals: Vec<&str> = condition.split('\'').skip(1).step_by(2).collect();
        let plain = front.starts_with("SELECT * FROM ") && !condition.contains(|c: char| "<>".contains(c));
        !of.is_some_and(|(_, things)| {
            let within = |text: &&str| things.contains(&text.trim_matches('%').to_lowercase());
            plain && !literals.is_empty() && literals.iter().all(within)
        })
    });
}

/// A query without the conditions that nobody made, where what is left is one still.
pub fn without_unsaid(step: &mut Step, request: &str, chat: &Chat) {
    let Step::Sql { query, .. } = step else { return };
    if query.matches("SELECT").count() > 1 || query.contains(" OR ") || !is_of_unsaid(query, request, chat) {
        return;
    }
    let Some((front, rest)) = query.split_once(" WHERE ") else { return };
    let ends = [" GROUP BY ", " ORDER BY ", " LIMIT "].iter().filter_map(|next| rest.find(next)).min();
    let (conditions, behind) = rest.split_at(ends.unwrap_or(rest.len()));
    let known = |one: &&str| one.split('\'').skip(1).step_by(2).all(|text| is_said(text, query, request, chat));
    // The "and" of a span joins no conditions.
    let mut joined: Vec<String> = Vec::new();
    for part in conditions.split(" AND ") {
        match joined.last_mut().filter(|last| last.contains(" BETWEEN ") && !last.contains(" AND ")) {
            Some(last) => last.push_str(&format!(" AND {part}")),
            None => joined.push(part.to_owned()),
        }
    }
    let kept: Vec<&str> = joined.iter().map(String::as_str).filter(known).collect();
    let kept = if kept.is_empty() { String::new() } else { format!(" WHERE {}", kept.join(" AND ")) };
    *query = format!("{front}{kept}{behind}");
}

/// Shares that nobody asked for as what they are shares of: "how many broke" after "what percentage broke".
pub fn without_unasked_shares(steps: &mut [Step], request: &str) {
    const NUMBER: &[&str] = &[
        "number of",
        "how many",
        "count of",
        "anzahl",
        "wie viele",
        "combien de",
        "nombre de",
        "número de",
        "cuántos",
    ];
    const RATES: &[&str] = &["rate", "ratio", "quote", "taux", "tasa"];
    let small = request.to_lowercase();
    if !says(&small, NUMBER) || says(&small, PERCENT) || says(&small, SHARE) || says(&small, RATES) {
        return;
    }
    let mut renamed: Option<String> = None;
    for step in steps {
        match step {
            Step::Sql { query, .. } => {
                let part = |query: &str| -> Option<(String, String)> {
                    let (front, rest) = query.split_once("ROUND(100.0 * SUM(")?;
                    let (column, rest) = rest.split_once(") / SUM(")?;
                    let (_, rest) = rest.split_once("), ")?;
                    let (name, rest) = rest.split_once(") AS ")?.1.split_once(" FROM ")?;
                    let query = format!("{front}SUM({column}) AS Total FROM {rest}").replace(name, "Total");
                    Some((query, name.trim_matches('"').to_owned()))
                };
                if let Some((own, name)) = part(query) {
                    *query = own;
                    renamed = Some(name);
                }
            }
            Step::Chart { options, .. } => {
                let own = |value: &&mut String| renamed.as_deref() == Some(value.as_str());
                options.iter_mut().map(|(_, value)| value).filter(own).for_each(|value| "Total".clone_into(value));
            }
            _ => {}
        }
    }
}

/// Words for times that a query needs a year for though the request names none.
const SPANS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "spring",
    "summer",
    "autumn",
    "winter",
    "quarter",
    "month",
    "week",
    "today",
    "yesterday",
    "ago",
    "last",
    "januar",
    "februar",
    "märz",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "monat",
    "quartal",
    "janvier",
    "février",
    "mars",
    "avril",
    "juin",
    "juillet",
    "août",
    "mois",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "junio",
    "julio",
    "agosto",
    "mes",
];

/// Whether a text that a query asks for was said, or stands in a table.
fn is_said(text: &str, query: &str, request: &str, chat: &Chat) -> bool {
    const CELLS: usize = 20_000;
    // What a table at hand holds is seen in it: the words of a file's name are no values.
    let there =
        |word: &str| word.strip_prefix('t').and_then(|n| n.parse().ok()).is_some_and(|n: usize| n <= chat.tables.len());
    let at_hand = words(query).any(there) && words(query).filter(|word| is_table(word)).all(there);
    let text = text.trim_matches('%').trim().to_lowercase();
    let worded = text.chars().filter(|c| c.is_alphabetic()).count() > 1;
    // A month of no year is looked for in one of the model's choice, and so is what is not over yet.
    let spans = says(&request.to_lowercase(), SPANS);
    let told = |year: &String| {
        request.contains(year.as_str()) || chat.asked.iter().any(|asked| asked.question.contains(year.as_str()))
    };
    if !worded && !spans && !years(&text).iter().all(told) {
        return false;
    }
    if is_from_nowhere(&text, request, chat) {
        return false;
    }
    let mut cells = chat.tables.iter().flat_map(|t| t.rows.iter().flatten()).take(CELLS);
    !worded
        || !at_hand && request.to_lowercase().contains(&text)
        || cells.any(|cell| cell.display().to_lowercase().contains(&text))
}

/// Whether a value is one of a table's that neither the request nor the question before speaks of, while the request says
/// nothing but what the columns and every request say.
fn is_from_nowhere(text: &str, request: &str, chat: &Chat) -> bool {
    const NEUTRAL: &str = "come came bring brought take took make made get got go went have do did be is are was were will \
        give show list tell see chart many much total sum all altogether together average mean month year week day quarter \
        time each every most least highest lowest top money amount value number overall whole file table earn spend cost \
        income revenue and now then what how in by per the of for a on to from it they there same";
    let small = request.to_lowercase();
    let stems: Vec<String> = terms(text);
    let before = chat.asked.last().map(|asked| asked.question.to_lowercase()).unwrap_or_default();
    let spoken = |said: &str| said.contains(text) || terms(said).iter().any(|term| stems.contains(term));
    let columns = chat.tables.iter().map(|t| format!("{} {}", t.title, t.columns.join(" ")).replace(['_', '.'], " "));
    let known: Vec<String> = columns.flat_map(|text| terms(&text)).chain(terms(NEUTRAL)).collect();
    let plain = terms(&small).iter().all(|term| known.contains(term));
    text.chars().filter(|c| c.is_alphabetic()).count() > 3 && plain && !spoken(&small) && !spoken(&before)
}

fn is_table(word: &str) -> bool {
    word.strip_prefix('t').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_no_share() {
        let query = "SELECT m, ROUND(100.0 * SUM(a) / SUM(b), 2) AS A_in_percent FROM t1 GROUP BY m ORDER BY m";
        let options = vec![("x".to_owned(), "m".to_owned()), ("y".to_owned(), "A_in_percent".to_owned())];
        let plan = || {
            let chart = Step::Chart { kind: "line".into(), table: "t2".into(), options: options.clone() };
            vec![Step::Sql { name: "t2".into(), query: query.into() }, chart]
        };
        let mut steps = plan();
        without_unasked_shares(&mut steps, "plot the number of a per month");
        assert_eq!(
            steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["t2 = sql(SELECT m, SUM(a) AS Total FROM t1 GROUP BY m ORDER BY m)", "chart(line, t2, x=m, y=Total)"]
        );
        let mut steps = plan();
        without_unasked_shares(&mut steps, "plot the percentage of a per month");
        assert_eq!(steps, plan());
    }

    #[test]
    fn queries_ask_for_what_was_said() {
        let chat = Chat::new("c");
        assert!(is_of_unsaid("SELECT * FROM t1 WHERE Crop = 'Wheat'", "and per head?", &chat));
        assert!(!is_of_unsaid("SELECT * FROM t1 WHERE Crop LIKE '%Wheat%'", "only wheat, please", &chat));
        assert!(!is_of_unsaid("SELECT * FROM t1 WHERE Day LIKE '2010-03%'", "in March?", &chat));
        let mut chat = Chat::new("c");
        let columns = vec!["Farm".to_owned()];
        let row = vec![polymath_chat::Cell::new("Varn", Provenance::Given)];
        chat.tables.push(polymath_chat::Table { title: "sales_sund.csv".into(), columns, rows: vec![row] });
        assert!(is_of_unsaid("SELECT * FROM t1 WHERE Farm = 'Sund'", "the sum of sales_sund.csv", &chat));
        let query = "SELECT SUM(Cost) FROM t1 WHERE Farm = 'Sund' AND Cost > 1 GROUP BY Farm".to_owned();
        let mut step = Step::Sql { name: "t2".into(), query };
        without_unsaid(&mut step, "the sum of sales_sund.csv", &chat);
        assert_eq!(step.to_string(), "t2 = sql(SELECT SUM(Cost) FROM t1 WHERE Cost > 1 GROUP BY Farm)");
        assert!(!is_of_unsaid("SELECT * FROM t1 WHERE Farm = 'Varn'", "the sum of varn", &chat));
        let query = "SELECT SUM(Cost) FROM t1 WHERE Day BETWEEN '2010-01-01' AND '2010-12-31' AND Cost > 1".to_owned();
        let mut step = Step::Sql { name: "t2".into(), query };
        without_unsaid(&mut step, "the cost over the year", &chat);
        assert_eq!(step.to_string(), "t2 = sql(SELECT SUM(Cost) FROM t1 WHERE Cost > 1)");
    }

    #[test]
    fn the_mean_of_another_measure_is_of_the_same_things() {
        let mut chat = Chat::new("c");
        let provenance = Provenance::Sourced { url: "u".into(), title: String::new(), quote: String::new() };
        let cell = |text: &str| polymath_chat::Cell::new(text, provenance.clone());
        let rows = vec![vec![cell("Alk"), cell("1996")], vec![cell("O'Tern"), cell("2008")]];
        let columns = vec!["Name".to_owned(), "Built".to_owned()];
        chat.tables.push(Table { title: "boats".into(), columns, rows });
        assert!(counts_unknown("by how many seats is its hall bigger?", &chat));
        assert!(
            !counts_unknown("how many boats were built in 1996?", &chat) && !counts_unknown("how many of them?", &chat)
        );
        let request = "what's their average length?";
        let steps = of_another_column(request, &chat).unwrap_or_default();
        let told: Vec<String> = steps.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "t2 = collect(boats: Name, Length)",
                "t3 = sql(SELECT AVG(\"Length\") AS Average FROM t2 WHERE \"Name\" IN ('Alk', 'O''Tern'))"
            ]
        );
        assert!(is_of_other_measure("SELECT AVG(Built) AS Average FROM t1", request, &chat));
        assert!(!is_of_other_measure("SELECT MIN(Built) AS Oldest FROM t1", "which is the oldest?", &chat));
        assert_eq!(of_another_column("and the average?", &chat), None);
        let most = "SELECT Name, Size FROM t1 ORDER BY Size DESC LIMIT 1";
        assert!(is_of_other_measure(most, "which has the most visitors per hectare?", &chat));
        assert!(!is_of_other_measure(most, "which has the most visitors per year?", &chat));
        assert!(!is_of_other_measure(most, "which is the largest?", &chat));
    }

    #[test]
    fn what_is_collected_is_of_its_subject() {
        let plan = |condition: &str| {
            let collect = "t1 = collect(\"bridges over the Ost River\", [\"Name\", \"Height\"])";
            let mut steps =
                super::super::steps::read(&format!("{collect}\nt2 = sql(\"SELECT * FROM t1 WHERE {condition}\")"));
            without_subjects(&mut steps);
            steps.len()
        };
        assert_eq!((plan("Name = 'Ost River'"), plan("Height > 5"), plan("Name = 'West'")), (1, 2, 2));
    }

    #[test]
    fn files_are_tables() {
        let mut chat = Chat::new("c");
        let columns = vec!["Cost".to_owned()];
        chat.tables.push(polymath_chat::Table { title: "sales_sund.csv".into(), columns, rows: Vec::new() });
        let query = "SELECT SUM(Cost) FROM sales_sund WHERE Cost > 1".to_owned();
        let mut step = Step::Sql { name: "t2".into(), query };
        with_table_names(&mut step, &chat);
        assert_eq!(step.to_string(), "t2 = sql(SELECT SUM(Cost) FROM t1 WHERE Cost > 1)");
    }
}
