//! Which worker hashes what.
//!
//! Messages go to cores first and then to the lanes of a core, largest first. A message on which
//! everything waits keeps its core for itself. A worker that runs out of messages takes lanes over
//! from one that has several, and where every lane has a core, it reads ahead for one.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::ahead::{self, Reading};
use crate::blake2b::Blake2b;
use crate::blake3::Pieces;
use crate::buffer::{Buffer, WORKER_LEN};
use crate::exchange::{Exchange, Member};
use crate::kernel::{Kernel, Step};
use crate::lane::{Feed, Lane, Stop};
use crate::sha256::Sha256;
use crate::{Algorithm, CancelToken, Digest, Engine, Interrupted, Message, Source};

/// Threads at most, whatever was asked for.
const MAX_WORKERS: usize = 512;

/// Files that are open at once at most: many systems allow a process 1024.
const MAX_OPEN: usize = 512;

/// How many times faster a worker is with all lanes than with one: of the SHA instructions measured,
/// of BLAKE2b about so. A message that has a core for itself gives that up.
const GAIN: u64 = 2;

/// Bytes below which a lane is not worth handing over.
const HANDOVER_LEN: u64 = if cfg!(any(test, fuzzing)) { 1 << 10 } else { 1 << 20 };

/// How to go about hashing; the default uses every core.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Threads at most; `None` is one for each core that this process may use. Never more than 512.
    pub jobs: Option<NonZeroUsize>,
    /// Called with the number of bytes just read, from any thread, for at most 1 MiB at a time.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// Looked at before every read, of 1 MiB at most.
    pub cancel: Option<&'a CancelToken>,
    /// The code that computes SHA-256; `None` is [`Engine::best`].
    pub engine: Option<Engine>,
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
    #[error("file {file} has at most {actual} bytes, and {expected} were expected")]
    Short {
        /// The number of the file.
        file: usize,
        /// The byte of the file at which the message ends, or the part of it that was read: bytes that
        /// the file must have.
        expected: u64,
        /// Bytes that the file has at most.
        actual: u64,
    },
    /// The token said so.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Hashes every message and gives their digests in the order of `messages`.
///
/// # Errors
/// A failure that a worker met; the other workers then stop before their next read.
///
/// # Panics
/// If [`Options::progress`] or the source panics.
pub fn hash_messages<S: Source>(
    algorithm: Algorithm,
    source: &S,
    messages: &[Message],
    options: Options<'_>,
) -> Result<Vec<Digest>, HashError<S::Error>> {
    match algorithm {
        Algorithm::Sha256 => {
            let engine = options.engine.unwrap_or_else(Engine::best);
            run(&Sha256(engine), source, messages, options)
        }
        Algorithm::Blake2b => run(&Blake2b, source, messages, options),
        Algorithm::Blake3 => {
            let pieces = Pieces::of(messages);
            let subtrees = run(pieces.kernel(), source, &pieces.messages, options)?;
            Ok(pieces.join(&subtrees))
        }
    }
}

fn run<S: Source, K: Kernel>(
    kernel: &K,
    source: &S,
    messages: &[Message],
    options: Options<'_>,
) -> Result<Vec<K::Output>, HashError<S::Error>> {
    let shared = Shared::new(kernel, source, messages, options);
    let work = || Worker::new(&shared).work();
    thread::scope(|scope| {
        // Where the system gives no more threads, fewer do the work.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..shared.workers).map_while(spawn).collect();
        let mut result = work();
        for other in others {
            // A panic of a worker is a panic of ours, as if there had been one thread.
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(other);
        }
        result
    })?;
    Ok(shared.outputs.into_vec())
}

/// One for each core, but no more than find something to do: hash a message, or read for one.
fn worker_count(jobs: Option<NonZeroUsize>, messages: &[Message]) -> usize {
    let jobs = jobs.or_else(|| thread::available_parallelism().ok());
    let long = messages.iter().filter(|message| message.len >= ahead::WORTHWHILE).count();
    let wanted = messages.len().saturating_add(long).max(1);
    jobs.map_or(1, NonZeroUsize::get).min(MAX_WORKERS).min(wanted)
}

/// What all workers see.
struct Shared<'a, S: Source, K: Kernel> {
    kernel: &'a K,
    source: &'a S,
    queue: Queue<'a>,
    exchange: Exchange<Offer<S, K>>,
    options: Options<'a>,
    workers: usize,
    /// Lanes that a worker opens at most.
    lanes: usize,
    /// Bytes that no worker has at hand yet.
    left: AtomicU64,
    outputs: Outputs<K::Output>,
}

type LaneOf<S, K> = Lane<<S as Source>::Reader, <K as Kernel>::State>;

