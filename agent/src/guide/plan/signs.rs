//! What the words of a request say, in the languages that people write in: that something is to be drawn,
//! compared, written, or counted in days.

pub use super::comparing::{COMPARED, LEAST, MORE, MOST};
use crate::guide::named;
use polymath_chat::Table;
use polymath_quantity::{Topic, topic_of};
use std::collections::HashSet;

/// Words, or their beginnings, by which a drawing is asked for.
pub const DRAWING: &[&str] = &[
    "plot",
    "chart",
    "graph",
    "draw",
    "bar",
    "pie",
    "line",
    "scatter",
    "hist",
    "visual",
    "diagram",
    "curve",
    "axis",
    "logarithm",
    "grid",
    "title",
    "colour",
    "color",
    "zeichn",
    "grafik",
    "balken",
    "torte",
    "linie",
    "kurve",
    "achse",
    "gitter",
    "titel",
    "dessin",
    "trac",
    "courb",
    "camembert",
    "graphi",
    "axe",
    "titre",
    "gráfic",
    "grafic",
    "dibuj",
    "barras",
    "eje",
    "título",
    "图",
    "圖",
    "画",
    "绘",
    "グラフ",
    "描",
    "軸",
    "轴",
    "그래프",
    "차트",
];

/// Whether a request says anything of a drawing.
pub fn is_drawn(request: &str) -> bool {
    let all: Vec<&str> = words(request).collect();
    // A garden's plots are not drawn.
    const OF_LAND: &[&str] =
        &["every", "each", "per", "many", "all", "which", "any", "no", "some", "these", "those", "allotment", "garden"];
    const BEHIND: &[&str] = &["on", "in", "at", "is", "are", "has", "have", "was", "were"];
    let of_land = |i: usize| {
        let before = i.checked_sub(1).is_some_and(|before| OF_LAND.contains(&all[before]));
        ["plot", "plots"].contains(&all[i]) && (before || all.get(i + 1).is_some_and(|next| BEHIND.contains(next)))
    };
    let mut words = (0..all.len()).filter(|i| !of_land(*i)).map(|i| all[i]);
    ["log scale", "log axis", "log-scale", "log y", "log x"].iter().any(|said| request.contains(said))
        || words.any(|w| DRAWING.iter().any(|d| is_form_of(w, d) || !d.is_ascii() && w.contains(d)))
}

/// A request in small letters, without the words that are names of columns and files at hand or of things: a tram's `line`
/// is no line chart, nor is the Sound Line, unless a chart is made of it ("a line chart").
pub fn without_names(request: &str, tables: &[Table]) -> String {
    const CHART: &[&str] = &["chart", "graph", "plot", "diagram"];
    let things = named::names(request).into_iter().filter(|name| name.contains(' '));
    let names: HashSet<String> = tables
        .iter()
        .flat_map(|table| table.columns.iter().chain([&table.title]))
        .flat_map(|name| words(name).map(str::to_lowercase).collect::<Vec<_>>())
        .chain(things.flat_map(|name| words(&name).map(str::to_lowercase).collect::<Vec<_>>()))
        .filter(|word| !CHART.contains(&word.as_str()))
        .collect();
    let request = request.to_lowercase();
    let named = |word: &str| names.contains(word) || word.strip_suffix('s').is_some_and(|one| names.contains(one));
    let all: Vec<&str> = request.split_whitespace().collect();
    let bare = |word: &&str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let drawn = |i: usize| all.get(i + 1).is_some_and(|next| CHART.iter().any(|chart| next.starts_with(chart)));
    let kept: Vec<&str> = (0..all.len()).filter(|i| drawn(*i) || !named(&bare(&all[*i]))).map(|i| all[i]).collect();
    kept.join(" ")
}

/// Whether a word is one of drawing, or begins with a long one: `bars`, `barchart` and `Balkendiagramm`, but neither
/// barley nor the pieces of a pie.
pub fn is_form_of(word: &str, drawing: &str) -> bool {
    const SHORT: usize = 4;
    const ENDS: [&str; 5] = ["", "s", "n", "ing", "h"];
    const JOINED: [&str; 6] = ["chart", "graph", "plot", "diagram", "lines", "ogram"];
    word.strip_prefix(drawing).is_some_and(|rest| {
        drawing.len() > SHORT || ENDS.contains(&rest) || JOINED.iter().any(|joined| rest.starts_with(joined))
    })
}

