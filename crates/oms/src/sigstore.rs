//! Keyless signatures: whom Sigstore names, what it is trusted for, and why it is not.

mod adapter;
mod claims;
mod policy;

use std::path::Path;

use crate::error::Error;
use crate::path::Escaped;

pub(crate) use adapter::verify;
pub use claims::{Claim, UnknownClaim};
pub(crate) use claims::{Claims, read_claims};
pub use policy::{IdentityPolicy, Pattern, PatternError};

/// The keys and certificates that keyless signatures are verified with: certificate authorities
/// (Fulcio), transparency logs (Rekor), certificate logs and timestamp authorities.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oms::{IdentityPolicy, SigstoreVerifier, TrustRoot};
///
/// let who = IdentityPolicy::new("release@example.com", "https://accounts.google.com");
/// let verifier = SigstoreVerifier::new(TrustRoot::production()?, who);
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
pub struct TrustRoot(pub(crate) adapter::Root);

impl TrustRoot {
    /// The public Sigstore instance, as it was when this version was made.
    ///
    /// # Errors
    /// [`TrustRootError`], which would be a mistake of this version.
    pub fn production() -> Result<Self, TrustRootError> {
        adapter::Root::production().map(Self)
    }

    /// The public Sigstore instance for trying things out. Its signatures prove nothing.
    ///
    /// # Errors
    /// As [`TrustRoot::production`].
    pub fn staging() -> Result<Self, TrustRootError> {
        adapter::Root::staging().map(Self)
    }

    /// Reads a trusted root (`application/vnd.dev.sigstore.trustedroot…`).
    ///
    /// # Errors
    /// [`TrustRootError`], with the place of the entry that cannot be used.
    pub fn from_json(json: &[u8]) -> Result<Self, TrustRootError> {
        adapter::Root::from_trusted_root(json).map(Self)
    }

    /// Reads the trusted root of a client trust config
    /// (`application/vnd.dev.sigstore.clienttrustconfig…`).
    ///
    /// # Errors
    /// [`TrustRootError`].
    pub fn from_trust_config(json: &[u8]) -> Result<Self, TrustRootError> {
        adapter::Root::from_trust_config(json).map(Self)
    }

    /// Reads the file of a trusted root.
    ///
    /// # Errors
    /// [`Error::Trust`] when it cannot be read, [`Error::TrustRoot`] when it cannot be used.
    pub fn read(path: &Path) -> Result<Self, Error> {
        read(path, "trusted root", Self::from_json)
    }

    /// Reads the file of a client trust config.
    ///
    /// # Errors
    /// As [`TrustRoot::read`].
    pub fn read_trust_config(path: &Path) -> Result<Self, Error> {
        read(path, "trust config", Self::from_trust_config)
    }
}

fn read(
    path: &Path,
    role: &'static str,
    parse: impl Fn(&[u8]) -> Result<TrustRoot, TrustRootError>,
) -> Result<TrustRoot, Error> {
    let json = crate::input::read_secret(path, role)?;
    parse(&json).map_err(|error| Error::TrustRoot { path: path.to_owned(), error })
}

impl std::fmt::Debug for TrustRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrustRoot")
    }
}

/// Why a trusted root cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustRootError {
    /// Not JSON, or not of the right shape.
    #[error("it is malformed: {0}")]
    Json(crate::json::JsonError),
    /// Another kind of document.
    #[error("its media type is '{}', not that of a {wanted}", Escaped(.actual))]
    MediaType {
        /// The media type found; empty if there is none.
        actual: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// A part without which nothing verifies.
    #[error("it has no '{field}'")]
    Missing {
        /// The part.
        field: &'static str,
    },
    /// More entries than any instance has.
    #[error("its '{field}' has more than {limit} entries")]
    TooMany {
        /// The list.
        field: &'static str,
        /// Entries that are allowed.
        limit: usize,
    },
    /// One of its entries.
    #[error("'{place}' in it cannot be used: {}", Escaped(.reason))]
    Entry {
        /// Where, as in `tlogs[1]`.
        place: String,
        /// What the library said.
        reason: String,
    },
    /// Its entries do not go together.
    #[error("it cannot be used: {}", Escaped(.reason))]
    Whole {
        /// What the library said.
        reason: String,
    },
}

