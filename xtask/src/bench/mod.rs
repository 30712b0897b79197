//! `cargo xtask bench`: `oms` against other programs, side by side in one run.

mod chart;
mod data;
mod machine;
mod measure;
mod memory;
mod plan;
mod report;

use std::fs;

use crate::process::{cargo, step};
use crate::python::Environment;
use crate::{Result, tools, workspace};

/// How big the models are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// The sizes that the goals speak of.
    Full,
    /// A 64th of them: shows that the benchmark runs, claims nothing, writes no page.
    Small,
}

impl Scale {
    fn divisor(self) -> u64 {
        if self == Self::Full { 1 } else { 64 }
    }

    fn rounds(self) -> usize {
        if self == Self::Full { 5 } else { 3 }
    }
}

/// Builds the release program, makes the models, measures, prints, and writes the page.
pub(crate) fn run(scale: Scale) -> Result<()> {
    tools::ensure()?;
    step("release build", &mut cargo(["build", "--release", "--locked", "-p", "oms-cli"])?)?;
    let environment = Environment::ready()?;
    let folder = folder(scale)?;
    let bench = plan::Bench::new(&environment, folder, scale)?;
    let mut rows = Vec::new();
    for comparison in bench.comparisons()? {
        println!("\n==> {}", comparison.what);
        rows.extend(comparison.measure(&environment, scale)?);
    }
    println!("\n==> in memory");
    rows.extend(memory::rows()?);
    let machine = machine::Machine::of(&environment)?;
    println!("\n{}", report::table(&rows, scale));
    match scale {
        Scale::Full => report::write(&machine, &rows)?,
        Scale::Small => println!("\nA trial: every size was a 64th of what its line says."),
    }
    Ok(())
}

fn folder(scale: Scale) -> Result<std::path::PathBuf> {
    let base = match workspace::given("OMS_BENCH_DIR") {
        Some(folder) => std::path::absolute(folder)?,
        None => workspace::target()?.join("bench"),
    };
    let folder = base.join(if scale == Scale::Full { "full" } else { "small" });
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
