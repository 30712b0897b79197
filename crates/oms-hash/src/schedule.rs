//! Which worker hashes what.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::{Algorithm, CancelToken, Digest, Hasher, Interrupted, Message, Source, SourceReader};

/// Bytes read at a time: of 32 KiB to 1 MiB, what took the least time over 4 GiB in the page cache of
/// an AMD EPYC (Zen 3, 512 KiB of second-level cache a core), 5 % less than 256 KiB.
const BUFFER_LEN: usize = 64 * 1024;

/// Threads at most, whatever was asked for.
const MAX_WORKERS: usize = 1024;

/// How to go about hashing; the default uses every core.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Threads at most; `None` is one for each core that this process may use.
    pub jobs: Option<NonZeroUsize>,
    /// Called with the number of bytes just hashed, from any thread, for at most 64 KiB at a time.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// Looked at before every read.
    pub cancel: Option<&'a CancelToken>,
}

/// Why there are no digests.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HashError<E> {
    /// The source failed.
    #[error("file {file}: {error}")]
    Source {
        /// The number of the file.
        file: usize,
        /// What the source said.
        error: E,
    },
    /// A file ended before the message did.
    #[error("file {file} ended after {actual} of {expected} bytes")]
    Short {
        /// The number of the file.
        file: usize,
        /// The bytes that the message has.
        expected: u64,
        /// The bytes that there were.
        actual: u64,
    },
    /// The token said so.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Hashes every message and gives their digests in the order of `messages`.
