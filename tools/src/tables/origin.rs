//! Where a value comes from, in words.

use polymath_chat::{Cell, Provenance};

/// One word: `sourced`, `computed`, `imputed`, `extrapolated`, `given`, `unverified`, `missing`.
pub fn status(cell: &Cell) -> &'static str {
    match *cell.provenance {
        Provenance::Sourced { .. } => "sourced",
        Provenance::Computed { .. } => "computed",
        Provenance::Imputed { .. } => "imputed",
        Provenance::Extrapolated { .. } => "extrapolated",
        Provenance::Given => "given",
        Provenance::Unverified => "unverified",
        Provenance::Missing => "missing",
    }
}

/// What there is to know of it: the address, title and passage of a page, or how the value was made.
pub struct Origin<'a> {
    pub url: &'a str,
    pub title: &'a str,
    pub how: &'a str,
}

pub fn origin(cell: &Cell) -> Origin<'_> {
    match &*cell.provenance {
        Provenance::Sourced { url, title, quote } => Origin { url, title, how: quote },
        Provenance::Computed { how } | Provenance::Imputed { how } | Provenance::Extrapolated { how } => {
            Origin { url: "", title: "", how }
        }
        Provenance::Given | Provenance::Unverified | Provenance::Missing => Origin { url: "", title: "", how: "" },
    }
}

/// Both in one line.
pub fn told(cell: &Cell) -> String {
    let Origin { url, title, how } = origin(cell);
    let quoted = if how.is_empty() || url.is_empty() { how.to_owned() } else { format!("“{how}”") };
    let parts: Vec<&str> = [title, url, &quoted].into_iter().filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => status(cell).to_owned(),
        false => format!("{}: {}", status(cell), parts.join(", ")),
    }
}

/// Whether there is anything to say of it: what the user gave, and what is not there, needs no origin.
pub fn is_told(cell: &Cell) -> bool {
    !matches!(*cell.provenance, Provenance::Given | Provenance::Missing)
}
