//! What became of an evaluation's dialogues, kind by kind, and the table of it.

use serde_json::{Value, json};

/// What became of one turn.
pub struct Judged {
    /// What is wrong; nothing when it is right.
    pub why: Vec<String>,
    /// Tools that were called, in order; `!` behind those that failed.
    pub calls: Vec<String>,
    /// The answer.
    pub text: String,
    pub seconds: f64,
    /// Figures of the answer that stand nowhere.
    pub unverified: usize,
}

/// Sums over the dialogues of one kind.
#[derive(Default)]
struct Row {
    kind: String,
    right: usize,
    turns: usize,
    whole: usize,
    dialogues: usize,
    seconds: f64,
}

/// The dialogues that were held so far.
#[derive(Default)]
pub struct Tally {
    rows: Vec<Row>,
    seconds: Vec<f64>,
    unverified: usize,
}

impl Tally {
    /// Takes in the turns of a dialogue; it counts as one only where it was held to its `end`.
    pub fn add(&mut self, kind: &str, turns: &[Judged], end: bool) {
        if turns.is_empty() {
            return;
        }
        let at = self.rows.iter().position(|row| row.kind == kind).unwrap_or_else(|| {
            self.rows.push(Row { kind: kind.to_owned(), ..Row::default() });
            self.rows.len() - 1
        });
        let row = &mut self.rows[at];
        let right = turns.iter().filter(|turn| turn.why.is_empty()).count();
        row.right += right;
        row.turns += turns.len();
        row.whole += usize::from(end && right == turns.len());
        row.dialogues += usize::from(end);
        row.seconds += turns.iter().map(|turn| turn.seconds).sum::<f64>();
        self.seconds.extend(turns.iter().map(|turn| turn.seconds));
        self.unverified += turns.iter().map(|turn| turn.unverified).sum::<usize>();
    }

    fn sum(&self) -> Row {
        self.rows.iter().fold(Row { kind: "all".into(), ..Row::default() }, |sum, row| Row {
            right: sum.right + row.right,
            turns: sum.turns + row.turns,
            whole: sum.whole + row.whole,
            dialogues: sum.dialogues + row.dialogues,
            seconds: sum.seconds + row.seconds,
            ..sum
        })
    }

    /// Seconds of the turn in the middle; 0 without turns.
    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => 0.0,
            n => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
        }
    }

    /// For people: a line a kind, and one for all.
    pub fn table(&self, model: &str) -> String {
        let mut out = format!("{model}\n{:12}{:>9}{:>11}{:>8}\n", "KIND", "TURNS", "DIALOGUES", "S/TURN");
        for row in self.rows.iter().chain([&self.sum()]) {
            let (turns, whole) = (format!("{}/{}", row.right, row.turns), format!("{}/{}", row.whole, row.dialogues));
            out.push_str(&format!("{:12}{turns:>9}{whole:>11}{:>8.1}\n", row.kind, row.seconds_each()));
        }
        let (all, median) = (self.seconds.iter().sum::<f64>(), self.median());
        out + &format!(
            "{all:.0} s in all, median {median:.1} s a turn; figures that stand nowhere: {}\n",
            self.unverified
        )
    }

    /// For programs: an object a kind, and one for all.
    pub fn lines(&self, model: &str) -> Vec<Value> {
        let line = |row: &Row| {
            json!({"type": "row", "model": model, "kind": row.kind, "right": row.right, "all": row.turns,
                "dialogues_right": row.whole, "dialogues": row.dialogues, "seconds": row.seconds_each()})
        };
        let mut lines: Vec<Value> = self.rows.iter().map(line).collect();
        let mut all = line(&self.sum());
        all["median_seconds"] = json!(self.median());
        all["unverified"] = json!(self.unverified);
        lines.push(all);
        lines
    }
}

impl Row {
    fn seconds_each(&self) -> f64 {
        if self.turns == 0 { 0.0 } else { self.seconds / self.turns as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(right: bool, seconds: f64) -> Judged {
        let why = if right { Vec::new() } else { vec!["lacks x".to_owned()] };
        Judged { why, calls: Vec::new(), text: String::new(), seconds, unverified: 1 }
    }

    #[test]
    fn kinds_have_a_row_each_and_what_was_broken_off_is_no_dialogue() {
        let mut tally = Tally::default();
        tally.add("fact", &[turn(true, 1.0), turn(true, 3.0)], true);
        tally.add("talk", &[turn(false, 8.0)], true);
        tally.add("fact", &[turn(true, 4.0)], false);
        tally.add("calc", &[], false);
        let table = tally.table("m");
        let lines: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(
            lines[2..5],
            [["fact", "3/3", "1/1", "2.7"], ["talk", "0/1", "0/1", "8.0"], ["all", "3/4", "1/2", "4.0"]]
        );
        assert!(table.contains("16 s in all, median 3.5 s a turn; figures that stand nowhere: 4"), "{table}");
        let all = tally.lines("m").pop().unwrap_or_default();
        assert_eq!((&all["right"], &all["dialogues"], &all["median_seconds"]), (&json!(3), &json!(2), &json!(3.5)));
        assert!(Tally::default().table("m").contains("0/0"));
    }
}
