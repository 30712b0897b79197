//! What one core hashes in memory.

use std::num::NonZeroUsize;
use std::time::Duration;

use oms_hash::{Algorithm, Engine, bytes_per_second};

use super::measure::median;
use super::report::{Row, Verdict};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_millis(200);

/// Each engine with all its lanes against AWS-LC on one message, in turn.
pub(super) fn rows() -> Vec<Row> {
    let Ok(base) = "aws-lc".parse::<Engine>() else { return Vec::new() };
    let goal = |name| match name {
        "sha-ni" => Some(1.6),
        "avx512" => Some(2.0),
        _ => None,
    };
    let others = Engine::available().into_iter().filter(|engine| engine.name() != base.name());
    others.map(|engine| row(base, engine, goal(engine.name()))).collect()
}

fn row(base: Engine, engine: Engine, goal: Option<f64>) -> Row {
    let mut raw = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (rates, engine) in raw.iter_mut().zip([base, engine]) {
            let lanes = NonZeroUsize::new(engine.lanes()).unwrap_or(NonZeroUsize::MIN);
            rates.push(bytes_per_second(Algorithm::Sha256, engine, lanes, TIME) / 1e9);
        }
    }
    let [one, other] = [median(&raw[0]), median(&raw[1])];
    let messages = engine.lanes();
    Row {
        what: "in memory, one core, SHA-256".to_owned(),
        base: format!("aws-lc {one:.2} GB/s"),
        ours: format!("{}, {messages} messages {other:.2} GB/s", engine.name()),
        raw,
        verdict: Verdict::at_least(other / one, goal),
    }
}
