//! A strong model behind an OpenAI-compatible endpoint, from the wire to the cited answer: the real
//! remote engine, the real agent and the real local tools over a folder of pages.

#![allow(clippy::unwrap_used)]

mod server;
#[path = "../../../tools/tests/browser_common/zim.rs"]
mod zim;

use polymath_agent::{Agent, CallLimits, Chat, Mode, Settings, TurnEnd};
use polymath_chat::{Event, FigureStatus, Stop};
use polymath_model::engine::Sampling;
use polymath_model::remote::{Address, Patience, RemoteEngine, RemoteOptions};
use polymath_tools::browser::{Browser, BrowserConfig, BrowserFind, BrowserOpen, BrowserSearch, SearchSpec};
use polymath_tools::{Calculator, Image, Registry, Sql, Tool};
use serde_json::{Value, json};
use server::{Says, Server, calls, text};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

const TUNNELS: &str = "<html><head><title>Tunnels of Norra</title></head><body><h1>Tunnels of Norra</h1>
<p>Four road tunnels join the islands of Norra.</p>
<table><tr><th>Tunnel</th><th>Length (km)</th><th>Opened</th></tr>
<tr><td>Ost</td><td>5.3</td><td>1931</td></tr><tr><td>Vest</td><td>7.8</td><td>1954</td></tr>
<tr><td>Nord</td><td>11.25</td><td>1988</td></tr><tr><td>Sund</td><td>9.6</td><td>2004</td></tr></table></body></html>";
const FERRIES: &str = "<html><head><title>The Sund ferry</title></head><body><h1>The Sund ferry</h1>
<p>The Sund ferry carried 412,000 passengers in 2003, more than in any year before.</p>
<p>It was given up when the tunnel was opened.</p></body></html>";
const PLAN: &str = r#"{"idea":"A car before a mountain","background":"skyblue","ground":"palegreen","objects":[{"name":"mountain","symbol":"mountain","color":"gray","place":"center","size":"large"},{"name":"car","symbol":"car","color":"tomato","place":"bottom left","size":"small"},{"name":"sun","symbol":"sun","color":"gold","place":"top right","size":"small"}],"caption":""}"#;
const QUESTION: &str =
    "Which tunnels has Norra, how long are they together, and who took the ferry? We are 14 people. Draw it.";

/// A turn and what it left.
struct Run {
    server: Server,
    chat: Chat,
    events: Vec<Event>,
    end: TurnEnd,
    _folder: TempDir,
}

impl Run {
    fn notices(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|e| if let Event::Notice { text } = e { Some(text.as_str()) } else { None })
            .collect()
    }

    /// The results in order: whether each is one, and its text.
    fn results(&self) -> Vec<(bool, &str)> {
        let results = self.events.iter().filter_map(|e| match e {
            Event::Result { ok, content, .. } => Some((*ok, content.as_str())),
            _ => None,
        });
        results.collect()
    }

    /// The last message of each request.
    fn heard(&self) -> Vec<String> {
        let last =
            |body: &Value| body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
        self.server.asked().iter().map(last).collect()
    }
}

fn tools(search: &str, home: &Path) -> Registry {
    let mut config = BrowserConfig::new(SearchSpec::parse(search).unwrap(), home);
    config.keys.clear();
    let browser = Browser::new(config).unwrap();
    let tools: [Arc<dyn Tool>; 6] = [
        Arc::new(BrowserFind::new(browser.clone())),
        Arc::new(BrowserOpen::new(browser.clone())),
        Arc::new(BrowserSearch::new(browser)),
        Arc::new(Calculator::new()),
        Arc::new(Image::default()),
        Arc::new(Sql::default()),
    ];
    Registry::new(tools)
}

async fn run(context: usize, script: Vec<Says>, pages: &[(&str, &str)]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("pages");
    std::fs::create_dir(&at).unwrap();
    for (name, body) in pages {
        std::fs::write(at.join(name), body).unwrap();
    }
    let search = format!("local:{}", at.display());
    run_over(context, script, folder, &search).await
}

