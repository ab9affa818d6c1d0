//! Requests that the model answers itself, without tools: talk, translations, texts and code.

use super::Step;
use super::signs::{THINKING, is_drawn, says, words};
use crate::guide::named;
use crate::notebook::Chat;
use polymath_chat::Role;

/// Beginnings of words that ask for what was said in other words.
const TRANSLATE: &[&str] = &[
    "translat",
    "rewrit",
    "rephras",
    "reword",
    "shorten",
    "übersetz",
    "umformul",
    "kürz",
    "tradu",
    "reformul",
    "résum",
    "翻译",
    "翻譯",
    "改写",
    "訳",
    "번역",
];
/// Words that may stand before the one that says what is asked for.
const FILLING: &[&str] = &[
    "now",
    "please",
    "can",
    "could",
    "you",
    "me",
    "let",
    "i",
    "it",
    "that",
    "this",
    "so",
    "then",
    "well",
    "show",
    "make",
    "bitte",
    "jetzt",
    "maintenant",
    "ahora",
];
/// Words of a short request, at most.
const SHORT: usize = 12;

/// Words of a request that asks for something in the world.
const ASKING: &[&str] = &["what", "which", "when", "where", "many", "much", "long", "find", "plot", "table", "list"];

/// Whether there is no doubt that a request is for the model alone.
pub fn is_reply(request: &str, chat: &Chat) -> bool {
    let small = request.to_lowercase();
    chat.messages.len() > 1 && is_translation(&small)
        || is_greeting(&small)
        || is_said_in(&small, chat)
        || goes_on(&small, chat)
        || is_writing(&small)
        || asks_for_ideas(&small, chat)
        || is_of_a_text(&small)
        || asks_for_code(&small, chat)
        || is_of_code(&small, chat)
}

/// Whether a request asks for ideas, of which no page knows: names for a hamster.
fn asks_for_ideas(request: &str, chat: &Chat) -> bool {
    const ASKED: &[&str] = &[
        "give",
        "suggest",
        "need",
        "any",
        "some",
        "brainstorm",
        "come",
        "propose",
        "think",
        "gib",
        "schlag",
        "brauche",
        "donne",
        "propose",
        "dame",
        "sugiere",
        "propón",
    ];
    const IDEAS: &[&str] = &[
        "ideas",
        "suggestions",
        "suggest",
        "brainstorm",
        "ideen",
        "vorschläge",
        "idées",
        "suggestions",
        "ideas",
        "sugerencias",
    ];
    let of_none = chat.files.is_empty() && chat.tables.is_empty() && named::names(request).is_empty();
    of_none && (says(request, IDEAS) && says(request, ASKED) || says(request, THINKING)) && !is_drawn(request)
}

/// Whether a request asks what its author has said of themselves.
pub fn is_of_oneself(request: &str) -> bool {
    const OF_ONESELF: &[&str] =
        &["my name", "who am i", "about me", "mein name", "wie heiße ich", "mon nom", "mi nombre", "我的名字", "我叫"];
    says(request, OF_ONESELF)
}

/// Whether a request is a greeting, or asks what was said of oneself.
fn is_greeting(request: &str) -> bool {
    const GREETINGS: &[&str] = &[
        "hi",
        "hello",
        "hey",
        "hiya",
        "greetings",
        "morning",
        "evening",
        "thanks",
        "thank",
        "bye",
        "goodbye",
        "hallo",
        "guten",
        "servus",
        "danke",
        "bonjour",
        "bonsoir",
        "salut",
        "merci",
        "hola",
        "buenos",
        "buenas",
        "gracias",
        "你好",
        "您好",
        "谢谢",
        "こんにちは",
        "ありがとう",
    ];
    let first = words(request).find(|word| !["well", "oh", "good", "so", "and"].contains(word)).unwrap_or_default();
    let greets = GREETINGS.iter().any(|word| first == *word || !word.is_ascii() && first.starts_with(word));
    // "How are you?" asks nothing; "how tall are they?" does.
    const OF_VALUES: &[&str] =
        &["tall", "high", "long", "many", "much", "far", "old", "big", "large", "deep", "wide", "heavy"];
    let how = words(request).zip(words(request).skip(1)).any(|(how, of)| how == "how" && OF_VALUES.contains(&of));
    let asks = says(request, ASKING) || how || request.contains(|c: char| c.is_ascii_digit());
    words(request).count() <= SHORT && (greets && !asks || is_of_oneself(request))
}

