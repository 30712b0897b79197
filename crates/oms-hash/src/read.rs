//! How bytes come off the disk.

/// A range of a numbered file, hashed as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The number of the file, as the [`Source`] counts them.
    pub file: usize,
    /// Where the range begins, in bytes.
    pub start: u64,
    /// Bytes in the range; a source that gives fewer is an error.
    pub len: u64,
}

/// Files that can be opened by number, from several threads at once.
pub trait Source: Sync {
    /// What can go wrong with a file of this source.
    type Error: Send;
    /// An open file.
    type Reader: SourceReader<Error = Self::Error> + Send;

    /// Opens `message.file`, for the whole message or, with BLAKE3, for a part of it, so that the next byte read is the one at `message.start`.
    ///
    /// # Errors
    /// The source's own.
    fn open(&self, message: &Message) -> Result<Self::Reader, Self::Error>;
}

/// An open file of a [`Source`].
pub trait SourceReader {
    /// What can go wrong with the file.
    type Error: Send;

    /// Reads at most `buf.len()` bytes; 0 means that the file has ended.
    ///
    /// # Errors
    /// The source's own. A source retries what is worth retrying (`EINTR`) itself.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error>;

    /// Called once all bytes of a message were read: the place to look whether the file is still
    /// the one that was opened.
    ///
    /// # Errors
    /// The source's own.
    fn finish(self) -> Result<(), Self::Error>;
}
