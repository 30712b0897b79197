//! Sign and verify machine-learning models in the OpenSSF Model Signing (OMS) format.
//!
//! A model is a folder of files, or one file. Its signature is one file beside it or inside: a
//! Sigstore bundle with a signed list of all files and their digests.
//!
//! # In one call
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oms::{Curve, KeySigner, KeyVerifier, PrivateKey, Run, SignOptions, VerifyOptions};
//!
//! # let folder = tempfile::tempdir()?;
//! # let model = folder.path().join("model");
//! # std::fs::create_dir(&model)?;
//! # std::fs::write(model.join("weights.bin"), b"weights")?;
//! # let signature = folder.path().join("model.sig");
//! let key = PrivateKey::generate(Curve::P256)?;
//! let verifier = KeyVerifier::new(key.public().clone());
//!
//! oms::sign(&model, &signature, &KeySigner::new(key), &SignOptions::new(), &Run::default())?;
//! let report =
//!     oms::verify(&model, &signature, &verifier, &VerifyOptions::new(), &Run::default())?;
//! assert_eq!(report.manifest().file_count(), 1);
//!
//! std::fs::write(model.join("weights.bin"), b"other bytes")?;
//! let error = oms::verify(&model, &signature, &verifier, &VerifyOptions::new(), &Run::default())
//!     .unwrap_err();
//! assert!(error.to_string().contains("modified 'weights.bin'"));
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! - [`verify`] returns `Ok` only if the signature is good, its signer is trusted, and every signed
//!   file is there unchanged, with no other file beside it but those that the signature or the caller
//!   excludes, which the report lists. (In shards, empty files are listed too: the format is silent
//!   about them.) Each option that weakens this says so.
//! - The signature is checked before one byte of the model is read.
//! - Names from a signature are never opened: a walk beneath the model's root decides what is read.
//! - Nothing is printed, nothing is global, nothing is asynchronous.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod bounded;
mod bundle;
mod compare;
mod dsse;
mod enumerate;
mod error;
mod ignore;
mod input;
mod json;
mod key;
mod manifest;
mod measure;
mod model;
mod options;
mod output;
mod path;
mod progress;
mod report;
mod sign;
#[cfg(feature = "sigstore")]
mod sigstore;
mod statement;
mod verify;
mod warning;
mod work;
mod x509;

use std::path::Path;

pub use oms_hash::{
    Algorithm, CancelToken, Digest, DigestHexError, Engine, EngineError, Interrupted,
    UnknownAlgorithm,
};

pub use bundle::{
    Bundle, BundleError, Certificate, DEFAULT_MAX_BUNDLE_LEN, InclusionProof, LogEntry, MEDIA_TYPE,
    Material, MaterialKind, PublicKeyIdentifier,
};
pub use dsse::{Envelope, PAYLOAD_TYPE};
pub use error::{Class, Error, io_reason};
pub use ignore::GIT_PATHS;
pub use input::read_secret;
pub use json::JsonError;
pub use key::{Curve, KeyError, KeyType, PrivateKey, PublicKey};
pub use manifest::{DEFAULT_SHARD_SIZE, Diff, FileKind, Manifest, Method, Resource, Serialization};
pub use options::{SignOptions, VerifyOptions};
pub use path::{Escaped, PathError, RelPath};
pub use progress::{Event, Run};
pub use report::{Comparison, Identity, Report};
pub use sign::{CertificateSigner, KeySigner, Payload, Signer};
#[cfg(feature = "sigstore")]
pub use sigstore::{
    Claim, Clock, IdentityPolicy, Pattern, PatternError, PublishedEntry, SigningTime,
    SigstoreError, SigstoreIdentity, TrustRoot, TrustRootError, UnknownClaim,
};
pub use statement::{
    Compat, LEGACY_PREDICATE_TYPE, Note, PREDICATE_TYPE, STATEMENT_TYPE, Statement, StatementError,
};
#[cfg(feature = "sigstore")]
pub use verify::SigstoreVerifier;
pub use verify::{CertificateVerifier, KeyVerifier, SignatureError, Verified, Verifier};
pub use warning::Warning;
pub use x509::{CertificateError, CertificateInfo, ChainError, PathRule};

use model::Model;
use output::Output;

/// A signature that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The signature.
    pub bundle: Bundle,
    /// The files that it covers.
    pub manifest: Manifest,
    /// How many files those are.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// What the caller should hear.
    pub warnings: Vec<Warning>,
}

/// Signs `model` and writes the signature to the file `signature`: whole, or not at all.
///
/// An existing file is replaced only if it is a signature. The signature was verified with its own
/// key before it is written.
///
/// # Errors
/// [`Error`]; nothing was written or changed then.
pub fn sign(
    model: &Path,
    signature: &Path,
    signer: &dyn Signer,
    options: &SignOptions,
    run: &Run<'_>,
) -> Result<Signed, Error> {
    let output = Output::prepare(signature)?;
    if is_same_file(model, signature) {
        return Err(Error::WouldOverwrite { path: signature.to_owned() });
    }
    let signed = sign_beside(model, Some(signature), signer, options, run)?;
    let bytes = signed.bundle.to_vec();
    check_written_form(&bytes, &signed.bundle)?;
    run.check()?;
    run.tell(Event::Writing);
    output.write(&bytes)?;
    Ok(signed)
}