/// Names of languages.
const LANGUAGES: &[&str] = &[
    "english",
    "german",
    "french",
    "spanish",
    "italian",
    "portuguese",
    "dutch",
    "chinese",
    "japanese",
    "korean",
    "russian",
    "polish",
    "turkish",
    "latin",
    "greek",
    "arabic",
    "deutsch",
    "englisch",
    "französisch",
    "spanisch",
    "italienisch",
    "anglais",
    "allemand",
    "espagnol",
    "italien",
    "inglés",
    "alemán",
    "francés",
    "italiano",
    "英语",
    "英文",
    "中文",
    "德语",
    "法语",
    "日语",
    "英語",
    "ドイツ語",
    "フランス語",
    "中国語",
];

/// Whether a request asks for a quoted text in another language; or, behind such a one, for one more language.
fn is_said_in(request: &str, chat: &Chat) -> bool {
    let quotes = request.contains(['"', '“', '„', '«', '「', '‘']) || request.matches('\'').count() > 1;
    let says_it = ["how do you say", "how do i say", "how to say", "wie sagt man", "comment dit-on", "cómo se dice"];
    let asks = quotes || says_it.iter().any(|phrase| request.contains(phrase));
    let more = was_a_reply(chat) && words(request).count() < 6;
    says(request, LANGUAGES) && (asks || more) && words(request).count() <= 2 * SHORT
}

/// Whether the question before was answered without tools.
fn was_a_reply(chat: &Chat) -> bool {
    let plan = chat.asked.last().map(|asked| serde_json::from_value::<Vec<Step>>(asked.plan.clone()));
    plan.is_some_and(|plan| plan.is_ok_and(|plan| plan == [Step::Reply]))
}

/// Whether a request begins by asking for something to be written that needs no facts.
fn is_writing(request: &str) -> bool {
    const WRITE: &[&str] =
        &["write", "draft", "compose", "schreib", "schreibe", "verfasse", "écris", "rédige", "escribe", "redacta"];
    const TEXTS: &[&str] = &[
        "e-mail",
        "email",
        "mail to",
        "letter to",
        "poem",
        "haiku",
        "limerick",
        "note to",
        "message to",
        "invitation to",
        "speech",
        "toast",
        "slogan",
        "brief an",
        "gedicht",
        "lettre à",
        "poème",
        "carta a",
        "poema",
    ];
    let first = words(request).find(|word| !FILLING.contains(word)).unwrap_or_default();
    let bare = ["a short ", "an ", "a ", "ein ", "eine ", "un ", "une ", "una "];
    let noun = bare.iter().find_map(|article| request.trim().strip_prefix(article)).unwrap_or(request.trim());
    // "Make this sound friendlier: …"
    const REWRITE: &[&str] = &[
        "make",
        "rephrase",
        "reword",
        "rewrite",
        "polish",
        "shorten",
        "simplify",
        "correct",
        "proofread",
        "improve",
        "fix",
        "formuliere",
        "korrigiere",
        "verbessere",
        "kürze",
        "reformule",
        "corrige",
        "reformula",
        "mejora",
    ];
    const THIS: &[&str] = &[
        "this",
        "sentence",
        "text",
        "paragraph",
        "message",
        "note",
        "dies",
        "diesen",
        "satz",
        "cette",
        "phrase",
        "este",
        "esta",
        "frase",
    ];
    let brought = request.contains(':') || request.contains(['"', '“', '„', '«']) || request.matches('\'').count() > 1;
    let opens = words(request).find(|word| !["please", "can", "could", "you", "now", "bitte"].contains(word));
    let rewrites = opens.is_some_and(|word| REWRITE.contains(&word)) && says(request, THIS) && brought;
    let begins = WRITE.contains(&first)
        || rewrites
        || TEXTS.iter().any(|text| noun.starts_with(text)) && !request.contains('?')
        || says(request, &["rhyme", "rhymes", "limerick", "reim", "reime", "rime", "rima"])
        || ["写一", "写首", "写封"].iter().any(|w| request.contains(w));
    begins && !is_drawn(request) && !says(request, &["table", "tabelle", "tableau", "tabla", "report", "summary"])
}

