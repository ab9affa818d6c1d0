//! reduced
