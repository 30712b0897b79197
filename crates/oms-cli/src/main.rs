//! The command `oms`.

use std::process::ExitCode;

fn main() -> ExitCode {
    oms_cli::main(std::env::args_os())
}
