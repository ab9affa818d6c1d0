//! Words of any language, so that they are found in other forms than the one they were asked for in.
//!
//! Chinese, Japanese and Korean text has no spaces: it is cut into overlapping pairs of characters,
//! which needs no dictionary and finds every substring. Everything else is cut at non-letters,
//! lower-cased, stemmed as its language is (Snowball) and freed of its accents. An amount is one word
//! more, whichever way it is spelled: `$7.3 billion`, `7,300 million` and `73亿` share one.

use polymath_quantity::{
    Style, figures,
    text::{is_cjk, is_stop_word},
};
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};

pub use tantivy::tokenizer::Language;
use whatlang::{Detector, Lang};

/// Bytes of a text by which its language is told.
const ENOUGH: usize = 2000;
/// Smaller amounts are not written in several ways.
const LEAST_AMOUNT: f64 = 1000.0;

/// How sure whatlang has to be of a language, from 0 to 1.
const SURE: f64 = 0.25;

/// The languages with stems.
const LANGUAGES: [(Lang, Language); 18] = [
    (Lang::Ara, Language::Arabic),
    (Lang::Dan, Language::Danish),
    (Lang::Nld, Language::Dutch),
    (Lang::Eng, Language::English),
    (Lang::Fin, Language::Finnish),
    (Lang::Fra, Language::French),
    (Lang::Deu, Language::German),
    (Lang::Ell, Language::Greek),
    (Lang::Hun, Language::Hungarian),
    (Lang::Ita, Language::Italian),
    (Lang::Nob, Language::Norwegian),
    (Lang::Por, Language::Portuguese),
    (Lang::Ron, Language::Romanian),
    (Lang::Rus, Language::Russian),
    (Lang::Spa, Language::Spanish),
    (Lang::Swe, Language::Swedish),
    (Lang::Tam, Language::Tamil),
    (Lang::Tur, Language::Turkish),
];

/// How the words of a text are stemmed; English where that cannot be told.
pub fn language(text: &str) -> Language {
    let mut end = text.len().min(ENOUGH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let found = Detector::with_allowlist(LANGUAGES.map(|(lang, _)| lang).to_vec()).detect(&text[..end]);
    let found = found.filter(|info| info.confidence() >= SURE).map(|info| info.lang());
    LANGUAGES.iter().find(|(lang, _)| Some(*lang) == found).map_or(Language::English, |(_, language)| *language)
}

/// The language of a question, where it is sure: a few words seldom are.
pub fn language_of_question(query: &str) -> Option<Language> {
    let found = Detector::with_allowlist(LANGUAGES.map(|(lang, _)| lang).to_vec()).detect(query)?;
    let language = LANGUAGES.iter().find(|(lang, _)| *lang == found.lang()).map(|(_, language)| *language);
    language.filter(|_| found.confidence() >= SURE && !query.chars().any(is_cjk))
}

/// How a text writes numbers, as far as its language tells: `417.100` is no 417 in Spanish. Where it groups digits by
/// commas all the same, nothing is told.
pub fn number_style(text: &str) -> Style {
    use Language::*;
    const COMMAS: [Language; 14] = [
        Danish, Dutch, Finnish, French, German, Greek, Hungarian, Italian, Norwegian, Portuguese, Romanian, Russian,
        Spanish, Turkish,
    ];
    let groups = text.match_indices(',').any(|(at, _)| {
        let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        digits == 3 && text[..at].ends_with(|c: char| c.is_ascii_digit())
    });
    if !groups && COMMAS.contains(&language(text)) { Style::Comma } else { Style::Unknown }
}

/// The code of a language (ISO 639-3), for an index.
pub fn code(language: Language) -> &'static str {
    LANGUAGES.iter().find(|(_, known)| *known == language).map_or("eng", |(lang, _)| lang.code())
}

pub fn of_code(code: &str) -> Option<Language> {
    LANGUAGES.iter().find(|(lang, _)| lang.code() == code).map(|(_, language)| *language)
}

/// One word of a query, in every form under which it may stand in the texts.
pub type Word = Vec<String>;

/// What to look for: words, and words that stand next to each other in the query. "Series A" is
/// found by its pair: "a" alone says nothing.
#[derive(Debug, Default)]
pub struct Wanted {
    pub words: Vec<Word>,
    pub pairs: Vec<(Word, Word)>,
}

/// What `query` asks for in texts of these languages; empty words count when there are no others.
pub fn wanted(query: &str, languages: &[Language]) -> Wanted {
    let mut all: Vec<(Word, bool)> = Vec::new();
    for language in languages {
        for (at, token) in stemmed(query, *language).into_iter().enumerate() {
            if at == all.len() {
                let written = query[token.offset_from..token.offset_to].to_lowercase();
                all.push((Word::new(), is_stop_word(&written)));
            }
            if !all[at].0.contains(&token.text) {
                all[at].0.push(token.text);
            }
        }
    }
    let none_full = all.iter().all(|(_, empty)| *empty);
    let mut wanted = Wanted::default();
    let full = all.iter().filter(|(_, empty)| !empty || none_full).map(|(word, _)| word.clone());
    for word in full.chain(amounts(query).into_iter().map(|(_, amount)| vec![amount])) {
        if !wanted.words.contains(&word) {
            wanted.words.push(word);
        }
    }
    for pair in all.windows(2) {
        let both = (pair[0].0.clone(), pair[1].0.clone());
        let both_empty = pair[0].1 && pair[1].1;
        if !both_empty && !wanted.pairs.contains(&both) {
            wanted.pairs.push(both);
        }
    }
    wanted
}

