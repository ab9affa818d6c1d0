//! Makes a typed table from opened pages, every cell with its passage.
//!
//! Tables that stand in a page are taken over: the model only says which column is which. From
//! prose it copies rows under a grammar in which a cell is a piece of the page (a figure of it, a
//! date of it, words of it) or null. What is not on a page cannot be written.

use super::series;
use super::state::Guide;
use crate::evidence::terms;
use crate::guide::find::{self, relevant};
use crate::guide::{facts, named, speaking};
use crate::language::Language;
use crate::lead::Turn;
use crate::prompts::COLUMNS;
use polymath_chat::{Cell, Constraint, Provenance, Source, Table};
use polymath_quantity::{Figure, figures, read, same};
use std::collections::HashSet;

mod columns;
mod merge;
mod only;
mod prose;
mod shape;
mod upright;

use columns::columns_of;
use prose::{came_from, copy_rows};
use shape::{Column, Kind, Row, Shape, are_distinct};

/// Pages of prose that are read row by row, at most: each costs some seconds.
const PROSE_PAGES: usize = 4;

impl Guide {
    /// The table that the question asks for, from the pages opened in this turn and before.
    pub(super) async fn extract(
        &self,
        turn: &mut Turn<'_>,
        things: &str,
        columns: &[String],
    ) -> anyhow::Result<Option<Table>> {
        let shape = shape_of(turn, things, columns).await?;
        let mut adopted = Vec::new();
        for table in page_tables(turn, &pages_about(turn, &shape)) {
            let table = only::of_the_kind(table, &shape.subject);
            let table = upright::upright(table, &shape);
            let from = match years_of(&table, &shape) {
                Some(_) => Vec::new(),
                None if is_the_series(&table, &shape) => vec![Some(0), Some(1)],
                None if let Some(at) = column_said(&table, &shape, &turn.asked) => vec![Some(0), Some(at)],
                None => columns_of(turn, &shape, &table).await?,
            };
            adopted.push(Adopted { table, from });
        }
        // All that is wanted, without a name: then a table that has names and little else is another one.
        let whole = |a: &Adopted| a.names().is_none() && a.from.iter().all(Option::is_some);
        if let Some((named, adopted)) = named(&shape, &adopted).filter(|_| !adopted.iter().any(whole)) {
            let table = self.rows_of(turn, named, &adopted).await?;
            if table.as_ref().is_some_and(|t| are_distinct(&t.rows)) {
                return Ok(table);
            }
        }
        self.rows_of(turn, shape, &adopted).await
    }

    /// A table with a row for each of `things`, every cell looked up as a fact; `None` where no page says
    /// anything of them.
    pub(super) async fn rows_named(
        &self,
        turn: &mut Turn<'_>,
        title: &str,
        things: &[String],
        columns: &[String],
    ) -> anyhow::Result<Option<Table>> {
        // The first column is their name's, unless the request asks for what it is called.
        let names: HashSet<String> = things.iter().flat_map(|thing| terms(thing)).collect();
        let asked: HashSet<String> = terms(&turn.asked).into_iter().filter(|t| !names.contains(t)).collect();
        let is_asked = |column: &String| terms(column).iter().any(|t| asked.contains(t) && t != "name");
        let (key, columns) = match columns.split_first() {
            Some((first, rest)) if !is_asked(first) => (first.clone(), rest),
            _ => ("Name".to_owned(), columns),
        };
        let mut rows = Vec::new();
        for thing in things {
            let mut row = vec![Cell::new(thing.as_str(), Provenance::Given)];
            let read = facts::row(turn, thing, columns).await?;
            for (column, fact) in columns.iter().zip(read) {
                let fact = match fact {
                    None => find::find(turn, &format!("{} of {thing}", column.to_lowercase())).await?,
                    found => found,
                };
                row.push(fact.map_or(Cell::missing(), |fact| Cell {
                    number: fact.number,
                    date: fact.date,
                    ..Cell::new(fact.text, fact.provenance)
                }));
            }
            rows.push(row);
        }
        if rows.iter().all(|row| row[1..].iter().all(|cell| cell.text.is_none())) {
            return Ok(None);
        }
        merge::in_one_unit(&mut rows);
        let columns = [key].into_iter().chain(columns.iter().cloned()).collect();
        Ok(Some(Table { title: title.to_owned(), columns, rows }))
    }

