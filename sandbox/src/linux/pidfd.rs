//! Signals through descriptors of processes.

use nix::sys::signal::Signal;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sends a signal through a pidfd, which never means another process.
pub fn signal(pidfd: BorrowedFd, signal: Signal) {
    // SAFETY: the descriptor is open; a null siginfo means what kill(2) would send.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal as i32,
            std::ptr::null::<libc::c_void>(),
            0,
        );
    }
}
