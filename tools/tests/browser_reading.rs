//! What a person reads of a page: not what is hidden, marks and numbers as they are meant, and comments and
//! teasers apart from the text.
#![allow(clippy::unwrap_used)]

mod browser_common;

use browser_common::{folder, read};
use serde_json::json;

const SEEN: &str =
    "<p>The mill at Weir End was built in 1874 and has ground oats ever since, in three storeys of brick.</p>";

/// What the model sees of a page.
async fn seen(body: &str) -> String {
    let (_folder, bench) = folder(&[("p.html", body.as_bytes())]);
    bench.open("local:p.html").await.unwrap().content
}

async fn text(body: &str) -> String {
    read("p.html", body.as_bytes()).await.unwrap().sources.remove(0).text
}

#[tokio::test]
async fn hidden_text_is_left_out_and_counted() {
    let styled = [
        "display:none",
        "DISPLAY : none !important",
        "visibility:hidden",
        "visibility:collapse",
        "opacity:0",
        "opacity:.01",
        "filter:opacity(0%)",
        "font-size:0",
        "font-size:1px",
        "font:0/1 a",
        "height:0;overflow:hidden",
        "width:1px;height:1px;overflow:hidden",
        "max-height:0;overflow-y:hidden",
        "position:absolute;left:-9999px",
        "position:fixed;top:-200vh",
        "text-indent:-9999px",
        "margin-left:-5000px",
        "transform:translateX(-9999px)",
        "transform:scale(0)",
        "position:absolute;clip:rect(0,0,0,0)",
        "clip-path:inset(50%)",
        "clip-path:circle(0)",
        "color:#fff",
        "color:white",
        "color:rgb(255 255 255)",
        "color:transparent",
        "color:rgba(0,0,0,0)",
        "background:#123456;color:#123457",
        "background-color:black;color:black",
        "content-visibility:hidden",
    ];
    let mut pages: Vec<String> =
        styled.iter().map(|style| format!("{SEEN}<p style='{style}'>Buy gold now</p>")).collect();
    for style in styled {
        pages.push(format!("<style>/* x */ @media screen {{ div > .q {{ {style} }} }}</style>{SEEN}<div><p class=q>Buy gold now</p></div>"));
    }
    pages.extend(
        [
            "<p hidden>Buy gold now</p>",
            "<p aria-hidden=true>Buy gold now</p>",
            "<font color=white>Buy gold now</font>",
            "<table bgcolor=navy><tr><td style='color:#000080'>Buy gold now</table>",
            "<div style='color:#fff'><b><i>Buy gold now</i></b></div>",
        ]
        .map(|hidden| format!("{SEEN}{hidden}")),
    );
    for page in pages {
        let content = seen(&page).await;
        assert!(!content.contains("gold") && content.contains("three storeys"), "{page}\n{}", content);
        assert!(content.contains("10 characters that the page hides from readers"), "{page}\n{}", content);
    }
}

#[tokio::test]
async fn what_looks_hidden_and_is_not_stays() {
    for shown in [
        "<style>.q{display:none} p.q{display:block}</style><p class=q>Sold out</p>",
        "<style>@media print{.q{display:none}} @media (max-width:600px){.q{display:none}}</style><p class=q>Sold out</p>",
        "<style>.q{display:none}</style><p class=q style='display:block'>Sold out</p>",
        "<div style='visibility:hidden'><p style='visibility:visible'>Sold out</p></div>",
        "<div style='font-size:0'><p style='font-size:14px'>Sold out</p></div>",
        "<div style='background:#000'><p style='color:#fff'>Sold out</p></div>",
        "<div style='background:url(a.jpg)'><p style='color:#fff'>Sold out</p></div>",
        "<style>.hero{color:#fff}</style><link rel=stylesheet href=a.css><p class=hero>Sold out</p>",
        "<div style='height:0'><p>Sold out</p></div>",
        "<body style='opacity:0'><p>Sold out</p>",
        "<a role=button aria-controls=more>Show all</a><div id=more style='display:none'>Sold out</div>",
        "<details><summary>More</summary><p>Sold out</p></details>",
    ] {
        let content = seen(&format!("{SEEN}{shown}")).await;
        assert!(content.contains("Sold out") && !content.contains("hides"), "{shown}\n{}", content);
    }
}

#[tokio::test]
async fn invisible_characters_are_no_text() {
    let tags: String = "Buy".chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
    let page = format!("<p>Open{tags} un&#x200b;til &#x202e;six&#x2060; pa\u{fe0f}st&#xE0042;</p><pre>a{tags}b</pre>");
    assert_eq!(text(&page).await, "Open until six past\nab");
    assert_eq!(text("<p>می\u{200c}خواهم</p>").await, "می\u{200c}خواهم", "Persian is written with joiners");
}

