//! The `python` tool over a real sandbox: what the model reads, and what is left in the folder.
//! Needs the worker program and the Python environment, so it stands here and not with the tools, whose
//! tests need nothing built.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use polymath_chat::Lack;
use polymath_sandbox::Config;
use polymath_tools::{CallCx, Tool, ToolError, python::Python};
use serde_json::json;

#[tokio::test]
async fn a_session_of_calls() {
    let out = tempfile::tempdir().unwrap();
    let python = Python::new(Config::from_env());
    let cx = CallCx {
        today: chrono::NaiveDate::default(),
        session: "s".into(),
        out: out.path().to_owned(),
        model: None,
        tables: Vec::new(),
        files: Vec::new(),
        approve: None,
        cancel: Default::default(),
    };
    let call = async |code: &str| python.call(json!({"code": code}), &cx).await;

    assert_eq!(call("print('hello')\nx = 20 + 1").await.unwrap().content, "hello");
    assert_eq!(call("x * 2").await.unwrap().content, "42");
    assert_eq!(call("y = 1").await.unwrap().content, "(the program ran and printed nothing)");

    let plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('A: b/c')\nplt.show()\nopen('d.csv', 'w').write('1')";
    for names in [["A-b-c.png", "d.csv"], ["A-b-c-2.png", "d-2.csv"]] {
        let output = call(&format!("{plot}; None")).await.unwrap();
        assert_eq!(output.artifacts.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), names);
        assert_eq!(output.content, format!("figure saved: {}\nfile saved: {}", names[0], names[1]));
        assert_eq!(output.artifacts[0].mime, "image/png");
        assert_eq!(std::fs::metadata(&output.artifacts[0].path).unwrap().len(), output.artifacts[0].bytes);
    }

    let Err(ToolError::TellModel(failure)) = call("print('before')\n1/0").await else { panic!("it went through") };
    assert_eq!(failure.kind, "exception");
    assert!(
        failure.message.starts_with("before\n") && failure.message.ends_with("ZeroDivisionError: division by zero")
    );
    let Err(ToolError::TellModel(failure)) = call("open('/etc/passwd')").await else { panic!("it went through") };
    assert_eq!(failure.kind, "denied");
    assert_eq!(call("print(1)\n2").await.unwrap().printed.as_deref(), Some("1\n2"));
    assert_eq!(call("y = 2").await.unwrap().printed.as_deref(), Some(""), "silence is not told as something printed");
    for (code, lacks) in [
        ("open('/etc/passwd')", Some(Lack::File)),
        ("open('nothing.csv')", Some(Lack::File)),
        ("import urllib.request as u\nu.urlopen('http://example.com')", Some(Lack::Network)),
        ("import socket; socket.create_connection(('192.0.2.1', 80))", Some(Lack::Network)),
        ("nowhere + 1", Some(Lack::Name)),
        ("import nosuchpackage", Some(Lack::Package)),
        ("raise ValueError('NameError: no network, FileNotFoundError')", None),
        ("1/0", None),
    ] {
        let Err(ToolError::TellModel(failure)) = call(code).await else { panic!("{code} went through") };
        assert_eq!(failure.lacks, lacks, "{code}: {}", failure.message);
    }
    python.end("s").await;
}
