//! `oms --version --verbose`: what a report of a defect should say.

use std::io::Write as _;
use std::process::ExitCode;

use oms::Engine;

use crate::config;

/// Prints the version and how this machine hashes; gives the exit status.
pub(crate) fn verbose_version() -> ExitCode {
    let mut out = anstream::stdout().lock();
    let (engine, status) = match config::engine() {
        Ok(engine) => (said(engine), ExitCode::SUCCESS),
        Err(error) => (error.to_string(), ExitCode::from(error.status())),
    };
    let others: Vec<_> = Engine::available().iter().map(Engine::name).collect();
    // Who closed the pipe does not want to know.
    let _ = writeln!(
        out,
        "oms {}\nSHA-256      {engine}\nOn this CPU  {}\nSystem       {} {}",
        env!("CARGO_PKG_VERSION"),
        others.join(", "),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    status
}

fn said(forced: Option<Engine>) -> String {
    let engine = forced.unwrap_or_else(Engine::best);
    let why = if forced.is_some() { "OMS_HASH_ENGINE" } else { "the quickest" };
    format!("{}, {} messages at once ({why})", engine.name(), engine.lanes())
}
