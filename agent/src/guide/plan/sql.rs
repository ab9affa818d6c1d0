//! Planned queries against the notebook: tables by their names, and no text that nobody said.

use super::Step;
use super::signs::words;
use crate::notebook::Chat;

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
    let kept: Vec<&str> = conditions.split(" AND ").filter(known).collect();
    let kept = if kept.is_empty() { String::new() } else { format!(" WHERE {}", kept.join(" AND ")) };
    *query = format!("{front}{kept}{behind}");
}

/// Whether a text that a query asks for was said, or stands in a table.
fn is_said(text: &str, query: &str, request: &str, chat: &Chat) -> bool {
    const CELLS: usize = 20_000;
    // What a table at hand holds is seen in it: the words of a file's name are no values.
    let there =
        |word: &str| word.strip_prefix('t').and_then(|n| n.parse().ok()).is_some_and(|n: usize| n <= chat.tables.len());
    let at_hand = words(query).any(there) && words(query).filter(|word| is_table(word)).all(there);
    let text = text.trim_matches('%').trim().to_lowercase();
    let worded = text.chars().filter(|c| c.is_alphabetic()).count() > 1;
    let mut cells = chat.tables.iter().flat_map(|t| t.rows.iter().flatten()).take(CELLS);
    !worded
        || !at_hand && request.to_lowercase().contains(&text)
        || cells.any(|cell| cell.display().to_lowercase().contains(&text))
}

fn is_table(word: &str) -> bool {
    word.strip_prefix('t').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Provenance;

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
