//! What was wanted, read out of the opened pages.

use super::plan::{self, Step};
use super::state::{Guide, Outcome, Want};
use super::{calc, find, notes, quote, roles};
use crate::lead::Turn;
use crate::notebook::Fact;
use std::collections::VecDeque;

/// Whether no name came of the look-up of a thing that is only described: then it is meant as it is described. Somebody
/// who was not found is not found.
fn stays_described(what: &str, found: Option<&Fact>) -> bool {
    !roles::is_of_person(what) && found.is_none_or(|fact| fact.number.is_some() || fact.date.is_some())
}

impl Guide {
    /// Whether these are values of pages, and what is left of the plan calculates with them.
    fn are_operands(&self, wants: &[Want], asked: &str) -> bool {
        let rest = self.plan.as_ref().map(VecDeque::as_slices);
        let Some(([Step::Calc { expression, .. }], [])) = rest else { return false };
        // With an amount of the question and its unit: 62 km by a speed.
        let amount = calc::measured(asked) && expression.contains(|c: char| c.is_ascii_digit());
        (wants.len() > 1 || amount) && wants.iter().all(|want| matches!(want, Want::Fact { .. }))
    }

    /// Takes in what was looked up, in the unit that is asked for.
    pub(super) fn take(&mut self, turn: &mut Turn<'_>, name: &str, fact: Fact) {
        let goal = calc::asked_unit(&turn.asked).filter(|unit| ![fact.unit(), calc::known_unit(&fact)].contains(unit));
        let convertible = goal.filter(|_| !fact.unit().is_empty() && fact.number.is_some());
        self.add_fact(turn, name, fact);
        if let Some(unit) = convertible {
            let convert = Step::Calc { name: format!("{name}0"), expression: format!("{name} in {unit}") };
            self.plan.iter_mut().for_each(|plan| plan.push_back(convert.clone()));
        }
    }

    /// Reads what was wanted out of the opened pages.
    pub(super) async fn read(&mut self, turn: &mut Turn<'_>, wants: Vec<Want>) -> anyhow::Result<()> {
        let planned: Vec<String> = wants.iter().flat_map(Want::queries).collect();
        if self.are_operands(&wants, &turn.asked) && self.reckon(turn, &planned).await? {
            return Ok(());
        }
        let explained = wants.len() == 1 && quote::is_explained(&turn.asked);
        for want in self.read_off(turn, wants).await? {
            match want {
                Want::Fact { what, .. } if quote::is_whether(&what) => {
                    let quote = quote::quote(turn, &what).await?;
                    self.results.push(quote.map_or(Outcome::NotFound(what), Outcome::Quoted));
                }
                Want::Fact { what, .. } if explained || quote::is_explained(&what) => {
                    let asked = if explained { turn.asked.clone() } else { what.clone() };
                    let notes = notes::notes(turn, &asked).await?;
                    self.noted = true;
                    match notes.is_empty() {
                        true => self.results.push(Outcome::NotFound(what)),
                        false => self.results.extend(notes.into_iter().map(Outcome::Quoted)),
                    }
                }
                Want::Fact { name, what } => match find::find(turn, &what).await? {
                    found if plan::is_hop(&name) && stays_described(&what, found.as_ref()) => {
                        self.described.insert(name, what);
                    }
                    Some(fact) if !self.replanned && find::misfits(&what, &fact) => {
                        if !self.reckoned && self.reckon(turn, &[]).await? {
                            return Ok(());
                        }
                        // Perhaps other pages say what is lacking.
                        (self.replanned, self.reckoned) = (true, false);
                        self.plan = Some(plan::calculated(turn).await?.into());
                        return Ok(());
                    }
                    // A rate that no page tells, and that the second plan cannot work out either.
                    Some(fact) if find::misfits(&what, &fact) => self.results.push(Outcome::NotFound(what)),
                    Some(fact) => self.take(turn, &name, fact),
                    None => self.results.push(Outcome::NotFound(what)),
                },
                Want::Rows { name, title, things, columns } => {
                    match self.rows_named(turn, &title, &things, &columns).await? {
                        Some(table) => self.add_table(turn, &name, table),
                        None => self.results.push(Outcome::NotFound(things.join(", "))),
                    }
                }
                Want::Table { name, things, columns } => match self.extract(turn, &things, &columns).await? {
                    Some(table) => self.add_table(turn, &name, table),
                    None => self.results.push(Outcome::NotFound(things)),
                },
            }
        }
        Ok(())
    }
}