    /// The rows of a shape: of the pages' tables first, then of their prose.
    async fn rows_of(&self, turn: &mut Turn<'_>, shape: Shape, adopted: &[Adopted]) -> anyhow::Result<Option<Table>> {
        let things = shape.subject.as_str();
        let sources = pages_about(turn, &shape);
        let mut rows: Vec<Row> = Vec::new();
        let mut used: HashSet<String> = HashSet::new();
        for Adopted { table, from } in adopted {
            let found = melted(table, &shape).unwrap_or_else(|| taken_over(table, from, &shape));
            if found.len() > 1 {
                used.extend(sources.iter().filter(|s| came_from(table, s)).map(|s| s.url.clone()));
                merge::merge(&mut rows, found);
            }
        }
        let query = format!(
            "{things} {} {}",
            &turn.asked,
            shape.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(" ")
        );
        let prose: Vec<Source> = sources.into_iter().filter(|s| !used.contains(&s.url)).collect();
        for source in prose.iter().filter(|s| may_add(&rows, &shape, s)).take(PROSE_PAGES).cloned().collect::<Vec<_>>()
        {
            let mut found = copy_rows(turn, &shape, &source, &query).await?;
            // A name alone is no row: any word of a page can be one.
            found.retain(|row| row.iter().filter(|c| c.text.is_some()).count() > 1);
            merge::merge(&mut rows, found);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        merge::without_other_units(&mut rows);
        merge::in_one_unit(&mut rows);
        merge::sort(&mut rows);
        let mut columns: Vec<String> = shape.columns.into_iter().map(|c| c.name).collect();
        called_by_name(&mut columns, &rows, Language::of(&turn.asked));
        Ok(Some(Table { title: shape.subject, columns, rows }))
    }
}

/// A first column of names that the plan took for a time or a measure ("Month", of "months of ripening") is called a name.
fn called_by_name(columns: &mut [String], rows: &[Row], language: Language) {
    let Some(first) = columns.first_mut() else { return };
    let small = first.to_lowercase();
    let is_unit = figures(&format!("3 {small}")).iter().any(|figure| figure.unit.is_some());
    let worded = |row: &Row| row.first().is_some_and(|cell| cell.number.is_none() && cell.date.is_none());
    if is_unit && rows.iter().all(worded) {
        *first = match language {
            Language::French => "Nom",
            Language::Spanish => "Nombre",
            Language::Chinese => "名称",
            _ => "Name",
        }
        .to_owned();
    }
}

/// The table that is wanted: what its columns hold is asked for.
async fn shape_of(turn: &mut Turn<'_>, things: &str, columns: &[String]) -> anyhow::Result<Shape> {
    let kind = "(\"text\" | \"number\" | \"date\")";
    let lark = format!("start: {}\n", vec![kind; columns.len()].join(" \", \" "));
    let task = COLUMNS.ask(columns.join(", "), 40).constrained(Constraint::Lark(lark));
    let text = turn.complete(task).await?;
    let kinds = text.split(", ").map(|kind| match kind {
        "number" => Kind::Number,
        "date" => Kind::Date,
        _ => Kind::Text,
    });
    let columns = columns.iter().zip(kinds).map(|(name, kind)| Column { name: name.clone(), kind }).collect();
    Ok(Shape { subject: things.to_owned(), columns })
}

/// The shape and its readings with a column for the names of the things, where a page's table names
/// them in a column that nobody asked for, or where several facts and no name were asked for.
fn named(shape: &Shape, adopted: &[Adopted]) -> Option<(Shape, Vec<Adopted>)> {
    let wanted = |a: &&Adopted| a.from.iter().any(Option::is_some);
    let naming = adopted.iter().filter(wanted).find_map(|a| Some(&a.table.columns[a.names()?]));
    let several = shape.columns.len() > 2 && shape.columns.iter().all(|c| c.kind != Kind::Text);
    if naming.is_none() && !several {
        return None;
    }
    let name = naming.map_or("Name", String::as_str).to_owned();
    let mut named = shape.clone();
    named.columns.insert(0, Column { name, kind: Kind::Text });
    let mut adopted = adopted.to_vec();
    for one in adopted.iter_mut().filter(|a| !a.from.is_empty()) {
        one.from.insert(0, one.names());
    }
    Some((named, adopted))
}

/// The opened pages that are about the table's subject.
fn pages_about(turn: &Turn<'_>, shape: &Shape) -> Vec<Source> {
    let about: HashSet<String> = terms(&shape.subject).into_iter().collect();
    let mut sources = relevant(&turn.chat.sources, &shape.subject);
    // Years are of one thing: those of another thing like it are none of its.
    let names = named::names(&shape.subject);
    if shape.columns.first().is_some_and(|c| c.kind == Kind::Date) && !names.is_empty() {
        sources = speaking::speaking_of(&sources, &shape.subject);
        let own = |s: &Source| !s.text.is_empty() && names.iter().any(|name| s.title.contains(name.as_str()));
        if sources.iter().any(own) {
            sources.retain(own);
        }
    }
    sources = speaking::without_longer(&sources, &shape.subject);
    // A list of the same things of another place: mountains of the East range, for those of the West range.
    let is_own = |s: &Source| names.iter().all(|name| s.title.contains(name.as_str()));
    if !names.is_empty() && sources.iter().any(|s| !s.text.is_empty() && is_own(s)) {
        let kinds: HashSet<String> = about.iter().filter(|term| !is_of_names(term, &names)).cloned().collect();
        let of_kind =
            |s: &Source| terms(&s.title).iter().filter(|term| kinds.contains(*term)).count() * 2 > kinds.len();
        sources.retain(|s| is_own(s) || !of_kind(s));
    }
    let speaks_of_all = |s: &Source| {
        let words: HashSet<String> = terms(&format!("{} {}", s.title, s.text)).into_iter().collect();
        about.intersection(&words).count() * 3 >= about.len() * 2
    };
    sources.into_iter().filter(|s| !s.text.is_empty() && (is_about(s, &about) || speaks_of_all(s))).collect()
}

fn is_of_names(term: &str, names: &[String]) -> bool {
    names.iter().any(|name| terms(name).iter().any(|own| own == term))
}

/// Whether a page is about the subject: its title shares a word with it, or its text names it twice.
fn is_about(source: &Source, about: &HashSet<String>) -> bool {
    if about.is_empty() {
        return true;
    }
    let title: HashSet<String> = terms(&source.title).into_iter().collect();
    let lines =
        source.text.lines().filter(|l| terms(l).iter().filter(|t| about.contains(*t)).count() * 2 >= about.len());
    title.intersection(about).next().is_some() || lines.take(2).count() == 2
}

/// Whether a page can say something new. With the rows of a table at hand it has to have a line that
/// names a row and holds a figure of the kind that row misses, and not one that the table has
/// already: that would be borrowed from another row.
fn may_add(rows: &[Row], shape: &Shape, source: &Source) -> bool {
    let known: Vec<Figure> = rows.iter().flatten().filter_map(|c| figures(c.display()).into_iter().next()).collect();
    let is_new = |found: &Figure, kind: Kind| {
        let fits =
            if kind == Kind::Date { found.date.is_some() } else { found.number.is_some() && found.date.is_none() };
        fits && !known.iter().any(|k| same(found, k))
    };
    let lines: Vec<(String, Vec<Figure>)> = source.text.lines().map(|l| (l.to_lowercase(), figures(l))).collect();
    let misses = |row: &Row| {
        let name = row[0].display().to_lowercase();
        let missing = row.iter().zip(&shape.columns).filter(|(cell, _)| cell.text.is_none());
        let kinds: Vec<Kind> = missing.map(|(_, column)| column.kind).collect();
        let says = |kind: &Kind| {
            let mut named = lines.iter().filter(|(line, _)| line.contains(&name));
            *kind == Kind::Text && named.clone().next().is_some()
                || named.any(|(_, found)| found.iter().any(|f| is_new(f, *kind)))
        };
        kinds.iter().any(says)
    };
    rows.is_empty() || rows.iter().any(misses)
}

/// Tables of the opened pages that are about the subject, and the series in their sentences.
fn page_tables(turn: &Turn<'_>, sources: &[Source]) -> Vec<Table> {
    let own = |t: &&Table| t.rows.len() > 1 && !is_of_one_thing(t) && sources.iter().any(|s| came_from(t, s));
    let tables = turn.chat.page_tables.iter().filter(own).cloned().collect();
    of_the_named_kind(tables, &turn.asked).into_iter().chain(sources.iter().flat_map(series::tables)).collect()
}

/// Tables without those that are called otherwise than one with the same columns that the request names: the jukeboxes of a
/// maker whose pinball machines are asked for.
fn of_the_named_kind(tables: Vec<Table>, asked: &str) -> Vec<Table> {
    let wanted: HashSet<String> = terms(asked).into_iter().collect();
    let titles: Vec<HashSet<String>> = tables.iter().map(|table| terms(&table.title).into_iter().collect()).collect();
    let is_named = |i: usize| {
        let alike = |j: &usize| *j != i && tables[*j].columns == tables[i].columns && titles[*j] != titles[i];
        let others: Vec<usize> = (0..tables.len()).filter(alike).collect();
        let own = |i: usize, others: &mut dyn Iterator<Item = usize>| -> HashSet<String> {
            let shared: HashSet<String> = others.flat_map(|j| titles[j].clone()).collect();
            titles[i].difference(&shared).cloned().collect()
        };
        let mine = own(i, &mut others.iter().copied());
        let said = mine.iter().any(|term| wanted.contains(term));
        let other_said = others.iter().any(|j| {
            let theirs = own(*j, &mut std::iter::once(i));
            theirs.iter().any(|term| wanted.contains(term))
        });
        said || mine.is_empty() || !other_said
    };
    let kept: Vec<bool> = (0..tables.len()).map(is_named).collect();
    tables.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(table, _)| table).collect()
}

