//! The body of the fuzz target `schedule`. `crates/oms-hash/tests/fuzz_seeds.rs` includes this file too.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, unreachable_pub)]

use std::convert::Infallible;
use std::num::NonZeroUsize;

use oms_hash::{Algorithm, Digest, Engine, Message, Options, Source, SourceReader, hash_messages};

/// Messages of one input at most: a run should take milliseconds.
const MAX_MESSAGES: usize = 64;

/// Files that are cut out of the same bytes, so that no two messages are alike.
struct Files {
    bytes: Vec<u8>,
    read_len: usize,
}

struct Reader<'a> {
    rest: &'a [u8],
    read_len: usize,
}

impl<'a> Source for &'a Files {
    type Error = Infallible;
    type Reader = Reader<'a>;

    fn open(&self, message: &Message) -> Result<Reader<'a>, Infallible> {
        let rest = &self.bytes[message.file + message.start as usize..];
        Ok(Reader { rest, read_len: self.read_len })
    }
}

impl SourceReader for Reader<'_> {
    type Error = Infallible;

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let (now, rest) = self.rest.split_at(self.rest.len().min(buf.len()).min(self.read_len));
        buf[..now.len()].copy_from_slice(now);
        self.rest = rest;
        Ok(now.len())
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Two bytes for threads and hash, two for the bytes of a read, then three for the length of each
/// message.
pub fn schedule(data: &[u8]) {
    let [threads, way, read_low, read_high, rest @ ..] = data else { return };
    let engines = Engine::available();
    let ways = engines.len() + 2;
    let (algorithm, engine) = match usize::from(*way) % ways {
        0 => (Algorithm::Blake2b, None),
        1 => (Algorithm::Blake3, None),
        number => (Algorithm::Sha256, Some(engines[number - 2])),
    };
    let message = |(file, bytes): (usize, &[u8; 3])| {
        let len = u32::from_le_bytes([bytes[0], bytes[1], bytes[2] & 1, 0]);
        Message { file, start: u64::from(bytes[2] >> 1), len: u64::from(len) }
    };
    let messages: Vec<_> =
        rest.as_chunks().0.iter().take(MAX_MESSAGES).enumerate().map(message).collect();
    let longest = MAX_MESSAGES + usize::from(u8::MAX) + (2 << 16);
    let files = Files {
        bytes: (0..longest).map(|i| (i % 251) as u8 ^ (i >> 9) as u8).collect(),
        read_len: usize::from(u16::from_le_bytes([*read_low, *read_high])) + 1,
    };
    let mut options = Options::default();
    (options.jobs, options.engine) = (NonZeroUsize::new(usize::from(*threads % 6)), engine);
    let digests = hash_messages(algorithm, &&files, &messages, options).unwrap();
    assert_eq!(digests.len(), messages.len());
    for (message, digest) in messages.iter().zip(digests) {
        let start = message.file + message.start as usize;
        let bytes = &files.bytes[start..start + message.len as usize];
        assert_eq!(digest, Digest::of(algorithm, bytes), "{message:?}");
    }
}
