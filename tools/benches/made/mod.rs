//! Made-up pages for the benches, the same in each run: words of a language that nobody speaks, as common and as
//! rare as those of languages that are spoken.

/// Words of the language; the rank of a word is its rarity.
const WORDS: u64 = 30_000;

/// A repeatable sequence (Marsaglia's xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// A word, common ones often.
    pub fn word(&mut self) -> String {
        let rank = (WORDS as f64).powf(self.roll(1 << 20) as f64 / f64::from(1 << 20)) as u64;
        let mut text = String::new();
        let mut rest = rank * 7919 + 41;
        while rest > 0 {
            text.push_str(["ba", "du", "ki", "lo", "mer", "na", "pol", "ri", "sto", "ven"][(rest % 10) as usize]);
            rest /= 10;
        }
        text
    }

    pub fn text(&mut self, words: u64) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// Sentences of a paragraph.
    pub fn sentences(&mut self, count: u64) -> String {
        let one = |dice: &mut Dice| {
            let words = 6 + dice.roll(14);
            let (text, year) = (dice.text(words), 1900 + dice.roll(120));
            format!("{text} {year}.")
        };
        (0..count).map(|_| one(self)).collect::<Vec<_>>().join(" ")
    }

    /// A page as they are: an article of so many paragraphs among a menu, styles, scripts, teasers and comments.
    pub fn page(&mut self, paragraphs: u64) -> String {
        let title = self.text(4);
        let links = |dice: &mut Dice, count: u64| {
            let link = |dice: &mut Dice| format!("<li><a href=\"/{}\">{}</a></li>", dice.roll(9999), dice.text(2));
            (0..count).map(|_| link(dice)).collect::<String>()
        };
        let style: String = (0..40).map(|i| format!(".c{i} {{ margin: {i}px; color: #{i:03}; }}\n")).collect();
        let script = format!("<script>window.state = \"{}\";</script>", self.text(300));
        let menu = format!("<nav class=\"menu\"><ul>{}</ul></nav>", links(self, 40));
        let body: String = (0..paragraphs)
            .map(|i| {
                let heading = if i % 5 == 4 { format!("<h2>{}</h2>", self.text(3)) } else { String::new() };
                let (first, linked, last) = (self.sentences(2), self.text(2), self.sentences(2));
                format!("{heading}<p class=\"c{}\">{first} <a href=\"/{i}\">{linked}</a> {last}</p>\n", i % 40)
            })
            .collect();
        let row = |dice: &mut Dice| {
            let cells = (dice.word(), 1900 + dice.roll(120), dice.roll(90_000));
            format!("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", cells.0, cells.1, cells.2)
        };
        let rows: String = (0..=paragraphs / 2).map(|_| row(self)).collect();
        let table = format!("<table><tr><th>{}</th><th>Year</th><th>Sum</th></tr>{rows}</table>", self.word());
        let comment = |dice: &mut Dice| format!("<div class=\"comment\"><p>{}</p></div>", dice.sentences(2));
        let comments: String = (0..paragraphs / 2).map(|_| comment(self)).collect();
        let teasers = links(self, 12);
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{style}</style>\
             {script}</head><body><header>{menu}</header><main><article><h1>{title}</h1>{body}{table}</article>\
             <aside class=\"related\"><ul>{teasers}</ul></aside><section id=\"comments\">{comments}</section></main>\
             <footer><p>© {}</p></footer></body></html>",
            self.text(5)
        )
    }
}
