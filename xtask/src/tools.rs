//! Programs that the tests need beside cargo, and getting them where that is possible.

use std::path::PathBuf;
use std::process::Command;

use crate::process::{answers, cargo, command, output, step};
use crate::{Result, node, python, workspace};

struct Tool {
    name: &'static str,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
    there: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool { name: "git", packages: &["git"], there: || answers_to("git", &["--version"]) },
    Tool {
        name: "node with npm",
        packages: &["nodejs", "npm"],
        there: || answers_to("node", &["--version"]) && answers_to(node::NPM, &["--version"]),
    },
    Tool { name: "openssl", packages: &["openssl"], there: || answers_to("openssl", &["version"]) },
    Tool {
        name: "setpriv",
        packages: &["util-linux"],
        // Only Linux has it, and only there do the tests that drop privileges run.
        there: || !cfg!(target_os = "linux") || answers_to("setpriv", &["--version"]),
    },
    Tool {
        name: "python3 with venv and pip",
        packages: &["python3", "python3-venv"],
        there: || answers_to(python::SYSTEM, &["-c", "import venv, ensurepip"]),
    },
];

/// Makes sure that every tool is there: installs what is missing as root on Debian, else says so.
pub(crate) fn ensure() -> Result<()> {
    let before = missing();
    if before.is_empty() {
        return Ok(());
    }
    if can_install() {
        install(&before)?;
    }
    let after: Vec<_> = missing().iter().map(|tool| tool.name).collect();
    if after.is_empty() {
        return Ok(());
    }
    Err(format!("missing: {}\nInstall them and run this again.", after.join(", ")).into())
}

fn missing() -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !(tool.there)()).collect()
}

fn can_install() -> bool {
    let user = output(Command::new("id").arg("-u"));
    user.is_ok_and(|id| id == "0") && answers_to("apt-get", &["--version"])
}

fn install(missing: &[&Tool]) -> Result<()> {
    let packages = missing.iter().flat_map(|tool| tool.packages);
    let mut apt = command("apt-get")?;
    apt.args(["install", "-y"]).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    if step("install missing tools", &mut apt).is_ok() {
        return Ok(());
    }
    // A fresh container has no package lists yet.
    step("fetch package lists", command("apt-get")?.arg("update"))?;
    step("install missing tools", &mut apt)
}

/// `b3sum` of the same release as our `blake3`, built once: what Debian has is years older.
pub(crate) fn b3sum() -> Result<PathBuf> {
    let folder = workspace::target()?.join("bench").join("tools");
    let program = folder.join("bin").join("b3sum");
    if !answers(Command::new(&program).arg("--version")) {
        let mut install = cargo(["install", "--locked", "--quiet", "b3sum", "--version", "1.8.7"])?;
        step("b3sum", install.arg("--root").arg(folder))?;
    }
    Ok(program)
}

fn answers_to(program: &str, arguments: &[&str]) -> bool {
    answers(Command::new(program).args(arguments))
}
