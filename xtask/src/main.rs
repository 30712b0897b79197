//! Everything a contributor runs: `cargo xtask help`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool talks to a terminal"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what the library may not touch directly, this tool may: it handles no hostile model"
)]

mod bench;
mod fixtures;
mod fnv;
mod node;
mod process;
mod python;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

/// What went wrong, in words; nobody here tells one failure from another.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const HELP: &str = "\
Everything a contributor runs.

Usage: cargo xtask <COMMAND>

Commands:
  test              formatting, clippy, build, all Rust tests, documentation, Python tests
  bench [--small]   oms against other programs, side by side, into docs/performance.md;
                    needs 20 GB of disk; --small is a quick trial that claims nothing
  fixtures          sign tests/fixtures/pypi again with every release of the PyPI client
  help              this text

Environment:
  CARGO_TARGET_DIR  where everything is built, the Python environments included
  OMS_TEST_VECTORS  the OMS test vectors; by default ../shared/vectors where that is there
  OMS_BENCH_DIR     where the benchmark keeps its models; by default bench in the target folder
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["test"] => test::run(),
        ["bench"] => bench::run(bench::Scale::Full),
        ["bench", "--small"] => bench::run(bench::Scale::Small),
        ["fixtures"] => fixtures::run(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown: {}\nRun `cargo xtask help`.", words.join(" ")).into()),
    }
}
