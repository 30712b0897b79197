//! Signing with a private key.

use std::path::Path;

use super::{Payload, Signer, check_signature, sign_with};
use crate::bundle::{Bundle, Material, PublicKeyIdentifier};
use crate::error::Error;
use crate::key::PrivateKey;

/// Signs with a private key.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let signer = oms::KeySigner::new(oms::PrivateKey::generate(oms::Curve::P384)?);
/// # let _ = signer;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct KeySigner {
    key: PrivateKey,
}

impl KeySigner {
    /// Signs with this key.
    #[must_use]
    pub fn new(key: PrivateKey) -> Self {
        Self { key }
    }

    /// Signs with the key of a PEM file, see [`PrivateKey::from_pem`].
    ///
    /// # Errors
    /// [`Error::Trust`] when the file cannot be read, [`Error::Key`] when it holds no usable key.
    pub fn from_file(path: &Path, password: Option<&[u8]>) -> Result<Self, Error> {
        Ok(Self::new(PrivateKey::read(path, password)?))
    }

    /// The public half, which verifiers need.
    #[must_use]
    pub fn public_key(&self) -> &crate::key::PublicKey {
        self.key.public()
    }
}

impl Signer for KeySigner {
    fn sign(&self, payload: &Payload) -> Result<Bundle, Error> {
        let hint = Some(self.key.public().hint());
        let material = Material::PublicKey(PublicKeyIdentifier { hint, raw_bytes: None });
        let bundle = sign_with(&self.key, payload, material)?;
        check_signature(&bundle, self.key.public())?;
        Ok(bundle)
    }
}
