//! A thing's measures in words: its length is not its depth.

/// Whether a line tells another of a thing's measures: a length, where the depth is wanted.
pub fn is_of_other_property(what: &str, line: &str) -> bool {
    const MEASURES: [&[&str]; 4] = [
        &["depth", "deep", "deepest", "tiefe", "tief", "profondeur", "profundidad"],
        &["height", "high", "tall", "rises", "altitude", "elevation", "höhe", "hoch", "hauteur", "altura"],
        &["length", "long", "länge", "lang", "longueur", "longitud", "largo"],
        &["width", "wide", "breite", "breit", "largeur", "anchura"],
    ];
    let has = |text: &str, known: &[&str]| {
        text.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|word| known.contains(&word))
    };
    let wanted: Vec<&&[&str]> = MEASURES.iter().filter(|known| has(what, known)).collect();
    let [wanted] = wanted.as_slice() else { return false };
    !has(line, wanted) && MEASURES.iter().any(|known| has(line, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_no_depth() {
        assert!(is_of_other_property("depth of the Chib Tunnel", "Length | 2,063 m"));
        assert!(!is_of_other_property("length of the Chib Tunnel", "It is 2,063 m long and 8 m wide."));
        assert!(!is_of_other_property("depth of Lake Chib", "The bottom lies at 12 m."));
    }
}
