//! The languages that people write in, and the few texts that polymath itself says in them.

use whatlang::{Lang, Script};

/// A language that the texts below exist in; English stands for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
    Japanese,
    Korean,
    German,
    French,
    Spanish,
}

use Language::{Chinese, English, French, German, Japanese, Korean, Spanish};

/// What polymath says to people in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phrase {
    NotFound,
    MissingCells,
    NothingFound,
    Made,
    SourcesDiffer,
    NotPossible,
    /// Before what pages say about a question that was not answered.
    Noted,
    /// Before the pages that a table was worked out of.
    Source,
    Yes,
    No,
    /// For the model: in which language to answer.
    AnswerIn,
}

use Phrase::{
    AnswerIn, Made, MissingCells, No, NotFound, NotPossible, Noted, NothingFound, Source, SourcesDiffer, Yes,
};

/// One row a phrase: English, Chinese, Japanese, Korean, German, French, Spanish.
const PHRASES: &[(Phrase, [&str; 7])] = &[
    (
        NotFound,
        [
            "Not found in the pages opened",
            "在打开的页面中没有找到",
            "開いたページには見つかりませんでした",
            "열어 본 페이지에서 찾지 못했습니다",
            "In den geöffneten Seiten nicht gefunden",
            "Introuvable dans les pages ouvertes",
            "No encontrado en las páginas abiertas",
        ],
    ),
    (
        MissingCells,
        [
            "Not found in the pages opened",
            "在打开的页面中没有找到",
            "開いたページには見つかりませんでした",
            "열어 본 페이지에서 찾지 못했습니다",
            "In den geöffneten Seiten nicht gefunden",
            "Introuvable dans les pages ouvertes",
            "No encontrado en las páginas abiertas",
        ],
    ),
    (
        NothingFound,
        [
            "I found nothing about this in the pages that I could open.",
            "在打开的页面中没有找到相关内容。",
            "開いたページには、これについて何も見つかりませんでした。",
            "열어 본 페이지에서 이에 대한 내용을 찾지 못했습니다.",
            "Darüber habe ich in den Seiten, die ich öffnen konnte, nichts gefunden.",
            "Je n’ai rien trouvé à ce sujet dans les pages que j’ai pu ouvrir.",
            "No encontré nada sobre esto en las páginas que pude abrir.",
        ],
    ),
    (Made, ["Made", "已生成", "作成しました", "만들었습니다", "Erstellt", "Créé", "Creado"]),
    (
        SourcesDiffer,
        [
            "Sources differ",
            "来源不一致",
            "出典によって異なります",
            "출처마다 다릅니다",
            "Die Quellen widersprechen sich",
            "Les sources diffèrent",
            "Las fuentes difieren",
        ],
    ),
    (
        NotPossible,
        [
            "This could not be worked out",
            "无法计算",
            "計算できませんでした",
            "계산할 수 없었습니다",
            "Das ließ sich nicht berechnen",
            "Cela n’a pas pu être calculé",
            "No se pudo calcular",
        ],
    ),
    (
        Noted,
        [
            "What the pages say about it",
            "页面中的相关内容",
            "ページに書かれていること",
            "페이지에 적힌 내용",
            "Was die Seiten dazu sagen",
            "Ce que les pages en disent",
            "Lo que dicen las páginas al respecto",
        ],
    ),
    (Source, ["Source", "来源", "出典", "출처", "Quelle", "Source", "Fuente"]),
    (Yes, ["Yes", "是", "はい", "예", "Ja", "Oui", "Sí"]),
    (No, ["No", "否", "いいえ", "아니요", "Nein", "Non", "No"]),
    (
        AnswerIn,
        [
            "",
            "请用中文回答。",
            "日本語で答えてください。",
            "한국어로 대답해 주세요.",
            "Antworte auf Deutsch.",
            "Réponds en français.",
            "Responde en español.",
        ],
    ),
];

impl Language {
    /// The language of a text, by its script first: a few words of Japanese are told from Chinese by
    /// their kana. Where the words of a Latin text do not decide, it is English.
    pub fn of(text: &str) -> Language {
        let has = |range: std::ops::RangeInclusive<char>| text.chars().any(|c| range.contains(&c));
        if has('\u{3040}'..='\u{30FF}') {
            return Japanese;
        }
        if has('\u{AC00}'..='\u{D7AF}') {
            return Korean;
        }
        let Some(info) = whatlang::detect(text) else {
            return if has('\u{4E00}'..='\u{9FFF}') { Chinese } else { English };
        };
        match (info.script(), info.lang()) {
            (Script::Mandarin, _) => Chinese,
            (Script::Hiragana | Script::Katakana, _) => Japanese,
            (Script::Hangul, _) => Korean,
            (_, _) if has('\u{4E00}'..='\u{9FFF}') => Chinese,
            (_, lang) => latin(text, lang, info.is_reliable()),
        }
    }

