//! What to sign and how strictly to verify.

use std::num::NonZeroU64;
use std::path::PathBuf;

use oms_hash::Algorithm;

use crate::bundle::DEFAULT_MAX_BUNDLE_LEN;
use crate::manifest::Method;
use crate::statement::Compat;

/// How a model becomes a manifest.
///
/// ```
/// use std::num::NonZeroU64;
/// use oms::{Algorithm, SignOptions};
///
/// let options = SignOptions::new()
///     .algorithm(Algorithm::Blake3)
///     .shard_size(NonZeroU64::new(64_000_000).unwrap())
///     .ignore_path("training.log");
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignOptions {
    /// The hash of every file; SHA-256 by default.
    pub algorithm: Algorithm,
    /// Whole files (the default), or pieces of this many bytes.
    pub shard_size: Option<NonZeroU64>,
    /// Files and folders to leave out: relative to the working directory if they lie in the model
    /// that way, else to the model. No patterns.
    pub ignore_paths: Vec<PathBuf>,
    /// Leave out `.git`, `.gitattributes`, `.github` and `.gitignore` at the top; on by default.
    pub ignore_git_paths: bool,
    /// Sign what links lead to; off by default, where a link is an error.
    pub allow_symlinks: bool,
    /// For whom the signature is written.
    pub compat: Compat,
}

impl Default for SignOptions {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            shard_size: None,
            ignore_paths: Vec::new(),
            ignore_git_paths: true,
            allow_symlinks: false,
            compat: Compat::default(),
        }
    }
}

impl SignOptions {
    /// The defaults: whole files, SHA-256, no links.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the hash of every file.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Signs pieces of this many bytes instead of whole files.
    #[must_use]
    pub fn shard_size(mut self, size: NonZeroU64) -> Self {
        self.shard_size = Some(size);
        self
    }

    /// Leaves out a file or folder.
    #[must_use]
    pub fn ignore_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.ignore_paths.push(path.into());
        self
    }

    /// Sets whether the four git paths at the top are left out.
    #[must_use]
    pub fn ignore_git_paths(mut self, ignore: bool) -> Self {
        self.ignore_git_paths = ignore;
        self
    }

    /// Sets whether links are followed.
    #[must_use]
    pub fn allow_symlinks(mut self, allow: bool) -> Self {
        self.allow_symlinks = allow;
        self
    }

    /// Sets for whom the signature is written.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    pub(crate) fn method(&self) -> Method {
        self.shard_size.map_or(Method::Files, |size| Method::Shards { size })
    }
}

/// How strictly a model is compared with its signature. What weakens the comparison is off by
/// default and reported where it had an effect.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// Files and folders that may be there unsigned, besides those that the signature records. They
    /// never hide a signed file.
    pub ignore_paths: Vec<PathBuf>,
    /// Let `.git`, `.gitattributes`, `.github` and `.gitignore` at the top be there unsigned; on by
    /// default.
    pub ignore_git_paths: bool,
    /// Let any unsigned file, link, special file and unreadable folder be there. What was signed
    /// is still compared in full.
    pub ignore_unsigned_files: bool,
    /// Accept links in a model that was signed without, and compare what they lead to.
    pub allow_symlinks: bool,
    /// The largest signature file that is read, in bytes; 256 MiB by default.
    pub max_bundle_len: u64,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            ignore_paths: Vec::new(),
            ignore_git_paths: true,
            ignore_unsigned_files: false,
            allow_symlinks: false,
            max_bundle_len: DEFAULT_MAX_BUNDLE_LEN,
        }
    }
}

impl VerifyOptions {
    /// The defaults: strict.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a file or folder be there unsigned.
    #[must_use]
    pub fn ignore_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.ignore_paths.push(path.into());
        self
    }

    /// Sets whether the four git paths at the top may be there unsigned.
    #[must_use]
    pub fn ignore_git_paths(mut self, ignore: bool) -> Self {
        self.ignore_git_paths = ignore;
        self
    }

    /// Sets whether unsigned files may be there.
    #[must_use]
    pub fn ignore_unsigned_files(mut self, ignore: bool) -> Self {
        self.ignore_unsigned_files = ignore;
        self
    }

    /// Sets whether links are accepted in a model that was signed without.
    #[must_use]
    pub fn allow_symlinks(mut self, allow: bool) -> Self {
        self.allow_symlinks = allow;
        self
    }

    /// Sets the largest signature file that is read, in bytes.
    #[must_use]
    pub fn max_bundle_len(mut self, bytes: u64) -> Self {
        self.max_bundle_len = bytes;
        self
    }
}
