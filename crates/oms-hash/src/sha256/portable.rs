//! One message at a time, with AWS-LC: its assembly knows the SHA instructions of x86 and Arm, and
//! runs on processors that have none.

#![allow(unsafe_code)]

use super::Lane;

/// What runs on every processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable(());

impl Portable {
    pub(super) fn new() -> Self {
        // AWS-LC must look at the processor before it chooses its code.
        aws_lc_rs::init();
        Self(())
    }

    /// Takes in the blocks of each lane, one lane after the other.
    pub(super) fn advance(self, lanes: &mut [Lane<'_>]) {
        // The assembly does not expect to be called for nothing: it would run on for ever.
        for lane in lanes.iter_mut().filter(|lane| !lane.blocks.is_empty()) {
            let (state, blocks) = (lane.state.as_mut_ptr(), lane.blocks.as_flattened().as_ptr());
            // SAFETY: the function reads and writes the eight words behind `state` and reads
            // `64 * len` bytes behind `blocks` (aws-lc, include/openssl/sha.h). The first is a
            // `&mut [u32; 8]`, the second a slice of `len` arrays of 64 bytes, and `len` is not 0;
            // neither is kept.
            unsafe { aws_lc_sys::SHA256_TransformBlocks(state, blocks, lane.blocks.len()) }
        }
    }
}