/// What changes hands between workers.
enum Offer<S: Source, K: Kernel> {
    Lanes(Vec<LaneOf<S, K>>),
    Reading(Reading<S::Reader>),
}

impl<'a, S: Source, K: Kernel> Shared<'a, S, K> {
    fn new(kernel: &'a K, source: &'a S, messages: &'a [Message], options: Options<'a>) -> Self {
        let workers = worker_count(options.jobs, messages);
        let most = kernel.width().min(MAX_OPEN / workers).max(1);
        let lanes = messages.len().div_ceil(workers).clamp(1, most);
        let left = messages.iter().fold(0_u64, |sum, message| sum.saturating_add(message.len));
        let left = AtomicU64::new(left);
        let (queue, exchange) = (Queue::new(messages), Exchange::new());
        let outputs = Outputs::new(messages.len());
        Self { kernel, source, queue, exchange, options, workers, lanes, left, outputs }
    }

    fn new_buffer(&self) -> Buffer {
        // A power of two holds whole blocks.
        Buffer::new(WORKER_LEN / self.lanes.next_power_of_two())
    }

    /// Whether the other workers will have hashed everything else before a message of this length
    /// is hashed, even if it is alone on its core.
    fn is_critical(&self, len: u64) -> bool {
        let others = self.left.load(Ordering::Relaxed).saturating_sub(len);
        let meanwhile = len.saturating_mul(GAIN).saturating_mul(self.workers as u64 - 1);
        others <= meanwhile
    }
}

/// Messages in the order in which they are begun.
struct Queue<'a> {
    messages: &'a [Message],
    order: Vec<usize>,
    next: AtomicUsize,
}

impl<'a> Queue<'a> {
    fn new(messages: &'a [Message]) -> Self {
        let mut order: Vec<usize> = (0..messages.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(messages.get(*index).map(|m| m.len)));
        Self { messages, order, next: AtomicUsize::new(0) }
    }

    fn take(&self) -> Option<(usize, &'a Message)> {
        // Asked for again and again when it is empty, the number must not grow for ever.
        self.order.get(self.next.load(Ordering::Relaxed))?;
        let index = *self.order.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some((index, self.messages.get(index)?))
    }
}

/// What was hashed, each output at the place of its message.
struct Outputs<O>(Mutex<Vec<Option<O>>>);

impl<O> Outputs<O> {
    /// Outputs that a worker keeps before it takes the lock.
    const AT_ONCE: usize = 64;

    fn new(count: usize) -> Self {
        Self(Mutex::new(std::iter::repeat_with(|| None).take(count).collect()))
    }

    fn put(&self, done: &mut Vec<(usize, O)>) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, output) in done.drain(..) {
            if let Some(place) = places.get_mut(index) {
                *place = Some(output);
            }
        }
    }

    fn into_vec(self) -> Vec<O> {
        let places = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let count = places.len();
        // In the same memory: there may be millions.
        let outputs: Vec<O> = places.into_iter().map_while(|place| place).collect();
        // Workers stop early only when one of them has failed.
        assert_eq!(outputs.len(), count, "every message has been hashed");
        outputs
    }
}

type Hashed<E> = Result<(), HashError<E>>;

/// One thread.
struct Worker<'a, S: Source, K: Kernel> {
    shared: &'a Shared<'a, S, K>,
    member: Member<'a, Offer<S, K>>,
    lanes: Vec<LaneOf<S, K>>,
    spare: Vec<Buffer>,
    done: Vec<(usize, K::Output)>,
}

impl<'a, S: Source, K: Kernel> Worker<'a, S, K> {
    fn new(shared: &'a Shared<'a, S, K>) -> Self {
        let member = shared.exchange.join();
        Self { shared, member, lanes: Vec::new(), spare: Vec::new(), done: Vec::new() }
    }

    fn work(mut self) -> Hashed<S::Error> {
        let result = self.hash();
        self.shared.outputs.put(&mut self.done);
        match result {
            Ok(()) | Err(Stop::Elsewhere) => Ok(()),
            Err(Stop::Failed(error)) => {
                self.shared.exchange.stop();
                Err(error)
            }
        }
    }

    fn hash(&mut self) -> Result<(), Stop<S::Error>> {
        loop {
            self.begin()?;
            if self.lanes.is_empty() {
                match self.member.wait() {
                    Some(Offer::Lanes(lanes)) => self.lanes = lanes,
                    Some(Offer::Reading(reading)) => reading.run(|| self.check()),
                    None => return Ok(()),
                }
                continue;
            }
            self.share();
            let before = self.lanes.len();
            self.fill()?;
            if self.lanes.len() == before {
                self.advance();
            }
        }
    }

