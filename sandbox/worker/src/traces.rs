//! What a call leaves behind in its process that would disturb the next one: timers that go off
//! later, signals held back, handlers that wait for their turn. (Threads are the host's to find.)

use crate::python::Interpreter;

/// Clears them, between a call's end and its reply: what happens here is still the call's own doing.
pub fn clear(python: &Interpreter) {
    // A handler may arm a timer once more, but only by its own hand.
    for _ in 0..2 {
        disarm();
        python.run_signal_handlers();
    }
}

fn disarm() {
    // SAFETY: plain integers and values of this frame.
    unsafe {
        let off: libc::itimerval = std::mem::zeroed();
        for timer in [libc::ITIMER_REAL, libc::ITIMER_VIRTUAL, libc::ITIMER_PROF] {
            libc::setitimer(timer, &raw const off, std::ptr::null_mut());
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}