async fn run_over(context: usize, script: Vec<Says>, folder: TempDir, search: &str) -> Run {
    let server = Server::start(context, script).await;
    let address = Address::parse(&format!("http://{}/v1#strong", server.address)).unwrap();
    let patience = Patience { tries: 1, idle: Duration::from_secs(10), ..Patience::default() };
    let options = RemoteOptions { address, key: None, patience };
    let engine = RemoteEngine::connect(options, &CancellationToken::new()).await.unwrap();
    let settings = Settings {
        mode: Mode::Auto,
        max_steps: 30,
        deadline: Duration::from_secs(100),
        sampling: Sampling::default(),
        limits: CallLimits::default(),
        out: folder.path().join("artifacts"),
        approve: Default::default(),
        today: None,
        skills: Default::default(),
    };
    let agent = Agent { engine: Arc::new(engine), tools: tools(search, folder.path()), settings };
    let (sender, mut inbox) = unbounded_channel();
    let mut chat = Chat::new("endpoint");
    let end = agent.turn(&mut chat, QUESTION, &sender, CancellationToken::new()).await.unwrap();
    drop(sender);
    let mut events = Vec::new();
    while let Some(event) = inbox.recv().await {
        events.push(event);
    }
    Run { server, chat, events, end, _folder: folder }
}

fn sum(i: usize) -> Says {
    calls(&[("calculator", json!({"expression": format!("{i} * 37 + 1000")}))])
}

