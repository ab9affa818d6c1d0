//! Dimensions: what is heavier differs by a mass, and no temperature tells it. The words of a question that name a quantity
//! say in which units its value can be.

use super::fits::asks_price;
use super::plan::{said, words};
use polymath_quantity::{UnitKind, figures, read};

/// A unit that a quantity's values convert to, and what asks for it (`_` is a space). Plain adjectives only behind "how": a hot
/// chocolate has a price.
const QUANTITIES: &[(&str, &str)] = &[
    (
        "kg",
        "how_heavy heavier heaviest weigh weighs weighed weight weights mass wie_schwer schwerer schwerste schwersten wiegt wiegen \
         gewicht pèse pèsent poids pesa pesan peso 重量 多重 更重",
    ),
    (
        "m",
        "how_tall taller tallest how_high higher highest height heights how_wide wider widest width how_deep depth deeper deepest \
         how_long longer longest length lengths how_far diameter distance altitude elevation wie_hoch höher höchste höhe wie_breit \
         breiter breite wie_tief tiefer tiefe wie_lang länger länge durchmesser wie_weit entfernung hauteur largeur profondeur \
         longueur diamètre altura anchura profundidad longitud 高度 多高 更高 宽度 多宽 深度 多深 更深 长度 多长 更长 多远",
    ),
    (
        "°C",
        "how_hot hotter hottest how_cold colder coldest how_warm warmer warmest temperature temperatures wie_heiß heißer wie_kalt \
         kälter wie_warm wärmer temperatur température temperatura 温度 气温",
    ),
    (
        "km/h",
        "how_fast faster fastest speed speeds slower slowest wie_schnell schneller geschwindigkeit vitesse velocidad 速度 更快",
    ),
    ("m^2", "area areas fläche superficie 面积"),
];

/// What asks for a time, and in which words it may be asked beside a measure.
const LASTING: &[&str] = &[
    "how long",
    "longer",
    "longest",
    "shorter",
    "länger",
    "kürzer",
    "how old",
    "hour",
    "minute",
    "when",
    "take",
    "wie lange",
    "wie alt",
    "stunde",
    "dauer",
    "combien de temps",
    "heure",
    "durée",
    "cuánto tiempo",
    "hora",
    "tarda",
    "dura",
    "多久",
    "时间",
    "小时",
    "分钟",
];

/// Whether a value is measured in something else than all that is asked for. A bare number may be of anything, and so may one
/// where no quantity is named, or something is asked per something else.
pub fn is_of_another(asked: &str, value: &str) -> bool {
    const PER: &[&str] =
        &["per", "pro", "par", "por", "each", "every", "je", "share", "ratio", "times", "percent", "percentage"];
    let small = asked.to_lowercase();
    let unit = figures(value).into_iter().find_map(|figure| figure.unit);
    let Some(unit) = unit.filter(|unit| matches!(unit.kind, UnitKind::Measure | UnitKind::Time | UnitKind::Money))
    else {
        return false;
    };
    // Its price and how long it takes may be asked beside it.
    let beside = match unit.kind {
        UnitKind::Money => {
            asks_price(asked) || ["how much is", "how much are", "how much for"].iter().any(|how| small.contains(how))
        }
        UnitKind::Time => LASTING.iter().any(|sign| small.contains(sign)) && counted(&small).is_none(),
        _ => false,
    };
    if unit.name.contains('/') || said(&small, PER) || beside {
        return false;
    }
    let mut goals: Vec<String> = QUANTITIES
        .iter()
        .filter(|(_, names)| names.split_whitespace().any(|name| names_it(&small, name)))
        .map(|(goal, _)| (*goal).to_owned())
        .collect();
    goals.extend(counted(&small));
    let converts =
        |goal: &String| unit.name == *goal || polymath_tools::calculate(&format!("1 {} to {goal}", unit.name)).is_ok();
    !goals.is_empty() && !goals.iter().any(converts)
}

/// Whether a text in small letters has a word, or a sign of Chinese.
fn names_it(small: &str, name: &str) -> bool {
    match name.chars().any(|c| c.is_ascii_lowercase()) && !name.contains('_') {
        true => words(small).any(|word| word == name),
        false => small.contains(&name.replace('_', " ")),
    }
}

/// The unit that a number of is asked for: `minutes`, of "how many mins shorter".
fn counted(small: &str) -> Option<String> {
    const HOW_MANY: [&str; 6] = ["how many ", "wie viele ", "wie viel ", "combien de ", "cuántos ", "cuántas "];
    let behind = HOW_MANY.iter().find_map(|how| small.split_once(how)).map(|(_, behind)| behind)?;
    let word = behind.split(|c: char| !c.is_alphanumeric()).next()?;
    let unit = read(&format!("1 {word}")).unit?;
    matches!(unit.kind, UnitKind::Measure | UnitKind::Time).then(|| unit.name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_has_its_own_units() {
        let other = |asked: &str, value: &str| is_of_another(asked, value);
        assert!(other("how much heavier would the big one be", "100 °C") && !other("how much heavier is it", "33 kg"));
        assert!(!other("which is heavier, and how tall is it", "12 m") && !other("how heavy is it", "12"));
        assert!(
            other("how many mins shorter is the trip", "6.8 km") && !other("how many mins shorter is it", "35 min")
        );
        assert!(other("Wie schwer ist sie?", "12 m") && !other("Wie hoch ist sie?", "3,2 km"));
        assert!(
            !other("how much is a hot chocolate", "£3")
                && !other("in which area is the 310 m tower, how high is it", "310 m")
        );
        assert!(
            other("Quelle est la hauteur ?", "31 t") && other("¿Cuánto pesa?", "31 m") && other("它多高？", "31吨")
        );
        assert!(!other("what is the weight per metre", "31 m") && !other("how long is it", "3 hours"));
        assert!(other("how hot can it get", "£12") && !other("how hot can it get", "1,260 °C"));
        assert!(
            !other("how heavy is it and what does it cost", "£12") && !other("how tall is it, and how old", "35 years")
        );
        assert!(other("which is faster", "17 kg") && !other("which is faster", "36 km/h"));
    }
}
