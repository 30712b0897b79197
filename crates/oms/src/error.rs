//! Everything that can go wrong, with its operands.

mod remedy;

use std::io;
use std::path::{Path, PathBuf};

use oms_hash::Interrupted;

use crate::bundle::{BundleError, MaterialKind};
use crate::key::KeyError;
use crate::manifest::FileKind;
use crate::path::{Escaped, RelPath};
use crate::report::Report;
use crate::statement::StatementError;
use crate::verify::SignatureError;
use crate::x509::ChainError;

/// Why a model was not signed or not verified.
///
/// [`std::fmt::Display`] says what is wrong, on one line; [`Error::remedy`] what to do about it;
/// [`Error::class`] what kind of failure it is, which is what exit statuses are made of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The signature file is no bundle of OMS.
    #[error("{}{error}", prefix(.path))]
    Bundle {
        /// The file; empty for bytes that came from elsewhere.
        path: PathBuf,
        /// Why.
        error: BundleError,
    },
    /// The signed payload is no statement of OMS.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The signature is not one of the given key or certificate.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The certificate is not trusted, or not for this.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The keyless signature is not good, or not of whom it should be.
    #[cfg(feature = "sigstore")]
    #[error(transparent)]
    Sigstore(#[from] crate::sigstore::SigstoreError),
    /// The bundle was made with another method than the one asked for.
    #[error("the signature was made with method '{found}', not '{asked}'")]
    WrongMethod {
        /// The method asked for.
        asked: MaterialKind,
        /// The method of the bundle.
        found: MaterialKind,
    },
    /// The model is not the one that was signed. The report names every difference.
    #[error("{}", .0.differences())]
    ModelDiffers(Box<Report>),
    /// The signature that was just made does not verify.
    #[error("the new signature does not verify: {0}")]
    SelfCheck(Box<Error>),

    /// A key cannot be used.
    #[error("'{}': {error}", shown(.path))]
    Key {
        /// The file, or a name for where the key came from.
        path: PathBuf,
        /// Why.
        error: KeyError,
    },
    /// A file of certificates cannot be used.
    #[error("'{}': {error}", shown(.path))]
    Certificate {
        /// The file, or a name for where the certificates came from.
        path: PathBuf,
        /// Why.
        error: crate::x509::CertificateError,
    },
    /// A trusted root cannot be used.
    #[cfg(feature = "sigstore")]
    #[error("{}{error}", prefix(.path))]
    TrustRoot {
        /// The file; empty for one that came from elsewhere.
        path: PathBuf,
        /// Why.
        error: crate::sigstore::TrustRootError,
    },
    /// The private key is not the one of the signing certificate.
    #[error("the private key does not belong to the signing certificate of '{subject}'")]
    KeyOfOtherCertificate {
        /// The subject of the certificate.
        subject: String,
    },
    /// A key or certificate file cannot be read.
    #[error("cannot read the {role} '{}': {}", shown(.path), io_reason(.source))]
    Trust {
        /// The file.
        path: PathBuf,
        /// `private key`, `public key`, …
        role: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A path leads to something that cannot play its role.
    #[error("the {role} '{}' is a {found}, not a {wanted}", shown(.path))]
    WrongKind {
        /// The path.
        path: PathBuf,
        /// `model`, `signature`, …
        role: &'static str,
        /// What it is.
        found: FileKind,
        /// What it should be.
        wanted: &'static str,
    },
    /// A file stands where the signature should go, and it is no signature.
    #[error("'{}' exists and is not a signature: it is not overwritten", shown(.path))]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },
    /// The signature's path has no file name.
    #[error("'{}' names no file to write the signature to", shown(.path))]
    NoFileName {
        /// The path.
        path: PathBuf,
    },
    /// An ignore path that would leave nothing of the model.
    #[error("the ignore path '{}' is the model itself", shown(.path))]
    IgnoresEverything {
        /// The path as the user gave it.
        path: PathBuf,
    },
    /// An ignore path that no signature can record.
    #[error("the ignore path '{}' is not UTF-8", shown(.path))]
    IgnorePathNotUtf8 {
        /// The path as the user gave it.
        path: PathBuf,
    },

    /// Files that cannot be signed: links, unless allowed, and special files.
    #[error("the model holds {}", files_of_kinds(.files))]
    NotRegular {
        /// All of them.
        files: Vec<(RelPath, FileKind)>,
    },
    /// A name that is not UTF-8 has no place in a signature.
    #[error("the file name '{}' is not UTF-8", Escaped(.path))]
    NonUtf8Name {
        /// The name, with replacement characters.
        path: String,
    },
    /// There is nothing to sign.
    #[error("the model '{}' has no file to sign", shown(.path))]
    EmptyModel {
        /// The model.
        path: PathBuf,
    },
    /// More files or shards than a signature can list.
    #[error("the model has {count} files or shards; a signature can list {limit} at most")]
    TooManyResources {
        /// Files or shards.
        count: u64,
        /// What fits into a signature of the largest size that is read.
        limit: u64,
    },
    /// More links to folders than a model can sensibly have.
    #[error("links to folders lead to too many files or folders, '{path}' the last")]
    TooManyLinks {
        /// The link at which the walk gave up.
        path: RelPath,
        /// Links to folders that are followed.
        limit: u64,
    },

    /// The system refused to open, read or write.
    #[error("cannot {action} the {role} '{}': {}", shown(.path), io_reason(.source))]
    Io {
        /// `open`, `read`, `write`, …
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// `model`, `signature`, …
        role: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file changed between the moment that it was found and the moment that it was hashed.
    #[error("the file '{}' changed while it was read", shown(.path))]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Someone asked to stop.
    #[error("interrupted")]
    Cancelled,
    /// The time given for the work is over.
    #[error("out of time: the work was stopped at its deadline")]
    DeadlinePassed,
}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Judged, and not good: the signature or the model is to blame. Exit status 1.
    Rejected,
    /// Asked wrongly: the caller is to blame. Exit status 2.
    Usage,
    /// Could not find out: the system is to blame. Exit status 3.
    Unavailable,
    /// Stopped by the caller. Exit status 130.
    Interrupted,
}

impl Error {
    /// What kind of failure this is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Bundle { .. }
            | Self::Statement(_)
            | Self::Signature(_)
            | Self::Chain(_)
            | Self::WrongMethod { .. }
            | Self::ModelDiffers(_)
            | Self::SelfCheck(_)
            | Self::NotRegular { .. }
            | Self::NonUtf8Name { .. }
            | Self::EmptyModel { .. }
            | Self::TooManyResources { .. }
            | Self::TooManyLinks { .. } => Class::Rejected,
            #[cfg(feature = "sigstore")]
            Self::Sigstore(_) => Class::Rejected,
            #[cfg(feature = "sigstore")]
            Self::TrustRoot { .. } => Class::Usage,
            Self::Key { .. }
            | Self::Certificate { .. }
            | Self::KeyOfOtherCertificate { .. }
            | Self::Trust { .. }
            | Self::WrongKind { .. }
            | Self::WouldOverwrite { .. }
            | Self::NoFileName { .. }
            | Self::IgnoresEverything { .. }
            | Self::IgnorePathNotUtf8 { .. } => Class::Usage,
            Self::Io { .. } | Self::Changed { .. } | Self::DeadlinePassed => Class::Unavailable,
            Self::Cancelled => Class::Interrupted,
        }
    }
}

