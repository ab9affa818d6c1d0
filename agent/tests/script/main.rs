//! Scripts: read, checked, run against a scripted model, killed and gone on with.

#![allow(clippy::unwrap_used)]

mod bench;
mod examples;
mod reading;
mod running;
mod schema;
