//! Envelope and verification material ↔ the JSON of a Sigstore bundle.

mod json;
mod material;

use std::path::Path;

use crate::dsse::Envelope;
use crate::error::Error;
use crate::json::JsonError;
use crate::statement::{Note, Statement, StatementError};

pub use material::{
    Certificate, InclusionProof, LogEntry, Material, MaterialKind, PublicKeyIdentifier,
};

/// The largest bundle that is read where nothing else is said: 256 MiB.
pub const DEFAULT_MAX_BUNDLE_LEN: u64 = 256 * 1024 * 1024;

/// The media type of bundles that are written here.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A signature file: parsed strictly, not verified.
///
/// ```
/// let error = oms::Bundle::from_slice(b"{}").unwrap_err();
/// assert!(error.to_string().contains("mediaType"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pub(crate) media_type: String,
    pub(crate) material: Material,
    pub(crate) log_entries: Vec<LogEntry>,
    pub(crate) timestamps: Vec<Vec<u8>>,
    pub(crate) envelope: Envelope,
}

/// Why bytes are not a bundle of OMS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Not JSON, or not of the right shape.
    #[error("the signature is malformed: {0}")]
    Json(#[from] JsonError),
    /// Larger than the limit.
    #[error("the signature is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A payload that is larger than the limit for keyless signatures.
    #[error("the payload is larger than the limit of {limit} bytes for keyless signatures")]
    PayloadTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Another media type.
    #[error("the media type '{actual}' is not that of a Sigstore bundle this version knows")]
    MediaType {
        /// The media type found.
        actual: String,
    },
    /// Another payload type.
    #[error("the payload type is '{actual}', not '{}'", crate::dsse::PAYLOAD_TYPE)]
    PayloadType {
        /// The payload type found.
        actual: String,
    },
    /// Not exactly one way to verify.
    #[error("the signature has {actual} kinds of verification material, not one")]
    MaterialCount {
        /// Kinds found.
        actual: usize,
    },
    /// Neither a hint nor an embedded key.
    #[error("the public key of the signature has neither 'hint' nor 'rawBytes'")]
    NoKeyIdentifier,
    /// Not standard base64.
    #[error("the field '{field}' is not base64")]
    Base64 {
        /// Where in the bundle.
        field: &'static str,
    },
    /// Empty where something must be.
    #[error("the field '{field}' is empty")]
    Empty {
        /// Where in the bundle.
        field: &'static str,
    },
    /// Not exactly one signature.
    #[error("the signature file has {actual} signatures, not one")]
    SignatureCount {
        /// Signatures found.
        actual: usize,
    },
    /// More elements than any bundle needs.
    #[error("the field '{field}' has {actual} elements, more than {limit}")]
    TooMany {
        /// Where in the bundle.
        field: &'static str,
        /// Elements found.
        actual: usize,
        /// Elements allowed.
        limit: usize,
    },
    /// A keyless signature without a log entry.
    #[error("a keyless signature must have an entry of a transparency log, and this one has none")]
    NoLogEntry,
}

impl Bundle {
    /// Parses the bytes of a signature file of at most [`DEFAULT_MAX_BUNDLE_LEN`] bytes.
    ///
    /// # Errors
    /// [`BundleError`], the first rule that the bytes break.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() as u64 > DEFAULT_MAX_BUNDLE_LEN {
            return Err(BundleError::TooLarge { limit: DEFAULT_MAX_BUNDLE_LEN });
        }
        json::parse(bytes)
    }

    /// Reads and parses a signature file of at most [`DEFAULT_MAX_BUNDLE_LEN`] bytes.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it is no bundle; [`Error::WrongKind`] when the path leads to something
    /// that is no file; [`Error::Io`] when it cannot be read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::read_at_most(path, DEFAULT_MAX_BUNDLE_LEN)
    }

    /// The same with another limit in bytes. Parsing takes at most about three times the size of the
    /// file in memory.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    pub fn read_at_most(path: &Path, limit: u64) -> Result<Self, Error> {
        let bundle = match crate::input::read_regular_file(path, "signature", limit)? {
            Some(bytes) => json::parse(&bytes),
            None => Err(BundleError::TooLarge { limit }),
        };
        bundle.map_err(|error| Error::Bundle { path: path.to_owned(), error })
    }

    /// The JSON that is written to a signature file.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        json::to_vec(self)
    }

    /// The media type, as it stands in the bundle.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// What the bundle offers to verify its signature with.
    #[must_use]
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// Entries of transparency logs; not verified.
    #[must_use]
    pub fn log_entries(&self) -> &[LogEntry] {
        &self.log_entries
    }

    /// RFC 3161 timestamp responses in DER; not verified.
    #[must_use]
    pub fn timestamps(&self) -> &[Vec<u8>] {
        &self.timestamps
    }

    /// The signed envelope.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What the bundle says, with nobody vouching for it: for display, and to see whether a model has
    /// changed. Both forms of the format are read.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn unverified_statement(&self) -> Result<Statement, StatementError> {
        match crate::statement::parse(&self.envelope.payload) {
            Err(StatementError::Legacy) => crate::statement::legacy(&self.envelope.payload),
            result => result,
        }
    }

    /// What a careful reader should know about the bundle itself.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        match &self.material {
            Material::PublicKey(id) if id.raw_bytes.is_some() => vec![Note::EmbeddedPublicKey],
            _ => Vec::new(),
        }
    }
}
