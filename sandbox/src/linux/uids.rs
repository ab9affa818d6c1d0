//! Host users for sessions when the program runs as root: one for each, so that per-user limits and
//! signals never meet. Taken from a range that systems leave unused
//! (<https://systemd.io/UIDS-GIDS/>: 1879048192 to 2147483647).

use crate::SandboxError;
use std::{
    fs,
    sync::{Mutex, PoisonError},
};

const FIRST: u64 = 1_879_048_192;
/// Users for each program, which is also the most sessions it can have.
const BLOCK: u64 = 64;
/// Process numbers go up to 2^22.
const PROCESSES: u64 = 1 << 22;

/// Which of this program's users sessions have, in all its sandboxes.
static TAKEN: Mutex<u64> = Mutex::new(0);

/// This program's users.
#[derive(Debug, Clone)]
pub struct Uids {
    first: u32,
}

/// One user, free again when dropped.
#[derive(Debug)]
pub struct Uid {
    pub id: u32,
    bit: u64,
}

impl Uids {
    /// A block of users that exist here: inside a container not all numbers do.
    pub fn find() -> Result<Self, SandboxError> {
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_else(|_| "0 0 4294967295".to_owned());
        let first = choose(&map, u64::from(std::process::id())).ok_or_else(|| {
            let message = format!("no unprivileged user ids are mapped here (/proc/self/uid_map: {})", map.trim());
            SandboxError::unavailable(Some("user".to_owned()), message)
        })?;
        Ok(Uids { first })
    }

    pub fn take(&self) -> Result<Uid, SandboxError> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = taken.trailing_ones();
        if u64::from(slot) >= BLOCK {
            return Err(SandboxError::unavailable(None, format!("{BLOCK} sessions are running, which is the most")));
        }
        *taken |= 1 << slot;
        Ok(Uid { id: self.first + slot, bit: 1 << slot })
    }
}

impl Drop for Uid {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) &= !self.bit;
    }
}

/// The first user of a block for process `pid`, given the lines `inside outside count` of a uid_map.
fn choose(map: &str, pid: u64) -> Option<u32> {
    let ranges: Vec<(u64, u64)> = map
        .lines()
        .filter_map(|line| {
            let numbers: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
            (numbers.len() == 3).then(|| (numbers[0], numbers[0] + numbers[2]))
        })
        .collect();
    let wanted = FIRST + pid % PROCESSES * BLOCK;
    if ranges.iter().any(|(start, end)| *start <= wanted && wanted + BLOCK <= *end) {
        return u32::try_from(wanted).ok();
    }
    // A small map: blocks below its upper end, away from real users and from `nobody`.
    let (start, end) = ranges.into_iter().max_by_key(|(start, end)| end - start)?;
    let blocks = 64;
    let low = (end.min(65_000)).checked_sub(blocks * BLOCK)?;
    (low >= start.max(10_000)).then_some(low + pid % blocks * BLOCK).and_then(|id| u32::try_from(id).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(map: &str, pid: u64, want: Option<u32>) {
        assert_eq!(choose(map, pid), want);
    }

    #[test]
    fn users_lie_in_the_unused_range_or_at_the_end_of_a_small_map() {
        check("0 0 4294967295", 1, Some(1_879_048_256));
        check("0 0 4294967295", 4_194_303, Some(2_147_483_584));
        check("0 100000 65536", 3, Some(61_096));
        check("0 1000 1", 3, None);
    }
}
