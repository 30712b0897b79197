//! What a certificate of Fulcio says about who signed.
//!
//! The extensions are those of Fulcio's `docs/oid-info.md`, beneath 1.3.6.1.4.1.57264.1.

use std::fmt;
use std::str::FromStr;

use der::Decode as _;
use der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::SigstoreError;
use crate::x509::Cert;

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const FULCIO: &str = "1.3.6.1.4.1.57264.1";
const OTHER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");
const OLD_ISSUER: u32 = 1;
const ISSUER: u32 = 8;

/// The last number of an extension's identifier that holds the bare text; all later ones hold a DER
/// `UTF8String`.
const LAST_BARE: u32 = 6;

/// What a certificate claims beside identity and issuer; its number, and the name that is used here.
const NAMES: [(u32, &str); 20] = [
    (2, "github-workflow-trigger"),
    (3, "github-workflow-sha"),
    (4, "github-workflow-name"),
    (5, "github-workflow-repository"),
    (6, "github-workflow-ref"),
    (9, "build-signer-uri"),
    (10, "build-signer-digest"),
    (11, "runner-environment"),
    (12, "source-repository-uri"),
    (13, "source-repository-digest"),
    (14, "source-repository-ref"),
    (15, "source-repository-identifier"),
    (16, "source-repository-owner-uri"),
    (17, "source-repository-owner-identifier"),
    (18, "build-config-uri"),
    (19, "build-config-digest"),
    (20, "build-trigger"),
    (21, "run-invocation-uri"),
    (22, "source-repository-visibility-at-signing"),
    (23, "deployment-environment"),
];

/// A claim of a certificate, by the name that Fulcio gives it, as in `source-repository-uri`.
///
/// ```
/// use oms::Claim;
///
/// let claim: Claim = "sourceRepositoryURI".parse()?;
/// assert_eq!(claim.name(), "source-repository-uri");
/// # Ok::<(), oms::UnknownClaim>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim(u32);

/// A name that is none of the claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown claim '{}'", crate::path::Escaped(.0))]
pub struct UnknownClaim(pub String);

impl Claim {
    /// What triggered the workflow of a GitHub action (superseded by `build-trigger`).
    pub const GITHUB_WORKFLOW_TRIGGER: Self = Self(2);
    /// The commit of a GitHub action (superseded by `source-repository-digest`).
    pub const GITHUB_WORKFLOW_SHA: Self = Self(3);
    /// The name of the workflow of a GitHub action.
    pub const GITHUB_WORKFLOW_NAME: Self = Self(4);
    /// The repository of a GitHub action, as in `owner/name`.
    pub const GITHUB_WORKFLOW_REPOSITORY: Self = Self(5);
    /// The ref of a GitHub action (superseded by `source-repository-ref`).
    pub const GITHUB_WORKFLOW_REF: Self = Self(6);

    /// Every claim, in the order of Fulcio's list.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(number, _)| Self(*number))
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(number, _)| *number == self.0).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Claim {
    type Err = UnknownClaim;

    /// `source-repository-uri`, `source_repository_uri` and `sourceRepositoryURI` are the same.
    fn from_str(text: &str) -> Result<Self, UnknownClaim> {
        let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
        let wanted = plain(text);
        Self::all()
            .find(|claim| plain(claim.name()) == wanted)
            .ok_or_else(|| UnknownClaim(text.to_owned()))
    }
}

/// What a certificate says about who signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) identity: String,
    pub(crate) issuer: String,
    pub(crate) others: Vec<(Claim, String)>,
}

impl Claims {
    pub(crate) fn get(&self, claim: Claim) -> Option<&str> {
        self.others.iter().find(|(other, _)| *other == claim).map(|(_, value)| value.as_str())
    }
}

