//! The catalogue: models known to work here, written down in `model/catalog.toml`.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A model of the catalogue. The fields are explained at the head of `catalog.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogEntry {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub default: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub parameters: String,
    pub quantisation: String,
    /// Exact size of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its size in 10^9 bytes, where the exact one is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_gb: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub licence: String,
    /// Tokens.
    pub context: u32,
    /// Memory for the weights and 8,192 tokens of context, in 10^9 bytes.
    pub ram_gb: f64,
    pub dialect: String,
    pub mode: Mode,
    pub sampling: Sampling,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageSource>,
    pub hub: HubSource,
}

impl CatalogEntry {
    /// Bytes to expect, and whether that is exact.
    pub fn size(&self) -> (u64, bool) {
        match self.bytes {
            Some(bytes) => (bytes, true),
            None => ((self.about_gb.unwrap_or(0.0) * 1e9) as u64, false),
        }
    }
}

/// How much of its own way a model is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Led through one small decision at a time.
    Guided,
    /// It decides for itself when to call what.
    Native,
}

/// What a model's makers recommend; `None` where they say nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f64>,
}

/// The file inside Python wheels: one wheel, or its consecutive parts in wheels numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PackageSource {
    /// `{}` stands for the part's number.
    pub name: String,
    pub version: String,
    #[serde(default = "one")]
    pub parts: usize,
}

fn one() -> usize {
    1
}

impl PackageSource {
    /// What pip is asked for: `NAME==VERSION` of part `number` (from 1).
    pub fn requirement(&self, number: usize) -> String {
        format!("{}=={}", self.name.replace("{}", &number.to_string()), self.version)
    }
}

/// A file in a Hugging Face repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HubSource {
    pub repo: String,
    pub file: String,
    #[serde(default = "main_branch")]
    pub revision: String,
}

fn main_branch() -> String {
    "main".into()
}

#[derive(Deserialize)]
struct Catalog {
    model: Vec<CatalogEntry>,
}

static CATALOG: LazyLock<Vec<CatalogEntry>> = LazyLock::new(|| {
    // The text is part of the program, and a test reads it: an empty list here cannot happen.
    toml::from_str::<Catalog>(include_str!("../../catalog.toml")).map(|c| c.model).unwrap_or_default()
});

/// All models of the catalogue, in its order.
pub fn catalog() -> &'static [CatalogEntry] {
    &CATALOG
}

/// The entry of that name, in any case.
pub fn find(name: &str) -> Option<&'static CatalogEntry> {
    catalog().iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// The model that is used when none is named.
pub fn default_model() -> Option<&'static CatalogEntry> {
    catalog().iter().find(|entry| entry.default)
}

/// Catalogue names like `name`, the nearest first.
pub fn suggestions(name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let mut near: Vec<(f64, &str)> = catalog()
        .iter()
        .map(|entry| (strsim::jaro_winkler(&name, &entry.name), entry.name.as_str()))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DIALECTS: &[&str] = &[
        "qwen2.5-coder",
        "qwen3-hermes",
        "qwen3-xml",
        "llama",
        "mistral",
        "gpt-oss",
        "deepseek",
        "glm",
        "kimi",
        "gemma4",
        "generic",
    ];

    #[test]
    fn the_catalogue_is_well_formed() {
        let parsed: Catalog = toml::from_str(include_str!("../../catalog.toml")).unwrap();
        assert!(parsed.model.len() >= 13);
        assert_eq!(parsed.model.iter().filter(|m| m.default).count(), 1);
        for model in &parsed.model {
            let name = &model.name;
            assert_eq!(parsed.model.iter().filter(|m| &m.name == name).count(), 1, "{name} is there twice");
            assert!(DIALECTS.contains(&model.dialect.as_str()), "{name}: dialect {}", model.dialect);
            assert!(model.bytes.is_some() != model.about_gb.is_some(), "{name}: bytes or about_gb, one of the two");
            assert!(model.ram_gb * 1e9 > model.size().0 as f64, "{name}: less memory than weights");
            assert!(model.hub.file.ends_with(".gguf") && model.hub.repo.contains('/'), "{name}: hub");
            if let Some(sum) = &model.sha256 {
                assert!(sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()), "{name}: sha256");
            }
            if let Some(package) = &model.package {
                assert!(model.sha256.is_some(), "{name}: parts from packages are only taken with a checksum");
                assert_eq!(package.parts > 1, package.name.contains("{}"), "{name}: package parts");
            }
        }
    }

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(suggestions("qwen2.5-coder-1.5")[0], "qwen2.5-coder-1.5b");
        assert_eq!(suggestions("QWEN3-4b")[0], "qwen3-4b");
        assert_eq!(suggestions("xyzzy"), Vec::<&str>::new());
    }

    #[test]
    fn requirements_name_the_part() {
        let parts = PackageSource { name: "m-part{}".into(), version: "1.0".into(), parts: 3 };
        assert_eq!(parts.requirement(2), "m-part2==1.0");
        let whole = PackageSource { name: "m".into(), version: "1.0".into(), parts: 1 };
        assert_eq!(whole.requirement(1), "m==1.0");
    }
}
