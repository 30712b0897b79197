//! The models that are measured: random bytes from a fixed seed, written once.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Result;

const BLOCK: usize = 4 << 20;
/// Folders hold this many files at most.
const PER_FOLDER: u64 = 1000;

/// A model of equal files.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) files: u64,
    pub(super) bytes_each: u64,
}

/// The model's folder; files that are there already with the right size are kept.
pub(super) fn ensure(parent: &Path, shape: &Shape) -> Result<PathBuf> {
    let root = parent.join(shape.name);
    let mut source = Source::new();
    for number in 0..shape.files {
        let path = file_path(&root, shape.files, number);
        let there = fs::metadata(&path).is_ok_and(|meta| meta.len() == shape.bytes_each);
        if !there {
            source.write(&path, shape.bytes_each)?;
        }
    }
    Ok(root)
}

fn file_path(root: &Path, files: u64, number: u64) -> PathBuf {
    if files <= PER_FOLDER {
        return root.join(format!("weights-{number}.bin"));
    }
    root.join(format!("part-{:04}", number / PER_FOLDER)).join(format!("{number:06}.bin"))
}

/// Bytes that repeat nowhere in a model: one random block, every page of it stamped anew.
struct Source {
    block: Vec<u8>,
    stamp: u64,
}

const PAGE: usize = 4096;

impl Source {
    fn new() -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let words = std::iter::repeat_with(|| xorshift(&mut state));
        let block = words.take(BLOCK / 8).flat_map(u64::to_le_bytes).collect();
        Self { block, stamp: 0 }
    }

    fn write(&mut self, path: &Path, bytes: u64) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        let mut left = bytes;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            file.write_all(self.next(count))?;
            left -= count as u64;
        }
        Ok(())
    }

    fn next(&mut self, count: usize) -> &[u8] {
        let count = count.min(self.block.len());
        let (block, _) = self.block.split_at_mut(count);
        for page in block.chunks_mut(PAGE) {
            self.stamp += 1;
            let stamp = self.stamp.to_le_bytes();
            page.iter_mut().zip(stamp).for_each(|(byte, new)| *byte = new);
        }
        block
    }
}

fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
