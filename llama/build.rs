//! Lets the program link the OpenMP library of the compiler that llama.cpp is compiled with.
//!
//! llama-cpp-sys-2 names GCC's (`gomp`) on Linux whatever the compiler is. Clang's code calls its own
//! (`omp`), and both in one program disagree about the number of threads. So `gomp` leads to `omp` here,
//! by a linker script of that name in a folder that is searched first.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let compiler = format!("CXX_{}", target.replace('-', "_"));
    println!("cargo::rerun-if-env-changed={compiler}");
    let is_clang = env::var(&compiler).is_ok_and(|name| name.contains("clang"));
    if !target.ends_with("linux-gnu") || !is_clang {
        return;
    }
    let Some(folder) = env::var_os("OUT_DIR").map(PathBuf::from) else { return };
    let written = fs::write(folder.join("libgomp.so"), "INPUT(-lomp)\n");
    assert!(written.is_ok(), "cannot write libgomp.so into {}: {written:?}", folder.display());
    println!("cargo::rustc-link-search=native={}", folder.display());
    // Debian has one folder for each version of LLVM.
    let versions = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> =
        versions.map(|path| path.join("lib")).filter(|path| path.join("libomp.so").exists()).collect();
    folders.sort();
    if let Some(folder) = folders.last() {
        println!("cargo::rustc-link-search=native={}", folder.display());
    }
}