/// Whether a table is fields and values of one thing: two columns, the second of all kinds.
pub fn is_of_one_thing(table: &Table) -> bool {
    let values = || table.rows.iter().filter_map(|row| row.get(1)).filter(|c| c.text.is_some());
    let is_value = |cell: &Cell| read(cell.display()).values() != (None, None) || !figures(cell.display()).is_empty();
    table.columns.len() == 2 && values().any(is_value) && values().any(|cell| !is_value(cell))
}

/// Whether a table is years and one value, as are wanted, and is called like it: "passengers carried", for passenger
/// numbers.
fn is_the_series(table: &Table, shape: &Shape) -> bool {
    const STEM: usize = 5;
    let ([across, up], [_, head]) = (shape.columns.as_slice(), table.columns.as_slice()) else { return false };
    let stems = |text: &str| -> HashSet<String> {
        let words = terms(text).into_iter().filter(|term| !term.chars().all(|c| c.is_ascii_digit()));
        words.map(|term| term.chars().take(STEM).collect()).collect()
    };
    let year = |cell: &Cell| read(cell.display()).date.is_some_and(|date| date.is_year());
    let of_years = table.rows.iter().all(|row| row.len() == 2 && year(&row[0]) && row[1].number.is_some());
    let called = stems(head).intersection(&stems(&up.name)).next().is_some();
    across.kind == Kind::Date && up.kind == Kind::Number && of_years && called
}

