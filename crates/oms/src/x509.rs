//! X.509 certificates: reading them, and judging the one that signed (RFC 5280).
//!
//! The rules of RFC 5280 section 6 are `certval`'s; signatures are checked by `aws-lc-rs`. What is decided here is the policy: which certificates are anchors,
//! which algorithms are strong enough, what a signing certificate must be allowed to do.

mod info;
mod path;
#[cfg(test)]
mod pkits_tests;
mod rules;
mod signature;

use std::sync::Arc;
use std::time::SystemTime;

use certval::PDVCertificate;
use der::Encode as _;
use oms_hash::{Algorithm, Digest};

use crate::bundle::Certificate;
use crate::key::{KeyError, MAX_PEM_LEN, PublicKey, parse_pem};
use crate::path::Escaped;

pub use info::CertificateInfo;
#[cfg(feature = "sigstore")]
pub(crate) use info::hex;
pub(crate) use path::find_path;
pub(crate) use rules::check_leaf;

/// Certificates that one file, or all files together, may hold.
const MAX_CERTIFICATES: usize = 10_000;

/// A certificate that parsed.
#[derive(Clone)]
pub(crate) struct Cert(Arc<Parsed>);

struct Parsed {
    certificate: PDVCertificate,
    fingerprint: Digest,
}

impl Cert {
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = PDVCertificate::try_from(der)
            .map_err(|error| CertificateError::Malformed { reason: error.kind().to_string() })?;
        let fingerprint = Digest::of(Algorithm::Sha256, der);
        Ok(Self(Arc::new(Parsed { certificate, fingerprint })))
    }

    pub(crate) fn certificate(&self) -> &PDVCertificate {
        &self.0.certificate
    }

    fn tbs(&self) -> &x509_cert::certificate::TbsCertificateInner<x509_cert::certificate::Raw> {
        self.0.certificate.decoded().tbs_certificate()
    }

    pub(crate) fn as_der(&self) -> &[u8] {
        self.0.certificate.as_bytes()
    }

    /// The extensions, as they stand in the certificate.
    #[cfg(feature = "sigstore")]
    pub(crate) fn extensions(&self) -> impl Iterator<Item = (const_oid::ObjectIdentifier, &[u8])> {
        let all = self.tbs().extensions().into_iter().flatten();
        all.map(|extension| (extension.extn_id, extension.extn_value.as_bytes()))
    }

    pub(crate) fn fingerprint(&self) -> &Digest {
        &self.0.fingerprint
    }

    pub(crate) fn subject(&self) -> String {
        info::name(self.tbs().subject())
    }

    pub(crate) fn issuer(&self) -> String {
        info::name(self.tbs().issuer())
    }

    /// The key of a signing certificate: P-256, P-384 or P-521.
    pub(crate) fn public_key(&self) -> Result<PublicKey, KeyError> {
        let spki = self.tbs().subject_public_key_info().to_der();
        PublicKey::from_spki_der(&spki.map_err(|_| KeyError::Malformed)?)
    }

    pub(crate) fn to_bundle(&self) -> Certificate {
        Certificate(self.as_der().to_vec())
    }
}

impl PartialEq for Cert {
    fn eq(&self, other: &Self) -> bool {
        self.as_der() == other.as_der()
    }
}

impl std::fmt::Debug for Cert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cert({})", self.subject())
    }
}

/// Why certificates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// No PEM block of a certificate.
    #[error("there is no certificate in it")]
    None,
    /// A PEM block of another kind.
    #[error("a certificate is wanted, but the file holds '{}'", Escaped(.found))]
    OtherBlock {
        /// The label of the block.
        found: String,
    },
    /// PEM that does not parse.
    #[error("the PEM is malformed")]
    Pem,
    /// DER that is no X.509 version 3 certificate.
    #[error("a certificate in it is malformed: {reason}")]
    Malformed {
        /// What the parser said.
        reason: String,
    },
    /// The file is too large.
    #[error(
        "it is larger than {MAX_PEM_LEN} bytes or holds more than {MAX_CERTIFICATES} certificates"
    )]
    TooLarge,
    /// The key of a signing certificate cannot make OMS signatures.
    #[error("the key of the signing certificate cannot be used: {0}")]
    Key(KeyError),
}

/// Reads all certificates of a PEM file; text between them is passed over.
pub(crate) fn certificates_from_pem(pem: &[u8]) -> Result<Vec<Cert>, CertificateError> {
    if pem.len() as u64 > MAX_PEM_LEN {
        return Err(CertificateError::TooLarge);
    }
    let blocks = parse_pem(pem).ok_or(CertificateError::Pem)?;
    if blocks.len() > MAX_CERTIFICATES {
        return Err(CertificateError::TooLarge);
    }
    let mut certificates = Vec::with_capacity(blocks.len());
    for block in &blocks {
        match block.tag() {
            "CERTIFICATE" | "X509 CERTIFICATE" => {
                certificates.push(Cert::from_der(block.contents())?);
            }
            other => {
                return Err(CertificateError::OtherBlock { found: other.to_owned() });
            }
        }
    }
    if certificates.is_empty() { Err(CertificateError::None) } else { Ok(certificates) }
}

