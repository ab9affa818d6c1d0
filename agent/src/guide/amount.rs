//! So much of what was found by the unit: 250 grams at a price per kilo, 40 minutes at so many litres an hour. What was looked
//! up is the rate, and the request gives the amount.

use super::plan::{Step, said};
use super::state::{Guide, Outcome};
use crate::lead::Turn;
use crate::notebook::{Fact, fact_name};
use polymath_chat::Provenance;
use polymath_quantity::{UnitKind, figures};

/// What stands before the unit that something is told by.
const PER: [&str; 6] = ["/", " per ", " pro ", " je ", " par ", " por "];

impl Guide {
    /// The calculation that is left where a rate is all that came out.
    pub(super) fn times_the_amount(&mut self, turn: &mut Turn<'_>) -> Option<Step> {
        if self.multiplied {
            return None;
        }
        // What came to nothing beside it changes nothing of it.
        let came = self.results.iter().rev().find(|r| !matches!(r, Outcome::NotFound(_) | Outcome::Failed(_)))?;
        let rate = match came {
            Outcome::Fact(at) => turn.chat.facts.get(*at)?.clone(),
            Outcome::Table(at) => of_one_row(turn.chat.tables.get(*at)?)?,
            _ => return None,
        };
        let (one, times) = at_the_rate(&rate, &turn.asked)?;
        self.multiplied = true;
        let name = fact_name(turn.chat.facts.len());
        self.names.insert(name.clone(), name.clone());
        turn.chat.facts.push(Fact { name: name.clone(), ..one });
        let next = fact_name(turn.chat.facts.len());
        Some(Step::Calc { name: next, expression: format!("{name} * {times}") })
    }
}

/// The only number of a table's only row.
fn of_one_row(table: &polymath_chat::Table) -> Option<Fact> {
    let [row] = table.rows.as_slice() else { return None };
    let numbers = table.columns.iter().zip(row).filter(|(_, cell)| by_what(cell.display()).is_some());
    let (column, cell) = <[_; 1]>::try_from(numbers.collect::<Vec<_>>()).ok()?[0];
    let name = row.iter().find(|cell| cell.number.is_none() && cell.date.is_none()).map_or("", |cell| cell.display());
    Some(Fact {
        name: String::new(),
        about: format!("{column} {name}").trim().to_owned(),
        text: cell.display().to_owned(),
        number: cell.number,
        date: None,
        provenance: Provenance::clone(&cell.provenance),
        others: Vec::new(),
    })
}

/// The value of one unit, and how many of that unit the request's only amount is; `None` where it asks for nothing of the kind.
fn at_the_rate(rate: &Fact, request: &str) -> Option<(Fact, String)> {
    const ASKING: &[&str] = &[
        "how much", "how many", "how far", "what", "whats", "price", "cost", "costs", "wie viel", "wieviel",
        "wie weit", "was", "kostet", "kosten", "combien", "coûte", "coûtent", "prix", "cuánto", "cuánta", "cuestan",
        "cuesta", "多少",
    ];
    // "What speed has it after 3 seconds?" asks for the rate.
    const RATES: &[&str] =
        &["speed", "fast", "rate", "per", "schnell", "geschwindigkeit", "pro", "vitesse", "par", "velocidad", "por"];
    let small = request.to_lowercase();
    if said(&small, RATES) {
        return None;
    }
    let (text, unit) = by_what(&rate.text).or_else(|| by_its_line(rate))?;
    // "And 2 kg of the other?" asks what was asked before.
    let again = ["and ", "und ", "et ", "y "].iter().any(|and| small.starts_with(and));
    rate.number.filter(|_| again || said(&small, ASKING))?;
    let amounts = figures(request).into_iter().filter(|figure| {
        let measured = figure.unit.as_ref().is_some_and(|u| matches!(u.kind, UnitKind::Measure | UnitKind::Time));
        figure.date.is_none() && figure.number.is_some() && measured
    });
    let amount = <[_; 1]>::try_from(amounts.collect::<Vec<_>>()).ok()?;
    let (number, of) = (amount[0].number?, amount[0].unit.as_ref()?.name.to_string());
    let converted = polymath_tools::calculate(&format!("{number} {of} to {unit}")).ok()?;
    let bare = converted.trim_start_matches("approx. ");
    let times: String = bare.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let some = times.parse::<f64>().is_ok_and(|times| times > 0.0);
    some.then(|| (Fact { text, ..rate.clone() }, times))
}

