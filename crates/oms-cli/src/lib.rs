//! The command `oms` as a library, so that other front ends carry the same command: arguments →
//! validated configuration → run → report.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod args;
mod commands;
mod config;
mod console;
mod failure;
mod logging;
mod password;
mod progress;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::console::Console;
use crate::failure::Failure;

/// Runs the command with these arguments, the first being the name of the program. Everything is
/// printed; the exit status is the one that the process should end with.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if args::asks_for_verbose_version(&arguments) {
        return ended(&Console::default(), commands::verbose_version());
    }
    let cli = match args::parse(arguments) {
        Ok(cli) => cli,
        Err(status) => return ExitCode::from(status),
    };
    let console = Console::new(&cli.global);
    let outcome = config::Settings::new(&cli.global)
        .and_then(|settings| commands::run(cli.command, &settings, &console));
    ended(&console, outcome)
}

fn ended(console: &Console, outcome: Result<report::Report, Failure>) -> ExitCode {
    ExitCode::from(match outcome {
        Ok(report) => console.report(&report),
        Err(Failure { report, error }) => console.failure(&report, &error),
    })
}

/// The definition of the command line, for documents that are generated from it.
#[must_use]
pub fn command() -> clap::Command {
    args::command()
}