#[tokio::test]
async fn raised_and_struck_out_text_is_read_as_it_is_meant() {
    for (html, want) in [
        ("10<sup>8</sup> rows", "10⁸ rows"),
        ("6.02 × 10<sup>−23</sup>", "6.02 × 10⁻²³"),
        ("52 km<sup>2</sup>", "52 km²"),
        ("<sup>14</sup>C and H<sub>2</sub>O", "¹⁴C and H2O"),
        ("the 1<sup>st</sup> of May", "the 1st of May"),
        ("a<sup>n</sup>", "a^n"),
        ("grew to 1,234<sup>1</sup> in May", "grew to 1,234 in May"),
        ("grew to 1,234<sup><a href='#n1'>2</a></sup>.", "grew to 1,234."),
        ("It opened.<sup class=footnote-ref>3</sup>", "It opened."),
        ("It opened.<sup>[4]</sup>", "It opened."),
        ("56%<sup>a</sup> of them, 12<sup>*</sup>", "56% of them, 12"),
        ("Now <del>$64</del> <ins>$48</ins>", "Now [struck out: $64] $48"),
        ("Was <s>$64.00</s>", "Was [struck out: $64.00]"),
    ] {
        assert_eq!(text(&format!("<p>{html}</p>")).await, want);
    }
}

#[tokio::test]
async fn lists_keep_their_numbers_and_depth() {
    let page = "<ol start=3><li>Salt<ul><li>sea<li>rock</ul><li value=9>Oil</ol><ol type=a><li>x<li>y</ol>\
                <ol reversed><li>two<li>one</ol><ol type=I><li>first<li>second</ol><ul><li>plain</ul>";
    let want = "3. Salt\n  - sea\n  - rock\n9. Oil\na. x\nb. y\n2. two\n1. one\nI. first\nII. second\n- plain";
    assert_eq!(text(page).await, want);
}

#[tokio::test]
async fn definitions_keep_their_terms() {
    let page = "<dl><dt>Colour<dt>Color<dd>blue<dt>Size<dd>9<dd>10<dt>Use<dd><dl><dt>Home<dd>yes</dl></dl>";
    assert_eq!(text(page).await, "- Colour, Color: blue\n- Size: 9\n- Size: 10\nUse\n- Home: yes");
}

#[tokio::test]
async fn tables_are_read_as_people_read_them() {
    let page = "<p>x</p><table><tr><th colspan=2>Selwick<tr><th colspan=2>Highest point<tr><th>Height<td>3,412 m\
                <tr><th colspan=2>Climbing<tr><th>First ascent<td>Ida Brandt<br>Jon Orla<br>(1887)</table>\
                <table><tr><td>Length<td>128 m<tr><td>Made of<td>granite<tr><td>Price<td><del>$9</del> $7</table>\
                <table><tr><td>Owner<td>Share<tr><td>Ann<td>41%<tr><td>Bo<td>59%</table>\
                <table><thead><tr><th rowspan=2>Place<th colspan=2>Residents<tr><th>1990<th>2023\
                <tbody><tr><td>Alm<td>214<td>242</table>";
    let output = read("p.html", page.as_bytes()).await.unwrap();
    let want = "x\nSelwick\nField | Value\nHighest point\nHeight | 3,412 m\nClimbing\n\
                First ascent | Ida Brandt, Jon Orla (1887)\nField | Value\nLength | 128 m\nMade of | granite\nPrice | $7\n\
                Owner | Share\nAnn | 41%\nBo | 59%\nPlace | Residents 1990 | Residents 2023\nAlm | 214 | 242";
    assert_eq!(output.sources[0].text, want);
    assert_eq!(output.tables[1].rows[2][1].number, Some(7.0), "the price that holds");
}

#[tokio::test]
async fn the_published_address_counts_from_the_base() {
    let page = format!("<base href='https://mill.example/a/'><link rel=canonical href='../weir'>{SEEN}");
    let content = seen(&page).await;
    assert!(content.contains("(published at https://mill.example/weir)"), "{}", content);
}

/// An article with comments, teasers and a menu.
fn article() -> String {
    let paragraphs = SEEN.repeat(6);
    format!(
        "<title>The mill</title><nav><a href=/>Home</a><a href=/a>About</a></nav><article><h1>The mill</h1>{paragraphs}</article>\
         <section class=more-stories><h2>More stories</h2><a href=/1>The weir that moved</a></section>\
         <section id=comments><h2>2 comments</h2><div><p>My grandfather carried sacks there for thirty years.</p></div>\
         <div><p>It burnt down in 1911, surely?</p></div></section>"
    )
}

