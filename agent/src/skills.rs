//! Skills: instructions written down beforehand, which are taken up where a request is of their kind.
//!
//! Whether one fits is told by words alone, of the request and of what the skill says it is for; no model is
//! asked, and nothing of a skill that does not fit reaches one. Where skills may come from is the caller's to
//! decide: what is handed in here is obeyed.

use polymath_tools::browser::{full_words, ranked};
use std::collections::HashMap;

/// Tokens of all instructions that are in force at once; in a small context, an eighth of it.
const BUDGET: usize = 1500;
/// Characters of a description, at most.
const LONGEST_DESCRIPTION: usize = 1024;
/// The least words that a request and a description share.
const SHARED: usize = 2;
/// Of the words of the shorter of the two, one in so many has to be shared.
const PART: usize = 4;
/// Words by which descriptions speak of themselves and of requests in general.
const OF_DESCRIPTIONS: &[&str] = &[
    "user",
    "users",
    "user's",
    "ask",
    "asks",
    "asked",
    "asking",
    "request",
    "requests",
    "requested",
    "skill",
    "use",
    "used",
    "uses",
    "using",
    "want",
    "wants",
    "wanted",
    "need",
    "needs",
    "needed",
    "help",
    "helps",
    "please",
    "task",
    "tasks",
    "instructions",
    "answer",
    "answers",
    "question",
    "questions",
];

/// Instructions for requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Lower-case letters, digits and hyphens.
    pub name: String,
    /// What it is for: by this it is found.
    pub description: String,
    /// What the model is told.
    pub instructions: String,
    /// Where it stands, for people.
    pub origin: String,
}

/// What is wrong with a skill's file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkillError {
    #[error(
        "it does not begin with its name and description: write `---`, `name: …`, `description: …`, `---`, a line each, and the instructions below"
    )]
    NoFront,
    #[error("its front matter has no `{0}`: write a line `{0}: …` between the two lines `---`")]
    Lacks(&'static str),
    #[error("it is called `{said}` and its folder `{folder}`: call both the same")]
    Name { said: String, folder: String },
    #[error("`{0}` can't name a skill: use 1 to 64 lower-case letters, digits and hyphens")]
    Form(String),
    #[error(
        "its description has {0} characters, and {most} is the most: say in a sentence or two what it is for",
        most = LONGEST_DESCRIPTION
    )]
    Long(usize),
    #[error("there are no instructions below its front matter")]
    Empty,
}

impl Skill {
    /// Reads a `SKILL.md` that stands in a folder of this name. Of the front matter, lines `name: …` and
    /// `description: …` count, with or without quotes; lines that are indented go on with the one before.
    ///
    /// # Errors
    /// The front matter is not there or lacks one of these, the name is another than the folder's, or no
    /// instructions follow.
    pub fn read(folder: &str, origin: &str, text: &str) -> Result<Skill, SkillError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let rest = text.strip_prefix("---\n").ok_or(SkillError::NoFront)?;
        let (front, instructions) = rest.split_once("\n---\n").ok_or(SkillError::NoFront)?;
        let mut fields = fields(front);
        let mut field =
            |name: &'static str| fields.remove(name).filter(|value| !value.is_empty()).ok_or(SkillError::Lacks(name));
        let (name, description) = (field("name")?, field("description")?);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=64).contains(&name.len()) || !name.chars().all(fits) {
            return Err(SkillError::Form(name));
        }
        if name != folder {
            return Err(SkillError::Name { said: name, folder: folder.to_owned() });
        }
        let length = description.chars().count();
        if length > LONGEST_DESCRIPTION {
            return Err(SkillError::Long(length));
        }
        let instructions = instructions.trim().to_owned();
        if instructions.is_empty() {
            return Err(SkillError::Empty);
        }
        Ok(Skill { name, description, instructions, origin: origin.to_owned() })
    }

    /// Its name and what it is for, without the words that say nothing of that.
    fn about(&self) -> String {
        let own = format!("{} {}", self.name.replace('-', " "), self.description);
        let says = |word: &&str| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            !OF_DESCRIPTIONS.contains(&bare.as_str())
        };
        own.split_whitespace().filter(says).collect::<Vec<_>>().join(" ")
    }

    /// Whether the request says its name: `house-style`.
    fn is_named(&self, request: &str) -> bool {
        let part = |c: char| !(c.is_alphanumeric() || c == '-');
        self.name.contains('-') && request.to_lowercase().split(part).any(|word| word == self.name)
    }
}

/// `name: value` of each line. Values that begin with `>` or `|` stand in the lines below.
fn fields(front: &str) -> HashMap<String, String> {
    let mut fields = HashMap::<String, String>::new();
    let mut last = None;
    for line in front.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = last.as_ref().and_then(|name| fields.get_mut(name)) {
                *value = format!("{value} {}", line.trim()).trim().to_owned();
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let value = match value.trim() {
                ">" | ">-" | "|" | "|-" => "",
                value => value,
            };
            fields.insert(name.trim().to_owned(), value.to_owned());
            last = Some(name.trim().to_owned());
        }
    }
    fields.values_mut().for_each(|value| *value = bare(value));
    fields
}

