//! AVX2: eight messages, one in each 32-bit lane; for processors with neither the SHA instructions
//! nor AVX-512.

#![allow(unsafe_code)]
// Bounds are constants, or checked once before the loop; loops are what the compiler unrolls.
#![allow(clippy::indexing_slicing, clippy::needless_range_loop)]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_storeu_si256,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
    _mm256_xor_si256,
};

use super::filled::{Filled, give_back};
use super::vector::{compress, given_word, next_word, round, sixteen_rounds};
use super::{Block, K, Lane, State};

/// Messages in one step.
pub(super) const WIDTH: usize = 8;

/// Proof that the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// `None` where the processor lacks them.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Takes in the blocks that all lanes have. Fewer than eight lanes take as long as eight.
    pub(super) fn advance(self, lanes: &mut [Lane<'_>]) {
        for lanes in lanes.chunks_mut(WIDTH) {
            // SAFETY: `Self` exists only where `detect` has seen the feature that the function is
            // compiled for.
            unsafe { eight(lanes) }
        }
    }
}

#[target_feature(enable = "avx2")]
fn eight(lanes: &mut [Lane<'_>]) {
    let filled = Filled::<WIDTH>::new(lanes);
    let mut state = transpose_in(&filled.states);
    for at in 0..filled.count {
        compress(&mut state, load(&filled.blocks, at));
    }
    give_back(lanes, transpose_out(&state));
}

#[target_feature(enable = "avx2")]
#[inline]
fn compress(state: &mut [__m256i; 8], mut w: [__m256i; 16]) {
    compress!(state, w);
}

#[target_feature(enable = "avx2")]
#[inline]
fn add(a: __m256i, b: __m256i) -> __m256i {
    _mm256_add_epi32(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn broadcast(word: u32) -> __m256i {
    _mm256_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn choose(e: __m256i, f: __m256i, g: __m256i) -> __m256i {
    _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn majority(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn big_sigma0(x: __m256i) -> __m256i {
    xor3(ror::<2, 30>(x), ror::<13, 19>(x), ror::<22, 10>(x))
}

#[target_feature(enable = "avx2")]
#[inline]
fn big_sigma1(x: __m256i) -> __m256i {
    xor3(ror::<6, 26>(x), ror::<11, 21>(x), ror::<25, 7>(x))
}

#[target_feature(enable = "avx2")]
#[inline]
fn small_sigma0(x: __m256i) -> __m256i {
    xor3(ror::<7, 25>(x), ror::<18, 14>(x), _mm256_srli_epi32::<3>(x))
}

#[target_feature(enable = "avx2")]
#[inline]
fn small_sigma1(x: __m256i) -> __m256i {
    xor3(ror::<17, 15>(x), ror::<19, 13>(x), _mm256_srli_epi32::<10>(x))
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor3(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_xor_si256(_mm256_xor_si256(a, b), c)
}

/// Rotation to the right by `R` bits; `L` is `32 - R`.
#[target_feature(enable = "avx2")]
#[inline]
fn ror<const R: i32, const L: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_srli_epi32::<R>(x), _mm256_slli_epi32::<L>(x))
}

/// Word `i` of block `at` of every lane, in vector `i`.
#[target_feature(enable = "avx2")]
#[inline]
fn load(blocks: &[&[Block]; WIDTH], at: usize) -> [__m256i; 16] {
    let mut halves = [[_mm256_setzero_si256(); 8]; 2];
    for (l, blocks) in blocks.iter().enumerate() {
        let block: &Block = &blocks[at];
        for (half, bytes) in halves.iter_mut().zip(block.as_chunks::<32>().0) {
            // SAFETY: `bytes` is an array of 32 bytes; the load needs no alignment.
            half[l] = swap(unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) });
        }
    }
    let [low, high] = [transpose(halves[0]), transpose(halves[1])];
    std::array::from_fn(|word| if word < 8 { low[word] } else { high[word - 8] })
}

/// Big-endian words.
#[target_feature(enable = "avx2")]
#[inline]
fn swap(words: __m256i) -> __m256i {
    #[rustfmt::skip]
    let order = _mm256_setr_epi8(
        3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
        3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
    );
    _mm256_shuffle_epi8(words, order)
}

/// Eight vectors of eight words: rows become columns.
#[target_feature(enable = "avx2")]
#[inline]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    let mut t = r;
    for i in 0..4 {
        t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    // u[4 i + j]: word j of each 128-bit half, of the rows 4 i to 4 i + 3.
    let mut u = t;
    for i in 0..2 {
        u[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        u[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    let mut out = u;
    for j in 0..4 {
        out[j] = _mm256_permute2x128_si256::<0x20>(u[j], u[4 + j]);
        out[4 + j] = _mm256_permute2x128_si256::<0x31>(u[j], u[4 + j]);
    }
    out
}

#[target_feature(enable = "avx2")]
#[inline]
fn transpose_in(states: &[State; WIDTH]) -> [__m256i; 8] {
    std::array::from_fn(|word| {
        let column: [u32; WIDTH] = std::array::from_fn(|lane| states[lane][word]);
        // SAFETY: `column` is an array of 32 bytes; the load needs no alignment.
        unsafe { _mm256_loadu_si256(column.as_ptr().cast()) }
    })
}

#[target_feature(enable = "avx2")]
#[inline]
fn transpose_out(state: &[__m256i; 8]) -> [State; WIDTH] {
    let mut columns = [[0_u32; WIDTH]; 8];
    for (column, vector) in columns.iter_mut().zip(state) {
        // SAFETY: `column` is an array of 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(column.as_mut_ptr().cast(), *vector) };
    }
    std::array::from_fn(|lane| std::array::from_fn(|word| columns[word][lane]))
}