    /// Opens messages while there is room for them.
    fn begin(&mut self) -> Result<(), Stop<S::Error>> {
        while self.has_room() {
            self.check()?;
            let Some((index, message)) = self.shared.queue.take() else { return Ok(()) };
            let file = message.file;
            let failed = |error| HashError::Source { file, error };
            let reader = self.shared.source.open(message).map_err(failed)?;
            self.lanes.push(Lane {
                index,
                message: *message,
                state: self.shared.kernel.begin(index),
                buffer: self.spare.pop().unwrap_or_else(|| self.shared.new_buffer()),
                feed: Feed::Direct(reader),
                left: message.len,
            });
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        let longest = self.lanes.iter().map(|lane| lane.left).max();
        self.lanes.len() < self.shared.lanes
            && longest.is_none_or(|longest| !self.shared.is_critical(longest))
    }

    fn check(&self) -> Result<(), Stop<S::Error>> {
        if let Some(cancel) = self.shared.options.cancel {
            cancel.check().map_err(HashError::from)?;
        }
        if self.shared.exchange.is_over() { Err(Stop::Elsewhere) } else { Ok(()) }
    }

    /// Gives workers that wait a share: of the lanes, or of the work on the only one.
    fn share(&mut self) {
        let hungry = self.shared.exchange.hungry();
        if hungry == 0 {
            return;
        }
        if self.lanes.len() == 1 {
            return self.part();
        }
        // The longest stay; short ones end before another thread has begun.
        self.lanes.sort_unstable_by_key(|lane| std::cmp::Reverse(lane.left));
        let worthwhile = self.lanes.iter().filter(|lane| lane.left >= HANDOVER_LEN).count();
        let share = self.lanes.len() / (hungry + 1);
        let keep = self.lanes.len() - share.max(1);
        if keep < worthwhile {
            let share = self.lanes.split_off(keep);
            if let Err(Offer::Lanes(share)) = self.member.offer(Offer::Lanes(share)) {
                self.lanes.extend(share);
            }
        }
    }

    /// Lets another worker read for the only lane.
    fn part(&mut self) {
        let Some(lane) = self.lanes.first_mut() else { return };
        let needs_bytes = lane.buffer.bytes().len() < K::BLOCK_LEN;
        if lane.left < ahead::WORTHWHILE || !needs_bytes {
            return;
        }
        match std::mem::replace(&mut lane.feed, Feed::Ended) {
            Feed::Direct(reader) => {
                let rest = lane.buffer.bytes();
                let (ahead, reading) = ahead::part(reader, lane.message, lane.left, rest);
                lane.feed = match self.member.offer(Offer::Reading(reading)) {
                    Ok(()) => {
                        lane.buffer.clear();
                        Feed::Ahead(ahead)
                    }
                    Err(Offer::Reading(reading)) => reading.into_feed(),
                    Err(Offer::Lanes(_)) => Feed::Ended, // not what was offered
                };
            }
            already => lane.feed = already,
        }
    }

    /// Reads until every lane has a block, and ends the messages that have no more.
    fn fill(&mut self) -> Result<(), Stop<S::Error>> {
        let mut at = 0;
        while let Some(lane) = self.lanes.get_mut(at) {
            if lane.is_at_end(K::BLOCK_LEN) && matches!(lane.feed, Feed::Ended) {
                let lane = self.lanes.swap_remove(at);
                self.end(lane);
            } else if lane.buffer.bytes().len() < K::BLOCK_LEN {
                let got = lane.fill()?;
                self.count(got);
                self.check()?;
            } else {
                at += 1;
            }
        }
        Ok(())
    }

    fn count(&self, bytes: u64) {
        self.shared.left.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(progress) = self.shared.options.progress
            && bytes > 0
        {
            progress(bytes);
        }
    }

    fn end(&mut self, lane: LaneOf<S, K>) {
        let output = self.shared.kernel.finish(lane.state, lane.buffer.bytes());
        self.done.push((lane.index, output));
        if self.done.len() >= Outputs::<K::Output>::AT_ONCE {
            self.shared.outputs.put(&mut self.done);
        }
        let mut buffer = lane.buffer;
        buffer.clear();
        self.spare.push(buffer);
    }

    /// Hashes as many blocks as every lane has.
    fn advance(&mut self) {
        let shortest = self.lanes.iter().map(|lane| lane.buffer.bytes().len()).min();
        let len = shortest.unwrap_or(0) / K::BLOCK_LEN * K::BLOCK_LEN;
        let mut steps: Vec<Step<'_, K::State>> =
            self.lanes.iter_mut().map(|lane| lane.step(len)).collect();
        self.shared.kernel.advance(&mut steps);
        for lane in &mut self.lanes {
            lane.buffer.take(len);
        }
    }
}

#[cfg(test)]
mod tests;
