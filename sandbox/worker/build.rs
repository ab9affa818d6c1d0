//! The functions of `src/same.rs` have to be among the program's symbols for libraries to find them before the C library's.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        for name in ["clock_gettime", "gettimeofday", "time", "getrandom"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol={name}");
        }
    }
}
