//! Signing: one trait, one method, a module for each kind of key.

mod certificate;
mod key;

use crate::bundle::{Bundle, MEDIA_TYPE, Material};
use crate::dsse::{Envelope, pae_digest};
use crate::error::Error;
use crate::key::{PrivateKey, PublicKey};
use crate::verify::SignatureError;

pub use certificate::CertificateSigner;
pub use key::KeySigner;

/// The bytes of a statement, ready to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload(pub(crate) Vec<u8>);

impl Payload {
    /// The JSON of the statement.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes signatures.
pub trait Signer {
    /// Signs a statement. The signers of this crate check what they made before they hand it out.
    ///
    /// # Errors
    /// [`Error`], when there is no good signature.
    fn sign(&self, payload: &Payload) -> Result<Bundle, Error>;
}

/// Signs with a key in memory.
fn sign_with(key: &PrivateKey, payload: &Payload, material: Material) -> Result<Bundle, Error> {
    let digest = pae_digest(key.public().curve().digest(), &payload.0);
    let signature = key.sign(&digest).ok_or_else(|| failed(SignatureError::Invalid.into()))?;
    Ok(Bundle {
        media_type: MEDIA_TYPE.to_owned(),
        material,
        log_entries: Vec::new(),
        timestamps: Vec::new(),
        envelope: Envelope { payload: payload.0.clone(), signature },
    })
}

/// What is handed out verifies under its own key, and what it signs can be read.
fn check_signature(bundle: &Bundle, key: &PublicKey) -> Result<(), Error> {
    let envelope = &bundle.envelope;
    if !key.verifies(&envelope.digest(key.curve()), &envelope.signature) {
        return Err(failed(SignatureError::Invalid.into()));
    }
    crate::statement::parse(&envelope.payload).map_err(|error| failed(error.into()))?;
    Ok(())
}

fn failed(error: Error) -> Error {
    Error::SelfCheck(Box::new(error))
}
