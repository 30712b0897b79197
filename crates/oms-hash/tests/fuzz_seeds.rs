//! Runs the fuzz target `schedule` over its seeds, each also with every byte changed, with a stable
//! compiler. `make_seeds` wrote them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "../../../fuzz/src/schedule.rs"]
mod target;

use std::fs;
use std::path::{Path, PathBuf};

use target::schedule;

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/schedule")
}

#[test]
fn schedules() {
    let seeds: Vec<_> = fs::read_dir(seeds()).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(seeds.len() >= 4, "{} seeds", seeds.len());
    for seed in seeds {
        let data = fs::read(seed.path()).unwrap();
        schedule(&data);
        for at in (0..data.len()).step_by(data.len() / 24 + 1) {
            schedule(&data[..at]);
            let mut changed = data.clone();
            changed[at] ^= 1 << (at % 8);
            schedule(&changed);
        }
    }
}

/// cargo test -p oms-hash --test fuzz_seeds -- --ignored make_seeds
#[test]
#[ignore = "writes fuzz/seeds/schedule anew"]
fn make_seeds() {
    let seed = |threads: u8, way: u8, read_len: u16, lens: &[u32]| {
        let mut data = vec![threads, way];
        data.extend(read_len.to_le_bytes());
        data.extend(lens.iter().flat_map(|len| len.to_le_bytes().into_iter().take(3)));
        data
    };
    fs::create_dir_all(seeds()).unwrap();
    let write = |name: &str, data: Vec<u8>| fs::write(seeds().join(name), data).unwrap();
    write("one-long", seed(2, 3, u16::MAX, &[0x1_ffff]));
    write("one-long-short-reads", seed(2, 3, 98, &[0x1_ffff]));
    write("edges", seed(1, 4, 4095, &[0, 1, 55, 56, 63, 64, 65, 119, 127, 128, 129, 4096, 65535]));
    write("uneven", seed(3, 3, u16::MAX, &[0x1_0000, 700, 700, 700, 300, 300, 2, 1, 0, 0]));
    write("tree", seed(4, 1, u16::MAX, &[0x1_ffff, 0x8000, 0x4001, 0x4000, 1024, 1025, 0]));
    let many: Vec<u32> = (0..64).map(|i| i * 37 % 2500).collect();
    write("many", seed(2, 5, 1000, &many));
    write("many-blake2b", seed(5, 0, 300, &many));
}