/// A model of one file may itself be a signature; it is not its own.
fn is_same_file(model: &Path, signature: &Path) -> bool {
    match (model.canonicalize(), signature.canonicalize()) {
        (Ok(model), Ok(signature)) => model == signature,
        _ => false,
    }
}

/// What is written must be what a verifier will accept: the same limits, the same content.
fn check_written_form(bytes: &[u8], bundle: &Bundle) -> Result<(), Error> {
    let failed = |error: Error| Error::SelfCheck(Box::new(error));
    let read = Bundle::from_slice(bytes).map_err(|error| failed(error.into()))?;
    if read == *bundle { Ok(()) } else { Err(failed(SignatureError::Invalid.into())) }
}

/// Signs `model` and gives the signature, to be stored elsewhere than in a file.
///
/// # Errors
/// [`Error`].
pub fn sign_to_bundle(
    model: &Path,
    signer: &dyn Signer,
    options: &SignOptions,
    run: &Run<'_>,
) -> Result<Signed, Error> {
    sign_beside(model, None, signer, options, run)
}

fn sign_beside(
    model: &Path,
    signature: Option<&Path>,
    signer: &dyn Signer,
    options: &SignOptions,
    run: &Run<'_>,
) -> Result<Signed, Error> {
    let model = Model::open(model)?;
    let measured = measure::measure(&model, signature, options, run)?;
    run.check()?;
    let manifest = measured.manifest;
    let single_file = model.is_single_file();
    let payload =
        Payload(statement::to_json(&model.name(), &manifest, options.compat, single_file));
    let bundle = signer.sign(&payload)?;
    // A signer from elsewhere may do as it likes; what it signed must be this.
    if bundle.envelope.payload != payload.0 {
        return Err(Error::SelfCheck(Box::new(SignatureError::Invalid.into())));
    }
    let (files, bytes, warnings) = (measured.files, measured.bytes, measured.warnings);
    Ok(Signed { bundle, manifest, files, bytes, warnings })
}

/// Verifies that `model` is what was signed by someone whom `verifier` trusts.
///
/// # Errors
/// [`Error`]. With [`Error::ModelDiffers`] the signature is good and the model is not the signed one;
/// the report in it names every difference.
pub fn verify(
    model: &Path,
    signature: &Path,
    verifier: &dyn Verifier,
    options: &VerifyOptions,
    run: &Run<'_>,
) -> Result<Report, Error> {
    let bundle = Bundle::read_at_most(signature, options.max_bundle_len)?;
    verify_bundle(model, &bundle, Some(signature), verifier, options, run)
}

/// Verifies a model against a signature that is not a file, or was read already. `signature` is the
/// path of the signature's file, if it may lie in the model.
///
/// # Errors
/// As [`verify`].
pub fn verify_bundle(
    model: &Path,
    bundle: &Bundle,
    signature: Option<&Path>,
    verifier: &dyn Verifier,
    options: &VerifyOptions,
    run: &Run<'_>,
) -> Result<Report, Error> {
    let (statement, identity) = verifier.verify(bundle)?.into_parts();
    let model = Model::open(model)?;
    let signature = signature.unwrap_or(Path::new(""));
    let comparison = compare::compare(&model, signature, &statement, options, run)?;
    let report = Report { identity, statement, comparison };
    if report.comparison.diff.is_empty() {
        return Ok(report);
    }
    Err(Error::ModelDiffers(Box::new(report)))
}

/// Compares `model` with the files that a signature names, **without checking the signature**: has
/// anything changed since? This says nothing about who signed.
///
/// # Errors
/// [`Error`], when the comparison cannot be made. Differences are no error here.
pub fn status(
    model: &Path,
    signature: &Path,
    options: &VerifyOptions,
    run: &Run<'_>,
) -> Result<Comparison, Error> {
    let bundle = Bundle::read_at_most(signature, options.max_bundle_len)?;
    let statement = bundle.unverified_statement()?;
    let model = Model::open(model)?;
    compare::compare(&model, signature, &statement, options, run)
}

/// Hashes a model: its manifest, whose [`Manifest::root_digest`] stands for the whole.
///
/// # Errors
/// [`Error`], when the model cannot be read or could not be signed.
pub fn digest(model: &Path, options: &SignOptions, run: &Run<'_>) -> Result<Manifest, Error> {
    let model = Model::open(model)?;
    Ok(measure::measure(&model, None, options, run)?.manifest)
}

/// The guide's and the README's code compiles and does what they say.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../docs/library.md")]
    mod guide {}
    #[doc = include_str!("../../../README.md")]
    mod readme {}
}
