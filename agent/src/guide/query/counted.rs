//! Pieces and what they come to: how many were sold is no sum of prices.

use super::super::plan::{said, words};
use super::clause::bare;

/// A sum of a quantity alone, where a request asks how many there were and speaks of no money, and the query multiplies the
/// quantity by a price.
pub fn in_pieces(query: &str, request: &str) -> String {
    const COUNTED: &[&str] = &[
        "how many",
        "pieces",
        "units",
        "most items",
        "wie viele",
        "stück",
        "combien de",
        "cuántos",
        "cuántas",
        "piezas",
    ];
    const MONEY: &[&str] = &[
        "money",
        "revenue",
        "revenues",
        "takings",
        "income",
        "worth",
        "earn",
        "earned",
        "cost",
        "costs",
        "price",
        "turnover",
        "value",
        "spent",
        "spend",
        "paid",
        "pay",
        "euros",
        "euro",
        "dollars",
        "umsatz",
        "einnahmen",
        "erlös",
        "wert",
        "kosten",
        "recettes",
        "chiffre",
        "ingresos",
        "valor",
        "take in",
        "took in",
        "brought in",
        "bring in",
    ];
    const PRICES: &[&str] = &["price", "cost", "preis", "prix", "precio", "rate", "fee"];
    if !said(request, COUNTED) || said(request, MONEY) {
        return query.to_owned();
    }
    let is_price = |column: &str| {
        let name = bare(column).replace('_', " ").to_lowercase();
        words(&name).any(|word| PRICES.contains(&word))
    };
    let Some((front, (product, rest))) =
        query.split_once("SUM(").and_then(|(front, behind)| Some((front, behind.split_once(')')?)))
    else {
        return query.to_owned();
    };
    let kept = match product.split_once(" * ") {
        Some((one, other)) if is_price(other) && !is_price(one) => one,
        Some((one, other)) if is_price(one) && !is_price(other) => other,
        _ => return query.to_owned(),
    };
    format!("{front}SUM({kept}){rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_is_no_sum_of_prices() {
        let query =
            "SELECT item, SUM(quantity * unit_price) AS Total FROM t1 GROUP BY item ORDER BY Total DESC LIMIT 1";
        assert_eq!(
            in_pieces(query, "which item sold the most pieces, how many were there?"),
            "SELECT item, SUM(quantity) AS Total FROM t1 GROUP BY item ORDER BY Total DESC LIMIT 1"
        );
        for money in ["what did each shop take in?", "how many items were sold, and for how much money?"] {
            assert_eq!(in_pieces(query, money), query);
        }
    }
}
