//! Evaluated beginnings on disk, so that the next process need not evaluate them again.
//!
//! One file an entry: the tokens, and the state of a sequence that holds exactly them, in
//! llama.cpp's own format. Files are written beside their place and renamed into it, so that two
//! processes never see half of one; the least recently used go when the whole is too large. A file
//! that is damaged is thrown away, and nothing here ever fails a reply: without the cache the prompt
//! is evaluated.

use llama_cpp_2::token::LlamaToken;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, hash_map};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// The format, and its version.
const MAGIC: &[u8; 8] = b"pmkv\0\0\0\x01";
const SUFFIX: &str = "kv";
/// Most tokens an entry is believed to have.
const MOST_TOKENS: u32 = 4_000_000;

/// A short name for the states that this build makes of this model: they are in the format of its
/// version of llama.cpp.
pub fn fingerprint(model: &Path) -> io::Result<String> {
    let version = include_str!("../Cargo.toml").lines().find(|l| l.starts_with("llama-cpp-2"));
    let mut hash = Sha256::new();
    hash.update(version.unwrap_or_default());
    hash.update(polymath_model::store::fingerprint(model)?);
    Ok(hash.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect())
}

/// The cache of one model, in a folder of its own below the folder of all.
pub struct PrefixCache {
    dir: PathBuf,
    root: PathBuf,
    max_bytes: u64,
    /// Tokens of the files that were looked at.
    known: HashMap<PathBuf, Vec<LlamaToken>>,
    writer: Option<(SyncSender<Entry>, JoinHandle<()>)>,
}

struct Entry {
    path: PathBuf,
    tokens: Vec<LlamaToken>,
    state: Vec<u8>,
    /// Entries that this one begins with: no longer needed once it is there.
    replaces: Vec<PathBuf>,
}

impl PrefixCache {
    /// The cache below `root` for the model with this fingerprint; `max_bytes` bounds all models'
    /// files together.
    pub fn open(root: &Path, fingerprint: &str, max_bytes: u64) -> io::Result<Self> {
        let dir = root.join(fingerprint);
        fs::create_dir_all(&dir)?;
        remove_leftovers(&dir);
        Ok(PrefixCache { dir, root: root.to_owned(), max_bytes, known: HashMap::new(), writer: None })
    }

    /// The entry that shares most of its beginning with `prompt`: its file, and how many tokens.
    pub fn find(&mut self, prompt: &[LlamaToken]) -> Option<(PathBuf, usize)> {
        self.scan();
        let shared = self.known.iter().map(|(path, tokens)| (path, common(tokens, prompt), tokens.len()));
        // An entry is read whole, which costs about a hundredth of evaluating it.
        let best = shared.max_by_key(|(_, common, length)| (common * 100).saturating_sub(*length));
        best.map(|(path, common, _)| (path.clone(), common)).filter(|(_, common)| *common > 0)
    }

    /// Tokens of `prompt`'s beginning that the cache holds.
    pub fn covered(&mut self, prompt: &[LlamaToken]) -> usize {
        self.scan();
        self.known.values().map(|tokens| common(tokens, prompt)).max().unwrap_or(0)
    }

    /// Reads an entry. A damaged one is removed.
    pub fn load(&mut self, path: &Path) -> Option<(Vec<LlamaToken>, Vec<u8>)> {
        match read_entry(path) {
            Ok(entry) => {
                // The time of the last use is what the eviction goes by.
                if let Ok(file) = File::options().append(true).open(path) {
                    let _ = file.set_modified(SystemTime::now());
                }
                Some(entry)
            }
            Err(error) => {
                tracing::warn!("{}: {error}; it is removed", path.display());
                self.known.remove(path);
                let _ = fs::remove_file(path);
                None
            }
        }
    }

    /// Keeps the state of a sequence that holds `tokens`; written in the background. While an
    /// earlier one is still being written, it is dropped: it will come again.
    pub fn store(&mut self, tokens: &[LlamaToken], state: Vec<u8>) {
        if state.len() as u64 > self.max_bytes / 4 {
            return;
        }
        let path = self.dir.join(name(tokens)).with_extension(SUFFIX);
        let begins = self.known.iter().filter(|(_, known)| known.len() < tokens.len() && tokens.starts_with(known));
        let replaces = begins.map(|(path, _)| path.clone()).collect();
        let entry = Entry { path: path.clone(), tokens: tokens.to_vec(), state, replaces };
        if self.writer.is_none() {
            self.writer = start_writer(self.root.clone(), self.max_bytes);
        }
        let Some((writer, _)) = &self.writer else { return };
        if writer.try_send(entry).is_ok() {
            self.known.insert(path, tokens.to_vec());
        }
    }

