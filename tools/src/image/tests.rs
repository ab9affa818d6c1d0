#![allow(clippy::unwrap_used)]
use super::{plan::Plan, shapes::grammar, svg::check, *};
use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar, toktrie::ApproximateTokEnv};
use polymath_chat::{Completer, Completion, CompletionError, Constraint};
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

const PLAN: &str = r#"{"idea":"A robot beside a tree","background":"skyblue","ground":"palegreen","objects":[
    {"name":"strange robot","symbol":"other","color":"gray","place":"center","size":"large"},
    {"name":"tree","symbol":"other","color":"green","place":"center","size":"small"}],"caption":"Acme AI"}"#;
const ROBOT: &str = "<rect x=\"20\" y=\"20\" width=\"60\" height=\"60\" fill=\"gray\"/>\n<circle cx=\"40\" cy=\"40\" r=\"5\" fill=\"tomato\"/>\n</g>";
const TREE: &str = "<rect x=\"45\" y=\"50\" width=\"10\" height=\"50\" fill=\"peru\"/>\n<rect x=\"45\" y=\"50\" width=\"10\" height=\"50\" fill=\"peru\"/>\n<path d=\"M10 50 L50 10 L90 50 Z\" fill=\"green\"/>\n</g>";

/// Says its lines in order, and holds them against the constraint they were asked for under.
struct Script {
    lines: Mutex<Vec<&'static str>>,
    lawful: bool,
}

#[async_trait]
impl Completer for Script {
    async fn complete(&self, task: Completion) -> Result<String, CompletionError> {
        let line = self.lines.lock().unwrap().remove(0);
        if line == "too long" {
            return Err(CompletionError::TooLong(task.max_tokens));
        }
        if self.lawful {
            let compact: Option<Value> = serde_json::from_str(line).ok();
            assert!(accepts(&task.constraint.unwrap(), &compact.map_or(line.into(), |v| v.to_string())), "{line}");
        }
        Ok(line.to_owned())
    }
}

fn accepts(constraint: &Constraint, text: &str) -> bool {
    let env = ApproximateTokEnv::single_byte_env();
    let factory = ParserFactory::new_simple(&env).unwrap();
    let grammar = match constraint {
        Constraint::Lark(lark) => TopLevelGrammar::from_lark(lark.clone()),
        Constraint::JsonSchema(schema) => {
            let mut schema = schema.clone();
            schema["x-guidance"] = json!({"whitespace_flexible": false});
            TopLevelGrammar::from_json_schema(schema)
        }
        Constraint::Choice(_) => unreachable!(),
    };
    let mut matcher = Matcher::new(factory.create_parser(grammar));
    assert_eq!(matcher.get_error(), None);
    let tokens = env.tokenize(text);
    matcher.try_consume_tokens(&tokens).unwrap() == tokens.len() && matcher.is_accepting().unwrap()
}

