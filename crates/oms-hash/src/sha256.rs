//! SHA-256 (FIPS 180-4) over several messages at once.
//!
//! One message is a chain: each block waits for the one before, and the SHA unit of a core waits
//! with it. Independent messages fill the gaps. Each file beneath this one knows one instruction set
//! and keeps one contract: take in the blocks of a set of [`Lane`]s, as many of each.

#[cfg(target_arch = "x86_64")]
mod filled;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86_avx2;
#[cfg(target_arch = "x86_64")]
mod x86_avx512;
#[cfg(target_arch = "x86_64")]
mod x86_shani;

#[cfg(test)]
mod tests;

use portable::Portable;
#[cfg(target_arch = "x86_64")]
use {x86_avx2::Avx2, x86_avx512::Avx512, x86_shani::ShaNi};

use crate::kernel::{Kernel, Step};
use crate::{Digest, Engine};

/// Bytes that are taken in together.
pub(crate) const BLOCK_LEN: usize = 64;

/// Bytes at the end of a padded message that hold its length.
const LENGTH_LEN: usize = 8;

/// One block of a message.
pub(crate) type Block = [u8; BLOCK_LEN];

/// The eight words of a running hash (FIPS 180-4, 6.2).
pub(crate) type State = [u32; 8];

/// The state before the first block (FIPS 180-4, 5.3.3).
pub(crate) const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The constants of the rounds (FIPS 180-4, 4.2.2).
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// A message's part in a step.
pub(crate) struct Lane<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) blocks: &'a [Block],
}

/// Code that is at its best with few lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    ShaNi(ShaNi),
}

impl Scalar {
    /// All that this processor can run, the best last.
    pub(crate) fn available() -> Vec<Self> {
        let all = [
            Some(Self::Portable(Portable::new())),
            #[cfg(target_arch = "x86_64")]
            ShaNi::detect().map(Self::ShaNi),
        ];
        all.into_iter().flatten().collect()
    }

    pub(crate) fn best() -> Self {
        Self::available().pop().unwrap_or_else(|| Self::Portable(Portable::new()))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "aws-lc",
            #[cfg(target_arch = "x86_64")]
            Self::ShaNi(_) => "sha-ni",
        }
    }

    /// Whether one message alone is about as fast as it can be.
    pub(crate) fn has_sha_unit(self) -> bool {
        self.width() > 1
    }

    pub(crate) fn width(self) -> usize {
        match self {
            Self::Portable(_) => 1,
            #[cfg(target_arch = "x86_64")]
            Self::ShaNi(_) => x86_shani::WIDTH,
        }
    }

    pub(crate) fn advance(self, lanes: &mut [Lane<'_>]) {
        match self {
            Self::Portable(code) => code.advance(lanes),
            #[cfg(target_arch = "x86_64")]
            Self::ShaNi(code) => code.advance(lanes),
        }
    }
}

/// Code that takes the same time for one lane as for all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Vector {
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Vector {
    /// All that this processor can run.
    pub(crate) fn available() -> Vec<Self> {
        let all: &[Option<Self>] = &[
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Avx512::detect().map(Self::Avx512),
        ];
        all.iter().copied().flatten().collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    pub(crate) fn width(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => x86_avx2::WIDTH,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => x86_avx512::WIDTH,
        }
    }

    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables))]
    pub(crate) fn advance(self, lanes: &mut [Lane<'_>]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(code) => code.advance(lanes),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(code) => code.advance(lanes),
        }
    }
}

/// SHA-256 for the scheduler.
pub(crate) struct Sha256(pub(crate) Engine);

/// A message in the middle.
pub(crate) struct Running {
    words: State,
    /// Bytes taken in.
    len: u64,
}

impl Running {
    fn lane<'a>(step: &'a mut Step<'_, Self>) -> Lane<'a> {
        step.state.len += step.bytes.len() as u64;
        Lane { state: &mut step.state.words, blocks: step.bytes.as_chunks().0 }
    }
}

impl Kernel for Sha256 {
    type State = Running;
    type Output = Digest;

    const BLOCK_LEN: usize = BLOCK_LEN;

    fn width(&self) -> usize {
        self.0.lanes()
    }

    fn begin(&self, _message: usize) -> Running {
        Running { words: INITIAL, len: 0 }
    }

    fn advance(&self, steps: &mut [Step<'_, Running>]) {
        let mut lanes: Vec<Lane<'_>> = steps.iter_mut().map(Running::lane).collect();
        self.0.advance(&mut lanes);
    }

    fn finish(&self, state: Running, tail: &[u8]) -> Digest {
        let len = state.len + tail.len() as u64;
        Digest::sha256(finish(state.words, tail, len))
    }
}

/// Pads a message with what is left of it, less than a block, and its length in bytes (FIPS 180-4,
/// 5.1.1).
fn finish(mut state: State, tail: &[u8], len: u64) -> [u8; 32] {
    let mut padded = [[0_u8; BLOCK_LEN]; 2];
    let count = if tail.len() + 1 + LENGTH_LEN <= BLOCK_LEN { 1 } else { 2 };
    let blocks = padded.get_mut(..count).unwrap_or_default();
    let bytes = blocks.as_flattened_mut();
    let begin = tail.iter().copied().chain([0x80]);
    bytes.iter_mut().zip(begin).for_each(|(to, from)| *to = from);
    let end = len.wrapping_mul(8).to_le_bytes();
    bytes.iter_mut().rev().zip(end).for_each(|(to, from)| *to = from);
    Portable::new().advance(&mut [Lane { state: &mut state, blocks }]);
    let mut digest = [0; 32];
    for (to, word) in digest.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    digest
}