#[tokio::test]
async fn what_stands_beside_the_text_is_shown_when_it_is_asked_for_and_is_no_source() {
    let page = article();
    let (_folder, bench) = folder(&[("m.html", page.as_bytes())]);
    let output = bench.open("local:m.html").await.unwrap();
    assert!(
        !output.sources[0].text.contains("1911") && !output.sources[0].text.contains("moved"),
        "{}",
        output.content
    );
    assert!(
        output.content.contains("(3 lines of comments left out: part \"comments\" shows them)"),
        "{}",
        output.content
    );
    let part = async |name: &str| bench.call("browser_open", json!({"target": "local:m.html", "part": name})).await;
    let comments = part("comments").await.unwrap();
    assert!(
        comments.content.starts_with("comments on the page \"The mill\", not what it says\n"),
        "{}",
        comments.content
    );
    assert!(comments.content.contains("L3: It burnt down in 1911, surely?"), "{}", comments.content);
    assert!(comments.sources.is_empty() && comments.mentions.is_empty(), "nothing that can be cited");
    assert!(part("related").await.unwrap().content.contains("The weir that moved"));
    assert!(part("navigation").await.unwrap().content.contains("About"));
    let (_folder, bare) = folder(&[("b.html", SEEN.as_bytes())]);
    let failure = bare.call("browser_open", json!({"target": "local:b.html", "part": "comments"})).await.unwrap_err();
    assert_eq!(failure.message, "local:b.html has no comments; it has nothing beside its text");
}

#[tokio::test]
async fn where_comments_are_all_there_is_they_are_the_text() {
    let page = article();
    let comments = page.split_once("<section id=comments>").unwrap().1;
    let text = text(&format!("<h1>The mill</h1><section id=comments>{comments}")).await;
    assert!(text.contains("grandfather") && text.contains("1911"), "{text}");
}

#[tokio::test]
async fn words_of_controls_within_the_text_stay() {
    let page = format!(
        "<h1>The mill</h1>{SEEN}<ul><li><b>Categories</b>: is it oats or rye?</li><li><b>Tags</b>: a sack has two</li></ul>\
         <p>The letter comes on Fridays. <a href=/s>Subscribe</a>.</p><p>Press <b>Save</b> and <b>Share</b>.</p><h2>Comments</h2><p>{}</p>",
        "A line that begins with a hash is a comment, and the miller does not read it. ".repeat(2)
    );
    let text = text(&page).await;
    for kept in [
        "- Categories: is it oats",
        "- Tags: a sack",
        "Fridays. Subscribe.",
        "Press Save and Share.",
        "## Comments",
        "a hash",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[tokio::test]
async fn programs_and_lists_of_members_are_text() {
    let members: String = ["Vacant", "Occupied", "Moved"]
        .iter()
        .map(|n| format!("<section id={n}><h3><a href='#{n}'>§</a><a href='{n}.html'>{n}Entry</a></h3></section>"))
        .collect();
    let page = format!(
        "<h1>Entry</h1>{}<pre><span class=comment>// a note</span>\n<span class=k>let</span> x = 1;</pre><div>{members}</div>",
        SEEN.repeat(6)
    );
    let text = text(&page).await;
    assert!(text.contains("// a note\nlet x = 1;"), "{text}");
    assert!(text.contains("VacantEntry") && text.contains("MovedEntry"), "{text}");
}

#[tokio::test]
async fn links_are_numbered_and_followed() {
    let first = format!(
        "<base href=/town/><title>The mill</title><nav><a href=/home>Home</a></nav><h1>The mill</h1>{SEEN}
         <p>It stands by <a href='weir.html'>the weir</a>, see <a href='#top'>above</a>.</p><table><tr><th>Mill<th>Built</tr>
         <tr><td><a href='upper%20mill.html#history'>Upper mill</a><td>1702</tr><tr><td><a href='weir.html'>Weir</a><td>1690</tr>
         </table><p><a href='https://example.com/a'>Elsewhere</a></p>"
    );
    let (_folder, bench) = folder(&[
        ("m.html", first.as_bytes()),
        ("town/weir.html", b"<title>The weir</title><p>It is made of oak."),
        ("town/upper mill.html", b"<title>Upper mill</title><p>It grinds rye."),
    ]);
    let content = bench.open("local:m.html").await.unwrap().content;
    let told =
        "(links on these lines, opened by target \"link N\": 1 the weir; 2 Upper mill; 3 Elsewhere [example.com])";
    assert!(content.ends_with(told), "{content}");
    assert!(bench.open("link 2").await.unwrap().content.contains("It grinds rye."));
    let failure = bench.open("link 1").await.unwrap_err();
    assert_eq!(failure.message, "there is no link 1: local:town/upper mill.html has 0 links");
    bench.open("local:m.html").await.unwrap();
    assert!(bench.open("[Link #1]").await.unwrap().content.contains("made of oak"));
    let alone = bench.call_in("other", "browser_open", json!({"target": "link 1"})).await.unwrap_err();
    assert_eq!(alone.message, "there is no link 1: no page is open");
}

#[tokio::test]
async fn what_a_page_says_of_itself_is_told() {
    let page = format!(
        "<html lang=en><title>The mill</title><meta name=author content='Ada Quill'>
         <meta property=article:published_time content=2021-04-13T08:00:00Z><h1>The mill</h1>{SEEN}"
    );
    let output = read("m.html", page.as_bytes()).await.unwrap();
    assert!(!output.sources[0].text.contains("Quill"), "it is beside the text: {}", output.content);
    let seen = seen(&page).await;
    assert!(seen.contains("\n(published 2021-04-13, by Ada Quill)\nLines 1-"), "{seen}");
}
