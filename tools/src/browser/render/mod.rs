//! Pages that are built by scripts, rendered with a headless Chromium where one is installed.
//!
//! Chromium runs behind its own sandbox, without which it does not start, as nobody where we are root, in a folder of
//! its own that is removed, and reaches the network through `proxy` alone: names are resolved and addresses checked
//! by the fetcher. What it prints is the page as its scripts left it, which is read like any other.

mod proxy;

use super::fetch::Fetcher;
use proxy::Proxy;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tokio::{io::AsyncReadExt, process::Command};

/// Where programs are looked for, and under which names; the first is Chromium without a window of any kind.
const NAMES: &[&str] =
    &["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The setting of the environment that names another one, or none (empty).
pub const VARIABLE: &str = "POLYMATH_CHROMIUM";
/// For scripts, by the page's own clock, which runs on while nothing happens.
const SCRIPTS: Duration = Duration::from_secs(8);
/// For everything.
const TOTAL: Duration = Duration::from_secs(25);
/// Of what it prints.
const MOST_BYTES: u64 = 8 << 20;
/// The user and group that nobody is.
#[cfg(unix)]
const NOBODY: u32 = 65534;

/// A page as its scripts left it.
pub struct Rendered {
    pub html: Vec<u8>,
    /// `host:port` of what they asked for and may not reach.
    pub refused: Vec<String>,
}

/// The installed Chromium.
pub fn locate() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return (!named.is_empty()).then(|| named.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

/// # Errors
/// Why there is no page, in words.
pub async fn render(chromium: &Path, url: &str, fetcher: Arc<Fetcher>) -> Result<Rendered, String> {
    let proxy = Proxy::start(fetcher).await.map_err(|e| format!("no proxy could be started: {e}"))?;
    let no_folder = |e| format!("no folder could be made for it: {e}");
    let folder = tempfile::Builder::new().prefix("polymath-render-").tempdir().map_err(no_folder)?;
    let mut command = Command::new(chromium);
    command.args(arguments(&proxy, folder.path())).arg(url);
    command.env_clear().env("HOME", folder.path()).env("TMPDIR", folder.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    #[cfg(unix)]
    if is_roots(folder.path()) {
        std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).map_err(no_folder)?;
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut child = command.spawn().map_err(|e| format!("{} could not be started: {e}", chromium.display()))?;
    let printed = async {
        let mut html = Vec::new();
        if let Some(out) = child.stdout.take() {
            out.take(MOST_BYTES).read_to_end(&mut html).await.map_err(|e| e.to_string())?;
        }
        Ok::<_, String>(html)
    };
    let html = match tokio::time::timeout(TOTAL, printed).await {
        Ok(html) => html?,
        Err(_) => return Err(format!("it was not done within {TOTAL:.0?}")),
    };
    // done or at its limit: it need not go on
    _ = child.kill().await;
    let refused = proxy.refused();
    if html.is_empty() {
        return Err("Chromium printed nothing; it needs a sandbox of its own (user namespaces)".to_owned());
    }
    Ok(Rendered { html, refused })
}

fn arguments(proxy: &Proxy, folder: &Path) -> Vec<OsString> {
    let mut all: Vec<OsString> = [
        "--headless",
        "--dump-dom",
        "--disable-gpu",
        "--no-first-run",
        "--mute-audio",
        "--incognito",
        // everything through the proxy, this machine's own addresses too, and nothing past it
        "--proxy-bypass-list=<-loopback>",
        "--disable-quic",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--dns-prefetch-disable",
        // nothing that no page asks for
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-extensions",
        "--disable-sync",
        "--no-pings",
        // no pictures: what is read is text
        "--blink-settings=imagesEnabled=false",
        "--js-flags=--max-old-space-size=512",
        "--renderer-process-limit=2",
    ]
    .map(Into::into)
    .into();
    all.push(format!("--proxy-server=http://{}", proxy.address).into());
    all.push(format!("--virtual-time-budget={}", SCRIPTS.as_millis()).into());
    let mut profile = OsString::from("--user-data-dir=");
    profile.push(folder.join("profile"));
    all.push(profile);
    all
}

/// Whether what we make is root's.
#[cfg(unix)]
fn is_roots(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(folder).is_ok_and(|meta| meta.uid() == 0)
}