/// Why a keyless signature is not good.
///
/// Where a `reason` is given it is the verifying library's own, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigstoreError {
    /// Someone else signed.
    #[error("the model was signed by '{}', not by {wanted}", Escaped(.found))]
    Identity {
        /// Who signed.
        found: String,
        /// Who was expected, in words.
        wanted: String,
    },
    /// Someone else vouches for the identity.
    #[error("the identity '{}' is vouched for by '{}', not by {wanted}", Escaped(.identity), Escaped(.found))]
    Issuer {
        /// Who signed.
        identity: String,
        /// Who vouches.
        found: String,
        /// Who was expected to, in words.
        wanted: String,
    },
    /// The certificate claims something else.
    #[error("the claim '{claim}' of the certificate is {}, not '{}'", claimed(.found), Escaped(.wanted))]
    Claim {
        /// Which claim.
        claim: Claim,
        /// What it says, if it is there.
        found: Option<String>,
        /// What it should say.
        wanted: String,
    },
    /// Not exactly one identity.
    #[error("the certificate names {count} identities, not one")]
    IdentityCount {
        /// How many.
        count: usize,
    },
    /// Nobody vouches for the identity.
    #[error("the certificate does not say who vouches for the identity")]
    NoIssuer,
    /// An extension that cannot be read or stands twice.
    #[error("the extension {oid} of the certificate is malformed or stands twice")]
    Extension {
        /// Which extension.
        oid: String,
    },
    /// The certificate cannot be read.
    #[error("the certificate is malformed: {}", Escaped(.reason))]
    MalformedCertificate {
        /// What the library said.
        reason: String,
    },
    /// The certificate does not lead to an authority of the trusted root.
    #[error("the certificate was not issued by an authority that is trusted: {}", Escaped(.reason))]
    Chain {
        /// What the library said.
        reason: String,
    },
    /// The certificate was not valid when it was used.
    #[error("the certificate was not valid when it was used: {}", Escaped(.reason))]
    CertificateTime {
        /// What the library said.
        reason: String,
    },
    /// No trusted certificate log knows the certificate.
    #[error("no trusted log has promised to publish the certificate: {}", Escaped(.reason))]
    CertificateLog {
        /// What the library said.
        reason: String,
    },
    /// An entry of a log that the trusted root does not name.
    #[error("the log '{}' is not trusted", Escaped(.log))]
    UnknownLog {
        /// The identifier of the log.
        log: String,
    },
    /// An entry of a kind that this version does not know.
    #[error("the log entry is of the unknown kind '{}'", Escaped(.kind))]
    UnknownKind {
        /// Kind and version.
        kind: String,
    },
    /// An entry that is too large.
    #[error("the log entry is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A bundle of an old format, with a chain of certificates.
    #[error(
        "keyless signatures with a chain of certificates (bundle formats 0.1 and 0.2) are not supported"
    )]
    CertificateChain,
    /// An entry that stands twice.
    #[error("an entry of the log stands twice")]
    DuplicateEntry,
    /// An entry without the log's promise, which old logs always give.
    #[error("the log entry has no promise of the log (signed entry timestamp)")]
    NoPromise,
    /// An entry without a proof that it is in the log.
    #[error("the log entry has no proof that it is in the log")]
    NoProof,
    /// A wrong proof.
    #[error("the proof that the entry is in the log is wrong: {}", Escaped(.reason))]
    Proof {
        /// What the library said.
        reason: String,
    },
    /// A checkpoint that does not speak of the tree of the proof.
    #[error("the checkpoint of the log is of another tree than the proof")]
    OtherTree,
    /// An entry and a proof that name two places of the log.
    #[error("the log entry and its proof name two places of the log")]
    OtherPlace,
    /// A wrong checkpoint.
    #[error("the checkpoint of the log is wrong: {}", Escaped(.reason))]
    Checkpoint {
        /// What the library said.
        reason: String,
    },
    /// A wrong promise.
    #[error("the promise of the log (signed entry timestamp) is wrong: {}", Escaped(.reason))]
    Promise {
        /// What the library said.
        reason: String,
    },
    /// An entry about another signature.
    #[error("the log entry is about another signature: {}", Escaped(.reason))]
    OtherEntry {
        /// What the library said.
        reason: String,
    },
    /// An entry that cannot be read.
    #[error("the log entry is malformed: {}", Escaped(.reason))]
    MalformedEntry {
        /// What the library said.
        reason: String,
    },
    /// A time of the log that cannot be.
    #[error("the time of the log entry cannot be: {}", Escaped(.reason))]
    LogTime {
        /// What the library said.
        reason: String,
    },
    /// A wrong timestamp.
    #[error("the timestamp is wrong: {}", Escaped(.reason))]
    Timestamp {
        /// What the library said.
        reason: String,
    },
    /// Nobody says when it was signed.
    #[error("nothing that is trusted says when the model was signed")]
    NoTime,
    /// Anything else that is not as Sigstore's format says.
    #[error("the keyless signature is malformed: {}", Escaped(.reason))]
    Malformed {
        /// What the library said.
        reason: String,
    },
}