    /// Looks at files that came and went.
    fn scan(&mut self) {
        let Ok(listing) = fs::read_dir(&self.dir) else { return };
        let files: Vec<PathBuf> =
            listing.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == SUFFIX)).collect();
        // What is still being written is known before its file is there.
        let writing = self.writer.is_some();
        self.known.retain(|path, _| writing || files.contains(path));
        for path in files {
            if let hash_map::Entry::Vacant(place) = self.known.entry(path) {
                match read_tokens(place.key()) {
                    Ok(tokens) => drop(place.insert(tokens)),
                    Err(_) => drop(fs::remove_file(place.key())),
                }
            }
        }
    }
}

impl Drop for PrefixCache {
    /// Waits for what is being written.
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.writer.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn common(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn name(tokens: &[LlamaToken]) -> String {
    let mut hash = Sha256::new();
    tokens.iter().for_each(|t| hash.update(t.0.to_le_bytes()));
    hash.finalize()[..16].iter().map(|b| format!("{b:02x}")).collect()
}

fn start_writer(root: PathBuf, max_bytes: u64) -> Option<(SyncSender<Entry>, JoinHandle<()>)> {
    let (sender, inbox) = sync_channel::<Entry>(2);
    let write = move || {
        for entry in inbox {
            match write_entry(&entry) {
                Ok(()) => {
                    entry.replaces.iter().for_each(|old| drop(fs::remove_file(old)));
                    shrink(&root, max_bytes);
                }
                Err(e) => tracing::warn!("cannot keep a prompt's state in {}: {e}", entry.path.display()),
            }
        }
    };
    let thread = std::thread::Builder::new().name("prefix cache".into()).spawn(write).ok()?;
    Some((sender, thread))
}

fn write_entry(entry: &Entry) -> io::Result<()> {
    let mut head = Vec::with_capacity(entry.tokens.len() * 4 + 4);
    head.extend((entry.tokens.len() as u32).to_le_bytes());
    entry.tokens.iter().for_each(|t| head.extend(t.0.to_le_bytes()));
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&head);
    checksum.update(&entry.state);
    let beside = entry.path.with_extension(format!("{}.tmp", std::process::id()));
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(MAGIC)?;
        file.write_all(&checksum.finalize().to_le_bytes())?;
        file.write_all(&head)?;
        file.write_all(&entry.state)?;
        fs::rename(&beside, &entry.path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged ({what})"))
}

/// Magic, checksum and tokens.
fn read_head(reader: &mut impl Read) -> io::Result<(u32, Vec<u8>)> {
    let mut fixed = [0; 16];
    reader.read_exact(&mut fixed)?;
    let (magic, rest) = fixed.split_at(8);
    if magic != MAGIC {
        return Err(damaged("another format"));
    }
    let number = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let (checksum, count) = (number(&rest[..4]), number(&rest[4..]));
    if count > MOST_TOKENS {
        return Err(damaged("too many tokens"));
    }
    let mut head = rest[4..].to_vec();
    head.resize(4 + count as usize * 4, 0);
    reader.read_exact(&mut head[4..])?;
    Ok((checksum, head))
}

fn tokens_of(head: &[u8]) -> Vec<LlamaToken> {
    head[4..].chunks_exact(4).map(|b| LlamaToken(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect()
}

fn read_tokens(path: &Path) -> io::Result<Vec<LlamaToken>> {
    Ok(tokens_of(&read_head(&mut BufReader::new(File::open(path)?))?.1))
}

fn read_entry(path: &Path) -> io::Result<(Vec<LlamaToken>, Vec<u8>)> {
    let mut file = File::open(path)?;
    let (checksum, head) = read_head(&mut file)?;
    let mut state = Vec::new();
    file.read_to_end(&mut state)?;
    let mut actual = crc32fast::Hasher::new();
    actual.update(&head);
    actual.update(&state);
    if actual.finalize() != checksum {
        return Err(damaged("its checksum is wrong"));
    }
    Ok((tokens_of(&head), state))
}

/// Files that a killed process left half written.
fn remove_leftovers(dir: &Path) {
    let Ok(listing) = fs::read_dir(dir) else { return };
    for entry in listing.flatten().filter(|e| e.path().extension().is_some_and(|x| x == "tmp")) {
        let modified = entry.metadata().and_then(|m| m.modified());
        let age = modified.ok().and_then(|m| m.elapsed().ok()).unwrap_or_default();
        if age > Duration::from_secs(3600) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes the least recently used files, whatever model's they are, until the rest fits.
fn shrink(root: &Path, max_bytes: u64) {
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    let mut files: Vec<(SystemTime, u64, PathBuf)> = files
        .filter(|f| f.path().extension().is_some_and(|e| e == SUFFIX))
        .filter_map(|f| f.metadata().ok().and_then(|m| Some((m.modified().ok()?, m.len(), f.path()))))
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|f| f.1).sum();
    for (_, bytes, path) in files {
        if total <= max_bytes {
            break;
        }
        let _ = fs::remove_file(path);
        total -= bytes;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(ids: std::ops::Range<i32>) -> Vec<LlamaToken> {
        ids.map(LlamaToken).collect()
    }

    fn files(dir: &Path) -> Vec<PathBuf> {
        fs::read_dir(dir.join("m")).unwrap().map(|e| e.unwrap().path()).collect()
    }

    #[test]
    fn what_was_kept_is_found_by_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = PrefixCache::open(dir.path(), "m", 1 << 20).unwrap();
        let mut other = PrefixCache::open(dir.path(), "m", 1 << 20).unwrap();
        assert_eq!(other.find(&tokens(0..9)), None);
        cache.store(&tokens(0..5), vec![7; 100]);
        assert_eq!(cache.covered(&tokens(0..9)), 5);
        drop(cache);
        let (path, common) = other.find(&tokens(0..9)).unwrap();
        assert_eq!(common, 5);
        assert_eq!(other.load(&path), Some((tokens(0..5), vec![7; 100])));
        assert_eq!(other.find(&tokens(3..9)), None);
    }

    #[test]
    fn a_longer_entry_takes_the_place_of_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = PrefixCache::open(dir.path(), "m", 1 << 20).unwrap();
        cache.store(&tokens(0..5), vec![7; 100]);
        cache.store(&tokens(0..9), vec![8; 100]);
        drop(cache);
        assert_eq!(files(dir.path()).len(), 1);
    }

    #[test]
    fn damaged_files_are_thrown_away() {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = PrefixCache::open(dir.path(), "m", 1 << 20).unwrap();
        cache.store(&tokens(0..5), vec![7; 100]);
        drop(cache);
        let path = files(dir.path()).remove(0);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, &bytes).unwrap();
        fs::write(dir.path().join("m/short.kv"), b"pmkv").unwrap();
        let mut cache = PrefixCache::open(dir.path(), "m", 1 << 20).unwrap();
        let (path, _) = cache.find(&tokens(0..9)).unwrap();
        assert_eq!(cache.load(&path), None);
        assert_eq!(cache.find(&tokens(0..9)), None);
        assert!(files(dir.path()).is_empty());
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        for (i, first) in [0, 100, 200].into_iter().enumerate() {
            let mut cache = PrefixCache::open(dir.path(), "m", 5000).unwrap();
            cache.store(&tokens(first..first + 5), vec![7; 1200]);
            drop(cache);
            let path = dir.path().join("m").join(name(&tokens(first..first + 5))).with_extension(SUFFIX);
            let file = File::options().append(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(i as u64)).unwrap();
        }
        let mut cache = PrefixCache::open(dir.path(), "m", 5000).unwrap();
        let (path, _) = cache.find(&tokens(0..5)).unwrap();
        cache.load(&path).unwrap();
        cache.store(&tokens(300..305), vec![7; 1200]);
        cache.store(&tokens(400..405), vec![7; 1200]);
        drop(cache);
        let mut cache = PrefixCache::open(dir.path(), "m", 5000).unwrap();
        assert_eq!(cache.covered(&tokens(0..5)), 5);
        assert_eq!(cache.covered(&tokens(100..105)), 0);
        assert_eq!(cache.covered(&tokens(400..405)), 5);
    }
}
