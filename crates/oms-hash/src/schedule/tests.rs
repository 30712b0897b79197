#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::thread::ThreadId;

use proptest::prelude::*;

use super::*;
use crate::SourceReader;

/// Files in memory, with faults to order.
struct Memory {
    files: Vec<Vec<u8>>,
    /// Bytes given by one read at most.
    read_len: usize,
    /// The number of a file whose reads fail, and the offset from which they do.
    broken: Option<(usize, usize)>,
    /// The number of a file that is found changed at its end.
    changed: Option<usize>,
    /// The threads that have read.
    readers: Mutex<HashSet<ThreadId>>,
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
        self.memory.readers.lock().unwrap().insert(thread::current().id());
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
    Memory { files, read_len, broken: None, changed: None, readers: Mutex::default() }
}

fn whole(memory: &Memory) -> Vec<Message> {
    let message =
        |(file, bytes): (usize, &Vec<u8>)| Message { file, start: 0, len: bytes.len() as u64 };
    memory.files.iter().enumerate().map(message).collect()
}

fn jobs(count: usize) -> Options<'static> {
    Options { jobs: NonZeroUsize::new(count), ..Options::default() }
}

/// Every algorithm, SHA-256 with every engine that this processor can run.
fn ways() -> Vec<(Algorithm, Option<Engine>)> {
    let engines = Engine::mixtures().into_iter().map(Some).chain([None]);
    let others = [Algorithm::Blake2b, Algorithm::Blake3].map(|algorithm| (algorithm, None));
    engines.map(|engine| (Algorithm::Sha256, engine)).chain(others).collect()
}

fn check_all_ways(memory: &Memory, messages: &[Message], threads: usize) {
    for (algorithm, engine) in ways() {
        let options = Options { engine, ..jobs(threads) };
        let digests = hash_messages(algorithm, &memory, messages, options).unwrap();
        let expected = messages.iter().map(|message| {
            let start = message.start as usize;
            let bytes = &memory.files[message.file][start..start + message.len as usize];
            Digest::of(algorithm, bytes)
        });
        let name = engine.map(|engine| engine.name());
        assert_eq!(digests, expected.collect::<Vec<_>>(), "{algorithm} {name:?}");
    }
}

/// Files of which some are much longer than others: lanes change hands, and bytes are read ahead.
fn files() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let len = prop_oneof![4 => 0_usize..700, 2 => 0_usize..9_000, 1 => 0_usize..200_000];
    let file = (len, any::<u8>()).prop_map(|(len, seed)| bytes(len, seed));
    prop::collection::vec(file, 0..40)
}

fn bytes(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8 ^ (i >> 10) as u8 ^ seed).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_schedule_gives_the_digests_in_the_order_of_the_messages(
        files in files(),
        read_len in prop_oneof![1_usize..300, Just(usize::MAX)],
        threads in 1_usize..6,
    ) {
        let memory = memory(files, read_len);
        check_all_ways(&memory, &whole(&memory), threads);
    }
}

#[test]
fn every_number_of_messages_is_hashed_whatever_the_lanes() {
    for count in 0..=3 * crate::engine::MAX_LANES {
        let files = (0..count).map(|i| bytes(200 + i * 37 % 1000, i as u8)).collect();
        let memory = memory(files, usize::MAX);
        for threads in [1, 3] {
            check_all_ways(&memory, &whole(&memory), threads);
        }
    }
}

#[test]
fn ranges_and_lengths_around_buffers_and_pieces_are_hashed_exactly() {
    let memory = memory(vec![bytes(9 * WORKER_LEN, 1)], usize::MAX);
    let edges = [64, 128, 1024, 2048, 4096, WORKER_LEN / 4, WORKER_LEN, 2 * WORKER_LEN];
    let around = edges.into_iter().flat_map(|len| [len - 1, len, len + 1]);
    let lens = [0, 1, 55, 56, 57, 119, 120, 129, 8 * WORKER_LEN].into_iter().chain(around);
    let messages: Vec<_> = lens.map(|len| Message { file: 0, start: 5, len: len as u64 }).collect();
    for threads in [1, 2] {
        check_all_ways(&memory, &messages, threads);
        for message in &messages {
            check_all_ways(&memory, std::slice::from_ref(message), threads);
        }
    }
}