/// The words of a text of this language, and its amounts, each in the place of its first word.
pub fn tokens(text: &str, language: Language) -> Vec<Token> {
    let mut amounts = amounts(text).into_iter().peekable();
    let mut all = Vec::new();
    for token in stemmed(text, language) {
        let (start, end, position) = (token.offset_from, token.offset_to, token.position);
        all.push(token);
        while let Some((_, text)) = amounts.next_if(|(at, _)| *at < end) {
            all.push(Token { offset_from: start, offset_to: end, position, text, position_length: 1 });
        }
    }
    all
}

fn stemmed(text: &str, language: Language) -> Vec<Token> {
    let analyzer = TextAnalyzer::builder(Words).filter(LowerCaser).filter(Stemmer::new(language));
    let mut all = Vec::new();
    analyzer.filter(AsciiFoldingFilter).build().token_stream(text).process(&mut |token| all.push(token.clone()));
    all
}

/// Whether a word is an amount, which stands in the place of another word.
pub fn is_amount(word: &str) -> bool {
    word.starts_with('#')
}

/// Large amounts, with the bytes where they begin, in an alphabet of their own.
fn amounts(text: &str) -> Vec<(usize, String)> {
    let large = |number: &f64| number.abs() >= LEAST_AMOUNT;
    let found = figures(text).into_iter().filter(|figure| figure.date.is_none());
    found.filter_map(|f| f.number.filter(large).map(|number| (f.at.start, format!("#{number}")))).collect()
}

#[derive(Clone)]
struct Words;

impl Tokenizer for Words {
    type TokenStream<'a> = Stream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream {
        Stream { tokens: cut(text), next: 0 }
    }
}

struct Stream {
    tokens: Vec<Token>,
    next: usize,
}

impl TokenStream for Stream {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.next - 1]
    }
}

fn cut(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut push = |from: usize, to: usize| {
        let position = tokens.len();
        tokens.push(Token {
            offset_from: from,
            offset_to: to,
            position,
            text: text[from..to].to_owned(),
            position_length: 1,
        });
    };
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if !first.is_alphanumeric() {
            continue;
        }
        let cjk = is_cjk(first);
        let mut run = vec![start];
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() && is_cjk(*c) == cjk) {
            run.push(at);
            end = at + c.len_utf8();
        }
        if !cjk || run.len() == 1 {
            push(start, end);
        } else {
            for pair in 0..run.len() - 1 {
                push(run[pair], run.get(pair + 2).copied().unwrap_or(end));
            }
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, language: Language) -> Vec<String> {
        tokens(text, language).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_of_both_kinds() {
        assert_eq!(all("Funding rounds, $7.3B!", Language::English), ["fund", "round", "7", "#7300000000", "3b"]);
        assert_eq!(all("Scale的融资轮次", Language::English), ["scale", "的融", "融资", "资轮", "轮次"]);
        assert_eq!(all("融 资", Language::English), ["融", "资"]);
        assert!(all("", Language::English).is_empty());
    }

    #[test]
    fn words_are_stemmed_as_their_language_is() {
        assert_eq!(
            language(
                "Die Brücken über den Fluss wurden im vorigen Jahrhundert gebaut und sind noch heute in Gebrauch."
            ),
            Language::German
        );
        assert_eq!(
            language("Мосты через реку были построены в прошлом веке и используются до сих пор."),
            Language::Russian
        );
        assert_eq!(language("Funding"), Language::English);
        assert_eq!(all("Brücken", Language::German), all("Brücke", Language::German));
        assert_eq!(all("мостов", Language::Russian), all("мосты", Language::Russian));
        assert_eq!(all("Café", Language::French), all("cafe", Language::French));
        let both = wanted("Brücken", &[Language::English, Language::German]);
        assert_eq!(both.words, [["brucken", "bruck"]]);
    }

    #[test]
    fn amounts_are_one_word_however_they_are_spelled() {
        for text in ["$7.3 billion", "7,300 million", "73亿", "7.300.000.000 Euro", "7.3bn"] {
            assert!(
                all(text, Language::English).contains(&"#7300000000".into()),
                "{text}: {:?}",
                all(text, Language::English)
            );
        }
        assert!(wanted("who paid 18.4 million", &[Language::English]).words.contains(&vec!["#18400000".into()]));
    }

    #[test]
    fn neighbours_in_the_query_are_looked_for_together() {
        let wanted = |query| wanted(query, &[Language::English]);
        let one = |word: &str| vec![word.to_owned()];
        let series = wanted("What is the Series A of it?");
        assert_eq!(series.words, [one("seri")]);
        assert_eq!(series.pairs, [(one("the"), one("seri")), (one("seri"), one("a"))]);
        assert_eq!(wanted("who are they").words, [one("they")]);
        assert_eq!(wanted("what is it").words.len(), 3);
    }
}
