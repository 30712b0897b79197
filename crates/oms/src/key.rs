//! Elliptic-curve keys: P-256, P-384 and P-521, from PEM.

use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::Digest as RawDigest;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature as lc;
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc8410};
use der::{Decode, Encode};
use pkcs8::pkcs5::{self, pbes2};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use sec1::EcPrivateKey;
use spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use crate::error::Error;

/// The largest key or certificate file that is read, in bytes.
pub(crate) const MAX_PEM_LEN: u64 = 16 * 1024 * 1024;

/// A curve on which OMS signatures are made (FIPS 186-5, SP 800-186), with the hash that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Curve {
    /// P-256 with SHA-256; the default.
    #[default]
    P256,
    /// P-384 with SHA-384.
    P384,
    /// P-521 with SHA-512.
    P521,
}

impl Curve {
    /// Every curve, smallest first.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// `P-256`, `P-384` or `P-521`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The hash that OMS signatures of this curve use: `SHA-256`, `SHA-384` or `SHA-512`.
    #[must_use]
    pub const fn hash_name(self) -> &'static str {
        match self {
            Self::P256 => "SHA-256",
            Self::P384 => "SHA-384",
            Self::P521 => "SHA-512",
        }
    }

    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => rfc5912::SECP_256_R_1,
            Self::P384 => rfc5912::SECP_384_R_1,
            Self::P521 => rfc5912::SECP_521_R_1,
        }
    }

    fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    pub(crate) fn digest(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::P256 => &aws_lc_rs::digest::SHA256,
            Self::P384 => &aws_lc_rs::digest::SHA384,
            Self::P521 => &aws_lc_rs::digest::SHA512,
        }
    }

    fn verification(self) -> &'static dyn lc::VerificationAlgorithm {
        match self {
            Self::P256 => &lc::ECDSA_P256_SHA256_ASN1,
            Self::P384 => &lc::ECDSA_P384_SHA384_ASN1,
            Self::P521 => &lc::ECDSA_P521_SHA512_ASN1,
        }
    }

    /// OMS v0.2.0 used SHA-256 whatever the curve.
    fn legacy_verification(self) -> &'static dyn lc::VerificationAlgorithm {
        match self {
            Self::P256 => &lc::ECDSA_P256_SHA256_ASN1,
            Self::P384 => &lc::ECDSA_P384_SHA256_ASN1,
            Self::P521 => &lc::ECDSA_P521_SHA256_ASN1,
        }
    }

    const fn signing(self) -> &'static lc::EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &lc::ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &lc::ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &lc::ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a key turned out to be, where one of the three curves was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// RSA or RSASSA-PSS.
    Rsa,
    /// DSA.
    Dsa,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// X25519 or X448, which cannot sign.
    KeyAgreement,
    /// secp256k1.
    Secp256k1,
    /// Another named curve, by object identifier.
    OtherCurve(ObjectIdentifier),
    /// A curve described by its parameters instead of its name.
    ExplicitCurve,
    /// Another algorithm, by object identifier.
    Other(ObjectIdentifier),
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa => f.write_str("RSA"),
            Self::Dsa => f.write_str("DSA"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::KeyAgreement => f.write_str("key-agreement (X25519 or X448)"),
            Self::Secp256k1 => f.write_str("secp256k1"),
            Self::OtherCurve(oid) => write!(f, "elliptic-curve (curve {oid})"),
            Self::ExplicitCurve => f.write_str("elliptic-curve (explicit parameters)"),
            Self::Other(oid) => write!(f, "unknown (algorithm {oid})"),
        }
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No PEM block at all, or none that holds a key.
    #[error("there is no PEM block with a {wanted} in it")]
    NoKey {
        /// `private key` or `public key`.
        wanted: &'static str,
    },
    /// A PEM block of another kind.
    #[error("a {wanted} is wanted, but the file holds '{}'", crate::path::Escaped(.found))]
    OtherBlock {
        /// `private key` or `public key`.
        wanted: &'static str,
        /// The label of the block that was found.
        found: String,
    },
    /// PEM or DER that does not parse.
    #[error("the key is malformed")]
    Malformed,
    /// A key on another curve, or of another algorithm.
    #[error("the key is of type {0}")]
    Unsupported(KeyType),
    /// The file is larger than any key.
    #[error("the file is larger than {MAX_PEM_LEN} bytes")]
    TooLarge,
    /// An encrypted key, and no password.
    #[error("the private key is encrypted and no password was given")]
    PasswordNeeded,
    /// Decryption failed.
    #[error("the private key cannot be decrypted: wrong password")]
    WrongPassword,
    /// Encrypted in a way that is not PBES2 (RFC 8018) with AES.
    #[error("the private key is encrypted in an unsupported way ({0})")]
    UnsupportedEncryption(&'static str),
    /// Key derivation parameters beyond reason.
    #[error("the private key asks for an unreasonable amount of work to decrypt it")]
    ExcessiveWork,
    /// The operating system gave no randomness, or the library failed to make a key.
    #[error("the key could not be generated")]
    Generation,
}

