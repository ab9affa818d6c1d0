//! The report as one HTML file: style and pictures inside, no script, no request when it is opened.

use super::parts::{ReportTurn, escape, figure_notes, files, is_picture, link_target, marked_table, new_tables};
use base64::{Engine, prelude::BASE64_STANDARD};
use polymath_chat::{Artifact, Citation, Figure, FigureStatus};
use pulldown_cmark::{
    CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html::push_html,
};
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

/// A picture larger than this is linked and not embedded (bytes).
const MAX_EMBEDDED: u64 = 20 << 20;

pub fn html(title: &str, turns: &[ReportTurn]) -> String {
    let mut body = String::new();
    let heading = text(title);
    for (number, turn) in turns.iter().enumerate() {
        section(&mut body, number + 1, turn);
    }
    let contents: String = if turns.len() < 2 {
        String::new()
    } else {
        let items: String = turns
            .iter()
            .enumerate()
            .map(|(i, turn)| format!("<li><a href=\"#q{}\">{}</a></li>", i + 1, text(&turn.question)))
            .collect();
        format!("<nav><ol>{items}</ol></nav>\n")
    };
    // The policy is a second wall: even a mistake above could load and run nothing.
    format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{heading}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{heading}</h1>\n{contents}{body}</main>\n</body>\n</html>\n"
    )
}

fn section(out: &mut String, number: usize, turn: &ReportTurn) {
    let _ = writeln!(out, "<section id=\"q{number}\">\n<h2>{}</h2>", text(&turn.question));
    for said in &turn.said {
        let _ = writeln!(out, "<blockquote>{}</blockquote>", text(said));
    }
    markdown(out, &turn.answer_markdown, number, &turn.citations);
    if let Some(remark) = &turn.remark {
        let _ = write!(out, "<blockquote>{}</blockquote>", text(remark));
    }
    for table in new_tables(turn) {
        let mut source = format!("**{}**\n\n", escape(&table.title));
        source.push_str(&marked_table(table, &turn.citations));
        markdown(out, &source, number, &turn.citations);
    }
    for artifact in files(turn) {
        file(out, artifact);
    }
    sources(out, number, &turn.citations);
    figures(out, &turn.figures);
    out.push_str("</section>\n");
}

/// Text as HTML text.
fn text(source: &str) -> String {
    let mut out = String::new();
    push_html(&mut out, std::iter::once(Event::Text(source.into())));
    out
}

/// Markdown of a model or a page, defused.
fn markdown(out: &mut String, source: &str, section: usize, citations: &[Citation]) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut links = Vec::new();
    let mut code = false;
    let mut events = Vec::new();
    for event in TextMergeStream::new(Parser::new_ext(source, options)) {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Heading { level, .. }) => {
                events.push(Event::Start(Tag::Heading {
                    level: lower(level),
                    id: None,
                    classes: vec![],
                    attrs: vec![],
                }));
            }
            Event::End(TagEnd::Heading(level)) => events.push(Event::End(TagEnd::Heading(lower(level)))),
            // A picture is what a tool made: those of the answer's own would be requests to elsewhere.
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let safe = is_web(&dest_url);
                links.push(safe);
                if safe {
                    events.push(Event::Start(link(dest_url)));
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if links.pop() == Some(true) {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            Event::Start(Tag::CodeBlock(_)) => {
                code = true;
                events.push(event);
            }
            Event::End(TagEnd::CodeBlock) => {
                code = false;
                events.push(event);
            }
            Event::Text(text) if !code && links.is_empty() => cite(&mut events, &text, section, citations),
            other => events.push(other),
        }
    }
    out.push_str("<div class=\"text\">\n");
    push_html(out, events.into_iter());
    out.push_str("</div>\n");
}

fn link(target: CowStr) -> Tag {
    Tag::Link { link_type: LinkType::Inline, dest_url: target, title: "".into(), id: "".into() }
}

fn is_web(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    url.starts_with("https://") || url.starts_with("http://")
}