///
/// Messages are handed out largest first, so that no core waits for a straggler at the end longer
/// than it must.
///
/// # Errors
/// The first failure that a worker met; the other workers then stop at their next read.
pub fn hash_messages<S: Source>(
    algorithm: Algorithm,
    source: &S,
    messages: &[Message],
    options: Options<'_>,
) -> Result<Vec<Digest>, HashError<S::Error>> {
    let queue = Queue::new(messages);
    let workers = worker_count(options.jobs, messages.len());
    let work = || worker(algorithm, source, &queue, options);
    let results: Vec<_> = thread::scope(|scope| {
        // Where the system gives no more threads, fewer do the work.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..workers).map_while(spawn).collect();
        let mut results = vec![work()];
        for other in others {
            // A panic of a worker is a panic of ours, as if there had been one thread.
            results.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    gather(results, messages.len())
}

fn worker_count(jobs: Option<NonZeroUsize>, messages: usize) -> usize {
    let jobs = jobs.or_else(|| thread::available_parallelism().ok());
    jobs.map_or(1, NonZeroUsize::get).min(MAX_WORKERS).min(messages.max(1))
}

/// Messages in the order in which they are begun.
struct Queue<'a> {
    messages: &'a [Message],
    order: Vec<usize>,
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl<'a> Queue<'a> {
    fn new(messages: &'a [Message]) -> Self {
        let mut order: Vec<usize> = (0..messages.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(messages.get(*index).map(|m| m.len)));
        Self { messages, order, next: AtomicUsize::new(0), stopped: AtomicBool::new(false) }
    }

    fn take(&self) -> Option<(usize, &'a Message)> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let index = *self.order.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some((index, self.messages.get(index)?))
    }
}

type Hashed<E> = Result<Vec<(usize, Digest)>, HashError<E>>;

fn worker<S: Source>(
    algorithm: Algorithm,
    source: &S,
    queue: &Queue<'_>,
    options: Options<'_>,
) -> Hashed<S::Error> {
    let mut buffer = vec![0; BUFFER_LEN];
    let mut digests = Vec::new();
    while let Some((index, message)) = queue.take() {
        match hash_one(algorithm, source, message, options, queue, &mut buffer) {
            Ok(Some(digest)) => digests.push((index, digest)),
            Ok(None) => break,
            Err(error) => {
                queue.stopped.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    }
    Ok(digests)
}

/// `None` when another worker has failed meanwhile.
fn hash_one<S: Source>(
    algorithm: Algorithm,
    source: &S,
    message: &Message,
    options: Options<'_>,
    queue: &Queue<'_>,
    buffer: &mut [u8],
) -> Result<Option<Digest>, HashError<S::Error>> {
    let file = message.file;
    let failed = |error| HashError::Source { file, error };
    if let Some(cancel) = options.cancel {
        cancel.check()?;
    }
    let mut reader = source.open(message).map_err(failed)?;
    let mut hasher = Hasher::new(algorithm);
    let mut left = message.len;
    while left > 0 {
        if let Some(cancel) = options.cancel {
            cancel.check()?;
        }
        if queue.stopped.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let space = buffer.get_mut(..want).unwrap_or_default();
        let got = reader.read(space).map_err(failed)?;
        let bytes = space.get(..got).unwrap_or_default();
        if bytes.is_empty() {
            let expected = message.len;
            return Err(HashError::Short { file, expected, actual: expected - left });
        }
        hasher.update(bytes);
        left -= got as u64;
        if let Some(progress) = options.progress {
            progress(got as u64);
        }
    }
    reader.finish().map_err(failed)?;
    Ok(Some(hasher.finish()))
}

fn gather<E>(results: Vec<Hashed<E>>, count: usize) -> Result<Vec<Digest>, HashError<E>> {
    let mut all = Vec::with_capacity(count);
    for result in results {
        all.extend(result?);
    }
    all.sort_unstable_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, digest)| digest).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Files in memory, with faults to order.
    struct Memory {
        files: Vec<Vec<u8>>,
        /// Bytes given by one read at most.
        read_len: usize,
        /// The number of a file whose reads fail, and the offset from which they do.
        broken: Option<(usize, usize)>,
        /// The number of a file that is found changed at its end.
        changed: Option<usize>,
    }

    #[derive(Debug, PartialEq)]
    enum Fault {
        Broken,
        Changed,
    }

    struct MemoryReader<'a> {
        memory: &'a Memory,
        file: usize,
        at: usize,
    }

    impl<'a> Source for &'a Memory {
        type Error = Fault;
        type Reader = MemoryReader<'a>;

        fn open(&self, message: &Message) -> Result<MemoryReader<'a>, Fault> {
            Ok(MemoryReader { memory: self, file: message.file, at: message.start as usize })
        }
    }

    impl SourceReader for MemoryReader<'_> {
        type Error = Fault;

        fn read(&mut self, buf: &mut [u8]) -> Result<usize, Fault> {
            if let Some((file, offset)) = self.memory.broken
                && file == self.file
                && self.at >= offset
            {
                return Err(Fault::Broken);
            }
            let rest = self.memory.files[self.file].get(self.at..).unwrap_or_default();
            let len = rest.len().min(buf.len()).min(self.memory.read_len);
            buf[..len].copy_from_slice(&rest[..len]);
            self.at += len;
            Ok(len)
        }

        fn finish(self) -> Result<(), Fault> {
            if self.memory.changed == Some(self.file) { Err(Fault::Changed) } else { Ok(()) }
        }
    }

    fn memory(files: Vec<Vec<u8>>, read_len: usize) -> Memory {
        Memory { files, read_len, broken: None, changed: None }
    }

    fn whole(memory: &Memory) -> Vec<Message> {
        let message =
            |(file, bytes): (usize, &Vec<u8>)| Message { file, start: 0, len: bytes.len() as u64 };
        memory.files.iter().enumerate().map(message).collect()
    }

    fn jobs(count: usize) -> Options<'static> {
        Options { jobs: NonZeroUsize::new(count), ..Options::default() }
    }

    proptest! {
        #[test]
        fn any_schedule_gives_the_digests_in_the_order_of_the_messages(
            files in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..20),
            read_len in 1_usize..300,
            threads in 1_usize..5,
        ) {
            let memory = memory(files, read_len);
            for algorithm in Algorithm::ALL {
                let digests =
                    hash_messages(algorithm, &&memory, &whole(&memory), jobs(threads)).unwrap();
                let expected: Vec<_> =
                    memory.files.iter().map(|file| Digest::of(algorithm, file)).collect();
                prop_assert_eq!(digests, expected);
            }
        }
    }

    #[test]
    fn ranges_and_lengths_around_the_buffer_are_hashed_exactly() {
        let bytes: Vec<u8> = (0..2 * BUFFER_LEN + 7).map(|i| (i % 251) as u8).collect();
        let memory = memory(vec![bytes], usize::MAX);
        let lens = [0, 1, BUFFER_LEN - 1, BUFFER_LEN, BUFFER_LEN + 1, 2 * BUFFER_LEN];
        let messages: Vec<_> =
            lens.iter().map(|len| Message { file: 0, start: 5, len: *len as u64 }).collect();
        let digests = hash_messages(Algorithm::Sha256, &&memory, &messages, jobs(2)).unwrap();
        for (len, digest) in lens.into_iter().zip(digests) {
            assert_eq!(digest, Digest::of(Algorithm::Sha256, &memory.files[0][5..5 + len]));
        }
    }

    #[test]
    fn a_file_that_ends_early_breaks_or_changes_is_named() {
        let mut memory = memory(vec![vec![1; 100], vec![2; 100], vec![3; 100]], 10);
        let mut messages = whole(&memory);
        messages[1].len = 101;
        let error = hash_messages(Algorithm::Sha256, &&memory, &messages, jobs(1)).unwrap_err();
        assert!(matches!(error, HashError::Short { file: 1, expected: 101, actual: 100 }));

        memory.broken = Some((2, 50));
        let error =
            hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), jobs(2)).unwrap_err();
        assert!(matches!(error, HashError::Source { file: 2, error: Fault::Broken }));

        memory.broken = None;
        memory.changed = Some(0);
        let error =
            hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), jobs(2)).unwrap_err();
        assert!(matches!(error, HashError::Source { file: 0, error: Fault::Changed }));
    }

    #[test]
    fn a_cancelled_token_stops_the_work_and_progress_counts_every_byte() {
        let memory = memory(vec![vec![1; 1000], vec![2; 500]], 100);
        let seen = std::sync::atomic::AtomicU64::new(0);
        let count = |bytes| {
            seen.fetch_add(bytes, Ordering::Relaxed);
        };
        let options = Options { progress: Some(&count), ..jobs(2) };
        hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), options).unwrap();
        assert_eq!(seen.load(Ordering::Relaxed), 1500);

        let token = CancelToken::new();
        token.cancel();
        let options = Options { cancel: Some(&token), ..jobs(2) };
        let error =
            hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), options).unwrap_err();
        assert!(matches!(error, HashError::Interrupted(Interrupted::Cancelled)));
    }
}