async fn draw(lines: &[&'static str], args: Value, lawful: bool) -> (tempfile::TempDir, Result<ToolOutput, ToolError>) {
    let directory = tempfile::tempdir().unwrap();
    let script = Script { lines: Mutex::new(lines.to_vec()), lawful };
    let cx = CallCx {
        today: chrono::NaiveDate::default(),
        session: "t".into(),
        out: directory.path().to_owned(),
        model: Some(Arc::new(script)),
        tables: Vec::new(),
        files: Vec::new(),
        cancel: CancellationToken::new(),
    };
    let output = Image::default().call(args, &cx).await;
    (directory, output)
}

/// Width and height as the PNG's header has them.
fn png_size(path: &Path) -> (u32, u32) {
    let data = std::fs::read(path).unwrap();
    assert_eq!(&data[1..4], b"PNG");
    let number = |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
async fn a_plan_and_its_objects_become_a_picture() {
    let args = json!({"prompt": "The company Acme AI: robots & trees!", "width": 400, "height": 300});
    let (_directory, output) = draw(&[PLAN, ROBOT, TREE], args, true).await;
    let output = output.unwrap();
    let [png, svg] = &output.artifacts[..] else { panic!("{output:?}") };
    assert_eq!(
        (png.name.as_str(), svg.name.as_str()),
        ("the-company-acme-ai-robots-trees.png", "the-company-acme-ai-robots-trees.svg")
    );
    assert_eq!(png_size(&png.path), (400, 300));
    let drawing = std::fs::read_to_string(&svg.path).unwrap();
    assert!(drawing.contains(">Acme AI</text>"));
    assert_eq!(drawing.matches("fill=\"peru\"").count(), 1, "what is drawn twice is kept once");
    assert_eq!(
        output.content,
        "Drew the-company-acme-ai-robots-trees.png (400 × 300 pixels): strange robot (gray), tree (green), on skyblue, with the caption \"Acme AI\""
    );
}

#[tokio::test]
async fn files_are_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("picture.png"), "mine").unwrap();
    let file = write_new(directory.path(), &first_words("***"), "png", b"new").unwrap();
    assert_eq!((file.name.as_str(), file.mime.as_str()), ("picture-2.png", "image/png"));
    assert_eq!(first_words("画出公司的图 a/../b"), "画出公司的图-a-b");
}

#[tokio::test]
async fn an_object_that_fails_costs_only_itself() {
    let hostile = "<image href=\"file:///etc/passwd\"/>\n</g>";
    for bad in ["too long", hostile, "", "<script>alert(1)</script>"] {
        let (_directory, output) = draw(&[PLAN, bad, TREE], json!({"prompt": "x"}), false).await;
        assert!(output.unwrap().content.contains(": tree (green), on skyblue"), "{bad}");
    }
    let (directory, output) = draw(&[PLAN, hostile, "too long"], json!({"prompt": "x"}), false).await;
    assert!(matches!(output, Err(ToolError::TellModel(f)) if f.kind == "exception"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_drawn_is_told() {
    let kind = |output: Result<ToolOutput, ToolError>| match output {
        Err(ToolError::TellModel(failure)) => failure.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(draw(&["no plan"], json!({"prompt": "x"}), false).await.1), "exception");
    assert_eq!(kind(draw(&[], json!({"prompt": " "}), true).await.1), "arguments");
    assert_eq!(kind(draw(&[], json!({"prompt": "x", "width": 100_000}), true).await.1), "arguments");
    let cx = CallCx {
        today: chrono::NaiveDate::default(),
        session: "t".into(),
        out: std::env::temp_dir(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        cancel: CancellationToken::new(),
    };
    assert_eq!(kind(Image::default().call(json!({"prompt": "x"}), &cx).await), "unavailable");
}

#[track_caller]
fn check_refused(inside: &str, why: &str) {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{inside}</svg>"
    );
    let error = check(&svg).unwrap_err();
    assert!(error.contains(why), "{error}");
}

#[tokio::test]
async fn what_there_is_a_symbol_for_is_not_drawn_anew() {
    let plan = r#"{"idea":"A cat in the sun","background":"skyblue","ground":"none","objects":[
        {"name":"cat","symbol":"cat","color":"orange","place":"center","size":"large"}],"caption":""}"#;
    let (_directory, output) = draw(&[plan], json!({"prompt": "a cat"}), true).await;
    assert!(output.unwrap().content.ends_with(": cat (orange), on skyblue"));
}

#[test]
fn every_symbol_is_a_safe_drawing() {
    assert!(symbols::names().count() > 50);
    for name in symbols::names() {
        let shapes = symbols::shapes(name, "teal").unwrap();
        let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\">{shapes}</svg>");
        assert_eq!(check(&svg), Ok(()), "{name}");
        assert!(crate::raster::render(&svg, 64, 64).unwrap().len() > 250, "{name} shows nothing");
    }
    assert_eq!(symbols::shapes("other", "teal"), None);
}

