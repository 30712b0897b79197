//! Verifying: one trait, one method, a module for each kind of trust.

mod certificate;
mod key;
#[cfg(feature = "sigstore")]
mod sigstore;

use crate::bundle::Bundle;
use crate::error::Error;
use crate::report::Identity;
use crate::statement::{Statement, StatementError};

pub use certificate::CertificateVerifier;
pub(crate) use certificate::read_certificates;
pub use key::KeyVerifier;
#[cfg(feature = "sigstore")]
pub use sigstore::SigstoreVerifier;

/// Something that a verifier vouches for. Only verifiers of this crate can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    identity: Identity,
}

impl<T> Verified<T> {
    /// What was signed.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Who signed it.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Both.
    #[must_use]
    pub fn into_parts(self) -> (T, Identity) {
        (self.value, self.identity)
    }
}

/// Decides whether a signature is good.
pub trait Verifier {
    /// Checks the signature and the trust in who made it, and only then reads what was signed.
    ///
    /// # Errors
    /// [`Error`] of class [`crate::Class::Rejected`] when the signature is not good.
    fn verify(&self, bundle: &Bundle) -> Result<Verified<Statement>, Error>;
}

/// Why a signature is not the one of the given key or certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The key fits, the signature does not: something was changed.
    #[error("the signature is wrong: the signature or what it signs was changed")]
    Invalid,
    /// The signature was made with another key.
    #[error("the signature was not made with {given}{}", hint_of(.hint))]
    OtherKey {
        /// The keys that were tried, in words.
        given: String,
        /// The fingerprint of the key that the bundle names.
        hint: Option<String>,
    },
    /// The signature is good, and the bundle names another key.
    #[error("the signature is good, but the bundle names another key: hint '{hint}'")]
    Hint {
        /// The hint of the bundle.
        hint: String,
    },
    /// A verifier without keys.
    #[error("no public key was given")]
    NoKeys,
}

fn hint_of(hint: &Option<String>) -> String {
    hint.as_ref().map_or_else(String::new, |hint| format!(", but with the key {hint}"))
}

/// Under which encoding a signature was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// DSSE v1.
    Current,
    /// OMS v0.2.0.
    Legacy,
}

/// The only way to a `Verified<Statement>`: the signature was good under this encoding, and the
/// signer is this one.
fn vouch(
    bundle: &Bundle,
    encoding: Encoding,
    identity: Identity,
) -> Result<Verified<Statement>, Error> {
    let payload = &bundle.envelope.payload;
    let mut value = match encoding {
        Encoding::Current => crate::statement::parse(payload)?,
        Encoding::Legacy => crate::statement::legacy(payload)?,
    };
    value.notes.splice(0..0, bundle.notes());
    Ok(Verified { value, identity })
}

/// A signature that is not good and claims to be of OMS v0.2.0 is refused as such, so that the user
/// learns of the flag: that format is not looked at without it.
fn refusal(bundle: &Bundle, accept_legacy: bool, error: SignatureError) -> Error {
    let payload = &bundle.envelope.payload;
    if !accept_legacy && crate::statement::claims_legacy(payload) {
        StatementError::Legacy.into()
    } else {
        error.into()
    }
}

/// Checks the signature of a key under the current encoding, and the old one if allowed.
fn encoding_of(
    key: &crate::key::PublicKey,
    bundle: &Bundle,
    accept_legacy: bool,
) -> Option<Encoding> {
    let envelope = &bundle.envelope;
    if key.verifies(&envelope.digest(key.curve()), &envelope.signature) {
        return Some(Encoding::Current);
    }
    let is_legacy =
        accept_legacy && key.verifies_sha256(&envelope.legacy_digest(), &envelope.signature);
    is_legacy.then_some(Encoding::Legacy)
}
