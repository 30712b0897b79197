//! How fast this processor hashes, apart from any file.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use crate::blake2b::Blake2b;
use crate::blake3::Pieces;
use crate::kernel::{Kernel, Step};
use crate::sha256::Sha256;
use crate::{Algorithm, Engine, Message};

/// Bytes of each message in a step: what the second-level cache of a core holds for four of them.
const STEP_LEN: usize = 64 << 10;

/// Bytes per second that one core hashes in memory, `messages` at a time: of the tries that fit into
/// `time` (three at least) the best, which is the one that nothing disturbed.
///
/// `engine` is the code for SHA-256; the other algorithms have but one.
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::time::Duration;
/// use oms_hash::{Algorithm, Engine, bytes_per_second};
///
/// let four = NonZeroUsize::new(4).unwrap();
/// let rate = bytes_per_second(Algorithm::Sha256, Engine::best(), four, Duration::ZERO);
/// assert!(rate > 0.0);
/// ```
#[must_use]
pub fn bytes_per_second(
    algorithm: Algorithm,
    engine: Engine,
    messages: NonZeroUsize,
    time: Duration,
) -> f64 {
    match algorithm {
        Algorithm::Sha256 => rate(&Sha256(engine), messages.get(), time),
        Algorithm::Blake2b => rate(&Blake2b, messages.get(), time),
        Algorithm::Blake3 => {
            let whole = Message { file: 0, start: 0, len: STEP_LEN as u64 };
            rate(Pieces::of(&[whole]).kernel(), messages.get(), time)
        }
    }
}

/// Messages that one core takes at once: more of them are not faster.
#[must_use]
pub fn messages_at_once(algorithm: Algorithm, engine: Engine) -> NonZeroUsize {
    let width = match algorithm {
        Algorithm::Sha256 => Sha256(engine).width(),
        Algorithm::Blake2b => Blake2b.width(),
        Algorithm::Blake3 => 1,
    };
    NonZeroUsize::new(width).unwrap_or(NonZeroUsize::MIN)
}

fn rate<K: Kernel>(kernel: &K, messages: usize, time: Duration) -> f64 {
    const TRIES: u32 = 3;
    const STEPS: usize = 16;
    let data: Vec<Vec<u8>> = (0..messages).map(|seed| vec![seed as u8; STEP_LEN]).collect();
    let mut states: Vec<K::State> = (0..messages).map(|_| kernel.begin(0)).collect();
    let (begin, mut tries, mut best) = (Instant::now(), 0, Duration::MAX);
    while tries < TRIES || begin.elapsed() < time {
        let clock = Instant::now();
        for _ in 0..STEPS {
            let pairs = states.iter_mut().zip(&data);
            let mut steps: Vec<_> = pairs.map(|(state, bytes)| Step { state, bytes }).collect();
            kernel.advance(&mut steps);
        }
        best = best.min(clock.elapsed());
        tries += 1;
    }
    (STEPS * messages * STEP_LEN) as f64 / best.as_secs_f64().max(f64::MIN_POSITIVE)
}
