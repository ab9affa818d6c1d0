//! How far a conversation had come, so that it can be taken back there. A turn only adds to it, so
//! lengths are enough, and no turn has to copy everything that was said and read before.

use super::Chat;

/// A place in a conversation: how long its lists were.
#[derive(Debug, Clone, Copy)]
pub struct Mark([usize; 9]);

impl Mark {
    /// A place by the number of items of each kind, under the names by which sessions keep them.
    pub(crate) fn at(count: impl Fn(&str) -> usize) -> Mark {
        Mark(["message", "asked", "source", "table", "page_table", "artifact", "fact", "chart", "skill"].map(count))
    }

    /// The same with fewer messages, and one question fewer that was understood.
    pub(crate) fn before_message(self, at: usize) -> Mark {
        let Mark([_, asked, rest @ ..]) = self;
        let [sources, tables, page_tables, artifacts, facts, charts, skills] = rest;
        Mark([at, asked.saturating_sub(1), sources, tables, page_tables, artifacts, facts, charts, skills])
    }

    pub(crate) fn messages(self) -> usize {
        self.0[0]
    }
}

impl Chat {
    /// Where the conversation is now.
    pub fn mark(&self) -> Mark {
        // Named in full, so that no list is forgotten.
        let Chat {
            id: _,
            messages,
            sources,
            // They go with their sources.
            retrieved: _,
            tables,
            page_tables,
            artifacts,
            facts,
            charts,
            files: _,
            targets: _,
            asked,
            skills,
            begun: _,
        } = self;
        Mark([
            messages.len(),
            asked.len(),
            sources.len(),
            tables.len(),
            page_tables.len(),
            artifacts.len(),
            facts.len(),
            charts.len(),
            skills.len(),
        ])
    }

    /// Takes back what came since. A page that was read again in the meantime keeps its newer text, and
    /// files that the user gave stay given.
    pub fn back_to(&mut self, mark: Mark) {
        let Mark([messages, asked, sources, tables, page_tables, artifacts, facts, charts, skills]) = mark;
        self.messages.truncate(messages);
        self.asked.truncate(asked);
        self.sources.truncate(sources);
        self.retrieved.retain(|page| self.sources.iter().any(|source| source.url == page.url));
        self.tables.truncate(tables);
        self.page_tables.truncate(page_tables);
        self.artifacts.truncate(artifacts);
        self.facts.truncate(facts);
        self.charts.truncate(charts);
        self.skills.truncate(skills);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Message, Retrieval, Source};

    #[test]
    fn what_came_since_is_taken_back() {
        let source = |url: &str| Source { url: url.into(), title: String::new(), text: String::new() };
        let mut chat = Chat::new("c");
        chat.messages.push(Message::user("one"));
        chat.sources.push(source("a"));
        let mark = chat.mark();
        chat.messages.extend([Message::user("two"), Message::assistant("2")]);
        chat.sources.push(source("b"));
        chat.retrieved = ["a", "b"].map(|url| Retrieval { url: url.into(), ..Retrieval::default() }).into();
        chat.asked.push(crate::notebook::Asked::default());
        chat.back_to(mark);
        assert_eq!((chat.messages, chat.sources), (vec![Message::user("one")], vec![source("a")]));
        assert_eq!(chat.retrieved.iter().map(|page| page.url.as_str()).collect::<Vec<_>>(), ["a"]);
        assert!(chat.asked.is_empty() && chat.tables.is_empty() && chat.artifacts.is_empty());
    }
}
