//! What is kept of a script's run beside its events, so that it can be gone on with.

use anyhow::{Context, bail};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunRecord {
    /// Also the name of its session.
    pub run: String,
    #[serde(with = "polymath_chat::path")]
    pub script: PathBuf,
    /// As the caller gave them.
    pub vars: Vec<(String, String)>,
    #[serde(with = "iso")]
    pub today: NaiveDate,
    #[serde(with = "polymath_chat::path")]
    pub out: PathBuf,
}

impl RunRecord {
    /// # Errors
    /// There is no such run, or its record cannot be read.
    pub fn read(home: &Path, run: &str) -> anyhow::Result<RunRecord> {
        let path = path(home, run);
        let text = match std::fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                bail!("there is no run {run} of a script\nhint: polymath sessions list shows the runs there are")
            }
            text => text.with_context(|| format!("cannot read the record of the run, {}", path.display()))?,
        };
        serde_json::from_str(&text).with_context(|| format!("{} is no record of a run", path.display()))
    }

    pub fn write(&self, home: &Path) -> anyhow::Result<()> {
        let path = path(home, &self.run);
        let keep = || -> std::io::Result<()> {
            std::fs::create_dir_all(home.join("runs"))?;
            let partial = path.with_extension("part");
            std::fs::write(&partial, serde_json::to_vec_pretty(self)?)?;
            std::fs::rename(partial, &path)
        };
        keep().with_context(|| format!("cannot keep the record of the run, {}", path.display()))
    }
}

fn path(home: &Path, run: &str) -> PathBuf {
    // A name of the caller's leads nowhere else.
    let name: String = run.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    home.join("runs").join(format!("{name}.json"))
}

mod iso {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&day.to_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
