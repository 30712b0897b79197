//! Signing with a private key and its certificate.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Payload, Signer, check_signature, failed, sign_with};
use crate::bundle::{Bundle, Material};
use crate::error::Error;
use crate::key::PrivateKey;
use crate::x509::{Cert, CertificateError, certificates_from_pem, check_leaf};

/// Signs with a private key and puts its certificate, and a chain, into the signature.
#[derive(Debug)]
pub struct CertificateSigner {
    key: PrivateKey,
    leaf: Cert,
    chain: Vec<Cert>,
}

impl CertificateSigner {
    /// Signs with this key and the first certificate of `certificates` (PEM); the others, in their
    /// order, are the chain that helps verifiers to find their trust anchor.
    ///
    /// # Errors
    /// [`Error::Certificate`] when there is no usable certificate,
    /// [`Error::KeyOfOtherCertificate`] when the key is not the one of the first certificate.
    pub fn from_pem(key: PrivateKey, certificates: &[u8]) -> Result<Self, Error> {
        let path = PathBuf::from("certificates");
        let certificates = certificates_from_pem(certificates)
            .map_err(|error| Error::Certificate { path: path.clone(), error })?;
        Self::new(key, certificates, path)
    }

    /// The same with certificates from files. Without `certificate`, the signing certificate is the
    /// first of `chain`.
    ///
    /// # Errors
    /// Also [`Error::Trust`] when a file cannot be read.
    pub fn from_files<P: AsRef<Path>>(
        key: PrivateKey,
        certificate: Option<&Path>,
        chain: &[P],
    ) -> Result<Self, Error> {
        let files = || certificate.into_iter().chain(chain.iter().map(AsRef::as_ref));
        let mut certificates = Vec::new();
        for path in files() {
            certificates.extend(crate::verify::read_certificates(path)?);
        }
        let path = files().next().map(Path::to_owned).unwrap_or_default();
        Self::new(key, certificates, path)
    }

    fn new(key: PrivateKey, certificates: Vec<Cert>, path: PathBuf) -> Result<Self, Error> {
        let mut certificates = certificates.into_iter();
        let leaf = certificates.next().ok_or_else(|| Error::Certificate {
            path: path.clone(),
            error: CertificateError::None,
        })?;
        let public = leaf.public_key().map_err(|error| Error::Certificate {
            path: path.clone(),
            error: CertificateError::Key(error),
        })?;
        if public != *key.public() {
            return Err(Error::KeyOfOtherCertificate { subject: leaf.subject() });
        }
        let mut chain: Vec<Cert> = Vec::new();
        for certificate in certificates {
            if certificate != leaf && !chain.contains(&certificate) {
                chain.push(certificate);
            }
        }
        Ok(Self { key, leaf, chain })
    }
}

impl Signer for CertificateSigner {
    fn sign(&self, payload: &Payload) -> Result<Bundle, Error> {
        check_leaf(&self.leaf, SystemTime::now()).map_err(|error| failed(error.into()))?;
        let certificates = std::iter::once(&self.leaf).chain(&self.chain);
        let material = Material::CertificateChain(certificates.map(Cert::to_bundle).collect());
        let bundle = sign_with(&self.key, payload, material)?;
        // Which anchor a verifier will use is not known here; the signature and its payload are.
        check_signature(&bundle, self.key.public())?;
        Ok(bundle)
    }
}
