//! Whether the values found are of the kind that the question asks for.

use super::plan::{COMPARED, HOW_MANY, PERCENT, asks_how_much_more, said};
use crate::notebook::Fact;
use polymath_chat::Provenance;
use polymath_quantity::{UnitKind, figures};

/// Whether none of the values found is what is asked for: a percentage, or what somebody pays.
pub fn is_of_another_kind(question: &str, facts: &[Fact]) -> bool {
    const PAID: &[&str] =
        &["pay", "pays", "paid", "cost", "costs", "kostet", "kosten", "coûte", "coûté", "cuesta", "costó"];
    let small = question.to_lowercase();
    let sourced = |f: &Fact| matches!(f.provenance, Provenance::Sourced { .. });
    let looked_up = !facts.is_empty() && facts.iter().all(sourced) && facts.iter().any(|f| f.number.is_some());
    let percent = |f: &Fact| f.text.contains(['%', '％']) || said(&f.text.to_lowercase(), PERCENT);
    let how_many =
        HOW_MANY.iter().any(|how| small.contains(how)) && said(&small, PERCENT) || asks_how_much_more(&small);
    // "How many days" is no day.
    const DAYS: &[&str] = &[
        "how many days",
        "how many weeks",
        "how many months",
        "how many years",
        "wie viele tage",
        "wie viele jahre",
        "combien de jours",
        "combien d'années",
        "cuántos días",
        "cuántos años",
        "多少天",
        "多少年",
    ];
    let dated = !facts.is_empty() && facts.iter().all(|f| sourced(f) && f.date.is_some());
    if dated && DAYS.iter().any(|days| small.contains(days)) {
        return true;
    }
    let timed = |f: &Fact| figures(&f.text).iter().any(|f| f.unit.as_ref().is_some_and(|u| u.kind == UnitKind::Time));
    let takes = small.contains("how long") && said(&small, &["take", "takes", "took", "need", "needs"]);
    // How much more one value is than another is said by neither, unless its line compares them.
    let compares =
        |f: &Fact| matches!(&f.provenance, Provenance::Sourced { quote, .. } if said(&quote.to_lowercase(), COMPARED));
    looked_up
        && (asks_how_much_more(&small) && !facts.iter().any(|f| compares(f) || percent(f))
            || takes && !facts.iter().any(timed)
            || how_many && said(&small, PERCENT) && !facts.iter().any(percent)
            || small.starts_with("what would") && said(&small, PAID) && !facts.iter().any(Fact::is_money)
            || small.contains("how much")
                && said(&small, PAID)
                && !facts.iter().any(|f| f.is_money() || f.unit().is_empty()))
}

/// Whether a question asks what something costs.
pub fn asks_price(question: &str) -> bool {
    const PRICE: &[&str] = &[
        "price",
        "cost",
        "costs",
        "pay",
        "preis",
        "kostet",
        "kosten",
        "bezahlen",
        "zahlen wir",
        "prix",
        "coûte",
        "coûtent",
        "coûterait",
        "payer",
        "paie",
        "precio",
        "cuesta",
        "cuestan",
        "costaría",
        "pagar",
        "pagamos",
    ];
    const SIGNS: [&str; 5] = ["多少钱", "门票", "费用", "价格", "いくら"];
    let small = question.to_lowercase();
    said(&small, PRICE) || SIGNS.iter().any(|sign| small.contains(sign))
}

/// Whether a question asks what something costs, and values that are each measured or counted in something are none of them
/// money.
pub fn is_of_no_money(question: &str, facts: &[&Fact]) -> bool {
    let kind = |fact: &Fact| figures(&fact.text).into_iter().find_map(|f| f.unit).map(|unit| unit.kind);
    // What is of no known unit may be of some money.
    let other = |fact: &&Fact| kind(fact).is_some_and(|kind| matches!(kind, UnitKind::Count | UnitKind::Measure));
    asks_price(question) && !facts.is_empty() && facts.iter().all(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_no_depth_and_a_price_no_number_of_people() {
        let provenance = Provenance::Sourced { url: String::new(), title: String::new(), quote: String::new() };
        let fact = |text: &str| Fact {
            name: "a".into(),
            about: String::new(),
            text: text.into(),
            number: Some(1.0),
            date: None,
            provenance: provenance.clone(),
            others: Vec::new(),
        };
        let check = |question: &str, text: &str, want: bool| {
            assert_eq!(is_of_another_kind(question, &[fact(text)]), want, "{question} {text}");
        };
        check("By how many percent did the rain fall from 2019 to 2020?", "655 mm", true);
        check("By how many percent did the rain fall from 2019 to 2020?", "12%", false);
        check("What would two adults pay to get in?", "88,000 people", true);
        check("What would two adults pay to get in?", "12 €", false);
        check("How much did the canal cost?", "£184,000", false);
        let date = Fact { date: Some("1935-05-30".into()), number: None, ..fact("30 May 1935") };
        assert!(is_of_another_kind(
            "Combien de jours y a-t-il entre le début et la fin ?",
            std::slice::from_ref(&date)
        ));
        assert!(!is_of_another_kind("Quand est-ce que le tunnel a ouvert ?", &[date]));
        check("¿Y cuántos visitantes más tuvo que el año anterior?", "52.675", true);
        check("How long is the canal?", "12 km", false);
        let no_money = |question: &str, text: &str| is_of_no_money(question, &[&fact(text)]);
        assert!(no_money("三个大人带四个学生去参观，门票一共多少钱？", "279,000 people"));
        assert!(no_money("Was kostet das für zwei?", "279,000 people"));
        assert!(!no_money("Was kostet das für zwei?", "12 €") && !no_money("Was kostet das für zwei?", "12 florins"));
        assert!(!no_money("How long is the canal?", "12 km"));
        check("How long does the ferry take?", "62 km", true);
        check("How long does the ferry take?", "3 hours", false);
    }
}
