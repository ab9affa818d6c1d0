//! Rows of tables on pages, as lines that say by themselves what each cell is.

use super::{Passage, clip};
use polymath_chat::Source;

/// Columns from which on a row is told with the names of its columns; two are a field and its value.
const COLUMNS: usize = 3;

/// The first row of the table that a line is a row of.
pub fn head_of(passage: &Passage, sources: &[Source]) -> Option<Passage> {
    let source = sources.get(passage.n.checked_sub(1)?)?;
    let all: Vec<&str> = source.text.lines().collect();
    let row = |at: usize| all.get(at).is_some_and(|line| line.contains(" | "));
    if !row(passage.line) {
        return None;
    }
    let mut at = passage.line;
    while at > 0 && row(at - 1) {
        at -= 1;
    }
    (at != passage.line).then(|| Passage { n: passage.n, line: at, text: clip(all[at].trim(), 300) })
}

/// `Nord; Built: 2004; Cars: 148` for the row `Nord | 2004 | 148` under `Ship | Built | Cars`: a small model does not count
/// columns. `None` for what is no such row.
pub fn labelled(passage: &Passage, sources: &[Source]) -> Option<String> {
    let head = head_of(passage, sources)?;
    let names: Vec<&str> = head.text.split(" | ").map(str::trim).collect();
    let cells: Vec<&str> = passage.text.trim_end_matches([' ', '|']).split(" | ").map(str::trim).collect();
    // A row of figures names nothing, but for one of years.
    let names_it = |name: &&str| name.contains(char::is_alphabetic) || name.len() == 4;
    if cells.len() < COLUMNS || cells.len() > names.len() || !names[1..].iter().all(names_it) {
        return None;
    }
    let told = cells[1..].iter().zip(&names[1..]).filter(|(cell, _)| !cell.is_empty());
    let told: Vec<String> = told.map(|(cell, name)| format!("{name}: {cell}")).collect();
    Some(format!("{}; {}", cells[0], told.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_its_cells_are() {
        let text = "# Fleet\nShip | Built | Cars | Knots\nNord | 2004 | 148 | \nOst | 1996 | 74 | 17\n\nField | 9\nLength | 12 m";
        let sources = [Source { url: "u".into(), title: "Fleet".into(), text: text.into() }];
        let row = |line: usize, text: &str| labelled(&Passage { n: 1, line, text: text.into() }, &sources);
        assert_eq!(
            row(3, "Fleet: Ost | 1996 | 74 | 17").as_deref(),
            Some("Fleet: Ost; Built: 1996; Cars: 74; Knots: 17")
        );
        assert_eq!(row(2, "Nord | 2004 | 148 | ").as_deref(), Some("Nord; Built: 2004; Cars: 148"));
        assert_eq!(row(1, "Ship | Built | Cars | Knots"), None);
        assert_eq!(row(6, "Length | 12 m"), None);
    }
}
