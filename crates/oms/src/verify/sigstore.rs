//! Verifying keyless signatures.

use super::{Encoding, Verified, Verifier, vouch};
use crate::bundle::{Bundle, Material, MaterialKind};
use crate::error::Error;
use crate::report::Identity;
use crate::sigstore::{self, IdentityPolicy, SigstoreError, SigstoreIdentity, TrustRoot};
use crate::statement::{Statement, claims_legacy};
use crate::x509::{Cert, CertificateInfo};

/// Accepts keyless signatures (Sigstore) of identities that the policy names.
///
/// The certificate must lead to an authority of the trust root and have been valid when it was used, by
/// every clock that the bundle brings; a log of certificates must have promised to publish it; a
/// transparency log must hold an entry about this very signature. Nothing is fetched.
#[derive(Debug)]
pub struct SigstoreVerifier {
    root: TrustRoot,
    policy: IdentityPolicy,
    accept_legacy: bool,
}

impl SigstoreVerifier {
    /// Trusts what `root` names, to vouch for whom `policy` names.
    #[must_use]
    pub fn new(root: TrustRoot, policy: IdentityPolicy) -> Self {
        Self { root, policy, accept_legacy: false }
    }

    /// Accepts signatures of OMS v0.2.0 too, see [`super::KeyVerifier::accept_legacy`].
    #[must_use]
    pub fn accept_legacy(mut self, accept: bool) -> Self {
        self.accept_legacy = accept;
        self
    }
}

impl Verifier for SigstoreVerifier {
    fn verify(&self, bundle: &Bundle) -> Result<Verified<Statement>, Error> {
        let is_chain = matches!(bundle.material, Material::CertificateChain(_));
        if is_chain && !bundle.log_entries.is_empty() {
            return Err(SigstoreError::CertificateChain.into());
        }
        let Material::Certificate(leaf) = &bundle.material else {
            let found = bundle.material.kind();
            return Err(Error::WrongMethod { asked: MaterialKind::Sigstore, found });
        };
        let evidence = sigstore::verify(&self.root.0, bundle)?;
        let certificate = Cert::from_der(leaf.as_der())
            .map_err(|error| SigstoreError::MalformedCertificate { reason: error.to_string() })?;
        let claims = sigstore::read_claims(&certificate)?;
        self.policy.check(&claims)?;
        let identity = SigstoreIdentity {
            identity: claims.identity,
            issuer: claims.issuer,
            claims: claims.others,
            certificate: CertificateInfo::of(&certificate),
            times: evidence.times,
            log_entries: evidence.log_entries,
        };
        // What is old about a keyless signature of v0.2.0 is its statement: its encoding was Sigstore's.
        let is_legacy = self.accept_legacy && claims_legacy(&bundle.envelope.payload);
        let encoding = if is_legacy { Encoding::Legacy } else { Encoding::Current };
        vouch(bundle, encoding, Identity::Sigstore(Box::new(identity)))
    }
}
