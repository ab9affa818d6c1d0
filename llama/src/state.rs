//! The state of one sequence as bytes, in llama.cpp's own format.

#![allow(unsafe_code)]

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::LlamaStateSeqFlags;

/// The keys and values of a sequence; none where llama.cpp cannot give them.
pub fn save(llama: &LlamaContext<'_>, sequence: usize) -> Option<Vec<u8>> {
    let flags = LlamaStateSeqFlags::empty();
    let size = llama.state_seq_get_size_ext(sequence as i32, flags);
    if size == 0 {
        return None;
    }
    let mut bytes = vec![0; size];
    // SAFETY: llama.cpp writes at most the size it has just named, which is what is allocated.
    let written = unsafe { llama.state_seq_get_data_ext(bytes.as_mut_ptr(), sequence as i32, flags) };
    bytes.truncate(written);
    (written > 0).then_some(bytes)
}

/// Puts what [`save`] gave into an empty sequence; false where it does not fit.
pub fn restore(llama: &mut LlamaContext<'_>, sequence: usize, bytes: &[u8]) -> bool {
    // SAFETY: llama.cpp reads no further than the slice's length and checks shapes itself; that the
    // bytes are those that were saved is known from their checksum and the model's fingerprint.
    unsafe { llama.state_seq_set_data_ext(bytes, sequence as i32, LlamaStateSeqFlags::empty()) }
}
