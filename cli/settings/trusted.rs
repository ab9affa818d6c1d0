//! The files of folders that the user has let have their way: each as it was then, and no other.

use anyhow::Context;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which files are trusted, below the data directory: canonical paths, and the SHA-256 of each file's
/// bytes in hexadecimal.
const TRUSTED: &str = "trusted.toml";

/// The list of trusted files.
#[derive(Debug, Default)]
pub struct Trusted(BTreeMap<String, String>);

impl Trusted {
    /// A list that is not there or cannot be read trusts nothing.
    pub fn read(home: &Path) -> Trusted {
        let text = std::fs::read_to_string(home.join(TRUSTED)).unwrap_or_default();
        Trusted(toml::from_str(&text).unwrap_or_default())
    }

    /// Whether the file at this canonical path is trusted with this text.
    pub fn has(&self, canonical: &Path, text: &str) -> bool {
        self.0.get(&canonical.display().to_string()) == Some(&hash(text))
    }

    pub fn add(&mut self, canonical: PathBuf, text: &str) {
        self.0.insert(canonical.display().to_string(), hash(text));
    }

    /// # Errors
    /// The data directory cannot be written; the list is then as it was.
    pub fn keep(&self, home: &Path) -> anyhow::Result<()> {
        let cannot = || format!("cannot write the list of trusted files in {}", home.display());
        std::fs::create_dir_all(home).with_context(cannot)?;
        let fresh = tempfile::NamedTempFile::new_in(home).with_context(cannot)?;
        std::fs::write(fresh.path(), toml::to_string(&self.0)?).with_context(cannot)?;
        fresh.persist(home.join(TRUSTED)).with_context(cannot)?;
        Ok(())
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