/// The report's own headings are the first two levels.
fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// Makes `[2]` in a text a link to the second source.
fn cite<'a>(events: &mut Vec<Event<'a>>, text: &str, section: usize, citations: &[Citation]) {
    let mut rest = text;
    let mut from = 0;
    while let Some(open) = rest[from..].find('[').map(|i| i + from) {
        let inside = rest[open + 1..].split(']').next().unwrap_or("");
        let closed = rest[open + 1 + inside.len()..].starts_with(']');
        match inside.parse::<usize>() {
            Ok(n) if closed && citations.iter().any(|c| c.n == n) => {
                events.push(Event::Text(rest[..open].to_owned().into()));
                // `n` is a number: nothing of the text is in this markup.
                events.push(Event::InlineHtml(format!("<a class=\"cite\" href=\"#q{section}-s{n}\">[{n}]</a>").into()));
                rest = &rest[open + inside.len() + 2..];
                from = 0;
            }
            _ => from = open + 1,
        }
    }
    events.push(Event::Text(rest.to_owned().into()));
}

fn file(out: &mut String, artifact: &Artifact) {
    let name = text(&artifact.name);
    let embedded =
        if is_picture(artifact) && artifact.bytes <= MAX_EMBEDDED { std::fs::read(&artifact.path).ok() } else { None };
    match embedded {
        Some(data) => {
            let source = format!("data:{};base64,{}", artifact.mime, BASE64_STANDARD.encode(data));
            let image =
                Tag::Image { link_type: LinkType::Inline, dest_url: source.into(), title: "".into(), id: "".into() };
            out.push_str("<figure>");
            let events = [Event::Start(image), Event::Text(artifact.name.clone().into()), Event::End(TagEnd::Image)];
            push_html(out, events.into_iter());
            let _ = writeln!(out, "<figcaption>{name}</figcaption></figure>");
        }
        None => {
            let file = artifact.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            out.push_str("<p class=\"file\">");
            // "./" keeps a name such as "javascript:x" from being an address of its own.
            let events = [
                Event::Start(link(format!("./{file}").into())),
                Event::Text(artifact.name.clone().into()),
                Event::End(TagEnd::Link),
            ];
            push_html(out, events.into_iter());
            let _ = writeln!(out, " ({} KB)</p>", artifact.bytes.div_ceil(1_000));
        }
    }
}

fn sources(out: &mut String, section: usize, citations: &[Citation]) {
    if citations.is_empty() {
        return;
    }
    out.push_str("<h3>Sources</h3>\n<ol class=\"sources\">\n");
    for source in citations {
        let n = source.n;
        let _ = write!(out, "<li id=\"q{section}-s{n}\" value=\"{n}\">");
        let title = if source.title.trim().is_empty() { &source.url } else { &source.title };
        if is_web(&source.url) {
            let events = [
                Event::Start(link(link_target(&source.url).into())),
                Event::Text(title.as_str().into()),
                Event::End(TagEnd::Link),
            ];
            push_html(out, events.into_iter());
        } else {
            out.push_str(&text(title));
        }
        let _ = write!(out, " <span class=\"url\">{}</span>", text(&source.url));
        if !source.quote.trim().is_empty() {
            let _ = write!(out, "<blockquote>{}</blockquote>", text(source.quote.trim()));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n");
}

/// Every figure of the answer with what stands behind it, folded; what needs attention, unfolded.
fn figures(out: &mut String, figures: &[Figure]) {
    if figures.is_empty() {
        return;
    }
    let notes = figure_notes(figures);
    if !notes.is_empty() {
        out.push_str("<aside>\n");
        markdown(out, &notes, 0, &[]);
        out.push_str("</aside>\n");
    }
    let _ = writeln!(out, "<details><summary>How each figure was checked ({})</summary>\n<table>", figures.len());
    for figure in figures {
        let status = match figure.status {
            FigureStatus::Sourced => "sourced",
            FigureStatus::Computed => "computed",
            FigureStatus::Imputed => "imputed",
            FigureStatus::Extrapolated => "extrapolated",
            FigureStatus::Given => "given",
            FigureStatus::Unverified => "unverified",
        };
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td><span class=\"badge {status}\">{status}</span></td><td>{}</td></tr>",
            text(&figure.text),
            text(&figure.evidence)
        );
    }
    out.push_str("</table></details>\n");
}
