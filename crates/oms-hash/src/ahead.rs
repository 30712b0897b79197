//! Reading ahead: a message that is alone on its core need not wait for the disk when another core
//! has nothing to do.

use std::iter;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::buffer::Buffer;
use crate::lane::{Feed, Stop, read};
use crate::{HashError, Message, SourceReader};

/// Bytes of a buffer that goes from thread to thread. Each passage wakes a thread: 64 KiB take 18 %
/// longer than 1 MiB, 256 KiB 3 % (Zen 4, virtual machine).
const LEN: usize = if cfg!(test) { 2 << 10 } else { 1 << 20 };

/// Buffers under way: one is hashed while the other is filled; more gained nothing.
const COUNT: usize = 2;

/// Shorter messages end before another thread has begun.
pub(crate) const WORTHWHILE: u64 = 8 * LEN as u64;

/// The end of whoever hashes.
pub(crate) struct Ahead<E> {
    /// Bytes in the first buffer that had been read before.
    carried: usize,
    filled: Receiver<Result<Buffer, HashError<E>>>,
    empty: Sender<Buffer>,
}

/// The end of whoever reads.
pub(crate) struct Reading<R: SourceReader> {
    reader: Option<R>,
    message: Message,
    left: u64,
    filled: Sender<Result<Buffer, HashError<R::Error>>>,
    empty: Receiver<Buffer>,
}

/// Parts the reading of a message from its hashing. `rest` was read already, and is less than a block:
/// it goes before what will be read.
pub(crate) fn part<R: SourceReader>(
    reader: R,
    message: Message,
    left: u64,
    rest: &[u8],
) -> (Ahead<R::Error>, Reading<R>) {
    let (filled, from_reader) = channel();
    let (to_reader, empty) = channel();
    let carrying = iter::once(rest).chain(iter::repeat_n([].as_slice(), COUNT - 1));
    for rest in carrying {
        // The receiver is in scope: this cannot fail.
        let _ = to_reader.send(Buffer::holding(LEN, rest));
    }
    let ahead = Ahead { carried: rest.len(), filled: from_reader, empty: to_reader };
    (ahead, Reading { reader: Some(reader), message, left, filled, empty })
}

impl<E> Ahead<E> {
    /// Changes an empty buffer for a full one; gives the number of bytes in it.
    pub(crate) fn next(&mut self, buffer: &mut Buffer) -> Result<u64, Stop<E>> {
        let full = self.filled.recv().map_err(|_| Stop::Elsewhere)??;
        let mut used = std::mem::replace(buffer, full);
        used.clear();
        // After its last buffer the reader wants no more.
        let _ = self.empty.send(used);
        Ok((buffer.bytes().len() - std::mem::take(&mut self.carried)) as u64)
    }
}

impl<R: SourceReader> Reading<R> {
    /// Reads until the message ends, something fails, or nobody hashes any longer.
    pub(crate) fn run(mut self) {
        while let Ok(mut buffer) = self.empty.recv() {
            let result = self.fill(&mut buffer);
            let goes_on = result.is_ok() && self.left > 0;
            if self.filled.send(result.map(|()| buffer)).is_err() || !goes_on {
                return;
            }
        }
    }

    /// Back to whoever hashes: nobody wanted to read.
    pub(crate) fn into_feed(self) -> Feed<R> {
        self.reader.map_or(Feed::Ended, Feed::Direct)
    }

    /// Fills a buffer; with the last one, looks whether the file is still the one that was opened.
    fn fill(&mut self, buffer: &mut Buffer) -> Result<(), HashError<R::Error>> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        while self.left > 0 && !buffer.is_full() {
            self.left -= read(reader, buffer, &self.message, self.left)?;
        }
        if self.left == 0
            && let Some(reader) = self.reader.take()
        {
            let file = self.message.file;
            reader.finish().map_err(|error| HashError::Source { file, error })?;
        }
        Ok(())
    }
}
