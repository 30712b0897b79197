//! Memory that bytes are read into.

use crate::SourceReader;

/// Bytes that a worker reads into, for all its lanes together: of 64 KiB to 1 MiB for each of four
/// lanes, and for one, what took the least time over 4 GiB in the page cache of an AMD EPYC (Zen 4,
/// 1 MiB of second-level cache a core). A quarter of it takes 5 % longer. (Here and elsewhere unit
/// tests have smaller sizes, so that small messages meet every edge.)
pub(crate) const WORKER_LEN: usize = if cfg!(any(test, fuzzing)) { 16 << 10 } else { 1 << 20 };

/// Copying out of the page cache is quickest to the beginning of a page.
const ALIGNMENT: usize = 4096;

/// Reused memory, aligned, with the bytes that were read and not yet taken.
pub(crate) struct Buffer {
    memory: Vec<u8>,
    /// Where the aligned part begins.
    base: usize,
    taken: usize,
    filled: usize,
}

impl Buffer {
    pub(crate) fn new(len: usize) -> Self {
        let memory = vec![0; len + ALIGNMENT];
        let base = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { memory, base, taken: 0, filled: 0 }
    }

    /// With some bytes already in it.
    pub(crate) fn holding(len: usize, bytes: &[u8]) -> Self {
        let mut buffer = Self::new(len);
        let space = buffer.memory.get_mut(buffer.base..).unwrap_or_default();
        space.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        buffer.filled = bytes.len().min(len);
        buffer
    }

    /// What was read and not yet taken.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.get(self.base + self.taken..self.base + self.filled).unwrap_or_default()
    }

    /// Passes over bytes that were used.
    pub(crate) fn take(&mut self, len: usize) {
        self.taken = self.filled.min(self.taken + len);
    }

    /// Forgets what is left.
    pub(crate) fn clear(&mut self) {
        (self.taken, self.filled) = (0, 0);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.capacity()
    }

    fn capacity(&self) -> usize {
        self.memory.len() - ALIGNMENT
    }

    /// One read, of `left` bytes at most, behind the bytes that are there; 0 is the end of the file.
    pub(crate) fn read_from<R: SourceReader>(
        &mut self,
        reader: &mut R,
        left: u64,
    ) -> Result<usize, R::Error> {
        if self.taken > 0 {
            let rest = self.base + self.taken..self.base + self.filled;
            self.memory.copy_within(rest, self.base);
            (self.taken, self.filled) = (0, self.filled - self.taken);
        }
        let space = self.capacity() - self.filled;
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(space);
        let begin = self.base + self.filled;
        let space = self.memory.get_mut(begin..begin + want).unwrap_or_default();
        let got = reader.read(space)?.min(want);
        self.filled += got;
        Ok(got)
    }
}
