//! The packages of the Sigstore services that the tests talk to, installed once for each lock file.

use std::fs;
use std::path::PathBuf;

use crate::process::{command, step};
use crate::{Result, fnv, workspace};

const FOLDER: &str = "tests/sigstore";

/// The `node_modules` of `tests/sigstore`: reused, or made.
pub(crate) fn modules() -> Result<PathBuf> {
    let source = workspace::root().join(FOLDER);
    let lock = fs::read_to_string(source.join("package-lock.json"))?;
    let folder = workspace::target()?.join("node").join(format!("{:016x}", fnv::hash(&lock)));
    let (modules, stamp) = (folder.join("node_modules"), folder.join("complete"));
    if stamp.exists() {
        println!("\n==> Node packages: {} is up to date", folder.display());
        return Ok(modules);
    }
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    let mut npm = command(NPM)?;
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    step("Node packages", npm.current_dir(&folder))?;
    fs::write(stamp, "")?;
    Ok(modules)
}

/// The package manager of Node.
pub(crate) const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
