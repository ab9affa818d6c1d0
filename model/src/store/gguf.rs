//! Reads the header of a GGUF file: what `model info` shows, and whether the file is whole.
//!
//! llama.cpp has a reader of its own, but it answers a bad file with "no" or with an abort, and it
//! cannot say how many bytes are missing. This one reads key-values and tensor descriptions only,
//! never weights. Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
};

/// Why a file cannot be used as a model.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    #[error("cannot read {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a GGUF model: {found}")]
    NotGguf { path: PathBuf, found: String },
    #[error("{path} is cut short: it has {have} bytes and its header describes {need}")]
    Truncated { path: PathBuf, have: u64, need: u64 },
    #[error("{path} cannot be read as GGUF: {why}")]
    Unsupported { path: PathBuf, why: String },
}

/// What the header of a model file says.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct GgufInfo {
    pub architecture: String,
    pub name: Option<String>,
    /// Number of weights, counted over all tensors.
    pub parameters: u64,
    /// Tokens the model was trained for.
    pub context: Option<u64>,
    /// As llama.cpp names it: `Q4_K_M`, `F16`, …
    pub quantisation: Option<String>,
    pub tensors: u64,
    /// Bytes of KV cache one token takes at 16 bits a value, where the header tells.
    pub kv_bytes_per_token: Option<u64>,
    /// Bytes the file must have.
    #[serde(skip)]
    pub size: u64,
    #[serde(skip)]
    pub template: Option<String>,
    /// Names of further templates (`tokenizer.chat_template.NAME`).
    pub named_templates: Vec<String>,
}

impl GgufInfo {
    /// Whether the chat template renders tools itself.
    pub fn template_has_tools(&self) -> bool {
        self.template.as_deref().is_some_and(|t| t.contains("tools"))
            || self.named_templates.iter().any(|n| n.contains("tool"))
    }
}

/// Reads the header of `path` and checks that the tensors it describes lie within the file.
pub fn check_gguf(path: &Path) -> Result<GgufInfo, GgufError> {
    let at = |source| GgufError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(at)?;
    let have = file.metadata().map_err(at)?.len();
    let mut reader = Reader { inner: BufReader::with_capacity(1 << 16, file), left: have };
    let unsupported = |why: String| GgufError::Unsupported { path: path.to_owned(), why };
    match read_header(&mut reader) {
        Ok(info) if info.size > have => Err(GgufError::Truncated { path: path.to_owned(), have, need: info.size }),
        Ok(info) => Ok(info),
        Err(Bad::Foreign(start)) => {
            Err(GgufError::NotGguf { path: path.to_owned(), found: describe_start(have, &start) })
        }
        Err(Bad::Short(need)) => Err(GgufError::Truncated { path: path.to_owned(), have, need: need.max(have + 1) }),
        Err(Bad::Format(why)) => Err(unsupported(why)),
        Err(Bad::Io(source)) => Err(at(source)),
    }
}

fn describe_start(size: u64, start: &[u8]) -> String {
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    let text = text.trim_start();
    if size == 0 {
        "it is empty".into()
    } else if start.is_empty() {
        format!("it has only {size} bytes")
    } else if text.starts_with("<!do") || text.starts_with("<htm") {
        "it is a web page (an error page saved in place of the model?)".into()
    } else if text.starts_with("vers") && size < 1024 {
        "it is a Git LFS pointer; the model itself was not downloaded".into()
    } else if start.starts_with(b"PK") {
        "it is a zip archive".into()
    } else if start.starts_with(b"ggml") || start.starts_with(b"ggjt") || start.starts_with(b"lmgg") {
        "it is an older ggml format, from before GGUF".into()
    } else {
        format!("it starts with {:02x?} instead of \"GGUF\"", &start[..start.len().min(4)])
    }
}

enum Bad {
    /// Not GGUF at all: the file's first bytes.
    Foreign(Vec<u8>),
    /// The header itself goes on to at least this byte.
    Short(u64),
    Format(String),
    Io(io::Error),
}

struct Reader {
    inner: BufReader<File>,
    /// Bytes from here to the end of the file.
    left: u64,
}