/// Whether a request asks for code to be shown: it opens with a language's name or has a word for a piece
/// of code, and there is no data that a program would be for.
fn asks_for_code(request: &str, chat: &Chat) -> bool {
    const LANGUAGES: &[&str] =
        &["python", "sql", "bash", "shell", "javascript", "typescript", "rust", "java", "regex", "awk", "sed"];
    const PIECES: &[&str] = &[
        "function that",
        "function which",
        "function called",
        "function to",
        "one-liner",
        "regular expression",
        "regex",
        "shell command",
        "bash command",
        "linux command",
        "command line",
        "sql query",
        "in sql",
        "code snippet",
    ];
    let first = words(request).find(|word| !FILLING.contains(word)).unwrap_or_default();
    let opens = LANGUAGES.contains(&first) && request.trim_start().starts_with(first);
    let piece = |word: &str| {
        const WORDS: &[&str] =
            &["function", "loop", "code", "script", "class", "snippet", "query", "command", "method", "regex"];
        WORDS.iter().any(|p| word.starts_with(p))
    };
    let all: Vec<&str> = words(request).collect();
    let named = all.windows(2).any(|pair| LANGUAGES.contains(&pair[0]) && piece(pair[1]));
    let asks = opens
        || named
        || PIECES.iter().any(|piece| request.contains(piece))
        || request.contains("sql") && request.contains("table ");
    // A command line is no line to be drawn.
    let rest = PIECES.iter().fold(request.to_owned(), |text, piece| text.replace(piece, " "));
    asks && chat.files.is_empty() && chat.tables.is_empty() && !is_drawn(&rest)
}

/// Whether a request brings a text along, to be told in fewer words.
fn is_of_a_text(request: &str) -> bool {
    const SHORTER: &[&str] = &["summar", "tl;dr", "sentence", "shorten", "zusammen", "résum", "resum", "摘要", "总结"];
    const LONG: usize = 25;
    let all: Vec<char> = request.chars().collect();
    let ends: [String; 2] = [all.iter().take(60).collect(), all[all.len().saturating_sub(60)..].iter().collect()];
    let asks = |part: &String| SHORTER.iter().any(|word| part.contains(word));
    words(request).count() > LONG && ends.iter().any(asks)
}

/// Whether a short request is about what the model wrote itself just before: shorter, with a moon in it.
fn goes_on(request: &str, chat: &Chat) -> bool {
    const POINTS: &[&str] = &[
        "it",
        "that",
        "this",
        "them",
        "same",
        "another",
        "shorter",
        "longer",
        "simpler",
        "simply",
        "again",
        "instead",
        "rhyme",
        "tone",
        "formal",
        "friendlier",
        "child",
        "es",
        "das",
        "kürzer",
        "nochmal",
        "court",
        "otra",
        "más",
    ];
    // What asks nothing of the world goes on about the text as well: "and in simple words for a six-year-old?"
    let asks = says(request, ASKING);
    was_a_reply(chat)
        && (says(request, POINTS) || !asks)
        && words(request).count() <= SHORT
        && (chat.tables.is_empty() || !is_drawn(request))
        && !request.contains(|c: char| c.is_ascii_digit())
        && named::names(request).is_empty()
}

/// Whether a request asks for what the model wrote itself just before, with a change.
pub fn is_change(request: &str, chat: &Chat) -> bool {
    const CHANGING: &[&str] = &[
        "mention",
        "mentions",
        "include",
        "work",
        "put",
        "make",
        "shorter",
        "longer",
        "rhyme",
        "rhymes",
        "formal",
        "friendlier",
        "funnier",
        "simpler",
        "replace",
        "change",
        "rewrite",
        "without",
        "appear",
        "kürzer",
        "länger",
    ];
    goes_on(request, chat) && says(request, CHANGING)
}

/// Whether a short request goes on about code that was just written.
fn is_of_code(request: &str, chat: &Chat) -> bool {
    let answers = chat.messages.iter().rev().filter(|m| m.role == Role::Assistant && !m.content.is_empty());
    let code = answers.take(1).any(|m| m.content.contains("```"));
    code && words(request).count() <= 2 * SHORT && !is_drawn(request) && chat.files.is_empty()
}

