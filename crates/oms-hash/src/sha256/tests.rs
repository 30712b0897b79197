//! Every code against a plain oracle and against AWS-LC.

#![allow(clippy::unwrap_used)]

use super::*;

/// SHA-256 as FIPS 180-4 writes it down, word by word.
mod oracle {
    use super::super::{BLOCK_LEN, Block, INITIAL, State};

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, computed:
    /// the constants of the fast code were typed.
    pub(super) fn constants() -> Vec<u32> {
        let is_prime = |n: &u128| (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
        (2_u128..).filter(is_prime).take(64).map(|prime| root(prime << 96, 3) as u32).collect()
    }

    /// The whole part of a root.
    pub(super) fn root(n: u128, degree: u32) -> u128 {
        let (mut low, mut high) = (0_u128, 1 << 42);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if middle.checked_pow(degree).is_some_and(|power| power <= n) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn compress(state: &mut State, block: &Block, k: &[u32]) {
        let mut w: Vec<u32> =
            block.as_chunks().0.iter().map(|word| u32::from_be_bytes(*word)).collect();
        for t in 16..64 {
            let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w.push(s1.wrapping_add(w[t - 7]).wrapping_add(s0).wrapping_add(w[t - 16]));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for t in 0..64 {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choose = (e & f) ^ (!e & g);
            let t1 = [s1, choose, k[t], w[t]].into_iter().fold(h, u32::wrapping_add);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
            (d, c, b, a) = (c, b, a, t1.wrapping_add(s0).wrapping_add(majority));
        }
        for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(new);
        }
    }

    pub(super) fn digest(message: &[u8], k: &[u32]) -> [u8; 32] {
        let mut padded = message.to_vec();
        padded.push(0x80);
        while padded.len() % BLOCK_LEN != 56 {
            padded.push(0);
        }
        padded.extend((message.len() as u64 * 8).to_be_bytes());
        let mut state = INITIAL;
        for block in padded.as_chunks().0 {
            compress(&mut state, block, k);
        }
        let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.try_into().unwrap()
    }
}

/// Bytes that differ from message to message.
fn bytes(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|i| ((i * 31 + i / 251) ^ (seed * 151)) as u8).collect()
}

#[test]
fn the_typed_constants_are_the_computed_ones() {
    let primes = [2, 3, 5, 7, 11, 13, 17, 19_u128];
    assert_eq!(INITIAL, primes.map(|prime| oracle::root(prime << 64, 2) as u32));
    #[cfg(target_arch = "x86_64")]
    assert_eq!(K.as_slice(), oracle::constants());
}

#[test]
fn every_engine_takes_in_any_number_of_lanes_and_blocks() {
    let k = oracle::constants();
    for engine in Engine::mixtures() {
        for lanes in 0..=3 * crate::engine::MAX_LANES {
            for blocks in [0, 1, 2, 7] {
                let data: Vec<_> = (0..lanes).map(|lane| bytes(blocks * BLOCK_LEN, lane)).collect();
                let begin = |lane: usize| INITIAL.map(|word| word.rotate_left(lane as u32));
                let mut states: Vec<State> = (0..lanes).map(begin).collect();
                let mut expected = states.clone();
                for (state, data) in expected.iter_mut().zip(&data) {
                    data.as_chunks().0.iter().for_each(|b| oracle::compress(state, b, &k));
                }
                let mut lanes = Vec::new();
                for (state, data) in states.iter_mut().zip(&data) {
                    lanes.push(Lane { state, blocks: data.as_chunks().0 });
                }
                engine.advance(&mut lanes);
                assert_eq!(states, expected, "{} {}", engine.name(), data.len());
            }
        }
    }
}

/// Blocks and padding of messages of every length around a block, against both.
#[test]
fn every_engine_pads_as_the_oracle_and_aws_lc_do() {
    let k = oracle::constants();
    let lens = (0..=2 * BLOCK_LEN + 2).chain([4095, 4096, 4097]);
    for engine in Engine::available() {
        let kernel = Sha256(engine);
        for len in lens.clone() {
            let message = bytes(len, len);
            let mut state = kernel.begin(0);
            let (blocks, tail) = message.as_chunks::<BLOCK_LEN>();
            let bytes = blocks.as_flattened();
            kernel.advance(&mut [Step { state: &mut state, bytes }]);
            let digest = kernel.finish(state, tail);
            assert_eq!(digest.as_bytes(), oracle::digest(&message, &k), "{} {len}", engine.name());
            assert_eq!(digest, Digest::of(crate::Algorithm::Sha256, &message));
        }
    }
}

/// A length in bits that needs more than 32 of them.
#[test]
fn the_length_of_a_long_message_is_padded_whole() {
    let mut expected = [0; BLOCK_LEN];
    expected[0] = 0x80;
    expected[BLOCK_LEN - 8..].copy_from_slice(&(8_u64 << 40).to_be_bytes());
    let mut state = INITIAL;
    oracle::compress(&mut state, &expected, &oracle::constants());
    let words: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(finish(INITIAL, &[], 1 << 40).as_slice(), words);
}