/// A value without the quotes around it.
fn bare(value: &str) -> String {
    let within = |sign: char| value.strip_prefix(sign)?.strip_suffix(sign);
    match (within('"'), within('\'')) {
        (Some(text), _) => text.replace("\\\"", "\"").replace("\\\\", "\\"),
        (None, Some(text)) => text.replace("''", "'"),
        (None, None) => value.to_owned(),
    }
}

/// The skills that are for requests such as this one, the best first. One is where the request says its name, or
/// where both have at least two words in common and these are a quarter of the words of one of them, so that
/// a long text does not fit everything; where the request is one word, that word.
pub fn fitting<'a>(skills: &'a [Skill], request: &str) -> Vec<&'a Skill> {
    let texts: Vec<String> = skills.iter().map(Skill::about).collect();
    let asked = full_words(request);
    let fits = |at: usize, words: usize| {
        let shorter = asked.min(full_words(&texts[at]));
        (words >= SHARED && words * PART >= shorter) || (words == 1 && asked == 1)
    };
    let named: Vec<usize> = (0..skills.len()).filter(|at| skills[*at].is_named(request)).collect();
    let found = ranked(request, &texts).into_iter().filter(|r| fits(r.at, r.words) && !named.contains(&r.at));
    let found: Vec<usize> = found.map(|r| r.at).collect();
    named.into_iter().chain(found).map(|at| &skills[at]).collect()
}

/// What is in force in a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InForce {
    /// Names of those that were not before.
    pub new: Vec<String>,
    /// What the model is told; empty where there is nothing.
    pub text: String,
    /// For the record, a line each: what was taken up, and what was not for want of room.
    pub told: Vec<String>,
}