#[test]
fn hostile_drawings_are_refused() {
    check_refused("<script>alert(1)</script>", "<script>");
    check_refused("<image href=\"http://h/x.png\"/>", "<image>");
    check_refused("<use href=\"#a\"/>", "<use>");
    check_refused("<style>*{}</style>", "<style>");
    check_refused("<foreignObject/>", "<foreignObject>");
    check_refused("<animate attributeName=\"x\"/>", "<animate>");
    check_refused("<a xlink:href=\"http://h\"><rect/></a>", "<a>");
    check_refused("<rect onclick=\"x\"/>", "onclick");
    check_refused("<rect style=\"fill:url(http://h)\"/>", "style");
    check_refused("<rect xlink:href=\"#x\"/>", "href");
    check_refused("<rect fill=\"url(http://h/x)\"/>", "fill");
    check_refused("<rect fill=\"url(#other)\"/>", "fill");
    check_refused("<rect width=\"1e30\"/>", "width");
    check_refused("<rect width=\"100%\"/>", "width");
    check_refused("<path d=\"M0 0 L99999999 1\"/>", "d=");
    check_refused("<g transform=\"matrix(1 0 0 1 0 0)\"/>", "transform");
    check_refused("<?xml-stylesheet href=\"x\"?>", "processing instruction");
    check_refused("<h:rect xmlns:h=\"http://www.w3.org/1999/xhtml\"/>", "<rect>");
    check_refused(&"<rect/>".repeat(2_000), "no XML");
    check_refused(&" ".repeat(100_000), "bytes");
    let bomb = "<!DOCTYPE svg [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><svg xmlns=\"http://www.w3.org/2000/svg\"><text>&b;</text></svg>";
    assert!(check(bomb).unwrap_err().contains("no XML"));
    assert!(check("<html/>").is_err() && check("").is_err());
}

#[test]
fn the_grammar_allows_shapes_and_nothing_else() {
    let lark = Constraint::Lark(grammar());
    assert!(accepts(&lark, ROBOT) && accepts(&lark, TREE));
    for wrong in [
        "<script/>\n</g>",
        "<rect x=\"101\" y=\"0\" width=\"1\" height=\"1\" fill=\"red\"/>\n</g>",
        "<rect x=\"1\" y=\"0\" width=\"0\" height=\"1\" fill=\"gray\"/>\n</g>",
        "<circle cx=\"40\" cy=\"40\" r=\"5\" fill=\"tomato\" onclick=\"x\"/>\n</g>",
    ] {
        assert!(!accepts(&lark, wrong), "{wrong}");
    }
    let circle = "<circle cx=\"40\" cy=\"40\" r=\"5\" fill=\"tomato\"/>\n";
    assert!(accepts(&lark, &format!("{}</g>", circle.repeat(shapes::MAX_SHAPES))));
    assert!(!accepts(&lark, &format!("{}</g>", circle.repeat(shapes::MAX_SHAPES + 1))), "it has an end");
}

#[test]
fn objects_can_be_told_from_the_background() {
    let object = r#"{"name":"cup","symbol":"cup","color":"lightblue","place":"center","size":"large"}"#;
    let plan = format!(
        r#"{{"idea":"","background":"lightblue","ground":"none","objects":[{object},{}],"caption":""}}"#,
        object.replace("center", "left")
    );
    let colors: Vec<String> = Plan::read(&plan, "x").unwrap().objects.into_iter().map(|o| o.color).collect();
    assert_eq!(colors, ["royalblue", "tomato"]);
}

#[test]
fn objects_stay_on_the_canvas_and_apart() {
    let plan = Plan::read(PLAN, "Acme AI").unwrap();
    for (width, height) in [(100.0, 100.0), (300.0, 100.0), (100.0, 250.0)] {
        let squares = plan.layout(width, height);
        assert!(squares.iter().all(|s| s.x >= 0.0 && s.y >= 0.0 && s.x + s.side <= width && s.y + s.side <= height));
        assert_ne!((squares[0].x, squares[0].y), (squares[1].x, squares[1].y));
    }
    assert_eq!(Plan::read(PLAN, "another company").unwrap().caption, "", "a caption is a name from the prompt");
    assert!(Plan::read("{}", "x").is_err());
}