/// Whether a request wants a trend drawn and says nothing of what is to come.
pub fn is_line_alone(request: &str) -> bool {
    const AHEAD: &[&str] = &[
        "extrapol", "predict", "forecast", "project", "will", "future", "expect", "prognos", "vorher", "prév",
        "pronost", "until", "bis", "jusqu", "hasta", "today", "heute", "aujourd", "hoy", "fit", "regress", "equation",
        "slope", "next", "预测", "预計", "予測", "推算", "今天", "今日",
    ];
    let small = request.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| begins(&small, word));
    says(&["trend", "tendenc", "tendance", "趋势", "趨勢", "傾向"])
        && !says(AHEAD)
        && !small.contains(|c: char| c.is_ascii_digit())
}

/// Whether a request asks for a single thing by its first word, and for no table or drawing.
pub fn asks_for_one(request: &str) -> bool {
    const ONE: &[&str] = &["who", "when", "where", "wer", "wann", "wo", "qui", "quand", "quién", "cuándo"];
    const OF_ONE: &[&str] = &[
        "name of the ",
        "nombre de",
        "nom d",
        "name de",
        "wie heißt ",
        "cómo se llama ",
        "comment s'appelle ",
        "what is the ",
        "what was the ",
        "how many ",
        "how much ",
        "how tall ",
        "how high ",
        "how long ",
        "how old ",
    ];
    let measured =
        OF_ONE.iter().any(|opening| request.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(opening))
            && !says(request, &["per", "every", "years", "yearly", "annual", "from", "respectively", "both", "all"]);
    let signs = ["誰", "谁", "どこ", "いつ", "哪里", "哪儿", "何时", "何時"].iter().any(|sign| request.contains(sign));
    let mut opening = words(request).skip_while(|word| ["and", "und", "et", "y", "so", "then", "but"].contains(word));
    let (first, second) = (opening.next().unwrap_or_default(), opening.next().unwrap_or_default());
    // "Population of that town?"
    let property = topic_of(first).is_some_and(|topic| topic != Topic::Money) && ["of", "at"].contains(&second);
    let one = property && !says(request, &["per", "every", "years", "yearly", "annual", "from", "both", "all", "and"]);
    (measured || signs || one || ONE.contains(&first))
        && !is_drawn(request)
        && !says(request, &["table", "each", "list"])
}

/// Words that ask the model to think something up: names for kittens stand on no page.
pub const THINKING: &[&str] = &[
    "think of a",
    "think of some",
    "think up",
    "come up with",
    "make up a",
    "denk dir",
    "piensa en un",
    "起个名",
    "取个名",
];

/// Whether a request asks for something to be written, said or explained.
pub fn asks_to_write(request: &str) -> bool {
    const WRITING: &[&str] = &[
        "write",
        "compose",
        "explain",
        "tell",
        "story",
        "poem",
        "haiku",
        "joke",
        "code",
        "function",
        "program",
        "script",
        "python",
        "email",
        "letter",
        "thanks",
        "thank",
        "hello",
        "hi",
        "sing",
        "song",
        "rhyme",
        "advice",
        "ideas",
        "schreib",
        "schreibe",
        "erkläre",
        "gedicht",
        "écris",
        "poème",
        "explique",
        "escribe",
        "poema",
        "explica",
        "imagine",
        "slogan",
        "invent",
        "suggest",
        "brainstorm",
        "erfinde",
        "inventa",
        "propose",
        "sugiere",
    ];
    let small = request.to_lowercase();
    words(&small).any(|w| WRITING.contains(&w))
        || ["写", "書いて", "解释", "诗"].iter().chain(THINKING).any(|w| small.contains(w))
}

/// Whether a look-up is one of two things at once: what lies between them, or the greater of them.
pub fn is_of_two(what: &str) -> bool {
    let what = what.to_lowercase();
    let years = words(&what).filter(|w| w.len() == 4 && w.chars().all(|c| c.is_ascii_digit())).count();
    says(&what, COMPARED) || years > 1 || says(&what, TIMES) && says(&what, ENDS)
}

