//! Files of one shape as one table: the deliveries of two years, with the year that each row is of. What
//! is asked of several files is then asked of one table, which small models do without a mistake.

use super::Chat;
use polymath_chat::{Cell, Provenance, Table};
use polymath_quantity::Column;
use polymath_tools::load::name_of;

/// What stands between the titles of files that are one table.
const AND: &str = " + ";

/// The files' tables with the columns of the latest one, one under the other; `None` where it is alone.
pub fn stacked(chat: &Chat) -> Option<Table> {
    let is_file = |table: &&Table| chat.files.iter().any(|path| name_of(path) == table.title);
    let last = chat.tables.iter().rfind(is_file)?;
    let parts: Vec<&Table> =
        chat.tables.iter().filter(is_file).filter(|table| order(&last.columns, &table.columns).is_some()).collect();
    if parts.len() < 2 {
        return None;
    }
    let titles: Vec<&str> = parts.iter().map(|table| table.title.as_str()).collect();
    let labels = labels(&titles);
    let years = labels.iter().all(|l| l.len() == 4 && l.chars().all(|c| c.is_ascii_digit()));
    let has = |name: &str| last.columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let key = match (years && !has("Year"), has("File")) {
        (true, _) => "Year",
        (false, false) => "File",
        (false, true) => "Name of the file",
    };
    let mut rows = Vec::new();
    for (table, label) in parts.iter().zip(&labels) {
        let order = order(&last.columns, &table.columns)?;
        rows.extend(table.rows.iter().map(|row| {
            let (number, date) = Column::of(key).read(label).values();
            let mut cells = vec![Cell { number, date, ..Cell::new(label.as_str(), Provenance::Given) }];
            cells.extend(order.iter().map(|i| row[*i].clone()));
            cells
        }));
    }
    let columns = [key.to_owned()].into_iter().chain(last.columns.iter().cloned()).collect();
    Some(Table { title: titles.join(AND), columns, rows })
}

/// Whether a table has all rows of another one: it is made of it and of others.
pub fn is_part(table: &Table, whole: &Table) -> bool {
    let of = |title: &str| title.split(AND).map(str::to_owned).collect::<Vec<_>>();
    let (own, all) = (of(&table.title), of(&whole.title));
    own.len() < all.len()
        && own.iter().all(|title| all.contains(title))
        && table.columns.iter().all(|column| whole.columns.iter().any(|c| c.eq_ignore_ascii_case(column)))
}

/// Whether a table is a file's, or made of several.
pub fn is_of_files(chat: &Chat, table: &Table) -> bool {
    table.title.split(AND).all(|title| chat.files.iter().any(|path| name_of(path) == title))
}

/// Where each of `columns` is among `own`, if those are the same in any order and case.
fn order(columns: &[String], own: &[String]) -> Option<Vec<usize>> {
    let place = |column: &String| own.iter().position(|c| c.trim().eq_ignore_ascii_case(column.trim()));
    let places: Vec<usize> = columns.iter().map(place).collect::<Option<_>>()?;
    (own.len() == columns.len()).then_some(places)
}

/// The parts by which the files' names differ, cut at whole words: `2021` and `2022`.
fn labels(titles: &[&str]) -> Vec<String> {
    let cut = |title: &str| -> Vec<String> {
        let stem = title.rsplit_once('.').map_or(title, |(stem, _)| stem);
        stem.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let words: Vec<Vec<String>> = titles.iter().map(|title| cut(title)).collect();
    let shared = |word: &String| words.iter().all(|own| own.contains(word));
    let labels: Vec<String> =
        words.iter().map(|own| own.iter().filter(|w| !shared(w)).cloned().collect::<Vec<_>>().join(" ")).collect();
    let distinct = labels.iter().all(|label| !label.is_empty() && labels.iter().filter(|l| *l == label).count() == 1);
    if distinct { labels } else { titles.iter().map(|title| (*title).to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(files: &[(&str, &[&str])]) -> Chat {
        let mut chat = Chat::new("c");
        for (name, columns) in files {
            let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
            let row = columns.iter().map(|c| Cell::new(format!("{name} {c}"), Provenance::Given)).collect();
            chat.files.push(name.into());
            chat.tables.push(Table { title: (*name).into(), columns, rows: vec![row] });
        }
        chat
    }

    #[test]
    fn files_of_one_shape_are_one_table() {
        let chat =
            chat(&[("a_sund_2021.csv", &["Day", "Cost"]), ("b.csv", &["Shop"]), ("a_sund_2022.csv", &["cost", "Day"])]);
        let Some(all) = stacked(&chat) else { panic!("none") };
        assert_eq!((all.columns.join(" "), all.rows.len()), ("Year cost Day".to_owned(), 2));
        let shown: Vec<&str> = all.rows.iter().flatten().map(Cell::display).collect();
        assert_eq!(shown[..3], ["2021", "a_sund_2021.csv Cost", "a_sund_2021.csv Day"]);
        assert!(is_part(&chat.tables[0], &all) && !is_part(&chat.tables[1], &all) && is_of_files(&chat, &all));
    }

    #[test]
    fn a_file_of_its_own_shape_stays_alone() {
        assert!(stacked(&chat(&[("a.csv", &["Day", "Cost"]), ("b.csv", &["Day"])])).is_none());
        let named = chat(&[("north.csv", &["Year", "Cost"]), ("south.csv", &["Year", "Cost"])]);
        assert_eq!(stacked(&named).map(|t| t.columns.join(" ")).as_deref(), Some("File Year Cost"));
    }
}
