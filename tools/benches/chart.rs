//! How long a chart takes, written files included, beside matplotlib on the script that the chart writes itself.
//!
//!     cargo bench -p polymath-tools --bench chart
//!
//! `POLYMATH_PYTHON` names the environment with matplotlib (the sandbox's); without it only our times are told.

#![allow(clippy::unwrap_used)]

use polymath_chat::{Artifact, Cell, Provenance, Table};
use polymath_tools::{CallCx, Charts, Tool};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const RUNS: usize = 9;

/// A table of two columns of numbers.
fn table(rows: u32) -> Table {
    let cell = |n: f64| Cell { number: Some(n), ..Cell::new(n.to_string(), Provenance::Given) };
    let row = |i: u32| vec![cell(f64::from(i)), cell(f64::from(i.wrapping_mul(7919) % 1009) + f64::from(i) * 0.01)];
    Table { title: "bench".into(), columns: vec!["x".into(), "y".into()], rows: (0..rows).map(row).collect() }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Milliseconds of a call, and the files of the last one.
fn ours(args: &Value, rows: u32, out: &Path) -> (f64, Vec<Artifact>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tool = Charts::default();
    let cx = CallCx {
        session: "bench".into(),
        out: out.to_owned(),
        model: None,
        tables: vec![("t1".to_owned(), std::sync::Arc::new(table(rows)))],
        files: Vec::new(),
        today: chrono::NaiveDate::default(),
        approve: None,
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let mut files = Vec::new();
    let mut once = || {
        let begun = Instant::now();
        files = runtime.block_on(tool.call(args.clone(), &cx)).unwrap().artifacts;
        begun.elapsed().as_secs_f64() * 1e3
    };
    once();
    let times = (0..RUNS).map(|_| once()).collect();
    (median(times), files)
}

/// Milliseconds of the script in a Python that has imported matplotlib already.
fn matplotlib(script: &Path, out: &Path) -> Option<f64> {
    let python = Path::new(&std::env::var_os("POLYMATH_PYTHON")?).join("bin/python");
    let code = "import sys, time\nimport numpy, matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n\
                code = compile(open(sys.argv[1]).read(), 'chart', 'exec')\n\
                for _ in range(int(sys.argv[2])):\n    begun = time.perf_counter()\n    exec(code, {})\n    \
                print('ms', (time.perf_counter() - begun) * 1e3)\n    plt.close('all')\n";
    let ran = Command::new(python).args(["-c", code]).arg(script).arg("6").current_dir(out).output().ok()?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let times: Vec<f64> = text.lines().filter_map(|line| line.strip_prefix("ms ")?.parse().ok()).skip(1).collect();
    (!times.is_empty()).then(|| median(times))
}

fn main() {
    let cases =
        [("line", 10), ("bar", 30), ("scatter", 1_000), ("line", 100_000), ("scatter", 100_000), ("hist", 100_000)];
    for (kind, rows) in cases {
        let folder = tempfile::tempdir().unwrap();
        let mut args = json!({"data": "t1", "kind": kind, "y": "y", "grid": true});
        if kind != "hist" {
            args["x"] = json!("x");
        }
        let (ms, files) = ours(&args, rows, folder.path());
        let script = files.iter().find(|file| file.name.ends_with(".py")).unwrap();
        let theirs = matplotlib(&script.path, folder.path());
        let beside = theirs.map_or(String::new(), |t| format!(", matplotlib {t:.0} ms: {:.2} of its time", ms / t));
        println!("{kind} of {rows} rows: {ms:.0} ms{beside}");
    }
}
