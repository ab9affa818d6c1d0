//! How fast a session is there, answers and goes, and what memory it takes; the same for a Jupyter
//! kernel (`jupyter.py`, in an environment of its own below the target directory), in one run.
//!
//! `cargo bench -p polymath-sandbox`, after `./run` or `./test` made the worker and the Python
//! environment. Ends with the ratios as a JSON object. Asserts nothing: the machine may be busy.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use polymath_sandbox::{Config, RunOutput, RunRequest, Sandbox};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const IMPORTS: &str = "import numpy, pandas, matplotlib.pyplot as plt";
const FIGURE: &str = "plt.plot([1, 2, 3], [1e6, 3e7, 2e9]); plt.yscale('log'); plt.grid(True); plt.show()";

/// The five figures of one kind of interpreter, in milliseconds and MiB.
struct Figures(Vec<(&'static str, f64)>);

#[tokio::main]
async fn main() {
    let ours = sandbox().await;
    let theirs = jupyter();
    println!("{:32}{:>12}{:>12}{:>10}", "", "polymath", "jupyter", "ratio");
    let mut report = serde_json::Map::new();
    for (name, value) in &ours.0 {
        let other = theirs.as_ref().and_then(|t| t.get(*name)).and_then(Value::as_f64);
        let (shown, ratio) = match other {
            Some(other) => (format!("{other:.2}"), format!("{:.1}", other / value)),
            None => ("-".into(), "-".into()),
        };
        println!("{name:32}{value:>12.2}{shown:>12}{ratio:>10}");
        report.insert((*name).to_owned(), json!({"polymath": value, "jupyter": other}));
    }
    println!("{}", Value::Object(report));
}

async fn run(sandbox: &Sandbox, session: &str, request: RunRequest) -> RunOutput {
    sandbox.run(session, request, &Default::default()).await.unwrap()
}

async fn timed(sandbox: &Sandbox, session: &str, code: &str) -> f64 {
    let began = Instant::now();
    let output = run(sandbox, session, RunRequest::new(code)).await;
    assert_eq!(output.error, None, "{code}");
    began.elapsed().as_secs_f64() * 1e3
}

async fn sandbox() -> Figures {
    let began = Instant::now();
    let sandbox = Sandbox::start(Config::from_env()).await.unwrap();
    let warm = began.elapsed().as_secs_f64() * 1e3;
    let zygote = children(std::process::id())[0];
    let mut figures = vec![("warm-up, once a program (ms)", warm)];

    let (mut fresh, mut first_figure, mut reap) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..100 {
        let session = format!("fresh{n}");
        fresh.push(timed(&sandbox, &session, IMPORTS).await);
        if n < 20 {
            first_figure.push(timed(&sandbox, &session, FIGURE).await);
        }
        let processes = children(zygote);
        let began = Instant::now();
        sandbox.end(&session).await;
        while processes.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
            std::thread::sleep(Duration::from_micros(200));
        }
        reap.push(began.elapsed().as_secs_f64() * 1e3);
    }
    figures.push(("fresh session p50 (ms)", percentile(&mut fresh, 50)));
    figures.push(("fresh session p95 (ms)", percentile(&mut fresh, 95)));

    timed(&sandbox, "sum", IMPORTS).await;
    let mut sums = Vec::new();
    for _ in 0..1000 {
        sums.push(timed(&sandbox, "sum", "1+1").await);
    }
    figures.push(("1+1 p50 (ms)", percentile(&mut sums, 50)));
    figures.push(("first figure p50 (ms)", percentile(&mut first_figure, 50)));
    figures.push(("kill and reap p95 (ms)", percentile(&mut reap, 95)));

    let mut overshoot = Vec::new();
    for code in ["while True: pass", "len(str(9 ** (9 ** 9)))", "import time; time.sleep(60)"].repeat(5) {
        let limit = Duration::from_millis(200);
        let request = RunRequest { timeout: Some(limit), ..RunRequest::new(code) };
        let began = Instant::now();
        run(&sandbox, "late", request).await;
        overshoot.push((began.elapsed() - limit).as_secs_f64() * 1e3);
    }
    figures.push(("time-out overshoot, most (ms)", percentile(&mut overshoot, 100)));
    for session in ["sum", "late"] {
        sandbox.end(session).await;
    }
    memory(&sandbox, zygote, &mut figures).await;
    Figures(figures)
}

/// Proportional set sizes (proc(5), smaps_rollup) of the warm process and of 20 sessions.
async fn memory(sandbox: &Sandbox, zygote: u32, figures: &mut Vec<(&'static str, f64)>) {
    for n in 0..20 {
        timed(sandbox, &format!("idle{n}"), &format!("{IMPORTS}\nx = 1 + 1")).await;
    }
    let inits = children(zygote);
    let all = inits.iter().flat_map(|pid| children(*pid)).chain(inits.iter().copied());
    let total: f64 = all.map(proportional).sum();
    figures.push(("memory of the warm process (MiB)", proportional(zygote)));
    figures.push(("memory of a session of 20 (MiB)", total / 20.0));
}

fn proportional(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn children(parent: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().filter_map(Result::ok);
    let lists = threads.filter_map(|t| fs::read_to_string(t.path().join("children")).ok());
    lists.flat_map(|text| text.split_whitespace().filter_map(|n| n.parse().ok()).collect::<Vec<u32>>()).collect()
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() * percent).div_ceil(100)).clamp(1, values.len()) - 1]
}

/// The same for a Jupyter kernel, with the same packages; `None`, with the reason told, where it
/// cannot be had.
fn jupyter() -> Option<Value> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("jupyter");
    let python = target.join("bin/python");
    if !target.join("ready").exists() {
        eprintln!("installing a Jupyter kernel to compare with in {}", target.display());
        let system = std::env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".into());
        let made = Command::new(system).args(["-m", "venv", "--clear"]).arg(&target).status();
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "ipykernel", "jupyter_client"];
        let installed = Command::new(&python).args(pip).status();
        if !made.is_ok_and(|s| s.success()) || !installed.is_ok_and(|s| s.success()) {
            eprintln!("no Jupyter kernel: it could not be installed");
            return None;
        }
        share_packages(&target);
        fs::write(target.join("ready"), "").unwrap();
    }
    let script = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("benches/jupyter.py");
    let output = Command::new(&python).arg(script).args([IMPORTS, FIGURE]).output().unwrap();
    if !output.status.success() {
        eprintln!("no Jupyter kernel: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    serde_json::from_slice(&output.stdout).ok()
}

/// Lets the kernel import what sandboxed programs import.
fn share_packages(target: &Path) {
    let packages =
        |root: &Path| fs::read_dir(root.join("lib")).unwrap().next().unwrap().unwrap().path().join("site-packages");
    let ours = packages(&Config::from_env().environment);
    fs::write(packages(target).join("polymath.pth"), format!("{}\n", ours.display())).unwrap();
}
