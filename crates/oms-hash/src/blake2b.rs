//! BLAKE2b (RFC 7693), 64 bytes, several messages at once.

use blake2b_simd::State;
use blake2b_simd::many::{degree, update_many};

use crate::Digest;
use crate::kernel::{Kernel, Step};

/// As many messages as the vectors of this processor hold.
pub(crate) struct Blake2b;

impl Kernel for Blake2b {
    type State = Box<State>;
    type Output = Digest;

    const BLOCK_LEN: usize = blake2b_simd::BLOCKBYTES;

    fn width(&self) -> usize {
        degree()
    }

    fn begin(&self, _message: usize) -> Box<State> {
        Box::new(State::new())
    }

    fn advance(&self, steps: &mut [Step<'_, Box<State>>]) {
        update_many(steps.iter_mut().map(|step| (&mut **step.state, &step.bytes)));
    }

    fn finish(&self, mut state: Box<State>, tail: &[u8]) -> Digest {
        Digest::blake2b(*state.update(tail).finalize().as_array())
    }
}