#[tokio::test]
async fn thirty_steps_to_a_cited_answer() {
    let query = "SELECT Tunnel, \"Length (km)\" FROM t1 ORDER BY 2 DESC";
    let mut script = vec![
        calls(&[
            ("browser_search", json!({"query": "tunnels of Norra"})),
            ("browser_search", json!({"query": "Sund ferry passengers"})),
        ]),
        calls(&[
            ("browser_open", json!({"target": "local:tunnels.html"})),
            ("browser_open", json!({"target": "local:ferries.html"})),
        ]),
        // The arguments break off: nothing of it is run.
        Says::Calls(vec![("sql", "{\"query\": \"SELECT Tun".to_owned())]),
        calls(&[("sql", json!({"query": query}))]),
        // An argument that the tool does not know.
        calls(&[("calculator", json!({"expr": "5.3 + 7.8 + 11.25 + 9.6"}))]),
        calls(&[
            ("calculator", json!({"expression": "5.3 + 7.8 + 11.25 + 9.6"})),
            ("calculator", json!({"expression": "33.95 km in miles"})),
        ]),
        calls(&[("image", json!({"prompt": "a road to a tunnel", "width": 128, "height": 128}))]),
        text(PLAN),
    ];
    script.extend((7..30).map(sum));
    // The draft is cut, and has a length that no page has.
    script.push(Says::Cut(
        "| Tunnel | Length |\n|---|---|\n| Nord | 11.52 km [1] |\n| Sund | 9.6 km [1] |\n\nThe longest one was opened"
            .to_owned(),
    ));
    script.push(text("longest one was opened in 1988 [1]."));
    script.push(text(
        "| Tunnel | Length |\n|---|---|\n| Nord | 11.25 km |\n| Sund | 9.6 km |\n\nTogether they are 33.95 km long, about 21.1 miles. \
         The ferry carried 412,000 passengers in 2003 [2]. For the 14 of you the toll is 960 kroner.",
    ));
    let run = run(32_768, script, &[("tunnels.html", TUNNELS), ("ferries.html", FERRIES)]).await;
    assert_eq!((run.server.left(), run.end.stop), (0, Stop::Answer), "{:?}", run.events.last());
    assert!(
        matches!(run.events.last(), Some(Event::Done { steps: 30, stop: Stop::Answer, .. })),
        "{:?}",
        run.events.last()
    );

    // What the model was shown: tools, results in the order of its calls, pages by their numbers, tables by their names.
    let asked = run.server.asked();
    assert_eq!((asked[0]["tools"].as_array().unwrap().len(), &asked[0]["stream"]), (6, &json!(true)));
    let told = |request: usize, back: usize| {
        let messages = asked[request]["messages"].as_array().unwrap();
        messages[messages.len() - back]["content"].as_str().unwrap()
    };
    assert!(told(1, 2).contains("local:tunnels.html") && told(1, 1).contains("local:ferries.html"), "{}", told(1, 1));
    assert!(told(2, 2).starts_with("[1] Tunnels of Norra\n"), "{}", told(2, 2));
    assert!(told(2, 2).ends_with("t1 = Tunnels of Norra (Tunnel | Length (km) | Opened), 4 rows]"), "{}", told(2, 2));
    assert!(told(2, 1).starts_with("[2] The Sund ferry\n"), "{}", told(2, 1));
    let heard = run.heard();
    assert!(heard[3].contains("cannot be read as one") && heard[3].contains("Nothing was run"), "{}", heard[3]);
    assert!(heard[4].contains("| Nord | 11.25 |") && heard[4].contains("t2 = "), "{}", heard[4]);
    assert!(
        heard[5].starts_with("Error (arguments): ") && heard[5].ends_with("it takes expression (string, required)"),
        "{}",
        heard[5]
    );
    assert!(heard[6].starts_with("approx. 21.09") && told(6, 2).starts_with("33.95"), "{} {}", told(6, 2), heard[6]);
    assert!(asked[7]["response_format"].is_object() && asked[7]["tools"].is_null(), "{}", asked[7]);

    // The cut draft goes on, then goes back for its one figure, with the nearest true one.
    let (cut, objection) = (&heard[heard.len() - 2], &heard[heard.len() - 1]);
    assert!(cut.contains("was cut") && cut.contains("longest one was opened\""), "{cut}");
    assert!(
        objection.contains("- 11.52: nearest: 11.25") && objection.contains("[1]") && !objection.contains("- 9.6"),
        "{objection}"
    );
    let draft = asked.last().unwrap()["messages"].as_array().unwrap();
    let draft = draft[draft.len() - 2]["content"].as_str().unwrap();
    assert!(draft.ends_with("The longest one was opened in 1988 [1]."), "{draft}");
    let notices = run.notices();
    for (notice, part) in notices.iter().zip(["cannot be read", "was cut", "stand in no source (11.52)"]) {
        assert!(notice.contains(part), "{notice}");
    }
    assert_eq!(notices.len(), 3, "{notices:?}");

    // The answer: its sources, those of the table's cells included, and what is known of its figures.
    let Some(Event::Answer { text, citations, figures }) =
        run.events.iter().rfind(|e| matches!(e, Event::Answer { .. }))
    else {
        panic!("{:?}", run.events)
    };
    assert!(text.starts_with("| Tunnel |"), "{text}");
    let cited: Vec<(usize, &str, &str)> = citations.iter().map(|c| (c.n, c.url.as_str(), c.title.as_str())).collect();
    assert_eq!(cited, [(1, "local:tunnels.html", "Tunnels of Norra"), (2, "local:ferries.html", "The Sund ferry")]);
    assert!(citations[0].quote.contains("11.25") && citations[1].quote.contains("412,000"), "{citations:?}");
    use FigureStatus::{Computed, Given, Sourced, Unverified};
    let statuses: Vec<(&str, FigureStatus)> = figures.iter().map(|f| (f.text.as_str(), f.status)).collect();
    let want = [
        ("11.25", Sourced),
        ("9.6", Sourced),
        ("33.95", Computed),
        ("21.1", Computed),
        ("412,000", Sourced),
        ("2003", Sourced),
        ("14", Given),
        ("960 kroner", Unverified),
    ];
    assert_eq!(statuses, want);

    // What is left: a picture, tables with their cells' sources, the calculator's values.
    let names: Vec<&str> = run.end.artifacts.iter().map(|a| a.mime.as_str()).collect();
    assert_eq!(names, ["image/png", "image/svg+xml"]);
    assert!(std::fs::read(&run.end.artifacts[0].path).unwrap().starts_with(b"\x89PNG"));
    assert_eq!((run.chat.tables.len(), run.chat.facts.len()), (2, 25));
    assert_eq!(run.chat.facts[0].number, Some(33.95));
    let longest = &run.chat.tables[1].rows[0][1];
    assert_eq!((longest.display(), longest.number), ("11.25", Some(11.25)));
    assert!(
        matches!(&*longest.provenance, polymath_chat::Provenance::Sourced { url, .. } if url == "local:tunnels.html"),
        "{longest:?}"
    );
}

