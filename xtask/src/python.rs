//! The virtual environment with the PyPI client, made once for each state of its requirements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{command, output, step};
use crate::{Result, fnv, workspace};

/// The interpreter that makes virtual environments.
pub(crate) const SYSTEM: &str = if cfg!(windows) { "python" } else { "python3" };

const REQUIREMENTS: &str = "tests/python/requirements.txt";

/// A virtual environment that is ready for use.
pub(crate) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment for the requirements as they are now: reused, or made.
    pub(crate) fn ready() -> Result<Self> {
        let wanted = wanted()?;
        let folder = cache()?.join(format!("{:016x}", fnv::hash(&wanted)));
        let environment = Self { folder };
        let stamp = environment.folder.join("complete");
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            println!("\n==> Python environment: {} is up to date", environment.folder.display());
            return Ok(environment);
        }
        environment.make()?;
        fs::write(stamp, wanted)?;
        Ok(environment)
    }

    fn make(&self) -> Result<()> {
        let mut venv = command(SYSTEM)?;
        step("Python environment", venv.args(["-m", "venv", "--clear"]).arg(&self.folder))?;
        let mut pip = command(self.python())?;
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        step("Python packages", pip.args(["--requirement", REQUIREMENTS]))
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.script("python")
    }

    /// A program that one of its packages brings.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.folder.join(folder).join(name)
    }

    /// NIST's Public Key Interoperability Test Suite, which one of the packages carries.
    pub(crate) fn pkits(&self) -> Result<PathBuf> {
        Ok(self.nist_vectors()?.join("x509").join("PKITS_data"))
    }

    /// NIST's SHA-2 vectors, from the same package.
    pub(crate) fn sha2(&self) -> Result<PathBuf> {
        Ok(self.nist_vectors()?.join("hashes").join("SHA2"))
    }

    fn nist_vectors(&self) -> Result<PathBuf> {
        const FIND: &str = "import cryptography_vectors as v; print(v.__path__[0])";
        let package = output(self.run(&["-c", FIND])?.env_remove("PYTHONPATH"))?;
        Ok(PathBuf::from(package))
    }

    /// A command that runs Python with these words and leaves no compiled files in the repository.
    pub(crate) fn run(&self, words: &[&str]) -> Result<Command> {
        let mut python = command(self.python())?;
        python.args(words).env("PYTHONDONTWRITEBYTECODE", "1");
        Ok(python)
    }
}

/// Where environments and downloads are kept between runs.
pub(crate) fn cache() -> Result<PathBuf> {
    Ok(workspace::target()?.join("python"))
}

/// What the environment must match: the interpreter and the requirements.
fn wanted() -> Result<String> {
    let version = output(Command::new(SYSTEM).arg("--version"))?;
    let requirements = read(&workspace::root().join(REQUIREMENTS))?;
    Ok(format!("# {version}\n{requirements}"))
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path);
    Ok(text.map_err(|error| format!("{}: {error}", path.display()))?)
}