/// A rule that a certificate on the way from the signer to an anchor breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathRule {
    /// RFC 5280 section 4.2.1.9: an issuer is no certificate authority.
    #[error("an issuer on the path is not a certificate authority")]
    NotCa,
    /// RFC 5280 section 4.2.1.9: too many issuers below a path length constraint.
    #[error("a path length constraint is exceeded")]
    PathLength,
    /// RFC 5280 section 4.2.1.3: an issuer may not sign certificates.
    #[error("an issuer on the path may not sign certificates (key usage)")]
    KeyUsage,
    /// RFC 5280 section 4.2.1.12: an issuer whose certificates are for other things.
    #[error("an issuer on the path may not issue for code signing (extended key usage)")]
    ExtendedKeyUsage,
    /// RFC 5280 section 4.2.1.10: a name outside of what an issuer may vouch for.
    #[error("a name constraint is violated")]
    NameConstraints,
    /// RFC 5280 section 6.1.3 (a)(4): issuer and subject names do not chain.
    #[error("the names of issuer and subject do not chain")]
    NameChaining,
    /// RFC 5280 section 4.2: a critical extension that is not understood, or stands twice.
    #[error("a critical extension is not understood")]
    CriticalExtension,
    /// RFC 5280 section 6.1.3 (a)(1): a signature is wrong.
    #[error("the signature of a certificate is wrong")]
    Signature,
    /// RFC 5280 section 6.1.5 (g): certificate policies leave nothing.
    #[error("the certificate policies do not fit")]
    Policy,
    /// Something is encoded wrongly.
    #[error("an extension is malformed")]
    Encoding,
}

/// Why a signing certificate is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A certificate of the bundle does not parse.
    #[error("certificate {index} of the signature is malformed: {reason}")]
    Malformed {
        /// Its place in the chain, the signing certificate being 0.
        index: usize,
        /// What the parser said.
        reason: String,
    },
    /// The key of the signing certificate is of another type.
    #[error("the signing certificate of '{subject}' has a key that cannot be used: {error}")]
    LeafKey {
        /// The subject of the certificate.
        subject: String,
        /// Why.
        error: KeyError,
    },
    /// No path leads to a trust anchor.
    #[error(
        "the signing certificate of '{subject}' is not trusted: no certificate given is the issuer \
         '{issuer}', or leads to it from a root"
    )]
    Untrusted {
        /// The subject of the signing certificate.
        subject: String,
        /// The issuer that was looked for in vain.
        issuer: String,
    },
    /// Nothing in the trust input can be an anchor.
    #[error(
        "none of the certificates given as trust anchors is a self-signed certificate authority"
    )]
    NoAnchors,
    /// After its time.
    #[error("the certificate of '{subject}' expired at {not_after}")]
    Expired {
        /// The subject.
        subject: String,
        /// The end of its validity, UTC.
        not_after: String,
    },
    /// Before its time.
    #[error("the certificate of '{subject}' is not valid before {not_before}")]
    NotYetValid {
        /// The subject.
        subject: String,
        /// The beginning of its validity, UTC.
        not_before: String,
    },
    /// The key usage of the signing certificate excludes signatures (RFC 5280 section 4.2.1.3).
    #[error("the certificate of '{subject}' is not for digital signatures (key usage)")]
    LeafKeyUsage {
        /// The subject.
        subject: String,
    },
    /// The extended key usage of the signing certificate excludes code (RFC 5280 section 4.2.1.12).
    #[error("the certificate of '{subject}' is not for code signing (extended key usage)")]
    LeafExtendedKeyUsage {
        /// The subject.
        subject: String,
    },
    /// The signing certificate says nothing about its use.
    #[error("the certificate of '{subject}' has neither a key usage nor an extended key usage")]
    LeafNoUsage {
        /// The subject.
        subject: String,
    },
    /// SHA-1, or an algorithm that is not known.
    #[error("the certificate of '{subject}' is signed with {algorithm}, which is not accepted")]
    SignatureAlgorithm {
        /// The subject.
        subject: String,
        /// The algorithm.
        algorithm: String,
    },
    /// An issuer's key that is too short, or of another type.
    #[error("the certificate of '{subject}' has a key that is not accepted: {key}")]
    IssuerKey {
        /// The subject.
        subject: String,
        /// What key it is, as in `RSA of 1024 bits`.
        key: String,
    },
    /// Another rule of RFC 5280.
    #[error("the certificate path of '{subject}' is not valid: {rule}")]
    Rule {
        /// The subject of the signing certificate.
        subject: String,
        /// The rule.
        rule: PathRule,
    },
    /// So many candidates that no honest chain needs them.
    #[error("the chain of '{subject}' is too long, or has too many possible paths")]
    TooComplex {
        /// The subject of the signing certificate.
        subject: String,
    },
}

impl ChainError {
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Untrusted { .. } => {
                "Give the signer's root, and intermediates if they are not in the signature, with \
                 --certificate-chain."
            }
            Self::NoAnchors => {
                "Give a root certificate with --certificate-chain; an intermediate alone is no anchor."
            }
            Self::Expired { .. } => {
                "Ask the publisher to sign again with a valid certificate; a trusted timestamp would \
                 have kept this signature good."
            }
            Self::NotYetValid { .. } => "Check the clock of this machine.",
            Self::LeafKeyUsage { .. }
            | Self::LeafExtendedKeyUsage { .. }
            | Self::LeafNoUsage { .. }
            | Self::LeafKey { .. } => {
                "Ask for a certificate for code signing, with a P-256, P-384 or P-521 key."
            }
            Self::SignatureAlgorithm { .. } | Self::IssuerKey { .. } => {
                "Ask for a certificate from an authority with RSA of 2048 to 4096 bits or ECDSA, and \
                 SHA-2."
            }
            Self::Malformed { .. } | Self::Rule { .. } | Self::TooComplex { .. } => {
                "Ask the publisher, or the authority that issued the certificate."
            }
        }
        .to_owned()
    }
}

/// What a verifier trusts: the certificates that the user gave, and nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustInput {
    pub(crate) certificates: Vec<Cert>,
}

/// The time at which a chain is judged.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
