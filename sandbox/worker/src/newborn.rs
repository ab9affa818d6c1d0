//! A session that is being made: what its PID 1 and its worker both know of it.

use crate::{
    python::Interpreter,
    walls::{Lowered, mounts},
};
use polymath_sandbox::wire::{Ground, SessionPlan};
use std::path::{Path, PathBuf};

/// A session that is being made.
pub struct Newborn<'a> {
    pub python: &'a Interpreter,
    pub plan: SessionPlan,
    pub lowered: &'a Lowered,
}

impl Newborn<'_> {
    /// Where the code works, as its processes see it.
    pub fn work(&self) -> &Path {
        match &self.plan.ground {
            Ground::Namespaces => Path::new(mounts::WORK),
            Ground::Reduced { work } => work,
        }
    }

    /// Where its temporary files go.
    pub fn temporary(&self) -> PathBuf {
        match &self.plan.ground {
            Ground::Namespaces => PathBuf::from(mounts::TEMPORARY),
            Ground::Reduced { work } => work.join(".tmp"),
        }
    }
}
