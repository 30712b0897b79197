//! What a verification found out.

use std::fmt;

use crate::bundle::MaterialKind;
use crate::key::Curve;
use crate::manifest::{Diff, Manifest};
use crate::path::RelPath;
use crate::statement::Statement;
use crate::warning::Warning;
use crate::x509::CertificateInfo;

/// Who signed, as far as it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// The holder of a key that the verifier was given.
    Key {
        /// The curve of the key.
        curve: Curve,
        /// The fingerprint of the key, see [`crate::PublicKey::hint`].
        hint: String,
    },
    /// The subject of a certificate that a given trust anchor vouches for.
    Certificate {
        /// The path that was used: the signing certificate first, the anchor last.
        path: Vec<CertificateInfo>,
    },
    /// An identity that Sigstore vouches for.
    #[cfg(feature = "sigstore")]
    Sigstore(Box<crate::sigstore::SigstoreIdentity>),
}

impl Identity {
    /// The method of verification.
    #[must_use]
    pub const fn method(&self) -> MaterialKind {
        match self {
            Self::Key { .. } => MaterialKind::Key,
            Self::Certificate { .. } => MaterialKind::Certificate,
            #[cfg(feature = "sigstore")]
            Self::Sigstore(_) => MaterialKind::Sigstore,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { curve, hint } => write!(f, "{curve} key {hint}"),
            Self::Certificate { path } => match path.first() {
                Some(leaf) => write!(f, "{}", leaf.subject),
                None => f.write_str("nobody"),
            },
            #[cfg(feature = "sigstore")]
            Self::Sigstore(signer) => {
                write!(f, "{signer}")
            }
        }
    }
}

/// The outcome of comparing a model with a verified signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Who signed.
    pub identity: Identity,
    /// What they stated.
    pub statement: Statement,
    /// How the model was compared.
    pub comparison: Comparison,
}

/// How a model compares with a statement, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Comparison {
    /// The differences; empty for a model that matches.
    pub diff: Diff,
    /// Present, and left out on purpose: ignored paths, the signature, and in shards empty files.
    pub not_covered: Vec<RelPath>,
    /// Unsigned files that were let pass because the caller said so.
    pub ignored_unsigned: Vec<RelPath>,
    /// Links that were followed and compared by content.
    pub links: u64,
    /// Files that were hashed.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// What the caller should hear.
    pub warnings: Vec<Warning>,
}

impl Report {
    /// The signed manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.statement.manifest()
    }

    /// The differences in one line, without end.
    #[must_use]
    pub fn differences(&self) -> String {
        self.comparison.diff.to_string()
    }
}

impl fmt::Display for Diff {
    /// One line; long lists are cut, [`Diff`] itself has them whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("the model is the signed one");
        }
        f.write_str("the model differs from what was signed")?;
        let mut separator = ": ";
        for (what, paths) in
            [("modified", &self.modified), ("missing", &self.missing), ("unsigned", &self.unsigned)]
        {
            if !paths.is_empty() {
                write!(f, "{separator}{what} {}", List(paths))?;
                separator = "; ";
            }
        }
        for (path, kind) in self.wrong_type.iter().take(LISTED) {
            write!(f, "{separator}{kind} '{path}'")?;
            separator = "; ";
        }
        if self.wrong_type.len() > LISTED {
            write!(f, " and {} more", self.wrong_type.len() - LISTED)?;
        }
        Ok(())
    }
}

/// Paths of one list that a one-line message names.
const LISTED: usize = 5;

struct List<'a>(&'a [RelPath]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, path) in self.0.iter().take(LISTED).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}'{path}'")?;
        }
        if self.0.len() > LISTED {
            write!(f, " and {} more", self.0.len() - LISTED)?;
        }
        Ok(())
    }
}
