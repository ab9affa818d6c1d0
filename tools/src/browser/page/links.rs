//! Where a page's text leads: its links, numbered, so that they can be followed.

use super::block::Anchor;
use crate::browser::passage;
use std::collections::HashSet;
use url::Url;

/// A link in a page's text.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Index of the line it stands on.
    pub line: usize,
    pub text: String,
    /// What `browser_open` opens.
    pub url: String,
}

/// Of one page.
const MOST: usize = 300;
const LONGEST: usize = 80;
/// Stands for this machine where addresses of its pages are joined as those of a web site.
const HERE: &str = "http://kept.invalid/";

/// The links of the page at `url`, whose `<base>` may say that they begin elsewhere; `line` tells where a block
/// begins. Each target once, no place on the page itself.
pub fn of(anchors: Vec<Anchor>, url: &str, base: Option<&str>, line: impl Fn(usize) -> usize) -> Vec<Link> {
    let kept = url.split_once(':').filter(|(scheme, _)| !matches!(*scheme, "http" | "https"));
    let own = kept.map_or(url.to_owned(), |(_, path)| format!("{HERE}{}", path.trim_start_matches("./")));
    let Ok(own) = Url::parse(&own) else { return Vec::new() };
    let from = base.and_then(|base| own.join(base).ok()).unwrap_or_else(|| own.clone());
    let mut seen = HashSet::from([bare(&own)]);
    let mut links = Vec::new();
    // a place on this page is meant as one, whatever `<base>` makes of it
    for anchor in anchors.into_iter().filter(|anchor| !anchor.href.trim_start().starts_with('#')) {
        let target = from.join(anchor.href.trim()).ok().filter(|to| matches!(to.scheme(), "http" | "https"));
        let Some(target) = target.filter(|target| seen.insert(bare(target))) else { continue };
        let url = match (kept, bare(&target).strip_prefix(HERE)) {
            (Some((scheme, _)), Some(path)) => {
                format!("{scheme}:{}", percent_encoding::percent_decode_str(path).decode_utf8_lossy())
            }
            _ => target.into(),
        };
        let text = passage::shorten(&anchor.text, LONGEST);
        links.push(Link { line: line(anchor.block), text, url });
        if links.len() == MOST {
            break;
        }
    }
    links
}

fn bare(url: &Url) -> String {
    url[..url::Position::AfterQuery].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, base: Option<&str>, href: &str, want: Option<&str>) {
        let anchor = Anchor { block: 3, href: href.into(), text: "x".into() };
        let found = of(vec![anchor], page, base, |block| block * 2);
        assert_eq!(found.first().map(|link| link.url.as_str()), want, "{href}");
        assert!(found.iter().all(|link| link.line == 6));
    }

    #[test]
    fn links_are_joined_with_their_page() {
        let page = "https://a.example/dir/page?x=1";
        check(page, None, "other#part", Some("https://a.example/dir/other#part"));
        check(page, None, "//b.example/", Some("https://b.example/"));
        check(page, Some("/base/"), "other", Some("https://a.example/base/other"));
        check(page, Some("https://c.example/d/"), "../e", Some("https://c.example/e"));
        for nowhere in ["#part", "page?x=1", "mailto:a@b.example", "javascript:void(0)", "http://["] {
            check(page, None, nowhere, None);
        }
    }

    #[test]
    fn pages_of_this_machine_lead_to_each_other() {
        check("local:notes/a b.html", None, "c%20d.html", Some("local:notes/c d.html"));
        check("local:notes/a.html", None, "/top.html", Some("local:top.html"));
        check("zim:norra/A/Sund", None, "../I/Ferry", Some("zim:norra/I/Ferry"));
        check("local:a.html", None, "https://b.example/", Some("https://b.example/"));
    }
}
