//! Verifying with certificates.

use std::path::Path;
use std::time::SystemTime;

use super::{SignatureError, Verified, Verifier, encoding_of, refusal, vouch};
use crate::bundle::{Bundle, Certificate, Material, MaterialKind};
use crate::error::Error;
use crate::report::Identity;
use crate::statement::Statement;
use crate::x509::{
    Cert, CertificateError, CertificateInfo, ChainError, TrustInput, certificates_from_pem,
    find_path,
};

/// Accepts signatures of certificates that lead to one of the given trust anchors.
///
/// Anchors are the self-signed certificate authorities among the given certificates; others help to
/// build a path. A self-signed signing certificate is trusted if that very certificate is given. The
/// certificates must be valid now.
#[derive(Debug, Clone, Default)]
pub struct CertificateVerifier {
    trust: TrustInput,
    accept_legacy: bool,
}

impl CertificateVerifier {
    /// Trusts the certificates of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`] when there is none, or one does not parse.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let certificates = certificates_from_pem(pem)?;
        Ok(Self { trust: TrustInput { certificates }, accept_legacy: false })
    }

    /// Trusts the certificates of PEM files, all together.
    ///
    /// # Errors
    /// [`Error::Trust`] when a file cannot be read, [`Error::Certificate`] when it holds no usable
    /// certificate.
    pub fn from_files<P: AsRef<Path>>(paths: &[P]) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        for path in paths {
            certificates.extend(read_certificates(path.as_ref())?);
        }
        Ok(Self { trust: TrustInput { certificates }, accept_legacy: false })
    }

    /// Accepts signatures of OMS v0.2.0 too, see [`super::KeyVerifier::accept_legacy`].
    #[must_use]
    pub fn accept_legacy(mut self, accept: bool) -> Self {
        self.accept_legacy = accept;
        self
    }
}

/// Reads a file of PEM certificates.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<Cert>, Error> {
    let pem = crate::input::read_secret(path, "certificate file")?;
    certificates_from_pem(&pem).map_err(|error| Error::Certificate { path: path.to_owned(), error })
}

impl Verifier for CertificateVerifier {
    fn verify(&self, bundle: &Bundle) -> Result<Verified<Statement>, Error> {
        let Material::CertificateChain(chain) = &bundle.material else {
            let found = bundle.material.kind();
            return Err(Error::WrongMethod { asked: MaterialKind::Certificate, found });
        };
        let chain = parse_chain(chain)?;
        let [leaf, others @ ..] = chain.as_slice() else {
            return Err(SignatureError::NoKeys.into());
        };
        let key = leaf
            .public_key()
            .map_err(|error| ChainError::LeafKey { subject: leaf.subject(), error })?;
        let encoding = encoding_of(&key, bundle, self.accept_legacy)
            .ok_or_else(|| refusal(bundle, self.accept_legacy, SignatureError::Invalid))?;
        let path = find_path(leaf, others, &self.trust, SystemTime::now())?;
        let path = path.iter().map(CertificateInfo::of).collect();
        vouch(bundle, encoding, Identity::Certificate { path })
    }
}

fn parse_chain(chain: &[Certificate]) -> Result<Vec<Cert>, ChainError> {
    let parse = |(index, certificate): (usize, &Certificate)| {
        Cert::from_der(&certificate.0).map_err(|error| {
            let CertificateError::Malformed { reason } = error else {
                return ChainError::Malformed { index, reason: error.to_string() };
            };
            ChainError::Malformed { index, reason }
        })
    };
    chain.iter().enumerate().map(parse).collect()
}
