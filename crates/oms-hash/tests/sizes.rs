//! The sizes of the released library, which unit tests make smaller: buffers, pieces, and what is
//! worth handing over.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod memory;

use std::num::NonZeroUsize;

use memory::Memory;
use oms_hash::{Algorithm, Digest, Engine, Message, Options, hash_messages};

const MIB: usize = 1 << 20;

fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed + 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    words.flat_map(u64::to_le_bytes).take(len).collect()
}

fn check(memory: &Memory, messages: &[Message], jobs: usize) {
    let engines = Engine::available().into_iter().map(|engine| (Algorithm::Sha256, Some(engine)));
    let others = [Algorithm::Blake2b, Algorithm::Blake3].map(|algorithm| (algorithm, None));
    for (algorithm, engine) in engines.chain(others) {
        let mut options = Options::default();
        (options.jobs, options.engine) = (NonZeroUsize::new(jobs), engine);
        let digests = hash_messages(algorithm, &memory, messages, options).unwrap();
        for (message, digest) in messages.iter().zip(&digests) {
            let start = message.start as usize;
            let bytes = &memory.0[message.file][start..start + message.len as usize];
            assert_eq!(*digest, Digest::of(algorithm, bytes), "{message:?} {jobs} {engine:?}");
        }
        assert_eq!(digests.len(), messages.len());
    }
}

#[test]
fn one_long_message_is_read_ahead_and_cut_into_pieces() {
    let memory = Memory(vec![bytes(33 * MIB + 12_345, 1)]);
    for jobs in [1, 2, 8] {
        check(&memory, &memory.whole(), jobs);
        check(&memory, &[memory.range(0, 77, 16 * MIB)], jobs);
    }
}

#[test]
fn lengths_around_buffers_and_pieces() {
    let memory = Memory(vec![bytes(17 * MIB, 2)]);
    let edges = [MIB / 16, MIB / 4, MIB, 8 * MIB, 16 * MIB];
    let around = edges.into_iter().flat_map(|edge| [edge - 1, edge, edge + 1]);
    let messages: Vec<_> = around.map(|len| memory.range(0, 3, len)).collect();
    for jobs in [1, 2] {
        check(&memory, &messages, jobs);
    }
}

#[test]
fn a_few_long_files_among_many_short_ones() {
    let lens = [9 * MIB, 5 * MIB + 1, 3 * MIB].into_iter().chain((0..300).map(|i| i * 97 % 9000));
    let memory = Memory(lens.enumerate().map(|(seed, len)| bytes(len, seed as u64)).collect());
    for jobs in [1, 2, 5] {
        check(&memory, &memory.whole(), jobs);
    }
}
