#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| polymath_fuzz::check("kimi", data));
