//! Paths in JSON: text where they are text, their bytes elsewhere. For `#[serde(with = "…")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Bytes(Vec<u8>),
}

pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    write(path).serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Written::deserialize(deserializer).map(read)
}

fn write(path: &Path) -> Written {
    match path.to_str() {
        Some(text) => Written::Text(text.to_owned()),
        None => Written::Bytes(path.as_os_str().as_encoded_bytes().to_vec()),
    }
}

fn read(written: Written) -> PathBuf {
    match written {
        Written::Text(text) => text.into(),
        #[cfg(unix)]
        Written::Bytes(bytes) => <OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into(),
        #[cfg(not(unix))]
        Written::Bytes(bytes) => OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into(),
    }
}

/// One path that is written so, for lists of them.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stored(#[serde(with = "crate::path")] pub PathBuf);

/// Lists of paths.
pub mod list {
    use super::Stored;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::path::PathBuf;

    pub fn serialize<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
        paths.iter().cloned().map(Stored).collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
        let stored = Vec::<Stored>::deserialize(deserializer)?;
        Ok(stored.into_iter().map(|Stored(path)| path).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(path: PathBuf, json: &str) {
        assert_eq!(serde_json::to_string(&Stored(path.clone())).unwrap(), json);
        assert_eq!(serde_json::from_str::<Stored>(json).unwrap().0, path);
    }

    #[test]
    fn any_path_comes_back() {
        check("/a/b\n".into(), r#""/a/b\n""#);
        #[cfg(unix)]
        check(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(vec![47, 255]).into(), "[47,255]");
    }
}
