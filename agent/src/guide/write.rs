//! The answer, made of what came out and nothing else: figures and names are put in where the model
//! wrote a name in braces, tables stand as they are, and what was not found is said.

mod draft;

use super::state::{Guide, Outcome, Quote, quoted};
use super::{contest, find, named, plan, talk};
use crate::evidence::clip;
use crate::language::{Language, Phrase};
use crate::lead::Turn;
use crate::notebook::{Chat, Fact, query_of};
use crate::prompts::{SAY, TELL};
use draft::{claims_more, inserted, invents, turns_round};
use polymath_chat::{Cell, CompletionError, Constraint, Event, Message, Provenance, Source, Table};
use polymath_quantity::{figures, human, same, short};
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;

/// Rows of a table that an answer shows, and that it shows beside a chart of them.
const ROWS: usize = 40;
const ROWS_BESIDE_CHART: usize = 12;
/// A result of one row with so many columns is said in words.
const ROW_IN_WORDS: usize = 4;

impl Guide {
    pub(super) async fn answer(&mut self, turn: &mut Turn<'_>) -> anyhow::Result<Message> {
        if self.results.iter().all(|r| matches!(r, Outcome::Reply)) {
            return Ok(Message::assistant(talk::reply(turn).await?));
        }
        let language = Language::of(&format!("{} {}", turn.question, turn.asked));
        let mut parts = Vec::new();
        let row = self.row_in_words(turn.chat);
        let facts = self.facts(turn.chat).into_iter().chain(row.clone()).collect::<Vec<_>>();
        if !facts.is_empty() {
            // With a part missing, a sentence would have to make it up.
            let lacks = |r: &Outcome| matches!(r, Outcome::NotFound(_) | Outcome::Failed(_));
            parts.push(match self.results.iter().any(lacks) {
                true => put_in("", &facts, &turn.asked, &turn.chat.sources),
                false => say(turn, &facts).await?,
            });
        }
        parts.extend(
            facts.iter().filter(|f| !f.others.is_empty()).map(|f| contradiction(f, &turn.chat.sources, language)),
        );
        for result in self.results.clone() {
            if let Outcome::Printed { text, own } = result {
                parts.push(printed(turn, &text, own, language).await?);
            }
        }
        if row.is_empty() {
            parts.extend(self.shown_table(turn, language));
        }
        parts.extend(self.origins(turn.chat, language));
        parts.extend(self.made(language));
        parts.extend(self.quoted(language));
        parts.extend(self.missing(language));
        parts.extend(self.noted(language));
        parts.retain(|part| !part.trim().is_empty());
        if parts.is_empty() {
            parts.push(language.say(Phrase::NothingFound).to_owned());
        }
        self.take_down(turn.chat, &turn.asked);
        let text = parts.join("\n\n");
        let _ = turn.events.send(Event::Text { delta: text.clone() });
        Ok(Message::assistant(text))
    }

    /// Takes down which fact answered the question. One that was worked out is of the question from now on,
    /// and no longer of its operands.
    fn take_down(&self, chat: &mut Chat, question: &str) {
        let Some(Outcome::Fact(place)) = self.results.last() else { return };
        let (Some(fact), Some(asked)) = (chat.facts.get_mut(*place), chat.asked.last_mut()) else { return };
        if matches!(fact.provenance, Provenance::Computed { .. }) {
            fact.about = clip(question.trim_end_matches(['?', '？', '.', ' ']), 100);
        }
        asked.fact = Some(fact.name.clone());
    }

    /// The facts of this turn, in order.
    pub(super) fn facts(&self, chat: &Chat) -> Vec<Fact> {
        let places = self.results.iter().filter_map(|r| if let Outcome::Fact(i) = r { Some(*i) } else { None });
        places.filter_map(|i| chat.facts.get(i).cloned()).collect()
    }

