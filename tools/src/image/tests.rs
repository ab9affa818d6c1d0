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
        approve: None,
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
        approve: None,
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
    let names: Vec<&str> = symbols::names().collect();
    assert!(names.len() >= 150 && names.iter().collect::<std::collections::HashSet<_>>().len() == names.len());
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
fn captions_are_names_of_the_prompt() {
    assert_eq!(Plan::read(PLAN, "Acme AI").unwrap().caption, "Acme AI");
    assert_eq!(Plan::read(PLAN, "another company").unwrap().caption, "");
    assert!(Plan::read("{}", "x").is_err());
}

#[derive(serde::Deserialize)]
struct Case {
    prompt: String,
    plan: Value,
}

/// The plans of `examples/pictures`, as a model would write them.
fn cases() -> Vec<(String, Plan)> {
    let file = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../examples/pictures/plans.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let one = |line: &str| {
        let case: Case = serde_json::from_str(line).unwrap();
        assert!(accepts(&Constraint::JsonSchema(plan::schema()), &case.plan.to_string()), "{line}");
        let plan = Plan::read(&case.plan.to_string(), &case.prompt).unwrap();
        (case.prompt, plan)
    };
    text.lines().map(one).collect()
}

/// With `PICTURES_OUT=DIR` each is written there, in each style, to be looked at.
#[test]
fn pictures_of_plans_can_be_drawn_in_every_style() {
    let out = std::env::var_os("PICTURES_OUT").map(std::path::PathBuf::from);
    let all = cases();
    assert!(all.len() >= 20);
    for (prompt, plan) in all {
        let shapes: Vec<String> =
            plan.objects.iter().map(|o| symbols::shapes(&o.symbol, &o.color).expect("a symbol")).collect();
        for (name, style) in STYLES {
            let picture = Picture { width: 640, height: 640, style: Some(style), ..Picture::default() };
            let svg = sketch::composed(&plan, &shapes, &picture);
            assert_eq!(check(&svg), Ok(()), "{prompt}, {name}");
            if let Some(out) = &out {
                let png = crate::raster::render(&svg, 640, 640).unwrap();
                std::fs::write(out.join(format!("{}-{name}.png", first_words(&prompt))), png).unwrap();
            }
        }
    }
}

#[test]
fn objects_stay_on_the_canvas_and_apart() {
    use super::scene::{Area, Extent, arrange, bounds};
    let whole = Extent { left: 10.0, top: 5.0, right: 90.0, bottom: 96.0 };
    for (prompt, plan) in cases() {
        let extents = vec![whole; plan.objects.len()];
        for (width, height) in [(100.0, 100.0), (178.0, 100.0), (100.0, 160.0)] {
            let area = Area { left: 0.0, top: 0.0, width, height };
            let placed = arrange(&plan, &extents, area);
            assert_eq!(placed.len(), plan.objects.len());
            let boxes: Vec<[f64; 4]> = placed.iter().map(|(_, placed)| bounds(&placed.square, &whole)).collect();
            for (i, a) in boxes.iter().enumerate() {
                let inside = a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= width && a[3] <= height;
                assert!(inside, "{prompt}: {a:?} leaves {width} x {height}");
                for b in &boxes[..i] {
                    let covered =
                        (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
                    let least = [a, b].map(|o| (o[2] - o[0]) * (o[3] - o[1])).into_iter().fold(f64::INFINITY, f64::min);
                    assert!(covered <= 0.25 * least, "{prompt}: {covered} of {least} is covered in {width} x {height}");
                }
            }
            let standing = placed.iter().filter(|(_, placed)| placed.shadow.is_some());
            for (at, placed) in standing {
                let line = placed.shadow.unwrap().1;
                assert!((bounds(&placed.square, &whole)[3] - line).abs() < 1e-9, "{prompt}: {at} does not stand");
            }
        }
    }
}
