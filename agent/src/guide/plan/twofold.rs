//! Two questions in one over tables at hand: "how many kilos is it altogether, and which hive gave the most?" One query rarely
//! answers both, and a small model writes one. Each is planned by itself.

use super::Step;
use super::parts::{opens, split};
use super::redrawn::is_of_chart;
use super::signs::{is_drawn, says, words};
use crate::evidence::terms;
use crate::notebook::{Chat, fact_name, query_of};
use polymath_chat::Cell;

/// The two questions, each as it stands; the first without what was said before it.
pub fn parts(request: &str, chat: &Chat) -> Option<[String; 2]> {
    if chat.tables.is_empty() || is_drawn(&request.to_lowercase()) {
        return None;
    }
    // What was said before it is none of the first question.
    let ends =
        [". ", "! ", "? ", "; ", ": "].iter().flat_map(|end| request.match_indices(end).map(|(at, _)| at + end.len()));
    let mut starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
    starts.sort_unstable();
    let (first, second) = starts.into_iter().find_map(|start| split(&request[start..]))?;
    let second = second.split_inclusive(['?', '？']).next().unwrap_or(second);
    let plain = |part: &str| part.trim_matches(['?', '？', '¿', '.', ',', ' ']).to_owned();
    let [first, second] = [plain(first), plain(second)];
    // "And by how much?" is of the same two values, and "which is it?" of the same row.
    let alone = |part: &str| words(part).count() > 2 && !says(&part.to_lowercase(), OF_THE_SAME);
    (alone(&first) && alone(&second)).then_some([first, second])
}

/// Words of a second question that only goes on with what the first one found.
const OF_THE_SAME: &[&str] = &[
    "by how",
    "how much more",
    "how many more",
    "um wie",
    "um wieviel",
    "de combien",
    "en cuánto",
    "por cuánto",
    "difference",
    "how much is it",
    "how much was it",
    "how many is it",
    "how many was it",
    "how much is that",
    "how many is that",
    "wie viel ist das",
];

/// A drawing, or a change of one, with a question behind it that is answered from what is drawn: "draw me …, and how many is that in
/// total?"
pub fn drawn_and_asked(request: &str, chat: &Chat) -> Option<[String; 2]> {
    const BETWEEN: [&str; 7] = ["? ", ". ", "! ", ", and ", ", ", " and ", " und "];
    let places =
        BETWEEN.iter().filter_map(|sign| request.rfind(sign).map(|at| (&request[..at], &request[at + sign.len()..])));
    let asks = |part: &str| opens(part) && words(part).count() > 2 && !is_drawn(&part.to_lowercase());
    let draws = |part: &str| is_drawn(&part.to_lowercase()) || is_of_chart(part, chat) && words(part).count() > 2;
    let (first, second) = places.into_iter().find(|(first, second)| asks(second) && draws(first) && !opens(first))?;
    let plain = |part: &str| part.trim_matches(['?', '？', ',', ' ']).to_owned();
    Some([plain(first), plain(second)])
}

/// Of what the tables at hand have no word, it is looked up about the row that the query before found: "and what day can I visit
/// that one?" `None` where the tables speak of it.
pub fn of_the_row(second: &str, chat: &Chat) -> Option<Step> {
    const ONE: [&str; 7] = ["that one", "this one", "the winner", "it", "there", "that", "them"];
    let table = chat.tables.last().filter(|table| query_of(table).is_some() && table.rows.len() == 1)?;
    if chat.sources.is_empty() || speaks_of_tables(second, chat) {
        return None;
    }
    let worded = |cell: &&Cell| cell.text.is_some() && cell.number.is_none() && cell.date.is_none();
    let row = table.rows[0].iter().find(worded)?.text.as_deref()?;
    let (padded, small) = (format!(" {second} "), format!(" {second} ").to_lowercase());
    let said = ONE.iter().find_map(|one| Some((small.find(&format!(" {one} "))?, one.len())));
    let what = match said.filter(|_| padded.len() == small.len()) {
        Some((at, length)) => format!("{} {row}{}", &padded[..at], &padded[at + 1 + length..]).trim().to_owned(),
        None => format!("{second} ({row})"),
    };
    Some(Step::Find { name: fact_name(chat.facts.len()), what })
}

