//! Writes ZIM files of a few pages: version 6.1, <https://wiki.openzim.org/wiki/ZIM_file_format>.

/// What a path of the archive leads to.
pub enum Entry<'a> {
    Page(&'a str),
    Redirect(&'a str),
}

struct Made {
    namespace: u8,
    path: String,
    title: String,
    /// Number of its type, cluster and blob; for a redirect the path.
    at: Result<(u16, u32, u32), String>,
}

const HEADER: usize = 80;
const TYPES: &[&str] = &["text/html", "application/octet-stream+zimlisting"];

/// Paths, titles and what is there.
pub fn zim(entries: &[(&str, &str, Entry)]) -> Vec<u8> {
    let mut all: Vec<Made> = Vec::new();
    let mut pages: Vec<&[u8]> = Vec::new();
    for (path, title, entry) in entries {
        let at = match entry {
            Entry::Page(html) => {
                pages.push(html.as_bytes());
                Ok((0, 0, pages.len() as u32 - 1))
            }
            Entry::Redirect(target) => Err((*target).to_owned()),
        };
        all.push(Made { namespace: b'C', path: (*path).to_owned(), title: (*title).to_owned(), at });
    }
    let listing = "listing/titleOrdered/v1".to_owned();
    all.push(Made { namespace: b'X', path: listing, title: String::new(), at: Ok((1, 1, 0)) });
    all.sort_by(|a, b| (a.namespace, &a.path).cmp(&(b.namespace, &b.path)));
    let place = |path: &str| all.iter().position(|e| e.namespace == b'C' && e.path == path).unwrap() as u32;
    let mut by_title: Vec<u32> = (0..all.len() as u32).filter(|i| all[*i as usize].namespace == b'C').collect();
    by_title.sort_by_key(|i| &all[*i as usize].title);
    let titles: Vec<u8> = by_title.iter().flat_map(|i| i.to_le_bytes()).collect();
    let clusters = [cluster(&pages, true), cluster(&[&titles], false)];
    let entries: Vec<Vec<u8>> = all.iter().map(|entry| written(entry, &place)).collect();
    assemble(&entries, &clusters)
}

fn written(entry: &Made, place: &impl Fn(&str) -> u32) -> Vec<u8> {
    let mut raw = Vec::new();
    match &entry.at {
        Ok((kind, cluster, blob)) => {
            raw.extend(kind.to_le_bytes());
            raw.extend([0, entry.namespace, 0, 0, 0, 0]);
            raw.extend(cluster.to_le_bytes());
            raw.extend(blob.to_le_bytes());
        }
        Err(target) => {
            raw.extend(u16::MAX.to_le_bytes());
            raw.extend([0, entry.namespace, 0, 0, 0, 0]);
            raw.extend(place(target).to_le_bytes());
        }
    }
    raw.extend(entry.path.bytes().chain([0]).chain(entry.title.bytes()).chain([0]));
    raw
}

/// A table of offsets and the blobs, packed with Zstandard (type 5) or not at all (type 1).
fn cluster(blobs: &[&[u8]], packed: bool) -> Vec<u8> {
    let mut offset = 4 * (blobs.len() as u32 + 1);
    let mut data = offset.to_le_bytes().to_vec();
    for blob in blobs {
        offset += blob.len() as u32;
        data.extend(offset.to_le_bytes());
    }
    data.extend(blobs.iter().copied().flatten());
    let (kind, data) = if packed { (5, zstd::encode_all(&data[..], 3).unwrap()) } else { (1, data) };
    [vec![kind], data].concat()
}

fn assemble(entries: &[Vec<u8>], clusters: &[Vec<u8>]) -> Vec<u8> {
    let types: Vec<u8> = TYPES.iter().flat_map(|kind| kind.bytes().chain([0])).chain([0]).collect();
    let mut at = HEADER + types.len();
    let (mut body, mut entry_places, mut cluster_places) = (types, Vec::new(), Vec::new());
    for (parts, places) in [(entries, &mut entry_places), (clusters, &mut cluster_places)] {
        for part in parts {
            places.extend((at as u64).to_le_bytes());
            body.extend(part);
            at += part.len();
        }
    }
    let entry_list = at as u64;
    let cluster_list = entry_list + entry_places.len() as u64;
    let end = cluster_list + cluster_places.len() as u64;
    let mut file = 72_173_914_u32.to_le_bytes().to_vec();
    file.extend([6, 0, 1, 0]);
    file.extend([7; 16]);
    file.extend((entries.len() as u32).to_le_bytes());
    file.extend((clusters.len() as u32).to_le_bytes());
    for place in [entry_list, u64::MAX, cluster_list, HEADER as u64] {
        file.extend(place.to_le_bytes());
    }
    file.extend([0xff; 8]); // neither main page nor layout
    file.extend(end.to_le_bytes());
    file.extend(body);
    file.extend(entry_places);
    file.extend(cluster_places);
    // Stands for the checksum, which readers need not look at.
    let sum = file.iter().fold(0_u128, |sum, byte| sum.wrapping_mul(31).wrapping_add(u128::from(*byte)));
    file.extend(sum.to_le_bytes());
    file
}