/// Reads a certificate, which the caller has verified.
pub(crate) fn read_claims(certificate: &Cert) -> Result<Claims, SigstoreError> {
    let (mut old_issuer, mut issuer, mut others) = (None, None, Vec::new());
    for (oid, bytes) in extensions(certificate)? {
        let Some(number) = fulcio_number(&oid) else { continue };
        let text = text(number, bytes).ok_or(SigstoreError::Extension { oid: oid.to_string() });
        match number {
            OLD_ISSUER => old_issuer = Some(text?),
            ISSUER => issuer = Some(text?),
            _ if !Claim(number).name().is_empty() => others.push((Claim(number), text?)),
            _ => {}
        }
    }
    others.sort_unstable();
    let issuer = match (issuer, old_issuer) {
        (Some(issuer), Some(old)) if issuer != old => {
            return Err(SigstoreError::Extension { oid: format!("{FULCIO}.{ISSUER}") });
        }
        (Some(issuer), _) | (None, Some(issuer)) => issuer,
        (None, None) => return Err(SigstoreError::NoIssuer),
    };
    Ok(Claims { identity: identity(certificate)?, issuer, others })
}

/// The extensions, none of which may stand twice.
fn extensions(certificate: &Cert) -> Result<Vec<(ObjectIdentifier, &[u8])>, SigstoreError> {
    let mut all: Vec<(ObjectIdentifier, &[u8])> = Vec::new();
    for (oid, bytes) in certificate.extensions() {
        if all.iter().any(|(other, _)| *other == oid) {
            return Err(SigstoreError::Extension { oid: oid.to_string() });
        }
        all.push((oid, bytes));
    }
    Ok(all)
}

fn fulcio_number(oid: &ObjectIdentifier) -> Option<u32> {
    let text = oid.to_string();
    text.strip_prefix(FULCIO)?.strip_prefix('.')?.parse().ok()
}

fn text(number: u32, bytes: &[u8]) -> Option<String> {
    if number <= LAST_BARE {
        return std::str::from_utf8(bytes).ok().map(str::to_owned);
    }
    Utf8StringRef::from_der(bytes).ok().map(|text| text.as_str().to_owned())
}

/// The only subject alternative name: an e-mail address, a URI, or Fulcio's user name.
fn identity(certificate: &Cert) -> Result<String, SigstoreError> {
    let extensions = extensions(certificate)?;
    let names = extensions.iter().find(|(oid, _)| *oid == SUBJECT_ALT_NAME);
    let Some((oid, bytes)) = names else {
        return Err(SigstoreError::IdentityCount { count: 0 });
    };
    let malformed = || SigstoreError::Extension { oid: oid.to_string() };
    let names = SubjectAltName::from_der(bytes).map_err(|_| malformed())?.0;
    let [name] = names.as_slice() else {
        return Err(SigstoreError::IdentityCount { count: names.len() });
    };
    let identity = match name {
        GeneralName::Rfc822Name(email) => email.to_string(),
        GeneralName::UniformResourceIdentifier(uri) => uri.to_string(),
        GeneralName::OtherName(other) if other.type_id == OTHER_NAME => {
            other.value.decode_as::<Utf8StringRef<'_>>().map_err(|_| malformed())?.to_string()
        }
        _ => return Err(SigstoreError::IdentityCount { count: 0 }),
    };
    if identity.is_empty() { Err(SigstoreError::IdentityCount { count: 0 }) } else { Ok(identity) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_has_one_name_that_parses() {
        for claim in Claim::all() {
            assert_eq!(claim.name().parse(), Ok(claim));
        }
        assert_eq!(Claim::GITHUB_WORKFLOW_REF.name(), "github-workflow-ref");
        assert_eq!("BuildSignerURI".parse::<Claim>().unwrap().name(), "build-signer-uri");
        assert_eq!("issuer".parse::<Claim>(), Err(UnknownClaim("issuer".to_owned())));
    }

    #[test]
    fn only_numbers_directly_beneath_fulcio_are_claims() {
        let number = |text: &str| fulcio_number(&ObjectIdentifier::new_unwrap(text));
        assert_eq!(number("1.3.6.1.4.1.57264.1.12"), Some(12));
        assert_eq!(number("1.3.6.1.4.1.57264.1.12.1"), None);
        assert_eq!(number("1.3.6.1.4.1.57264.2.12"), None);
        assert_eq!(number("1.3.6.1.4.1.57264.11"), None);
    }
}
