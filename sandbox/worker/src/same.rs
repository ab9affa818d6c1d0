//! What the system answers differently each time: the clock, and random bytes. The code of a session that is run again
//! gets what it got when it first ran: a clock that stands where it stood, and bytes that follow from the session's seed.
//! Python's own generators are seeded in `polymath_cell.py`; what is here reaches `uuid`, `secrets`, NumPy and all that
//! ask the C library.
//!
//! These functions stand in the place of the C library's: the program's own come first where libraries look for a name.
//! Code that wants to can still make the system calls itself. It is no wall, only makes a well-meant program the same.

use libc::{c_int, c_uint, c_void, clockid_t, size_t, ssize_t, time_t, timespec, timeval};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use serde::Deserialize;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

const SECOND: i64 = 1_000_000_000;

/// How far the clock is put forward, in nanoseconds.
static AHEAD: AtomicI64 = AtomicI64::new(0);
/// Where random bytes come from, from the first call on.
static BYTES: Mutex<Option<StdRng>> = Mutex::new(None);

/// What of a request is for here.
#[derive(Deserialize)]
struct Head {
    /// Seconds of Unix time at which the call begins, as it sees them.
    at: f64,
    /// Where its random bytes come from. Each call has its own, so that they are the same where one before is left out.
    entropy: u64,
}

/// Sets clock and bytes for a request.
pub fn begin(request: &[u8]) {
    // So that the linker takes them, which nobody here calls.
    std::hint::black_box((
        clock_gettime as *const (),
        gettimeofday as *const (),
        time as *const (),
        getrandom as *const (),
    ));
    let Ok(Head { at, entropy }) = serde_json::from_slice(request) else { return };
    AHEAD.store((at * SECOND as f64) as i64 - nanoseconds(real()), Ordering::Relaxed);
    *BYTES.lock().unwrap_or_else(PoisonError::into_inner) = Some(StdRng::seed_from_u64(entropy));
}

fn real() -> timespec {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is there for the call.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_REALTIME, &raw mut now) };
    now
}

fn nanoseconds(time: timespec) -> i64 {
    time.tv_sec * SECOND + time.tv_nsec
}

fn shifted(time: timespec) -> timespec {
    let time = nanoseconds(time) + AHEAD.load(Ordering::Relaxed);
    timespec { tv_sec: time.div_euclid(SECOND), tv_nsec: time.rem_euclid(SECOND) }
}

/// As in POSIX.
///
/// # Safety
/// `time` must be one that can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        let code = libc::syscall(libc::SYS_clock_gettime, clock, time) as c_int;
        if code == 0 && matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE) {
            *time = shifted(*time);
        }
        code
    }
}

/// As in POSIX; the time zone is nobody's concern.
///
/// # Safety
/// `time` must be null or one that can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, _zone: *mut c_void) -> c_int {
    let now = shifted(real());
    if !time.is_null() {
        // SAFETY: the caller's.
        unsafe { *time = timeval { tv_sec: now.tv_sec, tv_usec: now.tv_nsec / 1000 } };
    }
    0
}

/// As in C.
///
/// # Safety
/// `time` must be null or one that can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(time: *mut time_t) -> time_t {
    let now = shifted(real()).tv_sec;
    if !time.is_null() {
        // SAFETY: the caller's.
        unsafe { *time = now };
    }
    now
}

/// As in getrandom(2). Before the first call, and where another thread is at it, the kernel answers.
///
/// # Safety
/// `buffer` must have room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getrandom(buffer: *mut c_void, length: size_t, flags: c_uint) -> ssize_t {
    let own = match BYTES.try_lock() {
        Ok(bytes) => Some(bytes),
        Err(TryLockError::Poisoned(bytes)) => Some(bytes.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    // SAFETY: the caller's.
    unsafe {
        match own {
            Some(mut own) if own.is_some() && !buffer.is_null() => {
                if let Some(generator) = own.as_mut() {
                    generator.fill_bytes(std::slice::from_raw_parts_mut(buffer.cast(), length));
                }
                length as ssize_t
            }
            _ => libc::syscall(libc::SYS_getrandom, buffer, length, flags) as ssize_t,
        }
    }
}