impl SigstoreError {
    /// What the user can do, in one line.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Identity { .. } | Self::Issuer { .. } | Self::Claim { .. } => {
                "Do not use this model, unless its publisher tells you that this is who signs: then ask \
                 for it."
            }
            Self::Chain { .. }
            | Self::CertificateLog { .. }
            | Self::UnknownLog { .. }
            | Self::Timestamp { .. }
            | Self::Checkpoint { .. } => {
                "Do not use this model. If it is of another Sigstore instance that you trust, give its \
                 root (--trusted-root, --trust-config, --use-staging); if of a newer key, take a newer \
                 oms or root."
            }
            Self::LogTime { .. } => {
                "Check the clock of this machine; if it is right, do not use this model."
            }
            Self::CertificateChain => "Ask the publisher to sign with a current client.",
            Self::NoTime => {
                "Ask the publisher for a new signature, with a timestamp that is trusted here."
            }
            _ => "Do not use this model: the signature was changed or damaged. Get it again.",
        }
        .to_owned()
    }
}

fn claimed(found: &Option<String>) -> String {
    match found {
        Some(value) => format!("'{}'", Escaped(value)),
        None => "missing".to_owned(),
    }
}

/// Who signed keyless, as far as it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SigstoreIdentity {
    /// The e-mail address, URI or user name of the certificate.
    pub identity: String,
    /// The service that vouches for the identity.
    pub issuer: String,
    /// What else the issuer claimed, as in the repository and the workflow of a CI job.
    pub claims: Vec<(Claim, String)>,
    /// The certificate.
    pub certificate: crate::x509::CertificateInfo,
    /// When it was signed, by each clock that was verified; at least one.
    pub times: Vec<SigningTime>,
    /// Where it is published.
    pub log_entries: Vec<PublishedEntry>,
}

impl std::fmt::Display for SigstoreIdentity {
    /// The identity and, in parentheses, the issuer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", Escaped(&self.identity), Escaped(&self.issuer))
    }
}

/// When something was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SigningTime {
    /// Whose clock.
    pub clock: Clock,
    /// The time, UTC (RFC 3339).
    pub time: String,
}

/// Whose clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Clock {
    /// The transparency log's (`integratedTime`).
    Log,
    /// A timestamp authority's (RFC 3161).
    TimestampAuthority,
}

impl Clock {
    /// `log` or `timestamp-authority`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::TimestampAuthority => "timestamp-authority",
        }
    }
}

