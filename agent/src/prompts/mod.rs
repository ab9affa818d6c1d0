//! The texts that models are asked with. They are files: what is said to a model is no code.
//!
//! A file begins with the system part; behind each `===` stands a worked example, what is asked and,
//! behind `---`, what is replied. For `{today}` the turn fills in the date and nothing finer, so that the
//! beginning of a prompt is found in the cache all day.
//!
//! Examples name things that no user has; a last line `# names: …` lists them, so that one that comes
//! out again can be told.

use polymath_chat::Completion;

/// A prompt: what is said first, and worked examples.
pub struct Prompt(&'static str);

/// How a model that writes its own calls is introduced to its work.
pub const NATIVE: Prompt = Prompt(include_str!("native.txt"));
/// From a request to calls.
pub const PLAN: Prompt = Prompt(include_str!("plan.txt"));
/// From a follow-up to a question that stands alone.
pub const ALONE: Prompt = Prompt(include_str!("alone.txt"));
/// From a request about a chart to its changes.
pub const EDITS: Prompt = Prompt(include_str!("edits.txt"));
/// From a request without capitals to the names in it.
pub const NAMES: Prompt = Prompt(include_str!("names.txt"));
/// From a question to the two that it takes where it only describes what it is about.
pub const HOPS: Prompt = Prompt(include_str!("hops.txt"));
/// From a question to whether pages tell what it asks, or it is worked out of what they tell.
pub const ASKS: Prompt = Prompt(include_str!("asks.txt"));
/// From a sum in words to an expression.
pub const SUMS: Prompt = Prompt(include_str!("sums.txt"));
/// From a question to two facts and a calculation with them.
pub const OPERANDS: Prompt = Prompt(include_str!("operands.txt"));
/// From lines of pages to values and a calculation with them.
pub const RECKON: Prompt = Prompt(include_str!("reckon.txt"));
/// From lines of pages to a fact.
pub const FIND: Prompt = Prompt(include_str!("find.txt"));
/// From lines of pages to all that a question asks, and what has to be known first.
pub const FACTS: Prompt = Prompt(include_str!("facts.txt"));
/// From a line and a value in it to whether it says that.
pub const TOLD: Prompt = Prompt(include_str!("told.txt"));
/// From known values and a calculation with them to whether that is what a question asks for.
pub const SUITS: Prompt = Prompt(include_str!("suits.txt"));
/// From lines of pages to what they say about a question, in their words.
pub const NOTES: Prompt = Prompt(include_str!("notes.txt"));
/// From lines of pages to the one that tells whether something is so.
pub const QUOTE: Prompt = Prompt(include_str!("quote.txt"));
/// From named results to sentences.
pub const SAY: Prompt = Prompt(include_str!("say.txt"));
/// From a question about two things to which way it goes.
pub const CONTEST: Prompt = Prompt(include_str!("contest.txt"));
/// From a task to a Python program.
pub const PROGRAM: Prompt = Prompt(include_str!("program.txt"));
/// From a query that failed to one that works.
pub const QUERY: Prompt = Prompt(include_str!("query.txt"));
/// From a request about a table to what kind of program it needs.
pub const KINDS: Prompt = Prompt(include_str!("kinds.txt"));
/// From a table's columns to what they hold.
pub const COLUMNS: Prompt = Prompt(include_str!("columns.txt"));
/// From a page's prose to rows of a table.
pub const ROWS: Prompt = Prompt(include_str!("rows.txt"));
/// From a request and a table to a trend's gaps.
pub const TREND: Prompt = Prompt(include_str!("trend.txt"));
/// From what programs printed to a few sentences.
pub const TELL: Prompt = Prompt(include_str!("tell.txt"));

impl Prompt {
    /// All but the last line that tells the examples' names.
    fn text(&self) -> &'static str {
        self.0.rsplit_once("\n# names: ").map_or(self.0, |(text, _)| text)
    }

    /// The system part.
    pub fn system(&self) -> String {
        self.text().split("\n===\n").next().unwrap_or_default().trim().to_owned()
    }

    /// The examples, in order.
    pub fn examples(&self) -> Vec<(String, String)> {
        let pairs = self.text().split("\n===\n").skip(1).filter_map(|example| example.split_once("\n---\n"));
        pairs.map(|(asked, replied)| (asked.trim().to_owned(), replied.trim().to_owned())).collect()
    }

    /// A task that is asked after the examples.
    pub fn ask(&self, prompt: String, max_tokens: usize) -> Completion {
        Completion { system: self.system(), examples: self.examples(), ..Completion::new(prompt, max_tokens) }
    }

    /// Whether `text` holds a name of the examples that `given` does not: the model copied one instead
    /// of doing what it was asked.
    pub fn leaks(&self, text: &str, given: &str) -> bool {
        let (text, given) = (text.to_lowercase(), given.to_lowercase());
        let names = self.0.lines().next_back().and_then(|line| line.strip_prefix("# names: ")).unwrap_or_default();
        names.split(", ").any(|name| !name.is_empty() && text.contains(name) && !given.contains(name))
    }
}
