//! The order in which the columns of a printed page are read.
//!
//! Files draw text in whatever order they like, some of them line by line across all columns. Here pieces of
//! lines are put in the order of reading by where they stand: a gutter is looked for that hardly anything
//! crosses and that has prose on both sides; what crosses it, a title or a wide figure's caption, parts what
//! is above it from what is below. Cells of tables are too short for prose, so that rows stay rows.

/// A piece of a line: what stands together without a wide gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// From its first to its last character, and its baseline counted downwards, in points.
    pub left: f64,
    pub right: f64,
    pub y: f64,
    /// Of its letters.
    pub size: f64,
    pub text: String,
}

/// Pieces on each side of a gutter, and their mean length in characters.
const LEAST_RUNS: usize = 4;
const PROSE: usize = 20;
/// Of all pieces, at most one in so many crosses a gutter.
const CROSSING: usize = 4;
/// How much of the width is left beside a gutter.
const MARGIN: f64 = 0.15;
/// Points by which letters may stand into a gutter, and the distance of the places tried.
const SLACK: f64 = 2.0;
/// Columns within columns.
const DEEPEST: usize = 3;

/// The paragraphs of a page with columns, each by its lines; `None` for one without.
pub fn read(runs: Vec<Run>) -> Option<Vec<Vec<String>>> {
    gutter(&runs)?;
    let mut paragraphs = Vec::new();
    order(runs, &mut paragraphs, 0);
    Some(paragraphs)
}

fn order(runs: Vec<Run>, out: &mut Vec<Vec<String>>, depth: usize) {
    let Some(x) = gutter(&runs).filter(|_| depth < DEEPEST) else { return lay_out(runs, out) };
    let (mut crossing, columns): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| crosses(run, x));
    crossing.sort_by(|a, b| a.y.total_cmp(&b.y));
    let (mut left, mut right): (Vec<Run>, Vec<Run>) = columns.into_iter().partition(|run| run.right <= x + SLACK);
    let mut crossing = crossing.into_iter().peekable();
    loop {
        let next = crossing.peek().map_or(f64::INFINITY, |run| run.y);
        for column in [&mut left, &mut right] {
            let (above, below): (Vec<Run>, Vec<Run>) = std::mem::take(column).into_iter().partition(|run| run.y < next);
            *column = below;
            order(above, out, depth + 1);
        }
        // those that no column's line stands between belong together
        let until = left.iter().chain(&right).map(|run| run.y).fold(f64::INFINITY, f64::min);
        let mut wide = Vec::new();
        while let Some(run) = crossing.next_if(|run| run.y <= until) {
            wide.push(run);
        }
        if wide.is_empty() {
            return;
        }
        lay_out(wide, out);
    }
}

fn crosses(run: &Run, x: f64) -> bool {
    run.left < x - SLACK && run.right > x + SLACK
}

/// The middle of the widest gutter that the fewest pieces cross.
fn gutter(runs: &[Run]) -> Option<f64> {
    let left = runs.iter().map(|run| run.left).fold(f64::INFINITY, f64::min);
    let right = runs.iter().map(|run| run.right).fold(f64::NEG_INFINITY, f64::max);
    let (from, to) = (left + MARGIN * (right - left), right - MARGIN * (right - left));
    let steps = if to > from { ((to - from) / SLACK) as usize } else { return None };
    let tried = (0..=steps.min(2000)).map(|step| from + step as f64 * SLACK);
    let fitting = tried.filter_map(|x| parts(runs, x).map(|crossing| (x, crossing)));
    let fitting: Vec<(f64, usize)> = fitting.collect();
    let fewest = fitting.iter().map(|(_, crossing)| *crossing).min()?;
    let places: Vec<f64> = fitting.iter().filter(|(_, crossing)| *crossing == fewest).map(|(x, _)| *x).collect();
    // the longest stretch of places side by side
    let mut best = (0.0, places[0]);
    let mut start = places[0];
    for (at, x) in places.iter().enumerate() {
        if at > 0 && x - places[at - 1] > SLACK * 1.5 {
            start = *x;
        }
        if x - start >= best.0 {
            best = (x - start, f64::midpoint(start, *x));
        }
    }
    Some(best.1)
}

