//! What tells one model's states from another's, without reading gigabytes: the file's size, pieces
//! all over it, and the version of llama.cpp whose format the states are in.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const PIECES: u64 = 16;
const PIECE: u64 = 64 * 1024;

/// A short name for the states that this build makes with this model.
pub fn of(model: &Path) -> io::Result<String> {
    let mut file = File::open(model)?;
    let length = file.metadata()?.len();
    let mut hash = Sha256::new();
    let version = include_str!("../../Cargo.toml").lines().find(|l| l.starts_with("llama-cpp-2"));
    hash.update(version.unwrap_or_default());
    hash.update(length.to_le_bytes());
    for i in 0..PIECES {
        file.seek(SeekFrom::Start(length.saturating_sub(PIECE) / (PIECES - 1) * i))?;
        let mut piece = Vec::new();
        file.by_ref().take(PIECE).read_to_end(&mut piece)?;
        hash.update(&piece);
    }
    Ok(hash.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect())
}