/// Whether a request speaks of what the tables at hand hold: of columns, or of things in them.
pub fn speaks_of_tables(request: &str, chat: &Chat) -> bool {
    let asked = terms(request);
    let own = |text: &str| terms(text).iter().any(|term| term.chars().count() > 3 && asked.contains(term));
    let worded = |cell: &&polymath_chat::Cell| cell.number.is_none() && cell.date.is_none();
    chat.tables.iter().filter(|table| query_of(table).is_none()).any(|table| {
        let cells = table.rows.iter().take(200).flatten().filter(worded).filter_map(|cell| cell.text.as_deref());
        table.columns.iter().map(String::as_str).chain(cells).any(own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Provenance, Source, Table};

    fn chat() -> Chat {
        let mut chat = Chat::new("c");
        let provenance = Provenance::Computed { how: "sql: SELECT * FROM t1 LIMIT 1".into() };
        let row = ["Tolk Mill", "26.2 m"].map(|text| Cell::new(text, provenance.clone())).to_vec();
        let columns = ["Name", "Span of sails"].map(str::to_owned).to_vec();
        chat.tables.push(Table { title: "mills".into(), columns, rows: vec![row] });
        chat
    }

    #[test]
    fn each_question_is_planned_by_itself() {
        let of = |request: &str| parts(request, &chat()).map(|[first, second]| format!("{first} | {second}"));
        assert_eq!(
            of("this is our honey. how many kilos is it altogether and which hive gave the most?").as_deref(),
            Some("how many kilos is it altogether | which hive gave the most")
        );
        assert_eq!(
            of("Wie viele Kilo sind es zusammen und welches Volk brachte am meisten?").as_deref(),
            Some("Wie viele Kilo sind es zusammen | welches Volk brachte am meisten")
        );
        assert_eq!(of("which hive gave the most, and by how much more than the next?"), None);
        assert_eq!(of("which hive gave the most?"), None);
        assert_eq!(of("draw it, how many are there and which is the most"), None);
        assert_eq!(parts("how many are there and which is the most", &Chat::new("c")), None);
    }

    #[test]
    fn what_no_column_tells_is_looked_up_of_the_row() {
        let mut chat = chat();
        assert_eq!(of_the_row("what day can i visit that one", &chat), None);
        let base = Table { rows: Vec::new(), ..chat.tables[0].clone() };
        chat.tables.insert(0, base);
        chat.sources.push(Source { url: "u".into(), title: "Tolk Mill".into(), text: "Open on Saturday.".into() });
        let told = |second: &str| of_the_row(second, &chat).map(|step| step.to_string());
        assert_eq!(told("what day can i visit that one").as_deref(), Some("a = find(what day can i visit Tolk Mill)"));
        assert_eq!(told("who runs the place").as_deref(), Some("a = find(who runs the place (Tolk Mill))"));
        assert_eq!(told("which sails are the longest"), None);
    }

    #[test]
    fn a_question_behind_a_drawing_is_its_own() {
        let told = |request: &str| drawn_and_asked(request, &Chat::new("c")).map(|[a, b]| format!("{a} | {b}"));
        assert_eq!(
            told("can u draw a bar chart of the cups we sold: mon 41, tue 38. and how many is that in total?")
                .as_deref(),
            Some("can u draw a bar chart of the cups we sold: mon 41, tue 38 | and how many is that in total")
        );
        assert_eq!(
            told("Please make a line chart of the visitors. Which month had the most?").as_deref(),
            Some("Please make a line chart of the visitors | Which month had the most")
        );
        assert_eq!(told("draw a bar chart of the cups: mon 41, tue 38, and sort it"), None);
        assert_eq!(told("how many cups did we sell, and what did they cost?"), None);
    }
}
