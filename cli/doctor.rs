//! `polymath doctor`: what works on this machine, and what to do about the rest. Asks no network.

use crate::out::say;
use crate::settings::{RunArgs, Settings};
use crate::wiring;
use clap::Parser;
use polymath_chat::plain;
use polymath_model::store::{Store, check_gguf, default_model};
use polymath_sandbox::Sandbox;
use serde::Serialize;
use std::process::ExitCode;

/// One line of the report.
#[derive(Serialize)]
struct Check {
    check: String,
    ok: bool,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Check {
    fn new(check: &str, result: Result<String, (String, String)>) -> Check {
        let (ok, detail, hint) = match result {
            Ok(detail) => (true, detail, None),
            Err((detail, hint)) => (false, detail, (!hint.is_empty()).then_some(hint)),
        };
        Check { check: check.to_owned(), ok, detail, hint }
    }
}

#[derive(Parser)]
struct NoFlags {
    #[command(flatten)]
    run: RunArgs,
}

/// Exit status 1 when something is missing.
pub async fn run(json: bool) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(&NoFlags::try_parse_from(["polymath"])?.run)?;
    let mut checks = vec![processor(), memory(), home(&settings), model(&settings), search(&settings)];
    let config = wiring::python_config(&settings);
    for wall in Sandbox::report(&config).await {
        let name = format!("sandbox: {}", wall.name);
        checks.push(Check::new(&name, if wall.up { Ok(wall.detail) } else { Err((wall.detail, String::new())) }));
    }
    for check in &checks {
        if json {
            say!("{}", plain::json(&serde_json::to_string(check)?))?;
        } else {
            say!("{} {}: {}", if check.ok { "✓" } else { "✗" }, check.check, plain::escaped(&check.detail))?;
            if let Some(hint) = &check.hint {
                say!("  hint: {}", plain::escaped(hint))?;
            }
        }
    }
    Ok(if checks.iter().all(|c| c.ok) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn processor() -> Check {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let gpu = if cfg!(feature = "cuda") {
        "CUDA"
    } else if cfg!(feature = "metal") {
        "Metal"
    } else if cfg!(feature = "vulkan") {
        "Vulkan"
    } else {
        "no GPU in this build"
    };
    let vector = if cfg!(target_feature = "avx512f") {
        "AVX-512"
    } else if cfg!(target_feature = "avx2") {
        "AVX2"
    } else if cfg!(target_feature = "neon") {
        "NEON"
    } else {
        return Check::new(
            "processor",
            Err((
                format!("{threads} threads, built without vector instructions: decoding is slow"),
                "build with -C target-cpu=native, as .cargo/config.toml does".into(),
            )),
        );
    };
    Check::new("processor", Ok(format!("{threads} threads, built for {vector}, {gpu}")))
}

/// Free memory against what the default model needs, where the system tells (Linux).
fn memory() -> Check {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("MemAvailable:"));
    let free = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|kb| kb.parse::<f64>().ok()).map(|kb| kb / 1e6);
    let need = default_model().map_or(2.0, |m| m.ram_gb);
    Check::new(
        "memory",
        match free {
            None => Ok("this system does not say how much is free".into()),
            Some(free) if free >= need => Ok(format!("{free:.1} GB free, the default model takes {need:.1}")),
            Some(free) => Err((
                format!("{free:.1} GB free, the default model takes {need:.1}"),
                "choose a smaller one: polymath model list".into(),
            )),
        },
    )
}

fn home(settings: &Settings) -> Check {
    let path = settings.home.display();
    let result = std::fs::create_dir_all(&settings.home).and_then(|()| {
        tempfile::tempfile_in(&settings.home)?;
        fs4::available_space(&settings.home)
    });
    Check::new(
        "data directory",
        match result {
            Ok(free) => Ok(format!("{path}, {:.1} GB free", free as f64 / 1e9)),
            Err(e) => Err((format!("{path}: {e}"), "set POLYMATH_HOME to a directory that can be written".into())),
        },
    )
}

fn model(settings: &Settings) -> Check {
    let name = settings.model.clone().or_else(|| default_model().map(|m| m.name.clone())).unwrap_or_default();
    let resolved = Store::open(&settings.home).resolve(&name);
    Check::new(
        "model",
        match resolved {
            Err(e) => Err((e.to_string(), e.hint().unwrap_or_default())),
            Ok(resolved) => match check_gguf(&resolved.path) {
                Ok(_) => Ok(format!("{name} at {}", resolved.path.display())),
                Err(e) => Err((e.to_string(), format!("polymath model rm {name}, then polymath model pull {name}"))),
            },
        },
    )
}

fn search(settings: &Settings) -> Check {
    Check::new(
        "search",
        match wiring::tools(settings) {
            Ok(_) => Ok(format!("{} (not asked: doctor uses no network)", settings.search)),
            Err(e) => Err((format!("{}: {e:#}", settings.search), "see --search in polymath ask --help".into())),
        },
    )
}
