//! Verifying with public keys.

use std::path::Path;

use super::{SignatureError, Verified, Verifier, encoding_of, refusal, vouch};
use crate::bundle::{Bundle, Material, MaterialKind, PublicKeyIdentifier};
use crate::error::Error;
use crate::key::PublicKey;
use crate::report::Identity;
use crate::statement::Statement;

/// Accepts signatures of any of the given keys.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oms::{Curve, KeyVerifier, PrivateKey, PublicKey};
///
/// let pem = PrivateKey::generate(Curve::P256)?.public().to_pem();
/// let verifier = KeyVerifier::new(PublicKey::from_pem(pem.as_bytes())?);
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct KeyVerifier {
    keys: Vec<PublicKey>,
    accept_legacy: bool,
}

impl KeyVerifier {
    /// Trusts one key.
    #[must_use]
    pub fn new(key: PublicKey) -> Self {
        Self { keys: vec![key], accept_legacy: false }
    }

    /// Trusts the keys of PEM files: any one of them may fit.
    ///
    /// # Errors
    /// [`Error::Trust`] when a file cannot be read, [`Error::Key`] when it holds no usable key.
    pub fn from_files<P: AsRef<Path>>(paths: &[P]) -> Result<Self, Error> {
        let read = |path: &P| {
            let path = path.as_ref();
            let pem = crate::input::read_secret(path, "public key")?;
            PublicKey::from_pem(&pem).map_err(|error| Error::Key { path: path.to_owned(), error })
        };
        let keys = paths.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { keys, accept_legacy: false })
    }

    /// Trusts one more key.
    #[must_use]
    pub fn or(mut self, key: PublicKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Accepts signatures of OMS v0.2.0 too. That format cannot prove that no file was added to the
    /// model; the signature itself and the files that it names are checked as always.
    #[must_use]
    pub fn accept_legacy(mut self, accept: bool) -> Self {
        self.accept_legacy = accept;
        self
    }
}

impl Verifier for KeyVerifier {
    fn verify(&self, bundle: &Bundle) -> Result<Verified<Statement>, Error> {
        let Material::PublicKey(id) = &bundle.material else {
            let found = bundle.material.kind();
            return Err(Error::WrongMethod { asked: MaterialKind::Key, found });
        };
        for key in &self.keys {
            if let Some(encoding) = encoding_of(key, bundle, self.accept_legacy) {
                check_hint(key, id)?;
                let identity = Identity::Key { curve: key.curve(), hint: key.hint() };
                return vouch(bundle, encoding, identity);
            }
        }
        Err(refusal(bundle, self.accept_legacy, self.refusal(id)))
    }
}

impl KeyVerifier {
    fn refusal(&self, id: &PublicKeyIdentifier) -> SignatureError {
        let named = id.hint.as_ref();
        let [first, others @ ..] = self.keys.as_slice() else {
            return SignatureError::NoKeys;
        };
        if self.keys.iter().any(|key| named.is_some_and(|hint| *hint == key.hint())) {
            return SignatureError::Invalid;
        }
        let given = if others.is_empty() {
            format!("the {} key {}", first.curve(), first.hint())
        } else {
            format!("any of the {} keys given", self.keys.len())
        };
        let hint = named.map(|hint| crate::path::Escaped(hint).to_string());
        SignatureError::OtherKey { given, hint }
    }
}

/// The signature is judged first, so that a wrong hint can be told from a wrong key.
fn check_hint(key: &PublicKey, id: &PublicKeyIdentifier) -> Result<(), SignatureError> {
    match &id.hint {
        Some(hint) if *hint != key.hint() => {
            Err(SignatureError::Hint { hint: crate::path::Escaped(hint).to_string() })
        }
        _ => Ok(()),
    }
}