impl Reader {
    fn take(&mut self, n: u64) -> Result<(), Bad> {
        match self.left.checked_sub(n) {
            Some(left) => self.left = left,
            None => return Err(Bad::Short(self.position()?.saturating_add(n))),
        }
        Ok(())
    }

    fn position(&mut self) -> Result<u64, Bad> {
        self.inner.stream_position().map_err(Bad::Io)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Bad> {
        self.take(N as u64)?;
        let mut out = [0; N];
        self.inner.read_exact(&mut out).map_err(Bad::Io)?;
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32, Bad> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, Bad> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn skip(&mut self, n: u64) -> Result<(), Bad> {
        self.take(n)?;
        let n = i64::try_from(n).map_err(|_| Bad::Format("a length beyond reason".into()))?;
        self.inner.seek_relative(n).map_err(Bad::Io)
    }

    fn string(&mut self) -> Result<String, Bad> {
        let n = self.u64()?;
        self.take(n)?;
        // `take` has bounded the length by the file's size, so this cannot ask for more memory than that.
        let mut out = vec![0; n as usize];
        self.inner.read_exact(&mut out).map_err(Bad::Io)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

/// A value as far as anybody here asks for it.
enum Value {
    Number(u64),
    Text(String),
    Other,
}

const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Bytes of the fixed-size value types; `None` for strings, arrays and unknown ones.
fn fixed_size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn read_value(r: &mut Reader, kind: u32) -> Result<Value, Bad> {
    Ok(match kind {
        0 => Value::Number(u64::from(r.bytes::<1>()?[0])),
        2 => Value::Number(u64::from(u16::from_le_bytes(r.bytes()?))),
        4 => Value::Number(u64::from(r.u32()?)),
        5 => Value::Number(i32::from_le_bytes(r.bytes()?).try_into().unwrap_or(0)),
        10 => Value::Number(r.u64()?),
        11 => Value::Number(i64::from_le_bytes(r.bytes()?).try_into().unwrap_or(0)),
        STRING => Value::Text(r.string()?),
        ARRAY => {
            skip_array(r, 0)?;
            Value::Other
        }
        _ => {
            let n = fixed_size(kind).ok_or_else(|| Bad::Format(format!("unknown value type {kind}")))?;
            r.skip(n)?;
            Value::Other
        }
    })
}

fn skip_array(r: &mut Reader, depth: u8) -> Result<(), Bad> {
    let kind = r.u32()?;
    let n = r.u64()?;
    if let Some(size) = fixed_size(kind) {
        return r.skip(n.saturating_mul(size));
    }
    for _ in 0..n {
        match kind {
            STRING => {
                let len = r.u64()?;
                r.skip(len)?;
            }
            ARRAY if depth < 4 => skip_array(r, depth + 1)?,
            _ => return Err(Bad::Format(format!("unknown or too deeply nested array of type {kind}"))),
        }
    }
    Ok(())
}

fn read_header(r: &mut Reader) -> Result<GgufInfo, Bad> {
    let start: [u8; 4] = match r.bytes() {
        Ok(start) => start,
        Err(Bad::Short(_)) => return Err(Bad::Foreign(Vec::new())),
        Err(e) => return Err(e),
    };
    if &start != b"GGUF" {
        return Err(Bad::Foreign(start.to_vec()));
    }
    match r.u32()? {
        2 | 3 => {}
        v if (1..=3).contains(&v.swap_bytes()) => {
            return Err(Bad::Format("it was written for big-endian machines".into()));
        }
        v => return Err(Bad::Format(format!("GGUF version {v}; versions 2 and 3 are supported"))),
    }
    let tensors = r.u64()?;
    let pairs = r.u64()?;
    let mut numbers = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for _ in 0..pairs {
        let key = r.string()?;
        let kind = r.u32()?;
        match read_value(r, kind)? {
            Value::Number(n) => drop(numbers.insert(key, n)),
            Value::Text(t) => drop(texts.insert(key, t)),
            Value::Other => {}
        }
    }
    let mut info = facts(&numbers, texts);
    let alignment = numbers.get("general.alignment").copied().unwrap_or(32).max(1);
    read_tensors(r, tensors, alignment, &mut info)?;
    Ok(info)
}

fn facts(numbers: &BTreeMap<String, u64>, mut texts: BTreeMap<String, String>) -> GgufInfo {
    let architecture = texts.remove("general.architecture").unwrap_or_default();
    let number = |key: &str| numbers.get(&format!("{architecture}.{key}")).copied();
    let kv_bytes_per_token = (|| {
        let heads = number("attention.head_count").filter(|&n| n > 0)?;
        let width = number("embedding_length")? / heads;
        let key = number("attention.key_length").unwrap_or(width);
        let value = number("attention.value_length").unwrap_or(width);
        let kv_heads = number("attention.head_count_kv")?;
        let values = kv_heads.saturating_mul(key.saturating_add(value));
        Some(number("block_count")?.saturating_mul(values).saturating_mul(2))
    })();
    let named = "tokenizer.chat_template.";
    GgufInfo {
        name: texts.remove("general.name"),
        context: number("context_length"),
        quantisation: numbers.get("general.file_type").and_then(|&n| file_type(n)).map(str::to_owned),
        kv_bytes_per_token,
        template: texts.remove("tokenizer.chat_template"),
        named_templates: texts.keys().filter_map(|k| k.strip_prefix(named)).map(str::to_owned).collect(),
        architecture,
        ..GgufInfo::default()
    }
}

/// Sums up the weights and finds where the last tensor ends.
fn read_tensors(r: &mut Reader, tensors: u64, alignment: u64, info: &mut GgufInfo) -> Result<(), Bad> {
    let mut end = 0u64;
    for _ in 0..tensors {
        let name_length = r.u64()?;
        r.skip(name_length)?;
        let dimensions = r.u32()?;
        if dimensions > 8 {
            return Err(Bad::Format(format!("a tensor with {dimensions} dimensions")));
        }
        let mut elements = 1u64;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(r.u64()?);
        }
        let kind = r.u32()?;
        let offset = r.u64()?;
        // A type that is newer than this table: its bytes are unknown, its start is not.
        let bytes = block(kind).map_or(0, |(values, bytes)| elements.div_ceil(values).saturating_mul(bytes));
        info.parameters = info.parameters.saturating_add(elements);
        end = end.max(offset.saturating_add(bytes));
    }
    info.tensors = tensors;
    info.size = r.position()?.checked_next_multiple_of(alignment).unwrap_or(u64::MAX).saturating_add(end);
    Ok(())
}

/// Values in a block of a tensor type, and the bytes it takes (ggml.h and ggml-common.h).
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),      // F32, I32
        1 | 25 | 30 => (1, 2), // F16, I16, BF16
        24 => (1, 1),          // I8
        27 | 28 => (1, 8),     // I64, F64
        2 | 20 => (32, 18),    // Q4_0, IQ4_NL
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        9 => (32, 36),         // Q8_1
        10 => (256, 84),       // Q2_K
        11 | 21 => (256, 110), // Q3_K, IQ3_S
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        15 => (256, 292),      // Q8_K
        16 | 35 => (256, 66),  // IQ2_XXS, TQ2_0
        17 => (256, 74),       // IQ2_XS
        18 => (256, 98),       // IQ3_XXS
        19 => (256, 50),       // IQ1_S
        22 => (256, 82),       // IQ2_S
        23 => (256, 136),      // IQ4_XS
        29 => (256, 56),       // IQ1_M
        34 => (256, 54),       // TQ1_0
        39 => (32, 17),        // MXFP4
        40 => (64, 36),        // NVFP4
        41 => (128, 18),       // Q1_0
        42 => (64, 18),        // Q2_0
        _ => return None,
    })
}

/// llama.cpp's name of a `general.file_type` (llama.h, `llama_ftype`).
fn file_type(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        36 => "TQ1_0",
        37 => "TQ2_0",
        38 => "MXFP4",
        39 => "NVFP4",
        _ => return None,
    })
}