/// One message and two threads: the second reads for the first as soon as it waits. Faults there must
/// arrive here.
#[test]
fn faults_of_whoever_reads_ahead_arrive() {
    let len = 400 * WORKER_LEN;
    let mut most_readers = 0;
    for round in 0..20 {
        let mut memory = memory(vec![bytes(len, round)], 99);
        let mut messages = whole(&memory);
        let readers = |memory: &Memory| std::mem::take(&mut *memory.readers.lock().unwrap()).len();
        memory.broken = Some((0, len - 100));
        let error = hash_messages(Algorithm::Sha256, &&memory, &messages, jobs(2)).unwrap_err();
        assert!(matches!(error, HashError::Source { file: 0, error: Fault::Broken }));

        memory.broken = None;
        memory.changed = Some(0);
        let error = hash_messages(Algorithm::Sha256, &&memory, &messages, jobs(2)).unwrap_err();
        assert!(matches!(error, HashError::Source { file: 0, error: Fault::Changed }));

        memory.changed = None;
        readers(&memory);
        messages[0].len += 1;
        let error = hash_messages(Algorithm::Sha256, &&memory, &messages, jobs(2)).unwrap_err();
        let (expected, actual) = (len as u64 + 1, len as u64);
        assert!(
            matches!(error, HashError::Short { file: 0, expected: e, actual: a } if (e, a) == (expected, actual))
        );
        most_readers = most_readers.max(readers(&memory));
    }
    assert!(most_readers > 1, "nobody ever read ahead");
}

/// The same for the token: whoever hashes may be waiting for whoever reads.
#[test]
fn whoever_reads_ahead_obeys_the_token() {
    let memory = memory(vec![bytes(400 * WORKER_LEN, 1)], 99);
    for algorithm in Algorithm::ALL {
        let (token, seen) = (CancelToken::new(), AtomicU64::new(0));
        let cancel_late = |bytes| {
            if seen.fetch_add(bytes, Ordering::Relaxed) > 200 * WORKER_LEN as u64 {
                token.cancel();
            }
        };
        let options = Options { progress: Some(&cancel_late), cancel: Some(&token), ..jobs(2) };
        let error = hash_messages(algorithm, &&memory, &whole(&memory), options).unwrap_err();
        assert!(matches!(error, HashError::Interrupted(Interrupted::Cancelled)));
        assert!(seen.load(Ordering::Relaxed) < memory.files[0].len() as u64);
    }
}

/// Pieces of a message say where the file ended as the whole message would.
#[test]
fn a_short_file_is_named_whatever_the_hash() {
    let memory = memory(vec![bytes(10 * WORKER_LEN, 1)], usize::MAX);
    let len = memory.files[0].len() as u64;
    let messages = [Message { file: 0, start: 10, len }];
    for algorithm in Algorithm::ALL {
        for threads in [1, 3] {
            let hashed = hash_messages(algorithm, &&memory, &messages, jobs(threads));
            let Err(HashError::Short { file: 0, expected, actual }) = hashed else {
                panic!("{algorithm}: {hashed:?}");
            };
            assert_eq!((expected, actual), (len + 10, len), "{algorithm}");
        }
    }
}

/// Sizes that a sparse file can have: they must not become a list in memory.
#[test]
fn exabytes_are_cut_into_few_pieces() {
    let messages = [1_u64 << 62, u64::MAX].map(|len| Message { file: 0, start: 0, len });
    for messages in [&messages[..1], &messages] {
        let pieces = Pieces::of(messages);
        assert!(pieces.messages.len() < 3 << 20, "{}", pieces.messages.len());
        let covered: u128 = pieces.messages.iter().map(|piece| u128::from(piece.len)).sum();
        assert_eq!(covered, messages.iter().map(|message| u128::from(message.len)).sum());
    }
}

#[test]
fn few_files_are_open_at_once() {
    let messages = vec![Message { file: 0, start: 0, len: 1 }; 10_000];
    let memory = memory(Vec::new(), 1);
    for (engine, threads) in ["avx512", "sha-ni"].iter().zip([64, 500]) {
        let Ok(engine) = engine.parse() else {
            let _ = writeln!(std::io::stderr(), "skipped: this processor has no {engine}");
            continue;
        };
        let (kernel, source) = (Sha256(engine), &memory);
        let shared = Shared::new(&kernel, &source, &messages, jobs(threads));
        assert!(shared.workers * shared.lanes <= 512, "{} {}", shared.workers, shared.lanes);
    }
}

#[test]
fn a_panic_of_the_callback_ends_every_worker() {
    let memory = memory((0..30).map(|seed| bytes(50_000, seed)).collect(), 1000);
    let panic_once = |_| panic!("as ordered");
    for threads in [1, 2, 5] {
        let options = Options { progress: Some(&panic_once), ..jobs(threads) };
        let messages = whole(&memory);
        let hash = || hash_messages(Algorithm::Sha256, &&memory, &messages, options);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(hash)).is_err());
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
    let error = hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), jobs(2)).unwrap_err();
    assert!(matches!(error, HashError::Source { file: 2, error: Fault::Broken }));

    memory.broken = None;
    memory.changed = Some(0);
    let error = hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), jobs(2)).unwrap_err();
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
    let error = hash_messages(Algorithm::Sha256, &&memory, &whole(&memory), options).unwrap_err();
    assert!(matches!(error, HashError::Interrupted(Interrupted::Cancelled)));
}
