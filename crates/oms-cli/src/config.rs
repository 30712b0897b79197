//! Flags → what the library wants.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use oms::{Algorithm, CancelToken, Compat, Curve, Engine, SignOptions, VerifyOptions};

use crate::args::{
    CompatClient, GlobalArgs, Hash, HashingArgs, KeyAlgorithm, SelectionArgs, SignModelArgs,
    SignatureArgs, VerifyModelArgs,
};
use crate::failure::{CommandError, Failure, InCommand as _};

/// What holds for any command.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) cancel: CancelToken,
    /// The signature is being written: it is too late to stop.
    pub(crate) writing: Arc<AtomicBool>,
    /// The code for SHA-256 that was asked for.
    pub(crate) engine: Option<Engine>,
}

impl Settings {
    pub(crate) fn new(global: &GlobalArgs) -> Result<Self, Failure> {
        crate::logging::set_up(global).in_command("oms")?;
        let mut cancel = CancelToken::new();
        if let Some(timeout) = global.timeout
            && let Some(deadline) = Instant::now().checked_add(timeout)
        {
            cancel = cancel.with_deadline(deadline);
        }
        let engine = engine().in_command("oms")?;
        Ok(Self { cancel, writing: Arc::default(), engine })
    }

    /// From here on, Ctrl-C asks the work to end cleanly. What does not look up in time, such as
    /// reading a large signature, is ended from here: nothing was written yet. Called after passwords
    /// were asked for: until then Ctrl-C does what it always does.
    pub(crate) fn catch_interrupts(&self) {
        const PATIENCE: Duration = Duration::from_millis(120);
        let (token, writing) = (self.cancel.clone(), Arc::clone(&self.writing));
        let caught = ctrlc::set_handler(move || {
            let is_second = token.is_cancelled();
            token.cancel();
            if !is_second {
                std::thread::sleep(PATIENCE);
            }
            if is_second || !writing.load(Ordering::Relaxed) {
                crate::console::interrupted();
                std::process::exit(130);
            }
        });
        if let Err(error) = caught {
            tracing::debug!("Ctrl-C is not caught: {error}");
        }
    }
}

/// The code for SHA-256 that `OMS_HASH_ENGINE` names, for tests and reports of defects.
pub(crate) fn engine() -> Result<Option<Engine>, CommandError> {
    let Some(name) = std::env::var_os("OMS_HASH_ENGINE").filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    Ok(Some(name.to_string_lossy().parse()?))
}

pub(crate) fn hash_options(args: &HashingArgs) -> SignOptions {
    let mut options = SignOptions::new()
        .algorithm(algorithm(args.hash))
        .ignore_git_paths(args.selection.ignores_git_paths())
        .allow_symlinks(args.selection.allows_symlinks());
    options.shard_size = args.shard_size;
    options.ignore_paths.clone_from(&args.selection.ignore_paths);
    options
}

pub(crate) fn sign_options(args: &SignModelArgs) -> SignOptions {
    hash_options(&args.hashing).compat(match args.compat {
        None => Compat::Specification,
        Some(CompatClient::ModelSigning11) => Compat::ModelSigning11,
    })
}

pub(crate) fn verify_options(args: &VerifyModelArgs) -> VerifyOptions {
    let ignore_unsigned =
        args.ignore_unsigned_files.unwrap_or(false) && !args.no_ignore_unsigned_files;
    compare_options(&args.selection, &args.signature).ignore_unsigned_files(ignore_unsigned)
}

pub(crate) fn compare_options(
    selection: &SelectionArgs,
    signature: &SignatureArgs,
) -> VerifyOptions {
    let mut options = VerifyOptions::new()
        .ignore_git_paths(selection.ignores_git_paths())
        .allow_symlinks(selection.allows_symlinks())
        .max_bundle_len(signature.limit.max_bundle_size.get());
    options.ignore_paths.clone_from(&selection.ignore_paths);
    options
}

pub(crate) fn jobs(selection: &SelectionArgs) -> Option<NonZeroUsize> {
    selection.jobs
}

pub(crate) fn algorithm(hash: Hash) -> Algorithm {
    match hash {
        Hash::Sha256 => Algorithm::Sha256,
        Hash::Blake2b => Algorithm::Blake2b,
        Hash::Blake3 => Algorithm::Blake3,
    }
}

pub(crate) fn curve(algorithm: KeyAlgorithm) -> Curve {
    match algorithm {
        KeyAlgorithm::P256 => Curve::P256,
        KeyAlgorithm::P384 => Curve::P384,
        KeyAlgorithm::P521 => Curve::P521,
    }
}

/// The signature that was named, or the one that lies where signatures lie: `model.sig` in the
/// working directory, or in the model.
pub(crate) fn find_signature(
    model: &Path,
    named: Option<&PathBuf>,
) -> Result<PathBuf, CommandError> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let here = PathBuf::from("model.sig");
    let inside = model.join("model.sig");
    if !inside.exists() {
        return Ok(here);
    }
    if !here.exists() || same_file(&here, &inside) {
        return Ok(inside);
    }
    Err(CommandError::AmbiguousSignature { here, inside })
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
