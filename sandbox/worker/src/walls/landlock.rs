//! Landlock: the same file rules once more, by another mechanism of the kernel, with TCP, abstract
//! Unix sockets and signals to outside forbidden where the kernel knows them.

use super::WallError;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, make_bitflags,
};
use polymath_sandbox::wire::Wall;
use std::path::{Path, PathBuf};

const WALL: &str = "Landlock";

/// Restricts this thread, the only one, for good: `runtime` can be read, `own` written. Not having
/// Landlock is no error where namespaces hold the same line; where it is `alone`, all of it must be there.
pub fn apply(runtime: &[PathBuf], own: [&Path; 2], alone: bool) -> Result<Wall, WallError> {
    let fail = |e: &dyn std::fmt::Display| WallError::new(WALL, e);
    let abi = ABI::V6;
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let forbidden = make_bitflags!(AccessFs::{Execute | MakeChar | MakeBlock | MakeSock | MakeFifo});
    let write: BitFlags<AccessFs> = AccessFs::from_all(abi) & !forbidden;
    let mut rules = Ruleset::default()
        .set_compatibility(if alone { CompatLevel::HardRequirement } else { CompatLevel::BestEffort })
        .handle_access(AccessFs::from_all(abi))
        .and_then(|r| r.handle_access(AccessNet::from_all(abi)))
        .and_then(|r| r.scope(Scope::from_all(abi)))
        .and_then(|r| r.create())
        .map_err(|e| fail(&e))?;
    let places = runtime.iter().map(|p| (p.clone(), read)).chain([
        (own[0].to_owned(), write),
        (own[1].to_owned(), write),
        (PathBuf::from("/dev/null"), make_bitflags!(AccessFs::{ReadFile | WriteFile})),
    ]);
    for (path, access) in places {
        let fd = PathFd::new(&path).map_err(|e| fail(&e))?;
        rules = rules.add_rule(PathBeneath::new(fd, access)).map_err(|e| fail(&e))?;
    }
    let status = rules.restrict_self().map_err(|e| fail(&e))?;
    // SAFETY: with this flag the call only reports the version the kernel speaks.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Wall::up(WALL, format!("kernel ABI {version}; files, TCP, signals")),
        RulesetStatus::PartiallyEnforced => Wall::up(WALL, format!("kernel ABI {version}; what it knows of")),
        RulesetStatus::NotEnforced => Wall::down(WALL, "not in this kernel; the namespaces hold without it"),
    })
}
