//! Measuring two commands in turn.

use std::ffi::OsString;

use super::Scale;
use super::report::{Row, Verdict};
use crate::Result;
use crate::process::output;
use crate::python::Environment;

const MB: f64 = 1e6;

/// One side of a comparison.
pub(super) struct Side {
    pub(super) who: String,
    pub(super) command: Vec<OsString>,
}

/// Two commands that do the same work, and what is promised of the second.
pub(super) struct Comparison {
    pub(super) what: String,
    pub(super) base: Side,
    pub(super) ours: Side,
    /// The least number of times that ours must be faster.
    pub(super) speedup: Option<f64>,
    /// The memory that ours must stay below.
    pub(super) memory_mb: Option<f64>,
}

/// What one side took.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) seconds: Vec<f64>,
    pub(super) peak_mb: f64,
}

impl Figures {
    /// Adds one line of measure.py, seconds and KiB, and returns the seconds.
    fn add(&mut self, line: &str) -> Result<f64> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [seconds, kib] = words.as_slice() else {
            return Err(format!("measure.py said {line:?}").into());
        };
        let seconds = seconds.parse()?;
        self.seconds.push(seconds);
        self.peak_mb = self.peak_mb.max(kib.parse::<f64>()? * 1024.0 / MB);
        Ok(seconds)
    }

    /// The middle of the measured times.
    pub(super) fn median(&self) -> f64 {
        median(&self.seconds)
    }
}

/// The one in the middle.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Comparison {
    /// Runs each side once to warm the cache, then both in turn, and judges.
    pub(super) fn measure(&self, environment: &Environment, scale: Scale) -> Result<Vec<Row>> {
        let (mut base, mut ours) = (Figures::default(), Figures::default());
        self.base.run(environment)?;
        self.ours.run(environment)?;
        for round in 1..=scale.rounds() {
            let one = base.add(&self.base.run(environment)?)?;
            let other = ours.add(&self.ours.run(environment)?)?;
            println!("    round {round}: {one:.3} s, {other:.3} s");
        }
        Ok(self.rows(&base, &ours))
    }

    fn rows(&self, base: &Figures, ours: &Figures) -> Vec<Row> {
        let speed = Row {
            what: self.what.clone(),
            base: format!("{} {}", self.base.who, seconds(base.median())),
            ours: format!("{} {}", self.ours.who, seconds(ours.median())),
            raw: [base.seconds.clone(), ours.seconds.clone()],
            verdict: Verdict::at_least(base.median() / ours.median(), self.speedup),
        };
        let memory = Row {
            what: format!("{}: peak memory", self.what),
            base: format!("{} {:.0} MB", self.base.who, base.peak_mb),
            ours: format!("{} {:.0} MB", self.ours.who, ours.peak_mb),
            raw: [vec![base.peak_mb], vec![ours.peak_mb]],
            verdict: Verdict::below(ours.peak_mb, base.peak_mb, self.memory_mb),
        };
        vec![speed, memory]
    }
}

impl Side {
    fn run(&self, environment: &Environment) -> Result<String> {
        output(environment.run(&["tests/python/measure.py"])?.args(&self.command))
    }
}

fn seconds(value: f64) -> String {
    if value < 0.1 { format!("{:.1} ms", value * 1e3) } else { format!("{value:.2} s") }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn the_median_is_the_middle_and_the_peak_the_highest() {
        let mut figures = Figures::default();
        for line in ["3.0 1000000", "1.0 2000000", "2.0 500"] {
            assert!(figures.add(line).is_ok());
        }
        assert!((figures.median() - 2.0).abs() < 1e-9);
        assert!((figures.peak_mb - 2048.0).abs() < 1e-9);
        assert!(figures.add("nothing").is_err());
    }
}