/// The column of a wide table whose head the request says, where a name or a time and one value are wanted: the season 2024/25 of
/// `Month | 2023/24 | 2024/25`.
fn column_said(table: &Table, shape: &Shape, asked: &str) -> Option<usize> {
    let [_, up] = shape.columns.as_slice() else { return None };
    let part = |c: char| c.is_alphanumeric() || c == '/';
    let said = |head: &str| {
        let whole = |at: usize| !asked[..at].ends_with(part) && !asked[at + head.len()..].starts_with(part);
        head.contains(|c: char| c.is_ascii_digit()) && asked.match_indices(head).any(|(at, _)| whole(at))
    };
    let mut found = (1..table.columns.len()).filter(|i| said(table.columns[*i].trim()));
    let numbers = |at: &usize| table.rows.iter().filter_map(|row| row.get(*at)).any(|cell| cell.number.is_some());
    match (found.next().filter(numbers), found.next()) {
        (Some(at), None) if up.kind == Kind::Number && table.columns.len() > 2 => Some(at),
        _ => None,
    }
}

/// The columns of a wide table that are years: `Library | 2019 | 2020` where a year and one value are wanted.
fn years_of(table: &Table, shape: &Shape) -> Option<Vec<usize>> {
    let [across, _] = shape.columns.as_slice() else { return None };
    let years: Vec<usize> = (1..table.columns.len()).filter(|i| read(&table.columns[*i]).date.is_some()).collect();
    (across.kind == Kind::Date && years.len() > 1).then_some(years)
}

/// A wide table's one row that is meant, read as years and values.
fn melted(table: &Table, shape: &Shape) -> Option<Vec<Row>> {
    let years = years_of(table, shape)?;
    let up = shape.columns.last()?;
    let wanted: HashSet<String> = terms(&shape.subject).into_iter().collect();
    let shared = |row: &&Vec<Cell>| {
        let words: HashSet<String> = row.first().map(|c| terms(c.display())).unwrap_or_default().into_iter().collect();
        (words.intersection(&wanted).count(), std::cmp::Reverse(words.difference(&wanted).count()))
    };
    let row = table.rows.iter().max_by_key(shared).filter(|row| shared(row).0 > 0)?;
    let cells = years.into_iter().filter_map(|i| Some((i, row.get(i)?)));
    let rows = cells.map(|(i, cell)| {
        let year = Cell {
            date: read(&table.columns[i]).iso(),
            ..Cell::new(table.columns[i].as_str(), cell.provenance.clone())
        };
        vec![year, up.kind.read(cell, &up.name)]
    });
    Some(rows.collect())
}

