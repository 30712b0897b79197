//! `oms quickstart`: sign, verify, tamper, see the refusal. No network, no set-up.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use oms::{Curve, KeySigner, KeyVerifier, PrivateKey, SignOptions, VerifyOptions};

use super::keygen::{self, KeyPair};
use crate::args::QuickstartArgs;
use crate::config::Settings;
use crate::console::{Console, shown};
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::progress::Progress;
use crate::report::Report;

/// A larger model is not copied: the refusal is shown on the sample.
const MAX_COPY: u64 = 64 * 1024 * 1024;

pub(super) fn run(
    args: &QuickstartArgs,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    settings.catch_interrupts();
    quickstart(args, settings, console).in_command("quickstart")
}

fn quickstart(
    args: &QuickstartArgs,
    settings: &Settings,
    console: &Console,
) -> Result<Report, CommandError> {
    let folder = own_folder()?;
    if let Some(model) = &args.model
        && is_inside(&folder, model)
    {
        return Err(CommandError::OwnFolderInModel { folder });
    }
    let keys = key_pair(&folder)?;
    let (model, is_sample) = match &args.model {
        Some(model) => (model.clone(), false),
        None => (sample(&folder.join("quickstart"))?, true),
    };
    let signature = folder.join("quickstart").join("model.sig");
    let tour = Tour { settings, console, keys, model, signature };
    let mut lines = tour.sign_and_verify()?;
    let (tampered, signed) = tour.tampered(&folder, is_sample)?;
    lines.extend(tour.refusal(&tampered, &signed)?);
    lines.extend(tour.commands());
    let mut report = Report::new("quickstart");
    report.model = Some(tour.model.display().to_string());
    report.signature = Some(tour.signature.display().to_string());
    report.text = lines;
    Ok(report)
}

struct Tour<'a> {
    settings: &'a Settings,
    console: &'a Console,
    keys: KeyPair,
    model: PathBuf,
    signature: PathBuf,
}

/// A copy of a model with one byte changed.
struct Tampered {
    folder: tempfile::TempDir,
    model: PathBuf,
    file: String,
    of_sample: bool,
}

