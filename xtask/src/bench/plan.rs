//! What is measured, and what is promised.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Scale;
use super::data::{self, Shape};
use super::measure::{Comparison, Side};
use crate::process::step;
use crate::python::Environment;
use crate::{Result, tools, workspace};

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
        let four = self.model("four-files", 4, 512 * MIB / divisor)?;
        let one = self.model("one-file", 1, 4096 * MIB / divisor)?;
        let large = self.model("large-file", 1, 8192 * MIB / divisor)?;
        let uneven = self.uneven(&large)?;
        let many = self.model("many-files", 100_000 / divisor, 4 << 10)?;
        let half = self.model("half-as-many-files", 50_000 / divisor, 4 << 10)?;
        let [pypi_shards, own_shards] = self.sharding(&one);
        Ok(vec![
            self.openssl_in_two(&eight)?,
            self.signing("8 files of 512 MiB, sign", &eight, Some(2.1), None),
            self.openssl_whole(&one),
            self.signing("1 file of 4 GiB, sign", &one, None, Some(64.0)),
            pypi_shards,
            own_shards,
            self.b3sum(&one)?,
            self.signing("3 small files, sign", &few, Some(40.0), None),
            self.verifying("3 small files, verify", &few, Some(40.0), None)?,
            self.signing("100,000 files of 4 KiB, sign", &many, Some(25.0), Some(200.0)),
            self.verifying("100,000 files of 4 KiB, verify", &many, Some(25.0), Some(200.0))?,
            self.growth("1 file of 8 GiB beside 7 of 64 MiB", &large, "it alone", &uneven, 0.95),
            self.growth("twice the bytes", &four, "4 files of 512 MiB", &eight, 1.0 / 2.05),
            self.growth("twice the files", &half, "50,000 files", &many, 1.0 / 2.05),
        ])
    }

    /// The large file and seven small ones.
    fn uneven(&self, large: &Path) -> Result<PathBuf> {
        let folder = self.model("uneven-files", 7, 64 * MIB / self.scale.divisor())?;
        let (name, target) = ("weights-0.bin", folder.join("large.bin"));
        if !target.exists() {
            std::fs::hard_link(large.join(name), target)?;
        }
        Ok(folder)
    }

    fn openssl_in_two(&self, model: &Path) -> Result<Comparison> {
        let mut halves = [String::new(), String::new()];
        for (number, entry) in std::fs::read_dir(model)?.enumerate() {
            if let Some(half) = halves.get_mut(number % 2) {
                *half += &format!(" '{}'", entry?.path().display());
            }
        }
        let [one, other] = halves;
        let script = format!("openssl dgst -sha256{one} & openssl dgst -sha256{other}; wait");
        let base =
            side("openssl, two in parallel", vec!["/bin/sh".into(), "-c".into(), script.into()]);
        let ours = side("oms", self.sign_command(&self.oms, "--private-key", model, "oms.sig"));
        Ok(comparison("8 files of 512 MiB, sign", base, ours, Some(1.6), Some(64.0)))
    }

    fn openssl_whole(&self, model: &Path) -> Comparison {
        let words = ["/usr/bin/env", "openssl", "dgst", "-sha256"].map(OsString::from);
        let mut words: Words = words.into();
        words.push(model.join("weights-0.bin").into());
        let ours = self.sign_command(&self.oms, "--private-key", model, "oms.sig");
        let what = "1 file of 4 GiB, sign";
        comparison(what, side("openssl", words), side("oms", ours), Some(1.2), Some(64.0))
    }

    fn b3sum(&self, model: &Path) -> Result<Comparison> {
        let base = vec![tools::b3sum()?.into(), model.join("weights-0.bin").into()];
        let mut ours = self.sign_command(&self.oms, "--private-key", model, "oms.sig");
        ours.extend(["--hash".into(), "blake3".into()]);
        let what = "1 file of 4 GiB, BLAKE3, sign";
        Ok(comparison(what, side("b3sum", base), side("oms", ours), Some(0.9), Some(64.0)))
    }

    /// Ours against ours on a smaller model.
    fn growth(&self, what: &str, small: &Path, name: &str, large: &Path, goal: f64) -> Comparison {
        let sign = |model| self.sign_command(&self.oms, "--private-key", model, "oms.sig");
        let base = side(&format!("oms, {name}"), sign(small));
        comparison(what, base, side("oms", sign(large)), Some(goal), None)
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
            comparison(what, side("PyPI, whole file", base), ours(), Some(3.3), Some(64.0)),
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
