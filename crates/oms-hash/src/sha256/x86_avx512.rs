//! AVX-512: sixteen messages, one in each 32-bit lane.

#![allow(unsafe_code)]
// Bounds are constants, or checked once before the loop; loops are what the compiler unrolls.
#![allow(clippy::indexing_slicing, clippy::needless_range_loop)]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_ror_epi32, _mm512_set1_epi32,
    _mm512_set4_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_i32x4,
    _mm512_srli_epi32, _mm512_storeu_si512, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::filled::{Filled, give_back};
use super::vector::{compress, given_word, next_word, round, sixteen_rounds};
use super::{Block, K, Lane, State};

/// Messages in one step.
pub(super) const WIDTH: usize = 16;

// Truth tables for `vpternlogd`; bit `4a + 2b + c` is the result for the bits a, b, c.
const XOR3: i32 = 0x96;
const CHOOSE: i32 = 0xca;
const MAJORITY: i32 = 0xe8;

/// Proof that the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// `None` where the processor lacks them.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw"))
            .then_some(Self(()))
    }

    /// Takes in the blocks that all lanes have. Fewer than sixteen lanes take as long as sixteen.
    pub(super) fn advance(self, lanes: &mut [Lane<'_>]) {
        for lanes in lanes.chunks_mut(WIDTH) {
            // SAFETY: `Self` exists only where `detect` has seen the features that the function is
            // compiled for.
            unsafe { sixteen(lanes) }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn sixteen(lanes: &mut [Lane<'_>]) {
    let filled = Filled::<WIDTH>::new(lanes);
    let mut state = transpose_in(&filled.states);
    for at in 0..filled.count {
        compress(&mut state, load(&filled.blocks, at));
    }
    give_back(lanes, transpose_out(&state));
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn compress(state: &mut [__m512i; 8], mut w: [__m512i; 16]) {
    compress!(state, w);
}

#[target_feature(enable = "avx512f")]
#[inline]
fn add(a: __m512i, b: __m512i) -> __m512i {
    _mm512_add_epi32(a, b)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn broadcast(word: u32) -> __m512i {
    _mm512_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx512f")]
#[inline]
fn choose(e: __m512i, f: __m512i, g: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<CHOOSE>(e, f, g)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn majority(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn big_sigma0(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<2>(x), _mm512_ror_epi32::<13>(x), _mm512_ror_epi32::<22>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn big_sigma1(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<6>(x), _mm512_ror_epi32::<11>(x), _mm512_ror_epi32::<25>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn small_sigma0(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<7>(x), _mm512_ror_epi32::<18>(x), _mm512_srli_epi32::<3>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn small_sigma1(x: __m512i) -> __m512i {
    xor3(_mm512_ror_epi32::<17>(x), _mm512_ror_epi32::<19>(x), _mm512_srli_epi32::<10>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<XOR3>(a, b, c)
}

/// Word `i` of block `at` of every lane, in vector `i`.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(blocks: &[&[Block]; WIDTH], at: usize) -> [__m512i; 16] {
    let swap = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
    let mut rows = [_mm512_setzero_si512(); 16];
    for (row, blocks) in rows.iter_mut().zip(blocks) {
        let block: &Block = &blocks[at];
        // SAFETY: `block` is an array of 64 bytes; the load needs no alignment.
        let loaded = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        *row = _mm512_shuffle_epi8(loaded, swap);
    }
    transpose(rows)
}

/// Sixteen vectors of sixteen words: rows become columns.
#[target_feature(enable = "avx512f")]
#[inline]
fn transpose(r: [__m512i; 16]) -> [__m512i; 16] {
    let mut t = r;
    for i in 0..8 {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    // u[4 i + j]: word j of each 128-bit part, of the rows 4 i to 4 i + 3.
    let mut u = t;
    for i in 0..4 {
        u[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        u[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    let mut out = u;
    for j in 0..4 {
        let even_low = _mm512_shuffle_i32x4::<0x88>(u[j], u[4 + j]);
        let odd_low = _mm512_shuffle_i32x4::<0xdd>(u[j], u[4 + j]);
        let even_high = _mm512_shuffle_i32x4::<0x88>(u[8 + j], u[12 + j]);
        let odd_high = _mm512_shuffle_i32x4::<0xdd>(u[8 + j], u[12 + j]);
        out[j] = _mm512_shuffle_i32x4::<0x88>(even_low, even_high);
        out[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd_low, odd_high);
        out[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even_low, even_high);
        out[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd_low, odd_high);
    }
    out
}

#[target_feature(enable = "avx512f")]
#[inline]
fn transpose_in(states: &[State; WIDTH]) -> [__m512i; 8] {
    std::array::from_fn(|word| {
        let column: [u32; WIDTH] = std::array::from_fn(|lane| states[lane][word]);
        // SAFETY: `column` is an array of 64 bytes; the load needs no alignment.
        unsafe { _mm512_loadu_si512(column.as_ptr().cast()) }
    })
}

#[target_feature(enable = "avx512f")]
#[inline]
fn transpose_out(state: &[__m512i; 8]) -> [State; WIDTH] {
    let mut columns = [[0_u32; WIDTH]; 8];
    for (column, vector) in columns.iter_mut().zip(state) {
        // SAFETY: `column` is an array of 64 bytes; the store needs no alignment.
        unsafe { _mm512_storeu_si512(column.as_mut_ptr().cast(), *vector) };
    }
    std::array::from_fn(|lane| std::array::from_fn(|word| columns[word][lane]))
}