/// A public key on one of the three curves; checked to be a point of its curve.
#[derive(Clone)]
pub struct PublicKey {
    curve: Curve,
    /// Uncompressed, SEC 1 section 2.3.3.
    point: Vec<u8>,
    spki_der: Vec<u8>,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki_der == other.spki_der
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.curve, self.hint())
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in PEM (`-----BEGIN PUBLIC KEY-----`).
    ///
    /// # Errors
    /// [`KeyError`], with the type of the key when it is of another type.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let blocks = pem_blocks(pem, "public key")?;
        let block = blocks.first().ok_or(KeyError::NoKey { wanted: "public key" })?;
        match block.tag() {
            "PUBLIC KEY" => Self::from_spki_der(block.contents()),
            "RSA PUBLIC KEY" => Err(KeyError::Unsupported(KeyType::Rsa)),
            other => Err(KeyError::OtherBlock { wanted: "public key", found: other.to_owned() }),
        }
    }

    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// As [`PublicKey::from_pem`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        let curve = curve_of(spki.algorithm)?;
        let point = spki.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
        Self::from_point(curve, point)
    }

    pub(crate) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let point = uncompressed(curve, point).ok_or(KeyError::Malformed)?;
        let spki_der = encode_spki(curve, &point).map_err(|_| KeyError::Malformed)?;
        Ok(Self { curve, point, spki_der })
    }

    /// The curve of the key.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The SubjectPublicKeyInfo in DER, with the point uncompressed.
    #[must_use]
    pub fn to_spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// The SubjectPublicKeyInfo in PEM, lines of 64 characters ended by LF.
    #[must_use]
    pub fn to_pem(&self) -> String {
        encode_pem("PUBLIC KEY", &self.spki_der)
    }

    /// What bundles hold as `hint`: the lowercase hexadecimal SHA-256 of [`PublicKey::to_pem`].
    #[must_use]
    pub fn hint(&self) -> String {
        oms_hash::Digest::of(oms_hash::Algorithm::Sha256, self.to_pem().as_bytes()).to_hex()
    }

    /// Whether `signature` (ASN.1 DER) is this key's over the digest, made with the curve's hash.
    pub(crate) fn verifies(&self, digest: &RawDigest, signature: &[u8]) -> bool {
        self.verifies_with(self.curve.verification(), digest, signature)
    }

    /// The same for a SHA-256 digest, whatever the curve.
    pub(crate) fn verifies_sha256(&self, digest: &RawDigest, signature: &[u8]) -> bool {
        self.verifies_with(self.curve.legacy_verification(), digest, signature)
    }

    fn verifies_with(
        &self,
        algorithm: &'static dyn lc::VerificationAlgorithm,
        digest: &RawDigest,
        signature: &[u8],
    ) -> bool {
        lc::UnparsedPublicKey::new(algorithm, &self.point).verify_digest(digest, signature).is_ok()
    }
}

/// A private key on one of the three curves. The cryptographic library wipes the key when it is
/// dropped; text that it was read from is the caller's.
pub struct PrivateKey {
    pair: lc::EcdsaKeyPair,
    public: PublicKey,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(public {:?})", self.public)
    }
}

impl PrivateKey {
    /// Makes a new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeyError::Generation`].
    pub fn generate(curve: Curve) -> Result<Self, KeyError> {
        let pair = lc::EcdsaKeyPair::generate(curve.signing()).map_err(|_| KeyError::Generation)?;
        Self::from_pair(curve, pair)
    }

