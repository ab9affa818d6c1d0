//! Figures in large letters with what they count beside them, as pages show themselves "in numbers": `6.1 km` above `of
//! passages are mapped`, or `Visitors` above `12,000`. Each such pair is one line: the figure alone says nothing.

use super::block::Block;
use polymath_quantity::{figures, read};
use std::collections::HashMap;

/// Characters of a figure, and of what is said beside it.
const FIGURE: usize = 24;
const SAID: usize = 160;
/// Pairs from which on paragraphs are such a list: one line beside one figure may be anything.
const LIST: usize = 2;

/// The pairs of blocks that are one line each, by the place of their first one.
pub fn pairs(blocks: &[Block]) -> HashMap<usize, String> {
    let mut pairs = HashMap::new();
    let mut start = 0;
    while start < blocks.len() {
        let end = run(blocks, start);
        let all = &blocks[start..end];
        // A heading above the list is of none of them.
        let above = |first: &Block, next: &Block| figure(first).is_none() && (is_heading(first) || is_heading(next));
        let skipped = usize::from(all.len() % 2 == 1 && all.len() > 1 && above(&all[0], &all[1]));
        let all = &all[skipped..];
        let whole = all.len().is_multiple_of(2);
        let headings = !all.is_empty() && all.iter().step_by(2).all(|b| is_heading(b) && figure(b).is_some());
        if whole && (headings || all.len() >= 2 * LIST) {
            for (i, pair) in all.chunks_exact(2).enumerate() {
                let sign = if figure(&pair[0]).is_some() { " " } else { ": " };
                pairs.insert(start + skipped + 2 * i, format!("{}{sign}{}", text(&pair[0]), text(&pair[1])));
            }
        }
        start = end.max(start + 1);
    }
    pairs
}

/// Where a row of figures and what is said beside them, by turns, ends.
fn run(blocks: &[Block], start: usize) -> usize {
    let fits = |i: usize| !text(&blocks[i]).is_empty() && text(&blocks[i]).chars().count() <= SAID;
    let turns = |i: usize| i == start || figure(&blocks[i]).is_some() != figure(&blocks[i - 1]).is_some();
    // What follows a pair that a figure begins is no third of it.
    let closes = |i: usize| i > start && is_heading(&blocks[i]) && figure(&blocks[i]).is_none();
    (start..blocks.len()).find(|i| !fits(*i) || !turns(*i) || closes(*i)).unwrap_or(blocks.len())
}

/// The block's text where it is an amount and nothing else. A year stands above what happened in it.
fn figure(block: &Block) -> Option<&str> {
    let text = text(block);
    let found = figures(text);
    let [one] = found.as_slice() else { return None };
    let whole = one.span == (0..text.len()) || one.at == (0..text.len());
    let amount = one.number.is_some() && read(text).date.is_none();
    (whole && amount && text.chars().count() <= FIGURE).then_some(text)
}

fn is_heading(block: &Block) -> bool {
    matches!(block, Block::Heading(..))
}

fn text(block: &Block) -> &str {
    match block {
        Block::Heading(_, text) | Block::Paragraph(text) => text.trim(),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(blocks: &[(char, &str)], want: &[&str]) {
        let block = |(kind, text): &(char, &str)| match kind {
            'h' => Block::Heading(3, (*text).to_owned()),
            _ => Block::Paragraph((*text).to_owned()),
        };
        let blocks: Vec<Block> = blocks.iter().map(block).collect();
        let found = pairs(&blocks);
        let mut places: Vec<&usize> = found.keys().collect();
        places.sort_unstable();
        assert_eq!(places.iter().map(|at| found[*at].as_str()).collect::<Vec<_>>(), want);
    }

    #[test]
    fn figures_have_their_words_beside_them() {
        check(
            &[
                ('h', "Olm Cave"),
                ('p', "Tours at 10 and 12"),
                ('h', "6.1 km"),
                ('p', "of passages have been mapped."),
                ('h', "9 °C"),
                ('p', "all year round"),
                ('p', "It was found in 1908."),
            ],
            &["6.1 km of passages have been mapped.", "9 °C all year round"],
        );
        let labels = [('h', "In numbers"), ('p', "Visitors"), ('p', "12,000"), ('p', "Staff"), ('p', "31")];
        check(&labels, &["Visitors: 12,000", "Staff: 31"]);
        check(
            &[('p', "12,000"), ('p', "visitors a year"), ('p', "31"), ('p', "people work here")],
            &["12,000 visitors a year", "31 people work here"],
        );
    }

    #[test]
    fn other_lines_stay_apart() {
        check(&[('p', "The price"), ('p', "$500"), ('p', "is high.")], &[]);
        check(&[('h', "1908"), ('p', "The cave was found."), ('h', "1952"), ('p', "It was opened.")], &[]);
        check(&[('h', "12 rooms"), ('h', "9 baths")], &[]);
    }
}
