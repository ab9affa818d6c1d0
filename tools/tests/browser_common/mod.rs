//! A browser over a folder of the test's own or over loopback servers, and calls to its tools.
#![allow(dead_code, clippy::unwrap_used)]

pub mod zim;

use polymath_chat::{ToolFailure, ToolOutput};
use polymath_tools::{
    CallCx, Registry, Tool, ToolError,
    browser::{Browser, BrowserConfig, BrowserFind, BrowserOpen, BrowserSearch, SearchSpec},
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub struct Bench {
    pub tools: Registry,
    pub browser: Arc<Browser>,
    pub home: TempDir,
}

impl Bench {
    /// `change` may set anything but the home.
    pub fn new(search: &str, change: impl FnOnce(&mut BrowserConfig)) -> Self {
        Bench::in_home(tempfile::tempdir().unwrap(), search, change)
    }

    pub fn in_home(home: TempDir, search: &str, change: impl FnOnce(&mut BrowserConfig)) -> Self {
        let mut config = BrowserConfig::new(SearchSpec::parse(search).unwrap(), home.path());
        config.keys.clear();
        change(&mut config);
        let browser = Browser::new(config).unwrap();
        let tools: [Arc<dyn Tool>; 3] = [
            Arc::new(BrowserSearch::new(browser.clone())),
            Arc::new(BrowserOpen::new(browser.clone())),
            Arc::new(BrowserFind::new(browser.clone())),
        ];
        Bench { tools: Registry::new(tools), browser, home }
    }

    pub fn over(folder: &Path) -> Self {
        Bench::new(&format!("local:{}", folder.display()), |_| {})
    }

    pub async fn call(&self, tool: &str, args: Value) -> Result<ToolOutput, ToolFailure> {
        self.call_in("s", tool, args).await
    }

    pub async fn call_in(&self, session: &str, tool: &str, args: Value) -> Result<ToolOutput, ToolFailure> {
        let cx = CallCx {
            today: chrono::NaiveDate::default(),
            session: session.into(),
            out: PathBuf::new(),
            model: None,
            tables: Vec::new(),
            files: Vec::new(),
            approve: None,
            cancel: CancellationToken::new(),
        };
        self.tools.get(tool).unwrap().call(args, &cx).await.map_err(|e| match e {
            ToolError::TellModel(failure) => failure,
            ToolError::Abort(e) => panic!("{e:#}"),
        })
    }

    pub async fn search(&self, query: &str) -> Result<ToolOutput, ToolFailure> {
        self.call("browser_search", serde_json::json!({"query": query})).await
    }

    pub async fn open(&self, target: &str) -> Result<ToolOutput, ToolFailure> {
        self.call("browser_open", serde_json::json!({"target": target})).await
    }
}

/// A folder with these files, and a browser over it.
pub fn folder(files: &[(&str, &[u8])]) -> (TempDir, Bench) {
    let folder = tempfile::tempdir().unwrap();
    for (name, body) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, body).unwrap();
    }
    let bench = Bench::over(folder.path());
    (folder, bench)
}

/// The whole text of one page and its tables.
pub async fn read(name: &str, body: &[u8]) -> Result<ToolOutput, ToolFailure> {
    let (_folder, bench) = folder(&[(name, body)]);
    bench.call("browser_open", serde_json::json!({"target": format!("local:{name}"), "full": true})).await
}

/// A PDF of one page a slice, a line of Latin text a string.
pub fn pdf(title: &str, pages: &[&[&str]]) -> Vec<u8> {
    let mut objects = vec![String::new(), String::new(), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned()];
    objects.push(format!("<</Title({title})>>"));
    let mut kids = Vec::new();
    for lines in pages {
        let shown: Vec<String> = lines.iter().map(|l| format!("({l}) Tj 0 -16 Td")).collect();
        let stream = format!("BT /F1 12 Tf 50 750 Td {} ET", shown.join(" "));
        objects.push(format!("<</Length {}>>stream\n{stream}\nendstream", stream.len()));
        let content = objects.len();
        let resources = "<</Font<</F1 3 0 R>>>>";
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {content} 0 R/Resources {resources}>>"
        ));
        kids.push(format!("{} 0 R", objects.len()));
    }
    objects[0] = "<</Type/Catalog/Pages 2 0 R>>".into();
    objects[1] = format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), kids.len());
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", i + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!(
        "trailer<</Size {}/Root 1 0 R/Info 4 0 R>>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}
