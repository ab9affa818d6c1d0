//! `polymath-python`: see the library beside this file.

#[cfg(target_os = "linux")]
fn main() {
    if std::env::args().nth(1).as_deref() != Some("zygote") {
        eprintln!("polymath-python is started by polymath; it has no use of its own");
        std::process::exit(2);
    }
    std::process::exit(polymath_python::zygote::main(polymath_python::walls::Lowered::none()));
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("polymath-python has no walls on this system and does not run code without them");
    std::process::exit(2);
}
