//! NIST's SHA-256 vectors (SHAVS): short, long and Monte Carlo messages, through every engine.
//!
//! The files are not in this repository: `OMS_TEST_SHA2` names a folder with `SHA256ShortMsg.rsp` and
//! its siblings, as the PyPI package `cryptography_vectors` carries them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr, missing_docs)]

mod memory;

use std::path::PathBuf;

use memory::Memory;
use oms_hash::{Algorithm, Digest, Engine, Options, hash_messages};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("OMS_TEST_SHA2").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: OMS_TEST_SHA2 is not set");
    }
    folder
}

/// `name = value` lines of a response file.
fn lines(folder: &std::path::Path, name: &str) -> Vec<(String, String)> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let pairs = text.lines().filter_map(|line| line.split_once(" = "));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn hash(engine: Engine, messages: Vec<Vec<u8>>) -> Vec<Digest> {
    let memory = Memory(messages);
    let mut options = Options::default();
    (options.engine, options.jobs) = (Some(engine), std::num::NonZeroUsize::new(1));
    hash_messages(Algorithm::Sha256, &&memory, &memory.whole(), options).unwrap()
}

#[test]
fn short_and_long_messages() {
    let Some(folder) = folder() else { return };
    let mut messages = Vec::new();
    let mut expected = Vec::new();
    for name in ["SHA256ShortMsg.rsp", "SHA256LongMsg.rsp"] {
        let mut len = 0;
        for (name, value) in lines(&folder, name) {
            match name.as_str() {
                "Len" => len = value.parse::<usize>().unwrap() / 8,
                // The empty message is written as one byte.
                "Msg" => messages.push(unhex(&value)[..len].to_vec()),
                "MD" => expected.push(value),
                _ => {}
            }
        }
    }
    assert!(messages.len() > 100, "{} vectors", messages.len());
    for engine in Engine::available() {
        let digests: Vec<_> = hash(engine, messages.clone()).iter().map(Digest::to_hex).collect();
        assert_eq!(digests, expected, "{}", engine.name());
    }
}

/// SHAVS 6.4: a thousand digests in a chain for each value that is given.
#[test]
fn monte_carlo() {
    let Some(folder) = folder() else { return };
    let lines = lines(&folder, "SHA256Monte.rsp");
    let seed = lines.iter().find(|(name, _)| name == "Seed").map(|(_, value)| unhex(value));
    let expected: Vec<_> = lines.iter().filter(|(name, _)| name == "MD").collect();
    assert_eq!(expected.len(), 100);
    for engine in Engine::available() {
        let mut seed = seed.clone().unwrap();
        for (_, expected) in &expected {
            let mut last = [seed.clone(), seed.clone(), seed];
            for _ in 0..1000 {
                let digest = hash(engine, vec![last.concat()]);
                last.rotate_left(1);
                last[2] = digest[0].as_bytes().to_vec();
            }
            seed = last[2].clone();
            assert_eq!(seed, unhex(expected), "{}", engine.name());
        }
    }
}
