//! What one core hashes in memory.

use super::measure::median;
use super::report::{Row, Verdict};
use crate::Result;
use crate::process::{cargo, output};

const ROUNDS: usize = 5;

/// What the others are compared with.
const BASE: &str = "aws-lc";

/// An engine of `oms-hash`, the messages that it takes at once, and its rates in GB/s.
struct Engine {
    name: String,
    messages: String,
    rates: Vec<f64>,
}

/// Each engine with all its lanes against AWS-LC on one message, in turn.
pub(super) fn rows() -> Result<Vec<Row>> {
    let mut engines: Vec<Engine> = Vec::new();
    for _ in 0..ROUNDS {
        for line in rates()?.lines() {
            add(&mut engines, line)?;
        }
    }
    let others = engines.iter().filter(|engine| engine.name != BASE);
    let base = engines.iter().find(|engine| engine.name == BASE).ok_or("no base")?;
    Ok(others.map(|engine| row(base, engine)).collect())
}

/// The release profile, as the program that is measured.
fn rates() -> Result<String> {
    let words = ["run", "--release", "--locked", "--quiet", "-p", "oms-hash", "--example", "rates"];
    output(&mut cargo(words)?)
}

fn add(engines: &mut Vec<Engine>, line: &str) -> Result<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, messages, rate] = words.as_slice() else {
        return Err(format!("the example said {line:?}").into());
    };
    let rate = rate.parse::<f64>()? / 1e9;
    match engines.iter_mut().find(|engine| engine.name == *name) {
        Some(engine) => engine.rates.push(rate),
        None => engines.push(Engine {
            name: (*name).to_owned(),
            messages: (*messages).to_owned(),
            rates: vec![rate],
        }),
    }
    Ok(())
}

fn row(base: &Engine, engine: &Engine) -> Row {
    let [one, other] = [median(&base.rates), median(&engine.rates)];
    let goal = match engine.name.as_str() {
        "sha-ni" => Some(1.6),
        "avx512" => Some(2.0),
        _ => None,
    };
    Row {
        what: format!("in memory, one core, SHA-256 by {}", engine.name),
        base: format!("{BASE}, 1 message {one:.2} GB/s"),
        ours: format!("{}, {} messages {other:.2} GB/s", engine.name, engine.messages),
        raw: [base.rates.clone(), engine.rates.clone()],
        verdict: Verdict::at_least(other / one, goal),
    }
}

#[cfg(test)]
mod tests {
    use super::add;

    #[test]
    fn lines_of_one_engine_go_together() {
        let mut engines = Vec::new();
        for line in ["aws-lc 1 1000000000", "sha-ni 4 3000000000", "aws-lc 1 2000000000"] {
            assert!(add(&mut engines, line).is_ok());
        }
        assert_eq!(engines.iter().map(|e| e.rates.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(add(&mut engines, "nothing").is_err());
    }
}
