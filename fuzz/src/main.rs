//! libFuzzer with the target that `POLYMATH_FUZZ` names; `fuzz/run` builds and starts it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use polymath_fuzz::{Target, target};
use std::sync::LazyLock;

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("POLYMATH_FUZZ").unwrap_or_default();
    target(&name).unwrap_or_else(|| panic!("POLYMATH_FUZZ has to name a target of fuzz/src/lib.rs and is {name:?}"))
});

fuzz_target!(|data: &[u8]| (CHOSEN.read)(data));