/// How many pieces cross `x`, where it parts columns.
fn parts(runs: &[Run], x: f64) -> Option<usize> {
    let left: Vec<&Run> = runs.iter().filter(|run| run.right <= x + SLACK).collect();
    let right: Vec<&Run> = runs.iter().filter(|run| run.left >= x - SLACK && run.right > x + SLACK).collect();
    let crossing = runs.len() - left.len() - right.len();
    let letters = |side: &[&Run]| side.iter().map(|run| run.text.chars().count()).sum::<usize>();
    let prose = |side: &[&Run]| side.len() >= LEAST_RUNS && letters(side) >= PROSE * side.len();
    let span = |side: &[&Run]| {
        let ys = || side.iter().map(|run| run.y);
        (ys().fold(f64::INFINITY, f64::min), ys().fold(f64::NEG_INFINITY, f64::max))
    };
    if crossing * CROSSING > runs.len() || !prose(&left) || !prose(&right) {
        return None;
    }
    // side by side, and not one below the other
    let ((a, b), (c, d)) = (span(&left), span(&right));
    let shared = b.min(d) - a.max(c);
    (shared > 0.5 * (b - a).min(d - c)).then_some(crossing)
}

/// A column's pieces as lines, and its lines as paragraphs: one ends with a short line, and begins with
/// one set in or after a wide gap.
pub fn lay_out(mut runs: Vec<Run>, out: &mut Vec<Vec<String>>) {
    runs.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut lines: Vec<Run> = Vec::new();
    for run in runs {
        match lines.last_mut() {
            Some(line) if run.y - line.y < 0.4 * line.size.max(run.size) => {
                let (first, second) = if run.left < line.left { (&run, &*line) } else { (&*line, &run) };
                let text = format!("{} {}", first.text.trim_end(), second.text.trim_start());
                let (left, right) = (run.left.min(line.left), run.right.max(line.right));
                *line = Run { left, right, text, ..line.clone() };
            }
            _ => lines.push(run),
        }
    }
    let left = lines.iter().map(|line| line.left).fold(f64::INFINITY, f64::min);
    let right = lines.iter().map(|line| line.right).fold(f64::NEG_INFINITY, f64::max);
    let mut steps: Vec<f64> = lines.windows(2).map(|pair| pair[1].y - pair[0].y).collect();
    steps.sort_by(f64::total_cmp);
    let step = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
    let mut before: Option<Run> = None;
    for line in lines {
        let goes_on = before.as_ref().is_some_and(|last| {
            let full = last.right > right - 0.15 * (right - left);
            let near = line.y - last.y < 1.4 * step.max(line.size);
            full && near && line.left - left < 0.8 * line.size && (line.size - last.size).abs() < 0.1 * line.size
        });
        match out.last_mut().filter(|_| goes_on) {
            Some(paragraph) => paragraph.push(line.text.clone()),
            None => out.push(vec![line.text.clone()]),
        }
        before = Some(line);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(left: f64, y: f64, text: &str) -> Run {
        Run { left, right: left + 5.0 * text.chars().count() as f64, y, size: 10.0, text: text.into() }
    }

    /// Lines of two columns, drawn across.
    fn page() -> Vec<Run> {
        let mut runs =
            vec![run(50.0, 40.0, "A title that stands over both of the columns and is quite long, as titles are")];
        for i in 0..6 {
            let y = 80.0 + 12.0 * f64::from(i);
            runs.push(run(50.0, y, &format!("left {i} has some words of prose in it")));
            runs.push(run(300.0, y, &format!("right {i} has some words of prose, too")));
        }
        runs
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let text = read(page()).unwrap().concat();
        let of = |side: &'static str| (0..6).map(move |i| format!("{side} {i}"));
        let want: Vec<String> = ["A title".to_owned()].into_iter().chain(of("left")).chain(of("right")).collect();
        assert_eq!(text.len(), want.len(), "{text:?}");
        assert!(text.iter().zip(&want).all(|(line, start)| line.starts_with(start)), "{text:?}");
    }

    #[test]
    fn paragraphs_end_with_short_lines() {
        let mut runs = page();
        runs.push(run(50.0, 152.0, "short end"));
        runs.push(run(50.0, 164.0, "another paragraph begins at this point"));
        let paragraphs = read(runs).unwrap();
        let sizes: Vec<usize> = paragraphs.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 7, 1, 6], "{paragraphs:?}");
    }

    #[test]
    fn tables_and_plain_pages_have_no_columns() {
        let cells =
            (0..8).flat_map(|i| [run(50.0, 12.0 * f64::from(i), "2017"), run(300.0, 12.0 * f64::from(i), "18.4")]);
        assert_eq!(read(cells.collect()), None);
        let lines = (0..8).map(|i| run(50.0, 12.0 * f64::from(i), &"a line across the whole page ".repeat(3)));
        assert_eq!(read(lines.collect()), None);
        assert_eq!(read(Vec::new()), None);
    }
}