/// Which skills are in force for a request: those that fit it, then those that the conversation took up before
/// (`earlier`, in the order in which it did), the latest first, as far as there is room. A skill is in force whole or
/// not at all. `context` is the model's, in tokens as `count` counts them.
pub fn in_force(
    skills: &[Skill],
    earlier: &[String],
    request: &str,
    (context, count): (usize, &dyn Fn(&str) -> usize),
) -> InForce {
    let fitting = fitting(skills, request);
    let before = earlier.iter().rev().filter_map(|name| skills.iter().find(|skill| skill.name == *name));
    let before: Vec<&Skill> = before.filter(|skill| !fitting.contains(skill)).collect();
    let budget = BUDGET.min(context / 8);
    let (mut used, mut texts, mut force) = (0, Vec::new(), InForce::default());
    for skill in fitting.iter().copied().chain(before) {
        let text =
            format!("The user's own instructions for requests of this kind ({}):\n{}", skill.name, skill.instructions);
        let tokens = count(&text);
        let is_new = !earlier.contains(&skill.name);
        let Skill { name, origin, .. } = skill;
        if used + tokens > budget {
            let room = budget - used;
            force.told.push(match (is_new, tokens > budget) {
                (true, true) => format!(
                    "the skill {name} fits and is not taken up: {origin} has {tokens} tokens, and {budget} is the most with \
                     this model; shorten it"
                ),
                (true, false) => format!(
                    "the skill {name} fits too and is not taken up: {origin} has {tokens} tokens, and {room} of {budget} are left"
                ),
                (false, _) => format!("the skill {name} gives way: {room} of {budget} tokens are left for its {tokens}"),
            });
            continue;
        }
        used += tokens;
        if is_new {
            force.new.push(name.clone());
            force.told.push(format!("skill taken up: {name} ({origin}, {tokens} tokens)"));
        }
        texts.push(text);
    }
    force.text = texts.join("\n\n");
    force
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn skill(name: &str, description: &str, instructions: &str) -> Skill {
        let text = format!("---\nname: {name}\ndescription: {description}\n---\n{instructions}\n");
        Skill::read(name, &format!("{name}/SKILL.md"), &text).unwrap()
    }

    fn some() -> Vec<Skill> {
        vec![
            skill(
                "release-notes",
                "Writes release notes of a program for its users. Use when the user asks for a changelog.",
                "R",
            ),
            skill("tide-tables", "Reads tide tables of harbours: high and low water, in metres above chart datum", "T"),
            skill("meeting-minutes", "Minutes of meetings: who was there, what was decided, by when", "M"),
            skill("haushalt", "Fragen zum Haushaltsplan der Gemeinde: Einnahmen, Ausgaben und Rücklagen", "H"),
            skill("zhoubao", "按公司格式撰写每周工作周报", "Z"),
        ]
    }

    #[track_caller]
    fn check(request: &str, want: &[&str]) {
        let skills = some();
        let names: Vec<&str> = fitting(&skills, request).into_iter().map(|skill| skill.name.as_str()).collect();
        assert_eq!(names, want, "{request}");
    }

    #[test]
    fn a_skill_fits_requests_of_its_kind() {
        check("Write the release notes for version 3.2", &["release-notes"]);
        check("When is high water in the harbour of Elbury, and how many metres?", &["tide-tables"]);
        check("Please write up the minutes of yesterday's meeting", &["meeting-minutes"]);
        check("Welche Ausgaben hat die Gemeinde im Haushaltsplan?", &["haushalt"]);
        check("请按公司格式写一份周报", &["zhoubao"]);
        check("changelog", &["release-notes"]);
        check("Use tide-tables: what about tomorrow?", &["tide-tables"]);
    }

    #[test]
    fn a_skill_does_not_fit_by_chance() {
        for request in [
            "What is 17.5% of 2,340?",
            "Which user asks the most questions?",
            "How high is the tower?",
            "Which program won the prize?",
            "Who decided to build the canal, and when was it opened?",
            "Wie viele Einnahmen hatte das Museum?",
            "公司总部在哪里？",
            "",
        ] {
            check(request, &[]);
        }
        let long = "We met a man from the harbour by the water. ".to_owned()
            + &"He told of boats, nets, ropes and weather. ".repeat(8);
        check(&format!("Translate: {long}"), &[]);
    }

    fn force(skills: &[Skill], earlier: &[&str], request: &str, context: usize) -> InForce {
        let earlier: Vec<String> = earlier.iter().map(|name| (*name).to_owned()).collect();
        in_force(skills, &earlier, request, (context, &|text: &str| text.len().div_ceil(4)))
    }

    #[test]
    fn what_fits_is_in_force_and_stays() {
        let skills = some();
        let first = force(&skills, &[], "Write the release notes of the program", 8192);
        assert_eq!(first.new, ["release-notes"]);
        assert!(first.text.ends_with("(release-notes):\nR"), "{}", first.text);
        assert!(
            first.told[0].starts_with("skill taken up: release-notes (release-notes/SKILL.md, "),
            "{:?}",
            first.told
        );
        let next = force(&skills, &["release-notes"], "Shorter!", 8192);
        assert_eq!((next.text, next.new.len(), next.told.len()), (first.text, 0, 0));
        // What is no longer there is no longer in force.
        assert_eq!(force(&skills[1..], &["release-notes"], "Shorter!", 8192), InForce::default());
    }

    #[test]
    fn what_is_too_long_is_told_and_no_part_of_it_is_in_force() {
        let mut skills = some();
        skills[0].instructions = "Be brief. ".repeat(700);
        let long = force(&skills, &[], "Write the release notes of the program", 100_000);
        assert!(long.text.is_empty() && long.new.is_empty());
        assert!(long.told[0].contains("1500 is the most") && long.told[0].ends_with("shorten it"), "{:?}", long.told);
        // In a small context there is less room.
        skills[0].instructions = "Be brief. ".repeat(60);
        let request = "Write the release notes of the program";
        assert!(force(&skills, &[], request, 1024).text.is_empty());
        assert!(!force(&skills, &[], request, 8192).text.is_empty());
        // What fits now goes before what was taken up earlier.
        skills[1].instructions = "Say the datum. ".repeat(60);
        let both = force(&skills, &["tide-tables"], request, 2048);
        assert!(both.text.contains("Be brief") && !both.text.contains("datum"), "{}", both.text);
        assert!(both.told.iter().any(|line| line.starts_with("the skill tide-tables gives way")), "{:?}", both.told);
    }

    #[test]
    fn a_file_says_its_name_and_what_it_is_for() {
        let read = |text: &str| Skill::read("a-b", "o", text);
        let whole = read(
            "\u{feff}---\r\nname: \"a-b\"\r\nlicense: MIT\r\ndescription: >-\r\n  Two\r\n  lines: yes\r\n---\r\n\r\n# Do\r\nit\r\n",
        );
        let whole = whole.unwrap();
        assert_eq!((whole.description.as_str(), whole.instructions.as_str()), ("Two lines: yes", "# Do\nit"));
        assert_eq!(read("---\nname: a-b\ndescription: 'It''s'\n---\nx").unwrap().description, "It's");
        let wrong = |text: &str| read(text).unwrap_err();
        assert_eq!(wrong("# Do it"), SkillError::NoFront);
        assert_eq!(wrong("---\nname: a-b\n---\nx"), SkillError::Lacks("description"));
        assert_eq!(wrong("---\nname: A B\ndescription: d\n---\nx"), SkillError::Form("A B".into()));
        assert!(matches!(wrong("---\nname: other\ndescription: d\n---\nx"), SkillError::Name { .. }));
        assert_eq!(wrong("---\nname: a-b\ndescription: d\n---\n \n"), SkillError::Empty);
        let long = format!("---\nname: a-b\ndescription: {}\n---\nx", "d".repeat(2000));
        assert_eq!(wrong(&long), SkillError::Long(2000));
    }
}
