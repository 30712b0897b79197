//! `oms keygen`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use oms::{Error, PrivateKey};

use crate::args::KeygenArgs;
use crate::config::curve;
use crate::console::{Console, shown};
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::password;
use crate::report::{KeyReport, Report, SignerReport};

/// The files of a key pair.
#[derive(Debug, Clone)]
pub(super) struct KeyPair {
    pub(super) private: PathBuf,
    pub(super) public: PathBuf,
}

impl KeyPair {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { private: folder.join("signing-key.pem"), public: folder.join("signing-key.pub.pem") }
    }
}

pub(super) fn run(args: &KeygenArgs, console: &Console) -> Result<Report, Failure> {
    let mut report = keygen(args).in_command("keygen")?;
    if console.is_quiet() {
        report.text.clear();
    }
    Ok(report)
}

fn keygen(args: &KeygenArgs) -> Result<Report, CommandError> {
    let files = KeyPair::in_folder(&args.output_dir);
    check_free(&files)?;
    // A password that is given is meant.
    let given = args.password.password.is_some() || args.password.password_file.is_some();
    let password = if args.encrypt || given { Some(password::new(&args.password)?) } else { None };
    let key = PrivateKey::generate(curve(args.algorithm))
        .map_err(|error| Error::Key { path: files.private.clone(), error })?;
    write(&files, &key, password.as_ref().map(|password| password.as_slice()))?;
    let mut report = Report::new("keygen");
    let fingerprint = key.public().hint();
    let key = KeyReport { curve: key.public().curve().name(), fingerprint };
    report.text_is_all = true;
    report.text = vec![
        format!("Private key  {} (keep it secret)", shown(&files.private)),
        format!("Public key   {} (give it to those who verify)", shown(&files.public)),
        format!("Fingerprint  {}", key.fingerprint),
    ];
    report.signer = Some(SignerReport { key: Some(key), ..SignerReport::default() });
    report.files_written =
        [&files.private, &files.public].map(|path| path.display().to_string()).to_vec();
    Ok(report)
}

fn check_free(files: &KeyPair) -> Result<(), CommandError> {
    for path in [&files.private, &files.public] {
        if path.symlink_metadata().is_ok() {
            return Err(CommandError::KeyExists { path: path.clone() });
        }
    }
    Ok(())
}

/// Writes both files or none, over nothing.
pub(super) fn write(
    files: &KeyPair,
    key: &PrivateKey,
    password: Option<&[u8]>,
) -> Result<(), CommandError> {
    let failed = |error| Error::Key { path: files.private.clone(), error };
    let public = key.public().to_pem();
    match password {
        Some(password) => {
            let pem = key.to_encrypted_pkcs8_pem(password).map_err(failed)?;
            write_new(&files.private, pem.as_bytes(), 0o600)?;
        }
        None => {
            let pem = key.to_pkcs8_pem().map_err(failed)?;
            write_new(&files.private, pem.as_bytes(), 0o600)?;
        }
    }
    write_new(&files.public, public.as_bytes(), 0o644).inspect_err(|_| {
        // The private key was made a moment ago, by us, and nobody has used it.
        remove(&files.private);
    })
}

#[allow(clippy::disallowed_methods)] // creates only what is not there
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CommandError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| remove(path))
    });
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CommandError::KeyExists { path: path.to_owned() },
        _ => CommandError::Io { action: "write", path: path.to_owned(), source },
    })
}

#[allow(clippy::disallowed_methods)] // a file that we made a moment ago
fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!("cannot remove '{}': {error}", shown(path));
    }
}