    /// Reads PEM: PKCS#8 (`PRIVATE KEY`), encrypted PKCS#8 (`ENCRYPTED PRIVATE KEY`; PBES2 with AES)
    /// or SEC 1 (`EC PRIVATE KEY`, with or without an `EC PARAMETERS` block before it). A password
    /// given for a key that is not encrypted is not looked at.
    ///
    /// # Errors
    /// [`KeyError`], with the type of the key when it is of another type.
    pub fn from_pem(pem: &[u8], password: Option<&[u8]>) -> Result<Self, KeyError> {
        let block = pem_blocks(pem, "private key")?
            .into_iter()
            .find(|block| block.tag() != "EC PARAMETERS")
            .ok_or(KeyError::NoKey { wanted: "private key" })?;
        if block.headers().get("Proc-Type").is_some() {
            return Err(KeyError::UnsupportedEncryption("the old PEM encryption, 'Proc-Type'"));
        }
        let label = block.tag().to_owned();
        let der = Zeroizing::new(block.into_contents());
        match label.as_str() {
            "PRIVATE KEY" => Self::from_pkcs8_der(&der),
            "ENCRYPTED PRIVATE KEY" => Self::from_encrypted_der(&der, password),
            "EC PRIVATE KEY" => Self::from_sec1_der(&der),
            "RSA PRIVATE KEY" => Err(KeyError::Unsupported(KeyType::Rsa)),
            "DSA PRIVATE KEY" => Err(KeyError::Unsupported(KeyType::Dsa)),
            _ => Err(KeyError::OtherBlock { wanted: "private key", found: label }),
        }
    }

    /// Reads a PEM file, see [`PrivateKey::from_pem`].
    ///
    /// # Errors
    /// [`Error::Trust`] when the file cannot be read, [`Error::Key`] when it holds no usable key.
    pub fn read(path: &Path, password: Option<&[u8]>) -> Result<Self, Error> {
        let pem = crate::input::read_secret(path, "private key")?;
        Self::from_pem(&pem, password).map_err(|error| Error::Key { path: path.to_owned(), error })
    }

    /// Whether a PEM file holds a key that needs a password, so that one can be asked for.
    #[must_use]
    pub fn needs_password(pem: &[u8]) -> bool {
        let is_encrypted = |block: &pem::Pem| block.tag() == "ENCRYPTED PRIVATE KEY";
        parse_pem(pem).is_some_and(|blocks| blocks.iter().any(is_encrypted))
    }

    fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        let curve = curve_of(info.algorithm)?;
        let pair =
            lc::EcdsaKeyPair::from_pkcs8(curve.signing(), der).map_err(|_| KeyError::Malformed)?;
        Self::from_pair(curve, pair)
    }

    fn from_sec1_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = EcPrivateKey::from_der(der).map_err(|_| KeyError::Malformed)?;
        let oid = key.parameters.and_then(|parameters| parameters.named_curve());
        let curve = named_curve(oid.ok_or(KeyError::Malformed)?)?;
        let pair = lc::EcdsaKeyPair::from_private_key_der(curve.signing(), der)
            .map_err(|_| KeyError::Malformed)?;
        Self::from_pair(curve, pair)
    }

    fn from_encrypted_der(der: &[u8], password: Option<&[u8]>) -> Result<Self, KeyError> {
        let info = EncryptedPrivateKeyInfoRef::from_der(der)
            .map_err(|_| KeyError::UnsupportedEncryption("not PBES2 with AES"))?;
        check_work(&info.encryption_algorithm)?;
        let password = password.ok_or(KeyError::PasswordNeeded)?;
        let plain = info.decrypt(password).map_err(|_| KeyError::WrongPassword)?;
        // Wrong padding is caught with odds of 255 in 256; what is left is garbage, not PKCS#8.
        if PrivateKeyInfoRef::from_der(plain.as_bytes()).is_err() {
            return Err(KeyError::WrongPassword);
        }
        Self::from_pkcs8_der(plain.as_bytes())
    }

    fn from_pair(curve: Curve, pair: lc::EcdsaKeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::from_point(curve, lc::KeyPair::public_key(&pair).as_ref())?;
        Ok(Self { pair, public })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a digest made with the curve's hash; `None` when the library fails.
    pub(crate) fn sign(&self, digest: &RawDigest) -> Option<Vec<u8>> {
        Some(self.pair.sign_digest(digest).ok()?.as_ref().to_vec())
    }

    /// PKCS#8 in PEM, readable by every common tool.
    ///
    /// # Errors
    /// [`KeyError::Generation`] when the library fails.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| KeyError::Generation)?;
        Ok(Zeroizing::new(encode_pem("PRIVATE KEY", document.as_ref())))
    }

    /// Encrypted PKCS#8 in PEM: PBES2 with PBKDF2-HMAC-SHA-256 (600,000 rounds) and AES-256-CBC
    /// (RFC 8018), which OpenSSL and Python's `cryptography` read.
    ///
    /// # Errors
    /// [`KeyError::Generation`] when there is no randomness.
    pub fn to_encrypted_pkcs8_pem(&self, password: &[u8]) -> Result<String, KeyError> {
        const ROUNDS: u32 = 600_000;
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        let random = SystemRandom::new();
        random.fill(&mut salt).map_err(|_| KeyError::Generation)?;
        random.fill(&mut iv).map_err(|_| KeyError::Generation)?;
        let document = self.pair.to_pkcs8v1().map_err(|_| KeyError::Generation)?;
        let encrypted = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv)
            .and_then(|scheme| scheme.encrypt(password, document.as_ref()).map(|e| (scheme, e)));
        let (scheme, encrypted_data) = encrypted.map_err(|_| KeyError::Generation)?;
        let data =
            der::asn1::OctetStringRef::new(&encrypted_data).map_err(|_| KeyError::Generation)?;
        let info = EncryptedPrivateKeyInfoRef {
            encryption_algorithm: scheme.into(),
            encrypted_data: data,
        };
        let der = info.to_der().map_err(|_| KeyError::Generation)?;
        Ok(encode_pem("ENCRYPTED PRIVATE KEY", &der))
    }
}

