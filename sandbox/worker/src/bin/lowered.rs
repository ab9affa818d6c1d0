//! `polymath-python-lowered`: the same program with walls left down, as the name it is started under
//! says (`without-mounts-landlock`). For the attack tests' negative controls only: polymath neither
//! installs nor starts it.

#[cfg(target_os = "linux")]
fn main() {
    let program = std::env::args().next().unwrap_or_default();
    let name = std::path::Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lowered = polymath_python::walls::Lowered::by_name(&name);
    if !lowered.any() {
        eprintln!("polymath-python-lowered is for tests, which start it as without-WALL-WALL");
        std::process::exit(2);
    }
    std::process::exit(polymath_python::zygote::main(lowered));
}

#[cfg(not(target_os = "linux"))]
fn main() {
    std::process::exit(2);
}