/// An entry of a transparency log that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedEntry {
    /// The number of the entry in the log.
    pub index: u64,
    /// The identifier of the log: SHA-256 of its key, lowercase hexadecimal.
    pub log: String,
    /// Kind and version of the entry, as in `dsse 0.0.1`.
    pub kind: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::SigstoreError as E;
    use super::*;

    fn text(words: &str) -> String {
        words.to_owned()
    }

    /// Every message, as people read it: what comes from elsewhere cannot deceive a terminal.
    #[test]
    fn messages() {
        let reason = || text("r\u{1b}[2J\n");
        let claim = "build-trigger".parse::<Claim>().unwrap();
        let messages = [
            (
                E::Identity { found: text("a\n"), wanted: text("'b' or anyone like '.*'") },
                r"the model was signed by 'a\n', not by 'b' or anyone like '.*'",
            ),
            (
                E::Issuer { identity: text("a"), found: text("\u{202e}i"), wanted: text("'j'") },
                r"the identity 'a' is vouched for by '\u{202e}i', not by 'j'",
            ),
            (
                E::Claim { claim, found: Some(text("x\r")), wanted: text("push") },
                r"the claim 'build-trigger' of the certificate is 'x\r', not 'push'",
            ),
            (
                E::Claim { claim, found: None, wanted: text("push") },
                "the claim 'build-trigger' of the certificate is missing, not 'push'",
            ),
            (E::IdentityCount { count: 2 }, "the certificate names 2 identities, not one"),
            (E::NoIssuer, "the certificate does not say who vouches for the identity"),
            (
                E::Extension { oid: text("1.2.3") },
                "the extension 1.2.3 of the certificate is malformed or stands twice",
            ),
            (
                E::MalformedCertificate { reason: reason() },
                r"the certificate is malformed: r\u{1b}[2J\n",
            ),
            (
                E::Chain { reason: reason() },
                r"the certificate was not issued by an authority that is trusted: r\u{1b}[2J\n",
            ),
            (
                E::CertificateTime { reason: reason() },
                r"the certificate was not valid when it was used: r\u{1b}[2J\n",
            ),
            (
                E::CertificateLog { reason: reason() },
                r"no trusted log has promised to publish the certificate: r\u{1b}[2J\n",
            ),
            (E::UnknownLog { log: text("ab") }, "the log 'ab' is not trusted"),
            (
                E::UnknownKind { kind: text("\u{1b} 1") },
                r"the log entry is of the unknown kind '\u{1b} 1'",
            ),
            (E::BodyTooLarge { limit: 10 }, "the log entry is larger than 10 bytes"),
            (
                E::CertificateChain,
                "keyless signatures with a chain of certificates (bundle formats 0.1 and 0.2) are not \
                 supported",
            ),
            (E::DuplicateEntry, "an entry of the log stands twice"),
            (E::NoPromise, "the log entry has no promise of the log (signed entry timestamp)"),
            (E::NoProof, "the log entry has no proof that it is in the log"),
            (
                E::Proof { reason: reason() },
                r"the proof that the entry is in the log is wrong: r\u{1b}[2J\n",
            ),
            (E::OtherTree, "the checkpoint of the log is of another tree than the proof"),
            (E::OtherPlace, "the log entry and its proof name two places of the log"),
            (
                E::Checkpoint { reason: reason() },
                r"the checkpoint of the log is wrong: r\u{1b}[2J\n",
            ),
            (
                E::Promise { reason: reason() },
                r"the promise of the log (signed entry timestamp) is wrong: r\u{1b}[2J\n",
            ),
            (
                E::OtherEntry { reason: reason() },
                r"the log entry is about another signature: r\u{1b}[2J\n",
            ),
            (E::MalformedEntry { reason: reason() }, r"the log entry is malformed: r\u{1b}[2J\n"),
            (E::LogTime { reason: reason() }, r"the time of the log entry cannot be: r\u{1b}[2J\n"),
            (E::Timestamp { reason: reason() }, r"the timestamp is wrong: r\u{1b}[2J\n"),
            (E::NoTime, "nothing that is trusted says when the model was signed"),
            (
                E::Malformed { reason: reason() },
                r"the keyless signature is malformed: r\u{1b}[2J\n",
            ),
        ];
        for (error, message) in messages {
            assert_eq!(error.to_string(), message);
            let remedy = error.remedy();
            assert!(remedy.ends_with('.') && !remedy.contains('\n'), "{remedy}");
            assert_eq!(Error::from(error).class(), crate::Class::Rejected);
        }
    }

    #[test]
    fn messages_of_trust_roots() {
        let messages = [
            (
                TrustRootError::MediaType { actual: text("x\n"), wanted: "trusted root" },
                r"its media type is 'x\n', not that of a trusted root",
            ),
            (TrustRootError::Missing { field: "tlogs" }, "it has no 'tlogs'"),
            (
                TrustRootError::TooMany { field: "tlogs", limit: 5 },
                "its 'tlogs' has more than 5 entries",
            ),
            (
                TrustRootError::Entry { place: text("tlogs[1]"), reason: text("r\n") },
                r"'tlogs[1]' in it cannot be used: r\n",
            ),
            (TrustRootError::Whole { reason: text("r\n") }, r"it cannot be used: r\n"),
        ];
        for (error, message) in messages {
            assert_eq!(error.to_string(), message);
            let error = Error::TrustRoot { path: "root.json".into(), error };
            assert_eq!(error.to_string(), format!("'root.json': {message}"));
            assert_eq!(error.class(), crate::Class::Usage);
        }
    }
}
