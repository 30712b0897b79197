//! Running programs, with a title and the time that each took.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{Result, workspace};

/// A command that runs in the root of the repository and shares the target folder.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()).env("CARGO_TARGET_DIR", workspace::target()?);
    Ok(command)
}

/// `cargo` with these arguments, the same cargo that runs this program.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Command> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(program)?;
    command.args(arguments);
    Ok(command)
}

/// Runs a step to its end, its output shown as it comes.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<()> {
    println!("\n==> {title}");
    let clock = Instant::now();
    let status = command.status().map_err(|error| unstarted(command, &error))?;
    let seconds = clock.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{title}: failed ({status}) after {seconds:.1} s").into());
    }
    println!("    {title}: done in {seconds:.1} s");
    Ok(())
}

/// What a program prints on stdout; a failure carries what it printed on stderr.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| unstarted(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed ({}): {}", output.status, said.trim()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program is there and ends well; nothing is shown.
pub(crate) fn answers(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn unstarted(command: &Command, error: &std::io::Error) -> String {
    format!("{} could not be started: {error}", command.get_program().display())
}
