//! Manifest ↔ in-toto statement. Older predicates are read only.

mod read;
mod write;

use oms_hash::Algorithm;

use crate::json::JsonError;
use crate::manifest::Manifest;
use crate::path::PathError;

pub(crate) use read::{claims_legacy, legacy, parse};
pub use write::Compat;
pub(crate) use write::to_json;

/// `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of what is written here; verifiers accept `…/v1.N`.
pub const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";
/// `predicateType` of OMS v0.2.0, where each file is a subject.
pub const LEGACY_PREDICATE_TYPE: &str = "https://model_signing/Digests/v0.1";

/// What a publisher states about a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub(crate) subject: Option<String>,
    pub(crate) predicate_type: String,
    pub(crate) manifest: Manifest,
    pub(crate) notes: Vec<Note>,
}

impl Statement {
    /// The name that the publisher gave the model; OMS v0.2.0 recorded none. It is a label: the
    /// folder of a model may have any name.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The predicate type, as it stands in the statement.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// The files and their digests.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What a careful reader should know about this statement.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether this is a statement of OMS v0.2.0, which cannot prove that no file was added.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.predicate_type == LEGACY_PREDICATE_TYPE
    }
}

/// Something odd in a signature that is no reason to refuse it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The predicate is of a later minor version.
    LaterVersion {
        /// The predicate type found.
        predicate_type: String,
    },
    /// A field that this version does not know, outside of `serialization`.
    UnknownField {
        /// Its place, as in `predicate.x`.
        field: String,
    },
    /// A recorded ignore path that can match nothing: absolute, or with `..`.
    IdleIgnorePath {
        /// The path as recorded.
        path: String,
    },
    /// The bundle holds the public key itself (before v1.1.0); it is not used.
    EmbeddedPublicKey,
    /// The format of OMS v0.2.0, which cannot prove completeness.
    LegacyFormat,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use crate::path::Escaped;
        match self {
            Self::LaterVersion { predicate_type } => write!(
                f,
                "the signature is of a later format version ({}); fields that are new there were \
                 not looked at",
                Escaped(predicate_type)
            ),
            Self::UnknownField { field } => {
                write!(f, "the signature has an unknown field '{}', ignored", Escaped(field))
            }
            Self::IdleIgnorePath { path } => write!(
                f,
                "the signature records an ignore path that lies outside of the model and has no \
                 effect: {}",
                Escaped(path)
            ),
            Self::EmbeddedPublicKey => f.write_str(
                "the signature was made by an old client and holds a public key, which is not used",
            ),
            Self::LegacyFormat => f.write_str(
                "the signature is of OMS v0.2.0, a format that cannot prove that no file was added",
            ),
        }
    }
}

/// Why a payload is no statement of OMS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Not JSON, or not of the right shape.
    #[error("the payload is malformed: {0}")]
    Json(#[from] JsonError),
    /// Another `_type`.
    #[error("the statement is of type '{actual}', not '{STATEMENT_TYPE}'")]
    Type {
        /// The type found.
        actual: String,
    },
    /// Another `predicateType`.
    #[error("the predicate is of type '{actual}', not '{PREDICATE_TYPE}'")]
    PredicateType {
        /// The type found.
        actual: String,
    },
    /// None, or several.
    #[error("the statement has {actual} subjects, not one")]
    SubjectCount {
        /// Subjects found: `no` or `several`.
        actual: &'static str,
    },
    /// An empty name.
    #[error("the subject of the statement has no name")]
    SubjectName,
    /// The subject's digest is not the one of the resources.
    #[error(
        "the root digest {recorded} of the subject is not the one of the resources, {computed}"
    )]
    RootDigest {
        /// What the statement says.
        recorded: String,
        /// What its resources give.
        computed: String,
    },
    /// No resource at all.
    #[error("the signature covers no file")]
    NoResources,
    /// A name that cannot be a file of a model.
    #[error("the resource name '{name}' is not allowed: {reason}")]
    Name {
        /// The name found, escaped.
        name: String,
        /// The rule that it breaks.
        reason: PathError,
    },
    /// A shard whose name is not `path:start:end`.
    #[error("the shard name '{name}' is not of the form path:start:end")]
    ShardName {
        /// The name found, escaped.
        name: String,
    },
    /// Shards of a file that leave a gap, overlap or have the wrong size.
    #[error("the shards of '{path}' are not contiguous pieces of {size} bytes at offset {offset}")]
    ShardLayout {
        /// The file, escaped.
        path: String,
        /// The recorded shard size in bytes.
        size: u64,
        /// Where the layout breaks, in bytes.
        offset: u64,
    },
    /// Two resources of one name.
    #[error("the resource '{name}' stands twice")]
    Duplicate {
        /// The name, escaped.
        name: String,
    },
    /// A file that would have to be a directory too.
    #[error("the resource '{name}' is both a file and a directory")]
    FileAndDirectory {
        /// The name, escaped.
        name: String,
    },
    /// A digest that is no digest of its algorithm.
    #[error("the digest of '{name}' is malformed: {reason}")]
    Digest {
        /// The resource, escaped.
        name: String,
        /// What is wrong.
        reason: oms_hash::DigestHexError,
    },
    /// A resource whose algorithm is not the model's.
    #[error("the resource '{name}' has algorithm '{actual}' in a model of hash type '{expected}'")]
    Algorithm {
        /// The resource, escaped.
        name: String,
        /// The algorithm found.
        actual: String,
        /// The recorded hash type.
        expected: Algorithm,
    },
    /// Neither `files` nor `shards`.
    #[error("the serialization method '{actual}' is unknown")]
    Method {
        /// The method found.
        actual: String,
    },
    /// None of the three hashes.
    #[error("the hash type '{actual}' is unknown")]
    HashType {
        /// The hash type found.
        actual: String,
    },
    /// `shards` without a size.
    #[error("the serialization method 'shards' has no 'shard_size'")]
    NoShardSize,
    /// A field of `serialization` that would change how the model is read.
    #[error("the serialization has an unknown field '{field}'")]
    SerializationField {
        /// The field, escaped.
        field: String,
    },
    /// A recorded ignore path that would hide the whole model.
    #[error("the recorded ignore path '{path}' would hide the whole model")]
    IgnorePath {
        /// The path found.
        path: String,
    },
    /// More recorded ignore paths than any publisher needs.
    #[error("the signature records {actual} ignore paths, more than 65,536")]
    TooManyIgnorePaths {
        /// How many there are.
        actual: usize,
    },
    /// OMS v0.2.0 without leave.
    #[error("the signature is of OMS v0.2.0, a format that cannot prove that no file was added")]
    Legacy,
    /// A statement of OMS v0.2.0 is the only thing that the old encoding may authenticate, and a
    /// later statement never is authenticated by it.
    #[error("the predicate '{actual}' does not go with the encoding under which it was signed")]
    Encoding {
        /// The predicate type found.
        actual: String,
    },
}