pub const PERCENT: &[&str] = &["percent", "percentage", "prozent", "pourcent", "porcentaje", "por ciento", "百分"];

pub const SHARE: &[&str] =
    &["what share", "share of", "proportion", "anteil", "proporción", "占比", "比例", "割合", "率"];

/// Whether a request asks by how much something is more than something else.
pub fn asks_how_much_more(request: &str) -> bool {
    const HOW: &[[&str; 2]] = &[["how", "much"], ["how", "many"], ["wie", "viel"], ["wie", "viele"], ["de", "combien"]];
    const HOW_ALONE: &[&str] = &["combien", "cuánto", "cuánta", "cuántos", "cuántas"];
    /// Words between the question and what is compared.
    const NEAR: usize = 4;
    let all: Vec<&str> = words(request).collect();
    let compared = |word: &&str| COMPARED.contains(word) && !["percent", "percentage", "prozent"].contains(word);
    let pairs = all.windows(2).enumerate().filter(|(_, w)| HOW.iter().any(|how| how == *w)).map(|(i, _)| i + 2);
    let alone = all.iter().enumerate().filter(|(_, word)| HOW_ALONE.contains(word)).map(|(i, _)| i + 1);
    // "它比那个重多少"
    let chinese = request.contains('比') && ["多少", "几"].iter().any(|how| request.contains(how));
    const BY: &[&str] = &["um wie viel", "um wie viele", "um wieviel", "by how much", "by how many"];
    chinese
        || says(request, BY)
        || says(request, MORE)
        || pairs.chain(alone).any(|i| all[i..].iter().take(NEAR).any(compared))
}

/// A count of days, and what stands at its two ends.
pub const TIMES: &[&str] = &[
    "days", "weeks", "months", "years", "tage", "wochen", "monate", "jahre", "jours", "semaines", "mois", "ans",
    "années", "días", "semanas", "meses", "años", "天", "年", "个月",
];

pub const ENDS: &[&str] = &[
    "between", "passed", "after", "before", "from", "zwischen", "nach", "vor", "von", "entre", "après", "avant",
    "después", "antes", "desde", "相隔", "之间", "过了", "经过",
];

pub const HOW_MANY: &[&str] =
    &["how many", "how long", "wie viele", "wie lange", "combien", "cuántos", "cuántas", "多少", "几", "多久"];

pub fn says(request: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| match phrase.is_ascii() && !phrase.contains(' ') {
        true => words(request).any(|w| w == *phrase),
        false => request.contains(phrase),
    })
}

/// Words that call for working something out of what is known.
const ARITHMETIC: &[&str] = &[
    "total",
    "together",
    "sum",
    "average",
    "mean",
    "median",
    "ratio",
    "times",
    "per",
    "half",
    "double",
    "twice",
    "third",
    "add",
    "minus",
    "plus",
    "subtract",
    "divide",
    "divided",
    "multiply",
    "multiplied",
    "convert",
    "in",
    "into",
    "each",
    "combined",
    "altogether",
    "two",
    "three",
    "four",
    "five",
    "six",
    "ten",
    "dozen",
    "hundred",
    "thousand",
    "between",
    "apart",
    "zusammen",
    "insgesamt",
    "summe",
    "durchschnitt",
    "mittel",
    "hälfte",
    "mal",
    "pro",
    "zwei",
    "drei",
    "total",
    "ensemble",
    "somme",
    "moyenne",
    "moitié",
    "fois",
    "par",
    "deux",
    "trois",
    "suma",
    "juntos",
    "media",
    "mitad",
    "veces",
    "por",
    "dos",
    "tres",
    "一共",
    "总共",
    "合计",
    "平均",
    "相差",
    "一半",
    "倍",
    "合計",
];

/// Whether a request asks for something to be worked out: it has a number, or a word for it.
pub fn calls_for_arithmetic(request: &str) -> bool {
    let number = request.contains(|c: char| c.is_ascii_digit());
    number || [ARITHMETIC, COMPARED, PERCENT, SHARE, MORE, TIMES].iter().any(|known| says(request, known))
}