/// Whether a request begins by asking for a translation.
pub fn is_translation(request: &str) -> bool {
    let first = words(request).find(|word| !FILLING.contains(word)).unwrap_or_default();
    let asks = |word: &str| TRANSLATE.iter().any(|t| word.starts_with(t));
    let wraps = ["把", "将", "將", "请", "請"].iter().any(|w| first.starts_with(w));
    asks(first) || wraps && TRANSLATE.iter().any(|t| first.contains(t)) || is_said_again(request)
}

/// Whether a request names a language and nothing else that the same could be said in: "Can you say that in Spanish?"
fn is_said_again(request: &str) -> bool {
    const SAYING: &str = "say tell give put write repeat answer same again now please and can could would will you me us it that this the \
                          in into text reply all of once more just only auf bitte noch einmal nochmal das dasselbe die antwort \
                          kannst du sag sagen mir es und jetzt en por favor puedes decir decirlo dímelo eso lo mismo respuesta la \
                          ahora y peux tu pouvez vous dire le ça réponse maintenant et s il te plaît";
    let said: Vec<&str> = SAYING.split_whitespace().collect();
    let mut languages = 0;
    let all_said = words(request).all(|word| {
        languages += usize::from(LANGUAGES.contains(&word));
        LANGUAGES.contains(&word) || said.contains(&word)
    });
    all_said && languages == 1 && words(request).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::Message;

    #[test]
    fn texts_and_code_at_hand_need_no_tools() {
        let text = "Ann opened a bookshop in Sund last Monday. In spite of the rain many neighbours came, and a brass band played until \
                    the evening, and there was cake.";
        assert!(is_reply(&format!("One sentence, please: {text}"), &Chat::new("c")));
        assert!(is_reply(&format!("{text} Shorten this to one sentence."), &Chat::new("c")));
        let mut coded = Chat::new("c");
        coded.messages = vec![Message::user("?"), Message::assistant("```python\nprint(1)\n```"), Message::user("?")];
        assert!(is_reply("now in JavaScript, please", &coded) && !is_reply("draw it as bars", &coded));
    }

    #[test]
    fn code_is_shown_and_not_run() {
        let code = |request: &str| is_reply(request, &Chat::new("c"));
        assert!(code("I want to count .md files from the command line (Linux)"));
        assert!(code("Python: print the numbers that 7 divides") && code("bash: how do I count the .log files?"));
        assert!(
            code("Show me a Python loop over 1 to 9")
                && code("I need SQL that adds up hours for every nurse, table shifts")
        );
        assert!(
            !code("Use Python to simulate 1000 throws of a die") && !code("How long is the python in the Bern zoo?")
        );
    }

    #[test]
    fn a_greeting_is_answered() {
        let greets = |request: &str| is_reply(request, &Chat::new("c"));
        assert!(greets("Hey there, this is Veit") && greets("do you still know my name?") && greets("Good morning!"));
        for again in ["Can you say that in Spanish, please?", "and now in German", "Das bitte auf Englisch"] {
            assert!(is_translation(&again.to_lowercase()), "{again}");
        }
        assert!(!is_translation("say how many people speak spanish") && !is_translation("german"));
        assert!(greets("What is \"I am tired\" in Italian?") && !greets("Who wrote \"Faust\"?"));
        assert!(greets("an e-mail to Ann Bo, moving our meeting to Monday") && !greets("poem of the year 1990?"));
        assert!(greets("My hamster needs a name! Give me three ideas, only the names"));
        assert!(!greets("whose ideas led to the Ost Mill?"));
        assert!(!greets("Hello, how long is the Rhine?") && !greets("hi, find the height of the Varn Dam"));
    }

    #[test]
    fn translations_need_no_tools() {
        let mut chat = Chat::new("c");
        chat.messages = vec![Message::user("?"), Message::assistant("!"), Message::user("?")];
        assert!(is_reply("Translate the answer into Chinese", &chat) && is_reply("把答案翻译成英文", &chat));
        assert!(!is_reply("Who translated the Iliad into Latin first?", &chat));
    }
}