impl Tour<'_> {
    fn sign_and_verify(&self) -> Result<Vec<String>, CommandError> {
        let files = self.sign(&self.model, &self.signature)?;
        self.verify(&self.model, &self.signature)?;
        Ok(vec![
            format!("1. Signed {files} files of {}", shown(&self.model)),
            format!("   with the key {}", shown(&self.keys.private)),
            "2. Verified: every file is what was signed.".to_owned(),
        ])
    }

    fn sign(&self, model: &Path, signature: &Path) -> Result<u64, CommandError> {
        let progress = Progress::new(self.console, self.settings);
        let run = progress.run(self.settings, None);
        let signer = KeySigner::new(PrivateKey::read(&self.keys.private, None)?);
        Ok(oms::sign(model, signature, &signer, &SignOptions::new(), &run)?.files)
    }

    fn verify(&self, model: &Path, signature: &Path) -> Result<(), oms::Error> {
        let progress = Progress::new(self.console, self.settings);
        let run = progress.run(self.settings, None);
        let verifier = KeyVerifier::from_files(&[&self.keys.public])?;
        // The signature of a file lies elsewhere; what lies in the model was signed.
        oms::verify(model, signature, &verifier, &VerifyOptions::new(), &run).map(|_| ())
    }

    /// A tampered copy of the model, or of the sample if the model is large, and its signature.
    fn tampered(
        &self,
        folder: &Path,
        is_sample: bool,
    ) -> Result<(Tampered, PathBuf), CommandError> {
        if let Some(tampered) = tamper(&self.model, !is_sample)? {
            return Ok((tampered, self.signature.clone()));
        }
        let sample = sample(&folder.join("quickstart"))?;
        let signature = folder.join("quickstart").join("sample.sig");
        self.sign(&sample, &signature)?;
        let tampered = tamper(&sample, false)?.ok_or(CommandError::TamperAccepted)?;
        Ok((tampered, signature))
    }

    fn refusal(&self, tampered: &Tampered, signature: &Path) -> Result<Vec<String>, CommandError> {
        let which = if tampered.of_sample { "the sample" } else { "the model" };
        match self.verify(&tampered.model, signature) {
            Err(error @ oms::Error::ModelDiffers(_)) => Ok(vec![
                format!(
                    "3. Changed one byte of '{}' in a scratch copy of {which}. Refused:",
                    tampered.file
                ),
                format!("   {error}"),
            ]),
            Err(error) => Err(error.into()),
            Ok(()) => Err(CommandError::TamperAccepted),
        }
    }

    fn commands(&self) -> Vec<String> {
        let (model, signature) = (quoted(&self.model), quoted(&self.signature));
        let (private, public) = (quoted(&self.keys.private), quoted(&self.keys.public));
        vec![
            String::new(),
            "The same by hand:".to_owned(),
            format!("  oms sign key {model} --private-key {private} --signature {signature}"),
            format!("  oms verify key {model} --public-key {public} --signature {signature}"),
        ]
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:@%".contains(c);
    if text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Nothing is ever written into a model.
fn is_inside(folder: &Path, model: &Path) -> bool {
    match (folder.canonicalize(), model.canonicalize()) {
        (Ok(folder), Ok(model)) => folder.starts_with(model),
        _ => false,
    }
}

fn own_folder() -> Result<PathBuf, CommandError> {
    let base = etcetera::choose_base_strategy()
        .map_err(|error| CommandError::NoConfigFolder { reason: error.to_string() })?;
    let folder = base.config_dir().join("oms");
    create_folder(&folder.join("quickstart"))?;
    Ok(folder)
}

/// The user's key pair, made once.
fn key_pair(folder: &Path) -> Result<KeyPair, CommandError> {
    let keys = KeyPair::in_folder(folder);
    if !keys.private.exists() && !keys.public.exists() {
        let key = PrivateKey::generate(Curve::P256)
            .map_err(|error| oms::Error::Key { path: keys.private.clone(), error })?;
        keygen::write(&keys, &key, None)?;
    }
    Ok(keys)
}

/// A small model to try things on.
fn sample(folder: &Path) -> Result<PathBuf, CommandError> {
    let model = folder.join("sample-model");
    create_folder(&model.join("tokenizer"))?;
    let weights: Vec<u8> =
        (0..1_048_576_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    write(&model.join("config.json"), b"{\"architecture\": \"sample\", \"layers\": 2}\n")?;
    write(&model.join("tokenizer").join("vocabulary.txt"), b"the\nquick\nbrown\nfox\n")?;
    write(&model.join("weights.bin"), &weights)?;
    Ok(model)
}

/// Copies a model and changes a byte of its largest file; `None` when it is too large to copy.
fn tamper(model: &Path, own: bool) -> Result<Option<Tampered>, CommandError> {
    let mut files = Vec::new();
    list(model, Path::new(""), &mut files)?;
    let total: u64 = files.iter().map(|(_, len)| *len).sum();
    if total > MAX_COPY {
        return Ok(None);
    }
    let folder = tempfile::tempdir()
        .map_err(|source| failed("create a folder in", &std::env::temp_dir(), source))?;
    let is_file = model.is_file();
    let name = model.file_name().unwrap_or("model".as_ref());
    let copy = folder.path().join(name);
    for (path, _) in &files {
        let (from, to) = if is_file {
            (model.to_owned(), copy.clone())
        } else {
            (model.join(path), copy.join(path))
        };
        if let Some(parent) = to.parent() {
            create_folder(parent)?;
        }
        copy_file(&from, &to)?;
    }
    let Some((largest, _)) = files.into_iter().max_by_key(|(_, len)| *len) else {
        return Ok(None);
    };
    change_a_byte(&if is_file { copy.clone() } else { copy.join(&largest) })?;
    let file = if is_file { PathBuf::from(name) } else { largest };
    let file = oms::Escaped(&file.to_string_lossy()).to_string();
    Ok(Some(Tampered { folder, model: copy, file, of_sample: !own }))
}

impl Drop for Tampered {
    fn drop(&mut self) {
        tracing::debug!("removing '{}'", self.folder.path().display());
    }
}

/// The regular files beneath a folder that was signed a moment ago: no links, no special files.
#[allow(clippy::disallowed_methods)] // a copy for show; verification does its own reading
fn list(root: &Path, below: &Path, files: &mut Vec<(PathBuf, u64)>) -> Result<(), CommandError> {
    let here = root.join(below);
    let metadata = fs::metadata(&here).map_err(|source| failed("read", &here, source))?;
    if metadata.is_file() {
        files.push((below.to_owned(), metadata.len()));
    } else if metadata.is_dir() {
        for entry in fs::read_dir(&here).map_err(|source| failed("read", &here, source))? {
            let entry = entry.map_err(|source| failed("read", &here, source))?;
            let is_git = below.as_os_str().is_empty()
                && oms::GIT_PATHS.iter().any(|path| entry.file_name() == *path);
            if !is_git {
                list(root, &below.join(entry.file_name()), files)?;
            }
        }
    }
    Ok(())
}

#[allow(clippy::disallowed_methods)] // our own scratch copy
fn change_a_byte(path: &Path) -> Result<(), CommandError> {
    let mut bytes = fs::read(path).map_err(|source| failed("read", path, source))?;
    let middle = bytes.len() / 2;
    match bytes.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => bytes.push(0),
    }
    write(path, &bytes)
}

#[allow(clippy::disallowed_methods)] // our own folder
fn create_folder(path: &Path) -> Result<(), CommandError> {
    fs::create_dir_all(path).map_err(|source| failed("create", path, source))
}

#[allow(clippy::disallowed_methods)] // our own folder
fn write(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    fs::write(path, bytes).map_err(|source| failed("write", path, source))
}

#[allow(clippy::disallowed_methods)] // our own scratch copy
fn copy_file(from: &Path, to: &Path) -> Result<(), CommandError> {
    fs::copy(from, to).map(|_| ()).map_err(|source| failed("copy", from, source))
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> CommandError {
    CommandError::Io { action, path: path.to_owned(), source }
}