/// Functions of a whole column, what their result is called, and words for them.
pub const FUNCTIONS: &[(&str, &str, &[&str])] = &[
    ("AVG", "Average", &["average", "mean", "durchschnitt", "mittelwert", "moyenne", "media", "promedio", "平均"]),
    (
        "SUM",
        "Total",
        &[
            "sum",
            "total",
            "together",
            "altogether",
            "combined",
            "summe",
            "insgesamt",
            "zusammen",
            "somme",
            "suma",
            "juntos",
            "总和",
            "合计",
            "合計",
        ],
    ),
    ("MEDIAN", "Median", &["median", "médiane", "mediana", "中位数"]),
];
/// Words that ask for one value of a whole column.
pub const OF_ALL: &[&str] = &[
    "average",
    "mean",
    "sum",
    "total",
    "together",
    "median",
    "maximum",
    "minimum",
    "highest",
    "lowest",
    "largest",
    "smallest",
    "durchschnitt",
    "summe",
    "insgesamt",
    "moyenne",
    "somme",
    "media",
    "promedio",
    "suma",
    "平均",
    "合计",
    "总和",
    "合計",
];

/// Whether a request asks how much time lies between two things.
pub fn is_span(request: &str) -> bool {
    says(request, HOW_MANY) && says(request, TIMES) && says(request, ENDS)
}

/// The years that a text names.
pub fn years(text: &str) -> Vec<String> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|d| d.len() == 4);
    digits.filter(|d| (1000..2200).contains(&d.parse::<u32>().unwrap_or_default())).map(str::to_owned).collect()
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

pub fn begins(request: &str, name: &str) -> bool {
    if name.is_ascii() { words(request).any(|w| w.starts_with(name)) } else { request.contains(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wants_drawn_is_not_drawn() {
        assert!(!is_drawn("make a table of the bridges (opened, length)") && !is_drawn("把这些桥做成表格"));
        assert!(!is_drawn("what is the sum?"));
        assert!(!is_drawn("say every plot on the field is let") && !is_drawn("people waiting per plot"));
        assert!(is_drawn("plot the people per plot") && is_drawn("please plot these"));
        assert!(!is_drawn("what share of the pieces broke, by the history of the barley?"));
        assert!(is_drawn("as bars, please") && is_drawn("a piechart") && is_drawn("show a histogram"));
        assert!(is_drawn("make a table of the bridges and plot their lengths") && is_drawn("画出各桥的长度"));
        assert!(is_drawn("mach ein balkendiagramm") && is_drawn("with a log axis, please"));
    }

    #[test]
    fn a_column_is_no_chart() {
        let columns = vec!["line".into(), "riders".into()];
        let table = Table { title: String::new(), columns, rows: Vec::new() };
        let rest = |request: &str| without_names(request, std::slice::from_ref(&table));
        assert!(!is_drawn(&rest("which lines had more riders?")));
        assert!(!is_drawn(&rest("list the ferries of the Sund Sound Line in a table")));
        assert!(is_drawn(&rest("riders of each line as a line chart")) && is_drawn(&rest("plot riders by line")));
    }

    #[test]
    fn how_much_more_is_asked_in_several_languages() {
        assert!(asks_how_much_more("¿y cuántos visitantes más tuvo que el año anterior?"));
        assert!(asks_how_much_more("und um wie viele lag das unter 2019?"));
        assert!(asks_how_much_more("how many more bridges?") && asks_how_much_more("combien d'arches de plus ?"));
        assert!(asks_how_much_more("那它比东塔高多少？") && !asks_how_much_more("东塔有多高？"));
        assert!(!asks_how_much_more("¿cuántos visitantes tuvo?") && !asks_how_much_more("how many bridges?"));
    }

    #[test]
    fn one_thing_is_asked_for() {
        assert!(asks_for_one("population of sund?") && asks_for_one("und wer ist der direktor?"));
        assert!(!asks_for_one("height of all towers") && !asks_for_one("make a table of the bridges"));
    }

    #[test]
    fn look_ups_are_of_one_thing() {
        assert!(is_of_two("output rise between 2018 and 2022") && is_of_two("larger capacity tidal station"));
        assert!(is_of_two("days between the start of work and the opening"));
        assert!(!is_of_two("output of the station in 2018") && !is_of_two("opening of the line"));
    }
}
