//! Finding pages by their titles: stretches of the query are looked up as beginnings of titles.

use super::archive::{Archive, ArchiveError, title};
use crate::browser::{page::Page, passage, words};
use polymath_chat::Hit;
use std::collections::{BTreeMap, HashSet};
use zim::DirectoryEntry;

/// Words of a stretch of the query that is looked up.
const LONGEST: usize = 6;
/// Titles that begin with a stretch, of each.
const MOST_TITLES: u32 = 40;
/// Pages read for their snippets beyond those that are asked for.
const SPARE: usize = 4;

impl Archive {
    /// The pages whose titles fit the query best, each with its best passage. Blocks.
    ///
    /// # Errors
    /// The archive is damaged.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, ArchiveError> {
        let found = self.by_title(query).map_err(|e| self.failed(e))?;
        let mut hits = Vec::new();
        for (entry, score) in found.into_iter().take(limit * SPARE) {
            let Ok(page) = self.beginning(&entry) else { continue };
            let lines: Vec<&str> =
                page.lines.iter().map(|line| line.text.trim_start_matches(['#', '-', ' '])).collect();
            let lines: Vec<&str> = lines.into_iter().filter(|line| !page.title.starts_with(line)).collect();
            let snippet = passage::best(&lines, query, passage::SNIPPET);
            let score = score + f64::from(u32::try_from(held(query, &page)).unwrap_or(0)) / 4.0;
            hits.push((Hit { title: page.title, url: page.url, snippet, number: None }, score));
        }
        hits.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(hits.into_iter().map(|(hit, _)| hit).take(limit).collect())
    }

    /// Pages whose titles begin with a stretch of the query, those first whose titles are most of what is
    /// asked for and little else.
    fn by_title(&self, query: &str) -> Result<Vec<(DirectoryEntry, f64)>, zim::Error> {
        let Some(titles) = self.titles()? else { return Ok(Vec::new()) };
        let asked: Vec<String> = words::tokens(query, words::Language::English).into_iter().map(|t| t.text).collect();
        let mut found = BTreeMap::<u32, (DirectoryEntry, f64)>::new();
        for stretch in stretches(query) {
            let first = self.lower_bound(&titles, &stretch)?;
            for at in first..first.saturating_add(MOST_TITLES) {
                let Some((index, entry)) = self.listed(&titles, at)? else { break };
                let title = title(&entry).to_owned();
                if entry.namespace != self.namespace() || !title.starts_with(&stretch) {
                    break;
                }
                let own = words::tokens(&title, words::Language::English);
                let shared = own.iter().filter(|word| asked.contains(&word.text)).count() as f64;
                let score = shared * shared / own.len().max(1) as f64;
                let entry = self.zim.resolve(entry)?;
                let known = found.entry(self.place(&entry)?.unwrap_or(index)).or_insert((entry, score));
                known.1 = known.1.max(score);
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(found)
    }

    fn place(&self, entry: &DirectoryEntry) -> Result<Option<u32>, zim::Error> {
        self.zim.find_by_path(entry.namespace, &entry.url)
    }

    fn listed(&self, titles: &zim::Listing, at: u32) -> Result<Option<(u32, DirectoryEntry)>, zim::Error> {
        let Some(index) = titles.get(at as usize)? else { return Ok(None) };
        Ok(Some((index, self.zim.get_by_url_index(index)?)))
    }

    /// The first place in the order of titles that is not before `text`.
    fn lower_bound(&self, titles: &zim::Listing, text: &str) -> Result<u32, zim::Error> {
        let (mut low, mut high) = (0, u32::try_from(titles.len()?).unwrap_or(u32::MAX));
        let wanted = (self.namespace().as_byte(), text.as_bytes());
        while low < high {
            let middle = low + (high - low) / 2;
            let before = self
                .listed(titles, middle)?
                .is_some_and(|(_, entry)| (entry.namespace.as_byte(), title(&entry).as_bytes()) < wanted);
            if before { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }
}

/// How many of the query's words a page has.
fn held(query: &str, page: &Page) -> usize {
    let text = page.text();
    let language = words::language(&text);
    let own: HashSet<String> = words::tokens(&text, language).into_iter().map(|t| t.text).collect();
    words::wanted(query, &[language]).words.iter().filter(|word| word.iter().any(|form| own.contains(form))).count()
}

/// Stretches of the query as titles may begin with them, the longest first: as written, with its first
/// letter large, and with all of them.
fn stretches(query: &str) -> Vec<String> {
    let written: Vec<&str> = query
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .collect();
    let mut all = Vec::new();
    for length in (1..=written.len().min(LONGEST)).rev() {
        for stretch in written.windows(length) {
            let says_nothing = |word: &&str| polymath_quantity::text::is_stop_word(&word.to_lowercase());
            if says_nothing(&stretch[0]) && (length == 1 || stretch.iter().all(says_nothing)) {
                continue;
            }
            let plain = stretch.join(" ");
            let first = capital(&plain);
            let every = stretch.iter().map(|word| capital(word)).collect::<Vec<_>>().join(" ");
            for form in [plain, first, every] {
                if !all.contains(&form) {
                    all.push(form);
                }
            }
        }
    }
    // scripts without spaces: what is asked for may begin anywhere
    if written.len() == 1 && query.chars().any(polymath_quantity::text::is_cjk) {
        let chars: Vec<char> = written[0].chars().collect();
        let ends = |start: usize| (start + 2..=(start + LONGEST).min(chars.len())).rev();
        all.extend(
            (0..chars.len())
                .flat_map(|start| ends(start).map(move |end| (start, end)))
                .map(|(a, b)| chars[a..b].iter().collect()),
        );
    }
    all
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_may_begin_with_these() {
        let all = stretches("Who built the eiffel tower?");
        for stretch in ["Eiffel tower", "Eiffel Tower", "eiffel tower", "Eiffel", "Tower"] {
            assert!(all.contains(&stretch.to_owned()), "{stretch}: {all:?}");
        }
        assert!(!all.contains(&"The".to_owned()) && !all.contains(&"Who".to_owned()), "{all:?}");
        assert!(stretches("艾菲尔铁塔有多高").contains(&"艾菲尔铁塔".to_owned()));
        assert!(stretches("?!").is_empty());
    }
}