#[tokio::test]
async fn a_server_that_keeps_less_than_it_said_is_asked_again_with_less() {
    let page = format!("<title>The line</title><h1>The line</h1><p>{}</p>", "A station by the sea. ".repeat(150));
    let refusal = "This model's maximum context length is 2048 tokens. However, your messages resulted in 2500 tokens.";
    let script = vec![
        calls(&[("browser_open", json!({"target": "local:line.html"}))]),
        sum(1),
        Says::Refuses(refusal),
        text("It lies by the sea [1]."),
    ];
    let run = run(32_768, script, &[("line.html", &page)]).await;
    assert_eq!((run.server.left(), run.end.stop), (0, Stop::Answer));
    let asked = run.server.asked();
    let result = |request: usize| asked[request]["messages"][3]["content"].as_str().unwrap();
    assert!(result(2).starts_with("[1] The line\n"), "{}", result(2));
    assert!(result(3).starts_with("[shortened: [1] The line ("), "{}", result(3));
    assert!(run.notices()[0].ends_with("older results of tools were shortened: 1"), "{:?}", run.notices());
}

#[tokio::test]
async fn at_the_limit_of_steps_a_small_context_was_kept_and_a_last_answer_is_asked_for() {
    let lines: String = (0..150)
        .map(|i| format!("<p>Station {i} of the line lies {} m above the sea and has a name.</p>", 100 + 7 * i))
        .collect();
    let page = format!("<title>The line</title><h1>The line</h1>{lines}");
    let open = |line: usize| calls(&[("browser_open", json!({"target": "local:line.html", "line": line}))]);
    let mut script: Vec<Says> = (0..7).map(|i| open(1 + 20 * i)).collect();
    // Its first result was shortened: it may be read again.
    script.push(open(1));
    script.extend((8..30).map(sum));
    script.push(text("Station 149 lies 1,143 m above the sea [1]."));
    let run = run(8192, script, &[("line.html", &page)]).await;
    assert_eq!((run.server.left(), run.end.stop), (0, Stop::StepLimit));
    assert!(run.results().iter().all(|(ok, _)| *ok), "{:?}", run.results());
    let asked = run.server.asked();
    let last = asked.last().unwrap();
    assert_eq!(last["tool_choice"], "none");
    let messages = last["messages"].as_array().unwrap();
    assert_eq!(messages[1]["content"], QUESTION);
    assert!(messages[3]["content"].as_str().unwrap().starts_with("[shortened: [1] The line ("), "{}", messages[3]);
    assert!(run.notices()[0].starts_with("the conversation fills the model's context; "), "{:?}", run.notices());
    // No request was larger than the context without the reply, as the engine counts: four letters a token.
    let letters = |body: &Value| -> usize {
        let messages = body["messages"].as_array().unwrap().iter();
        let said = messages.map(|m| m["content"].as_str().unwrap().len() + m["tool_calls"].to_string().len());
        said.sum::<usize>() + body["tools"].to_string().len()
    };
    let largest = asked.iter().map(letters).max().unwrap();
    assert!(largest / 4 < 8192 - 2048, "{largest} bytes");
    assert_eq!(run.end.answer.figures[1].status, FigureStatus::Sourced, "{:?}", run.end.answer);
}

#[tokio::test]
async fn an_archive_of_pages_is_searched_opened_and_cited() {
    use zim::{Entry, zim};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("norra.zim");
    let pages =
        [("Sund_ferry", "Sund ferry", Entry::Page(FERRIES)), ("Ferry", "Ferry of Sund", Entry::Redirect("Sund_ferry"))];
    std::fs::write(&file, zim(&pages)).unwrap();
    let script = vec![
        calls(&[("browser_search", json!({"query": "passengers of the Sund ferry"}))]),
        calls(&[("browser_open", json!({"target": 1}))]),
        text("The Sund ferry carried 412,000 passengers in 2003 [1]."),
    ];
    let run = run_over(32_768, script, folder, &format!("zim:{}", file.display())).await;
    let Some(Event::Answer { citations, figures, .. }) = run.events.iter().rfind(|e| matches!(e, Event::Answer { .. }))
    else {
        panic!("{:?}", run.events)
    };
    let cited: Vec<(&str, &str)> = citations.iter().map(|c| (c.url.as_str(), c.title.as_str())).collect();
    assert_eq!(cited, [("zim:norra/Sund_ferry", "Sund ferry")]);
    assert!(citations[0].quote.contains("412,000"), "{citations:?}");
    assert!(figures.iter().all(|figure| figure.status == FigureStatus::Sourced), "{figures:?}");
}
