//! One module a command: configuration → run → report.

pub(crate) mod bench;
mod digest;
mod documents;
mod inspect;
mod keygen;
#[cfg(feature = "sigstore")]
mod keyless;
mod quickstart;
mod sign;
mod status;
mod verify;
mod version;

pub(crate) use version::verbose_version;

use crate::args::Command;
use crate::config::Settings;
use crate::console::Console;
use crate::failure::Failure;
use crate::report::Report;

pub(crate) fn run(
    command: Command,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    match command {
        Command::Sign(group) => sign::run(group.method, settings, console),
        Command::Verify(group) => verify::run(&group.method, settings, console),
        Command::Digest(args) => digest::run(&args, settings, console),
        Command::Bench(args) => bench::run(&args, settings, console),
        Command::Inspect(args) => inspect::run(&args),
        Command::Status(args) => status::run(&args, settings, console),
        Command::Keygen(args) => keygen::run(&args, console),
        Command::Quickstart(args) => quickstart::run(&args, settings, console),
        Command::Completions(args) => documents::completions(&args),
        Command::Man(args) => documents::man(&args),
    }
}