impl From<BundleError> for Error {
    fn from(error: BundleError) -> Self {
        Self::Bundle { path: PathBuf::new(), error }
    }
}

#[cfg(feature = "sigstore")]
impl From<crate::sigstore::TrustRootError> for Error {
    fn from(error: crate::sigstore::TrustRootError) -> Self {
        Self::TrustRoot { path: PathBuf::new(), error }
    }
}

impl From<Interrupted> for Error {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::DeadlinePassed => Self::DeadlinePassed,
            _ => Self::Cancelled,
        }
    }
}

/// A path of this system, safe to print.
pub(crate) fn shown(path: &Path) -> String {
    Escaped(&path.to_string_lossy()).to_string()
}

fn prefix(path: &Path) -> String {
    if path.as_os_str().is_empty() { String::new() } else { format!("'{}': ", shown(path)) }
}

/// What the system said about a failure, in the words that messages of this crate use: without the
/// number that Rust adds.
#[must_use]
pub fn io_reason(source: &io::Error) -> String {
    let text = source.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

fn files_of_kinds(files: &[(RelPath, FileKind)]) -> String {
    const SHOWN: usize = 10;
    let mut text = String::new();
    for (index, (path, kind)) in files.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        text += &format!("{separator}a {kind}: '{path}'");
    }
    if files.len() > SHOWN {
        text += &format!(" and {} more", files.len() - SHOWN);
    }
    text
}
