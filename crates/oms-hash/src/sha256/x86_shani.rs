//! The SHA instructions of x86-64, with two to four messages interleaved.
//!
//! `sha256rnds2` takes four cycles and can begin every second one (AMD Zen): a single message leaves
//! the unit idle half of the time.

#![allow(unsafe_code)]
// Bounds are constants, or checked once before the loop.
#![allow(clippy::indexing_slicing, clippy::needless_range_loop)]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_loadu_si128, _mm_set_epi64x, _mm_setzero_si128,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_storeu_si128,
};

use super::filled::{Filled, give_back};
use super::portable::Portable;
use super::{Block, K, Lane, State};

/// Messages that are interleaved at most.
pub(super) const WIDTH: usize = 4;

/// Proof that the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShaNi(());

impl ShaNi {
    /// `None` where the processor lacks them.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3");
        has_all.then_some(Self(()))
    }

    /// Takes in the blocks that all lanes have.
    pub(super) fn advance(self, lanes: &mut [Lane<'_>]) {
        for lanes in lanes.chunks_mut(WIDTH) {
            if lanes.len() == 1 {
                // AWS-LC uses the same instructions, and no compiler setting slows its assembly.
                Portable::new().advance(lanes);
                continue;
            }
            // SAFETY: `Self` exists only where `detect` has seen the features that the function is
            // compiled for.
            unsafe {
                match lanes.len() {
                    2 => interleave::<2>(lanes),
                    // Three messages need one register more than there are, where it hurts: with a
                    // fourth, which nobody reads, they take less time (2.9 for 2.7 GB/s, Zen 4).
                    _ => interleave::<4>(lanes),
                }
            }
        }
    }
}

/// The statements once for each of two or four lanes, `$l` being a constant. A loop would leave the
/// states in memory where the compiler unrolls it too late: without link-time optimisation it reached
/// 1.5 GB/s, and one message at a time 1.8 (Zen 4).
macro_rules! each_lane {
    ($n:ident, $l:ident, $statements:block) => {{
        const $l: usize = 0;
        $statements
    }
    {
        const $l: usize = 1;
        $statements
    }
    if $n > 2 {
        const $l: usize = 2;
        $statements
    }
    if $n > 3 {
        const $l: usize = 3;
        $statements
    }};
}

/// Four rounds of every lane; `$i` is the number of the group, 0 to 15. Groups 0 to 11 also prepare
/// the words that are used four groups later.
macro_rules! rounds {
    ($n:ident, $i:literal, $abef:ident, $cdgh:ident, $w:ident) => {
        let k = load_words([K[4 * $i], K[4 * $i + 1], K[4 * $i + 2], K[4 * $i + 3]]);
        each_lane!($n, L, {
            let wk = _mm_add_epi32($w[L][$i % 4], k);
            $cdgh[L] = _mm_sha256rnds2_epu32($cdgh[L], $abef[L], wk);
            $abef[L] = _mm_sha256rnds2_epu32($abef[L], $cdgh[L], _mm_shuffle_epi32(wk, 0x0e));
            if $i < 12 {
                let (w0, w1) = ($w[L][$i % 4], $w[L][($i + 1) % 4]);
                let (w2, w3) = ($w[L][($i + 2) % 4], $w[L][($i + 3) % 4]);
                let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
                $w[L][$i % 4] = _mm_sha256msg2_epu32(sum, w3);
            }
        });
    };
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[allow(unused_assignments)] // of the words that the last groups would prepare
fn interleave<const N: usize>(lanes: &mut [Lane<'_>]) {
    let Filled { mut states, blocks, count } = Filled::<N>::new(lanes);
    let mut abef = [_mm_setzero_si128(); N];
    let mut cdgh = [_mm_setzero_si128(); N];
    each_lane!(N, L, { (abef[L], cdgh[L]) = split(states[L]) });
    for at in 0..count {
        let (abef_before, cdgh_before) = (abef, cdgh);
        let mut w = [[_mm_setzero_si128(); 4]; N];
        each_lane!(N, L, { w[L] = load_block(&blocks[L][at]) });
        rounds!(N, 0, abef, cdgh, w);
        rounds!(N, 1, abef, cdgh, w);
        rounds!(N, 2, abef, cdgh, w);
        rounds!(N, 3, abef, cdgh, w);
        rounds!(N, 4, abef, cdgh, w);
        rounds!(N, 5, abef, cdgh, w);
        rounds!(N, 6, abef, cdgh, w);
        rounds!(N, 7, abef, cdgh, w);
        rounds!(N, 8, abef, cdgh, w);
        rounds!(N, 9, abef, cdgh, w);
        rounds!(N, 10, abef, cdgh, w);
        rounds!(N, 11, abef, cdgh, w);
        rounds!(N, 12, abef, cdgh, w);
        rounds!(N, 13, abef, cdgh, w);
        rounds!(N, 14, abef, cdgh, w);
        rounds!(N, 15, abef, cdgh, w);
        each_lane!(N, L, {
            abef[L] = _mm_add_epi32(abef[L], abef_before[L]);
            cdgh[L] = _mm_add_epi32(cdgh[L], cdgh_before[L]);
        });
    }
    each_lane!(N, L, { states[L] = join(abef[L], cdgh[L]) });
    give_back(lanes, states);
}

/// The sixteen big-endian words of a block.
#[target_feature(enable = "ssse3")]
#[inline]
fn load_block(block: &Block) -> [__m128i; 4] {
    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    // SAFETY: the four loads are of the 64 bytes that `block` has; they need no alignment.
    unsafe {
        let words: *const __m128i = block.as_ptr().cast();
        [
            _mm_shuffle_epi8(_mm_loadu_si128(words), swap),
            _mm_shuffle_epi8(_mm_loadu_si128(words.add(1)), swap),
            _mm_shuffle_epi8(_mm_loadu_si128(words.add(2)), swap),
            _mm_shuffle_epi8(_mm_loadu_si128(words.add(3)), swap),
        ]
    }
}

#[inline]
fn load_words(words: [u32; 4]) -> __m128i {
    // SAFETY: `words` is an array of 16 bytes; the load needs no alignment. SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
}

#[inline]
fn store_words(vector: __m128i) -> [u32; 4] {
    let mut words = [0; 4];
    // SAFETY: `words` is an array of 16 bytes; the store needs no alignment. SSE2 is part of x86-64.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), vector) };
    words
}

/// The order in which `sha256rnds2` wants the state: `f e b a` and `h g d c`, lowest word first.
#[target_feature(enable = "sse4.1,ssse3")]
#[inline]
fn split([a, b, c, d, e, f, g, h]: State) -> (__m128i, __m128i) {
    (load_words([f, e, b, a]), load_words([h, g, d, c]))
}

#[target_feature(enable = "sse4.1,ssse3")]
#[inline]
fn join(abef: __m128i, cdgh: __m128i) -> State {
    let ([f, e, b, a], [h, g, d, c]) = (store_words(abef), store_words(cdgh));
    [a, b, c, d, e, f, g, h]
}
