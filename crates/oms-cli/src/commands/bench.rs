//! `oms bench`: how fast this machine hashes, and what bounds a model.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use oms::{Algorithm, Engine, Event, Manifest, Run};
use oms_hash::{bytes_per_second, messages_at_once};

use crate::args::BenchArgs;
use crate::config::{Settings, algorithm, hash_options, jobs};
use crate::console::Console;
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::progress::Progress;
use crate::report::{BenchReport, BenchRun, Rate, Report};

/// How long each rate is measured, on one core and on all.
const TIME: Duration = Duration::from_millis(100);

/// A second run that takes this much less than the first one was spared the disk.
const DISK: f64 = 1.3;

/// What comes within this share of a bound is bound by it.
const NEAR: f64 = 0.75;

/// A model that takes fewer seconds says more of starting threads than of hashing.
const SHORT: f64 = 0.05;

/// A file smaller than this costs more to open than to hash.
const SMALL: u64 = 256 << 10;

pub(super) fn run(
    args: &BenchArgs,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    settings.catch_interrupts();
    bench(args, settings, console).in_command("bench")
}

fn bench(args: &BenchArgs, settings: &Settings, console: &Console) -> Result<Report, CommandError> {
    let cores = jobs(&args.hashing.selection)
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN);
    let mut bench =
        BenchReport { cores, rates: Vec::new(), runs: Vec::new(), bound: None, estimate: None };
    for (algorithm, engine, messages) in candidates(settings.engine) {
        settings.cancel.check().map_err(oms::Error::from)?;
        bench.rates.push(rate(algorithm, engine, messages, cores));
    }
    let own = Own::of(algorithm(args.hashing.hash), settings.engine, &bench);
    let mut report = Report::new("bench");
    if let Some(model) = &args.model {
        let first = digest(model, args, settings, console)?;
        let again = digest(model, args, settings, console)?;
        bench.bound = Some(bound(&first, &again, &own));
        bench.runs = vec![first, again];
        report.model = Some(model.display().to_string());
    }
    if let Some(size) = args.size {
        bench.estimate = Some(own.estimate(size.get(), cores));
    }
    report.bench = Some(bench);
    Ok(report)
}

/// What is measured: one message, then as many as each engine takes at once.
fn candidates(forced: Option<Engine>) -> Vec<(Algorithm, Engine, NonZeroUsize)> {
    let best = forced.unwrap_or_else(Engine::best);
    let mut all = vec![(Algorithm::Sha256, best, NonZeroUsize::MIN)];
    for engine in Engine::available() {
        all.push((Algorithm::Sha256, engine, messages_at_once(Algorithm::Sha256, engine)));
    }
    all.push((Algorithm::Blake2b, best, NonZeroUsize::MIN));
    for algorithm in [Algorithm::Blake2b, Algorithm::Blake3] {
        all.push((algorithm, best, messages_at_once(algorithm, best)));
    }
    all
}

fn rate(algorithm: Algorithm, engine: Engine, messages: NonZeroUsize, cores: NonZeroUsize) -> Rate {
    let measure = || bytes_per_second(algorithm, engine, messages, TIME);
    let one_core = measure();
    let all_cores = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.get()).map(|_| scope.spawn(measure)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    let engine = (algorithm == Algorithm::Sha256).then(|| engine.name());
    Rate { hash: algorithm.name(), engine, messages, one_core, all_cores }
}

/// The rates that hold for the hash that was asked for, in bytes per second.
struct Own {
    hash: Algorithm,
    /// One message, which only BLAKE3 can cut.
    one_message: f64,
    all_cores: f64,
    /// Messages that keep all lanes of all cores busy.
    at_once: usize,
}

impl Own {
    fn of(hash: Algorithm, forced: Option<Engine>, bench: &BenchReport) -> Self {
        let engine = forced.unwrap_or_else(Engine::best).name();
        let rates = || bench.rates.iter().filter(|rate| rate.hash == hash.name());
        let own = rates().rfind(|rate| rate.engine.is_none_or(|name| name == engine));
        let all_cores = own.map_or(0.0, |rate| rate.all_cores);
        let one_message = match hash {
            Algorithm::Blake3 => all_cores,
            _ => rates().next().map_or(0.0, |rate| rate.one_core),
        };
        let at_once = own.map_or(1, |rate| rate.messages.get() * bench.cores.get());
        Self { hash, one_message, all_cores, at_once }
    }

    fn estimate(&self, size: u64, cores: NonZeroUsize) -> String {
        let seconds = |rate: f64| size as f64 / rate;
        let size = indicatif::DecimalBytes(size);
        let many = format!("{:.1} s, bound by {cores} cores", seconds(self.all_cores));
        let disk = format!("A disk slower than {} is the bound instead.", shown(self.all_cores));
        if self.hash == Algorithm::Blake3 {
            return format!("{size} of {}, once in memory: {many}. {disk}", self.hash);
        }
        let one = format!("{:.1} s, bound by one message on one core", seconds(self.one_message));
        format!(
            "{size} of {}, once in memory: in one file {one}; in many files or shards {many}. {disk}",
            self.hash
        )
    }
}

/// One pass over the model, as `oms digest` makes it.
fn digest(
    model: &Path,
    args: &BenchArgs,
    settings: &Settings,
    console: &Console,
) -> Result<BenchRun, CommandError> {
    let progress = Progress::new(console, settings);
    let found = Mutex::new((0, 0));
    let run = progress.run(settings, jobs(&args.hashing.selection));
    let callback = |event| {
        if let (Event::Found { files, bytes }, Ok(mut found)) = (event, found.lock()) {
            *found = (files, bytes);
        }
        if let Some(progress) = run.progress {
            progress(event);
        }
    };
    let clock = Instant::now();
    let listened = Run::progress(run, &callback);
    let manifest: Manifest = oms::digest(model, &hash_options(&args.hashing), &listened)?;
    let seconds = clock.elapsed().as_secs_f64();
    let (files, bytes) = found.into_inner().unwrap_or_default();
    let messages = manifest.resources().len();
    Ok(BenchRun { files, bytes, messages, seconds, bytes_per_second: bytes as f64 / seconds })
}

/// What the time went into, as far as the rates tell.
fn bound(first: &BenchRun, again: &BenchRun, own: &Own) -> String {
    if first.seconds < SHORT {
        return "starting up: the model is too small to tell more".to_owned();
    }
    let disk = if first.seconds > DISK * again.seconds {
        format!("the disk in the first run ({}), then ", shown(first.bytes_per_second))
    } else {
        String::new()
    };
    let rate = again.bytes_per_second;
    let what = if rate >= NEAR * own.all_cores {
        "hashing, on all cores"
    } else if again.bytes / again.files.max(1) < SMALL {
        "opening files: they are small"
    } else if again.messages < own.at_once && own.hash != Algorithm::Blake3 {
        "few messages: shards would use more lanes and cores"
    } else {
        "reading: copying out of the page cache, or a cache that does not hold the model"
    };
    format!("{disk}{what}")
}

/// A rate with its unit.
pub(crate) fn shown(bytes_per_second: f64) -> String {
    format!("{:.2} GB/s", bytes_per_second / 1e9)
}