/// A key file may come from anyone: bound the work that it can ask for before the password is tried.
fn check_work(scheme: &pkcs5::EncryptionScheme) -> Result<(), KeyError> {
    const MAX_ROUNDS: u32 = 10_000_000;
    const MAX_SCRYPT_MEMORY: u64 = 1 << 30;
    let Some(parameters) = scheme.pbes2() else {
        return Err(KeyError::UnsupportedEncryption("not PBES2"));
    };
    let bounded = match &parameters.kdf {
        pbes2::Kdf::Pbkdf2(kdf) if kdf.prf == pbes2::Pbkdf2Prf::HmacWithSha1 => {
            return Err(KeyError::UnsupportedEncryption("PBKDF2 with SHA-1"));
        }
        pbes2::Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MAX_ROUNDS,
        pbes2::Kdf::Scrypt(kdf) => {
            let memory =
                kdf.cost_parameter.saturating_mul(u64::from(kdf.block_size)).saturating_mul(128);
            memory <= MAX_SCRYPT_MEMORY && kdf.parallelization <= 16
        }
        _ => return Err(KeyError::UnsupportedEncryption("unknown key derivation")),
    };
    if bounded { Ok(()) } else { Err(KeyError::ExcessiveWork) }
}

fn pem_blocks(bytes: &[u8], wanted: &'static str) -> Result<Vec<pem::Pem>, KeyError> {
    if bytes.len() as u64 > MAX_PEM_LEN {
        return Err(KeyError::TooLarge);
    }
    let blocks = parse_pem(bytes).ok_or(KeyError::Malformed)?;
    if blocks.is_empty() { Err(KeyError::NoKey { wanted }) } else { Ok(blocks) }
}

/// All PEM blocks (RFC 7468); text between them is passed over. A block that was cut off, which the
/// parser would pass over like text, is none too many to refuse the whole.
pub(crate) fn parse_pem(bytes: &[u8]) -> Option<Vec<pem::Pem>> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let begun = bytes.windows(BEGIN.len()).filter(|window| *window == BEGIN).count();
    pem::parse_many(bytes).ok().filter(|blocks| blocks.len() == begun)
}

