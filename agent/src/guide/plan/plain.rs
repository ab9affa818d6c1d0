//! Requests for a change of a chart that a few known words say whole: "now as bars", "ohne Ost". One word that is none of them
//! may be all that matters ("the *children* instead", "make every bar *5 minutes* wide"), and is the model's to read.

use super::colors::is_of_color;
use super::columns::{BY, INSTEAD, TELLING_APART};
use super::kinds::KINDS;
use super::options::{LISTS, UPWARDS};
use super::signs::{is_form_of, words};
use super::spanned::{SINCE, UNTIL};
use crate::notebook::Chart;
use polymath_chat::Table;
use polymath_quantity::figures;
use polymath_quantity::text::is_cjk;

pub const WITHOUT: &[&str] = &[
    "leave out",
    "without",
    "drop",
    "remove",
    "omit",
    "exclude",
    "take out",
    "hide",
    "skip",
    "ohne",
    "weglassen",
    "weg",
    "sans",
    "enlève",
    "enlevez",
    "retire",
    "retirez",
    "sin",
    "quita",
    "quite",
    "elimina",
    "去掉",
    "除去",
    "不要",
];
pub const ONLY: &[&str] = &["only", "just", "nur", "seulement", "uniquement", "solo", "sólo", "solamente", "只"];
/// Words of asking for a change politely.
pub const PLEASE: &[&str] =
    &["can", "could", "would", "please", "kannst", "könntest", "peux", "pourrais", "puedes", "podrías", "能", "可以"];
/// Words that say nothing of what is to be changed.
const FILLING: &str = "a an the it its this that these them and now as into to in on of for with make do show me i we you your my \
    want like need put give turn let have use just chart graph plot diagram picture thing one ones more nicer better best thanks \
    thank cool great nice ok okay hi hey be would is can pls \
    der die das den dem des ein eine einen einem einer es bitte mal jetzt nun als mit in im am und mach mache zeig zeige mir uns \
    daraus draus davon diagramm grafik bild lieber besser noch auch doch danke wäre schöner gib \
    le la les un une des du de d l en avec et mets met fais montre moi nous maintenant graphique plutôt merci stp svp s il te vous \
    plaît ça c est \
    el los las un una unos unas con y pon ponlo ponla ponme haz hazlo hazme muestra ahora gráfico gráfica mejor gracias por favor lo \
    eso esto que sea";

/// Whether all words of a request in small letters are known to say a change, to fill, or to name something in the table.
pub fn is_plain(small: &str, chart: &Chart, table: &Table) -> bool {
    // Chinese has no spaces between its words.
    if small.chars().any(is_cjk) {
        return true;
    }
    let names = table
        .rows
        .iter()
        .flatten()
        .filter_map(|cell| cell.text.as_deref())
        .chain(table.columns.iter().map(String::as_str));
    let names: Vec<String> = names.chain([chart.y.as_str(), chart.x.as_str()]).map(str::to_lowercase).collect();
    let named = |word: &str| names.iter().any(|name| words(&name.replace('_', " ")).any(|own| own == word));
    words(small).all(|word| named(word) || is_known(word))
}

/// Whether a word in small letters says a change, a time or a number, or fills.
pub fn is_known(word: &str) -> bool {
    let lists = [WITHOUT, ONLY, PLEASE, INSTEAD, BY, TELLING_APART, SINCE, UNTIL, UPWARDS];
    let mut listed = lists.iter().chain(LISTS).flat_map(|list| list.iter());
    let mut kinds = KINDS.iter().flat_map(|(_, names)| names.iter());
    // The year alone is a date too.
    let dates = figures(&format!("{word} 2001")).into_iter().filter_map(|figure| figure.date);
    word.contains(|c: char| c.is_ascii_digit())
        || FILLING.split_whitespace().any(|own| own == word)
        || listed.any(|own| words(own).any(|part| part == word))
        || kinds.any(|name| is_form_of(word, name))
        || is_of_color(word)
        || dates.map(|date| date.to_string()).any(|date| date.len() > "2001".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    #[test]
    fn a_word_that_nobody_knows_is_the_models_to_read() {
        let row = ["Ost Hall", "12"].map(|text| Cell::new(text, Provenance::Given)).to_vec();
        let table = Table { title: "halls".into(), columns: vec!["Hall".into(), "Guests".into()], rows: vec![row] };
        let chart = Chart { x: "Hall".into(), y: "Guests".into(), ..Chart::default() };
        let plain = |request: &str| is_plain(request, &chart, &table);
        for request in [
            "now as bars please",
            "ohne ost hall",
            "bitte als balkendiagramm",
            "make the bars dark green",
            "only since may 2019",
            "把它改成折线图",
        ] {
            assert!(plain(request), "{request}");
        }
        for request in ["mach ein wasserfalldiagramm daraus", "now the kids instead", "make every bar 5 minutes wide"] {
            assert!(!plain(request), "{request}");
        }
    }
}
