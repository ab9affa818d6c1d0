//! What a script is given: its variables' values, and its files read.

use super::error::nearest;
use super::plan::{Script, VarKind};
use super::template::{Context, Style, render};
use chrono::NaiveDate;
use minijinja::value::Serde;
use polymath_chat::Table;
use polymath_tools::UserFile;
use polymath_tools::load::{load, name_of};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why a script cannot be given its inputs.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("the script has no variable `{name}`\nhint: {hint}")]
    Unknown { name: String, hint: String },
    #[error("the variable `{name}` has no value and no default\nhint: give it: --var {name}=…")]
    Missing { name: String },
    #[error("--var {name}={value}: it is no {kind}\nhint: {hint}")]
    Type { name: String, value: String, kind: &'static str, hint: &'static str },
    #[error("the file `{name}` of the script, {}, cannot be read: {why}\nhint: paths are taken from the script's folder", path.display())]
    File { name: String, path: PathBuf, why: String },
}

/// The values of a run.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    pub vars: BTreeMap<String, Value>,
    pub files: Vec<InputFile>,
    /// What is to be known of how the files were read.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct InputFile {
    pub name: String,
    pub file: UserFile,
    /// Of its bytes, SHA-256.
    pub hash: String,
    pub table: Option<Table>,
}

impl Inputs {
    /// Takes what the caller gave and the script's defaults, and reads the files.
    ///
    /// # Errors
    /// A variable that is not there, has no value or another type; a file that cannot be read.
    pub fn read(script: &Script, given: &[(String, String)]) -> Result<Inputs, InputError> {
        let known = || script.vars.iter().map(|var| var.name.as_str());
        if let Some((name, _)) = given.iter().find(|(name, _)| known().all(|known| known != name)) {
            let hint = match nearest(name, known()) {
                Some(near) => format!("--var {near}=…"),
                None if script.vars.is_empty() => "the script has no [vars]".to_owned(),
                None => format!("its variables are {}", known().collect::<Vec<_>>().join(", ")),
            };
            return Err(InputError::Unknown { name: name.clone(), hint });
        }
        let mut inputs = Inputs::default();
        for var in &script.vars {
            let told = given.iter().rev().find(|(name, _)| *name == var.name);
            let value = match (told, &var.default) {
                (Some((_, text)), _) => typed(&var.name, var.kind, text)?,
                (None, Some(default)) => default.clone(),
                (None, None) => return Err(InputError::Missing { name: var.name.clone() }),
            };
            inputs.vars.insert(var.name.clone(), value);
        }
        let folder = script.file.parent().unwrap_or(Path::new(""));
        for (name, path) in &script.files {
            let failed = |path: &Path, why: String| InputError::File { name: name.clone(), path: path.to_owned(), why };
            let path = render(path, &inputs.context(), Style::Text).map_err(|why| failed(Path::new(path), why))?;
            let path = folder.join(path);
            let bytes = std::fs::read(&path).map_err(|e| failed(&path, e.to_string()))?;
            let full = path.canonicalize().map_err(|e| failed(&path, e.to_string()))?;
            let loaded = load(&full).map_err(|e| failed(&path, e.to_string()))?;
            inputs.notices.extend(loaded.notices);
            inputs.files.push(InputFile {
                name: name.clone(),
                file: UserFile { name: name_of(&path), path: full },
                hash: hex(&bytes),
                table: loaded.table,
            });
        }
        Ok(inputs)
    }

    /// The variables as templates see them.
    pub fn context(&self) -> Context {
        self.vars.iter().map(|(name, value)| (name.clone(), minijinja::Value::from(Serde(value)))).collect()
    }
}

impl Script {
    /// The report's title, for these values.
    pub fn title(&self, inputs: &Inputs) -> String {
        render(&self.title, &inputs.context(), Style::Report).unwrap_or_else(|_| self.title.clone())
    }
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value as a caller writes it.
fn typed(name: &str, kind: VarKind, text: &str) -> Result<Value, InputError> {
    let value = match kind {
        VarKind::Text => Some(Value::from(text)),
        VarKind::Number => text.trim().parse::<f64>().ok().and_then(whole),
        VarKind::Flag => match text.trim() {
            "true" | "yes" => Some(true.into()),
            "false" | "no" => Some(false.into()),
            _ => None,
        },
        VarKind::Date => text.trim().parse::<NaiveDate>().ok().map(|day| day.to_string().into()),
        VarKind::List => Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()),
    };
    let hint = match kind {
        VarKind::Number => "write it as 2.5",
        VarKind::Flag => "write true or false",
        VarKind::Date => "write it as 2025-12-31",
        VarKind::Text | VarKind::List => "write its items with commas",
    };
    value.ok_or_else(|| InputError::Type { name: name.into(), value: text.into(), kind: kind.name(), hint })
}

/// A whole number is written without a fraction in texts.
fn whole(number: f64) -> Option<Value> {
    let small = number.fract() == 0.0 && number.abs() < 9e15;
    if small { Some((number as i64).into()) } else { serde_json::Number::from_f64(number).map(Value::Number) }
}