fn encode_pem(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

/// The curve that an AlgorithmIdentifier names (RFC 5480 section 2.1.1), or what it is instead.
fn curve_of(algorithm: spki::AlgorithmIdentifierRef<'_>) -> Result<Curve, KeyError> {
    if algorithm.oid != rfc5912::ID_EC_PUBLIC_KEY {
        return Err(KeyError::Unsupported(other_type(algorithm.oid)));
    }
    match algorithm.parameters.map(ObjectIdentifier::try_from) {
        Some(Ok(oid)) => named_curve(oid),
        Some(Err(_)) => Err(KeyError::Unsupported(KeyType::ExplicitCurve)),
        None => Err(KeyError::Malformed),
    }
}

fn named_curve(oid: ObjectIdentifier) -> Result<Curve, KeyError> {
    const SECP_256_K_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");
    match Curve::from_oid(oid) {
        Some(curve) => Ok(curve),
        None if oid == SECP_256_K_1 => Err(KeyError::Unsupported(KeyType::Secp256k1)),
        None => Err(KeyError::Unsupported(KeyType::OtherCurve(oid))),
    }
}

fn other_type(oid: ObjectIdentifier) -> KeyType {
    const ID_X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
    const ID_X448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.111");
    match oid {
        rfc5912::RSA_ENCRYPTION | rfc5912::ID_RSASSA_PSS => KeyType::Rsa,
        rfc5912::ID_DSA => KeyType::Dsa,
        rfc8410::ID_ED_25519 => KeyType::Ed25519,
        rfc8410::ID_ED_448 => KeyType::Ed448,
        ID_X25519 | ID_X448 => KeyType::KeyAgreement,
        other => KeyType::Other(other),
    }
}

/// Checks that the bytes are a point of the curve, not at infinity, and spells it out.
fn uncompressed(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    use p256::elliptic_curve::sec1::ToSec1Point as _;
    macro_rules! spelled_out {
        ($curve:ident) => {{
            let key = $curve::PublicKey::from_sec1_bytes(point).ok()?;
            key.to_uncompressed_point().to_vec()
        }};
    }
    Some(match curve {
        Curve::P256 => spelled_out!(p256),
        Curve::P384 => spelled_out!(p384),
        Curve::P521 => spelled_out!(p521),
    })
}

fn encode_spki(curve: Curve, point: &[u8]) -> der::Result<Vec<u8>> {
    let algorithm = spki::AlgorithmIdentifierOwned {
        oid: rfc5912::ID_EC_PUBLIC_KEY,
        parameters: Some(der::Any::encode_from(&curve.oid())?),
    };
    let subject_public_key = der::asn1::BitString::from_bytes(point)?;
    SubjectPublicKeyInfoOwned { algorithm, subject_public_key }.to_der()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn generated_keys_survive_pem_plain_and_encrypted() {
        for curve in Curve::ALL {
            let key = PrivateKey::generate(curve).unwrap();
            assert_eq!(key.public().curve(), curve);
            let plain = key.to_pkcs8_pem().unwrap();
            assert!(!PrivateKey::needs_password(plain.as_bytes()));
            let again = PrivateKey::from_pem(plain.as_bytes(), Some(b"not looked at")).unwrap();
            assert_eq!(again.public(), key.public());

            let encrypted = key.to_encrypted_pkcs8_pem(b"s3cret").unwrap();
            assert!(PrivateKey::needs_password(encrypted.as_bytes()));
            let read = |password| PrivateKey::from_pem(encrypted.as_bytes(), password);
            assert_eq!(read(Some(b"s3cret")).unwrap().public(), key.public());
            assert_eq!(read(Some(b"other")).unwrap_err(), KeyError::WrongPassword);
            assert_eq!(read(None).unwrap_err(), KeyError::PasswordNeeded);

            let public = PublicKey::from_pem(key.public().to_pem().as_bytes()).unwrap();
            assert_eq!(&public, key.public());
            assert_eq!(
                PublicKey::from_pem(plain.as_bytes()).unwrap_err(),
                KeyError::OtherBlock { wanted: "public key", found: "PRIVATE KEY".into() }
            );
        }
    }

    #[test]
    fn a_compressed_point_is_the_same_key() {
        let key = PrivateKey::generate(Curve::P256).unwrap();
        let full = &key.public().point;
        let parity = full.last().unwrap() & 1;
        let mut compressed = vec![2 + parity];
        compressed.extend_from_slice(&full[1..33]);
        assert_eq!(&PublicKey::from_point(Curve::P256, &compressed).unwrap(), key.public());
        let mut off_curve = full.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        assert_eq!(PublicKey::from_point(Curve::P256, &off_curve), Err(KeyError::Malformed));
    }
}
