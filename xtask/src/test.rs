//! `cargo xtask test`: every check that a change must pass, in order, up to the first failure.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::process::{answers, cargo, step};
use crate::python::{self, Environment};
use crate::{Result, node, tools, workspace};

/// What tests find outside the repository.
struct Outside {
    environment: Environment,
    vectors: Option<PathBuf>,
    pkits: PathBuf,
    sha2: PathBuf,
    node_modules: PathBuf,
}

impl Outside {
    fn ready() -> Result<Self> {
        let vectors = workspace::vectors()?;
        if vectors.is_none() {
            println!(
                "\n!!! skipped: no vectors. OMS_TEST_VECTORS is not set and ../shared/vectors is \
                 not there, so the tests that read them prove nothing in this run."
            );
        }
        let environment = Environment::ready()?;
        let (pkits, sha2) = (environment.pkits()?, environment.sha2()?);
        let node_modules = node::modules()?;
        Ok(Self { environment, vectors, pkits, sha2, node_modules })
    }

    /// The same environment for Rust and for Python tests.
    fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(vectors) = &self.vectors {
            command.env("OMS_TEST_VECTORS", vectors);
        }
        command
            .env("OMS_TEST_PKITS", &self.pkits)
            .env("OMS_TEST_SHA2", &self.sha2)
            .env("OMS_TEST_NODE_MODULES", &self.node_modules)
            .env("OMS_TEST_PYTHON", self.environment.python())
    }
}

/// Runs everything.
pub(crate) fn run() -> Result<()> {
    let clock = Instant::now();
    tools::ensure()?;
    step("formatting", &mut cargo(["fmt", "--all", "--", "--check"])?)?;
    step(
        "clippy",
        &mut cargo(["clippy", "--all-targets", WORKSPACE, LOCKED, "--", "-Dwarnings"])?,
    )?;
    let without = ["clippy", "-p", "oms-cli", "--no-default-features", LOCKED, "--", "-Dwarnings"];
    step("clippy, without keyless signatures", &mut cargo(without)?)?;
    step("build", &mut cargo(["build", WORKSPACE, LOCKED])?)?;
    let outside = Outside::ready()?;
    rust_tests(&outside)?;
    step("documentation tests", outside.tell(&mut cargo(["test", "--doc", WORKSPACE, LOCKED])?))?;
    documentation()?;
    python_tests(&outside)?;
    println!("\nEverything passed, in {:.0} s.", clock.elapsed().as_secs_f64());
    Ok(())
}

const WORKSPACE: &str = "--workspace";
const LOCKED: &str = "--locked";

fn rust_tests(outside: &Outside) -> Result<()> {
    if answers(&mut cargo(["nextest", "--version"])?) {
        let mut nextest = cargo(["nextest", "run", WORKSPACE, LOCKED])?;
        return step("Rust tests", outside.tell(&mut nextest));
    }
    println!(
        "\n!!! cargo-nextest is not installed: the Rust tests run under `cargo test` instead.\n    \
         To get it: cargo install --locked cargo-nextest"
    );
    let mut plain = cargo(["test", "--all-targets", WORKSPACE, LOCKED])?;
    step("Rust tests (cargo test)", outside.tell(&mut plain))
}

fn documentation() -> Result<()> {
    let mut doc = cargo(["doc", "--no-deps", WORKSPACE, LOCKED])?;
    step("documentation", doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn python_tests(outside: &Outside) -> Result<()> {
    let mut pytest = outside.environment.run(&["-m", "pytest", "tests/python"])?;
    pytest
        .env("OMS_BIN", workspace::oms("debug")?)
        .env("OMS_TEST_DOWNLOADS", python::cache()?.join("downloads"));
    step("Python tests", outside.tell(&mut pytest))
}