/// A page's table and which of its columns hold those that are wanted.
#[derive(Clone)]
struct Adopted {
    table: Table,
    from: Vec<Option<usize>>,
}

impl Adopted {
    /// The first column of names, each of one row, where none of these is wanted already.
    fn names(&self) -> Option<usize> {
        let is_of_names = |at: &usize| {
            let mut seen = HashSet::new();
            self.table.rows.iter().all(|row| {
                let name = row.get(*at).and_then(|c| c.text.as_deref());
                name.is_some_and(|name| read(name).values() == (None, None) && seen.insert(name.to_lowercase()))
            })
        };
        let first = (0..self.table.columns.len()).find(is_of_names)?;
        (!self.from.contains(&Some(first))).then_some(first)
    }
}

/// The rows of a page's table as our columns want them; none when it has no names, or nothing beside them.
fn taken_over(table: &Table, sources: &[Option<usize>], shape: &Shape) -> Vec<Row> {
    if sources.first().is_none_or(Option::is_none) || sources.iter().flatten().count() < 2 {
        return Vec::new();
    }
    let kinds: Vec<Kind> = shape
        .columns
        .iter()
        .zip(sources)
        .map(|(column, at)| {
            at.map_or(column.kind, |at| column.kind.settled(table.rows.iter().filter_map(|r| r.get(at))))
        })
        .collect();
    let cell = |row: &Row, i: usize| match sources[i].and_then(|at| row.get(at).map(|c| (at, c))) {
        Some((at, cell)) => kinds[i].read(cell, &table.columns[at]),
        None => Cell::missing(),
    };
    table.rows.iter().map(|row| (0..shape.columns.len()).map(|i| cell(row, i)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_another_kind_are_left_out() {
        let table = |title: &str, column: &str| Table {
            title: title.into(),
            columns: vec!["Model".into(), column.into()],
            rows: Vec::new(),
        };
        let tables = || vec![table("Pinball machines", "Year"), table("Jukeboxes", "Year"), table("Staff", "Role")];
        let kept = |asked: &str| {
            of_the_named_kind(tables(), asked).into_iter().map(|table| table.title).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(kept("all pinball machines by Varn, as a table"), "Pinball machines, Staff");
        assert_eq!(kept("all models by Varn, as a table"), "Pinball machines, Jukeboxes, Staff");
        assert_eq!(kept("pinball machines and jukeboxes by Varn"), "Pinball machines, Jukeboxes, Staff");
    }

    #[test]
    fn a_wide_table_s_column_is_the_one_that_is_said() {
        let cell = |text: &str| Cell { number: text.parse().ok(), ..Cell::new(text, Provenance::Given) };
        let rows = [["Nov", "38", "41"], ["Dec", "62", "69"]].map(|row| row.map(cell).to_vec()).to_vec();
        let columns = ["Month", "2023/24", "2024/25"].map(str::to_owned).to_vec();
        let table = Table { title: "Visitors".into(), columns, rows };
        let column = |name: &str, kind: Kind| Column { name: name.into(), kind };
        let columns = vec![column("Month", Kind::Date), column("Visitors", Kind::Number)];
        let shape = Shape { subject: "visitors of the rink".into(), columns };
        let said = |asked: &str| column_said(&table, &shape, asked);
        assert_eq!(said("a line of the visitors in the season 2024/25?"), Some(2));
        assert_eq!((said("a line of the visitors in 2024"), said("2023/24 and 2024/25")), (None, None));
    }

    #[test]
    fn a_list_of_years_is_the_series_that_it_is_called() {
        let source = Source {
            url: "u".into(),
            title: "Chib Line".into(),
            text: "# Passengers carried\n- 2018: 1,240\n- 2019: 1,320\n- 2020: 410".into(),
        };
        let tables = series::tables(&source);
        let column = |name: &str, kind: Kind| Column { name: name.into(), kind };
        let shape = |up: &str| Shape {
            subject: "the Chib Line".into(),
            columns: vec![column("Year", Kind::Date), column(up, Kind::Number)],
        };
        assert!(is_the_series(&tables[0], &shape("Passenger numbers")));
        assert!(!is_the_series(&tables[0], &shape("Turnover")));
    }
}
