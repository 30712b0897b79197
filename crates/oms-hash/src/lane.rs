//! A message that is being hashed.

use crate::ahead::Ahead;
use crate::buffer::Buffer;
use crate::kernel::Step;
use crate::{HashError, Message, SourceReader};

/// A message with its file, its state, and the bytes that were read and not yet hashed.
pub(crate) struct Lane<R: SourceReader, S> {
    /// The number of the message.
    pub(crate) index: usize,
    pub(crate) message: Message,
    pub(crate) state: S,
    pub(crate) buffer: Buffer,
    pub(crate) feed: Feed<R>,
    /// Bytes that are not yet in the buffer.
    pub(crate) left: u64,
}

/// Where the bytes come from.
pub(crate) enum Feed<R: SourceReader> {
    /// Whoever hashes reads.
    Direct(R),
    /// Another thread reads ahead.
    Ahead(Ahead<R::Error>),
    /// Everything was read, and the file is still the one that was opened.
    Ended,
}

/// Why a lane has no more bytes.
pub(crate) enum Stop<E> {
    Failed(HashError<E>),
    /// Another worker failed, and whoever read for this one has stopped.
    Elsewhere,
}

impl<E> From<HashError<E>> for Stop<E> {
    fn from(error: HashError<E>) -> Self {
        Self::Failed(error)
    }
}

impl<R: SourceReader, S> Lane<R, S> {
    /// Whether the bytes at hand are the last ones, and not a whole block.
    pub(crate) fn is_at_end(&self, block_len: usize) -> bool {
        self.left == 0 && self.buffer.bytes().len() < block_len
    }

    /// Gets more bytes; gives their number.
    pub(crate) fn fill(&mut self) -> Result<u64, Stop<R::Error>> {
        let got = match &mut self.feed {
            Feed::Direct(reader) => read(reader, &mut self.buffer, &self.message, self.left)?,
            Feed::Ahead(ahead) => ahead.next(&mut self.buffer)?,
            Feed::Ended => {
                assert_eq!(self.left, 0, "a message without a file");
                0
            }
        };
        self.left = self.left.saturating_sub(got);
        if self.left == 0 {
            // Who reads ahead has looked at the file before the last bytes were handed over.
            if let Feed::Direct(reader) = std::mem::replace(&mut self.feed, Feed::Ended) {
                finish(reader, &self.message)?;
            }
        }
        Ok(got)
    }

    pub(crate) fn step(&mut self, len: usize) -> Step<'_, S> {
        let bytes = self.buffer.bytes().get(..len).unwrap_or_default();
        assert_eq!(bytes.len(), len, "a step is no longer than the bytes at hand");
        Step { state: &mut self.state, bytes }
    }
}

/// One read; a file that ends before the message does is an error.
pub(crate) fn read<R: SourceReader>(
    reader: &mut R,
    buffer: &mut Buffer,
    message: &Message,
    left: u64,
) -> Result<u64, HashError<R::Error>> {
    let file = message.file;
    if left == 0 {
        return Ok(0);
    }
    let got = buffer.read_from(reader, left).map_err(|error| HashError::Source { file, error })?;
    if got == 0 {
        let expected = message.start.saturating_add(message.len);
        return Err(HashError::Short { file, expected, actual: expected - left });
    }
    Ok(got as u64)
}

/// After the last read: the file must still be the one that was opened.
pub(crate) fn finish<R: SourceReader>(
    reader: R,
    message: &Message,
) -> Result<(), HashError<R::Error>> {
    let file = message.file;
    reader.finish().map_err(|error| HashError::Source { file, error })
}
