//! What a bundle offers to verify its signature with. Nothing in it is trusted.

/// The verification material of a bundle: one kind, never two.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Material {
    /// Method `key`: which key it was.
    PublicKey(PublicKeyIdentifier),
    /// Method `certificate`: the signing certificate and the chain above it.
    CertificateChain(Vec<Certificate>),
    /// Method `sigstore`: the short-lived signing certificate.
    Certificate(Certificate),
}

/// The signing method that a bundle was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaterialKind {
    /// Signed with a key.
    Key,
    /// Signed with a certificate.
    Certificate,
    /// Signed keyless.
    Sigstore,
}

impl MaterialKind {
    /// The name of the method: `key`, `certificate` or `sigstore`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Sigstore => "sigstore",
        }
    }
}

impl std::fmt::Display for MaterialKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Material {
    /// The signing method.
    #[must_use]
    pub const fn kind(&self) -> MaterialKind {
        match self {
            Self::PublicKey(_) => MaterialKind::Key,
            Self::CertificateChain(_) => MaterialKind::Certificate,
            Self::Certificate(_) => MaterialKind::Sigstore,
        }
    }
}

/// Tells which public key was used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PublicKeyIdentifier {
    /// Lowercase hexadecimal SHA-256 of the key in PEM.
    pub hint: Option<String>,
    /// The key in PEM, in bundles made before v1.1.0. It is never used.
    pub raw_bytes: Option<Vec<u8>>,
}

/// A certificate in DER (RFC 5280), as it stands in the bundle: not parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(pub(crate) Vec<u8>);

impl Certificate {
    /// The DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({} bytes)", self.0.len())
    }
}

/// An entry of a transparency log (Sigstore's `TransparencyLogEntry`), as it stands in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogEntry {
    /// The index in the whole log.
    pub log_index: Option<String>,
    /// The identifier of the log's key.
    pub log_id: Option<Vec<u8>>,
    /// Kind and version of the entry, as in `dsse` and `0.0.1`.
    pub kind_version: Option<(String, String)>,
    /// When the log says that it took the entry, in seconds since 1970.
    pub integrated_time: Option<String>,
    /// The log's signature over the entry (`signedEntryTimestamp`).
    pub inclusion_promise: Option<Vec<u8>>,
    /// The proof that the entry is in the log.
    pub inclusion_proof: Option<InclusionProof>,
    /// The entry itself.
    pub canonicalized_body: Option<Vec<u8>>,
}

impl LogEntry {
    /// [`LogEntry::integrated_time`] in UTC (RFC 3339), if it is a time from 1970 to 9999.
    #[must_use]
    pub fn integrated_time_utc(&self) -> Option<String> {
        let seconds = self.integrated_time.as_ref()?.parse().ok()?;
        let time = der::DateTime::from_unix_duration(std::time::Duration::from_secs(seconds));
        Some(time.ok()?.to_string())
    }
}

/// The proof that an entry is in a Merkle tree (RFC 9162 section 2.1.3), as it stands in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct InclusionProof {
    /// The index in this tree.
    pub log_index: Option<String>,
    /// The root of the tree.
    pub root_hash: Vec<u8>,
    /// Entries in the tree.
    pub tree_size: Option<String>,
    /// Hashes on the way to the root.
    pub hashes: Vec<Vec<u8>>,
    /// The signed statement of the log about the tree.
    pub checkpoint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_become_times() {
        let time = |text: &str| {
            let integrated_time = Some(text.to_owned());
            LogEntry { integrated_time, ..LogEntry::default() }.integrated_time_utc()
        };
        assert_eq!(time("1760062340").as_deref(), Some("2025-10-10T02:12:20Z"));
        assert_eq!(time("0").as_deref(), Some("1970-01-01T00:00:00Z"));
        for text in ["", "-1", "1e9", "18446744073709551615", "\u{1b}[2J"] {
            assert_eq!(time(text), None, "{text:?}");
        }
        assert_eq!(LogEntry::default().integrated_time_utc(), None);
    }
}
