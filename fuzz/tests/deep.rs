//! Readers that call themselves stop somewhere: what is nested without end takes no more stack than a thread has.

use polymath_fuzz::TARGETS;

/// Levels: a frame of a hundred bytes each is more than any thread has.
const DEEP: usize = 20_000;
/// Stack of the threads that read pages and files.
const STACK: usize = 2 << 20;

#[test]
fn what_is_nested_without_end_takes_no_stack() {
    for target in TARGETS {
        let read = move || {
            for piece in polymath_growth::PIECES.iter().chain(target.pieces) {
                eprintln!("{} {piece:?}", target.name); // a stack that overflows ends the process
                (target.read)(piece.repeat(DEEP).as_bytes());
            }
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(read);
        assert!(thread.is_ok_and(|thread| thread.join().is_ok()), "{}", target.name);
    }
}
