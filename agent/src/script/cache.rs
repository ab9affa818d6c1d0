//! Results of steps by what went into them: a second run does what has changed, and one that was killed
//! goes on where it was.

use super::input::hex;
use super::output::Output;
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder of results, one file each, named by the hash of what went into it.
#[derive(Debug, Clone)]
pub struct StepCache {
    folder: PathBuf,
}

impl StepCache {
    /// The folder is made when the first result is kept.
    pub fn new(folder: &Path) -> StepCache {
        StepCache { folder: folder.to_owned() }
    }

    /// The key of what went into a step.
    pub fn key(what: &serde_json::Value) -> String {
        hex(what.to_string().as_bytes())
    }

    /// A result of before. One that cannot be read, or whose files are gone or are others, is none.
    pub fn get(&self, key: &str) -> Option<Output> {
        let bytes = std::fs::read(self.path(key)).ok()?;
        let output: Output = serde_json::from_slice(&bytes).ok()?;
        let there = output.artifacts.iter().all(|a| std::fs::metadata(&a.path).is_ok_and(|m| m.len() == a.bytes));
        there.then_some(output)
    }

    /// Keeps a result: when this returns it is on disk, whole.
    pub fn put(&self, key: &str, output: &Output) -> anyhow::Result<()> {
        let path = self.path(key);
        let keep = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.folder)?;
            let partial = self.folder.join(format!("{key}.{}.part", std::process::id()));
            let mut file = std::fs::File::create(&partial)?;
            file.write_all(&serde_json::to_vec(output)?)?;
            file.sync_all()?;
            std::fs::rename(&partial, &path)
        };
        keep().with_context(|| format!("cannot keep the step's result in {}", path.display()))
    }

    /// Removes results that were kept longer ago. What cannot be removed stays.
    pub fn prune(&self, age: Duration) {
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let kept = entry.metadata().and_then(|about| about.modified()).ok();
            if kept.and_then(|kept| kept.elapsed().ok()).is_some_and(|since| since >= age) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use polymath_chat::Artifact;

    #[test]
    fn what_is_half_there_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = StepCache::new(&folder.path().join("steps"));
        let picture = folder.path().join("a.png");
        std::fs::write(&picture, "1234").unwrap();
        let artifact = Artifact { name: "a.png".into(), mime: "image/png".into(), path: picture.clone(), bytes: 4 };
        let output = Output { text: "x".into(), artifacts: vec![artifact], ..Output::default() };
        let key = StepCache::key(&serde_json::json!({"sql": "SELECT 1"}));
        assert!(cache.get(&key).is_none());
        cache.put(&key, &output).unwrap();
        assert_eq!(cache.get(&key).unwrap().text, "x");
        std::fs::write(&picture, "12").unwrap();
        assert!(cache.get(&key).is_none(), "its picture was cut");
        std::fs::write(&picture, "1234").unwrap();
        let file = folder.path().join("steps").join(format!("{key}.json"));
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        assert!(cache.get(&key).is_none(), "it was cut itself");
        cache.put(&key, &output).unwrap();
        cache.prune(Duration::from_secs(3600));
        assert!(cache.get(&key).is_some());
        cache.prune(Duration::ZERO);
        assert!(cache.get(&key).is_none());
    }
}
