//! Reading an archive: its pages by their paths, with bounds on what is unpacked.

use crate::browser::backend::service::Shelf;
use crate::browser::fetch::content::Kind;
use crate::browser::page::{self, Page};
use polymath_chat::ToolFailure;
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};
use zim::{Compression, DirectoryEntry, MimeType, Namespace, Target, Zim};

/// Bytes of a page.
const MOST_BYTES: usize = 64 << 20;
/// Bytes that come out of a cluster until a page in it is reached; those of today have two million.
const MOST_UNPACKED: u64 = 512 << 20;
/// Bytes by which a page's beginning is read.
const BEGINNING: usize = 24 << 10;

/// Why an archive can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{} is no readable ZIM file: {source}", .file.display())]
pub struct ArchiveError {
    file: PathBuf,
    source: zim::Error,
}

pub struct Archive {
    pub(super) zim: Zim,
    file: PathBuf,
    /// The file's name without its ending.
    name: String,
}

impl Archive {
    /// # Errors
    /// There is no such file, or it is none.
    pub fn open(file: &Path) -> Result<Self, ArchiveError> {
        let zim = Zim::new(file).map_err(|source| ArchiveError { file: file.to_owned(), source })?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Archive { zim, file: file.to_owned(), name })
    }

    pub(super) fn failed(&self, source: zim::Error) -> ArchiveError {
        ArchiveError { file: self.file.clone(), source }
    }

    /// Pages with their titles in the archive's order. Archives before version 6.1 list pictures among them.
    /// Lists are never packed; one that is would be unpacked to whatever it is.
    pub(super) fn titles(&self) -> Result<Option<zim::Listing<'_>>, zim::Error> {
        for version in ["v0", "v1"] {
            let path = format!("listing/titleOrdered/{version}");
            let entry = self.zim.get_by_path(Namespace::FulltextIndex, &path)?;
            if let Some(Target::Cluster(cluster, _)) = entry.and_then(|entry| entry.target)
                && self.zim.get_cluster(cluster)?.compression() != Compression::None
            {
                return Err(zim::Error::InvalidListing);
            }
        }
        match self.zim.article_list_by_title()? {
            Some(listing) => Ok(Some(listing)),
            None => self.zim.entry_list_by_title(),
        }
    }

    /// Where pages are: archives before version 6.1 have another namespace for them.
    pub(super) fn namespace(&self) -> Namespace {
        let new = self.zim.header.version_major >= 6 && self.zim.header.version_minor >= 1;
        if new { Namespace::UserContent } else { Namespace::Articles }
    }

    /// What a page begins with, which is what an encyclopaedia says it is about.
    pub(super) fn beginning(&self, entry: &DirectoryEntry) -> Result<Page, ToolFailure> {
        self.read(entry, BEGINNING)
    }

    fn read(&self, entry: &DirectoryEntry, most: usize) -> Result<Page, ToolFailure> {
        let url = self.address_of(entry);
        let failed = |why: &str| ToolFailure::new("unsupported", format!("{url} cannot be read: {why}"));
        let MimeType::Type(mime) = &entry.mime_type else { return Err(failed("it is no page")) };
        let Some(Target::Cluster(cluster, blob)) = entry.target else { return Err(failed("it is no page")) };
        let bytes = self.blob(cluster, blob, most).map_err(|e| failed(&e.to_string()))?;
        let kind = Kind::of_reply(Some(mime), &entry.url, &bytes).map_err(|what| failed(&format!("it is {what}")))?;
        let mut page = page::read(kind, &bytes, Some(encoding_rs::UTF_8), &url)?;
        if !entry.title.is_empty() {
            page.title.clone_from(&entry.title);
        }
        Ok(page)
    }

    /// The first `most` bytes of a blob. The crate would unpack a cluster whole, whatever comes out.
    fn blob(&self, cluster: u32, blob: u32, most: usize) -> io::Result<Vec<u8>> {
        let wrong = |e: zim::Error| io::Error::new(io::ErrorKind::InvalidData, e);
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        let header = &self.zim.header;
        let place = |cluster: u32| -> io::Result<u64> {
            if cluster >= header.cluster_count {
                return Ok(header.checksum_pos);
            }
            let at = header.cluster_ptr_pos.checked_add(u64::from(cluster) * 8).ok_or_else(damaged)?;
            let raw = self.zim.store.slice(at, 8).map_err(wrong)?;
            Ok(raw.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        };
        let (start, end) = (place(cluster)?, place(cluster.saturating_add(1))?);
        if cluster >= header.cluster_count || start >= end || end > header.checksum_pos {
            return Err(damaged());
        }
        let about = *self.zim.store.slice(start, 1).map_err(wrong)?.first().ok_or_else(damaged)?;
        let packed = io::BufReader::new(self.zim.store.reader(start + 1, end));
        let mut data: Box<dyn Read + '_> = match about & 0x0f {
            0 | 1 => Box::new(packed),
            4 => Box::new(xz2::bufread::XzDecoder::new(packed).take(MOST_UNPACKED)),
            5 => Box::new(zstd::Decoder::with_buffer(packed)?.take(MOST_UNPACKED)),
            _ => return Err(damaged()),
        };
        // Offsets of the blobs and of their end, from the beginning of these offsets.
        let width = if about & 0x10 == 0 { 4 } else { 8 };
        let mut next = || -> io::Result<u64> {
            let mut raw = [0; 8];
            data.read_exact(&mut raw[..width])?;
            Ok(u64::from_le_bytes(raw))
        };
        let table = next()?;
        let (first, known) = (u64::from(blob) * width as u64, 2 * width as u64);
        if first.checked_add(known).is_none_or(|end| end > table) {
            return Err(damaged());
        }
        let mut from = table;
        for _ in 0..blob {
            from = next()?;
        }
        let to = next()?;
        let read = u64::from(blob) * width as u64 + known;
        let size = to.checked_sub(from).filter(|size| *size <= MOST_BYTES as u64).ok_or_else(damaged)?;
        let skipped = from.checked_sub(read).ok_or_else(damaged)?;
        io::copy(&mut data.by_ref().take(skipped), &mut io::sink())?;
        let mut bytes = Vec::new();
        data.take(size.min(most as u64)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The places of its pages.
    ///
    /// # Errors
    /// The archive is damaged.
    pub fn pages(&self) -> Result<Vec<u32>, ArchiveError> {
        let all = self.titles().and_then(|titles| titles.map_or(Ok(Vec::new()), |titles| titles.to_vec()));
        all.map_err(|e| self.failed(e))
    }

    /// The address of what is at a place.
    pub fn address(&self, place: u32) -> Option<String> {
        Some(self.address_of(&self.zim.get_by_url_index(place).ok()?))
    }

    fn address_of(&self, entry: &DirectoryEntry) -> String {
        format!("{SCHEME}{}/{}", self.name, entry.url)
    }

    /// What the page at a place begins with; `None` for what is none, or leads to another.
    pub fn at(&self, place: u32) -> Option<Result<Page, ToolFailure>> {
        let entry = self.zim.get_by_url_index(place).ok()?;
        let is_page = matches!(&entry.mime_type, MimeType::Type(mime) if mime.starts_with("text/html"));
        (is_page && entry.namespace == self.namespace()).then(|| self.beginning(&entry))
    }

    /// What changes when the archive does.
    pub fn stamp(&self) -> String {
        self.zim.checksum.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn entry(&self, address: &str) -> Option<DirectoryEntry> {
        let path = address.strip_prefix(SCHEME)?.strip_prefix(&self.name)?.strip_prefix('/')?;
        let entry = self.zim.get_by_path(self.namespace(), path).ok().flatten()?;
        self.zim.resolve(entry).ok()
    }
}

pub const SCHEME: &str = "zim:";

/// As the format has it: a page without a title is called by its path.
pub(super) fn title(entry: &DirectoryEntry) -> &str {
    if entry.title.is_empty() { &entry.url } else { &entry.title }
}

impl Shelf for Archive {
    fn page(&self, address: &str) -> Option<Result<Page, ToolFailure>> {
        Some(self.read(&self.entry(address)?, usize::MAX))
    }

    fn contains(&self, address: &str) -> bool {
        self.entry(address).is_some()
    }
}