/// The same of a value that was cut out of its line without the unit: "£1.60" of "£1.60/kg", or of "Price per kg | £1.60".
fn by_its_line(rate: &Fact) -> Option<(String, String)> {
    let Provenance::Sourced { quote, .. } = &rate.provenance else { return None };
    let (before, behind) = quote.split_once(rate.text.as_str())?;
    let cell = behind.split(" | ").next().unwrap_or_default();
    let written = format!("{}{cell}", rate.text);
    let at_once = PER.iter().any(|per| cell.starts_with(*per));
    let label = before.strip_suffix(" | ").filter(|label| !label.contains(" | "));
    let labelled = || {
        let label = label?;
        by_what(&format!("{}{}", rate.text, &label[label.find(" per ")?..]))
    };
    by_what(&written).filter(|_| at_once).or_else(labelled).map(|(_, unit)| (rate.text.clone(), unit))
}

/// A value by the unit ("39.2 GBP/kg", "£4 per hour") without it, and the unit.
fn by_what(text: &str) -> Option<(String, String)> {
    let figure = figures(text).into_iter().find(|figure| figure.number.is_some() && figure.date.is_none())?;
    let behind = text.get(figure.at.end..)?;
    let (at, per) = PER.iter().filter_map(|per| Some((behind.find(per)?, *per))).min()?;
    let unit: String = behind[at + per.len()..].chars().take_while(|c| c.is_alphabetic()).collect();
    let one = match unit.as_str() {
        "kilo" | "Kilo" => "kg",
        "Stunde" | "heure" | "hora" => "hour",
        "Liter" | "litre" | "litro" => "l",
        other => other,
    };
    polymath_tools::calculate(&format!("1 {one} to {one}")).ok()?;
    Some((text[..figure.at.end + at].trim().to_owned(), one.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rate(text: &str) -> Fact {
        let number = figures(text)[0].number;
        let (name, about) = (String::new(), "price of the Old Vell".to_owned());
        Fact { name, about, text: text.into(), number, date: None, provenance: Provenance::Given, others: Vec::new() }
    }

    #[track_caller]
    fn check(text: &str, request: &str, want: Option<(&str, &str)>) {
        let got = at_the_rate(&rate(text), request);
        assert_eq!(got.as_ref().map(|(one, times)| (one.text.as_str(), times.as_str())), want, "{text} {request}");
    }

    #[test]
    fn a_rate_is_taken_times_the_amount() {
        check("34.8 GBP/kg", "whats 250 grams of the dearest one?", Some(("34.8 GBP", "0.25")));
        check("£4 per hour", "How much is it for 90 minutes?", Some(("£4", "1.5")));
        check("£3.20/kg", "and 2 kg of the Old Vell?", Some(("£3.20", "2")));
        check("18 km/h", "how far does it get in 30 min at most?", Some(("18 km", "0.5")));
    }

    #[test]
    fn a_rates_unit_may_stand_in_its_line_alone() {
        let of = |text: &str, quote: &str| {
            let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: quote.into() };
            at_the_rate(&Fact { provenance, ..rate(text) }, "what would 5 kg of it cost?")
                .map(|(one, times)| (one.text, times))
        };
        let five = Some(("£1.60".to_owned(), "5".to_owned()));
        assert_eq!(of("£1.60", "Old Vell | red | £1.60/kg | 1,080 °C"), five);
        assert_eq!(of("£1.60", "Price per kg | £1.60"), five);
        assert_eq!(of("£1.60", "A bag of 5 kg is £1.60, per day 40 are sold."), None);
        assert_eq!(of("£1.60", "Old Vell | £1.60 | 80 kg per box"), None);
    }

    #[test]
    fn what_asks_for_the_rate_stays_the_rate() {
        check("34.8 GBP/kg", "what does the Old Vell cost per kilo?", None);
        check("60 km/h", "what speed has it after 3 seconds?", None);
        check("34.8 GBP", "whats 250 grams of it?", None);
        check("34.8 GBP/kg", "what are 2 hours of it?", None);
        check("34.8 GBP/kg", "is it more than 30 g or 40 g, and how much?", None);
    }
}