    /// A phrase in this language.
    pub fn say(self, phrase: Phrase) -> &'static str {
        let row = PHRASES.iter().find(|(known, _)| *known == phrase).map(|(_, row)| row);
        row.map_or("", |row| row[self as usize])
    }

    /// Whether an answer begins by saying, in any language, that nothing came of it.
    pub fn tells_failure(answer: &str) -> bool {
        let failed = |phrase: &Phrase| matches!(phrase, NotFound | MissingCells | NothingFound | NotPossible);
        let mut rows = PHRASES.iter().filter(|(phrase, _)| failed(phrase)).flat_map(|(_, row)| row);
        rows.any(|text| answer.starts_with(text))
    }

    /// What stands between a label and what is said of it.
    pub fn colon(self) -> &'static str {
        if matches!(self, Chinese | Japanese) { "：" } else { ": " }
    }
}

/// Short questions are too short for statistics: the small words of the language decide first.
fn latin(text: &str, guess: Lang, reliable: bool) -> Language {
    const SMALL: &[(Language, &[&str])] = &[
        (
            English,
            &[
                "the", "what", "how", "which", "who", "when", "where", "why", "is", "of", "and", "for", "it", "this",
                "that", "they", "to", "did", "does", "make", "plot", "draw", "only", "without", "with", "now",
                "please", "from", "since", "by", "show", "a",
            ],
        ),
        (
            German,
            &[
                "der", "die", "das", "wie", "was", "wer", "ist", "und", "von", "für", "wann", "welche", "ein", "eine",
                "im", "viele", "nur", "ab", "bitte", "mit", "ohne", "als", "jetzt", "noch", "den", "dem", "nach",
                "zeig", "mach", "mal", "auch", "seit", "bis", "statt",
            ],
        ),
        (
            French,
            &[
                "le",
                "la",
                "les",
                "quel",
                "quelle",
                "est",
                "et",
                "des",
                "du",
                "pour",
                "combien",
                "qui",
                "dans",
                "une",
                "sans",
                "avec",
                "maintenant",
                "plutôt",
                "depuis",
                "au",
                "sur",
                "montre",
                "mets",
                "fais",
                "un",
                "moi",
            ],
        ),
        (
            Spanish,
            &[
                "el", "los", "las", "qué", "cuál", "cuántos", "cuántas", "es", "y", "del", "para", "cómo", "quién",
                "una", "sin", "con", "ahora", "mejor", "desde", "al", "muestra", "hazlo", "ponlo", "solo", "por", "un",
            ],
        ),
    ];
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    let count = |small: &[&str]| words.iter().filter(|w| small.contains(&w.as_str())).count();
    let counts: Vec<(usize, Language)> = SMALL.iter().map(|(language, small)| (count(small), *language)).collect();
    let best = counts.iter().max_by_key(|(n, _)| *n).copied().unwrap_or((0, English));
    let alone = counts.iter().filter(|(n, _)| *n == best.0).count() == 1;
    if best.0 > 0 && alone {
        return best.1;
    }
    match (guess, reliable) {
        (Lang::Deu, true) => German,
        (Lang::Fra, true) => French,
        (Lang::Spa, true) => Spanish,
        _ => English,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Language) {
        assert_eq!(Language::of(text), want, "{text}");
    }

    #[test]
    fn short_questions_are_told_apart() {
        check("How tall is the tower of Zürich?", English);
        check("Wie hoch ist der Turm?", German);
        check("Combien de personnes vivent dans la ville ?", French);
        check("¿Cuántas salas tiene el museo?", Spanish);
        check("翠岭茶厂2021年的产量是多少？", Chinese);
        check("富士山の高さは？", Japanese);
        check("서울의 인구는?", Korean);
        check("nur ab April bitte", German);
        check("ohne Hafen", German);
        check("sans le port", French);
        check("ahora sin el puerto", Spanish);
        check("as bars, please", English);
        check("Scale AI", English);
        check("17.5% of 2,340", English);
        check("", English);
    }

    #[test]
    fn a_failure_is_told_in_any_language() {
        assert!(Language::tells_failure("Not found in the pages opened: kids"));
        assert!(Language::tells_failure("Das ließ sich nicht berechnen: a / b"));
        assert!(!Language::tells_failure("Made: a.png") && !Language::tells_failure(""));
    }

    #[test]
    fn every_phrase_has_its_row() {
        for phrase in [NotFound, MissingCells, NothingFound, Made, SourcesDiffer, NotPossible, AnswerIn] {
            assert!(PHRASES.iter().any(|(known, _)| *known == phrase), "{phrase:?}");
        }
    }
}
