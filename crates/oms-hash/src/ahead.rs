//! Reading ahead: a message that is alone on its core need not wait for the disk when another core
//! has nothing to do.

use std::iter;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::buffer::Buffer;
use crate::lane::{Feed, Stop, finish, read};
use crate::{HashError, Message, SourceReader};

/// Bytes of a buffer that goes from thread to thread. Each passage wakes a thread: 64 KiB take 18 %
/// longer than 1 MiB, 256 KiB 3 % (Zen 4, virtual machine).
const LEN: usize = if cfg!(any(test, fuzzing)) { 2 << 10 } else { 1 << 20 };

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
    reader: R,
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
    (ahead, Reading { reader, message, left, filled, empty })
}

impl<E> Ahead<E> {
    /// Changes an empty buffer for a full one; gives the number of bytes in it.
    pub(crate) fn next(&mut self, buffer: &mut Buffer) -> Result<u64, Stop<E>> {
        assert!(buffer.bytes().is_empty(), "bytes would be lost");
        let full = self.filled.recv().map_err(|_| Stop::Elsewhere)??;
        let mut used = std::mem::replace(buffer, full);
        used.clear();
        // After its last buffer the reader wants no more.
        let _ = self.empty.send(used);
        Ok((buffer.bytes().len() - std::mem::take(&mut self.carried)) as u64)
    }
}

impl<R: SourceReader> Reading<R> {
    /// Reads until the message ends, something fails, nobody hashes any longer, or `check` says stop,
    /// which it is asked before every read.
    pub(crate) fn run(mut self, check: impl Fn() -> Result<(), Stop<R::Error>>) {
        while let Ok(mut buffer) = self.empty.recv() {
            let filled = match self.fill(&mut buffer, &check) {
                Ok(()) => Ok(buffer),
                Err(Stop::Failed(error)) => Err(error),
                Err(Stop::Elsewhere) => return,
            };
            if self.left == 0 || filled.is_err() {
                // The last buffer is handed over only if the file is still the one that was opened.
                let ended = filled.and_then(|buffer| {
                    finish(self.reader, &self.message)?;
                    Ok(buffer)
                });
                let _ = self.filled.send(ended);
                return;
            }
            if self.filled.send(filled).is_err() {
                return;
            }
        }
    }

    /// Back to whoever hashes: nobody wanted to read.
    pub(crate) fn into_feed(self) -> Feed<R> {
        Feed::Direct(self.reader)
    }

    fn fill(
        &mut self,
        buffer: &mut Buffer,
        check: &impl Fn() -> Result<(), Stop<R::Error>>,
    ) -> Result<(), Stop<R::Error>> {
        while self.left > 0 && !buffer.is_full() {
            check()?;
            self.left -= read(&mut self.reader, buffer, &self.message, self.left)?;
        }
        Ok(())
    }
}
