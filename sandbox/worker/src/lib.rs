//! The program that runs model-written Python behind walls, as a library: `polymath-python` is its
//! `main`, and `polymath-python-lowered` another one that tests use.
//!
//! Started as a *zygote* by `polymath-sandbox`, with one end of the control socket as descriptor 3.
//! The zygote imports the packages once and never runs user code; each session is a fork of it in
//! namespaces of its own (`zygote.rs`), whose PID 1 builds the file system and forks the worker
//! (`init.rs`), which raises the other walls and then serves calls (`session.rs`). The only program
//! of the project that links libpython.
//!
//! Building: pyo3 links the Python that `PYO3_PYTHON` names, and the packages must be installed for
//! that same Python, so both the build and the virtual environment use the system's
//! (`PYO3_PYTHON=/usr/bin/python3`, Debian's python3-dev); a version manager's Python that happens
//! to come first in `PATH` would be linked otherwise.

#![cfg(target_os = "linux")]

mod init;
mod newborn;
mod python;
mod same;
mod session;
mod traces;
pub mod walls;
pub mod zygote;

/// Ends a forked process at once: exit handlers belong to the zygote, and Python's own
/// finalisation would run user code.
fn leave(code: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}