    fn last_table<'a>(&self, chat: &'a Chat) -> Option<&'a Table> {
        let place = self.results.iter().rev().find_map(|r| if let Outcome::Table(i) = r { Some(*i) } else { None })?;
        chat.tables.get(place)
    }

    fn drew(&self) -> bool {
        self.results.iter().any(|r| matches!(r, Outcome::Files(_)))
    }

    /// A result of one row, as facts.
    fn row_in_words(&self, chat: &Chat) -> Vec<Fact> {
        let Some(table) = self.last_table(chat).filter(|_| !self.drew()) else { return Vec::new() };
        let [row] = table.rows.as_slice() else { return Vec::new() };
        if table.columns.len() > ROW_IN_WORDS {
            return Vec::new();
        }
        let there = table.columns.iter().zip(row).enumerate().filter(|(_, (_, cell))| cell.text.is_some());
        there
            .map(|(i, (column, cell))| Fact {
                name: format!("r{}", i + 1),
                about: column.clone(),
                text: match cell.number.filter(|_| column.ends_with(" in %") && !cell.display().contains('%')) {
                    Some(share) => format!("{}%", short(share)),
                    None => written(cell),
                },
                number: cell.number,
                date: cell.date.clone(),
                provenance: Provenance::clone(&cell.provenance),
                others: Vec::new(),
            })
            .collect()
    }

    /// The table that is the answer: the last one, unless it was only drawn.
    fn shown_table(&self, turn: &mut Turn<'_>, language: Language) -> Option<String> {
        let table = self.last_table(turn.chat)?.clone();
        turn.tables.push(table.clone());
        let new = |p: &Provenance| matches!(p, Provenance::Sourced { .. } | Provenance::Extrapolated { .. });
        let looked_up = table.rows.iter().flatten().any(|c| new(&c.provenance));
        if self.drew() && (table.rows.len() > ROWS_BESIDE_CHART || !looked_up) {
            return None;
        }
        let shown = Table { rows: table.rows.iter().take(ROWS).cloned().collect(), ..table.clone() };
        let mut text = with_sources(&shown, &turn.chat.sources);
        if table.rows.len() > ROWS {
            let _ = writeln!(text, "\n({ROWS} / {})", table.rows.len());
        }
        text.push_str(&missing_cells(&shown, language));
        Some(text)
    }

    /// The pages whose values a query worked its result out of, where the result names none itself.
    fn origins(&self, chat: &Chat, language: Language) -> Option<String> {
        const MOST: usize = 6;
        /// Tables of pages have no more.
        const ROWS_OF_PAGES: usize = 2_000;
        let table = self.last_table(chat)?;
        let of_page =
            |table: &Table| table.rows.iter().flatten().any(|c| matches!(*c.provenance, Provenance::Sourced { .. }));
        if of_page(table) {
            return None;
        }
        // A query of a query's result has its pages.
        let (mut asked, mut pages) = (vec![table], BTreeSet::new());
        for _ in 0..chat.tables.len() {
            let Some(query) = asked.pop().and_then(query_of) else { break };
            for other in plan::words(query).filter_map(|word| chat.table_named(word)) {
                let cells = other.rows.iter().take(ROWS_OF_PAGES).flatten().filter(|cell| cell.text.is_some());
                pages.extend(
                    cells.map(|cell| mark(&cell.provenance, &chat.sources)).filter(|mark| mark.starts_with(" [")),
                );
                asked.push(other);
            }
        }
        let told: String = pages.into_iter().take(MOST).collect();
        (!told.is_empty()).then(|| format!("{}{}{}", language.say(Phrase::Source), language.colon(), told.trim()))
    }

    fn made(&self, language: Language) -> Option<String> {
        let files = self.results.iter().filter_map(|r| if let Outcome::Files(names) = r { Some(names) } else { None });
        let names: Vec<&str> = files.flatten().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{}{}{}", language.say(Phrase::Made), language.colon(), names.join(", ")))
    }

    /// The sentences of pages that are answers.
    fn quoted(&self, language: Language) -> Vec<String> {
        let quotes =
            self.results.iter().filter_map(|r| if let Outcome::Quoted(quote) = r { Some(quote) } else { None });
        let told = |quote: &Quote| match quote.verdict {
            Some(so) => {
                let verdict = language.say(if so { Phrase::Yes } else { Phrase::No });
                format!("{verdict}{}{}", language.colon(), in_quotes(quote))
            }
            None => in_quotes(quote),
        };
        quotes.map(told).collect()
    }

    /// What the pages say about what was not answered.
    fn noted(&self, language: Language) -> Option<String> {
        let notes = self.results.iter().filter_map(|r| if let Outcome::Noted(quote) = r { Some(quote) } else { None });
        let notes: Vec<String> = notes.map(in_quotes).collect();
        (!notes.is_empty()).then(|| format!("{}{}{}", language.say(Phrase::Noted), language.colon(), notes.join("; ")))
    }

    fn missing(&self, language: Language) -> Vec<String> {
        let list = |phrase, texts: Vec<&str>| {
            (!texts.is_empty()).then(|| format!("{}{}{}", language.say(phrase), language.colon(), texts.join("; ")))
        };
        let not_found = self
            .results
            .iter()
            .filter_map(|r| if let Outcome::NotFound(what) = r { Some(what.as_str()) } else { None });
        let failed =
            self.results.iter().filter_map(|r| if let Outcome::Failed(what) = r { Some(what.as_str()) } else { None });
        [list(Phrase::NotFound, not_found.collect()), list(Phrase::NotPossible, failed.collect())]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A line of a page in quotation marks, with its page.
fn in_quotes(quote: &Quote) -> String {
    format!("“{}” [{}]", quote.line, quote.page)
}

/// Facts in a sentence: the model writes names in braces, and the values are put in here.
async fn say(turn: &mut Turn<'_>, facts: &[Fact]) -> anyhow::Result<String> {
    let roles = contest::roles(turn, facts).await?;
    let facts = roles.as_deref().unwrap_or(facts);
    let names: Vec<String> =
        facts.iter().map(|f| format!("{} = {} ({})", f.name, clip(&f.text, 60), f.about)).collect();
    let prompt = format!("Results: {}\nQuestion: {}", names.join("; "), clip(&turn.asked, 800));
    let placeholders: Vec<String> = facts.iter().map(|f| quoted(&format!("{{{}}}", f.name))).collect();
    let mut lark = format!("start: (TEXT | {}", placeholders.join(" | "));
    let given: HashSet<String> = figures(&turn.asked).into_iter().map(|f| f.text).collect();
    for text in &given {
        let _ = write!(lark, " | {}", quoted(text));
    }
    // Digits that belong to a name: the Lumen 5, a T3.
    let plain = |name: &String| name.chars().all(|c| c.is_alphanumeric() || c == ' ');
    let numbered = named::names(&turn.asked).into_iter().filter(|n| n.contains(|c: char| c.is_ascii_digit()));
    let numbered: String = numbered.filter(plain).map(|name| format!("|{name}")).collect();
    let _ = writeln!(lark, "){{1,40}}\nTEXT: /([^0-9{{}}\\n\\[\\]]{numbered}){{1,100}}/");
    let mut drafted = match turn.complete(SAY.ask(prompt, 120).constrained(Constraint::Lark(lark))).await {
        Ok(text) => text,
        Err(CompletionError::TooLong(_)) => String::new(),
        Err(other) => return Err(other.into()),
    };
    tracing::debug!("said: {drafted}");
    let values = facts.iter().filter(|f| f.number.is_some() || f.date.is_some()).count();
    if roles.is_none() && values > 1 && contest::compares(&turn.asked) {
        drafted.clear();
    }
    if roles.is_some() {
        drafted = contest::right(&drafted, facts).unwrap_or_else(|| "{w}: {w1}; {l}: {l1}".to_owned());
    }
    Ok(put_in(&drafted, facts, &turn.asked, &turn.chat.sources))
}

/// The draft with values for names. A draft with a name that nobody gave is thrown away, and values that
/// it leaves out are listed behind it.
fn put_in(draft: &str, facts: &[Fact], question: &str, sources: &[Source]) -> String {
    let value = |fact: &Fact| format!("{}{}", fact.text, mark(&fact.provenance, sources));
    let draft = draft.trim();
    // One value told twice is told of something else the second time: "Ann Bo started it, and it was in {a}".
    let twice = |f: &Fact| {
        let named = f.number.is_none() && f.date.is_none() && f.text.chars().count() > 3;
        let written = if named { draft.matches(f.text.as_str()).count() } else { 0 };
        let put_in = draft.matches(&format!("{{{}}}", f.name)).count();
        !contest::is_name(f) && put_in > 0 && put_in + written > 1
    };
    // What was worked out last is the answer: "2 kg would cost {price of a kilo}" is none.
    let worked_out_last = facts.last().filter(|f| {
        let calculated = |how: &String| !how.starts_with("sql: ");
        facts.len() > 1 && matches!(&f.provenance, Provenance::Computed { how } if calculated(how))
    });
    let usable = facts.iter().any(|f| draft.contains(&format!("{{{}}}", f.name)))
        && worked_out_last.is_none_or(|f| draft.contains(&format!("{{{}}}", f.name)))
        && !facts.iter().any(|f| twice(f) || claims_more(draft, f))
        && !turns_round(draft, question)
        && !invents(draft, facts, question);
    let mut text = if usable { draft.to_owned() } else { String::new() };
    let mut left = Vec::new();
    for fact in facts {
        let name = format!("{{{}}}", fact.name);
        match text.contains(&name) {
            true => text = inserted(&text, &name, fact, &value(fact)),
            // Written out by the model, it has its page all the same.
            false if text.contains(&fact.text) => {
                let sourced = value(fact);
                if !contest::is_name(fact) && !text.contains(&sourced) {
                    text = text.replacen(&fact.text, &sourced, 1);
                }
            }
            false if contest::is_name(fact) => {}
            false => left.push(fact),
        }
    }
    // Intermediate values need no mention where the result has one.
    let list = left.iter().map(|f| match &f.provenance {
        // What a query brought has its column's name.
        Provenance::Computed { how } if how.starts_with("sql: ") => format!("{}: {}", first_big(&f.about), f.text),
        // How it was worked out says it better than the names of its operands.
        Provenance::Computed { how } if !f.about.contains(" - ") || f.text.ends_with('%') => worked_out(how, &f.text),
        Provenance::Computed { .. } => f.text.clone(),
        _ => format!("{}: {}", first_big(&f.about), value(f)),
    });
    let lines: Vec<String> = (!text.is_empty()).then(|| text.clone()).into_iter().chain(list).collect();
    lines.join("\n")
}

/// A calculation as people write it: `(41 - 33) / 33 = 24.24%`, for what the calculator was asked and replied.
fn worked_out(how: &str, result: &str) -> String {
    let Some((expression, _)) = how.split_once(" = ") else { return how.to_owned() };
    let bare = expression.trim().trim_end_matches(" in percent");
    let within = bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    // The brackets around it all, and no two pairs.
    let depth = |text: &str| {
        text.chars().try_fold(0i32, |depth, c| match c {
            '(' => Some(depth + 1),
            ')' => (depth > 0).then_some(depth - 1),
            _ => Some(depth),
        })
    };
    let bare = within.filter(|inner| depth(inner) == Some(0)).unwrap_or(bare);
    format!("{bare} = {result}")
}

/// A cell as people write it: `19.3 million` for the 19300000 that a query worked out. What may be a year
/// stays as it is.
fn written(cell: &Cell) -> String {
    let bare = !cell.display().contains(char::is_alphabetic);
    match (&*cell.provenance, cell.number) {
        (Provenance::Computed { .. }, Some(number)) if bare && number.abs() >= 10_000.0 && cell.date.is_none() => {
            human(number)
        }
        _ => cell.display().to_owned(),
    }
}

fn first_big(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

/// ` [n]` for a page, or what else is to be known of a value.
fn mark(provenance: &Provenance, sources: &[Source]) -> String {
    match provenance {
        Provenance::Sourced { url, .. } => {
            sources.iter().position(|s| s.url == *url).map_or(String::new(), |i| format!(" [{}]", i + 1))
        }
        Provenance::Imputed { .. } => " (estimated)".to_owned(),
        Provenance::Extrapolated { .. } => " (extrapolated)".to_owned(),
        _ => String::new(),
    }
}

/// All that the pages say of a fact that they contradict each other on.
fn contradiction(fact: &Fact, sources: &[Source], language: Language) -> String {
    let all = [(&fact.text, &fact.provenance)].into_iter().chain(fact.others.iter().map(|(t, p)| (t, p)));
    let told: Vec<String> = all
        .map(|(text, provenance)| {
            let title =
                if let Provenance::Sourced { title, .. } = provenance { clip(title, 60) } else { String::new() };
            let day = find::day_of_page(provenance, sources).map_or(String::new(), |(day, _)| format!(", {day}"));
            format!("{text}{} ({title}{day})", mark(provenance, sources))
        })
        .collect();
    format!("{}{}{}", language.say(Phrase::SourcesDiffer), language.colon(), told.join("; "))
}

/// What a program printed, in its own lines or in the model's words where those keep to the figures.
async fn printed(turn: &mut Turn<'_>, text: &str, own: bool, language: Language) -> anyhow::Result<String> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let list: String = lines.clone().map(|line| format!("- {line}\n")).collect();
    let code: String = text.lines().map(|line| format!("    {line}\n")).collect();
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    if own || lines.count() > 12 {
        return Ok(if own { list } else { code });
    }
    let prompt = format!(
        "The tools brought this:\n{}\n\nRequest: {}\n{}",
        clip(text, 2500),
        clip(&turn.asked, 1500),
        language.say(Phrase::AnswerIn)
    );
    let told = match turn.complete(TELL.ask(prompt, 220)).await {
        Ok(told) => told,
        Err(CompletionError::TooLong(_)) => String::new(),
        Err(other) => return Err(other.into()),
    };
    let told = told.split("```").next().unwrap_or_default().trim().to_owned();
    // A figure that the tools did not bring has no business here: then their own words will do.
    let known = figures(&format!("{text}\n{}", &turn.asked));
    let all_known = figures(&told).iter().all(|f| known.iter().any(|k| same(f, k)));
    Ok(if all_known && !told.is_empty() { told } else { list })
}

/// The table, each cell with its page or its status.
fn with_sources(table: &Table, sources: &[Source]) -> String {
    table.markdown_with(|cell: &Cell| match cell.text {
        Some(_) => mark(&cell.provenance, sources),
        None => String::new(),
    })
}

/// Says plainly what was looked for and not found.
fn missing_cells(table: &Table, language: Language) -> String {
    let looked_for = table.rows.iter().flatten().any(|c| matches!(*c.provenance, Provenance::Sourced { .. }));
    let mut missing = Vec::new();
    for (i, column) in table.columns.iter().enumerate().filter(|_| looked_for) {
        let rows: Vec<&str> = table.rows.iter().filter(|r| r[i].text.is_none()).map(|r| r[0].display()).collect();
        if !rows.is_empty() {
            missing.push(format!("{column} ({})", rows.join(", ")));
        }
    }
    if missing.is_empty() {
        return String::new();
    }
    format!("\n{}{}{}", language.say(Phrase::MissingCells), language.colon(), missing.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_it_was_is_not_when() {
        let provenance =
            Provenance::Sourced { url: "u".into(), title: String::new(), quote: "Ann Bo set it up.".into() };
        let (name, about, text) = ("a".to_owned(), "who started it".to_owned(), "Ann Bo".to_owned());
        let fact = Fact { name, about, text, number: None, date: None, provenance, others: Vec::new() };
        let told = |draft: &str| put_in(draft, std::slice::from_ref(&fact), "who started it and when?", &[]);
        assert_eq!(told("Ann Bo started it and it was in {a}."), "Who started it: Ann Bo");
        assert_eq!(told("{a} started it."), "Ann Bo started it.");
    }

    #[test]
    fn an_operand_is_not_told_as_the_result() {
        let provenance = Provenance::Sourced { url: "u".into(), title: String::new(), quote: "£3.20/kg".into() };
        let (name, about, text) = ("a".to_owned(), "price of the clay".to_owned(), "£3.20/kg".to_owned());
        let price = Fact { name, about, text, number: Some(3.2), date: None, provenance, others: Vec::new() };
        let provenance = Provenance::Computed { how: "3.2 * 2 = 6.4".into() };
        let cost = Fact { name: "b".into(), text: "6.4".into(), number: Some(6.4), provenance, ..price.clone() };
        let told = |draft: &str| put_in(draft, &[price.clone(), cost.clone()], "what would 2 kg cost?", &[]);
        assert_eq!(told("2 kg would cost {a}."), "Price of the clay: £3.20/kg\n3.2 * 2 = 6.4");
        assert!(told("2 kg would cost {b}.").starts_with("2 kg would cost 6.4."));
    }

    #[test]
    fn a_calculation_reads_well() {
        let read = |how: &str, result: &str| worked_out(how, result);
        assert_eq!(read("((41 - 33) / 33) in percent = approx. 24.2424242424%", "24.24%"), "(41 - 33) / 33 = 24.24%");
        assert_eq!(read("(41 - 33) / (33 + 2) = 0.2285", "0.2285"), "(41 - 33) / (33 + 2) = 0.2285");
        assert_eq!(read("12 * 3 = 36", "36"), "12 * 3 = 36");
    }
}
