//! What is measured, and what is promised.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Scale;
use super::data::{self, Shape};
use super::measure::{Comparison, Side};
use crate::process::step;
use crate::python::Environment;
use crate::{Result, workspace};

const MIB: u64 = 1 << 20;

const MAKE_KEYS: &str = "\
import pathlib, sys; sys.path.insert(0, 'tests/python'); import pki; \
pki.key_pair(pathlib.Path(sys.argv[1]), 'p256')";

/// Two programs, one key, and the folder with the models.
pub(super) struct Bench {
    oms: PathBuf,
    pypi: PathBuf,
    folder: PathBuf,
    scale: Scale,
}

impl Bench {
    pub(super) fn new(python: &Environment, folder: PathBuf, scale: Scale) -> Result<Self> {
        step("key", python.run(&["-c", MAKE_KEYS])?.arg(&folder))?;
        let (oms, pypi) = (workspace::oms("release")?, python.script("model_signing"));
        Ok(Self { oms, pypi, folder, scale })
    }

    /// Everything that is measured, its models made.
    pub(super) fn comparisons(&self) -> Result<Vec<Comparison>> {
        println!("\n==> models in {}", self.folder.display());
        let divisor = self.scale.divisor();
        let few = self.model("few-files", 3, 64 << 10)?;
        let eight = self.model("eight-files", 8, 512 * MIB / divisor)?;
        let one = self.model("one-file", 1, 4096 * MIB / divisor)?;
        let many = self.model("many-files", 100_000 / divisor, 4 << 10)?;
        let [pypi_shards, own_shards] = self.sharding(&one);
        Ok(vec![
            self.signing("8 files of 512 MiB, sign", &eight, Some(1.35), None),
            self.signing("1 file of 4 GiB, sign", &one, None, Some(64.0)),
            pypi_shards,
            own_shards,
            self.signing("3 small files, sign", &few, Some(40.0), None),
            self.verifying("3 small files, verify", &few, Some(40.0), None)?,
            self.signing("100,000 files of 4 KiB, sign", &many, Some(15.0), Some(200.0)),
            self.verifying("100,000 files of 4 KiB, verify", &many, Some(15.0), Some(200.0))?,
        ])
    }

    fn model(&self, name: &'static str, files: u64, bytes_each: u64) -> Result<PathBuf> {
        data::ensure(&self.folder, &Shape { name, files, bytes_each })
    }

    /// The same model signed by both.
    fn signing(&self, what: &str, model: &Path, speedup: Goal, memory_mb: Goal) -> Comparison {
        let base = self.sign_command(&self.pypi, "--private_key", model, "pypi.sig");
        let ours = self.sign_command(&self.oms, "--private-key", model, "oms.sig");
        comparison(what, side("PyPI", base), side("oms", ours), speedup, memory_mb)
    }

    /// The same bundle verified by both.
    fn verifying(
        &self,
        what: &str,
        model: &Path,
        speedup: Goal,
        memory_mb: Goal,
    ) -> Result<Comparison> {
        let signature = format!("{}.sig", model.file_name().unwrap_or_default().display());
        let sign = self.sign_command(&self.oms, "--private-key", model, &signature);
        step(&format!("sign {}", model.display()), &mut command(&sign)?)?;
        let base = self.verify_command(&self.pypi, "--public_key", model, &signature);
        let ours = self.verify_command(&self.oms, "--public-key", model, &signature);
        Ok(comparison(what, side("PyPI", base), side("oms", ours), speedup, memory_mb))
    }

    /// Ours in shards, against the PyPI client on the whole file, and against ours on the whole file.
    fn sharding(&self, model: &Path) -> [Comparison; 2] {
        let base = self.sign_command(&self.pypi, "--private_key", model, "pypi.sig");
        let whole = self.sign_command(&self.oms, "--private-key", model, "whole.sig");
        let mut shards = self.sign_command(&self.oms, "--private-key", model, "shards.sig");
        let size = 256 * MIB / self.scale.divisor();
        shards.extend(["--shard-size".into(), format!("{}MiB", size / MIB).into()]);
        let ours = || side("oms, shards of 256 MiB", shards.clone());
        let what = "1 file of 4 GiB in shards, sign";
        [
            comparison(what, side("PyPI, whole file", base), ours(), Some(2.1), Some(64.0)),
            comparison(what, side("oms, whole file", whole), ours(), None, None),
        ]
    }

    fn sign_command(&self, program: &Path, flag: &str, model: &Path, signature: &str) -> Words {
        self.words(program, "sign", flag, "p256.pem", model, signature)
    }

    fn verify_command(&self, program: &Path, flag: &str, model: &Path, signature: &str) -> Words {
        self.words(program, "verify", flag, "p256.pub", model, signature)
    }

    fn words(
        &self,
        program: &Path,
        verb: &str,
        flag: &str,
        key: &str,
        model: &Path,
        signature: &str,
    ) -> Words {
        let (key, signature) = (self.folder.join(key), self.folder.join(signature));
        let mut words: Words = vec![program.into(), verb.into(), "key".into(), model.into()];
        words.extend([flag.into(), key.into(), "--signature".into(), signature.into()]);
        words
    }
}

type Words = Vec<OsString>;
type Goal = Option<f64>;

fn side(who: &str, command: Words) -> Side {
    Side { who: who.to_owned(), command }
}

fn comparison(what: &str, base: Side, ours: Side, speedup: Goal, memory_mb: Goal) -> Comparison {
    Comparison { what: what.to_owned(), base, ours, speedup, memory_mb }
}

fn command(words: &[OsString]) -> Result<std::process::Command> {
    let (program, arguments) = words.split_first().ok_or("an empty command")?;
    let mut command = crate::process::command(program)?;
    command.args(arguments);
    Ok(command)
}
