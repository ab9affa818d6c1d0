//! Questions that a table of an opened page answers: in which year was most mined, all of it as a line. What is looked up
//! is a fact or a table of the request's own making; where neither came out and a page's table speaks of what is asked,
//! that table is taken into the notebook and the question planned once more over what is there.

use super::extract::is_of_one_thing;
use super::named::{names, names_said};
use super::plan::{self, Step, words};
use super::state::{Guide, Outcome};
use crate::evidence::{is_akin, terms};
use crate::lead::Turn;
use crate::notebook::{Chat, Fact};
use polymath_chat::{Cell, Provenance, Table};

/// Words of headers that say nothing of what a table is about.
const OF_ALL: &[&str] = &[
    "number", "numbers", "total", "year", "years", "name", "names", "value", "values", "field", "date", "amount",
    "count", "anzahl", "jahr", "name", "wert", "nombre", "année", "nom", "valeur", "número", "año", "valor", "数量",
    "年份", "名称",
];
/// Rows from which on a table is one to be asked.
const ROWS: usize = 3;

impl Guide {
    /// Plans over a table of the opened pages what was not found. Whether there is such a plan.
    pub(super) async fn read_in_tables(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<bool> {
        let lacks = |result: &Outcome| matches!(result, Outcome::NotFound(_));
        if self.tabled || self.results.is_empty() || !self.results.iter().all(lacks) {
            return Ok(false);
        }
        self.tabled = true;
        let Some(table) = speaking(&turn.asked, turn.chat) else { return Ok(false) };
        turn.chat.tables.push(table);
        let steps = plan::over_tables(turn).await?;
        if !steps.iter().any(|step| matches!(step, Step::Sql { .. } | Step::Chart { .. })) {
            turn.chat.tables.pop();
            return Ok(false);
        }
        self.before.1 = turn.chat.tables.len();
        self.results.clear();
        self.plan = Some(steps.into());
        Ok(true)
    }
}

/// The page's table of whose rows several values are, so that a follow-up can ask it: "and which of them is the fastest?".
pub fn of_rows(values: &[(String, Fact)], chat: &Chat) -> Option<Table> {
    let is_row = |row: &Vec<Cell>| {
        let Some(Provenance::Sourced { url, quote, .. }) = row.first().map(|cell| &*cell.provenance) else {
            return false;
        };
        // The first row stands behind its heading.
        let own = |fact: &Fact| matches!(&fact.provenance, Provenance::Sourced { url: page, quote: line, .. } if page == url && line.ends_with(quote.as_str()));
        values.iter().any(|(_, fact)| own(fact))
    };
    let is_it = |table: &&Table| table.rows.len() >= ROWS && table.rows.iter().filter(|row| is_row(row)).count() > 1;
    chat.page_tables.iter().find(is_it).filter(|table| !chat.tables.contains(table)).cloned()
}

/// The one table of the opened pages that has most of a question's words in its columns of numbers or in its title; of a
/// page that has the names of the question, where it has some.
fn speaking(asked: &str, chat: &Chat) -> Option<Table> {
    let named = names_said(asked);
    let of_page = |table: &Table| {
        let url = table.rows.iter().flatten().find_map(|cell| match &*cell.provenance {
            Provenance::Sourced { url, .. } => Some(url),
            _ => None,
        })?;
        let source = chat.sources.iter().find(|source| source.url == *url)?;
        let text = format!("{} {}", source.title, source.text);
        named.iter().all(|name| text.contains(name.as_str())).then_some(())
    };
    let own: Vec<String> = names(asked).iter().flat_map(|name| terms(name)).collect();
    let asked_words: Vec<String> = words(asked).map(str::to_lowercase).collect();
    let score = |table: &Table| {
        let number = |i: &usize| {
            let cells = || table.rows.iter().filter_map(|row| row.get(*i)).filter(|cell| cell.text.is_some());
            cells().filter(|cell| cell.number.is_some() && cell.date.is_none()).count() * 2 > cells().count()
        };
        let columns = (0..table.columns.len()).filter(number).map(|i| &table.columns[i]);
        let all = columns.chain([&table.title]).map(|text| text.to_lowercase()).collect::<Vec<_>>().join(" ");
        let is_said = |word: &str| {
            let by_itself = !OF_ALL.contains(&word) && terms(word).iter().any(|term| !own.contains(term));
            by_itself && asked_words.iter().any(|asked| is_akin(word, asked))
        };
        words(&all).filter(|word| is_said(word)).count()
    };
    let tables = chat
        .page_tables
        .iter()
        .filter(|table| table.rows.len() >= ROWS && !is_of_one_thing(table) && !chat.tables.contains(table));
    let scored: Vec<(usize, &Table)> = tables.filter(|t| of_page(t).is_some()).map(|t| (score(t), t)).collect();
    let most = scored.iter().map(|(score, _)| *score).max().filter(|most| *most > 0)?;
    let mut best = scored.iter().filter(|(score, _)| *score == most);
    best.next().filter(|_| best.next().is_none()).map(|(_, table)| (*table).clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Source;

    #[test]
    fn values_of_several_rows_are_of_a_table() {
        let mut chat = Chat::new("c");
        let origin = |line: &str| Provenance::Sourced { url: "u".into(), title: String::new(), quote: line.into() };
        let row = |line: &str| vec![Cell::new(line, origin(line))];
        let rows = vec![row("Anna | 64"), row("Olga | 48"), row("Ida | 30")];
        chat.page_tables = vec![Table { title: "Ships".into(), columns: vec!["Ship".into()], rows }];
        let value = |line: &str| {
            let (name, about, text, others) = (String::new(), String::new(), String::new(), Vec::new());
            (String::new(), Fact { name, about, text, number: None, date: None, provenance: origin(line), others })
        };
        let all = ["Ships: Anna | 64", "Olga | 48", "Ida | 30"].map(value);
        assert_eq!(of_rows(&all, &chat).map(|table| table.title).as_deref(), Some("Ships"));
        assert_eq!(of_rows(&all[..1], &chat), None);
    }

    #[test]
    fn a_table_that_speaks_of_what_is_asked() {
        let mut chat = Chat::new("c");
        let table = |page: &str, title: &str, column: &str| {
            let origin = Provenance::Sourced { url: page.into(), title: String::new(), quote: String::new() };
            let cell = |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), origin.clone()) };
            let rows = (0..3).map(|i| vec![cell(2019.0 + f64::from(i)), cell(f64::from(i))]).collect();
            Table { title: title.into(), columns: vec!["Jahr".into(), column.into()], rows }
        };
        for (page, text) in [("a", "Bergwerk Ost"), ("b", "Vell Hall")] {
            chat.sources.push(Source { url: page.into(), title: text.into(), text: text.into() });
        }
        chat.page_tables = vec![table("a", "Förderung", "Fördermenge (Tonnen)"), table("b", "Guests", "Visitors")];
        let title = |asked: &str| speaking(asked, &chat).map(|table| table.title);
        assert_eq!(title("In welchem Jahr wurde am meisten gefördert?").as_deref(), Some("Förderung"));
        assert_eq!(title("how many people visited Vell Hall in each year?").as_deref(), Some("Guests"));
        assert_eq!(title("how many people visited Ost Hall?"), None);
        assert_eq!(title("what did it cost to build?"), None);
    }
}
